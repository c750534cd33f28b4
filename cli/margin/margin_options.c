/* `crossfall margin`: what each account of a file is worth at given prices, what its rulebook asks,
 * and where its liquidation prices are. */

#include <stdio.h>

#include <glib.h>
#include <jansson.h>

#include "api/margin/margin_book.h"
#include "cli/api_print.h"
#include "cli/commands.h"
#include "cli/margin/margin_text.h"
#include "cli/options.h"
#include "cli/paths.h"

static const char *const command = "margin";

struct margin_options {
    struct cli_options common;
    char *rulebook;
    char *market;
    char **prices;
};

static enum status print_json(const struct margin_options *options, const char *accounts,
                              struct error *reterr) {
    json_t *prices = json_array();
    bool failed = prices == NULL;
    for (char **price = options->prices; price != NULL && *price != NULL && !failed; price++)
        failed = json_array_append_new(prices, json_string(*price)) != 0;
    if (failed) {
        json_decref(prices);
        return api_print(command, &options->common, NULL, reterr);
    }
    return api_print(command, &options->common,
                     json_pack("{s:s, s:s, s:s*, s:s*, s:o}", "command", command, "accounts",
                               accounts, "rulebook", options->rulebook, "market", options->market,
                               "prices", prices),
                     reterr);
}

static enum status print_text(const struct margin_options *options, const char *accounts,
                              struct error *reterr) {
    char *resources = cli_resource_dir();
    const struct margin_order order = {
        .accounts = accounts,
        .rulebook = options->rulebook,
        .market = options->market,
        .prices = (const char *const *)options->prices,
        .resources = resources,
        .price_word = "--price",
        .rulebook_word = "--rulebook",
    };
    json_t *answer = NULL;
    enum status status = margin_answer(&order, &answer, reterr);
    if (status == STATUS_OK)
        status = margin_text_print(answer, reterr);
    json_decref(answer);
    g_free(resources);
    return status;
}

int command_margin(int argc, char **argv) {
    struct margin_options options = {0};
    struct error error = {0};
    const GOptionEntry own[] = {{"rulebook", 0, 0, G_OPTION_ARG_STRING, &options.rulebook,
                                 "The rules: a bundled name (crossfall list rulebooks) or a path",
                                 "NAME"},
                                {"price", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.prices,
                                 "The mark price of an instrument; once each", "ID=VALUE"},
                                {"market", 0, 0, G_OPTION_ARG_FILENAME, &options.market,
                                 "A file with the sections market and venue of a scenario: kinds, "
                                 "contract sizes, overrides",
                                 "FILE.yaml"},
                                G_OPTION_ENTRY_NULL};
    enum status status =
        cli_options_parse(command, "ACCOUNTS.csv",
                          "Equity, margins and liquidation prices of each account at given prices.",
                          own, &argc, &argv, &options.common, &error);
    if (status == STATUS_OK && argc != 2)
        status = error_set(&error, STATUS_USAGE, "one ACCOUNTS.csv is needed, got %d", argc - 1);
    if (status == STATUS_OK)
        status = options.common.json ? print_json(&options, argv[1], &error)
                                     : print_text(&options, argv[1], &error);
    g_free(options.rulebook);
    g_free(options.market);
    g_strfreev(options.prices);
    cli_options_finish(&options.common);
    return status == STATUS_OK ? 0 : cli_tell_error(command, status, &error);
}

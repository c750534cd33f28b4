/* `crossfall data`: what is in the market file, whether it is whole, taking out, SQL. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
#include "base/units.h"
#include "cli/api_print.h"
#include "cli/commands.h"
#include "cli/data/data_sql.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/quality_info.h"
#include "cli/table.h"
#include "store/market/market_catalog.h"
#include "store/market/market_delete.h"
#include "store/market/market_file.h"
#include "store/market/market_verify.h"

static const char *const command = "data";

struct data_command {
    struct cli_options options;
    char *from;      /* --from, or NULL */
    char *to;        /* --to, or NULL */
    int64_t from_ns; /* of them */
    int64_t to_ns;
    char *path;           /* of the market file */
    const char *argument; /* what follows the action, or NULL */
};

/* "ticks", or the length of the bars: "1 min bars". */
static void describe_kind(const struct market_series *series, char *ret_text, size_t size) {
    if (series->kind == SERIES_TICKS) {
        (void)snprintf(ret_text, size, "ticks"); /* fits */
        return;
    }
    char length[32];
    const bool minutes = series->bar_ns % NS_PER_MINUTE == 0;
    (void)decimal_format(minutes ? series->bar_ns / NS_PER_MINUTE : series->bar_ns, minutes ? 0 : 9,
                         length); /* the length is not needed */
    (void)snprintf(ret_text, size, "%s %s bars", length, minutes ? "min" : "s"); /* fits */
}

/* The smallest step of a price or quantity: "0.01". */
static void describe_grid(int32_t decimals, char ret_text[32]) {
    (void)decimal_format(1, decimals, ret_text); /* the length is not needed */
}

static enum status print_series_table(const struct market_series_list *list, struct error *reterr) {
    static const struct table_column headings[] = {
        {"instrument", false}, {"series", false},  {"kind", false},
        {"rows", true},        {"first", false},   {"last", false},
        {"price grid", true},  {"lot grid", true}, {"bytes/row", true},
    };
    struct table *table = NULL;
    enum status status = table_create(G_N_ELEMENTS(headings), headings, &table, reterr);
    for (size_t i = 0; status == STATUS_OK && i < list->count; i++) {
        const struct market_series *series = &list->rows[i];
        char kind[64];
        char rows[32];
        char first[32];
        char last[32];
        char price[32];
        char quantity[32];
        char bytes[32];
        describe_kind(series, kind, sizeof(kind));
        (void)snprintf(rows, sizeof(rows), "%" PRIu64, series->rows); /* fits */
        (void)time_format_iso(series->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(series->last_ts_ns, last);
        describe_grid(series->price_decimals, price);
        describe_grid(series->quantity_decimals, quantity);
        (void)snprintf(bytes, sizeof(bytes), "%.2f",
                       (double)series->stored_bytes / (double)series->rows); /* fits */
        const char *const cells[] = {
            series->instrument, series->name, kind, rows, first, last, price, quantity, bytes};
        status = table_add(table, cells, reterr);
    }
    if (status == STATUS_OK)
        status = table_print(table, reterr);
    table_destroy(table);
    return status;
}

static enum status data_list(const struct data_command *data, struct market_file *market,
                             struct error *reterr) {
    struct market_series_list list = {0};
    enum status status = market_list_series(market, NULL, &list, reterr);
    if (status != STATUS_OK)
        return status;
    if (list.count == 0)
        printf("%s: no data\n", data->path);
    else
        status = print_series_table(&list, reterr);
    market_series_list_finish(&list);
    return status;
}

/* ---- info ---- */

static void print_info(const struct market_series_list *series,
                       const struct market_source_list *sources,
                       const struct market_quality_list *quality) {
    for (size_t i = 0; i < series->count; i++) {
        const struct market_series *row = &series->rows[i];
        char kind[64];
        char first[32];
        char last[32];
        char price[32];
        char quantity[32];
        describe_kind(row, kind, sizeof(kind));
        (void)time_format_iso(row->first_ts_ns, first); /* the lengths are not needed */
        (void)time_format_iso(row->last_ts_ns, last);
        describe_grid(row->price_decimals, price);
        describe_grid(row->quantity_decimals, quantity);
        printf("%s %s (%s)\n", row->instrument, row->name, kind);
        printf("  rows      %" PRIu64 " in %" PRIu64 " blocks\n", row->rows, row->blocks);
        printf("  from      %s\n  to        %s\n", first, last);
        printf("  grid      price %s, quantity %s\n", price, quantity);
        printf("  stored    %" PRIu64 " bytes, %.2f a row\n", row->stored_bytes,
               (double)row->stored_bytes / (double)row->rows);
        quality_info_print(row, quality);
    }
    quality_info_print_units(sources);
    printf("from\n");
    for (size_t i = 0; i < sources->count; i++) {
        const struct market_source_row *source = &sources->rows[i];
        printf("  %s (%s, %" PRIu64 " rows", source->name, source->format, source->rows);
        if (source->overlap > 0)
            printf(", %" PRIu64 " of them another file's", source->overlap);
        if (source->deleted > 0)
            printf(", %" PRIu64 " deleted since", source->deleted);
        printf(")\n    sha256 %s%s\n", source->sha256,
               source->checksum[0] == '\0' ? "" : ", verified against its checksum file");
    }
}

static enum status data_info(const struct data_command *data, struct market_file *market,
                             struct error *reterr) {
    struct market_series_list series = {0};
    struct market_source_list sources = {0};
    struct market_quality_list quality = {0};
    enum status status = market_list_series(market, data->argument, &series, reterr);
    if (status == STATUS_OK && series.count == 0)
        status = error_set(reterr, STATUS_USAGE,
                           "market file '%s' has no instrument '%s' (see crossfall data list)",
                           data->path, data->argument);
    if (status == STATUS_OK)
        status = market_list_sources(market, data->argument, &sources, reterr);
    if (status == STATUS_OK)
        status = market_list_quality(market, data->argument, &quality, reterr);
    if (status == STATUS_OK)
        print_info(&series, &sources, &quality);
    market_quality_list_finish(&quality);
    market_series_list_finish(&series);
    market_source_list_finish(&sources);
    return status;
}

/* ---- verify, delete, sql ---- */

static void take_problem(void *context, const char *message) {
    (void)context;
    (void)fprintf(stderr, "crossfall data: %s\n", message); /* nobody to tell */
}

static enum status data_verify(const struct data_command *data, struct market_file *market,
                               struct error *reterr) {
    struct market_verify_report report = {0};
    const enum status status = market_verify(market, take_problem, NULL, &report, reterr);
    if (status == STATUS_CORRUPT)
        return error_set(reterr, status, "market file '%s': %" PRIu64 " problems", data->path,
                         report.problems);
    if (status == STATUS_OK)
        printf("%s: whole: %" PRIu64 " rows in %" PRIu64 " blocks of %" PRIu64
               " series, from %" PRIu64 " sources\n",
               data->path, report.rows, report.blocks, report.series, report.sources);
    return status;
}

/* The time of --from or --to; `otherwise` where it is not given. */
static enum status parse_bound(const char *option, const char *text, int64_t otherwise,
                               int64_t *ret_ns, struct error *reterr) {
    *ret_ns = otherwise;
    if (text == NULL || time_parse_iso(text, strlen(text), ret_ns))
        return STATUS_OK;
    return error_set(reterr, STATUS_USAGE,
                     "%s: '%s' is no time; write 2021-05-19T12:00:00Z or 2021-05-19", option, text);
}

static enum status parse_bounds(struct data_command *data, struct error *reterr) {
    enum status status = parse_bound("--from", data->from, INT64_MIN, &data->from_ns, reterr);
    if (status == STATUS_OK)
        status = parse_bound("--to", data->to, INT64_MAX, &data->to_ns, reterr);
    if (status == STATUS_OK && data->from_ns >= data->to_ns)
        status = error_set(reterr, STATUS_USAGE, "--from must be before --to");
    return status;
}

static enum status data_delete(const struct data_command *data, struct market_file *market,
                               struct error *reterr) {
    struct market_delete_result result = {0};
    const enum status status =
        market_delete(market, data->argument, data->from_ns, data->to_ns, &result, reterr);
    if (status == STATUS_OK)
        printf("%s: %" PRIu64 " rows of %s deleted\n", data->path, result.rows, data->argument);
    return status;
}

static enum status data_sql(const struct data_command *data, struct market_file *market,
                            struct error *reterr) {
    return data_sql_print(market, data->argument, reterr);
}

static const struct action {
    const char *name;
    const char *argument; /* what it takes; NULL: nothing */
    const char *member;   /* what the API calls it */
    enum market_mode mode;
    enum status (*run)(const struct data_command *data, struct market_file *market,
                       struct error *reterr);
} actions[] = {
    {"list", NULL, NULL, MARKET_READ, data_list},
    {"info", "an INSTRUMENT", "instrument", MARKET_READ, data_info},
    {"verify", NULL, NULL, MARKET_READ, data_verify},
    {"delete", "an INSTRUMENT", "instrument", MARKET_WRITE, data_delete},
    {"sql", "one \"SELECT ...\"", "sql", MARKET_READ, data_sql},
};

static enum status print_json(const struct data_command *data, const struct action *action,
                              struct error *reterr) {
    char *words = g_strdup_printf("data %s", action->name);
    json_t *request =
        json_pack("{s:s, s:s*, s:s*}", "command", words, "from", data->from, "to", data->to);
    if (action->member != NULL &&
        json_object_set_new(request, action->member, json_string(data->argument)) != 0) {
        json_decref(request);
        request = NULL;
    }
    g_free(words);
    return api_print(command, &data->options, request, reterr);
}

static enum status run_action(struct data_command *data, int argc, char **argv,
                              struct error *reterr) {
    size_t i = 0;
    while (argc > 1 && i < G_N_ELEMENTS(actions) && strcmp(actions[i].name, argv[1]) != 0)
        i++;
    if (argc < 2 || i == G_N_ELEMENTS(actions))
        return error_set(reterr, STATUS_USAGE, "%s%s%s: say list, info, verify, delete or sql",
                         argc < 2 ? "no action" : "'", argc < 2 ? "" : argv[1],
                         argc < 2 ? "" : "' is no action");
    if (argc != (actions[i].argument == NULL ? 2 : 3))
        return error_set(reterr, STATUS_USAGE, "%s takes %s", actions[i].name,
                         actions[i].argument == NULL ? "no argument" : actions[i].argument);
    if ((data->from != NULL || data->to != NULL) && strcmp(actions[i].name, "delete") != 0)
        return error_set(reterr, STATUS_USAGE, "--from and --to belong to delete");
    data->argument = actions[i].argument == NULL ? NULL : argv[2];
    enum status status = parse_bounds(data, reterr);
    if (status != STATUS_OK || data->options.json)
        return status != STATUS_OK ? status : print_json(data, &actions[i], reterr);

    /* Deleting from a file that is not there must not make one. */
    if (actions[i].mode == MARKET_WRITE && !g_file_test(data->path, G_FILE_TEST_EXISTS))
        return error_set(reterr, STATUS_IO, "market file '%s' is not there", data->path);
    struct market_file *market = NULL;
    status = market_file_open(data->path, actions[i].mode, &market, reterr);
    if (status != STATUS_OK)
        return status;
    status = actions[i].run(data, market, reterr);
    market_file_close(market);
    return status;
}

int command_data(int argc, char **argv) {
    struct data_command data = {0};
    const GOptionEntry own[] = {
        {"from", 0, 0, G_OPTION_ARG_STRING, &data.from, "delete: from this time on", "TIME"},
        {"to", 0, 0, G_OPTION_ARG_STRING, &data.to, "delete: up to this time, without it", "TIME"},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        command, "list | info INSTRUMENT | verify | delete INSTRUMENT | sql \"SELECT ...\"",
        "What is in the market file. sql shows its rows as the table ticks(instrument, series, "
        "ts,\n"
        "ts_ns, price, quantity, side, open, high, low, close, volume), as CSV or with --json.",
        own, &argc, &argv, &data.options, &error);
    if (status == STATUS_OK) {
        data.path = cli_data_path(data.options.data);
        status = run_action(&data, argc, argv, &error);
    }
    if (status != STATUS_OK)
        (void)cli_tell_error(command, status, &error); /* the code follows */
    g_free(data.from);
    g_free(data.to);
    g_free(data.path);
    cli_options_finish(&data.options);
    return status_exit_code(status);
}

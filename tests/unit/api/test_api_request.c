/* Goal: a request is held against the members of its command: what is unknown, missing, of another
 * kind or out of range is refused by name, with the nearest that there is; settings mean the same
 * in each of their forms.
 * Method: requests through api_call(), none of which gets as far as a file that is needed. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "api/api.h"
#include "api/api_command.h"

static const char *resources(void) {
    const char *folder = getenv("CROSSFALL_SCENARIOS");
    return folder != NULL ? folder : "scenarios";
}

static void refused(const char *request, enum status status, const char *says) {
    const struct api_host host = {.resources = resources(), .data = "/nowhere/market.db"};
    struct error error = {0};
    char *answer = (char *)"untouched";
    const enum status is = api_call(&host, request, &answer, &error);
    if (is != status || strstr(error.message, says) == NULL)
        fail_msg("%s: status %d, '%s' does not say '%s'", request, (int)is, error.message, says);
    assert_null(answer);
}

static void what_is_no_request_is_refused(void **state) {
    (void)state;
    refused("", STATUS_CONFIG, "line");
    refused("{\"command\": \"run\",\n \"scenario\": }", STATUS_CONFIG, "line 2");
    refused("[]", STATUS_CONFIG, "must be a JSON object");
    refused("{\"command\": \"run\", \"command\": \"run\"}", STATUS_CONFIG, "duplicate");
    refused("{\"command\": \"run\"} x", STATUS_CONFIG, "end of file expected");
    refused("{}", STATUS_USAGE, "\"command\" must name a command");
    refused("{\"command\": 7}", STATUS_USAGE, "\"command\" must name a command");
    refused("{\"command\": \"rnu\"}", STATUS_USAGE, "no command \"rnu\"; nearest: \"run\"");
    refused("{\"command\": \"list rulebook\"}", STATUS_USAGE, "nearest: \"list rulebooks\"");
}

static void members_are_checked(void **state) {
    (void)state;
    refused("{\"command\": \"run\"}", STATUS_USAGE, "\"scenario\" is missing");
    refused("{\"command\": \"run\", \"scenario\": null}", STATUS_USAGE, "\"scenario\" is missing");
    refused("{\"command\": \"run\", \"scenrio\": \"x\"}", STATUS_USAGE,
            "\"run\" has no member \"scenrio\"; nearest: \"scenario\"");
    refused("{\"command\": \"report\", \"run\": \"last\", \"seed\": 1}", STATUS_USAGE,
            "\"report\" has no member \"seed\"");
    refused("{\"command\": \"run\", \"scenario\": 7}", STATUS_USAGE, "\"scenario\" must be a text");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"seed\": \"1\"}", STATUS_USAGE,
            "\"seed\" must be a whole number");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"seed\": 1.5}", STATUS_USAGE,
            "\"seed\" must be a whole number");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"seed\": -1}", STATUS_USAGE,
            "\"seed\" must be 0 to 9223372036854775807, not -1");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"seed\": 9223372036854775808}",
            STATUS_CONFIG, "too big integer");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"threads\": 0}", STATUS_USAGE,
            "\"threads\" must be 1 to 256, not 0");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"range\": 1}", STATUS_USAGE,
            "\"range\" must be true or false");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"set\": 3}", STATUS_USAGE,
            "\"set\" must be an object of keys and values");
    refused("{\"command\": \"run\", \"scenario\": \"flat\", \"set\": [3]}", STATUS_USAGE,
            "\"set\" must be an object of keys and values");
    refused("{\"command\": \"compare\", \"runs\": {}}", STATUS_USAGE,
            "\"runs\" must be a list of texts");
    refused("{\"command\": \"report\", \"run\": \"last\"}", STATUS_USAGE, "\"results\" is missing");
    refused("{\"command\": \"export\", \"run\": \"last\", \"to\": \"x\", \"format\": \"xml\"}",
            STATUS_USAGE, "\"format\" must be csv or jsonl");
    refused("{\"command\": \"margin\", \"accounts\": \"a.csv\", \"prices\": {\"A\": -1}}",
            STATUS_USAGE, "price A=-1: the price must be a number above 0");
    refused("{\"command\": \"margin\", \"accounts\": \"a.csv\", \"prices\": {\"A\": 1}}",
            STATUS_USAGE, "rulebook NAME is missing");
    refused("{\"command\": \"data delete\", \"instrument\": \"A\", \"from\": \"soon\"}",
            STATUS_USAGE, "\"from\": 'soon' is no time");
    refused("{\"command\": \"data info\", \"instrument\": \"A\", \"data\": \"/nowhere/x.db\"}",
            STATUS_IO, "/nowhere/x.db");
}

/* Every member of every command: of no kind but its own. */
static void every_member_knows_its_kind(void **state) {
    (void)state;
    static const struct {
        const char *value;
        unsigned fits; /* bits of enum api_kind */
    } values[] = {
        {"\"x\"", 1u << API_TEXT | 1u << API_TEXTS},
        {"true", 1u << API_FLAG},
        {"7", 1u << API_NUMBER},
        {"1.5", 0},
        {"[7]", 0},
        {"[\"x\"]", 1u << API_TEXTS | 1u << API_SETTINGS},
        {"{\"x\": 1}", 1u << API_SETTINGS},
    };
    size_t tried = 0;
    for (size_t c = 0; api_commands[c] != NULL; c++) {
        const struct api_command *command = api_commands[c];
        for (const struct api_member *m = command->members; m->name != NULL; m++) {
            assert_true(m->meaning != NULL && m->meaning[0] != '\0');
            assert_true(m->offset < command->fields_size);
            for (size_t v = 0; v < G_N_ELEMENTS(values); v++) {
                if ((values[v].fits & 1u << m->kind) != 0)
                    continue;
                char *request = g_strdup_printf("{\"command\": \"%s\", \"%s\": %s}", command->name,
                                                m->name, values[v].value);
                char *says = g_strdup_printf("\"%s\" must be ", m->name);
                refused(request, STATUS_USAGE, says);
                g_free(request);
                g_free(says);
                tried++;
            }
        }
    }
    assert_true(tried > 100);
}

static char *effective(const char *set) {
    const struct api_host host = {.resources = resources()};
    struct error error = {0};
    char *answer = NULL;
    char *request = g_strdup_printf(
        "{\"command\": \"run\", \"scenario\": \"may-2021\", \"dry_run\": true, \"set\": %s}", set);
    if (api_call(&host, request, &answer, &error) != STATUS_OK)
        fail_msg("%s: %s", set, error.message);
    g_free(request);
    return answer;
}

static void settings_mean_the_same_in_each_form(void **state) {
    (void)state;
    char *list = effective("[\"venue.override.liquidation.fraction=0.1\", "
                           "\"venue.override.liquidation.close=fraction\", "
                           "\"market.shock={BTCUSDT: -0.2, ETHUSDT: -0.25}\", "
                           "\"feedback.enabled=false\", \"population.accounts=20000\"]");
    char *object = effective("{\"venue.override.liquidation.fraction\": 0.1, "
                             "\"venue.override.liquidation.close\": \"fraction\", "
                             "\"market.shock\": {\"BTCUSDT\": -0.2, \"ETHUSDT\": -0.25}, "
                             "\"feedback.enabled\": false, \"population.accounts\": 20000}");
    char *none = effective("null");
    assert_string_equal(object, list);
    assert_string_not_equal(none, list);

    json_t *tree = json_loads(list, 0, NULL);
    const char *fraction = NULL;
    const char *accounts = NULL;
    assert_int_equal(json_unpack(tree, "{s:{s:{s:{s:s}}}, s:{s:s}}", "venue", "override",
                                 "liquidation", "fraction", &fraction, "population", "accounts",
                                 &accounts),
                     0);
    assert_string_equal(fraction, "0.1");
    assert_string_equal(accounts, "20000");
    json_decref(tree);
    api_free(list);
    api_free(object);
    api_free(none);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_request_is_refused),
        cmocka_unit_test(members_are_checked),
        cmocka_unit_test(every_member_knows_its_kind),
        cmocka_unit_test(settings_mean_the_same_in_each_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

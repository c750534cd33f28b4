/* Goal: a run is told as its rows say, in JSON and as text.
 * Method: a small results file with round figures by hand; the JSON is read back, the text is
 * compared with tests/golden/report_may.txt (UPDATE_GOLDEN=1 writes it anew). */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#include "base/units.h"
#include "reports/run_json.h"
#include "reports/run_list.h"
#include "reports/run_report.h"
#include "store/results/results_writer.h"

#define TS INT64_C(1621382400000000000) /* 2021-05-19T00:00:00Z */
#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct results_instrument instruments[] = {
    {"BTCUSDT", "linear", {1, 2}, {1, 3}, {1, 0}, "square_root"},
    {"ETHUSDT", "linear", {1, 2}, {1, 3}, {1, 0}, "square_root"},
};
static const struct results_input inputs[] = {
    {"scenario", "may-2021.yaml", HASH, "scenario:\n", 10, ""},
    {"ticks", "BTCUSDT", HASH, NULL, 1440, "one-minute bars"},
    {"ticks", "ETHUSDT", HASH, NULL, 1440, "one-minute bars"},
};
static const struct results_setting settings[] = {
    {"feedback.cleaning", "modelled", "scenario", NAN, NAN, ""},
    {"feedback.enabled", "true", "scenario", NAN, NAN, ""},
    {"impact.model", "default", "scenario", NAN, NAN, ""},
    {"population.accounts", "100000", "scenario", NAN, NAN, ""},
    {"population.open_interest.BTCUSDT", "1600000000", "guess", 9e8, 3e9, ""},
    {"population.open_interest.ETHUSDT", "880000000", "guess", 5e8, 1.7e9, ""},
    {"population.open_interest.ADAUSDT", "1", "guess", 1, 1, ""},
    {"population.open_interest.BNBUSDT", "1", "guess", 1, 1, ""},
    {"population.open_interest.XRPUSDT", "1", "guess", 1, 1, ""},
    {"venue.insurance_fund", "150000000", "guess", 3e7, 4e8, "not published"},
    {"venue.rulebook", "binance-usdm-2021-05", "scenario", NAN, NAN, ""},
};
static const struct results_note notes[] = {
    {"note", "Spot prices stand in for the perpetuals, one-minute bars for ticks."},
    {"caveat", "The outage is not modelled: the engine runs on."},
    {"source", "scenarios/data/may-2021/PROVENANCE.md"},
};

#define WHOLE(metric, value, exact)                                                                \
    { metric, 0, "", BOUND_NONE, value, NAN, NAN, exact }
#define OF(metric, instrument, value, exact)                                                       \
    { metric, 0, instrument, BOUND_NONE, value, NAN, NAN, exact }
#define GENERATION(generation, value, exact)                                                       \
    { METRIC_GENERATION_COUNTS, generation, "", BOUND_NONE, value, NAN, NAN, exact }
#define IN(bound, metric, instrument, value, exact)                                                \
    { metric, 0, instrument, bound, value, NAN, NAN, exact }

static const struct results_metric metrics[] = {
    WHOLE(METRIC_TICKS, 11520, "11520"),
    WHOLE(METRIC_ACCOUNTS, 100000, "100000"),
    WHOLE(METRIC_LIQUIDATIONS, 31400, "31400"),
    WHOLE(METRIC_ACCOUNTS_LIQUIDATED, 12345, "12345"),
    WHOLE(METRIC_ACCOUNTS_IN_BREACH_AT_START, 3, "3"),
    WHOLE(METRIC_ACCOUNTS_NEVER_ASSESSED, 0, "0"),
    WHOLE(METRIC_LIQUIDATED_NOTIONAL, 92345678901.12345678, "92345678901.12345678"),
    WHOLE(METRIC_LIQUIDATED_LONG, 4e9, "4000000000"),
    WHOLE(METRIC_LIQUIDATED_SHORT, 2.1e8, "210000000"),
    OF(METRIC_LIQUIDATED_BY_INSTRUMENT, "BTCUSDT", 3e9, "3000000000"),
    OF(METRIC_LIQUIDATED_BY_INSTRUMENT, "ETHUSDT", 1.21e9, "1210000000"),
    WHOLE(METRIC_PEAK_MINUTE_TS, NAN, "2021-05-19T13:04:00Z"),
    WHOLE(METRIC_PEAK_MINUTE_NOTIONAL, 5.12e8, "512000000"),
    WHOLE(METRIC_WAVES_MAX, 17, "17"),
    GENERATION(0, 20000, "20000"),
    GENERATION(1, 11400, "11400"),
    OF(METRIC_PRICE_FIRST, "BTCUSDT", 42849.78, "42849.78"),
    OF(METRIC_PRICE_LAST, "BTCUSDT", 36690.09, "36690.09"),
    OF(METRIC_PRICE_MIN, "BTCUSDT", 30000, "30000"),
    OF(METRIC_PRICE_MAX, "BTCUSDT", 43584.9, "43584.9"),
    OF(METRIC_PRICE_LAST_WITHOUT, "BTCUSDT", 36700, "36700"),
    OF(METRIC_PRICE_MIN_WITHOUT, "BTCUSDT", 31500, "31500"),
    OF(METRIC_PRICE_LAST_RECORDED, "BTCUSDT", 36690.09, "36690.09"),
    OF(METRIC_PRICE_MIN_RECORDED, "BTCUSDT", 30000, "30000"),
    OF(METRIC_FALL_WITH, "BTCUSDT", 0.3, ""),
    OF(METRIC_FALL_WITHOUT, "BTCUSDT", 0.25, ""),
    {METRIC_AMPLIFICATION, 0, "BTCUSDT", BOUND_NONE, 1.2, 1.05, 1.6, ""},
    OF(METRIC_ENDOGENOUS_SHARE, "BTCUSDT", 1.0 / 6, ""),
    OF(METRIC_AMPLIFICATION, "ETHUSDT", NAN, ""),
    WHOLE(METRIC_CAUSED_SHARE, 0.34, ""),
    WHOLE(METRIC_CAUSED_SHARE_PROPORTIONAL, 0.21, ""),
    WHOLE(METRIC_BRANCHING_MAX, 0.45, ""),
    WHOLE(METRIC_BRANCHING_AT, NAN, "2021-05-19T13:09:00Z"),
    WHOLE(METRIC_BRANCHING_NOW, 0.02, ""),
    WHOLE(METRIC_BAD_DEBT, 1.23e7, "12300000"),
    WHOLE(METRIC_FUND_START, 1.5e8, "150000000"),
    WHOLE(METRIC_FUND_MIN, 1.4e8, "140000000.00000001"),
    WHOLE(METRIC_FUND_END, 1.4e8, "140000000.00000001"),
    WHOLE(METRIC_FEES, 0, "0"),
    WHOLE(METRIC_ADL_NOTIONAL, 0, "0"),
    WHOLE(METRIC_ADL_ACCOUNTS, 0, "0"),
    WHOLE(METRIC_SOCIALISED_LOSS, 0, "0"),
    WHOLE(METRIC_UNPAID, 0, "0"),
    WHOLE(METRIC_LEDGER_RESIDUAL, 0, "0"),
    WHOLE(METRIC_PRICE_CLIPS, 0, "0"),
    IN(BOUND_SQRT_LOWER, METRIC_LIQUIDATIONS, "", 31000, "31000"),
    IN(BOUND_SQRT_LOWER, METRIC_LIQUIDATED_NOTIONAL, "", 1e9, "1000000000"),
    IN(BOUND_SQRT_LOWER, METRIC_BRANCHING_MAX, "", 0.3, ""),
    IN(BOUND_SQRT_LOWER, METRIC_BRANCHING_MAX, "BTCUSDT", 0.25, ""),
    IN(BOUND_SQRT_LOWER, METRIC_AMPLIFICATION, "BTCUSDT", 1.05, ""),
    IN(BOUND_SQRT_LOWER, METRIC_PRICE_MIN, "BTCUSDT", 30000, "30000"),
    IN(BOUND_BOOK_UPPER, METRIC_LIQUIDATIONS, "", 32000, "32000"),
    IN(BOUND_BOOK_UPPER, METRIC_AMPLIFICATION, "BTCUSDT", 1.6, ""),
    IN(BOUND_BOOK_UPPER, METRIC_IMPLAUSIBLE_MINUTES, "BTCUSDT", 7, "7"),
    IN(BOUND_BOOK_UPPER, METRIC_IMPLAUSIBLE_MINUTES, "ETHUSDT", 0, "0"),
    OF(METRIC_BEYOND_DEPTH_NOTIONAL, "ETHUSDT", 4.5e6, ""),
};
#define METRICS_GIVEN (sizeof(metrics) / sizeof(metrics[0]))

struct fixture {
    char directory[64];
    char path[96];
    struct results_file *file;
};

static void account_id(void *context, uint32_t account, char *ret_id) {
    (void)context;
    (void)sprintf(ret_id, "s%08u", account);
}

static void feed(const struct event_sink *sink) {
    const int64_t money = MONEY_SCALE;
    for (int hour = 0; hour < 24; hour++) {
        const struct minute_record rows[] = {{.ts_ns = TS + hour * 60 * NS_PER_MINUTE,
                                              .instrument = 0,
                                              .long_notional = hour * 1000000 * money,
                                              .short_notional = 100 * money,
                                              .count = hour,
                                              .branching = NAN,
                                              .depth = NAN},
                                             {.ts_ns = TS + hour * 60 * NS_PER_MINUTE,
                                              .instrument = 1,
                                              .long_notional = hour == 13 ? 5 * money : 0,
                                              .count = hour == 13,
                                              .branching = NAN,
                                              .depth = NAN}};
        assert_int_equal(sink->minutes(sink->context, 2, rows, NULL), STATUS_OK);
    }
    const struct account_record accounts[] = {{.id = "s00000000",
                                               .cohort = "retail-long",
                                               .equity_start = 1000 * money,
                                               .equity_end = 10 * money,
                                               .liquidations = 2,
                                               .outcome = ACCOUNT_LIQUIDATED},
                                              {.account = 1,
                                               .id = "s00000001",
                                               .cohort = "retail-short",
                                               .equity_start = 500 * money,
                                               .equity_end = 1490 * money}};
    assert_int_equal(sink->accounts(sink->context, 2, accounts, NULL), STATUS_OK);
    const struct contagion_record contagion[] = {{0, 0, 1.5, 1.5}, {0, 1, 0.75, 0.5}};
    assert_int_equal(sink->contagion(sink->context, 2, contagion, NULL), STATUS_OK);
}

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/report-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/runs.db", fixture->directory);
    const struct results_run run = {.id = "0123456789ab",
                                    .scenario = "may-2021",
                                    .title = "19 May 2021",
                                    .seed = 1,
                                    .version = "0.1.0",
                                    .asset = "USDT",
                                    .input_count = 3,
                                    .inputs = inputs,
                                    .setting_count = sizeof(settings) / sizeof(settings[0]),
                                    .settings = settings,
                                    .note_count = 3,
                                    .notes = notes,
                                    .instrument_count = 2,
                                    .instruments = instruments,
                                    .account_id = account_id};
    const struct results_outcome outcome = {.fingerprint = "00ff",
                                            .created_at = "2026-01-01T00:00:00Z",
                                            .elapsed_s = 1.5,
                                            .from_ns = TS,
                                            .to_ns = TS + NS_PER_DAY - 1,
                                            .metric_count = METRICS_GIVEN,
                                            .metrics = metrics};
    struct results_writer *writer = NULL;
    assert_int_equal(results_file_open(fixture->path, RESULTS_WRITE, &fixture->file, NULL),
                     STATUS_OK);
    assert_int_equal(results_writer_create(fixture->file, &run, &writer, NULL), STATUS_OK);
    const struct event_sink sink = results_writer_sink(writer);
    feed(&sink);
    assert_int_equal(results_writer_finish(writer, &outcome, NULL), STATUS_OK);
    results_writer_destroy(writer);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    results_file_close(fixture->file);
    (void)unlink(fixture->path);
    (void)rmdir(fixture->directory);
    free(fixture);
    return 0;
}

static void json_has_all_keys_and_digits(void **state) {
    struct fixture *fixture = *state;
    char *text = NULL;
    assert_int_equal(run_json(fixture->file, "0123456789ab", &text, NULL), STATUS_OK);
    /* More digits than a double has, as numbers and not as text. */
    assert_non_null(strstr(text, "\"total\": 92345678901.12345678,"));
    assert_non_null(strstr(text, "\"min\": 140000000.00000001,"));
    assert_non_null(strstr(text, "\"ledger_residual\": 0,"));

    json_t *root = json_loads(text, 0, NULL);
    assert_non_null(root);
    static const char *const keys[] = {"run",
                                       "scenario",
                                       "seed",
                                       "fingerprint",
                                       "ticks",
                                       "accounts",
                                       "instruments",
                                       "elapsed_s",
                                       "ticks_per_s",
                                       "liquidations",
                                       "accounts_liquidated",
                                       "accounts_in_breach_at_start",
                                       "liquidated_notional",
                                       "peak_minute",
                                       "waves_max",
                                       "generation_counts",
                                       "price",
                                       "amplification",
                                       "endogenous_share",
                                       "caused_share",
                                       "caused_share_proportional",
                                       "implausible_minutes",
                                       "beyond_depth",
                                       "branching",
                                       "contracts",
                                       "cohorts",
                                       "liquidated_accounts",
                                       "contagion",
                                       "cleaned_notional",
                                       "bad_debt",
                                       "insurance_fund",
                                       "adl",
                                       "socialised_loss",
                                       "unpaid",
                                       "fees",
                                       "funding",
                                       "inventory",
                                       "backstop",
                                       "erroneous_liquidations",
                                       "accounts_never_assessed",
                                       "open_orders_cancelled",
                                       "fall",
                                       "caused_notional",
                                       "beyond_depth_quantity",
                                       "price_clips",
                                       "assessments",
                                       "bytes_peak",
                                       "ledger_residual",
                                       "range"};
    assert_int_equal(json_object_size(root), sizeof(keys) / sizeof(keys[0]));
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        assert_non_null(json_object_get(root, keys[i]));

    json_int_t ticks = 0;
    json_int_t rate = 0;
    double amplification = 0;
    double lower = 0;
    const char *peak = NULL;
    json_t *eth = NULL;
    json_t *eth_price = NULL;
    json_t *generations = NULL;
    assert_int_equal(json_unpack(root,
                                 "{s:I, s:I, s:{s:F, s:o}, s:{s:s}, s:{s:{s:o}}, s:o,"
                                 " s:{s:{s:{s:F}}}}",
                                 "ticks", &ticks, "ticks_per_s", &rate, "amplification", "BTCUSDT",
                                 &amplification, "ETHUSDT", &eth, "peak_minute", "ts", &peak,
                                 "price", "ETHUSDT", "min", &eth_price, "generation_counts",
                                 &generations, "range", "sqrt_lower", "amplification", "BTCUSDT",
                                 &lower),
                     0);
    assert_int_equal(ticks, 11520);
    assert_int_equal(rate, 7680);
    assert_true(amplification == 1.2);
    assert_true(lower == 1.05);
    double low = 0;
    double branching = 0;
    double beyond = 0;
    assert_int_equal(json_unpack(root, "{s:{s:{s:{s:{s:F}}, s:{s:F}}}, s:{s:F}}", "range",
                                 "sqrt_lower", "price", "BTCUSDT", "min", &low, "branching", "max",
                                 &branching, "beyond_depth", "ETHUSDT", &beyond),
                     0);
    assert_true(low == 30000 && branching == 0.3 && beyond == 4.5e6);
    json_t *own = NULL;
    const char *effect = NULL;
    double multiplier = 0;
    double crossed = 0;
    assert_int_equal(json_unpack(root, "{s:[o, {s:s, s:F, s:F}]}", "contagion", &own, "effect",
                                 &effect, "multiplier", &multiplier, "multiplier_cross_impact",
                                 &crossed),
                     0);
    assert_string_equal(effect, "ETHUSDT");
    assert_true(multiplier == 0.75 && crossed == 0.25);
    assert_true(json_is_null(eth));
    assert_true(json_is_null(eth_price));
    assert_string_equal(peak, "2021-05-19T13:04:00Z");
    assert_int_equal(json_array_size(generations), 2);
    json_decref(root);
    free(text);
}

/* Compares with the golden file, or writes it. */
static void assert_golden(const char *text) {
    const char *directory = getenv("GOLDEN_DIR");
    assert_non_null(directory);
    char *path = g_build_filename(directory, "report_may.txt", NULL);
    char *expected = NULL;
    if (getenv("UPDATE_GOLDEN") != NULL)
        assert_true(g_file_set_contents(path, text, -1, NULL));
    assert_true(g_file_get_contents(path, &expected, NULL, NULL));
    assert_string_equal(text, expected);
    g_free(expected);
    g_free(path);
}

static void report_is_the_golden_one(void **state) {
    struct fixture *fixture = *state;
    char *text = NULL;
    const struct page_style style = {.color = false, .unicode = true, .program = "crossfall"};
    assert_int_equal(run_report(fixture->file, "0123456789ab", style, &text, NULL), STATUS_OK);
    assert_golden(text);
    char **lines = g_strsplit(text, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++)
        assert_true(g_utf8_strlen(lines[i], -1) <= PAGE_WIDTH);
    g_strfreev(lines);
    assert_null(strchr(text, '\033'));
    g_free(text);

    /* Colours add nothing but escapes; without Unicode nothing but ASCII is left. */
    const struct page_style plain = {.color = true, .unicode = false, .program = "crossfall"};
    assert_int_equal(run_report(fixture->file, "0123456789ab", plain, &text, NULL), STATUS_OK);
    assert_non_null(strchr(text, '\033'));
    assert_true(g_str_is_ascii(text));
    g_free(text);
}

static void runs_are_listed(void **state) {
    struct fixture *fixture = *state;
    char *text = NULL;
    assert_int_equal(run_list(fixture->file, false, &text, NULL), STATUS_OK);
    assert_non_null(strstr(text, "0123456789ab  may-2021     1  31,400   92.3 bn  2026-01-01"));
    free(text);
    assert_int_equal(run_list(fixture->file, true, &text, NULL), STATUS_OK);
    json_t *root = json_loads(text, 0, NULL);
    assert_int_equal(json_array_size(root), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(root, 0), "run")),
                        "0123456789ab");
    json_decref(root);
    free(text);
}

static void numbers_read_well(void **state) {
    (void)state;
    char text[PAGE_NUMBER_SIZE];
    assert_string_equal(page_count(1234567, text), "1,234,567");
    assert_string_equal(page_count(-999, text), "-999");
    assert_string_equal(page_count(NAN, text), "-");
    assert_string_equal(page_money(999949, text), "1.00 m");
    assert_string_equal(page_money(-4.21e9, text), "-4.21 bn");
    assert_string_equal(page_money(0.05, text), "0.05");
    assert_string_equal(page_money(0, text), "0");
    assert_string_equal(page_percent(0.271, text), "27.1 %");
    assert_string_equal(page_percent(0.0004, text), "0.04 %");
    assert_string_equal(page_minute(TS, text), "2021-05-19 00:00");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_all_keys_and_digits),
        cmocka_unit_test(report_is_the_golden_one),
        cmocka_unit_test(runs_are_listed),
        cmocka_unit_test(numbers_read_well),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

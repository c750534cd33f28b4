/* Goal: what a run gives to the sink is read back to the last digit, only finished runs are seen,
 * and a database that is not ours is refused and left as it was. Method: small runs into files in a
 * fresh directory, read back by SQL through the public functions. */

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

#include "store/results/results_file.h"
#include "store/results/results_writer.h"

#define TS INT64_C(1621429440000000000) /* 2021-05-19T13:04:00Z */

struct fixture {
    char directory[64];
    char path[96];
};

static int setup(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    (void)snprintf(fixture->directory, sizeof(fixture->directory), "/tmp/results-XXXXXX");
    assert_non_null(mkdtemp(fixture->directory));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/runs.db", fixture->directory);
    *state = fixture;
    return 0;
}

static int teardown(void **state) {
    struct fixture *fixture = *state;
    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->directory), 0); /* nothing else was left behind */
    free(fixture);
    return 0;
}

static void account_id(void *context, uint32_t account, char *ret_id) {
    (void)context;
    (void)sprintf(ret_id, "a%u", account);
}

static const struct results_instrument instruments[] = {
    {"BTCUSDT", "linear", {1, 1}, {1, 3}, {1, 0}, "square_root"},
    {"ETHUSDT", "linear", {5, 2}, {1, 2}, {1, 0}, "square_root"},
};
static const struct results_input inputs[] = {
    {"scenario", "x.yaml", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
     "name: x\n", 8, ""},
    {"ticks", "BTCUSDT trade", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
     NULL, 1000, "bars"},
};
static const struct results_setting settings[] = {
    {"venue.insurance_fund", "300", "guess", 100, 900, "nobody published it"},
    {"impact.model", "default", "scenario", NAN, NAN, ""},
};
static const struct results_note notes[] = {{"caveat", "spot stands in"}};
static const struct results_metric metrics[] = {
    {METRIC_BAD_DEBT, 0, "", BOUND_NONE, 0.3, 0.1, NAN, "0.30000001"},
    {METRIC_AMPLIFICATION, 0, "BTCUSDT", BOUND_NONE, NAN, NAN, NAN, ""},
    {METRIC_GENERATION_COUNTS, 3, "", BOUND_NONE, 7, NAN, NAN, "7"},
    {METRIC_BAD_DEBT, 0, "", BOUND_BOOK_UPPER, 0.5, NAN, NAN, "0.5"},
};
static const struct results_outcome outcome = {.fingerprint = "0123",
                                               .created_at = "2026-01-01T00:00:00Z",
                                               .elapsed_s = 1.5,
                                               .from_ns = TS,
                                               .to_ns = TS + 1,
                                               .metric_count = sizeof(metrics) / sizeof(metrics[0]),
                                               .metrics = metrics};

static struct results_run run_of(const char *id) {
    return (struct results_run){.id = id,
                                .scenario = "x",
                                .title = "X",
                                .seed = 7,
                                .version = "0.1.0",
                                .asset = "USDT",
                                .input_count = 2,
                                .inputs = inputs,
                                .setting_count = 2,
                                .settings = settings,
                                .note_count = 1,
                                .notes = notes,
                                .instrument_count = 2,
                                .instruments = instruments,
                                .account_id = account_id};
}

static const struct liquidation_record liquidations[] = {
    {.ts_ns = TS,
     .node = 3,
     .parent = NODE_NONE,
     .cascade = 0,
     .wave = 1,
     .through = INSTRUMENT_NONE,
     .caused_e8 = 12500000,
     .account = 1,
     .instrument = 0,
     .quantity_lots = 1005,
     .price_ticks = 300001,
     .bankruptcy_price_ticks = 299990,
     .notional = INT64_C(3015010050000),
     .realised_pnl = -500000000,
     .fee = 11},
    {.ts_ns = TS + 500000000,
     .node = 4,
     .parent = 3,
     .cascade = 0,
     .wave = 2,
     .generation = 1,
     .through = 0,
     .caused_e8 = RATE_SCALE,
     .taken_over = true,
     .part = 1,
     .account = 2,
     .instrument = 1,
     .quantity_lots = -7,
     .price_ticks = 44001,
     .bankruptcy_price_ticks = PRICE_NONE,
     .notional = INT64_C(15400350000),
     .shortfall = 30,
     .paid_fund = 10,
     .unpaid = 20},
};
static const struct minute_record minutes[] = {{.ts_ns = TS,
                                                .instrument = 1,
                                                .recorded_ticks = 44000,
                                                .without_ticks = 44001,
                                                .simulated_ticks = PRICE_NONE,
                                                .short_notional = 15400350000,
                                                .count = 1,
                                                .branching = 0.25,
                                                .depth = NAN}};
static const struct account_record accounts[] = {
    {.account = 1,
     .id = "a1",
     .cohort = "retail",
     .equity_start = INT64_MAX,
     .equity_end = 5,
     .socialised = 3,
     .liquidations = 1,
     .outcome = ACCOUNT_LIQUIDATED},
    {.account = 2,
     .id = "a2",
     .cohort = "retail",
     .equity_start = INT64_MAX,
     .equity_end = -5,
     .liquidations = 1,
     .outcome = ACCOUNT_BANKRUPT},
    {.account = 3, .id = "a3", .cohort = "", .equity_start = 0, .outcome = ACCOUNT_UNTOUCHED}};
static const struct fund_record funds[] = {{TS, 290}};
static const struct adl_record adls[] = {{.ts_ns = TS,
                                          .wave = 2,
                                          .account = 3,
                                          .instrument = 0,
                                          .quantity_lots = 5,
                                          .price_ticks = 2,
                                          .forgone = 9}};

static const struct density_record densities[] = {{TS, 1, 43000, 43999, 700000000, 0},
                                                  {TS, 1, 45000, 46000, 0, 500000000}};

static const struct contagion_record multipliers[] = {
    {0, 0, 1.5, 1.25}, {0, 1, 0.5, 0.5}, {1, 1, NAN, NAN}};

static void feed(struct results_writer *writer) {
    const struct event_sink sink = results_writer_sink(writer);
    assert_int_equal(sink.liquidations(sink.context, 2, liquidations, NULL), STATUS_OK);
    assert_int_equal(sink.minutes(sink.context, 1, minutes, NULL), STATUS_OK);
    assert_int_equal(sink.accounts(sink.context, 3, accounts, NULL), STATUS_OK);
    assert_int_equal(sink.fund(sink.context, 1, funds, NULL), STATUS_OK);
    assert_int_equal(sink.adl(sink.context, 1, adls, NULL), STATUS_OK);
    assert_int_equal(sink.density(sink.context, 2, densities, NULL), STATUS_OK);
    assert_int_equal(sink.contagion(sink.context, 3, multipliers, NULL), STATUS_OK);
}

static void write_run(struct results_file *file, const char *id) {
    const struct results_run run = run_of(id);
    struct results_writer *writer = NULL;
    assert_int_equal(results_writer_create(file, &run, &writer, NULL), STATUS_OK);
    feed(writer);
    assert_int_equal(results_writer_finish(writer, &outcome, NULL), STATUS_OK);
    results_writer_destroy(writer);
}

static struct results_file *open_file(const char *path, enum results_mode mode) {
    struct results_file *file = NULL;
    struct error error = {0};
    if (results_file_open(path, mode, &file, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return file;
}

/* All rows of `sql` as text, columns by '|', rows by '\n'. */
static char *ask(struct results_file *file, const char *sql) {
    static char text[4096];
    struct results_rows *rows = NULL;
    struct error error = {0};
    text[0] = '\0';
    if (results_query(file, sql, NULL, &rows, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    while (results_rows_next(rows, &error) == STATUS_OK) {
        if (text[0] != '\0')
            strcat(text, "\n");
        strcat(text, results_rows_text(rows, 0));
    }
    results_rows_end(rows);
    return text;
}

static void a_run_is_read_back_exactly(void **state) {
    struct fixture *fixture = *state;
    struct results_file *file = open_file(fixture->path, RESULTS_WRITE);
    write_run(file, "0123456789ab");
    results_file_close(file);

    file = open_file(fixture->path, RESULTS_READ);
    assert_string_equal(
        ask(file, "SELECT run||' '||ts||' '||cascade||' '||wave||' '||ifnull(parent, '-')||' '||"
                  "generation||' '||account||' '||instrument||' '||quantity||' '||price||' '||"
                  "ifnull(bankruptcy_price, '-')||' '||side||' '||loss_e8||' '||fee_e8||' '||"
                  "paid_by||' '||notional FROM liquidation"),
        "0123456789ab 2021-05-19T13:04:00Z 0 1 - 0 a1 BTCUSDT 1.005 30000.1 29999.0 long 0 11 "
        "account 30150.1005\n"
        "0123456789ab 2021-05-19T13:04:00.500000000Z 0 2 3 1 a2 ETHUSDT -0.07 2200.05 - short 30 0 "
        "insurance_fund+unpaid 154.0035");
    assert_string_equal(ask(file, "SELECT ts||' '||instrument||' '||recorded||' '||"
                                  "without_feedback||' '||ifnull(simulated, '-')||' '||"
                                  "short_notional||' '||count||' '||branching||' '||"
                                  "ifnull(depth, '-') FROM minutes WHERE run = '0123456789ab'"),
                        "2021-05-19T13:04:00Z ETHUSDT 2200.0 2200.05 - 154.0035 1 0.25 -");
    assert_string_equal(ask(file, "SELECT account||' '||cohort||' '||equity_end_e8||' '||outcome "
                                  "FROM account ORDER BY account"),
                        "a1 retail 5 liquidated\na2 retail -5 bankrupt\na3  0 untouched");
    /* Two accounts of 2^63 - 1 each: their sum does not fit an integer and must not fail. */
    assert_string_equal(ask(file, "SELECT cohort||' '||accounts||' '||liquidated||' '||bankrupt||"
                                  "' '||round(equity_start)||' '||equity_end FROM cohort"),
                        " 1 0 0 0.0 0.0\nretail 2 2 1 184467440737.0 0.0");
    assert_string_equal(ask(file, "SELECT ts||' '||balance_e8 FROM fund"),
                        "2021-05-19T13:04:00Z 290");
    assert_string_equal(
        ask(file, "SELECT account||' '||quantity||' '||price||' '||forgone FROM adl"),
        "a3 0.005 0.2 9.0e-08");
    assert_string_equal(ask(file, "SELECT instrument||' '||price_low_ticks||' '||price_high_ticks"
                                  "||' '||long_notional||' '||short_notional FROM density"),
                        "ETHUSDT 43000 43999 7.0 0.0\nETHUSDT 45000 46000 0.0 5.0");
    assert_string_equal(ask(file, "SELECT ifnull(through, '-')||' '||caused_share||' '||"
                                  "caused_share_e8||' '||taken_over||' '||part FROM liquidation"),
                        "- 0.125 12500000 0 0\nBTCUSDT 1.0 100000000 1 1");
    assert_string_equal(ask(file, "SELECT socialised_e8||' '||socialised FROM account"),
                        "3 3.0e-08\n0 0.0\n0 0.0");
    assert_string_equal(
        ask(file, "SELECT cause||' '||effect||' '||count||' '||notional||' '||shared_collateral||"
                  "' '||cross_impact||' '||ifnull(multiplier, '-')||' '||"
                  "ifnull(multiplier_shared_collateral, '-')||' '||"
                  "ifnull(multiplier_cross_impact, '-') FROM contagion ORDER BY cause, effect"),
        "BTCUSDT BTCUSDT 0 0.0 0.0 0.0 1.5 1.25 0.25\n"
        "BTCUSDT ETHUSDT 0 154.0035 154.0035 0.0 0.5 0.5 0.0\n" /* a further part is no order */
        "ETHUSDT ETHUSDT 0 0.0 0.0 0.0 - - -");
    assert_string_equal(ask(file, "SELECT name||' '||instrument||' '||ifnull(value, '-')||' '||"
                                  "ifnull(low, '-')||' '||ifnull(high, '-')||' '||exact "
                                  "FROM metric ORDER BY name"),
                        "amplification BTCUSDT - - - \nbad_debt  0.3 0.1 - 0.30000001\n"
                        "generation_counts.3  7.0 - - 7");
    /* A run of its range stands apart, so that a name and an instrument are one row of a run. */
    assert_string_equal(ask(file, "SELECT bound||' '||name||' '||value||' '||unit FROM bounds"),
                        "book_upper bad_debt 0.5 USDT");
    assert_string_equal(ask(file, "SELECT group_concat(unit) FROM (SELECT unit FROM metric ORDER BY"
                                  " name)"),
                        "1,USDT,count");
    assert_string_equal(ask(file, "SELECT role||' '||name||' '||size||' '||ifnull(CAST(bytes AS "
                                  "TEXT), '-') FROM input LEFT JOIN content USING(sha256)"),
                        "scenario x.yaml 8 name: x\n\nticks BTCUSDT trade 1000 -");
    assert_string_equal(ask(file, "SELECT key||' '||value||' '||origin||' '||ifnull(low, '-') "
                                  "FROM setting ORDER BY key"),
                        "impact.model default scenario -\nvenue.insurance_fund 300 guess 100.0");
    assert_string_equal(ask(file, "SELECT kind||': '||text FROM note"), "caveat: spot stands in");
    assert_string_equal(ask(file, "SELECT instrument||' '||price_tick||' '||lot_exact "
                                  "FROM instrument ORDER BY number"),
                        "BTCUSDT 0.1 0.001\nETHUSDT 0.05 0.01");
    assert_string_equal(
        ask(file, "SELECT run||' '||seed||' '||elapsed_s||' '||first_tick FROM runs"),
        "0123456789ab 7 1.5 2021-05-19T13:04:00Z");
    /* Every view answers. */
    assert_string_equal(ask(file, "SELECT count(*) FROM liquidations, accounts, cohorts, fund_path,"
                                  " deleveragings, metrics, inputs, settings, instruments, notes,"
                                  " contagions, bounds"),
                        "864");
    results_file_close(file);
}

static void an_unfinished_run_is_never_seen(void **state) {
    struct fixture *fixture = *state;
    struct results_file *file = open_file(fixture->path, RESULTS_WRITE);
    write_run(file, "111111111111");
    const struct results_run run = run_of("222222222222");
    struct results_writer *writer = NULL;
    assert_int_equal(results_writer_create(file, &run, &writer, NULL), STATUS_OK);
    feed(writer);

    /* While it runs others can read, and write runs of their own. */
    struct results_file *other = open_file(fixture->path, RESULTS_WRITE);
    assert_string_equal(ask(other, "SELECT count(*) FROM liquidation"), "2");
    write_run(other, "333333333333");
    assert_string_equal(ask(other, "SELECT group_concat(id) FROM run"),
                        "111111111111,333333333333");
    results_file_close(other);

    results_writer_destroy(writer); /* as an interrupted run does */
    bool has = true;
    assert_int_equal(results_file_has(file, "222222222222", &has, NULL), STATUS_OK);
    assert_false(has);
    assert_string_equal(ask(file, "SELECT count(*) FROM liquidation"), "4");
    write_run(file, "222222222222"); /* the same connection can try again */
    assert_string_equal(ask(file, "SELECT count(*) FROM liquidation"), "6");
    results_file_close(file);
}

static void runs_are_found_by_name(void **state) {
    struct fixture *fixture = *state;
    struct results_file *file = open_file(fixture->path, RESULTS_WRITE);
    char id[RESULTS_RUN_ID_SIZE] = "";
    struct error error = {0};
    assert_int_equal(results_file_find(file, "last", id, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "no run yet"));
    write_run(file, "abc111111111");
    write_run(file, "abd222222222");

    assert_int_equal(results_file_find(file, "abc", id, &error), STATUS_OK);
    assert_string_equal(id, "abc111111111");
    assert_int_equal(results_file_find(file, "last", id, &error), STATUS_OK);
    assert_string_equal(id, "abd222222222");
    assert_int_equal(results_file_find(file, "ab", id, &error), STATUS_USAGE);
    assert_non_null(strstr(error.message, "abd222222222, abc111111111"));
    assert_int_equal(results_file_find(file, "x", id, &error), STATUS_IO);
    assert_int_equal(results_file_find(file, "%", id, &error), STATUS_IO);

    assert_int_equal(results_file_touch(file, "abc111111111", &error), STATUS_OK);
    assert_int_equal(results_file_find(file, "last", id, &error), STATUS_OK);
    assert_string_equal(id, "abc111111111");

    /* The same run once more takes the place of the first: no row is doubled. */
    write_run(file, "abd222222222");
    assert_string_equal(ask(file, "SELECT count(*) FROM run"), "2");
    assert_string_equal(ask(file, "SELECT count(*) FROM liquidation WHERE run = 'abd222222222'"),
                        "2");
    assert_string_equal(ask(file, "SELECT count(*) FROM content"), "1");
    assert_int_equal(results_file_find(file, "last", id, &error), STATUS_OK);
    assert_string_equal(id, "abd222222222");
    results_file_close(file);
}

static void write_file(const char *path, const char *text) {
    FILE *stream = fopen(path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(text, 1, strlen(text), stream), strlen(text));
    assert_int_equal(fclose(stream), 0);
}

static void assert_refused(const char *path, enum status expected) {
    for (int mode = RESULTS_READ; mode <= RESULTS_WRITE; mode++) {
        struct results_file *file = NULL;
        struct error error = {0};
        assert_int_equal(results_file_open(path, (enum results_mode)mode, &file, &error), expected);
        assert_null(file);
        assert_non_null(strstr(error.message, path));
    }
}

static void what_is_not_ours_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct results_file *file = NULL;
    struct error error = {0};
    assert_int_equal(results_file_open(fixture->path, RESULTS_READ, &file, &error), STATUS_IO);
    assert_int_equal(access(fixture->path, F_OK), -1); /* looking does not make it */
    assert_refused("/nonexistent-directory/runs.db", STATUS_IO);

    write_file(fixture->path, "ts,instrument,price\n");
    assert_refused(fixture->path, STATUS_FOREIGN);
    char kept[64] = "";
    FILE *stream = fopen(fixture->path, "rb");
    assert_non_null(stream);
    assert_int_equal(fread(kept, 1, sizeof(kept) - 1, stream), 20);
    assert_int_equal(fclose(stream), 0);
    assert_string_equal(kept, "ts,instrument,price\n");

    /* A results file whose marks were changed stands for any other database. */
    static const char *const marks[] = {"PRAGMA application_id = 5", "PRAGMA user_version = 99"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(unlink(fixture->path), 0);
        file = open_file(fixture->path, RESULTS_WRITE);
        (void)ask(file, marks[i]);
        results_file_close(file);
        assert_refused(fixture->path, STATUS_FOREIGN);
    }
}

/* The version is named, and what would do. */
static void another_schema_is_refused_by_its_version(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *mark;
        const char *said;
    } cases[] = {{"PRAGMA user_version = 3", "has schema version 3, older than"},
                 {"PRAGMA user_version = 99", "has schema version 99, newer than"}};
    for (size_t i = 0; i < 2; i++) {
        struct results_file *file = open_file(fixture->path, RESULTS_WRITE);
        struct error error = {0};
        (void)ask(file, cases[i].mark);
        results_file_close(file);
        assert_int_equal(results_file_open(fixture->path, RESULTS_READ, &file, &error),
                         STATUS_FOREIGN);
        assert_non_null(strstr(error.message, cases[i].said));
        assert_non_null(strstr(error.message, "--results FILE"));
        assert_int_equal(unlink(fixture->path), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_run_is_read_back_exactly, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unfinished_run_is_never_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(runs_are_found_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(another_schema_is_refused_by_its_version, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: an export says every value with all its digits whatever stands in it, and a file that has
 * its name is whole. Method: a run of awkward values by hand, exported and held against the
 * expected text; files of random bytes written in random pieces and read back by the container
 * layer. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "base/container.h"
#include "base/random_stream.h"
#include "reports/run_export.h"
#include "store/results/packed_writer.h"
#include "store/results/results_writer.h"

#define TS INT64_C(1621382400000000000) /* 2021-05-19T00:00:00Z */

static const char run_id[] = "0123456789ab";

/* A folder of its own for each test, removed with all that the test knows to be in it. */
static char *folder;
static char *database;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("export-XXXXXX", NULL);
    if (folder == NULL)
        return -1;
    database = g_build_filename(folder, "runs.db", NULL);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir)) {
        char *path = g_build_filename(folder, name, NULL);
        (void)g_remove(path); /* rmdir() says if one is left */
        g_free(path);
    }
    g_dir_close(dir);
    const int rc = g_rmdir(folder);
    g_free(folder);
    g_free(database);
    return rc;
}

static bool is_there(const char *name) {
    char *path = g_build_filename(folder, name, NULL);
    const bool there = g_file_test(path, G_FILE_TEST_EXISTS);
    g_free(path);
    return there;
}

/* ---- exports ---- */

/* An id that needs quotes, one that needs escapes, and one that is not UTF-8. */
static void account_id(void *context, uint32_t account, char *ret_id) {
    static const char *const ids[] = {"a \"b\", c", "tab\there\\", "caf\xe9"};
    (void)context;
    (void)strcpy(ret_id, ids[account]); /* room for far longer ones */
}

static const struct results_instrument instruments[] = {
    {"BTCUSDT", "linear", {5, 2}, {1, 3}, {1, 0}, "none"}};

static void store_run(int64_t price_ticks) {
    struct results_file *file = NULL;
    struct results_writer *writer = NULL;
    struct error error = {0};
    const struct results_run run = {.id = run_id,
                                    .scenario = "x",
                                    .title = "line one\nline two",
                                    .version = "0.1.0",
                                    .asset = "USDT",
                                    .instrument_count = 1,
                                    .instruments = instruments,
                                    .account_id = account_id};
    const struct results_metric metrics[] = {
        {METRIC_BAD_DEBT, 0, "", BOUND_NONE, 0.3, NAN, NAN, "123456789012.34567891"},
        {METRIC_PEAK_MINUTE_TS, 0, "", BOUND_NONE, NAN, NAN, NAN, "2021-05-19T13:04:00Z"},
        {METRIC_CAUSED_SHARE, 0, "", BOUND_NONE, 0.1, 1e-300, 1e22, ""}};
    const struct results_outcome outcome = {.fingerprint = "f",
                                            .created_at = "2026-01-01T00:00:00Z",
                                            .elapsed_s = 0.25,
                                            .from_ns = TS,
                                            .to_ns = TS,
                                            .metric_count = G_N_ELEMENTS(metrics),
                                            .metrics = metrics};
    const struct account_record accounts[] = {
        {0, "a \"b\", c", "", INT64_MAX, INT64_MAX - 1, 0, 0, ACCOUNT_UNTOUCHED},
        {1, "tab\there\\", " blank", -1, 0, 0, 1, ACCOUNT_BANKRUPT},
        {2, "caf\xe9", "x", 150000000, 100000000, 30000000, 0, ACCOUNT_UNTOUCHED}};
    const struct minute_record minutes[] = {{.ts_ns = TS,
                                             .recorded_ticks = 3,
                                             .without_ticks = 10,
                                             .simulated_ticks = price_ticks,
                                             .mark_ticks = 11,
                                             .long_notional = 1,
                                             .branching = NAN,
                                             .depth = 1.0 / 3}};
    assert_int_equal(results_file_open(database, RESULTS_WRITE, &file, &error), STATUS_OK);
    assert_int_equal(results_writer_create(file, &run, &writer, &error), STATUS_OK);
    const struct event_sink sink = results_writer_sink(writer);
    assert_int_equal(sink.accounts(sink.context, 3, accounts, &error), STATUS_OK);
    assert_int_equal(sink.minutes(sink.context, 1, minutes, &error), STATUS_OK);
    assert_int_equal(results_writer_finish(writer, &outcome, &error), STATUS_OK);
    results_writer_destroy(writer);
    results_file_close(file);
}

static enum status export(enum export_format format, struct error *error) {
    struct results_file *file = NULL; struct export_list list = {0};
    const struct export_order order = {.folder = folder, .format = format, .host = NULL};
    assert_int_equal(results_file_open(database, RESULTS_READ, &file, error), STATUS_OK);
    const enum status status = run_export(file, run_id, &order, &list, error);
    export_list_finish(&list);
    results_file_close(file);
    return status;
}

static void check_file(const char *name, const char *expected) {
    char *path = g_build_filename(folder, name, NULL);
    char *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, expected);
    g_free(text);
    g_free(path);
}

static void awkward_values_are_written_in_full(void **state) {
    (void)state;
    struct error error = {0};
    store_run(INT64_C(1000000000000000001));
    assert_int_equal(export(EXPORT_CSV, &error), STATUS_OK);
    check_file("accounts.csv",
               "run,account,cohort,equity_start,equity_end,result,socialised,liquidations,outcome\n"
               "0123456789ab,\"a \"\"b\"\", c\",,92233720368.54775807,92233720368.54775806,"
               "-0.00000001,0,0,untouched\n"
               "0123456789ab,tab\there\\,\" blank\",-0.00000001,0,0.00000001,0,1,bankrupt\n"
               "0123456789ab,caf\xef\xbf\xbd,x,1.5,1,-0.5,0.3,0,untouched\n");
    check_file(
        "minutes.csv",
        "run,ts,instrument,recorded,without_feedback,simulated,mark,long_notional,"
        "short_notional,count,branching,depth\n"
        "0123456789ab,2021-05-19T00:00:00Z,BTCUSDT,0.15,0.5,50000000000000000.05,0.55,0.00000001,"
        "0,0,,0.3333333333333333\n");
    check_file("runs.csv", "run,scenario,title,seed,version,fingerprint,created_at,elapsed_s,"
                           "first_tick,last_tick,asset\n"
                           "0123456789ab,x,\"line one\nline two\",0,0.1.0,f,2026-01-01T00:00:00Z,"
                           "0.25,2021-05-19T00:00:00Z,2021-05-19T00:00:00Z,USDT\n");
    check_file("metrics.csv", "run,name,instrument,value,low,high,unit,exact\n"
                              "0123456789ab,bad_debt,,123456789012.34567891,,,USDT,"
                              "123456789012.34567891\n"
                              "0123456789ab,caused_share,,0.1,1e-300,1e+22,1,\n"
                              "0123456789ab,peak_minute.ts,,,,,UTC,2021-05-19T13:04:00Z\n");

    assert_int_equal(export(EXPORT_JSONL, &error), STATUS_OK);
    check_file("accounts.jsonl",
               "{\"run\": \"0123456789ab\", \"account\": \"a \\\"b\\\", c\", \"cohort\": \"\", "
               "\"equity_start\": 92233720368.54775807, \"equity_end\": 92233720368.54775806, "
               "\"result\": -0.00000001, \"socialised\": 0, \"liquidations\": 0, "
               "\"outcome\": \"untouched\"}\n"
               "{\"run\": \"0123456789ab\", \"account\": \"tab\\u0009here\\\\\", \"cohort\": \" "
               "blank\", \"equity_start\": -0.00000001, \"equity_end\": 0, "
               "\"result\": 0.00000001, \"socialised\": 0, \"liquidations\": 1, \"outcome\": "
               "\"bankrupt\"}\n"
               "{\"run\": \"0123456789ab\", \"account\": \"caf\xef\xbf\xbd\", \"cohort\": \"x\", "
               "\"equity_start\": 1.5, \"equity_end\": 1, \"result\": -0.5, \"socialised\": 0.3, "
               "\"liquidations\": 0, "
               "\"outcome\": \"untouched\"}\n");
}

/* Its product with the grid is beyond 64 bits: nothing is written that is not exact. */
static void a_price_out_of_range_is_refused(void **state) {
    (void)state;
    struct error error = {0};
    store_run(INT64_MAX);
    assert_int_equal(export(EXPORT_CSV, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "minutes, row 1: a number out of range"));
    assert_false(is_there("minutes.csv"));
    assert_false(is_there("minutes.csv.part"));
    assert_true(is_there("instruments.csv"));
}

/* ---- files ---- */

static void check_bytes(const char *path, const uint8_t *expected, size_t size) {
    struct container *container = NULL;
    struct error error = {0};
    const char *entry = NULL;
    uint8_t *bytes = malloc(size + 1);
    size_t used = 0;
    size_t count = 1;
    assert_non_null(bytes);
    assert_int_equal(container_open(path, NULL, &container, &error), STATUS_OK);
    assert_int_equal(container_next_entry(container, &entry, &error), STATUS_OK);
    while (count > 0) {
        assert_int_equal(container_read(container, size + 1 - used, bytes + used, &count, &error),
                         STATUS_OK);
        used += count;
    }
    assert_int_equal(used, size);
    assert_memory_equal(bytes, expected, size);
    container_close(container);
    free(bytes);
}

static void what_was_written_is_read_back(void **state) {
    (void)state;
    enum { SIZE_MAX_TRIED = 1 << 20 };
    uint8_t *bytes = malloc(SIZE_MAX_TRIED);
    assert_non_null(bytes);
    char *path = g_build_filename(folder, "bytes", NULL);
    struct random_stream random;
    random_stream_init(&random, 7, RANDOM_TEST, 0);
    for (int round = 0; round < 40; round++) {
        const size_t size = round == 0 ? 0 : random_stream_below(&random, SIZE_MAX_TRIED);
        const bool dull = random_stream_below(&random, 2) == 0; /* compresses well */
        for (size_t i = 0; i < size; i++)
            bytes[i] = dull ? (uint8_t)(i / 1000) : (uint8_t)random_stream_below(&random, 256);
        struct packed_writer *writer = NULL;
        struct error error = {0};
        uint64_t stored = 0;
        assert_int_equal(packed_writer_create(path, round % 4 != 3, &writer, &error), STATUS_OK);
        for (size_t done = 0; done < size;) {
            size_t part = random_stream_below(&random, 300000);
            part = part > size - done ? size - done : part;
            assert_int_equal(packed_writer_write(writer, bytes + done, part, &error), STATUS_OK);
            done += part;
        }
        assert_int_equal(packed_writer_finish(writer, &stored, &error), STATUS_OK);
        packed_writer_destroy(writer);
        GStatBuf file;
        assert_int_equal(g_stat(path, &file), 0);
        assert_int_equal(stored, file.st_size);
        if (size > 0 || round % 4 != 3) /* an empty plain file is no container */
            check_bytes(path, bytes, size);
        assert_false(is_there("bytes.part"));
    }
    g_free(path);
    free(bytes);
}

static void what_is_not_finished_leaves_nothing(void **state) {
    (void)state;
    struct packed_writer *writer = NULL;
    struct error error = {0};
    char *path = g_build_filename(folder, "kept", NULL);
    assert_true(g_file_set_contents(path, "old", -1, NULL));
    assert_int_equal(packed_writer_create(path, true, &writer, &error), STATUS_OK);
    assert_int_equal(packed_writer_write(writer, "new", 3, &error), STATUS_OK);
    assert_true(is_there("kept.part"));
    packed_writer_destroy(writer);
    check_file("kept", "old");
    assert_false(is_there("kept.part"));
    g_free(path);

    path = g_build_filename(folder, "no", "such", NULL);
    assert_int_equal(packed_writer_create(path, true, &writer, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "No such file"));
    g_free(path);
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_told(void **state) {
    (void)state;
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    const struct rlimit small = {.rlim_cur = 65536, .rlim_max = before.rlim_max};
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct packed_writer *writer = NULL;
    struct error error = {0};
    uint64_t size = 0;
    char *path = g_build_filename(folder, "full", NULL);
    static const char block[100000] = "x";
    enum status status = packed_writer_create(path, false, &writer, &error);
    if (status == STATUS_OK)
        status = packed_writer_write(writer, block, sizeof(block), &error);
    if (status == STATUS_OK)
        status = packed_writer_finish(writer, &size, &error);
    packed_writer_destroy(writer);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_FULL);
    assert_false(is_there("full"));
    assert_false(is_there("full.part"));
    g_free(path);
}

#define ALONE(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void) {
    const struct CMUnitTest tests[] = {
        ALONE(awkward_values_are_written_in_full),
        ALONE(a_price_out_of_range_is_refused),
        ALONE(what_was_written_is_read_back),
        ALONE(what_is_not_finished_leaves_nothing),
        ALONE(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

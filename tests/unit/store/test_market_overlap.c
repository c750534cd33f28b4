/* Goal: files that overlap in time, in any order of import, never double a row; rows that
 * contradict each other are counted and one side wins; rows of a file out of order come out in
 * order. Method: small hand-made sources by their whole outcome; random cuts of one known sequence,
 * imported in random order, must give the sequence back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random_stream.h"
#include "store/market/market_delete.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"
#include "store/market/market_quality.h"
#include "store/market/market_query.h"
#include "store/market/market_verify.h"

#define SEED 23

struct row {
    int64_t ts_ns;
    int64_t price;
};

struct fixture {
    char folder[64];
    char path[96];
    struct market_file *market;
    struct error error;
    struct market_import_result result;
    char text[1 << 16];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    (void)snprintf(f->folder, sizeof(f->folder), "/tmp/crossfall-overlap-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof(f->path), "%s/market.db", f->folder);
    assert_int_equal(market_file_open(f->path, MARKET_WRITE, &f->market, &f->error), STATUS_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    market_file_close(f->market);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->folder), 0); /* nothing else was left behind */
    free(f);
    return 0;
}

/* Imports `rows` as batches, of at most `step` rows, each in order of time. */
static enum status import_rows(struct fixture *f, const char *name, const char *format,
                               enum series_kind kind, const struct row *rows, size_t count,
                               size_t step, bool replace) {
    const struct series_key key = {"X", kind == SERIES_BARS ? "bar" : "trade", kind,
                                   kind == SERIES_BARS ? 10 : 0};
    struct market_import *import = NULL;
    assert_int_equal(market_import_begin(f->market, &import, &f->error), STATUS_OK);
    const struct tick_sink sink = market_import_sink(import);
    int64_t *column = calloc(2 * count + 1, sizeof(*column));
    uint8_t *flags = calloc(count + 1, 1);
    assert_non_null(column);
    assert_non_null(flags);
    enum status status = STATUS_OK;
    for (size_t first = 0; status == STATUS_OK && first < count;) {
        size_t end = first;
        do {
            column[end - first] = rows[end].ts_ns;
            column[count + end - first] = rows[end].price;
            end++;
        } while (end < count && end - first < step && rows[end].ts_ns >= rows[end - 1].ts_ns);
        struct tick_batch batch = {.count = end - first,
                                   .ts_ns = column,
                                   .flags = kind == SERIES_BARS ? NULL : flags,
                                   .price_decimals = 1};
        for (size_t i = 0; i < (kind == SERIES_BARS ? 5 : 2); i++)
            batch.value[i] = column + count;
        status = sink.append(sink.context, &key, &batch, &f->error);
        first = end;
    }
    const struct series_quality quality = {.rows = count};
    if (status == STATUS_OK)
        status = sink.quality(sink.context, &key, &quality, &f->error);
    const struct market_source_info source = {
        .name = name, .sha256 = name, .format = format, .bytes = 1, .replace = replace};
    if (status == STATUS_OK)
        status = market_import_commit(import, &source, &f->result, &f->error);
    market_import_destroy(import);
    free(column);
    free(flags);
    return status;
}

/* The rows that `sql` gives, as "ts:price ..."; also that the file is whole. */
static const char *answer(struct fixture *f, const char *sql) {
    struct market_query *query = NULL;
    assert_int_equal(market_query_begin(f->market, sql, &query, &f->error), STATUS_OK);
    size_t size = 0;
    f->text[0] = '\0';
    while (market_query_next(query, &f->error) == STATUS_OK)
        size += (size_t)snprintf(f->text + size, sizeof(f->text) - size, "%s%" PRId64 ":%" PRId64,
                                 size > 0 ? " " : "", market_query_cell(query, 0).integer,
                                 market_query_cell(query, 1).integer);
    market_query_end(query);
    struct market_verify_report report;
    if (market_verify(f->market, NULL, NULL, &report, &f->error) != STATUS_OK)
        fail_msg("%s", f->error.message);
    return f->text;
}

static const char *content(struct fixture *f, enum series_kind kind) {
    return answer(f, kind == SERIES_BARS ? "SELECT ts_ns, CAST(round(10 * open) AS INTEGER)"
                                           " FROM ticks WHERE series = 'bar'"
                                         : "SELECT ts_ns, CAST(round(10 * price) AS INTEGER)"
                                           " FROM ticks WHERE series = 'trade'");
}

#define TICKS(f, name, ...)                                                                        \
    do {                                                                                           \
        const struct row rows[] = {__VA_ARGS__};                                                   \
        if (import_rows(f, name, "test", SERIES_TICKS, rows, sizeof(rows) / sizeof(rows[0]), 1000, \
                        false) != STATUS_OK)                                                       \
            fail_msg("%s", (f)->error.message);                                                    \
    } while (0)

static void equal_rows_are_taken_once(void **state) {
    struct fixture *f = *state;
    TICKS(f, "a", {1, 10}, {2, 20}, {2, 20}, {3, 30}, {4, 40});
    TICKS(f, "b", {2, 20}, {2, 20}, {3, 30}, {4, 40}, {5, 50});
    assert_int_equal(f->result.rows, 1);
    assert_int_equal(f->result.overlap.equal, 4);
    assert_int_equal(f->result.overlap.conflicts, 0);
    TICKS(f, "c", {0, 1}, {1, 10}, {2, 20}, {2, 20}, {3, 30}, {4, 40}, {5, 50}, {6, 60});
    assert_int_equal(f->result.rows, 2);
    TICKS(f, "d", {3, 30}); /* nothing of it is new */
    assert_int_equal(f->result.rows, 0);
    assert_string_equal(content(f, SERIES_TICKS), "0:1 1:10 2:20 2:20 3:30 4:40 5:50 6:60");
}

/* A row that one file has and the other has not is no contradiction: it was missing. */
static void missing_rows_are_filled_in(void **state) {
    struct fixture *f = *state;
    TICKS(f, "a", {1, 10}, {3, 30}, {5, 50}, {7, 70});
    TICKS(f, "b", {1, 10}, {2, 20}, {3, 30}, {3, 31}, {4, 40}, {5, 50}, {7, 70});
    assert_int_equal(f->result.rows, 3);
    assert_int_equal(f->result.overlap.equal, 4);
    assert_int_equal(f->result.overlap.conflicts, 0);
    assert_string_equal(content(f, SERIES_TICKS), "1:10 2:20 3:30 3:31 4:40 5:50 7:70");
}

/* Files cut by the time of receipt: rows of one time stand at the end of one and at the beginning
 * of the next. The same whichever comes first. */
static void a_cut_through_one_time_is_healed(void **state) {
    struct fixture *f = *state;
    TICKS(f, "b", {5, 53}, {5, 54}, {6, 60});
    TICKS(f, "a", {4, 40}, {5, 51}, {5, 52});
    assert_int_equal(f->result.overlap.conflicts, 0);
    assert_int_equal(f->result.rows, 3);
    assert_string_equal(content(f, SERIES_TICKS), "4:40 5:51 5:52 5:53 5:54 6:60");
}

static void contradictions_are_counted_and_one_side_wins(void **state) {
    struct fixture *f = *state;
    TICKS(f, "a", {1, 10}, {2, 20}, {3, 30}, {4, 40}, {9, 90});
    TICKS(f, "b", {1, 10}, {2, 22}, {3, 30}, {4, 44}, {9, 90});
    assert_int_equal(f->result.overlap.conflicts, 2);
    assert_int_equal(f->result.overlap.equal, 3);
    assert_int_equal(f->result.overlap.conflict_ts_ns, 2);
    assert_string_equal(f->result.overlap.conflict_source, "a");
    assert_int_equal(f->result.rows, 0);
    assert_string_equal(content(f, SERIES_TICKS), "1:10 2:20 3:30 4:40 9:90");

    static const struct row last[] = {{1, 10}, {2, 25}, {3, 30}, {4, 45}, {9, 90}};
    assert_int_equal(import_rows(f, "c", "test", SERIES_TICKS, last, 5, 1000, true), STATUS_OK);
    assert_int_equal(f->result.rows, 5);
    assert_int_equal(f->result.replaced, 2);
    assert_int_equal(f->result.overlap.conflicts, 2);
    assert_string_equal(content(f, SERIES_TICKS), "1:10 2:25 3:30 4:45 9:90");
    struct market_quality_list list = {0};
    assert_int_equal(market_list_quality(f->market, "X", &list, &f->error), STATUS_OK);
    assert_int_equal(list.count, 3);
    assert_string_equal(list.rows[1].source, "b");
    assert_int_equal(list.rows[1].overlap.conflicts, 2);
    assert_string_equal(list.rows[1].overlap.conflict_source, "a");
    market_quality_list_finish(&list);
}

/* Another format tells the same time in other words: nothing of it goes between the first's rows,
 * but before and after them. */
static void two_formats_are_not_mixed(void **state) {
    struct fixture *f = *state;
    TICKS(f, "a", {10, 10}, {20, 20}, {30, 30});
    static const struct row other[] = {{5, 5}, {15, 15}, {20, 20}, {25, 25}, {35, 35}};
    assert_int_equal(import_rows(f, "b", "other", SERIES_TICKS, other, 5, 1000, false), STATUS_OK);
    assert_int_equal(f->result.overlap.equal, 1);
    assert_int_equal(f->result.overlap.conflicts, 2);
    assert_string_equal(content(f, SERIES_TICKS), "5:5 10:10 20:20 30:30 35:35");
    static const struct row third[] = {{6, 6}, {29, 29}};
    assert_int_equal(import_rows(f, "c", "third", SERIES_TICKS, third, 2, 1000, true), STATUS_OK);
    assert_string_equal(content(f, SERIES_TICKS), "5:5 6:6 29:29 30:30 35:35");
}

static void second_bars_give_way(void **state) {
    struct fixture *f = *state;
    static const struct row first[] = {{10, 10}, {20, 20}, {30, 30}};
    static const struct row next[] = {{30, 31}, {40, 40}, {50, 50}};
    static const struct row same[] = {{40, 40}, {50, 50}, {60, 60}};
    assert_int_equal(import_rows(f, "a", "test", SERIES_BARS, first, 3, 9, false), STATUS_OK);
    assert_int_equal(import_rows(f, "b", "test", SERIES_BARS, next, 3, 9, false), STATUS_OK);
    assert_int_equal(f->result.overlap.conflicts, 1); /* at the edge too */
    assert_int_equal(import_rows(f, "c", "test", SERIES_BARS, same, 3, 9, false), STATUS_OK);
    assert_int_equal(f->result.overlap.equal, 2);
    assert_string_equal(content(f, SERIES_BARS), "10:10 20:20 30:30 40:40 50:50 60:60");
}

/* Batches that go back in time: in order afterwards, rows of one time as they came; of bars of one
 * time the first. */
static void a_file_out_of_order_is_put_in_order(void **state) {
    struct fixture *f = *state;
    TICKS(f, "a", {7, 1}, {8, 2}, {3, 3}, {7, 4}, {9, 5}, {1, 6}, {3, 7});
    assert_string_equal(content(f, SERIES_TICKS), "1:6 3:3 3:7 7:1 7:4 8:2 9:5");
    static const struct row bars[] = {{30, 30}, {40, 40}, {10, 10}, {30, 30}, {20, 20}, {40, 41}};
    assert_int_equal(import_rows(f, "b", "test", SERIES_BARS, bars, 6, 9, false), STATUS_OK);
    assert_int_equal(f->result.rows, 4);
    assert_string_equal(content(f, SERIES_BARS), "10:10 20:20 30:30 40:40");
    assert_int_equal(f->result.found.duplicates, 1);
    assert_int_equal(f->result.found.conflicts, 1);
}

static void too_much_at_once_is_refused(void **state) {
    struct fixture *f = *state;
    struct row rows[100];
    for (int64_t i = 0; i < 100; i++) /* fifty batches, each over the whole span */
        rows[i] = (struct row){i % 2 == 0 ? 1000 - i : 2000 - i, i};
    assert_int_equal(import_rows(f, "a", "test", SERIES_TICKS, rows, 100, 2, false),
                     STATUS_CORRUPT);
    assert_non_null(strstr(f->error.message, "overlap"));
    assert_string_equal(content(f, SERIES_TICKS), "");
}

/* What was left out for another file's sake can come back when that one is gone. */
static void deleting_forgets_the_files_that_overlapped(void **state) {
    struct fixture *f = *state;
    TICKS(f, "a", {1, 10}, {2, 20});
    TICKS(f, "b", {1, 10}, {2, 20});
    struct market_delete_result result;
    assert_int_equal(market_delete(f->market, "X", INT64_MIN, INT64_MAX, &result, &f->error),
                     STATUS_OK);
    assert_int_equal(result.rows, 2);
    assert_int_equal(result.sources, 2);
    assert_string_equal(content(f, SERIES_TICKS), "");
    TICKS(f, "b", {1, 10}, {2, 20});
    assert_false(f->result.already_in);
    assert_string_equal(content(f, SERIES_TICKS), "1:10 2:20");
}

/* ---- random cuts ---- */

#define TRUTH 3000

/* A sequence with many rows of one time, of which no two of one time are equal. */
static void make_truth(struct random_stream *random, struct row *truth) {
    int64_t ts = 0;
    for (int64_t i = 0; i < TRUTH; i++) {
        ts += random_stream_below(random, 3) == 0 ? 0 : (int64_t)random_stream_below(random, 5);
        truth[i] = (struct row){ts, i};
    }
}

static void any_cuts_in_any_order_give_the_whole(void **state) {
    struct fixture *f = *state;
    struct random_stream random;
    random_stream_init(&random, SEED, RANDOM_TEST, 0);
    static struct row truth[TRUTH];
    char *whole = NULL;
    for (int round = 0; round < 20; round++) {
        make_truth(&random, truth);
        enum { CUTS = 12 };
        size_t first[CUTS];
        size_t end[CUTS];
        for (size_t i = 0; i < CUTS; i++) { /* they cover all, and overlap at random */
            first[i] = i * (TRUTH / CUTS);
            end[i] = (i + 1) * (TRUTH / CUTS);
            first[i] -= random_stream_below(&random, first[i] < 400 ? first[i] + 1 : 400);
            end[i] += random_stream_below(&random, TRUTH - end[i] < 400 ? TRUTH - end[i] + 1 : 400);
        }
        for (size_t i = CUTS - 1; i > 0; i--) {
            const size_t k = random_stream_below(&random, i + 1);
            const size_t swap[2] = {first[i], end[i]};
            first[i] = first[k];
            end[i] = end[k];
            first[k] = swap[0];
            end[k] = swap[1];
        }
        for (size_t i = 0; i < CUTS; i++) {
            char name[32];
            (void)snprintf(name, sizeof(name), "%d-%zu", round, i);
            if (import_rows(f, name, "test", SERIES_TICKS, truth + first[i], end[i] - first[i], 97,
                            false) != STATUS_OK)
                fail_msg("%s", f->error.message);
            assert_int_equal(f->result.overlap.conflicts, 0);
        }
        /* two files that both begin in the midst of one time do not tell whose rows come first */
        whole = strdup(answer(f, "SELECT ts_ns, CAST(round(10 * price) AS INTEGER) AS price"
                                 " FROM ticks ORDER BY ts_ns, price"));
        assert_non_null(whole);
        size_t size = 0;
        for (size_t i = 0; i < TRUTH; i++)
            size +=
                (size_t)snprintf(f->text + size, sizeof(f->text) - size, "%s%" PRId64 ":%" PRId64,
                                 i > 0 ? " " : "", truth[i].ts_ns, truth[i].price);
        assert_string_equal(whole, f->text);
        free(whole);
        struct market_delete_result gone;
        assert_int_equal(market_delete(f->market, "X", INT64_MIN, INT64_MAX, &gone, &f->error),
                         STATUS_OK);
    }
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    printf("seed %d\n", SEED);
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(equal_rows_are_taken_once),
        WITH_SCRATCH(missing_rows_are_filled_in),
        WITH_SCRATCH(a_cut_through_one_time_is_healed),
        WITH_SCRATCH(contradictions_are_counted_and_one_side_wins),
        WITH_SCRATCH(two_formats_are_not_mixed),
        WITH_SCRATCH(second_bars_give_way),
        WITH_SCRATCH(a_file_out_of_order_is_put_in_order),
        WITH_SCRATCH(too_much_at_once_is_refused),
        WITH_SCRATCH(deleting_forgets_the_files_that_overlapped),
        WITH_SCRATCH(any_cuts_in_any_order_give_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

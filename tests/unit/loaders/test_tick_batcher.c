/* Goal: rows of a vendor's file reach the sink in order of time, nothing lost but what cannot be
 * right, and the quality report counts what was odd.
 * Method: small hand-made cases by their whole outcome; random disorder against a stable sort,
 * wider than what the batcher holds back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random_stream.h"
#include "loaders/ticks/tick_batcher.h"
#include "tests/unit/base/text_sink.h"

#define S NS_PER_S

struct fixture {
    struct text_sink text;
    struct series_quality quality; /* of the last series that was told */
    size_t told;
    struct tick_batcher *batcher;
    struct tick_stream *stream;
    struct import_report report;
    struct error error;
    uint64_t line;
};

static enum status append(void *context, const struct series_key *key,
                          const struct tick_batch *batch, struct error *reterr) {
    struct fixture *fixture = context;
    const struct tick_sink text = text_sink_port(&fixture->text);
    return text.append(text.context, key, batch, reterr);
}

static enum status take_quality(void *context, const struct series_key *key,
                                const struct series_quality *quality, struct error *reterr) {
    struct fixture *fixture = context;
    (void)key;
    (void)reterr;
    fixture->quality = *quality;
    fixture->told++;
    return STATUS_OK;
}

static void begin(struct fixture *fixture, enum tick_policy policy, const char *series,
                  enum series_kind kind) {
    *fixture = (struct fixture){.line = 1};
    text_sink_begin(&fixture->text);
    const struct tick_sink sink = {fixture, append, take_quality};
    assert_int_equal(tick_batcher_create(&sink, &fixture->batcher, &fixture->error), STATUS_OK);
    tick_batcher_set_policy(fixture->batcher, policy, &fixture->line);
    assert_int_equal(tick_batcher_find(fixture->batcher, "X", 1, series, strlen(series), kind,
                                       &fixture->stream, &fixture->error),
                     STATUS_OK);
}

static enum status tick(struct fixture *fixture, int64_t ts_ns, int64_t price) {
    fixture->line++;
    return tick_batcher_add_tick(fixture->batcher, fixture->stream, ts_ns,
                                 (struct decimal){price, 1}, (struct decimal){1, 0}, TICK_BUY,
                                 &fixture->error);
}

static enum status bar(struct fixture *fixture, int64_t minute, int64_t price, int64_t volume) {
    fixture->line++;
    const struct decimal value[TICK_VALUES_MAX] = {
        {price, 0}, {price + 1, 0}, {price - 1, 0}, {price, 0}, {volume, 0}};
    return tick_batcher_add_bar(fixture->batcher, fixture->stream, minute * 60 * S, value,
                                &fixture->error);
}

static const char *finish(struct fixture *fixture) {
    assert_int_equal(tick_batcher_finish(fixture->batcher, &fixture->report, &fixture->error),
                     STATUS_OK);
    tick_batcher_destroy(fixture->batcher);
    assert_int_equal(fixture->told, 1);
    return text_sink_end(&fixture->text);
}

static void late_ticks_go_where_they_belong(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, TICKS_VENDOR, "trade", SERIES_TICKS);
    assert_int_equal(tick(&f, 2 * S, 20), STATUS_OK);
    assert_int_equal(tick(&f, 5 * S, 50), STATUS_OK);
    assert_int_equal(tick(&f, 2 * S, 21), STATUS_OK); /* after the other of its time */
    assert_int_equal(tick(&f, 1 * S, 10), STATUS_OK);
    assert_int_equal(tick(&f, 5 * S, 50), STATUS_OK);
    assert_string_equal(finish(&f), "X trade 1970-01-01T00:00:01Z 1 1 buy\n"
                                    "X trade 1970-01-01T00:00:02Z 2 1 buy\n"
                                    "X trade 1970-01-01T00:00:02Z 2.1 1 buy\n"
                                    "X trade 1970-01-01T00:00:05Z 5 1 buy\n"
                                    "X trade 1970-01-01T00:00:05Z 5 1 buy\n");
    assert_int_equal(f.quality.rows, 5);
    assert_int_equal(f.quality.out_of_order, 2);
    assert_int_equal(f.quality.late_ns_max, 4 * S);
    assert_int_equal(f.quality.repeats, 1);
    assert_int_equal(f.quality.first_ts_ns, 1 * S);
    assert_int_equal(f.quality.last_ts_ns, 5 * S);
    assert_int_equal(f.quality.jumps, 2); /* 1 to 2, 2.1 to 5 */
    assert_int_equal(f.quality.jump_ts_ns, 2 * S);
    assert_int_equal(f.quality.gap_ns_max, 3 * S);
    assert_int_equal(f.quality.gap_ts_ns, 2 * S);
    assert_int_equal(f.report.first_ts_ns, 1 * S);
    assert_int_equal(f.report.rows, 5);
    text_sink_free(&f.text);

    begin(&f, TICKS_STRICT, "trade", SERIES_TICKS);
    assert_int_equal(tick(&f, 2 * S, 20), STATUS_OK);
    assert_int_equal(tick(&f, 1 * S, 20), STATUS_CORRUPT);
    assert_non_null(strstr(f.error.message, "time runs backwards"));
    tick_batcher_destroy(f.batcher);
    (void)text_sink_end(&f.text);
    text_sink_free(&f.text);
}

static void odd_ticks_are_dropped_and_counted(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, TICKS_VENDOR, "trade", SERIES_TICKS);
    assert_int_equal(tick(&f, 1 * S, 10), STATUS_OK);
    assert_int_equal(tick(&f, 2 * S, 0), STATUS_OK); /* line 3 */
    assert_int_equal(tick(&f, 3 * S, -10), STATUS_OK);
    assert_string_equal(finish(&f), "X trade 1970-01-01T00:00:01Z 1 1 buy\n");
    assert_int_equal(f.quality.odd, 2);
    assert_int_equal(f.quality.odd_line, 3);
    assert_int_equal(f.quality.rows, 1);
    text_sink_free(&f.text);

    begin(&f, TICKS_STRICT, "trade", SERIES_TICKS);
    assert_int_equal(tick(&f, 2 * S, 0), STATUS_CORRUPT);
    tick_batcher_destroy(f.batcher);
    (void)text_sink_end(&f.text);
    text_sink_free(&f.text);
}

static void second_bars_are_dropped(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, TICKS_VENDOR, "bar", SERIES_BARS);
    assert_int_equal(bar(&f, 1, 100, 5), STATUS_OK);
    assert_int_equal(bar(&f, 2, 100, 5), STATUS_OK);
    assert_int_equal(bar(&f, 2, 100, 5), STATUS_OK); /* equal: line 4 */
    assert_int_equal(bar(&f, 5, 100, 0), STATUS_OK);
    assert_int_equal(bar(&f, 2, 101, 5), STATUS_OK); /* another one */
    assert_string_equal(finish(&f), "X bar/60s 1970-01-01T00:01:00Z 100 101 99 100 5\n"
                                    "X bar/60s 1970-01-01T00:02:00Z 100 101 99 100 5\n"
                                    "X bar/60s 1970-01-01T00:05:00Z 100 101 99 100 0\n");
    assert_int_equal(f.quality.duplicates, 1);
    assert_int_equal(f.quality.conflicts, 1);
    assert_int_equal(f.quality.odd_line, 4);
    assert_int_equal(f.quality.out_of_order, 1);
    assert_int_equal(f.quality.gaps, 1);
    assert_int_equal(f.quality.bars_missing, 2);
    assert_int_equal(f.quality.bars_empty, 1);
    assert_int_equal(f.quality.spacing_ns, 60 * S);
    text_sink_free(&f.text);
}

static void a_few_bars_off_the_grid_are_dropped_many_are_refused(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, TICKS_VENDOR, "bar", SERIES_BARS);
    const struct decimal value[TICK_VALUES_MAX] = {{1, 0}, {1, 0}, {1, 0}, {1, 0}, {1, 0}};
    for (int64_t i = 0; i < 30; i++)
        assert_int_equal(bar(&f, i, 100, 5), STATUS_OK);
    assert_int_equal(
        tick_batcher_add_bar(f.batcher, f.stream, 29 * 60 * S + 7 * S, value, &f.error), STATUS_OK);
    assert_int_equal(bar(&f, 30, 100, 5), STATUS_OK);
    (void)finish(&f);
    assert_int_equal(f.quality.rows, 31);
    assert_int_equal(f.quality.odd, 1);
    assert_int_equal(f.quality.spacing_ns, 60 * S);
    text_sink_free(&f.text);

    begin(&f, TICKS_VENDOR, "bar", SERIES_BARS);
    for (int64_t i = 0; i < 30; i++)
        assert_int_equal(
            tick_batcher_add_bar(f.batcher, f.stream, i * i * 60 * S + i * S, value, &f.error),
            STATUS_OK);
    assert_int_equal(tick_batcher_finish(f.batcher, &f.report, &f.error), STATUS_CORRUPT);
    tick_batcher_destroy(f.batcher);
    (void)text_sink_end(&f.text);
    text_sink_free(&f.text);
}

static void what_loaders_note_is_counted(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, TICKS_VENDOR, "liquidation", SERIES_TICKS);
    tick_batcher_note_id(f.stream, 7, 9);
    tick_batcher_note_id(f.stream, 10, 10);
    tick_batcher_note_id(f.stream, 14, 15); /* 11, 12, 13 are missing */
    tick_batcher_note_id(f.stream, 15, 15); /* again */
    tick_batcher_note_id(f.stream, 16, 16);
    tick_batcher_note_quote(f.stream, (struct decimal){15, 1}, (struct decimal){150, 2});
    tick_batcher_note_quote(f.stream, (struct decimal){15, 1}, (struct decimal){151, 2});
    tick_batcher_note_unit(f.batcher, TIME_MS);
    tick_batcher_note_unit(f.batcher, TIME_MS);
    tick_batcher_note_unit(f.batcher, TIME_US);
    assert_int_equal(tick(&f, 1 * S, 10), STATUS_OK);
    assert_int_equal(tick(&f, 2 * S, 10), STATUS_OK);
    assert_int_equal(tick(&f, 2 * S + 5, 10), STATUS_OK);
    assert_int_equal(tick(&f, 4 * S, 10), STATUS_OK);
    (void)finish(&f);
    assert_int_equal(f.quality.id_gaps, 1);
    assert_int_equal(f.quality.ids_missing, 3);
    assert_int_equal(f.quality.ids_repeated, 1);
    assert_int_equal(f.quality.crossed, 1);
    assert_int_equal(f.quality.seconds_single, 2);
    assert_int_equal(f.quality.seconds_several, 1);
    assert_int_equal(f.report.unit_switches, 1);
    text_sink_free(&f.text);
}

/* A feed with a beat of 8 hours that leaves one out; and one without a beat and a long silence. */
static void gaps_are_held_against_the_median(void **state) {
    (void)state;
    struct fixture f;
    begin(&f, TICKS_VENDOR, "mark", SERIES_TICKS);
    for (int64_t i = 0; i < 40; i++)
        assert_int_equal(tick(&f, (i + (i >= 20)) * 8 * 3600 * S, 10), STATUS_OK);
    (void)finish(&f);
    assert_int_equal(f.quality.spacing_ns, 8 * 3600 * S);
    assert_int_equal(f.quality.gap_bound_ns, 12 * 3600 * S);
    assert_int_equal(f.quality.gaps, 1);
    assert_int_equal(f.quality.gap_ns_max, 16 * 3600 * S);
    assert_int_equal(f.quality.gap_ts_ns, 19 * 8 * 3600 * S);
    text_sink_free(&f.text);

    begin(&f, TICKS_VENDOR, "trade", SERIES_TICKS);
    int64_t ts = 0;
    for (int64_t i = 0; i < 100; i++) {
        ts += i == 50 ? 500 * S : (1 + i % 7) * S;
        assert_int_equal(tick(&f, ts, 10), STATUS_OK);
    }
    (void)finish(&f);
    assert_int_equal(f.quality.spacing_ns, 3758096384); /* floor of the class of 4 s */
    assert_int_equal(f.quality.gaps, 1);
    assert_int_equal(f.quality.gap_ns_max, 500 * S);
    text_sink_free(&f.text);
}

/* ---- random disorder ---- */

#define ROWS 200000

struct row {
    int64_t ts_ns;
    int64_t price;
};

struct taken {
    struct row *rows;
    size_t count;
    size_t batches_back; /* that begin before where the last ended */
};

static enum status take_rows(void *context, const struct series_key *key,
                             const struct tick_batch *batch, struct error *reterr) {
    struct taken *taken = context;
    (void)key;
    (void)reterr;
    if (taken->count > 0 && batch->ts_ns[0] < taken->rows[taken->count - 1].ts_ns)
        taken->batches_back++;
    for (size_t i = 0; i < batch->count; i++) {
        assert_true(i == 0 || batch->ts_ns[i] >= batch->ts_ns[i - 1]);
        assert_true(taken->count < ROWS);
        taken->rows[taken->count++] = (struct row){batch->ts_ns[i], batch->value[0][i]};
    }
    return STATUS_OK;
}

static int by_time_and_sequence(const void *left, const void *right) {
    const struct row *a = left;
    const struct row *b = right;
    if (a->ts_ns != b->ts_ns)
        return a->ts_ns < b->ts_ns ? -1 : 1;
    return (a->price > b->price) - (a->price < b->price);
}

/* Rows (price: their number) up to `late` behind; what comes out must be the stable sort. */
static size_t disorder(int64_t late, struct random_stream *random) {
    struct row *rows = calloc(ROWS, sizeof(*rows));
    struct taken taken = {.rows = calloc(ROWS, sizeof(*rows))};
    assert_non_null(rows);
    assert_non_null(taken.rows);
    const struct tick_sink sink = {.context = &taken, .append = take_rows};
    struct tick_batcher *batcher = NULL;
    struct tick_stream *stream = NULL;
    struct import_report report = {0};
    assert_int_equal(tick_batcher_create(&sink, &batcher, NULL), STATUS_OK);
    tick_batcher_set_policy(batcher, TICKS_VENDOR, NULL);
    assert_int_equal(tick_batcher_find(batcher, "X", 1, "trade", 5, SERIES_TICKS, &stream, NULL),
                     STATUS_OK);
    for (int64_t i = 0; i < ROWS; i++) {
        const int64_t back = (int64_t)(random_stream_next(random) % (uint64_t)(late + 1));
        rows[i] = (struct row){(i - back) / 2, i + 1};
        assert_int_equal(tick_batcher_add_tick(batcher, stream, rows[i].ts_ns,
                                               (struct decimal){rows[i].price, 0},
                                               (struct decimal){1, 0}, 0, NULL),
                         STATUS_OK);
    }
    assert_int_equal(tick_batcher_finish(batcher, &report, NULL), STATUS_OK);
    tick_batcher_destroy(batcher);
    assert_int_equal(taken.count, ROWS);
    qsort(rows, ROWS, sizeof(*rows), by_time_and_sequence);
    if (taken.batches_back > 0) /* the store merges those: here only that none is lost */
        qsort(taken.rows, ROWS, sizeof(*rows), by_time_and_sequence);
    assert_memory_equal(rows, taken.rows, ROWS * sizeof(*rows));
    free(rows);
    free(taken.rows);
    return taken.batches_back;
}

static void random_disorder_is_a_stable_sort(void **state) {
    (void)state;
    printf("seed 7\n");
    struct random_stream random;
    random_stream_init(&random, 7, RANDOM_BENCH, 0);
    assert_int_equal(disorder(0, &random), 0);
    assert_int_equal(disorder(10, &random), 0);
    assert_int_equal(disorder(2000, &random), 0);
    assert_true(disorder(50000, &random) > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_ticks_go_where_they_belong),
        cmocka_unit_test(odd_ticks_are_dropped_and_counted),
        cmocka_unit_test(second_bars_are_dropped),
        cmocka_unit_test(a_few_bars_off_the_grid_are_dropped_many_are_refused),
        cmocka_unit_test(what_loaders_note_is_counted),
        cmocka_unit_test(gaps_are_held_against_the_median),
        cmocka_unit_test(random_disorder_is_a_stable_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

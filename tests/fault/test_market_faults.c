/* Goal: whatever read or write fails, an import or delete leaves the market file as before or as
 * after, says what went wrong, and can be done again.
 * Method: SQLite's file layer fails its 1st, 2nd, 3rd ... call, once or from then on, until an
 * import meets no fault. After each the file is verified and the import repeated. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/market/market_catalog.h"
#include "store/market/market_delete.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"
#include "store/market/market_source.h"
#include "store/market/market_verify.h"
#include "tests/fault/failing_vfs.h"

#define ROWS 70000u
#define STEPS_MAX 20000

struct fixture {
    struct failing_vfs_plan plan;
    char folder[64];
    char path[96];
    int64_t ts_ns[ROWS];
    int64_t value[2][ROWS];
    uint8_t flags[ROWS];
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    assert_int_equal(failing_vfs_install(&fixture->plan), SQLITE_OK);
    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/crossfall-fault-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/market.db", fixture->folder);
    uint64_t noise = 1;
    for (size_t i = 0; i < ROWS; i++) {
        noise = noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        fixture->ts_ns[i] = (int64_t)i * 1000000;
        fixture->value[0][i] = (int64_t)(noise >> 50);
        fixture->value[1][i] = (int64_t)(noise >> 20 & 0xffffffff);
        fixture->flags[i] = TICK_BUY;
    }
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    (void)unlink(fixture->path);
    assert_int_equal(rmdir(fixture->folder), 0); /* no journal is left */
    return 0;                                    /* SQLite keeps the plan */
}

static enum status import_rows(struct fixture *fixture, const char *symbol, size_t count,
                               struct error *reterr) {
    struct market_file *market = NULL;
    enum status status = market_file_open(fixture->path, MARKET_WRITE, &market, reterr);
    if (status != STATUS_OK)
        return status;
    struct market_import *import = NULL;
    struct market_import_result result;
    status = market_import_begin(market, &import, reterr);
    if (status == STATUS_OK) {
        const struct series_key key = {symbol, "trade", SERIES_TICKS, 0};
        const struct tick_sink sink = market_import_sink(import);
        const struct tick_batch batch = {.count = count,
                                         .ts_ns = fixture->ts_ns,
                                         .value = {fixture->value[0], fixture->value[1]},
                                         .flags = fixture->flags};
        status = sink.append(sink.context, &key, &batch, reterr);
    }
    const struct market_source_info source = {
        .name = symbol, .sha256 = symbol, .format = "test", .bytes = count};
    if (status == STATUS_OK)
        status = market_import_commit(import, &source, &result, reterr);
    market_import_destroy(import);
    market_file_close(market);
    return status;
}

static enum status delete_rows(struct fixture *fixture, const char *symbol, struct error *reterr) {
    struct market_file *market = NULL;
    enum status status = market_file_open(fixture->path, MARKET_WRITE, &market, reterr);
    if (status != STATUS_OK)
        return status;
    struct market_delete_result result;
    status =
        market_delete(market, symbol, INT64_C(1000000000), INT64_C(50000000000), &result, reterr);
    market_file_close(market);
    return status;
}

static uint64_t verified_rows(struct fixture *fixture) {
    struct market_file *market = NULL;
    struct market_verify_report report = {0};
    struct error error = {0};
    if (market_file_open(fixture->path, MARKET_READ, &market, &error) != STATUS_OK ||
        market_verify(market, NULL, NULL, &report, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    market_file_close(market);
    return report.rows;
}

static void arm(struct fixture *fixture, enum failing_calls calls, int64_t step, bool lasting,
                int result) {
    fixture->plan = (struct failing_vfs_plan){calls, step, lasting, result, false};
}

/* Every write, once and lasting, as an error and as a full disk. */
static void failed_writes_leave_before_or_after(void **state) {
    struct fixture *fixture = *state;
    struct error error;
    for (int mode = 0; mode < 4; mode++) {
        (void)unlink(fixture->path);
        assert_int_equal(import_rows(fixture, "KEPT", 3000, &error), STATUS_OK);
        const bool lasting = mode % 2 != 0;
        const int result = mode < 2 ? SQLITE_IOERR_WRITE : SQLITE_FULL;
        bool hit = true;
        for (int64_t step = 1; hit; step++) {
            assert_true(step < STEPS_MAX);
            arm(fixture, FAILING_CHANGES, step, lasting, result);
            const enum status status = import_rows(fixture, "NEW", ROWS, &error);
            hit = fixture->plan.hit;
            arm(fixture, FAILING_CHANGES, 0, false, 0);
            if (status != STATUS_OK) {
                assert_true(status == STATUS_IO || status == STATUS_FULL);
                assert_non_null(strstr(error.message, fixture->path));
            }
            const uint64_t rows = verified_rows(fixture);
            assert_true(rows == 3000 || rows == 3000 + ROWS);
            assert_true(status != STATUS_OK || rows == 3000 + ROWS);
            if (rows == 3000 + ROWS && hit) { /* came through in spite of it: back to before */
                struct market_file *market = NULL;
                struct market_delete_result deleted;
                assert_int_equal(market_file_open(fixture->path, MARKET_WRITE, &market, &error),
                                 STATUS_OK);
                assert_int_equal(
                    market_delete(market, "NEW", INT64_MIN, INT64_MAX, &deleted, &error),
                    STATUS_OK);
                market_file_close(market);
            }
        }
        assert_int_equal(verified_rows(fixture), 3000 + ROWS);
    }
}

static void failed_delete_leaves_before_or_after(void **state) {
    struct fixture *fixture = *state;
    struct error error;
    (void)unlink(fixture->path);
    assert_int_equal(import_rows(fixture, "KEPT", 3000, &error), STATUS_OK);
    assert_int_equal(import_rows(fixture, "CUT", ROWS, &error), STATUS_OK);
    const uint64_t after = 3000 + 1000 + ROWS - 50000;
    bool hit = true;
    for (int64_t step = 1; hit; step++) {
        assert_true(step < STEPS_MAX);
        arm(fixture, FAILING_CHANGES, step, true, SQLITE_IOERR_WRITE);
        const enum status status = delete_rows(fixture, "CUT", &error);
        hit = fixture->plan.hit;
        arm(fixture, FAILING_CHANGES, 0, false, 0);
        const uint64_t rows = verified_rows(fixture);
        assert_true(rows == 3000 + ROWS || rows == after);
        if (status == STATUS_OK || rows == after)
            break; /* done, with or without a fault after it */
    }
    assert_int_equal(verified_rows(fixture), after);
}

/* A read that fails is an error that names the file, never fewer rows. */
static void failed_reads_are_told(void **state) {
    struct fixture *fixture = *state;
    struct error error;
    (void)unlink(fixture->path);
    assert_int_equal(import_rows(fixture, "KEPT", ROWS, &error), STATUS_OK);
    bool hit = true;
    for (int64_t step = 1; hit; step++) {
        assert_true(step < STEPS_MAX);
        arm(fixture, FAILING_READS, step, false, SQLITE_IOERR_READ);
        struct market_file *market = NULL;
        struct market_series_list list = {0};
        struct market_source *source = NULL;
        uint64_t rows = 0;
        enum status status = market_file_open(fixture->path, MARKET_READ, &market, &error);
        if (status == STATUS_OK)
            status = market_list_series(market, NULL, &list, &error);
        if (status == STATUS_OK)
            status =
                market_source_create(market, &list.rows[0], INT64_MIN, INT64_MAX, &source, &error);
        const struct tick_source port = market_source_port(source);
        struct tick_batch batch;
        while (status == STATUS_OK) {
            status = port.next(port.context, &batch, &error);
            rows += status == STATUS_OK ? batch.count : 0;
        }
        market_source_destroy(source);
        market_series_list_finish(&list);
        market_file_close(market);
        hit = fixture->plan.hit;
        arm(fixture, FAILING_READS, 0, false, 0);
        if (status == STATUS_END)
            assert_int_equal(rows, ROWS);
        else
            assert_non_null(strstr(error.message, fixture->path));
        assert_true(hit || status == STATUS_END);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_writes_leave_before_or_after),
        cmocka_unit_test(failed_delete_leaves_before_or_after),
        cmocka_unit_test(failed_reads_are_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

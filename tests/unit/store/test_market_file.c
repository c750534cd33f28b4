/* Goal: what goes into a market file comes out of it, in order and in any span; what may not go in
 * changes nothing; damage is found. Method: small files in a scratch folder, each compared row by
 * row with the arrays that were imported. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib.h>
#include <sqlite3.h>

#include "base/random_stream.h"
#include "store/market/market_catalog.h"
#include "store/market/market_delete.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"
#include "store/market/market_query.h"
#include "store/market/market_source.h"
#include "store/market/market_verify.h"

#define SEED 19
#define ROWS_MAX 200000
#define T0 INT64_C(1621382400000000000)

static const struct series_key btc = {"BTCUSDT", "trade", SERIES_TICKS, 0};
static const struct series_key bars = {"ETHUSDT", "bar", SERIES_BARS, INT64_C(60000000000)};

struct fixture {
    char folder[64];
    char path[96];
    struct error error;
    int64_t ts_ns[ROWS_MAX];
    int64_t value[TICK_VALUES_MAX][ROWS_MAX];
    uint8_t flags[ROWS_MAX];
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    (void)snprintf(fixture->folder, sizeof(fixture->folder), "/tmp/crossfall-market-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof(fixture->path), "%s/market.db", fixture->folder);
    struct random_stream random;
    random_stream_init(&random, SEED, RANDOM_TEST, 0);
    int64_t ts_ns = T0;
    for (size_t i = 0; i < ROWS_MAX; i++) {
        fixture->ts_ns[i] = ts_ns;
        ts_ns += 1000000 * (int64_t)random_stream_below(&random, 4); /* many share their time */
        for (size_t j = 0; j < TICK_VALUES_MAX; j++)
            fixture->value[j][i] = 4000000 + (int64_t)random_stream_below(&random, 1000);
        fixture->flags[i] = (uint8_t)(1 + random_stream_below(&random, 2));
    }
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    char journal[128];
    (void)snprintf(journal, sizeof(journal), "%s-journal", fixture->path);
    (void)unlink(fixture->path);
    (void)unlink(journal);
    assert_int_equal(rmdir(fixture->folder), 0); /* nothing else was left behind */
    free(fixture);
    return 0;
}

static struct tick_batch rows_of(const struct fixture *fixture, size_t first, size_t count) {
    struct tick_batch batch = {
        .count = count,
        .ts_ns = fixture->ts_ns + first,
        .flags = fixture->flags + first,
        .price_decimals = 2,
        .quantity_decimals = 3,
    };
    for (size_t i = 0; i < TICK_VALUES_MAX; i++)
        batch.value[i] = fixture->value[i] + first;
    return batch;
}

static struct market_file *open_market(struct fixture *fixture, enum market_mode mode) {
    struct market_file *market = NULL;
    if (market_file_open(fixture->path, mode, &market, &fixture->error) != STATUS_OK)
        fail_msg("%s", fixture->error.message);
    return market;
}

/* Imports rows first..first+count of the fixture as a source called `hash`, in batches of odd
 * sizes. */
static enum status import_rows(struct fixture *fixture, const struct series_key *key,
                               const char *hash, size_t first, size_t count,
                               struct market_import_result *ret_result) {
    struct market_file *market = open_market(fixture, MARKET_WRITE);
    struct market_import *import = NULL;
    assert_int_equal(market_import_begin(market, &import, &fixture->error), STATUS_OK);
    const struct tick_sink sink = market_import_sink(import);
    enum status status = STATUS_OK;
    for (size_t at = 0; status == STATUS_OK && at < count; at += 777) {
        const size_t rows = count - at < 777 ? count - at : 777;
        const struct tick_batch batch = rows_of(fixture, first + at, rows);
        status = sink.append(sink.context, key, &batch, &fixture->error);
    }
    const struct market_source_info source = {
        .name = hash, .sha256 = hash, .format = "test", .bytes = 100};
    if (status == STATUS_OK)
        status = market_import_commit(import, &source, ret_result, &fixture->error);
    market_import_destroy(import);
    market_file_close(market);
    return status;
}

static void must_import(struct fixture *fixture, const struct series_key *key, const char *hash,
                        size_t first, size_t count) {
    struct market_import_result result;
    if (import_rows(fixture, key, hash, first, count, &result) != STATUS_OK)
        fail_msg("%s", fixture->error.message);
    assert_false(result.already_in);
    assert_int_equal(result.rows, count);
}

/* The whole file as bytes, to see whether anything changed. */
static GBytes *contents(const struct fixture *fixture) {
    char *bytes = NULL;
    gsize size = 0;
    assert_true(g_file_get_contents(fixture->path, &bytes, &size, NULL));
    return g_bytes_new_take(bytes, size);
}

static void assert_unchanged(const struct fixture *fixture, GBytes *before) {
    GBytes *after = contents(fixture);
    assert_true(g_bytes_equal(before, after));
    g_bytes_unref(after);
    g_bytes_unref(before);
}

/* Reads series `index` in [from, to) and compares it with rows first..first+count. */
static void assert_rows(struct fixture *fixture, size_t index, int64_t from_ns, int64_t to_ns,
                        size_t first, size_t count) {
    struct market_file *market = open_market(fixture, MARKET_READ);
    struct market_series_list list = {0};
    assert_int_equal(market_list_series(market, NULL, &list, &fixture->error), STATUS_OK);
    assert_true(index < list.count);
    struct market_source *source = NULL;
    assert_int_equal(
        market_source_create(market, &list.rows[index], from_ns, to_ns, &source, &fixture->error),
        STATUS_OK);
    const struct tick_source port = market_source_port(source);
    const size_t values = list.rows[index].kind == SERIES_BARS ? 5 : 2;
    size_t at = first;
    struct tick_batch batch;
    enum status status;
    while ((status = port.next(port.context, &batch, &fixture->error)) == STATUS_OK) {
        assert_true(batch.count > 0 && at + batch.count <= first + count);
        assert_int_equal(batch.price_decimals, 2);
        assert_int_equal(batch.quantity_decimals, 3);
        assert_memory_equal(batch.ts_ns, fixture->ts_ns + at, batch.count * sizeof(int64_t));
        for (size_t i = 0; i < values; i++)
            assert_memory_equal(batch.value[i], fixture->value[i] + at,
                                batch.count * sizeof(int64_t));
        if (values == 2)
            assert_memory_equal(batch.flags, fixture->flags + at, batch.count);
        at += batch.count;
    }
    if (status != STATUS_END)
        fail_msg("%s", fixture->error.message);
    assert_int_equal(at, first + count);
    market_source_destroy(source);
    market_series_list_finish(&list);
    market_file_close(market);
}

static enum status verify(struct fixture *fixture, struct market_verify_report *ret_report) {
    struct market_file *market = open_market(fixture, MARKET_READ);
    const enum status status = market_verify(market, NULL, NULL, ret_report, &fixture->error);
    market_file_close(market);
    return status;
}

static size_t first_at(const struct fixture *fixture, int64_t ts_ns) {
    size_t i = 0;
    while (i < ROWS_MAX && fixture->ts_ns[i] < ts_ns)
        i++;
    return i;
}

static void rows_come_out_in_any_span(void **state) {
    struct fixture *fixture = *state;
    must_import(fixture, &btc, "a", 0, ROWS_MAX);
    must_import(fixture, &bars, "b", 0, 1000);
    assert_rows(fixture, 0, INT64_MIN, INT64_MAX, 0, ROWS_MAX);
    assert_rows(fixture, 1, INT64_MIN, INT64_MAX, 0, 1000);
    struct random_stream random;
    random_stream_init(&random, SEED, RANDOM_TEST, 1);
    for (int round = 0; round < 30; round++) {
        const int64_t from = fixture->ts_ns[random_stream_below(&random, ROWS_MAX)];
        const int64_t to = from + random_stream_between(&random, 0, INT64_C(200000000000));
        const size_t first = first_at(fixture, from);
        assert_rows(fixture, 0, from, to, first, first_at(fixture, to) - first);
    }
    struct market_verify_report report;
    assert_int_equal(verify(fixture, &report), STATUS_OK);
    assert_int_equal(report.rows, ROWS_MAX + 1000);
    assert_int_equal(report.sources, 2);
}

static void same_file_twice_changes_nothing(void **state) {
    struct fixture *fixture = *state;
    must_import(fixture, &btc, "a", 0, 5000);
    GBytes *before = contents(fixture);
    struct market_import_result result = {0};
    assert_int_equal(import_rows(fixture, &btc, "a", 0, 5000, &result), STATUS_OK);
    assert_true(result.already_in);
    assert_unchanged(fixture, before);
}

static void time_backwards_is_refused(void **state) {
    struct fixture *fixture = *state;
    struct market_import_result result;
    must_import(fixture, &btc, "a", 0, 10);
    GBytes *before = contents(fixture);
    const int64_t kept = fixture->ts_ns[1500];
    fixture->ts_ns[1500] = fixture->ts_ns[1400] - 1;
    assert_int_equal(import_rows(fixture, &btc, "b", 1000, 1000, &result), STATUS_CORRUPT);
    assert_non_null(strstr(fixture->error.message, "BTCUSDT trade: time runs backwards"));
    fixture->ts_ns[1500] = kept;
    assert_unchanged(fixture, before);
}

/* Batches at different decimals of one series: each value exact, the block at the finest needed. */
static void decimals_widen(void **state) {
    struct fixture *fixture = *state;
    struct market_file *market = open_market(fixture, MARKET_WRITE);
    struct market_import *import = NULL;
    assert_int_equal(market_import_begin(market, &import, NULL), STATUS_OK);
    const struct tick_sink sink = market_import_sink(import);
    static const int64_t ts_ns[1] = {T0};
    static const int64_t price[4][1] = {{40000}, {4000050}, {INT64_MAX}, {7}};
    static const int64_t quantity[1] = {10};
    static const uint8_t flags[1] = {TICK_BUY};
    static const int32_t decimals[4] = {0, 2, 0, 18};
    for (int i = 0; i < 4; i++) {
        const struct tick_batch batch = {1,     ts_ns,       {price[i], quantity},
                                         flags, decimals[i], 3 - i % 2};
        assert_int_equal(sink.append(sink.context, &btc, &batch, NULL), STATUS_OK);
    }
    const struct market_source_info source = {
        .name = "a", .sha256 = "a", .format = "test", .bytes = 1};
    struct market_import_result result;
    assert_int_equal(market_import_commit(import, &source, &result, NULL), STATUS_OK);
    assert_int_equal(result.blocks, 3); /* INT64_MAX fits with no other decimals */
    market_import_destroy(import);
    struct market_query *query = NULL;
    assert_int_equal(market_query_begin(market, "SELECT price, quantity FROM ticks", &query, NULL),
                     STATUS_OK);
    static const double prices[4] = {40000, 40000.5, 9223372036854775807.0, 7e-18};
    static const double quantities[4] = {0.01, 0.1, 0.01, 0.1};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(market_query_next(query, NULL), STATUS_OK);
        assert_true(market_query_cell(query, 0).real == prices[i]);
        assert_true(market_query_cell(query, 1).real == quantities[i]);
    }
    assert_int_equal(market_query_next(query, NULL), STATUS_END);
    market_query_end(query);
    market_file_close(market);
}

/* Many series, row by row: found again each time, whatever order they come in. */
static void series_may_alternate(void **state) {
    struct fixture *fixture = *state;
    enum { SERIES = 300, ROUNDS = 20 };
    struct market_file *market = open_market(fixture, MARKET_WRITE);
    struct market_import *import = NULL;
    assert_int_equal(market_import_begin(market, &import, NULL), STATUS_OK);
    const struct tick_sink sink = market_import_sink(import);
    for (size_t round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SERIES; i++) {
            char symbol[32];
            (void)snprintf(symbol, sizeof(symbol), "C%dUSDT", i * 7 % SERIES);
            const struct series_key key = {symbol, i % 2 == 0 ? "trade" : "mark", SERIES_TICKS, 0};
            const struct tick_batch batch = rows_of(fixture, round, 1);
            assert_int_equal(sink.append(sink.context, &key, &batch, NULL), STATUS_OK);
        }
    }
    const struct series_key nameless = {"", "trade", SERIES_TICKS, 0};
    const struct market_source_info source = {
        .name = "a", .sha256 = "a", .format = "test", .bytes = 1};
    struct market_import_result result;
    assert_int_equal(market_import_commit(import, &source, &result, NULL), STATUS_OK);
    assert_int_equal(result.rows, SERIES * ROUNDS);
    assert_int_equal(result.series, SERIES);
    market_import_destroy(import);
    assert_int_equal(market_import_begin(market, &import, NULL), STATUS_OK);
    const struct tick_sink other = market_import_sink(import);
    const struct tick_batch batch = rows_of(fixture, 0, 1);
    assert_int_equal(other.append(other.context, &nameless, &batch, NULL), STATUS_CORRUPT);
    market_import_destroy(import);
    market_file_close(market);
    struct market_verify_report report;
    assert_int_equal(verify(fixture, &report), STATUS_OK);
    assert_int_equal(report.rows, SERIES * ROUNDS);
}

static void delete_takes_out_a_span(void **state) {
    struct fixture *fixture = *state;
    must_import(fixture, &btc, "a", 0, ROWS_MAX);
    must_import(fixture, &bars, "b", 0, 100);
    const int64_t from = fixture->ts_ns[30000];
    const int64_t to = fixture->ts_ns[150000];
    const size_t first = first_at(fixture, from);
    const size_t end = first_at(fixture, to);
    struct market_file *market = open_market(fixture, MARKET_WRITE);
    struct market_delete_result result;
    assert_int_equal(market_delete(market, "BTCUSDT", from, to, &result, &fixture->error),
                     STATUS_OK);
    assert_int_equal(result.rows, end - first);
    assert_int_equal(result.sources, 0);
    assert_int_equal(market_delete(market, "NONE", from, to, &result, &fixture->error),
                     STATUS_USAGE);
    market_file_close(market);
    assert_rows(fixture, 0, INT64_MIN, to, 0, first);
    assert_rows(fixture, 0, from, INT64_MAX, end, ROWS_MAX - end);
    assert_rows(fixture, 1, INT64_MIN, INT64_MAX, 0, 100);
    struct market_verify_report report;
    assert_int_equal(verify(fixture, &report), STATUS_OK);

    market = open_market(fixture, MARKET_WRITE);
    assert_int_equal(market_delete(market, "BTCUSDT", INT64_MIN, INT64_MAX, &result, NULL),
                     STATUS_OK);
    assert_int_equal(result.sources, 1);
    market_file_close(market);
    must_import(fixture, &btc, "a", 0, 1000); /* forgotten, so it may come again */
    assert_int_equal(verify(fixture, &report), STATUS_OK);
    assert_int_equal(report.rows, 1100);
}

/* Flips a bit `offset` bytes into the payload of the first block that lies in the file. */
static void damage_payload(const struct fixture *fixture, size_t offset) {
    char *bytes = NULL;
    gsize size = 0;
    assert_true(g_file_get_contents(fixture->path, &bytes, &size, NULL));
    char *block = memmem(bytes, size, "CTB1", 4);
    assert_non_null(block);
    block[offset] = (char)(block[offset] ^ 4);
    FILE *file = fopen(fixture->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    g_free(bytes);
}

static void flipped_bit_is_found(void **state) {
    struct fixture *fixture = *state;
    must_import(fixture, &btc, "a", 0, 5000);
    must_import(fixture, &bars, "b", 0, 5000);
    damage_payload(fixture, 1000);
    struct market_verify_report report;
    assert_int_equal(verify(fixture, &report), STATUS_CORRUPT);
    assert_int_equal(report.problems, 1);
    assert_non_null(strstr(fixture->error.message, fixture->path));
    assert_non_null(strstr(fixture->error.message, "block 1 of BTCUSDT trade"));
    assert_rows(fixture, 1, INT64_MIN, INT64_MAX, 0, 5000); /* the other is still good */

    struct market_file *market = open_market(fixture, MARKET_READ);
    struct market_query *query = NULL;
    assert_int_equal(market_query_begin(market, "SELECT count(*) FROM ticks", &query, NULL),
                     STATUS_OK);
    assert_int_equal(market_query_next(query, &fixture->error), STATUS_CORRUPT);
    market_query_end(query);
    market_file_close(market);

    market = open_market(fixture, MARKET_WRITE); /* and a damaged block can be deleted */
    struct market_delete_result result;
    assert_int_equal(market_delete(market, "BTCUSDT", INT64_MIN, INT64_MAX, &result, NULL),
                     STATUS_OK);
    market_file_close(market);
    assert_int_equal(verify(fixture, &report), STATUS_OK);
}

/* A block moved to another series, or a source whose count is wrong, is found by verify alone. */
static void tampering_is_found(void **state) {
    static const char *const changes[] = {
        "UPDATE block SET series_id = 2 WHERE id = 1",
        "UPDATE block SET first_ts_ns = first_ts_ns - 1 WHERE id = 1",
        "UPDATE block SET row_count = row_count + 1 WHERE id = 1",
        "UPDATE source SET row_count = row_count - 1 WHERE id = 2",
        "DELETE FROM block WHERE id = 1",
        "UPDATE block SET payload = zeroblob(0) WHERE id = 1",
        "UPDATE block SET payload = (SELECT payload FROM block WHERE id = 2) WHERE id = 1",
    };
    struct fixture *fixture = *state;
    struct market_verify_report report;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        (void)unlink(fixture->path);
        must_import(fixture, &btc, "a", 0, 100);
        must_import(fixture, &bars, "b", 100, 100);
        assert_int_equal(verify(fixture, &report), STATUS_OK);
        sqlite3 *database = NULL;
        assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
        assert_int_equal(sqlite3_exec(database, changes[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_close(database), SQLITE_OK);
        if (verify(fixture, &report) != STATUS_CORRUPT)
            fail_msg("not found: %s", changes[i]);
    }
}

static void expect_open(struct fixture *fixture, enum market_mode mode, enum status expected) {
    struct market_file *market = NULL;
    const enum status status = market_file_open(fixture->path, mode, &market, &fixture->error);
    assert_int_equal(status, expected);
    if (expected != STATUS_OK)
        assert_non_null(strstr(fixture->error.message, fixture->path));
    market_file_close(market);
}

static void write_database(const struct fixture *fixture, const char *sql) {
    (void)unlink(fixture->path);
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(fixture->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(database), SQLITE_OK);
}

static void foreign_files_are_refused(void **state) {
    static const char *const foreign[] = {
        "CREATE TABLE t(x)",
        "PRAGMA application_id = 77",
        "PRAGMA application_id = 0x43464d4b; PRAGMA user_version = 99; CREATE TABLE block(x)",
    };
    struct fixture *fixture = *state;
    expect_open(fixture, MARKET_READ, STATUS_IO); /* not there */
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
        write_database(fixture, foreign[i]);
        GBytes *before = contents(fixture);
        expect_open(fixture, MARKET_READ, STATUS_FOREIGN);
        expect_open(fixture, MARKET_WRITE, STATUS_FOREIGN);
        assert_unchanged(fixture, before);
    }
    static const char *const texts[] = {"ts,instrument,price\n", "xy"};
    for (size_t i = 0; i < 2; i++) {
        assert_true(g_file_set_contents(fixture->path, texts[i], -1, NULL));
        expect_open(fixture, MARKET_READ, STATUS_FOREIGN);
        expect_open(fixture, MARKET_WRITE, STATUS_FOREIGN);
    }
    /* What a first import leaves that was killed at once: no data yet, for reader and writer. */
    assert_true(g_file_set_contents(fixture->path, "", 0, NULL));
    struct market_verify_report report;
    assert_int_equal(verify(fixture, &report), STATUS_OK);
    assert_int_equal(report.sources, 0);
    must_import(fixture, &btc, "a", 0, 10);
}

static int64_t count_rows(struct fixture *fixture, const char *sql) {
    struct market_file *market = open_market(fixture, MARKET_READ);
    struct market_query *query = NULL;
    if (market_query_begin(market, sql, &query, &fixture->error) != STATUS_OK ||
        market_query_next(query, &fixture->error) != STATUS_OK)
        fail_msg("%s: %s", sql, fixture->error.message);
    const int64_t count = market_query_cell(query, 0).integer;
    market_query_end(query);
    market_file_close(market);
    return count;
}

static void sql_shows_ticks(void **state) {
    struct fixture *fixture = *state;
    must_import(fixture, &btc, "a", 0, 70000);
    must_import(fixture, &bars, "b", 0, 500);
    assert_int_equal(count_rows(fixture, "SELECT count(*) FROM ticks"), 70500);
    assert_int_equal(count_rows(fixture, "SELECT count(*) FROM ticks WHERE series = 'bar'"), 500);
    assert_int_equal(count_rows(fixture, "SELECT count(*) FROM ticks WHERE instrument = 'NONE'"),
                     0);
    const size_t first = first_at(fixture, fixture->ts_ns[40000]);
    const size_t above = first_at(fixture, fixture->ts_ns[40000] + 1);
    const struct {
        const char *condition;
        size_t rows;
    } conditions[] = {
        {"ts_ns < %lld", first},          {"ts_ns <= %lld", above},
        {"ts_ns >= %lld", 70000 - first}, {"ts_ns > %lld", 70000 - above},
        {"ts_ns = %lld", above - first},  {"ts_ns + 0 = %lld", above - first},
    };
    for (size_t i = 0; i < sizeof(conditions) / sizeof(conditions[0]); i++) {
        char condition[64];
        char sql[160];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)snprintf(condition, sizeof(condition), conditions[i].condition,
                       (long long)fixture->ts_ns[40000]);
#pragma GCC diagnostic pop
        (void)snprintf(sql, sizeof(sql),
                       "SELECT count(*) FROM ticks WHERE instrument = 'BTCUSDT' AND %s", condition);
        if (count_rows(fixture, sql) != (int64_t)conditions[i].rows)
            fail_msg("%s", sql);
    }
    assert_int_equal(count_rows(fixture, "SELECT count(*) FROM ticks WHERE side = 'buy'"),
                     count_rows(fixture, "SELECT count(price) FROM ticks WHERE side = 'buy' AND"
                                         " open IS NULL AND ts LIKE '2021-05-19T00:%Z'"));

    struct market_file *market = open_market(fixture, MARKET_READ);
    static const char *const refused[] = {
        "DELETE FROM block",
        "SELECT 1; SELECT 2",
        "SELEC",
        "",
        "ATTACH 'x.db' AS x",
        "CREATE TABLE x(y)",
        "SELECT nothing FROM ticks",
        "DROP TABLE ticks",
        "VACUUM INTO '/tmp/crossfall-market-copy.db'",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct market_query *query = NULL;
        if (market_query_begin(market, refused[i], &query, &fixture->error) != STATUS_USAGE)
            fail_msg("not refused: %s", refused[i]);
    }
    market_file_close(market);
}

/* A reader sees nothing of an import under way, and a second writer is told. */
static void import_under_way_is_apart(void **state) {
    struct fixture *fixture = *state;
    must_import(fixture, &btc, "a", 0, 1000);
    struct market_file *market = open_market(fixture, MARKET_WRITE);
    struct market_import *import = NULL;
    assert_int_equal(market_import_begin(market, &import, NULL), STATUS_OK);
    const struct tick_sink sink = market_import_sink(import);
    const struct tick_batch batch = rows_of(fixture, 1000, 70000);
    assert_int_equal(sink.append(sink.context, &btc, &batch, NULL), STATUS_OK);
    assert_rows(fixture, 0, INT64_MIN, INT64_MAX, 0, 1000);
    market_import_destroy(import);
    market_file_close(market);
    assert_rows(fixture, 0, INT64_MIN, INT64_MAX, 0, 1000);
    struct market_verify_report report;
    assert_int_equal(verify(fixture, &report), STATUS_OK);
    assert_int_equal(report.rows, 1000);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    printf("seed %d\n", SEED);
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(rows_come_out_in_any_span), WITH_SCRATCH(same_file_twice_changes_nothing),
        WITH_SCRATCH(time_backwards_is_refused), WITH_SCRATCH(decimals_widen),
        WITH_SCRATCH(series_may_alternate),      WITH_SCRATCH(delete_takes_out_a_span),
        WITH_SCRATCH(flipped_bit_is_found),      WITH_SCRATCH(tampering_is_found),
        WITH_SCRATCH(foreign_files_are_refused), WITH_SCRATCH(sql_shows_ticks),
        WITH_SCRATCH(import_under_way_is_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

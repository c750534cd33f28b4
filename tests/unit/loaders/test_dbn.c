/* Goal: every record type that gives rows gives exactly them, in versions 1 to 3; symbols are those
 * of their day; broken bytes are refused with their place.
 * Method: files made field by field at the offsets of the specification, whole and cut anywhere. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "loaders/dbn/dbn.h"
#include "tests/unit/loaders/dbn_bytes.h"
#include "tests/unit/loaders/loader_rows.h"

#define DAY UINT64_C(1586908800000000000) /* 2020-04-15 */
#define SECOND UINT64_C(1000000000)

static const struct dbn_meaning meanings[] = {{"CLM0", 20200415, 20200416, "700"},
                                              {"CLM0-CLN0", 20200415, 20200416, "701"},
                                              {"LO K0", 20200416, 20200417, "700"}};

static void begin(struct dbn_bytes *dbn, uint8_t version) {
    dbn_bytes_begin(dbn, version, meanings, 3);
}

static void expect(struct dbn_bytes *dbn, const char *rows) {
    loader_rows_expect(&dbn_loader, "x.dbn", dbn->bytes, dbn->size, rows);
    dbn_bytes_free(dbn);
}

static void refuse(struct dbn_bytes *dbn, enum status status, const char *words) {
    loader_rows_refuse(&dbn_loader, "x.dbn", dbn->bytes, dbn->size, status, words);
    dbn_bytes_free(dbn);
}

static void trades_of_every_version(void **state) {
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        struct dbn_bytes dbn;
        begin(&dbn, version);
        dbn_bytes_trade(&dbn, 700, DAY + 1, 25270000000, 3, 'A');
        dbn_bytes_trade(&dbn, 700, DAY + SECOND, 25265000001, 1, 'B');
        dbn_bytes_trade(&dbn, 701, DAY + SECOND, 1000000000, UINT32_MAX, 'N');
        dbn_bytes_trade(&dbn, 700, DAY + 86400 * SECOND, 1500000000, 2, 'N'); /* another day */
        dbn_bytes_trade(&dbn, 9, DAY + 86401 * SECOND, 7000000000, 2, 'N');   /* nobody's name */
        assert_int_equal(loader_rows_claim(&dbn_loader, "x", dbn.bytes, dbn.size), LOADER_SURE);
        expect(&dbn, "CLM0 trade 2020-04-15T00:00:00.000000001Z 25.27 3 sell\n"
                     "CLM0 trade 2020-04-15T00:00:01Z 25.265000001 1 buy\n"
                     "CLM0-CLN0 trade 2020-04-15T00:00:01Z 1 none\n"
                     "LO_K0 trade 2020-04-16T00:00:00Z 1.5 2\n"
                     "GLBX.MDP3:9 trade 2020-04-16T00:00:01Z 7 2\n");
        assert_int_equal(loader_rows_report.rows, 5);
        assert_int_equal(loader_rows_report.instruments, 4);
        assert_int_equal(loader_rows_report.records_skipped, 0);
        assert_int_equal(loader_rows_report.time_unit, TIME_NS);
    }
}

static void unknown_times_and_values_are_not_rows(void **state) {
    (void)state;
    struct dbn_bytes dbn;
    begin(&dbn, 2);
    dbn_bytes_trade(&dbn, 700, UINT64_MAX, 25000000000, 1, 'A'); /* received at 0.000000999 */
    dbn_bytes_u64(&dbn, 32, DAY + 999);
    dbn_bytes_trade(&dbn, 700, UINT64_MAX, 25000000000, 1, 'A'); /* no time at all */
    dbn_bytes_u64(&dbn, 32, UINT64_MAX);
    dbn_bytes_trade(&dbn, 700, DAY, INT64_MAX, 1, 'A'); /* no price */
    dbn_bytes_trade(&dbn, 700, DAY, 25000000000, 1, 'A');
    dbn_bytes_u8(&dbn, 28, 'C');                 /* no trade */
    dbn_bytes_record(&dbn, 0x7F, 16, 700, DAY);  /* no such type */
    dbn_bytes_record(&dbn, 0x14, 112, 700, DAY); /* imbalance */
    dbn_bytes_trade(&dbn, 700, DAY + 1000, 25000000000, 1, 'A');
    dbn_bytes_u64(&dbn, 32, UINT64_MAX); /* its time of receipt is not needed */
    expect(&dbn, "CLM0 trade 2020-04-15T00:00:00.000000999Z 25 1 sell\n"
                 "CLM0 trade 2020-04-15T00:00:00.000001Z 25 1 sell\n");
    assert_int_equal(loader_rows_report.records_skipped, 5);
}

/* A record of the book family with its first level. */
static void book(struct dbn_bytes *dbn, uint8_t rtype, size_t size, char action, int64_t bid,
                 int64_t ask) {
    dbn_bytes_record(dbn, rtype, size, 700, DAY + 5 * SECOND);
    dbn_bytes_u64(dbn, 16, 25000000000);
    dbn_bytes_u32(dbn, 24, 4);
    dbn_bytes_u8(dbn, 28, (uint8_t)action);
    dbn_bytes_u8(dbn, 29, 'B');
    dbn_bytes_u8(dbn, 30, 128);
    dbn_bytes_u64(dbn, 32, DAY + 6 * SECOND);
    dbn_bytes_u64(dbn, 48, (uint64_t)bid);
    dbn_bytes_u64(dbn, 56, (uint64_t)ask);
    dbn_bytes_u32(dbn, 64, 10);
    dbn_bytes_u32(dbn, 68, 11);
}

static void quotes_and_their_trades(void **state) {
    (void)state;
    static const struct {
        uint8_t rtype;
        size_t size;
    } types[] = {{0x01, 80}, {0x0A, 368}, {0xB1, 80}, {0xC2, 80}, {0xC5, 80}};
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct dbn_bytes dbn;
        begin(&dbn, 3);
        book(&dbn, types[i].rtype, types[i].size, 'A', 24990000000, 25010000000);
        book(&dbn, types[i].rtype, types[i].size, 'T', 24990000000, INT64_MAX);
        book(&dbn, types[i].rtype, types[i].size, 'C', 24990000000, 25010000000);
        dbn_bytes_u8(&dbn, 30, 128 | 4); /* a book that may be wrong */
        expect(&dbn, "CLM0 bid 2020-04-15T00:00:05Z 24.99 10\n"
                     "CLM0 bid 2020-04-15T00:00:05Z 24.99 10\n"
                     "CLM0 ask 2020-04-15T00:00:05Z 25.01 11\n"
                     "CLM0 trade 2020-04-15T00:00:05Z 25 4 buy\n");
        assert_int_equal(loader_rows_report.records_skipped, 1);
    }
}

/* A quote at the end of an interval: its time is the interval's, its trade an old one. */
static void sampled_quotes_stand_at_their_time(void **state) {
    (void)state;
    static const uint8_t types[] = {0xC0, 0xC1, 0xC3, 0xC4};
    for (size_t i = 0; i < sizeof(types); i++) {
        struct dbn_bytes dbn;
        begin(&dbn, 2);
        book(&dbn, types[i], 80, 'T', 24990000000, 25010000000);
        book(&dbn, types[i], 80, 0, 24980000000, 25010000000);
        dbn_bytes_u64(&dbn, 8, UINT64_MAX); /* no trade yet */
        expect(&dbn, "CLM0 bid 2020-04-15T00:00:06Z 24.99 10\n"
                     "CLM0 bid 2020-04-15T00:00:06Z 24.98 10\n"
                     "CLM0 ask 2020-04-15T00:00:06Z 25.01 11\n"
                     "CLM0 ask 2020-04-15T00:00:06Z 25.01 11\n");
    }
}

static void only_executions_of_orders(void **state) {
    (void)state;
    struct dbn_bytes dbn;
    begin(&dbn, 1);
    static const char actions[] = "ATFC";
    for (size_t i = 0; i < 4; i++) {
        dbn_bytes_record(&dbn, 0xA0, 56, 700, DAY + i);
        dbn_bytes_u64(&dbn, 24, 25000000000);
        dbn_bytes_u32(&dbn, 32, 4);
        dbn_bytes_u8(&dbn, 38, (uint8_t)actions[i]);
        dbn_bytes_u8(&dbn, 39, 'A');
        dbn_bytes_u64(&dbn, 40, DAY + i);
    }
    expect(&dbn, "CLM0 trade 2020-04-15T00:00:00.000000001Z 25 4 sell\n");
    assert_int_equal(loader_rows_report.records_skipped, 3);
}

static void bar(struct dbn_bytes *dbn, uint8_t rtype, uint64_t ts, int64_t high, uint64_t volume) {
    dbn_bytes_record(dbn, rtype, 56, 700, ts);
    dbn_bytes_u64(dbn, 16, 25000000000);
    dbn_bytes_u64(dbn, 24, (uint64_t)high);
    dbn_bytes_u64(dbn, 32, 24000000000);
    dbn_bytes_u64(dbn, 40, 24500000000);
    dbn_bytes_u64(dbn, 48, volume);
}

static void bars_have_the_length_of_their_type(void **state) {
    (void)state;
    static const struct {
        uint8_t rtype;
        const char *row;
    } types[] = {
        {0x20, "CLM0 bar/1s 2020-04-15T00:00:00Z 25 26.5 24 24.5 9000000000\n"},
        {0x21, "CLM0 bar/60s 2020-04-15T00:00:00Z 25 26.5 24 24.5 9000000000\n"},
        {0x22, "CLM0 bar/3600s 2020-04-15T00:00:00Z 25 26.5 24 24.5 9000000000\n"},
        {0x23, "CLM0 bar/86400s 2020-04-15T00:00:00Z 25 26.5 24 24.5 9000000000\n"},
    };
    struct dbn_bytes dbn;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        begin(&dbn, 3);
        bar(&dbn, types[i].rtype, DAY, 26500000000, 9000000000);
        expect(&dbn, types[i].row);
        assert_int_equal(loader_rows_report.bars_assumed, 0);
    }
    begin(&dbn, 1);
    bar(&dbn, 0x11, DAY, 26500000000, 1); /* of old: the spacing tells */
    bar(&dbn, 0x11, DAY + 5 * SECOND, 26500000000, 2);
    expect(&dbn, "CLM0 bar/5s 2020-04-15T00:00:00Z 25 26.5 24 24.5 1\n"
                 "CLM0 bar/5s 2020-04-15T00:00:05Z 25 26.5 24 24.5 2\n");
    begin(&dbn, 3);
    bar(&dbn, 0x21, DAY, 26500000000, 1);
    bar(&dbn, 0x20, DAY + 60 * SECOND, 26500000000, 1);
    expect(&dbn, "CLM0 bar/60s 2020-04-15T00:00:00Z 25 26.5 24 24.5 1\n" /* side by side */
                 "CLM0 bar/1s 2020-04-15T00:01:00Z 25 26.5 24 24.5 1\n");
    begin(&dbn, 3);
    bar(&dbn, 0x21, DAY, 26500000000, UINT64_MAX);
    refuse(&dbn, STATUS_RANGE, "a volume of 18446744073709551615 does not fit");
}

static void statistic(struct dbn_bytes *dbn, uint8_t version, uint16_t type, int64_t price,
                      int64_t quantity, uint8_t action) {
    const bool wide = version == 3;
    dbn_bytes_record(dbn, 0x18, wide ? 80 : 64, 700, DAY + 1);
    dbn_bytes_u64(dbn, 16, DAY + 2);
    dbn_bytes_u64(dbn, 32, (uint64_t)price);
    if (wide)
        dbn_bytes_u64(dbn, 40, (uint64_t)quantity);
    else
        dbn_bytes_u32(dbn, 40, quantity == INT64_MAX ? INT32_MAX : (uint32_t)quantity);
    dbn_bytes_u16(dbn, wide ? 56 : 52, type);
    dbn_bytes_u8(dbn, wide ? 60 : 56, action);
}

static void statistics_are_series(void **state) {
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        struct dbn_bytes dbn;
        begin(&dbn, version);
        statistic(&dbn, version, 9, INT64_MAX, 523000, 1);
        statistic(&dbn, version, 3, -37630000000, INT64_MAX, 1);
        statistic(&dbn, version, 2, 25000000000, 12, 1);
        statistic(&dbn, version, 3, 20000000000, INT64_MAX, 2); /* taken back */
        statistic(&dbn, version, 9, 20000000000, INT64_MAX, 1); /* says nothing */
        statistic(&dbn, version, 10001, 20000000000, 1, 1);     /* the venue's own */
        expect(&dbn, "CLM0 open_interest 2020-04-15T00:00:00.000000001Z 523000 none\n"
                     "CLM0 settlement 2020-04-15T00:00:00.000000001Z -37.63 none\n"
                     "CLM0 indicative_opening_price 2020-04-15T00:00:00.000000001Z 25 12\n");
        assert_int_equal(loader_rows_report.records_skipped, 3);
    }
}

static void status_and_definition(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 360, 400, 520};
    for (uint8_t version = 1; version <= 3; version++) {
        struct dbn_bytes dbn;
        begin(&dbn, version);
        dbn_bytes_record(&dbn, 0x12, 40, 700, DAY);
        dbn_bytes_u64(&dbn, 16, DAY + 5);
        dbn_bytes_u16(&dbn, 24, 8);                             /* halt */
        dbn_bytes_record(&dbn, 0x13, sizes[version], 55, 1000); /* listed long ago */
        dbn_bytes_u64(&dbn, 16, DAY + 7);
        dbn_bytes_u64(&dbn, 24, 10000000);
        dbn_bytes_u64(&dbn, 56, 40000000000);
        dbn_bytes_u64(&dbn, 64, INT64_MAX);
        dbn_bytes_text(&dbn, version == 3 ? 238 : 200, "BZM0");
        dbn_bytes_trade(&dbn, 55, DAY + SECOND, 28000000000, 1, 'N'); /* its name is known now */
        expect(&dbn, "CLM0 status 2020-04-15T00:00:00Z 8 none\n"
                     "BZM0 price_tick 2020-04-15T00:00:00.000000007Z 0.01 none\n"
                     "BZM0 upper_limit 2020-04-15T00:00:00.000000007Z 40 none\n"
                     "BZM0 trade 2020-04-15T00:00:01Z 28 1\n");
    }
}

static void symbols_of_live_files(void **state) {
    (void)state;
    for (uint8_t version = 1; version <= 3; version++) {
        const size_t size = version == 1 ? 80 : 176;
        struct dbn_bytes dbn;
        dbn_bytes_begin(&dbn, version, NULL, 0);
        dbn_bytes_record(&dbn, 0x16, size, 3, DAY);
        dbn_bytes_text(&dbn, version == 1 ? 16 : 17, "CL.c.0");
        dbn_bytes_text(&dbn, version == 1 ? 38 : 89, "CLM0");
        dbn_bytes_trade(&dbn, 3, DAY + 1, 25000000000, 1, 'N');
        dbn_bytes_record(&dbn, 0x16, size, 3, DAY + SECOND); /* means another from now on */
        dbn_bytes_text(&dbn, version == 1 ? 16 : 17, "CLN0");
        dbn_bytes_text(&dbn, version == 1 ? 38 : 89, "3");
        dbn_bytes_trade(&dbn, 3, DAY + SECOND, 26000000000, 1, 'N');
        dbn_bytes_trade(&dbn, 3, DAY + 2, 25500000000, 1, 'N'); /* late: still the first */
        dbn_bytes_u64(&dbn, 32, DAY + 2);
        expect(&dbn, "CLM0 trade 2020-04-15T00:00:00.000000001Z 25 1\n"
                     "CLM0 trade 2020-04-15T00:00:00.000000002Z 25.5 1\n"
                     "CLN0 trade 2020-04-15T00:00:01Z 26 1\n");
        assert_int_equal(loader_rows_report.records_skipped, 2);
    }
}

static void records_may_be_longer_than_known(void **state) {
    (void)state;
    struct dbn_bytes dbn;
    begin(&dbn, 3);
    dbn_bytes_trade(&dbn, 700, DAY, 25000000000, 1, 'A');
    dbn.bytes[dbn.record] = 14; /* with the time of sending behind it (ts_out) */
    dbn_bytes_record(&dbn, 0, 8, 0, 0);
    memset(dbn.bytes + dbn.record, 0x55, 8);
    dbn_bytes_trade(&dbn, 700, DAY, 26000000000, 1, 'A');
    expect(&dbn, "CLM0 trade 2020-04-15T00:00:00Z 25 1 sell\n"
                 "CLM0 trade 2020-04-15T00:00:00Z 26 1 sell\n");
}

static void broken_records_are_named_by_their_byte(void **state) {
    (void)state;
    struct dbn_bytes dbn;
    begin(&dbn, 1);
    dbn_bytes_trade(&dbn, 700, DAY, 25000000000, 1, 'A');
    dbn.size -= 3;
    refuse(&dbn, STATUS_CORRUPT, "'x.dbn' is cut off within the record from byte 362");
    begin(&dbn, 1);
    dbn_bytes_trade(&dbn, 700, DAY, 25000000000, 1, 'A');
    dbn_bytes_record(&dbn, 0, 48, 700, DAY);
    dbn_bytes_u8(&dbn, 0, 0);
    refuse(&dbn, STATUS_CORRUPT, "byte 410: a record of 0 bytes");
    begin(&dbn, 1);
    dbn_bytes_record(&dbn, 1, 48, 700, DAY);
    refuse(&dbn, STATUS_CORRUPT, "byte 362: a record of type 0x01 has 48 bytes, but it needs 80");
    begin(&dbn, 1);
    dbn_bytes_trade(&dbn, 700, DAY, 25000000000, 1, 'x');
    refuse(&dbn, STATUS_CORRUPT, "byte 362: side 120 is none of A, B and N");
}

static void broken_metadata_is_refused(void **state) {
    (void)state;
    struct dbn_bytes dbn;
    begin(&dbn, 2);
    dbn.bytes[3] = 4;
    refuse(&dbn, STATUS_CORRUPT, "byte 3: DBN version 4 is not known");
    begin(&dbn, 2);
    dbn.bytes[7] = 0x7F;
    refuse(&dbn, STATUS_CORRUPT, "byte 4: metadata of");
    begin(&dbn, 2);
    dbn.bytes[4] = 1;
    dbn.bytes[5] = 1;
    refuse(&dbn, STATUS_CORRUPT, "byte 116: the metadata end within their lists of symbols");
    begin(&dbn, 2);
    dbn.size = 300;
    refuse(&dbn, STATUS_CORRUPT, "is cut off within the metadata from byte 8");
    begin(&dbn, 2);
    dbn.size = 5;
    refuse(&dbn, STATUS_CORRUPT, "is cut off within the first bytes from byte 0");
    static const struct dbn_meaning no_day[] = {{"A", 20210230, 20210301, "1"}};
    dbn_bytes_begin(&dbn, 2, no_day, 1);
    refuse(&dbn, STATUS_CORRUPT, "byte 274: a symbol mapping without a date");
}

static void a_fragment_is_refused_by_its_name(void **state) {
    (void)state;
    static const char bytes[48] = {12, 0, 1};
    assert_int_equal(loader_rows_claim(&dbn_loader, "a/x.dbn.frag.zst", bytes, 48), LOADER_MAYBE);
    assert_int_equal(loader_rows_claim(&dbn_loader, "a/x.csv", bytes, 48), LOADER_NO);
    loader_rows_refuse(&dbn_loader, "a/x.dbn.frag.zst", bytes, 48, STATUS_CORRUPT,
                       "A fragment (.dbn.frag) has no metadata");
    loader_rows_refuse(&dbn_loader, "x.dbn", "", 0, STATUS_CORRUPT, "'x.dbn' is empty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trades_of_every_version),
        cmocka_unit_test(unknown_times_and_values_are_not_rows),
        cmocka_unit_test(quotes_and_their_trades),
        cmocka_unit_test(sampled_quotes_stand_at_their_time),
        cmocka_unit_test(only_executions_of_orders),
        cmocka_unit_test(bars_have_the_length_of_their_type),
        cmocka_unit_test(statistics_are_series),
        cmocka_unit_test(status_and_definition),
        cmocka_unit_test(symbols_of_live_files),
        cmocka_unit_test(records_may_be_longer_than_known),
        cmocka_unit_test(broken_records_are_named_by_their_byte),
        cmocka_unit_test(broken_metadata_is_refused),
        cmocka_unit_test(a_fragment_is_refused_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

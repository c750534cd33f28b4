/* Goal: LEAN's bars and ticks give exactly their rows, at the times and under the names that path
 * and file name say.
 * Method: one file of each kind, whole and cut anywhere; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "loaders/formats/lean.h"
#include "tests/unit/loaders/loader_rows.h"

static void expect(const char *name, const char *text, const char *rows) {
    assert_int_equal(loader_rows_claim(&lean_loader, name, text, strlen(text)), LOADER_LIKELY);
    loader_rows_expect(&lean_loader, name, text, strlen(text), rows);
}

static void refuse(const char *name, const char *text, enum status status, const char *words) {
    loader_rows_refuse(&lean_loader, name, text, strlen(text), status, words);
}

static void bars_of_trades(void **state) {
    (void)state;
    expect("crypto/x/minute/btceur/20180404_btceur_minute_trade.csv",
           "0,6060,6060.5,6048.83,6049.68,6.72374365\r\n120000,6049.68,6050,6049,6050,0\r\n",
           "BTCEUR bar/60s 2018-04-04T00:00:00Z 6060 6060.5 6048.83 6049.68 6.72374365\n"
           "BTCEUR bar/60s 2018-04-04T00:02:00Z 6049.68 6050 6049 6050 0\n");
    expect("20161007_btcusd_second_trade.csv", "4000,611.78,611.87,611.78,611.87,0.60046\n",
           "BTCUSD bar/1s 2016-10-07T00:00:04Z 611.78 611.87 611.78 611.87 0.60046\n");
    expect("crypto/x/hour/btcusd.csv", "20180501 13:00,9246.01,9248.99,8934.44,8955.01,5.5\n",
           "BTCUSD bar/3600s 2018-05-01T13:00:00Z 9246.01 9248.99 8934.44 8955.01 5.5\n");
    expect("crypto/x/daily/btcusd_trade.csv", "20141201 00:00,300,370,300,370,0.05",
           "BTCUSD bar/86400s 2014-12-01T00:00:00Z 300 370 300 370 0.05\n");
}

static void quotes_stand_at_the_end_of_their_bar(void **state) {
    (void)state;
    expect("20180404_btceur_minute_quote.csv",
           "0,1,2,1,1.5,2.25,2,3,2,2.5,0.98\n"
           "60000,,,,,,2,3,2,2.75,\n"
           "120000,1,2,1,1.25,0.0018179399999999999,0,0,0,0,0\n",
           "BTCEUR bid 2018-04-04T00:01:00Z 1.5 2.25\n"
           "BTCEUR bid 2018-04-04T00:03:00Z 1.25 none\n"
           "BTCEUR ask 2018-04-04T00:01:00Z 2.5 0.98\n"
           "BTCEUR ask 2018-04-04T00:02:00Z 2.75 none\n");
    assert_int_equal(loader_rows_report.records_skipped, 1); /* the size that cannot be held */
    expect("crypto/x/daily/btcusd_quote.csv", "20150427 00:00,1,2,1,1.5,2,2,3,2,2.5,3\n",
           "BTCUSD bid 2015-04-28T00:00:00Z 1.5 2\nBTCUSD ask 2015-04-28T00:00:00Z 2.5 3\n");
}

static void ticks(void **state) {
    (void)state;
    expect("20180404_btceur_tick_trade.csv", "86400,232.40,93.1\n86400.5,232.41,1\n",
           "BTCEUR trade 2018-04-04T00:01:26.400Z 232.4 93.1\n"
           "BTCEUR trade 2018-04-04T00:01:26.400500Z 232.41 1\n");
    expect("20180404_btceur_tick_quote.csv", "86400,232.40,3,232.42,4\n",
           "BTCEUR bid 2018-04-04T00:01:26.400Z 232.4 3\n"
           "BTCEUR ask 2018-04-04T00:01:26.400Z 232.42 4\n");
}

/* Prices of shares are times 10,000, times are those of New York. */
static void shares(void **state) {
    (void)state;
    expect("equity/usa/minute/spy/20131007_spy_minute_trade.csv",
           "34200000,1688700,1689000,1688600,1688899,5000\n",
           "SPY bar/60s 2013-10-07T13:30:00Z 168.87 168.9 168.86 168.8899 5000\n");
    expect("equity/usa/daily/spy.csv", "20131107 00:00,1688700,1689000,1688600,1688900,5000\n",
           "SPY bar/86400s 2013-11-07T00:00:00Z 168.87 168.9 168.86 168.89 5000\n");
    expect("equity/usa/tick/spy/20131007_spy_tick_trade.csv", "34200001,1688700,100,P,@,0\n",
           "SPY trade 2013-10-07T13:30:00.001Z 168.87 100\n");
}

static void bad_files_are_refused(void **state) {
    (void)state;
    refuse("20180404_btceur_minute_trade.csv", "", STATUS_CORRUPT, "is empty");
    refuse("20180404_btceur_minute_trade.csv", "0,1,1,1,1,1\n60000,1,1,1,x,1\n", STATUS_CORRUPT,
           "line 2: column 'close': 'x' is not a number");
    refuse("20180404_btceur_minute_trade.csv", "86400001,1,1,1,1,1\n", STATUS_CORRUPT,
           "line 1: column 'time': '86400001' is not milliseconds since midnight");
    refuse("20180404_btceur_minute_trade.csv", "0,1,1,1\n", STATUS_CORRUPT, "a row of 4 fields");
    refuse("crypto/x/hour/btcusd.csv", "20180532 13:00,1,1,1,1,1\n", STATUS_CORRUPT,
           "'20180532 13:00' is not a time");
    refuse("btcusd.csv", "20150427 00:00,1,2,1,1.5,2,2,3,2,2.5,3\n", STATUS_CORRUPT,
           "how long the bars are must stand in the path");
    refuse("20180404_btceur_minute_trade.csv", "0,1,1,1,1,0.1234567890123456789\n", STATUS_RANGE,
           "cannot be held exactly");
    refuse("bars.txt", "0,1,1,1,1,1\n", STATUS_CORRUPT, "the name must say ticker and kind");
}

static void claims(void **state) {
    (void)state;
    assert_int_equal(loader_rows_claim(&lean_loader, "btcusd.csv", "1,2,3\n", 6), LOADER_NO);
    assert_int_equal(loader_rows_claim(&lean_loader, "20180404_a_minute_trade.csv", "ts,x\n", 5),
                     LOADER_NO);
    assert_int_equal(loader_rows_claim(&lean_loader, "x.csv", "20180501 00:00,1\n", 17),
                     LOADER_LIKELY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_of_trades),
        cmocka_unit_test(quotes_stand_at_the_end_of_their_bar),
        cmocka_unit_test(ticks),
        cmocka_unit_test(shares),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

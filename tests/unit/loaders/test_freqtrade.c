/* Goal: freqtrade's bars, funding rates and trades give exactly their rows; the file's name says
 * what they are of.
 * Method: small files, whole and cut anywhere; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "loaders/formats/freqtrade.h"
#include "tests/unit/loaders/loader_rows.h"

#define BARS                                                                                       \
    "[[1621429440000, 36000.5, 36100.0, 35900.25, 36050.0, 12.5],\n"                               \
    " [1621429500000,36050.0,36060.0,36000,36001,0.0]]"

static void expect(const char *name, const char *text, const char *rows) {
    loader_rows_expect(&freqtrade_loader, name, text, strlen(text), rows);
}

static void refuse(const char *name, const char *text, enum status status, const char *words) {
    loader_rows_refuse(&freqtrade_loader, name, text, strlen(text), status, words);
}

static void bars_of_every_kind(void **state) {
    (void)state;
    expect("a/BTC_USDT-1m.json", BARS,
           "BTCUSDT bar/60s 2021-05-19T13:04:00Z 36000.5 36100 35900.25 36050 12.5\n"
           "BTCUSDT bar/60s 2021-05-19T13:05:00Z 36050 36060 36000 36001 0\n");
    expect("ETH_USDT_USDT-1h-futures.json.gz", BARS,
           "ETHUSDT bar/60s 2021-05-19T13:04:00Z 36000.5 36100 35900.25 36050 12.5\n"
           "ETHUSDT bar/60s 2021-05-19T13:05:00Z 36050 36060 36000 36001 0\n");
    expect("ETH_USDT_USDT-8h-mark.json", "[[1621429440000,2.5,2.5,2.5,2.5,null]]",
           "ETHUSDT mark/60s 2021-05-19T13:04:00Z 2.5 2.5 2.5 2.5 0\n");
    expect("ETH_USDT_USDT-1h-index.json", "[[1621429440000,2.5,2.5,2.5,2.5,0]]",
           "ETHUSDT index/60s 2021-05-19T13:04:00Z 2.5 2.5 2.5 2.5 0\n");
    expect("ETH_USDT-1d.json", "[]", "");
}

static void funding_rates_stand_in_the_open(void **state) {
    (void)state;
    expect("BTC_USDT_USDT-8h-funding_rate.json",
           "[[1621440000003, -0.00075, 0.0, 0.0, 0.0, 0.0],[1621468800000,1e-4,0,0,0,0]]",
           "BTCUSDT funding_rate 2021-05-19T16:00:00.003Z -0.00075 none\n"
           "BTCUSDT funding_rate 2021-05-20T00:00:00Z 0.0001 none\n");
}

static void trades_new_and_old(void **state) {
    (void)state;
    expect("XRP_ETH-trades.json",
           "[[1621429440000,\"1\",null,\"sell\",0.00141342,23.0,0.0325],"
           "[1621429440001,\"2\",\"market\",\"buy\",0.00141343,1.5,0.002]]",
           "XRPETH trade 2021-05-19T13:04:00Z 0.00141342 23 sell\n"
           "XRPETH trade 2021-05-19T13:04:00.001Z 0.00141343 1.5 buy\n");
    expect("XRP_OLD-trades.json",
           "[{\"info\":{\"a\":1},\"timestamp\":1621429440000,\"symbol\":\"XRP/ETH:ETH\","
           "\"side\":\"buy\",\"price\":0.5,\"amount\":2}]",
           "XRPETH trade 2021-05-19T13:04:00Z 0.5 2 buy\n");
}

static void bad_files_are_refused(void **state) {
    (void)state;
    refuse("BTC_USDT-1m.json", "[[1621429440000,1,2,1]]", STATUS_CORRUPT,
           "line 1 (byte 22): field 'close' is missing");
    refuse("BTC_USDT-1m.json", "[[1621429440000,1,2,1,true,5]]", STATUS_CORRUPT,
           "field 'close' is not a number");
    refuse("BTC_USDT-1m.json", "[[1621429440000,1,2,1,1e-20,5]]", STATUS_RANGE,
           "field 'close': '1e-20' cannot be held exactly");
    refuse("BTC_USDT-1m.json", "[[\"now\",1,2,1,1,5]]", STATUS_CORRUPT,
           "field 'time': 'now' is not an integer epoch");
    refuse("BTC_USDT-1m.json", "[5]", STATUS_CORRUPT, "not an array of numbers");
    refuse("bars.json", BARS, STATUS_CORRUPT, "the file's name must say pair and kind");
    refuse("BTC_USDT-trades.json", "[[1621429440000,\"1\",null,\"up\",1,1,1]]", STATUS_CORRUPT,
           "field 'side': 'up' is neither buy nor sell");
    refuse("BTC_USDT_USDT-8h-funding_rate.json", "[[1621440000003]]", STATUS_CORRUPT,
           "field 'open' is missing");
    refuse("BTC_USDT-1m.json", "", STATUS_CORRUPT, "is empty");
}

static void claims(void **state) {
    (void)state;
    assert_int_equal(loader_rows_claim(&freqtrade_loader, "BTC_USDT-1m.json", BARS, 60),
                     LOADER_LIKELY);
    assert_int_equal(loader_rows_claim(&freqtrade_loader, "bars.json", BARS, 60), LOADER_MAYBE);
    assert_int_equal(loader_rows_claim(&freqtrade_loader, "BTC_USDT-1m.json", "{}", 2), LOADER_NO);
    assert_int_equal(loader_rows_claim(&freqtrade_loader, "x.json", "[{}]", 4), LOADER_NO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bars_of_every_kind),
        cmocka_unit_test(funding_rates_stand_in_the_open),
        cmocka_unit_test(trades_new_and_old),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

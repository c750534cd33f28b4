/* Goal: the files of Bybit, OKX, BitMEX, Kraken and Coinbase are told apart and read exactly.
 * Method: hand-written files in the vendors' layouts; the exact rows that reach the sink, however
 * the bytes are cut; errors by their words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tests/unit/loaders/loader_run.h"

#define TRADES                                                                                     \
    "timestamp,symbol,side,size,price,tickDirection,trdMatchID,grossValue,homeNotional,"           \
    "foreignNotional"

static void bybit_and_bitmex_share_a_header(void **state) {
    (void)state;
    const struct import_report *const report = loader_run_rows(
        "BTCUSDT2021-05-19.csv.gz", "bybit-trades",
        TRADES "\n1621429440.6139,BTCUSDT,Buy,0.003,36000.5,PlusTick,a-b,1.08e+10,0.003,108.0015\n"
               "1621429441,BTCUSDT,Sell,1,36000,MinusTick,a-c,3.6e+12,1,36000\n",
        "BTCUSDT trade 2021-05-19T13:04:00.613900Z 36000.5 0.003 buy\n"
        "BTCUSDT trade 2021-05-19T13:04:01Z 36000 1 sell\n");
    assert_true(report->time_is_epoch);
    assert_int_equal(report->time_unit, TIME_S);
    /* from 2025 on with a column more */
    loader_run_rows("BTCUSD2025-11-01.csv.gz", "bybit-trades",
                    TRADES ",RPI\n1761955200.0001,BTCUSD,Buy,100,110000,PlusTick,x,1,100,0.1,0\n",
                    "BTCUSD trade 2025-11-01T00:00:00.000100Z 110000 100 buy\n");
    loader_run_rows(
        "20210519.csv.gz", "bitmex-trades",
        TRADES ",trdType\n"
               "2021-05-19D13:04:00.123456000,XBTUSD,Sell,2500,36000.5,ZeroMinusTick,m1,1,1,1,R\n"
               "2021-05-19D13:04:00.500000000,.BXBT,,0,36010.25,PlusTick,m2,,,,R\n"
               "2021-05-19D13:04:59.999999999,XBTUSD,Buy,100,36001,PlusTick,m3,1,1,1,R\n"
               "2021-05-19D13:05:00.000000001,XBTUSD,Buy,3,3.6e4,PlusTick,m4,1,1,1,R\n",
        "XBTUSD trade 2021-05-19T13:04:00.123456Z 36000.5 2500 sell\n"
        "XBTUSD trade 2021-05-19T13:04:59.999999999Z 36001 100 buy\n"
        "XBTUSD trade 2021-05-19T13:05:00.000000001Z 36000 3 buy\n"
        ".BXBT trade 2021-05-19T13:04:00.500Z 36010.25 0\n");
    /* without a row nobody can tell */
    assert_string_equal(loader_run_claim("x.csv", TRADES "\n"), "bitmex-trades|bybit-trades");
    loader_run_error("x.csv", "bybit-trades", NULL, TRADES "\n9999999999.5,X,Buy,1,1,,,,,\n",
                     STATUS_RANGE, "line 2: column 'timestamp': '9999999999.5' has more than 9");
    loader_run_error("x.csv", "bybit-trades", NULL, TRADES "\n1621429440000,X,Buy,1,1,,,,,\n",
                     STATUS_CORRUPT, "line 2: column 'timestamp': '1621429440000' is not a time");
    loader_run_error("x.csv", "bybit-trades", NULL, TRADES "\n1621429440.5,X,Long,1,1,,,,,\n",
                     STATUS_CORRUPT, "line 2: column 'side': 'Long' is neither buy, sell nor");
    loader_run_error("x.csv", "bybit-trades", NULL, TRADES "\n1621429440.5,,Buy,1,1,,,,,\n",
                     STATUS_CORRUPT, "line 2: column 'symbol' is empty");
    loader_run_error("x.csv", "bitmex-trades", NULL,
                     TRADES
                     "\n2021-05-19D13:04:00.5,X,Buy,1,1,,,,,\n2021-05-19D13:04:61,X,,,,,,,,\n",
                     STATUS_CORRUPT, "line 3: column 'timestamp': '2021-05-19D13:04:61' is not a");
}

static void bybit_spot_takes_the_name(void **state) {
    (void)state;
    static const char rows[] = "BTCUSDT trade 2025-05-19T00:00:00.074Z 106453.8 0.003718 sell\n"
                               "BTCUSDT trade 2025-05-19T00:00:00.150Z 106456.9 0.0005 buy\n";
    loader_run_rows("BTCUSDT_2025-05-19.csv.gz", "bybit-spot",
                    "id,timestamp,price,volume,side,rpi\n"
                    "1,1747612800074,106453.8,0.003718,sell,0\n"
                    "2,1747612800150,106456.9,0.000500,buy,0\n",
                    rows);
    loader_run_rows("/spot/BTCUSDT/BTCUSDT-2025-05.csv.gz", "bybit-spot",
                    "id,timestamp,price,volume,side\r\n"
                    "1,1747612800074,106453.8,0.003718,sell\r\n"
                    "2,1747612800150,106456.9,0.000500,buy",
                    rows);
}

static void okx_in_its_three_ages(void **state) {
    (void)state;
    static const char rows[] = "BTC-USDT-SWAP trade 2021-05-19T13:04:00.123Z 36000.5 12 buy\n"
                               "BTC-USDT-SWAP trade 2021-05-19T13:04:00.124Z 36000 1.5 sell\n";
    loader_run_rows("BTC-USDT-SWAP-trades-2021-05-19.csv", "okx-trades",
                    "instrument_name,trade_id,side,price,size,created_time,source\n"
                    "BTC-USDT-SWAP,1,buy,36000.5,12.0,1621429440123,0\n"
                    "BTC-USDT-SWAP,2,sell,36000,1.5,1621429440124,0\n",
                    rows);
    /* English and Chinese in GBK */
    loader_run_rows(
        "BTC-USDT-SWAP-aggtrades-2021-05-19.csv", "okx-trades-old",
        "trade_id/\xb4\xe9\xba\xcfid,side/\xbd\xbb\xd2\xd7\xb7\xbd\xcf\xf2,size/\xca\xfd\xc1\xbf,"
        "price/\xbc\xdb\xb8\xf1,created_time/\xb3\xc9\xbd\xbb\xca\xb1\xbc\xe4\n"
        "1,BUY,12,36000.5,1621429440123\n2,SELL,1.5,36000,1621429440124\n",
        rows);
    loader_run_rows("BTC-USDT-SWAP-trades-2021-05-19.zip", "okx-trades-old",
                    "1,buy,12,36000.5,1621429440123\n2,sell,1.5,36000,1621429440124\n", rows);
}

static void bitmex_quotes_may_lack_a_side(void **state) {
    (void)state;
    loader_run_rows("20210519.csv.gz", "bitmex-quotes",
                    "timestamp,symbol,bidSize,bidPrice,askPrice,askSize\n"
                    "2021-05-19D13:04:00.778522000,XBTUSD,2500,36000,36000.5,1800\n"
                    "2021-05-19D13:04:00.779000000,ADAM21,159977,1.58e-05,,\n",
                    "XBTUSD bid 2021-05-19T13:04:00.778522Z 36000 2500\n"
                    "XBTUSD ask 2021-05-19T13:04:00.778522Z 36000.5 1800\n"
                    "ADAM21 bid 2021-05-19T13:04:00.779Z 0.0000158 159977\n");
}

static void kraken_has_no_headers(void **state) {
    (void)state;
    loader_run_rows("XBTEUR.csv", "kraken-trades",
                    "1621429440,29500.100000,0.01000000\n1621429440.5123,29500.2,1.10448420\n",
                    "XBTEUR trade 2021-05-19T13:04:00Z 29500.1 0.01\n"
                    "XBTEUR trade 2021-05-19T13:04:00.512300Z 29500.2 1.1044842\n");
    /* bars without trades are left out: a gap makes no longer bar; ages ago it had no name */
    loader_run_rows("XBTEUR_5.csv", "kraken-ohlcvt",
                    "1621429500,29500,29600.5,29400,29450,12.5,31\n"
                    "1621430400,29450,29450,29450,29450,0.1,1\n",
                    "XBTEUR bar/300s 2021-05-19T13:05:00Z 29500 29600.5 29400 29450 12.5\n"
                    "XBTEUR bar/300s 2021-05-19T13:20:00Z 29450 29450 29450 29450 0.1\n");
    loader_run_rows("ADAUSD_1440.csv", "kraken-ohlcvt", "1621382400,2,2.1,1.5,1.75,1000,31\n",
                    "ADAUSD bar/86400s 2021-05-19T00:00:00Z 2 2.1 1.5 1.75 1000\n");
    assert_string_equal(loader_run_claim("notes of mine.csv", "1621429440,29500.1,0.01\n"),
                        "kraken-trades");
    loader_run_error("notes of mine.csv", "kraken-trades", NULL, "1621429440,29500.1,0.01\n",
                     STATUS_CORRUPT, "its name does not say the instrument (as 'PAIR')");
    assert_string_equal(loader_run_claim("XBTEUR.csv", "1,2,3\n"), "");
    assert_string_equal(loader_run_claim("XBTEUR.csv", "1621429440,abc,0.01\n"), "");
    loader_run_error("XBTEUR.csv", "kraken-trades", NULL,
                     "1621429440,29500.1,0.01\n1621429441,29500.1\n", STATUS_CORRUPT,
                     "line 2: a field is missing: 2 fields, but the first line has 3");
}

static void coinbase_candles_trades_and_fills(void **state) {
    (void)state;
    static const char rows[] =
        "BTC-USD bar/60s 2021-05-19T13:04:00Z 36000 36100.5 35900 36050 12.5\n"
        "BTC-USD bar/60s 2021-05-19T13:05:00Z 36050 36050 36000 36000 0.5\n";
    loader_run_rows("coinbase_BTC-USD_1m.csv", "coinbase-candles",
                    "time,low,high,open,close,volume\n"
                    "1621429440,35900,36100.5,36000,36050,12.5\n"
                    "1621429500,36000,36050,36050,36000,0.5\n",
                    rows);
    loader_run_rows("BTC-USD.csv", "coinbase-candles",
                    "time,low,high,open,close,volume\n"
                    "2021-05-19T13:04:00Z,35900,36100.5,36000,36050,12.5\n"
                    "2021-05-19T13:05:00Z,36000,36050,36050,36000,0.5\n",
                    rows);
    loader_run_rows("BTC-USD-1m.csv", "coinbase-advanced-candles",
                    "start,low,high,open,close,volume\n"
                    "1621429440,35900,36100.5,36000,36050,12.5\n"
                    "1621429500,36000,36050,36050,36000,0.5\n",
                    rows);
    loader_run_rows("coinbase-ETH-USD.csv", "coinbase-trades",
                    "time,trade_id,price,size,side\n"
                    "2021-05-19T13:04:00.860123Z,86,2500.25,0.5,sell\n"
                    "2021-05-19T13:04:01Z,87,2500.5,1,buy\n",
                    "ETH-USD trade 2021-05-19T13:04:00.860123Z 2500.25 0.5 buy\n"
                    "ETH-USD trade 2021-05-19T13:04:01Z 2500.5 1 sell\n");
    loader_run_rows("fills.csv", "coinbase-fills",
                    "portfolio,trade id,product,side,created at,size,size unit,price,fee,total,"
                    "price/fee/total unit\n"
                    "default,86,ETH-USD,SELL,2021-05-19T13:04:00.860Z,0.5,ETH,2500.25,1,1249,USD\n",
                    "ETH-USD fill 2021-05-19T13:04:00.860Z 2500.25 0.5 sell\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bybit_and_bitmex_share_a_header),
        cmocka_unit_test(bybit_spot_takes_the_name),
        cmocka_unit_test(okx_in_its_three_ages),
        cmocka_unit_test(bitmex_quotes_may_lack_a_side),
        cmocka_unit_test(kraken_has_no_headers),
        cmocka_unit_test(coinbase_candles_trades_and_fills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

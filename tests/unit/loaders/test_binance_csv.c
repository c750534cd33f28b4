/* Goal: every form of Binance's bulk files is told apart and read exactly, every bad row is named.
 * Method: hand-written files in the vendor's layouts, with and without header, in ms and us; the
 * exact rows that reach the sink, however the bytes are cut; errors by their words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/loaders/loader_run.h"

#define AGG                                                                                        \
    "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n"
#define KLINES                                                                                     \
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"         \
    "taker_buy_quote_volume,ignore\n"
#define LIQUIDATIONS                                                                               \
    "time,side,order_type,time_in_force,original_quantity,price,average_price,order_status,"       \
    "last_fill_quantity,accumulated_fill_quantity\n"

static void aggtrades_with_and_without_header(void **state) {
    (void)state;
    static const char rows[] = "BTCUSDT trade 2021-05-19T13:04:00.123Z 36000.1 0.5 sell\n"
                               "BTCUSDT trade 2021-05-19T13:04:00.124Z 36000.2 1.25 buy\n";
    const struct import_report *const report =
        loader_run_rows("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades",
                        AGG "701,36000.10,0.500,901,903,1621429440123,true\n"
                            "702,36000.20,1.250,904,904,1621429440124,false\n",
                        rows);
    assert_true(report->time_is_epoch);
    assert_int_equal(report->time_unit, TIME_MS);
    assert_int_equal(report->rows, 2);
    /* spot: no header, one column more, other capitals; us from 2025 on */
    loader_run_rows("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades",
                    "701,36000.10000000,0.50000000,901,903,1621429440123,True,True\n"
                    "702,36000.20000000,1.25000000,904,904,1621429440124,False,True\n",
                    rows);
    const struct import_report *const micro =
        loader_run_rows("/x/spot/daily/aggTrades/ETHBTC/ETHBTC-aggTrades-2025-01-01.zip",
                        "binance-aggtrades", "7,0.03561,2.5,9,9,1735689600000123,True,True\n",
                        "ETHBTC trade 2025-01-01T00:00:00.000123Z 0.03561 2.5 sell\n");
    assert_int_equal(micro->time_unit, TIME_US);
    /* without its name it may still be told by its shape, but not whose trades they are */
    assert_string_equal(loader_run_claim("-", "7,0.5,2.5,9,9,1735689600000123,True,True\n"),
                        "binance-aggtrades");
    loader_run_error("-", "binance-aggtrades", NULL, AGG, STATUS_CORRUPT,
                     "'-': its name does not say the instrument (as 'SYMBOL-aggTrades-DATE')");
    loader_run_columns("-", "binance-aggtrades", "instrument:=BINANCE:ETHBTC",
                       "7,0.5,2.5,9,9,1735689600000123,True,True\n",
                       "BINANCE:ETHBTC trade 2025-01-01T00:00:00.000123Z 0.5 2.5 sell\n");
}

static void trades_of_the_three_markets(void **state) {
    (void)state;
    loader_run_rows("BTCUSDT-trades-2021-05.csv", "binance-trades",
                    "id,price,qty,quote_qty,time,is_buyer_maker\n"
                    "5,36000.1,0.001,36.0001,1621429440123,true\n",
                    "BTCUSDT trade 2021-05-19T13:04:00.123Z 36000.1 0.001 sell\n");
    loader_run_rows("BTCUSD_PERP-trades-2021-05-19.zip", "binance-trades",
                    "id,price,qty,base_qty,time,is_buyer_maker\n"
                    "5,36000.1,17,0.04722209,1621429440123,false\n",
                    "BTCUSD_PERP trade 2021-05-19T13:04:00.123Z 36000.1 17 buy\n");
    loader_run_rows("BNBBTC-trades-2021-05-19.csv", "binance-trades",
                    "5,0.01,1.5,0.015,1621429440123,True,True\n",
                    "BNBBTC trade 2021-05-19T13:04:00.123Z 0.01 1.5 sell\n");
    loader_run_rows("BTCUSD_210625-trades-2021-05-19.csv", "binance-trades",
                    "5,36000.1,17,0.04722209,1621429440123,false\n",
                    "BTCUSD_210625 trade 2021-05-19T13:04:00.123Z 36000.1 17 buy\n");
}

static void klines_are_told_apart_by_folder_and_volume(void **state) {
    (void)state;
    static const char traded[] =
        KLINES "1621429440000,36000,36100.5,35900,36050,12.5,1621429499999,450000,7,6,216000,0\n"
               "1621429500000,36050,36050,36000,36000,0,1621429559999,0,0,0,0,0\n";
    static const char rows[] =
        "BTCUSDT bar/60s 2021-05-19T13:04:00Z 36000 36100.5 35900 36050 12.5\n"
        "BTCUSDT bar/60s 2021-05-19T13:05:00Z 36050 36050 36000 36000 0\n";
    loader_run_rows("BTCUSDT-1m-2021-05.csv", "binance-klines", traded, rows);
    loader_run_rows("BTCUSDT-1m-2021-05.csv", "binance-klines", traded + strlen(KLINES), rows);
    loader_run_rows("spot/monthly/klines/BTCUSDT/1m/BTCUSDT-1m-2021-05.zip", "binance-klines",
                    traded, rows);

    static const char untraded[] =
        "1621429440000,36000,36100.5,35900,36050,0,1621429499999,0,60,0,0,0\n";
    static const char *const folders[][3] = {
        {"markPriceKlines", "binance-mark-klines", "mark"},
        {"indexPriceKlines", "binance-index-klines", "index"},
        {"premiumIndexKlines", "binance-premium-klines", "premium"},
        {"klines", "binance-klines", "bar"},
    };
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        char expected[128];
        (void)snprintf(path, sizeof(path), "/data/%s/BTCUSDT/1m/BTCUSDT-1m-2021-05.zip",
                       folders[i][0]);
        (void)snprintf(expected, sizeof(expected),
                       "BTCUSDT %s/60s 2021-05-19T13:04:00Z 36000 36100.5 35900 36050 0\n",
                       folders[i][2]);
        loader_run_rows(path, folders[i][1], untraded, expected);
    }
    assert_string_equal(
        loader_run_claim("BTCUSDT-1m-2021-05.zip", untraded),
        "binance-index-klines|binance-klines|binance-mark-klines|binance-premium-klines");
    loader_run_rows("premiumIndexKlines/BTCUSDT-5m-2021-05.csv", "binance-premium-klines",
                    KLINES "1621429500000,-0.001,0.0002,-0.0035,0,0,1621429799999,0,60,0,0,0\n",
                    "BTCUSDT premium/300s 2021-05-19T13:05:00Z -0.001 0.0002 -0.0035 0 0\n");
}

static void a_bar_is_as_long_as_its_name_or_its_end_says(void **state) {
    (void)state;
    static const char bar[] = KLINES "1621429200000,3,4,2,3,1,1621430099999,1,1,1,1,0\n"
                                     "1621432800000,3,4,2,3,1,1621433699999,1,1,1,1,0\n";
    static const char rows[] = "X bar/900s 2021-05-19T13:00:00Z 3 4 2 3 1\n"
                               "X bar/900s 2021-05-19T14:00:00Z 3 4 2 3 1\n";
    loader_run_rows("X-15m-2021-05.csv", "binance-klines", bar, rows);
    loader_run_columns("other.csv", "binance-klines", "instrument:=X", bar, rows);
    /* weeks begin on Mondays */
    loader_run_rows("X-1w-2021-05.csv", "binance-klines",
                    KLINES "1621209600000,3,4,2,3,1,1621814399999,1,1,1,1,0\n"
                           "1621814400000,3,4,2,3,1,1622419199999,1,1,1,1,0\n",
                    "X bar/604800s 2021-05-17T00:00:00Z 3 4 2 3 1\n"
                    "X bar/604800s 2021-05-24T00:00:00Z 3 4 2 3 1\n");
    loader_run_error("X-1mo-2021-05.csv", "binance-klines", NULL, bar, STATUS_CORRUPT,
                     "bars of a calendar month are not all of one length");
    loader_run_error("X-1h-2021-05.csv", "binance-klines", NULL,
                     KLINES "1621429200000,3,4,2,3,1,1621432799999,1,1,1,1,0\n"
                            "1621430100000,3,4,2,3,1,1621433699999,1,1,1,1,0\n",
                     STATUS_CORRUPT,
                     "bars of X: 1 do not stand on the grid of their length, 3600 s");
    loader_run_error("other.csv", "binance-klines", "instrument:=X",
                     KLINES "1621429200000,3,4,2,3,1,1621429199000,1,1,1,1,0\n", STATUS_CORRUPT,
                     "line 2: column 'close_time': '1621429199000' is before the bar's beginning");
}

static void quotes_and_depth(void **state) {
    (void)state;
    loader_run_rows("BTCUSDT-bookTicker-2023-05-16.csv", "binance-bookticker",
                    "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
                    "transaction_time,event_time\n"
                    "11,27000.5,19.25,27000.6,8.5,1684195200015,1684195200020\n"
                    "12,27000.5,18.25,27000.6,8.5,1684195200016,1684195200021\n",
                    "BTCUSDT bid 2023-05-16T00:00:00.015Z 27000.5 19.25\n"
                    "BTCUSDT bid 2023-05-16T00:00:00.016Z 27000.5 18.25\n"
                    "BTCUSDT ask 2023-05-16T00:00:00.015Z 27000.6 8.5\n"
                    "BTCUSDT ask 2023-05-16T00:00:00.016Z 27000.6 8.5\n");
    loader_run_rows("BTCUSDT-bookDepth-2023-05-16.csv", "binance-bookdepth",
                    "timestamp,percentage,depth,notional\n"
                    "2023-05-16 00:00:08,-5.00,5200.125,135000000.5\n"
                    "2023-05-16 00:00:08,-1,1200,32000000\n"
                    "2023-05-16 00:00:08,-0.20,300,8000000\n"
                    "2023-05-16 00:00:08,0.20,310,8400000\n"
                    "2023-05-16 00:00:08,1,1300,35100000\n"
                    "2023-05-16 00:00:38,1.00,1301,35127000\n",
                    "BTCUSDT depth_5pct 2023-05-16T00:00:08Z 135000000.5 5200.125 buy\n"
                    "BTCUSDT depth_1pct 2023-05-16T00:00:08Z 32000000 1200 buy\n"
                    "BTCUSDT depth_1pct 2023-05-16T00:00:08Z 35100000 1300 sell\n"
                    "BTCUSDT depth_1pct 2023-05-16T00:00:38Z 35127000 1301 sell\n"
                    "BTCUSDT depth_0_2pct 2023-05-16T00:00:08Z 8000000 300 buy\n"
                    "BTCUSDT depth_0_2pct 2023-05-16T00:00:08Z 8400000 310 sell\n");
    loader_run_error("X-bookDepth-2023-05-16.csv", "binance-bookdepth", NULL,
                     "timestamp,percentage,depth,notional\n2023-05-16 00:00:08,0,1,1\n",
                     STATUS_CORRUPT, "line 2: column 'percentage': '0' is not a distance");
    loader_run_error("X-bookDepth-2023-05-16.csv", "binance-bookdepth", NULL,
                     "timestamp,percentage,depth,notional\n2023-05-16 00:00:60,1,1,1\n",
                     STATUS_CORRUPT, "line 2: column 'timestamp': '2023-05-16 00:00:60' is not");
}

static void funding_and_metrics(void **state) {
    (void)state;
    loader_run_rows("BTCUSDT-fundingRate-2024-02.csv", "binance-funding",
                    "calc_time,funding_interval_hours,last_funding_rate\n"
                    "1706745600001,8,0.00012500\n1706774400000,8,-0.00003\n",
                    "BTCUSDT funding_rate 2024-02-01T00:00:00.001Z 0.000125 none\n"
                    "BTCUSDT funding_rate 2024-02-01T08:00:00Z -0.00003 none\n");
    loader_run_rows(
        "BTCUSDT-metrics-2024-02-01.csv", "binance-metrics",
        "create_time,symbol,sum_open_interest,sum_open_interest_value,"
        "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
        "count_long_short_ratio,sum_taker_long_short_vol_ratio\n"
        "2024-02-01 00:05:00,BTCUSDT,81234.5670000000000000,3456789012.3450000000000000,"
        "1.25000000,1.5,0.75,1.125\n"
        "2024-02-01 00:10:00,BTCUSDT,81235,3456800000,,,\"\",0.5\n",
        "BTCUSDT open_interest 2024-02-01T00:05:00Z 81234.567 none\n"
        "BTCUSDT open_interest 2024-02-01T00:10:00Z 81235 none\n"
        "BTCUSDT open_interest_value 2024-02-01T00:05:00Z 3456789012.345 none\n"
        "BTCUSDT open_interest_value 2024-02-01T00:10:00Z 3456800000 none\n"
        "BTCUSDT long_short_top_accounts 2024-02-01T00:05:00Z 1.25 none\n"
        "BTCUSDT long_short_top_positions 2024-02-01T00:05:00Z 1.5 none\n"
        "BTCUSDT long_short_accounts 2024-02-01T00:05:00Z 0.75 none\n"
        "BTCUSDT long_short_taker_volume 2024-02-01T00:05:00Z 1.125 none\n"
        "BTCUSDT long_short_taker_volume 2024-02-01T00:10:00Z 0.5 none\n");
}

static void liquidations_once_each(void **state) {
    (void)state;
    loader_run_rows("BTCUSD_PERP-liquidationSnapshot-2023-06-25.csv", "binance-liquidations",
                    LIQUIDATIONS "1687651200100,BUY,LIMIT,IOC,7,30741.3,30631.6,FILLED,6,7\n"
                                 "1687651200100,BUY,LIMIT,IOC,7,30741.3,30631.6,FILLED,6,7\n"
                                 "1687651200100,BUY,LIMIT,IOC,7,30741.3,30631.7,FILLED,6,7\n"
                                 "1687651200300,SELL,LIMIT,IOC,40,30500,0,NEW,0,0\n",
                    "BTCUSD_PERP liquidation 2023-06-25T00:00:00.100Z 30631.6 7 buy\n"
                    "BTCUSD_PERP liquidation 2023-06-25T00:00:00.100Z 30631.7 7 buy\n"
                    "BTCUSD_PERP liquidation 2023-06-25T00:00:00.300Z 30500 40 sell\n");
}

static void bad_rows_are_named(void **state) {
    (void)state;
    static const struct {
        const char *row;
        enum status status;
        const char *words;
    } cases[] = {
        {"702,36000.20,1.250,904,904,1621429440124", STATUS_CORRUPT,
         "line 3: a field is missing: 6 fields, but the first line has 7"},
        {"702,36000.20,1.250,904,904,1621429440124,false,x", STATUS_CORRUPT,
         "line 3: too many fields: 8"},
        {"702,36000.20,1.250,904,904,1621429440124,maybe", STATUS_CORRUPT,
         "line 3: column 'is_buyer_maker': 'maybe' is neither true nor false"},
        {"702,36000.20,1.250,904,904,1621429440124,", STATUS_CORRUPT,
         "line 3: column 'is_buyer_maker' is empty"},
        {"702,abc,1.250,904,904,1621429440124,true", STATUS_CORRUPT,
         "line 3: column 'price': 'abc' is not a number"},
        {"702,,1.250,904,904,1621429440124,true", STATUS_CORRUPT,
         "line 3: column 'price' is empty"},
        {"702,1.23456789012345678901,1,904,904,1621429440124,true", STATUS_RANGE,
         "line 3: column 'price': '1.23456789012345678901' cannot be held exactly"},
        {"702,36000.20,1,904,904,2021-05-19,true", STATUS_CORRUPT,
         "line 3: column 'transact_time': '2021-05-19' is not an epoch number"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        (void)snprintf(text, sizeof(text), AGG "701,36000.1,0.5,901,903,1621429440123,true\n%s\n",
                       cases[i].row);
        loader_run_error("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades", NULL, text,
                         cases[i].status, cases[i].words);
    }
    loader_run_error("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades", NULL,
                     "a,b,c\n1,2,3\n", STATUS_CORRUPT,
                     "line 1: not the columns of binance-aggtrades: agg_trade_id,");
    loader_run_error("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades", NULL, "",
                     STATUS_CORRUPT, "is empty: not even a header");
    loader_run_error("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades", "price=px", AGG,
                     STATUS_USAGE, "of binance-aggtrades only instrument:=NAME can be given");
    loader_run_error("BTCUSDT-metrics-2024-02-01.csv", "binance-metrics", "instrument:=X", "",
                     STATUS_USAGE, "the columns of binance-metrics are known");
}

/* Nobody can mend a vendor's file: what is odd is put right or left out, and counted. */
static void odd_rows_do_not_end_the_import(void **state) {
    (void)state;
    const struct import_report *const report =
        loader_run_rows("BTCUSDT-aggTrades-2021-05-19.csv", "binance-aggtrades",
                        AGG "701,36000.1,0.5,901,903,1621429440123,true\n"
                            "702,0,1.25,904,904,1621429440124,true\n"
                            "703,36000.2,-1,905,905,1621429440124,true\n"
                            "704,36000.3,2,906,906,1621429440122,false\n"
                            "705,36000.4,3,907,907,1621429440125000,false\n",
                        "BTCUSDT trade 2021-05-19T13:04:00.122Z 36000.3 2 buy\n"
                        "BTCUSDT trade 2021-05-19T13:04:00.123Z 36000.1 0.5 sell\n"
                        "BTCUSDT trade 2021-05-19T13:04:00.125Z 36000.4 3 buy\n");
    assert_int_equal(report->unit_switches, 1);
    const struct series_quality *const quality = loader_run_quality("BTCUSDT", "trade");
    assert_int_equal(quality->rows, 3);
    assert_int_equal(quality->odd, 2);
    assert_int_equal(quality->odd_line, 3);
    assert_int_equal(quality->out_of_order, 1);
    assert_int_equal(quality->id_gaps, 0);
    loader_run_columns("BTCUSDT-trades-2021-05.csv", "binance-trades", NULL,
                       "id,price,qty,quote_qty,time,is_buyer_maker\n"
                       "5,3,1,3,1621429440123,true\n"
                       "9,4,1,4,1621429440123,true\n"
                       "10,5,1,5,1621429440123,true\n",
                       "BTCUSDT trade 2021-05-19T13:04:00.123Z 3 1 sell\n"
                       "BTCUSDT trade 2021-05-19T13:04:00.123Z 4 1 sell\n"
                       "BTCUSDT trade 2021-05-19T13:04:00.123Z 5 1 sell\n");
    assert_int_equal(loader_run_quality("BTCUSDT", "trade")->id_gaps, 1);
    assert_int_equal(loader_run_quality("BTCUSDT", "trade")->ids_missing, 3);
    loader_run_columns("BTCUSDT-bookTicker-2023-05-16.csv", "binance-bookticker", NULL,
                       "update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,"
                       "transaction_time,event_time\n"
                       "11,27000.5,19.25,27000.6,8.5,1684195200015,1684195200020\n"
                       "12,27000.6,18.25,27000.60,8.5,1684195200016,1684195200021\n",
                       "BTCUSDT bid 2023-05-16T00:00:00.015Z 27000.5 19.25\n"
                       "BTCUSDT bid 2023-05-16T00:00:00.016Z 27000.6 18.25\n"
                       "BTCUSDT ask 2023-05-16T00:00:00.015Z 27000.6 8.5\n"
                       "BTCUSDT ask 2023-05-16T00:00:00.016Z 27000.6 8.5\n");
    assert_int_equal(loader_run_quality("BTCUSDT", "bid")->crossed, 1);
}

static void what_is_not_theirs_is_not_claimed(void **state) {
    (void)state;
    static const char *const texts[] = {
        "701,36000.1,0.5,901,903,1621429440123,maybe\n", "701,36000.1,0.5,901,903,12,true\n",
        "701,nan,0.5,901,903,1621429440123,true\n",      "id,price,qty,quote_qty,time\n",
        "1621429440000,1,2,3,4,5,6,7,8,9,10\n",          "{\"a\":1}\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_string_equal(loader_run_claim("BTCUSDT-aggTrades-2021-05-19.csv", texts[i]), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aggtrades_with_and_without_header),
        cmocka_unit_test(trades_of_the_three_markets),
        cmocka_unit_test(klines_are_told_apart_by_folder_and_volume),
        cmocka_unit_test(a_bar_is_as_long_as_its_name_or_its_end_says),
        cmocka_unit_test(quotes_and_depth),
        cmocka_unit_test(funding_and_metrics),
        cmocka_unit_test(liquidations_once_each),
        cmocka_unit_test(bad_rows_are_named),
        cmocka_unit_test(odd_rows_do_not_end_the_import),
        cmocka_unit_test(what_is_not_theirs_is_not_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: each message of the recorded feeds of Binance, Bybit and Hyperliquid gives exactly its
 * rows; a book kept from updates is the venue's. Method: one message of each kind, with and without
 * the recorder's time, whole and cut anywhere; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "loaders/formats/websocket.h"
#include "tests/unit/loaders/loader_rows.h"

#define T "1621429440123"
#define AT " 2021-05-19T13:04:00.123Z "

static void expect(const char *text, const char *rows) {
    assert_int_equal(loader_rows_claim(&websocket_loader, "x", text, strlen(text)), LOADER_SURE);
    loader_rows_expect(&websocket_loader, "feed.txt", text, strlen(text), rows);
}

static void refuse(const char *text, enum status status, const char *words) {
    loader_rows_refuse(&websocket_loader, "feed.txt", text, strlen(text), status, words);
}

static void binance_trades(void **state) {
    (void)state;
    expect(
        "{\"e\":\"aggTrade\",\"E\":1621429440125,\"s\":\"ETHUSDT\",\"a\":1,\"p\":\"36000.10\","
        "\"q\":\"0.5\",\"T\":" T ",\"m\":true}\n"
        "{\"e\":\"trade\",\"E\":1,\"s\":\"BTCUSDT\",\"t\":1,\"p\":\"36000.2\",\"q\":\"1\",\"X\":"
        "\"MARKET\",\"T\":" T ",\"m\":false}\n"
        "{\"e\":\"trade\",\"E\":1,\"s\":\"BTCUSDT\",\"t\":2,\"p\":\"36000.3\",\"q\":\"1\",\"X\":"
        "\"ADL\",\"T\":" T ",\"m\":false}\n"
        "{\"e\":\"trade\",\"E\":1,\"s\":\"BTCUSDT\",\"t\":3,\"p\":\"0\",\"q\":\"0\",\"X\":\"NA\","
        "\"T\":" T ",\"m\":false}\n",
        "ETHUSDT trade" AT "36000.1 0.5 sell\n"
        "BTCUSDT trade" AT "36000.2 1 buy\n"
        "BTCUSDT adl" AT "36000.3 1 buy\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void binance_in_streams_with_the_recorders_time(void **state) {
    (void)state;
    expect("1621429440999000 {\"stream\":\"btcusdt@bookTicker\",\"data\":{\"e\":\"bookTicker\","
           "\"u\":1,\"s\":\"BTCUSDT\",\"b\":\"36000.1\",\"B\":\"2\",\"a\":\"36000.2\",\"A\":\"3\","
           "\"T\":" T ",\"E\":1621429440125}}\n"
           "1621429440999001 {\"stream\":\"btcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\","
           "\"E\":1,\"b\":[[\"1\",\"2\"]]}}\n"
           "1621429440999002 {\"stream\":\"btcusdt@markPrice@1s\",\"data\":{\"e\":"
           "\"markPriceUpdate\",\"E\":" T ",\"s\":\"BTCUSDT\",\"p\":\"36000.50000000\",\"P\":\"1\","
           "\"i\":\"36010.25\",\"r\":\"-0.00010000\",\"T\":1621440000000}}\n",
           "BTCUSDT bid" AT "36000.1 2\n"
           "BTCUSDT ask" AT "36000.2 3\n"
           "BTCUSDT mark" AT "36000.5 none\n"
           "BTCUSDT index" AT "36010.25 none\n"
           "BTCUSDT predicted_funding_rate" AT "-0.0001 none\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

#define EVENT(e, price)                                                                            \
    "{\"e\":\"" e "\",\"s\":\"BTCUSDT\",\"p\":\"" price "\",\"q\":\"1\",\"T\":" T                  \
    ",\"E\":1,\"m\":false}\n"

/* Trades and their sums are the same tape twice. */
static void binance_trades_are_taken_once(void **state) {
    (void)state;
    expect(EVENT("aggTrade", "5") EVENT("trade", "6") EVENT("aggTrade", "7"),
           "BTCUSDT trade" AT "5 1 buy\nBTCUSDT trade" AT "7 1 buy\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
    expect(EVENT("trade", "6") EVENT("aggTrade", "7"), "BTCUSDT trade" AT "6 1 buy\n");
}

/* The best quotes of spot have no time of the exchange. */
static void binance_spot_quotes_have_the_recorders_time(void **state) {
    (void)state;
    static const char quote[] = "{\"u\":4,\"s\":\"BNBUSDT\",\"b\":\"25.35\",\"B\":\"31.2\",\"a\":"
                                "\"25.36\",\"A\":\"40.6\"}}\n";
    char text[512];
    (void)snprintf(text, sizeof(text), "1621429440123000 {\"stream\":\"x\",\"data\":%s", quote);
    expect(text, "BNBUSDT bid" AT "25.35 31.2\nBNBUSDT ask" AT "25.36 40.6\n");
    (void)snprintf(text, sizeof(text), "{\"stream\":\"x\",\"data\":%s", quote);
    expect(text, "");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

#define FORCED(side, average)                                                                      \
    "{\"e\":\"forceOrder\",\"E\":1621429440130,\"o\":{\"s\":\"BTCUSDT\",\"S\":\"" side             \
    "\",\"o\":\"LIMIT\",\"q\":\"0.014\",\"p\":\"9910\",\"ap\":\"" average                          \
    "\",\"X\":\"FILLED\",\"l\":\"0.014\",\"z\":\"0.014\",\"T\":" T "}}"

static void binance_liquidations(void **state) {
    (void)state;
    expect(FORCED("SELL", "9909.5") "\n" FORCED("BUY", "0") "\n",
           "BTCUSDT liquidation" AT "9909.5 0.014 sell\n"
           "BTCUSDT liquidation" AT "9910 0.014 buy\n");
}

static void binance_arrays_and_answers(void **state) {
    (void)state;
    expect("[{\"e\":\"markPriceUpdate\",\"E\":" T ",\"s\":\"A\",\"p\":\"5\",\"r\":\"\"},"
           "{\"e\":\"markPriceUpdate\",\"E\":" T ",\"s\":\"B\",\"p\":\"6\"}]\n"
           "{\"result\":null,\"id\":1}\n",
           "A mark" AT "5 none\nB mark" AT "6 none\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void bybit_prints(void **state) {
    (void)state;
    expect("{\"topic\":\"publicTrade.BTCUSDT\",\"type\":\"snapshot\",\"ts\":1,\"data\":[{\"T\":" T
           ",\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"0.001\",\"p\":\"36000.5\",\"BT\":false},"
           "{\"T\":" T ",\"s\":\"BTCUSDT\",\"S\":\"Sell\",\"v\":\"2\",\"p\":\"36000\"}]}\n"
           "{\"topic\":\"allLiquidation.BTCUSDT\",\"data\":[{\"T\":" T
           ",\"s\":\"BTCUSDT\",\"S\":\"Buy\",\"v\":\"3\",\"p\":\"35000\"}]}\n"
           "{\"topic\":\"liquidation.BTCUSDT\",\"data\":{\"updatedTime\":" T
           ",\"symbol\":\"BTCUSDT\",\"side\":\"Sell\",\"size\":\"4\",\"price\":\"37000\"}}\n"
           "{\"topic\":\"kline.1.BTCUSDT\",\"data\":[]}\n",
           "BTCUSDT trade" AT "36000.5 0.001 buy\n"
           "BTCUSDT trade" AT "36000 2 sell\n"
           /* the side is the position's: a long that is closed is sold */
           "BTCUSDT liquidation" AT "35000 3 sell\n"
           "BTCUSDT liquidation" AT "37000 4 buy\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void bybit_tickers(void **state) {
    (void)state;
    expect("{\"topic\":\"tickers.BTCUSDT\",\"type\":\"delta\",\"data\":{\"symbol\":\"BTCUSDT\","
           "\"markPrice\":\"36000\",\"indexPrice\":\"36001.5\",\"openInterest\":\"500.5\","
           "\"openInterestValue\":\"18000000\",\"fundingRate\":\"0.0001\"},\"ts\":" T "}\n"
           "{\"topic\":\"tickers.BTCUSDT\",\"type\":\"delta\",\"data\":{\"symbol\":\"BTCUSDT\","
           "\"bid1Size\":\"5\"},\"ts\":" T "}\n",
           "BTCUSDT mark" AT "36000 none\n"
           "BTCUSDT index" AT "36001.5 none\n"
           "BTCUSDT open_interest" AT "500.5 none\n"
           "BTCUSDT open_interest_value" AT "18000000 none\n"
           "BTCUSDT predicted_funding_rate" AT "0.0001 none\n");
}

#define BOOK(type, time, bids, asks)                                                               \
    "{\"topic\":\"orderbook.50.XUSDT\",\"type\":\"" type "\",\"ts\":5,\"data\":{\"s\":\"XUSDT\","  \
    "\"b\":[" bids "],\"a\":[" asks "],\"u\":1},\"cts\":" time "}\n"

static void bybit_books(void **state) {
    (void)state;
    /* middle 100: 1 % ends at 99 and 101; the bids go to 98.5, the asks to 100.8 only */
    expect(BOOK("delta", "1621429439000", "[\"1\",\"1\"]", "")
               BOOK("snapshot", T, "[\"99.5\",\"2\"],[\"99\",\"4\"],[\"98.5\",\"8\"]",
                    "[\"100.5\",\"1\"],[\"100.8\",\"1\"]")
                   BOOK("delta", "1621429440623", "[\"99.50\",\"0\"]", "[\"100.4\",\"0.5\"]")
                       BOOK("delta", "1621429441623", "[\"99\",\"4.0\"]", "[\"103\",\"5\"]")
                           BOOK("snapshot", "1621429441700", "[\"98\",\"1\"]", "[\"99\",\"1\"]"),
           "XUSDT bid" AT "99.5 2\n"
           "XUSDT bid 2021-05-19T13:04:00.623Z 99 4\n"
           "XUSDT bid 2021-05-19T13:04:01.700Z 98 1\n"
           "XUSDT ask" AT "100.5 1\n"
           "XUSDT ask 2021-05-19T13:04:00.623Z 100.4 0.5\n"
           "XUSDT ask 2021-05-19T13:04:01.700Z 99 1\n"
           "XUSDT depth_1pct" AT "595 6 buy\n" /* 99.5 * 2 + 99 * 4 */
           /* middle 99.7: bids from 98.703, asks up to 100.697 */
           "XUSDT depth_1pct 2021-05-19T13:04:01.623Z 396 4 buy\n"
           "XUSDT depth_1pct 2021-05-19T13:04:01.623Z 150.7 1.5 sell\n"
           "XUSDT depth_2pct 2021-05-19T13:04:01.623Z 251.5 2.5 sell\n"
           "XUSDT depth_3pct 2021-05-19T13:04:01.623Z 251.5 2.5 sell\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void hyperliquid_messages(void **state) {
    (void)state;
    expect("1621429440999000000 {\"channel\":\"trades\",\"data\":[{\"coin\":\"BTC\",\"px\":"
           "\"36000.0\",\"side\":\"B\",\"sz\":\"0.5\",\"tid\":1,\"time\":" T ",\"users\":[]}]}\n"
           "{\"channel\":\"l2Book\",\"data\":{\"coin\":\"BTC\",\"levels\":[[{\"n\":5,\"px\":"
           "\"35999\",\"sz\":\"3\"}],[{\"n\":1,\"px\":\"36001\",\"sz\":\"4\"}]],\"time\":" T "}}\n"
           "{\"channel\":\"bbo\",\"data\":{\"coin\":\"BTC\",\"time\":" T ",\"bbo\":[null,{\"px\":"
           "\"36002\",\"sz\":\"1\",\"n\":1}]}}\n"
           "{\"channel\":\"pong\"}\n",
           "BTC trade" AT "36000 0.5 buy\n"
           "BTC bid" AT "35999 3\n"
           "BTC ask" AT "36001 4\n"
           "BTC ask" AT "36002 1\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void bad_messages_are_refused(void **state) {
    (void)state;
    refuse("", STATUS_CORRUPT, "is empty");
    refuse("\"hello\"\n", STATUS_CORRUPT, "line 1 (byte 7): neither a message nor a time");
    refuse("{\"e\":\"trade\",\"s\":\"A\",\"E\":" T ",\"p\":\"1\",\"q\":\"1\"}\n", STATUS_CORRUPT,
           "field 'm' is neither true nor false");
    refuse("{\"e\":\"trade\",\"s\":\"A\",\"p\":\"1\",\"q\":\"1\",\"m\":true}\n", STATUS_CORRUPT,
           "field 'E' is missing");
    refuse("{}\n{\"e\":\"aggTrade\",\"s\":\"A\",\"E\":" T ",\"p\":\"1x\",\"q\":\"1\",\"m\":true}\n",
           STATUS_CORRUPT, "'feed.txt', line 2 (byte ");
    refuse(BOOK("snapshot", T, "[\"-1\",\"2\"]", ""), STATUS_CORRUPT, "'price' is not above 0");
    refuse(BOOK("snapshot", T, "[\"1\"]", ""), STATUS_CORRUPT, "field 'size' is missing");
    refuse(BOOK("update", T, "", ""), STATUS_CORRUPT, "'update' is neither snapshot nor delta");
    refuse("{\"topic\":\"publicTrade.X\",\"data\":[{\"T\":" T ",\"s\":\"X\",\"S\":\"B\"}]}",
           STATUS_CORRUPT, "field 'S': 'B' is neither Buy nor Sell");
    refuse("{\"channel\":\"trades\",\"data\":5}", STATUS_CORRUPT, "not an array of trades");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binance_trades),
        cmocka_unit_test(binance_in_streams_with_the_recorders_time),
        cmocka_unit_test(binance_trades_are_taken_once),
        cmocka_unit_test(binance_spot_quotes_have_the_recorders_time),
        cmocka_unit_test(binance_liquidations),
        cmocka_unit_test(binance_arrays_and_answers),
        cmocka_unit_test(bybit_prints),
        cmocka_unit_test(bybit_tickers),
        cmocka_unit_test(bybit_books),
        cmocka_unit_test(hyperliquid_messages),
        cmocka_unit_test(bad_messages_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

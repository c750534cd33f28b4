/* Goal: each trade, liquidation and auto-deleveraging of Hyperliquid's files once, though a fill
 * stands there for both of its sides; quotes from its order books.
 * Method: lines of every kind, whole and cut anywhere; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "loaders/formats/hyperliquid.h"
#include "tests/unit/loaders/loader_rows.h"

#define FILL(user, side, dir, crossed, more)                                                       \
    "[\"" user "\",{\"coin\":\"BTC\",\"px\":\"36000.5\",\"sz\":\"0.25\",\"side\":\"" side          \
    "\",\"time\":1621429440123,\"startPosition\":\"1.0\",\"dir\":\"" dir                           \
    "\",\"closedPnl\":\"-5.0\",\"hash\":\"0x1\",\"oid\":7,\"crossed\":" crossed                    \
    ",\"fee\":\"0.1\",\"tid\":9" more "}]"
#define LIQUIDATED(user, method)                                                                   \
    ",\"liquidation\":{\"liquidatedUser\":\"" user "\",\"markPx\":\"36001\",\"method\":\"" method  \
    "\"}"
#define AT " 2021-05-19T13:04:00.123Z 36000.5 0.25 "

static void expect(const char *text, const char *rows) {
    loader_rows_expect(&hyperliquid_loader, "10.lz4", text, strlen(text), rows);
    assert_int_equal(loader_rows_claim(&hyperliquid_loader, "10", text, strlen(text)), LOADER_SURE);
}

static void refuse(const char *text, enum status status, const char *words) {
    loader_rows_refuse(&hyperliquid_loader, "10.lz4", text, strlen(text), status, words);
}

static void a_trade_is_the_takers_fill(void **state) {
    (void)state;
    expect(FILL("0xa", "B", "Open Long", "true", "") "\n" FILL("0xb", "A", "Open Short", "false",
                                                               "") "\n",
           "BTC trade" AT "buy\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void a_market_liquidation_is_on_the_tape_too(void **state) {
    (void)state;
    expect(FILL("0xA", "A", "Close Long", "true", LIQUIDATED("0xa", "market")) "\n" FILL(
               "0xb", "B", "Open Long", "false", LIQUIDATED("0xa", "market")) "\n",
           "BTC trade" AT "sell\nBTC liquidation" AT "sell\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void a_backstop_moves_no_price(void **state) {
    (void)state;
    expect(FILL("0xa", "B", "Liquidated Cross Short", "true",
                LIQUIDATED("0xa", "backstop")) "\n" FILL("0xv", "A", "Open Short", "false",
                                                         LIQUIDATED("0xa", "backstop")) "\n",
           "BTC liquidation" AT "buy\n");
}

static void the_deleveraged_are_adl(void **state) {
    (void)state;
    expect(FILL("0xw", "B", "Auto-Deleveraging", "false", LIQUIDATED("0xa", "backstop")) "\n" FILL(
               "0xa", "A", "Auto-Deleveraging", "true", LIQUIDATED("0xa", "backstop")) "\n",
           "BTC adl" AT "buy\nBTC liquidation" AT "sell\n");
    expect(FILL("0xw", "B", "Settlement", "true", "") "\n", "");
}

static void blocks_and_plain_fills(void **state) {
    (void)state;
    expect("{\"local_time\":\"2021-05-19T13:04:00.2\",\"block_time\":\"2021-05-19T13:04:00.1\","
           "\"block_number\":5,\"events\":[" FILL("0xa", "B", "Open Long", "true", "") "," FILL(
               "0xb", "A", "Open Short", "false", "") "]}\n"
                                                      "{\"block_number\":6,\"events\":[]}\n",
           "BTC trade" AT "buy\n");
    expect("{\"coin\":\"@107\",\"px\":\"20\",\"sz\":\"1\",\"side\":\"A\",\"time\":1621429440123,"
           "\"startPosition\":\"0\",\"dir\":\"Sell\",\"closedPnl\":\"0\",\"crossed\":true,"
           "\"tid\":1}\n",
           "@107 trade 2021-05-19T13:04:00.123Z 20 1 sell\n");
}

#define TRADE(override)                                                                            \
    "{\"coin\":\"COMP\",\"side\":\"B\",\"time\":\"2024-07-26T08:26:25.899000001\",\"px\":"         \
    "\"51.367\",\"sz\":\"0.31\",\"hash\":\"0x1\",\"trade_dir_override\":\"" override               \
    "\",\"side_info\":[{\"user\":\"0xa\",\"start_pos\":\"1\"},{\"user\":\"0xb\"}]}\n"

static void node_trades(void **state) {
    (void)state;
    expect(TRADE("Na") TRADE("LiquidatedCrossShort") TRADE("AutoDeleveraging") TRADE("Settlement"),
           "COMP trade 2024-07-26T08:26:25.899000001Z 51.367 0.31 buy\n"
           "COMP liquidation 2024-07-26T08:26:25.899000001Z 51.367 0.31 buy\n"
           "COMP adl 2024-07-26T08:26:25.899000001Z 51.367 0.31 buy\n");
    assert_int_equal(loader_rows_report.records_skipped, 1);
}

static void order_books(void **state) {
    (void)state;
    expect("{\"time\":\"2023-09-16T09:00:00.03\",\"ver_num\":1,\"raw\":{\"channel\":\"l2Book\","
           "\"data\":{\"coin\":\"SOL\",\"time\":1694854800007,\"levels\":[[{\"px\":\"18.9\",\"sz\":"
           "\"62.1\",\"n\":1},{\"px\":\"18.8\",\"sz\":\"5\",\"n\":1}],[{\"px\":\"18.91\",\"sz\":"
           "\"3\",\"n\":2}]]}}}\n"
           "{\"time\":\"2023-09-16T09:00:01\",\"ver_num\":1,\"raw\":{\"channel\":\"l2Book\","
           "\"data\":{\"coin\":\"SOL\",\"time\":1694854801007,\"levels\":[[],[{\"px\":\"18.92\","
           "\"sz\":\"3\",\"n\":2}]]}}}\n",
           "SOL bid 2023-09-16T09:00:00.007Z 18.9 62.1\n"
           "SOL ask 2023-09-16T09:00:00.007Z 18.91 3\n"
           "SOL ask 2023-09-16T09:00:01.007Z 18.92 3\n");
}

static void bad_lines_are_refused(void **state) {
    (void)state;
    refuse("", STATUS_CORRUPT, "is empty");
    refuse("[\"0xa\"]\n", STATUS_CORRUPT, "line 1 (byte 7): an array that is not [user, fill]");
    refuse("{}\n{\"a\":1}\n", STATUS_CORRUPT, "line 1 (byte 2): neither a fill");
    refuse(FILL("0xa", "C", "Open Long", "true", "") "\n", STATUS_CORRUPT,
           "field 'side': 'C' is neither B nor A");
    refuse("{\"tid\":1,\"time\":1621429440123,\"coin\":\"BTC\",\"side\":\"A\",\"px\":\"x\","
           "\"sz\":\"1\",\"crossed\":true}\n",
           STATUS_CORRUPT, "field 'px': 'x' is not a number");
    refuse("{\"raw\":{\"channel\":\"l2Book\",\"data\":{\"coin\":\"SOL\",\"time\":1694854800007}}}",
           STATUS_CORRUPT, "field 'levels' has no bids and asks");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trade_is_the_takers_fill),
        cmocka_unit_test(a_market_liquidation_is_on_the_tape_too),
        cmocka_unit_test(a_backstop_moves_no_price),
        cmocka_unit_test(the_deleveraged_are_adl),
        cmocka_unit_test(blocks_and_plain_fills),
        cmocka_unit_test(node_trades),
        cmocka_unit_test(order_books),
        cmocka_unit_test(bad_lines_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

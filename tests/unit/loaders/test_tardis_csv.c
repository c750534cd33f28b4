/* Goal: the files of Tardis are told apart and read exactly, books among them.
 * Method: hand-written files in the vendor's layout; the exact rows that reach the sink, however
 * the bytes are cut; errors by their words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tests/unit/loaders/loader_run.h"

#define TRADES "exchange,symbol,timestamp,local_timestamp,id,side,price,amount\n"
#define BOOK "exchange,symbol,timestamp,local_timestamp,is_snapshot,side,price,amount\n"
#define T "162142944000" /* 2021-05-19T13:04:00.. in units of 10 us, with what follows */

static void trades_and_liquidations_are_told_apart_by_name(void **state) {
    (void)state;
    static const char text[] = TRADES "bitmex,XBTUSD," T "0123," T "4123,a-1,sell,36000.5,2152\n"
                                      "bitmex,XBTUSD," T "0124," T "4124,a-2,buy,36001,1\n"
                                      "bitmex,ETHUSD," T "0124," T "4124,,unknown,2500.05,7\n";
    loader_run_rows("bitmex_trades_2021-05-19_XBTUSD.csv.gz", "tardis-trades", text,
                    "XBTUSD trade 2021-05-19T13:04:00.000123Z 36000.5 2152 sell\n"
                    "XBTUSD trade 2021-05-19T13:04:00.000124Z 36001 1 buy\n"
                    "ETHUSD trade 2021-05-19T13:04:00.000124Z 2500.05 7\n");
    loader_run_rows("/trades/bitmex/liquidations/2021/05/19/XBTUSD.csv.gz", "tardis-liquidations",
                    text,
                    "XBTUSD liquidation 2021-05-19T13:04:00.000123Z 36000.5 2152 sell\n"
                    "XBTUSD liquidation 2021-05-19T13:04:00.000124Z 36001 1 buy\n"
                    "ETHUSD liquidation 2021-05-19T13:04:00.000124Z 2500.05 7\n");
    assert_string_equal(loader_run_claim("XBTUSD.csv.gz", text),
                        "tardis-liquidations|tardis-trades");
    loader_run_error("x_trades_x.csv", "tardis-trades", NULL,
                     TRADES "bitmex,XBTUSD," T "0123," T "4123,a,short,1,1\n", STATUS_CORRUPT,
                     "line 2: column 'side': 'short' is neither buy, sell nor empty");
    loader_run_error("x_trades_x.csv", "tardis-trades", NULL,
                     TRADES "bitmex,XBTUSD,," T "4123,a,buy,1,1\n", STATUS_CORRUPT,
                     "line 2: column 'timestamp' is empty");
}

static void an_empty_file_has_no_data(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {"bitmex_trades_2021-05-19_XBTUSD.csv.gz", "tardis-trades"},
        {"bitmex/liquidations/2021/05/19/XBTUSD.csv.gz", "tardis-liquidations"},
        {"bitmex_quotes_2021-05-19_XBTUSD.csv.gz", "tardis-quotes"},
        {"bitmex_book_ticker_2021-05-19_XBTUSD.csv.gz", "tardis-quotes"},
        {"bitmex_derivative_ticker_2021-05-19_XBTUSD.csv.gz", "tardis-derivative-ticker"},
        {"bitmex_book_snapshot_25_2021-05-19_XBTUSD.csv.gz", "tardis-book-snapshot"},
        {"bitmex_incremental_book_L2_2021-05-19_XBTUSD.csv.gz", "tardis-incremental-book"},
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        assert_int_equal(loader_run_rows(files[i][0], files[i][1], "", "")->rows, 0);
    loader_run_error("x.csv", "tardis-trades", NULL, "", STATUS_CORRUPT, "not even a header");
}

static void quotes_with_and_without_a_side(void **state) {
    (void)state;
    loader_run_rows("huobi_quotes_2021-05-19_BTC-USD.csv.gz", "tardis-quotes",
                    "exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,bid_price,"
                    "bid_amount\n"
                    "huobi,BTC-USD," T "0123," T "4123,86,36000.5,36000.4,112\n"
                    "huobi,BTC-USD," T "0124," T "4124,,,36000.3,114\n",
                    "BTC-USD bid 2021-05-19T13:04:00.000123Z 36000.4 112\n"
                    "BTC-USD bid 2021-05-19T13:04:00.000124Z 36000.3 114\n"
                    "BTC-USD ask 2021-05-19T13:04:00.000123Z 36000.5 86\n");
}

static void derivative_ticker_gives_changes(void **state) {
    (void)state;
    loader_run_rows(
        "bitmex_derivative_ticker_2021-05-19_XBTUSD.csv.gz", "tardis-derivative-ticker",
        "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,"
        "predicted_funding_rate,open_interest,last_price,index_price,mark_price\n"
        "b,X," T "0001," T "4001,1621440000000000,0.0001,0.0002,500,36000,36010.5,36005.25\n"
        "b,X," T "0002," T "4002,1621440000000000,0.0001,-0.0002,500,36000.0,36010.5,36005.26\n"
        "b,Y," T "0002," T "4002,,,,500,36000,,\n"
        "b,X," T "0003," T "4003,1621440000000000,0.0001,-0.0002,501,36000,,36005.25\n",
        "X mark 2021-05-19T13:04:00.000001Z 36005.25 none\n"
        "X mark 2021-05-19T13:04:00.000002Z 36005.26 none\n"
        "X mark 2021-05-19T13:04:00.000003Z 36005.25 none\n"
        "X index 2021-05-19T13:04:00.000001Z 36010.5 none\n"
        "X last 2021-05-19T13:04:00.000001Z 36000 none\n"
        "X funding_rate 2021-05-19T13:04:00.000001Z 0.0001 none\n"
        "X predicted_funding_rate 2021-05-19T13:04:00.000001Z 0.0002 none\n"
        "X predicted_funding_rate 2021-05-19T13:04:00.000002Z -0.0002 none\n"
        "X open_interest 2021-05-19T13:04:00.000001Z 500 none\n"
        "X open_interest 2021-05-19T13:04:00.000003Z 501 none\n"
        "Y last 2021-05-19T13:04:00.000002Z 36000 none\n"
        "Y open_interest 2021-05-19T13:04:00.000002Z 500 none\n");
}

/* Depth once a second; where a side ends, its levels are empty. */
static void snapshots_give_quotes_and_depth(void **state) {
    (void)state;
    static const char text[] =
        "exchange,symbol,timestamp,local_timestamp,asks[0].price,asks[0].amount,bids[0].price,"
        "bids[0].amount,asks[1].price,asks[1].amount,bids[1].price,bids[1].amount,asks[2].price,"
        "asks[2].amount,bids[2].price,bids[2].amount,asks[3].price,asks[3].amount,bids[3].price,"
        "bids[3].amount,asks[4].price,asks[4].amount,bids[4].price,bids[4].amount\n"
        "b,X,1621429440000000,1,101.5,2,100,0.25,102,1,99,1,,,98.5,2,,,98,1,,,97,1\n"
        "b,X,1621429440600000,1,101.5,2,100,0.5,102,1,99,1,,,98.5,2,,,98,1,,,97,1\n"
        "b,X,1621429441200000,1,101.5,2,100.125,0.5,,,,,,,,,,,,,,,,\n";
    loader_run_rows("b_book_snapshot_5_2021-05-19_X.csv.gz", "tardis-book-snapshot", text,
                    "X bid 2021-05-19T13:04:00Z 100 0.25\n"
                    "X bid 2021-05-19T13:04:00.600Z 100 0.5\n"
                    "X bid 2021-05-19T13:04:01.200Z 100.125 0.5\n"
                    "X depth_top5 2021-05-19T13:04:00Z 516 5.25 buy\n"
                    "X depth_top5 2021-05-19T13:04:00Z 305 3 sell\n"
                    "X depth_top5 2021-05-19T13:04:01.200Z 50.0625 0.5 buy\n"
                    "X depth_top5 2021-05-19T13:04:01.200Z 203 2 sell\n"
                    "X ask 2021-05-19T13:04:00Z 101.5 2\n"
                    "X ask 2021-05-19T13:04:00.600Z 101.5 2\n"
                    "X ask 2021-05-19T13:04:01.200Z 101.5 2\n");
    loader_run_error("b_book_snapshot_5_2021-05-19_X.csv.gz", "tardis-book-snapshot", NULL,
                     "exchange,symbol,timestamp,local_timestamp,asks[0].price\n", STATUS_CORRUPT,
                     "line 1: not the columns of tardis-book-snapshot");
}

static void twenty_five_levels(void **state) {
    (void)state;
    char header[4096] = "exchange,symbol,timestamp,local_timestamp";
    char row[4096] = "b,X,1621429440000000,1";
    size_t at = strlen(header);
    size_t row_at = strlen(row);
    for (int i = 0; i < 25; i++) {
        at += (size_t)snprintf(header + at, sizeof(header) - at,
                               ",asks[%d].price,asks[%d].amount,bids[%d].price,bids[%d].amount", i,
                               i, i, i);
        row_at +=
            (size_t)snprintf(row + row_at, sizeof(row) - row_at, ",%d,1,%d,0.5", 201 + i, 200 - i);
    }
    char text[8200];
    (void)snprintf(text, sizeof(text), "%s\n%s\n", header, row);
    /* asks: 25 * 201 + 300; bids: half of 25 * 200 - 300 */
    loader_run_rows("b_book_snapshot_25_2021-05-19_X.csv.gz", "tardis-book-snapshot", text,
                    "X bid 2021-05-19T13:04:00Z 200 0.5\n"
                    "X depth_top25 2021-05-19T13:04:00Z 2350 12.5 buy\n"
                    "X depth_top25 2021-05-19T13:04:00Z 5325 25 sell\n"
                    "X ask 2021-05-19T13:04:00Z 201 1\n");
}

/* Messages are rows of one local_timestamp; snapshots begin anew, 0 takes out, depth comes once a
 * second, and what came before the first snapshot belongs to no known book. */
static void a_book_that_changes(void **state) {
    (void)state;
    loader_run_rows(
        "deribit_incremental_book_L2_2021-05-19_X.csv.gz", "tardis-incremental-book",
        BOOK "d,X,1621429440000000,1,false,bid,5,5\n" /* no book yet */
             "d,X,1621429440100000,2,true,ask,1001,3\n"
             "d,X,1621429440100000,2,true,ask,1000.5,2\n"
             "d,X,1621429440100000,2,true,ask,1020,9\n" /* beyond 1 % */
             "d,X,1621429440100000,2,true,bid,999.5,4\n"
             "d,X,1621429440100000,2,true,bid,995,1\n"
             "d,X,1621429440100000,2,true,bid,900,50\n"
             "d,X,1621429440100000,2,true,bid,901,0\n"    /* never there */
             "d,X,1621429440200000,3,false,bid,999.5,0\n" /* best gone, and back in one message */
             "d,X,1621429440200000,3,false,bid,999.5,4\n"
             "d,X,1621429440300000,4,false,ask,1000.5,0\n"
             "d,X,1621429441100000,5,false,bid,995.25,0.5\n"
             "d,X,1621429442000000,6,true,bid,500,1\n" /* a new connection */
             "d,X,1621429442000000,6,true,ask,501,1\n"
             "d,X,1621429442000000,6,true,ask,520,1\n",
        "X bid 2021-05-19T13:04:00.100Z 999.5 4\n"
        "X bid 2021-05-19T13:04:02Z 500 1\n"
        "X ask 2021-05-19T13:04:00.100Z 1000.5 2\n"
        "X ask 2021-05-19T13:04:00.300Z 1001 3\n"
        "X ask 2021-05-19T13:04:02Z 501 1\n"
        "X depth_1pct 2021-05-19T13:04:00.100Z 4993 5 buy\n"
        "X depth_1pct 2021-05-19T13:04:00.100Z 5004 5 sell\n"
        "X depth_1pct 2021-05-19T13:04:01.100Z 5490.625 5.5 buy\n"
        "X depth_1pct 2021-05-19T13:04:01.100Z 3003 3 sell\n");
}

static void bad_levels_are_named(void **state) {
    (void)state;
    static const struct {
        const char *row;
        const char *words;
    } cases[] = {
        {"d,X,1621429440100000,2,yes,ask,1,3\n", "column 'is_snapshot': 'yes' is neither true nor"},
        {"d,X,1621429440100000,2,true,buy,1,3\n", "column 'side': 'buy' is neither bid nor ask"},
        {"d,X,1621429440100000,2,true,ask,,3\n", "column 'price' is empty"},
        {"d,X,1621429440100000,2,true,ask,1,x\n", "column 'amount': 'x' is not a number"},
        {"d,X,1621429440100000,2,true,ask,-1,3\n",
         "line 2: a level with a price that is not above"},
        {"d,X,1621429440100000,,true,ask,1,3\n", "column 'local_timestamp' is empty"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), BOOK "%s", cases[i].row);
        loader_run_error("d_incremental_book_L2_x.csv", "tardis-incremental-book", NULL, text,
                         STATUS_CORRUPT, cases[i].words);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trades_and_liquidations_are_told_apart_by_name),
        cmocka_unit_test(an_empty_file_has_no_data),
        cmocka_unit_test(quotes_with_and_without_a_side),
        cmocka_unit_test(derivative_ticker_gives_changes),
        cmocka_unit_test(snapshots_give_quotes_and_depth),
        cmocka_unit_test(twenty_five_levels),
        cmocka_unit_test(a_book_that_changes),
        cmocka_unit_test(bad_levels_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

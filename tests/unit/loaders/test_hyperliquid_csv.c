/* Goal: Hyperliquid's asset contexts, and the fills and liquidations of its data set of 2023, give
 * exactly their rows.
 * Method: one file of each, whole and cut anywhere; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "loaders/formats/hyperliquid_csv.h"
#include "tests/unit/loaders/loader_rows.h"

#define CONTEXTS                                                                                   \
    "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,mark_px,mid_px,"    \
    "impact_bid_px,impact_ask_px\n"
#define FILLS "time,user,coin,side,px,sz,crossed\n"

static void expect(const char *text, const char *rows) {
    assert_int_equal(loader_rows_claim(&hyperliquid_csv_loader, "x", text, strlen(text)),
                     LOADER_SURE);
    loader_rows_expect(&hyperliquid_csv_loader, "x.csv", text, strlen(text), rows);
}

static void refuse(const char *text, enum status status, const char *words) {
    loader_rows_refuse(&hyperliquid_csv_loader, "x.csv", text, strlen(text), status, words);
}

static void asset_contexts(void **state) {
    (void)state;
    expect(CONTEXTS "2025-10-10T20:00:00Z,BTC,-0.0003,500.5,1,2,-0.0019,120000.5,119900,,,\n"
                    "2025-10-10T20:01:00Z,BTC,0.0001,501,1,2,null,120001,119901,1,2,3\n",
           "BTC mark 2025-10-10T20:00:00Z 119900 none\n"
           "BTC mark 2025-10-10T20:01:00Z 119901 none\n"
           "BTC index 2025-10-10T20:00:00Z 120000.5 none\n"
           "BTC index 2025-10-10T20:01:00Z 120001 none\n"
           "BTC open_interest 2025-10-10T20:00:00Z 500.5 none\n"
           "BTC open_interest 2025-10-10T20:01:00Z 501 none\n"
           "BTC predicted_funding_rate 2025-10-10T20:00:00Z -0.0003 none\n"
           "BTC predicted_funding_rate 2025-10-10T20:01:00Z 0.0001 none\n"
           "BTC premium 2025-10-10T20:00:00Z -0.0019 none\n");
    expect(CONTEXTS "2025-10-24 20:00:00.000,APT,0,1,1,1,0,3.2765,3.2767,1,1,1\n",
           "APT mark 2025-10-24T20:00:00Z 3.2767 none\n"
           "APT index 2025-10-24T20:00:00Z 3.2765 none\n"
           "APT open_interest 2025-10-24T20:00:00Z 1 none\n"
           "APT predicted_funding_rate 2025-10-24T20:00:00Z 0 none\n"
           "APT premium 2025-10-24T20:00:00Z 0 none\n");
}

static void fills_and_liquidations(void **state) {
    (void)state;
    expect(FILLS "2023-02-27T15:02:26Z,0xa,ETH,Ask,1655.5,0.0452,true\n"
                 "2023-02-27T15:02:27Z,0xa,ETH,Bid,1655.4,0.1,true\n"
                 "2023-02-27T15:02:28Z,0xa,ETH,Ask,1655.6,0.2,false\n",
           "ETH trade 2023-02-27T15:02:26Z 1655.5 0.0452 sell\n"
           "ETH trade 2023-02-27T15:02:27Z 1655.4 0.1 buy\n"
           /* it rested: somebody else bought */
           "ETH fill 2023-02-27T15:02:28Z 1655.6 0.2 buy\n");
    expect("time,user,liquidated_ntl_pos,liquidated_account_value,leverage_type\n"
           "2023-02-28T21:10:23Z,0xa,356.80015,-2.956494,Cross\n",
           "HYPERLIQUID liquidated_notional 2023-02-28T21:10:23Z 356.80015 none\n"
           "HYPERLIQUID liquidated_account_value 2023-02-28T21:10:23Z -2.956494 none\n");
}

static void bad_files_are_refused(void **state) {
    (void)state;
    refuse("", STATUS_CORRUPT, "is empty");
    refuse("a,b\n", STATUS_CORRUPT, "line 1: no header of asset contexts");
    refuse(FILLS "2023-02-27T15:02:26Z,0xa,ETH,Buy,1,1,true\n", STATUS_CORRUPT,
           "line 2: column 'side': 'Buy' is neither Bid nor Ask");
    refuse(FILLS "2023-02-27T15:02:26Z,0xa,ETH,Bid,1,1,yes\n", STATUS_CORRUPT,
           "column 'crossed': 'yes' is neither true nor false");
    refuse(FILLS "2023-02-27T15:02:26Z,0xa,ETH,Bid,1\n", STATUS_CORRUPT,
           "5 fields, but the header");
    refuse(FILLS "yesterday,0xa,ETH,Bid,1,1,true\n", STATUS_CORRUPT, "column 'time': 'yesterday'");
    refuse(CONTEXTS "2025-10-10T20:00:00Z,BTC,x,1,1,2,0,1,1,,,\n", STATUS_CORRUPT,
           "column 'funding': 'x' is not a number");
    assert_int_equal(loader_rows_claim(&hyperliquid_csv_loader, "x", "time,user,delta_usd\n", 20),
                     LOADER_NO);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asset_contexts),
        cmocka_unit_test(fills_and_liquidations),
        cmocka_unit_test(bad_files_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

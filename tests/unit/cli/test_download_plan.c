/* Goal: a wish becomes the right files, named as the venues name them, and nothing a user types
 * leads out of the folder; waits before another try are polite; checksum files are read exactly.
 * Method: wishes with their whole outcome, by hand; ranges counted against a count of days of our
 * own. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "cli/download/download_check.h"
#include "cli/download/download_plan.h"
#include "cli/download/download_retry.h"

static struct download_wish wish_of(const char *venue, const char *type, const char *symbols,
                                    const char *range) {
    return (struct download_wish){.venue = venue, .type = type, .symbols = symbols, .range = range};
}

/* The plan of a wish is these paths, the last NULL. */
static void expect_paths(const struct download_wish *wish, const char *const *paths) {
    struct download_plan plan = {0};
    struct error error = {0};
    if (download_plan_make(wish, &plan, &error) != STATUS_OK)
        fail_msg("%s %s %s: %s", wish->venue, wish->type, wish->range, error.message);
    size_t count = 0;
    for (; paths[count] != NULL; count++) {
        assert_true(count < plan.count);
        assert_string_equal(plan.paths[count], paths[count]);
    }
    assert_int_equal(plan.count, count);
    download_plan_finish(&plan);
    assert_null(plan.paths);
}

static void expect_refusal(const struct download_wish *wish, const char *text) {
    struct download_plan plan = {0};
    struct error error = {0};
    if (download_plan_make(wish, &plan, &error) != STATUS_USAGE)
        fail_msg("%s %s %s %s was taken", wish->venue, wish->type,
                 wish->symbols != NULL ? wish->symbols : "-", wish->range);
    if (strstr(error.message, text) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, text);
    assert_null(plan.paths);
}

static void paths_are_the_venues_own(void **state) {
    (void)state;
    static const struct {
        struct download_wish wish;
        const char *paths[5];
    } cases[] = {
        {{"binance-um", "aggTrades", "BTCUSDT,ETHUSDT", "2021-05-18..2021-05-19", NULL, false},
         {"data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2021-05-18.zip",
          "data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2021-05-19.zip",
          "data/futures/um/daily/aggTrades/ETHUSDT/ETHUSDT-aggTrades-2021-05-18.zip",
          "data/futures/um/daily/aggTrades/ETHUSDT/ETHUSDT-aggTrades-2021-05-19.zip"}},
        {{"binance-um", "klines", "BTCUSDT", "2021-05-19", NULL, false},
         {"data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2021-05-19.zip"}},
        {{"binance-um", "markPriceKlines", "BTCUSDT", "2021-05-19", "5m", false},
         {"data/futures/um/daily/markPriceKlines/BTCUSDT/5m/BTCUSDT-5m-2021-05-19.zip"}},
        {{"binance-cm", "liquidationSnapshot", "BTCUSD_PERP", "2023-06-25", NULL, false},
         {"data/futures/cm/daily/liquidationSnapshot/BTCUSD_PERP/"
          "BTCUSD_PERP-liquidationSnapshot-2023-06-25.zip"}},
        {{"binance-spot", "trades", "BTCUSDT", "2021-05-18..2021-06-01", NULL, true},
         {"data/spot/monthly/trades/BTCUSDT/BTCUSDT-trades-2021-05.zip",
          "data/spot/monthly/trades/BTCUSDT/BTCUSDT-trades-2021-06.zip"}},
        /* There are files of a month alone. */
        {{"binance-um", "fundingRate", "BTCUSDT", "2020-12-31..2021-01-01", NULL, false},
         {"data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2020-12.zip",
          "data/futures/um/monthly/fundingRate/BTCUSDT/BTCUSDT-fundingRate-2021-01.zip"}},
        {{"binance-spot", "klines", "BTCUSDT", "2021-05", "1w", false},
         {"data/spot/monthly/klines/BTCUSDT/1w/BTCUSDT-1w-2021-05.zip"}},
        {{"bitmex", "trade", NULL, "2021-05-18..2021-05-19", NULL, false},
         {"data/trade/20210518.csv.gz", "data/trade/20210519.csv.gz"}},
        {{"bybit", "trading", "BTCUSDT", "2021-05-18", NULL, false},
         {"trading/BTCUSDT/BTCUSDT2021-05-18.csv.gz"}},
        /* The ends of months and years. */
        {{"bitmex", "quote", NULL, "2020-02-28..2020-03-01", NULL, false},
         {"data/quote/20200228.csv.gz", "data/quote/20200229.csv.gz",
          "data/quote/20200301.csv.gz"}},
        {{"bitmex", "quote", NULL, "2020-12-31..2021-01-01", NULL, false},
         {"data/quote/20201231.csv.gz", "data/quote/20210101.csv.gz"}},
        {{"binance-spot", "trades", "A", "2021-01-31..2021-03-01", NULL, true},
         {"data/spot/monthly/trades/A/A-trades-2021-01.zip",
          "data/spot/monthly/trades/A/A-trades-2021-02.zip",
          "data/spot/monthly/trades/A/A-trades-2021-03.zip"}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_paths(&cases[i].wish, cases[i].paths);
}

static void every_type_of_every_venue_has_a_path(void **state) {
    (void)state;
    size_t types = 0;
    for (const struct download_venue *venue = download_venues; venue->name != NULL; venue++) {
        assert_ptr_equal(download_venue_find(venue->name), venue);
        assert_true(strncmp(venue->base_url, "https://", 8) == 0);
        for (const struct download_type *type = venue->types; type->name != NULL; type++) {
            struct download_wish wish = wish_of(
                venue->name, type->name, venue->has_symbols ? "BTCUSDT" : NULL, "2021-05-19");
            struct download_plan plan = {0};
            assert_int_equal(download_plan_make(&wish, &plan, NULL), STATUS_OK);
            assert_int_equal(plan.count, 1);
            assert_int_equal(plan.monthly, !type->daily);
            assert_non_null(strstr(plan.paths[0], type->name));
            assert_true((strstr(plan.paths[0], "/1m/") != NULL) == type->has_interval);
            download_plan_finish(&plan);
            wish.monthly = true;
            if (!type->monthly)
                expect_refusal(&wish, "--monthly");
            types++;
        }
    }
    assert_int_equal(types, 3 + 11 + 11 + 2 + 1);
}

static void symbols_cannot_lead_elsewhere(void **state) {
    (void)state;
    static const char *const symbols[] = {"",
                                          ".",
                                          "..",
                                          "../BTCUSDT",
                                          "/etc/passwd",
                                          "BTC/USDT",
                                          "BTC\\USDT",
                                          "BTC%2FUSD",
                                          "BTC?x",
                                          "BTC#x",
                                          "BTC USDT",
                                          "BTCUSDT,",
                                          ",BTCUSDT",
                                          "A,,B",
                                          "btcusdt",
                                          "BTC.USDT",
                                          "BTC\nUSDT",
                                          "-BTC",
                                          "_BTC",
                                          "BTC:80",
                                          "BTC@EVIL",
                                          "BTC\x80",
                                          "BTC*",
                                          "~",
                                          "$HOME",
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNO"};
    for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        const struct download_wish wish =
            wish_of("binance-um", "aggTrades", symbols[i], "2021-05-18");
        expect_refusal(&wish, "is no symbol");
    }
    const struct download_wish twice =
        wish_of("binance-um", "aggTrades", "BTCUSDT,ETHUSDT,BTCUSDT", "2021-05-18");
    expect_refusal(&twice, "BTCUSDT stands twice");
    const struct download_wish good =
        wish_of("binance-cm", "trades", "1000SHIBUSDT,BTCUSD_210625", "2021-05-18");
    static const char *const paths[] = {
        "data/futures/cm/daily/trades/1000SHIBUSDT/1000SHIBUSDT-trades-2021-05-18.zip",
        "data/futures/cm/daily/trades/BTCUSD_210625/BTCUSD_210625-trades-2021-05-18.zip", NULL};
    expect_paths(&good, paths);
}

static void wrong_wishes_are_refused(void **state) {
    (void)state;
    static const struct {
        struct download_wish wish;
        const char *text;
    } cases[] = {
        {{"binance", "trades", "A", "2021-05-18", NULL, false}, "binance-spot, binance-um"},
        {{"binance-spot", "bookDepth", "A", "2021-05-18", NULL, false},
         "aggTrades, trades, klines"},
        {{"binance-um", "klines", "A", "2021-05-18", "1s", false}, "--interval"},
        {{"binance-um", "klines", "A", "2021-05-18", "../x", false}, "--interval"},
        {{"binance-um", "trades", "A", "2021-05-18", "1m", false}, "--interval is for bars"},
        {{"binance-um", "metrics", "A", "2021-05-18", NULL, true}, "--monthly"},
        {{"binance-um", "trades", NULL, "2021-05-18", NULL, false}, "which symbols"},
        {{"bitmex", "trade", "XBTUSD", "2021-05-18", NULL, false}, "leave 'XBTUSD' out"},
        {{"bitmex", "trade", NULL, "2021-05-18..2021-05-17", NULL, false}, "ends before it begins"},
        {{"binance-um", "trades", "A,B,C,D", "2009-01..2199-12", NULL, false}, "files; at most"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_refusal(&cases[i].wish, cases[i].text);
    static const char *const ranges[] = {"",
                                         "2021",
                                         "2021-5-18",
                                         "2021-05-18.",
                                         "2021-05-18...2021-05-19",
                                         "2021-05-18..",
                                         "..2021-05-18",
                                         "2021-05-18..2021-05-19..2021-05-20",
                                         "2021-02-29",
                                         "2021-13",
                                         "2021-00-01",
                                         "2021-05-00",
                                         "2021-05-32",
                                         "2008-12-31",
                                         "2200-01-01",
                                         "2021/05/18",
                                         "20210518",
                                         "2021-05-18 ",
                                         " 2021-05-18",
                                         "2021-05-18T00:00:00Z",
                                         "today",
                                         "+021-05-18",
                                         "2021-05--1"};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        const struct download_wish wish = wish_of("bitmex", "trade", NULL, ranges[i]);
        expect_refusal(&wish, "is no range of days");
    }
}

static int days_of_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const int leap = month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + leap;
}

/* Each day of a random range is there once, in order, and none beside. */
static void ranges_hold_each_day_once(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 3);
    for (int round = 0; round < 300; round++) {
        int year = 2009 + (int)random_stream_below(&stream, 180);
        int month = 1 + (int)random_stream_below(&stream, 12);
        int day = 1 + (int)random_stream_below(&stream, (uint64_t)days_of_month(year, month));
        const int count = 1 + (int)random_stream_below(&stream, 800);
        char first[48];
        char last[48];
        char range[128];
        char expected[256];
        (void)snprintf(first, sizeof(first), "%04d-%02d-%02d", year, month, day);
        const int begin[3] = {year, month, day};
        for (int i = 0; i < count; i++) {
            (void)snprintf(last, sizeof(last), "%04d-%02d-%02d", year, month, day);
            if (++day > days_of_month(year, month)) {
                day = 1;
                year += ++month > 12;
                month = month > 12 ? 1 : month;
            }
        }
        (void)snprintf(range, sizeof(range), "%s..%s", first, last);
        const struct download_wish wish = wish_of("bitmex", "trade", NULL, range);
        struct download_plan plan = {0};
        assert_int_equal(download_plan_make(&wish, &plan, NULL), STATUS_OK);
        assert_int_equal(plan.count, count);
        year = begin[0];
        month = begin[1];
        day = begin[2];
        for (int i = 0; i < count; i++) {
            (void)snprintf(expected, sizeof(expected), "data/trade/%04d%02d%02d.csv.gz", year,
                           month, day);
            assert_string_equal(plan.paths[i], expected);
            if (++day > days_of_month(year, month)) {
                day = 1;
                year += ++month > 12;
                month = month > 12 ? 1 : month;
            }
        }
        download_plan_finish(&plan);
    }
}

static void waits_grow_and_never_undercut_the_server(void **state) {
    (void)state;
    const struct download_patience patience = {.tries = 12, .wait_ms = 1000};
    static const int64_t expected_ms[] = {1000,  2000,  4000,  8000,  16000, 32000,
                                          60000, 60000, 60000, 60000, 60000};
    for (int made = 1; made < 12; made++) {
        assert_int_equal(download_retry_wait_ms(&patience, made, 0), expected_ms[made - 1]);
        assert_int_equal(download_retry_wait_ms(&patience, made, 120), 120000);
        assert_int_equal(download_retry_wait_ms(&patience, made, 600), 600000);
        assert_int_equal(download_retry_wait_ms(&patience, made, 601), -1);
        assert_int_equal(download_retry_wait_ms(&patience, made, INT64_MAX), -1);
    }
    assert_int_equal(download_retry_wait_ms(&patience, 2, 1), 2000);
    assert_int_equal(download_retry_wait_ms(&patience, 12, 0), -1);
    assert_int_equal(download_retry_wait_ms(&patience, 13, 0), -1);
    const struct download_patience once = {.tries = 1, .wait_ms = 1};
    assert_int_equal(download_retry_wait_ms(&once, 1, 0), -1);
    for (long code = 100; code < 700; code++) {
        const bool again = code == 408 || code == 425 || code == 429 || (code >= 500 && code < 600);
        assert_int_equal(download_retry_code(code), again);
        assert_int_equal(download_retry_slow_down(code), code == 429 || code == 503);
    }
}

#define HASH "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static void checksum_files_are_read_exactly(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } cases[] = {
        {HASH "  A-trades-2021-05-18.zip\n", true},
        {HASH " *A-trades-2021-05-18.zip\r\n", true},
        {HASH "\tA-trades-2021-05-18.zip", true},
        {HASH "  B-trades-2021-05-18.zip\n", false},
        {HASH "  x/A-trades-2021-05-18.zip\n", false},
        {HASH "A-trades-2021-05-18.zip\n", false},
        {HASH "*A-trades-2021-05-18.zip\n", false},
        {HASH "0  A-trades-2021-05-18.zip\n", false},
        {"0" HASH "  A-trades-2021-05-18.zip\n", false},
        {"g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
         "  A-trades-2021-05-18.zip\n",
         false},
        {"d41d8cd98f00b204e9800998ecf8427e  A-trades-2021-05-18.zip\n", false},
        {HASH "\n", false},
        {"A-trades-2021-05-18.zip\n", false},
        {"", false},
        {"<!DOCTYPE html>", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct download_checksum checksum = {.size = strlen(cases[i].text)};
        memcpy(checksum.text, cases[i].text, checksum.size);
        if (download_checksum_read(&checksum, "data/A-trades-2021-05-18.zip") != cases[i].good)
            fail_msg("'%s' was %s", cases[i].text, cases[i].good ? "refused" : "taken");
        assert_string_equal(checksum.sha256,
                            cases[i].good
                                ? "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
                                : "");
    }
}

static void heads_tell_what_a_file_is(void **state) {
    (void)state;
    struct error error = {0};
    assert_int_equal(download_check_head("a.zip", "PK\3\4x", 5, &error), STATUS_OK);
    assert_int_equal(download_check_head("a.zip", "PK\5\6x", 5, &error), STATUS_OK);
    assert_int_equal(download_check_head("a.csv.gz", "\x1f\x8b\x08x", 4, &error), STATUS_OK);
    assert_int_equal(download_check_head("a.zip", "<ht", 3, &error), STATUS_OK); /* not yet known */
    assert_int_equal(download_check_head("a.zip", "\x1f\x8b\x08x", 4, &error), STATUS_CORRUPT);
    assert_int_equal(download_check_head("a.csv.gz", "PK\3\4x", 5, &error), STATUS_CORRUPT);
    assert_int_equal(download_check_head("a.zip", "<\033[31m\n\x80>x", 10, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "'<.[31m..>x'")); /* nothing that a terminal obeys */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_the_venues_own),
        cmocka_unit_test(every_type_of_every_venue_has_a_path),
        cmocka_unit_test(symbols_cannot_lead_elsewhere),
        cmocka_unit_test(wrong_wishes_are_refused),
        cmocka_unit_test(ranges_hold_each_day_once),
        cmocka_unit_test(waits_grow_and_never_undercut_the_server),
        cmocka_unit_test(checksum_files_are_read_exactly),
        cmocka_unit_test(heads_tell_what_a_file_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

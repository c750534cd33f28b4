/* Goal: file names of vendors say instrument, length of bars and kind, and other names do not.
 * Method: a table of names and patterns. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/units.h"
#include "loaders/csv/csv_file_name.h"

static struct loader_file file_of(const char *path, const char *entry) {
    return (struct loader_file){.path = path, .entry = entry, .source = path};
}

static void patterns_fit_or_do_not(void **state) {
    (void)state;
    static const struct {
        const char *entry;
        const char *pattern;
        const char *instrument; /* NULL: no fit */
        int64_t bar_ns;
    } cases[] = {
        {"BTCUSDT-aggTrades-2021-05-19.csv", "SYMBOL-aggTrades-DATE", "BTCUSDT", 0},
        {"BTCUSD_PERP-aggTrades-2021-05.csv.gz", "SYMBOL-aggTrades-DATE", "BTCUSD_PERP", 0},
        {"a/b/1000SHIBUSDT-aggTrades-2021-05.ZIP", "SYMBOL-aggTrades-DATE", "1000SHIBUSDT", 0},
        {"BTC-USDT-SWAP-trades-2021-05-19.csv", "SYMBOL-trades-DATE", "BTC-USDT-SWAP", 0},
        {"BTCUSDT-aggTrades-2021-5-19.csv", "SYMBOL-aggTrades-DATE", NULL, 0},
        {"BTCUSDT-aggTrades-2021-05-19-1.csv", "SYMBOL-aggTrades-DATE", NULL, 0},
        {"-aggTrades-2021-05-19.csv", "SYMBOL-aggTrades-DATE", NULL, 0},
        {"BTC USDT-aggTrades-2021-05-19.csv", "SYMBOL-aggTrades-DATE", NULL, 0},
        {"BTCUSDT-1m-2021-05.csv", "SYMBOL-INTERVAL-DATE", "BTCUSDT", NS_PER_MINUTE},
        {"BTCUSDT-12h-2021-05.csv", "SYMBOL-INTERVAL-DATE", "BTCUSDT", 720 * NS_PER_MINUTE},
        {"BTCUSDT-1mo-2021-05.csv", "SYMBOL-INTERVAL-DATE", "BTCUSDT", -1},
        {"BTCUSDT-0m-2021-05.csv", "SYMBOL-INTERVAL-DATE", NULL, 0},
        {"BTCUSDT-1x-2021-05.csv", "SYMBOL-INTERVAL-DATE", NULL, 0},
        {"XBTUSD.csv", "PAIR", "XBTUSD", 0},
        {"xbtusd.csv", "PAIR", NULL, 0},
        {"XBTUSD_1440.csv", "PAIR_MINUTES", "XBTUSD", NS_PER_DAY},
        {"BTC-USD.csv", "PRODUCT", "BTC-USD", 0},
        {"BTC--USD.csv", "PRODUCT", NULL, 0},
        {"BTCUSD2021-05-19.csv.gz", "SYMBOLDATE", "BTCUSD", 0},
        {"coinbase_BTC-USD_anything at all.csv", "coinbase_PRODUCT_REST", "BTC-USD", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const patterns[] = {"never", cases[i].pattern, NULL};
        const struct loader_file file = file_of("-", cases[i].entry);
        struct csv_file_name name;
        const bool fits = csv_file_name_match(&file, patterns, &name);
        if (fits != (cases[i].instrument != NULL) ||
            (fits &&
             (strcmp(name.instrument, cases[i].instrument) != 0 || name.bar_ns != cases[i].bar_ns)))
            fail_msg("%s against %s", cases[i].entry, cases[i].pattern);
    }
    /* the entry before the path, the path where the entry says nothing */
    const char *const patterns[] = {"SYMBOL-trades-DATE", NULL};
    struct csv_file_name name;
    struct loader_file file = file_of("A-trades-2021-05.zip", "B-trades-2021-05.csv");
    assert_true(csv_file_name_match(&file, patterns, &name));
    assert_string_equal(name.instrument, "B");
    file.entry = "data.csv";
    assert_true(csv_file_name_match(&file, patterns, &name));
    assert_string_equal(name.instrument, "A");
}

static void words_stand_alone_and_the_nearest_counts(void **state) {
    (void)state;
    const struct loader_file file = file_of("/trades/x_liquidations_y/BTC.zip", "klines.csv");
    const size_t trades = csv_file_name_word(&file, "trades");
    const size_t liquidations = csv_file_name_word(&file, "LIQUIDATIONS");
    assert_true(trades > 0 && liquidations > trades);
    assert_true(csv_file_name_word(&file, "klines") > liquidations);
    assert_int_equal(csv_file_name_word(&file, "liquidation"), 0);
    assert_int_equal(csv_file_name_word(&file, "rades"), 0);
    assert_int_equal(csv_file_name_word(&file, "csvx"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_fit_or_do_not),
        cmocka_unit_test(words_stand_alone_and_the_nearest_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: `margin` shows the prices at which the engine would liquidate, and the venue's own example
 * comes out. Method: Binance's worked example of a cross account with two positions; random pools
 * under tiers, where the engine itself is asked on both sides of each price. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "engine/book/book.h"
#include "engine/book/margin_prices.h"
#include "scenarios/population/accounts_csv.h"
#include "scenarios/scenario.h"

#define INSTRUMENTS 2
#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

struct fixture {
    struct instrument instruments[INSTRUMENTS];
    int64_t prices[INSTRUMENTS];
    struct accounts *accounts;
    struct book book;
};

static void begin(struct fixture *f) {
    *f = (struct fixture){.accounts = NULL};
    const char *symbols[INSTRUMENTS] = {"BTCUSDT", "ETHUSDT"};
    for (size_t i = 0; i < INSTRUMENTS; i++) {
        f->instruments[i] = (struct instrument){.symbol = symbols[i],
                                                .kind = CONTRACT_LINEAR,
                                                .price_tick = {1, 8},
                                                .lot = {1, 3},
                                                .contract_size = {1, 0}};
        assert_int_equal(instrument_init(&f->instruments[i], NULL), STATUS_OK);
    }
    assert_int_equal(accounts_create(&f->accounts, NULL), STATUS_OK);
}

static void make_book(struct fixture *f, const struct rulebook *rulebook) {
    const struct venue_input venue = {.accounts = f->accounts, .rulebook = rulebook};
    struct error error = {0};
    assert_int_equal(accounts_finish(f->accounts, NULL), STATUS_OK);
    if (book_init(&f->book, &venue, f->instruments, INSTRUMENTS, NULL, f->prices, f->prices,
                  &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static void end(struct fixture *f) {
    book_finish(&f->book);
    accounts_destroy(f->accounts);
}

/* "How to Calculate Liquidation Price of USDM Futures Contracts":
 * LP = (W - TMM of the others + PnL of the others + cum - q entry) / (q mmr - q), on the figures of
 * the venue's worked example: BTC at 31,967.27 and ETH at 1,335.18 give maintenance margins of
 * 71,200.81 and 356,512.51 and losses of 56,354.57 and 448,192.89. */
static void the_venues_worked_example_comes_out(void **state) {
    (void)state;
    struct fixture f;
    struct scenario *scenario = NULL;
    struct error error = {0};
    const char *const symbols[] = {"BTCUSDT", "ETHUSDT"};
    static const char csv[] = "account,kind,symbol,quantity,entry_price\n"
                              "x,balance,USDT,1535443.01,\n"
                              "x,position,BTCUSDT,109.488,32481.98\n"
                              "x,position,ETHUSDT,3683.979,1456.84\n";
    assert_non_null(getenv("CROSSFALL_SCENARIOS"));
    if (scenario_load_market(NULL, getenv("CROSSFALL_SCENARIOS"), "binance-usdm-2021-05", symbols,
                             2, &scenario, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    begin(&f);
    assert_int_equal(accounts_csv_parse("a.csv", csv, strlen(csv), NULL, f.instruments, INSTRUMENTS,
                                        f.accounts, NULL),
                     STATUS_OK);
    f.prices[0] = INT64_C(3196727079456); /* 31967.27 */
    f.prices[1] = INT64_C(133518000000);  /* 1335.18 */
    make_book(&f, &scenario->rulebook);
    const struct pool *pool = &f.book.pools[0];
    assert_true(fabs(margin_liquidation_price(&f.book, pool, 0) - 26316.8933) < 0.02);
    assert_true(fabs(margin_liquidation_price(&f.book, pool, 1) - 1153.2565) < 0.002);

    const struct pool_health health = book_health(&f.book, pool, f.prices);
    assert_true(fabs((double)health.equity / 1e8 - (1535443.01 - 56354.57 - 448192.89)) < 1.0);
    assert_true(fabs((double)health.requirement / 1e8 - (71200.81 + 356512.51)) < 1.0);
    end(&f);
    scenario_destroy(scenario);
}

static struct margin_tier tiers[] = {{0, USDT(5000), 400000, 0, 0},
                                     {USDT(5000), USDT(25000), 500000, USDT(5), 0},
                                     {USDT(25000), USDT(100000), 2500000, USDT(505), 0},
                                     {USDT(100000), INT64_MAX, 10000000, USDT(8005), 0}};
static struct tier_table table = {NULL, 4, tiers};

static bool breach_at(const struct fixture *f, const struct pool *pool, size_t instrument,
                      double price) {
    int64_t prices[INSTRUMENTS];
    memcpy(prices, f->prices, sizeof(prices));
    prices[instrument] = (int64_t)(price * 1e8);
    if (prices[instrument] < 1)
        prices[instrument] = 1;
    return book_in_breach(&f->book, book_health(&f->book, pool, prices));
}

static void add_random_account(struct fixture *f, struct random_stream *random) {
    assert_int_equal(accounts_add(f->accounts, NULL, "",
                                  USDT(random_stream_between(random, -500, 30000)), false, NULL),
                     STATUS_OK);
    for (uint32_t i = 0; i < INSTRUMENTS; i++) {
        int64_t lots = random_stream_between(random, -3000, 3000);
        int64_t cost = 0;
        const struct decimal entry = {random_stream_between(random, 50, 200), 0};
        if (lots == 0)
            lots = 1;
        assert_int_equal(instrument_cost(&f->instruments[i], lots, entry, &cost, NULL), STATUS_OK);
        const bool isolated = random_stream_below(random, 4) == 0;
        assert_int_equal(accounts_add_position(
                             f->accounts, i, lots, cost, isolated ? MARGIN_ISOLATED : MARGIN_CROSS,
                             isolated ? USDT(random_stream_between(random, 0, 9000)) : 0, 0, NULL),
                         STATUS_OK);
    }
}

static void the_engine_agrees_on_both_sides(void **state) {
    (void)state;
    const struct rulebook rulebook = {.name = "test",
                                      .margin.trigger = TRIGGER_AT_OR_BELOW,
                                      .margin.table_count = 1,
                                      .margin.tables = &table,
                                      .margin.maintenance_multiplier = {125, 2}};
    struct random_stream random;
    struct fixture f;
    size_t found = 0;
    size_t none = 0;
    random_stream_init(&random, 5, RANDOM_TEST, 0);
    print_message("seed 5\n");
    begin(&f);
    for (int i = 0; i < 3000; i++)
        add_random_account(&f, &random);
    f.prices[0] = USDT(100);
    f.prices[1] = USDT(90);
    make_book(&f, &rulebook);
    for (size_t p = 0; p < f.book.pool_count; p++) {
        const struct pool *pool = &f.book.pools[p];
        for (uint16_t k = 0; k < pool->position_count; k++) {
            const struct position *position = &book_positions(&f.book, pool)[k];
            const bool is_long = position->lots > 0;
            const double price = margin_liquidation_price(&f.book, pool, position->instrument);
            if (isnan(price)) { /* never, or whatever the price is */
                none++;
                assert_true(breach_at(&f, pool, position->instrument, 1e-8) ==
                                breach_at(&f, pool, position->instrument, 1e5) ||
                            is_long);
                assert_false(is_long && breach_at(&f, pool, position->instrument, 1e-6));
                continue;
            }
            found++;
            const double step = 1e-6 + price * 1e-9;
            assert_true(breach_at(&f, pool, position->instrument, price - step) == is_long);
            assert_true(breach_at(&f, pool, position->instrument, price + step) == !is_long);
        }
    }
    print_message("%zu prices, %zu without\n", found, none);
    assert_true(found > 3000 && none > 100);
    end(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_venues_worked_example_comes_out),
        cmocka_unit_test(the_engine_agrees_on_both_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

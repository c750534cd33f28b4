/* Goal: every bundled rulebook can be read, says where it is from, and obeys the laws that all
 * margin rules share. Method: walks scenarios/rulebooks; of each contract that a rulebook names,
 * random positions from small to huge, judged by the engine. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "base/random_stream.h"
#include "engine/book/book.h"
#include "engine/book/margin_prices.h"
#include "engine/book/portfolio.h"
#include "scenarios/population/accounts_csv.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "scenarios/settlement.h"
#include "tests/bundled_rulebooks.h"

#define RULEBOOKS_AT_LEAST 20
#define ROUNDS 12
#define PRICE 4000000 /* ticks of 0.01 */
#define SYMBOLS_MAX 512

/* ---- the files ---- */

static void read_bundled(struct yaml_arena *arena, const char *name,
                         struct rulebook *ret_rulebook) {
    struct config_files files = {.arena = arena, .bundled_dir = getenv("CROSSFALL_SCENARIOS")};
    struct error error = {0};
    if (rulebook_read(&files, name, ".", NULL, ret_rulebook, &error) != STATUS_OK)
        fail_msg("%s: %s", name, error.message);
}

/* Calls `check` on every bundled rulebook. */
static void for_each(void (*check)(const struct rulebook *rulebook)) {
    char **names = bundled_rulebook_names(getenv("CROSSFALL_SCENARIOS"));
    assert_non_null(names);
    size_t count = 0;
    for (char **name = names; *name != NULL; name++, count++) {
        struct yaml_arena *arena = yaml_arena_create();
        struct rulebook rulebook;
        read_bundled(arena, *name, &rulebook);
        if (strcmp(rulebook.name, *name) != 0)
            fail_msg("%s.yaml calls itself %s", *name, rulebook.name);
        check(&rulebook);
        yaml_arena_destroy(arena);
    }
    g_strfreev(names);
    assert_true(count >= RULEBOOKS_AT_LEAST);
}

static void check_sources(const struct rulebook *rulebook) {
    if (strlen(rulebook->source) < 10)
        fail_msg("%s names no source", rulebook->name);
    const bool dated = g_ascii_isdigit(rulebook->valid_from[0]) ||
                       g_str_has_prefix(rulebook->valid_from, "unknown");
    if (!dated)
        fail_msg("%s: valid_from '%s' is neither a date nor unknown", rulebook->name,
                 rulebook->valid_from);
}

static void each_says_where_it_is_from(void **state) {
    (void)state;
    for_each(check_sources);
}

/* ---- a world of one contract ---- */

/* The accounts settle in what the contract does, whatever that is called: how contracts in a coin
 * count in accounts of another asset is in test_coins.c. */

struct world {
    const struct rulebook *rulebook;
    struct instrument instruments[2]; /* the contract; what values an asset */
    size_t instrument_count;
    int64_t prices[2];
    char settlement[SETTLEMENT_SIZE];
    struct accounts *accounts;
    struct book book;
};

/* Contracts that settle in their coin, by the names that venues give them. */
static enum contract_kind kind_of(const char *symbol) {
    if (strstr(symbol, "USDT") != NULL || strstr(symbol, "USDC") != NULL ||
        g_str_has_suffix(symbol, "-USD"))
        return CONTRACT_LINEAR;
    return strstr(symbol, "USD") != NULL || g_str_has_suffix(symbol, "-PERPETUAL")
               ? CONTRACT_INVERSE
               : CONTRACT_LINEAR;
}

static void world_begin(struct world *w, const struct rulebook *rulebook, const char *symbol) {
    *w = (struct world){.rulebook = rulebook, .instrument_count = 1, .prices = {PRICE, PRICE}};
    const enum contract_kind kind = kind_of(symbol);
    w->instruments[0] = (struct instrument){.symbol = symbol,
                                            .kind = kind,
                                            .price_tick = {1, 2},
                                            .lot = {1, kind == CONTRACT_LINEAR ? 4 : 0},
                                            .contract_size = {1, 0}};
    assert_int_equal(instrument_init(&w->instruments[0], NULL), STATUS_OK);
    settlement_find("", rulebook, &symbol, &kind, 1, w->settlement);
    assert_int_equal(accounts_create(&w->accounts, NULL), STATUS_OK);
    assert_int_equal(accounts_set_settlement(w->accounts, w->settlement, NULL), STATUS_OK);
}

/* Accounts from the rows of a CSV, and the book. */
static void world_fill(struct world *w, const char *rows) {
    struct error error = {0};
    char *csv = g_strdup_printf("account,kind,symbol,quantity,entry_price,margin_mode\n%s", rows);
    if (accounts_csv_parse("a.csv", csv, strlen(csv), w->rulebook, w->instruments,
                           w->instrument_count, w->accounts, &error) != STATUS_OK ||
        accounts_finish(w->accounts, &error) != STATUS_OK)
        fail_msg("%s: %s", w->rulebook->name, error.message);
    const struct venue_input venue = {.accounts = w->accounts, .rulebook = w->rulebook};
    if (book_init(&w->book, &venue, w->instruments, w->instrument_count, NULL, w->prices, w->prices,
                  &error) != STATUS_OK)
        fail_msg("%s: %s", w->rulebook->name, error.message);
    g_free(csv);
}

static void world_end(struct world *w) {
    book_finish(&w->book);
    accounts_destroy(w->accounts);
}

/* The pool of an account's one position: its own where the rulebook isolates. */
static const struct pool *pool_of(const struct world *w, uint32_t account) {
    const struct pool *pool = w->book.pools;
    while (pool->account != account || pool->position_count == 0)
        pool++;
    return pool;
}

static struct pool_health health_of(const struct world *w, uint32_t account) {
    return book_health(&w->book, pool_of(w, account), w->prices);
}

static bool in_breach(const struct world *w, uint32_t account) {
    return book_in_breach(&w->book, health_of(w, account));
}

/* Contracts that the rulebook names; one that takes any stands as BTCUSDT. */
static size_t symbols_of(const struct rulebook *rulebook, const char **ret_symbols) {
    bool for_all;
    size_t count = rulebook_named_symbols(rulebook, SYMBOLS_MAX, ret_symbols, &for_all);
    const struct portfolio_margin *scenario = rulebook->margin.portfolio;
    for (size_t u = 0; scenario != NULL && u < scenario->unit_count && count < SYMBOLS_MAX; u++)
        ret_symbols[count++] = scenario->units[u].symbols[0];
    if (for_all && count < SYMBOLS_MAX)
        ret_symbols[count++] = "BTCUSDT";
    if (count == 0)
        fail_msg("%s names no contract", rulebook->name);
    return count;
}

/* Quantities of a position and its wallet: notionals from 10 to 1e8 quote units, leverage from 1
 * to 100; the wallet in units of 1e-8 of the settlement asset. */
struct draw {
    int64_t lots;
    int64_t wallet;
};

static struct draw draw_position(struct random_stream *random, const struct world *w) {
    double notional = 10.0;
    for (uint64_t k = random_stream_below(random, 8); k > 0; k--)
        notional *= 10.0;
    notional *= 1.0 + (double)random_stream_below(random, 900) / 100.0;
    const double leverage = 1.0 + (double)random_stream_below(random, 99);
    const double price = (double)PRICE / 100.0;
    const bool inverse = w->instruments[0].kind == CONTRACT_INVERSE;
    const double lots = inverse ? notional : notional / price * 1e4;
    const double money = (inverse ? notional / price : notional) / leverage * 1e8;
    const int64_t whole = (int64_t)lots < 2 ? 2 : (int64_t)lots / 2 * 2;
    return (struct draw){random_stream_below(random, 2) == 0 ? whole : -whole,
                         (int64_t)money / 2 * 2};
}

static char *rows_of(const struct world *w, const char *account, struct draw draw) {
    const bool inverse = w->instruments[0].kind == CONTRACT_INVERSE;
    return g_strdup_printf("%s,balance,%s,%.8f,,\n%s,position,%s,%.4f,%d,cross\n", account,
                           w->settlement, (double)draw.wallet / 1e8, account,
                           w->instruments[0].symbol, (double)draw.lots / (inverse ? 1.0 : 1e4),
                           PRICE / 100);
}

static void fill_one(struct world *w, const struct rulebook *rulebook, const char *symbol,
                     struct draw draw) {
    world_begin(w, rulebook, symbol);
    char *rows = rows_of(w, "x", draw);
    world_fill(w, rows);
    g_free(rows);
}

/* Calls `law` with random positions in each contract of a rulebook. */
static void for_positions(const struct rulebook *rulebook,
                          void (*law)(const struct rulebook *rulebook, const char *symbol,
                                      struct draw draw, struct random_stream *random)) {
    const char *symbols[SYMBOLS_MAX];
    const size_t count = symbols_of(rulebook, symbols);
    struct random_stream random;
    random_stream_init(&random, 20210519, RANDOM_TEST, 0);
    for (size_t i = 0; i < count; i++) {
        for (int round = 0; round < ROUNDS; round++) {
            struct world w;
            world_begin(&w, rulebook, symbols[i]);
            const struct draw draw = draw_position(&random, &w);
            accounts_destroy(w.accounts);
            law(rulebook, symbols[i], draw, &random);
        }
    }
}

/* Ends the test: the rulebook breaks a law for this position. */
static void broken(const struct rulebook *rulebook, const char *symbol, struct draw draw,
                   const char *why) {
    fail_msg("%s, %s, %lld lots, wallet %lld e-8: %s", rulebook->name, symbol, (long long)draw.lots,
             (long long)draw.wallet, why);
}

/* ---- the laws ---- */

/* A position asks for something, not for more than itself, and its account goes into breach exactly
 * where the liquidation price says, from the side that hurts. */
static void law_liquidation_price(const struct rulebook *rulebook, const char *symbol,
                                  struct draw draw, struct random_stream *random) {
    (void)random;
    struct world w;
    fill_one(&w, rulebook, symbol, draw);
    const struct pool_health health = health_of(&w, 0);
    const struct position *position = book_positions(&w.book, pool_of(&w, 0));
    const int128 notional = instrument_notional(&w.instruments[0], draw.lots, PRICE);
    if (health.requirement <= 0)
        broken(rulebook, symbol, draw, "asks for nothing");
    if (rulebook->margin.size_count == 0 && health.requirement > notional * 2)
        broken(rulebook, symbol, draw, "asks for more than twice the position");
    if (position->lots != draw.lots)
        broken(rulebook, symbol, draw, "has another size");
    const double at = margin_liquidation_price(&w.book, pool_of(&w, 0), 0);
    if (!in_breach(&w, 0) && isfinite(at) && at * 100.0 > 10.0 && at < 1e9) {
        const int64_t tick = (int64_t)(at * 100.0);
        const int64_t hurt = draw.lots > 0 ? -1 : 1;
        if ((at * 100.0 - PRICE) * (double)hurt < -1.0)
            broken(rulebook, symbol, draw, "its liquidation price is on the wrong side");
        const int64_t step = 2 + (int64_t)(tick * 8 / notional); /* money of 1e-8 is coarser */
        w.prices[0] = tick + hurt * step;
        if (!in_breach(&w, 0))
            broken(rulebook, symbol, draw, "is not in breach past its liquidation price");
        w.prices[0] = tick - hurt * step;
        if (in_breach(&w, 0))
            broken(rulebook, symbol, draw, "is in breach before its liquidation price");
    }
    world_end(&w);
}

static void law_less_equity(const struct rulebook *rulebook, const char *symbol, struct draw draw,
                            struct random_stream *random) {
    struct world rich;
    struct world poor;
    fill_one(&rich, rulebook, symbol, draw);
    const struct draw less = {
        draw.lots, draw.wallet - (int64_t)random_stream_below(random, (uint64_t)draw.wallet + 2)};
    fill_one(&poor, rulebook, symbol, less);
    if (in_breach(&rich, 0) && !in_breach(&poor, 0))
        broken(rulebook, symbol, draw, "is in breach, but not with less");
    if (health_of(&poor, 0).equity > health_of(&rich, 0).equity)
        broken(rulebook, symbol, draw, "less in the wallet is more equity");
    if (health_of(&poor, 0).requirement != health_of(&rich, 0).requirement)
        broken(rulebook, symbol, draw, "the wallet changes the requirement");
    world_end(&rich);
    world_end(&poor);
}

/* A sum asked of each open position is asked twice of two. */
static bool asks_by_position(const struct rulebook *rulebook) {
    for (size_t i = 0; i < rulebook->margin.size_count; i++)
        if (rulebook->margin.sizes[i].minimum > 0)
            return true;
    return false;
}

static void law_split(const struct rulebook *rulebook, const char *symbol, struct draw draw,
                      struct random_stream *random) {
    (void)random;
    if (asks_by_position(rulebook))
        return;
    struct world whole;
    struct world parts;
    fill_one(&whole, rulebook, symbol, draw);
    world_begin(&parts, rulebook, symbol);
    const struct draw half = {draw.lots / 2, draw.wallet / 2};
    char *first = rows_of(&parts, "x", half);
    char *second = rows_of(&parts, "y", half);
    char *rows = g_strconcat(first, second, NULL);
    world_fill(&parts, rows);
    const int128 together = health_of(&parts, 0).requirement + health_of(&parts, 1).requirement;
    if (together > health_of(&whole, 0).requirement + 4) /* roundings up, of notional and margin */
        broken(rulebook, symbol, draw, "asks for more in two halves");
    world_end(&whole);
    world_end(&parts);
    g_free(first);
    g_free(second);
    g_free(rows);
}

/* Whatever part of a position an order closes, and at whatever price: less is asked after it. */
static void law_closing(const struct rulebook *rulebook, const char *symbol, struct draw draw,
                        struct random_stream *random) {
    struct world w;
    fill_one(&w, rulebook, symbol, draw);
    const struct pool *pool = pool_of(&w, 0);
    const struct position *position = book_positions(&w.book, pool);
    const int64_t magnitude = draw.lots < 0 ? -draw.lots : draw.lots;
    w.prices[0] = PRICE / 2 + (int64_t)random_stream_below(random, PRICE);
    const int64_t closed = 1 + (int64_t)random_stream_below(random, (uint64_t)magnitude);
    const int64_t rest = draw.lots < 0 ? closed - magnitude : magnitude - closed;
    const int128 before = health_of(&w, 0).requirement;
    const int128 after = rulebook->margin.portfolio != NULL
                             ? portfolio_requirement(&w.book, pool, w.prices, 0, rest)
                             : (rest == 0 ? 0 : book_requirement_after(&w.book, position, closed));
    if (after > before)
        broken(rulebook, symbol, draw, "asks for more after closing a part");
    world_end(&w);
}

static void check_liquidation_price(const struct rulebook *rulebook) {
    for_positions(rulebook, law_liquidation_price);
}

static void check_less_equity(const struct rulebook *rulebook) {
    for_positions(rulebook, law_less_equity);
}

static void check_split(const struct rulebook *rulebook) {
    for_positions(rulebook, law_split);
}

static void check_closing(const struct rulebook *rulebook) {
    for_positions(rulebook, law_closing);
}

static void a_breach_is_where_the_liquidation_price_says(void **state) {
    (void)state;
    for_each(check_liquidation_price);
}

static void less_equity_never_rescues(void **state) {
    (void)state;
    for_each(check_less_equity);
}

static void two_halves_never_need_more(void **state) {
    (void)state;
    for_each(check_split);
}

static void closing_never_leaves_more_to_hold(void **state) {
    (void)state;
    for_each(check_closing);
}

/* What is held counts for something up to its value, never for more with less of it; what is owed
 * counts in full. */
static void check_collateral(const struct rulebook *rulebook) {
    const char *symbols[SYMBOLS_MAX];
    (void)symbols_of(rulebook, symbols);
    for (size_t a = 0; a < rulebook->collateral.count; a++) {
        const struct collateral_asset *asset = &rulebook->collateral.assets[a];
        int128 equity[4];
        static const char *const held[4] = {"-1", "0", "1", "1000"};
        struct world w;
        world_begin(&w, rulebook, symbols[0]);
        const bool settles = strcmp(asset->symbol, w.settlement) == 0;
        accounts_destroy(w.accounts);
        for (size_t k = 0; k < 4 && !settles; k++) {
            world_begin(&w, rulebook, symbols[0]);
            char *spot = asset->price == COLLATERAL_INSTRUMENT
                             ? g_strdup(asset->instrument)
                             : g_strconcat(asset->symbol, w.settlement, NULL);
            w.instruments[1] = (struct instrument){.symbol = spot,
                                                   .kind = CONTRACT_SPOT,
                                                   .price_tick = {1, 2},
                                                   .lot = {1, 4},
                                                   .contract_size = {1, 0}};
            assert_int_equal(instrument_init(&w.instruments[1], NULL), STATUS_OK);
            w.instrument_count = strcmp(spot, symbols[0]) == 0 ? 1 : 2;
            char *rows =
                g_strdup_printf("x,balance,%s,0,,\nx,balance,%s,%s,,\nx,position,%s,1,%d,cross\n",
                                w.settlement, asset->symbol, held[k], symbols[0], PRICE / 100);
            world_fill(&w, rows);
            equity[k] = health_of(&w, 0).equity;
            const int64_t quantity = (int64_t)strtol(held[k], NULL, 10) * 100000000;
            const int128 unit = asset->price == COLLATERAL_FIXED ? 1 : PRICE / 100;
            const int128 margin = health_of(&w, 0).requirement;
            if (equity[k] > quantity * unit)
                fail_msg("%s: %s %s counts for more than its value", rulebook->name, held[k],
                         asset->symbol);
            if (margin <= 0)
                fail_msg("%s: nothing is asked", rulebook->name);
            g_free(rows);
            world_end(&w);
            g_free(spot);
        }
        if (!settles && (equity[0] >= equity[1] || equity[1] > equity[2] || equity[2] > equity[3] ||
                         equity[3] == equity[1]))
            fail_msg("%s: %s does not count as it should", rulebook->name, asset->symbol);
    }
}

static void collateral_counts_up_to_its_value(void **state) {
    (void)state;
    for_each(check_collateral);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_says_where_it_is_from),
        cmocka_unit_test(a_breach_is_where_the_liquidation_price_says),
        cmocka_unit_test(less_equity_never_rescues),
        cmocka_unit_test(two_halves_never_need_more),
        cmocka_unit_test(closing_never_leaves_more_to_hold),
        cmocka_unit_test(collateral_counts_up_to_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

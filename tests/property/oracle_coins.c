/* Contracts that settle in a coin inside accounts that settle in another asset, by definition. What
 * such a contract is worth, costs, asks for and pays is an amount of its coin; it is booked to what
 * the pool holds of the coin. In money an amount is worth the price that values the coin as
 * collateral. */

#include <assert.h>
#include <string.h>

#include "tests/property/oracle_book.h"

const char *oracle_asset_symbol(const struct oracle_book *book, uint32_t asset) {
    const size_t count = accounts_asset_count(book->accounts);
    return asset < count ? accounts_asset(book->accounts, asset)
                         : book->input->instruments[asset - count].settles;
}

bool oracle_coin(const struct oracle_book *book, uint32_t instrument, uint32_t *ret_asset) {
    const char *coin = book->input->instruments[instrument].settles;
    if (coin == NULL || strcmp(coin, accounts_settlement(book->accounts)) == 0)
        return false;
    const uint32_t count = (uint32_t)accounts_asset_count(book->accounts);
    uint32_t asset = 0; /* of the accounts, or, where nobody has any, after its first contract */
    while (asset < count + instrument && (oracle_asset_symbol(book, asset) == NULL ||
                                          strcmp(oracle_asset_symbol(book, asset), coin) != 0))
        asset++;
    *ret_asset = asset;
    return true;
}

int64_t *oracle_purse(const struct oracle_book *book, struct oracle_pool *pool,
                      uint32_t instrument) {
    uint32_t asset;
    if (!oracle_coin(book, instrument, &asset))
        return &pool->wallet;
    size_t k = 0;
    while (pool->assets[k].asset != asset)
        k++;
    return &pool->assets[k].quantity;
}

/* The price of 1e-8 of a coin, in money, as num / den; false: it has none yet. */
static bool unit_price(const struct oracle_book *book, uint32_t asset, const int64_t *prices,
                       int128 *num, int128 *den) {
    uint32_t factor;
    const bool moves = oracle_asset_factor(book, asset, &factor);
    const struct decimal unit = moves ? book->input->instruments[factor].price_tick
                                      : oracle_asset(book, asset)->fixed_price;
    if (moves && prices[factor] == PRICE_NONE)
        return false;
    *num = (int128)(moves ? prices[factor] : 1) * unit.mantissa;
    *den = units_pow10(unit.decimals);
    return true;
}

int128 oracle_money(const struct oracle_book *book, uint32_t instrument, int128 amount,
                    const int64_t *prices) {
    uint32_t asset;
    int128 num;
    int128 den;
    if (!oracle_coin(book, instrument, &asset))
        return amount;
    return unit_price(book, asset, prices, &num, &den) ? div_floor(amount * num, den) : 0;
}

int128 oracle_money_up(const struct oracle_book *book, uint32_t instrument, int128 amount,
                       const int64_t *prices) {
    return -oracle_money(book, instrument, -amount, prices);
}

int128 oracle_bought(const struct oracle_book *book, uint32_t instrument, int128 money,
                     const int64_t *prices) {
    uint32_t asset;
    int128 num;
    int128 den;
    if (!oracle_coin(book, instrument, &asset) || !unit_price(book, asset, prices, &num, &den))
        return money;
    return div_floor(money * den, num);
}

struct oracle_asset_row oracle_balance(const struct oracle_book *book,
                                       const struct oracle_pool *pool, size_t row,
                                       const int64_t *prices) {
    struct oracle_asset_row balance = pool->assets[row];
    for (size_t p = 0; p < pool->position_count; p++) {
        const struct oracle_position *at = &pool->positions[p];
        uint32_t asset;
        if (at->lots != 0 && prices[at->instrument] != PRICE_NONE &&
            oracle_coin(book, at->instrument, &asset) && asset == balance.asset)
            balance.quantity += (int64_t)oracle_pnl(book, at, prices);
    }
    return balance;
}

bool oracle_coin_breach(const struct oracle_book *book, const struct oracle_pool *pool,
                        const int64_t *marks) {
    int64_t before[INSTRUMENTS_MAX];
    bool open = false;
    for (size_t i = 0; i < book->input->instrument_count; i++)
        before[i] = marks[i];
    for (size_t p = 0; p < pool->position_count; p++) {
        uint32_t asset;
        uint32_t factor;
        if (pool->positions[p].lots == 0 ||
            !oracle_coin(book, pool->positions[p].instrument, &asset))
            continue;
        open = true;
        if (oracle_asset_factor(book, asset, &factor) && book->marks_before[factor] != PRICE_NONE)
            before[factor] = book->marks_before[factor];
    }
    return open && !oracle_in_breach(book, pool, before);
}

/* Adds a row for each coin that positions of the pool settle in and that it has none of. */
void oracle_add_coins(const struct oracle_book *book, struct oracle_pool *pool) {
    for (size_t p = 0; p < pool->position_count; p++) {
        uint32_t asset;
        if (!oracle_coin(book, pool->positions[p].instrument, &asset))
            continue;
        size_t k = 0;
        while (k < pool->asset_count && pool->assets[k].asset != asset)
            k++;
        if (k == pool->asset_count)
            pool->assets[pool->asset_count++] = (struct oracle_asset_row){asset, 0};
    }
}

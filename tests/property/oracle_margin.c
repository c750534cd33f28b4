/* What a pool has and needs, by definition: contracts of every kind, rates by size, collateral in
 * bands, portfolio margin move by move. Plain and slow; nothing is compiled or kept. */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/property/oracle_book.h"

static int128 absolute(int128 x) {
    return x < 0 ? -x : x;
}

static bool is_inverse(const struct oracle_book *book, uint32_t i) {
    return book->input->instruments[i].kind == CONTRACT_INVERSE;
}

int128 oracle_value(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                    int64_t price) {
    const struct instrument *i = &book->input->instruments[instrument];
    if (is_inverse(book, instrument))
        return div_floor(-(int128)lots * i->value_num, (int128)i->value_den * price);
    return div_floor((int128)lots * price * i->value_num, i->value_den);
}

int128 oracle_notional(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                       int64_t price) {
    const struct instrument *i = &book->input->instruments[instrument];
    if (is_inverse(book, instrument))
        return div_ceil(absolute(lots) * i->value_num, (int128)i->value_den * price);
    return div_ceil(absolute(lots) * price * i->value_num, i->value_den);
}

/* ---- one position ---- */

const struct margin_tier *oracle_tier(const struct oracle_book *book, uint32_t instrument,
                                      int128 of_notional) {
    const struct tier_table *table = book->tables[instrument];
    size_t tier = 0;
    while (tier + 1 < table->count && of_notional > table->tiers[tier].cap)
        tier++;
    return &table->tiers[tier];
}

/* Maintenance multiplier times trigger ratio, as num / den. */
static void multiplier(const struct rulebook *rules, int128 *num, int128 *den) {
    const struct decimal own = rules->margin.maintenance_multiplier;
    const struct decimal ratio = rules->margin.trigger_ratio.mantissa == 0
                                     ? (struct decimal){1, 0}
                                     : rules->margin.trigger_ratio;
    *num = (int128)own.mantissa * ratio.mantissa;
    *den = (int128)units_pow10(own.decimals) * units_pow10(ratio.decimals);
}

#define E12 ((int128)1000000000000)

static int128 e12(struct decimal value) {
    return value.mantissa * E12 / units_pow10(value.decimals); /* the worlds' decimals are few */
}

/* The least whose square is not below, found bit by bit. */
static int128 root_of(int128 square) {
    int128 root = 0;
    for (int bit = 61; bit >= 0; bit--)
        if ((root + ((int128)1 << bit)) * (root + ((int128)1 << bit)) < square)
            root += (int128)1 << bit;
    return root + (square > 0);
}

/* The rate of a curve in 1e-12 for a size given in 1e-12 of its unit. */
static int128 curve_rate(const struct size_curve *c, int128 size_e12) {
    int128 rate =
        e12(c->base) + div_ceil(size_e12 * c->per_unit.mantissa, units_pow10(c->per_unit.decimals));
    if (c->sqrt_factor.mantissa != 0) {
        const int128 under = size_e12 * e12(c->sqrt_scale) + e12(c->sqrt_offset) * E12;
        rate += div_ceil(root_of(under) * c->sqrt_factor.mantissa,
                         units_pow10(c->sqrt_factor.decimals));
    }
    if (c->step.mantissa != 0 && size_e12 > e12(c->step_from))
        rate += div_ceil(size_e12 - e12(c->step_from), e12(c->step)) * e12(c->step_rate);
    if (rate < e12(c->floor))
        rate = e12(c->floor);
    return rate > e12(c->cap) ? e12(c->cap) : rate;
}

/* The size of a position in 1e-12 of the curve's unit; `x` is its notional. */
static int128 size_of(const struct oracle_book *book, const struct size_curve *c, uint32_t i,
                      int64_t lots, int64_t cost, int128 x) {
    const struct instrument *instrument = &book->input->instruments[i];
    if (c->unit != SIZE_BASE)
        return (c->unit == SIZE_NOTIONAL ? x : absolute(cost)) * (E12 / MONEY_SCALE);
    return absolute(lots) * instrument->lot.mantissa * instrument->contract_size.mantissa * E12 /
           units_pow10(instrument->lot.decimals) / units_pow10(instrument->contract_size.decimals);
}

static const struct size_curve *curve_of(const struct oracle_book *book, uint32_t i) {
    return rulebook_size(book->rulebook->margin.sizes, book->rulebook->margin.size_count,
                         book->input->instruments[i].symbol);
}

int64_t oracle_steps(const struct oracle_book *book, uint32_t i, int64_t lots, int64_t cost) {
    const struct size_curve *c = curve_of(book, i);
    if (c == NULL || c->step.mantissa == 0)
        return -1;
    const int128 beyond = size_of(book, c, i, lots, cost, 0) - e12(c->step_from);
    return beyond > 0 ? (int64_t)div_ceil(beyond, e12(c->step)) : 0;
}

static int128 by_size(const struct oracle_book *book, const struct size_curve *c, uint32_t i,
                      int64_t lots, int64_t cost, int128 x) {
    const int128 size_e12 = size_of(book, c, i, lots, cost, x);
    int128 num;
    int128 den;
    multiplier(book->rulebook, &num, &den);
    int128 rate = div_ceil(curve_rate(c, size_e12) * num, den) +
                  (int128)book->rulebook->margin.closing_fee_rate_e8 * (E12 / RATE_SCALE);
    const int128 most = c->unit == SIZE_NOTIONAL ? E12 / 2 : E12;
    if (rate > most)
        rate = most;
    return div_ceil(x * rate, E12) + div_ceil(c->minimum * num, den);
}

static int128 by_tier(const struct oracle_book *book, const struct margin_tier *tier, int128 x) {
    int128 num;
    int128 den;
    multiplier(book->rulebook, &num, &den);
    const int128 scaled = (x * tier->rate_e8 - (int128)tier->deduction * RATE_SCALE) * num +
                          x * book->rulebook->margin.closing_fee_rate_e8 * den;
    const int128 margin = div_ceil(scaled, RATE_SCALE * den);
    return margin > 0 ? margin : 0;
}

int128 oracle_maintenance(const struct oracle_book *book, uint32_t instrument, int64_t lots,
                          int64_t cost, int64_t price) {
    const struct rulebook *rules = book->rulebook;
    if (lots == 0)
        return 0;
    const struct size_curve *curve = curve_of(book, instrument);
    const int128 at_mark = oracle_notional(book, instrument, lots, price);
    const int128 x = rules->margin.basis == BASIS_ENTRY ? absolute(cost) : at_mark;
    return curve != NULL ? by_size(book, curve, instrument, lots, cost, x)
                         : by_tier(book, oracle_tier(book, instrument, x), x);
}

int128 oracle_lowest(const struct oracle_book *book, const struct oracle_position *p,
                     int64_t price) {
    const int128 x = book->rulebook->margin.basis == BASIS_ENTRY
                         ? absolute(p->cost)
                         : oracle_notional(book, p->instrument, p->lots, price);
    if (curve_of(book, p->instrument) == NULL)
        return by_tier(book, book->tables[p->instrument]->tiers, x);
    struct size_curve flat = *curve_of(book, p->instrument);
    flat.step.mantissa = 0; /* as if it were in the lowest step */
    return by_size(book, &flat, p->instrument, p->lots, p->cost, x);
}

int128 oracle_pnl(const struct oracle_book *book, const struct oracle_position *p,
                  const int64_t *prices) {
    return oracle_value(book, p->instrument, p->lots, prices[p->instrument]) - p->cost;
}

/* ---- collateral ---- */

const struct collateral_asset *oracle_asset(const struct oracle_book *book, uint32_t asset) {
    return rulebook_collateral(book->rulebook, oracle_asset_symbol(book, asset));
}

/* By name: the spot instrument of the asset in the settlement asset, else the linear contract. */
static bool factor_by_name(const struct oracle_book *book, const char *asset,
                           uint32_t *ret_factor) {
    char pair[2 * ACCOUNT_ID_SIZE];
    bool found = false;
    (void)snprintf(pair, sizeof(pair), "%s%s", asset, accounts_settlement(book->accounts));
    for (uint32_t i = 0; i < book->input->instrument_count; i++) {
        const struct instrument *instrument = &book->input->instruments[i];
        if (strcmp(instrument->symbol, pair) != 0 ||
            (instrument->kind != CONTRACT_SPOT && (instrument->kind != CONTRACT_LINEAR || found)))
            continue;
        *ret_factor = i;
        found = true;
    }
    return found;
}

/* An asset has a fixed price, or names the instrument that values it, or is found by its name. */
bool oracle_asset_factor(const struct oracle_book *book, uint32_t asset, uint32_t *ret_factor) {
    const struct collateral_asset *rule = oracle_asset(book, asset);
    if (rule->price == COLLATERAL_FIXED)
        return false;
    if (rule->price == COLLATERAL_BY_NAME && factor_by_name(book, rule->symbol, ret_factor))
        return true;
    for (uint32_t i = 0; i < book->input->instrument_count; i++)
        if (strcmp(book->input->instruments[i].symbol, rule->instrument) == 0) {
            *ret_factor = i;
            return true;
        }
    assert(false);
    return false;
}

int128 oracle_asset_value(const struct oracle_book *book, uint32_t asset, int64_t quantity,
                          const int64_t *prices) {
    uint32_t factor;
    const struct collateral_asset *rule = oracle_asset(book, asset);
    const bool moves = oracle_asset_factor(book, asset, &factor);
    const struct decimal unit =
        moves ? book->input->instruments[factor].price_tick : rule->fixed_price;
    return div_floor((int128)quantity * (moves ? prices[factor] : 1) * unit.mantissa,
                     units_pow10(unit.decimals));
}

/* What all of it counts for where its weight falls with the root of its amount (in units). */
static int128 by_root(const struct collateral_asset *rule, int128 quantity) {
    const struct decimal factor = rule->sqrt_factor;
    const int128 root_e12 = root_of(quantity * (E12 / MONEY_SCALE) * E12);
    const int128 below_e12 =
        E12 + div_ceil(root_e12 * factor.mantissa, units_pow10(factor.decimals));
    return quantity * (e12(rule->sqrt_top) * E12 / below_e12) / E12;
}

static int64_t weighted_part(const struct collateral_asset *rule, int128 quantity) {
    int128 weighted = 0;
    const bool falls = rule->sqrt_factor.mantissa != 0;
    for (size_t b = 0; b < rule->band_count; b++) {
        const int128 from = b == 0 ? 0 : rule->bands[b - 1].up_to;
        const int128 to = quantity < rule->bands[b].up_to ? quantity : rule->bands[b].up_to;
        if (to > from)
            weighted += (to - from) * rule->bands[b].weight_e8;
    }
    weighted /= RATE_SCALE;
    return (int64_t)(falls && by_root(rule, quantity) < weighted ? by_root(rule, quantity)
                                                                 : weighted);
}

static int128 counted(const struct oracle_book *book, const struct oracle_asset_row *row,
                      const int64_t *prices) {
    const struct collateral_asset *rule = oracle_asset(book, row->asset);
    if (row->quantity >= 0)
        return oracle_asset_value(book, row->asset, weighted_part(rule, row->quantity), prices);
    return div_floor(oracle_asset_value(book, row->asset, row->quantity, prices) *
                         rule->liability_weight_e8,
                     RATE_SCALE);
}

static int128 owed(const struct oracle_book *book, const struct oracle_asset_row *row,
                   const int64_t *prices) {
    if (row->quantity >= 0)
        return 0;
    const struct collateral_asset *rule = oracle_asset(book, row->asset);
    const struct decimal ratio = book->rulebook->margin.trigger_ratio.mantissa == 0
                                     ? (struct decimal){1, 0}
                                     : book->rulebook->margin.trigger_ratio;
    const int128 rate =
        div_ceil((int128)rule->borrow_rate_e8 * ratio.mantissa, units_pow10(ratio.decimals));
    return div_ceil(-oracle_asset_value(book, row->asset, row->quantity, prices) * rate,
                    RATE_SCALE);
}

/* ---- portfolio margin ---- */

size_t oracle_unit(const struct oracle_book *book, uint32_t i) {
    const struct portfolio_margin *s = book->rulebook->margin.portfolio;
    for (size_t u = 0; u < s->unit_count; u++)
        for (size_t k = 0; k < s->units[u].symbol_count; k++)
            if (strcmp(s->units[u].symbols[k], book->input->instruments[i].symbol) == 0)
                return u;
    return s->unit_count + i;
}

const struct portfolio_move *oracle_moves(const struct oracle_book *book, size_t u,
                                          size_t *ret_count) {
    const struct portfolio_margin *s = book->rulebook->margin.portfolio;
    const bool own = u < s->unit_count && s->units[u].move_count > 0;
    *ret_count = own ? s->units[u].move_count : s->move_count;
    return own ? s->units[u].moves : s->moves;
}

/* Longs and shorts of a unit, as notional, and what it loses in each move. */
struct unit {
    size_t move_count;
    const struct portfolio_move *moves;
    int128 longs, shorts;
    int128 loss[PORTFOLIO_MOVES_MAX]; /* times 1e8 */
};

static void add_exposure(struct unit *unit, int128 value, bool inverse) {
    if ((value > 0) != inverse)
        unit->longs += absolute(value);
    else
        unit->shorts += absolute(value);
    for (size_t m = 0; m < unit->move_count; m++) {
        const int128 move = unit->moves[m].move_e8;
        const int128 loss = inverse ? div_nearest(move * RATE_SCALE, RATE_SCALE + move) : -move;
        unit->loss[m] += value * div_nearest(loss * unit->moves[m].cover_e8, RATE_SCALE);
    }
}

static int128 risk_of(const struct unit *unit, bool rounded_up) {
    int128 worst = 0;
    for (size_t m = 0; m < unit->move_count; m++) {
        const int128 loss =
            rounded_up ? div_ceil(unit->loss[m], RATE_SCALE) : div_floor(unit->loss[m], RATE_SCALE);
        worst = loss > worst ? loss : worst;
    }
    return worst;
}

static int128 credit_of(const struct unit *a, const struct unit *b, int64_t rate_e8) {
    const int128 x = a->longs - a->shorts;
    const int128 y = b->longs - b->shorts;
    if ((x > 0) == (y > 0) || x == 0 || y == 0)
        return 0;
    const int128 met = absolute(x) < absolute(y) ? absolute(x) : absolute(y);
    const int128 risk = risk_of(a, false) * (met * 1000000 / absolute(x)) +
                        risk_of(b, false) * (met * 1000000 / absolute(y));
    return div_floor(div_floor(risk, 1000000) * rate_e8, RATE_SCALE);
}

static int128 portfolio(const struct oracle_book *book, const struct oracle_pool *pool,
                        const int64_t *prices) {
    const struct portfolio_margin *s = book->rulebook->margin.portfolio;
    const size_t count = s->unit_count + book->input->instrument_count;
    struct unit *units = calloc(count, sizeof(*units));
    assert(units != NULL);
    for (size_t u = 0; u < count; u++)
        units[u].moves = oracle_moves(book, u, &units[u].move_count);
    for (size_t p = 0; p < pool->position_count; p++) {
        const struct oracle_position *at = &pool->positions[p];
        if (at->lots == 0)
            continue;
        const int128 value = oracle_value(book, at->instrument, at->lots, prices[at->instrument]);
        add_exposure(&units[oracle_unit(book, at->instrument)],
                     oracle_money(book, at->instrument, value, prices),
                     is_inverse(book, at->instrument));
    }
    for (size_t k = 0; k < pool->asset_count && s->holdings; k++) {
        uint32_t factor;
        const struct oracle_asset_row *row = &pool->assets[k];
        if (row->quantity != 0 && oracle_asset_factor(book, row->asset, &factor))
            add_exposure(&units[oracle_unit(book, factor)],
                         oracle_asset_value(book, row->asset, row->quantity, prices), false);
    }
    int128 total = 0;
    for (size_t u = 0; u < count; u++) {
        const int128 risk = risk_of(&units[u], true);
        const int128 least =
            div_ceil((units[u].longs + units[u].shorts) * s->minimum_rate_e8, RATE_SCALE);
        const int128 met = units[u].longs < units[u].shorts ? units[u].longs : units[u].shorts;
        total += (risk > least ? risk : least) + div_ceil(met * s->basis_rate_e8, RATE_SCALE);
    }
    for (size_t o = 0; o < s->offset_count; o++) {
        size_t pair[2] = {0, 0};
        for (size_t k = 0; k < 2; k++)
            while (strcmp(s->units[pair[k]].name, s->offsets[o].units[k]) != 0)
                pair[k]++;
        total -= credit_of(&units[pair[0]], &units[pair[1]], s->offsets[o].rate_e8);
    }
    free(units);
    int128 num;
    int128 den;
    multiplier(book->rulebook, &num, &den);
    return div_ceil((total > 0 ? total : 0) * num, den);
}

/* ---- the pool ---- */

/* Wallet and unrealised gains in the accounts' own asset. */
static int128 own_equity(const struct oracle_book *book, const struct oracle_pool *pool,
                         const int64_t *prices) {
    int128 equity = pool->wallet;
    uint32_t coin;
    for (size_t p = 0; p < pool->position_count; p++)
        if (pool->positions[p].lots != 0 &&
            !oracle_coin(book, pool->positions[p].instrument, &coin))
            equity += oracle_pnl(book, &pool->positions[p], prices);
    return equity;
}

int128 oracle_pool_worth(const struct oracle_book *book, const struct oracle_pool *pool,
                         const int64_t *prices) {
    int128 worth = own_equity(book, pool, prices);
    for (size_t k = 0; k < pool->asset_count; k++)
        worth += oracle_asset_value(book, pool->assets[k].asset,
                                    oracle_balance(book, pool, k, prices).quantity, prices);
    return worth;
}

int128 oracle_pool_equity(const struct oracle_book *book, const struct oracle_pool *pool,
                          const int64_t *prices) {
    int128 equity = own_equity(book, pool, prices);
    const struct collateral_asset *own =
        rulebook_collateral(book->rulebook, accounts_settlement(book->accounts));
    if (own != NULL && equity > 0)
        equity = weighted_part(own, equity);
    for (size_t k = 0; k < pool->asset_count; k++) {
        const struct oracle_asset_row balance = oracle_balance(book, pool, k, prices);
        equity += counted(book, &balance, prices);
    }
    return equity;
}

int128 oracle_positions_requirement(const struct oracle_book *book, const struct oracle_pool *pool,
                                    const int64_t *prices) {
    int128 sum = 0;
    if (book->rulebook->margin.portfolio != NULL)
        sum = portfolio(book, pool, prices);
    for (size_t p = 0; p < pool->position_count && book->rulebook->margin.portfolio == NULL; p++) {
        const struct oracle_position *at = &pool->positions[p];
        const int128 asked =
            oracle_maintenance(book, at->instrument, at->lots, at->cost, prices[at->instrument]);
        sum += oracle_money_up(book, at->instrument, asked, prices);
    }
    return sum;
}

int128 oracle_pool_requirement(const struct oracle_book *book, const struct oracle_pool *pool,
                               const int64_t *prices) {
    int128 sum = oracle_positions_requirement(book, pool, prices);
    for (size_t k = 0; k < pool->asset_count; k++) {
        const struct oracle_asset_row balance = oracle_balance(book, pool, k, prices);
        sum += owed(book, &balance, prices);
    }
    return sum + oracle_open_margin(book, pool);
}

/* The tables of `margin`. */

#include "engine/rules/rulebook_fields.h"

#include <stddef.h>

#include "base/decimal_text.h"
#include "engine/rules/rulebook.h"

static const struct field_choice MODES[] = {
    {"cross", MARGIN_CROSS}, {"isolated", MARGIN_ISOLATED}, {NULL, 0}};
static const struct field_choice TRIGGERS[] = {
    {"below", TRIGGER_BELOW}, {"at_or_below", TRIGGER_AT_OR_BELOW}, {NULL, 0}};
static const struct field_choice BASES[] = {
    {"mark", BASIS_MARK}, {"entry", BASIS_ENTRY}, {NULL, 0}};
static const struct field_choice SIZE_UNITS[] = {{"base", SIZE_BASE},
                                                 {"notional", SIZE_NOTIONAL},
                                                 {"entry_notional", SIZE_ENTRY_NOTIONAL},
                                                 {NULL, 0}};
static const struct field_choice COUNTS[] = {{"none", ORDERS_NONE},
                                             {"initial", ORDERS_INITIAL},
                                             {"maintenance", ORDERS_MAINTENANCE},
                                             {NULL, 0}};
static const struct field_choice ORDER_RATES[] = {
    {"maintenance", ORDER_RATE_MAINTENANCE}, {"initial", ORDER_RATE_INITIAL}, {NULL, 0}};

/* ---- tiers ---- */

#define AT(member) offsetof(struct margin_tier, member)
static const struct field TIERS[] = {
    {.key = "floor",
     .kind = FIELD_MONEY,
     .offset = AT(floor),
     .most = 92e9,
     .unit = "notional",
     .shown = "the cap of the tier below; 0 in the first",
     .meaning = "notional above which the tier holds"},
    {.key = "cap",
     .kind = FIELD_MONEY,
     .offset = AT(cap),
     .most = 92e9,
     .above = true,
     .open = true,
     .unit = "notional",
     .form = "above its floor",
     .shown = "required but in the last",
     .meaning = "notional up to which it holds. The last tier also takes what lies beyond its cap"},
    {.key = "maintenance_rate",
     .kind = FIELD_RATE,
     .offset = AT(rate_e8),
     .most = 1,
     .unit = "fraction of notional",
     .form = "0 to 1, never falling",
     .shown = "required",
     .meaning = "rate on the whole notional"},
    {.key = "maintenance_amount",
     .kind = FIELD_MONEY,
     .offset = AT(deduction),
     .least = -92e9,
     .most = 92e9,
     .shown = "what leaves no jump; 0 in the first",
     .meaning = "the deduction: margin = notional × rate − amount, not below 0. Not negative in "
                "the first tier"},
    {.key = "max_leverage",
     .kind = FIELD_RATE,
     .offset = AT(max_leverage_e8),
     .most = 1000,
     .above = true,
     .unset = true,
     .shown = "not given",
     .meaning = "the highest leverage of the tier, for initial margin"},
    FIELD_END,
};
#undef AT

#define AT(member) offsetof(struct tier_table, member)
static const struct field TIER_TABLE[] = {
    {.key = "",
     .kind = FIELD_LIST,
     .offset = AT(tiers),
     .of = TIERS,
     .rows = {.count = AT(count), .size = sizeof(struct margin_tier)}},
    FIELD_END,
};
#undef AT

/* ---- curves by size ---- */

#define AT(member) offsetof(struct size_curve, member)
static const struct field CURVE[] = {
    {.key = "unit",
     .kind = FIELD_CHOICE,
     .offset = AT(unit),
     .choices = SIZE_UNITS,
     .meaning = "what s counts: base units (of an inverse contract: its quote units); the notional "
                "at mark (an inverse contract's coins); the notional at entry"},
    {.key = "base",
     .kind = FIELD_DECIMAL,
     .offset = AT(base),
     .most = 1,
     .unit = "rate",
     .meaning = "the rate of the smallest position"},
    {.key = "per_unit",
     .kind = FIELD_DECIMAL,
     .offset = AT(per_unit),
     .most = 1e6,
     .unit = "rate a unit",
     .meaning =
         "what each unit adds: Deribit (0.00005 a BTC), Synthetix (a share of the skew scale)"},
    {.key = "sqrt_factor",
     .kind = FIELD_DECIMAL,
     .offset = AT(sqrt_factor),
     .most = 1e6,
     .meaning = "of the root: FTX, Drift"},
    {.key = "sqrt_scale",
     .kind = FIELD_DECIMAL,
     .offset = AT(sqrt_scale),
     .most = 1e6,
     .fallback = "1",
     .meaning = "stands under the root, times s"},
    {.key = "sqrt_offset",
     .kind = FIELD_DECIMAL,
     .offset = AT(sqrt_offset),
     .most = 1e6,
     .meaning = "stands under the root, added"},
    {.key = "step",
     .kind = FIELD_DECIMAL,
     .offset = AT(step),
     .most = 1e15,
     .unit = "units",
     .meaning = "units a risk step; 0: no steps. BitMEX, OKX. Not with `notional`: a requirement "
                "must not jump as the price moves"},
    {.key = "step_from",
     .kind = FIELD_DECIMAL,
     .offset = AT(step_from),
     .most = 1e15,
     .unit = "units",
     .meaning = "up to this size no step is counted: the base risk limit"},
    {.key = "step_rate",
     .kind = FIELD_DECIMAL,
     .offset = AT(step_rate),
     .most = 1,
     .unit = "rate a step",
     .meaning = "what each step, begun or whole, adds"},
    {.key = "floor",
     .kind = FIELD_DECIMAL,
     .offset = AT(floor),
     .most = 1,
     .unit = "rate",
     .meaning = "the rate is never below it"},
    {.key = "cap",
     .kind = FIELD_DECIMAL,
     .offset = AT(cap),
     .most = 1,
     .above = true,
     .fallback = "1",
     .unit = "rate",
     .form = "above 0, to 1; by `notional` to 0.5",
     .shown = "1; by `notional` 0.5",
     .meaning = "the rate is never above it. Were it above a half by notional, a larger fall would "
                "ask for less"},
    {.key = "minimum",
     .kind = FIELD_MONEY,
     .offset = AT(minimum),
     .most = 92e9,
     .unit = "money a position",
     .meaning = "money that each open position asks on top"},
    FIELD_END,
};
#undef AT

/* ---- portfolio margin ---- */

#define AT(member) offsetof(struct portfolio_move, member)
static const struct field MOVE[] = {
    {.key = "",
     .kind = FIELD_RATE,
     .offset = AT(move_e8),
     .least = -1,
     .most = 1,
     .above = true,
     .unit = "of the price"},
    {.key = "cover",
     .kind = FIELD_RATE,
     .offset = AT(cover_e8),
     .most = 1,
     .above = true,
     .fallback = "1",
     .unit = "of the loss"},
    FIELD_END,
};
#undef AT

static const struct field SYMBOL[] = {{.key = "", .kind = FIELD_TEXT}, FIELD_END};

#define AT(member) offsetof(struct portfolio_unit, member)
static const struct field UNIT[] = {
    {.key = "instruments",
     .kind = FIELD_LIST,
     .offset = AT(symbols),
     .by_hand = true,
     .of = SYMBOL,
     .rows = {.count = AT(symbol_count),
              .size = sizeof(const char *),
              .least = 1,
              .most = PORTFOLIO_UNIT_SYMBOLS_MAX,
              .inside = true},
     .unit = "instruments"},
    {.key = "moves",
     .kind = FIELD_LIST,
     .offset = AT(moves),
     .by_hand = true,
     .of = MOVE,
     .rows = {.count = AT(move_count),
              .size = sizeof(struct portfolio_move),
              .least = 1,
              .most = PORTFOLIO_MOVES_MAX},
     .unit = "moves"},
    FIELD_END,
};
#undef AT

#define AT(member) offsetof(struct portfolio_offset, member)
static const struct field OFFSET[] = {
    {.key = "units",
     .kind = FIELD_LIST,
     .offset = AT(units),
     .of = SYMBOL,
     .rows = {.count = FIELD_NOWHERE,
              .size = sizeof(const char *),
              .least = 2,
              .most = 2,
              .inside = true},
     .unit = "units"},
    {.key = "rate", .kind = FIELD_RATE, .offset = AT(rate_e8), .most = 1},
    FIELD_END,
};
#undef AT

#define AT(member) offsetof(struct portfolio_margin, member)
static const struct field SCENARIO[] = {
    {.key = "units",
     .kind = FIELD_LIST,
     .offset = AT(units),
     .by_hand = true,
     .of = UNIT,
     .rows = {.count = AT(unit_count),
              .size = sizeof(struct portfolio_unit),
              .most = 128,
              .named = true},
     .unit = "units",
     .form = "mapping of names to lists of 1 to 32 instruments (`symbol`), at most 128; or to "
             "`{instruments: [...], moves: [...]}`",
     .shown = "each contract alone",
     .meaning = "which contracts net. A unit may have `moves` of its own: OKX has wider ones for "
                "small coins, SPAN a scan range a commodity"},
    {.key = "moves",
     .kind = FIELD_LIST,
     .offset = AT(moves),
     .by_hand = true,
     .of = MOVE,
     .rows = {.count = AT(move_count),
              .size = sizeof(struct portfolio_move),
              .least = 1,
              .most = PORTFOLIO_MOVES_MAX,
              .inside = true},
     .unit = "moves",
     .form = "list of 1 to 64",
     .shown = "required",
     .meaning = "of units without moves of their own, and of contracts in no unit: relative moves "
                "of the price, above −1 and at most 1. A number, or [`move`, `cover`]: only the "
                "share `cover` (above 0, to 1) of the loss counts, as for SPAN's extreme moves"},
    {.key = "basis_rate",
     .kind = FIELD_RATE,
     .offset = AT(basis_rate_e8),
     .most = 1,
     .unit = "of the notional that nets",
     .meaning = "on the notional that longs and shorts of a unit have in common"},
    {.key = "minimum_rate",
     .kind = FIELD_RATE,
     .offset = AT(minimum_rate_e8),
     .most = 1,
     .unit = "of gross notional",
     .meaning = "of a unit's gross notional, at least"},
    {.key = "offsets",
     .kind = FIELD_LIST,
     .offset = AT(offsets),
     .by_hand = true,
     .of = OFFSET,
     .rows = {.count = AT(offset_count), .size = sizeof(struct portfolio_offset), .most = 256},
     .unit = "offsets",
     .form = "list of `{units: [A, B], rate: R}`, at most 256",
     .shown = "none",
     .meaning = "where A and B stand against each other, R of their risk on the part that offsets "
                "is taken off"},
    {.key = "initial_factor",
     .kind = FIELD_DECIMAL,
     .offset = AT(initial_factor),
     .most = 100,
     .above = true,
     .fallback = "1",
     .meaning = "initial margin over maintenance margin"},
    {.key = "holdings",
     .kind = FIELD_BOOL,
     .offset = AT(holdings),
     .meaning = "a holding of a unit's asset nets with its contracts (spot and future hedge)"},
    FIELD_END,
};
#undef AT

/* ---- orders open in the market ---- */

/* A word, or a rate of its own. */
static const char *order_rate_text(const void *holder, char *ret_buffer) {
    const struct order_margin *orders = holder;
    for (const struct field_choice *choice = ORDER_RATES; choice->name != NULL; choice++)
        if (choice->value == (int)orders->rate)
            return choice->name;
    (void)decimal_format(orders->rate_e8, MONEY_DECIMALS, ret_buffer);
    return ret_buffer;
}

#define AT(member) offsetof(struct order_margin, member)
static const struct field ORDERS[] = {
    {.key = "counts",
     .kind = FIELD_CHOICE,
     .offset = AT(counts),
     .choices = COUNTS,
     .meaning = "whether open orders add to initial margin alone, which a replay does not ask, or "
                "to the requirement too (Bybit, OKX, Drift)"},
    {.key = "rate",
     .kind = FIELD_RATE,
     .offset = AT(rate_e8),
     .most = 1,
     .by_hand = true,
     .choices = ORDER_RATES,
     .text = order_rate_text,
     .unit = "fraction of an order's notional",
     .form = "`maintenance`, `initial`, or 0 to 1",
     .shown = "`maintenance`",
     .meaning = "of the requirement: what a position like the order would need (in its own tier or "
                "curve), that position's initial margin (OKX), or a rate of the order's notional. "
                "Initial margin is the position's, or the rate's"},
    {.key = "per_order",
     .kind = FIELD_MONEY,
     .offset = AT(per_order),
     .most = 92e9,
     .unit = "money an order",
     .meaning = "money that each open order asks on top; Drift: 0.01"},
    FIELD_END,
};
#undef AT

/* ---- the section ---- */

#define AT(member) offsetof(struct rulebook, member)
const struct field rulebook_margin_fields[] = {
    {.key = "mode",
     .kind = FIELD_CHOICE,
     .offset = AT(margin.mode),
     .choices = MODES,
     .meaning = "`isolated`: each position that the accounts have as cross stands on its own, with "
                "the account's balance divided by cost at entry; so the same book can be run "
                "either way by one override. What an account calls isolated is so either way"},
    {.key = "trigger",
     .kind = FIELD_CHOICE,
     .offset = AT(margin.trigger),
     .choices = TRIGGERS,
     .meaning = "in breach when equity is below, or at or below, the requirement"},
    {.key = "initial_rate",
     .kind = FIELD_RATE,
     .offset = AT(margin.initial_rate_e8),
     .most = 1,
     .unit = "fraction of notional",
     .meaning = "initial margin as a share of notional; 0: 1 / `max_leverage` of the tiers. Used "
                "by `margin` and by the population, not by the replay"},
    {.key = "maintenance_rate",
     .kind = FIELD_RATE,
     .offset = FIELD_NOWHERE,
     .most = 1,
     .by_hand = true,
     .unit = "fraction of notional",
     .shown = "—",
     .meaning = "one rate for all sizes. One of this, `tiers`, `size` and `scenario` is needed; "
                "not this and `tiers`"},
    {.key = "maintenance_multiplier",
     .kind = FIELD_DECIMAL,
     .offset = AT(margin.maintenance_multiplier),
     .most = 100,
     .above = true,
     .decimals = 8,
     .fallback = "1",
     .meaning = "scales rates and deductions alike, so the tables stay continuous. No rate may end "
                "above 1"},
    {.key = "exchange_below",
     .kind = FIELD_MONEY,
     .offset = AT(margin.exchange_below),
     .most = 92e9,
     .unit = "settlement asset",
     .meaning = "a balance of the settlement asset at or below minus this is covered at once by "
                "selling other collateral, in proportion to its value, at its `exchange_ratio` "
                "(Binance multi-assets: 10000); 0: upon liquidation alone"},
    {.key = "tiers",
     .kind = FIELD_LIST,
     .offset = AT(margin.tables),
     .by_hand = true,
     .of = TIER_TABLE,
     .rows = {.count = AT(margin.table_count), .size = sizeof(struct tier_table), .named = true},
     .form = "mapping or file name",
     .shown = "—",
     .meaning = "tables by symbol, see below; or a CSV file, relative to the rulebook"},
    {.key = "size",
     .kind = FIELD_LIST,
     .offset = AT(margin.sizes),
     .by_hand = true,
     .of = CURVE,
     .rows = {.count = AT(margin.size_count), .size = sizeof(struct size_curve), .named = true},
     .form = "mapping by symbol",
     .shown = "none",
     .meaning = "rates that grow with the size of the position, see below; a contract that has one "
                "needs no tiers"},
    {.key = "initial_size",
     .kind = FIELD_LIST,
     .offset = AT(margin.initial_sizes),
     .by_hand = true,
     .of = CURVE,
     .rows = {.count = AT(margin.initial_size_count),
              .size = sizeof(struct size_curve),
              .named = true},
     .form = "mapping by symbol",
     .shown = "none",
     .meaning = "the same for initial margin: what it gives is asked at least"},
    {.key = "basis",
     .kind = FIELD_CHOICE,
     .offset = AT(margin.basis),
     .choices = BASES,
     .meaning = "the notional that rates apply to: at the mark price, or what the position was "
                "opened at (it then stays as the price moves)"},
    {.key = "closing_fee_rate",
     .kind = FIELD_RATE,
     .offset = AT(margin.closing_fee_rate_e8),
     .most = 1,
     .unit = "fraction of notional",
     .meaning = "of the notional, added to the maintenance rate: the fee of closing at mark, which "
                "Bybit and OKX count in. Not under `scenario`"},
    {.key = "trigger_ratio",
     .kind = FIELD_DECIMAL,
     .offset = AT(margin.trigger_ratio),
     .most = 100,
     .above = true,
     .unset = true,
     .decimals = 4,
     .fallback = "1",
     .unit = "equity over requirement",
     .meaning =
         "in breach below (or at) so many times the requirement; Binance Portfolio Margin: 1.05"},
    {.key = "settlement",
     .kind = FIELD_TEXT,
     .offset = AT(margin.settlement),
     .shown = "as the contracts say",
     .meaning = "the asset that accounts settle in. Without it: the coin of the first inverse "
                "contract, else the quote that the first symbol ends in. A contract that settles "
                "in another one counts in the balance of that asset, which `collateral` must have; "
                "its tiers and sizes are in it"},
    {.key = "scenario",
     .kind = FIELD_OPTION,
     .offset = AT(margin.portfolio),
     .by_hand = true,
     .of = SCENARIO,
     .form = "mapping",
     .shown = "none",
     .meaning = "portfolio margin: the requirement of an account as a whole, see below"},
    {.key = "orders",
     .kind = FIELD_GROUP,
     .offset = AT(margin.orders),
     .by_hand = true,
     .of = ORDERS,
     .form = "mapping",
     .shown = "none count",
     .meaning = "what open orders ask, see below"},
    FIELD_END,
};
#undef AT

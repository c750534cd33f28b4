/* The tables of `liquidation`: how an account is closed, and what holds orders back. */

#include "engine/rules/rulebook_fields.h"

#include <stddef.h>

#include "base/decimal_text.h"
#include "engine/rules/rulebook.h"

static const struct field_choice CANCELS[] = {
    {"all", CANCEL_ALL}, {"none", CANCEL_NONE}, {"instrument", CANCEL_INSTRUMENT}, {NULL, 0}};
static const struct field_choice CLOSES[] = {
    {"full", CLOSE_FULL},         {"tier_step", CLOSE_TIER_STEP},
    {"fraction", CLOSE_FRACTION}, {"to_target", CLOSE_TO_TARGET},
    {"step", CLOSE_STEP},         {"portion", CLOSE_PORTION},
    {"to_cover", CLOSE_TO_COVER}, {NULL, 0}};
static const struct field_choice ORDERS[] = {{"all", ORDER_ALL},
                                             {"proportional", ORDER_PROPORTIONAL},
                                             {"largest_loss", ORDER_LARGEST_LOSS},
                                             {"largest_margin", ORDER_LARGEST_MARGIN},
                                             {"largest_notional", ORDER_LARGEST_NOTIONAL},
                                             {"largest_relief", ORDER_LARGEST_RELIEF},
                                             {"delta_neutral", ORDER_DELTA_NEUTRAL},
                                             {"offset_first", ORDER_OFFSET_FIRST},
                                             {"random", ORDER_RANDOM},
                                             {NULL, 0}};
static const struct field_choice RECEIVERS[] = {
    {"venue", FEE_VENUE}, {"insurance_fund", FEE_INSURANCE_FUND}, {NULL, 0}};
static const struct field_choice KEEPERS[] = {
    {"account", REMAINDER_ACCOUNT}, {"insurance_fund", REMAINDER_INSURANCE_FUND}, {NULL, 0}};
static const struct field_choice PRICES[] = {
    {"market", PRICE_MARKET}, {"mark", PRICE_MARK}, {"bankruptcy", PRICE_BANKRUPTCY}, {NULL, 0}};
static const struct field_choice LAST_PRICES[] = {
    {"market", PRICE_MARKET}, {"bankruptcy", PRICE_BANKRUPTCY}, {NULL, 0}};
static const struct field_choice THEN_PRICES[] = {
    {"again", PRICE_MARKET}, {"bankruptcy", PRICE_BANKRUPTCY}, {NULL, 0}};
static const struct field_choice BANKRUPTCIES[] = {
    {"held", BANKRUPTCY_HELD}, {"shared", BANKRUPTCY_SHARED}, {NULL, 0}};
static const struct field_choice ACTIONS[] = {
    {"warn", ACTION_WARN},           {"reduce_only", ACTION_REDUCE_ONLY}, {"close", ACTION_CLOSE},
    {"take_over", ACTION_TAKE_OVER}, {"backstop", ACTION_BACKSTOP},       {NULL, 0}};
static const struct field_choice INSURANCE_FEE_LIMITS[] = {
    {"full", INSURANCE_FEE_FULL}, {"margin", INSURANCE_FEE_MARGIN}, {NULL, 0}};
static const struct field_choice LIMITS[] = {{"none", LIMIT_NONE},
                                             {"fillable", LIMIT_FILLABLE},
                                             {"bankruptcy", LIMIT_BANKRUPTCY},
                                             {NULL, 0}};

/* ---- stages ---- */

/* One ratio, under the one key or the other. */
static const char *ratio_text(const struct liquidation_stage *stage, bool inclusive,
                              char *ret_buffer) {
    if (stage->inclusive != inclusive)
        return "none";
    (void)decimal_format(stage->ratio_e8, MONEY_DECIMALS, ret_buffer);
    return ret_buffer;
}

static const char *below_text(const void *holder, char *ret_buffer) {
    return ratio_text(holder, false, ret_buffer);
}

static const char *at_or_below_text(const void *holder, char *ret_buffer) {
    return ratio_text(holder, true, ret_buffer);
}

#define AT(member) offsetof(struct liquidation_stage, member)
static const struct field STAGE[] = {
    {.key = "below",
     .kind = FIELD_RATE,
     .offset = AT(ratio_e8),
     .most = 1000,
     .text = below_text,
     .unit = "equity over requirement",
     .shown = "—",
     .meaning =
         "applies where equity is below this times the requirement. Either this or `at_or_below`"},
    {.key = "at_or_below",
     .kind = FIELD_RATE,
     .offset = AT(ratio_e8),
     .most = 1000,
     .text = at_or_below_text,
     .unit = "equity over requirement",
     .shown = "—",
     .meaning = "applies where it is at or below it"},
    {.key = "action",
     .kind = FIELD_CHOICE,
     .offset = AT(closing.action),
     .choices = ACTIONS,
     .shown = "required",
     .meaning = "`warn`, `reduce_only`: said, nothing is closed by it (nobody opens positions in a "
                "replay). `close`: as the next keys say. `take_over`: by the insurance fund, at "
                "the bankruptcy price. `backstop`: all positions go to the vault at mark, with "
                "what is left of the wallet; what the account owes is a shortfall"},
    {.key = "close",
     .kind = FIELD_CHOICE,
     .offset = AT(closing.close),
     .choices = CLOSES,
     .shown = "that of `liquidation`; for `take_over`: `full`",
     .meaning = "as in `liquidation`; of `close` and `take_over`"},
    {.key = "fraction",
     .kind = FIELD_RATE,
     .offset = AT(closing.fraction_e8),
     .most = 1,
     .above = true,
     .unset = true,
     .fallback = "0.2",
     .unit = "of the current position",
     .shown = "that of `liquidation`",
     .meaning = "as in `liquidation`; of `close` and `take_over`"},
    {.key = "target_ratio",
     .kind = FIELD_RATE,
     .offset = AT(closing.target_ratio_e8),
     .least = 1,
     .most = 1000,
     .unset = true,
     .fallback = "1.1",
     .unit = "equity over requirement",
     .shown = "that of `liquidation`",
     .meaning = "as in `liquidation`; of `close` and `take_over`"},
    {.key = "order",
     .kind = FIELD_CHOICE,
     .offset = AT(closing.order),
     .choices = ORDERS,
     .shown = "that of `liquidation`; for `take_over`: `all`",
     .meaning = "as in `liquidation`; of `close` and `take_over`"},
    {.key = "price",
     .kind = FIELD_CHOICE,
     .offset = AT(closing.price),
     .choices = PRICES,
     .shown = "that of `liquidation`",
     .meaning = "as in `liquidation`; of `close` alone"},
    FIELD_END,
};
#undef AT

/* ---- amounts by contract ---- */

static const struct field FEE_RATE[] = {{.key = "",
                                         .kind = FIELD_RATE,
                                         .offset = offsetof(struct symbol_rate, rate_e8),
                                         .most = 1,
                                         .unit = "fraction of the notional closed"},
                                        FIELD_END};
static const struct field WINDOW[] = {{.key = "",
                                       .kind = FIELD_DECIMAL,
                                       .offset = offsetof(struct window_cap, quantity),
                                       .most = 92e9,
                                       .above = true},
                                      FIELD_END};

/* ---- the section, and what of it holds orders back ---- */

#define AT(member) offsetof(struct rulebook, member)
static const struct field INVENTORY[] = {
    {.key = "interval_ms",
     .kind = FIELD_MS,
     .offset = AT(liquidation.inventory_interval_ns),
     .least = 1,
     .most = 86400000,
     .unset = true,
     .fallback = "60000",
     .unit = "ms",
     .shown = "60000, *guess*",
     .meaning = "for `price: bankruptcy`: the fund gives a part of what it holds to the market "
                "every so long, on the clock's grid"},
    {.key = "fraction",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.inventory_fraction_e8),
     .most = 1,
     .above = true,
     .unset = true,
     .fallback = "0.1",
     .unit = "of what is held",
     .shown = "0.1, *guess*",
     .meaning = "the part of what is held then, rounded up to a lot"},
    FIELD_END,
};

const struct field rulebook_liquidation_fields[] = {
    {.key = "cancel_orders",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.cancel_orders),
     .choices = CANCELS,
     .meaning = "open orders of an account in breach that are cancelled before anything is closed, "
                "which frees their margin; an account that is not in breach any more is not "
                "closed. `instrument`: those in the contracts that would be closed, as at BitMEX"},
    {.key = "close",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.close),
     .choices = CLOSES,
     .meaning = "how much of a position one order closes"},
    {.key = "fraction",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.fraction_e8),
     .most = 1,
     .above = true,
     .unset = true,
     .fallback = "0.2",
     .unit = "of the current position",
     .meaning = "for `fraction`: share of the present position, rounded up to a lot. For `portion` "
                "(dYdX v4): share of its notional, not less than `minimum_notional`, rounded down "
                "to a lot, at least one"},
    {.key = "target_ratio",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.target_ratio_e8),
     .least = 1,
     .most = 1000,
     .unset = true,
     .fallback = "1.1",
     .unit = "equity over requirement",
     .meaning = "for `to_target`: equity over requirement to reach"},
    {.key = "tier_steps",
     .kind = FIELD_UINT64,
     .offset = AT(liquidation.tier_steps),
     .least = 1,
     .most = 256,
     .unset = true,
     .fallback = "1",
     .unit = "tiers",
     .meaning =
         "for `tier_step`: so many tiers down; from a tier that has not so many below it, all. "
         "Where the margin is a curve with `step`, tiers are its risk steps, and what is left is "
         "at most the lower step's bound; a curve without `step` has no tiers: all"},
    {.key = "full_below_lowest_tier",
     .kind = FIELD_BOOL,
     .offset = AT(liquidation.full_below_lowest_tier),
     .meaning = "for `tier_step`: all, where equity does not meet what the lowest tiers (or the "
                "curves without their steps) would ask of all positions either, as at OKX"},
    {.key = "step_notional",
     .kind = FIELD_MONEY,
     .offset = AT(liquidation.step_notional),
     .most = 92e9,
     .above = true,
     .unset = true,
     .unit = "notional",
     .shown = "this or `step_quantity` required with `step`",
     .meaning = "for `step`: so much notional at mark an order; rounded down to a lot, at least "
                "one. With `interval_ms` it is an amount per time, as at Deribit"},
    {.key = "step_quantity",
     .kind = FIELD_DECIMAL,
     .offset = AT(liquidation.step_quantity),
     .most = 92e9,
     .above = true,
     .unset = true,
     .shown = "this or `step_notional` required with `step`",
     .meaning =
         "for `step`: so much quantity (contracts of inverse ones) an order, in the same way"},
    {.key = "minimum_notional",
     .kind = FIELD_MONEY,
     .offset = AT(liquidation.minimum_notional),
     .most = 92e9,
     .unit = "notional",
     .meaning = "for `portion`: the least that an order closes. For `to_cover`: a position worth "
                "no more is closed in full, and a shortage of less is freed at once"},
    {.key = "partial_above",
     .kind = FIELD_MONEY,
     .offset = AT(liquidation.partial_above),
     .most = 92e9,
     .unit = "notional",
     .meaning = "a position of no more notional at mark is closed in full whatever `close` says"},
    {.key = "full_within_ms",
     .kind = FIELD_MS,
     .offset = AT(liquidation.full_within_ns),
     .most = 86400000,
     .unit = "ms",
     .meaning = "for so long after an order that left lots of its position, further orders of the "
                "account are in full, as at Hyperliquid"},
    {.key = "exit_ratio",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.exit_ratio_e8),
     .least = 1,
     .most = 1000,
     .unset = true,
     .unit = "equity over requirement",
     .meaning = "an account once liquidated goes on to be, until equity is at least this times the "
                "requirement; without it, until it is not in breach"},
    {.key = "order",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.order),
     .choices = ORDERS,
     .fallback = "largest_loss",
     .meaning = "`all`, `proportional`: every position in one wave; the others: one position a "
                "wave. `largest_relief`: whose order frees most requirement. `delta_neutral` "
                "(Deribit): whose order brings the sum of signed notionals nearest to 0. "
                "`offset_first` (OKX): a long and a short of one contract against each other, "
                "under portfolio margin then of one unit; after them the largest relief. `random` "
                "(dYdX v4): drawn from time and account id, so that a run repeats"},
    {.key = "fee_rate",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.fee_rate_e8),
     .most = 1,
     .by_hand = true,
     .unit = "fraction of the notional closed",
     .form = "0 to 1, or mapping by symbol",
     .meaning = "of the notional closed. `{default: 0.0075, ETH-PERPETUAL: 0.009}`: by contract; "
                "`default` stands for those that are not named, who else pay none"},
    {.key = "fee_rate",
     .kind = FIELD_LIST,
     .offset = AT(liquidation.fee_rates),
     .by_hand = true,
     .of = FEE_RATE,
     .rows = {.count = AT(liquidation.fee_rate_count),
              .size = sizeof(struct symbol_rate),
              .named = true}},
    {.key = "fee_to",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.fee_to),
     .choices = RECEIVERS,
     .meaning = "who gets the fee"},
    {.key = "insurance_fee_rate",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.insurance_fee_e8),
     .most = 1,
     .unit = "fraction of the notional closed",
     .meaning = "of the notional closed, to the insurance fund, beside the fee and booked with it"},
    {.key = "insurance_fee_limit",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.insurance_fee_limit),
     .choices = INSURANCE_FEE_LIMITS,
     .meaning = "`margin` (Drift v2): at most 95 % of what the margin ratio at the exit leaves "
                "after the fee and the position's part of the shortage"},
    {.key = "remainder_to",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.remainder_to),
     .choices = KEEPERS,
     .meaning = "who keeps what an order brings, fee taken off, beyond its bankruptcy price. It is "
                "booked with the order's fee. Not of take-overs, which are at that price"},
    {.key = "remainder_max_rate",
     .kind = FIELD_RATE,
     .offset = AT(liquidation.remainder_max_rate_e8),
     .most = 1,
     .fallback = "1",
     .unit = "fraction of the notional closed",
     .meaning = "of the notional closed at most; dYdX: 0.005"},
    {.key = "price",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.price),
     .choices = PRICES,
     .meaning =
         "`market`: fills at the wave's average price. `mark`: the market counterparty closes the "
         "position at the mark price, and no price moves. `bankruptcy`: the insurance fund takes "
         "the position over at its bankruptcy price and works it off (`inventory`)"},
    {.key = "last_price",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.last_price),
     .choices = LAST_PRICES,
     .meaning = "`bankruptcy`: an order that closes all of its position is a take-over at the "
                "bankruptcy price, as in the lowest tier at OKX and BitMEX"},
    {.key = "then",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.then_price),
     .choices = THEN_PRICES,
     .meaning = "what follows an account's first order while it is still in breach: the same rule "
                "again; or `bankruptcy`: all that is left is taken over at the bankruptcy price, "
                "in the rule's `order`, as at Binance"},
    {.key = "stages",
     .kind = FIELD_LIST,
     .offset = AT(liquidation.stages),
     .by_hand = true,
     .of = STAGE,
     .rows = {.count = AT(liquidation.stage_count),
              .size = sizeof(struct liquidation_stage),
              .most = LIQUIDATION_STAGES_MAX,
              .inside = true},
     .form = "list, see below",
     .shown = "none",
     .meaning = "other rules at other depths of the breach"},
    {.key = "bankruptcy",
     .kind = FIELD_CHOICE,
     .offset = AT(liquidation.bankruptcy),
     .choices = BANKRUPTCIES,
     .meaning =
         "what a position's bankruptcy price uses up, the others held at their marks: `held`: all "
         "of the pool's equity; `shared`: its share of it by maintenance margin, so that several "
         "positions closed together do not each count the same collateral"},
    {.key = "inventory", .kind = FIELD_GROUP, .of = INVENTORY},
    FIELD_END,
};

const struct field rulebook_limits_fields[] = {
    {.key = "interval_ms",
     .kind = FIELD_MS,
     .offset = AT(limits.interval_ns),
     .most = 86400000,
     .unit = "ms",
     .meaning =
         "cool-down of an account after an order; 0: again in the next wave of the same instant"},
    {.key = "latency_ms",
     .kind = FIELD_MS,
     .offset = AT(limits.latency_ns),
     .most = 86400000,
     .unit = "ms",
     .meaning = "from breach to order; the account is judged again then"},
    {.key = "pace_pools",
     .kind = FIELD_UINT64,
     .offset = AT(limits.pace_pools),
     .most = 4e9,
     .unit = "a window; 0: no limit",
     .meaning = "accounts (cross pools, isolated positions) liquidated in a window at most, the "
                "longest in breach first; 0: no limit"},
    {.key = "pace_ms",
     .kind = FIELD_MS,
     .offset = AT(limits.pace_ns),
     .least = 1,
     .most = 86400000,
     .unset = true,
     .unit = "ms",
     .shown = "required with `pace_pools`",
     .meaning = "length of the window"},
    {.key = "release_initial",
     .kind = FIELD_RATE,
     .offset = AT(limits.release_initial_e8),
     .most = 1,
     .unit = "of the shortage",
     .meaning = "for `to_cover` under `release_ms`: the part of the shortage that may be freed at "
                "once; in steps of 1e-4"},
    {.key = "release_ms",
     .kind = FIELD_MS,
     .offset = AT(limits.release_ns),
     .most = 86400000,
     .unit = "ms",
     .meaning = "for `to_cover`: the rest of it over so long, counted from the account's first "
                "order. What an order was made to free counts as freed. At least one lot an order; "
                "needs `interval_ms`"},
    {.key = "block_ms",
     .kind = FIELD_MS,
     .offset = AT(limits.block_ns),
     .most = 86400000,
     .unit = "ms",
     .meaning = "length of a block of time, on the grid of the epoch; 0: there are none"},
    {.key = "block_once",
     .kind = FIELD_BOOL,
     .offset = AT(limits.block_once),
     .meaning = "a position has one order a block at most (dYdX v4: an account's market), whether "
                "it was filled or not; `order` chooses among the others. Needs `block_ms`"},
    {.key = "block_notional",
     .kind = FIELD_MONEY,
     .offset = AT(limits.block_notional),
     .most = 92e9,
     .unit = "notional",
     .meaning = "notional at mark that the orders of one account (cross pool, isolated position) "
                "close in a block at most; 0: no limit. What is left of it is rounded down to a "
                "lot, at least one. Needs `block_ms`"},
    {.key = "block_insurance",
     .kind = FIELD_MONEY,
     .offset = AT(limits.block_insurance),
     .most = 92e9,
     .unit = "money",
     .meaning =
         "money that the orders of one account lose in the market past their bankruptcy prices in "
         "a block at most; 0: no limit. What would lose more is not filled. Needs `block_ms`"},
    {.key = "limit",
     .kind = FIELD_CHOICE,
     .offset = AT(limits.order),
     .choices = LIMITS,
     .meaning =
         "the worst price at which an order through the market is filled (immediate or cancel). "
         "`fillable` (dYdX v4): a part of the position's margin away from its value at mark, see "
         "below. `bankruptcy`: its bankruptcy price. What is not filled stays with the account, "
         "for the next block or the end of `interval_ms`, one of which is needed (`bankruptcy` may "
         "have `then: bankruptcy` instead, without `stages`); an account worth less than nothing "
         "has it taken over by the waterfall's `backstop` and `adl`"},
    {.key = "fillable_adjustment",
     .kind = FIELD_RATE,
     .offset = AT(limits.fillable_adjustment_e8),
     .most = 1000,
     .fallback = "1",
     .meaning =
         "how fast the limit leaves the mark price as the account sinks below its requirement"},
    {.key = "fillable_spread",
     .kind = FIELD_RATE,
     .offset = AT(limits.fillable_spread_e8),
     .most = 1000,
     .fallback = "0.1",
     .unit = "of margin",
     .meaning = "how far it goes at most, of the position's maintenance margin"},
    {.key = "window_ms",
     .kind = FIELD_MS,
     .offset = AT(limits.window_ns),
     .most = 86400000,
     .unit = "ms",
     .meaning =
         "length of a window in which so much of an instrument is closed at most, by all accounts "
         "together (Synthetix Perps V3); it is over when so long has passed without an order"},
    {.key = "window_quantity",
     .kind = FIELD_LIST,
     .offset = AT(limits.windows),
     .by_hand = true,
     .of = WINDOW,
     .rows = {.count = AT(limits.window_count), .size = sizeof(struct window_cap), .named = true},
     .form = "mapping of symbols (or `default`) to above 0",
     .shown = "none",
     .meaning =
         "how much that is: base units, contracts of an inverse one, rounded down to a lot, at "
         "least one. At Synthetix (maker fee + taker fee) × skew scale × multiplier × seconds of "
         "the window. An instrument that is in it by neither name has no cap. Needs `window_ms`"},
    FIELD_END,
};
#undef AT

/* The tables of `collateral`, `waterfall`, `funding` and `mark`. */

#include "engine/rules/rulebook_fields.h"

#include <stddef.h>

#include "base/decimal_text.h"
#include "engine/rules/rulebook.h"

/* ---- collateral ---- */

#define AT(member) offsetof(struct collateral_band, member)
static const struct field BAND[] = {
    {.key = "",
     .kind = FIELD_MONEY,
     .offset = AT(up_to),
     .most = 92e9,
     .above = true,
     .open = true,
     .unit = "units of the asset"},
    {.key = "weight", .kind = FIELD_RATE, .offset = AT(weight_e8), .most = 1},
    FIELD_END,
};
#undef AT

/* A fixed price, an instrument, or what is called like the asset. */
static const char *price_text(const void *holder, char *ret_buffer) {
    const struct collateral_asset *asset = holder;
    if (asset->price == COLLATERAL_INSTRUMENT)
        return asset->instrument;
    if (asset->price != COLLATERAL_FIXED)
        return "by name";
    const struct decimal price = decimal_normal(asset->fixed_price);
    (void)decimal_format(price.mantissa, price.decimals, ret_buffer);
    return ret_buffer;
}

#define AT(member) offsetof(struct collateral_asset, member)
static const struct field ASSET[] = {
    {.key = "weight",
     .kind = FIELD_RATE,
     .offset = FIELD_NOWHERE,
     .most = 1,
     .by_hand = true,
     .fallback = "1",
     .meaning = "of its value, what is held counts for so much"},
    {.key = "cap",
     .kind = FIELD_MONEY,
     .offset = FIELD_NOWHERE,
     .most = 92e9,
     .above = true,
     .by_hand = true,
     .unit = "units of the asset that count",
     .shown = "none",
     .meaning = "units of the asset that count at most"},
    {.key = "bands",
     .kind = FIELD_LIST,
     .offset = AT(bands),
     .by_hand = true,
     .of = BAND,
     .rows = {.count = AT(band_count),
              .size = sizeof(struct collateral_band),
              .least = 1,
              .most = COLLATERAL_BANDS_MAX + 1},
     .unit = "bands",
     .form = "list of 1 to 64 [`up_to_quantity`, `weight`]",
     .shown = "none",
     .meaning = "in the place of `weight` and `cap`: each part of the quantity counts at its "
                "band's weight (marginal), as at Bybit and OKX. `null` is an open end; beyond the "
                "last bound nothing counts"},
    {.key = "sqrt_factor",
     .kind = FIELD_DECIMAL,
     .offset = AT(sqrt_factor),
     .most = 1e6,
     .decimals = 18,
     .meaning = "the weight falls with the amount held: of the whole no more counts than "
                "`sqrt_top` / (1 + `sqrt_factor` × √units held), beside `weight` or `bands`; FTX. "
                "Not of the settlement asset, where bands do"},
    {.key = "sqrt_top",
     .kind = FIELD_DECIMAL,
     .offset = AT(sqrt_top),
     .most = 10,
     .above = true,
     .unset = true,
     .decimals = 12,
     .fallback = "1",
     .meaning = "what stands over it; FTX: 1.1"},
    {.key = "liability_weight",
     .kind = FIELD_RATE,
     .offset = AT(liability_weight_e8),
     .least = 1,
     .most = 10,
     .fallback = "1",
     .meaning = "what is owed counts against the account at so many times its value; Drift, Mango"},
    {.key = "borrow_rate",
     .kind = FIELD_RATE,
     .offset = AT(borrow_rate_e8),
     .most = 1,
     .unit = "fraction of what is owed",
     .meaning = "of the value owed, added to the requirement; Binance Portfolio Margin"},
    {.key = "exchange_ratio",
     .kind = FIELD_RATE,
     .offset = AT(exchange_ratio_e8),
     .most = 1,
     .above = true,
     .fallback = "1",
     .unit = "of its value",
     .meaning =
         "what a unit of its value brings when it is sold to make up a debt; Binance: BTC 0.975"},
    {.key = "price",
     .kind = FIELD_DECIMAL,
     .offset = AT(fixed_price),
     .most = 1e9,
     .above = true,
     .unset = true,
     .by_hand = true,
     .text = price_text,
     .form = "number or symbol",
     .shown = "by name",
     .meaning = "a fixed price in the settlement asset, or the instrument whose mark price values "
                "it. By name: the spot instrument, else the linear one, called ASSET + settlement "
                "asset (`BTCUSDT`)"},
    FIELD_END,
};
#undef AT

#define AT(member) offsetof(struct rulebook, member)
const struct field rulebook_collateral_fields[] = {
    {.key = "",
     .kind = FIELD_LIST,
     .offset = AT(collateral.assets),
     .by_hand = true,
     .of = ASSET,
     .rows = {.count = AT(collateral.count),
              .size = sizeof(struct collateral_asset),
              .named = true}},
    FIELD_END,
};

/* ---- waterfall ---- */

static const struct field_choice STAGES[] = {{"insurance_fund", STAGE_INSURANCE_FUND},
                                             {"backstop", STAGE_BACKSTOP},
                                             {"adl", STAGE_ADL},
                                             {"socialise", STAGE_SOCIALISE},
                                             {"socialise_open_interest", STAGE_OPEN_INTEREST},
                                             {NULL, 0}};
static const struct field_choice FUNDS[] = {
    {"global", FUND_GLOBAL}, {"per_instrument", FUND_PER_INSTRUMENT}, {NULL, 0}};
static const struct field_choice ADL_PRICES[] = {{"bankruptcy", ADL_AT_BANKRUPTCY},
                                                 {"mark", ADL_AT_MARK},
                                                 {"previous_mark", ADL_AT_PREVIOUS_MARK},
                                                 {NULL, 0}};
static const struct field_choice ADL_TIES[] = {
    {"account_id", ADL_TIE_ACCOUNT_ID}, {"largest_position", ADL_TIE_LARGEST_POSITION}, {NULL, 0}};
static const struct field_choice ADL_VETOES[] = {
    {"bankrupt", ADL_VETO_BANKRUPT}, {"losers", ADL_VETO_LOSERS}, {NULL, 0}};
static const struct field_choice SOCIALISE_TIMES[] = {
    {"end", SOCIALISE_AT_END}, {"session", SOCIALISE_AT_SESSION}, {NULL, 0}};
static const struct field_choice ADL_RANKS[] = {
    {"profit_times_leverage", ADL_PROFIT_TIMES_LEVERAGE},
    {"profit", ADL_PROFIT},
    {"leverage", ADL_LEVERAGE},
    {"price_ratio_times_leverage", ADL_PRICE_RATIO_TIMES_LEVERAGE},
    {"profit_over_wallet", ADL_PROFIT_OVER_WALLET},
    {"profit_times_wallet_leverage", ADL_PROFIT_TIMES_WALLET_LEVERAGE},
    {"position_size", ADL_POSITION_SIZE},
    {"pro_rata", ADL_PRO_RATA},
    {"account_order", ADL_ACCOUNT_ORDER},
    {NULL, 0}};

static const struct field STAGE[] = {
    {.key = "", .kind = FIELD_CHOICE, .choices = STAGES, .unit = "stage"}, FIELD_END};
static const struct field SHARE[] = {
    {.key = "", .kind = FIELD_RATE, .offset = offsetof(struct fund_share, weight_e8), .most = 1e6},
    FIELD_END};

const struct field rulebook_waterfall_fields[] = {
    {.key = "stages",
     .kind = FIELD_LIST,
     .offset = AT(waterfall.stages),
     .of = STAGE,
     .rows = {.count = AT(waterfall.stage_count),
              .size = sizeof(enum waterfall_stage),
              .most = WATERFALL_STAGES_MAX,
              .inside = true},
     .fallback = "insurance_fund",
     .unit = "stages",
     .form = "list of `insurance_fund`, `backstop`, `adl`, `socialise`, `socialise_open_interest`, "
             "each once",
     .shown = "`[insurance_fund]`",
     .meaning = "who bears a shortfall, in this order; what nobody pays is `unpaid`. `backstop`: a "
                "vault (the scenario's `venue.backstop`) takes positions over at the bankruptcy "
                "price and holds them. `socialise`: booked over accounts in profit, when "
                "`socialise_at` says. `socialise_open_interest` (Drift v2, Mango v4): at once, "
                "over all open positions of the instrument, longs and shorts, by lots; what "
                "rounding up brings is the fund's. `[]`: nobody pays"},
    {.key = "socialise_at",
     .kind = FIELD_CHOICE,
     .offset = AT(waterfall.socialise_at),
     .choices = SOCIALISE_TIMES,
     .meaning = "when a loss is socialised: at the end of the run over what was gained in all of "
                "it; `session`: at each day's `session_close` over what was gained since the last, "
                "and at the end of the run for the session under way"},
    {.key = "session_close",
     .kind = FIELD_CLOCK,
     .offset = AT(waterfall.session_close_ns),
     .meaning = "for `socialise_at: session`: time of day, UTC"},
    {.key = "fund",
     .kind = FIELD_CHOICE,
     .offset = AT(waterfall.fund),
     .choices = FUNDS,
     .meaning = "`per_instrument`: each instrument has an insurance fund of its own, which gets "
                "what its orders bring the fund and pays only what they lost (BitMEX, Drift). The "
                "rest of the waterfall then asks that fund, `adl_fund_fall` too"},
    {.key = "fund_shares",
     .kind = FIELD_LIST,
     .offset = AT(waterfall.fund_shares),
     .by_hand = true,
     .of = SHARE,
     .rows = {.count = AT(waterfall.fund_share_count),
              .size = sizeof(struct fund_share),
              .named = true},
     .form = "mapping of symbols (or `default`) to 0 to 1000000",
     .shown =
         "1 for each contract, 0 for spot: a *guess*, no venue publishes it for a day of the past",
     .meaning = "how the scenario's `insurance_fund` is divided at the start, and what an event "
                "adds: in proportion. Symbols that the run does not have count for nothing; if all "
                "are 0, equal parts. Needs `fund: per_instrument`"},
    {.key = "adl_fund_fall",
     .kind = FIELD_RATE,
     .offset = AT(waterfall.adl_fund_fall_e8),
     .most = 1,
     .unit = "of the fund's peak",
     .meaning =
         "the fund bears no loss past bankruptcy by which it falls by more than this share from "
         "its peak; what is more goes to the next stage. 0: until it is empty. OKX: 0.3"},
    {.key = "adl_fund_window_ms",
     .kind = FIELD_MS,
     .offset = AT(waterfall.adl_fund_window_ns),
     .least = 1,
     .most = 604800000,
     .unset = true,
     .unit = "ms",
     .shown = "required with `adl_fund_fall`",
     .meaning = "the peak is that of so long; OKX: 28800000"},
    {.key = "adl_rank",
     .kind = FIELD_CHOICE,
     .offset = AT(waterfall.adl_rank),
     .choices = ADL_RANKS,
     .meaning = "who is auto-deleveraged first. `profit`: profit over entry value. Leverage is "
                "notional over the account's equity. `price_ratio_times_leverage` (Hyperliquid): "
                "mark over entry, of a short entry over mark, times leverage. Over the wallet: "
                "profit over the margin put up, without what it gained; or profit times notional "
                "over it. `position_size`: the most lots. `pro_rata`: all in proportion. "
                "`account_order` (dYdX v4): no ranking, by account id"},
    {.key = "adl_price",
     .kind = FIELD_CHOICE,
     .offset = AT(waterfall.adl_price),
     .choices = ADL_PRICES,
     .meaning = "the price they are closed at: the bankruptcy price of the order, mark, or the "
                "mark before it last moved, as at Hyperliquid"},
    {.key = "adl_tie",
     .kind = FIELD_CHOICE,
     .offset = AT(waterfall.adl_tie),
     .choices = ADL_TIES,
     .meaning = "who goes first among equals; then the account id as bytes"},
    {.key = "adl_veto",
     .kind = FIELD_CHOICE,
     .offset = AT(waterfall.adl_veto),
     .choices = ADL_VETOES,
     .meaning = "whom it spares: who would be left bankrupt; `losers`: also who would book a loss"},
    FIELD_END,
};

/* ---- funding, mark ---- */

const struct field rulebook_funding_fields[] = {
    {.key = "cap_share",
     .kind = FIELD_RATE,
     .offset = AT(funding.cap_share_e8),
     .most = 1,
     .unit = "of initial less maintenance rate",
     .meaning =
         "the rate paid is held within this share of (initial rate - maintenance rate) of the "
         "smallest positions, either way (BitMEX: 0.75); 0, or no initial rate: not held"},
    FIELD_END,
};

static const struct field_choice PARTS[] = {
    {"last", MARK_PART_LAST},       {"index", MARK_PART_INDEX},       {"basis", MARK_PART_BASIS},
    {"funding", MARK_PART_FUNDING}, {"recorded", MARK_PART_RECORDED}, {NULL, 0}};
static const struct field PART[] = {
    {.key = "", .kind = FIELD_CHOICE, .choices = PARTS, .unit = "price"}, FIELD_END};

#undef AT
#define AT(member) offsetof(struct mark_rule, member)
const struct field rulebook_mark_fields[] = {
    {.key = "of",
     .kind = FIELD_LIST,
     .offset = AT(parts),
     .of = PART,
     .rows = {.count = AT(part_count),
              .size = sizeof(enum mark_part),
              .least = 1,
              .most = MARK_PARTS_MAX,
              .inside = true},
     .fallback = "last",
     .unit = "prices",
     .form = "list of `last`, `index`, `basis`, `funding`, `recorded`",
     .shown = "`[last]`",
     .meaning = "the prices that the mark is made of: of several the median, of an even number the "
                "middle between the two. `basis`: the index plus the moving average of last less "
                "index. `funding`: the index times 1 + the last funding rate × the part of the "
                "interval that is still to come. `recorded`: the mark that the venue published"},
    {.key = "average_ms",
     .kind = FIELD_MS,
     .offset = AT(average_ns),
     .most = 86400000,
     .fallback = "150000",
     .unit = "ms",
     .shown = "150000, *guess*",
     .meaning = "mean age of the (exponential) averages. 150 s is Hyperliquid's; a plain average "
                "over 150 s, Binance's, has a mean age of 75 s"},
    {.key = "band",
     .kind = FIELD_RATE,
     .offset = AT(band_e8),
     .most = 1,
     .unit = "of the index",
     .form = "0 to below 1",
     .meaning = "the mark is held within this share of the index; 0: not"},
    {.key = "stale_ms",
     .kind = FIELD_MS,
     .offset = AT(stale_ns),
     .most = 86400000,
     .unit = "ms; 0: never",
     .meaning = "a reading older than this is left out, and where none is left the last price "
                "counts; 0: never"},
    {.key = "index_weight",
     .kind = FIELD_RATE,
     .offset = AT(index_weight_e8),
     .most = 1,
     .unit = "of the index",
     .meaning = "weight of this venue's own price in its index"},
    FIELD_END,
};
#undef AT

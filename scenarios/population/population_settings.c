#include "scenarios/population/population.h"

#include <assert.h>
#include <stddef.h>

#include "base/field_value.h"
#include "base/field_walk.h"

#define AT(member) offsetof(struct population_settings, member)
static const struct field EQUITY[] = {
    {.key = "median",
     .kind = FIELD_DOUBLE,
     .offset = AT(equity.median),
     .least = 0.01,
     .most = 1e9,
     .fallback = "180",
     .shown = "180, derived",
     .meaning = "quote units"},
    {.key = "ln_sd",
     .kind = FIELD_DOUBLE,
     .offset = AT(equity.ln_sd),
     .least = 0.1,
     .most = 5,
     .fallback = "2.5",
     .shown = "2.5, measured",
     .meaning = "of the log-normal body"},
    {.key = "tail_quantile",
     .kind = FIELD_DOUBLE,
     .offset = AT(equity.tail_quantile),
     .least = 0.5,
     .most = 1,
     .fallback = "0.95",
     .shown = "0.95, *guess*",
     .meaning = "where the Pareto tail starts; 1: no tail"},
    {.key = "tail_alpha",
     .kind = FIELD_DOUBLE,
     .offset = AT(equity.tail_alpha),
     .least = 0.1,
     .most = 10,
     .fallback = "0.9",
     .shown = "0.9, measured",
     .meaning = "exponent of the tail"},
    {.key = "cap",
     .kind = FIELD_DOUBLE,
     .offset = AT(equity.cap),
     .least = 0.01,
     .most = 1e10,
     .fallback = "1e8",
     .form = "median to 1e10",
     .shown = "1e8, *guess*",
     .meaning = "where the tail is cut"},
    FIELD_END,
};
static const struct field LEVERAGE[] = {
    {.key = "median",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.median),
     .least = 0.01,
     .most = 125,
     .fallback = "1.2",
     .shown = "1.2, derived",
     .meaning = "of an account of median equity"},
    {.key = "equity_slope",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.equity_slope),
     .most = 0.9,
     .fallback = "0.2",
     .shown = "0.2, measured",
     .meaning = "how leverage falls with equity"},
    {.key = "ln_sd",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.ln_sd),
     .most = 3,
     .fallback = "1.1",
     .shown = "1.1, measured",
     .meaning = "spread"},
    {.key = "min",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.min),
     .least = 0.01,
     .most = 1000,
     .fallback = "0.1",
     .form = "0.01 to max",
     .shown = "0.1, *guess*",
     .meaning = "the least"},
    {.key = "max",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.max),
     .least = 0.01,
     .most = 1000,
     .fallback = "125",
     .form = "min to 1000",
     .shown = "125, the venue's",
     .meaning = "tiers clip further"},
    {.key = "spike_share",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.spike_share),
     .most = 1,
     .fallback = "0.05",
     .shown = "0.05, *guess*",
     .meaning = "share of accounts at 20, 50 or 100 times"},
    {.key = "short_factor",
     .kind = FIELD_DOUBLE,
     .offset = AT(leverage.short_factor),
     .least = 0.01,
     .most = 100,
     .fallback = "0.7",
     .shown = "0.7, *guess*",
     .meaning = "on the leverage of accounts that are net short"},
    FIELD_END,
};
static const struct field POSITIONS[] = {
    {.key = "max",
     .kind = FIELD_UINT32,
     .offset = AT(positions.max),
     .least = 1,
     .most = POPULATION_POSITIONS_MAX,
     .fallback = "10",
     .shown = "10, *guess*",
     .meaning = "most positions of an account"},
    {.key = "decay",
     .kind = FIELD_DOUBLE,
     .offset = AT(positions.decay),
     .most = 1,
     .fallback = "0.5",
     .shown = "0.5, *guess*",
     .meaning = "chance of k + 1 positions over that of k"},
    {.key = "same_side",
     .kind = FIELD_DOUBLE,
     .offset = AT(positions.same_side),
     .most = 1,
     .fallback = "0.8",
     .shown = "0.8, *guess*",
     .meaning = "chance that a further position goes the way of the first"},
    FIELD_END,
};
static const struct field HEDGING[] = {
    {.key = "share",
     .kind = FIELD_DOUBLE,
     .offset = AT(hedged_share),
     .most = 1,
     .fallback = "0.1",
     .shown = "0.1, *guess*",
     .meaning = "accounts long one contract and short another"},
    FIELD_END,
};

const struct field population_fields[] = {
    {.key = "accounts",
     .kind = FIELD_UINT64,
     .offset = AT(accounts),
     .most = POPULATION_ACCOUNTS_MAX,
     .fallback = "100000",
     .meaning = "how many"},
    {.key = "seed",
     .kind = FIELD_UINT64,
     .offset = AT(seed),
     .fallback = "1",
     .form = "0 to 2⁶⁴ − 1",
     .meaning = "the same seed gives the same accounts; `--seed` overrides it"},
    {.key = "open_interest",
     .kind = FIELD_MONEY,
     .offset = FIELD_NOWHERE,
     .most = 92e9,
     .by_hand = true,
     .unit = "quote units",
     .form = "mapping of symbols to money, 0 to 92e9, or a marked guess",
     .shown = "not given",
     .meaning = "notional of the long side at the start price; quantities are scaled to it"},
    {.key = "equity", .kind = FIELD_GROUP, .of = EQUITY},
    {.key = "leverage", .kind = FIELD_GROUP, .of = LEVERAGE},
    {.key = "positions", .kind = FIELD_GROUP, .of = POSITIONS},
    {.key = "hedging", .kind = FIELD_GROUP, .of = HEDGING},
    FIELD_END,
};
#undef AT

struct population_settings population_settings_default(void) {
    struct population_settings settings = {.open_interest = NULL};
    fields_default(population_fields, &settings);
    return settings;
}

enum status population_settings_check(const struct population_settings *settings,
                                      struct error *reterr) {
    assert(settings != NULL);
    const enum status status = fields_check(population_fields, settings, "population.", reterr);
    if (status != STATUS_OK)
        return status;
    if (settings->equity.cap < settings->equity.median)
        return error_set(reterr, STATUS_CONFIG, "population.equity.cap: %g is below the median, %g",
                         settings->equity.cap, settings->equity.median);
    if (settings->leverage.min > settings->leverage.max)
        return error_set(reterr, STATUS_CONFIG, "population.leverage.min: %g is above max, %g",
                         settings->leverage.min, settings->leverage.max);
    return STATUS_OK;
}

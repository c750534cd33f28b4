#include "scenarios/impact_defaults.h"

#include <string.h>

#include "engine/impact/impact_list.h"

/* Rows of the tables below: with a default that is what it is, one that is a guess for a range, one
 * that is left to the data. The arguments are whole initialisers, which nothing can bind tighter.
 */
/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define GIVEN(key, member, what, least, most, default_value)                                       \
    {                                                                                              \
        .name = key, .offset = offsetof(struct impact_params, member), .unit = what, .min = least, \
        .max = most, .kind = IMPACT_VALUE, .value = default_value, .source = ""                    \
    }
#define GUESSED(key, member, what, least, most, default_value, from, to, why, without)             \
    {                                                                                              \
        .name = key, .offset = offsetof(struct impact_params, member), .unit = what, .min = least, \
        .max = most, .kind = IMPACT_VALUE, .value = default_value, .guess = true, .low = from,     \
        .high = to, .source = why, .unless = without                                               \
    }
#define FROM_DATA(key, member, what, least, most, without)                                         \
    {                                                                                              \
        .name = key, .offset = offsetof(struct impact_params, member), .unit = what, .min = least, \
        .max = most, .kind = IMPACT_AUTO, .source = "from the data before `from`",                 \
        .unless = without                                                                          \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char UNINFORMED[] =
    "a forced liquidation is uninformed flow, whose impact decays almost completely (Donier and "
    "Bonart 2014, arXiv 1412.4503); the share for large perpetuals in a crash is not published";
static const char REVERSION[] =
    "kernel half-lives of 2 to 10 minutes; no published figure for large perpetuals in a crash";
static const char ORDER_ONE[] =
    "of order 1 in every market measured (Sato and Kanazawa 2024, arXiv 2411.13965); for forced "
    "flow not measured";
static const char LATENT[] =
    "a linear start at small participation is seen in data and follows from latent order books; "
    "where it ends is not published";
static const char THOUSANDTH[] =
    "a rule of thumb: a thousandth of a day's volume rests within 1 % on one side; not measured";
static const char CONCAVE[] =
    "from 3.5 m within 10 bp and 16.5 m within 100 bp of BTC on Binance in July and August 2025 "
    "(Amberdata); other markets and days differ";
static const char FLEEING[] =
    "so chosen that minutes three times as volatile as normal after -3 % in 15 min leave 0.6 of "
    "the "
    "depth, about what 21 coins showed in 2023 to 2026 (min66633/liquidation-cascade-research), "
    "and minutes thirty times as volatile 0.02";
static const char FALLING[] =
    "at -3 % in 15 min 0.6 of the depth is left (the same study), of which volatility explains a "
    "part";
static const char ALL_FALLING[] =
    "at -3 % in 15 min 0.6 of the depth is left (the same study), volatility not counted";
static const char WORST[] =
    "in October 2025 more than 90 % (FTI) to about 98 % (Amberdata) of the depth was gone";
static const char RETURNING[] =
    "books recover with a half-life of 10 to 30 minutes; not measured for a crash";

#define PERMANENT                                                                                  \
    GUESSED("permanent", permanent, "share that does not decay", 0.0, 1.0, 0.2, 0.1, 0.3,          \
            UNINFORMED, 0)
#define HALF_LIFE                                                                                  \
    GUESSED("half_life_s", half_life_s, "s; 0: nothing decays", 0.0, 1e9, 300.0, 120.0, 600.0,     \
            REVERSION, 0)
#define SQUARE_ROOT_LAW                                                                            \
    GUESSED("prefactor", prefactor, "Y of Y * volatility * sqrt(quantity / volume)", 0.0, 1e3,     \
            1.0, 0.5, 2.0, ORDER_ONE, 0),                                                          \
        FROM_DATA("volatility", volatility, "of log price over a day", 0.0, 1e3, 0),               \
        FROM_DATA("volume", volume, "base units traded in a day", 1e-12, 1e18, 0),                 \
        GUESSED("crossover", crossover, "quantity over volume where linear turns to square root",  \
                1e-18, 1e3, 1e-4, 1e-5, 1e-3, LATENT, 0)
/* depth_1pct first: whether it is given decides about the two that stand for it. */
#define DEPTH                                                                                      \
    FROM_DATA("depth_1pct", depth_1pct,                                                            \
              "base units within 1 % of the price, on one side; auto: depth_share * volume",       \
              1e-12, 1e18, IMPACT_DEPTH_POINTS),                                                   \
        FROM_DATA("volume", volume, "base units traded in a day", 1e-12, 1e18,                     \
                  IMPACT_DEPTH_KNOWN),                                                             \
        GUESSED("depth_share", depth_share, "depth_1pct over volume, where depth is not given",    \
                1e-9, 1e3, 1e-3, 3e-4, 3e-3, THOUSANDTH, IMPACT_DEPTH_KNOWN),                      \
        GUESSED("depth_exponent", depth_exponent, "depth grows with distance to this power", 0.1,  \
                10.0, 0.674, 0.5, 1.0, CONCAVE, IMPACT_DEPTH_POINTS)
#define WITHDRAWAL_SCALES                                                                          \
    FROM_DATA("withdrawal.volatility_reference", withdrawal.volatility_reference,                  \
              "mean absolute log return of a normal minute; 0: volatility does not count", 0.0,    \
              10.0, IMPACT_NO_WITHDRAWAL),                                                         \
        GIVEN("withdrawal.fall_reference", withdrawal.fall_reference, "log price", 1e-6, 10.0,     \
              0.03)
#define NO_WITHDRAWAL                                                                              \
    GIVEN("withdrawal.volatility", withdrawal.volatility,                                          \
          "a of exp(-a * (sigma / volatility_reference - 1))", 0.0, 10.0, 0.0),                    \
        GIVEN("withdrawal.fall", withdrawal.fall,                                                  \
              "share of depth that leaves at fall_reference in 15 min", 0.0, 1.0, 0.0),            \
        GIVEN("withdrawal.floor", withdrawal.floor, "share of depth that stays at the worst",      \
              1e-3, 1.0, 0.05),                                                                    \
        GIVEN("withdrawal.half_life_s", withdrawal.half_life_s,                                    \
              "s, of the mean of the minutes' absolute returns, sigma", 1.0, 1e9, 600.0),          \
        WITHDRAWAL_SCALES
#define WITHDRAWAL(fall_value, fall_low, fall_high, fall_why, floor_value, floor_low, floor_high)  \
    GUESSED("withdrawal.volatility", withdrawal.volatility,                                        \
            "a of exp(-a * (sigma / volatility_reference - 1))", 0.0, 10.0, 0.13, 0.05, 0.3,       \
            FLEEING, 0),                                                                           \
        GUESSED("withdrawal.fall", withdrawal.fall,                                                \
                "share of depth that leaves at fall_reference in 15 min", 0.0, 1.0, fall_value,    \
                fall_low, fall_high, fall_why, 0),                                                 \
        GUESSED("withdrawal.floor", withdrawal.floor, "share of depth that stays at the worst",    \
                1e-3, 1.0, floor_value, floor_low, floor_high, WORST, 0),                          \
        GUESSED("withdrawal.half_life_s", withdrawal.half_life_s,                                  \
                "s, of the mean of the minutes' absolute returns, sigma", 1.0, 1e9, 600.0, 300.0,  \
                1800.0, RETURNING, 0),                                                             \
        WITHDRAWAL_SCALES

static const struct impact_parameter LINEAR[] = {
    {.name = "slope",
     .offset = offsetof(struct impact_params, slope),
     .unit = "space log: log price per quote notional; space price: price per quantity",
     .max = 1e9,
     .kind = IMPACT_REQUIRED,
     .source = ""},
    PERMANENT,
    HALF_LIFE,
};
static const struct impact_parameter LOWER[] = {SQUARE_ROOT_LAW, PERMANENT, HALF_LIFE};
static const struct impact_parameter SQUARE_ROOT[] = {SQUARE_ROOT_LAW, PERMANENT, HALF_LIFE,
                                                      NO_WITHDRAWAL};
static const struct impact_parameter BOOK[] = {DEPTH, PERMANENT, HALF_LIFE, NO_WITHDRAWAL};
static const struct impact_parameter CENTRAL[] = {
    SQUARE_ROOT_LAW, PERMANENT, HALF_LIFE, WITHDRAWAL(0.25, 0.1, 0.4, FALLING, 0.05, 0.02, 0.1)};
static const struct impact_parameter CENTRAL_BOOK[] = {
    DEPTH, PERMANENT, HALF_LIFE, WITHDRAWAL(0.25, 0.1, 0.4, FALLING, 0.05, 0.02, 0.1)};
static const struct impact_parameter UPPER[] = {
    DEPTH, PERMANENT, HALF_LIFE, WITHDRAWAL(0.4, 0.3, 0.5, ALL_FALLING, 0.02, 0.01, 0.05)};

static const struct impact_preset DEFAULT_BOOK = {
    .name = "default",
    .title = "where the depth is given: book, with withdrawal",
    .model = &impact_book,
    .parameters = CENTRAL_BOOK,
    .parameter_count = COUNT(CENTRAL_BOOK),
};
static const struct impact_preset DEFAULT = {
    .name = "default",
    .title = "the central reading: square_root with withdrawal of depth; book where depth is given",
    .model = &impact_square_root,
    .parameters = CENTRAL,
    .parameter_count = COUNT(CENTRAL),
    .with_depth = &DEFAULT_BOOK,
};
static const struct impact_preset SQRT_LOWER = {
    .name = "sqrt-lower",
    .title = "lower bound: the square-root law of the day's volume; self-limiting by form",
    .model = &impact_square_root,
    .parameters = LOWER,
    .parameter_count = COUNT(LOWER),
};
static const struct impact_preset BOOK_UPPER = {
    .name = "book-upper",
    .title = "upper bound: the book is walked, and its depth withdraws as in the worst crash",
    .model = &impact_book,
    .parameters = UPPER,
    .parameter_count = COUNT(UPPER),
};
static const struct impact_preset NONE = {
    .name = "none",
    .title = "forced orders move no price",
    .model = &impact_none,
};
static const struct impact_preset LINEAR_MODEL = {
    .name = "linear",
    .title = "each unit of notional (space log) or quantity (space price) moves the price alike",
    .model = &impact_linear,
    .parameters = LINEAR,
    .parameter_count = COUNT(LINEAR),
    .has_space = true,
};
static const struct impact_preset SQUARE_ROOT_MODEL = {
    .name = "square_root",
    .title = "square root of the forced flow over the day's volume, linear where small",
    .model = &impact_square_root,
    .parameters = SQUARE_ROOT,
    .parameter_count = COUNT(SQUARE_ROOT),
};
static const struct impact_preset BOOK_MODEL = {
    .name = "book",
    .title = "walks the book's depth; what is consumed comes back with a half-life",
    .model = &impact_book,
    .parameters = BOOK,
    .parameter_count = COUNT(BOOK),
    .has_space = true,
};

const struct impact_preset *const impact_presets[] = {
    &DEFAULT,      &SQRT_LOWER,        &BOOK_UPPER, &NONE,
    &LINEAR_MODEL, &SQUARE_ROOT_MODEL, &BOOK_MODEL, NULL};

const struct impact_preset *impact_preset_find(const char *name) {
    for (size_t i = 0; impact_presets[i] != NULL; i++)
        if (strcmp(impact_presets[i]->name, name) == 0)
            return impact_presets[i];
    return NULL;
}

double impact_value(const struct impact_params *params, const struct impact_parameter *parameter) {
    double value = 0.0;
    memcpy(&value, (const char *)params + parameter->offset, sizeof(value));
    return value;
}

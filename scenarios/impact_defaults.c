#include "scenarios/impact_defaults.h"

#include <string.h>

#include "engine/impact_list.h"

#define AT(member) offsetof(struct impact_params, member)
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const char UNINFORMED[] =
    "a forced liquidation is uninformed flow, whose impact decays almost completely (Donier and "
    "Bonart 2014, arXiv 1412.4503); the share for large perpetuals in a crash is not published";
static const char REVERSION[] =
    "kernel half-lives of 2 to 10 minutes; no published figure for large perpetuals in a crash";

#define PERMANENT                                                                                  \
    {                                                                                              \
        "permanent", AT(permanent), "share that does not decay", 0.0, 1.0, false, IMPACT_VALUE,    \
            0.2, true, 0.1, 0.3, UNINFORMED                                                        \
    }
#define HALF_LIFE                                                                                  \
    {                                                                                              \
        "half_life_s", AT(half_life_s), "s; 0: nothing decays", 0.0, 1e9, false, IMPACT_VALUE,     \
            300.0, true, 120.0, 600.0, REVERSION                                                   \
    }

static const struct impact_parameter LINEAR[] = {
    {"slope", AT(slope), "space log: log price per quote notional; space price: price per quantity",
     0.0, 1e9, false, IMPACT_REQUIRED, 0.0, false, 0.0, 0.0, ""},
    PERMANENT,
    HALF_LIFE,
};

static const struct impact_parameter SQUARE_ROOT[] = {
    {"prefactor", AT(prefactor), "Y of Y * volatility * sqrt(quantity / volume)", 0.0, 1e3, false,
     IMPACT_VALUE, 1.0, true, 0.5, 2.0,
     "of order 1 in every market measured (Sato and Kanazawa 2024, arXiv 2411.13965); for forced "
     "flow not measured"},
    {"volatility", AT(volatility), "of log price over a day", 0.0, 1e3, false, IMPACT_AUTO, 0.0,
     false, 0.0, 0.0, "from the data before `from`"},
    {"volume", AT(volume), "base units traded in a day", 1e-12, 1e18, false, IMPACT_AUTO, 0.0,
     false, 0.0, 0.0, "from the data before `from`"},
    {"crossover", AT(crossover), "quantity over volume where linear turns to square root", 1e-18,
     1e3, false, IMPACT_VALUE, 1e-4, true, 1e-5, 1e-3,
     "a linear start at small participation is seen in data and follows from latent order books; "
     "where it ends is not published"},
    PERMANENT,
    HALF_LIFE,
};
#undef AT

static const struct impact_preset DEFAULT = {
    "default",
    "the central reading: square_root with its defaults, until book depth is read",
    &impact_square_root,
    SQUARE_ROOT,
    COUNT(SQUARE_ROOT),
    false};
static const struct impact_preset SQRT_LOWER = {
    "sqrt-lower",
    "lower bound: the square-root law of the day's volume; self-limiting by form",
    &impact_square_root,
    SQUARE_ROOT,
    COUNT(SQUARE_ROOT),
    false};
static const struct impact_preset NONE = {
    "none", "forced orders move no price", &impact_none, NULL, 0, false};
static const struct impact_preset LINEAR_MODEL = {
    "linear",
    "each unit of notional (space log) or quantity (space price) moves the price alike",
    &impact_linear,
    LINEAR,
    COUNT(LINEAR),
    true};
static const struct impact_preset SQUARE_ROOT_MODEL = {
    "square_root",       "square root of the forced flow over the day's volume, linear where small",
    &impact_square_root, SQUARE_ROOT,
    COUNT(SQUARE_ROOT),  false};
static const struct impact_preset BOOK = {
    "book", "walks the order book's depth (not supported yet)", NULL, NULL, 0, false};
static const struct impact_preset BOOK_UPPER = {
    "book-upper", "upper bound: book depth as it is in a crash (not supported yet)", NULL, NULL, 0,
    false};

const struct impact_preset *const impact_presets[] = {
    &DEFAULT, &SQRT_LOWER, &NONE, &LINEAR_MODEL, &SQUARE_ROOT_MODEL, &BOOK, &BOOK_UPPER, NULL};

const struct impact_preset *impact_preset_find(const char *name) {
    for (size_t i = 0; impact_presets[i] != NULL; i++)
        if (strcmp(impact_presets[i]->name, name) == 0)
            return impact_presets[i];
    return NULL;
}

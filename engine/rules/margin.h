#pragma once
/* Margin of one position: value, requirement, and the inverse question: how far may the price go
 * before the position has eaten a given part of the pool's slack. The rule compiled for one
 * instrument, so that the hot path has neither strings nor decimals. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/instrument.h"
#include "engine/rules/margin_size.h"
#include "engine/rules/rulebook.h"

/* Requirement in (previous cap, cap] of notional: max(0, ceil((notional * rate - deduction) /
 * divisor)). Rates and deductions carry maintenance multiplier and trigger ratio. */
struct margin_bracket {
    int64_t cap;  /* notional, money; INT64_MAX in the last */
    int64_t rate; /* <= divisor: a higher requirement than the value itself is refused */
    int128 deduction;
};

struct margin_rule {
    const struct instrument *instrument;
    bool plain;       /* the brackets say all: no size, at mark */
    bool of_scenario; /* portfolio margin's worst move: without multiplier and trigger ratio */
    enum margin_basis basis;
    size_t bracket_count; /* 0 with a curve by size */
    struct margin_bracket *brackets;
    int64_t divisor;
    bool by_size;
    struct margin_size size;
    int64_t initial_rate_e8; /* flat; 0: by leverage */
    int64_t fee_rate_e8;     /* of the notional closed */
};

/* Compiles `rulebook` for `instrument`; the brackets are owned by the rule. STATUS_CONFIG: no table
 * for the symbol, or a rate above 1 after the multiplier; STATUS_RANGE: multiplier too fine. */
MUST_CHECK enum status margin_rule_init(struct margin_rule *rule, const struct rulebook *rulebook,
                                        const struct instrument *instrument, struct error *reterr);
void margin_rule_finish(struct margin_rule *rule); /* zeroed is fine */

/* Notional of `lots` at `price_ticks`, money, rounded up. */
static inline int128 margin_notional(const struct margin_rule *rule, int64_t lots,
                                     int64_t price_ticks) {
    return instrument_notional(rule->instrument, lots, price_ticks);
}

/* Index of the bracket of a notional: the first whose cap is not below it. */
static inline size_t margin_bracket_of(const struct margin_rule *rule, int128 notional) {
    size_t bracket = 0;
    while (bracket + 1 < rule->bracket_count && notional > rule->brackets[bracket].cap)
        bracket++;
    return bracket;
}

/* Requirement of a notional by the brackets alone, money, rounded up. */
static inline int128 margin_maintenance(const struct margin_rule *rule, int128 notional) {
    const struct margin_bracket *bracket = &rule->brackets[margin_bracket_of(rule, notional)];
    const int128 scaled = notional * bracket->rate - bracket->deduction;
    return scaled <= 0 ? 0 : div_ceil(scaled, rule->divisor);
}

/* What the rule asks of one position as brackets: its own ones, or a single one for its size. */
struct margin_form {
    size_t count;
    const struct margin_bracket *brackets;
    int64_t divisor;
    const struct margin_size *quadratic; /* the rate depends on the notional itself; else NULL */
    struct margin_bracket one;
};

void margin_form_of(const struct margin_rule *rule, int64_t lots, int64_t cost,
                    struct margin_form *ret_form);
int128 margin_form_requirement(const struct margin_form *form, int128 notional);

/* Requirement of a position of `lots` (not 0) and `cost` whose notional at mark is `notional`,
 * money, rounded up. */
static inline int128 margin_requirement(const struct margin_rule *rule, int64_t lots, int64_t cost,
                                        int128 notional) {
    if (__builtin_expect(rule->plain, 1))
        return margin_maintenance(rule, notional);
    struct margin_form form;
    margin_form_of(rule, lots, cost, &form);
    return margin_form_requirement(&form, notional);
}

/* Initial margin of a position at the chosen leverage (e8; 0: the bracket's highest), rounded up.
 */
int128 margin_initial(const struct margin_rule *rule, const struct rulebook *rulebook, int64_t lots,
                      int64_t cost, int128 notional, int64_t leverage_e8);

#define MARGIN_PRICE_NEVER 0 /* no price above zero */

/* What a position adds to its pool's slack at a price: value less requirement, money. The cost is
 * left out: it does not change with the price. */
int128 margin_share(const struct margin_rule *rule, int64_t lots, int64_t cost,
                    int64_t price_ticks);

/* The first price in ticks, going the way that hurts the position (down for a long, up for a
 * short), at which its share may be below `share`: every price before it is safe.
 * MARGIN_PRICE_NEVER when there is none (for a short none within 2^62 ticks). */
int64_t margin_trigger_price(const struct margin_rule *rule, int64_t lots, int64_t cost,
                             int128 share);

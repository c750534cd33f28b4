#pragma once
/* Margin of one position: value, requirement, and the inverse question: how far may the price go
 * before the position has eaten a given part of the pool's slack. The rule compiled for one
 * instrument, so that the hot path has neither strings nor decimals. */

#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/instrument.h"
#include "engine/rulebook.h"

/* Maintenance in (previous cap, cap] of notional: max(0, ceil((notional * rate - deduction) /
 * divisor)). Rates and deductions carry the maintenance multiplier. */
struct margin_bracket {
    int64_t cap;  /* notional, money; INT64_MAX in the last */
    int64_t rate; /* <= divisor: a higher requirement than the value itself is refused */
    int128 deduction;
};

struct margin_rule {
    const struct instrument *instrument;
    size_t bracket_count;
    struct margin_bracket *brackets;
    int64_t divisor;
    int64_t initial_rate_e8; /* flat; 0: by leverage */
};

/* Compiles `rulebook` for `instrument`; the brackets are owned by the rule. STATUS_CONFIG: no table
 * for the symbol, or a rate above 1 after the multiplier; STATUS_RANGE: multiplier too fine. */
MUST_CHECK enum status margin_rule_init(struct margin_rule *rule, const struct rulebook *rulebook,
                                        const struct instrument *instrument, struct error *reterr);
void margin_rule_finish(struct margin_rule *rule); /* zeroed is fine */

/* Notional of `lots` at `price_ticks`, money, rounded up. */
static inline int128 margin_notional(const struct margin_rule *rule, int64_t lots,
                                     int64_t price_ticks) {
    return instrument_value_ceil(rule->instrument, lots < 0 ? -lots : lots, price_ticks);
}

/* Index of the bracket of a notional: the first whose cap is not below it. */
static inline size_t margin_bracket_of(const struct margin_rule *rule, int128 notional) {
    size_t bracket = 0;
    while (bracket + 1 < rule->bracket_count && notional > rule->brackets[bracket].cap)
        bracket++;
    return bracket;
}

/* Maintenance margin of a notional, money, rounded up. */
static inline int128 margin_maintenance(const struct margin_rule *rule, int128 notional) {
    const struct margin_bracket *bracket = &rule->brackets[margin_bracket_of(rule, notional)];
    const int128 scaled = notional * bracket->rate - bracket->deduction;
    return scaled <= 0 ? 0 : div_ceil(scaled, rule->divisor);
}

/* Initial margin of a notional at the chosen leverage (e8; 0: the bracket's highest), rounded up.
 */
int128 margin_initial(const struct margin_rule *rule, const struct rulebook *rulebook,
                      int128 notional, int64_t leverage_e8);

#define MARGIN_PRICE_NEVER 0 /* no price above zero */

/* A long of `lots` > 0 may lose slack down to contribution `target` = value - maintenance (money).
 * Gives the highest price in ticks at which its contribution may be below `target` (rounded so that
 * every price above it is safe), or MARGIN_PRICE_NEVER. */
int64_t margin_price_below(const struct margin_rule *rule, int64_t lots, int128 target);

/* A short of `lots` < 0: the lowest price in ticks at which value + maintenance of the amount owed
 * may exceed `limit` (money), or MARGIN_PRICE_NEVER when no price within 2^62 ticks does. */
int64_t margin_price_above(const struct margin_rule *rule, int64_t lots, int128 limit);

#pragma once
/* Portfolio margin (rulebook.h: portfolio_margin), compiled for the instruments of a run: the
 * requirement of a pool as a whole, exactly at given values, and as a bound over a box of prices.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

/* What a value (money) loses in each move, in 1e-8 of it: linear -move, inverse move / (1 + move),
 * times cover. */
struct portfolio_losses {
    int64_t e8[2][PORTFOLIO_MOVES_MAX]; /* [inverse][move] */
};

struct portfolio_rule {
    const struct portfolio_margin *margin;
    size_t unit_count;  /* those of the rulebook, then one an instrument that is in none */
    uint16_t *unit_of;  /* one an instrument */
    uint16_t *table_of; /* one a unit: of its moves; 0: the common ones */
    struct portfolio_losses *tables;
    size_t move_count; /* of the longest table; the others end in moves of nothing */
    size_t offset_count;
    struct {
        uint16_t unit[2];
        int64_t rate_e8;
    } * offsets;
    struct decimal multiplier; /* maintenance multiplier times trigger ratio */
};

/* STATUS_CONFIG: an instrument in two units; STATUS_NO_MEMORY. */
MUST_CHECK enum status portfolio_rule_init(struct portfolio_rule *rule,
                                           const struct rulebook *rulebook,
                                           const struct instrument *instruments, size_t count,
                                           struct error *reterr);
void portfolio_rule_finish(struct portfolio_rule *rule); /* zeroed is fine */

/* The largest loss of a contract of its own over the moves of its unit, 1e-8 of its notional, at
 * most 1e8; NULL: of one that is in no unit. */
int64_t portfolio_worst_rate(const struct portfolio_margin *margin, const char *symbol);

/* A position, or a holding that nets: its value at the two ends of a box (the same at one price).
 * Exposures of one factor stand at the same price together. */
struct portfolio_exposure {
    uint32_t factor; /* instrument whose price values it */
    uint16_t unit;
    bool inverse;
    int128 value[2];
};

#define SCENARIO_EXPOSURES_MAX 128

/* The most that is required while each factor lies between its ends; with equal ends, what is
 * required there. Money, rounded up. `count` up to SCENARIO_EXPOSURES_MAX. */
int128 portfolio_rule_requirement(const struct portfolio_rule *rule,
                                  const struct portfolio_exposure *exposures, size_t count);

#pragma once
/* Draws one pair of accounts as a pure function of (seed, pair). The part of the population that
 * runs on any thread; population.c lays the passes around it. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/instrument.h"
#include "engine/rules/margin.h"
#include "engine/rules/rulebook.h"
#include "scenarios/population/population.h"

enum population_cohort {
    COHORT_FLAT,
    COHORT_RETAIL_LONG,
    COHORT_RETAIL_SHORT,
    COHORT_LARGE_LONG,
    COHORT_LARGE_SHORT,
    COHORT_HEDGED
};

/* The text accounts carry, e.g. "retail-long". */
const char *population_cohort_name(enum population_cohort cohort);

/* A quantity times num / den; den > 0. */
struct population_scale {
    int128 num;
    int128 den;
    double factor; /* num / den, for comparing two of them */
};

/* All that a draw reads; immutable while draws run. */
struct population_plan {
    const struct population_settings *settings;
    const struct instrument *instruments;
    size_t count;
    const int64_t *start_price_ticks;
    const struct price_history *entries; /* NULL: none */
    const struct rulebook *rulebook;

    struct margin_rule *margins; /* one an instrument, as are the next four */
    const struct tier_table **tables;
    double *weight_until; /* running sum of the chance of being chosen, last one 1 */
    struct population_scale *directional;
    struct population_scale *hedged; /* a hedged pair takes the smaller one of its two contracts */

    double positions_until[POPULATION_POSITIONS_MAX]; /* running sum of the chance of k + 1 */
    size_t positions_max;
    /* z = ln(notional / (equity median * leverage median)): normal with size_sd up to tail_z, then
     * exponential with tail_alpha up to cap_z. */
    double size_sd;
    double tail_z;
    double tail_alpha;
    double tail_mass; /* of an uncut tail, how much lies below cap_z */
    double cap_z;
    /* ln(leverage / leverage median) given z: leverage_slope * z + leverage_sd * normal. */
    double leverage_slope;
    double leverage_sd;
};

/* Sets every member; scales are 1. STATUS_CONFIG: a setting, price or table is out of range. On an
 * error, too, end it with population_plan_finish(). */
MUST_CHECK enum status population_plan_init(struct population_plan *plan,
                                            const struct population_settings *settings,
                                            const struct instrument *instruments, size_t count,
                                            const int64_t *start_price_ticks,
                                            const struct price_history *entries,
                                            const struct rulebook *rulebook, struct error *reterr);
void population_plan_finish(struct population_plan *plan); /* zeroed and half-built are fine */

/* Adds the notional (money) of the pairs first .. first + pair_count - 1 to the columns, one an
 * instrument: of directional accounts, and of hedged ones after their scale. */
void population_draw_sums(const struct population_plan *plan, uint64_t first, uint64_t pair_count,
                          int128 *directional_sums, int128 *hedged_sums);

struct population_position {
    uint32_t instrument;
    int64_t lots; /* signed, never 0 */
    int64_t cost; /* money */
};

struct population_account {
    int64_t balance; /* money, >= 0 */
    enum population_cohort cohort;
    uint32_t position_count;
    struct population_position positions[POPULATION_POSITIONS_MAX];
};

/* Draws accounts 2 * pair and 2 * pair + 1 into ret_accounts[0] and [1]; with `alone`, only the
 * first, without positions. STATUS_RANGE: an amount does not fit. */
MUST_CHECK enum status population_draw_pair(const struct population_plan *plan, uint64_t pair,
                                            bool alone, struct population_account *ret_accounts,
                                            struct error *reterr);

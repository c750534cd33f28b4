#pragma once
/* What the impact models share among themselves: the list's entries and the decay of one number. */

#include "engine/impact/impact.h"

extern const struct impact_model impact_none;
extern const struct impact_model impact_linear;
extern const struct impact_model impact_square_root;
extern const struct impact_model impact_book;

/* Displacements below this are nothing: a decaying state ends at exactly zero, so that clock steps
 * over a calm market need not be computed. */
#define IMPACT_NOTHING 1e-15

/* exp(-ln2 * elapsed / half-life); half-life 0 means no decay (factor 1). */
double impact_decay(double half_life_s, int64_t elapsed_ns);

/* STATUS_CONFIG unless `value` lies in [low, high]; the message starts with `name`. */
MUST_CHECK enum status impact_check_range(const char *name, double value, double low, double high,
                                          struct error *reterr);

/* The permanent share and the half-life of the rest, which all models but `none` have. */
MUST_CHECK enum status impact_check_recovery(const struct impact_params *params,
                                             struct error *reterr);

/* How many times its quantity an order consumes, where `thinned` and `lost` are what withdrawal and
 * an event add to 1, each alone. */
static inline double impact_consumption(double thinned, double lost) {
    return (1.0 + thinned) * (1.0 + lost);
}

/* ---- withdrawal of depth (impact_withdrawal.c) ---- */

/* Nothing is checked where there is no withdrawal. */
MUST_CHECK enum status impact_check_withdrawal(const struct withdrawal *withdrawal,
                                               struct error *reterr);

/* struct impact_model's observe() for a model that keeps in *thinned how many times more volume an
 * order consumes than in normal times, less one. */
void impact_observe_withdrawal(const struct withdrawal *withdrawal, double *thinned, double *memory,
                               int64_t minute, double price);

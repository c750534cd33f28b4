#pragma once
/* One flow of forced orders (simulated or reference) as seen by prices: an impact state and a
 * displacement each instrument, and how two flows and a recorded price make a price (design §5). */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/impact/impact.h"
#include "engine/rules/instrument.h"

/* The prices, in ticks, between which every position of a run fits money (1 <= low <= high). */
struct price_bounds {
    int64_t low;
    int64_t high;
};
#define PRICE_BOUNDS_WIDEST ((struct price_bounds){1, INT64_C(4000000000000000000)})

struct flow_state {
    double state[IMPACT_STATE_MAX];
    double displacement;
    int64_t advanced_ns; /* the state is as of then */
    bool quiet;          /* advancing changes nothing: no transient part is left */
};

struct flow {
    const struct impact_model *const *models; /* one an instrument */
    const struct impact_params *params;
    const double *cross; /* cross-impact, see struct replay_input; NULL: none */
    struct flow_state *instruments;
    double *memory; /* IMPACT_MEMORY_MAX an instrument */
};

MUST_CHECK enum status flow_init(struct flow *flow, size_t instrument_count,
                                 const struct impact_model *const *models,
                                 const struct impact_params *params, struct error *reterr);
void flow_finish(struct flow *flow); /* zeroed is fine */

/* Lets time pass to `now_ns` for one instrument. */
void flow_advance(struct flow *flow, uint32_t instrument, int64_t now_ns);

/* The instrument's market ends `minute` (since 1970) at `price` (> 0), as this flow moved it. */
void flow_observe(struct flow *flow, uint32_t instrument, int64_t minute, double price);

/* Depth of an instrument is `factor` times that of normal times from now on. */
void flow_set_depth(struct flow *flow, uint32_t instrument, double factor);

/* Adds to the displacement of an instrument, advanced to now, whose model takes that. */
void flow_displace(struct flow *flow, uint32_t instrument, double amount);

/* Executes a wave's net quantity (base units, > 0 sells, != 0) at `price` upon `state` (the
 * instrument's own, or a copy of it for a trial); gives the displacement of the average fill. The
 * state must have been advanced to now. */
double flow_execute(const struct flow *flow, uint32_t instrument, struct flow_state *state,
                    double price, double net_quantity);

/* Log of what flow_compose() makes of `from_ticks` over it, before rounding; never below one tick.
 */
double flow_log_move(const struct instrument *instrument, enum impact_space space,
                     int64_t from_ticks, double d);

/* recorded moved by d = D_reference - D_simulated, rounded to the nearest tick and held within the
 * bounds (then *clips is raised), or at `recorded_ticks` where that is beyond them. */
int64_t flow_compose(const struct instrument *instrument, enum impact_space space,
                     const struct price_bounds *bounds, int64_t recorded_ticks, double d,
                     uint64_t *clips);

#pragma once
/* Random worlds with the whole liquidation machine in them: waterfall with backstop vault,
 * auto-deleveraging and socialising, an insurance fund that is nearly empty, fees, cool-downs,
 * latency, pace, take-over as inventory, funding, and events. */

#include "tests/property/random_world.h"

/* What was drawn for a world. */
struct machine_features {
    bool adl;
    bool poor_fund;
    bool fees;
    bool cool_down;
    bool latency;
    bool funding;
    bool all; /* these six together, which half of the worlds have */
};

/* The world of `seed` with features from a second stream of chance. The caller owns it and ends it
 * with random_world_destroy(). `ret_features` may be NULL. */
struct random_world *random_waterfall_create(uint64_t seed, struct machine_features *ret_features);

struct random_stream;
/* Adds an event at a drawn time to the world, upon one instrument or all. */
void random_machine_event(struct random_stream *dice, struct random_world *world,
                          struct replay_event event);

/* The same with the closing machine (random_closing.h) on top. */
struct random_world *random_machine_create(uint64_t seed, struct machine_features *ret_features);

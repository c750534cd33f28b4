#pragma once
/* Random small worlds under exactly the rules of a file: contracts that it has rules for, of sizes
 * around the edges of its tables (shipped_rules.h), collateral that it takes, funds from empty to
 * rich; on top of random_world.h. */

#include "scenarios/settlement.h"
#include "tests/property/random_world.h"

struct shipped_world {
    struct random_world *world;
    char settlement[SETTLEMENT_SIZE];
    char spot[2 * SETTLEMENT_SIZE]; /* the instrument that values an asset; "": none */
    double notional;                /* of the order of a large position; settlement asset */
    bool owes;                      /* some accounts owe other assets */
};

/* The world of `seed` under `rulebook`, which must outlive it. The caller owns it and ends it with
 * shipped_world_destroy(). The simulated side has these rules; the reference has them too, or (not
 * `equal_rules`) with other margins and another fund. */
struct shipped_world *shipped_world_create(const struct rulebook *rulebook, uint64_t seed);
void shipped_world_destroy(struct shipped_world *shipped); /* NULL is fine */

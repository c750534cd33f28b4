#pragma once
/* Contracts of a random world that settle in the coins it takes as collateral. */

#include "base/random_stream.h"
#include "tests/property/random_world.h"

/* Makes instruments other than `factor`, whose price values asset 1, settle in asset 1 or 2: one at
 * least where there is another. Their positions are to be costed anew. False: there is none. */
bool random_coins_settle(struct random_stream *dice, struct random_world *world, size_t factor);

/* Gives accounts balances of the coins, of the size of their positions; `owed`: also below zero. */
void random_coins_hold(struct random_stream *dice, struct random_world *world, bool owed);

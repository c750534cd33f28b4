#pragma once
/* What bounds the losses and the amounts of a random world's rules beyond one account: a fund an
 * instrument. */

#include "tests/property/random_world.h"

/* Adds to all rules of a world that has its events. */
void random_limits_add(struct random_world *world);

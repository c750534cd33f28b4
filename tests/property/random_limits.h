#pragma once
/* What bounds losses, amounts and prices in a random world's rules: funds of instruments, blocks,
 * price limits, windows. */

#include "tests/property/random_world.h"

/* Adds to all rules of a world that has its events. */
void random_limits_add(struct random_world *world);

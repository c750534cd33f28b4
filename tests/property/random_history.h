#pragma once
/* Published liquidations and open interest, for any random world. */

#include "tests/property/random_world.h"

/* Replaces the world's cleaning by `recorded` or `open_interest`, and its readings by the series
 * for it. */
void random_history_add(struct random_world *world);

#pragma once
/* What orders open in the market add to a random world: rows of accounts, and rules that count and
 * cancel them. */

#include "base/random_stream.h"
#include "tests/property/random_world.h"

/* Draws them, for all rulebooks of the world, whose accounts must then be renewed. */
void random_orders_add(struct random_stream *dice, struct random_world *world);

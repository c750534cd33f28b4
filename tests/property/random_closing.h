#pragma once
/* The closing machine of a random world's rules: stages, take-over of what is left, parts and
 * steps, exit ratios, remainders, deleveraging by the fund's fall and at the previous mark, closing
 * at mark.
 */

#include "tests/property/random_world.h"

/* Draws them from a stream of chance of their own, for all rulebooks of the world. */
void random_closing_add(struct random_world *world);

#pragma once
/* What on-chain protocols add to a random world's rules: amounts that cover a shortage or are a
 * portion, time release, insurance fees, a drawn position, losses over open interest, deleveraging
 * without ranking. */

#include "tests/property/random_world.h"

/* Draws them from a stream of chance of their own, for all rulebooks of the world. */
void random_terms_add(struct random_world *world);

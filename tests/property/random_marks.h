#pragma once
/* Mark prices of other kinds than the last price, for any random world. */

#include "tests/property/random_world.h"

/* What was drawn. */
struct marks_features {
    bool recorded;
    bool by_rulebook;
    bool averaged; /* a moving average that is not at once, and displacements that pass in part */
    bool stale;    /* readings may be too old */
    bool band;
    bool funding; /* the funding rate is in a mark price */
};

/* Gives instruments of the world a mark price and the readings it needs. The world's accounts stay
 * as they are. */
void random_marks_add(struct random_world *world, struct marks_features *ret_features);

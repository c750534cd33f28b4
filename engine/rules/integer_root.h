#pragma once
/* Square roots of integers, exact. */

#include "base/units.h"

/* The least r >= 0 with r * r >= n, for n below 2^123. */
int128 integer_root_ceil(int128 n);

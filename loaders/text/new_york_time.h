#pragma once
/* The clock of New York, in which US equity files stand, to UTC. */

#include <stdbool.h>
#include <stdint.h>

/* `day_ns` is midnight of the date, as if it were UTC; `clock_ns` what the clock of New York shows
 * since. Daylight saving by the rule of the date: from 2007 on the second Sunday in March to the
 * first in November, from 1987 the first in April to the last in October (Energy Policy Act of
 * 2005, sec. 110; Uniform Time Act as amended 1986). Of an hour that comes twice the first is
 * meant. False: before 1987. */
bool new_york_to_utc(int64_t day_ns, int64_t clock_ns, int64_t *ret_ts_ns);

#pragma once
/* Points in time as text: ISO 8601 in UTC, and epoch numbers whose unit is recognised by size. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parses `YYYY-MM-DDTHH:MM[:SS[.fffffffff]]Z` (also with a blank for the T, or only the date) to ns
 * since 1970-01-01 UTC. False: not of that form, no such day, or outside 1678..2261. */
bool time_parse_iso(const char *text, size_t size, int64_t *ret_ts_ns);

enum time_unit { TIME_S, TIME_MS, TIME_US, TIME_NS };

/* The unit of an epoch number by its size: below 1e11 s, 1e14 ms, 1e17 us, else ns. */
enum time_unit time_unit_of_epoch(int64_t epoch);

/* "s", "ms", "us", "ns". */
const char *time_unit_name(enum time_unit unit);

/* Nanoseconds of one unit. */
int64_t time_unit_ns(enum time_unit unit);

/* Writes "2021-05-19T13:04:00Z" (with as many of 3, 6 or 9 decimals as needed) and a NUL into
 * `ret_text` (at least 32 bytes); returns the length. */
size_t time_format_iso(int64_t ts_ns, char *ret_text);

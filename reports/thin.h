#pragma once
/* Thins series for a chart so that no extreme is lost. Pure functions. */

#include <stddef.h>

/* Chooses rows of a table of `columns` x `count` values (column after column; NaN: no value) and
 * writes their indices, rising, to `ret_index` (room for `count`); returns how many. All rows if
 * they are at most `limit` (>= 2 + 2 * columns); else at most `limit`: the first, the last, and of
 * each of as many even stretches as fit the row of the smallest and of the largest value of each
 * column (the first one of equals). */
size_t thin_min_max(size_t count, size_t columns, const double *values, size_t limit,
                    size_t *ret_index);

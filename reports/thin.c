#include "reports/thin.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

/* Inserts `row` into the rising indices[first..*count), unless it is there. */
static void insert(size_t *indices, size_t first, size_t *count, size_t row) {
    size_t place = *count;
    while (place > first && indices[place - 1] > row)
        place--;
    if (place > first && indices[place - 1] == row)
        return;
    for (size_t i = *count; i > place; i--)
        indices[i] = indices[i - 1];
    indices[place] = row;
    (*count)++;
}

/* Keeps the extremes of the rows from..to-1; false: they do not fit into `limit`. */
static bool keep_extremes(size_t count, size_t columns, const double *values, size_t from,
                          size_t to, size_t limit, size_t *ret_index, size_t *kept) {
    const size_t first = *kept;
    for (size_t c = 0; c < columns; c++) {
        const double *column = values + c * count;
        size_t smallest = to;
        size_t largest = to;
        for (size_t i = from; i < to; i++) {
            if (isnan(column[i]))
                continue;
            if (smallest == to || column[i] < column[smallest])
                smallest = i;
            if (largest == to || column[i] > column[largest])
                largest = i;
        }
        if (smallest == to)
            continue;
        if (*kept + 2 > limit)
            return false;
        insert(ret_index, first, kept, smallest);
        insert(ret_index, first, kept, largest);
    }
    return true;
}

size_t thin_min_max(size_t count, size_t columns, const double *values, size_t limit,
                    size_t *ret_index) {
    assert(limit >= 2 + 2 * columns);
    if (count <= limit) {
        for (size_t i = 0; i < count; i++)
            ret_index[i] = i;
        return count;
    }
    /* Extremes of columns that move together are often one row, so far more stretches fit than
     * limit / (2 * columns). The first and the last row have their places beside them. */
    for (size_t stretches = limit / 2;; stretches = stretches * 7 / 8) {
        size_t kept = 0;
        bool fits = true;
        ret_index[kept++] = 0;
        for (size_t s = 0; s < stretches && fits; s++) {
            const size_t from = 1 + s * (count - 2) / stretches;
            const size_t to = 1 + (s + 1) * (count - 2) / stretches;
            fits = keep_extremes(count, columns, values, from, to, limit - 1, ret_index, &kept);
        }
        if (fits) {
            ret_index[kept++] = count - 1;
            return kept;
        }
    }
}

#pragma once
/* How far a fall of one instrument goes in the others, by shared collateral and by cross-impact
 * (models.md §4, §8.6): C = (I - N)^-1 of the branching matrix N. */

#include <stddef.h>

#include "base/error.h"
#include "base/ports.h"

/* N of `n` instruments, row k column j: the log fall of k that the orders make which a log fall of
 * j brings, over it; nothing negative. */
struct contagion_matrix {
    size_t n;
    const double *all;     /* n squared */
    const double *crossed; /* of it by cross-impact; NULL: none */
    double radius;         /* spectral radius of `all` */
};

/* Hands to `sink` a row for each instrument upon itself and for each pair in which one reaches the
 * other; values are NaN where the radius is 1 or more. STATUS_NO_MEMORY, and what the sink gives.
 */
MUST_CHECK enum status contagion_report(const struct contagion_matrix *matrix,
                                        const struct event_sink *sink, struct error *reterr);

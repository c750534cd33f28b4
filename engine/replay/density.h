#pragma once
/* What the ladder shows without running on: how much would be liquidated near the price, and how
 * much of a fall that would make (design §4.2, §6; models.md §4, §8.6). */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "engine/book/book.h"
#include "engine/impact/flow.h"
#include "engine/replay/contagion.h"

/* How far around the price the local branching ratio looks: 1 %. */
#define BRANCHING_WINDOW 0.01

struct density; /* working memory of both measures */

/* `crosses`: there is cross-impact. */
MUST_CHECK enum status density_create(size_t instrument_count, bool crosses,
                                      struct density **ret_density, struct error *reterr);
void density_destroy(struct density *density); /* NULL is fine */

/* Local branching ratios at the prices as they stand. N[k][j] is the log fall of k that the orders
 * of those pools make which a log fall of j by one window liquidates, over the window; falls and
 * rises each have their matrix. ret_own[i] (room for all instruments) is the larger N[i][i],
 * *ret_radius the larger spectral radius; ret_depth[i] is the notional (money) that moves the price
 * by 1 %, NaN where nothing does. `pass[i]` is the part of a fall of instrument i's price that is
 * in its mark price by the next orders. */
void density_branching(struct density *density, const struct book *book, const struct flow *flow,
                       const double *pass, double *ret_own, double *ret_depth, double *ret_radius);

/* The branching matrix of the direction and time with the largest radius so far, borrowed; its
 * radius is below 0 if nothing has been measured. */
struct contagion_matrix density_worst(const struct density *density);

/* The density map: every position with a liquidation price (all else held) counts with its notional
 * there, in bins of 1.1 to 1.6 % between half and twice the price. Rows go to `sink`. */
MUST_CHECK enum status density_map(struct density *density, const struct book *book, int64_t ts_ns,
                                   const struct event_sink *sink, struct error *reterr);

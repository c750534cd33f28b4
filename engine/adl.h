#pragma once
/* Auto-deleveraging: who on the other side is closed, in which order, against a bankrupt order. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/book.h"
#include "engine/wave.h"

/* Matches what the orders `indices` (of one instrument and side, in the order in which they are
 * served) do not bring to market (lots - market - taken) with positions of the other side, ranked
 * by the rulebook on the state at the wave's start. Pools in breach and those not yet assessed are
 * not eligible; nobody is left with negative equity. Adds to wave->matches, takes what was matched
 * out of wave->net, and puts what found no counterparty back to market. */
MUST_CHECK enum status adl_match_orders(struct book *book, struct wave *wave, uint32_t instrument,
                                        const uint32_t *indices, size_t count,
                                        struct error *reterr);

/* The rank of a position: higher goes first. `profit` is its unrealised PnL, `entry` the magnitude
 * of its cost, `notional` that of its value, `equity` its pool's; money. */
double adl_score(enum adl_rank rank, double profit, double entry, double notional, double equity);

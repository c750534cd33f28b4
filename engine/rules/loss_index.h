#pragma once
/* Losses spread by an index, as on-chain protocols do: over all positions of a market through its
 * funding index, or over all deposits of an asset through its deposit index. Drift v2 (protocol-v2,
 * commit 0ae3e3b1d, math/liquidation.rs); Mango v4 spreads in the same way. */

#include <stdint.h>

#include "base/units.h"

/* Loss a unit of open interest: loss * scale / (longs + shorts), rounded up so that the charges
 * cover the loss. -1: there is nobody to charge. */
int128 loss_index_open_interest(int128 loss, int128 longs, int128 shorts, int128 scale);

/* What a position of `size` (signed; a short pays as a long does) pays, rounded up. */
int128 loss_index_charge(int128 index, int128 size, int128 scale);

/* The fall of a deposit index that stands at `index`: index * loss / deposits, rounded up; 0 where
 * there are no deposits, never more than all but one unit of the index. */
int128 loss_index_deposits(int128 loss, int128 deposits, int128 index);

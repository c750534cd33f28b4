#pragma once
/* Positions taken over from bankrupt accounts: by the insurance fund, which works them off in the
 * market and is pending supply until then (`price: bankruptcy`), or by a backstop vault, which
 * holds them (waterfall stage `backstop`). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/rules/instrument.h"

struct inventory {
    const struct instrument *instruments;
    size_t instrument_count;
    int64_t *lots;     /* signed, an instrument */
    int128 *cost;      /* paid for them, of what the contract settles in, signed as lots */
    int128 taken;      /* notional taken over so far, money; counted by the caller */
    int128 worked_off; /* notional given to the market so far, money; likewise */
};

MUST_CHECK enum status inventory_init(struct inventory *inventory,
                                      const struct instrument *instruments, size_t instrument_count,
                                      struct error *reterr);
void inventory_finish(struct inventory *inventory); /* zeroed is fine */

/* Takes `lots` (signed) over for `cash`. What is held of the other sign is closed first, at cost:
 * returns the gain or loss made so. STATUS_RANGE: more lots than fit. Cash, proceeds and gains are
 * of what the contract settles in. */
MUST_CHECK enum status inventory_take(struct inventory *inventory, uint32_t instrument,
                                      int64_t lots, int128 cash, int128 *ret_pnl,
                                      struct error *reterr);

/* Lots (signed as held) that one step of working off gives to the market. */
int64_t inventory_step(const struct inventory *inventory, uint32_t instrument, int64_t fraction_e8);

/* Gives `lots` (signed as held, not more) to the market for `proceeds`; returns the gain or loss.
 */
int128 inventory_give(struct inventory *inventory, uint32_t instrument, int64_t lots,
                      int128 proceeds);

bool inventory_is_empty(const struct inventory *inventory);

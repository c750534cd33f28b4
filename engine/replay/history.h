#pragma once
/* The forced orders that history had, by what the venue published: liquidation prints, or falls of
 * open interest. They are the reference flow of cleaning `recorded` and `open_interest` (design
 * §5; models.md 2.2, 2.3). */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/liquidation/wave.h"
#include "engine/rules/instrument.h"

struct history; /* opaque */

MUST_CHECK enum status history_create(const struct instrument *instruments, size_t instrument_count,
                                      struct history **ret_history, struct error *reterr);
void history_destroy(struct history *history); /* NULL is fine */

/* Forced orders of so much quantity, > 0 sold, were printed at a time. Before the instrument's
 * first price (`recorded` 0) they are passed over.
 *
 * A feed that shows at most one print in `throttle_ns` (0: it shows all) has left out others. With
 * f the share of the last 60 spans that hold a print, a Poisson stream has -ln(1 - f) / f orders in
 * a span that holds any, and each print counts so often. Where all 60 hold one, one is counted for
 * half: the true number is not known then, and may be any larger. */
void history_print(struct history *history, uint32_t instrument, int64_t ts_ns, double quantity,
                   int64_t throttle_ns, int64_t recorded);

/* Open interest is now so much quantity, and the price is `recorded` ticks (0: none yet). What it
 * has fallen by since it was read last was sold if the price fell meanwhile, bought if it rose. */
void history_open_interest(struct history *history, uint32_t instrument, double quantity,
                           int64_t recorded);

bool history_pending(const struct history *history);

/* Moves what is pending, rounded to lots, into a wave that holds nothing: net and touched. */
void history_collect(struct history *history, struct wave *wave);

#pragma once
/* The ticks of the bench: written once to a market file, then read as a run reads them. */

#include <stdint.h>

#include "base/error.h"
#include "engine/replay/replay.h"
#include "tests/bench/bench_accounts.h"

struct bench_prices; /* opaque: readers over one market file */

/* Fills the market file at `path` (which must not exist) with `ticks` ticks in all, spread alike
 * over the instruments and over one day, falling by `fall_percent`. Ends the program on an error.
 */
void bench_prices_make(const char *path, uint64_t ticks, int fall_percent,
                       const int64_t start_ticks[BENCH_INSTRUMENTS]);

/* Opens readers from the start; `ret_prices` borrows them. The caller closes them. */
struct bench_prices *bench_prices_open(const char *path,
                                       struct price_source ret_prices[BENCH_INSTRUMENTS]);
void bench_prices_close(struct bench_prices *prices);

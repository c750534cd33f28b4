#pragma once
/* A book for measuring: many accounts of 1 to 5 positions. With leverage up to 50 a fall of 30 %
 * liquidates most longs; with leverage up to 4 a calm market liquidates nobody. */

#include <stddef.h>
#include <stdint.h>

#include "engine/book/accounts.h"
#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

#define BENCH_INSTRUMENTS 5

/* The instruments of the bench and the prices at which they start, in ticks. */
void bench_instruments_init(struct instrument instruments[BENCH_INSTRUMENTS],
                            int64_t start_ticks[BENCH_INSTRUMENTS]);

/* Three continuous tiers for all instruments, everything closed at once, no fee. Constant. */
const struct rulebook *bench_rulebook(void);

/* `count` accounts with leverage from 2 to `leverage_max`; ends the program where memory is out.
 * The caller owns them. */
struct accounts *bench_accounts_create(size_t count, double leverage_max,
                                       const struct instrument instruments[BENCH_INSTRUMENTS],
                                       const int64_t start_ticks[BENCH_INSTRUMENTS]);

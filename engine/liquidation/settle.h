#pragma once
/* The last act of a wave: every order is booked at the wave's price, every match at its own. */

#include <stdint.h>

#include "base/error.h"
#include "engine/book/book.h"
#include "engine/liquidation/wave.h"

/* Settles all orders at wave->fill_price (those closed at mark: at mark) and all matches at theirs:
 * positions, wallets, fees, shortfalls, fund; queues the pools that are left with positions; fills
 * wave->rows (node not set) and wave->adl_rows. */
MUST_CHECK enum status wave_settle(struct book *book, struct wave *wave, int64_t now_ns,
                                   uint32_t wave_number, struct error *reterr);

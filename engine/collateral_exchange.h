#pragma once
/* Automatic exchange of collateral: what is sold of other assets when the balance of a settlement
 * asset has fallen too far below zero. */

#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

/* The value to sell so that its proceeds make up a debt: of a `balance` at or below `threshold`
 * (<= 0), -balance / ratio, rounded up; 0 above it. All in money, `ratio_e8` in (0, 1e8] is what a
 * unit of value brings. Binance multi-assets mode ("What Is Multi-Assets Mode", 2021-05-28): a debt
 * of 20,000 USD at an exchange ratio of 0.975 sells BTC worth 20,513 USD, once the balance is below
 * -10,000 USD (later -5,000); upon liquidation the threshold is 0. */
int128 collateral_exchange_sold(int128 balance, int128 threshold, int64_t ratio_e8);

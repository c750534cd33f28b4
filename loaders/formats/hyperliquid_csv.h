#pragma once
/* Decoder of the CSV files of Hyperliquid: asset contexts (a row a minute and coin), and its data
 * set of 2023 (non_mm_trades, liquidations). */

#include "loaders/loaders.h"

extern const struct loader hyperliquid_csv_loader;

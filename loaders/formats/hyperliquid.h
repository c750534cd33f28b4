#pragma once
/* Decoder of the JSON lines that Hyperliquid publishes: fills and trades of its nodes (node_fills,
 * node_fills_by_block, node_trades), and market data (l2Book). */

#include "loaders/loaders.h"

extern const struct loader hyperliquid_loader;

#pragma once
/* Decoder of recorded live feeds of Binance, Bybit and Hyperliquid: JSON messages line by line,
 * with or without the recorder's time before each, as hftbacktest's collectors write them. */

#include "loaders/loaders.h"

extern const struct loader websocket_loader;

#pragma once
/* Decoder of freqtrade's JSON files: bars (BTC_USDT-1m.json, also -futures, -mark, -index,
 * -premiumIndex), funding rates and trades. */

#include "loaders/loaders.h"

extern const struct loader freqtrade_loader;

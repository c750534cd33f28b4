#pragma once
/* Decoder of Databento's Binary Encoding (.dbn, .dbn.zst), versions 1 to 3: trades, quotes, bars,
 * statistics, trading status and definitions. */

#include "loaders/loaders.h"

extern const struct loader dbn_loader;

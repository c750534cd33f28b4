#pragma once
/* Decoder of QuantConnect LEAN's crypto and equity files: bars and ticks of trades and quotes. */

#include "loaders/loaders.h"

extern const struct loader lean_loader;

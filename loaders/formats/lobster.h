#pragma once
/* Decoder of LOBSTER's message files (lobsterdata.com): executions, auctions and halts of NASDAQ.
 */

#include "loaders/loaders.h"

extern const struct loader lobster_loader;

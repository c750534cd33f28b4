#pragma once
/* What a rulebook's tables tell of worlds that exercise them: which contracts, and how large. */

#include <stdbool.h>
#include <stddef.h>

#include "base/random_stream.h"
#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

/* Up to `wanted` different contracts that the rulebook has rules for and that can stand in one
 * account (all in quote, or all in one coin), drawn; one that takes any contract has BTCUSDT,
 * ETHUSDT, ... Gives how many, at least 1. */
size_t shipped_symbols(struct random_stream *dice, const struct rulebook *rulebook, size_t wanted,
                       const char **ret_symbols);

/* What a contract of that name is: inverse if it is in USD, quanto if the rulebook settles in
 * another coin, else linear. */
enum contract_kind shipped_kind(const struct rulebook *rulebook, const char *symbol);

/* A notional (settlement asset) and a size (base units; of an inverse contract quote units) at
 * which a rule of `symbol` changes, drawn from all there are, or near it. 0: there is none. */
double shipped_notional(struct random_stream *dice, const struct rulebook *rulebook,
                        const char *symbol);
double shipped_size(struct random_stream *dice, const struct rulebook *rulebook, const char *symbol,
                    const char *settlement);

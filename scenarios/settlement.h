#pragma once
/* Which asset the accounts of a run settle in. */

#include "engine/rules/instrument.h"
#include "engine/rules/rulebook.h"

#define SETTLEMENT_SIZE 32

/* `given` (market.settlement, "": not given), else what the rulebook says, else what the first
 * contract's symbol says: the coin before USD of an inverse one (BTCUSD_PERP: BTC), the quote of
 * any other (BTCUSDT, BTC-USDT-SWAP: USDT). Where it says nothing: the first collateral of the
 * rulebook, else USDT. Writes it to `ret_symbol`. */
void settlement_find(const char *given, const struct rulebook *rulebook, const char *const *symbols,
                     const enum contract_kind *kinds, size_t count,
                     char ret_symbol[SETTLEMENT_SIZE]);

/* What a contract settles in, in `ret_symbol`: `given` (market.instrument.ID.settlement, "": not
 * given), else of an inverse one the coin before USD, else, as of any other, "": as its accounts.
 * BitMEX's XBT is BTC where the accounts settle in `settlement` BTC or the rulebook's collateral
 * has BTC alone, and the reverse. */
void settlement_of_contract(const char *given, const struct rulebook *rulebook,
                            const char *settlement, const char *symbol, enum contract_kind kind,
                            char ret_symbol[SETTLEMENT_SIZE]);

#pragma once
/* Reads accounts from CSV (interface §3): one row a balance, a position or an order, rows of
 * an account together. Strict: what is not understood is an error with file, line and field. */

#include <stddef.h>

#include "base/error.h"
#include "engine/book/accounts.h"
#include "engine/rules/instrument.h"

/* Adds the accounts of `path` (plain or compressed; "-" is standard input) to `accounts`, which is
 * not finished yet; a first row names the columns, in any order: account, kind, symbol, quantity;
 * entry_price, margin_mode, isolated_margin, cohort, leverage, exempt may be left out. Symbols are
 * those of `instruments`, costs come from instrument_cost(). A balance is in the settlement asset
 * of `accounts` or in collateral of `rulebook` (NULL: none). `accounts` keeps copies alone.
 * STATUS_CONFIG: bad content: a column or kind that is not known, a position in an instrument that
 * the run does not have or off its lot grid, an account that comes again later, ...
 * STATUS_RANGE: an amount that does not fit. Both name file, line and field. And what
 * base/container.h gives. On an error `accounts` may hold a part of them. */
MUST_CHECK enum status accounts_csv_read(const char *path, const struct rulebook *rulebook,
                                         const struct instrument *instruments, size_t count,
                                         struct accounts *accounts, struct error *reterr);

/* The same from memory; `name` stands in messages. */
MUST_CHECK enum status accounts_csv_parse(const char *name, const char *bytes, size_t size,
                                          const struct rulebook *rulebook,
                                          const struct instrument *instruments, size_t count,
                                          struct accounts *accounts, struct error *reterr);

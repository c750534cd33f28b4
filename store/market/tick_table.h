#pragma once
/* The table `ticks` in SQL: the rows of all series, decoded from their blocks as they are read.
 *
 *   instrument, series           TEXT
 *   ts, ts_ns                    ISO 8601 text, and ns since 1970-01-01 UTC
 *   price, quantity, side        of ticks ('buy', 'sell' or NULL); NULL for bars
 *   open, high, low, close, volume   of bars; NULL for ticks
 *
 * Prices and quantities are REAL: the nearest double of the exact decimal that is stored.
 * Conditions on instrument (=), series (=) and ts_ns (=, <, <=, >, >=) choose the blocks that are
 * read. */

#include "base/error.h"
#include "store/market/market_file.h"

/* Makes `ticks` known to the connection of `market`. STATUS_NO_MEMORY. */
MUST_CHECK enum status tick_table_register(struct market_file *market, struct error *reterr);

#pragma once
/* The messages of exchanges' live feeds, one function a venue: a message in, rows out. */

#include "base/error.h"
#include "loaders/json/json_loader.h"

struct feed_books; /* what is kept of each symbol: order books, and which trades are taken */

struct feed_books *feed_books_create(void); /* NULL: no memory */
void feed_books_destroy(void *books);       /* NULL is fine */

/* A feed may have both the trades of a symbol and their sums over a price. Whether those of `kind`
 * ('t', 'a') are taken: the first kind that is seen of a symbol is. STATUS_CORRUPT: too many
 * symbols. */
MUST_CHECK enum status feed_books_take_trades(struct feed_books *books, const struct json_row *row,
                                              char kind, bool *ret_taken, struct error *reterr);

/* Takes a message of Binance: {"e":...} or {"stream":...,"data":{"e":...}}. Source:
 * developers.binance.com, market streams of spot, USDⓈ-M and COIN-M, read 2024-2025. */
MUST_CHECK enum status feed_take_binance(struct json_loader *loader, struct feed_books *books,
                                         const struct json_value *message, struct error *reterr);

/* Takes a message of Bybit: {"topic":...}; also the files of order books it publishes. Source:
 * bybit-exchange.github.io/docs/v5/websocket/public, read 2024-2025. */
MUST_CHECK enum status feed_take_bybit(struct json_loader *loader, struct feed_books *books,
                                       const struct json_value *message, struct error *reterr);

/* Takes a message of Hyperliquid: {"channel":...,"data":...}. Source:
 * hyperliquid.gitbook.io, for developers, websocket subscriptions, read 2025. */
MUST_CHECK enum status feed_take_hyperliquid(struct json_loader *loader,
                                             const struct json_value *message,
                                             struct error *reterr);

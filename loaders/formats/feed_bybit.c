/* Messages of Bybit, and the order books that its updates keep. */

#include <stdlib.h>
#include <string.h>

#include "loaders/formats/feed_message.h"
#include "loaders/ticks/depth_book.h"

#define BOOKS_MAX 4096
#define LEVELS_BUDGET ((size_t)1 << 20) /* of all books together: 16 MB */
#define DEPTH_EVERY_NS NS_PER_S         /* of event time */
#define DEPTH_PERCENT_MAX 5

struct feed_book {
    char symbol[TICK_BATCHER_INSTRUMENT_MAX];
    size_t symbol_size;
    char trade_kind;            /* of Binance; 0: none seen yet */
    struct depth_book *levels;  /* NULL: no snapshot yet */
    struct depth_level told[2]; /* best bid and ask of the last rows; price 0: none */
    int64_t depth_ns;           /* when depth was told last */
    bool depth_told;
};

struct feed_books {
    size_t budget;
    size_t count;
    struct feed_book books[BOOKS_MAX];
};

struct feed_books *feed_books_create(void) {
    struct feed_books *const books = calloc(1, sizeof(*books));
    if (books != NULL)
        books->budget = LEVELS_BUDGET;
    return books;
}

void feed_books_destroy(void *books) {
    struct feed_books *const all = books;
    for (size_t i = 0; all != NULL && i < all->count; i++)
        depth_book_destroy(all->books[i].levels);
    free(all);
}

/* NULL: there is none of this symbol. */
static struct feed_book *find_book(struct feed_books *books, const char *symbol, size_t size) {
    for (size_t i = 0; i < books->count; i++) {
        if (books->books[i].symbol_size == size &&
            memcmp(books->books[i].symbol, symbol, size) == 0)
            return &books->books[i];
    }
    return NULL;
}

/* Finds or adds what is kept of the symbol of `row`. */
static enum status take_symbol(struct feed_books *books, const struct json_row *row,
                               struct feed_book **ret_book, struct error *reterr) {
    *ret_book = find_book(books, row->instrument, row->instrument_size);
    if (*ret_book != NULL)
        return STATUS_OK;
    if (books->count == BOOKS_MAX || row->instrument_size > TICK_BATCHER_INSTRUMENT_MAX)
        return error_set(reterr, STATUS_CORRUPT,
                         "more than %d symbols, or a symbol of more than %d bytes", BOOKS_MAX,
                         TICK_BATCHER_INSTRUMENT_MAX);
    struct feed_book *const book = &books->books[books->count++];
    memcpy(book->symbol, row->instrument, row->instrument_size);
    book->symbol_size = row->instrument_size;
    *ret_book = book;
    return STATUS_OK;
}

enum status feed_books_take_trades(struct feed_books *books, const struct json_row *row, char kind,
                                   bool *ret_taken, struct error *reterr) {
    struct feed_book *book;
    const enum status status = take_symbol(books, row, &book, reterr);
    if (status != STATUS_OK)
        return status;
    if (book->trade_kind == 0)
        book->trade_kind = kind;
    *ret_taken = book->trade_kind == kind;
    return STATUS_OK;
}

/* ---- order books ---- */

/* [price, size] each; size 0 takes the level out. */
static enum status set_levels(struct feed_book *book, enum depth_side side,
                              const struct json_value *levels, struct error *reterr) {
    if (levels == NULL)
        return STATUS_OK; /* no level of this side has changed */
    if (levels->type != JSON_ARRAY)
        return error_set(reterr, STATUS_CORRUPT, "the levels are not an array");
    const struct json_value *level = json_first(levels);
    for (uint32_t i = 0; i < levels->count; i++, level = json_next(level)) {
        struct decimal price;
        struct decimal amount;
        enum status status = json_decimal(json_element(level, 0), "price", &price, reterr);
        if (status == STATUS_OK)
            status = json_decimal(json_element(level, 1), "size", &amount, reterr);
        if (status == STATUS_OK && price.mantissa <= 0)
            status = error_set(reterr, STATUS_CORRUPT, "field 'price' is not above 0");
        if (status == STATUS_OK)
            status = depth_book_set(book->levels, side, price, amount, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static bool same_number(struct decimal a, struct decimal b) {
    const struct decimal x = decimal_normal(a);
    const struct decimal y = decimal_normal(b);
    return x.mantissa == y.mantissa && x.decimals == y.decimals;
}

static bool same_level(const struct depth_level *a, const struct depth_level *b) {
    return same_number(a->price, b->price) && same_number(a->amount, b->amount);
}

/* Best bid and ask where they have changed. */
static enum status tell_best(struct json_loader *loader, struct feed_book *book,
                             struct json_row *row, struct error *reterr) {
    for (enum depth_side side = DEPTH_BID; side <= DEPTH_ASK; side++) {
        struct depth_level best;
        if (!depth_book_best(book->levels, side, &best) || same_level(&best, &book->told[side]))
            continue;
        book->told[side] = best;
        row->series = side == DEPTH_BID ? "bid" : "ask";
        row->price = best.price;
        row->quantity = best.amount;
        row->flags = 0;
        const enum status status = json_loader_add(loader, row, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Whether the levels of a side go so far that all within `percent` of the middle is among them. The
 * prices of a book have the same decimals. */
static bool reaches(const struct feed_book *book, enum depth_side side, int percent) {
    struct depth_level bid;
    struct depth_level ask;
    struct depth_level worst;
    if (!depth_book_best(book->levels, DEPTH_BID, &bid) ||
        !depth_book_best(book->levels, DEPTH_ASK, &ask) ||
        !depth_book_worst(book->levels, side, &worst))
        return false;
    const int128 middle = (int128)bid.price.mantissa + ask.price.mantissa;
    const int128 edge = 200 * (int128)worst.price.mantissa;
    return side == DEPTH_BID ? edge <= middle * (100 - percent) : edge >= middle * (100 + percent);
}

/* Depth, once a second at most, as far as the book goes. */
static enum status tell_depth(struct json_loader *loader, struct feed_book *book,
                              struct json_row *row, struct error *reterr) {
    static const char *const series[DEPTH_PERCENT_MAX + 1] = {
        NULL, "depth_1pct", "depth_2pct", "depth_3pct", "depth_4pct", "depth_5pct"};
    int64_t since;
    if (book->depth_told &&
        (__builtin_sub_overflow(row->ts_ns, book->depth_ns, &since) || since < DEPTH_EVERY_NS))
        return STATUS_OK;
    for (enum depth_side side = DEPTH_BID; side <= DEPTH_ASK; side++) {
        for (int percent = 1; percent <= DEPTH_PERCENT_MAX; percent++) {
            if (!reaches(book, side, percent) ||
                !depth_book_near(book->levels, side, percent, &row->price, &row->quantity))
                break;
            row->series = series[percent];
            row->flags = side == DEPTH_BID ? TICK_BUY : TICK_SELL;
            const enum status status = json_loader_add(loader, row, reterr);
            if (status != STATUS_OK)
                return status;
        }
    }
    book->depth_told = true;
    book->depth_ns = row->ts_ns;
    return STATUS_OK;
}

/* orderbook.N: a snapshot, and what has changed since. Changes before it say nothing. */
static enum status take_book(struct json_loader *loader, struct feed_books *books,
                             const struct json_value *message, struct error *reterr) {
    const struct json_value *const data = json_member(message, "data");
    const char *const time = json_member(message, "cts") != NULL ? "cts" : "ts";
    struct json_row row = {0};
    bool snapshot;
    enum status status = json_epoch(json_member(message, time), time, &row.ts_ns, reterr);
    if (status == STATUS_OK)
        status =
            json_text(json_member(data, "s"), "s", &row.instrument, &row.instrument_size, reterr);
    if (status == STATUS_OK)
        status = json_either(json_member(message, "type"), "type", "snapshot", "delta", &snapshot,
                             reterr);
    if (status != STATUS_OK)
        return status;
    struct feed_book *book;
    status = take_symbol(books, &row, &book, reterr);
    if (status == STATUS_OK && book->levels == NULL) {
        if (!snapshot)
            return json_loader_skip(loader);
        book->levels = depth_book_create(&books->budget);
        if (book->levels == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for an order book");
    }
    if (status == STATUS_OK && snapshot)
        depth_book_clear(book->levels);
    if (status == STATUS_OK)
        status = set_levels(book, DEPTH_BID, json_member(data, "b"), reterr);
    if (status == STATUS_OK)
        status = set_levels(book, DEPTH_ASK, json_member(data, "a"), reterr);
    if (status == STATUS_OK)
        status = tell_best(loader, book, &row, reterr);
    return status == STATUS_OK ? tell_depth(loader, book, &row, reterr) : status;
}

/* ---- other messages ---- */

/* What stands under other names in messages that are otherwise alike. */
struct bybit_names {
    const char *series;
    const char *time;
    const char *symbol;
    const char *side;
    const char *price;
    const char *quantity;
    bool of_position; /* the side is that of the position that was closed: the order did the
                         opposite */
};

static enum status take_print(struct json_loader *loader, const struct bybit_names *names,
                              const struct json_value *print, struct error *reterr) {
    struct json_row row = {.series = names->series};
    bool buy;
    enum status status =
        json_epoch(json_member(print, names->time), names->time, &row.ts_ns, reterr);
    if (status == STATUS_OK)
        status = json_text(json_member(print, names->symbol), names->symbol, &row.instrument,
                           &row.instrument_size, reterr);
    if (status == STATUS_OK)
        status =
            json_either(json_member(print, names->side), names->side, "Buy", "Sell", &buy, reterr);
    if (status != STATUS_OK)
        return status;
    row.flags = buy != names->of_position ? TICK_BUY : TICK_SELL;
    return json_loader_add_trade(loader, &row, json_member(print, names->price), names->price,
                                 json_member(print, names->quantity), names->quantity, reterr);
}

/* `data` is one print or an array of them. */
static enum status take_prints(struct json_loader *loader, const struct bybit_names *names,
                               const struct json_value *data, struct error *reterr) {
    if (data == NULL || data->type != JSON_ARRAY)
        return take_print(loader, names, data, reterr);
    const struct json_value *print = json_first(data);
    for (uint32_t i = 0; i < data->count; i++, print = json_next(print)) {
        const enum status status = take_print(loader, names, print, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* tickers: only what has changed is there. */
static enum status take_ticker(struct json_loader *loader, const struct json_value *message,
                               struct error *reterr) {
    static const struct {
        const char *name;
        const char *series;
    } values[] = {
        {"markPrice", "mark"},
        {"indexPrice", "index"},
        {"openInterest", "open_interest"},
        {"openInterestValue", "open_interest_value"},
        {"fundingRate", "predicted_funding_rate"},
    };
    const struct json_value *const data = json_member(message, "data");
    struct json_row row = {0};
    enum status status = json_epoch(json_member(message, "ts"), "ts", &row.ts_ns, reterr);
    if (status == STATUS_OK)
        status = json_text(json_member(data, "symbol"), "symbol", &row.instrument,
                           &row.instrument_size, reterr);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && status == STATUS_OK; i++)
        status = json_loader_add_value(loader, row, values[i].series,
                                       json_member(data, values[i].name), values[i].name, reterr);
    return status;
}

enum status feed_take_bybit(struct json_loader *loader, struct feed_books *books,
                            const struct json_value *message, struct error *reterr) {
    static const struct bybit_names trade = {"trade", "T", "s", "S", "p", "v", false};
    static const struct bybit_names liquidations = {"liquidation", "T", "s", "S", "p", "v", true};
    static const struct bybit_names liquidation = {"liquidation", "updatedTime", "symbol", "side",
                                                   "price",       "size",        true};
    const struct json_value *const topic = json_member(message, "topic");
    const struct json_value *const data = json_member(message, "data");
    if (json_begins(topic, "publicTrade."))
        return take_prints(loader, &trade, data, reterr);
    if (json_begins(topic, "allLiquidation."))
        return take_prints(loader, &liquidations, data, reterr);
    if (json_begins(topic, "liquidation."))
        return take_prints(loader, &liquidation, data, reterr);
    if (json_begins(topic, "tickers."))
        return take_ticker(loader, message, reterr);
    if (json_begins(topic, "orderbook."))
        return take_book(loader, books, message, reterr);
    return json_loader_skip(loader); /* kline, and what we do not know */
}

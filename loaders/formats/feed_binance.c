/* Messages of Binance. */

#include <string.h>

#include "loaders/formats/feed_message.h"

/* The symbol ("s") and the time in `time_name`, or else in "E", or else the recorder's. */
static enum status take_head(const struct json_loader *loader, const struct json_value *event,
                             const char *time_name, struct json_row *row, struct error *reterr) {
    const struct json_value *time = json_member(event, time_name);
    if (time == NULL) {
        time = json_member(event, "E");
        time_name = "E";
    }
    row->ts_ns = loader->recorded_ns;
    const enum status status = time == NULL && row->ts_ns > 0
                                   ? STATUS_OK
                                   : json_epoch(time, time_name, &row->ts_ns, reterr);
    if (status != STATUS_OK)
        return status;
    return json_text(json_member(event, "s"), "s", &row->instrument, &row->instrument_size, reterr);
}

/* The running number of a trade: "t", or "a" of an aggregated one. 0: none. */
static uint64_t take_id(const struct json_value *event) {
    const struct json_value *id = json_member(event, "t");
    if (id == NULL)
        id = json_member(event, "a");
    struct decimal number;
    if (id == NULL || json_decimal(id, "t", &number, NULL) != STATUS_OK || number.decimals != 0 ||
        number.mantissa < 0)
        return 0;
    return (uint64_t)number.mantissa;
}

/* trade, aggTrade: m says that the buyer was the maker, so the taker sold. In the stream of trades
 * of the futures, X tells those of the insurance fund and of auto-deleveraging, which are not of
 * the market. */
static enum status take_trade(struct json_loader *loader, struct feed_books *books,
                              const struct json_value *event, struct error *reterr) {
    struct json_row row = {.series = "trade"};
    const struct json_value *const kind = json_member(event, "X");
    const struct json_value *const maker = json_member(event, "m");
    if (json_is(kind, "ADL"))
        row.series = "adl";
    else if (kind != NULL && !json_is(kind, "MARKET"))
        return json_loader_skip(loader);
    if (maker == NULL || (maker->type != JSON_TRUE && maker->type != JSON_FALSE))
        return error_set(reterr, STATUS_CORRUPT, "field 'm' is neither true nor false");
    row.flags = maker->type == JSON_TRUE ? TICK_SELL : TICK_BUY;
    bool taken = true;
    enum status status = take_head(loader, event, "T", &row, reterr);
    if (status == STATUS_OK && row.series[0] == 't') {
        row.id = take_id(event);
        status = feed_books_take_trades(
            books, &row, json_is(json_member(event, "e"), "trade") ? 't' : 'a', &taken, reterr);
    }
    if (status != STATUS_OK)
        return status;
    if (!taken)
        return json_loader_skip(loader);
    return json_loader_add_trade(loader, &row, json_member(event, "p"), "p",
                                 json_member(event, "q"), "q", reterr);
}

/* A side of the quote; a quantity of 0 is an empty side. */
static enum status take_side(struct json_loader *loader, const struct json_value *event,
                             const char *price_name, const char *quantity_name,
                             struct json_row *row, struct error *reterr) {
    enum status status =
        json_decimal(json_member(event, price_name), price_name, &row->price, reterr);
    if (status == STATUS_OK)
        status =
            json_decimal(json_member(event, quantity_name), quantity_name, &row->quantity, reterr);
    if (status != STATUS_OK || (row->price.mantissa == 0 && row->quantity.mantissa == 0))
        return status;
    return json_loader_add(loader, row, reterr);
}

/* bookTicker. That of spot has no time, nor an "e". */
static enum status take_quote(struct json_loader *loader, const struct json_value *event,
                              struct error *reterr) {
    struct json_row row = {.series = "bid"};
    enum status status = take_head(loader, event, "T", &row, reterr);
    loader->added = NULL;
    if (status == STATUS_OK)
        status = take_side(loader, event, "b", "B", &row, reterr);
    struct tick_stream *const bids = loader->added;
    const struct decimal bid = row.price;
    row.series = "ask";
    if (status == STATUS_OK)
        status = take_side(loader, event, "a", "A", &row, reterr);
    if (status == STATUS_OK)
        json_loader_note_quote(loader, bids, bid, row.price);
    return status;
}

/* markPriceUpdate: at E; T is the time of the next funding, of which r is the predicted rate. */
static enum status take_mark(struct json_loader *loader, const struct json_value *event,
                             struct error *reterr) {
    struct json_row row = {0};
    enum status status = take_head(loader, event, "E", &row, reterr);
    if (status == STATUS_OK)
        status = json_loader_add_value(loader, row, "mark", json_member(event, "p"), "p", reterr);
    if (status == STATUS_OK)
        status = json_loader_add_value(loader, row, "index", json_member(event, "i"), "i", reterr);
    if (status == STATUS_OK)
        status = json_loader_add_value(loader, row, "predicted_funding_rate",
                                       json_member(event, "r"), "r", reterr);
    return status;
}

/* forceOrder: average price and what was filled, where the order says them. */
static enum status take_liquidation(struct json_loader *loader, const struct json_value *event,
                                    struct error *reterr) {
    const struct json_value *const order = json_member(event, "o");
    struct json_row row = {.series = "liquidation"};
    bool buy;
    enum status status = take_head(loader, order, "T", &row, reterr);
    if (status == STATUS_OK)
        status = json_either(json_member(order, "S"), "S", "BUY", "SELL", &buy, reterr);
    if (status != STATUS_OK)
        return status;
    row.flags = buy ? TICK_BUY : TICK_SELL;
    struct decimal average;
    const char *price = "p";
    const struct json_value *const average_text = json_member(order, "ap");
    if (average_text != NULL) {
        status = json_decimal(average_text, "ap", &average, reterr);
        if (status != STATUS_OK)
            return status;
        if (average.mantissa > 0)
            price = "ap";
    }
    return json_loader_add_trade(loader, &row, json_member(order, price), price,
                                 json_member(order, "q"), "q", reterr);
}

static enum status take_event(struct json_loader *loader, struct feed_books *books,
                              const struct json_value *event, struct error *reterr) {
    const struct json_value *const kind = json_member(event, "e");
    if (json_is(kind, "trade") || json_is(kind, "aggTrade"))
        return take_trade(loader, books, event, reterr);
    const bool spot_quote = kind == NULL && loader->recorded_ns > 0 &&
                            json_member(event, "B") != NULL && json_member(event, "A") != NULL;
    if (json_is(kind, "bookTicker") || spot_quote)
        return take_quote(loader, event, reterr);
    if (json_is(kind, "markPriceUpdate"))
        return take_mark(loader, event, reterr);
    if (json_is(kind, "forceOrder"))
        return take_liquidation(loader, event, reterr);
    return json_loader_skip(loader); /* depthUpdate, kline, tickers, answers to requests */
}

enum status feed_take_binance(struct json_loader *loader, struct feed_books *books,
                              const struct json_value *message, struct error *reterr) {
    const struct json_value *const data = json_member(message, "data");
    const struct json_value *const event = data != NULL ? data : message;
    if (event->type != JSON_ARRAY)
        return take_event(loader, books, event, reterr);
    const struct json_value *element = json_first(event); /* !markPrice@arr and the like */
    for (uint32_t i = 0; i < event->count; i++, element = json_next(element)) {
        const enum status status = take_event(loader, books, element, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

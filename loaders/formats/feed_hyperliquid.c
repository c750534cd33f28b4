/* Messages of Hyperliquid. */

#include "loaders/formats/feed_message.h"

/* [{coin, side, px, sz, time}]: B is a taker who buys. */
static enum status take_trades(struct json_loader *loader, const struct json_value *trades,
                               struct error *reterr) {
    if (trades == NULL || trades->type != JSON_ARRAY)
        return error_set(reterr, STATUS_CORRUPT, "field 'data' is not an array of trades");
    const struct json_value *trade = json_first(trades);
    for (uint32_t i = 0; i < trades->count; i++, trade = json_next(trade)) {
        struct json_row row = {.series = "trade"};
        bool buy;
        enum status status = json_epoch(json_member(trade, "time"), "time", &row.ts_ns, reterr);
        if (status == STATUS_OK)
            status = json_text(json_member(trade, "coin"), "coin", &row.instrument,
                               &row.instrument_size, reterr);
        if (status == STATUS_OK)
            status = json_either(json_member(trade, "side"), "side", "B", "A", &buy, reterr);
        if (status != STATUS_OK)
            return status;
        row.flags = buy ? TICK_BUY : TICK_SELL;
        status = json_loader_add_trade(loader, &row, json_member(trade, "px"), "px",
                                       json_member(trade, "sz"), "sz", reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* A level {px, sz, n}; nothing where there is none. */
static enum status take_level(struct json_loader *loader, struct json_row *row, const char *series,
                              const struct json_value *level, struct error *reterr) {
    if (level == NULL || level->type == JSON_NULL)
        return STATUS_OK;
    row->series = series;
    return json_loader_add_trade(loader, row, json_member(level, "px"), "px",
                                 json_member(level, "sz"), "sz", reterr);
}

/* l2Book: levels [bids, asks], the best first; bbo: the same with one level each. */
static enum status take_book(struct json_loader *loader, const struct json_value *book,
                             struct error *reterr) {
    struct json_row row = {0};
    enum status status = json_epoch(json_member(book, "time"), "time", &row.ts_ns, reterr);
    if (status == STATUS_OK)
        status = json_text(json_member(book, "coin"), "coin", &row.instrument, &row.instrument_size,
                           reterr);
    const struct json_value *const bbo = json_member(book, "bbo");
    const struct json_value *const levels = json_member(book, "levels");
    if (status == STATUS_OK && bbo == NULL && json_element(levels, 1) == NULL)
        return error_set(reterr, STATUS_CORRUPT, "field 'levels' has no bids and asks");
    struct tick_stream *bids = NULL;
    struct decimal bid = {0, 0};
    loader->added = NULL;
    for (size_t side = 0; side < 2 && status == STATUS_OK; side++) {
        const struct json_value *const level =
            bbo != NULL ? json_element(bbo, side) : json_element(json_element(levels, side), 0);
        status = take_level(loader, &row, side == 0 ? "bid" : "ask", level, reterr);
        if (side == 0) {
            bids = loader->added;
            bid = row.price;
        }
    }
    if (status == STATUS_OK)
        json_loader_note_quote(loader, bids, bid, row.price);
    return status;
}

enum status feed_take_hyperliquid(struct json_loader *loader, const struct json_value *message,
                                  struct error *reterr) {
    const struct json_value *const channel = json_member(message, "channel");
    const struct json_value *const data = json_member(message, "data");
    if (json_is(channel, "trades"))
        return take_trades(loader, data, reterr);
    if (json_is(channel, "l2Book") || json_is(channel, "bbo"))
        return take_book(loader, data, reterr);
    return json_loader_skip(loader); /* candles, asset contexts without a time, answers */
}

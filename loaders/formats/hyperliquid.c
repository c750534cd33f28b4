/* Sources: hyperliquid.gitbook.io, historical data, and hyperliquid-dex/node, README, read 2025. A
 * fill stands in the file once for each of its two sides. */

#include "loaders/formats/hyperliquid.h"

#include <string.h>
#include <strings.h>

#include "loaders/formats/feed_message.h"
#include "loaders/json/json_loader.h"

/* ---- fills ---- */

static bool same_text(const struct json_value *a, const struct json_value *b) {
    return a != NULL && b != NULL && a->type == JSON_STRING && b->type == JSON_STRING &&
           a->size == b->size && strncasecmp(a->text, b->text, a->size) == 0;
}

/* What moved a position without anybody trading. */
static bool is_transfer(const struct json_value *direction) {
    return json_is(direction, "Settlement") || json_is(direction, "Net Child Vaults") ||
           json_is(direction, "Spot Dust Conversion");
}

/* Whether this side of a fill is the one that was liquidated. Both sides carry the object. */
static bool was_liquidated(const struct json_value *fill, const struct json_value *user) {
    const struct json_value *const liquidation = json_member(fill, "liquidation");
    const struct json_value *const whom = json_member(liquidation, "liquidatedUser");
    const struct json_value *const crossed = json_member(fill, "crossed");
    if (whom != NULL && user != NULL)
        return same_text(whom, user);
    if (json_begins(json_member(fill, "dir"), "Liquidated"))
        return true;
    /* nobody is named: the forced order is the one that takes */
    return liquidation != NULL && crossed != NULL && crossed->type == JSON_TRUE;
}

/* The head that fills and trades share; a fill's time is an epoch, a trade's ISO 8601. */
static enum status take_head(const struct json_value *fill, struct json_row *row,
                             struct error *reterr) {
    const struct json_value *const time = json_member(fill, "time");
    bool buy;
    enum status status = time != NULL && time->type == JSON_STRING
                             ? json_iso_time(time, "time", &row->ts_ns, reterr)
                             : json_epoch(time, "time", &row->ts_ns, reterr);
    if (status == STATUS_OK)
        status = json_text(json_member(fill, "coin"), "coin", &row->instrument,
                           &row->instrument_size, reterr);
    if (status == STATUS_OK)
        status = json_either(json_member(fill, "side"), "side", "B", "A", &buy, reterr);
    if (status == STATUS_OK)
        row->flags = buy ? TICK_BUY : TICK_SELL;
    return status;
}

static enum status add(struct json_loader *loader, const struct json_value *fill,
                       struct json_row *row, const char *series, struct error *reterr) {
    row->series = series;
    return json_loader_add_trade(loader, row, json_member(fill, "px"), "px",
                                 json_member(fill, "sz"), "sz", reterr);
}

/* One side of a fill. The taker's gives the trade; that of the liquidated the liquidation; that of
 * the deleveraged the adl. The maker's gives nothing. */
static enum status take_fill(struct json_loader *loader, const struct json_value *fill,
                             const struct json_value *user, struct error *reterr) {
    const struct json_value *const direction = json_member(fill, "dir");
    const struct json_value *const crossed = json_member(fill, "crossed");
    const struct json_value *const method = json_member(json_member(fill, "liquidation"), "method");
    const bool liquidated = was_liquidated(fill, user);
    const bool deleveraged = json_is(direction, "Auto-Deleveraging");
    const bool traded = crossed != NULL && crossed->type == JSON_TRUE && !deleveraged &&
                        !json_is(method, "backstop") && !json_begins(direction, "Liquidated");
    struct json_row row = {0};
    enum status status = take_head(fill, &row, reterr);
    if (status != STATUS_OK)
        return status;
    if (is_transfer(direction) || (!liquidated && !deleveraged && !traded))
        return json_loader_skip(loader);
    if (traded)
        status = add(loader, fill, &row, "trade", reterr);
    if (status == STATUS_OK && liquidated)
        status = add(loader, fill, &row, "liquidation", reterr);
    else if (status == STATUS_OK && deleveraged)
        status = add(loader, fill, &row, "adl", reterr);
    return status;
}

/* node_trades: one value a trade, the side is the taker's. */
static enum status take_trade(struct json_loader *loader, const struct json_value *trade,
                              struct error *reterr) {
    const struct json_value *const override = json_member(trade, "trade_dir_override");
    struct json_row row = {0};
    const enum status status = take_head(trade, &row, reterr);
    if (status != STATUS_OK)
        return status;
    if (json_begins(override, "Liquidated"))
        return add(loader, trade, &row, "liquidation", reterr);
    if (json_begins(override, "Auto"))
        return add(loader, trade, &row, "adl", reterr);
    if (override != NULL && !json_is(override, "Na"))
        return json_loader_skip(loader);
    return add(loader, trade, &row, "trade", reterr);
}

/* [user, fill]. */
static enum status take_pair(struct json_loader *loader, const struct json_value *pair,
                             struct error *reterr) {
    const struct json_value *const fill = json_element(pair, 1);
    if (fill == NULL || fill->type != JSON_OBJECT || json_first(pair)->type != JSON_STRING)
        return error_set(reterr, STATUS_CORRUPT, "an array that is not [user, fill]");
    return take_fill(loader, fill, json_element(pair, 0), reterr);
}

static enum status take_block(struct json_loader *loader, const struct json_value *events,
                              struct error *reterr) {
    const struct json_value *event = json_first(events);
    for (uint32_t i = 0; i < events->count; i++, event = json_next(event)) {
        const enum status status = take_pair(loader, event, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status take(void *context, const struct json_value *value, struct error *reterr) {
    struct json_loader *const loader = context;
    if (value->type == JSON_ARRAY)
        return take_pair(loader, value, reterr);
    const struct json_value *const events = json_member(value, "events");
    if (events != NULL && events->type == JSON_ARRAY)
        return take_block(loader, events, reterr);
    const struct json_value *const raw = json_member(value, "raw");
    if (raw != NULL)
        return feed_take_hyperliquid(loader, raw, reterr);
    if (json_member(value, "side_info") != NULL)
        return take_trade(loader, value, reterr);
    if (json_member(value, "tid") != NULL)
        return take_fill(loader, value, json_member(value, "user"), reterr);
    return error_set(reterr, STATUS_CORRUPT,
                     "neither a fill, a block of fills, a trade nor market data");
}

/* ---- the loader ---- */

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    static const char *const marks[] = {"\"side_info\"", "\"ver_num\"", "\"block_number\"",
                                        "\"startPosition\""};
    (void)file; /* the content says enough */
    char text[JSON_HEAD + 1];
    json_head(head, size, text);
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if ((text[0] == '{' || text[0] == '[') && strstr(text, marks[i]) != NULL)
            return LOADER_SURE;
    }
    return LOADER_NO;
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct json_loader *loader;
    const enum status status = json_loader_create(columns, sink, take, &loader, reterr);
    if (status == STATUS_OK)
        *ret_decoder = loader;
    return status;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    return json_loader_begin(decoder, JSON_VALUES, file, reterr);
}

const struct loader hyperliquid_loader = {
    .name = "hyperliquid",
    .title = "Hyperliquid JSON lines: node_fills, node_fills_by_block, node_trades, l2Book",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = json_loader_feed,
    .end = json_loader_end,
    .finish = json_loader_finish,
    .destroy = json_loader_destroy,
};

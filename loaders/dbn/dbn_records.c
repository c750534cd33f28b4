#include "loaders/dbn/dbn_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "loaders/dbn/dbn_layout.h"

/* The series of an instrument; statistics stand from SERIES_STATISTICS on, by their type. */
enum dbn_series {
    DBN_SERIES_TRADE,
    DBN_SERIES_BID,
    DBN_SERIES_ASK,
    DBN_SERIES_BAR, /* of the old type, whose spacing tells their length */
    DBN_SERIES_BAR_1S,
    DBN_SERIES_BAR_1M,
    DBN_SERIES_BAR_1H,
    DBN_SERIES_BAR_1D,
    DBN_SERIES_STATUS,
    DBN_SERIES_PRICE_TICK,
    DBN_SERIES_STATISTICS,
};

#define STATISTICS 27
_Static_assert(DBN_SERIES_STATISTICS + STATISTICS <= DBN_STREAMS, "room for every series");

static const char *const series_names[DBN_STREAMS] = {
    [DBN_SERIES_TRADE] = "trade",
    [DBN_SERIES_BID] = "bid",
    [DBN_SERIES_ASK] = "ask",
    [DBN_SERIES_BAR] = "bar",
    [DBN_SERIES_BAR_1S] = "bar",
    [DBN_SERIES_BAR_1M] = "bar",
    [DBN_SERIES_BAR_1H] = "bar",
    [DBN_SERIES_BAR_1D] = "bar",
    [DBN_SERIES_STATUS] = "status",
    [DBN_SERIES_PRICE_TICK] = "price_tick",
    [DBN_SERIES_STATISTICS + 1] = "opening_price",
    [DBN_SERIES_STATISTICS + 2] = "indicative_opening_price",
    [DBN_SERIES_STATISTICS + 3] = "settlement",
    [DBN_SERIES_STATISTICS + 4] = "session_low",
    [DBN_SERIES_STATISTICS + 5] = "session_high",
    [DBN_SERIES_STATISTICS + 6] = "cleared_volume",
    [DBN_SERIES_STATISTICS + 7] = "lowest_offer",
    [DBN_SERIES_STATISTICS + 8] = "highest_bid",
    [DBN_SERIES_STATISTICS + 9] = "open_interest",
    [DBN_SERIES_STATISTICS + 10] = "fixing_price",
    [DBN_SERIES_STATISTICS + 11] = "close_price",
    [DBN_SERIES_STATISTICS + 12] = "net_change",
    [DBN_SERIES_STATISTICS + 13] = "vwap",
    [DBN_SERIES_STATISTICS + 14] = "volatility",
    [DBN_SERIES_STATISTICS + 15] = "delta",
    [DBN_SERIES_STATISTICS + 16] = "uncrossing_price",
    [DBN_SERIES_STATISTICS + 17] = "upper_limit",
    [DBN_SERIES_STATISTICS + 18] = "lower_limit",
    [DBN_SERIES_STATISTICS + 19] = "block_volume",
    [DBN_SERIES_STATISTICS + 20] = "indicative_close_price",
    [DBN_SERIES_STATISTICS + 21] = "circuit_breaker_1",
    [DBN_SERIES_STATISTICS + 22] = "circuit_breaker_2",
    [DBN_SERIES_STATISTICS + 23] = "circuit_breaker_3",
    [DBN_SERIES_STATISTICS + 24] = "collar_reference",
    [DBN_SERIES_STATISTICS + 25] = "collar_upper",
    [DBN_SERIES_STATISTICS + 26] = "collar_lower",
};

/* Statistics whose value is a quantity. */
static bool is_quantity(unsigned type) {
    return type == 6 || type == 9 || type == 19;
}

static enum status skip(struct dbn_reader *reader) {
    reader->records_skipped++;
    return STATUS_OK;
}

/* ---- times ---- */

/* When it happened, and when Databento received it: by the latter the days of symbols are meant. */
struct dbn_time {
    int64_t event_ns;
    int64_t received_ns;
};

/* `received_at` 0: the record has no time of receipt. Of two times one may be unknown; false: both
 * are. */
static inline bool times_of(const uint8_t *record, size_t received_at, struct dbn_time *ret_time) {
    uint64_t event = dbn_u64(record + DBN_AT_TS_EVENT);
    uint64_t received = received_at > 0 ? dbn_u64(record + received_at) : event;
    if (__builtin_expect(event > INT64_MAX, 0))
        event = received;
    if (__builtin_expect(received > INT64_MAX, 0))
        received = event;
    *ret_time = (struct dbn_time){(int64_t)event, (int64_t)received};
    return event <= INT64_MAX;
}

/* ---- instruments and streams ---- */

/* An id that nobody named goes by the dataset and its number. */
static __attribute__((noinline)) enum status find_symbol(struct dbn_reader *reader, uint32_t id,
                                                         int64_t ts_ns,
                                                         struct dbn_symbol **ret_symbol,
                                                         struct error *reterr) {
    struct dbn_symbol *symbol = dbn_symbols_find(reader->symbols, id, ts_ns);
    if (symbol == NULL) {
        char name[48];
        const int size = snprintf(name, sizeof(name), "%s:%u", reader->metadata.dataset, id);
        const enum status status =
            dbn_symbols_add(reader->symbols, id, INT64_MIN, INT64_MAX, name, (size_t)size, reterr);
        if (status != STATUS_OK)
            return status;
        symbol = dbn_symbols_find(reader->symbols, id, ts_ns);
    }
    if (symbol->streams == NULL) {
        const enum status status = dbn_symbols_use(symbol, reterr);
        if (status != STATUS_OK)
            return status;
    }
    reader->last = symbol;
    *ret_symbol = symbol;
    return STATUS_OK;
}

static __attribute__((noinline)) enum status add_stream(struct dbn_reader *reader,
                                                        struct dbn_symbol *symbol, unsigned series,
                                                        struct error *reterr) {
    static const int64_t bar_ns[] = {NS_PER_S, NS_PER_MINUTE, 60 * NS_PER_MINUTE, NS_PER_DAY};
    const char *const name = series_names[series];
    struct tick_stream *stream;
    const enum status status =
        series >= DBN_SERIES_BAR_1S && series <= DBN_SERIES_BAR_1D
            ? tick_batcher_find_bars(reader->batcher, symbol->name, strlen(symbol->name), name,
                                     strlen(name), bar_ns[series - DBN_SERIES_BAR_1S], &stream,
                                     reterr)
            : tick_batcher_find(reader->batcher, symbol->name, strlen(symbol->name), name,
                                strlen(name), series == DBN_SERIES_BAR ? SERIES_BARS : SERIES_TICKS,
                                &stream, reterr);
    if (status != STATUS_OK)
        return status;
    if (series != DBN_SERIES_STATUS &&
        (series < DBN_SERIES_STATISTICS || !is_quantity(series - DBN_SERIES_STATISTICS)))
        tick_batcher_expect_decimals(stream, DBN_PRICE_DECIMALS, 0);
    symbol->streams[series] = stream;
    return STATUS_OK;
}

/* Series number `series` of the instrument that `record` is about. */
static inline enum status find_stream(struct dbn_reader *reader, const uint8_t *record,
                                      const struct dbn_time *time, unsigned series,
                                      struct tick_stream **ret_stream, struct error *reterr) {
    const int64_t ts_ns = time->received_ns;
    const uint32_t id = dbn_u32(record + DBN_AT_INSTRUMENT);
    struct dbn_symbol *symbol = reader->last;
    if (__builtin_expect(symbol == NULL || symbol->id != id || ts_ns < symbol->from_ns ||
                             ts_ns >= symbol->to_ns,
                         0)) {
        const enum status status = find_symbol(reader, id, ts_ns, &symbol, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (__builtin_expect(symbol->streams[series] == NULL, 0)) {
        const enum status status = add_stream(reader, symbol, series, reterr);
        if (status != STATUS_OK)
            return status;
    }
    *ret_stream = symbol->streams[series];
    return STATUS_OK;
}

static inline enum status add_value(struct dbn_reader *reader, const uint8_t *record,
                                    const struct dbn_time *time, unsigned series,
                                    struct decimal price, uint32_t size, uint8_t flags,
                                    struct error *reterr) {
    struct tick_stream *stream;
    const enum status status = find_stream(reader, record, time, series, &stream, reterr);
    if (status != STATUS_OK)
        return status;
    struct decimal quantity = {size, 0};
    if (__builtin_expect(size == DBN_SIZE_NONE, 0)) {
        flags |= TICK_NO_QUANTITY;
        quantity.mantissa = 0;
    }
    return tick_batcher_add_tick(reader->batcher, stream, time->event_ns, price, quantity, flags,
                                 reterr);
}

/* ---- records ---- */

/* A trade: the side is the taker's. */
static inline enum status take_trade(struct dbn_reader *reader, const uint8_t *record,
                                     const struct dbn_time *time, int64_t price, uint32_t size,
                                     uint8_t side, struct error *reterr) {
    uint8_t flags = 0;
    if (side == 'B')
        flags = TICK_BUY;
    else if (side == 'A')
        flags = TICK_SELL;
    else if (side != 'N')
        return error_set(reterr, STATUS_CORRUPT, "side %u is none of A, B and N", side);
    if (price == DBN_PRICE_NONE)
        return skip(reader);
    return add_value(reader, record, time, DBN_SERIES_TRADE,
                     (struct decimal){price, DBN_PRICE_DECIMALS}, size, flags, reterr);
}

/* Bid and ask of the first level; a side without orders gives no row. */
static enum status take_quote(struct dbn_reader *reader, const uint8_t *record,
                              const struct dbn_time *time, struct error *reterr) {
    if ((record[DBN_BOOK_FLAGS] & DBN_FLAG_MAYBE_BAD_BOOK) != 0)
        return skip(reader); /* the feed itself calls its book wrong */
    const struct decimal bid = {dbn_i64(record + DBN_BOOK_BID), DBN_PRICE_DECIMALS};
    const struct decimal ask = {dbn_i64(record + DBN_BOOK_ASK), DBN_PRICE_DECIMALS};
    enum status status = STATUS_OK;
    if (bid.mantissa != DBN_PRICE_NONE)
        status = add_value(reader, record, time, DBN_SERIES_BID, bid,
                           dbn_u32(record + DBN_BOOK_BID_SIZE), 0, reterr);
    if (status == STATUS_OK && ask.mantissa != DBN_PRICE_NONE)
        status = add_value(reader, record, time, DBN_SERIES_ASK, ask,
                           dbn_u32(record + DBN_BOOK_ASK_SIZE), 0, reterr);
    if (status == STATUS_OK && bid.mantissa != DBN_PRICE_NONE && ask.mantissa != DBN_PRICE_NONE)
        tick_batcher_note_quote(reader->last->streams[DBN_SERIES_BID], bid, ask);
    return status;
}

/* trades, mbp and tbbo: a trade where the action says so, and the quote where there is one. */
static inline enum status take_book(struct dbn_reader *reader, const uint8_t *record, bool quote,
                                    struct error *reterr) {
    struct dbn_time time;
    if (!times_of(record, DBN_BOOK_TS_RECV, &time))
        return skip(reader);
    const bool trade = record[DBN_BOOK_ACTION] == 'T';
    enum status status = STATUS_OK;
    if (trade)
        status = take_trade(reader, record, &time, dbn_i64(record + DBN_BOOK_PRICE),
                            dbn_u32(record + DBN_BOOK_SIZE), record[DBN_BOOK_SIDE], reterr);
    if (status == STATUS_OK && quote)
        return take_quote(reader, record, &time, reterr);
    return trade ? status : skip(reader);
}

/* bbo and cbbo: the quote at the end of an interval, whose time is that of the receipt. The trade
 * in it is the last one before, not a new one. */
static enum status take_sampled_quote(struct dbn_reader *reader, const uint8_t *record,
                                      struct error *reterr) {
    struct dbn_time time;
    if (!times_of(record, DBN_BOOK_TS_RECV, &time))
        return skip(reader);
    time.event_ns = time.received_ns;
    return take_quote(reader, record, &time, reterr);
}

/* Market by order: only executions; a fill is the other half of one. */
static enum status take_order(struct dbn_reader *reader, const uint8_t *record,
                              struct error *reterr) {
    struct dbn_time time;
    if (record[DBN_MBO_ACTION] != 'T' || !times_of(record, DBN_MBO_TS_RECV, &time))
        return skip(reader);
    return take_trade(reader, record, &time, dbn_i64(record + DBN_MBO_PRICE),
                      dbn_u32(record + DBN_MBO_SIZE), record[DBN_MBO_SIDE], reterr);
}

static enum status take_bar(struct dbn_reader *reader, const uint8_t *record, unsigned rtype,
                            struct error *reterr) {
    struct dbn_time time;
    if (!times_of(record, 0, &time))
        return skip(reader);
    struct decimal value[TICK_VALUES_MAX];
    for (size_t i = 0; i < TICK_VALUES_MAX; i++) {
        value[i].mantissa = dbn_i64(record + DBN_OHLCV_OPEN + 8 * i);
        value[i].decimals = i < 4 ? DBN_PRICE_DECIMALS : 0;
        if (i < 4 && value[i].mantissa == DBN_PRICE_NONE)
            return skip(reader);
    }
    if (value[4].mantissa < 0)
        return error_set(reterr, STATUS_RANGE, "a volume of %" PRIu64 " does not fit",
                         (uint64_t)value[4].mantissa);
    unsigned series = DBN_SERIES_BAR;
    if (rtype != DBN_OHLCV_OLD)
        series =
            rtype == DBN_OHLCV_EOD ? DBN_SERIES_BAR_1D : DBN_SERIES_BAR_1S + (rtype - DBN_OHLCV_1S);
    struct tick_stream *stream;
    const enum status status = find_stream(reader, record, &time, series, &stream, reterr);
    if (status != STATUS_OK)
        return status;
    return tick_batcher_add_bar(reader->batcher, stream, time.event_ns, value, reterr);
}

static enum status take_status(struct dbn_reader *reader, const uint8_t *record,
                               struct error *reterr) {
    struct dbn_time time;
    if (!times_of(record, DBN_OTHER_TS_RECV, &time))
        return skip(reader);
    return add_value(reader, record, &time, DBN_SERIES_STATUS,
                     (struct decimal){dbn_u16(record + DBN_STATUS_ACTION), 0}, DBN_SIZE_NONE, 0,
                     reterr);
}

static enum status take_statistic(struct dbn_reader *reader, const uint8_t *record,
                                  struct error *reterr) {
    const bool wide = reader->metadata.version >= 3;
    const unsigned type = dbn_u16(record + (wide ? DBN_STATISTICS_TYPE_V3 : DBN_STATISTICS_TYPE));
    const uint8_t action = record[wide ? DBN_STATISTICS_ACTION_V3 : DBN_STATISTICS_ACTION];
    const int64_t price = dbn_i64(record + DBN_STATISTICS_PRICE);
    const int64_t narrow = (int32_t)dbn_u32(record + DBN_STATISTICS_QUANTITY);
    int64_t quantity = narrow == INT32_MAX ? INT64_MAX : narrow;
    if (wide)
        quantity = dbn_i64(record + DBN_STATISTICS_QUANTITY);
    struct dbn_time time;
    /* 2: the statistic is taken back */
    if (type == 0 || type >= STATISTICS || action == 2 ||
        (is_quantity(type) ? quantity : price) == INT64_MAX ||
        !times_of(record, DBN_OTHER_TS_RECV, &time))
        return skip(reader);
    struct tick_stream *stream;
    const enum status status =
        find_stream(reader, record, &time, DBN_SERIES_STATISTICS + type, &stream, reterr);
    if (status != STATUS_OK)
        return status;
    if (is_quantity(type) || quantity == INT64_MAX)
        return tick_batcher_add_tick(reader->batcher, stream, time.event_ns,
                                     is_quantity(type)
                                         ? (struct decimal){quantity, 0}
                                         : (struct decimal){price, DBN_PRICE_DECIMALS},
                                     (struct decimal){0, 0}, TICK_NO_QUANTITY, reterr);
    return tick_batcher_add_tick(reader->batcher, stream, time.event_ns,
                                 (struct decimal){price, DBN_PRICE_DECIMALS},
                                 (struct decimal){quantity, 0}, 0, reterr);
}

/* Learns what `id` is called from `from_ns` on. */
static enum status learn(struct dbn_reader *reader, uint32_t id, int64_t from_ns,
                         const uint8_t *name, size_t room, struct error *reterr) {
    const size_t size = strnlen((const char *)name, room);
    struct dbn_symbol *const known = dbn_symbols_find(reader->symbols, id, from_ns);
    char plain[TICK_BATCHER_INSTRUMENT_MAX + 1];
    dbn_symbols_plain(name, size, plain);
    if (known != NULL && strcmp(known->name, plain) == 0)
        return STATUS_OK;
    if (known != NULL)
        known->to_ns = from_ns;
    return dbn_symbols_add(reader->symbols, id, from_ns, INT64_MAX, (const char *)name, size,
                           reterr);
}

/* A definition names its instrument, and says its price grid and limits. */
static enum status take_definition(struct dbn_reader *reader, const uint8_t *record,
                                   struct error *reterr) {
    static const struct {
        size_t at;
        unsigned series;
    } values[] = {
        {DBN_DEFINITION_PRICE_TICK, DBN_SERIES_PRICE_TICK},
        {DBN_DEFINITION_HIGH_LIMIT, DBN_SERIES_STATISTICS + 17},
        {DBN_DEFINITION_LOW_LIMIT, DBN_SERIES_STATISTICS + 18},
    };
    const unsigned version = reader->metadata.version;
    struct dbn_time time;
    if (!times_of(record, DBN_OTHER_TS_RECV, &time))
        return skip(reader);
    time.event_ns = time.received_ns; /* the event may be the listing, long ago */
    const uint32_t id = dbn_u32(record + DBN_AT_INSTRUMENT);
    enum status status = STATUS_OK;
    if (dbn_symbols_find(reader->symbols, id, time.received_ns) == NULL)
        status = learn(reader, id, time.received_ns,
                       record + (version < 3 ? DBN_DEFINITION_SYMBOL : DBN_DEFINITION_SYMBOL_V3),
                       version == 1 ? DBN_SYMBOL_V1 : DBN_SYMBOL, reterr);
    bool any = false;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && status == STATUS_OK; i++) {
        const struct decimal value = {dbn_i64(record + values[i].at), DBN_PRICE_DECIMALS};
        if (value.mantissa == DBN_PRICE_NONE)
            continue;
        any = true;
        status =
            add_value(reader, record, &time, values[i].series, value, DBN_SIZE_NONE, 0, reterr);
    }
    return status != STATUS_OK || any ? status : skip(reader);
}

/* In live files: what an id is called from now on. */
static enum status take_symbol_mapping(struct dbn_reader *reader, const uint8_t *record,
                                       struct error *reterr) {
    const bool old = reader->metadata.version == 1;
    const size_t room = old ? DBN_SYMBOL_V1 : DBN_SYMBOL;
    const uint8_t *name = record + (old ? DBN_MAPPING_OUT_V1 : DBN_MAPPING_OUT);
    if (name[0] == '\0' || (name[0] >= '0' && name[0] <= '9')) /* it was asked for by its name */
        name = record + (old ? DBN_MAPPING_IN_V1 : DBN_MAPPING_IN);
    struct dbn_time time;
    reader->records_skipped++;
    if (name[0] == '\0' || !times_of(record, 0, &time))
        return STATUS_OK;
    return learn(reader, dbn_u32(record + DBN_AT_INSTRUMENT), time.event_ns, name, room, reterr);
}

/* The bytes that a type needs; 0: we take nothing of it. */
static inline size_t size_of(unsigned rtype, unsigned version) {
    switch (rtype) {
    case DBN_TRADE:
        return 48;
    case DBN_MBP_1:
    case DBN_TBBO:
    case DBN_CMBP_1:
    case DBN_TCBBO:
    case DBN_CBBO_1S:
    case DBN_CBBO_1M:
    case DBN_BBO_1S:
    case DBN_BBO_1M:
        return 80;
    case DBN_MBP_10:
        return 368;
    case DBN_MBO:
    case DBN_OHLCV_OLD:
    case DBN_OHLCV_1S:
    case DBN_OHLCV_1M:
    case DBN_OHLCV_1H:
    case DBN_OHLCV_1D:
    case DBN_OHLCV_EOD:
        return 56;
    case DBN_STATUS:
        return 40;
    case DBN_STATISTICS:
        return version < 3 ? 64 : 80;
    case DBN_DEFINITION:
        return version == 1 ? 360 : version == 2 ? 400 : 520;
    case DBN_SYMBOL_MAPPING:
        return version == 1 ? 80 : 176;
    default:
        return 0;
    }
}

enum status dbn_take_record(struct dbn_reader *reader, const uint8_t *record, size_t size,
                            struct error *reterr) {
    const unsigned rtype = record[DBN_AT_RTYPE];
    const size_t needed = size_of(rtype, reader->metadata.version);
    if (__builtin_expect(size < needed, 0))
        return error_set(reterr, STATUS_CORRUPT,
                         "a record of type 0x%02x has %zu bytes, but it needs %zu", rtype, size,
                         needed);
    switch (rtype) {
    case DBN_TRADE:
        return take_book(reader, record, false, reterr);
    case DBN_MBP_1:
    case DBN_MBP_10:
    case DBN_TBBO:
    case DBN_CMBP_1:
    case DBN_TCBBO:
        return take_book(reader, record, true, reterr);
    case DBN_CBBO_1S:
    case DBN_CBBO_1M:
    case DBN_BBO_1S:
    case DBN_BBO_1M:
        return take_sampled_quote(reader, record, reterr);
    case DBN_MBO:
        return take_order(reader, record, reterr);
    case DBN_OHLCV_OLD:
    case DBN_OHLCV_1S:
    case DBN_OHLCV_1M:
    case DBN_OHLCV_1H:
    case DBN_OHLCV_1D:
    case DBN_OHLCV_EOD:
        return take_bar(reader, record, rtype, reterr);
    case DBN_STATUS:
        return take_status(reader, record, reterr);
    case DBN_STATISTICS:
        return take_statistic(reader, record, reterr);
    case DBN_DEFINITION:
        return take_definition(reader, record, reterr);
    case DBN_SYMBOL_MAPPING:
        return take_symbol_mapping(reader, record, reterr);
    default:
        return skip(reader);
    }
}

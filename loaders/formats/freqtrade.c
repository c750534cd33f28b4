#include "loaders/formats/freqtrade.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/json/json_loader.h"

/* What a file's name says of its rows. */
enum freqtrade_kind { FREQTRADE_UNKNOWN, FREQTRADE_BARS, FREQTRADE_FUNDING, FREQTRADE_TRADES };

struct freqtrade_file {
    enum freqtrade_kind kind;
    const char *series; /* of bars */
    char instrument[TICK_BATCHER_INSTRUMENT_MAX + 1];
};

/* "1m", "8h", "1d", "1M" before a '-' or the end. Bars are as long as their spacing: freqtrade's
 * own test data has minutes in a file called 8m. */
static size_t timeframe_size(const char *text) {
    size_t size = 0;
    while (isdigit((unsigned char)text[size]))
        size++;
    if (size == 0 || text[size] == '\0' || strchr("smhdwMy", text[size]) == NULL)
        return 0;
    return text[size + 1] == '\0' || text[size + 1] == '-' ? size + 1 : 0;
}

/* BASE_QUOTE and BASE_QUOTE_SETTLE are the venue's BASEQUOTE. */
static bool take_pair(const char *name, size_t size, char ret_instrument[]) {
    size_t length = 0;
    int parts = 0;
    for (size_t i = 0; i < size; i++) {
        if (name[i] == '_')
            parts++;
        else if (length == TICK_BATCHER_INSTRUMENT_MAX)
            return false;
        else if (parts < 2)
            ret_instrument[length++] = name[i];
    }
    ret_instrument[length] = '\0';
    return length > 0 && parts >= 1 && parts <= 2;
}

static bool parse_name(const char *name, struct freqtrade_file *ret_file) {
    static const struct {
        const char *ending;
        enum freqtrade_kind kind;
        const char *series;
    } kinds[] = {
        {"", FREQTRADE_BARS, "bar"},
        {"-spot", FREQTRADE_BARS, "bar"},
        {"-futures", FREQTRADE_BARS, "bar"},
        {"-mark", FREQTRADE_BARS, "mark"},
        {"-index", FREQTRADE_BARS, "index"},
        {"-premiumIndex", FREQTRADE_BARS, "premium"},
        {"-funding_rate", FREQTRADE_FUNDING, NULL},
    };
    char text[FILE_NAME_MAX];
    *ret_file = (struct freqtrade_file){.kind = FREQTRADE_UNKNOWN};
    if (!file_name_ends(name, ".json"))
        return false;
    memcpy(text, name, strlen(name) - 4);
    text[strlen(name) - 5] = '\0';
    const char *const dash = strchr(text, '-');
    if (dash == NULL || !take_pair(text, (size_t)(dash - text), ret_file->instrument))
        return false;
    if (strcmp(dash, "-trades") == 0) {
        ret_file->kind = FREQTRADE_TRADES;
        return true;
    }
    const size_t size = timeframe_size(dash + 1);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && size > 0; i++) {
        if (strcmp(dash + 1 + size, kinds[i].ending) != 0)
            continue;
        ret_file->kind = kinds[i].kind;
        ret_file->series = kinds[i].series;
        return true;
    }
    return false;
}

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    char name[FILE_NAME_MAX];
    struct freqtrade_file about;
    file_name_of(file, name);
    char text[JSON_HEAD + 1];
    json_head(head, size, text);
    if (strncmp(text, "[[", 2) != 0 && strncmp(text, "[{", 2) != 0 && strcmp(text, "[]") != 0)
        return LOADER_NO;
    if (parse_name(name, &about))
        return LOADER_LIKELY;
    return text[1] == '[' ? LOADER_MAYBE : LOADER_NO;
}

/* [time, open, high, low, close, volume]. */
static enum status take_bar(struct json_loader *loader, const struct freqtrade_file *about,
                            const struct json_value *row, struct error *reterr) {
    static const char *const names[] = {"open", "high", "low", "close", "volume"};
    int64_t ts_ns;
    struct decimal value[TICK_VALUES_MAX] = {{0, 0}};
    enum status status = json_epoch(json_element(row, 0), "time", &ts_ns, reterr);
    for (size_t i = 0; i < TICK_VALUES_MAX && status == STATUS_OK; i++) {
        const struct json_value *const field = json_element(row, i + 1);
        if (i == 4 && field != NULL && field->type == JSON_NULL)
            break; /* a mark price has no volume */
        status = json_decimal(field, names[i], &value[i], reterr);
    }
    struct tick_stream *stream;
    if (status == STATUS_OK)
        status =
            tick_batcher_find(loader->batcher, about->instrument, strlen(about->instrument),
                              about->series, strlen(about->series), SERIES_BARS, &stream, reterr);
    return status == STATUS_OK ? tick_batcher_add_bar(loader->batcher, stream, ts_ns, value, reterr)
                               : status;
}

/* A bar whose open is the rate. */
static enum status take_funding(struct json_loader *loader, const struct freqtrade_file *about,
                                const struct json_value *row, struct error *reterr) {
    struct json_row tick = {.instrument = about->instrument,
                            .instrument_size = strlen(about->instrument),
                            .series = "funding_rate",
                            .flags = TICK_NO_QUANTITY};
    enum status status = json_epoch(json_element(row, 0), "time", &tick.ts_ns, reterr);
    if (status != STATUS_OK)
        return status;
    status = json_decimal(json_element(row, 1), "open", &tick.price, reterr);
    return status == STATUS_OK ? json_loader_add(loader, &tick, reterr) : status;
}

/* The instrument of ccxt's "BTC/USDT" or "BTC/USDT:USDT", in `room`. */
static void take_symbol(const struct json_value *symbol, char *room, struct json_row *tick) {
    size_t size = 0;
    for (uint32_t i = 0; i < symbol->size && symbol->text[i] != ':'; i++) {
        if (symbol->text[i] != '/' && size < TICK_BATCHER_INSTRUMENT_MAX)
            room[size++] = symbol->text[i];
    }
    tick->instrument = room;
    tick->instrument_size = size;
}

/* [time, id, type, side, price, amount, cost], or ccxt's object of older files, which names its
 * symbol itself. */
static enum status take_trade(struct json_loader *loader, const struct freqtrade_file *about,
                              const struct json_value *row, struct error *reterr) {
    const bool object = row->type == JSON_OBJECT;
    struct json_row tick = {.instrument = about->instrument,
                            .instrument_size = strlen(about->instrument),
                            .series = "trade"};
    const struct json_value *const time =
        object ? json_member(row, "timestamp") : json_element(row, 0);
    const struct json_value *const side = object ? json_member(row, "side") : json_element(row, 3);
    const struct json_value *const symbol = json_member(row, "symbol");
    char room[TICK_BATCHER_INSTRUMENT_MAX];
    if (symbol != NULL && symbol->type == JSON_STRING)
        take_symbol(symbol, room, &tick);
    bool buy;
    enum status status = json_epoch(time, object ? "timestamp" : "time", &tick.ts_ns, reterr);
    if (status == STATUS_OK)
        status = json_either(side, "side", "buy", "sell", &buy, reterr);
    if (status != STATUS_OK)
        return status;
    tick.flags = buy ? TICK_BUY : TICK_SELL;
    status = json_decimal(object ? json_member(row, "price") : json_element(row, 4), "price",
                          &tick.price, reterr);
    if (status == STATUS_OK)
        status = json_decimal(object ? json_member(row, "amount") : json_element(row, 5), "amount",
                              &tick.quantity, reterr);
    return status == STATUS_OK ? json_loader_add(loader, &tick, reterr) : status;
}

static enum status take(void *context, const struct json_value *row, struct error *reterr) {
    struct json_loader *const loader = context;
    const struct freqtrade_file *const about = loader->special;
    const bool trades = about->kind == FREQTRADE_TRADES;
    if (about->kind == FREQTRADE_UNKNOWN)
        return error_set(reterr, STATUS_CORRUPT,
                         "the file's name must say pair and kind, as BTC_USDT-1m.json, "
                         "BTC_USDT_USDT-8h-funding_rate.json or BTC_USDT-trades.json");
    if (row->type != JSON_ARRAY && !(trades && row->type == JSON_OBJECT))
        return error_set(reterr, STATUS_CORRUPT, "not an array of numbers");
    if (trades)
        return take_trade(loader, about, row, reterr);
    return about->kind == FREQTRADE_FUNDING ? take_funding(loader, about, row, reterr)
                                            : take_bar(loader, about, row, reterr);
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct json_loader *loader;
    const enum status status = json_loader_create(columns, sink, take, &loader, reterr);
    if (status != STATUS_OK)
        return status;
    loader->special = calloc(1, sizeof(struct freqtrade_file));
    loader->release = free;
    if (loader->special == NULL) {
        json_loader_destroy(loader);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a JSON decoder");
    }
    *ret_decoder = loader;
    return STATUS_OK;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct json_loader *const loader = decoder;
    const enum status status = json_loader_begin(loader, JSON_ELEMENTS, file, reterr);
    if (status == STATUS_OK)
        (void)parse_name(loader->name, loader->special); /* a row will ask for it */
    return status;
}

const struct loader freqtrade_loader = {
    .name = "freqtrade",
    .title = "freqtrade JSON: PAIR-1m.json (bars; -futures, -mark, -index, -funding_rate), "
             "PAIR-trades.json",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = json_loader_feed,
    .end = json_loader_end,
    .finish = json_loader_finish,
    .destroy = json_loader_destroy,
};

/* Source: the readme of Data/crypto and Data/equity in QuantConnect/Lean, read 2024. */

#include "loaders/formats/lean.h"

#include <ctype.h>
#include <string.h>

#include "base/time_text.h"
#include "loaders/csv/row_loader.h"
#include "loaders/text/new_york_time.h"

#define EQUITY_DECIMALS 4 /* equity prices are dollars times 10,000 */

/* What path and names say. */
struct lean_file {
    char ticker[TICK_BATCHER_INSTRUMENT_MAX + 1]; /* "": nothing */
    int64_t day_ns;                               /* of minute, second and tick files */
    int64_t bar_ns;                               /* 0: not said, or ticks */
    bool dated;                                   /* there is a day in the name */
    bool ticks;
    bool quotes; /* of ticks; bars have more columns then */
    bool equity;
};

/* 20180404_btceur_minute_quote.csv: all is said. */
static bool parse_dated(const char *name, struct lean_file *ret_file) {
    static const struct {
        const char *ending;
        int64_t bar_ns;
    } kinds[] = {
        {"_minute_trade.csv", NS_PER_MINUTE},
        {"_minute_quote.csv", NS_PER_MINUTE},
        {"_second_trade.csv", NS_PER_S},
        {"_second_quote.csv", NS_PER_S},
        {"_tick_trade.csv", 0},
        {"_tick_quote.csv", 0},
    };
    if (strlen(name) < 10 || name[8] != '_')
        return false;
    const char day[10] = {name[0], name[1], name[2], name[3], '-',
                          name[4], name[5], '-',     name[6], name[7]};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!file_name_ends(name, kinds[i].ending) || !time_parse_iso(day, 10, &ret_file->day_ns))
            continue;
        const size_t size = strlen(name) - 9 - strlen(kinds[i].ending);
        if (strlen(name) <= 9 + strlen(kinds[i].ending) || size > TICK_BATCHER_INSTRUMENT_MAX)
            return false;
        memcpy(ret_file->ticker, name + 9, size);
        ret_file->bar_ns = kinds[i].bar_ns;
        ret_file->ticks = kinds[i].bar_ns == 0;
        ret_file->quotes = i % 2 == 1;
        ret_file->dated = true;
        return true;
    }
    return false;
}

/* btcusd.csv, in .../hour/btcusd_trade.zip; the folder tells the length of the bars. */
static bool parse_undated(const struct loader_file *file, const char *name,
                          struct lean_file *ret_file) {
    const size_t size = file_name_ends(name, ".csv") ? strlen(name) - 4 : 0;
    if (size == 0 || size > TICK_BATCHER_INSTRUMENT_MAX)
        return false;
    memcpy(ret_file->ticker, name, size);
    char *const kind = strrchr(ret_file->ticker, '_');
    if (kind != NULL && (strcmp(kind, "_trade") == 0 || strcmp(kind, "_quote") == 0))
        *kind = '\0'; /* unpacked under the name of its zip */
    if (strstr(file->path, "hour/") != NULL)
        ret_file->bar_ns = 60 * NS_PER_MINUTE;
    else if (strstr(file->path, "daily/") != NULL)
        ret_file->bar_ns = NS_PER_DAY;
    return true;
}

static bool parse_file(const struct loader_file *file, struct lean_file *ret_file) {
    char name[FILE_NAME_MAX];
    file_name_of(file, name);
    *ret_file = (struct lean_file){.equity = strstr(file->path, "equity/") != NULL};
    if (!parse_dated(name, ret_file) && !parse_undated(file, name, ret_file))
        return false;
    for (char *at = ret_file->ticker; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    return true;
}

#define DAY_AND_CLOCK ((size_t)14) /* bytes of "20180501 00:00" */

static bool is_day_and_clock(const char *text) {
    static const char form[] = "dddddddd dd:dd";
    for (size_t i = 0; i < DAY_AND_CLOCK; i++) {
        if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
            return false;
    }
    return true;
}

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    struct lean_file about;
    if (!parse_file(file, &about))
        return LOADER_NO;
    if (size > DAY_AND_CLOCK && is_day_and_clock(head) && head[DAY_AND_CLOCK] == ',')
        return LOADER_LIKELY;
    return about.dated && size > 0 && isdigit((unsigned char)head[0]) ? LOADER_LIKELY : LOADER_NO;
}

/* Milliseconds since the file's midnight, or "20180501 13:00"; both UTC for crypto, New York for
 * equity. A day is its date, whatever the clock. */
static enum status take_time(const struct lean_file *about, const struct csv_field *field,
                             int64_t *ret_ts_ns, struct error *reterr) {
    int64_t day_ns = about->day_ns;
    int64_t clock_ns = 0;
    bool good;
    if (about->dated) {
        struct decimal ms;
        good = decimal_parse(field->text, field->size, &ms) && decimal_rescale(ms, 6, &clock_ns) &&
               clock_ns >= 0 && clock_ns <= NS_PER_DAY;
    } else {
        char text[18];
        good = field->size == DAY_AND_CLOCK && is_day_and_clock(field->text);
        if (good) {
            memcpy(text, field->text, 4);
            text[4] = text[7] = '-';
            memcpy(text + 5, field->text + 4, 2);
            memcpy(text + 8, field->text + 6, 2);
            memcpy(text + 10, field->text + 8, 6);
            text[16] = 'Z';
            good = time_parse_iso(text, 17, &day_ns);
        }
        if (good) {
            clock_ns = day_ns % NS_PER_DAY;
            day_ns -= clock_ns;
        }
    }
    if (!good)
        return csv_cell_bad("time", field, STATUS_CORRUPT,
                            about->dated ? "is not milliseconds since midnight"
                                         : "is not a time as 20180501 13:00",
                            reterr);
    *ret_ts_ns = day_ns + clock_ns;
    if (about->equity && about->bar_ns != NS_PER_DAY &&
        !new_york_to_utc(day_ns, clock_ns, ret_ts_ns))
        return csv_cell_bad("time", field, STATUS_CORRUPT, "is before 1987", reterr);
    return STATUS_OK;
}

static enum status take_price(const struct lean_file *about, const char *column,
                              const struct csv_row *row, size_t at, struct decimal *ret_price,
                              struct error *reterr) {
    const enum status status =
        csv_cell_number(column, &row->fields[at], row->room, ret_price, reterr);
    if (status != STATUS_OK || !about->equity)
        return status;
    *ret_price = decimal_normal(*ret_price);
    ret_price->decimals += EQUITY_DECIMALS;
    return ret_price->decimals <= 18 ? STATUS_OK
                                     : csv_cell_bad(column, &row->fields[at], STATUS_RANGE,
                                                    "has too many decimals", reterr);
}

static enum status take_bar(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                            struct error *reterr) {
    static const char *const names[] = {"open", "high", "low", "close"};
    const struct lean_file *const about = loader->special;
    struct decimal value[TICK_VALUES_MAX];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 4 && status == STATUS_OK; i++)
        status = take_price(about, names[i], row, i + 1, &value[i], reterr);
    if (status == STATUS_OK)
        status = csv_cell_number("volume", &row->fields[5], row->room, &value[4], reterr);
    struct tick_stream *stream;
    if (status == STATUS_OK && about->bar_ns > 0)
        status = tick_batcher_find_bars(loader->batcher, about->ticker, strlen(about->ticker),
                                        "bar", 3, about->bar_ns, &stream, reterr);
    else if (status == STATUS_OK)
        status = tick_batcher_find(loader->batcher, about->ticker, strlen(about->ticker), "bar", 3,
                                   SERIES_BARS, &stream, reterr);
    return status == STATUS_OK ? tick_batcher_add_bar(loader->batcher, stream, ts_ns, value, reterr)
                               : status;
}

/* A size at the best price. LEAN prints doubles, and sums of small sizes so that they cannot be
 * held exactly (0.0018179399999999999): such a one is left out and counted, not rounded. */
static enum status take_size(struct row_loader *loader, const struct csv_row *row, size_t at,
                             struct decimal *ret_size, bool *ret_sized, struct error *reterr) {
    const enum status status =
        csv_cell_number("size", &row->fields[at], row->room, ret_size, reterr);
    if (status != STATUS_RANGE)
        return status;
    loader->skipped++;
    *ret_size = (struct decimal){0, 0};
    *ret_sized = false;
    return STATUS_OK;
}

/* One side of a quote: price and size at two columns; nothing where the price is empty or 0. */
static enum status take_quote(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                              const char *series, size_t price_at, size_t size_at,
                              struct error *reterr) {
    const struct lean_file *const about = loader->special;
    struct decimal price;
    struct decimal quantity = {0, 0};
    bool sized = row->fields[size_at].size > 0;
    if (row->fields[price_at].size == 0)
        return STATUS_OK;
    enum status status = take_price(about, series, row, price_at, &price, reterr);
    if (status == STATUS_OK && sized)
        status = take_size(loader, row, size_at, &quantity, &sized, reterr);
    if (status != STATUS_OK || price.mantissa == 0)
        return status;
    return row_loader_add(loader, about->ticker, strlen(about->ticker), series, ts_ns, price,
                          quantity, sized ? 0 : TICK_NO_QUANTITY, reterr);
}

static enum status take_tick(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                             struct error *reterr) {
    const struct lean_file *const about = loader->special;
    struct decimal price;
    struct decimal quantity;
    enum status status = take_price(about, "price", row, 1, &price, reterr);
    if (status == STATUS_OK)
        status = csv_cell_number("quantity", &row->fields[2], row->room, &quantity, reterr);
    if (status != STATUS_OK)
        return status;
    return row_loader_add(loader, about->ticker, strlen(about->ticker), "trade", ts_ns, price,
                          quantity, 0, reterr);
}

static enum status take_quote_bar(struct row_loader *loader, const struct csv_row *row,
                                  int64_t ts_ns, struct error *reterr) {
    const struct lean_file *const about = loader->special;
    if (about->bar_ns == 0)
        return error_set(
            reterr, STATUS_CORRUPT,
            "how long the bars are must stand in the path, as .../hour/ or .../daily/");
    const int64_t end_ns = ts_ns + about->bar_ns; /* what is known is the quote at its end */
    const enum status status = take_quote(loader, row, end_ns, "bid", 4, 5, reterr);
    return status == STATUS_OK ? take_quote(loader, row, end_ns, "ask", 9, 10, reterr) : status;
}

static enum status take(void *context, const struct csv_row *row, struct error *reterr) {
    struct row_loader *const loader = context;
    const struct lean_file *const about = loader->special;
    int64_t ts_ns = 0;
    if (about->ticker[0] == '\0')
        return error_set(reterr, STATUS_CORRUPT,
                         "the name must say ticker and kind, as 20180404_btceur_minute_quote.csv");
    const enum status status = take_time(about, &row->fields[0], &ts_ns, reterr);
    if (status != STATUS_OK)
        return status;
    if (about->ticks && about->quotes && row->count >= 5) {
        const enum status bid = take_quote(loader, row, ts_ns, "bid", 1, 2, reterr);
        return bid == STATUS_OK ? take_quote(loader, row, ts_ns, "ask", 3, 4, reterr) : bid;
    }
    if (about->ticks && !about->quotes && row->count >= 3)
        return take_tick(loader, row, ts_ns, reterr);
    if (!about->ticks && row->count == 6)
        return take_bar(loader, row, ts_ns, reterr);
    if (!about->ticks && row->count == 11)
        return take_quote_bar(loader, row, ts_ns, reterr);
    return error_set(reterr, STATUS_CORRUPT, "a row of %zu fields (%s)", row->count,
                     about->ticks ? "3 at least of trades, 5 of quotes"
                                  : "6 of trades, 11 of quotes");
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct row_loader *loader;
    const enum status status =
        row_loader_create(columns, sink, take, sizeof(struct lean_file), &loader, reterr);
    if (status == STATUS_OK)
        *ret_decoder = loader;
    return status;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct row_loader *const loader = decoder;
    (void)reterr; /* a name that says nothing is told with the first row */
    row_loader_begin(loader, file);
    (void)parse_file(file, loader->special);
    return STATUS_OK;
}

const struct loader lean_loader = {
    .name = "lean",
    .title = "QuantConnect LEAN zips: crypto (and equity) bars and ticks of trades and quotes",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = row_loader_feed,
    .end = row_loader_end,
    .finish = row_loader_finish,
    .destroy = row_loader_destroy,
};

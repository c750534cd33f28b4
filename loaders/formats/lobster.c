/* Source: lobsterdata.com, "Data structure", read 2024. */

#include "loaders/formats/lobster.h"

#include <ctype.h>
#include <string.h>

#include "base/time_text.h"
#include "loaders/csv/row_loader.h"
#include "loaders/text/new_york_time.h"

#define PRICE_DECIMALS 4 /* prices are dollars times 10,000 */

/* What the name says: AAPL_2012-06-21_34200000_57600000_message_10.csv */
struct lobster_file {
    char ticker[TICK_BATCHER_INSTRUMENT_MAX + 1]; /* "": the name says nothing */
    int64_t day_ns;
    bool is_book; /* an orderbook file, which has no times */
};

static bool parse_name(const char *name, struct lobster_file *ret_file) {
    *ret_file = (struct lobster_file){0};
    const char *const bar = strchr(name, '_');
    const size_t size = bar != NULL ? (size_t)(bar - name) : 0;
    if (size == 0 || size > TICK_BATCHER_INSTRUMENT_MAX || strlen(bar) < 12 || bar[11] != '_' ||
        !time_parse_iso(bar + 1, 10, &ret_file->day_ns))
        return false;
    ret_file->is_book = strstr(bar, "_orderbook_") != NULL;
    if (!ret_file->is_book && strstr(bar, "_message_") == NULL)
        return false;
    memcpy(ret_file->ticker, name, size);
    return true;
}

/* Six numbers: time with a point, type 1 to 7, id, size, price, direction. */
static bool content_fits(const char *head, size_t size) {
    size_t commas = 0;
    size_t at = 0;
    for (; at < size && head[at] != '\n' && head[at] != '\r'; at++) {
        commas += head[at] == ',';
        if (strchr("0123456789.,-", head[at]) == NULL || head[at] == '\0')
            return false;
        if (commas == 1 && head[at] != ',' && (head[at] < '1' || head[at] > '7'))
            return false;
    }
    return at > 0 && commas >= 5;
}

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    char name[FILE_NAME_MAX];
    struct lobster_file about;
    file_name_of(file, name);
    return parse_name(name, &about) && (about.is_book || content_fits(head, size)) ? LOADER_LIKELY
                                                                                   : LOADER_NO;
}

/* Seconds after midnight in New York, up to nanoseconds. */
static enum status take_time(const struct lobster_file *about, const struct csv_field *field,
                             bool room, int64_t *ret_ts_ns, struct error *reterr) {
    struct decimal seconds;
    int64_t clock_ns;
    const enum status status = csv_cell_number("time", field, room, &seconds, reterr);
    if (status != STATUS_OK)
        return status;
    if (!decimal_rescale(seconds, 9, &clock_ns) || clock_ns < 0 || clock_ns >= NS_PER_DAY)
        return csv_cell_bad("time", field, STATUS_CORRUPT,
                            "is not a time of day in seconds, to the nanosecond", reterr);
    if (!new_york_to_utc(about->day_ns, clock_ns, ret_ts_ns))
        return error_set(reterr, STATUS_CORRUPT, "the file's date is before 1987");
    return STATUS_OK;
}

/* An execution of a resting order: who bought it back sold to it. A cross has no taker. */
static enum status take_trade(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                              bool cross, struct error *reterr) {
    const struct lobster_file *const about = loader->special;
    int64_t size;
    int64_t price;
    int64_t direction;
    enum status status = row_loader_integer("size", &row->fields[3], &size, reterr);
    if (status == STATUS_OK)
        status = row_loader_integer("price", &row->fields[4], &price, reterr);
    if (status == STATUS_OK)
        status = row_loader_integer("direction", &row->fields[5], &direction, reterr);
    if (status != STATUS_OK)
        return status;
    if (direction != 1 && direction != -1 && !cross)
        return csv_cell_bad("direction", &row->fields[5], STATUS_CORRUPT, "is neither 1 nor -1",
                            reterr);
    uint8_t flags = 0;
    if (!cross)
        flags = direction == 1 ? TICK_SELL : TICK_BUY;
    return row_loader_add(loader, about->ticker, strlen(about->ticker), "trade", ts_ns,
                          (struct decimal){price, PRICE_DECIMALS}, (struct decimal){size, 0}, flags,
                          reterr);
}

/* Halts, in the numbers that Databento's status has: 8 halted, 3 quotes again, 7 trades again. */
static enum status take_halt(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                             struct error *reterr) {
    static const int64_t actions[] = {8, 3, 7};
    const struct lobster_file *const about = loader->special;
    int64_t kind;
    const enum status status = row_loader_integer("price", &row->fields[4], &kind, reterr);
    if (status != STATUS_OK)
        return status;
    if (kind < -1 || kind > 1)
        return csv_cell_bad("price", &row->fields[4], STATUS_CORRUPT,
                            "of a halt is none of -1, 0 and 1", reterr);
    return row_loader_add(loader, about->ticker, strlen(about->ticker), "status", ts_ns,
                          (struct decimal){actions[kind + 1], 0}, (struct decimal){0, 0},
                          TICK_NO_QUANTITY, reterr);
}

static enum status take(void *context, const struct csv_row *row, struct error *reterr) {
    struct row_loader *const loader = context;
    const struct lobster_file *const about = loader->special;
    if (about->is_book)
        return error_set(reterr, STATUS_CORRUPT,
                         "an order book file has no times; import the message file beside it");
    if (about->ticker[0] == '\0')
        return error_set(reterr, STATUS_CORRUPT,
                         "the file's name must say ticker and date, as "
                         "AAPL_2012-06-21_34200000_57600000_message_10.csv");
    if (row->count < 6)
        return error_set(reterr, STATUS_CORRUPT,
                         "%zu fields where time, type, id, size, price and direction must be",
                         row->count);
    int64_t ts_ns = 0;
    int64_t type;
    enum status status = take_time(about, &row->fields[0], row->room, &ts_ns, reterr);
    if (status == STATUS_OK)
        status = row_loader_integer("type", &row->fields[1], &type, reterr);
    if (status != STATUS_OK)
        return status;
    if (type < 1 || type > 7)
        return csv_cell_bad("type", &row->fields[1], STATUS_CORRUPT, "is none of 1 to 7", reterr);
    if (type == 7)
        return take_halt(loader, row, ts_ns, reterr);
    if (type >= 4)
        return take_trade(loader, row, ts_ns, type == 6, reterr);
    loader->skipped++; /* orders come and go */
    return STATUS_OK;
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct row_loader *loader;
    const enum status status =
        row_loader_create(columns, sink, take, sizeof(struct lobster_file), &loader, reterr);
    if (status == STATUS_OK)
        *ret_decoder = loader;
    return status;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct row_loader *const loader = decoder;
    (void)reterr; /* a name that says nothing is told with the first row */
    row_loader_begin(loader, file);
    (void)parse_name(loader->name, loader->special);
    return STATUS_OK;
}

const struct loader lobster_loader = {
    .name = "lobster",
    .title = "LOBSTER message files, TICKER_DATE_..._message_N.csv: executions and halts",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = row_loader_feed,
    .end = row_loader_end,
    .finish = row_loader_finish,
    .destroy = row_loader_destroy,
};

/* Sources: hyperliquid.gitbook.io, historical data, read 2025; hyperliquid-dex/historical_data. */

#include "loaders/formats/hyperliquid_csv.h"

#include <string.h>

#include "loaders/csv/csv_time.h"
#include "loaders/csv/row_loader.h"

#define ACCOUNTS "HYPERLIQUID" /* of liquidations of whole accounts, which name no coin */

enum hyperliquid_table { TABLE_UNKNOWN, TABLE_CONTEXTS, TABLE_TRADES, TABLE_LIQUIDATIONS };

static const char *const headers[] = {
    [TABLE_CONTEXTS] = "time,coin,funding,open_interest,prev_day_px,day_ntl_vlm,premium,oracle_px,"
                       "mark_px",
    [TABLE_TRADES] = "time,user,coin,side,px,sz,crossed",
    [TABLE_LIQUIDATIONS] = "time,user,liquidated_ntl_pos,liquidated_account_value",
};
#define TABLES (sizeof(headers) / sizeof(headers[0]))

struct hyperliquid_csv {
    enum hyperliquid_table table;
    struct csv_time time;
};

/* Of a header without its line end. */
static enum hyperliquid_table table_of(const char *line, size_t size) {
    for (size_t i = 1; i < TABLES; i++) {
        const size_t length = strlen(headers[i]);
        if (size >= length && memcmp(line, headers[i], length) == 0 &&
            (size == length || line[length] == ',' || line[length] == '\r' || line[length] == '\n'))
            return (enum hyperliquid_table)i;
    }
    return TABLE_UNKNOWN;
}

static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    (void)file; /* its header says enough */
    return table_of(head, size) != TABLE_UNKNOWN ? LOADER_SURE : LOADER_NO;
}

/* A header's fields put together again. */
static enum hyperliquid_table take_header(const struct csv_row *row) {
    char line[512];
    size_t size = 0;
    for (size_t i = 0; i < row->count && size + row->fields[i].size + 1 < sizeof(line); i++) {
        memcpy(line + size, row->fields[i].text, row->fields[i].size);
        size += row->fields[i].size;
        line[size++] = ',';
    }
    return size > 0 ? table_of(line, size - 1) : TABLE_UNKNOWN;
}

static bool is_missing(const struct csv_field *field) {
    return field->size == 0 || (field->size == 4 && memcmp(field->text, "null", 4) == 0);
}

static enum status add_value(struct row_loader *loader, const struct csv_row *row, size_t at,
                             const char *column, const char *series,
                             const struct csv_field *instrument, int64_t ts_ns,
                             struct error *reterr) {
    struct decimal value;
    if (is_missing(&row->fields[at]))
        return STATUS_OK;
    const enum status status = csv_cell_number(column, &row->fields[at], row->room, &value, reterr);
    if (status != STATUS_OK)
        return status;
    return row_loader_add(loader, instrument->text, instrument->size, series, ts_ns, value,
                          (struct decimal){0, 0}, TICK_NO_QUANTITY, reterr);
}

/* A coin in a minute. The rate of funding is that of the hour to come. */
static enum status take_context(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                                struct error *reterr) {
    static const struct {
        size_t at;
        const char *column;
        const char *series;
    } values[] = {
        {8, "mark_px", "mark"},
        {7, "oracle_px", "index"},
        {3, "open_interest", "open_interest"},
        {2, "funding", "predicted_funding_rate"},
        {6, "premium", "premium"},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && status == STATUS_OK; i++)
        status = add_value(loader, row, values[i].at, values[i].column, values[i].series,
                           &row->fields[1], ts_ns, reterr);
    return status;
}

static bool is_text(const struct csv_field *field, const char *text) {
    return field->size == strlen(text) && memcmp(field->text, text, field->size) == 0;
}

/* A fill of somebody who is no market maker. Where he took, it is a trade; where he rested, the
 * trade may stand in the file a second time, so those fills are a series apart. Both have the
 * taker's side. */
static enum status take_fill(struct row_loader *loader, const struct csv_row *row, int64_t ts_ns,
                             struct error *reterr) {
    const bool bid = is_text(&row->fields[3], "Bid");
    const bool crossed = is_text(&row->fields[6], "true");
    struct decimal price;
    struct decimal quantity;
    if (!bid && !is_text(&row->fields[3], "Ask"))
        return csv_cell_bad("side", &row->fields[3], STATUS_CORRUPT, "is neither Bid nor Ask",
                            reterr);
    if (!crossed && !is_text(&row->fields[6], "false"))
        return csv_cell_bad("crossed", &row->fields[6], STATUS_CORRUPT, "is neither true nor false",
                            reterr);
    enum status status = csv_cell_number("px", &row->fields[4], row->room, &price, reterr);
    if (status == STATUS_OK)
        status = csv_cell_number("sz", &row->fields[5], row->room, &quantity, reterr);
    if (status != STATUS_OK)
        return status;
    return row_loader_add(loader, row->fields[2].text, row->fields[2].size,
                          crossed ? "trade" : "fill", ts_ns, price, quantity,
                          bid == crossed ? TICK_BUY : TICK_SELL, reterr);
}

/* An account that was liquidated: what its positions and itself were worth. */
static enum status take_liquidation(struct row_loader *loader, const struct csv_row *row,
                                    int64_t ts_ns, struct error *reterr) {
    static const struct csv_field accounts = {ACCOUNTS, sizeof(ACCOUNTS) - 1};
    const enum status status = add_value(loader, row, 2, "liquidated_ntl_pos",
                                         "liquidated_notional", &accounts, ts_ns, reterr);
    return status == STATUS_OK ? add_value(loader, row, 3, "liquidated_account_value",
                                           "liquidated_account_value", &accounts, ts_ns, reterr)
                               : status;
}

static enum status take(void *context, const struct csv_row *row, struct error *reterr) {
    static const size_t counts[] = {
        [TABLE_CONTEXTS] = 9, [TABLE_TRADES] = 7, [TABLE_LIQUIDATIONS] = 4};
    struct row_loader *const loader = context;
    struct hyperliquid_csv *const csv = loader->special;
    int64_t ts_ns;
    if (csv->table == TABLE_UNKNOWN) {
        csv->table = take_header(row);
        return csv->table != TABLE_UNKNOWN ? STATUS_OK
                                           : error_set(reterr, STATUS_CORRUPT,
                                                       "no header of asset contexts, trades or "
                                                       "liquidations of Hyperliquid");
    }
    if (row->count < counts[csv->table])
        return error_set(reterr, STATUS_CORRUPT, "%zu fields, but the header has at least %zu",
                         row->count, counts[csv->table]);
    const enum status status =
        csv_time_take(&csv->time, "time", &row->fields[0], row->room, &ts_ns, reterr);
    if (status != STATUS_OK)
        return status;
    if (csv->table == TABLE_CONTEXTS)
        return take_context(loader, row, ts_ns, reterr);
    return csv->table == TABLE_TRADES ? take_fill(loader, row, ts_ns, reterr)
                                      : take_liquidation(loader, row, ts_ns, reterr);
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct row_loader *loader;
    const enum status status =
        row_loader_create(columns, sink, take, sizeof(struct hyperliquid_csv), &loader, reterr);
    if (status == STATUS_OK)
        *ret_decoder = loader;
    return status;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    struct row_loader *const loader = decoder;
    struct hyperliquid_csv *const csv = loader->special;
    (void)reterr; /* the header is still to come */
    row_loader_begin(loader, file);
    csv->table = TABLE_UNKNOWN;
    csv_time_begin(&csv->time, CSV_TIME_ISO | CSV_TIME_TEXT, false);
    return STATUS_OK;
}

const struct loader hyperliquid_csv_loader = {
    .name = "hyperliquid-csv",
    .title = "Hyperliquid CSV: asset_ctxs, and non_mm_trades and liquidations of its 2023 data set",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = row_loader_feed,
    .end = row_loader_end,
    .finish = row_loader_finish,
    .destroy = row_loader_destroy,
};

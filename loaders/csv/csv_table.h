#pragma once
/* Decoder of every CSV that is a constant table (csv_layout.h). Bytes in, batches out. Its parts
 * stand open for the few formats whose rows are more than values side by side (csv_special). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "base/units.h"
#include "loaders/csv/csv_cell.h"
#include "loaders/csv/csv_columns.h"
#include "loaders/csv/csv_layout.h"
#include "loaders/csv/csv_lines.h"
#include "loaders/csv/csv_time.h"
#include "loaders/loaders.h"
#include "loaders/ticks/tick_batcher.h"

#define CSV_INSTRUMENTS_MAX TICK_BATCHER_STREAMS_MAX

/* What is known of an instrument: one each, over all files of the decoder. */
struct csv_instrument {
    char name[TICK_BATCHER_INSTRUMENT_MAX + 1];
    size_t size;
    uint64_t hash;
    struct tick_stream *stream[CSV_OUTPUTS_MAX]; /* of each output; NULL: not found yet */
    bool held[CSV_OUTPUTS_MAX];                  /* there is a last value */
    struct decimal last_price[CSV_OUTPUTS_MAX];
    struct decimal last_quantity[CSV_OUTPUTS_MAX];
    void *special;               /* what the layout's special hangs on it */
    struct csv_instrument *next; /* in the order in which they came */
};

/* Where the columns of an output stand; -1: nowhere. */
struct csv_output_at {
    int price;
    int price_otherwise;
    int quantity;
    int quantity_otherwise;
    int side;
    int id;
};

struct csv_table {
    const struct csv_layout *layout;
    struct tick_batcher *batcher;
    size_t slot_count;             /* a power of two */
    struct csv_instrument **slots; /* open addressing by hash, at most half full */
    struct csv_instrument *first;
    struct csv_instrument *last;
    size_t instrument_count;
    size_t special_budget;        /* for the special: what it may still take, in its own unit */
    char given[CSV_NAME_MAX + 1]; /* instrument of --columns; "": none */

    /* of this file */
    struct csv_file_name name;
    bool may_be_empty;
    bool bound; /* the form is known */
    size_t column_count;
    char column[CSV_FIELDS_MAX][CSV_NAME_MAX + 1]; /* names, for messages */
    int at_time;
    int at_instrument;
    int at_bar[TICK_VALUES_MAX];
    int at_bar_end;
    struct csv_output_at at_output[CSV_OUTPUTS_MAX];
    size_t output_count;
    int at_special[CSV_FIELDS_MAX]; /* for the special */
    size_t special_count;
    struct csv_instrument *current; /* of the row before, or of the file */
    size_t before_size;             /* the row before, where rows come twice */
    char before[1024];
    struct decimal quote[2]; /* of the row: the price of the first output, and of the last other */
    struct csv_time time;
    bool unit_known; /* `unit` is that of the row before */
    enum time_unit unit;
    struct csv_lines lines;
};

/* The functions of a loader; as struct loader says them. `columns` may give instrument:=NAME where
 * the file name would. */
MUST_CHECK enum status csv_table_create(const struct csv_layout *layout, const char *columns,
                                        const struct tick_sink *sink, void **ret_decoder,
                                        struct error *reterr);
MUST_CHECK enum status csv_table_begin(void *decoder, const struct loader_file *file,
                                       struct error *reterr);
MUST_CHECK enum status csv_table_feed(void *decoder, const char *bytes, size_t size,
                                      struct error *reterr);
MUST_CHECK enum status csv_table_end(void *decoder, struct error *reterr);
MUST_CHECK enum status csv_table_finish(void *decoder, struct import_report *ret_report,
                                        struct error *reterr);
void csv_table_destroy(void *decoder);

/* ---- for specials ---- */

/* The column of this name; -1: the form has none. */
int csv_table_column(const struct csv_table *table, const char *name);

/* The number in a column. */
static inline enum status csv_table_number(const struct csv_table *table, const struct csv_row *row,
                                           int column, struct decimal *ret_value,
                                           struct error *reterr) {
    return csv_cell_number(table->column[column], &row->fields[column], row->room, ret_value,
                           reterr);
}

/* Adds a tick to an output's series; `output` is its index. */
MUST_CHECK enum status csv_table_add(struct csv_table *table, struct csv_instrument *instrument,
                                     size_t output, int64_t ts_ns, struct decimal price,
                                     struct decimal quantity, uint8_t flags, struct error *reterr);

/* Defines the loader of a layout, `layout` its constant's name: the thunks that struct loader
 * wants, since its functions do not get the loader. */
#define CSV_TABLE_LOADER(layout, loader_name, loader_title)                                        \
    static enum loader_claim layout##_detect(const struct loader_file *file, const char *head,     \
                                             size_t size) {                                        \
        return csv_layout_detect(&(layout), file, head, size);                                     \
    }                                                                                              \
    static enum status layout##_create(const char *columns, const struct tick_sink *sink,          \
                                       void **ret_decoder, struct error *reterr) {                 \
        return csv_table_create(&(layout), columns, sink, ret_decoder, reterr);                    \
    }                                                                                              \
    const struct loader layout##_loader = {                                                        \
        .name = (loader_name),                                                                     \
        .title = (loader_title),                                                                   \
        .detect = layout##_detect,                                                                 \
        .create = layout##_create,                                                                 \
        .begin = csv_table_begin,                                                                  \
        .feed = csv_table_feed,                                                                    \
        .end = csv_table_end,                                                                      \
        .finish = csv_table_finish,                                                                \
        .destroy = csv_table_destroy,                                                              \
    }

#pragma once
/* What the loaders of JSON formats share: values in, rows out, and what was passed over. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/json/json_stream.h"
#include "loaders/loaders.h"
#include "loaders/text/file_name.h"
#include "loaders/ticks/tick_batcher.h"

struct json_loader {
    struct tick_batcher *batcher;
    struct json_stream *stream;
    char name[FILE_NAME_MAX];  /* of the file, without what it is packed with */
    bool time_is_iso;          /* for the report; else epoch ms */
    uint64_t skipped;          /* values that give no row */
    int64_t recorded_ns;       /* the recorder's time of this message; 0: none */
    struct tick_stream *added; /* of the last row */
    void *special;             /* what the format keeps besides */
    void (*release)(void *special);
};

/* `columns` must be NULL. `take` gets the struct json_loader as its context. STATUS_USAGE,
 * STATUS_NO_MEMORY. */
MUST_CHECK enum status json_loader_create(const char *columns, const struct tick_sink *sink,
                                          enum status (*take)(void *context,
                                                              const struct json_value *value,
                                                              struct error *reterr),
                                          struct json_loader **ret_loader, struct error *reterr);

MUST_CHECK enum status json_loader_begin(struct json_loader *loader, enum json_form form,
                                         const struct loader_file *file, struct error *reterr);

/* The functions of struct loader; the decoder is a struct json_loader. */
MUST_CHECK enum status json_loader_feed(void *decoder, const char *bytes, size_t size,
                                        struct error *reterr);
MUST_CHECK enum status json_loader_end(void *decoder, struct error *reterr);
MUST_CHECK enum status json_loader_finish(void *decoder, struct import_report *ret_report,
                                          struct error *reterr);
void json_loader_destroy(void *decoder);

/* One row: a name and its size, as in the file, and a series. */
struct json_row {
    const char *instrument;
    size_t instrument_size;
    const char *series;
    int64_t ts_ns;
    struct decimal price;
    struct decimal quantity;
    uint8_t flags; /* TICK_... */
    uint64_t id;   /* the venue's running number of trades; 0: none */
};

MUST_CHECK enum status json_loader_add(struct json_loader *loader, const struct json_row *row,
                                       struct error *reterr);

/* The same, of the number in `value`, without a quantity; nothing where `value` is NULL or "". */
MUST_CHECK enum status json_loader_add_value(struct json_loader *loader, struct json_row row,
                                             const char *series, const struct json_value *value,
                                             const char *name, struct error *reterr);

/* Says that the last row was an ask, to the bid of `bids` that came with it, for the quality
 * report; `bids` NULL: there was none. */
void json_loader_note_quote(struct json_loader *loader, struct tick_stream *bids,
                            struct decimal bid, struct decimal ask);

/* Price and quantity into `row`, from fields of these names, then json_loader_add(). */
MUST_CHECK enum status json_loader_add_trade(struct json_loader *loader, struct json_row *row,
                                             const struct json_value *price, const char *price_name,
                                             const struct json_value *quantity,
                                             const char *quantity_name, struct error *reterr);

#define JSON_HEAD ((size_t)4096)

/* For detection: the first bytes of a file without blanks and NULs, ended by a NUL. */
void json_head(const char *head, size_t size, char ret_text[JSON_HEAD + 1]);

/* Counts a value that gives no row. */
static inline enum status json_loader_skip(struct json_loader *loader) {
    loader->skipped++;
    return STATUS_OK;
}

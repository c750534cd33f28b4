/* The generic CSV as an entry of the list of formats. */

#include <string.h>

#include "loaders/csv/csv_line.h"
#include "loaders/formats/generic_csv.h"

/* Its header names `ts` and `instrument`. */
static enum loader_claim detect(const struct loader_file *file, const char *head, size_t size) {
    (void)file; /* its header says enough */
    const char *const newline = memchr(head, '\n', size);
    const size_t line_size = newline != NULL ? (size_t)(newline - head) : size;
    if (line_size > 4096)
        return LOADER_NO;
    const size_t mark = line_size >= 3 && memcmp(head, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    char scratch[CSV_LINE_MAX];
    struct csv_field fields[CSV_FIELDS_MAX];
    size_t count;
    if (csv_line_split(head + mark, line_size - mark, scratch, fields, &count, NULL) != STATUS_OK)
        return LOADER_NO;
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        if ((fields[i].size == 2 && memcmp(fields[i].text, "ts", 2) == 0) ||
            (fields[i].size == 10 && memcmp(fields[i].text, "instrument", 10) == 0))
            found++;
    }
    return found >= 2 ? LOADER_SURE : LOADER_NO;
}

static enum status create(const char *columns, const struct tick_sink *sink, void **ret_decoder,
                          struct error *reterr) {
    struct generic_csv *csv;
    const enum status status = generic_csv_create(columns, sink, &csv, reterr);
    if (status == STATUS_OK)
        *ret_decoder = csv;
    return status;
}

static enum status begin(void *decoder, const struct loader_file *file, struct error *reterr) {
    return generic_csv_begin(decoder, file->source, reterr);
}

static enum status feed(void *decoder, const char *bytes, size_t size, struct error *reterr) {
    return generic_csv_feed(decoder, bytes, size, reterr);
}

static enum status end(void *decoder, struct error *reterr) {
    return generic_csv_end(decoder, reterr);
}

static enum status finish(void *decoder, struct import_report *ret_report, struct error *reterr) {
    return generic_csv_finish(decoder, ret_report, reterr);
}

static void destroy(void *decoder) {
    generic_csv_destroy(decoder);
}

const struct loader generic_csv_loader = {
    .name = "generic-csv",
    .title = "ticks: ts,instrument,price,quantity,side[,series]; bars: "
             "ts,instrument,open,high,low,close,volume",
    .detect = detect,
    .create = create,
    .begin = begin,
    .feed = feed,
    .end = end,
    .finish = finish,
    .destroy = destroy,
};

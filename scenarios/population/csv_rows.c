#include "scenarios/population/csv_rows.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "scenarios/population/csv_fields.h"

/* Far above ten million accounts of ten positions; rows become memory, so a file that expands
 * without end must stop somewhere. */
static const struct container_limits limits = {.expanded_bytes_max = UINT64_C(16) << 30};

struct csv_rows {
    const char *name;
    csv_row_function *row;
    void *context;
    uint64_t line;
    size_t size; /* of the line as far as it is there */
    char text[CSV_LINE_MAX + 1];
};

static enum status line_error(const struct csv_rows *rows, const char *problem,
                              struct error *reterr) {
    return error_set(reterr, STATUS_CONFIG, "%s:%llu: %s", rows->name,
                     (unsigned long long)rows->line, problem);
}

static enum status end_line(struct csv_rows *rows, struct error *reterr) {
    char *line = rows->text;
    size_t size = rows->size;
    rows->line++;
    rows->size = 0;
    if (rows->line == 1 && size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3; /* the mark some spreadsheets put before the header */
        size -= 3;
    }
    if (size > 0 && line[size - 1] == '\r')
        size--;
    line[size] = '\0';
    if (size == 0)
        return STATUS_OK;
    if (!csv_line_is_text(line, size))
        return line_error(rows, "not text in UTF-8, or a control character", reterr);
    const char *fields[CSV_FIELDS_MAX];
    const char *problem = NULL;
    const size_t count = csv_fields_split(line, fields, &problem);
    if (count == 0)
        return line_error(rows, problem, reterr);
    return rows->row(rows->context, rows->line, fields, count, reterr);
}

/* Takes the next bytes of the file; a line may go on from one call to the next. */
static enum status feed(struct csv_rows *rows, const char *bytes, size_t size,
                        struct error *reterr) {
    while (size > 0) {
        const char *newline = memchr(bytes, '\n', size);
        const size_t part = newline == NULL ? size : (size_t)(newline - bytes);
        if (part > CSV_LINE_MAX - rows->size)
            return error_set(reterr, STATUS_CONFIG, "%s:%llu: a line of more than %d bytes",
                             rows->name, (unsigned long long)rows->line + 1, CSV_LINE_MAX);
        memcpy(rows->text + rows->size, bytes, part);
        rows->size += part;
        if (newline == NULL)
            return STATUS_OK;
        bytes += part + 1;
        size -= part + 1;
        const enum status status = end_line(rows, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status feed_end(struct csv_rows *rows, struct error *reterr) {
    return rows->size > 0 ? end_line(rows, reterr) : STATUS_OK;
}

static enum status feed_container(struct csv_rows *rows, struct container *container,
                                  struct error *reterr) {
    char bytes[16384];
    size_t count = 0;
    do {
        enum status status = container_read(container, sizeof(bytes), bytes, &count, reterr);
        if (status == STATUS_OK)
            status = feed(rows, bytes, count, reterr);
        if (status != STATUS_OK)
            return status;
    } while (count > 0);
    return feed_end(rows, reterr);
}

static enum status rows_create(const char *name, csv_row_function *row, void *context,
                               struct csv_rows **ret_rows, struct error *reterr) {
    struct csv_rows *rows = calloc(1, sizeof(*rows));
    if (rows == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "%s: no memory for a reader", name);
    rows->name = name;
    rows->row = row;
    rows->context = context;
    *ret_rows = rows;
    return STATUS_OK;
}

enum status csv_rows_parse(const char *name, const char *bytes, size_t size, csv_row_function *row,
                           void *context, struct error *reterr) {
    assert(name != NULL && (bytes != NULL || size == 0) && row != NULL);
    struct csv_rows *rows = NULL;
    enum status status = rows_create(name, row, context, &rows, reterr);
    if (status == STATUS_OK)
        status = feed(rows, bytes, size, reterr);
    if (status == STATUS_OK)
        status = feed_end(rows, reterr);
    free(rows);
    return status;
}

enum status csv_rows_read(const char *path, csv_row_function *row, void *context,
                          struct error *reterr) {
    assert(path != NULL && row != NULL);
    struct container *container = NULL;
    struct csv_rows *rows = NULL;
    const char *entry = NULL;
    enum status status = container_open(path, &limits, &container, reterr);
    if (status == STATUS_OK)
        status = container_next_entry(container, &entry, reterr);
    if (status == STATUS_END)
        status = error_set(reterr, STATUS_CONFIG, "%s: an archive without a file", path);
    if (status == STATUS_OK)
        status = rows_create(path, row, context, &rows, reterr);
    if (status == STATUS_OK)
        status = feed_container(rows, container, reterr);
    if (status == STATUS_OK) {
        status = container_next_entry(container, &entry, reterr);
        if (status == STATUS_END)
            status = STATUS_OK;
        else if (status == STATUS_OK)
            status = error_set(reterr, STATUS_CONFIG, "%s: an archive of more than one file", path);
    }
    free(rows);
    container_close(container);
    return status;
}

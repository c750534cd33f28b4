#include "loaders/csv/csv_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void csv_lines_begin(struct csv_lines *lines, const char *source,
                     const struct tick_batcher *batcher) {
    (void)snprintf(lines->source, sizeof(lines->source), "%s", source); /* cut is ok */
    lines->batcher = batcher;
    lines->line = 0;
    lines->carried = 0;
}

/* Puts the place before what a row's failure says. */
static __attribute__((noinline)) enum status place(const struct csv_lines *lines,
                                                   enum status status, struct error *reterr) {
    if (tick_batcher_sink_failed(lines->batcher))
        return error_prefix(reterr, status, "'%s'", lines->source);
    return error_prefix(reterr, status, "'%s', line %" PRIu64, lines->source, lines->line);
}

/* Any line, without its \n; `room`: bytes may be read before it. */
static enum status take_line(struct csv_lines *lines, const char *line, size_t size, bool room,
                             csv_row_take *take, void *context, struct error *reterr) {
    lines->line++;
    if (lines->line == 1 && size >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
        line += 3; /* a byte order mark */
        size -= 3;
    }
    if (lines->line > 1 && (size == 0 || (size == 1 && line[0] == '\r')))
        return STATUS_OK; /* an empty line says nothing */
    struct csv_field fields[CSV_FIELDS_MAX];
    struct csv_row row = {.fields = fields};
    enum status status = csv_line_split(line, size, lines->scratch, fields, &row.count, reterr);
    /* a quoted field stands in scratch, with nothing before it */
    row.room = room && memchr(line, '"', size) == NULL;
    if (status == STATUS_OK)
        status = take(context, &row, reterr);
    return status == STATUS_OK ? STATUS_OK : place(lines, status, reterr);
}

/* Keeps the beginning of a line whose end is still to come. */
static enum status carry(struct csv_lines *lines, const char *bytes, size_t size,
                         struct error *reterr) {
    if (size > CSV_LINE_MAX - lines->carried) {
        lines->line++;
        return place(
            lines, error_set(reterr, STATUS_CORRUPT, "a line longer than %zu bytes", CSV_LINE_MAX),
            reterr);
    }
    memcpy(lines->carry + CSV_NUMBER_ROOM + lines->carried, bytes, size);
    lines->carried += size;
    return STATUS_OK;
}

static enum status take_carried(struct csv_lines *lines, csv_row_take *take, void *context,
                                struct error *reterr) {
    const size_t size = lines->carried;
    lines->carried = 0;
    return take_line(lines, lines->carry + CSV_NUMBER_ROOM, size, true, take, context, reterr);
}

enum status csv_lines_feed(struct csv_lines *lines, const char *bytes, size_t size,
                           csv_row_take *take, void *context, struct error *reterr) {
    const char *at = bytes;
    const char *const end = bytes + size;
    enum status status = STATUS_OK;
    if (lines->carried > 0 && size > 0) {
        const char *const newline = memchr(at, '\n', size);
        status = carry(lines, at, (size_t)((newline != NULL ? newline : end) - at), reterr);
        if (status != STATUS_OK || newline == NULL)
            return status;
        status = take_carried(lines, take, context, reterr);
        at = newline + 1;
    }
    while (status == STATUS_OK && at < end) {
        const size_t left = (size_t)(end - at);
        struct csv_field fields[CSV_FIELDS_MAX];
        struct csv_row row = {.fields = fields, .room = at - bytes >= CSV_NUMBER_ROOM};
        /* the first line may begin with a byte order mark, an empty line says nothing */
        if (lines->line > 0 && *at != '\n' && *at != '\r') {
            const size_t plain = csv_line_split_plain(at, left < CSV_LINE_MAX ? left : CSV_LINE_MAX,
                                                      fields, &row.count);
            if (plain > 0) {
                lines->line++;
                at += plain;
                status = take(context, &row, reterr);
                if (__builtin_expect(status != STATUS_OK, 0))
                    return place(lines, status, reterr);
                continue;
            }
        }
        const char *const newline = memchr(at, '\n', left);
        const size_t line_size = (size_t)((newline != NULL ? newline : end) - at);
        if (newline == NULL || line_size > CSV_LINE_MAX)
            return carry(lines, at, line_size, reterr);
        status = take_line(lines, at, line_size, row.room, take, context, reterr);
        at = newline + 1;
    }
    return status;
}

enum status csv_lines_end(struct csv_lines *lines, csv_row_take *take, void *context,
                          struct error *reterr) {
    return lines->carried > 0 ? take_carried(lines, take, context, reterr) : STATUS_OK;
}

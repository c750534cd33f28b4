#include "tests/unit/loaders/loader_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tests/unit/base/text_sink.h"

struct import_report loader_rows_report;

static struct error error;
static struct text_sink sink;

static struct loader_file file_called(const char *name) {
    const char *const slash = strrchr(name, '/');
    return (struct loader_file){
        .path = name, .entry = slash != NULL ? slash + 1 : name, .source = name};
}

static enum status decode(const struct loader *loader, const char *name, const char *bytes,
                          size_t size, size_t step) {
    void *decoder = NULL;
    const struct loader_file file = file_called(name);
    text_sink_begin(&sink);
    const struct tick_sink port = text_sink_port(&sink);
    loader_rows_report = (struct import_report){0};
    error.message[0] = '\0';
    enum status status = loader->create(NULL, &port, &decoder, &error);
    if (status == STATUS_OK)
        status = loader->begin(decoder, &file, &error);
    for (size_t at = 0; status == STATUS_OK && at < size; at += step) {
        /* an exact copy, so that a sanitizer sees a look over its end */
        const size_t count = size - at < step ? size - at : step;
        char *const piece = malloc(count);
        memcpy(piece, bytes + at, count);
        status = loader->feed(decoder, piece, count, &error);
        free(piece);
    }
    if (status == STATUS_OK)
        status = loader->end(decoder, &error);
    if (status == STATUS_OK)
        status = loader->finish(decoder, &loader_rows_report, &error);
    loader->destroy(decoder);
    (void)text_sink_end(&sink);
    return status;
}

void loader_rows_expect(const struct loader *loader, const char *name, const void *bytes,
                        size_t size, const char *rows) {
    for (size_t step = 1; step <= size + 70; step += step < 70 ? 1 : size) {
        const enum status status = decode(loader, name, bytes, size, step);
        if (status != STATUS_OK)
            fail_msg("%s in steps of %zu: %d %s", name, step, status, error.message);
        assert_string_equal(sink.text, rows);
        text_sink_free(&sink);
    }
}

void loader_rows_refuse(const struct loader *loader, const char *name, const void *bytes,
                        size_t size, enum status status, const char *words) {
    for (int whole = 0; whole < 2; whole++) {
        const enum status got = decode(loader, name, bytes, size, whole ? SIZE_MAX / 2 : 7);
        text_sink_free(&sink);
        if (got != status || strstr(error.message, words) == NULL)
            fail_msg("%s: expected %d '%s', got %d '%s'", name, status, words, got, error.message);
        assert_non_null(strstr(error.message, name)); /* every message names the file */
    }
}

enum loader_claim loader_rows_claim(const struct loader *loader, const char *name,
                                    const void *bytes, size_t size) {
    const struct loader_file file = file_called(name);
    return loader->detect(&file, bytes, size);
}

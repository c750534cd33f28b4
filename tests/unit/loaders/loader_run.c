#include "tests/unit/loaders/loader_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/base/text_sink.h"

static struct error error;
static struct import_report report;
static struct text_sink sink;

#define SERIES_MAX 32

static struct {
    char name[128]; /* instrument and series */
    struct series_quality quality;
} told[SERIES_MAX];
static size_t told_count;

static enum status tell(void *context, const struct series_key *key,
                        const struct series_quality *quality, struct error *reterr) {
    (void)context;
    (void)reterr;
    assert_true(told_count < SERIES_MAX);
    (void)snprintf(told[told_count].name, sizeof(told[0].name), "%s %s", key->instrument,
                   key->series);
    told[told_count++].quality = *quality;
    return STATUS_OK;
}

const struct series_quality *loader_run_quality(const char *instrument, const char *series) {
    char name[128];
    (void)snprintf(name, sizeof(name), "%s %s", instrument, series);
    for (size_t i = 0; i < told_count; i++) {
        if (strcmp(told[i].name, name) == 0)
            return &told[i].quality;
    }
    return NULL;
}

static struct loader_file file_of(const char *path) {
    const char *const slash = strrchr(path, '/');
    return (struct loader_file){
        .path = path, .entry = slash != NULL ? slash + 1 : path, .source = path};
}

const char *loader_run_claim(const char *path, const char *text) {
    static char claim[128];
    const struct loader_file file = file_of(path);
    enum loader_claim best = LOADER_NO;
    claim[0] = '\0';
    for (size_t i = 0; loaders[i] != NULL; i++) {
        const enum loader_claim now = loaders[i]->detect(&file, text, strlen(text));
        if (now > best)
            (void)snprintf(claim, sizeof(claim), "%s", loaders[i]->name);
        else if (now == best && now != LOADER_NO)
            (void)snprintf(claim + strlen(claim), sizeof(claim) - strlen(claim), "|%s",
                           loaders[i]->name);
        best = now > best ? now : best;
    }
    return claim;
}

/* Decodes in pieces of `step`; the sink's text is left in `sink`. */
static enum status decode(const char *path, const char *format, const char *columns,
                          const char *text, size_t step) {
    const struct loader *const loader = loader_find(format);
    assert_non_null(loader);
    const struct loader_file file = file_of(path);
    const size_t size = strlen(text);
    void *decoder = NULL;
    text_sink_begin(&sink);
    struct tick_sink port = text_sink_port(&sink);
    port.quality = tell;
    told_count = 0;
    report = (struct import_report){0};
    error.message[0] = '\0';
    enum status status = loader->create(columns, &port, &decoder, &error);
    if (status == STATUS_OK)
        status = loader->begin(decoder, &file, &error);
    for (size_t at = 0; status == STATUS_OK && at < size; at += step) {
        /* an exact copy, so that a sanitizer sees a look over its end */
        const size_t count = size - at < step ? size - at : step;
        char *const piece = malloc(count);
        memcpy(piece, text + at, count);
        status = loader->feed(decoder, piece, count, &error);
        free(piece);
    }
    if (status == STATUS_OK)
        status = loader->end(decoder, &error);
    if (status == STATUS_OK)
        status = loader->finish(decoder, &report, &error);
    loader->destroy(decoder);
    (void)text_sink_end(&sink);
    return status;
}

void loader_run_columns(const char *path, const char *format, const char *columns, const char *text,
                        const char *rows) {
    for (size_t step = 1; step < 2 * strlen(text) + 2; step += 1 + step / 3) {
        if (decode(path, format, columns, text, step) != STATUS_OK)
            fail_msg("step %zu: %s\n%s", step, error.message, text);
        assert_string_equal(sink.text, rows);
        text_sink_free(&sink);
    }
}

const struct import_report *loader_run_rows(const char *path, const char *format, const char *text,
                                            const char *rows) {
    assert_string_equal(loader_run_claim(path, text), format);
    loader_run_columns(path, format, NULL, text, rows);
    return &report;
}

void loader_run_error(const char *path, const char *format, const char *columns, const char *text,
                      enum status status, const char *words) {
    for (int whole = 0; whole < 2; whole++) {
        const enum status got = decode(path, format, columns, text, whole ? strlen(text) + 1 : 7);
        text_sink_free(&sink);
        if (got != status || strstr(error.message, words) == NULL)
            fail_msg("expected %d '%s', got %d '%s' for:\n%.300s", status, words, got,
                     error.message, text);
    }
}

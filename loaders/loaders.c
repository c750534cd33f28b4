#include "loaders/loaders.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/container.h"
#include "loaders/dbn/dbn.h"
#include "loaders/formats/freqtrade.h"
#include "loaders/formats/generic_csv.h"
#include "loaders/formats/hyperliquid.h"
#include "loaders/formats/hyperliquid_csv.h"
#include "loaders/formats/lean.h"
#include "loaders/formats/lobster.h"
#include "loaders/formats/vendor_csv.h"
#include "loaders/formats/websocket.h"

#define CHUNK ((size_t)256 * 1024)
#define HEAD ((size_t)64 * 1024) /* what detection sees, unless the file is shorter */
#define LOOK_EVERY ((uint64_t)1 << 20)

/* clang-format off: one a line */
const struct loader *const loaders[] = {
    &generic_csv_loader,
    &binance_aggtrades_loader,
    &binance_bookdepth_loader,
    &binance_bookticker_loader,
    &binance_funding_loader,
    &binance_index_klines_loader,
    &binance_klines_loader,
    &binance_liquidations_loader,
    &binance_mark_klines_loader,
    &binance_metrics_loader,
    &binance_premium_klines_loader,
    &binance_trades_loader,
    &bitmex_quotes_loader,
    &bitmex_trades_loader,
    &bybit_spot_loader,
    &bybit_trades_loader,
    &coinbase_advanced_candles_loader,
    &coinbase_candles_loader,
    &coinbase_fills_loader,
    &coinbase_trades_loader,
    &dbn_loader,
    &freqtrade_loader,
    &hyperliquid_csv_loader,
    &hyperliquid_loader,
    &kraken_ohlcvt_loader,
    &kraken_trades_loader,
    &lean_loader,
    &lobster_loader,
    &okx_trades_loader,
    &okx_trades_old_loader,
    &tardis_derivative_ticker_loader,
    &tardis_incremental_loader,
    &tardis_liquidations_loader,
    &tardis_quotes_loader,
    &tardis_snapshots_loader,
    &tardis_trades_loader,
    &websocket_loader,
    NULL,
};
/* clang-format on */

const struct loader *loader_find(const char *name) {
    for (size_t i = 0; loaders[i] != NULL; i++) {
        if (strcmp(loaders[i]->name, name) == 0)
            return loaders[i];
    }
    return NULL;
}

/* One import under way. */
struct import {
    const char *path;
    const char *columns;
    const struct tick_sink *sink;
    const struct loader_watch *watch; /* may be NULL */
    struct container *container;
    const struct loader *loader; /* NULL: to be found from the first file */
    void *decoder;
    char *chunk; /* CHUNK bytes */
    uint64_t bytes_since_look;
};

/* Fills the chunk up to `wanted` bytes; *ret_count smaller only at the end. */
static enum status read_chunk(struct import *import, size_t wanted, size_t *ret_count,
                              struct error *reterr) {
    size_t held = 0;
    for (size_t count = 1; held < wanted && count > 0; held += count) {
        const enum status status =
            container_read(import->container, CHUNK - held, import->chunk + held, &count, reterr);
        if (status != STATUS_OK)
            return status;
    }
    *ret_count = held;
    return STATUS_OK;
}

static enum status look(struct import *import, size_t count, struct error *reterr) {
    import->bytes_since_look += count;
    if (import->watch == NULL || import->bytes_since_look < LOOK_EVERY)
        return STATUS_OK;
    import->bytes_since_look = 0;
    uint64_t consumed;
    uint64_t size;
    container_progress(import->container, &consumed, &size);
    if (import->watch->look(import->watch->context, consumed, size))
        return STATUS_OK;
    return error_set(reterr, STATUS_INTERRUPTED, "'%s': interrupted", import->path);
}

/* The loader that claims a file which starts with `head` most surely; NULL: none does. */
static enum status find_claim(const struct loader_file *file, const char *head, size_t head_size,
                              const struct loader **ret_loader, struct error *reterr) {
    enum loader_claim best = LOADER_NO;
    const struct loader *found = NULL;
    const struct loader *rival = NULL;
    for (size_t i = 0; loaders[i] != NULL; i++) {
        const enum loader_claim claim = loaders[i]->detect(file, head, head_size);
        if (claim > best) {
            best = claim;
            found = loaders[i];
            rival = NULL;
        } else if (claim == best && claim != LOADER_NO) {
            rival = loaders[i];
        }
    }
    if (rival != NULL)
        return error_set(reterr, STATUS_CORRUPT, "'%s': could be %s or %s; say which with --format",
                         file->source, found->name, rival->name);
    *ret_loader = found;
    return STATUS_OK;
}

/* The loader for a file that starts like this. What no loader knows, but is text, goes to the
 * generic one: it names the column that it cannot place. */
static enum status choose_loader(struct import *import, const struct loader_file *file,
                                 size_t head_size, struct error *reterr) {
    const char *const head = import->chunk;
    if (import->columns == NULL) {
        const enum status status = find_claim(file, head, head_size, &import->loader, reterr);
        if (status != STATUS_OK || import->loader != NULL)
            return status;
    }
    if (memchr(head, '\0', head_size) != NULL)
        return error_set(reterr, STATUS_CORRUPT,
                         "'%s': neither text nor a known format (see `list formats`; Parquet and "
                         "Arrow files must be turned into CSV first)",
                         import->path);
    import->loader = &generic_csv_loader;
    return STATUS_OK;
}

/* How a file of the container is called and messaged. */
static void name_file(const char *path, const char *name, size_t size, char *source,
                      struct loader_file *ret_file) {
    const char *const slash = strrchr(path, '/');
    const bool whole =
        strcmp(name, slash != NULL ? slash + 1 : path) == 0 || strcmp(path, "-") == 0;
    (void)snprintf(source, size, whole ? "%s" : "%s' entry '%s", /* cut is ok */
                   whole && path[0] == '-' ? name : path, name);
    *ret_file = (struct loader_file){.path = path, .entry = name, .source = source};
}

/* Whether the file under way has bytes, so that none in it was meant. */
static bool is_packed(const struct import *import) {
    uint64_t consumed;
    uint64_t size;
    container_progress(import->container, &consumed, &size);
    return consumed > 0;
}

/* Imports one file of the container. */
static enum status import_file(struct import *import, const char *name, struct error *reterr) {
    char source[512];
    struct loader_file file;
    name_file(import->path, name, sizeof(source), source, &file);

    size_t count;
    enum status status = read_chunk(import, HEAD, &count, reterr);
    if (status == STATUS_OK && count == 0 && is_packed(import))
        return STATUS_OK; /* vendors publish a day without data so */
    if (status == STATUS_OK && import->loader == NULL)
        status = choose_loader(import, &file, count, reterr);
    if (status == STATUS_OK && import->decoder == NULL)
        status = import->loader->create(import->columns, import->sink, &import->decoder, reterr);
    if (status == STATUS_OK)
        status = import->loader->begin(import->decoder, &file, reterr);
    while (status == STATUS_OK && count > 0) {
        status = import->loader->feed(import->decoder, import->chunk, count, reterr);
        if (status == STATUS_OK)
            status = look(import, count, reterr);
        if (status == STATUS_OK)
            status = container_read(import->container, CHUNK, import->chunk, &count, reterr);
    }
    return status == STATUS_OK ? import->loader->end(import->decoder, reterr) : status;
}

static enum status import_files(struct import *import, struct import_report *report,
                                struct error *reterr) {
    for (;;) {
        const char *name;
        enum status status = container_next_entry(import->container, &name, reterr);
        if (status == STATUS_END)
            break;
        if (status == STATUS_OK)
            status = import_file(import, name, reterr);
        if (status != STATUS_OK)
            return status;
        report->files++;
    }
    if (report->files == 0)
        return error_set(reterr, STATUS_CORRUPT, "'%s': there is no file in it", import->path);
    enum status status = STATUS_OK;
    if (import->decoder != NULL)
        status = import->loader->finish(import->decoder, report, reterr);
    if (status == STATUS_OK)
        status = container_sha256(import->container, report->sha256, reterr);
    uint64_t consumed;
    uint64_t size;
    container_progress(import->container, &consumed, &size);
    report->raw_bytes = size > 0 ? size : consumed;
    report->format = import->loader != NULL ? import->loader->name : "empty";
    return status;
}

enum status loader_import_watched(const char *path, const char *format, const char *columns,
                                  const struct loader_watch *watch, const struct tick_sink *sink,
                                  struct import_report *ret_report, struct error *reterr) {
    assert(path != NULL && sink != NULL && ret_report != NULL);
    struct import import = {.path = path, .columns = columns, .sink = sink, .watch = watch};
    struct import_report report = {0};
    if (format != NULL) {
        import.loader = loader_find(format);
        if (import.loader == NULL)
            return error_set(reterr, STATUS_USAGE, "no format '%s' (see `list formats`)", format);
    }
    import.chunk = malloc(CHUNK);
    if (import.chunk == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory to read it", path);
    enum status status = container_open(path, NULL, &import.container, reterr);
    if (status == STATUS_OK)
        status = import_files(&import, &report, reterr);
    if (import.loader != NULL && import.decoder != NULL)
        import.loader->destroy(import.decoder);
    container_close(import.container);
    free(import.chunk);
    if (status == STATUS_OK)
        *ret_report = report;
    return status;
}

enum status loader_import(const char *path, const char *format, const char *columns,
                          const struct tick_sink *sink, struct import_report *ret_report,
                          struct error *reterr) {
    return loader_import_watched(path, format, columns, NULL, sink, ret_report, reterr);
}

enum status loader_detect(const char *path, const char **ret_name, struct error *reterr) {
    struct import import = {.path = path};
    import.chunk = malloc(CHUNK);
    if (import.chunk == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory to read it", path);
    const char *name = NULL;
    size_t count = 0;
    const struct loader *loader = NULL;
    enum status status = container_open(path, NULL, &import.container, reterr);
    if (status == STATUS_OK)
        status = container_next_entry(import.container, &name, reterr);
    if (status == STATUS_END)
        status = error_set(reterr, STATUS_CORRUPT, "'%s': there is no file in it", path);
    if (status == STATUS_OK)
        status = read_chunk(&import, HEAD, &count, reterr);
    if (status == STATUS_OK) {
        char source[512];
        struct loader_file file;
        name_file(path, name, sizeof(source), source, &file);
        status = find_claim(&file, import.chunk, count, &loader, reterr);
    }
    container_close(import.container);
    free(import.chunk);
    if (status == STATUS_OK)
        *ret_name = loader != NULL ? loader->name : NULL;
    return status;
}

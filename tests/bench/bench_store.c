/* Goal: how many bytes a stored tick takes, and how fast ticks go into blocks and out of them.
 * Method: the bars of a folder and a random walk go into a market file in a scratch folder; the
 * walk is then read back from the file, checksums and all, on one core. Best of three.
 *
 *   bench_store BARS_FOLDER [TICKS] */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <glib.h>

#include "base/units.h"
#include "loaders/loaders.h"
#include "store/market/market_catalog.h"
#include "store/market/market_file.h"
#include "store/market/market_import.h"
#include "store/market/market_source.h"
#include "tests/bench/random_walk.h"

#define AHEAD 4096u
#define FROM_NS (INT64_C(1621382400) * NS_PER_S) /* 2021-05-19 */

static double now_s(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* this clock is always there */
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void must(enum status status, const struct error *error) {
    if (status == STATUS_OK)
        return;
    (void)fprintf(stderr, "bench_store: %s\n", error->message);
    exit(1);
}

static void commit(struct market_import *import, const char *name) {
    struct error error;
    struct market_import_result result;
    const struct market_source_info source = {
        .name = name, .sha256 = name, .format = "bench", .bytes = 0};
    must(market_import_commit(import, &source, &result, &error), &error);
    market_import_destroy(import);
}

static void import_bars(struct market_file *market, const char *folder) {
    struct error error;
    GDir *names = g_dir_open(folder, 0, NULL);
    if (names == NULL) {
        (void)fprintf(stderr, "bench_store: no folder '%s'\n", folder);
        exit(1);
    }
    for (const char *name = g_dir_read_name(names); name != NULL; name = g_dir_read_name(names)) {
        struct market_import *import = NULL;
        struct import_report report;
        char *path = g_build_filename(folder, name, NULL);
        must(market_import_begin(market, &import, &error), &error);
        const struct tick_sink sink = market_import_sink(import);
        must(loader_import(path, NULL, NULL, &sink, &report, &error), &error);
        commit(import, name);
        g_free(path);
    }
    g_dir_close(names);
}

/* Writes the walk as one source; the seconds are those of the store, the walk's own left out. */
static double import_walk(struct market_file *market, uint64_t ticks) {
    static int64_t ts_ns[AHEAD];
    static int64_t price[AHEAD];
    static int64_t quantity[AHEAD];
    static uint8_t flags[AHEAD];
    const struct series_key key = {"WALKUSDT", "trade", SERIES_TICKS, 0};
    const struct random_walk_settings settings = {.ticks = ticks,
                                                  .from_ns = FROM_NS,
                                                  .length_ns = 30 * NS_PER_DAY,
                                                  .start_ticks = 4000000,
                                                  .fall_percent = 30,
                                                  .seed = 1};
    struct random_walk walk;
    struct error error;
    struct market_import *import = NULL;
    random_walk_init(&walk, &settings);
    must(market_import_begin(market, &import, &error), &error);
    const struct tick_sink sink = market_import_sink(import);
    double seconds = 0;
    for (;;) {
        const size_t count = random_walk_next(&walk, AHEAD, ts_ns, price, quantity, flags);
        if (count == 0)
            break;
        const struct tick_batch batch = {.count = count,
                                         .ts_ns = ts_ns,
                                         .value = {price, quantity},
                                         .flags = flags,
                                         .price_decimals = 2,
                                         .quantity_decimals = 3};
        const double started = now_s();
        must(sink.append(sink.context, &key, &batch, &error), &error);
        seconds += now_s() - started;
    }
    const double started = now_s();
    commit(import, "walk");
    return seconds + now_s() - started;
}

/* Reads a whole series; returns the seconds. */
static double read_series(struct market_file *market, const struct market_series *series) {
    struct error error;
    struct market_source *source = NULL;
    const double started = now_s();
    must(market_source_create(market, series, INT64_MIN, INT64_MAX, &source, &error), &error);
    const struct tick_source port = market_source_port(source);
    struct tick_batch batch;
    uint64_t rows = 0;
    enum status status;
    while ((status = port.next(port.context, &batch, &error)) == STATUS_OK)
        rows += batch.count;
    must(status == STATUS_END ? STATUS_OK : status, &error);
    market_source_destroy(source);
    if (rows != series->rows) {
        (void)fprintf(stderr, "bench_store: %" PRIu64 " rows came back\n", rows);
        exit(1);
    }
    return now_s() - started;
}

static void print_bytes(const struct market_series_list *list) {
    uint64_t bars = 0;
    uint64_t bytes = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (list->rows[i].kind == SERIES_BARS) {
            bars += list->rows[i].rows;
            bytes += list->rows[i].stored_bytes;
        }
    }
    printf("real bars           %9" PRIu64 " bars, %.2f bytes a bar, %.2f a tick of the replay\n",
           bars, (double)bytes / (double)bars, (double)bytes / (double)bars / 4);
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "usage: bench_store BARS_FOLDER [TICKS]\n");
        return 2;
    }
    const uint64_t ticks = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000000;
    char folder[] = "/tmp/crossfall-bench-XXXXXX";
    struct error error;
    struct market_file *market = NULL;
    struct market_series_list list;
    if (ticks == 0 || mkdtemp(folder) == NULL)
        return 1;
    char *path = g_build_filename(folder, "market.db", NULL);
    must(market_file_open(path, MARKET_WRITE, &market, &error), &error);
    import_bars(market, argv[1]);
    const double written_s = import_walk(market, ticks);
    must(market_list_series(market, NULL, &list, &error), &error);
    print_bytes(&list);
    for (size_t i = 0; i < list.count; i++) {
        const struct market_series *series = &list.rows[i];
        if (series->kind != SERIES_TICKS)
            continue;
        double best_s = read_series(market, series);
        for (int round = 0; round < 2; round++) {
            const double seconds = read_series(market, series);
            best_s = seconds < best_s ? seconds : best_s;
        }
        printf("random-walk ticks   %9" PRIu64 " ticks, %.2f bytes a tick\n", series->rows,
               (double)series->stored_bytes / (double)series->rows);
        printf("into the file       %9.1f M ticks/s a core\n",
               (double)series->rows / written_s / 1e6);
        printf("out of the file     %9.1f M ticks/s a core\n", (double)series->rows / best_s / 1e6);
    }
    market_series_list_finish(&list);
    market_file_close(market);
    (void)unlink(path); /* the answer is out */
    (void)rmdir(folder);
    g_free(path);
    return 0;
}

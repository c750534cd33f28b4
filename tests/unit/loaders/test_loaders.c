/* Goal: the way from a file, packed or not, to the sink, and what the report says of it.
 * Method: the same rows as plain, compressed and zipped files; each failure of the way by its
 * words; the laws that every format in the list must keep. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "loaders/loaders.h"
#include "tests/unit/base/packed_file.h"
#include "tests/unit/base/text_sink.h"

static const char first[] = "ts,instrument,price,quantity,side\n"
                            "2021-05-19T13:04:00Z,BTCUSDT,36000.5,1,buy\n";
static const char second[] = "instrument,ts,price\nBTCUSDT,1621429441,36001\nX,1621429440,5\n";
static const char first_row[] = "BTCUSDT trade 2021-05-19T13:04:00Z 36000.5 1 buy\n";

static struct error error;
static struct import_report report;
static struct text_sink sink;

static enum status import_bytes(const char *format, const char *columns, const void *bytes,
                                size_t size) {
    text_sink_begin(&sink);
    const struct tick_sink port = text_sink_port(&sink);
    error.message[0] = '\0';
    const enum status status =
        loader_import(packed_file_write(bytes, size), format, columns, &port, &report, &error);
    (void)text_sink_end(&sink);
    return status;
}

static void packed_or_not_gives_the_same(void **state) {
    (void)state;
    static const char *const filters[] = {NULL, "gzip", "zstd", "xz", "lz4", "bzip2"};
    for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++) {
        void *packed = (void *)(uintptr_t)first;
        size_t size = strlen(first);
        if (filters[i] != NULL)
            packed_bytes(filters[i], first, strlen(first), &packed, &size);
        assert_int_equal(import_bytes(i % 2 ? "generic-csv" : NULL, NULL, packed, size), STATUS_OK);
        assert_string_equal(sink.text, first_row);
        assert_string_equal(report.format, "generic-csv");
        assert_int_equal(report.files, 1);
        assert_int_equal(report.rows, 1);
        assert_int_equal(report.raw_bytes, size);
        char hex[65];
        struct sha256 *const sha = sha256_create_portable();
        sha256_update(sha, packed, size);
        sha256_finish(sha, hex);
        sha256_destroy(sha);
        assert_string_equal(report.sha256, hex);
        text_sink_free(&sink);
        if (filters[i] != NULL)
            free(packed);
    }
}

static void every_file_of_a_zip_is_imported(void **state) {
    (void)state;
    struct packed_entry entries[] = {{"a.csv", first, strlen(first)},
                                     {"folder/", NULL, 0},
                                     {"folder/b.csv", second, strlen(second)}};
    void *packed;
    size_t size;
    packed_zip(entries, 3, NULL, &packed, &size);
    assert_int_equal(import_bytes(NULL, NULL, packed, size), STATUS_OK);
    assert_string_equal(sink.text, "BTCUSDT trade 2021-05-19T13:04:00Z 36000.5 1 buy\n"
                                   "BTCUSDT trade 2021-05-19T13:04:01Z 36001 none\n"
                                   "X trade 2021-05-19T13:04:00Z 5 none\n");
    assert_int_equal(report.files, 2);
    assert_int_equal(report.rows, 3);
    assert_int_equal(report.instruments, 2);
    text_sink_free(&sink);
    free(packed);

    /* the other way round time runs backwards: the entry is named */
    const struct packed_entry moved = entries[0];
    entries[0] = entries[2];
    entries[2] = moved;
    packed_zip(entries, 3, NULL, &packed, &size);
    assert_int_equal(import_bytes(NULL, NULL, packed, size), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "entry 'a.csv', line 2: column 'ts': time runs"));
    text_sink_free(&sink);
    free(packed);

    packed_zip(entries, 0, NULL, &packed, &size);
    assert_int_equal(import_bytes(NULL, NULL, packed, size), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "there is no file in it"));
    text_sink_free(&sink);
    free(packed);
}

static void failures_say_what_and_where(void **state) {
    (void)state;
    static const char price[] = "ts,instrument,price\n1621429440,X,nan\n";
    static const char binary[] = "PAR1\0\0\0\0";
    static const struct {
        const char *bytes;
        size_t size;
        const char *format;
        const char *columns;
        enum status status;
        const char *words;
    } cases[] = {
        {"", 0, NULL, NULL, STATUS_CORRUPT, "is empty: not even a header"},
        {price, sizeof(price) - 1, NULL, NULL, STATUS_CORRUPT, "', line 2: column 'price'"},
        {binary, sizeof(binary) - 1, NULL, NULL, STATUS_CORRUPT, "neither text nor a known format"},
        {"hello\n", 6, NULL, NULL, STATUS_CORRUPT, "line 1: unknown column 'hello'"},
        {price, sizeof(price) - 1, "parquet", NULL, STATUS_USAGE, "no format 'parquet'"},
        {price, sizeof(price) - 1, NULL, "time=ts", STATUS_USAGE, "unknown role 'time'"},
        {"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10, NULL, NULL, STATUS_CORRUPT, "the file is cut off"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&report, 0x5a, sizeof(report));
        const struct import_report before = report;
        const enum status status =
            import_bytes(cases[i].format, cases[i].columns, cases[i].bytes, cases[i].size);
        if (status != cases[i].status || strstr(error.message, cases[i].words) == NULL)
            fail_msg("case %zu: %d '%s'", i, status, error.message);
        assert_memory_equal(&report, &before, sizeof(report)); /* untouched */
        assert_string_equal(sink.text, "");
        text_sink_free(&sink);
    }
    text_sink_begin(&sink);
    const struct tick_sink port = text_sink_port(&sink);
    assert_int_equal(loader_import("/nonexistent/x.csv", NULL, NULL, &port, &report, &error),
                     STATUS_IO);
    text_sink_free(&sink);
}

static void a_columns_map_reaches_the_decoder(void **state) {
    (void)state;
    static const char vendor[] = "id,time,px\n1,1621429440000,36000.5\n";
    assert_int_equal(
        import_bytes(NULL, "ts=time,price=px,instrument:=BTCUSDT", vendor, strlen(vendor)),
        STATUS_OK);
    assert_string_equal(sink.text, "BTCUSDT trade 2021-05-19T13:04:00Z 36000.5 none\n");
    assert_true(report.time_is_epoch);
    assert_int_equal(report.time_unit, TIME_MS);
    text_sink_free(&sink);
}

/* A watch that counts, and stops when `stop_at` looks were had. */
struct counting_watch {
    int looks;
    int stop_at;
    uint64_t consumed;
};

static bool count_look(void *context, uint64_t consumed, uint64_t size) {
    struct counting_watch *const watch = context;
    assert_true(consumed >= watch->consumed && consumed <= size);
    watch->consumed = consumed;
    return ++watch->looks != watch->stop_at;
}

static void a_watch_sees_progress_and_can_stop(void **state) {
    (void)state;
    static const char row[] = "1621429440,BTCUSDT,36000.5\n";
    const size_t rows = 200000;
    char *const bytes = malloc(rows * strlen(row) + 100);
    size_t size = strlen("ts,instrument,price\n");
    memcpy(bytes, "ts,instrument,price\n", size);
    for (size_t i = 0; i < rows; i++, size += strlen(row))
        memcpy(bytes + size, row, strlen(row));
    const char *const path = packed_file_write(bytes, size);
    for (int stop_at = 0; stop_at < 3; stop_at++) {
        struct counting_watch counting = {.stop_at = stop_at};
        const struct loader_watch watch = {&counting, count_look};
        text_sink_begin(&sink);
        const struct tick_sink port = text_sink_port(&sink);
        const enum status status =
            loader_import_watched(path, NULL, NULL, &watch, &port, &report, &error);
        assert_int_equal(status, stop_at == 0 ? STATUS_OK : STATUS_INTERRUPTED);
        assert_true(stop_at == 0 ? counting.looks >= 4 : counting.looks == stop_at);
        text_sink_free(&sink);
    }
    free(bytes);
}

static void every_format_keeps_the_laws(void **state) {
    (void)state;
    assert_non_null(loaders[0]);
    assert_null(loader_find("no-such-format"));
    for (size_t i = 0; loaders[i] != NULL; i++) {
        const struct loader *const loader = loaders[i];
        assert_ptr_equal(loader_find(loader->name), loader); /* so names are unique */
        assert_true(strlen(loader->title) > 0);
        const struct loader_file file = {
            .path = "empty.csv", .entry = "empty.csv", .source = "empty.csv"};
        assert_int_equal(loader->detect(&file, "", 0), LOADER_NO);
        assert_int_equal(loader->detect(&file, "\0\0\0\0", 4), LOADER_NO);
        loader->destroy(NULL);
        text_sink_begin(&sink);
        const struct tick_sink port = text_sink_port(&sink);
        void *decoder;
        assert_int_equal(loader->create(NULL, &port, &decoder, &error), STATUS_OK);
        loader->destroy(decoder);
        assert_int_equal(loader->create(NULL, &port, &decoder, &error), STATUS_OK);
        /* not even a header; a format without one in its rows misses what the name leaves out */
        enum status status = loader->begin(decoder, &file, &error);
        if (status == STATUS_OK)
            status = loader->end(decoder, &error);
        assert_int_equal(status, STATUS_CORRUPT);
        assert_non_null(strstr(error.message, "empty.csv"));
        loader->destroy(decoder);
        text_sink_free(&sink);
    }
}

static int remove_file(void **state) {
    (void)state;
    packed_file_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_or_not_gives_the_same),
        cmocka_unit_test(every_file_of_a_zip_is_imported),
        cmocka_unit_test(failures_say_what_and_where),
        cmocka_unit_test(a_columns_map_reaches_the_decoder),
        cmocka_unit_test(a_watch_sees_progress_and_can_stop),
        cmocka_unit_test(every_format_keeps_the_laws),
    };
    return cmocka_run_group_tests(tests, NULL, remove_file);
}

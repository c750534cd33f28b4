/* Goal: any container gives exactly its content or an error, never something else.
 * Method: a small CSV packed by the usual command-line tools (tests/data/containers): whole, cut at
 * every byte, with every bit flipped; archives and bombs made here; limits; pipes. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/container.h"
#include "base/random_stream.h"
#include "base/sha256.h"
#include "tests/unit/base/packed_file.h"

#define ROOM ((size_t)1 << 20)

static const char *const names[] = {"rows.csv.gz",  "rows.csv.zst", "rows.csv.xz",
                                    "rows.csv.lz4", "rows.csv.bz2", "rows.zip"};
static const char *const filters[] = {"gzip", "zstd", "xz", "lz4", "bzip2"};
#define NAMES (sizeof(names) / sizeof(names[0]))
#define FILTERS (sizeof(filters) / sizeof(filters[0]))

static struct error error;

/* Reads all entries into one buffer of ROOM bytes; *ret_entries may be NULL. */
static enum status read_all(const char *path, const struct container_limits *limits, size_t step,
                            char *ret_bytes, size_t *ret_size, size_t *ret_entries) {
    struct container *container = NULL;
    size_t size = 0;
    size_t entries = 0;
    error.message[0] = '\0';
    enum status status = container_open(path, limits, &container, &error);
    const char *name = NULL;
    while (status == STATUS_OK) {
        status = container_next_entry(container, &name, &error);
        if (status != STATUS_OK)
            break;
        entries++;
        for (size_t count = 1; count > 0 && status == STATUS_OK;) {
            char scratch[4096];
            char *const into = size + step <= ROOM ? ret_bytes + size : scratch;
            status = container_read(container, step, into, &count, &error);
            if (status == STATUS_OK)
                size += count;
        }
    }
    container_close(container);
    *ret_size = size;
    if (ret_entries != NULL)
        *ret_entries = entries;
    if (status != STATUS_END)
        assert_true(strlen(error.message) > 10);
    return status;
}

static char *data_path(const char *name) {
    static char path[1024];
    (void)snprintf(path, sizeof(path), "%s/containers/%s", getenv("CROSSFALL_TEST_DATA"), name);
    return path;
}

static void each_form_gives_its_content(void **state) {
    (void)state;
    void *plain;
    size_t plain_size;
    packed_file_read(data_path("rows.csv"), &plain, &plain_size);
    char *const bytes = malloc(ROOM);
    for (size_t i = 0; i <= NAMES; i++) {
        static const size_t steps[] = {1, 7, 4096};
        for (size_t step = 0; step < 3; step++) {
            size_t size;
            size_t entries;
            const char *const path = data_path(i < NAMES ? names[i] : "rows.csv");
            assert_int_equal(read_all(path, NULL, steps[step], bytes, &size, &entries), STATUS_END);
            assert_int_equal(entries, 1);
            assert_int_equal(size, plain_size);
            assert_memory_equal(bytes, plain, size);
        }
    }
    free(bytes);
    free(plain);
}

static void hash_is_that_of_the_raw_file(void **state) {
    (void)state;
    for (size_t i = 0; i <= NAMES; i++) {
        char path[1024];
        (void)snprintf(path, sizeof(path), "%s", data_path(i < NAMES ? names[i] : "rows.csv"));
        void *raw;
        size_t raw_size;
        packed_file_read(path, &raw, &raw_size);
        char expected[65];
        struct sha256 *const sha = sha256_create_portable();
        sha256_update(sha, raw, raw_size);
        sha256_finish(sha, expected);
        sha256_destroy(sha);

        struct container *container;
        const char *name;
        char bytes[100];
        size_t count;
        char hex[65];
        assert_int_equal(container_open(path, NULL, &container, NULL), STATUS_OK);
        assert_int_equal(container_next_entry(container, &name, NULL), STATUS_OK);
        assert_string_equal(name, i == NAMES || strcmp(names[i], "rows.zip") == 0 ? "rows.csv"
                                                                                  : names[i]);
        do /* read only the first file to its end; the others are hashed from the middle */
            assert_int_equal(container_read(container, sizeof(bytes), bytes, &count, NULL),
                             STATUS_OK);
        while (i == 0 && count > 0);
        uint64_t consumed;
        uint64_t size;
        container_progress(container, &consumed, &size);
        assert_int_equal(size, raw_size);
        assert_true(consumed > 0 && consumed <= size);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(container_sha256(container, hex, NULL), STATUS_OK);
            assert_string_equal(hex, expected);
        }
        container_close(container);
        free(raw);
    }
}

static void cut_anywhere_is_refused(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    for (size_t i = 0; i < NAMES; i++) {
        void *packed;
        size_t packed_size;
        packed_file_read(data_path(names[i]), &packed, &packed_size);
        for (size_t size = 10; size < packed_size; size++) { /* 10: the signature is there */
            size_t got;
            const enum status status =
                read_all(packed_file_write(packed, size), NULL, 4096, bytes, &got, NULL);
            if (status != STATUS_CORRUPT)
                fail_msg("%s cut at %zu of %zu: status %d", names[i], size, packed_size, status);
        }
        free(packed);
    }
    free(bytes);
}

/* A flipped bit may stand in something that is not content (a time, a name, a comment): then the
 * content must be untouched. */
static void flipped_bit_never_changes_content(void **state) {
    (void)state;
    void *plain;
    size_t plain_size;
    packed_file_read(data_path("rows.csv"), &plain, &plain_size);
    char *const bytes = malloc(ROOM);
    for (size_t i = 0; i < NAMES; i++) {
        void *packed;
        size_t packed_size;
        packed_file_read(data_path(names[i]), &packed, &packed_size);
        for (size_t bit = 10 * 8; bit < packed_size * 8; bit++) {
            uint8_t *const byte = (uint8_t *)packed + bit / 8;
            *byte = (uint8_t)(*byte ^ 1u << bit % 8);
            size_t got;
            const enum status status =
                read_all(packed_file_write(packed, packed_size), NULL, 4096, bytes, &got, NULL);
            if (status == STATUS_END && (got != plain_size || memcmp(bytes, plain, got) != 0))
                fail_msg("%s, bit %zu of byte %zu: other content passed (%zu bytes)", names[i],
                         bit % 8, bit / 8, got);
            if (status != STATUS_END && status != STATUS_CORRUPT)
                fail_msg("%s, bit %zu: status %d, %s", names[i], bit, status, error.message);
            *byte = (uint8_t)(*byte ^ 1u << bit % 8);
        }
        free(packed);
    }
    free(bytes);
    free(plain);
}

static void members_and_tails(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    for (size_t i = 0; i < FILTERS; i++) {
        void *first;
        size_t size;
        packed_bytes(filters[i], "hello ", 6, &first, &size);
        char *const twice = malloc(2 * size + 8);
        memcpy(twice, first, size);
        memcpy(twice + size, first, size);
        memcpy(twice + 2 * size, "\0\0\0\0tail", 8);
        size_t got;
        assert_int_equal(
            read_all(packed_file_write(twice, 2 * size), NULL, 4096, bytes, &got, NULL),
            STATUS_END);
        assert_int_equal(got, 12);
        assert_memory_equal(bytes, "hello hello ", 12);
        if (i == 0) /* zero padding after gzip, as tapes have it */
            assert_int_equal(
                read_all(packed_file_write(twice, 2 * size + 4), NULL, 4096, bytes, &got, NULL),
                STATUS_END);
        const enum status status =
            read_all(packed_file_write(twice, 2 * size + 8), NULL, 4096, bytes, &got, NULL);
        if (status != STATUS_CORRUPT)
            fail_msg("%s with a tail: status %d", filters[i], status);
        memcpy(twice + size, "tail", 4); /* a further member with a broken signature */
        const enum status broken =
            read_all(packed_file_write(twice, 2 * size), NULL, 4096, bytes, &got, NULL);
        if (broken != STATUS_CORRUPT)
            fail_msg("%s with a broken second member: status %d", filters[i], broken);
        free(twice);
        free(first);
    }
    free(bytes);
}

static void empty_content_is_one_empty_entry(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    size_t got;
    size_t entries;
    assert_int_equal(read_all(packed_file_write("", 0), NULL, 4096, bytes, &got, &entries),
                     STATUS_END);
    assert_int_equal(entries, 1);
    assert_int_equal(got, 0);
    /* what the command-line tools make of no bytes */
    static const struct {
        const char *bytes;
        size_t size;
    } empties[] = {
        {"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0", 20},
        {"\x28\xb5\x2f\xfd\x24\0\x01\0\0\x99\xe9\xd8\x51", 13},
        {"\xfd\x37zXZ\0\0\x04\xe6\xd6\xb4\x46\0\0\0\0\x1c\xdf\x44\x21\x1f\xb6\xf3\x7d\x01"
         "\0\0\0\0\x04YZ",
         32},
        {"\x04\x22\x4d\x18\x64\x40\xa7\0\0\0\0\x05\x5d\xcc\x02", 15},
        {"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", 14},
    };
    for (size_t i = 0; i < sizeof(empties) / sizeof(empties[0]); i++) {
        const enum status status = read_all(packed_file_write(empties[i].bytes, empties[i].size),
                                            NULL, 4096, bytes, &got, &entries);
        if (status != STATUS_END || entries != 1 || got != 0)
            fail_msg("%s: status %d, %s", filters[i], status, error.message);
    }
    free(bytes);
}

static void nested_containers_are_refused(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    char tar[512] = "rows.csv";
    memcpy(tar + 257, "ustar", 5);
    size_t got;
    assert_int_equal(read_all(packed_file_write(tar, 512), NULL, 4096, bytes, &got, NULL),
                     STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "tar"));
    for (size_t outer = 0; outer <= FILTERS; outer++) {
        for (size_t inner = 0; inner <= FILTERS; inner++) {
            void *packed_inner = NULL;
            size_t size_inner = sizeof(tar);
            if (inner < FILTERS)
                packed_bytes(filters[inner], "hello ", 6, &packed_inner, &size_inner);
            const struct packed_entry entry = {"a", inner < FILTERS ? packed_inner : tar,
                                               size_inner};
            void *packed;
            size_t size;
            if (outer < FILTERS)
                packed_bytes(filters[outer], entry.bytes, entry.size, &packed, &size);
            else
                packed_zip(&entry, 1, NULL, &packed, &size);
            assert_int_equal(
                read_all(packed_file_write(packed, size), NULL, 4096, bytes, &got, NULL),
                STATUS_CORRUPT);
            assert_non_null(strstr(error.message, "unpack the outer first"));
            free(packed);
            free(packed_inner);
        }
    }
    free(bytes);
}

static void bombs_are_stopped(void **state) {
    (void)state;
    const size_t zeros_size = (size_t)200 << 20;
    char *const zeros = calloc(1, zeros_size);
    char *const bytes = malloc(ROOM);
    assert_non_null(zeros);
    for (size_t i = 1; i < FILTERS; i += 3) { /* zstd, bzip2 */
        void *packed;
        size_t size;
        packed_bytes(filters[i], zeros, zeros_size, &packed, &size);
        size_t got;
        assert_int_equal(read_all(packed_file_write(packed, size), NULL, 4096, bytes, &got, NULL),
                         STATUS_CORRUPT);
        assert_non_null(strstr(error.message, "expands without end: stopped at byte 67"));
        assert_true(got <= ((size_t)65 << 20));
        /* with a wider limit it is only a file of zeros */
        const struct container_limits wide = {.expansion_ratio_max = 10000000};
        assert_int_equal(read_all(packed_file_write(packed, size), &wide, 4096, bytes, &got, NULL),
                         STATUS_END);
        assert_int_equal(got, zeros_size);
        free(packed);
    }
    for (size_t i = 0; i <= NAMES; i++) {
        const struct container_limits narrow = {.expanded_bytes_max = 1000};
        size_t got;
        assert_int_equal(
            read_all(data_path(i < NAMES ? names[i] : "rows.csv"), &narrow, 100, bytes, &got, NULL),
            STATUS_CORRUPT);
        assert_non_null(strstr(error.message, "limit 1000 bytes"));
        assert_true(got <= 1000);
    }
    free(bytes);
    free(zeros);
}

static void zip_entries_come_in_turn(void **state) {
    (void)state;
    const struct packed_entry entries[] = {{"a.csv", "first", 5},
                                           {"folder/", NULL, 0},
                                           {"folder/b.csv", "", 0},
                                           {"c.csv", "third", 5}};
    void *packed;
    size_t size;
    packed_zip(entries, 4, NULL, &packed, &size);
    char bytes[100];
    struct container *container;
    const char *name;
    size_t count;
    assert_int_equal(container_open(packed_file_write(packed, size), NULL, &container, NULL),
                     STATUS_OK);
    assert_int_equal(container_next_entry(container, &name, NULL), STATUS_OK);
    assert_string_equal(name, "a.csv");
    assert_int_equal(container_next_entry(container, &name, NULL), STATUS_OK); /* unread: skipped */
    assert_string_equal(name, "folder/b.csv");
    assert_int_equal(container_read(container, 100, bytes, &count, NULL), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(container_next_entry(container, &name, NULL), STATUS_OK);
    assert_string_equal(name, "c.csv");
    assert_int_equal(container_read(container, 100, bytes, &count, NULL), STATUS_OK);
    assert_int_equal(count, 5);
    assert_memory_equal(bytes, "third", 5);
    assert_int_equal(container_next_entry(container, &name, NULL), STATUS_END);
    container_close(container);

    /* damage in an entry that nobody reads is found all the same */
    char *const first = memmem(packed, size, "first", 5);
    if (first != NULL) { /* stored; deflate hides it */
        *first ^= 1;
        assert_int_equal(container_open(packed_file_write(packed, size), NULL, &container, NULL),
                         STATUS_OK);
        assert_int_equal(container_next_entry(container, &name, NULL), STATUS_OK);
        assert_int_equal(container_next_entry(container, &name, &error), STATUS_CORRUPT);
        assert_non_null(strstr(error.message, "a.csv"));
        container_close(container);
    }
    free(packed);
}

static void names_that_point_elsewhere_are_refused(void **state) {
    (void)state;
    static const struct {
        const char *name;
        enum status status;
    } cases[] = {
        {"../a.csv", STATUS_CORRUPT},   {"x/../../a.csv", STATUS_CORRUPT},
        {"x/..", STATUS_CORRUPT},       {"/etc/passwd", STATUS_CORRUPT},
        {"..\\a.csv", STATUS_CORRUPT},  {"a\nb.csv", STATUS_CORRUPT},
        {"x/a..b.csv", STATUS_OK},      {"..a/b.csv", STATUS_OK},
        {"data/x-2021.csv", STATUS_OK},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct packed_entry entry = {cases[i].name, "rows", 4};
        void *packed;
        size_t size;
        packed_zip(&entry, 1, NULL, &packed, &size);
        struct container *container;
        const char *name;
        assert_int_equal(container_open(packed_file_write(packed, size), NULL, &container, NULL),
                         STATUS_OK);
        assert_int_equal(container_next_entry(container, &name, NULL), cases[i].status);
        container_close(container);
        free(packed);
    }
}

static void encrypted_zip_and_wide_window_say_so(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    const struct packed_entry entry = {"a.csv", "first", 5};
    void *packed;
    size_t size;
    size_t got;
    packed_zip(&entry, 1, "secret", &packed, &size);
    assert_int_equal(read_all(packed_file_write(packed, size), NULL, 4096, bytes, &got, NULL),
                     STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "entry 'a.csv': encrypted"));
    free(packed);
    assert_int_equal(read_all(data_path("window-256m.zst"), NULL, 4096, bytes, &got, NULL),
                     STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "--long"));
    free(bytes);
}

/* What asks for more memory than a file may have is refused before it gets any. */
static void memory_is_not_the_files_to_ask_for(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *says;
    } cases[] = {{"dictionary-1g.xz", "a dictionary of more than 64 MiB"},
                 {"lzma.zip", "entry 'a.csv': compressed by a method that is not taken"}};
    char *const bytes = malloc(ROOM);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t got;
        assert_int_equal(read_all(data_path(cases[i].name), NULL, 4096, bytes, &got, NULL),
                         STATUS_CORRUPT);
        if (strstr(error.message, cases[i].says) == NULL)
            fail_msg("'%s' does not say '%s'", error.message, cases[i].says);
    }
    free(bytes);
}

/* xz -9, the largest that the command makes by a level, is taken. */
static void wide_xz_is_taken(void **state) {
    (void)state;
    void *packed;
    size_t size;
    size_t got;
    char *const bytes = malloc(ROOM);
    packed_file_read(data_path("dictionary-1g.xz"), &packed, &size);
    /* Its block header says 64 MiB instead: byte 16, with the CRC of the header behind it. */
    uint8_t *const raw = packed;
    raw[16] = 28;
    const size_t header = (size_t)(raw[12] + 1) * 4;
    const uint32_t crc = (uint32_t)crc32(0, raw + 12, (uInt)(header - 4));
    memcpy(raw + 12 + header - 4, &crc, sizeof(crc)); /* little-endian, as all we run on */
    assert_int_equal(read_all(packed_file_write(packed, size), NULL, 4096, bytes, &got, NULL),
                     STATUS_END);
    assert_int_equal(got, strlen("ts,instrument,price\n"));
    assert_memory_equal(bytes, "ts,instrument,price\n", got);
    free(packed);
    free(bytes);
}

static void files_that_cannot_be_opened(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    size_t got;
    assert_int_equal(read_all("/nonexistent/rows.csv", NULL, 4096, bytes, &got, NULL), STATUS_IO);
    assert_non_null(strstr(error.message, "/nonexistent/rows.csv"));
    assert_int_equal(read_all("/", NULL, 4096, bytes, &got, NULL), STATUS_IO);
    container_close(NULL);
    free(bytes);
}

/* Feeds a file through standard input as a pipe; the bytes fit its buffer. */
static enum status read_piped(const char *name, char *ret_bytes, size_t *ret_size) {
    void *packed;
    size_t size;
    int ends[2];
    packed_file_read(data_path(name), &packed, &size);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], packed, size), size);
    assert_int_equal(close(ends[1]), 0);
    const int kept = dup(STDIN_FILENO);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    const enum status status = read_all("-", NULL, 100, ret_bytes, ret_size, NULL);
    if (kept >= 0) {
        assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
        assert_int_equal(close(kept), 0);
    }
    assert_int_equal(close(ends[0]), 0);
    free(packed);
    return status;
}

static void standard_input_is_a_file_too(void **state) {
    (void)state;
    char *const bytes = malloc(ROOM);
    void *plain;
    size_t plain_size;
    packed_file_read(data_path("rows.csv"), &plain, &plain_size);
    for (size_t i = 0; i < FILTERS; i++) {
        size_t got;
        assert_int_equal(read_piped(names[i], bytes, &got), STATUS_END);
        assert_int_equal(got, plain_size);
        assert_memory_equal(bytes, plain, got);
    }
    size_t got;
    assert_int_equal(read_piped("rows.csv", bytes, &got), STATUS_END);
    assert_int_equal(got, plain_size);
    assert_int_equal(read_piped("rows.zip", bytes, &got), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "pipe"));
    free(plain);
    free(bytes);
}

static int remove_file(void **state) {
    (void)state;
    packed_file_remove();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_gives_its_content),
        cmocka_unit_test(hash_is_that_of_the_raw_file),
        cmocka_unit_test(cut_anywhere_is_refused),
        cmocka_unit_test(flipped_bit_never_changes_content),
        cmocka_unit_test(members_and_tails),
        cmocka_unit_test(empty_content_is_one_empty_entry),
        cmocka_unit_test(nested_containers_are_refused),
        cmocka_unit_test(bombs_are_stopped),
        cmocka_unit_test(zip_entries_come_in_turn),
        cmocka_unit_test(names_that_point_elsewhere_are_refused),
        cmocka_unit_test(encrypted_zip_and_wide_window_say_so),
        cmocka_unit_test(memory_is_not_the_files_to_ask_for),
        cmocka_unit_test(wide_xz_is_taken),
        cmocka_unit_test(files_that_cannot_be_opened),
        cmocka_unit_test(standard_input_is_a_file_too),
    };
    return cmocka_run_group_tests(tests, NULL, remove_file);
}

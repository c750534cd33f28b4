#include "tests/unit/base/packed_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A test that cannot make its input has nothing to say. */
#define DEMAND(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: cannot make the input: %s\n", __FILE__, __LINE__,        \
                          #condition);                                                             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static int file_now = -1;
static char path_now[64];

static void write_entry(struct archive *archive, const struct packed_entry *packed) {
    struct archive_entry *const entry = archive_entry_new();
    const size_t length = strlen(packed->name);
    const int directory = length > 0 && packed->name[length - 1] == '/';
    DEMAND(entry != NULL);
    archive_entry_set_pathname(entry, packed->name);
    archive_entry_set_filetype(entry, directory ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, directory ? 0755 : 0644);
    archive_entry_set_size(entry, (la_int64_t)packed->size);
    DEMAND(archive_write_header(archive, entry) == ARCHIVE_OK);
    if (packed->size > 0)
        DEMAND(archive_write_data(archive, packed->bytes, packed->size) ==
               (la_ssize_t)packed->size);
    archive_entry_free(entry);
}

static void finish(struct archive *archive, const struct packed_entry *entries, size_t count,
                   void **ret_packed, size_t *ret_size) {
    size_t room = 1 << 20;
    for (size_t i = 0; i < count; i++)
        room += 1000 + entries[i].size + entries[i].size / 10;
    char *const packed = malloc(room);
    DEMAND(packed != NULL);
    DEMAND(archive_write_open_memory(archive, packed, room, ret_size) == ARCHIVE_OK);
    for (size_t i = 0; i < count; i++)
        write_entry(archive, &entries[i]);
    DEMAND(archive_write_close(archive) == ARCHIVE_OK);
    DEMAND(archive_write_free(archive) == ARCHIVE_OK);
    *ret_packed = packed;
}

void packed_bytes(const char *filter, const void *bytes, size_t size, void **ret_packed,
                  size_t *ret_size) {
    struct archive *const archive = archive_write_new();
    DEMAND(archive != NULL);
    DEMAND(archive_write_add_filter_by_name(archive, filter) == ARCHIVE_OK);
    DEMAND(archive_write_set_format_raw(archive) == ARCHIVE_OK);
    DEMAND(archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK);
    const struct packed_entry entry = {"data", bytes, size};
    finish(archive, &entry, 1, ret_packed, ret_size);
}

void packed_zip(const struct packed_entry *entries, size_t count, const char *password,
                void **ret_packed, size_t *ret_size) {
    struct archive *const archive = archive_write_new();
    DEMAND(archive != NULL);
    DEMAND(archive_write_set_format_zip(archive) == ARCHIVE_OK);
    DEMAND(archive_write_set_bytes_per_block(archive, 0) == ARCHIVE_OK);
    if (password != NULL) {
        DEMAND(archive_write_set_options(archive, "zip:encryption=traditional") == ARCHIVE_OK);
        DEMAND(archive_write_set_passphrase(archive, password) == ARCHIVE_OK);
    }
    finish(archive, entries, count, ret_packed, ret_size);
}

const char *packed_file_write(const void *bytes, size_t size) {
    packed_file_remove();
    /* in memory: thousands of small files rewritten on a disk are thousands of flushes */
    file_now = memfd_create("packed", MFD_CLOEXEC);
    DEMAND(file_now >= 0);
    for (size_t at = 0; at < size;) {
        const ssize_t count = write(file_now, (const char *)bytes + at, size - at);
        DEMAND(count > 0);
        at += (size_t)count;
    }
    (void)snprintf(path_now, sizeof(path_now), "/proc/self/fd/%d", file_now);
    return path_now;
}

void packed_file_read(const char *path, void **ret_bytes, size_t *ret_size) {
    FILE *const file = fopen(path, "rb");
    DEMAND(file != NULL);
    const size_t room = 1 << 20;
    char *const bytes = malloc(room);
    DEMAND(bytes != NULL);
    *ret_size = fread(bytes, 1, room, file);
    DEMAND(ferror(file) == 0 && *ret_size < room);
    (void)fclose(file); /* only read from */
    *ret_bytes = bytes;
}

void packed_file_remove(void) {
    if (file_now >= 0)
        (void)close(file_now); /* memory only */
    file_now = -1;
}

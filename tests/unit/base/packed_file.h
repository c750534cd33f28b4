#pragma once
/* Makes compressed files and archives for tests, with libarchive's writers. */

#include <stddef.h>

/* One entry of an archive. */
struct packed_entry {
    const char *name; /* ends in '/': a directory */
    const void *bytes;
    size_t size;
};

/* Packs `bytes` with "gzip", "zstd", "xz", "lz4" or "bzip2". The caller frees *ret_packed. */
void packed_bytes(const char *filter, const void *bytes, size_t size, void **ret_packed,
                  size_t *ret_size);

/* A zip of `count` entries, with `password` unless NULL. The caller frees *ret_packed. */
void packed_zip(const struct packed_entry *entries, size_t count, const char *password,
                void **ret_packed, size_t *ret_size);

/* Puts `bytes` into a new file in memory, whose path (borrowed until the next call) is returned.
 * The file is gone with the next call. */
const char *packed_file_write(const void *bytes, size_t size);

/* Reads a whole small file; the caller frees *ret_bytes. */
void packed_file_read(const char *path, void **ret_bytes, size_t *ret_size);

void packed_file_remove(void);

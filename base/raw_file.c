#include "base/raw_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool starts_with(const uint8_t *bytes, size_t size, const char *signature, size_t length) {
    return size >= length && memcmp(bytes, signature, length) == 0;
}

enum form form_of_head(const uint8_t *head, size_t size) {
    if (starts_with(head, size, "\x1f\x8b", 2))
        return FORM_GZIP;
    if (starts_with(head, size, "\x28\xb5\x2f\xfd", 4))
        return FORM_ZSTD;
    /* skippable frames (0x184D2A50 to 5F) belong to zstd and lz4; pzstd puts one first */
    if (size >= 4 && (head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0)
        return FORM_ZSTD;
    if (starts_with(head, size, "\xfd\x37zXZ", 5))
        return FORM_XZ;
    if (starts_with(head, size, "\x04\x22\x4d\x18", 4) ||
        starts_with(head, size, "\x02\x21\x4c\x18", 4))
        return FORM_LZ4;
    if (starts_with(head, size, "BZh", 3) && size >= 10 && head[3] >= '1' && head[3] <= '9' &&
        (memcmp(head + 4, "1AY&SY", 6) == 0 ||
         memcmp(head + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0))
        return FORM_BZIP2;
    if (starts_with(head, size, "PK\x03\x04", 4) || starts_with(head, size, "PK\x05\x06", 4) ||
        starts_with(head, size, "PK\x07\x08", 4))
        return FORM_ZIP;
    if (size >= 262 && memcmp(head + 257, "ustar", 5) == 0)
        return FORM_TAR;
    return FORM_PLAIN;
}

const char *form_name(enum form form) {
    static const char *const names[] = {
        [FORM_PLAIN] = "plain", [FORM_GZIP] = "gzip",   [FORM_ZSTD] = "zstd", [FORM_XZ] = "xz",
        [FORM_LZ4] = "lz4",     [FORM_BZIP2] = "bzip2", [FORM_ZIP] = "zip",   [FORM_TAR] = "tar",
    };
    return names[form];
}

enum status raw_file_init(struct raw_file *raw, const char *path, struct error *reterr) {
    raw->file = -1;
    raw->ended = false;
    raw->seekable = false;
    raw->read_errno = 0;
    raw->sha_hex[0] = '\0';
    raw->size = 0;
    raw->begin = raw->end = 0;
    const bool standard_input = strcmp(path, "-") == 0;
    raw->path = strdup(standard_input ? "standard input" : path);
    raw->sha = sha256_create();
    if (raw->path == NULL || raw->sha == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a file", path);
    /* standard input is duplicated, so that finish() closes only what is ours */
    raw->file = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat facts;
    if (raw->file < 0 || fstat(raw->file, &facts) != 0)
        return error_set(reterr, STATUS_IO, "opening '%s': %s", raw->path, strerror(errno));
    if (S_ISREG(facts.st_mode)) {
        raw->size = facts.st_size > 0 ? (uint64_t)facts.st_size : 0;
        raw->seekable = lseek(raw->file, 0, SEEK_CUR) == 0;
        /* only a hint for read-ahead; nothing is lost if it fails */
        (void)posix_fadvise(raw->file, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return STATUS_OK;
}

/* read(2) that does not stop at signals; hashes what it reads. */
static enum status read_some(struct raw_file *raw, void *ret_bytes, size_t capacity,
                             size_t *ret_count, struct error *reterr) {
    ssize_t count;
    do
        count = read(raw->file, ret_bytes, capacity);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        raw->read_errno = errno;
        return error_set(reterr, STATUS_IO, "reading '%s': %s", raw->path, strerror(errno));
    }
    if (count == 0)
        raw->ended = true;
    else if (raw->sha != NULL)
        sha256_update(raw->sha, ret_bytes, (size_t)count);
    *ret_count = (size_t)count;
    return STATUS_OK;
}

enum status raw_file_fill(struct raw_file *raw, size_t wanted, struct error *reterr) {
    assert(wanted <= RAW_CAPACITY);
    if (raw->begin == raw->end) {
        raw->begin = raw->end = 0;
    } else if (RAW_CAPACITY - raw->begin < wanted) {
        memmove(raw->bytes, raw->bytes + raw->begin, raw->end - raw->begin);
        raw->end -= raw->begin;
        raw->begin = 0;
    }
    while (raw->end - raw->begin < wanted && !raw->ended) {
        size_t count;
        const enum status status =
            read_some(raw, raw->bytes + raw->end, RAW_CAPACITY - raw->end, &count, reterr);
        if (status != STATUS_OK)
            return status;
        raw->end += count;
    }
    return STATUS_OK;
}

enum status raw_file_take(struct raw_file *raw, size_t capacity, void *ret_bytes, size_t *ret_count,
                          struct error *reterr) {
    const size_t held = raw->end - raw->begin;
    if (held > 0) {
        *ret_count = held < capacity ? held : capacity;
        memcpy(ret_bytes, raw->bytes + raw->begin, *ret_count);
        raw->begin += *ret_count;
        return STATUS_OK;
    }
    *ret_count = 0;
    return raw->ended ? STATUS_OK : read_some(raw, ret_bytes, capacity, ret_count, reterr);
}

int64_t raw_file_seek(struct raw_file *raw, int64_t offset, int whence) {
    const off_t at = lseek(raw->file, offset, whence);
    if (at >= 0) {
        raw->begin = raw->end = 0;
        raw->ended = false;
    }
    return at;
}

bool raw_file_peek(const struct raw_file *raw, uint64_t offset, size_t size, void *ret_bytes) {
    uint8_t *into = ret_bytes;
    while (size > 0) {
        const ssize_t count = pread(raw->file, into, size, (off_t)offset);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        into += count;
        offset += (uint64_t)count;
        size -= (size_t)count;
    }
    return true;
}

enum status raw_file_restart(struct raw_file *raw, struct error *reterr) {
    assert(raw->seekable);
    sha256_destroy(raw->sha);
    raw->sha = NULL;
    if (raw_file_seek(raw, 0, SEEK_SET) < 0)
        return error_set(reterr, STATUS_IO, "seeking in '%s': %s", raw->path, strerror(errno));
    return STATUS_OK;
}

/* The hash of a file whose reader seeks: one more pass that leaves the reader's place alone. */
static enum status hash_apart(struct raw_file *raw, char ret_hex[65], struct error *reterr) {
    enum status status = STATUS_OK;
    uint8_t *const bytes = malloc(RAW_CAPACITY);
    struct sha256 *const sha = sha256_create();
    if (bytes == NULL || sha == NULL) {
        status = error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory to hash it", raw->path);
        goto done;
    }
    for (off_t at = 0;;) {
        const ssize_t count = pread(raw->file, bytes, RAW_CAPACITY, at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            status = error_set(reterr, STATUS_IO, "reading '%s': %s", raw->path, strerror(errno));
            goto done;
        }
        if (count == 0)
            break;
        sha256_update(sha, bytes, (size_t)count);
        at += count;
    }
    sha256_finish(sha, ret_hex);
done:
    sha256_destroy(sha);
    free(bytes);
    return status;
}

enum status raw_file_sha256(struct raw_file *raw, char ret_hex[65], struct error *reterr) {
    enum status status = STATUS_OK;
    if (raw->sha_hex[0] == '\0' && raw->sha == NULL)
        status = hash_apart(raw, raw->sha_hex, reterr);
    while (status == STATUS_OK && raw->sha_hex[0] == '\0') {
        raw->begin = raw->end; /* what nobody will take any more */
        status = raw_file_fill(raw, 1, reterr);
        if (status == STATUS_OK && raw->begin == raw->end)
            sha256_finish(raw->sha, raw->sha_hex);
    }
    if (status == STATUS_OK)
        memcpy(ret_hex, raw->sha_hex, sizeof(raw->sha_hex));
    return status;
}

void raw_file_finish(struct raw_file *raw) {
    if (raw->file >= 0)
        (void)close(raw->file); /* only read from: nothing can be lost */
    sha256_destroy(raw->sha);
    free(raw->path);
}

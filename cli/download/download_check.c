#include "cli/download/download_check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "base/container.h"
#include "base/sha256.h"

#define SHA256_DIGITS ((size_t)64)
#define SHOWN_MAX ((size_t)40)

bool download_checksum_read(struct download_checksum *checksum, const char *path) {
    const char *const text = checksum->text;
    size_t size = checksum->size;
    const char *slash = strrchr(path, '/');
    const char *const name = slash != NULL ? slash + 1 : path;
    while (size > 0 && g_ascii_isspace(text[size - 1]))
        size--;
    const size_t name_size = strlen(name);
    if (size < SHA256_DIGITS + 1 + name_size)
        return false;
    for (size_t i = 0; i < SHA256_DIGITS; i++)
        if (!g_ascii_isxdigit(text[i]))
            return false;
    /* Blanks, the last of which may be the * of a binary file. */
    for (size_t i = SHA256_DIGITS; i < size - name_size; i++)
        if (text[i] != ' ' && text[i] != '\t' && !(text[i] == '*' && i == size - name_size - 1))
            return false;
    if (text[SHA256_DIGITS] == '*' || memcmp(text + size - name_size, name, name_size) != 0)
        return false;
    for (size_t i = 0; i < SHA256_DIGITS; i++)
        checksum->sha256[i] = g_ascii_tolower(text[i]);
    checksum->sha256[SHA256_DIGITS] = '\0';
    return true;
}

enum status download_hash(int file, const char *path, bool (*stop)(void), char ret_sha256[65],
                          struct error *reterr) {
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory to hash it", path);
    enum status status = STATUS_OK;
    char buffer[1 << 16];
    off_t at = 0;
    for (;;) {
        const ssize_t count = pread(file, buffer, sizeof(buffer), at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            status = error_set(reterr, STATUS_IO, "reading '%s': %s", path, strerror(errno));
        else if (stop())
            status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
        if (status != STATUS_OK || count == 0)
            break;
        sha256_update(sha, buffer, (size_t)count);
        at += count;
    }
    if (status == STATUS_OK)
        sha256_finish(sha, ret_sha256);
    sha256_destroy(sha);
    return status;
}

/* What came instead, fit for a terminal. */
static void show_bytes(const uint8_t *bytes, size_t size, char ret_text[SHOWN_MAX + 1]) {
    size_t count = 0;
    while (count < size && count < SHOWN_MAX) {
        ret_text[count] = g_ascii_isprint(bytes[count]) ? (char)bytes[count] : '.';
        count++;
    }
    ret_text[count] = '\0';
}

enum status download_check_head(const char *path, const void *bytes, size_t size,
                                struct error *reterr) {
    const uint8_t *const head = bytes;
    if (size < 4)
        return STATUS_OK;
    const bool zip = g_str_has_suffix(path, ".zip");
    const bool good = zip ? memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0
                          : head[0] == 0x1f && head[1] == 0x8b;
    if (good)
        return STATUS_OK;
    char shown[SHOWN_MAX + 1];
    show_bytes(head, size, shown);
    return error_set(reterr, STATUS_CORRUPT,
                     "'%s': the server sent no %s file; what it sent begins with '%s'", path,
                     zip ? "zip" : "gzip", shown);
}

/* Reads all entries, to nowhere. */
static enum status read_through(struct container *container, bool (*stop)(void),
                                struct error *reterr) {
    static const size_t capacity = (size_t)64 * 1024;
    char *buffer = g_malloc(capacity);
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        const char *name = NULL;
        size_t count = 1;
        status = container_next_entry(container, &name, reterr);
        while (status == STATUS_OK && count > 0) {
            status = container_read(container, capacity, buffer, &count, reterr);
            if (status == STATUS_OK && stop())
                status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
        }
    }
    g_free(buffer);
    return status == STATUS_END ? STATUS_OK : status;
}

enum status download_check_whole(int file, const char *path, bool (*stop)(void),
                                 char ret_sha256[65], struct error *reterr) {
    char opened[64];
    uint8_t head[SHOWN_MAX];
    const ssize_t count = pread(file, head, sizeof(head), 0);
    if (count < 0)
        return error_set(reterr, STATUS_IO, "reading '%s': %s", path, strerror(errno));
    if (count < 4)
        return error_set(reterr, STATUS_CORRUPT, "'%s': it has only %zd bytes", path, count);
    enum status status = download_check_head(path, head, (size_t)count, reterr);
    if (status != STATUS_OK)
        return status;
    /* The file that is open, whatever its name leads to by now. */
    (void)snprintf(opened, sizeof(opened), "/proc/self/fd/%d", file); /* fits */
    struct container *container = NULL;
    status = container_open(opened, NULL, &container, reterr);
    if (status == STATUS_OK)
        status = read_through(container, stop, reterr);
    if (status == STATUS_OK)
        status = container_sha256(container, ret_sha256, reterr);
    container_close(container);
    return status == STATUS_OK || status == STATUS_INTERRUPTED
               ? status
               : error_prefix(reterr, status, "'%s'", path);
}

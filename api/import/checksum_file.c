#include "api/import/checksum_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#define SUFFIX ".CHECKSUM"
#define HEX_SIZE 64

bool checksum_file_is_one(const char *path) {
    const size_t size = strlen(path);
    const size_t suffix = strlen(SUFFIX);
    return size > suffix && g_ascii_strcasecmp(path + size - suffix, SUFFIX) == 0;
}

/* Whether `line` is of the form "HASH  NAME" or "HASH *NAME"; *ret_name points behind the hash. */
static bool parse_line(char *line, const char **ret_name) {
    for (size_t i = 0; i < HEX_SIZE; i++) {
        if (!g_ascii_isxdigit(line[i]))
            return false;
        line[i] = g_ascii_tolower(line[i]);
    }
    char *at = line + HEX_SIZE;
    if (*at != '\0' && *at != ' ' && *at != '\t')
        return false;
    *at = '\0';
    at++;
    while (*at == ' ' || *at == '\t' || *at == '*')
        at++;
    at[strcspn(at, "\r\n")] = '\0';
    *ret_name = at;
    return true;
}

/* The hash that the lines of `file` give for `name`: of the line that names it, else of the only
 * line there is. */
static enum status find_hash(FILE *file, const char *path, const char *name,
                             char ret_hex[HEX_SIZE + 1], struct error *reterr) {
    char line[1024];
    unsigned lines = 0;
    bool found = false;
    while (fgets(line, sizeof(line) - 1, file) != NULL && !found) {
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        line[strlen(line) + 1] = '\0'; /* parse_line() may look one past a bare hash */
        const char *named;
        if (!parse_line(line, &named))
            return error_set(reterr, STATUS_CORRUPT,
                             "'%s': not a line of sha256sum: a hash and a file name", path);
        memcpy(ret_hex, line, HEX_SIZE + 1);
        const char *const slash = strrchr(named, '/');
        found = strcmp(slash != NULL ? slash + 1 : named, name) == 0;
        lines++;
    }
    if (ferror(file) != 0)
        return error_set(reterr, STATUS_IO, "reading '%s': %s", path, strerror(errno));
    if (found || lines == 1)
        return STATUS_OK;
    return error_set(reterr, STATUS_CORRUPT, "'%s': there is no hash of '%s' in it", path, name);
}

enum status checksum_file_verify(const char *path, const char *sha256, bool *ret_there,
                                 struct error *reterr) {
    char *beside = g_strconcat(path, SUFFIX, NULL);
    char *name = g_path_get_basename(path);
    char expected[HEX_SIZE + 1] = "";
    enum status status = STATUS_OK;
    FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(beside, "rb");
    *ret_there = file != NULL;
    if (file == NULL && strcmp(path, "-") != 0 && errno != ENOENT && errno != ENAMETOOLONG)
        status = error_set(reterr, STATUS_IO, "opening '%s': %s", beside, strerror(errno));
    if (file != NULL) {
        status = find_hash(file, beside, name, expected, reterr);
        (void)fclose(file); /* was only read */
    }
    if (status == STATUS_OK && *ret_there && strcmp(expected, sha256) != 0)
        status = error_set(reterr, STATUS_CORRUPT,
                           "'%s': its SHA-256 is %s, but '%s' says %s: download it again", path,
                           sha256, beside, expected);
    g_free(beside);
    g_free(name);
    return status;
}

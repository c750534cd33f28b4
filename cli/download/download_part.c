#include "cli/download/download_part.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

static enum status failed(const char *what, const char *path, struct error *reterr) {
    const int number = errno;
    if (number == ELOOP || number == ENOTDIR)
        return error_set(reterr, STATUS_IO,
                         "'%s': a symbolic link or something else stands in the way; nothing is "
                         "written through it",
                         path);
    return error_set(reterr, number == ENOSPC || number == EDQUOT ? STATUS_FULL : STATUS_IO,
                     "%s '%s': %s", what, path, strerror(number));
}

/* Opens the folder that holds `path`. With `make`, folders that are missing are made; without,
 * *ret_folder is -1 where one is. */
static enum status open_folder(int root, const char *path, bool make, int *ret_folder,
                               struct error *reterr) {
    static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    char **names = g_strsplit(path, "/", -1);
    enum status status = STATUS_OK;
    int folder = openat(root, ".", flags);
    if (folder < 0)
        status = failed("opening the folder of", path, reterr);
    for (size_t i = 0; status == STATUS_OK && folder >= 0 && names[i + 1] != NULL; i++) {
        assert(names[i][0] != '\0' && names[i][0] != '.'); /* the plan's promise */
        if (make && mkdirat(folder, names[i], 0777) != 0 && errno != EEXIST)
            status = failed("making the folder of", path, reterr);
        const int next = status == STATUS_OK ? openat(folder, names[i], flags) : -1;
        if (status == STATUS_OK && next < 0 && (make || errno != ENOENT))
            status = failed("opening the folder of", path, reterr);
        (void)close(folder); /* only looked into */
        folder = next;
    }
    g_strfreev(names);
    if (status == STATUS_OK)
        *ret_folder = folder;
    else if (folder >= 0)
        (void)close(folder); /* likewise */
    return status;
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- small files ---- */

static enum status write_all(int file, const char *path, const void *bytes, size_t size,
                             struct error *reterr) {
    const char *at = bytes;
    while (size > 0) {
        const ssize_t count = write(file, at, size);
        if (count < 0 && errno != EINTR)
            return failed("writing", path, reterr);
        if (count > 0) {
            at += count;
            size -= (size_t)count;
        }
    }
    return STATUS_OK;
}

static enum status write_at(int folder, const char *name, const char *path, const char *text,
                            size_t size, struct error *reterr) {
    const int file =
        openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file < 0)
        return failed("opening", path, reterr);
    enum status status = write_all(file, path, text, size, reterr);
    if (close(file) != 0 && status == STATUS_OK)
        status = failed("writing", path, reterr);
    return status;
}

enum status download_open_existing(int root, const char *path, int *ret_file,
                                   struct error *reterr) {
    int folder = -1;
    *ret_file = -1;
    const enum status status = open_folder(root, path, false, &folder, reterr);
    if (status != STATUS_OK || folder < 0)
        return status;
    const int file =
        openat(folder, last_name(path), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const int number = errno;
    (void)close(folder); /* only looked into */
    errno = number;
    struct stat about;
    if (file < 0)
        return errno == ENOENT ? STATUS_OK : failed("opening", path, reterr);
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
        (void)close(file); /* nothing was done with it */
        return error_set(reterr, STATUS_IO, "'%s' is there and is no file", path);
    }
    *ret_file = file;
    return STATUS_OK;
}

enum status download_write_small(int root, const char *path, const char *text, size_t size,
                                 struct error *reterr) {
    int folder = -1;
    enum status status = open_folder(root, path, false, &folder, reterr);
    if (status != STATUS_OK)
        return status;
    if (folder < 0)
        return error_set(reterr, STATUS_IO, "the folder of '%s' is gone", path);
    char *temporary = g_strdup_printf(".%s.part", last_name(path));
    status = write_at(folder, temporary, path, text, size, reterr);
    if (status == STATUS_OK && renameat(folder, temporary, folder, last_name(path)) != 0)
        status = failed("renaming to", path, reterr);
    g_free(temporary);
    (void)close(folder); /* only looked into */
    return status;
}

/* ---- the part ---- */

/* Reads what the part is of; nothing where that cannot be read. */
static void read_validator(struct download_part *part) {
    const int file = openat(part->folder, part->from_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return;
    const ssize_t count = read(file, part->validator, sizeof(part->validator) - 1);
    (void)close(file); /* only read */
    const size_t size = count > 0 ? (size_t)count : 0;
    part->validator[size] = '\0';
    /* A line that was written whole, or none. */
    char *end = strchr(part->validator, '\n');
    if (end != NULL)
        *end = '\0';
    else
        part->validator[0] = '\0';
}

/* Opens the part and makes it ours. */
static enum status open_file(struct download_part *part, int more_flags, struct error *reterr) {
    const int file =
        openat(part->folder, part->part_name,
               O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | more_flags, 0666);
    if (file < 0 && errno == ENOENT)
        return STATUS_OK;
    if (file < 0)
        return failed("opening the part of", part->path, reterr);
    struct stat opened;
    struct stat named;
    enum status status = STATUS_OK;
    if (fstat(file, &opened) != 0 || !S_ISREG(opened.st_mode))
        status = error_set(reterr, STATUS_IO, "the part of '%s' is no file", part->path);
    /* Locked, and still the one of that name: it may have been put in its place meanwhile. */
    else if (flock(file, LOCK_EX | LOCK_NB) != 0 ||
             fstatat(part->folder, part->part_name, &named, AT_SYMLINK_NOFOLLOW) != 0 ||
             named.st_ino != opened.st_ino || fstat(file, &opened) != 0)
        status =
            error_set(reterr, STATUS_IO, "'%s': another program is downloading it", part->path);
    if (status != STATUS_OK) {
        (void)close(file); /* nothing was done with it */
        return status;
    }
    part->file = file;
    part->size = (uint64_t)opened.st_size;
    return STATUS_OK;
}

enum status download_part_open(int root, const char *path, struct download_part *ret_part,
                               struct error *reterr) {
    *ret_part = (struct download_part){
        .root = root,
        .path = path,
        .name = last_name(path),
        .part_name = g_strdup_printf(".%s.part", last_name(path)),
        .from_name = g_strdup_printf(".%s.from", last_name(path)),
        .folder = -1,
        .file = -1,
    };
    struct download_part *const part = ret_part;
    enum status status = open_folder(root, path, false, &part->folder, reterr);
    if (status == STATUS_OK && part->folder >= 0)
        status = open_file(part, 0, reterr);
    if (status != STATUS_OK)
        download_part_close(part);
    else if (part->size > 0)
        read_validator(part);
    return status;
}

enum status download_part_restart(struct download_part *part, const char *validator,
                                  struct error *reterr) {
    enum status status = STATUS_OK;
    if (part->folder < 0)
        status = open_folder(part->root, part->path, true, &part->folder, reterr);
    if (status == STATUS_OK && part->file < 0)
        status = open_file(part, O_CREAT, reterr);
    if (status != STATUS_OK)
        return status;
    /* Emptied first: the name of a content never stands beside bytes of another. */
    if (part->file < 0 || ftruncate(part->file, 0) != 0)
        return failed("emptying the part of", part->path, reterr);
    part->size = 0;
    char *line = g_strdup_printf("%s\n", validator);
    status = write_at(part->folder, part->from_name, part->path, line, strlen(line), reterr);
    g_free(line);
    if (status == STATUS_OK)
        (void)g_strlcpy(part->validator, validator, sizeof(part->validator)); /* a head's, fits */
    return status;
}

enum status download_part_append(struct download_part *part, const void *bytes, size_t size,
                                 struct error *reterr) {
    const enum status status = write_all(part->file, part->path, bytes, size, reterr);
    if (status == STATUS_OK)
        part->size += size;
    return status;
}

enum status download_part_keep(struct download_part *part, struct error *reterr) {
    if (fdatasync(part->file) != 0)
        return failed("writing", part->path, reterr);
    if (renameat(part->folder, part->part_name, part->folder, part->name) != 0)
        return failed("renaming to", part->path, reterr);
    (void)unlinkat(part->folder, part->from_name, 0); /* without its part it means nothing */
    return STATUS_OK;
}

void download_part_drop(struct download_part *part) {
    if (part->file >= 0) {
        (void)unlinkat(part->folder, part->part_name,
                       0); /* the next program finds it refused again */
        (void)unlinkat(part->folder, part->from_name, 0);
        (void)close(part->file); /* what was in it is not wanted */
    }
    part->file = -1;
    part->size = 0;
    part->validator[0] = '\0';
}

void download_part_close(struct download_part *part) {
    if (part->part_name == NULL)
        return;
    if (part->file >= 0)
        (void)close(
            part->file); /* what counts was synced; the rest is checked when it is taken up */
    if (part->folder >= 0)
        (void)close(part->folder); /* only looked into */
    g_free(part->part_name);
    g_free(part->from_name);
    *part = (struct download_part){.folder = -1, .file = -1};
}

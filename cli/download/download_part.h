#pragma once
/* A file on its way into the user's folder. While it is incomplete it stands beside its place as
 * .NAME.part (hidden, so `import` of the folder passes it over), with the server's name for its
 * content in .NAME.from; both outlive the program, so the next one goes on where this one stopped.
 * Folders are walked one by one and no symbolic link below the user's folder is followed, so
 * nothing lands elsewhere. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define DOWNLOAD_VALIDATOR_SIZE ((size_t)256)

struct download_part {
    int root;         /* the user's folder; borrowed */
    const char *path; /* of the file, under it; borrowed */
    const char *name; /* the path's last component */
    char *part_name;
    char *from_name;
    int folder;                              /* -1: not there yet */
    int file;                                /* -1: not there yet; locked otherwise */
    uint64_t size;                           /* bytes so far */
    char validator[DOWNLOAD_VALIDATOR_SIZE]; /* of the file they are of; "": not known */
};

/* Looks for what an earlier program left; makes nothing. STATUS_OK: ended by download_part_close().
 * STATUS_IO: it cannot be opened, or another program is at it. */
MUST_CHECK enum status download_part_open(int root, const char *path,
                                          struct download_part *ret_part, struct error *reterr);

/* Begins anew, of the content that `validator` names; makes folders and file if need be.
 * STATUS_IO, STATUS_FULL. */
MUST_CHECK enum status download_part_restart(struct download_part *part, const char *validator,
                                             struct error *reterr);

MUST_CHECK enum status download_part_append(struct download_part *part, const void *bytes,
                                            size_t size, struct error *reterr);

/* Puts it in its place, in one step, and ends the traces. It must be there. */
MUST_CHECK enum status download_part_keep(struct download_part *part, struct error *reterr);

/* Removes it and its traces. */
void download_part_drop(struct download_part *part);

void download_part_close(struct download_part *part); /* zeroed and half-open are fine */

/* Opens a file under `root` for reading, following no link. *ret_file -1: it is not there. */
MUST_CHECK enum status download_open_existing(int root, const char *path, int *ret_file,
                                              struct error *reterr);

/* Writes a small file under `root` in one step; its folder must be there. STATUS_IO, STATUS_FULL.
 */
MUST_CHECK enum status download_write_small(int root, const char *path, const char *text,
                                            size_t size, struct error *reterr);

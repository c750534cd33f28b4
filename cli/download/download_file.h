#pragma once
/* Fetches one file of a plan: what is there already is left, what was begun goes on, what came is
 * checked before it is put in its place. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cli/download/download_client.h"
#include "cli/download/download_retry.h"

/* What all files of a command share. Several threads use it at once; all but the atomic members
 * stay as they are. */
struct download_job {
    int root;             /* the user's folder, open */
    const char *folder;   /* its name */
    const char *base_url; /* without / at its end */
    bool has_checksum;    /* the venue publishes NAME.CHECKSUM */
    uint64_t size_max;    /* of a file */
    struct download_patience patience;
    bool (*stop)(void);            /* whether the user wants to stop */
    atomic_bool end;               /* whether we do */
    _Atomic int64_t not_before_us; /* monotonic: the server asked for quiet until then */
    _Atomic uint64_t bytes;        /* received, for the progress line */
};

enum download_state {
    DOWNLOAD_NOT_DONE,
    DOWNLOAD_FETCHED,
    DOWNLOAD_ALREADY_THERE,
    DOWNLOAD_NOT_PUBLISHED, /* the server does not have it: 404 or 410 */
    DOWNLOAD_FAILED,
};

struct download_result {
    enum download_state state;
    enum status status;    /* of a failure */
    char *message;         /* likewise; g_free() ends it */
    bool unreachable;      /* likewise: there was no answer, or none that was whole */
    bool checksum_matched; /* else none is published, and the file was read through instead */
    uint64_t size;         /* of the file; 0: not there */
    uint64_t resumed_at;   /* bytes that were there from an earlier program */
    char sha256[65];       /* "": not there */
};

/* Fetches job->base_url/path into job->folder/path. `ret_result` is zeroed. */
void download_file(struct download_job *job, struct download_client *client, const char *path,
                   struct download_result *ret_result);

#include "cli/download/download_file.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>

#include "cli/download/download_check.h"
#include "cli/download/download_part.h"

#define HEAD_SIZE ((size_t)64) /* enough to know what kind of file it is, and to show what came */

/* What became of a request with all its tries. */
enum verdict {
    VERDICT_DONE,
    VERDICT_ABSENT, /* the server does not have it */
    VERDICT_AGAIN,  /* of one try: worth another */
    VERDICT_FAILED,
};

/* A request that is tried until it is done. */
struct fetch {
    struct download_request request;
    /* Takes the next try up where things stand. */
    void (*prepare)(struct fetch *fetch);
    /* What an answer with a file means, or one of code 416, or the end by a callback. */
    enum verdict (*judge)(struct fetch *fetch, enum download_outcome outcome,
                          const struct download_answer *answer, struct error *reterr);
    struct download_job *job;
    const char *path;
    bool unreachable; /* the last try had no whole answer */
};

static bool stop_job(const struct download_job *job) {
    return job->stop() || atomic_load(&job->end);
}

/* Of any request: its context begins with a struct fetch. */
static bool stop_fetch(void *context) {
    const struct fetch *const fetch = context;
    return stop_job(fetch->job);
}

/* ---- tries ---- */

/* Sleeps until a monotonic time, and while the server wants quiet. */
static enum status wait_until(const struct download_job *job, int64_t until_us,
                              struct error *reterr) {
    for (;;) {
        if (stop_job(job))
            return error_set(reterr, STATUS_INTERRUPTED, "interrupted");
        const int64_t quiet_us = atomic_load(&job->not_before_us);
        const int64_t left_us =
            (quiet_us > until_us ? quiet_us : until_us) - g_get_monotonic_time();
        if (left_us <= 0)
            return STATUS_OK;
        g_usleep((gulong)(left_us < 50000 ? left_us : 50000));
    }
}

static void keep_quiet_until(struct download_job *job, int64_t until_us) {
    int64_t before_us = atomic_load(&job->not_before_us);
    while (before_us < until_us &&
           !atomic_compare_exchange_weak(&job->not_before_us, &before_us, until_us)) {
        /* another thread was first; before_us is its time now */
    }
}

/* What one try came to. */
static enum verdict judge_try(struct fetch *fetch, enum download_outcome outcome,
                              const struct download_answer *answer, struct error *reterr) {
    fetch->unreachable = outcome == DOWNLOAD_BROKEN;
    if (outcome == DOWNLOAD_BROKEN)
        return VERDICT_AGAIN;
    if (outcome == DOWNLOAD_ENDED || answer->code == 200 || answer->code == 206 ||
        answer->code == 416)
        return fetch->judge(fetch, outcome, answer, reterr);
    if (answer->code == 404 || answer->code == 410)
        return VERDICT_ABSENT;
    (void)error_set(reterr, STATUS_IO, "%s: the server answers with status %ld", fetch->request.url,
                    answer->code); /* told by the verdict */
    return download_retry_code(answer->code) ? VERDICT_AGAIN : VERDICT_FAILED;
}

static enum verdict fetch_with_tries(struct fetch *fetch, struct download_client *client,
                                     struct error *reterr) {
    struct download_job *const job = fetch->job;
    int64_t until_us = 0;
    for (int made = 1;; made++) {
        struct download_answer answer;
        if (wait_until(job, until_us, reterr) != STATUS_OK)
            return VERDICT_FAILED;
        if (fetch->prepare != NULL)
            fetch->prepare(fetch);
        const enum download_outcome outcome =
            download_client_get(client, &fetch->request, &answer, reterr);
        const enum verdict verdict = judge_try(fetch, outcome, &answer, reterr);
        if (verdict != VERDICT_AGAIN)
            return verdict;
        const int64_t wait_ms = download_retry_wait_ms(&job->patience, made, answer.retry_after_s);
        if (wait_ms < 0 && made < job->patience.tries) {
            (void)error_prefix(reterr, reterr->status,
                               "asked to wait %" PRId64 " s, which is too long",
                               answer.retry_after_s); /* the verdict tells */
            return VERDICT_FAILED;
        }
        if (wait_ms < 0) {
            (void)error_prefix(reterr, reterr->status, "given up after %d tries",
                               made); /* the verdict tells */
            return VERDICT_FAILED;
        }
        until_us = g_get_monotonic_time() + wait_ms * 1000;
        if (download_retry_slow_down(answer.code))
            keep_quiet_until(job, until_us);
    }
}

/* ---- the checksum ---- */

struct checksum_fetch {
    struct fetch fetch;
    struct download_checksum *checksum;
};

static enum status begin_checksum(void *context, const struct download_answer *answer,
                                  struct error *reterr) {
    struct checksum_fetch *const own = context;
    (void)answer;
    (void)reterr;
    own->checksum->size = 0;
    return STATUS_OK;
}

static enum status receive_checksum(void *context, const void *bytes, size_t size,
                                    struct error *reterr) {
    struct checksum_fetch *const own = context;
    struct download_checksum *const checksum = own->checksum;
    if (size > sizeof(checksum->text) - checksum->size)
        return error_set(reterr, STATUS_CORRUPT, "%s: longer than a checksum is",
                         own->fetch.request.url);
    memcpy(checksum->text + checksum->size, bytes, size);
    checksum->size += size;
    return STATUS_OK;
}

static enum verdict judge_checksum(struct fetch *fetch, enum download_outcome outcome,
                                   const struct download_answer *answer, struct error *reterr) {
    struct checksum_fetch *const own = (struct checksum_fetch *)fetch;
    if (outcome != DOWNLOAD_ANSWERED)
        return VERDICT_FAILED;
    if (answer->code == 200 && download_checksum_read(own->checksum, fetch->path))
        return VERDICT_DONE;
    (void)error_set(reterr, STATUS_CORRUPT, "%s: that is no checksum of the file",
                    fetch->request.url); /* told by the verdict */
    return VERDICT_FAILED;
}

/* ---- the file ---- */

struct body_fetch {
    struct fetch fetch;
    struct download_part *part;
    bool contradicted; /* the part is not of the file that the server has */
    bool endless;      /* more came than a file may have */
    bool from_start;   /* what comes is the file from its first byte on */
    uint8_t head[HEAD_SIZE];
};

static enum status contradict(struct body_fetch *own, struct error *reterr) {
    own->contradicted = true;
    return error_set(reterr, STATUS_IO,
                     "%s: the server's answer is not the stretch that was asked for",
                     own->fetch.request.url);
}

static enum status too_large(const struct body_fetch *own, struct error *reterr) {
    return error_set(reterr, STATUS_IO, "%s: larger than %" PRIu64 " bytes (see --max-size)",
                     own->fetch.request.url, own->fetch.job->size_max);
}

static enum status begin_body(void *context, const struct download_answer *answer,
                              struct error *reterr) {
    struct body_fetch *const own = context;
    struct download_part *const part = own->part;
    own->from_start = answer->code == 200;
    if (own->from_start) {
        if (answer->size > own->fetch.job->size_max)
            return too_large(own, reterr);
        return download_part_restart(part, answer->validator, reterr);
    }
    if (own->fetch.request.offset == 0 || !answer->has_range || answer->range_first != part->size ||
        (part->validator[0] != '\0' && answer->validator[0] != '\0' &&
         strcmp(part->validator, answer->validator) != 0))
        return contradict(own, reterr);
    return answer->range_total > own->fetch.job->size_max ? too_large(own, reterr) : STATUS_OK;
}

static enum status receive_body(void *context, const void *bytes, size_t size,
                                struct error *reterr) {
    struct body_fetch *const own = context;
    struct download_part *const part = own->part;
    struct download_job *const job = own->fetch.job;
    if (part->size > job->size_max || size > job->size_max - part->size) {
        own->endless = true;
        return too_large(own, reterr);
    }
    if (own->from_start && part->size < HEAD_SIZE) { /* told early, not after gigabytes */
        const size_t known = (size_t)part->size;
        const size_t added = size < HEAD_SIZE - known ? size : HEAD_SIZE - known;
        memcpy(own->head + known, bytes, added);
        const enum status status =
            download_check_head(own->fetch.path, own->head, known + added, reterr);
        if (status != STATUS_OK)
            return status;
    }
    atomic_fetch_add(&job->bytes, size);
    return download_part_append(part, bytes, size, reterr);
}

static void prepare_body(struct fetch *fetch) {
    struct body_fetch *const own = (struct body_fetch *)fetch;
    own->contradicted = false;
    fetch->request.offset = own->part->size;
    fetch->request.validator = own->part->validator[0] != '\0' ? own->part->validator : NULL;
}

static enum verdict judge_body(struct fetch *fetch, enum download_outcome outcome,
                               const struct download_answer *answer, struct error *reterr) {
    struct body_fetch *const own = (struct body_fetch *)fetch;
    struct download_part *const part = own->part;
    const bool ended = outcome == DOWNLOAD_ENDED;
    if (!ended && answer->code == 416 && part->size > 0 && answer->range_total == part->size)
        return VERDICT_DONE; /* nothing is left of it; whether it is right is checked anyway */
    if (ended && !own->contradicted) {
        if (own->endless)
            download_part_drop(part);
        return VERDICT_FAILED;
    }
    if (ended || answer->code == 416) {
        if (!ended)
            (void)contradict(own, reterr); /* told by the verdict */
        struct error error;
        if (part->size == 0)
            return ended ? VERDICT_AGAIN : VERDICT_FAILED;
        if (download_part_restart(part, "", &error) != STATUS_OK) {
            *reterr = error;
            return VERDICT_FAILED;
        }
        return VERDICT_AGAIN;
    }
    if (answer->code == 206 && answer->range_total != 0 && part->size < answer->range_total) {
        (void)error_set(reterr, STATUS_IO, "%s: only a part of the rest was sent",
                        fetch->request.url); /* told by the verdict */
        return VERDICT_AGAIN;
    }
    return VERDICT_DONE;
}

/* ---- one file ---- */

/* A file on its way through download_file(). */
struct task {
    struct download_job *job;
    struct download_client *client;
    const char *path;
    char *shown;                       /* folder/path, for messages */
    struct download_checksum checksum; /* sha256 "": none is known */
    struct download_result *result;
};

/* Reads the checksum that stands beside the file on disk, if one does. */
static enum status read_local_checksum(struct task *task, struct error *reterr) {
    char *path = g_strconcat(task->path, ".CHECKSUM", NULL);
    int file = -1;
    enum status status = download_open_existing(task->job->root, path, &file, reterr);
    if (file >= 0) {
        const ssize_t count = pread(file, task->checksum.text, sizeof(task->checksum.text), 0);
        task->checksum.size = count > 0 ? (size_t)count : 0;
        if (!download_checksum_read(&task->checksum, task->path))
            task->checksum.sha256[0] = '\0'; /* the server's is asked for */
        (void)close(file);                   /* only read */
    }
    g_free(path);
    return status;
}

/* Whether an open file is the right one: has the checksum, or where none is published is whole.
 * STATUS_CORRUPT: it is not. */
static enum status check_file(struct task *task, int file, struct error *reterr) {
    struct download_result *const result = task->result;
    if (task->checksum.sha256[0] == '\0')
        return download_check_whole(file, task->shown, task->job->stop, result->sha256, reterr);
    const enum status status =
        download_hash(file, task->shown, task->job->stop, result->sha256, reterr);
    if (status != STATUS_OK)
        return status;
    result->checksum_matched = strcmp(result->sha256, task->checksum.sha256) == 0;
    return result->checksum_matched
               ? STATUS_OK
               : error_set(reterr, STATUS_CORRUPT, "'%s': SHA-256 is %s, the published checksum %s",
                           task->shown, result->sha256, task->checksum.sha256);
}

/* Whether the file is in its place and right, as far as what we know tells. */
static enum status look_in_place(struct task *task, bool *ret_there, struct error *reterr) {
    int file = -1;
    struct stat about;
    *ret_there = false;
    enum status status = download_open_existing(task->job->root, task->path, &file, reterr);
    if (status != STATUS_OK || file < 0)
        return status;
    if (fstat(file, &about) != 0)
        status = error_set(reterr, STATUS_IO, "'%s': %s", task->shown, strerror(errno));
    if (status == STATUS_OK)
        status = check_file(task, file, reterr);
    if (status == STATUS_OK) {
        *ret_there = true;
        task->result->size = (uint64_t)about.st_size;
        task->result->state = DOWNLOAD_ALREADY_THERE;
    } else if (status == STATUS_CORRUPT) {
        status = STATUS_OK; /* it will be replaced by a right one */
    }
    (void)close(file); /* only read */
    return status;
}

static enum verdict fetch_checksum(struct task *task, struct error *reterr) {
    char *url = g_strconcat(task->job->base_url, "/", task->path, ".CHECKSUM", NULL);
    struct checksum_fetch own = {.checksum = &task->checksum};
    own.fetch = (struct fetch){
        .request = {.url = url,
                    .context = &own,
                    .begin = begin_checksum,
                    .receive = receive_checksum,
                    .stop = stop_fetch},
        .judge = judge_checksum,
        .job = task->job,
        .path = task->path,
    };
    task->checksum.sha256[0] = '\0';
    const enum verdict verdict = fetch_with_tries(&own.fetch, task->client, reterr);
    task->result->unreachable = own.fetch.unreachable;
    g_free(url);
    return verdict;
}

static enum verdict fetch_body(struct task *task, struct download_part *part,
                               struct error *reterr) {
    char *url = g_strconcat(task->job->base_url, "/", task->path, NULL);
    struct body_fetch own = {.part = part};
    own.fetch = (struct fetch){
        .request = {.url = url,
                    .context = &own,
                    .begin = begin_body,
                    .receive = receive_body,
                    .stop = stop_fetch},
        .prepare = prepare_body,
        .judge = judge_body,
        .job = task->job,
        .path = task->path,
    };
    const enum verdict verdict = fetch_with_tries(&own.fetch, task->client, reterr);
    task->result->unreachable = own.fetch.unreachable;
    g_free(url);
    return verdict;
}

static enum status write_checksum(const struct task *task, struct error *reterr) {
    if (task->checksum.sha256[0] == '\0')
        return STATUS_OK;
    char *path = g_strconcat(task->path, ".CHECKSUM", NULL);
    const enum status status = download_write_small(task->job->root, path, task->checksum.text,
                                                    task->checksum.size, reterr);
    g_free(path);
    return status;
}

/* Puts the part, which was checked, in its place. */
static enum status keep(struct task *task, struct download_part *part, struct error *reterr) {
    const enum status status = download_part_keep(part, reterr);
    if (status != STATUS_OK)
        return status;
    task->result->state = DOWNLOAD_FETCHED;
    task->result->size = part->size;
    return write_checksum(task, reterr);
}

/* Fetches the file into the part and the part into its place. What turns out wrong is fetched once
 * more from the beginning: an earlier part may have been of another version, or a connection
 * without a length cut. */
static enum status obtain(struct task *task, struct download_part *part, struct error *reterr) {
    task->result->resumed_at = part->size;
    /* A program that was killed between the last byte and the check left it whole. */
    enum status status = STATUS_CORRUPT;
    if (part->size > 0 && task->checksum.sha256[0] != '\0')
        status = check_file(task, part->file, reterr);
    for (int round = 0; status == STATUS_CORRUPT && round < 2; round++) {
        const enum verdict verdict = fetch_body(task, part, reterr);
        if (verdict == VERDICT_ABSENT) {
            download_part_drop(part);
            *task->result = (struct download_result){.state = DOWNLOAD_NOT_PUBLISHED};
            return STATUS_OK;
        }
        if (verdict != VERDICT_DONE) {
            /* Half a file is worth keeping, wrong bytes are not. */
            if (reterr->status == STATUS_CORRUPT)
                download_part_drop(part);
            return reterr->status;
        }
        status = check_file(task, part->file, reterr);
        if (status == STATUS_CORRUPT)
            download_part_drop(part);
    }
    return status == STATUS_OK ? keep(task, part, reterr) : status;
}

/* Looks in place with the checksum that stands beside the file, and where that is missing or denies
 * it with the server's. */
static enum status ask_for_checksum(struct task *task, bool *ret_there, struct error *reterr) {
    enum status status = read_local_checksum(task, reterr);
    const bool has_local = task->checksum.sha256[0] != '\0';
    if (status == STATUS_OK && has_local)
        status = look_in_place(task, ret_there, reterr);
    if (status != STATUS_OK || *ret_there)
        return status;
    if (fetch_checksum(task, reterr) == VERDICT_FAILED)
        return reterr->status;
    /* Where there is none at all, a whole file is as good as the one that could be fetched. */
    if (task->checksum.sha256[0] != '\0' || !has_local)
        status = look_in_place(task, ret_there, reterr);
    return status == STATUS_OK && *ret_there ? write_checksum(task, reterr) : status;
}

static enum status run_task(struct task *task, struct error *reterr) {
    bool there = false;
    enum status status = task->job->has_checksum ? ask_for_checksum(task, &there, reterr)
                                                 : look_in_place(task, &there, reterr);
    if (status != STATUS_OK || there)
        return status;
    struct download_part part;
    status = download_part_open(task->job->root, task->path, &part, reterr);
    if (status != STATUS_OK)
        return status;
    status = obtain(task, &part, reterr);
    download_part_close(&part);
    return status;
}

void download_file(struct download_job *job, struct download_client *client, const char *path,
                   struct download_result *ret_result) {
    struct error error = {0};
    struct task task = {
        .job = job,
        .client = client,
        .path = path,
        .shown = g_build_filename(job->folder, path, NULL),
        .result = ret_result,
    };
    *ret_result = (struct download_result){0};
    const enum status status = run_task(&task, &error);
    if (status != STATUS_OK) {
        *ret_result = (struct download_result){
            .state = status == STATUS_INTERRUPTED ? DOWNLOAD_NOT_DONE : DOWNLOAD_FAILED,
            .status = status,
            .message = g_strdup(error.message),
            .unreachable = ret_result->unreachable,
        };
    }
    g_free(task.shown);
}

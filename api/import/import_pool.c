#include "api/import/import_pool.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/import/checksum_file.h"
#include "base/sha256.h"
#include "store/market/market_catalog.h"

/* Files that may be read ahead of the one to be committed, for each thread: what is read waits in
 * little memory, but each keeps a file open beside the market file. */
#define AHEAD 2

struct import_pool {
    struct import_pool_settings settings;
    const GPtrArray *paths;
    GHashTable *known_sizes;  /* of the sources that are in: int64_t * */
    GHashTable *known_hashes; /* char * */
    GThread **threads;
    unsigned thread_count;

    GMutex mutex;
    GCond read;               /* a file has been read */
    GCond room;               /* one has been taken */
    guint begun;              /* files that a thread has taken up ... */
    guint taken;              /* ... and that were given back */
    struct import_job **jobs; /* a ring of `ring` files, by their number */
    guint ring;

    atomic_bool stop;
    atomic_uint_fast64_t rows;
    atomic_uint_fast64_t bytes; /* consumed */
    uint64_t bytes_all;         /* 0: not known */
};

/* ---- one file, by a thread ---- */

/* A file on its way. */
struct passage {
    struct import_pool *pool;
    struct tick_sink sink; /* the import's */
    uint64_t consumed;     /* as told to the pool */
};

static enum status count_and_append(void *context, const struct series_key *key,
                                    const struct tick_batch *batch, struct error *reterr) {
    struct passage *passage = context;
    atomic_fetch_add(&passage->pool->rows, batch->count);
    return passage->sink.append(passage->sink.context, key, batch, reterr);
}

static enum status pass_quality(void *context, const struct series_key *key,
                                const struct series_quality *quality, struct error *reterr) {
    struct passage *passage = context;
    return passage->sink.quality(passage->sink.context, key, quality, reterr);
}

static bool look(void *context, uint64_t consumed, uint64_t size) {
    struct passage *passage = context;
    (void)size; /* the pool knows all sizes */
    if (consumed > passage->consumed) {
        atomic_fetch_add(&passage->pool->bytes, consumed - passage->consumed);
        passage->consumed = consumed;
    }
    return !host_stops(passage->pool->settings.host) && !atomic_load(&passage->pool->stop);
}

/* The SHA-256 of a file's bytes. */
static enum status hash_file(struct import_pool *pool, const char *path, char ret_hex[65],
                             struct error *reterr) {
    char buffer[1 << 16];
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set(reterr, STATUS_IO, "opening '%s': %s", path, strerror(errno));
    enum status status = STATUS_OK;
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory to hash it", path);
    while (status == STATUS_OK) {
        const size_t count = fread(buffer, 1, sizeof(buffer), file);
        sha256_update(sha, buffer, count);
        if (host_stops(pool->settings.host) || atomic_load(&pool->stop))
            status = error_set(reterr, STATUS_INTERRUPTED, "interrupted");
        else if (ferror(file) != 0)
            status = error_set(reterr, STATUS_IO, "reading '%s': %s", path, strerror(errno));
        if (count < sizeof(buffer))
            break;
    }
    if (status == STATUS_OK)
        sha256_finish(sha, ret_hex);
    sha256_destroy(sha);
    (void)fclose(file); /* was only read */
    return status;
}

static bool regular_size(const char *path, int64_t *ret_size) {
    struct stat about;
    if (strcmp(path, "-") == 0 || stat(path, &about) != 0 || !S_ISREG(about.st_mode))
        return false;
    *ret_size = about.st_size;
    return true;
}

/* Whether the file is in already. Hashing it first is a pass more, so only a file whose size some
 * source has is hashed; of others the end of the import tells. */
static enum status is_already_in(struct import_pool *pool, const char *path, bool *ret_is,
                                 struct error *reterr) {
    int64_t size;
    char hex[65];
    *ret_is = false;
    if (!regular_size(path, &size) || !g_hash_table_contains(pool->known_sizes, &size))
        return STATUS_OK;
    const enum status status = hash_file(pool, path, hex, reterr);
    if (status == STATUS_OK)
        *ret_is = g_hash_table_contains(pool->known_hashes, hex);
    return status;
}

static enum status read_file(struct import_pool *pool, struct import_job *job,
                             struct error *reterr) {
    enum status status = is_already_in(pool, job->path, &job->already_in, reterr);
    if (status != STATUS_OK || job->already_in)
        return status;
    status = market_import_begin(pool->settings.market, &job->import, reterr);
    if (status != STATUS_OK)
        return status;
    struct passage passage = {.pool = pool, .sink = market_import_sink(job->import)};
    const struct tick_sink sink = {
        .context = &passage, .append = count_and_append, .quality = pass_quality};
    const struct loader_watch watch = {.context = &passage, .look = look};
    status = loader_import_watched(job->path, pool->settings.format, pool->settings.columns, &watch,
                                   &sink, &job->report, reterr);
    if (status == STATUS_OK)
        status = checksum_file_verify(job->path, job->report.sha256, &job->checked, reterr);
    return status == STATUS_OK ? market_import_seal(job->import, reterr) : status;
}

static struct import_job *make_job(struct import_pool *pool, guint number) {
    struct import_job *job = g_new0(struct import_job, 1);
    job->path = pool->paths->pdata[number];
    if (atomic_load(&pool->stop) || host_stops(pool->settings.host))
        job->status = error_set(&job->error, STATUS_INTERRUPTED, "interrupted");
    else
        job->status = read_file(pool, job, &job->error);
    if (job->status != STATUS_OK) {
        market_import_destroy(job->import);
        job->import = NULL;
    }
    return job;
}

void import_job_destroy(struct import_job *job) {
    market_import_destroy(job->import);
    g_free(job);
}

static gpointer work(gpointer context) {
    struct import_pool *pool = context;
    g_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->begun < pool->paths->len && pool->begun >= pool->taken + pool->ring &&
               !atomic_load(&pool->stop))
            g_cond_wait(&pool->room, &pool->mutex);
        if (pool->begun == pool->paths->len || atomic_load(&pool->stop))
            break;
        const guint number = pool->begun++;
        g_mutex_unlock(&pool->mutex);
        struct import_job *job = make_job(pool, number);
        g_mutex_lock(&pool->mutex);
        pool->jobs[number % pool->ring] = job;
        g_cond_signal(&pool->read);
    }
    g_mutex_unlock(&pool->mutex);
    return NULL;
}

/* ---- the pool ---- */

static enum status list_known(struct import_pool *pool, struct error *reterr) {
    struct market_source_list list = {0};
    const enum status status = market_list_sources(pool->settings.market, NULL, &list, reterr);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < list.count; i++) {
        int64_t *size = g_new(int64_t, 1);
        *size = (int64_t)list.rows[i].bytes;
        (void)g_hash_table_add(pool->known_sizes, size); /* new or not */
        (void)g_hash_table_add(pool->known_hashes, g_strdup(list.rows[i].sha256));
    }
    market_source_list_finish(&list);
    return STATUS_OK;
}

/* The bytes of all files; 0 if one has no size. */
static uint64_t size_of_all(const GPtrArray *paths) {
    uint64_t sum = 0;
    for (guint i = 0; i < paths->len; i++) {
        int64_t size;
        if (!regular_size(paths->pdata[i], &size))
            return 0;
        sum += (uint64_t)size;
    }
    return sum;
}

enum status import_pool_create(const struct import_pool_settings *settings, const GPtrArray *paths,
                               struct import_pool **ret_pool, struct error *reterr) {
    assert(settings->threads > 0 && paths->len > 0);
    struct import_pool *pool = g_new0(struct import_pool, 1);
    pool->settings = *settings;
    pool->paths = paths;
    pool->known_sizes = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    pool->known_hashes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_mutex_init(&pool->mutex);
    g_cond_init(&pool->read);
    g_cond_init(&pool->room);
    pool->bytes_all = size_of_all(paths);
    const enum status status = list_known(pool, reterr);
    if (status != STATUS_OK) {
        import_pool_destroy(pool);
        return status;
    }
    const unsigned threads = settings->threads < paths->len ? settings->threads : paths->len;
    pool->ring = AHEAD * threads;
    pool->jobs = g_new0(struct import_job *, pool->ring);
    pool->threads = g_new0(GThread *, threads);
    for (unsigned i = 0; i < threads; i++) {
        GThread *thread = g_thread_try_new("import", work, pool, NULL);
        if (thread == NULL)
            break; /* fewer do as well */
        pool->threads[pool->thread_count++] = thread;
    }
    if (pool->thread_count == 0) {
        import_pool_destroy(pool);
        return error_set(reterr, STATUS_NO_MEMORY, "no thread can be started");
    }
    *ret_pool = pool;
    return STATUS_OK;
}

struct import_job *import_pool_next(struct import_pool *pool) {
    assert(pool->taken < pool->paths->len);
    const int64_t until_us = g_get_monotonic_time() + G_TIME_SPAN_MILLISECOND * 100;
    struct import_job **place = &pool->jobs[pool->taken % pool->ring];
    g_mutex_lock(&pool->mutex);
    while (*place == NULL && g_cond_wait_until(&pool->read, &pool->mutex, until_us))
        continue;
    struct import_job *job = *place;
    if (job != NULL) {
        *place = NULL;
        pool->taken++;
        g_cond_broadcast(&pool->room);
    }
    g_mutex_unlock(&pool->mutex);
    return job;
}

void import_pool_progress(struct import_pool *pool, uint64_t *ret_rows, double *ret_share) {
    *ret_rows = atomic_load(&pool->rows);
    *ret_share =
        pool->bytes_all == 0 ? -1 : (double)atomic_load(&pool->bytes) / (double)pool->bytes_all;
}

void import_pool_destroy(struct import_pool *pool) {
    if (pool == NULL)
        return;
    atomic_store(&pool->stop, true);
    g_mutex_lock(&pool->mutex);
    g_cond_broadcast(&pool->room);
    g_mutex_unlock(&pool->mutex);
    for (unsigned i = 0; i < pool->thread_count; i++)
        (void)g_thread_join(pool->threads[i]); /* it returns nothing */
    for (guint i = 0; pool->jobs != NULL && i < pool->ring; i++) {
        if (pool->jobs[i] != NULL)
            import_job_destroy(pool->jobs[i]);
    }
    g_hash_table_destroy(pool->known_sizes);
    g_hash_table_destroy(pool->known_hashes);
    g_free(pool->jobs);
    g_free(pool->threads);
    g_mutex_clear(&pool->mutex);
    g_cond_clear(&pool->read);
    g_cond_clear(&pool->room);
    g_free(pool);
}

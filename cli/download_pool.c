#include "cli/download_pool.h"

#include <assert.h>

#include <glib.h>

/* Failures in a row without an answer, after which the server is taken to be away. */
#define UNREACHABLE_MAX 3

struct pool {
    struct download_job *job;
    const struct download_plan *plan;
    struct download_result *results;
    int stall_s;
    GMutex lock; /* of all below, and of the results that are through */
    GCond changed;
    size_t next;
    size_t done;
    bool *through;
    int unreachable; /* failures in a row */
    int running;
    struct error error; /* of a thread that could not begin */
};

/* The next file that nobody has; false: there is none. */
static bool take_next(struct pool *pool, size_t *ret_index) {
    g_mutex_lock(&pool->lock);
    const bool has =
        pool->next < pool->plan->count && !atomic_load(&pool->job->end) && !pool->job->stop();
    if (has)
        *ret_index = pool->next++;
    g_mutex_unlock(&pool->lock);
    return has;
}

static void hand_in(struct pool *pool, size_t index, const struct download_result *result) {
    g_mutex_lock(&pool->lock);
    pool->results[index] = *result;
    pool->through[index] = true;
    pool->done++;
    if (result->state == DOWNLOAD_FAILED && result->unreachable)
        pool->unreachable++;
    else
        pool->unreachable = 0;
    if (pool->unreachable >= UNREACHABLE_MAX || result->status == STATUS_FULL ||
        result->status == STATUS_NO_MEMORY)
        atomic_store(&pool->job->end, true);
    g_cond_signal(&pool->changed);
    g_mutex_unlock(&pool->lock);
}

static void *work(void *context) {
    struct pool *const pool = context;
    struct download_client *client = NULL;
    struct error error = {0};
    size_t index = 0;
    const enum status status = download_client_create(pool->stall_s, &client, &error);
    while (status == STATUS_OK && take_next(pool, &index)) {
        struct download_result result;
        download_file(pool->job, client, pool->plan->paths[index], &result);
        hand_in(pool, index, &result);
    }
    download_client_destroy(client);
    g_mutex_lock(&pool->lock);
    if (status != STATUS_OK)
        pool->error = error;
    pool->running--;
    g_cond_signal(&pool->changed);
    g_mutex_unlock(&pool->lock);
    return NULL;
}

/* Tells what comes through, in order, until all threads have ended. */
static void watch_pool(struct pool *pool, const struct download_watch *watch) {
    size_t told = 0;
    g_mutex_lock(&pool->lock);
    for (;;) {
        while (told < pool->plan->count && pool->through[told]) {
            const struct download_result result = pool->results[told];
            g_mutex_unlock(&pool->lock);
            watch->tell(watch->context, pool->plan->paths[told++], &result);
            g_mutex_lock(&pool->lock);
        }
        if (pool->running == 0)
            break;
        const size_t done = pool->done;
        g_mutex_unlock(&pool->lock);
        watch->look(watch->context, done);
        g_mutex_lock(&pool->lock);
        if (pool->running > 0 && !(told < pool->plan->count && pool->through[told]))
            (void)g_cond_wait_until(&pool->changed, &pool->lock,
                                    g_get_monotonic_time() + 100000); /* either way: look */
    }
    g_mutex_unlock(&pool->lock);
    for (; told < pool->plan->count; told++) /* behind one that nobody took up any more */
        watch->tell(watch->context, pool->plan->paths[told], &pool->results[told]);
}

/* What all of it came to. */
static enum status judge_pool(const struct pool *pool, struct error *reterr) {
    enum status first = STATUS_OK;
    bool complete = true;
    for (size_t i = 0; i < pool->plan->count; i++) {
        const struct download_result *const result = &pool->results[i];
        complete = complete && result->state != DOWNLOAD_NOT_DONE;
        if (result->state == DOWNLOAD_FAILED && first == STATUS_OK)
            first = result->status;
    }
    if (complete)
        return first;
    if (pool->job->stop())
        return error_set(reterr, STATUS_INTERRUPTED,
                         "interrupted; the same command goes on from here");
    if (pool->unreachable >= UNREACHABLE_MAX)
        return error_set(reterr, STATUS_IO,
                         "ended: %d files one after another could not be had from the server",
                         UNREACHABLE_MAX);
    if (first != STATUS_OK)
        return error_set(reterr, first, "ended early; the same command goes on from here");
    return pool->error.status != STATUS_OK
               ? error_set(reterr, pool->error.status, "%s", pool->error.message)
               : error_set(reterr, STATUS_NO_MEMORY, "no thread could be started");
}

enum status download_pool_run(struct download_job *job, const struct download_plan *plan,
                              int parallel, int stall_s, const struct download_watch *watch,
                              struct download_result *ret_results, struct error *reterr) {
    assert(parallel >= 1 && parallel <= DOWNLOAD_PARALLEL_MAX);
    struct pool pool = {
        .job = job,
        .plan = plan,
        .results = ret_results,
        .stall_s = stall_s,
        .through = g_new0(bool, plan->count),
    };
    g_mutex_init(&pool.lock);
    g_cond_init(&pool.changed);
    GThread *threads[DOWNLOAD_PARALLEL_MAX] = {NULL};
    for (int i = 0; i < parallel && (size_t)i < plan->count; i++) {
        g_mutex_lock(&pool.lock);
        pool.running++;
        g_mutex_unlock(&pool.lock);
        threads[i] = g_thread_try_new("download", work, &pool, NULL);
        if (threads[i] == NULL) { /* fewer will do */
            g_mutex_lock(&pool.lock);
            pool.running--;
            g_mutex_unlock(&pool.lock);
            break;
        }
    }
    watch_pool(&pool, watch);
    for (int i = 0; i < parallel; i++)
        if (threads[i] != NULL)
            (void)g_thread_join(threads[i]); /* gives nothing */
    const enum status status = judge_pool(&pool, reterr);
    g_free(pool.through);
    g_cond_clear(&pool.changed);
    g_mutex_clear(&pool.lock);
    return status;
}

void download_results_finish(struct download_result *results, size_t count) {
    for (size_t i = 0; i < count; i++)
        g_free(results[i].message);
}

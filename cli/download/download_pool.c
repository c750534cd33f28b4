#include "cli/download/download_pool.h"

#include <assert.h>
#include <pthread.h>
#include <time.h>

#include <glib.h>

/* Failures in a row without an answer, after which the server is taken to be away. */
#define UNREACHABLE_MAX 3

struct pool {
    struct download_job *job;
    const struct download_plan *plan;
    struct download_result *results;
    int stall_s;
    pthread_mutex_t lock; /* of all below, and of the results that are through */
    pthread_cond_t changed;
    size_t next;
    size_t done;
    bool *through;
    int unreachable; /* failures in a row */
    int running;
    struct error error; /* of a thread that could not begin */
};

/* An ordinary mutex fails only where a thread takes it twice or gives back what it has not. */
static void lock(struct pool *pool) {
    (void)pthread_mutex_lock(&pool->lock);
}

static void unlock(struct pool *pool) {
    (void)pthread_mutex_unlock(&pool->lock);
}

/* The next file that nobody has; false: there is none. */
static bool take_next(struct pool *pool, size_t *ret_index) {
    lock(pool);
    const bool has =
        pool->next < pool->plan->count && !atomic_load(&pool->job->end) && !pool->job->stop();
    if (has)
        *ret_index = pool->next++;
    unlock(pool);
    return has;
}

static void hand_in(struct pool *pool, size_t index, const struct download_result *result) {
    lock(pool);
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
    (void)pthread_cond_signal(&pool->changed); /* cannot fail */
    unlock(pool);
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
    lock(pool);
    if (status != STATUS_OK)
        pool->error = error;
    pool->running--;
    (void)pthread_cond_signal(&pool->changed); /* cannot fail */
    unlock(pool);
    return NULL;
}

/* Until something changes, or a tenth of a second. */
static void wait_briefly(struct pool *pool) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until); /* there always is one */
    until.tv_nsec += 100000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_cond_timedwait(&pool->changed, &pool->lock, &until); /* the caller looks again */
}

/* Tells what comes through, in order, until all threads have ended. */
static void watch_pool(struct pool *pool, const struct download_watch *watch) {
    size_t told = 0;
    lock(pool);
    for (;;) {
        while (told < pool->plan->count && pool->through[told]) {
            const struct download_result result = pool->results[told];
            unlock(pool);
            watch->tell(watch->context, pool->plan->paths[told++], &result);
            lock(pool);
        }
        if (pool->running == 0)
            break;
        const size_t done = pool->done;
        unlock(pool);
        watch->look(watch->context, done);
        lock(pool);
        if (pool->running > 0 && !(told < pool->plan->count && pool->through[told]))
            wait_briefly(pool);
    }
    unlock(pool);
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
    (void)pthread_mutex_init(&pool.lock, NULL);   /* cannot fail without attributes */
    (void)pthread_cond_init(&pool.changed, NULL); /* the same */
    pthread_t threads[DOWNLOAD_PARALLEL_MAX];
    int started = 0;
    for (; started < parallel && (size_t)started < plan->count; started++) {
        lock(&pool);
        pool.running++;
        unlock(&pool);
        if (pthread_create(&threads[started], NULL, work, &pool) != 0) { /* fewer will do */
            lock(&pool);
            pool.running--;
            unlock(&pool);
            break;
        }
    }
    watch_pool(&pool, watch);
    for (int i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    const enum status status = judge_pool(&pool, reterr);
    g_free(pool.through);
    (void)pthread_cond_destroy(&pool.changed);
    (void)pthread_mutex_destroy(&pool.lock);
    return status;
}

void download_results_finish(struct download_result *results, size_t count) {
    for (size_t i = 0; i < count; i++)
        g_free(results[i].message);
}

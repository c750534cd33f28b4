#include "scenarios/population/population.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/population/population_draw.h"

#define THREADS_MAX 256
#define BLOCK_PAIRS 2048 /* drawn by one thread at a time: half a megabyte of accounts */

/* One thread's share of a pass. Sums are integers and blocks are appended in order, so the number
 * of threads changes nothing but the time. */
struct worker {
    const struct population_plan *plan;
    uint64_t first;
    uint64_t pair_count;
    int128 *directional_sums; /* NULL: this pass draws accounts */
    int128 *hedged_sums;
    struct population_account *drawn; /* 2 * BLOCK_PAIRS */
    enum status status;
    struct error error;
};

static void *work(void *argument) {
    struct worker *worker = argument;
    worker->status = STATUS_OK;
    if (worker->directional_sums != NULL) {
        population_draw_sums(worker->plan, worker->first, worker->pair_count,
                             worker->directional_sums, worker->hedged_sums);
        return NULL;
    }
    for (uint64_t k = 0; k < worker->pair_count && worker->status == STATUS_OK; k++)
        worker->status = population_draw_pair(worker->plan, worker->first + k, false,
                                              &worker->drawn[2 * k], &worker->error);
    return NULL;
}

/* Runs all workers, the first on the caller's thread. One that gets no thread runs there, too. */
static void work_all(struct worker *workers, unsigned threads) {
    pthread_t handles[THREADS_MAX];
    bool started[THREADS_MAX] = {false};
    for (unsigned t = 1; t < threads; t++)
        if (workers[t].pair_count > 0)
            started[t] = pthread_create(&handles[t], NULL, work, &workers[t]) == 0;
    for (unsigned t = 0; t < threads; t++)
        if (!started[t])
            (void)work(&workers[t]); /* always NULL; its outcome stands in the worker */
    for (unsigned t = 1; t < threads; t++)
        if (started[t])
            (void)pthread_join(handles[t], NULL); /* fails only for a handle that is not ours */
}

/* One pass over all pairs; adds to `directional` and `hedged`, one an instrument. */
static enum status sum_pass(const struct population_plan *plan, unsigned threads,
                            int128 *directional, int128 *hedged, struct error *reterr) {
    struct worker *workers = calloc(threads, sizeof(*workers));
    int128 *sums = calloc((size_t)threads * 2, plan->count * sizeof(*sums));
    if (workers == NULL || sums == NULL) {
        free(workers);
        free(sums);
        return error_set(reterr, STATUS_NO_MEMORY, "population: no memory for sums");
    }
    const uint64_t pairs = plan->settings->accounts / 2;
    for (unsigned t = 0; t < threads; t++) {
        const uint64_t first = pairs * t / threads;
        workers[t] = (struct worker){.plan = plan,
                                     .first = first,
                                     .pair_count = pairs * (t + 1) / threads - first,
                                     .directional_sums = &sums[(size_t)t * 2 * plan->count],
                                     .hedged_sums = &sums[((size_t)t * 2 + 1) * plan->count]};
    }
    work_all(workers, threads);
    for (unsigned t = 0; t < threads; t++)
        for (size_t i = 0; i < plan->count; i++) {
            directional[i] += workers[t].directional_sums[i];
            hedged[i] += workers[t].hedged_sums[i];
        }
    free(workers);
    free(sums);
    return STATUS_OK;
}

static struct population_scale scale_make(int128 num, int128 den) {
    return (struct population_scale){.num = num, .den = den, .factor = (double)num / (double)den};
}

/* Finds the scales that make the long side of each contract its open interest. A first pass gives
 * the scale that all accounts of a contract would need; hedged pairs take the smaller one of their
 * two contracts, a second pass sums what they hold then, and directional accounts hold the rest. */
static enum status plan_scales(struct population_plan *plan, unsigned threads,
                               struct error *reterr) {
    const int64_t *open_interest = plan->settings->open_interest;
    bool given = false;
    for (size_t i = 0; open_interest != NULL && i < plan->count; i++)
        given |= open_interest[i] > 0;
    if (!given || plan->settings->accounts < 2)
        return STATUS_OK;
    int128 *sums = calloc(plan->count * 4, sizeof(*sums));
    if (sums == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "population: no memory for sums");
    int128 *directional = sums;
    int128 *hedged = &sums[plan->count];
    int128 *hedged_scaled = &sums[plan->count * 2];
    int128 *unused = &sums[plan->count * 3];

    enum status status = sum_pass(plan, threads, directional, hedged, reterr);
    for (size_t i = 0; i < plan->count && status == STATUS_OK; i++) {
        if (open_interest[i] == 0)
            continue;
        if (directional[i] == 0) {
            status = error_set(reterr, STATUS_CONFIG,
                               "population.open_interest.%s: none of %llu accounts drew this "
                               "contract; raise population.accounts or leave it out",
                               plan->instruments[i].symbol,
                               (unsigned long long)plan->settings->accounts);
            break;
        }
        plan->hedged[i] = scale_make(open_interest[i], directional[i] + hedged[i]);
    }
    if (status == STATUS_OK)
        status = sum_pass(plan, threads, unused, hedged_scaled, reterr);
    for (size_t i = 0; i < plan->count && status == STATUS_OK; i++) {
        if (open_interest[i] == 0)
            continue;
        assert(hedged_scaled[i] < open_interest[i]); /* the smaller scale gives at most its part */
        plan->directional[i] = scale_make(open_interest[i] - hedged_scaled[i], directional[i]);
    }
    free(sums);
    return status;
}

static enum status append(struct accounts *accounts, const struct population_account *account,
                          struct error *reterr) {
    enum status status = accounts_add(accounts, NULL, population_cohort_name(account->cohort),
                                      account->balance, false, reterr);
    for (uint32_t k = 0; k < account->position_count && status == STATUS_OK; k++) {
        const struct population_position *position = &account->positions[k];
        status = accounts_add_position(accounts, position->instrument, position->lots,
                                       position->cost, MARGIN_CROSS, 0, 0, reterr);
    }
    return status;
}

/* Draws and appends all pairs in rounds: every thread one block, then the blocks in order. */
static enum status append_pairs(const struct population_plan *plan, struct worker *workers,
                                unsigned threads, struct accounts *accounts, struct error *reterr) {
    const uint64_t pairs = plan->settings->accounts / 2;
    for (uint64_t next = 0; next < pairs;) {
        for (unsigned t = 0; t < threads; t++) {
            const uint64_t left = pairs - next;
            workers[t].first = next;
            workers[t].pair_count = left < BLOCK_PAIRS ? left : BLOCK_PAIRS;
            next += workers[t].pair_count;
        }
        work_all(workers, threads);
        for (unsigned t = 0; t < threads; t++) {
            if (workers[t].status != STATUS_OK)
                return error_set(reterr, workers[t].status, "%s", workers[t].error.message);
            for (uint64_t k = 0; k < 2 * workers[t].pair_count; k++) {
                const enum status status = append(accounts, &workers[t].drawn[k], reterr);
                if (status != STATUS_OK)
                    return status;
            }
        }
    }
    return STATUS_OK;
}

static enum status draw_all(const struct population_plan *plan, unsigned threads,
                            struct accounts *accounts, struct error *reterr) {
    struct worker *workers = calloc(threads, sizeof(*workers));
    struct population_account *drawn = calloc((size_t)threads * 2 * BLOCK_PAIRS, sizeof(*drawn));
    enum status status = STATUS_OK;
    if (workers == NULL || drawn == NULL) {
        status = error_set(reterr, STATUS_NO_MEMORY, "population: no memory for a block");
    } else {
        for (unsigned t = 0; t < threads; t++)
            workers[t] =
                (struct worker){.plan = plan, .drawn = &drawn[(size_t)t * 2 * BLOCK_PAIRS]};
        status = append_pairs(plan, workers, threads, accounts, reterr);
    }
    if (status == STATUS_OK && plan->settings->accounts % 2 == 1) {
        status = population_draw_pair(plan, plan->settings->accounts / 2, true, drawn, reterr);
        if (status == STATUS_OK)
            status = append(accounts, &drawn[0], reterr);
    }
    free(workers);
    free(drawn);
    return status;
}

enum status population_generate(const struct population_settings *settings,
                                const struct instrument *instruments, size_t count,
                                const int64_t *start_price_ticks,
                                const struct price_history *entries,
                                const struct rulebook *rulebook, struct accounts *accounts,
                                unsigned threads, struct error *reterr) {
    assert(settings != NULL && accounts != NULL && threads > 0);
    for (size_t i = 0; i < count; i++)
        if (instruments[i].settles != NULL &&
            strcmp(instruments[i].settles, accounts_settlement(accounts)) != 0)
            return error_set(reterr, STATUS_CONFIG,
                             "population: '%s' settles in %s, accounts in %s: such positions are "
                             "not drawn, give the accounts by accounts.file",
                             instruments[i].symbol, instruments[i].settles,
                             accounts_settlement(accounts));
    const unsigned used = threads < THREADS_MAX ? threads : THREADS_MAX;
    struct population_plan plan;
    enum status status = population_plan_init(&plan, settings, instruments, count,
                                              start_price_ticks, entries, rulebook, reterr);
    if (status == STATUS_OK)
        status = plan_scales(&plan, used, reterr);
    if (status == STATUS_OK)
        status = draw_all(&plan, used, accounts, reterr);
    population_plan_finish(&plan);
    return status;
}

#include "engine/liquidation/release_limit.h"

#include <stdlib.h>

static bool is_ruled(const struct rulebook *rules) {
    return rules->limits.release_ns > 0;
}

int64_t release_limit_part(const struct limits *limits, const struct book *book,
                           const struct pool *pool, int128 shortage) {
    const struct rulebook *rules = book->rulebook;
    if (!is_ruled(rules))
        return CLOSE_PART_SCALE;
    const struct release *release = &limits->releases[pool - book->pools];
    const struct close_release rule = {
        .initial_part = rules->limits.release_initial_e8 / (RATE_SCALE / CLOSE_PART_SCALE),
        .duration = rules->limits.release_ns,
        .minimum = rules->liquidation.minimum_notional,
    };
    const bool begun = release->began_ns != INT64_MIN;
    return close_released_part(&rule, shortage, begun ? release->freed : 0,
                               begun ? book->now_ns - release->began_ns : 0);
}

void release_limit_end(struct limits *limits, uint32_t pool) {
    if (limits->releases != NULL)
        limits->releases[pool] = (struct release){.began_ns = INT64_MIN};
}

/* ---- the table's ---- */

static void renew(struct limits *limits, const struct book *book, size_t first, size_t end) {
    (void)book;
    for (size_t p = first; p < end; p++)
        limits->releases[p] = (struct release){.began_ns = INT64_MIN};
}

static enum status prepare(struct limits *limits, const struct book *book, struct error *reterr) {
    if (limits->releases != NULL)
        return STATUS_OK;
    limits->releases = malloc((book->pool_count + 1) * sizeof(*limits->releases));
    if (limits->releases == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for liquidations under way");
    renew(limits, book, 0, book->pool_count);
    return STATUS_OK;
}

static void note(struct limits *limits, const struct book *book, const struct order *order) {
    if (order->frees < 0)
        return;
    struct release *release = &limits->releases[order->pool];
    if (release->began_ns == INT64_MIN)
        *release = (struct release){.began_ns = book->now_ns};
    release->freed += order->frees;
}

static size_t bytes(const struct limits *limits, const struct book *book) {
    return limits->releases == NULL ? 0 : (book->pool_count + 1) * sizeof(*limits->releases);
}

static void finish(struct limits *limits) {
    free(limits->releases);
}

const struct limit_kind release_limit = {
    .keys = "liquidation.release_initial, release_ms",
    .is_ruled = is_ruled,
    .prepare = prepare,
    .renew = renew,
    .note = note,
    .bytes = bytes,
    .finish = finish,
};

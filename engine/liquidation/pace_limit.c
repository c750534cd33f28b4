#include "engine/liquidation/pace_limit.h"

static bool is_ruled(const struct rulebook *rules) {
    return rules->limits.pace_pools > 0;
}

static int64_t window_of(const struct rulebook *rules, int64_t now_ns) {
    return (int64_t)div_floor(now_ns, rules->limits.pace_ns);
}

size_t pace_limit_room(const struct limits *limits, const struct rulebook *rules, int64_t now_ns) {
    if (!is_ruled(rules))
        return SIZE_MAX;
    const int64_t used = window_of(rules, now_ns) == limits->pace_window ? limits->pace_used : 0;
    /* New rules may have brought a smaller pace within the window. */
    return rules->limits.pace_pools > used ? (size_t)(rules->limits.pace_pools - used) : 0;
}

int64_t pace_limit_end_ns(const struct rulebook *rules, int64_t now_ns) {
    return (window_of(rules, now_ns) + 1) * rules->limits.pace_ns;
}

void pace_limit_note(struct limits *limits, const struct rulebook *rules, int64_t now_ns,
                     size_t pools) {
    if (!is_ruled(rules))
        return;
    const int64_t window = window_of(rules, now_ns);
    if (window != limits->pace_window) {
        limits->pace_window = window;
        limits->pace_used = 0;
    }
    limits->pace_used += (int64_t)pools;
}

/* ---- the table's ---- */

static enum status prepare(struct limits *limits, const struct book *book, struct error *reterr) {
    (void)limits;
    (void)book;
    (void)reterr;
    return STATUS_OK;
}

static void renew(struct limits *limits, const struct book *book, size_t first, size_t end) {
    (void)book;
    (void)first;
    (void)end;
    limits->pace_used = 0;
}

static size_t bytes(const struct limits *limits, const struct book *book) {
    (void)limits;
    (void)book;
    return 0;
}

static void finish(struct limits *limits) {
    (void)limits;
}

const struct limit_kind pace_limit = {
    .keys = "liquidation.pace_pools, pace_ms",
    .is_ruled = is_ruled,
    .prepare = prepare,
    .renew = renew,
    .bytes = bytes,
    .finish = finish,
};

#include "loaders/ticks/tick_sort.h"

#include <stdbool.h>

/* Where the run that begins at `from` ends. */
static size_t run_end(const struct tick_place *places, size_t from, size_t count) {
    size_t end = from + 1;
    while (end < count && places[end].ts_ns >= places[end - 1].ts_ns)
        end++;
    return end;
}

/* Merges the runs [first, middle) and [middle, end) of `from` into the same room of `into`; of
 * equal times the left one's rows come first. */
static void merge(const struct tick_place *from, size_t first, size_t middle, size_t end,
                  struct tick_place *into) {
    size_t left = first;
    size_t right = middle;
    for (size_t at = first; at < end; at++) {
        const bool take_left =
            left < middle && (right == end || from[left].ts_ns <= from[right].ts_ns);
        into[at] = from[take_left ? left++ : right++];
    }
}

/* Merges neighbouring runs, pair by pair, until one is left: a file that is nearly in order has few
 * and long ones. */
const struct tick_place *tick_sort(const int64_t *ts_ns, size_t count, struct tick_place *places) {
    struct tick_place *from = places;
    struct tick_place *into = places + count;
    for (size_t i = 0; i < count; i++)
        from[i] = (struct tick_place){ts_ns[i], i};
    while (run_end(from, 0, count) < count) {
        for (size_t first = 0; first < count;) {
            const size_t middle = run_end(from, first, count);
            const size_t end = middle < count ? run_end(from, middle, count) : count;
            merge(from, first, middle, end, into);
            first = end;
        }
        struct tick_place *const other = from;
        from = into;
        into = other;
    }
    return from;
}

/* A queue of past balances in which each is higher than all after it: a new one pushes out those
 * that are no higher, and the oldest leave as their time passes out of the window. */

#include "engine/book/fund_peak.h"

#include <stdlib.h>
#include <string.h>

void fund_peak_init(struct fund_peak *peak, int128 balance) {
    memset(peak, 0, sizeof(*peak));
    peak->seen = balance;
}

void fund_peak_finish(struct fund_peak *peak) {
    free(peak->past);
    memset(peak, 0, sizeof(*peak));
}

static enum status past_push(struct fund_peak *peak, struct fund_past past, struct error *reterr) {
    while (peak->count > 0 && peak->past[peak->first + peak->count - 1].balance <= past.balance)
        peak->count--;
    if (peak->first + peak->count == peak->capacity && peak->first > peak->capacity / 2) {
        memmove(peak->past, &peak->past[peak->first], peak->count * sizeof(*peak->past));
        peak->first = 0;
    }
    if (peak->first + peak->count == peak->capacity) {
        const size_t capacity = peak->capacity == 0 ? 256 : peak->capacity * 2;
        struct fund_past *grown = realloc(peak->past, capacity * sizeof(*grown));
        if (grown == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for the fund's past");
        peak->past = grown;
        peak->capacity = capacity;
    }
    peak->past[peak->first + peak->count++] = past;
    return STATUS_OK;
}

enum status fund_peak_note(struct fund_peak *peak, int64_t now_ns, int64_t window_ns,
                           int128 balance, struct error *reterr) {
    if (window_ns == 0)
        peak->count = 0;
    while (peak->count > 0 && peak->past[peak->first].until_ns <= now_ns - window_ns) {
        peak->first++;
        peak->count--;
    }
    const struct fund_past past = {now_ns, peak->seen};
    if (balance == past.balance)
        return STATUS_OK;
    peak->seen = balance;
    return window_ns == 0 ? STATUS_OK : past_push(peak, past, reterr);
}

int128 fund_peak_since(const struct fund_peak *peak, int64_t now_ns, int64_t window_ns,
                       int128 balance) {
    int128 highest = balance > peak->seen ? balance : peak->seen;
    for (size_t p = 0; p < peak->count; p++) { /* the first within the window is the highest */
        const struct fund_past *past = &peak->past[peak->first + p];
        if (past->until_ns <= now_ns - window_ns)
            continue;
        highest = past->balance > highest ? past->balance : highest;
        break;
    }
    return highest;
}

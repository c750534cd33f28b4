#include "engine/replay/history.h"

#include <math.h>
#include <stdlib.h>

#include "base/elementary.h"

#define WINDOW_SPANS 60 /* at most 64: a bit each */

struct record {
    double pending; /* quantity, > 0 sold */
    int64_t span;   /* number of the span of the latest print */
    uint64_t spans; /* bit b: the span b before it holds a print */
    bool has_open_interest;
    double open_interest;
    int64_t price; /* when that was read, ticks */
};

struct history {
    const struct instrument *instruments;
    size_t instrument_count;
    size_t pending_count; /* instruments with something pending */
    struct record *records;
};

enum status history_create(const struct instrument *instruments, size_t instrument_count,
                           struct history **ret_history, struct error *reterr) {
    struct history *history = calloc(1, sizeof(*history));
    if (history != NULL)
        history->records = calloc(instrument_count, sizeof(*history->records));
    if (history == NULL || history->records == NULL) {
        history_destroy(history);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for recorded liquidations");
    }
    history->instruments = instruments;
    history->instrument_count = instrument_count;
    *ret_history = history;
    return STATUS_OK;
}

void history_destroy(struct history *history) {
    if (history != NULL)
        free(history->records);
    free(history);
}

static void add(struct history *history, struct record *record, double quantity) {
    history->pending_count += record->pending == 0.0 && quantity != 0.0;
    record->pending += quantity;
    history->pending_count -= record->pending == 0.0 && quantity != 0.0;
}

/* How many orders one print stands for. */
static double prints_of(struct record *record, int64_t ts_ns, int64_t throttle_ns) {
    if (throttle_ns == 0)
        return 1.0;
    const int64_t span = (int64_t)div_floor(ts_ns, throttle_ns);
    const int64_t passed = span - record->span;
    record->spans = record->spans == 0 || passed >= WINDOW_SPANS ? 0 : record->spans << passed;
    record->spans &= (UINT64_C(1) << WINDOW_SPANS) - 1;
    record->spans |= 1;
    record->span = span;
    const int held = __builtin_popcountll(record->spans);
    const double share =
        held == WINDOW_SPANS ? 1.0 - 0.5 / WINDOW_SPANS : (double)held / WINDOW_SPANS;
    return -elementary_log(1.0 - share) / share;
}

void history_print(struct history *history, uint32_t instrument, int64_t ts_ns, double quantity,
                   int64_t throttle_ns, int64_t recorded) {
    struct record *record = &history->records[instrument];
    if (recorded > 0)
        add(history, record, quantity * prints_of(record, ts_ns, throttle_ns));
}

void history_open_interest(struct history *history, uint32_t instrument, double quantity,
                           int64_t recorded) {
    struct record *record = &history->records[instrument];
    const double fallen = record->open_interest - quantity;
    if (record->has_open_interest && fallen > 0.0 && record->price > 0 && recorded > 0 &&
        recorded != record->price)
        add(history, record, recorded < record->price ? fallen : -fallen);
    record->has_open_interest = true;
    record->open_interest = quantity;
    record->price = recorded;
}

bool history_pending(const struct history *history) {
    return history != NULL && history->pending_count > 0;
}

void history_collect(struct history *history, struct wave *wave) {
    for (uint32_t i = 0; i < history->instrument_count; i++) {
        struct record *record = &history->records[i];
        const double lots = floor(fabs(record->pending) / history->instruments[i].lot_size + 0.5);
        if (lots >= 1.0 && lots < 1e18) {
            wave_touch(wave, i);
            wave->net[i] = record->pending > 0.0 ? (int64_t)lots : -(int64_t)lots;
        }
        record->pending = 0.0;
    }
    history->pending_count = 0;
}

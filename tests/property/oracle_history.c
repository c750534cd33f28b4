#include "tests/property/oracle_history.h"

#include <assert.h>

#include "base/elementary.h"
#include "base/records.h"
#include "base/units.h"

/* Of the last 60 spans, this one included, the share that hold a print. */
static double share_of_spans(const struct oracle_history *history, int64_t at, int64_t span_ns) {
    const int64_t now = (int64_t)div_floor(at, span_ns);
    int held = 0;
    for (int64_t span = now - 59; span <= now; span++) {
        bool any = false;
        for (size_t p = 0; p < history->print_count; p++)
            any = any || (int64_t)div_floor(history->printed_at[p], span_ns) == span;
        held += any;
    }
    return held == 60 ? 1.0 - 0.5 / 60 : (double)held / 60;
}

void oracle_history_print(struct oracle_history *history, int64_t at, double sold, int64_t price,
                          int64_t throttle_ns) {
    if (price == PRICE_NONE)
        return;
    assert(history->print_count < ORACLE_PRINTS_MAX);
    history->printed_at[history->print_count++] = at;
    double times = 1.0;
    if (throttle_ns > 0) {
        const double share = share_of_spans(history, at, throttle_ns);
        times = -elementary_log(1.0 - share) / share;
    }
    history->waiting += sold * times;
}

void oracle_history_fall(struct oracle_history *history, double interest, int64_t price) {
    const double closed = history->interest - interest;
    const bool known = history->has_interest && price != PRICE_NONE &&
                       history->price_then != PRICE_NONE && price != history->price_then;
    if (known && closed > 0.0)
        history->waiting += price < history->price_then ? closed : -closed;
    history->has_interest = true;
    history->interest = interest;
    history->price_then = price;
}

int64_t oracle_history_take(struct oracle_history *history, double lot_size) {
    const double waiting = history->waiting;
    const double size = waiting < 0.0 ? -waiting : waiting;
    const int64_t lots = (int64_t)(size / lot_size + 0.5);
    history->waiting = 0.0;
    return waiting < 0.0 ? -lots : lots;
}

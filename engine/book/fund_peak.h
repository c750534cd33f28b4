#pragma once
/* The peak of a balance over a moving window of time: the insurance fund's, for rules that look at
 * how far it has fallen. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

/* A balance that held until a time, and nothing higher since. */
struct fund_past {
    int64_t until_ns;
    int128 balance;
};

struct fund_peak {
    int128 seen;            /* the latest balance noted: it holds until now */
    struct fund_past *past; /* from `first`: balances fall, times rise */
    size_t first;
    size_t count;
    size_t capacity;
};

void fund_peak_init(struct fund_peak *peak, int128 balance);
void fund_peak_finish(struct fund_peak *peak); /* zeroed is fine */

/* The balance at the end of an instant. `window_ns` 0: only the latest is kept. */
MUST_CHECK enum status fund_peak_note(struct fund_peak *peak, int64_t now_ns, int64_t window_ns,
                                      int128 balance, struct error *reterr);

/* The highest of `balance` and of what held at any time after now - window. */
int128 fund_peak_since(const struct fund_peak *peak, int64_t now_ns, int64_t window_ns,
                       int128 balance);

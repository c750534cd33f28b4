#pragma once
/* The mark price along one path of prices: what the rulebook makes of the price, of the venue's own
 * readings and of their averages, and how a displacement of the price reaches it (models.md 1.10).
 *
 * With L the log of the price over what it would be without any displacement, a share s of it is in
 * the index at once (the venue's own weight there, and what passes to the others). A published mark
 * moves by s L + (1 - s) A(L), A being the exponential average; an index moves by s L. Without
 * displacement the readings stand as they are, to the bit. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/rules/mark_rule.h"

/* What the venue published last, in quote units; time INT64_MIN: nothing yet. */
struct mark_readings {
    double mark;
    double index;
    int64_t mark_ns;
    int64_t index_ns;
    double funding_rate; /* of the payment before; 0: none yet */
    int64_t funding_ns;  /* the payment to come; INT64_MAX: none is known */
    int64_t funding_interval_ns;
};

/* The price of one path now. */
struct mark_last {
    int64_t price;    /* ticks, > 0 */
    double move;      /* L */
    double outside;   /* shock and scale: what the price would be without displacement, over the
                         recorded; the readings move alike */
    double tick_size; /* quote units */
};

/* Averages of one path of one instrument. Zeroed: nothing has been seen. */
struct mark_path {
    bool has_move;
    bool has_gap;
    int64_t at_ns;  /* the averages are as of then */
    double move;    /* L since then */
    double average; /* of it */
    double gap;     /* last less index since then, ticks */
    double basis;   /* average of it */
};

/* The rule that a source means; MARK_RECORDED takes average and staleness of `rulebook`. */
struct mark_rule mark_rule_of(const struct mark_rule *rulebook, enum mark_source source);

/* STATUS_CONFIG: a value out of its range, a part twice; the message starts with the key. */
MUST_CHECK enum status mark_rule_check(const struct mark_rule *rule, struct error *reterr);

/* Whether the rule reads the published mark, the index. */
bool mark_rule_reads_mark(const struct mark_rule *rule);
bool mark_rule_reads_index(const struct mark_rule *rule);

/* Share s of a displacement that is in the index at once. */
double mark_share(const struct mark_rule *rule, double pass_through);

/* Share of a displacement that is in the mark after `horizon_ns`, all else still. */
double mark_pass(const struct mark_rule *rule, double share, int64_t horizon_ns);

/* Time moves to `now_ns` and the path's price is `last` from then on. Returns the mark price in
 * ticks (>= 1), rounded to the nearest; 0: a reading that the rule needs has not come yet. */
int64_t mark_path_update(struct mark_path *path, const struct mark_rule *rule, double share,
                         const struct mark_readings *readings, const struct mark_last *last,
                         int64_t now_ns);

/* Whether the mark may still move without a tick, by time alone. */
bool mark_path_moves(const struct mark_path *path, const struct mark_rule *rule, double share,
                     const struct mark_readings *readings, const struct mark_last *last,
                     int64_t now_ns);

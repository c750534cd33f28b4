#include "base/records.h"

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

void series_quality_add(struct series_quality *sum, const struct series_quality *more) {
    const bool fresh = sum->rows == 0;
    if (more->rows > 0) {
        if (fresh || more->first_ts_ns < sum->first_ts_ns)
            sum->first_ts_ns = more->first_ts_ns;
        if (fresh || more->last_ts_ns > sum->last_ts_ns)
            sum->last_ts_ns = more->last_ts_ns;
        const bool agree = fresh || sum->spacing_ns == more->spacing_ns;
        sum->spacing_ns = agree ? more->spacing_ns : 0;
        sum->gap_bound_ns =
            agree && (fresh || sum->gap_bound_ns == more->gap_bound_ns) ? more->gap_bound_ns : 0;
    }
    if (more->gap_ns_max > sum->gap_ns_max) {
        sum->gap_ns_max = more->gap_ns_max;
        sum->gap_ts_ns = more->gap_ts_ns;
    }
    if (sum->jumps == 0)
        sum->jump_ts_ns = more->jump_ts_ns;
    if (sum->odd_line == 0)
        sum->odd_line = more->odd_line;
    sum->late_ns_max = larger(sum->late_ns_max, more->late_ns_max);
    sum->rows += more->rows;
    sum->out_of_order += more->out_of_order;
    sum->repeats += more->repeats;
    sum->duplicates += more->duplicates;
    sum->conflicts += more->conflicts;
    sum->odd += more->odd;
    sum->gaps += more->gaps;
    sum->bars_missing += more->bars_missing;
    sum->bars_empty += more->bars_empty;
    sum->jumps += more->jumps;
    sum->id_gaps += more->id_gaps;
    sum->ids_missing += more->ids_missing;
    sum->ids_repeated += more->ids_repeated;
    sum->crossed += more->crossed;
    sum->seconds_single += more->seconds_single;
    sum->seconds_several += more->seconds_several;
}

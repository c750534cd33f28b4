#include "cli/quality_text.h"

#include <inttypes.h>
#include <stdbool.h>

#include "base/time_text.h"
#include "base/units.h"

/* "1 row" or "3 rows". */
static void print_count(FILE *file, const char *indent, uint64_t count, const char *one,
                        const char *many) {
    (void)fprintf(file, "%s%" PRIu64 " %s", indent, count, count == 1 ? one : many);
}

/* A span of time in the unit in which it is a handy number. */
static void print_span(FILE *file, int64_t ns) {
    static const struct {
        int64_t ns;
        const char *name;
    } units[] = {
        {NS_PER_DAY, "days"},
        {60 * NS_PER_MINUTE, "h"},
        {NS_PER_MINUTE, "min"},
        {NS_PER_S, "s"},
        {NS_PER_MS, "ms"},
        {1000, "us"},
        {1, "ns"},
    };
    size_t i = 0;
    while (i + 1 < sizeof(units) / sizeof(units[0]) && ns < 2 * units[i].ns && ns != units[i].ns)
        i++;
    (void)fprintf(file, "%.4g %s", (double)ns / (double)units[i].ns, units[i].name);
}

static void print_time(FILE *file, int64_t ts_ns) {
    char text[32];
    (void)time_format_iso(ts_ns, text); /* the length is not needed */
    (void)fputs(text, file);
}

/* What was put right or left out. */
static void print_dropped(FILE *file, const char *indent, const struct series_quality *found) {
    if (found->out_of_order > 0) {
        print_count(file, indent, found->out_of_order, "row", "rows");
        (void)fputs(" out of order, put where they belong (at most ", file);
        print_span(file, found->late_ns_max);
        (void)fputs(" late)\n", file);
    }
    if (found->odd > 0) {
        print_count(file, indent, found->odd, "row", "rows");
        (void)fputs(" that cannot be right (a price not above 0, or a bar that contradicts itself "
                    "or stands off the grid), left out\n",
                    file);
    }
    if (found->duplicates > 0) {
        print_count(file, indent, found->duplicates, "bar", "bars");
        (void)fputs(" that stood there twice, taken once\n", file);
    }
    if (found->conflicts > 0) {
        print_count(file, indent, found->conflicts, "bar", "bars");
        (void)fputs(" that differ from the first of the same time, left out\n", file);
    }
    if (found->odd_line > 0)
        (void)fprintf(file, "%sthe first row left out: line %" PRIu64 "\n", indent,
                      found->odd_line);
}

static void print_gaps(FILE *file, const char *indent, const struct series_quality *found) {
    if (found->gaps > 0) {
        print_count(file, indent, found->gaps, "gap", "gaps");
        if (found->bars_missing > 0)
            (void)fprintf(file, " (%" PRIu64 " bars missing)", found->bars_missing);
        if (found->gap_bound_ns > 0 && found->bars_missing == 0) {
            (void)fputs(" longer than ", file);
            print_span(file, found->gap_bound_ns);
        }
        (void)fputs("; the longest ", file);
        print_span(file, found->gap_ns_max);
        (void)fputs(" after ", file);
        print_time(file, found->gap_ts_ns);
        (void)fputc('\n', file);
    }
    if (found->id_gaps > 0)
        (void)fprintf(
            file, "%s%" PRIu64 " rows missing by the source's own numbers, in %" PRIu64 " places\n",
            indent, found->ids_missing, found->id_gaps);
    if (found->ids_repeated > 0)
        (void)fprintf(file, "%s%" PRIu64 " rows repeat a number of the source's\n", indent,
                      found->ids_repeated);
}

static void print_values(FILE *file, const char *indent, const struct series_quality *found) {
    if (found->jumps > 0) {
        print_count(file, indent, found->jumps, "jump", "jumps");
        (void)fprintf(file, " of more than %d %%, the first at ", QUALITY_JUMP_PERCENT);
        print_time(file, found->jump_ts_ns);
        (void)fputc('\n', file);
    }
    if (found->crossed > 0) {
        print_count(file, indent, found->crossed, "quote", "quotes");
        (void)fputs(" with the bid at or above the ask\n", file);
    }
    if (found->bars_empty > 0) {
        print_count(file, indent, found->bars_empty, "bar", "bars");
        (void)fputs(" without a trade\n", file);
    }
    const uint64_t seconds = found->seconds_single + found->seconds_several;
    if (found->seconds_several == 0 && found->seconds_single > 1)
        (void)fprintf(file,
                      "%snever more than one liquidation a second, in %" PRIu64
                      " seconds: a throttled feed?\n",
                      indent, seconds);
    if (found->repeats > 0) {
        print_count(file, indent, found->repeats, "row", "rows");
        (void)fputs(" equal to the row before in all that is stored, kept\n", file);
    }
}

void quality_print(FILE *file, const char *indent, const struct series_quality *found,
                   const struct market_overlap *overlap) {
    print_dropped(file, indent, found);
    print_gaps(file, indent, found);
    print_values(file, indent, found);
    if (overlap != NULL && overlap->equal > 0) {
        print_count(file, indent, overlap->equal, "row is", "rows are");
        (void)fputs(" in already from another file, taken once\n", file);
    }
    if (overlap != NULL && overlap->conflicts > 0) {
        print_count(file, indent, overlap->conflicts, "row contradicts", "rows contradict");
        (void)fputs(" another file, the first at ", file);
        print_time(file, overlap->conflict_ts_ns);
        (void)fprintf(file, " against '%s'\n", overlap->conflict_source);
    }
}

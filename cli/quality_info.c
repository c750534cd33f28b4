#include "cli/quality_info.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "cli/quality_text.h"

/* The list is by first time, so a silence between files is one before a file that begins after all
 * earlier ones have ended. */
static void print_silences(const struct market_series *series,
                           const struct market_quality_list *list) {
    int64_t last_ts_ns = 0;
    int64_t bound_ns = 0;
    bool any = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct series_quality *const found = &list->rows[i].found;
        if (!market_quality_is_of(&list->rows[i], series) || found->rows == 0)
            continue;
        int64_t silence_ns = 0;
        if (any && found->first_ts_ns > last_ts_ns && bound_ns > 0 &&
            !__builtin_sub_overflow(found->first_ts_ns, last_ts_ns, &silence_ns) &&
            silence_ns > bound_ns) {
            char from[32];
            char to[32];
            (void)time_format_iso(last_ts_ns, from); /* the lengths are not needed */
            (void)time_format_iso(found->first_ts_ns, to);
            printf("  quality   nothing between files from %s to %s\n", from, to);
        }
        if (!any || found->last_ts_ns > last_ts_ns)
            last_ts_ns = found->last_ts_ns;
        bound_ns = found->gap_bound_ns > bound_ns ? found->gap_bound_ns : bound_ns;
        any = true;
    }
}

void quality_info_print(const struct market_series *series,
                        const struct market_quality_list *list) {
    struct series_quality found;
    struct market_overlap overlap;
    if (!market_quality_sum(series, list, &found, &overlap))
        return;
    quality_print(stdout, "  quality   ", &found, &overlap);
    print_silences(series, list);
}

void quality_info_print_units(const struct market_source_list *sources) {
    const struct market_source_row *before = NULL;
    for (size_t i = 0; i < sources->count; i++) {
        const struct market_source_row *const source = &sources->rows[i];
        if (source->ts_unit[0] == '\0')
            continue;
        if (before != NULL && strcmp(before->ts_unit, source->ts_unit) != 0)
            printf("times change from %s to %s with '%s'\n", before->ts_unit, source->ts_unit,
                   source->name);
        before = source;
    }
}

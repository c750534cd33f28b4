#include "api/import/quality_json.h"

#include <stdbool.h>

#include "base/time_text.h"

json_t *quality_json(const struct series_quality *found, const struct market_overlap *overlap) {
    json_t *object = json_object();
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"rows", found->rows},
        {"out_of_order", found->out_of_order},
        {"late_ns_max", (uint64_t)found->late_ns_max},
        {"repeats", found->repeats},
        {"duplicates", found->duplicates},
        {"conflicts", found->conflicts},
        {"odd", found->odd},
        {"odd_line", found->odd_line},
        {"spacing_ns", (uint64_t)found->spacing_ns},
        {"gap_bound_ns", (uint64_t)found->gap_bound_ns},
        {"gaps", found->gaps},
        {"gap_ns_max", (uint64_t)found->gap_ns_max},
        {"bars_missing", found->bars_missing},
        {"bars_empty", found->bars_empty},
        {"jumps", found->jumps},
        {"id_gaps", found->id_gaps},
        {"ids_missing", found->ids_missing},
        {"ids_repeated", found->ids_repeated},
        {"crossed", found->crossed},
        {"seconds_single", found->seconds_single},
        {"seconds_several", found->seconds_several},
        {"overlap_equal", overlap->equal},
        {"overlap_conflicts", overlap->conflicts},
    };
    bool ok = object != NULL;
    for (size_t i = 0; ok && i < sizeof(counts) / sizeof(counts[0]); i++)
        ok = json_object_set_new(object, counts[i].name,
                                 json_integer((json_int_t)counts[i].value)) == 0;
    const struct {
        const char *name;
        bool known;
        int64_t ts_ns;
    } times[] = {
        {"first_ts", found->rows > 0, found->first_ts_ns},
        {"last_ts", found->rows > 0, found->last_ts_ns},
        {"gap_ts", found->gap_ns_max > 0, found->gap_ts_ns},
        {"jump_ts", found->jumps > 0, found->jump_ts_ns},
        {"conflict_ts", overlap->conflicts > 0, overlap->conflict_ts_ns},
    };
    for (size_t i = 0; ok && i < sizeof(times) / sizeof(times[0]); i++) {
        char text[32];
        (void)time_format_iso(times[i].ts_ns, text); /* the length is not needed */
        ok = json_object_set_new(object, times[i].name,
                                 times[i].known ? json_string(text) : json_null()) == 0;
    }
    if (ok && overlap->conflicts > 0) /* missing if the name is no UTF-8 */
        (void)json_object_set_new(object, "conflict_with", json_string(overlap->conflict_source));
    if (!ok) {
        json_decref(object);
        return NULL;
    }
    return object;
}

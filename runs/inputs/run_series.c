#include "runs/inputs/run_series.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "store/market/market_quality.h"

#define TEXT_OF(number) #number
#define TEXT(number) TEXT_OF(number)
#define JUMP TEXT(QUALITY_JUMP_PERCENT)

/* Of the series of an instrument the one to replay: trades if there are any in the span, else the
 * shortest bars of trades (there may be bars of the mark price and others beside them). */
static const struct market_series *choose_series(const struct market_series_list *list,
                                                 const struct scenario *scenario) {
    const struct market_series *chosen = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct market_series *row = &list->rows[i];
        const bool in_span =
            row->last_ts_ns >= scenario->from_ns && row->first_ts_ns < scenario->to_ns;
        if (!in_span)
            continue;
        if (row->kind == SERIES_TICKS && strcmp(row->name, "trade") == 0)
            return row;
        if (row->kind == SERIES_BARS && strcmp(row->name, "bar") == 0 &&
            (chosen == NULL || row->bar_ns < chosen->bar_ns))
            chosen = row;
    }
    return chosen;
}

/* What was odd in one line: "3 gaps, 1 jump of more than 10 %", or "nothing odd". Cut if longer. */
static void describe_quality(const struct series_quality *found,
                             const struct market_overlap *overlap, size_t size, char *ret_text) {
    const struct {
        uint64_t count;
        const char *one;
        const char *many;
    } parts[] = {
        {found->bars_missing, "bar missing", "bars missing"},
        {found->bars_missing == 0 ? found->gaps : 0, "gap", "gaps"},
        {found->ids_missing, "row missing by its number", "rows missing by their numbers"},
        {found->jumps, "jump of more than " JUMP " %", "jumps of more than " JUMP " %"},
        {found->out_of_order, "row out of order", "rows out of order"},
        {found->odd + found->conflicts, "row left out", "rows left out"},
        {found->crossed, "crossed quote", "crossed quotes"},
        {overlap->conflicts, "row that files contradict each other in",
         "rows that files contradict each other in"},
    };
    size_t used = 0;
    ret_text[0] = '\0';
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && used < size; i++) {
        if (parts[i].count > 0)
            used += (size_t)snprintf(ret_text + used, size - used, "%s%" PRIu64 " %s",
                                     used > 0 ? ", " : "", parts[i].count,
                                     parts[i].count == 1 ? parts[i].one : parts[i].many);
    }
    if (used == 0)
        (void)snprintf(ret_text, size, "nothing odd"); /* cut is ok */
}

/* What the series is, and what was odd in its files, in one line. */
static enum status describe_series(struct run_inputs *inputs, const struct market_series *series,
                                   char **ret_note, struct error *reterr) {
    struct market_quality_list list = {0};
    const enum status status =
        market_list_quality(inputs->market, series->instrument, &list, reterr);
    if (status != STATUS_OK)
        return status;
    struct series_quality found;
    struct market_overlap overlap;
    char quality[512] = "";
    if (market_quality_sum(series, &list, &found, &overlap))
        describe_quality(&found, &overlap, sizeof(quality), quality);
    market_quality_list_finish(&list);
    GString *note = g_string_new("trades, each one a tick");
    const int64_t seconds = series->bar_ns / NS_PER_S;
    const bool minutes = seconds % 60 == 0;
    if (series->kind == SERIES_BARS)
        g_string_printf(note, "bars of %" PRId64 " %s, each taken as four ticks",
                        minutes ? seconds / 60 : seconds, minutes ? "min" : "s");
    if (quality[0] != '\0')
        g_string_append_printf(note, "; in its files: %s", quality);
    *ret_note = g_string_free(note, FALSE);
    return STATUS_OK;
}

/* What is read decides, not what else the series holds: the same ticks give the same run in every
 * market file. One block may hold rows before the start and rows of the span, so both are looked at
 * at once. */
static enum status take_extent(struct run_inputs *inputs, struct run_series *series,
                               struct error *reterr) {
    struct market_source *both = NULL;
    const enum status status = market_source_create(inputs->market, &series->series, INT64_MIN,
                                                    inputs->scenario->to_ns, &both, reterr);
    if (status != STATUS_OK)
        return status;
    series->extent = market_source_extent(both);
    if (series->before != NULL)
        series->extent_before = market_source_extent(series->before);
    market_source_destroy(both);
    return STATUS_OK;
}

enum status run_series_open(struct run_inputs *inputs, size_t index, struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    const char *symbol = scenario->instruments[index].symbol;
    struct run_series *series = &inputs->series[index];
    enum status status = market_list_series(inputs->market, symbol, &series->list, reterr);
    if (status != STATUS_OK)
        return status;
    const struct market_series *chosen = choose_series(&series->list, scenario);
    if (chosen == NULL)
        return error_set(reterr, STATUS_CONFIG,
                         "market file '%s' has no trades or bars of %s %s; crossfall import brings "
                         "them in, --data names another file",
                         market_file_path(inputs->market), symbol,
                         series->list.count == 0 ? "at all" : "in the scenario's span");
    series->series = *chosen;
    status = describe_series(inputs, chosen, &series->note, reterr);
    if (status != STATUS_OK)
        return status;
    if (scenario->from_ns != INT64_MIN)
        status = market_source_create(inputs->market, chosen, INT64_MIN, scenario->from_ns,
                                      &series->before, reterr);
    if (status == STATUS_OK)
        status = market_source_create(inputs->market, chosen, scenario->from_ns, scenario->to_ns,
                                      &series->replay, reterr);
    if (status == STATUS_OK)
        status = take_extent(inputs, series, reterr);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(series->hash, sizeof(series->hash), "%016" PRIx64 "%016" PRIx64,
                   series->before == NULL ? 0 : market_source_hash(series->before),
                   market_source_hash(series->replay)); /* 32 digits */
    return STATUS_OK;
}

void run_series_rewind(struct run_series *series) {
    market_source_rewind(series->replay);
    for (int kind = 0; kind < READING_KINDS; kind++)
        if (series->readings[kind].rows != NULL)
            market_source_rewind(series->readings[kind].rows);
}

void run_series_close(struct run_series *series) {
    market_source_destroy(series->before);
    market_source_destroy(series->replay);
    market_source_destroy(series->funding);
    for (int kind = 0; kind < READING_KINDS; kind++)
        market_source_destroy(series->readings[kind].rows);
    market_series_list_finish(&series->list);
    g_free(series->note);
}

#include "cli/run_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/mark_price.h"

static const char *const SERIES_NAMES[RUN_READINGS] = {
    [READING_MARK] = "mark", [READING_INDEX] = "index"};

static bool rule_needs(const struct rulebook *rulebook, const struct mark_input *mark,
                       enum reading_kind kind) {
    const struct mark_rule rule = mark_rule_of(&rulebook->mark, mark->source);
    return kind == READING_MARK ? mark_rule_reads_mark(&rule) : mark_rule_reads_index(&rule);
}

/* Whether any rulebook of the run makes the instrument's mark price of such readings. */
static bool is_needed(const struct scenario *scenario, size_t instrument, enum reading_kind kind) {
    const struct mark_input *mark = &scenario->instruments[instrument].mark;
    bool needed = rule_needs(&scenario->rulebook, mark, kind);
    if (scenario->cleaning == CLEANING_MODELLED)
        needed = needed || rule_needs(&scenario->reference_rulebook, mark, kind);
    for (size_t e = 0; e < scenario->event_count; e++)
        if (scenario->events[e].kind == SCENARIO_RULES)
            needed = needed || rule_needs(scenario->events[e].rulebook, mark, kind);
    return needed;
}

/* Ticks if there are any in the span, else the shortest bars. */
static const struct market_series *find(const struct market_series_list *list, const char *name,
                                        const struct scenario *scenario) {
    const struct market_series *chosen = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct market_series *row = &list->rows[i];
        if (strcmp(row->name, name) != 0 || row->last_ts_ns < scenario->from_ns ||
            row->first_ts_ns >= scenario->to_ns)
            continue;
        if (row->kind == SERIES_TICKS)
            return row;
        if (chosen == NULL || row->bar_ns < chosen->bar_ns)
            chosen = row;
    }
    return chosen;
}

/* Between two bars' steps the reading stands still while the price goes on. */
static void note_slow(struct run_setup *setup, const char *symbol, const char *name,
                      const struct market_series *series, const struct market_series *prices) {
    const int64_t price_ns = prices->kind == SERIES_BARS ? prices->bar_ns : 0;
    if (series->kind == SERIES_BARS && series->bar_ns > price_ns)
        g_ptr_array_add(setup->caveats,
                        g_strdup_printf("The %s price of %s is known from bars of %" PRId64
                                        " s: within a quarter of one it stands still.",
                                        name, symbol, series->bar_ns / NS_PER_S));
}

static enum status open_reading(struct run_setup *setup, size_t index, enum reading_kind kind,
                                struct error *reterr) {
    const struct scenario *scenario = setup->scenario;
    const char *symbol = scenario->instruments[index].symbol;
    struct run_series *series = &setup->series[index];
    struct run_reading *reading = &series->readings[kind];
    const char *name = SERIES_NAMES[kind];
    const struct market_series *chosen = find(&series->list, name, scenario);
    if (chosen == NULL)
        return error_set(reterr, STATUS_CONFIG,
                         "market.instrument.%s.mark: market file '%s' has no series %s of %s in "
                         "the scenario's span, which its mark price is made of; import it, or "
                         "give mark: last",
                         symbol, market_file_path(setup->market), name, symbol);
    note_slow(setup, symbol, name, chosen, &series->series);
    reading->series = *chosen;
    const enum status status = market_source_create(setup->market, chosen, scenario->from_ns,
                                                    scenario->to_ns, &reading->rows, reterr);
    if (status == STATUS_OK)
        (void)snprintf(reading->hash, sizeof(reading->hash), "%016" PRIx64,
                       market_source_hash(reading->rows)); /* 16 digits */
    return status;
}

enum status run_marks_open(struct run_setup *setup, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < setup->scenario->instrument_count; i++)
        for (int kind = 0; kind < RUN_READINGS && status == STATUS_OK; kind++)
            if (is_needed(setup->scenario, i, (enum reading_kind)kind))
                status = open_reading(setup, i, (enum reading_kind)kind, reterr);
    return status;
}

void run_marks_fill(struct run_setup *setup) {
    const size_t count = setup->scenario->instrument_count;
    bool others = false;
    setup->marks = g_new0(struct mark_input, count);
    setup->readings = g_new0(struct reading_source, RUN_READINGS * count);
    for (size_t i = 0; i < count; i++) {
        setup->marks[i] = setup->scenario->instruments[i].mark;
        others = others || setup->marks[i].source != MARK_LAST;
        for (int kind = 0; kind < RUN_READINGS; kind++) {
            const struct run_reading *reading = &setup->series[i].readings[kind];
            if (reading->rows == NULL)
                continue;
            setup->readings[setup->input.reading_count++] =
                (struct reading_source){.prices = {.source = market_source_port(reading->rows),
                                                   .kind = reading->series.kind,
                                                   .bar_ns = reading->series.bar_ns},
                                        .instrument = (uint32_t)i,
                                        .kind = (enum reading_kind)kind};
        }
    }
    setup->input.marks = others ? setup->marks : NULL;
    setup->input.readings = setup->readings;
}

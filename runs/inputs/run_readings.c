#include "runs/inputs/run_readings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "engine/rules/mark_price.h"
#include "store/market/market_quality.h"

static const char *const SERIES_NAMES[READING_KINDS] = {
    [READING_MARK] = "mark",
    [READING_INDEX] = "index",
    [READING_PRINTS] = "liquidation",
    [READING_OPEN_INTEREST] = "open_interest",
};

/* A feed of whose seconds with prints fewer than this share hold several is throttled: the largest
 * venue's has 0.38 % of them, a full feed 32 % (models.md 2.3). */
#define FULL_FEED_SHARE 0.01

/* ---- mark prices ---- */

static bool rule_needs(const struct rulebook *rulebook, const struct mark_input *mark,
                       enum reading_kind kind) {
    const struct mark_rule rule = mark_rule_of(&rulebook->mark, mark->source);
    return kind == READING_MARK ? mark_rule_reads_mark(&rule) : mark_rule_reads_index(&rule);
}

/* Whether any rulebook of the run makes the instrument's mark price of such readings. */
static bool mark_needs(const struct scenario *scenario, size_t instrument, enum reading_kind kind) {
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
static void note_slow(struct run_inputs *inputs, const char *symbol, const char *name,
                      const struct market_series *series, const struct market_series *prices) {
    const int64_t price_ns = prices->kind == SERIES_BARS ? prices->bar_ns : 0;
    if (series->kind == SERIES_BARS && series->bar_ns > price_ns)
        g_ptr_array_add(inputs->caveats,
                        g_strdup_printf("The %s price of %s is known from bars of %" PRId64
                                        " s: within a quarter of one it stands still.",
                                        name, symbol, series->bar_ns / NS_PER_S));
}

static enum status open_rows(struct run_inputs *inputs, struct run_reading *reading,
                             const struct market_series *series, struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    reading->series = *series;
    const enum status status = market_source_create(inputs->market, series, scenario->from_ns,
                                                    scenario->to_ns, &reading->rows, reterr);
    if (status == STATUS_OK)
        (void)snprintf(reading->hash, sizeof(reading->hash), "%016" PRIx64,
                       market_source_hash(reading->rows)); /* 16 digits */
    return status;
}

static enum status open_for_mark(struct run_inputs *inputs, size_t index, enum reading_kind kind,
                                 struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    const char *symbol = scenario->instruments[index].symbol;
    struct run_series *series = &inputs->series[index];
    const char *name = SERIES_NAMES[kind];
    if (!mark_needs(scenario, index, kind))
        return STATUS_OK;
    const struct market_series *chosen = find(&series->list, name, scenario);
    if (chosen == NULL)
        return error_set(reterr, STATUS_CONFIG,
                         "market.instrument.%s.mark: market file '%s' has no series %s of %s in "
                         "the scenario's span, which its mark price is made of; import it, or "
                         "give mark: last",
                         symbol, market_file_path(inputs->market), name, symbol);
    note_slow(inputs, symbol, name, chosen, &series->series);
    return open_rows(inputs, &series->readings[kind], chosen, reterr);
}

/* ---- recorded forced orders ---- */

/* Whether the files of a series of prints show that it leaves most of a busy second out. */
static enum status find_throttle(struct run_inputs *inputs, const struct market_series *series,
                                 bool *ret_throttled, struct error *reterr) {
    struct market_quality_list list = {0};
    const enum status status =
        market_list_quality(inputs->market, series->instrument, &list, reterr);
    struct series_quality found = {.rows = 0};
    struct market_overlap overlap;
    if (status != STATUS_OK)
        return status;
    (void)market_quality_sum(series, &list, &found, &overlap); /* false: no second of either kind */
    const double seconds = (double)(found.seconds_single + found.seconds_several);
    *ret_throttled = (double)found.seconds_several < FULL_FEED_SHARE * seconds;
    market_quality_list_finish(&list);
    return STATUS_OK;
}

static enum status open_prints(struct run_inputs *inputs, size_t index,
                               const struct market_series *chosen, struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    struct run_reading *reading = &inputs->series[index].readings[READING_PRINTS];
    bool throttled = false;
    reading->throttle_ns = scenario->throttle_ns;
    if (!scenario->throttle_auto)
        return STATUS_OK;
    const enum status status = find_throttle(inputs, chosen, &throttled, reterr);
    reading->throttle_ns = throttled ? NS_PER_S : 0;
    if (throttled)
        g_ptr_array_add(
            inputs->caveats,
            g_strdup_printf("The liquidation feed of %s never shows several orders in a second: "
                            "those it left out are estimated from how many seconds have one. "
                            "feedback.throttle_ms=0 takes the feed as whole.",
                            scenario->instruments[index].symbol));
    return status;
}

/* The series that cleaning takes out of the recorded path, of each instrument that has one. */
static enum status open_history(struct run_inputs *inputs, enum reading_kind kind,
                                struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    const char *name = SERIES_NAMES[kind];
    size_t found = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < scenario->instrument_count && status == STATUS_OK; i++) {
        struct run_series *series = &inputs->series[i];
        const struct market_series *chosen = find(&series->list, name, scenario);
        if (chosen == NULL || chosen->kind != SERIES_TICKS) {
            g_ptr_array_add(inputs->caveats,
                            g_strdup_printf("Nothing is taken out of the path of %s: the data have "
                                            "no series %s of it.",
                                            scenario->instruments[i].symbol, name));
            continue;
        }
        found++;
        status = open_rows(inputs, &series->readings[kind], chosen, reterr);
        if (status == STATUS_OK && kind == READING_PRINTS)
            status = open_prints(inputs, i, chosen, reterr);
    }
    if (status == STATUS_OK && found == 0)
        return error_set(reterr, STATUS_CONFIG,
                         "feedback.cleaning: market file '%s' has no series %s of any instrument "
                         "in the scenario's span; import it, or choose another cleaning",
                         market_file_path(inputs->market), name);
    return status;
}

/* ---- all ---- */

enum status run_readings_open(struct run_inputs *inputs, struct error *reterr) {
    const enum cleaning cleaning = inputs->scenario->cleaning;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < inputs->scenario->instrument_count && status == STATUS_OK; i++) {
        status = open_for_mark(inputs, i, READING_MARK, reterr);
        if (status == STATUS_OK)
            status = open_for_mark(inputs, i, READING_INDEX, reterr);
    }
    if (status == STATUS_OK && cleaning == CLEANING_RECORDED)
        status = open_history(inputs, READING_PRINTS, reterr);
    if (status == STATUS_OK && cleaning == CLEANING_OPEN_INTEREST)
        status = open_history(inputs, READING_OPEN_INTEREST, reterr);
    return status;
}

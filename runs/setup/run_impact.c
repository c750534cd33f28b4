#include "runs/setup/run_impact.h"

#include "engine/replay/market_stats.h"
#include "scenarios/impact_defaults.h"

static bool usable(const struct market_stats *stats) {
    return stats->volatility_day > 0 && stats->volume_day > 0;
}

static enum status measure_rows(const struct run_series *series, struct market_source *rows,
                                struct market_stats *ret_stats, struct error *reterr) {
    const struct price_source source = {.source = market_source_port(rows),
                                        .kind = series->series.kind,
                                        .bar_ns = series->series.bar_ns};
    const enum status status =
        market_stats_measure(&source, INT64_MIN, INT64_MAX, ret_stats, reterr);
    market_source_rewind(rows);
    return status;
}

enum status run_impact_measure(struct run_setup *setup, size_t index,
                               const struct market_stats **ret_stats, struct error *reterr) {
    struct run_series *series = &setup->inputs->series[index];
    struct run_measure *measure = &setup->measures[index];
    struct market_stats *stats = &measure->stats;
    enum status status = STATUS_OK;
    if (!measure->is_measured && series->before != NULL)
        status = measure_rows(series, series->before, stats, reterr);
    if (!measure->is_measured && status == STATUS_OK && !usable(stats)) {
        status = measure_rows(series, series->replay, stats, reterr);
        g_ptr_array_add(setup->inputs->caveats,
                        g_strdup_printf("Volatility and volume of %s are those of the replayed "
                                        "span itself: there are no data before it.",
                                        setup->inputs->scenario->instruments[index].symbol));
    }
    measure->is_measured = status == STATUS_OK;
    *ret_stats = stats;
    return status;
}

enum status run_impact_fill(struct run_setup *setup, size_t index,
                            struct scenario_instrument *instrument, struct error *reterr) {
    const struct market_stats *stats = &setup->measures[index].stats;
    enum status status = STATUS_OK;
    if (instrument->impact_auto != 0)
        status = run_impact_measure(setup, index, &stats, reterr);
    if (status != STATUS_OK)
        return status;
    scenario_fill_impact(instrument, stats->volatility_day, stats->volume_day);
    status = instrument->impact_preset->model->check(&instrument->impact, reterr);
    if (status == STATUS_OK)
        return STATUS_OK;
    (void)error_prefix(reterr, status, "impact.instrument.%s",
                       instrument->symbol); /* status is known */
    if (instrument->impact_auto != 0 && reterr != NULL)
        g_strlcat(reterr->message, " (taken from the data: give it in the scenario)",
                  sizeof(reterr->message));
    return status;
}

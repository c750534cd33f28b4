#include "runs/setup/run_setup.h"

#include <math.h>

#include "runs/setup/run_accounts.h"
#include "runs/setup/run_events.h"
#include "runs/setup/run_impact.h"
#include "scenarios/impact_defaults.h"

/* How many accounts the branching ratio looks at in a run, all looks together; and how many times
 * the liquidation-density map is taken. */
#define ACCOUNT_LOOKS_MAX 1.5e8
#define DENSITY_COLUMNS 96

static struct price_source source_of(const struct run_series *series, struct market_source *rows) {
    return (struct price_source){.source = market_source_port(rows),
                                 .kind = series->series.kind,
                                 .bar_ns = series->series.bar_ns};
}

static enum status make_instrument(struct run_setup *setup, size_t index, struct error *reterr) {
    struct scenario_instrument *wanted = &setup->inputs->scenario->instruments[index];
    const struct market_source_extent *extent = &setup->inputs->series[index].extent;
    if (wanted->price_tick_auto)
        wanted->price_tick = (struct decimal){1, extent->price_decimals};
    if (wanted->lot_auto)
        wanted->lot = (struct decimal){1, extent->quantity_decimals};
    struct instrument *instrument = &setup->instruments[index];
    *instrument = (struct instrument){.symbol = wanted->symbol,
                                      .kind = wanted->kind,
                                      .settles = scenario_settles(setup->inputs->scenario, index),
                                      .price_tick = wanted->price_tick,
                                      .lot = wanted->lot,
                                      .contract_size = wanted->contract_size};
    const enum status status = instrument_init(instrument, reterr);
    return status == STATUS_OK
               ? status
               : error_prefix(reterr, status, "market.instrument.%s", wanted->symbol);
}

static enum status fill_impact(struct run_setup *setup, size_t index, struct error *reterr) {
    struct scenario_instrument *wanted = &setup->inputs->scenario->instruments[index];
    const enum status status = run_impact_fill(setup, index, wanted, reterr);
    setup->models[index] = wanted->impact_preset->model;
    setup->params[index] = wanted->impact;
    setup->volatility[index] = wanted->impact.volatility > 0
                                   ? wanted->impact.volatility
                                   : setup->measures[index].stats.volatility_day;
    return status;
}

static void fill_readings(struct run_setup *setup) {
    const size_t count = setup->inputs->scenario->instrument_count;
    bool others = false;
    setup->marks = g_new0(struct mark_input, count);
    setup->readings = g_new0(struct reading_source, READING_KINDS * count);
    for (size_t i = 0; i < count; i++) {
        setup->marks[i] = setup->inputs->scenario->instruments[i].mark;
        others = others || setup->marks[i].source != MARK_LAST;
        for (int kind = 0; kind < READING_KINDS; kind++) {
            const struct run_reading *reading = &setup->inputs->series[i].readings[kind];
            if (reading->rows == NULL)
                continue;
            setup->readings[setup->input.reading_count++] =
                (struct reading_source){.prices = {.source = market_source_port(reading->rows),
                                                   .kind = reading->series.kind,
                                                   .bar_ns = reading->series.bar_ns},
                                        .instrument = (uint32_t)i,
                                        .kind = (enum reading_kind)kind,
                                        .throttle_ns = reading->throttle_ns};
        }
    }
    setup->input.marks = others ? setup->marks : NULL;
    setup->input.readings = setup->readings;
}

/* The branching ratio looks at every account: each minute while that is quick, else as often as is.
 * The map has about as many columns as a page shows. */
static void fill_steps(struct run_setup *setup) {
    int64_t first_ns = 0;
    int64_t last_ns = 0;
    run_events_span(setup, &first_ns, &last_ns);
    const int64_t minutes = last_ns > first_ns ? (last_ns - first_ns) / NS_PER_MINUTE + 1 : 1;
    const double looks = (double)accounts_count(setup->accounts) * (double)minutes;
    setup->input.branching_step_ns =
        NS_PER_MINUTE * MAX(1, (int64_t)ceil(looks / ACCOUNT_LOOKS_MAX));
    setup->input.density_step_ns = NS_PER_MINUTE * MAX(1, minutes / DENSITY_COLUMNS);
}

static void fill_input(struct run_setup *setup, uint32_t threads) {
    const struct scenario *scenario = setup->inputs->scenario;
    bool volatile_all = true;
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        setup->prices[i] = source_of(&setup->inputs->series[i], setup->inputs->series[i].replay);
        volatile_all = volatile_all && setup->volatility[i] > 0;
    }
    setup->input = (struct replay_input){
        .instrument_count = scenario->instrument_count,
        .instruments = setup->instruments,
        .prices = setup->prices,
        .impact_model = setup->models,
        .impact_params = setup->params,
        .cross = scenario->impact_cross,
        .volatility = volatile_all ? setup->volatility : NULL,
        .simulated = {.accounts = setup->accounts,
                      .rulebook = &scenario->rulebook,
                      .insurance_fund = scenario->insurance_fund,
                      .backstop = scenario->backstop},
        .reference = {.accounts = setup->reference_accounts != NULL ? setup->reference_accounts
                                                                    : setup->accounts,
                      .rulebook = &scenario->reference_rulebook,
                      .insurance_fund = scenario->reference_insurance_fund,
                      .backstop = scenario->reference_backstop},
        .events = (const struct replay_event *)(const void *)setup->events->data,
        .event_count = setup->events->len,
        .scale = scenario->scale,
        .from_ns = scenario->from_ns,
        .to_ns = scenario->to_ns,
        .bar_path = scenario->bar_path,
        .clock_step_ns = scenario->clock_step_ns,
        .feedback = scenario->feedback,
        .cleaning = scenario->cleaning,
        .max_waves = scenario->max_waves,
        .threads = threads,
    };
    fill_readings(setup);
    fill_steps(setup);
}

static enum status fill(struct run_setup *setup, uint32_t threads, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < setup->inputs->scenario->instrument_count; i++) {
        status = make_instrument(setup, i, reterr);
        if (status == STATUS_OK)
            status = fill_impact(setup, i, reterr);
    }
    if (status == STATUS_OK)
        status = run_accounts_fill(setup, threads, reterr);
    if (status == STATUS_OK)
        status = run_events_fill(setup, reterr);
    if (status == STATUS_OK)
        fill_input(setup, threads);
    return status;
}

enum status run_setup_create(struct run_inputs *inputs, uint32_t threads,
                             struct run_setup **ret_setup, struct error *reterr) {
    const size_t count = inputs->scenario->instrument_count;
    struct run_setup *setup = g_new0(struct run_setup, 1);
    setup->inputs = inputs;
    scenario_settlement(inputs->scenario, &inputs->scenario->rulebook, setup->asset);
    setup->instruments = g_new0(struct instrument, count);
    setup->prices = g_new0(struct price_source, count);
    setup->models = g_new0(const struct impact_model *, count);
    setup->params = g_new0(struct impact_params, count);
    setup->measures = g_new0(struct run_measure, count);
    setup->volatility = g_new0(double, count);
    setup->start_ticks = g_new0(int64_t, count);
    setup->entries = g_new0(struct price_history, count);
    setup->events = g_array_new(FALSE, FALSE, sizeof(struct replay_event));
    const enum status status = fill(setup, threads, reterr);
    if (status != STATUS_OK) {
        run_setup_destroy(setup);
        return status;
    }
    *ret_setup = setup;
    return STATUS_OK;
}

void run_setup_destroy(struct run_setup *setup) {
    if (setup == NULL)
        return;
    for (size_t i = 0; i < setup->inputs->scenario->instrument_count; i++)
        g_free((void *)setup->entries[i].ticks);
    accounts_destroy(setup->accounts);
    accounts_destroy(setup->reference_accounts);
    g_free(setup->instruments);
    g_free(setup->prices);
    g_free(setup->marks);
    g_free(setup->readings);
    g_free(setup->models);
    g_free(setup->params);
    g_free(setup->measures);
    g_free(setup->volatility);
    g_free(setup->start_ticks);
    g_free(setup->entries);
    (void)g_array_free(setup->events, TRUE); /* the array, gone */
    g_free(setup);
}

#include "tests/property/real_market.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "engine/replay/market_stats.h"
#include "loaders/loaders.h"
#include "scenarios/impact_defaults.h"
#include "scenarios/population/population.h"

#define DECIMALS 8

static void *allocate(size_t count, size_t size) {
    void *memory = calloc(count, size);
    assert(memory != NULL);
    return memory;
}

static void must(enum status status, const struct error *error) {
    if (status != STATUS_OK)
        fprintf(stderr, "real market: %s\n", error->message);
    assert(status == STATUS_OK);
}

/* ---- bars ---- */

static int64_t at_decimals(int64_t mantissa, int32_t decimals) {
    int64_t value = 0;
    const bool exact = decimal_rescale((struct decimal){mantissa, decimals}, DECIMALS, &value);
    assert(exact);
    (void)exact;
    return value;
}

static enum status take_bars(void *context, const struct series_key *key,
                             const struct tick_batch *batch, struct error *reterr) {
    (void)reterr;
    struct real_bars *bars = context;
    assert(key->kind == SERIES_BARS && key->bar_ns == NS_PER_MINUTE);
    (void)key;
    if (bars->count + batch->count > bars->capacity) {
        bars->capacity = 2 * (bars->count + batch->count);
        bars->ts_ns = realloc(bars->ts_ns, bars->capacity * sizeof(int64_t));
        assert(bars->ts_ns != NULL);
        for (int v = 0; v < TICK_VALUES_MAX; v++) {
            bars->value[v] = realloc(bars->value[v], bars->capacity * sizeof(int64_t));
            assert(bars->value[v] != NULL);
        }
    }
    for (size_t k = 0; k < batch->count; k++, bars->count++) {
        bars->ts_ns[bars->count] = batch->ts_ns[k];
        for (int v = 0; v < TICK_VALUES_MAX; v++)
            bars->value[v][bars->count] = at_decimals(
                batch->value[v][k], v < 4 ? batch->price_decimals : batch->quantity_decimals);
    }
    return STATUS_OK;
}

static enum status give_bars(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    (void)reterr;
    struct real_bars *bars = context;
    if (bars->given)
        return STATUS_END;
    bars->given = true;
    *ret_batch = (struct tick_batch){.count = bars->count,
                                     .ts_ns = bars->ts_ns,
                                     .price_decimals = DECIMALS,
                                     .quantity_decimals = DECIMALS};
    for (int v = 0; v < TICK_VALUES_MAX; v++)
        ret_batch->value[v] = bars->value[v];
    return STATUS_OK;
}

void real_market_rewind(struct real_market *market) {
    for (size_t i = 0; i < market->input.instrument_count; i++)
        market->bars[i].given = false;
}

/* The coarsest decimal grid that holds all prices. */
static struct decimal grid_of(const struct real_bars *bars) {
    int32_t decimals = 0;
    for (int v = 0; v < 4; v++)
        for (size_t k = 0; k < bars->count; k++) {
            const struct decimal normal =
                decimal_normal((struct decimal){bars->value[v][k], DECIMALS});
            decimals = normal.decimals > decimals ? normal.decimals : decimals;
        }
    return (struct decimal){1, decimals};
}

static void read_instrument(struct real_market *market, const char *scenarios, size_t i) {
    struct scenario_instrument *from = &market->scenario->instruments[i];
    struct error error;
    char path[4096];
    snprintf(path, sizeof(path), "%s/data/may-2021/bars-1m/%s.csv.zst", scenarios, from->symbol);
    const struct tick_sink sink = {.context = &market->bars[i], .append = take_bars};
    struct import_report report;
    must(loader_import(path, NULL, NULL, &sink, &report, &error), &error);
    market->prices[i] =
        (struct price_source){.source = {.context = &market->bars[i], .next = give_bars},
                              .kind = SERIES_BARS,
                              .bar_ns = NS_PER_MINUTE};
    market->instruments[i] = (struct instrument){.symbol = from->symbol,
                                                 .kind = from->kind,
                                                 .price_tick = grid_of(&market->bars[i]),
                                                 .lot = {1, 3},
                                                 .contract_size = from->contract_size};
    must(instrument_init(&market->instruments[i], &error), &error);
    struct market_stats stats;
    must(market_stats_measure(&market->prices[i], INT64_MIN, market->scenario->from_ns, &stats,
                              &error),
         &error);
    scenario_fill_impact(from, stats.volatility_day, stats.volume_day);
    market->models[i] = from->impact_preset->model;
    market->params[i] = from->impact;
}

/* ---- accounts ---- */

static int64_t price_at(const struct real_market *market, size_t i, int64_t ts_ns) {
    const struct real_bars *bars = &market->bars[i];
    size_t row = 0;
    while (row + 1 < bars->count && bars->ts_ns[row] < ts_ns)
        row++;
    int64_t price = 0;
    const bool exact =
        decimal_rescale(decimal_normal((struct decimal){bars->value[0][row], DECIMALS}),
                        market->instruments[i].price_tick.decimals, &price);
    assert(exact);
    (void)exact;
    return price;
}

static void populate(struct real_market *market, uint64_t accounts) {
    const size_t count = market->input.instrument_count;
    struct population_settings settings = market->scenario->accounts.population;
    settings.accounts = accounts;
    int64_t *start = allocate(count, sizeof(*start));
    for (size_t i = 0; i < count; i++)
        start[i] = price_at(market, i, market->scenario->from_ns);
    struct error error;
    must(accounts_create(&market->accounts, &error), &error);
    must(population_generate(&settings, market->instruments, count, start, NULL,
                             &market->scenario->rulebook, market->accounts, 1, &error),
         &error);
    must(accounts_finish(market->accounts, &error), &error);
    free(start);
}

struct real_market *real_market_create(const char *scenarios, uint64_t accounts) {
    struct real_market *market = allocate(1, sizeof(*market));
    struct error error;
    must(scenario_load("may-2021", scenarios, NULL, &market->scenario, &error), &error);
    const struct scenario *scenario = market->scenario;
    const size_t count = scenario->instrument_count;
    market->instruments = allocate(count, sizeof(*market->instruments));
    market->prices = allocate(count, sizeof(*market->prices));
    market->bars = allocate(count, sizeof(*market->bars));
    market->models = allocate(count, sizeof(*market->models));
    market->params = allocate(count, sizeof(*market->params));
    market->input.instrument_count = count;
    for (size_t i = 0; i < count; i++)
        read_instrument(market, scenarios, i);
    populate(market, accounts);
    market->rulebook = scenario->rulebook;
    const struct venue_input venue = {.accounts = market->accounts,
                                      .rulebook = &market->rulebook,
                                      .insurance_fund = scenario->insurance_fund};
    market->input = (struct replay_input){.instrument_count = count,
                                          .instruments = market->instruments,
                                          .prices = market->prices,
                                          .impact_model = market->models,
                                          .impact_params = market->params,
                                          .simulated = venue,
                                          .reference = venue,
                                          .from_ns = scenario->from_ns,
                                          .to_ns = scenario->to_ns,
                                          .bar_path = scenario->bar_path,
                                          .clock_step_ns = scenario->clock_step_ns,
                                          .feedback = true,
                                          .cleaning = CLEANING_MODELLED,
                                          .threads = 1};
    real_market_rewind(market);
    return market;
}

void real_market_destroy(struct real_market *market) {
    for (size_t i = 0; i < market->input.instrument_count; i++) {
        free(market->bars[i].ts_ns);
        for (int v = 0; v < TICK_VALUES_MAX; v++)
            free(market->bars[i].value[v]);
    }
    accounts_destroy(market->accounts);
    free(market->instruments);
    free(market->prices);
    free(market->bars);
    free(market->models);
    free(market->params);
    scenario_destroy(market->scenario);
    free(market);
}

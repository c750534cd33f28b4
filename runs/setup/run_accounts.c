#include "runs/setup/run_accounts.h"

#include "scenarios/population/accounts_csv.h"
#include "scenarios/population/population.h"
#include "scenarios/settlement.h"

/* Past prices kept of an instrument: enough to draw from, and bounded. */
#define HISTORY_MAX 100000

/* A price of the data in the run's ticks, to the nearest; at least one. */
static int64_t in_ticks(const struct instrument *instrument, int64_t mantissa, int32_t decimals) {
    const int128 above = (int128)mantissa * units_pow10(instrument->price_tick.decimals);
    const int128 below = (int128)units_pow10(decimals) * instrument->price_tick.mantissa;
    const int128 ticks = div_nearest(above, below);
    return ticks < 1 ? 1 : units_fits_int64(ticks) ? (int64_t)ticks : INT64_MAX;
}

/* The open of the first bar, or the first tick, in the replay's span. */
static enum status read_start(struct run_setup *setup, size_t index, struct error *reterr) {
    struct run_series *series = &setup->inputs->series[index];
    const struct tick_source source = market_source_port(series->replay);
    struct tick_batch batch;
    const enum status status = source.next(source.context, &batch, reterr);
    if (status == STATUS_END)
        return error_set(reterr, STATUS_CONFIG, "%s has no price in the scenario's span",
                         setup->instruments[index].symbol);
    if (status != STATUS_OK)
        return status;
    setup->start_ticks[index] =
        in_ticks(&setup->instruments[index], batch.value[0][0], batch.price_decimals);
    market_source_rewind(series->replay);
    return STATUS_OK;
}

/* Closes or trades before the start, every so many that HISTORY_MAX are enough. */
static enum status read_history(struct run_setup *setup, size_t index, struct error *reterr) {
    struct run_series *series = &setup->inputs->series[index];
    if (series->before == NULL)
        return STATUS_OK;
    const struct tick_source source = market_source_port(series->before);
    const int column = series->series.kind == SERIES_BARS ? 3 : 0;
    const uint64_t step = series->extent_before.rows / HISTORY_MAX + 1;
    int64_t *ticks = g_new(int64_t, HISTORY_MAX);
    size_t count = 0;
    uint64_t row = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct tick_batch batch;
        status = source.next(source.context, &batch, reterr);
        for (size_t i = 0; status == STATUS_OK && i < batch.count; i++, row++)
            if (row % step == 0 && count < HISTORY_MAX)
                ticks[count++] = in_ticks(&setup->instruments[index], batch.value[column][i],
                                          batch.price_decimals);
    }
    market_source_rewind(series->before);
    setup->entries[index] = (struct price_history){.ticks = ticks, .count = count};
    return status == STATUS_END ? STATUS_OK : status;
}

static enum status make_accounts(const struct run_setup *setup,
                                 const struct scenario_accounts *wanted,
                                 const struct rulebook *rulebook, const struct run_file *file,
                                 uint32_t threads, struct accounts **ret_accounts,
                                 struct error *reterr) {
    const size_t count = setup->inputs->scenario->instrument_count;
    struct accounts *accounts = NULL;
    char settlement[SETTLEMENT_SIZE];
    scenario_settlement(setup->inputs->scenario, rulebook, settlement);
    enum status status = accounts_create(&accounts, reterr);
    if (status == STATUS_OK)
        status = accounts_set_settlement(accounts, settlement, reterr);
    if (status == STATUS_OK && file->path != NULL)
        status =
            accounts_csv_read(file->source, rulebook, setup->instruments, count, accounts, reterr);
    if (status == STATUS_OK && wanted->synthetic)
        status = population_generate(
            &wanted->population, setup->instruments, count, setup->start_ticks, setup->entries,
            &setup->inputs->scenario->reference_rulebook, accounts, threads, reterr);
    if (status == STATUS_OK)
        status = accounts_finish(accounts, reterr);
    if (status != STATUS_OK) {
        accounts_destroy(accounts);
        return status;
    }
    *ret_accounts = accounts;
    return STATUS_OK;
}

enum status run_accounts_fill(struct run_setup *setup, uint32_t threads, struct error *reterr) {
    const struct scenario *scenario = setup->inputs->scenario;
    const bool differ =
        scenario->cleaning == CLEANING_MODELLED && scenario->reference_accounts_differ;
    const bool synthetic =
        scenario->accounts.synthetic || (differ && scenario->reference_accounts.synthetic);
    enum status status = STATUS_OK;
    for (size_t i = 0; synthetic && status == STATUS_OK && i < scenario->instrument_count; i++) {
        status = read_start(setup, i, reterr);
        if (status == STATUS_OK)
            status = read_history(setup, i, reterr);
    }
    if (status == STATUS_OK)
        status = make_accounts(setup, &scenario->accounts, &scenario->rulebook,
                               &setup->inputs->accounts_file, threads, &setup->accounts, reterr);
    if (status == STATUS_OK && differ)
        status = make_accounts(setup, &scenario->reference_accounts, &scenario->reference_rulebook,
                               &setup->inputs->reference_file, threads, &setup->reference_accounts,
                               reterr);
    return status;
}

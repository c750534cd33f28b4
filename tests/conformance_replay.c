/* A small replay from arrays. */

#include <string.h>

#include "tests/conformance_replay.h"

/* One instrument's ticks. */
struct series {
    size_t count;
    int64_t ts_ns[VECTOR_TICKS_MAX];
    int64_t price[VECTOR_TICKS_MAX];
    uint8_t flags[VECTOR_TICKS_MAX];
    bool given;
};

static enum status series_next(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    struct series *series = context;
    (void)reterr;
    if (series->given)
        return STATUS_END;
    series->given = true;
    *ret_batch = (struct tick_batch){.count = series->count,
                                     .ts_ns = series->ts_ns,
                                     .value = {series->price, NULL},
                                     .flags = series->flags,
                                     .price_decimals = GRID_DECIMALS};
    return STATUS_OK;
}

static bool series_fill(struct series *series, const double *prices, size_t count) {
    *series = (struct series){.count = count};
    for (size_t t = 0; t < count; t++) {
        series->ts_ns[t] = (int64_t)t * NS_PER_MINUTE;
        series->flags[t] = TICK_NO_QUANTITY;
        if (!vector_scaled(prices[t], GRID_DECIMALS, &series->price[t]))
            return false;
    }
    return true;
}

static enum status take(void *ret_rows, size_t *ret_count, const void *rows, size_t count,
                        size_t size, struct error *reterr) {
    if (count > VECTOR_ROWS_MAX - *ret_count)
        return error_set(reterr, STATUS_FULL, "more than %d rows", VECTOR_ROWS_MAX);
    memcpy((char *)ret_rows + *ret_count * size, rows, count * size);
    *ret_count += count;
    return STATUS_OK;
}

static enum status take_liquidations(void *context, size_t count,
                                     const struct liquidation_record *rows, struct error *reterr) {
    struct vector_replay *replay = context;
    return take(replay->liquidations, &replay->liquidation_count, rows, count, sizeof(*rows),
                reterr);
}

static enum status take_adl(void *context, size_t count, const struct adl_record *rows,
                            struct error *reterr) {
    struct vector_replay *replay = context;
    return take(replay->adl, &replay->adl_count, rows, count, sizeof(*rows), reterr);
}

static enum status take_accounts(void *context, size_t count, const struct account_record *rows,
                                 struct error *reterr) {
    struct vector_replay *replay = context;
    return take(replay->accounts, &replay->account_count, rows, count, sizeof(*rows), reterr);
}

bool vector_replay_run(struct vector *vector, struct vector_book *book, const double *prices,
                       size_t count, struct vector_replay *replay) {
    struct series series[VECTOR_INSTRUMENTS_MAX];
    struct price_source sources[VECTOR_INSTRUMENTS_MAX];
    const struct impact_model *models[VECTOR_INSTRUMENTS_MAX];
    struct impact_params params[VECTOR_INSTRUMENTS_MAX];
    int64_t fund = 0;
    struct replay_event change = {.ts_ns = NS_PER_MINUTE / 2, .kind = EVENT_FUND_CHANGE};
    bool fits = count <= VECTOR_TICKS_MAX && vector_money(replay->fund, &fund) &&
                vector_money(replay->fund_change, &change.amount);
    memset(params, 0, sizeof(params));
    for (size_t i = 0; i < book->instrument_count && fits; i++) {
        fits = series_fill(&series[i], &prices[i * count], count);
        sources[i] = (struct price_source){{&series[i], series_next}, SERIES_TICKS, 0};
        models[i] = impact_model_find("none");
    }
    if (!fits) {
        (void)vector_broken(vector, "prices or fund do not fit");
        return false;
    }
    const struct replay_input input = {
        .instrument_count = book->instrument_count,
        .instruments = book->instruments,
        .prices = sources,
        .impact_model = models,
        .impact_params = params,
        .simulated = {.accounts = book->accounts,
                      .rulebook = &book->rulebook,
                      .insurance_fund = fund},
        .events = &change,
        .event_count = change.amount != 0,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .feedback = true,
        .cleaning = CLEANING_NONE,
        .max_waves = replay->max_waves,
        .threads = 1,
        .sink = {.context = replay,
                 .liquidations = take_liquidations,
                 .adl = take_adl,
                 .accounts = take_accounts},
    };
    struct error error = {STATUS_OK, ""};
    if (accounts_finish(book->accounts, &error) != STATUS_OK ||
        replay_run(&input, &replay->summary, &error) != STATUS_OK) {
        (void)vector_broken(vector, "the replay is refused: %s", error.message);
        return false;
    }
    if (replay->summary.ledger_residual != 0) {
        (void)vector_broken(vector, "the ledger does not balance");
        return false;
    }
    return true;
}

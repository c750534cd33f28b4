#include "store/results/results_sink.h"

#include <assert.h>

#include "store/results/results_bind.h"
#include "store/results/results_internal.h"

#define ID_SIZE 256 /* of an account id with its NUL */

static const char *const inserts[INSERT_COUNT] = {
    [INSERT_MINUTE] =
        "INSERT INTO waiting.minute(run, ts_ns, instrument, recorded, without_feedback, simulated,"
        " mark, recorded_ticks, without_feedback_ticks, simulated_ticks, mark_ticks,"
        " long_notional_e8, short_notional_e8, count, branching, depth)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [INSERT_LIQUIDATION] =
        "INSERT INTO waiting.liquidation(run, ts_ns, cascade, wave, node, parent, generation,"
        " account, instrument, quantity, price, bankruptcy_price, quantity_lots, price_ticks,"
        " bankruptcy_price_ticks, notional_e8, realised_pnl_e8, fee_e8, loss_e8, paid_fund_e8,"
        " paid_adl_e8, paid_socialised_e8, unpaid_e8, at_first_assessment, adl, erroneous,"
        " taken_over, part, through, caused_share_e8)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
        " ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30)",
    [INSERT_ACCOUNT] = "INSERT INTO waiting.account(run, account, cohort, equity_start_e8,"
                       " equity_end_e8, socialised_e8, liquidations, outcome)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [INSERT_FUND] = "INSERT INTO waiting.fund(run, ts_ns, balance_e8) VALUES(?1, ?2, ?3)",
    [INSERT_ADL] = "INSERT INTO waiting.adl(run, ts_ns, wave, account, instrument, quantity, price,"
                   " quantity_lots, price_ticks, forgone_e8)"
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    [INSERT_DENSITY] =
        "INSERT INTO waiting.density(run, ts_ns, instrument, price_low_ticks, price_high_ticks,"
        " long_notional_e8, short_notional_e8) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [INSERT_CONTAGION] = "INSERT INTO waiting.multiplier(cause, effect, multiplier,"
                         " shared_collateral) VALUES(?1, ?2, ?3, ?4)",
};

enum status results_sink_prepare(struct results_writer *writer, struct error *reterr) {
    int rc = SQLITE_OK;
    for (int i = 0; i < INSERT_COUNT && rc == SQLITE_OK; i++)
        rc = sqlite3_prepare_v3(writer->file->database, inserts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                &writer->insert[i], NULL);
    return results_status(writer->file, rc, "preparing the run's tables", reterr);
}

void results_sink_finish(struct results_writer *writer) {
    for (int i = 0; i < INSERT_COUNT; i++) {
        (void)sqlite3_finalize(writer->insert[i]); /* repeats the status of the last step */
        writer->insert[i] = NULL;
    }
}

/* Both sides of the division are exact up to 2^53, so it rounds once and 0.1 stays 0.1. */
double results_on_grid(struct decimal grid, int64_t units) {
    const int128 mantissa = (int128)units * grid.mantissa;
    return (double)mantissa / (double)units_pow10(grid.decimals);
}

static void bind_price(struct binder *binder, struct decimal grid, int64_t ticks) {
    if (ticks == PRICE_NONE)
        bind_null(binder);
    else
        bind_real(binder, results_on_grid(grid, ticks));
}

static void bind_ticks(struct binder *binder, int64_t ticks) {
    if (ticks == PRICE_NONE)
        bind_null(binder);
    else
        bind_integer(binder, ticks);
}

static enum status waiting_status(struct results_writer *writer, int rc, struct error *reterr) {
    return results_status(writer->file, rc, "keeping the run's rows in the temporary directory",
                          reterr);
}

static enum status take_minutes(void *context, size_t count, const struct minute_record *rows,
                                struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct minute_record *row = &rows[i];
        assert(row->instrument < writer->run->instrument_count);
        const struct results_instrument *instrument = &writer->run->instruments[row->instrument];
        struct binder binder = {writer->insert[INSERT_MINUTE], 0, SQLITE_OK};
        bind_text(&binder, writer->run->id);
        bind_integer(&binder, row->ts_ns);
        bind_text(&binder, instrument->symbol);
        bind_price(&binder, instrument->price_tick, row->recorded_ticks);
        bind_price(&binder, instrument->price_tick, row->without_ticks);
        bind_price(&binder, instrument->price_tick, row->simulated_ticks);
        bind_price(&binder, instrument->price_tick, row->mark_ticks);
        bind_ticks(&binder, row->recorded_ticks);
        bind_ticks(&binder, row->without_ticks);
        bind_ticks(&binder, row->simulated_ticks);
        bind_ticks(&binder, row->mark_ticks);
        bind_integer(&binder, row->long_notional);
        bind_integer(&binder, row->short_notional);
        bind_integer(&binder, row->count);
        bind_real(&binder, row->branching);
        bind_real(&binder, row->depth);
        rc = bind_step(&binder);
    }
    return waiting_status(writer, rc, reterr);
}

static int insert_liquidation(struct results_writer *writer, const struct liquidation_record *row) {
    const struct results_instrument *instrument = &writer->run->instruments[row->instrument];
    char id[ID_SIZE];
    writer->run->account_id(writer->run->account_context, row->account, id);
    struct binder binder = {writer->insert[INSERT_LIQUIDATION], 0, SQLITE_OK};
    bind_text(&binder, writer->run->id);
    bind_integer(&binder, row->ts_ns);
    bind_integer(&binder, row->cascade);
    bind_integer(&binder, row->wave);
    bind_integer(&binder, row->node);
    if (row->parent == NODE_NONE)
        bind_null(&binder);
    else
        bind_integer(&binder, row->parent);
    bind_integer(&binder, row->generation);
    bind_text(&binder, id);
    bind_text(&binder, instrument->symbol);
    bind_real(&binder, results_on_grid(instrument->lot, row->quantity_lots));
    bind_real(&binder, results_on_grid(instrument->price_tick, row->price_ticks));
    bind_price(&binder, instrument->price_tick, row->bankruptcy_price_ticks);
    bind_integer(&binder, row->quantity_lots);
    bind_integer(&binder, row->price_ticks);
    bind_ticks(&binder, row->bankruptcy_price_ticks);
    bind_integer(&binder, row->notional);
    bind_integer(&binder, row->realised_pnl);
    bind_integer(&binder, row->fee);
    bind_integer(&binder, row->shortfall);
    bind_integer(&binder, row->paid_fund);
    bind_integer(&binder, row->paid_adl);
    bind_integer(&binder, row->paid_socialised);
    bind_integer(&binder, row->unpaid);
    bind_integer(&binder, row->at_first_assessment);
    bind_integer(&binder, row->adl);
    bind_integer(&binder, row->erroneous);
    bind_integer(&binder, row->taken_over);
    bind_integer(&binder, row->part);
    if (row->through == INSTRUMENT_NONE)
        bind_null(&binder);
    else
        bind_text(&binder, writer->run->instruments[row->through].symbol);
    bind_integer(&binder, row->caused_e8);
    return bind_step(&binder);
}

static enum status take_liquidations(void *context, size_t count,
                                     const struct liquidation_record *rows, struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        assert(rows[i].instrument < writer->run->instrument_count);
        rc = insert_liquidation(writer, &rows[i]);
    }
    return waiting_status(writer, rc, reterr);
}

static const char *outcome_name(enum account_outcome outcome) {
    switch (outcome) {
    case ACCOUNT_UNTOUCHED:
        return "untouched";
    case ACCOUNT_REDUCED:
        return "reduced";
    case ACCOUNT_LIQUIDATED:
        return "liquidated";
    case ACCOUNT_BANKRUPT:
        return "bankrupt";
    case ACCOUNT_DELEVERAGED:
        return "deleveraged";
    }
    assert(false);
    return "";
}

static enum status take_accounts(void *context, size_t count, const struct account_record *rows,
                                 struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct account_record *row = &rows[i];
        struct binder binder = {writer->insert[INSERT_ACCOUNT], 0, SQLITE_OK};
        bind_text(&binder, writer->run->id);
        bind_text(&binder, row->id);
        bind_text(&binder, row->cohort);
        bind_integer(&binder, row->equity_start);
        bind_integer(&binder, row->equity_end);
        bind_integer(&binder, row->socialised);
        bind_integer(&binder, row->liquidations);
        bind_text(&binder, outcome_name(row->outcome));
        rc = bind_step(&binder);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_fund(void *context, size_t count, const struct fund_record *rows,
                             struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        struct binder binder = {writer->insert[INSERT_FUND], 0, SQLITE_OK};
        bind_text(&binder, writer->run->id);
        bind_integer(&binder, rows[i].ts_ns);
        bind_integer(&binder, rows[i].balance);
        rc = bind_step(&binder);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_adl(void *context, size_t count, const struct adl_record *rows,
                            struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct adl_record *row = &rows[i];
        assert(row->instrument < writer->run->instrument_count);
        const struct results_instrument *instrument = &writer->run->instruments[row->instrument];
        char id[ID_SIZE];
        writer->run->account_id(writer->run->account_context, row->account, id);
        struct binder binder = {writer->insert[INSERT_ADL], 0, SQLITE_OK};
        bind_text(&binder, writer->run->id);
        bind_integer(&binder, row->ts_ns);
        bind_integer(&binder, row->wave);
        bind_text(&binder, id);
        bind_text(&binder, instrument->symbol);
        bind_real(&binder, results_on_grid(instrument->lot, row->quantity_lots));
        bind_real(&binder, results_on_grid(instrument->price_tick, row->price_ticks));
        bind_integer(&binder, row->quantity_lots);
        bind_integer(&binder, row->price_ticks);
        bind_integer(&binder, row->forgone);
        rc = bind_step(&binder);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_density(void *context, size_t count, const struct density_record *rows,
                                struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct density_record *row = &rows[i];
        assert(row->instrument < writer->run->instrument_count);
        struct binder binder = {writer->insert[INSERT_DENSITY], 0, SQLITE_OK};
        bind_text(&binder, writer->run->id);
        bind_integer(&binder, row->ts_ns);
        bind_text(&binder, writer->run->instruments[row->instrument].symbol);
        bind_integer(&binder, row->price_low_ticks);
        bind_integer(&binder, row->price_high_ticks);
        bind_integer(&binder, row->long_notional);
        bind_integer(&binder, row->short_notional);
        rc = bind_step(&binder);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_contagion(void *context, size_t count, const struct contagion_record *rows,
                                  struct error *reterr) {
    struct results_writer *writer = context;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct contagion_record *row = &rows[i];
        assert(row->cause < writer->run->instrument_count);
        assert(row->effect < writer->run->instrument_count);
        struct binder binder = {writer->insert[INSERT_CONTAGION], 0, SQLITE_OK};
        bind_text(&binder, writer->run->instruments[row->cause].symbol);
        bind_text(&binder, writer->run->instruments[row->effect].symbol);
        bind_real(&binder, row->total);
        bind_real(&binder, row->shared_collateral);
        rc = bind_step(&binder);
    }
    return waiting_status(writer, rc, reterr);
}

struct event_sink results_writer_sink(struct results_writer *writer) {
    return (struct event_sink){.context = writer,
                               .liquidations = take_liquidations,
                               .adl = take_adl,
                               .minutes = take_minutes,
                               .accounts = take_accounts,
                               .fund = take_fund,
                               .density = take_density,
                               .contagion = take_contagion};
}

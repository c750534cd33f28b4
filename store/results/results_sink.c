#include "store/results/results_sink.h"

#include <assert.h>

#include "store/results/results_internal.h"
#include "store/results/results_row.h"
#include "store/results/results_sql.h"

#define ID_SIZE 256 /* of an account id with its NUL */

/* The tables of the rows, by enum results_insert. */
static const char *const tables[INSERT_COUNT] = {
    [INSERT_MINUTE] = "minute",   [INSERT_LIQUIDATION] = "liquidation",
    [INSERT_ACCOUNT] = "account", [INSERT_FUND] = "fund",
    [INSERT_ADL] = "adl",         [INSERT_DENSITY] = "density",
    [INSERT_CONTAGION] = NULL, /* not one of the file's */
};

static enum status prepare(struct results_writer *writer, int insert, struct error *reterr) {
    char *sql =
        tables[insert] == NULL
            ? sqlite3_mprintf("INSERT INTO waiting.multiplier(cause, effect, multiplier,"
                              " shared_collateral) VALUES(?1, ?2, ?3, ?4)")
            : results_sql_insert(results_table_find(tables[insert]), "INSERT INTO", "waiting");
    const int rc =
        sql == NULL ? SQLITE_NOMEM
                    : sqlite3_prepare_v3(writer->file->database, sql, -1, SQLITE_PREPARE_PERSISTENT,
                                         &writer->insert[insert], NULL);
    sqlite3_free(sql);
    return results_status(writer->file, rc, "preparing the run's tables", reterr);
}

enum status results_sink_prepare(struct results_writer *writer, struct error *reterr) {
    enum status status = STATUS_OK;
    for (int i = 0; i < INSERT_COUNT && status == STATUS_OK; i++)
        status = prepare(writer, i, reterr);
    return status;
}

void results_sink_finish(struct results_writer *writer) {
    for (int i = 0; i < INSERT_COUNT; i++) {
        (void)sqlite3_finalize(writer->insert[i]); /* repeats the status of the last step */
        writer->insert[i] = NULL;
    }
}

static struct results_row row_for(const struct results_writer *writer, enum results_insert insert) {
    return results_row_of(results_table_find(tables[insert]), writer->insert[insert]);
}

static enum status waiting_status(struct results_writer *writer, int rc, struct error *reterr) {
    return results_status(writer->file, rc, "keeping the run's rows in the temporary directory",
                          reterr);
}

static enum status take_minutes(void *context, size_t count, const struct minute_record *rows,
                                struct error *reterr) {
    struct results_writer *writer = context;
    struct results_row out = row_for(writer, INSERT_MINUTE);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct minute_record *row = &rows[i];
        assert(row->instrument < writer->run->instrument_count);
        const struct results_instrument *instrument = &writer->run->instruments[row->instrument];
        row_text(&out, writer->run->id);
        row_time(&out, row->ts_ns);
        row_text(&out, instrument->symbol);
        row_price(&out, instrument->price_tick, row->recorded_ticks);
        row_price(&out, instrument->price_tick, row->without_ticks);
        row_price(&out, instrument->price_tick, row->simulated_ticks);
        row_price(&out, instrument->price_tick, row->mark_ticks);
        row_scaled(&out, row->long_notional);
        row_scaled(&out, row->short_notional);
        row_integer(&out, row->count);
        row_real(&out, row->branching);
        row_real(&out, row->depth);
        rc = row_step(&out);
    }
    return waiting_status(writer, rc, reterr);
}

static int insert_liquidation(const struct results_writer *writer, struct results_row *out,
                              const struct liquidation_record *row) {
    const struct results_instrument *instrument = &writer->run->instruments[row->instrument];
    char id[ID_SIZE];
    writer->run->account_id(writer->run->account_context, row->account, id);
    row_text(out, writer->run->id);
    row_time(out, row->ts_ns);
    row_integer(out, row->cascade);
    row_integer(out, row->wave);
    row_integer(out, row->node);
    row_integer_if(out, row->parent != NODE_NONE, row->parent);
    row_integer(out, row->generation);
    row_text(out, id);
    row_text(out, instrument->symbol);
    row_quantity(out, instrument->lot, row->quantity_lots);
    row_price(out, instrument->price_tick, row->price_ticks);
    row_price(out, instrument->price_tick, row->bankruptcy_price_ticks);
    row_scaled(out, row->notional);
    row_scaled(out, row->realised_pnl);
    row_scaled(out, row->fee);
    row_scaled(out, row->shortfall);
    row_scaled(out, row->paid_fund);
    row_scaled(out, row->paid_adl);
    row_scaled(out, row->paid_socialised);
    row_scaled(out, row->unpaid);
    row_integer(out, row->at_first_assessment);
    row_integer(out, row->adl);
    row_integer(out, row->taken_over);
    row_integer(out, row->part);
    row_integer(out, row->erroneous);
    row_text(out, row->through == INSTRUMENT_NONE ? NULL
                                                  : writer->run->instruments[row->through].symbol);
    row_scaled(out, row->caused_e8);
    return row_step(out);
}

static enum status take_liquidations(void *context, size_t count,
                                     const struct liquidation_record *rows, struct error *reterr) {
    struct results_writer *writer = context;
    struct results_row out = row_for(writer, INSERT_LIQUIDATION);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        assert(rows[i].instrument < writer->run->instrument_count);
        rc = insert_liquidation(writer, &out, &rows[i]);
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
    struct results_row out = row_for(writer, INSERT_ACCOUNT);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct account_record *row = &rows[i];
        row_text(&out, writer->run->id);
        row_text(&out, row->id);
        row_text(&out, row->cohort);
        row_scaled(&out, row->equity_start);
        row_scaled(&out, row->equity_end);
        row_scaled(&out, row->socialised);
        row_integer(&out, row->liquidations);
        row_text(&out, outcome_name(row->outcome));
        rc = row_step(&out);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_fund(void *context, size_t count, const struct fund_record *rows,
                             struct error *reterr) {
    struct results_writer *writer = context;
    struct results_row out = row_for(writer, INSERT_FUND);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        row_text(&out, writer->run->id);
        row_time(&out, rows[i].ts_ns);
        row_scaled(&out, rows[i].balance);
        rc = row_step(&out);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_adl(void *context, size_t count, const struct adl_record *rows,
                            struct error *reterr) {
    struct results_writer *writer = context;
    struct results_row out = row_for(writer, INSERT_ADL);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct adl_record *row = &rows[i];
        assert(row->instrument < writer->run->instrument_count);
        const struct results_instrument *instrument = &writer->run->instruments[row->instrument];
        char id[ID_SIZE];
        writer->run->account_id(writer->run->account_context, row->account, id);
        row_text(&out, writer->run->id);
        row_time(&out, row->ts_ns);
        row_integer(&out, row->wave);
        row_text(&out, id);
        row_text(&out, instrument->symbol);
        row_quantity(&out, instrument->lot, row->quantity_lots);
        row_price(&out, instrument->price_tick, row->price_ticks);
        row_scaled(&out, row->forgone);
        rc = row_step(&out);
    }
    return waiting_status(writer, rc, reterr);
}

static enum status take_density(void *context, size_t count, const struct density_record *rows,
                                struct error *reterr) {
    struct results_writer *writer = context;
    struct results_row out = row_for(writer, INSERT_DENSITY);
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        const struct density_record *row = &rows[i];
        assert(row->instrument < writer->run->instrument_count);
        row_text(&out, writer->run->id);
        row_time(&out, row->ts_ns);
        row_text(&out, writer->run->instruments[row->instrument].symbol);
        row_ticks(&out, row->price_low_ticks);
        row_ticks(&out, row->price_high_ticks);
        row_scaled(&out, row->long_notional);
        row_scaled(&out, row->short_notional);
        rc = row_step(&out);
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
        struct binder binder = binder_of(writer->insert[INSERT_CONTAGION]);
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

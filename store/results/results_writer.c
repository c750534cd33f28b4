#include "store/results/results_writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "store/results/results_internal.h"
#include "store/results/results_row.h"
#include "store/results/results_sink.h"
#include "store/results/results_sql.h"

/* Tables whose rows arrive during the run and wait. */
static const char *const waiting[] = {"minute", "liquidation", "account", "fund", "adl", "density"};
#define WAITING_COUNT (sizeof(waiting) / sizeof(waiting[0]))

static enum status no_memory(const struct results_writer *writer, struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", writer->file->path);
}

static enum status create_waiting(struct results_writer *writer, struct error *reterr) {
    const char *doing = "making a temporary database";
    /* '' is a private file in the temporary directory that SQLite removes with the connection. */
    enum status status = results_execute(writer->file, "ATTACH '' AS waiting", doing, reterr);
    if (status != STATUS_OK)
        return status;
    writer->attached = true;
    status =
        results_execute(writer->file, "PRAGMA waiting.cache_size = -16384; BEGIN", doing, reterr);
    if (status != STATUS_OK)
        return status;
    writer->begun = true;
    for (size_t i = 0; status == STATUS_OK && i < WAITING_COUNT; i++) {
        char *sql = results_sql_table(results_table_find(waiting[i]), "waiting");
        if (sql == NULL)
            return no_memory(writer, reterr);
        status = results_execute(writer->file, sql, doing, reterr);
        sqlite3_free(sql);
    }
    if (status == STATUS_OK)
        status = results_execute(writer->file,
                                 "CREATE TABLE waiting.multiplier(cause TEXT, effect TEXT,"
                                 " multiplier REAL, shared_collateral REAL,"
                                 " PRIMARY KEY (cause, effect)) WITHOUT ROWID",
                                 doing, reterr);
    return status;
}

enum status results_writer_create(struct results_file *file, const struct results_run *run,
                                  struct results_writer **ret_writer, struct error *reterr) {
    assert(strlen(run->id) + 1 == RESULTS_RUN_ID_SIZE);
    struct results_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "results file '%s': no memory", file->path);
    writer->file = file;
    writer->run = run;
    enum status status = create_waiting(writer, reterr);
    if (status == STATUS_OK)
        status = results_sink_prepare(writer, reterr);
    if (status != STATUS_OK) {
        results_writer_destroy(writer);
        return status;
    }
    *ret_writer = writer;
    return STATUS_OK;
}

/* One of the few inserts of the end of a run. */
struct insert {
    sqlite3_stmt *statement;
    struct results_row row;
};

static enum status insert_open(struct results_writer *writer, const char *name, const char *verb,
                               struct insert *ret_insert, struct error *reterr) {
    *ret_insert = (struct insert){0};
    const struct results_table *table = results_table_find(name);
    char *sql = results_sql_insert(table, verb, "main");
    if (sql == NULL)
        return no_memory(writer, reterr);
    const int rc =
        sqlite3_prepare_v2(writer->file->database, sql, -1, &ret_insert->statement, NULL);
    sqlite3_free(sql);
    ret_insert->row = results_row_of(table, ret_insert->statement);
    return results_status(writer->file, rc, "storing the run", reterr);
}

/* Stores the row bound, and is ready for the next one. */
static enum status insert_row(struct results_writer *writer, struct insert *insert,
                              struct error *reterr) {
    return results_status(writer->file, row_step(&insert->row), "storing the run", reterr);
}

static void insert_close(struct insert *insert) {
    (void)sqlite3_finalize(insert->statement); /* repeats the status of the last step */
}

static enum status delete_run(struct results_writer *writer, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && results_tables[i].name != NULL; i++) {
        const struct results_table *table = &results_tables[i];
        if (table->shared)
            continue;
        char *sql = sqlite3_mprintf("DELETE FROM main.%s WHERE %s = %Q", table->name,
                                    results_table_run(table), writer->run->id);
        if (sql == NULL)
            return no_memory(writer, reterr);
        status = results_execute(writer->file, sql, "removing the run of the same id", reterr);
        sqlite3_free(sql);
    }
    return status;
}

/* The number of the run that is asked for now, which makes it `last`. */
static enum status next_ordinal(struct results_writer *writer, int64_t *ret_ordinal,
                                struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        writer->file, "SELECT coalesce(max(ordinal), 0) + 1 FROM main.run", NULL, &rows, reterr);
    if (status == STATUS_OK)
        status = results_rows_next(rows, reterr);
    if (status == STATUS_OK)
        *ret_ordinal = results_rows_integer(rows, 0);
    results_rows_end(rows);
    return status;
}

static enum status store_run(struct results_writer *writer, const struct results_outcome *outcome,
                             struct error *reterr) {
    const struct results_run *run = writer->run;
    struct insert insert = {0};
    int64_t ordinal = 0;
    enum status status = next_ordinal(writer, &ordinal, reterr);
    if (status == STATUS_OK)
        status = insert_open(writer, "run", "INSERT INTO", &insert, reterr);
    if (status == STATUS_OK) {
        struct results_row *row = &insert.row;
        row_text(row, run->id);
        row_integer(row, ordinal);
        row_text(row, run->scenario);
        row_text(row, run->title);
        row_integer(row, run->seed);
        row_text(row, run->version);
        row_text(row, outcome->fingerprint);
        row_text(row, outcome->created_at);
        row_real(row, outcome->elapsed_s);
        row_integer(row, outcome->from_ns);
        row_integer(row, outcome->to_ns);
        row_text(row, run->asset);
        status = insert_row(writer, &insert, reterr);
    }
    insert_close(&insert);
    return status;
}

static enum status store_inputs(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct insert content = {0};
    struct insert input = {0};
    enum status status = insert_open(writer, "content", "INSERT OR IGNORE INTO", &content, reterr);
    if (status == STATUS_OK)
        status = insert_open(writer, "input", "INSERT INTO", &input, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->input_count; i++) {
        const struct results_input *from = &run->inputs[i];
        if (from->bytes != NULL) {
            row_text(&content.row, from->sha256);
            row_blob(&content.row, from->bytes, from->size);
            status = insert_row(writer, &content, reterr);
            if (status != STATUS_OK)
                break;
        }
        row_text(&input.row, run->id);
        row_integer(&input.row, (int64_t)i);
        row_text(&input.row, from->role);
        row_text(&input.row, from->name);
        row_text(&input.row, from->sha256);
        row_integer(&input.row, (int64_t)from->size);
        row_text(&input.row, from->note);
        status = insert_row(writer, &input, reterr);
    }
    insert_close(&content);
    insert_close(&input);
    return status;
}

static enum status store_settings(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct insert insert;
    enum status status = insert_open(writer, "setting", "INSERT OR REPLACE INTO", &insert, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->setting_count; i++) {
        const struct results_setting *from = &run->settings[i];
        row_text(&insert.row, run->id);
        row_text(&insert.row, from->key);
        row_text(&insert.row, from->value);
        row_text(&insert.row, from->origin);
        row_real(&insert.row, from->low);
        row_real(&insert.row, from->high);
        row_text(&insert.row, from->note);
        status = insert_row(writer, &insert, reterr);
    }
    insert_close(&insert);
    return status;
}

static enum status store_notes(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct insert insert;
    enum status status = insert_open(writer, "note", "INSERT INTO", &insert, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->note_count; i++) {
        row_text(&insert.row, run->id);
        row_integer(&insert.row, (int64_t)i);
        row_text(&insert.row, run->notes[i].kind);
        row_text(&insert.row, run->notes[i].text);
        status = insert_row(writer, &insert, reterr);
    }
    insert_close(&insert);
    return status;
}

static enum status store_instruments(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct insert insert;
    enum status status = insert_open(writer, "instrument", "INSERT INTO", &insert, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->instrument_count; i++) {
        const struct results_instrument *from = &run->instruments[i];
        const struct decimal grid[3] = {from->price_tick, from->lot, from->contract_size};
        char exact[3][32];
        row_text(&insert.row, run->id);
        row_integer(&insert.row, (int64_t)i);
        row_text(&insert.row, from->symbol);
        row_text(&insert.row, from->kind);
        for (int k = 0; k < 3; k++) {
            (void)decimal_format(grid[k].mantissa, grid[k].decimals, exact[k]); /* its length */
            row_decimal(&insert.row, grid[k], exact[k]);
        }
        row_text(&insert.row, from->impact);
        status = insert_row(writer, &insert, reterr);
    }
    insert_close(&insert);
    return status;
}

static void put_metric(struct results_row *row, const struct results_run *run,
                       const struct results_metric *from, const char *name) {
    row_text(row, run->id);
    if (from->bound != BOUND_NONE)
        row_text(row, metric_bounds[from->bound].name);
    row_text(row, name);
    row_text(row, from->instrument);
    row_real(row, from->value);
    if (from->bound == BOUND_NONE) {
        row_real(row, from->low);
        row_real(row, from->high);
    }
    row_text(row, metric_unit(from->metric, run->asset));
    row_text(row, from->exact);
}

/* Those of the run, and those of the runs of its range. */
static enum status store_metrics(struct results_writer *writer,
                                 const struct results_outcome *outcome, struct error *reterr) {
    struct insert metric = {0};
    struct insert bound = {0};
    enum status status = insert_open(writer, "metric", "INSERT INTO", &metric, reterr);
    if (status == STATUS_OK)
        status = insert_open(writer, "bound", "INSERT INTO", &bound, reterr);
    for (size_t i = 0; status == STATUS_OK && i < outcome->metric_count; i++) {
        const struct results_metric *from = &outcome->metrics[i];
        struct insert *insert = from->bound == BOUND_NONE ? &metric : &bound;
        char name[METRIC_NAME_SIZE];
        put_metric(&insert->row, writer->run, from,
                   metric_name(from->metric, from->generation, name));
        status = insert_row(writer, insert, reterr);
    }
    insert_close(&metric);
    insert_close(&bound);
    return status;
}

/* Which instrument's orders caused which, and the multipliers beside that. A node's orders share
 * their instrument; with a key of its own the parent is found at once. As in all figures, an order
 * that was divided is one, and what was auto-deleveraged is no liquidated notional. A parent
 * without rows is what the fund gave to the market: it stands for the instrument whose price it
 * moved. */
static enum status store_contagion(struct results_writer *writer, struct error *reterr) {
    static const char sql[] =
        "CREATE TABLE waiting.node(node INTEGER PRIMARY KEY, instrument TEXT);"
        "INSERT OR IGNORE INTO waiting.node SELECT node, instrument FROM waiting.liquidation;"
        "CREATE TABLE waiting.caused(cause TEXT, effect TEXT, count INTEGER, notional REAL,"
        " shared REAL, crossed REAL, PRIMARY KEY (cause, effect)) WITHOUT ROWID;"
        "INSERT INTO waiting.caused SELECT cause, effect, sum(n), sum(notional),"
        " total(CASE WHEN through = cause AND cause <> effect THEN notional END),"
        " total(CASE WHEN through <> cause THEN notional END) FROM"
        " (SELECT coalesce(p.instrument, c.through) AS cause, c.instrument AS effect,"
        "  c.through AS through,"
        "  sum(c.part = 0) AS n,"
        "  sum(iif(c.adl, 0, c.notional_e8) / 100000000)"
        "  + sum(iif(c.adl, 0, c.notional_e8) %% 100000000) / 1e8 AS notional"
        "  FROM waiting.liquidation c LEFT JOIN waiting.node p ON p.node = c.parent"
        "  WHERE c.parent IS NOT NULL GROUP BY 1, 2, 3) GROUP BY cause, effect;"
        "INSERT INTO main.contagion(run, cause, effect, count, notional, shared_collateral,"
        " cross_impact, multiplier, multiplier_shared_collateral, multiplier_cross_impact)"
        " SELECT %Q, cause, effect, coalesce(count, 0),"
        " coalesce(notional, 0.0), coalesce(shared, 0.0), coalesce(crossed, 0.0), multiplier,"
        " shared_collateral, multiplier - shared_collateral FROM"
        " (SELECT cause, effect FROM waiting.caused UNION"
        "  SELECT cause, effect FROM waiting.multiplier)"
        " LEFT JOIN waiting.caused USING (cause, effect)"
        " LEFT JOIN waiting.multiplier USING (cause, effect)";
    char *text = sqlite3_mprintf(sql, writer->run->id);
    if (text == NULL)
        return no_memory(writer, reterr);
    const enum status status = results_execute(writer->file, text, "storing the run", reterr);
    sqlite3_free(text);
    return status;
}

/* A table without a key is moved by whole rows (`*`, its content alone): SQLite then copies pages'
 * records as they are, 0.2 s a million instead of 1.1 s. */
static enum status move_waiting(struct results_writer *writer, const struct results_table *table,
                                struct error *reterr) {
    char *columns = results_sql_columns(table);
    char *sql = columns == NULL ? NULL
                : table->key == NULL
                    ? sqlite3_mprintf("INSERT INTO main.%s SELECT * FROM waiting.%s", table->name,
                                      table->name)
                    : sqlite3_mprintf("INSERT INTO main.%s(%s) SELECT %s FROM waiting.%s",
                                      table->name, columns, columns, table->name);
    sqlite3_free(columns);
    if (sql == NULL)
        return no_memory(writer, reterr);
    const enum status status = results_execute(writer->file, sql, "storing the run", reterr);
    sqlite3_free(sql);
    return status;
}

/* Moves the waiting rows in, and what is counted from them. */
static enum status store_waiting(struct results_writer *writer, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < WAITING_COUNT; i++)
        status = move_waiting(writer, results_table_find(waiting[i]), reterr);
    /* Whole units and the rest are summed apart: a book may hold more than 2^63 of 1e-8. */
    if (status == STATUS_OK)
        status = results_execute(
            writer->file,
            "INSERT INTO main.cohort(run, cohort, accounts, liquidated, bankrupt, equity_start,"
            " equity_end) SELECT run, cohort, count(*), sum(liquidations > 0),"
            " sum(outcome = 'bankrupt'),"
            " sum(equity_start_e8 / 100000000) + sum(equity_start_e8 % 100000000) / 1e8,"
            " sum(equity_end_e8 / 100000000) + sum(equity_end_e8 % 100000000) / 1e8"
            " FROM waiting.account GROUP BY run, cohort",
            "storing the run", reterr);
    return status == STATUS_OK ? store_contagion(writer, reterr) : status;
}

enum status results_writer_finish(struct results_writer *writer,
                                  const struct results_outcome *outcome, struct error *reterr) {
    assert(writer->begun);
    results_sink_finish(writer);
    const char *doing = "storing the run";
    enum status status = results_execute(writer->file, "COMMIT", doing, reterr);
    if (status == STATUS_OK) {
        writer->begun = false;
        status = results_execute(writer->file, "BEGIN IMMEDIATE", doing, reterr);
    }
    if (status == STATUS_OK)
        status = delete_run(writer, reterr);
    if (status == STATUS_OK)
        status = store_run(writer, outcome, reterr);
    if (status == STATUS_OK)
        status = store_inputs(writer, reterr);
    if (status == STATUS_OK)
        status = store_settings(writer, reterr);
    if (status == STATUS_OK)
        status = store_notes(writer, reterr);
    if (status == STATUS_OK)
        status = store_instruments(writer, reterr);
    if (status == STATUS_OK)
        status = store_metrics(writer, outcome, reterr);
    if (status == STATUS_OK)
        status = store_waiting(writer, reterr);
    if (status == STATUS_OK)
        status = results_execute(writer->file, "COMMIT", doing, reterr);
    if (status != STATUS_OK && !sqlite3_get_autocommit(writer->file->database))
        (void)sqlite3_exec(writer->file->database, "ROLLBACK", NULL, NULL,
                           NULL); /* cause is told */
    return status;
}

void results_writer_destroy(struct results_writer *writer) {
    if (writer == NULL)
        return;
    results_sink_finish(writer);
    sqlite3 *database = writer->file->database;
    /* Nothing of what is dropped here is wanted any more; the file goes with the connection. */
    if (!sqlite3_get_autocommit(database))
        (void)sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    if (writer->attached)
        (void)sqlite3_exec(database, "DETACH waiting", NULL, NULL, NULL);
    free(writer);
}

#include "store/results/results_writer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "store/results/results_bind.h"
#include "store/results/results_internal.h"
#include "store/results/results_schema.h"
#include "store/results/results_sink.h"

/* Tables whose rows arrive during the run and wait. `columns` NULL: the tables have no key, so that
 * SQLite moves whole rows (0.2 s a million instead of 1.1 s); the `*` then means their content
 * alone, without generated columns. */
static const struct {
    const char *table;
    const char *columns;
} waiting[] = {
    {"minute", "run, ts_ns, instrument, recorded, without_feedback, simulated, mark,"
               " recorded_ticks, without_feedback_ticks, simulated_ticks, mark_ticks,"
               " long_notional_e8, short_notional_e8,"
               " count, branching, depth"},
    {"liquidation", NULL},
    {"account", NULL},
    {"fund", NULL},
    {"adl", NULL},
    {"density", "run, ts_ns, instrument, price_low_ticks, price_high_ticks, long_notional_e8,"
                " short_notional_e8"},
};
#define WAITING_COUNT (sizeof(waiting) / sizeof(waiting[0]))

static const struct results_table *find_table(const char *name) {
    const struct results_table *table = results_tables;
    while (strcmp(table->name, name) != 0)
        table++;
    return table;
}

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
        const struct results_table *table = find_table(waiting[i].table);
        char *sql = sqlite3_mprintf("CREATE TABLE waiting.%s(%s) %s", table->name, table->columns,
                                    table->options);
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

/* Begins one of the few statements of the end of a run. */
static enum status open_insert(struct results_writer *writer, const char *sql,
                               struct binder *ret_binder, struct error *reterr) {
    *ret_binder = (struct binder){NULL, 0, SQLITE_OK};
    const int rc =
        sqlite3_prepare_v2(writer->file->database, sql, -1, &ret_binder->statement, NULL);
    return results_status(writer->file, rc, "storing the run", reterr);
}

/* Stores the row bound, and makes the binder ready for the next one. */
static enum status insert_row(struct results_writer *writer, struct binder *binder,
                              struct error *reterr) {
    const int rc = bind_step(binder);
    *binder = (struct binder){binder->statement, 0, SQLITE_OK};
    return results_status(writer->file, rc, "storing the run", reterr);
}

static void close_insert(struct binder *binder) {
    (void)sqlite3_finalize(binder->statement); /* repeats the status of the last step */
}

static enum status delete_run(struct results_writer *writer, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && results_tables[i].name != NULL; i++) {
        const char *table = results_tables[i].name;
        if (strcmp(table, "content") == 0)
            continue; /* shared by runs */
        char *sql = sqlite3_mprintf("DELETE FROM main.%s WHERE %s = %Q", table,
                                    strcmp(table, "run") == 0 ? "id" : "run", writer->run->id);
        if (sql == NULL)
            return no_memory(writer, reterr);
        status = results_execute(writer->file, sql, "removing the run of the same id", reterr);
        sqlite3_free(sql);
    }
    return status;
}

static enum status store_run(struct results_writer *writer, const struct results_outcome *outcome,
                             struct error *reterr) {
    const struct results_run *run = writer->run;
    struct binder binder;
    enum status status = open_insert(
        writer,
        "INSERT INTO main.run(id, scenario, title, seed, version, fingerprint, created_at,"
        " elapsed_s, from_ns, to_ns, asset, ordinal) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
        " ?10, ?11, (SELECT coalesce(max(ordinal), 0) + 1 FROM main.run))",
        &binder, reterr);
    if (status == STATUS_OK) {
        bind_text(&binder, run->id);
        bind_text(&binder, run->scenario);
        bind_text(&binder, run->title);
        bind_integer(&binder, run->seed);
        bind_text(&binder, run->version);
        bind_text(&binder, outcome->fingerprint);
        bind_text(&binder, outcome->created_at);
        bind_real(&binder, outcome->elapsed_s);
        bind_integer(&binder, outcome->from_ns);
        bind_integer(&binder, outcome->to_ns);
        bind_text(&binder, run->asset);
        status = insert_row(writer, &binder, reterr);
    }
    close_insert(&binder);
    return status;
}

static enum status store_inputs(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct binder content = {NULL, 0, SQLITE_OK};
    struct binder input = {NULL, 0, SQLITE_OK};
    enum status status =
        open_insert(writer, "INSERT OR IGNORE INTO main.content(sha256, bytes) VALUES(?1, ?2)",
                    &content, reterr);
    if (status == STATUS_OK)
        status = open_insert(writer,
                             "INSERT INTO main.input(run, number, role, name, sha256, size, note)"
                             " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                             &input, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->input_count; i++) {
        const struct results_input *row = &run->inputs[i];
        if (row->bytes != NULL) {
            bind_text(&content, row->sha256);
            bind_blob(&content, row->bytes, row->size);
            status = insert_row(writer, &content, reterr);
            if (status != STATUS_OK)
                break;
        }
        bind_text(&input, run->id);
        bind_integer(&input, (int64_t)i);
        bind_text(&input, row->role);
        bind_text(&input, row->name);
        bind_text(&input, row->sha256);
        bind_integer(&input, (int64_t)row->size);
        bind_text(&input, row->note);
        status = insert_row(writer, &input, reterr);
    }
    close_insert(&content);
    close_insert(&input);
    return status;
}

static enum status store_settings(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct binder binder;
    enum status status =
        open_insert(writer,
                    "INSERT OR REPLACE INTO main.setting(run, key, value, origin, low, high, note)"
                    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    &binder, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->setting_count; i++) {
        const struct results_setting *row = &run->settings[i];
        bind_text(&binder, run->id);
        bind_text(&binder, row->key);
        bind_text(&binder, row->value);
        bind_text(&binder, row->origin);
        bind_real(&binder, row->low);
        bind_real(&binder, row->high);
        bind_text(&binder, row->note);
        status = insert_row(writer, &binder, reterr);
    }
    close_insert(&binder);
    return status;
}

static enum status store_notes(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct binder binder;
    enum status status =
        open_insert(writer, "INSERT INTO main.note(run, number, kind, text) VALUES(?1, ?2, ?3, ?4)",
                    &binder, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->note_count; i++) {
        bind_text(&binder, run->id);
        bind_integer(&binder, (int64_t)i);
        bind_text(&binder, run->notes[i].kind);
        bind_text(&binder, run->notes[i].text);
        status = insert_row(writer, &binder, reterr);
    }
    close_insert(&binder);
    return status;
}

static enum status store_instruments(struct results_writer *writer, struct error *reterr) {
    const struct results_run *run = writer->run;
    struct binder binder;
    enum status status = open_insert(
        writer,
        "INSERT INTO main.instrument(run, number, instrument, kind, price_tick, lot, contract_size,"
        " price_tick_exact, lot_exact, contract_size_exact, impact)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        &binder, reterr);
    for (size_t i = 0; status == STATUS_OK && i < run->instrument_count; i++) {
        const struct results_instrument *row = &run->instruments[i];
        const struct decimal grid[3] = {row->price_tick, row->lot, row->contract_size};
        char exact[3][32];
        bind_text(&binder, run->id);
        bind_integer(&binder, (int64_t)i);
        bind_text(&binder, row->symbol);
        bind_text(&binder, row->kind);
        for (int k = 0; k < 3; k++)
            bind_real(&binder, results_on_grid(grid[k], 1));
        for (int k = 0; k < 3; k++) {
            (void)decimal_format(grid[k].mantissa, grid[k].decimals, exact[k]); /* its length */
            bind_text(&binder, exact[k]);
        }
        bind_text(&binder, row->impact);
        status = insert_row(writer, &binder, reterr);
    }
    close_insert(&binder);
    return status;
}

static enum status store_metrics(struct results_writer *writer,
                                 const struct results_outcome *outcome, struct error *reterr) {
    struct binder binder;
    enum status status =
        open_insert(writer,
                    "INSERT INTO main.metric(run, name, instrument, value, low, high, unit, exact)"
                    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    &binder, reterr);
    for (size_t i = 0; status == STATUS_OK && i < outcome->metric_count; i++) {
        const struct results_metric *row = &outcome->metrics[i];
        bind_text(&binder, writer->run->id);
        bind_text(&binder, row->name);
        bind_text(&binder, row->instrument);
        bind_real(&binder, row->value);
        bind_real(&binder, row->low);
        bind_real(&binder, row->high);
        bind_text(&binder, row->unit);
        bind_text(&binder, row->exact);
        status = insert_row(writer, &binder, reterr);
    }
    close_insert(&binder);
    return status;
}

/* Which instrument's orders caused which, and the multipliers beside that. A node's orders share
 * their instrument; with a key of its own the parent is found at once. */
static enum status store_contagion(struct results_writer *writer, struct error *reterr) {
    static const char sql[] =
        "CREATE TABLE waiting.node(node INTEGER PRIMARY KEY, instrument TEXT);"
        "INSERT OR IGNORE INTO waiting.node SELECT node, instrument FROM waiting.liquidation;"
        "CREATE TABLE waiting.caused(cause TEXT, effect TEXT, count INTEGER, notional REAL,"
        " shared REAL, crossed REAL, PRIMARY KEY (cause, effect)) WITHOUT ROWID;"
        "INSERT INTO waiting.caused SELECT cause, effect, sum(n), sum(notional),"
        " total(CASE WHEN through = cause AND cause <> effect THEN notional END),"
        " total(CASE WHEN through <> cause THEN notional END) FROM"
        " (SELECT p.instrument AS cause, c.instrument AS effect, c.through AS through,"
        "  count(*) AS n,"
        "  sum(c.notional_e8 / 100000000) + sum(c.notional_e8 %% 100000000) / 1e8 AS notional"
        "  FROM waiting.liquidation c CROSS JOIN waiting.node p ON p.node = c.parent"
        "  GROUP BY p.instrument, c.instrument, c.through) GROUP BY cause, effect;"
        "INSERT INTO main.contagion SELECT %Q, cause, effect, coalesce(count, 0),"
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

/* Moves the waiting rows in, and what is counted from them. */
static enum status store_waiting(struct results_writer *writer, struct error *reterr) {
    const char *doing = "storing the run";
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < WAITING_COUNT; i++) {
        const char *columns = waiting[i].columns;
        char *sql = sqlite3_mprintf("INSERT INTO main.%s%s%s%s SELECT %s FROM waiting.%s",
                                    waiting[i].table, columns ? "(" : "", columns ? columns : "",
                                    columns ? ")" : "", columns ? columns : "*", waiting[i].table);
        if (sql == NULL)
            return no_memory(writer, reterr);
        status = results_execute(writer->file, sql, doing, reterr);
        sqlite3_free(sql);
    }
    /* Whole units and the rest are summed apart: a book may hold more than 2^63 of 1e-8. */
    if (status == STATUS_OK)
        status = results_execute(
            writer->file,
            "INSERT INTO main.cohort SELECT run, cohort, count(*), sum(liquidations > 0),"
            " sum(outcome = 'bankrupt'),"
            " sum(equity_start_e8 / 100000000) + sum(equity_start_e8 % 100000000) / 1e8,"
            " sum(equity_end_e8 / 100000000) + sum(equity_end_e8 % 100000000) / 1e8"
            " FROM waiting.account GROUP BY run, cohort",
            doing, reterr);
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

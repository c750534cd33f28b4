#include "runs/stored/run_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runs/running/run_range.h"
#include "runs/running/run_replay.h"
#include "runs/stored/stored_run.h"
#include "store/results/results_schema.h"

/* Replays `stored` (loaded) into `again`. */
static enum status repeat(const struct run_verify_order *order, const struct stored_run *stored,
                          struct run_inputs *inputs, struct results_file *again,
                          const struct host *host, struct error *reterr) {
    struct run_how how = {.sets = (const char *const *)stored->sets->pdata,
                          .threads = order->threads};
    enum status status = stored_run_check(stored, inputs, reterr);
    if (status == STATUS_OK)
        status = run_range_is_stored(order->results, stored->id, &how.range, reterr);
    return status == STATUS_OK ? run_replay(inputs, again, &how, host, reterr) : status;
}

static enum status compare(struct results_file *results, struct results_file *again,
                           struct run_verified *verified, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && results_tables[i].name != NULL; i++) {
        struct run_verified_table table = {.name = results_tables[i].name};
        if (results_tables[i].shared)
            continue; /* contents, held against their hashes before */
        status = results_compare(results, again, verified->id, table.name, &table.rows,
                                 &table.differs, &table.difference, reterr);
        if (status == STATUS_OK) {
            g_array_append_val(verified->tables, table);
            verified->differing += table.differs ? 1 : 0;
        }
    }
    return status;
}

static enum status verify(const struct run_verify_order *order, struct stored_run *stored,
                          const struct host *host, struct run_verified *verified,
                          struct error *reterr) {
    struct run_inputs *inputs = NULL;
    struct results_file *again = NULL;
    const char *market = NULL;
    enum status status = stored_run_load(stored, reterr);
    if (status == STATUS_OK)
        status = run_places_market(&order->places, stored->scenario, host, &market, reterr);
    if (status == STATUS_OK)
        status =
            run_inputs_create_stored(stored->scenario, market, &stored->origin, &inputs, reterr);
    /* '' is a private database in the temporary directory that SQLite removes by itself. */
    if (status == STATUS_OK)
        status = results_file_open("", RESULTS_WRITE, &again, reterr);
    if (status == STATUS_OK)
        status = repeat(order, stored, inputs, again, host, reterr);
    if (status == STATUS_OK)
        status = compare(order->results, again, verified, reterr);
    results_file_close(again);
    run_inputs_destroy(inputs);
    return status;
}

enum status run_verify(const struct run_verify_order *order, const struct host *host,
                       struct run_verified *ret_verified, struct error *reterr) {
    struct run_verified verified = {
        .tables = g_array_new(FALSE, FALSE, sizeof(struct run_verified_table))};
    struct stored_run *stored = NULL;
    enum status status = results_file_find(order->results, order->run, verified.id, reterr);
    if (status == STATUS_OK)
        status = stored_run_read(order->results, verified.id, &stored, reterr);
    if (status == STATUS_OK) {
        verified.version = g_strdup(stored->version);
        verified.fingerprint = g_strdup(stored->fingerprint);
        if (strcmp(stored->version, CROSSFALL_VERSION) != 0)
            host_tell(host, HOST_NOTE, "Run %s was made by crossfall %s; this is %s.", verified.id,
                      stored->version, CROSSFALL_VERSION);
        status = verify(order, stored, host, &verified, reterr);
    }
    stored_run_destroy(stored);
    if (status != STATUS_OK) {
        run_verified_finish(&verified);
        return status;
    }
    *ret_verified = verified;
    return STATUS_OK;
}

void run_verify_describe(const struct results_difference *difference, size_t size, char *ret_text) {
    if (difference->column[0] == '\0')
        (void)snprintf(ret_text, size,
                       "table %s, row %" PRIu64 " (%s): stored is %s, now there is %s",
                       difference->table, difference->row, difference->where, difference->stored,
                       difference->now); /* cut is ok, for people */
    else
        (void)snprintf(ret_text, size,
                       "table %s, row %" PRIu64 " (%s), column %s: stored is %s, now it is %s",
                       difference->table, difference->row, difference->where, difference->column,
                       difference->stored, difference->now); /* likewise */
}

enum status run_verified_status(const struct run_verified *verified, struct error *reterr) {
    for (guint i = 0; i < verified->tables->len; i++) {
        const struct run_verified_table *table =
            &g_array_index(verified->tables, struct run_verified_table, i);
        if (!table->differs)
            continue;
        char line[700];
        run_verify_describe(&table->difference, sizeof(line), line);
        return error_set(reterr, STATUS_DIFFERENT, "run %s comes out otherwise: %s", verified->id,
                         line);
    }
    return STATUS_OK;
}

void run_verified_finish(struct run_verified *verified) {
    g_free(verified->version);
    g_free(verified->fingerprint);
    if (verified->tables != NULL)
        (void)g_array_free(verified->tables, TRUE); /* returns NULL */
    *verified = (struct run_verified){0};
}

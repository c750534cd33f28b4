/* `crossfall verify`: runs a stored run again and compares. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/bundled_data.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/run_range.h"
#include "cli/run_replay.h"
#include "cli/stored_run.h"
#include "reports/exact_json.h"
#include "store/results/results_compare.h"
#include "store/results/results_schema.h"

struct compared_table {
    const char *name;
    uint64_t rows; /* that are the same */
    bool differs;
    struct results_difference difference;
};

struct verify {
    struct cli_options options;
    int threads;
    struct results_file *file;
    struct stored_run *stored;
    struct run_setup *setup;
    struct results_file *again; /* the run as it is now; private and temporary */
    GArray *tables;             /* struct compared_table */
    guint differing;
};

/* ---- running it again ---- */

static enum status open_setup(struct verify *verify, struct error *reterr) {
    const struct scenario *scenario = verify->stored->scenario;
    const bool bundled =
        scenario->input_count > 0 && g_str_has_prefix(scenario->inputs[0].path, "bundled:");
    char *data =
        bundled ? cli_bundled_data_path(verify->options.data) : cli_data_path(verify->options.data);
    char *resources = cli_resource_dir();
    enum status status = STATUS_OK;
    if (bundled && resources != NULL)
        status = bundled_data_fill(data, resources, scenario, &verify->options, reterr);
    if (status == STATUS_OK)
        status = run_setup_create_stored(verify->stored->scenario, data, &verify->stored->for_setup,
                                         &verify->setup, reterr);
    g_free(resources);
    g_free(data);
    return status;
}

static enum status run_again(struct verify *verify, struct error *reterr) {
    enum status status = stored_run_load(verify->stored, reterr);
    if (status == STATUS_OK)
        status = open_setup(verify, reterr);
    if (status == STATUS_OK)
        status = stored_run_check(verify->stored, verify->setup, reterr);
    /* '' is a private database in the temporary directory that SQLite removes by itself. */
    if (status == STATUS_OK)
        status = results_file_open("", RESULTS_WRITE, &verify->again, reterr);
    struct run_how how = {.sets = (const char *const *)verify->stored->sets->pdata,
                          .threads = (uint32_t)verify->threads};
    if (status == STATUS_OK)
        status = run_range_is_stored(verify->file, verify->stored->id, &how.range, reterr);
    if (status == STATUS_OK)
        status = run_replay(verify->setup, verify->again, &how, &verify->options, reterr);
    return status;
}

static enum status compare(struct verify *verify, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && results_tables[i].name != NULL; i++) {
        struct compared_table table = {.name = results_tables[i].name};
        if (results_tables[i].shared)
            continue; /* contents, held against their hashes before */
        status = results_compare(verify->file, verify->again, verify->stored->id, table.name,
                                 &table.rows, &table.differs, &table.difference, reterr);
        if (status == STATUS_OK) {
            g_array_append_val(verify->tables, table);
            verify->differing += table.differs ? 1 : 0;
        }
    }
    return status;
}

/* ---- telling ---- */

static json_t *difference_json(const struct results_difference *difference) {
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "table", difference->table, "row",
                     (json_int_t)difference->row, "where", difference->where, "column",
                     difference->column, "stored", difference->stored, "now", difference->now);
}

static enum status print_json(const struct verify *verify, struct error *reterr) {
    json_t *rows = json_object();
    json_t *differences = json_array();
    bool failed = false;
    for (guint i = 0; i < verify->tables->len; i++) {
        const struct compared_table *table =
            &g_array_index(verify->tables, struct compared_table, i);
        failed = failed ||
                 json_object_set_new(rows, table->name, json_integer((json_int_t)table->rows)) != 0;
        if (table->differs)
            failed = failed ||
                     json_array_append_new(differences, difference_json(&table->difference)) != 0;
    }
    json_t *root =
        json_pack("{s:s, s:b, s:s, s:s, s:o, s:o}", "run", verify->stored->id, "same",
                  verify->differing == 0, "fingerprint", verify->stored->fingerprint, "version",
                  verify->stored->version, "rows_equal", rows, "differences", differences);
    char *text = root == NULL || failed ? NULL : exact_json_dump(root);
    json_decref(root);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the answer");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
}

static void describe(const struct results_difference *difference, size_t size, char *ret_text) {
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

static void print_text(const struct verify *verify) {
    uint64_t rows = 0;
    for (guint i = 0; i < verify->tables->len; i++) {
        const struct compared_table *table =
            &g_array_index(verify->tables, struct compared_table, i);
        char line[700];
        rows += table->rows;
        if (!table->differs)
            continue;
        describe(&table->difference, sizeof(line), line);
        (void)printf("%s\n", line); /* main() looks at the stream's end */
    }
    if (verify->differing == 0)
        (void)printf("Run %s comes out the same: %" PRIu64 " rows of %u tables byte for byte, "
                     "fingerprint %s.\n",
                     verify->stored->id, rows, verify->tables->len,
                     verify->stored->fingerprint); /* likewise */
}

static enum status tell(const struct verify *verify, struct error *reterr) {
    if (verify->options.json) {
        const enum status status = print_json(verify, reterr);
        if (status != STATUS_OK)
            return status;
    } else {
        print_text(verify);
    }
    for (guint i = 0; i < verify->tables->len; i++) {
        const struct compared_table *table =
            &g_array_index(verify->tables, struct compared_table, i);
        if (!table->differs)
            continue;
        char line[700];
        describe(&table->difference, sizeof(line), line);
        return error_set(reterr, STATUS_DIFFERENT, "run %s comes out otherwise: %s",
                         verify->stored->id, line);
    }
    return STATUS_OK;
}

static enum status verify_run(struct verify *verify, const char *name, struct error *reterr) {
    char *path = cli_results_path(verify->options.results);
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = results_file_open(path, RESULTS_READ, &verify->file, reterr);
    g_free(path);
    if (status == STATUS_OK)
        status = results_file_find(verify->file, name, id, reterr);
    if (status == STATUS_OK)
        status = stored_run_read(verify->file, id, &verify->stored, reterr);
    if (status != STATUS_OK)
        return status;
    if (strcmp(verify->stored->version, CROSSFALL_VERSION) != 0)
        (void)fprintf(stderr, "Run %s was made by crossfall %s; this is %s.\n", id,
                      verify->stored->version, CROSSFALL_VERSION); /* nowhere else to tell it */
    status = run_again(verify, reterr);
    if (status == STATUS_OK)
        status = compare(verify, reterr);
    return status == STATUS_OK ? tell(verify, reterr) : status;
}

int command_verify(int argc, char **argv) {
    struct verify verify = {.threads = 1,
                            .tables = g_array_new(FALSE, FALSE, sizeof(struct compared_table))};
    const GOptionEntry own[] = {
        {"threads", 0, 0, G_OPTION_ARG_INT, &verify.threads, "As of run; the answer is the same",
         "N"},
        G_OPTION_ENTRY_NULL,
    };
    struct error error = {0};
    enum status status = cli_options_parse(
        "verify", "RUN",
        "Runs a stored run again from its stored inputs and the same ticks, and compares every "
        "row, "
        "byte\nfor byte. Exit code 4: something differs, and is named. RUN is an id, a unique "
        "prefix of one, or last.",
        own, &argc, &argv, &verify.options, &error);
    if (status == STATUS_OK && argc != 2)
        status = error_set(&error, STATUS_USAGE,
                           "one run is needed: an id, the beginning of one, or last (crossfall "
                           "list runs)");
    if (status == STATUS_OK && (verify.threads < 1 || verify.threads > 256))
        status =
            error_set(&error, STATUS_USAGE, "--threads must be 1 to 256, not %d", verify.threads);
    if (status == STATUS_OK) {
        interrupt_catch();
        status = verify_run(&verify, argv[1], &error);
    }
    results_file_close(verify.again);
    run_setup_destroy(verify.setup);
    stored_run_destroy(verify.stored);
    results_file_close(verify.file);
    cli_options_finish(&verify.options);
    (void)g_array_free(verify.tables, TRUE); /* returns NULL */
    return status == STATUS_OK ? 0 : cli_tell_error("verify", status, &error);
}

#include "runs/stored/stored_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/sha256.h"

static const char effective_role[] = "effective scenario";
static const char accounts_role[] = "accounts";
static const char reference_role[] = "reference accounts";
static const char *const series_roles[] = {"ticks", "funding",     "mark",
                                           "index", "liquidation", "open_interest"};

static bool has_role(const struct stored_input *input, const char *role) {
    return strcmp(input->role, role) == 0;
}

static bool is_accounts(const struct stored_input *input) {
    return has_role(input, accounts_role) || has_role(input, reference_role);
}

/* Rows of the market file: known by their hash. */
static bool is_series(const struct stored_input *input) {
    for (size_t i = 0; i < G_N_ELEMENTS(series_roles); i++)
        if (has_role(input, series_roles[i]))
            return true;
    return false;
}

/* A file that scenario_load_stored() reads. */
static bool is_config(const struct stored_input *input) {
    return !has_role(input, effective_role) && !is_series(input) && !is_accounts(input);
}

static const struct stored_input *find_input(const struct stored_run *run, const char *role,
                                             const char *name) {
    for (guint i = 0; i < run->inputs->len; i++) {
        const struct stored_input *input = &g_array_index(run->inputs, struct stored_input, i);
        if (has_role(input, role) && (name == NULL || strcmp(input->name, name) == 0))
            return input;
    }
    return NULL;
}

/* ---- reading ---- */

static enum status check_bytes(const struct stored_input *input, struct error *reterr) {
    if (input->bytes == NULL) {
        if (is_accounts(input) || is_series(input))
            return STATUS_OK; /* looked at when they are read */
        return error_set(reterr, STATUS_DIFFERENT, "%s '%s': its stored bytes are gone",
                         input->role, input->name);
    }
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to hash '%s'", input->name);
    char hex[65];
    sha256_update(sha, input->bytes, input->size);
    sha256_finish(sha, hex);
    sha256_destroy(sha);
    if (strcmp(hex, input->sha256) == 0)
        return STATUS_OK;
    return error_set(
        reterr, STATUS_DIFFERENT,
        "%s '%s': its stored bytes are not those of the run: SHA-256 %s, where the run "
        "had %s",
        input->role, input->name, hex, input->sha256);
}

static enum status add_input(struct stored_run *run, const struct results_rows *rows,
                             struct error *reterr) {
    struct stored_input input = {.role = g_strdup(results_rows_text(rows, 0)),
                                 .name = g_strdup(results_rows_text(rows, 1)),
                                 .sha256 = g_strdup(results_rows_text(rows, 2))};
    if (results_rows_kind(rows, 3) == RESULTS_BLOB) {
        const void *bytes = results_rows_blob(rows, 3, &input.size);
        input.bytes = g_malloc0(input.size + 1);
        if (input.size > 0)
            memcpy(input.bytes, bytes, input.size);
    }
    g_array_append_val(run->inputs, input);
    return check_bytes(&input, reterr);
}

static enum status add_set(struct stored_run *run, const struct results_rows *rows,
                           struct error *reterr) {
    (void)reterr; /* of the form of the other */
    g_ptr_array_add(run->sets, g_strconcat(results_rows_text(rows, 0), "=", NULL));
    return STATUS_OK;
}

static enum status add_head(struct stored_run *run, const struct results_rows *rows,
                            struct error *reterr) {
    (void)reterr; /* likewise */
    run->version = g_strdup(results_rows_text(rows, 0));
    run->fingerprint = g_strdup(results_rows_text(rows, 1));
    return STATUS_OK;
}

static const struct {
    const char *sql;
    enum status (*add)(struct stored_run *run, const struct results_rows *rows,
                       struct error *reterr);
} parts[] = {
    {"SELECT version, fingerprint FROM run WHERE id = ?1", add_head},
    {"SELECT role, name, input.sha256, bytes FROM input LEFT JOIN content USING (sha256)"
     " WHERE run = ?1 ORDER BY number",
     add_input},
    {"SELECT key FROM setting WHERE run = ?1 AND origin = 'set' ORDER BY key", add_set},
};

enum status stored_run_read(struct results_file *file, const char *id, struct stored_run **ret_run,
                            struct error *reterr) {
    struct stored_run *run = g_new0(struct stored_run, 1);
    (void)g_strlcpy(run->id, id, sizeof(run->id)); /* 12 digits */
    run->inputs = g_array_new(FALSE, FALSE, sizeof(struct stored_input));
    run->sets = g_ptr_array_new_with_free_func(g_free);
    run->copies = g_ptr_array_new_with_free_func(g_free);
    run->descriptors = g_array_new(FALSE, FALSE, sizeof(int));
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < G_N_ELEMENTS(parts); i++) {
        struct results_rows *rows = NULL;
        status = results_query(file, parts[i].sql, id, &rows, reterr);
        while (status == STATUS_OK) {
            status = results_rows_next(rows, reterr);
            if (status == STATUS_OK)
                status = parts[i].add(run, rows, reterr);
        }
        results_rows_end(rows);
        if (status == STATUS_END)
            status = STATUS_OK;
    }
    g_ptr_array_add(run->sets, NULL);
    if (status == STATUS_OK && find_input(run, effective_role, NULL) == NULL)
        status = error_set(reterr, STATUS_DIFFERENT, "run %s: its effective scenario is gone", id);
    if (status != STATUS_OK) {
        stored_run_destroy(run);
        return status;
    }
    *ret_run = run;
    return STATUS_OK;
}

void stored_run_destroy(struct stored_run *run) {
    if (run == NULL)
        return;
    scenario_destroy(run->scenario);
    for (guint i = 0; i < run->inputs->len; i++) {
        struct stored_input *input = &g_array_index(run->inputs, struct stored_input, i);
        g_free(input->role);
        g_free(input->name);
        g_free(input->sha256);
        g_free(input->bytes);
    }
    for (guint i = 0; i < run->descriptors->len; i++)
        (void)close(g_array_index(run->descriptors, int, i)); /* memory alone */
    (void)g_array_free(run->inputs, TRUE); /* these return NULL or an array that is gone */
    (void)g_array_free(run->descriptors, TRUE);
    (void)g_ptr_array_free(run->sets, TRUE);
    (void)g_ptr_array_free(run->copies, TRUE);
    g_free(run->version);
    g_free(run->fingerprint);
    g_free(run);
}

/* ---- making the scenario ---- */

/* Accounts are read from files, so their bytes become one that is in memory alone and goes away by
 * itself. NULL: the bytes are not kept, and are read from the file's own path. */
static enum status copy_accounts(struct stored_run *run, const char *role, const char **ret_path,
                                 struct error *reterr) {
    const struct stored_input *input = find_input(run, role, NULL);
    *ret_path = NULL;
    if (input == NULL || input->bytes == NULL)
        return STATUS_OK;
    const int descriptor = memfd_create("crossfall accounts", MFD_CLOEXEC);
    if (descriptor < 0)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for '%s': %s", input->name,
                         strerror(errno));
    g_array_append_val(run->descriptors, descriptor);
    for (size_t done = 0; done < input->size;) {
        const ssize_t count = write(descriptor, input->bytes + done, input->size - done);
        if (count < 0)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for '%s': %s", input->name,
                             strerror(errno));
        done += (size_t)count;
    }
    char *path = g_strdup_printf("/proc/self/fd/%d", descriptor);
    g_ptr_array_add(run->copies, path);
    *ret_path = path;
    return STATUS_OK;
}

enum status stored_run_load(struct stored_run *run, struct error *reterr) {
    GArray *files = g_array_new(FALSE, FALSE, sizeof(struct scenario_input));
    for (guint i = 0; i < run->inputs->len; i++) {
        const struct stored_input *input = &g_array_index(run->inputs, struct stored_input, i);
        const struct scenario_input file = {input->role, input->name, input->bytes, input->size};
        if (is_config(input))
            g_array_append_val(files, file);
    }
    enum status status =
        scenario_load_stored(find_input(run, effective_role, NULL)->bytes,
                             (const struct scenario_input *)(const void *)files->data, files->len,
                             &run->scenario, reterr);
    (void)g_array_free(files, TRUE); /* returns NULL */
    run->origin = (struct run_stored){.version = run->version};
    if (status == STATUS_OK)
        status = copy_accounts(run, accounts_role, &run->origin.accounts_source, reterr);
    if (status == STATUS_OK)
        status = copy_accounts(run, reference_role, &run->origin.reference_source, reterr);
    return status;
}

/* ---- comparing ---- */

static enum status check_series(const struct stored_run *run, const struct run_inputs *inputs,
                                size_t index, struct error *reterr) {
    const char *symbol = inputs->scenario->instruments[index].symbol;
    const struct run_series *series = &inputs->series[index];
    const struct stored_input *input = find_input(run, series_roles[0], symbol);
    if (input != NULL && strcmp(input->sha256, series->hash) == 0)
        return STATUS_OK;
    /* The hash of the rows before the start, then that of the span. */
    const bool before = input != NULL && strncmp(input->sha256, series->hash, 16) != 0;
    const bool span = input == NULL || strlen(input->sha256) != 32 ||
                      strcmp(input->sha256 + 16, series->hash + 16) != 0;
    return error_set(
        reterr, STATUS_DIFFERENT,
        "ticks of %s (series %s, %s) in '%s' are not those of the run: the rows %s%s%s "
        "differ",
        symbol, series->series.name, series->note, market_file_path(inputs->market),
        before ? "before the start" : "", before && span ? " and " : "",
        span ? "of the replayed span" : "");
}

static enum status check_accounts(const struct stored_run *run, const char *role,
                                  const struct run_file *file, struct error *reterr) {
    const struct stored_input *input = find_input(run, role, NULL);
    const char *stored = input != NULL ? input->sha256 : "";
    if (strcmp(stored, file->sha256) == 0)
        return STATUS_OK;
    return error_set(reterr, STATUS_DIFFERENT,
                     "%s '%s': not those of the run: SHA-256 %s, where the run had %s", role,
                     file->path != NULL ? file->path : "", file->sha256, stored);
}

enum status stored_run_check(const struct stored_run *run, const struct run_inputs *inputs,
                             struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < inputs->scenario->instrument_count; i++)
        status = check_series(run, inputs, i, reterr);
    if (status == STATUS_OK)
        status = check_accounts(run, accounts_role, &inputs->accounts_file, reterr);
    if (status == STATUS_OK)
        status = check_accounts(run, reference_role, &inputs->reference_file, reterr);
    if (status == STATUS_OK && strcmp(inputs->id, run->id) != 0)
        status = error_set(reterr, STATUS_DIFFERENT,
                           "run %s: its stored inputs give another id, %s: the effective scenario "
                           "or a file it names was changed together with its hash",
                           run->id, inputs->id);
    return status;
}

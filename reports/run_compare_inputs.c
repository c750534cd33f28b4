/* Whether the files and series that runs went by are the same, by their content: two runs may name
 * the same rulebook, which was edited between them. */
#include "reports/run_compare_parts.h"

#include <string.h>

static const char rulebook_role[] = "rulebook";
static const char effective_role[] = "effective scenario";

/* The scenario's own text counts as it came out (`effective`); ticks and accounts have their own
 * checks, which know what of them was used. */
static bool is_passed_over(const char *role) {
    static const char *const roles[] = {"scenario", "ticks", "accounts"};
    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
        if (strcmp(roles[i], role) == 0)
            return true;
    return false;
}

/* Files whose bytes are lines of text; all else that is left are series of the market file. */
static bool is_text(const char *role) {
    return strcmp(role, rulebook_role) == 0 || strcmp(role, "tiers") == 0 ||
           strcmp(role, effective_role) == 0;
}

static struct compare_input *find_input(struct comparison *comparison, const char *role,
                                        const char *name) {
    for (guint i = 0; i < comparison->inputs->len; i++) {
        struct compare_input *input = &g_array_index(comparison->inputs, struct compare_input, i);
        if (strcmp(input->role, role) == 0 && strcmp(input->name, name) == 0)
            return input;
    }
    const struct compare_input added = {.role = g_strdup(role),
                                        .name = g_strdup(name),
                                        .hashes = g_new0(char *, comparison->count)};
    g_array_append_val(comparison->inputs, added);
    return &g_array_index(comparison->inputs, struct compare_input, comparison->inputs->len - 1);
}

static enum status read_inputs(struct comparison *comparison, size_t run, struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        comparison->file, "SELECT role, name, sha256 FROM input WHERE run = ?1 ORDER BY number",
        comparison->runs[run]->id, &rows, reterr);
    while (status == STATUS_OK) {
        status = results_rows_next(rows, reterr);
        if (status != STATUS_OK || is_passed_over(results_rows_text(rows, 0)))
            continue;
        char *role = g_utf8_make_valid(results_rows_text(rows, 0), -1);
        char *name = g_utf8_make_valid(results_rows_text(rows, 1), -1);
        struct compare_input *input = find_input(comparison, role, name);
        g_free(input->hashes[run]);
        input->hashes[run] = g_utf8_make_valid(results_rows_text(rows, 2), -1);
        g_free(role);
        g_free(name);
    }
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

/* The first run that has another file than the first one that has any; the number of runs: none. */
static size_t other_run(const struct comparison *comparison, const struct compare_input *input) {
    const char *first = NULL;
    for (size_t i = 0; i < comparison->count; i++) {
        const char *hash = input->hashes[i];
        if (first == NULL)
            first = hash;
        else if (hash != NULL && strcmp(hash, first) != 0)
            return i;
    }
    return comparison->count;
}

/* ---- lines ---- */

static enum status read_bytes(struct comparison *comparison, const char *sha256, GBytes **ret_bytes,
                              struct error *reterr) {
    struct results_rows *rows = NULL;
    enum status status = results_query(
        comparison->file, "SELECT bytes FROM content WHERE sha256 = ?1", sha256, &rows, reterr);
    if (status == STATUS_OK)
        status = results_rows_next(rows, reterr);
    size_t size = 0;
    const void *bytes = status == STATUS_OK ? results_rows_blob(rows, 0, &size) : NULL;
    *ret_bytes = g_bytes_new(bytes, size);
    results_rows_end(rows);
    return status == STATUS_END ? STATUS_OK : status;
}

static unsigned count_lines(const char *bytes, size_t size) {
    unsigned lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    return lines;
}

/* Where `b` is another text than `a`, in its own lines from 1. */
static void find_lines(GBytes *a, GBytes *b, unsigned *ret_first, unsigned *ret_last) {
    size_t a_size = 0;
    size_t b_size = 0;
    const char *x = g_bytes_get_data(a, &a_size);
    const char *y = g_bytes_get_data(b, &b_size);
    const size_t shorter = MIN(a_size, b_size);
    size_t before = 0;
    size_t behind = 0;
    if (shorter == 0)
        return; /* one of them was not kept */
    while (before < shorter && x[before] == y[before])
        before++;
    while (behind < shorter - before && x[a_size - behind - 1] == y[b_size - behind - 1])
        behind++;
    *ret_first = 1 + count_lines(y, before);
    *ret_last = 1 + count_lines(y, b_size - behind - (behind < b_size - before));
    if (*ret_last < *ret_first) /* lines were taken out */
        *ret_last = *ret_first;
}

static enum status find_text(struct comparison *comparison, struct compare_input *input,
                             size_t other, struct error *reterr) {
    size_t first = 0;
    while (input->hashes[first] == NULL)
        first++;
    GBytes *texts[2] = {NULL, NULL};
    enum status status = read_bytes(comparison, input->hashes[first], &texts[0], reterr);
    if (status == STATUS_OK)
        status = read_bytes(comparison, input->hashes[other], &texts[1], reterr);
    if (status == STATUS_OK)
        find_lines(texts[0], texts[1], &input->first_line, &input->last_line);
    for (int i = 0; i < 2; i++)
        g_bytes_unref(texts[i]); /* NULL is fine */
    return status;
}

/* ---- all of it ---- */

static bool has_rule_setting(const struct comparison *comparison) {
    for (guint i = 0; i < comparison->settings->len; i++)
        if (g_str_has_prefix(g_array_index(comparison->settings, struct compare_setting, i).key,
                             "rulebook"))
            return true;
    return false;
}

/* A series that both have, with other rows: not the same market. That one has it and the other not
 * is what was set. */
static void add_reasons(struct comparison *comparison, const struct compare_input *input) {
    const char *first = input->hashes[0];
    for (size_t i = 1; i < comparison->count; i++)
        if (first != NULL && input->hashes[i] != NULL && strcmp(first, input->hashes[i]) != 0)
            compare_add_reason(comparison, i, "other rows of %s (%s)", input->name, input->role);
}

static void free_input(struct compare_input *input, size_t count) {
    for (size_t i = 0; i < count; i++)
        g_free(input->hashes[i]);
    g_free(input->hashes);
    g_free(input->role);
    g_free(input->name);
}

enum status compare_inputs(struct comparison *comparison, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < comparison->count; i++)
        status = read_inputs(comparison, i, reterr);
    for (guint i = 0; status == STATUS_OK && i < comparison->inputs->len;) {
        struct compare_input *input = &g_array_index(comparison->inputs, struct compare_input, i);
        const size_t other = other_run(comparison, input);
        /* What the effective scenario says otherwise stands among the settings; if nothing does, it
         * is a note, a title, or what a guess stands between. */
        const bool said = strcmp(input->role, effective_role) == 0 && comparison->settings->len > 0;
        if (other == comparison->count || said) {
            free_input(input, comparison->count);
            (void)g_array_remove_index(comparison->inputs, i); /* returns the array */
            continue;
        }
        input->keys_differ =
            strcmp(input->role, rulebook_role) == 0 && has_rule_setting(comparison);
        if (is_text(input->role))
            status = find_text(comparison, input, other, reterr);
        else if (strcmp(input->role, "reference accounts") != 0)
            add_reasons(comparison, input);
        i++;
    }
    return status;
}

void compare_inputs_finish(struct comparison *comparison) {
    for (guint i = 0; i < comparison->inputs->len; i++)
        free_input(&g_array_index(comparison->inputs, struct compare_input, i), comparison->count);
    (void)g_array_free(comparison->inputs, TRUE); /* returns NULL */
}

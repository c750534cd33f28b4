#include "reports/run_compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "reports/exact_json.h"
#include "reports/run_compare_parts.h"

#define LABEL_WIDTH 26
#define ABREAST 4     /* runs in one table of figures, the first among them */
#define DIFFERENCES 2 /* runs in one table of differences */

/* ---- JSON ---- */

static json_t *value_json(const struct compare_row *row, size_t run) {
    const struct compare_value *value = &row->values[run];
    const bool exact = value->exact != NULL && value->exact[0] != '\0';
    if (!compare_is_number(row->kind))
        return exact ? json_string(value->exact) : json_null();
    return exact ? exact_json_number(value->exact) : exact_json_real(value->value);
}

static json_t *difference_json(const struct compare_row *row, size_t run) {
    double difference = NAN;
    char exact[40];
    if (!compare_difference(row, run, &difference, exact))
        return json_null();
    return exact[0] != '\0' ? exact_json_number(exact) : exact_json_real(difference);
}

static json_t *row_json(const struct comparison *comparison, const struct compare_row *row) {
    json_t *values = json_array();
    json_t *differences = json_array();
    json_t *changes = json_array();
    int failed = 0;
    for (size_t i = 0; i < comparison->count; i++)
        failed |= json_array_append_new(values, value_json(row, i));
    for (size_t i = 1; i < comparison->count; i++) {
        failed |= json_array_append_new(differences, difference_json(row, i));
        failed |= json_array_append_new(changes, exact_json_real(compare_change(row, i)));
    }
    static const char *const senses[] = {[METRIC_NEUTRAL] = "neutral",
                                         [METRIC_LOWER_IS_BETTER] = "lower is better",
                                         [METRIC_HIGHER_IS_BETTER] = "higher is better"};
    const bool cohort = strcmp(row->name, COMPARE_COHORT) == 0;
    const char *label = row->label + strspn(row->label, " ");
    json_t *object = json_pack(
        "{s:s, s:s, s:s*, s:s*, s:s, s:s, s:o, s:o, s:o}", "name", row->name, "label", label,
        "instrument", row->instrument[0] && !cohort ? row->instrument : NULL, "cohort",
        cohort ? row->instrument : NULL, "unit", row->unit, "sense", senses[row->sense], "values",
        values, "difference", differences, "change", changes);
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *setting_json(const struct comparison *comparison,
                            const struct compare_setting *setting) {
    json_t *values = json_array();
    int failed = 0;
    for (size_t i = 0; i < comparison->count; i++)
        failed |= json_array_append_new(
            values, setting->values[i] == NULL ? json_null() : json_string(setting->values[i]));
    json_t *object = json_pack("{s:s, s:o}", "key", setting->key, "values", values);
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

static json_t *input_json(const struct comparison *comparison, const struct compare_input *input) {
    json_t *hashes = json_array();
    int failed = 0;
    for (size_t i = 0; i < comparison->count; i++)
        failed |= json_array_append_new(
            hashes, input->hashes[i] == NULL ? json_null() : json_string(input->hashes[i]));
    json_t *lines = input->first_line > 0
                        ? json_pack("[i, i]", (int)input->first_line, (int)input->last_line)
                        : json_null();
    json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "role", input->role, "name", input->name,
                               "sha256", hashes, "lines", lines);
    if (failed == 0)
        return object;
    json_decref(object);
    return NULL;
}

json_t *compare_json(const struct comparison *comparison) {
    json_t *runs = json_array();
    json_t *reasons = json_array();
    json_t *settings = json_array();
    json_t *inputs = json_array();
    json_t *figures = json_array();
    int failed = 0;
    for (guint i = 0; i < comparison->inputs->len; i++)
        failed |= json_array_append_new(
            inputs,
            input_json(comparison, &g_array_index(comparison->inputs, struct compare_input, i)));
    for (size_t i = 0; i < comparison->count; i++) {
        const struct run_figures *run = comparison->runs[i];
        failed |= json_array_append_new(
            runs, json_pack("{s:s, s:s, s:I, s:s, s:s}", "run", run->id, "scenario", run->scenario,
                            "seed", (json_int_t)run->seed, "version", run->version, "fingerprint",
                            run->fingerprint));
    }
    for (guint i = 0; i < comparison->reasons->len; i++)
        failed |=
            json_array_append_new(reasons, json_string(g_ptr_array_index(comparison->reasons, i)));
    for (guint i = 0; i < comparison->settings->len; i++)
        failed |= json_array_append_new(
            settings, setting_json(comparison, &g_array_index(comparison->settings,
                                                              struct compare_setting, i)));
    for (guint i = 0; i < comparison->rows->len; i++)
        failed |= json_array_append_new(
            figures, row_json(comparison, &g_array_index(comparison->rows, struct compare_row, i)));
    json_t *root = json_pack("{s:o, s:b, s:o, s:o, s:o, s:o}", "runs", runs, "comparable",
                             comparison->reasons->len == 0, "not_comparable_because", reasons,
                             "settings", settings, "inputs", inputs, "figures", figures);
    if (failed == 0)
        return root;
    json_decref(root);
    return NULL;
}

static char *make_json(const struct comparison *comparison) {
    json_t *root = compare_json(comparison);
    char *text = root == NULL ? NULL : exact_json_dump(root);
    json_decref(root);
    return text;
}

/* ---- text ---- */

static const char *show_number(enum metric_kind kind, double value,
                               char ret_text[PAGE_NUMBER_SIZE]) {
    switch (kind) {
    case METRIC_COUNT:
    case METRIC_BYTES:
        return page_count(value, ret_text);
    case METRIC_MONEY:
        return page_money(value, ret_text);
    case METRIC_SHARE:
        return page_percent(value, ret_text);
    case METRIC_RATIO:
    case METRIC_PRICE:
    case METRIC_AMOUNT:
    case METRIC_TIME:
        break;
    }
    if (!isfinite(value)) {
        (void)g_strlcpy(ret_text, "-", PAGE_NUMBER_SIZE); /* all of these fit */
        return ret_text;
    }
    if (kind != METRIC_RATIO) {
        (void)snprintf(ret_text, PAGE_NUMBER_SIZE, "%.7g", value);
        return ret_text;
    }
    int decimals = 3; /* more for a small difference, so that it is not shown as none */
    while (value != 0 && decimals < 9 && fabs(value) < 0.5 * pow(10, -decimals))
        decimals++;
    (void)snprintf(ret_text, PAGE_NUMBER_SIZE, "%.*f", decimals, value);
    return ret_text;
}

static const char *show_value(const struct compare_row *row, size_t run,
                              char ret_text[PAGE_NUMBER_SIZE]) {
    const struct compare_value *value = &row->values[run];
    if (compare_is_number(row->kind))
        return show_number(row->kind, value->value, ret_text);
    /* "2021-05-19T13:04:00Z" as "05-19 13:04". */
    if (value->exact == NULL || strlen(value->exact) < 16)
        return "-";
    (void)snprintf(ret_text, PAGE_NUMBER_SIZE, "%.5s %.5s", value->exact + 5,
                   value->exact + 11); /* fits */
    return ret_text;
}

/* A sign in front of what is not zero. */
static char *signed_text(const char *text, double value) {
    return g_strconcat(value > 0 ? "+" : "", text, NULL);
}

static void put_difference(GPtrArray *cells, const struct compare_row *row, size_t run) {
    double difference = NAN;
    char exact[40];
    char text[PAGE_NUMBER_SIZE];
    if (!compare_difference(row, run, &difference, exact)) {
        const bool same = row->values[0].exact != NULL &&
                          g_strcmp0(row->values[0].exact, row->values[run].exact) == 0;
        page_cell(cells, compare_is_number(row->kind) || same ? "" : "other");
        page_cell(cells, "");
        return;
    }
    const double change = compare_change(row, run);
    (void)show_number(row->kind, difference, text); /* is `text` */
    if (row->kind == METRIC_SHARE)                  /* percent of percent are points */
        (void)snprintf(text, sizeof(text), "%.1f pp", difference * 100);
    char *shown = signed_text(difference == 0 ? "0" : text, difference);
    page_cell(cells, shown);
    g_free(shown);
    (void)page_percent(change, text); /* is `text` */
    const bool tiny = fabs(change) < 0.00005;
    shown = signed_text(difference == 0 ? "" : tiny ? "~0 %" : text, tiny ? 0 : change);
    page_cell(cells, shown);
    g_free(shown);
}

static void put_label(GPtrArray *cells, const struct compare_row *row) {
    char *cut = g_utf8_substring(row->label, 0, MIN(g_utf8_strlen(row->label, -1), LABEL_WIDTH));
    /* Blanks in front would be taken away by the table. */
    for (char *c = cut; *c == ' '; c++)
        *c = '-';
    if (cut[0] == '-' && cut[1] == '-')
        cut[1] = ' ';
    page_cell(cells, cut);
    g_free(cut);
}

/* All runs have nothing to say here: zero, or not known. */
static bool is_empty(const struct comparison *comparison, const struct compare_row *row) {
    for (size_t i = 0; i < comparison->count; i++)
        if (compare_is_number(row->kind)
                ? isfinite(row->values[i].value) && row->values[i].value != 0
                : row->values[i].exact != NULL && row->values[i].exact[0] != '\0')
            return false;
    return true;
}

/* The first run beside runs from..to-1; with `differences`, what these differ by behind or, for
 * more than two runs, alone. */
static enum status put_table(const struct comparison *comparison, struct page *page, size_t from,
                             size_t to, bool values, bool differences, struct error *reterr) {
    const int id_width = comparison->count == 2 ? RESULTS_RUN_ID_SIZE - 1 : 8;
    GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
    page_cell(cells, "");
    for (size_t i = 0; i < comparison->count; i++) {
        char *heading = g_strdup_printf(">%.*s", id_width, comparison->runs[i]->id);
        if (values && (i == 0 || (i >= from && i < to)))
            page_cell(cells, heading);
        g_free(heading);
    }
    for (size_t i = from; differences && i < to; i++) {
        char *heading = values ? g_strdup(">difference")
                               : g_strdup_printf(">%.*s", id_width, comparison->runs[i]->id);
        page_cell(cells, heading);
        page_cell(cells, ">%");
        g_free(heading);
    }
    const size_t columns = cells->len;
    for (guint k = 0; k < comparison->rows->len; k++) {
        const struct compare_row *row = &g_array_index(comparison->rows, struct compare_row, k);
        char text[PAGE_NUMBER_SIZE];
        if (is_empty(comparison, row))
            continue;
        put_label(cells, row);
        for (size_t i = 0; i < comparison->count; i++)
            if (values && (i == 0 || (i >= from && i < to)))
                page_cell(cells, show_value(row, i, text));
        for (size_t i = from; differences && i < to; i++)
            put_difference(cells, row, i);
    }
    return page_table(page, cells, columns, reterr);
}

static enum status put_figures(const struct comparison *comparison, struct page *page,
                               struct error *reterr) {
    enum status status = STATUS_OK;
    bool same = true;
    for (guint i = 0; i < comparison->rows->len; i++)
        same = same &&
               compare_equal(comparison, &g_array_index(comparison->rows, struct compare_row, i));
    page_heading(page, "WHAT CAME OUT");
    if (same)
        page_paragraph(page, "No figure differs.");
    if (comparison->count == 2)
        return put_table(comparison, page, 1, 2, true, true, reterr);
    for (size_t from = 1; status == STATUS_OK && from < comparison->count; from += ABREAST - 1) {
        if (from > 1)
            page_blank(page);
        status = put_table(comparison, page, from, MIN(from + ABREAST - 1, comparison->count), true,
                           false, reterr);
    }
    for (size_t from = 1; status == STATUS_OK && from < comparison->count; from += DIFFERENCES) {
        char *title = g_strdup_printf("DIFFERENCE FROM %s", comparison->runs[0]->id);
        if (from == 1)
            page_heading(page, title);
        else
            page_blank(page);
        g_free(title);
        status = put_table(comparison, page, from, MIN(from + DIFFERENCES, comparison->count),
                           false, true, reterr);
    }
    return status;
}

/* The end of a key tells more than its beginning, the beginning of a value more than its end. */
static void put_cut(GPtrArray *cells, const char *text, size_t width, bool end) {
    const size_t length = (size_t)g_utf8_strlen(text, -1);
    if (length <= width) {
        page_cell(cells, text);
        return;
    }
    char *part = end ? g_utf8_substring(text, (glong)(length - width + 2), (glong)length)
                     : g_utf8_substring(text, 0, (glong)width - 2);
    char *cut = end ? g_strconcat("..", part, NULL) : g_strconcat(part, "..", NULL);
    page_cell(cells, cut);
    g_free(part);
    g_free(cut);
}

/* Rules that differ because they are those of another rulebook: that one is named, and they are
 * counted. */
static bool is_folded(const struct comparison *comparison, const struct compare_setting *setting) {
    bool other_rulebook = false;
    for (guint i = 0; i < comparison->settings->len; i++)
        other_rulebook = other_rulebook ||
                         strcmp(g_array_index(comparison->settings, struct compare_setting, i).key,
                                "venue.rulebook") == 0;
    return other_rulebook && g_str_has_prefix(setting->key, "rulebook.");
}

/* The runs from..to-1 beside the first. */
static enum status put_setting_table(const struct comparison *comparison, struct page *page,
                                     size_t from, size_t to, struct error *reterr) {
    const size_t width = to - from == 1 ? 14 : 12;
    const size_t key_width = PAGE_WIDTH - 2 - (to - from + 1) * (width + 2);
    GPtrArray *cells = g_ptr_array_new_with_free_func(g_free);
    page_cell(cells, "setting");
    page_cell(cells, comparison->runs[0]->id);
    for (size_t i = from; i < to; i++)
        page_cell(cells, comparison->runs[i]->id);
    for (guint k = 0; k < comparison->settings->len; k++) {
        const struct compare_setting *setting =
            &g_array_index(comparison->settings, struct compare_setting, k);
        if (is_folded(comparison, setting))
            continue;
        put_cut(cells, setting->key, key_width, true);
        for (size_t i = 0; i < comparison->count; i++)
            if (i == 0 || (i >= from && i < to))
                put_cut(cells, setting->values[i] != NULL ? setting->values[i] : "-", width, false);
    }
    return page_table(page, cells, to - from + 2, reterr);
}

/* Files that are called the same and are not, and rules that were not listed. */
static void put_inputs(const struct comparison *comparison, struct page *page) {
    guint folded = 0;
    for (guint i = 0; i < comparison->settings->len; i++)
        folded +=
            is_folded(comparison, &g_array_index(comparison->settings, struct compare_setting, i));
    if (folded > 0)
        page_item(page, "And %u keys of the rulebooks' files; --json lists them.", folded);
    for (guint i = 0; i < comparison->inputs->len; i++) {
        const struct compare_input *input =
            &g_array_index(comparison->inputs, struct compare_input, i);
        char lines[64] = "";
        if (input->first_line > 0 && input->first_line == input->last_line)
            (void)snprintf(lines, sizeof(lines), " in line %u", input->first_line); /* fits */
        else if (input->first_line > 0)
            (void)snprintf(lines, sizeof(lines), " in lines %u to %u", input->first_line,
                           input->last_line); /* likewise */
        const bool rules = strcmp(input->role, "rulebook") == 0;
        page_item(page, "%s %s: another content%s%s.", input->role, input->name, lines,
                  !rules               ? ""
                  : input->keys_differ ? "; the keys are above"
                                       : "; no key or value differs");
    }
}

static enum status put_settings(const struct comparison *comparison, struct page *page,
                                struct error *reterr) {
    enum status status = STATUS_OK;
    page_heading(page, "WHAT WAS SET DIFFERENTLY");
    if (comparison->settings->len == 0 && comparison->inputs->len == 0)
        page_paragraph(page, "Nothing.");
    for (size_t from = 1;
         status == STATUS_OK && comparison->settings->len > 0 && from < comparison->count;
         from += ABREAST - 1) {
        if (from > 1)
            page_blank(page);
        status = put_setting_table(comparison, page, from,
                                   MIN(from + ABREAST - 1, comparison->count), reterr);
    }
    if (status == STATUS_OK)
        put_inputs(comparison, page);
    return status;
}

static enum status put_page(const struct comparison *comparison, struct page *page,
                            struct error *reterr) {
    const bool color = page->style.color;
    g_string_append_printf(page->text, "%s%zu runs side by side, money in %s%s\n",
                           color ? "\033[1m" : "", comparison->count, comparison->runs[0]->asset,
                           color ? "\033[0m" : "");
    for (size_t i = 0; i < comparison->count; i++) {
        const struct run_figures *run = comparison->runs[i];
        char from[PAGE_NUMBER_SIZE];
        char to[PAGE_NUMBER_SIZE];
        page_paragraph(page, "%s: %s, seed %" PRId64 ", %s to %s", run->id, run->scenario,
                       run->seed, page_minute(run->from_ns, from), page_minute(run->to_ns, to));
    }
    if (comparison->reasons->len > 0) {
        page_heading(page, "THESE RUNS CANNOT BE COMPARED");
        for (guint i = 0; i < comparison->reasons->len; i++)
            page_item(page, "%s", (const char *)g_ptr_array_index(comparison->reasons, i));
        page_paragraph(page, "What differs below is not the effect of the settings alone.");
    }
    const enum status status = put_settings(comparison, page, reterr);
    return status == STATUS_OK ? put_figures(comparison, page, reterr) : status;
}

enum status run_compare(struct results_file *file, const char *const *ids, size_t count, bool json,
                        struct page_style style, char **ret_text, struct error *reterr) {
    struct comparison comparison;
    struct page page = {.text = g_string_new(NULL), .style = style};
    enum status status = compare_gather(file, ids, count, &comparison, reterr);
    char *text = NULL;
    if (status == STATUS_OK && !json)
        status = put_page(&comparison, &page, reterr);
    if (status == STATUS_OK) {
        text = json ? make_json(&comparison) : strdup(page.text->str);
        if (text == NULL)
            status = error_set(reterr, STATUS_NO_MEMORY, "no memory for the comparison");
    }
    (void)g_string_free(page.text, TRUE); /* returns NULL */
    compare_finish(&comparison);
    if (status == STATUS_OK)
        *ret_text = text;
    return status;
}

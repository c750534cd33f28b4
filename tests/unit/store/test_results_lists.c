/* Goal: the lists of columns and of figures are whole, and all that speaks of them speaks of what
 * is in them: the tables of docs/results.md byte for byte, the names in the page's scripts and in
 * the queries of the docs. Method: what the docs must say is made from the lists and held against
 * what stands between the marks of the page (UPDATE_GOLDEN=1 writes it anew); the scripts are
 * searched for names. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/results/metric_catalog.h"
#include "store/results/results_schema.h"

/* ---- the lists ---- */

static void columns_are_whole(void **state) {
    (void)state;
    for (const struct results_table *table = results_tables; table->name != NULL; table++) {
        assert_ptr_equal(results_table_find(table->name), table);
        assert_true(table->meaning[0] != '\0');
        for (const struct results_column *column = table->columns; column->name != NULL; column++) {
            char names[RESULTS_STORED_MAX][RESULTS_NAME_SIZE];
            const size_t stored = results_column_stored(column, names);
            assert_true(strspn(column->name, "abcdefghijklmnopqrstuvwxyz0123456789_") ==
                        strlen(column->name));
            assert_true(strlen(column->name) + sizeof("_ticks") <= RESULTS_NAME_SIZE);
            assert_true(column->meaning[0] != '\0' && strchr(column->meaning, '\n') == NULL);
            assert_true((stored == 0) == (column->kind >= COLUMN_GENERATED));
            assert_true(column->kind < COLUMN_GENERATED || column->sql != NULL);
        }
    }
}

static void figures_are_whole(void **state) {
    (void)state;
    for (int m = 0; m < METRICS; m++) {
        const struct metric_info *info = &metric_catalog[m];
        assert_non_null(info->name);
        assert_true(info->label[0] != '\0' && strlen(info->label) <= 26 &&
                    info->meaning[0] != '\0');
        char name[METRIC_NAME_SIZE];
        enum metric_id found = METRICS;
        unsigned generation = 0;
        assert_true(metric_find(metric_name((enum metric_id)m, 12, name), &found, &generation));
        assert_int_equal(found, m);
        assert_int_equal(generation, info->scope == METRIC_OF_GENERATION ? 12 : 0);
        for (int k = 0; k < m; k++)
            assert_string_not_equal(metric_catalog[k].name, info->name);
        (void)strcat(name, "x"); /* shorter than its room, by far */
        assert_false(metric_find(name, &found, &generation));
    }
    for (int b = 0; b < BOUNDS; b++) {
        enum metric_bound found = BOUND_NONE;
        assert_true(metric_bound_find(metric_bounds[b].name, &found));
        assert_int_equal(found, b);
    }
}

/* ---- files ---- */

static char *read_file(const char *path) {
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        fail_msg("no %s", path);
    assert_int_equal(fseek(stream, 0, SEEK_END), 0);
    const long size = ftell(stream);
    rewind(stream);
    char *text = calloc((size_t)size + 1, 1);
    assert_int_equal(fread(text, 1, (size_t)size, stream), size);
    assert_int_equal(fclose(stream), 0);
    return text;
}

static char *path_below_root(const char *path) {
    static char whole[512];
    assert_non_null(getenv("SOURCE_ROOT"));
    (void)snprintf(whole, sizeof(whole), "%s/%s", getenv("SOURCE_ROOT"), path);
    return whole;
}

/* ---- what the docs say ---- */

static void put_text(FILE *out, const char *text) {
    for (; *text != '\0'; text++)
        (void)fprintf(out, *text == '|' ? "\\|" : "%c", *text); /* a memory stream does not fail */
}

static void put_tables(FILE *out) {
    (void)fprintf(out, "| view | table | a row is |\n| --- | --- | --- |\n");
    for (const struct results_table *table = results_tables; table->name != NULL; table++) {
        if (table->view != NULL)
            (void)fprintf(out, "| `%s` | `%s` | ", table->view, table->name);
        else
            (void)fprintf(out, "| | `%s` | ", table->name);
        put_text(out, table->meaning);
        (void)fprintf(out, " |\n");
    }
}

static void put_column(FILE *out, const struct results_column *column) {
    char names[RESULTS_STORED_MAX][RESULTS_NAME_SIZE];
    const size_t stored = results_column_stored(column, names);
    const char *exact = stored > 0 ? names[stored - 1] : "";
    if (column->flags & COLUMN_HIDDEN || column->kind == COLUMN_TICKS)
        (void)fprintf(out, "| | `%s` | ", exact);
    else if (strcmp(exact, column->name) == 0 || stored == 0)
        (void)fprintf(out, "| `%s` | | ", column->name);
    else
        (void)fprintf(out, "| `%s` | `%s` | ", column->name, exact);
    put_text(out, column->unit);
    (void)fprintf(out, "%s| ", column->unit[0] != '\0' ? " " : "");
    put_text(out, column->meaning);
    (void)fprintf(out, " |\n");
}

static void put_columns(FILE *out) {
    for (const struct results_table *table = results_tables; table->name != NULL; table++) {
        (void)fprintf(out, "%s### `%s`\n\n", table == results_tables ? "" : "\n",
                      table->view != NULL ? table->view : table->name);
        (void)fprintf(out, "| column | in the table alone | unit | meaning |\n"
                           "| --- | --- | --- | --- |\n");
        for (const struct results_column *column = table->columns; column->name != NULL; column++)
            put_column(out, column);
    }
}

static void put_figures(FILE *out) {
    static const char *const scopes[] = {[METRIC_OF_RUN] = "run",
                                         [METRIC_OF_INSTRUMENT] = "instrument",
                                         [METRIC_OF_BOTH] = "run, instrument",
                                         [METRIC_OF_GENERATION] = "generation"};
    static const char *const ranks[] = {
        [METRIC_DETAIL] = "", [METRIC_QUOTED] = "range", [METRIC_HEADLINE] = "range, `compare`"};
    static const char *const senses[] = {[METRIC_NEUTRAL] = "",
                                         [METRIC_LOWER_IS_BETTER] = "lower",
                                         [METRIC_HIGHER_IS_BETTER] = "higher"};
    (void)fprintf(out, "| name | of | unit | better | shown in | meaning |\n"
                       "| --- | --- | --- | --- | --- | --- |\n");
    for (int m = 0; m < METRICS; m++) {
        const struct metric_info *info = &metric_catalog[m];
        const char *sense = senses[info->sense];
        const char *rank = ranks[info->rank];
        (void)fprintf(out, "| `%s%s` | %s | %s | %s%s| %s%s| ", info->name,
                      info->scope == METRIC_OF_GENERATION ? ".N" : "", scopes[info->scope],
                      metric_unit((enum metric_id)m, "asset"), sense, sense[0] != '\0' ? " " : "",
                      rank, rank[0] != '\0' ? " " : "");
        put_text(out, info->meaning);
        (void)fprintf(out, " |\n");
    }
}

static const struct {
    const char *name; /* between <!-- name: ... --> and <!-- end of name --> */
    void (*put)(FILE *out);
} parts[] = {{"tables", put_tables}, {"columns", put_columns}, {"figures", put_figures}};

/* The page with what the lists say between its marks. */
static char *page_as_it_should_be(const char *page) {
    char *made = strdup(page);
    assert_non_null(made);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        char begin[64];
        char end[64];
        (void)snprintf(begin, sizeof(begin), "<!-- %s: ", parts[i].name);
        (void)snprintf(end, sizeof(end), "<!-- end of %s -->", parts[i].name);
        char *from = strstr(made, begin);
        char *to = strstr(made, end);
        if (from == NULL || to == NULL || to < from) {
            fail_msg("docs/results.md: no mark '%s' before '%s'", begin, end);
            break; /* fail_msg() does not come back, which the analyser does not know */
        }
        from = strchr(from, '\n') + 1;
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        (void)fprintf(out, "%.*s\n", (int)(from - made), made);
        parts[i].put(out);
        (void)fprintf(out, "\n%s", to);
        assert_int_equal(fclose(out), 0);
        free(made);
        made = text;
    }
    return made;
}

static void docs_say_what_the_lists_say(void **state) {
    (void)state;
    char *path = path_below_root("docs/results.md");
    char *page = read_file(path);
    char *made = page_as_it_should_be(page);
    if (getenv("UPDATE_GOLDEN") != NULL && strcmp(page, made) != 0) {
        FILE *stream = fopen(path, "wb");
        assert_non_null(stream);
        assert_int_equal(fwrite(made, 1, strlen(made), stream), strlen(made));
        assert_int_equal(fclose(stream), 0);
    } else {
        assert_string_equal(page, made);
    }
    free(page);
    free(made);
}

/* ---- names in other files ---- */

/* Each 'name' behind `before`, as in metric('bad_debt'), is one of the catalogue; returns how many
 * there were. */
static size_t check_names(const char *path, const char *text, const char *before) {
    size_t count = 0;
    for (const char *at = strstr(text, before); at != NULL; at = strstr(at + 1, before)) {
        const char *name = at + strlen(before);
        const size_t length = strcspn(name, "'");
        char copy[METRIC_NAME_SIZE];
        enum metric_id metric;
        unsigned generation;
        (void)snprintf(copy, sizeof(copy), "%.*s", (int)length, name);
        if (!metric_find(copy, &metric, &generation))
            fail_msg("%s: there is no figure '%s' (behind %s)", path, copy, before);
        count++;
    }
    return count;
}

static void others_name_what_is_there(void **state) {
    (void)state;
    static const char *const scripts[] = {"reports/page/text.js",   "reports/page/words.js",
                                          "reports/page/tables.js", "reports/page/time_charts.js",
                                          "reports/page/charts.js", "reports/page/page.js",
                                          "reports/page/compare.js"};
    static const char *const calls[] = {"metric('", "metricText('", "range('", "figureOf('"};
    size_t count = 0;
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        char *text = read_file(path_below_root(scripts[i]));
        for (size_t k = 0; k < sizeof(calls) / sizeof(calls[0]); k++)
            count += check_names(scripts[i], text, calls[k]);
        free(text);
    }
    assert_true(count > 25); /* else the search is broken */
    static const char *const pages[] = {"docs/results.md", "docs/reading-the-answer.md",
                                        "docs/first-steps.md", "README.md"};
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        char *text = read_file(path_below_root(pages[i]));
        (void)check_names(pages[i], text, "name = '"); /* there may be none */
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_whole),
        cmocka_unit_test(figures_are_whole),
        cmocka_unit_test(docs_say_what_the_lists_say),
        cmocka_unit_test(others_name_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

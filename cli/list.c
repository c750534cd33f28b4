/* `crossfall list`: scenarios, rulebooks, impact models, formats, metrics, runs. */

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>
#include <jansson.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/paths.h"
#include "cli/table.h"
#include "loaders/loaders.h"
#include "reports/exact_json.h"
#include "reports/run_list.h"
#include "scenarios/impact_defaults.h"
#include "scenarios/rulebook/rulebook_summary.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "scenarios/yaml/yaml_text.h"
#include "store/results/metric_catalog.h"
#include "store/results/results_file.h"

/* Rows of text under headings, printed as a table or as a JSON list of objects. */
struct listing {
    const struct table_column *columns;
    size_t column_count;
    GPtrArray *cells; /* char *, row by row; NULL: none */
};

static void listing_init(struct listing *listing, const struct table_column *columns,
                         size_t count) {
    assert(count > 0);
    *listing = (struct listing){columns, count, g_ptr_array_new_with_free_func(g_free)};
}

static void add_cell(struct listing *listing, const char *text) {
    g_ptr_array_add(listing->cells, g_strdup(text));
}

static const char *cell_at(const struct listing *listing, size_t row, size_t column) {
    return g_ptr_array_index(listing->cells, row * listing->column_count + column);
}

static enum status print_table(const struct listing *listing, size_t rows, struct error *reterr) {
    struct table *table = NULL;
    enum status status = table_create(listing->column_count, listing->columns, &table, reterr);
    for (size_t row = 0; status == STATUS_OK && row < rows; row++)
        status = table_add(table,
                           (const char *const *)&listing->cells->pdata[row * listing->column_count],
                           reterr);
    if (status == STATUS_OK)
        status = table_print(table, reterr);
    table_destroy(table);
    return status;
}

static enum status print_json(const struct listing *listing, size_t rows, struct error *reterr) {
    json_t *array = json_array();
    bool failed = array == NULL;
    for (size_t row = 0; row < rows && !failed; row++) {
        json_t *object = json_object();
        for (size_t i = 0; i < listing->column_count && !failed; i++) {
            const char *text = cell_at(listing, row, i);
            json_t *value = listing->columns[i].right ? exact_json_number(text) : json_string(text);
            failed = json_object_set_new(object, listing->columns[i].heading, value) != 0;
        }
        failed = json_array_append_new(array, object) != 0 || failed;
    }
    char *text = failed ? NULL : exact_json_dump(array);
    json_decref(array);
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the list");
    (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    return STATUS_OK;
}

/* Prints and ends the listing. */
static enum status listing_print(struct listing *listing, bool json, struct error *reterr) {
    const size_t rows = listing->cells->len / listing->column_count;
    const enum status status =
        json ? print_json(listing, rows, reterr) : print_table(listing, rows, reterr);
    (void)g_ptr_array_free(listing->cells, TRUE); /* the array, gone */
    return status;
}

/* ---- bundled files ---- */

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names of the YAML files of `folder`, sorted, without their ends. */
static GPtrArray *yaml_names(const char *folder) {
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name = dir != NULL ? g_dir_read_name(dir) : NULL; name != NULL;
         name = g_dir_read_name(dir))
        if (g_str_has_suffix(name, ".yaml"))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".yaml")));
    if (dir != NULL)
        g_dir_close(dir);
    qsort(names->pdata, names->len, sizeof(names->pdata[0]), compare_names);
    return names;
}

static const char *text_of(const struct yaml_node *mapping, const char *key) {
    const struct yaml_node *node = yaml_find(mapping, key);
    return node == NULL || node->kind != YAML_SCALAR ? "" : node->text;
}

static enum status no_resources(struct error *reterr) {
    return error_set(reterr, STATUS_IO,
                     "the folder 'scenarios' that belongs to this program is not there");
}

/* Lists the files of resources/`kind` with some of the texts in each, found below `section` (NULL:
 * at the top). */
static enum status list_files(const char *kind, const char *section, const char *const *keys,
                              struct listing *listing, struct error *reterr) {
    char *resources = cli_resource_dir();
    if (resources == NULL)
        return no_resources(reterr);
    char *folder = g_build_filename(resources, kind, NULL);
    GPtrArray *names = yaml_names(folder);
    enum status status = STATUS_OK;
    for (guint i = 0; status == STATUS_OK && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        char *path = g_strdup_printf("%s/%s.yaml", folder, name);
        char *bytes = NULL;
        gsize size = 0;
        struct yaml_arena *arena = yaml_arena_create();
        struct yaml_node *root = NULL;
        if (!g_file_get_contents(path, &bytes, &size, NULL))
            status = error_set(reterr, STATUS_IO, "reading '%s'", path);
        else
            status = yaml_parse(arena, path, bytes, size, &root, reterr);
        if (status == STATUS_OK) {
            const struct yaml_node *head = section == NULL ? root : yaml_find(root, section);
            add_cell(listing, name);
            for (size_t k = 0; keys[k] != NULL; k++)
                add_cell(listing, text_of(head, keys[k]));
        }
        yaml_arena_destroy(arena);
        g_free(bytes);
        g_free(path);
    }
    (void)g_ptr_array_free(names, TRUE); /* the array, gone */
    g_free(folder);
    g_free(resources);
    return status;
}

static enum status list_bundled(const char *kind, const char *section, const char *const *keys,
                                const struct table_column *columns, size_t count, bool json,
                                struct error *reterr) {
    struct listing listing;
    listing_init(&listing, columns, count);
    const enum status status = list_files(kind, section, keys, &listing, reterr);
    if (status == STATUS_OK)
        return listing_print(&listing, json, reterr);
    (void)g_ptr_array_free(listing.cells, TRUE); /* the array, gone */
    return status;
}

static enum status list_scenarios(const struct cli_options *options, struct error *reterr) {
    static const struct table_column columns[] = {
        {"name", false}, {"title", false}, {"from", false}, {"to", false}};
    static const char *const keys[] = {"title", "from", "to", NULL};
    return list_bundled("library", "scenario", keys, columns, G_N_ELEMENTS(columns), options->json,
                        reterr);
}

/* Columns of the list in a terminal; JSON has all of rulebook_columns. */
static const char *const rulebook_shown[] = {"name", "valid_from", "settlement", "margin",
                                             "source"};

static enum status add_rulebook(struct listing *listing, const char *resources, const char *name,
                                struct error *reterr) {
    struct config_files files = {.arena = yaml_arena_create(), .bundled_dir = resources};
    struct rulebook rulebook;
    const enum status status = rulebook_read(&files, name, ".", NULL, &rulebook, reterr);
    for (size_t k = 0; k < listing->column_count && status == STATUS_OK; k++) {
        const struct rulebook_column *column = rulebook_column_find(listing->columns[k].heading);
        add_cell(listing, column->text(files.arena, &rulebook));
    }
    yaml_arena_destroy(files.arena);
    return status;
}

static enum status list_rulebooks(const struct cli_options *options, struct error *reterr) {
    struct table_column columns[32] = {{NULL, false}};
    size_t count = 0;
    if (options->json)
        for (const struct rulebook_column *c = rulebook_columns; c->name != NULL; c++)
            columns[count++].heading = c->name;
    else
        for (size_t k = 0; k < G_N_ELEMENTS(rulebook_shown); k++)
            columns[count++].heading = rulebook_shown[k];
    char *resources = cli_resource_dir();
    if (resources == NULL)
        return no_resources(reterr);
    char *folder = g_build_filename(resources, "rulebooks", NULL);
    GPtrArray *names = yaml_names(folder);
    struct listing listing;
    listing_init(&listing, columns, count);
    enum status status = STATUS_OK;
    for (guint i = 0; status == STATUS_OK && i < names->len; i++)
        status = add_rulebook(&listing, resources, g_ptr_array_index(names, i), reterr);
    if (status == STATUS_OK)
        status = listing_print(&listing, options->json, reterr);
    else
        (void)g_ptr_array_free(listing.cells, TRUE); /* the array, gone */
    (void)g_ptr_array_free(names, TRUE);
    g_free(folder);
    g_free(resources);
    return status;
}

/* ---- impact models, formats ---- */

/* Columns of the list; `source` is told in JSON alone, where lines have no length. */
static const struct table_column impact_columns[] = {
    {"model", false}, {"parameter", false}, {"default", false}, {"range", false},
    {"guess", false}, {"what", false},      {"source", false}};

static void add_impact(struct listing *listing, const char *const *cells) {
    for (size_t k = 0; k < listing->column_count; k++)
        add_cell(listing, cells[k]);
}

static void add_parameter(struct listing *listing, const struct impact_preset *preset,
                          const struct impact_parameter *parameter) {
    char range[64];
    char guess[64] = "";
    char value[48] = "";
    (void)snprintf(range, sizeof(range), "%g to %g", parameter->min, parameter->max);
    if (parameter->guess)
        (void)snprintf(guess, sizeof(guess), "%g to %g", parameter->low, parameter->high);
    if (parameter->kind == IMPACT_VALUE)
        (void)snprintf(value, sizeof(value), "%g", parameter->value); /* all fit */
    const char *const cells[] = {preset->name,
                                 parameter->name,
                                 parameter->kind == IMPACT_REQUIRED ? "must be given"
                                 : parameter->kind == IMPACT_AUTO   ? "auto"
                                                                    : value,
                                 range,
                                 guess,
                                 parameter->unit,
                                 parameter->source};
    add_impact(listing, cells);
}

static void add_preset(struct listing *listing, const struct impact_preset *preset) {
    const char *const head[] = {preset->name, "", "", "", "", preset->title, preset->model->source};
    const char *const space[] = {preset->name,
                                 "space",
                                 "log",
                                 "log, price",
                                 "",
                                 "whether log prices or prices are moved",
                                 ""};
    const char *const depth[] = {
        preset->name,
        "depth",
        "",
        "64 points",
        "",
        "[[distance, quantity], ...] instead of depth_1pct and its exponent",
        ""};
    const char *const cross[] = {preset->name,
                                 "cross.OTHER",
                                 "0",
                                 "-1e+09 to 1e+09",
                                 "",
                                 "of one instrument: what selling OTHER does to it, as slope",
                                 ""};
    add_impact(listing, head);
    if (preset->has_space)
        add_impact(listing, space);
    if (preset->model->beyond != NULL)
        add_impact(listing, depth);
    for (size_t k = 0; k < preset->parameter_count; k++)
        add_parameter(listing, preset, &preset->parameters[k]);
    if (preset->model->displace != NULL)
        add_impact(listing, cross);
}

static enum status list_impact_models(const struct cli_options *options, struct error *reterr) {
    struct listing listing;
    listing_init(&listing, impact_columns, G_N_ELEMENTS(impact_columns) - (options->json ? 0 : 1));
    for (size_t i = 0; impact_presets[i] != NULL; i++) {
        const struct impact_preset *preset = impact_presets[i];
        add_preset(&listing, preset);
        if (preset->with_depth != NULL)
            add_preset(&listing, preset->with_depth);
    }
    return listing_print(&listing, options->json, reterr);
}

static enum status list_formats(const struct cli_options *options, struct error *reterr) {
    static const struct table_column columns[] = {{"format", false}, {"what", false}};
    struct listing listing;
    listing_init(&listing, columns, G_N_ELEMENTS(columns));
    for (size_t i = 0; loaders[i] != NULL; i++) {
        add_cell(&listing, loaders[i]->name);
        add_cell(&listing, loaders[i]->title);
    }
    return listing_print(&listing, options->json, reterr);
}

static enum status list_metrics(const struct cli_options *options, struct error *reterr) {
    static const struct table_column columns[] = {
        {"metric", false}, {"of", false}, {"unit", false}, {"better", false}, {"meaning", false}};
    static const char *const scopes[] = {[METRIC_OF_RUN] = "run",
                                         [METRIC_OF_INSTRUMENT] = "instrument",
                                         [METRIC_OF_BOTH] = "run, instrument",
                                         [METRIC_OF_GENERATION] = "generation"};
    static const char *const senses[] = {[METRIC_NEUTRAL] = "",
                                         [METRIC_LOWER_IS_BETTER] = "lower",
                                         [METRIC_HIGHER_IS_BETTER] = "higher"};
    struct listing listing;
    listing_init(&listing, columns, G_N_ELEMENTS(columns));
    for (int m = 0; m < METRICS; m++) {
        const struct metric_info *info = &metric_catalog[m];
        add_cell(&listing, info->name);
        add_cell(&listing, scopes[info->scope]);
        add_cell(&listing, metric_unit((enum metric_id)m, "asset"));
        add_cell(&listing, senses[info->sense]);
        add_cell(&listing, info->meaning);
    }
    return listing_print(&listing, options->json, reterr);
}

static enum status list_runs(const struct cli_options *options, struct error *reterr) {
    char *path = cli_results_path(options->results);
    struct results_file *file = NULL;
    char *text = NULL;
    enum status status = results_file_open(path, RESULTS_READ, &file, reterr);
    if (status == STATUS_OK)
        status = run_list(file, options->json, &text, reterr);
    if (status == STATUS_OK)
        (void)fputs(text, stdout); /* main() looks at the stream's end */
    free(text);
    results_file_close(file);
    g_free(path);
    return status;
}

static const struct {
    const char *name;
    enum status (*list)(const struct cli_options *options, struct error *reterr);
} lists[] = {
    {"scenarios", list_scenarios},
    {"rulebooks", list_rulebooks},
    {"impact-models", list_impact_models},
    {"formats", list_formats},
    {"metrics", list_metrics},
    {"runs", list_runs},
};

static enum status list_by_name(const char *name, const struct cli_options *options,
                                struct error *reterr) {
    const char *names[G_N_ELEMENTS(lists)];
    for (size_t i = 0; i < G_N_ELEMENTS(lists); i++) {
        names[i] = lists[i].name;
        if (strcmp(names[i], name) == 0)
            return lists[i].list(options, reterr);
    }
    return error_set(reterr, STATUS_USAGE, "there is no list of '%s'; did you mean '%s'?", name,
                     yaml_nearest(name, names, G_N_ELEMENTS(lists)));
}

int command_list(int argc, char **argv) {
    struct cli_options options;
    struct error error = {0};
    enum status status = cli_options_parse(
        "list", "scenarios | rulebooks | impact-models | formats | metrics | runs",
        "What there is, with a line on each. scenarios and rulebooks: those that are bundled.",
        NULL, &argc, &argv, &options, &error);
    if (status == STATUS_OK && argc != 2)
        status = error_set(&error, STATUS_USAGE,
                           "list what? scenarios, rulebooks, impact-models, "
                           "formats, metrics or runs");
    if (status == STATUS_OK)
        status = list_by_name(argv[1], &options, &error);
    cli_options_finish(&options);
    return status == STATUS_OK ? 0 : cli_tell_error("list", status, &error);
}

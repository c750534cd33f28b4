#include "api/commands/listing.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/loaders.h"
#include "scenarios/impact_defaults.h"
#include "scenarios/rulebook/rulebook_summary.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "scenarios/yaml/yaml_text.h"
#include "store/results/metric_catalog.h"

static void listing_init(struct listing *listing, const char *const *columns, size_t count) {
    assert(count > 0 && count <= LISTING_COLUMNS_MAX);
    *listing =
        (struct listing){.column_count = count, .cells = g_ptr_array_new_with_free_func(g_free)};
    memcpy(listing->columns, columns, count * sizeof(columns[0]));
}

static void add_cell(struct listing *listing, const char *text) {
    g_ptr_array_add(listing->cells, g_strdup(text));
}

void listing_finish(struct listing *listing) {
    if (listing->cells != NULL)
        (void)g_ptr_array_free(listing->cells, TRUE); /* the array, gone */
    *listing = (struct listing){0};
}

size_t listing_rows(const struct listing *listing) {
    return listing->cells->len / listing->column_count;
}

const char *const *listing_row(const struct listing *listing, size_t row) {
    return (const char *const *)&listing->cells->pdata[row * listing->column_count];
}

/* Hands the listing over, or ends it. */
static enum status give(struct listing *listing, enum status status, struct listing *ret_listing) {
    if (status == STATUS_OK)
        *ret_listing = *listing;
    else
        listing_finish(listing);
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

/* A row: the name of a file, and some of the texts below `section` of it. */
static enum status add_file(struct listing *listing, const char *path, const char *name,
                            const char *section, const char *const *keys, struct error *reterr) {
    char *bytes = NULL;
    gsize size = 0;
    struct yaml_arena *arena = yaml_arena_create();
    struct yaml_node *root = NULL;
    enum status status = STATUS_OK;
    if (!g_file_get_contents(path, &bytes, &size, NULL))
        status = error_set(reterr, STATUS_IO, "reading '%s'", path);
    else
        status = yaml_parse(arena, path, bytes, size, &root, reterr);
    if (status == STATUS_OK) {
        const struct yaml_node *head = yaml_find(root, section);
        add_cell(listing, name);
        for (size_t k = 0; keys[k] != NULL; k++)
            add_cell(listing, text_of(head, keys[k]));
    }
    yaml_arena_destroy(arena);
    g_free(bytes);
    return status;
}

enum status listing_scenarios(const char *resources, struct listing *ret_listing,
                              struct error *reterr) {
    static const char *const columns[] = {"name", "title", "from", "to"};
    static const char *const keys[] = {"title", "from", "to", NULL};
    if (resources == NULL)
        return no_resources(reterr);
    char *folder = g_build_filename(resources, "library", NULL);
    GPtrArray *names = yaml_names(folder);
    struct listing listing;
    listing_init(&listing, columns, G_N_ELEMENTS(columns));
    enum status status = STATUS_OK;
    for (guint i = 0; status == STATUS_OK && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        char *path = g_strdup_printf("%s/%s.yaml", folder, name);
        status = add_file(&listing, path, name, "scenario", keys, reterr);
        g_free(path);
    }
    (void)g_ptr_array_free(names, TRUE); /* the array, gone */
    g_free(folder);
    return give(&listing, status, ret_listing);
}

/* ---- rulebooks ---- */

/* Columns of the list in a terminal; JSON has all of rulebook_columns. */
static const char *const rulebook_shown[] = {"name", "valid_from", "settlement", "margin",
                                             "source"};

static enum status add_rulebook(struct listing *listing, const char *resources, const char *name,
                                struct error *reterr) {
    struct config_files files = {.arena = yaml_arena_create(), .bundled_dir = resources};
    struct rulebook rulebook;
    const enum status status = rulebook_read(&files, name, ".", NULL, &rulebook, reterr);
    for (size_t k = 0; k < listing->column_count && status == STATUS_OK; k++) {
        const struct rulebook_column *column = rulebook_column_find(listing->columns[k]);
        add_cell(listing, column->text(files.arena, &rulebook));
    }
    yaml_arena_destroy(files.arena);
    return status;
}

enum status listing_rulebooks(const char *resources, bool all, struct listing *ret_listing,
                              struct error *reterr) {
    const char *columns[LISTING_COLUMNS_MAX];
    size_t count = 0;
    if (resources == NULL)
        return no_resources(reterr);
    if (all)
        for (const struct rulebook_column *c = rulebook_columns; c->name != NULL; c++)
            columns[count++] = c->name;
    else
        for (size_t k = 0; k < G_N_ELEMENTS(rulebook_shown); k++)
            columns[count++] = rulebook_shown[k];
    char *folder = g_build_filename(resources, "rulebooks", NULL);
    GPtrArray *names = yaml_names(folder);
    struct listing listing;
    listing_init(&listing, columns, count);
    enum status status = STATUS_OK;
    for (guint i = 0; status == STATUS_OK && i < names->len; i++)
        status = add_rulebook(&listing, resources, g_ptr_array_index(names, i), reterr);
    (void)g_ptr_array_free(names, TRUE); /* the array, gone */
    g_free(folder);
    return give(&listing, status, ret_listing);
}

/* ---- impact models, formats ---- */

/* `source` is the last: it is not for a terminal, whose lines have a length. */
static const char *const impact_columns[] = {"model", "parameter", "default", "range",
                                             "guess", "what",      "source"};

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

void listing_impact_models(bool all, struct listing *ret_listing) {
    listing_init(ret_listing, impact_columns, G_N_ELEMENTS(impact_columns) - (all ? 0 : 1));
    for (size_t i = 0; impact_presets[i] != NULL; i++) {
        const struct impact_preset *preset = impact_presets[i];
        add_preset(ret_listing, preset);
        if (preset->with_depth != NULL)
            add_preset(ret_listing, preset->with_depth);
    }
}

void listing_metrics(struct listing *ret_listing) {
    static const char *const columns[] = {"metric", "of", "unit", "better", "meaning"};
    static const char *const scopes[] = {[METRIC_OF_RUN] = "run",
                                         [METRIC_OF_INSTRUMENT] = "instrument",
                                         [METRIC_OF_BOTH] = "run, instrument",
                                         [METRIC_OF_GENERATION] = "generation"};
    static const char *const senses[] = {[METRIC_NEUTRAL] = "",
                                         [METRIC_LOWER_IS_BETTER] = "lower",
                                         [METRIC_HIGHER_IS_BETTER] = "higher"};
    listing_init(ret_listing, columns, G_N_ELEMENTS(columns));
    for (int m = 0; m < METRICS; m++) {
        const struct metric_info *info = &metric_catalog[m];
        add_cell(ret_listing, info->name);
        add_cell(ret_listing, scopes[info->scope]);
        add_cell(ret_listing, metric_unit((enum metric_id)m, "asset"));
        add_cell(ret_listing, senses[info->sense]);
        add_cell(ret_listing, info->meaning);
    }
}

void listing_formats(struct listing *ret_listing) {
    static const char *const columns[] = {"format", "what"};
    listing_init(ret_listing, columns, G_N_ELEMENTS(columns));
    for (size_t i = 0; loaders[i] != NULL; i++) {
        add_cell(ret_listing, loaders[i]->name);
        add_cell(ret_listing, loaders[i]->title);
    }
}

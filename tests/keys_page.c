/* The pages of keys in the manual, made from the tables of fields.
 *
 *   keys_page PAGE.md           compares the page with its tables: exit code 1 where they differ
 *   keys_page --write PAGE.md   writes the tables into the page
 *
 * A table stands between the lines `<!-- keys: NAME -->` and `<!-- /keys -->`; what is around it is
 * written by hand. Each table of a page must stand there once. */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "engine/rules/rulebook_fields.h"
#include "scenarios/impact_defaults.h"
#include "scenarios/population/population.h"
#include "scenarios/scenario_fields.h"

#define OPENING "<!-- keys: "
#define CLOSING "<!-- /keys -->"

/* ---- cells ---- */

/* 92e9, 1e15, 1e-5, but 86400000: as people write them. */
static void put_number(GString *out, double value) {
    char digits[32];
    double mantissa = fabs(value);
    int zeros = 0;
    while (mantissa >= 10.0 && fmod(mantissa, 10.0) == 0.0) {
        mantissa /= 10.0;
        zeros++;
    }
    g_string_append(out, value < 0.0 ? "−" : "");
    if (zeros >= 6 && mantissa < 100.0)
        g_string_append_printf(out, "%.0fe%d", mantissa, zeros);
    else if (mantissa > 0.0 && mantissa < 1e-3)
        g_string_append_printf(out, "%.10ge%d", mantissa / pow(10.0, floor(log10(mantissa))),
                               (int)floor(log10(mantissa)));
    else
        g_string_append(out, g_ascii_formatd(digits, sizeof(digits), "%.10g", fabs(value)));
}

static void put_choices(GString *out, const struct field_choice *choices) {
    for (const struct field_choice *choice = choices; choice->name != NULL; choice++)
        g_string_append_printf(out, "%s`%s`", choice != choices ? ", " : "", choice->name);
}

static void put_range(GString *out, const struct field *field) {
    if (field->least == 0.0 && field->most == 0.0)
        g_string_append(out, "number");
    else {
        g_string_append(out, field->above ? "above " : "");
        put_number(out, field->least);
        g_string_append(out, field->above ? ", to " : " to ");
        put_number(out, field->most);
    }
    if (field->decimals > 0)
        g_string_append_printf(out, ", at most %d decimals", field->decimals);
}

static void put_form(GString *out, const struct field *field) {
    if (field->form != NULL) {
        g_string_append(out, field->form);
        return;
    }
    switch (field->kind) {
    case FIELD_TEXT:
        g_string_append(out, "text");
        return;
    case FIELD_BOOL:
        g_string_append(out, "`true`, `false`");
        return;
    case FIELD_CHOICE:
        put_choices(out, field->choices);
        return;
    case FIELD_TIME:
        g_string_append(out, "time, UTC");
        return;
    case FIELD_CLOCK:
        g_string_append(out, "HH:MM");
        return;
    case FIELD_GROUP:
    case FIELD_OPTION:
        g_string_append(out, "mapping");
        return;
    case FIELD_LIST:
    case FIELD_NODE:
        g_error("%s: needs a form of its own", field->key);
    case FIELD_UINT32:
    case FIELD_UINT64:
    case FIELD_DOUBLE:
    case FIELD_DECIMAL:
    case FIELD_MONEY:
    case FIELD_RATE:
    case FIELD_MS:
        put_range(out, field);
        return;
    }
}

static void put_default(GString *out, const struct field *field) {
    if (field->shown != NULL)
        g_string_append(out, field->shown);
    else if (field->kind == FIELD_CHOICE)
        g_string_append_printf(
            out, "`%s`", field->fallback != NULL ? field->fallback : field_choice_name(field, 0));
    else if (field->kind == FIELD_BOOL)
        g_string_append_printf(out, "`%s`", field->fallback != NULL ? field->fallback : "false");
    else if (field->fallback != NULL)
        g_string_append(out, field->fallback);
    else if (field->kind == FIELD_TEXT)
        g_string_append(out, "empty");
    else if (field->kind != FIELD_NODE)
        g_string_append(out, field->unset ? "none" : field->kind == FIELD_CLOCK ? "00:00" : "0");
}

/* Groups without a meaning are part of their table: "inventory.fraction". */
static void put_rows(GString *out, const struct field *fields, const char *prefix) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        if (field->kind == FIELD_GROUP && field->meaning == NULL && !field->by_hand) {
            char *inner = g_strdup_printf("%s%s.", prefix, field->key);
            put_rows(out, field->of, inner);
            g_free(inner);
        }
        if (field->meaning == NULL)
            continue;
        g_string_append_printf(out, "| `%s%s` | ", prefix, field->key);
        put_form(out, field);
        g_string_append(out, " | ");
        put_default(out, field);
        g_string_append_printf(out, " | %s |\n", field->meaning);
    }
}

/* ---- the parameters of impact models ---- */

static char *parameter_default(const struct impact_parameter *parameter) {
    GString *text = g_string_new(NULL);
    if (parameter->kind == IMPACT_REQUIRED)
        g_string_append(text, "required");
    else if (parameter->kind == IMPACT_AUTO)
        g_string_append(text, "`auto`");
    else
        put_number(text, parameter->value);
    if (parameter->guess) {
        g_string_append(text, ", *guess*, ");
        put_number(text, parameter->low);
        g_string_append(text, " to ");
        put_number(text, parameter->high);
    }
    return g_string_free(text, FALSE);
}

static const struct impact_parameter *parameter_of(const struct impact_preset *preset,
                                                   const char *name) {
    for (; preset != NULL; preset = preset->with_depth)
        for (size_t i = 0; i < preset->parameter_count; i++)
            if (strcmp(preset->parameters[i].name, name) == 0)
                return &preset->parameters[i];
    return NULL;
}

/* The models that have it, and the default: once where all have the same. */
static void put_parameter(GString *out, const struct impact_parameter *parameter) {
    GString *models = g_string_new(NULL);
    GString *defaults = g_string_new(NULL);
    char *first = parameter_default(parameter);
    bool alike = true;
    for (size_t p = 0; impact_presets[p] != NULL; p++) {
        const struct impact_parameter *own = parameter_of(impact_presets[p], parameter->name);
        if (own == NULL)
            continue;
        char *text = parameter_default(own);
        const char *name = impact_presets[p]->name;
        alike = alike && strcmp(text, first) == 0;
        g_string_append_printf(models, "%s`%s`", models->len > 0 ? ", " : "", name);
        g_string_append_printf(defaults, "%s`%s`: %s", defaults->len > 0 ? "; " : "", name, text);
        g_free(text);
    }
    g_string_append_printf(out, "| `%s` | %s | ", parameter->name, parameter->unit);
    g_string_append(out, parameter->above ? "above " : "");
    put_number(out, parameter->min);
    g_string_append(out, " to ");
    put_number(out, parameter->max);
    g_string_append_printf(out, " | %s | %s |\n", alike ? first : defaults->str, models->str);
    g_string_free(models, TRUE);
    g_string_free(defaults, TRUE);
    g_free(first);
}

static void put_parameters(GString *out) {
    GHashTable *seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_string_append(out,
                    "| key | unit | range | default | of |\n| --- | --- | --- | --- | --- |\n");
    for (size_t p = 0; impact_presets[p] != NULL; p++)
        for (const struct impact_preset *preset = impact_presets[p]; preset != NULL;
             preset = preset->with_depth)
            for (size_t i = 0; i < preset->parameter_count; i++)
                if (g_hash_table_add(seen, (gpointer)preset->parameters[i].name))
                    put_parameter(out, &preset->parameters[i]);
    g_hash_table_destroy(seen);
}

/* ---- pages ---- */

static const struct page_table {
    const char *page, *name;
    const struct field *fields[2]; /* NULL: of impact parameters */
    const char *below;             /* or the table below this key of a rulebook */
} TABLES[] = {
    {"rulebook-keys.md", "rulebook", {rulebook_head_fields, rulebook_fields}, NULL},
    {"rulebook-keys.md", "margin", {rulebook_margin_fields}, NULL},
    {"rulebook-keys.md", "margin.tiers", {NULL}, "margin.tiers"},
    {"rulebook-keys.md", "margin.size", {NULL}, "margin.size"},
    {"rulebook-keys.md", "margin.scenario", {NULL}, "margin.scenario"},
    {"rulebook-keys.md", "margin.orders", {NULL}, "margin.orders"},
    {"rulebook-keys.md", "collateral", {NULL}, "collateral"},
    {"rulebook-keys.md", "liquidation", {rulebook_liquidation_fields}, NULL},
    {"rulebook-keys.md", "limits", {rulebook_limits_fields}, NULL},
    {"rulebook-keys.md", "liquidation.stages", {NULL}, "liquidation.stages"},
    {"rulebook-keys.md", "waterfall", {rulebook_waterfall_fields}, NULL},
    {"rulebook-keys.md", "funding", {rulebook_funding_fields}, NULL},
    {"rulebook-keys.md", "mark", {rulebook_mark_fields}, NULL},
    {"scenario-keys.md", "scenario", {scenario_head_fields}, NULL},
    {"scenario-keys.md", "market", {scenario_market_fields}, NULL},
    {"scenario-keys.md", "market.instrument", {scenario_instrument_fields}, NULL},
    {"scenario-keys.md", "venue", {scenario_venue_fields}, NULL},
    {"scenario-keys.md", "accounts", {scenario_accounts_fields}, NULL},
    {"scenario-keys.md", "population", {population_fields}, NULL},
    {"scenario-keys.md", "impact", {scenario_impact_fields}, NULL},
    {"scenario-keys.md", "impact parameters", {NULL}, NULL},
    {"scenario-keys.md", "feedback", {scenario_feedback_fields}, NULL},
    {"scenario-keys.md", "funding", {scenario_funding_fields}, NULL},
    {"scenario-keys.md", "events", {scenario_event_fields}, NULL},
    {"scenario-keys.md", "guess", {scenario_money_fields}, NULL},
};

static void put_table(GString *out, const struct page_table *table) {
    if (table->fields[0] == NULL && table->below == NULL) {
        put_parameters(out);
        return;
    }
    g_string_append(out, "| key | type, range | default | meaning |\n| --- | --- | --- | --- |\n");
    if (table->below != NULL)
        put_rows(out, field_below(rulebook_field(table->below)), "");
    for (size_t i = 0; i < G_N_ELEMENTS(table->fields) && table->fields[i] != NULL; i++)
        put_rows(out, table->fields[i], "");
}

static bool has_meaning(const struct field *fields) {
    for (const struct field *field = fields; field->key != NULL; field++)
        if (field->meaning != NULL)
            return true;
    return false;
}

static bool is_listed(const struct field *fields) {
    for (size_t t = 0; t < G_N_ELEMENTS(TABLES); t++) {
        const char *below = TABLES[t].below;
        if (TABLES[t].fields[0] == fields || TABLES[t].fields[1] == fields ||
            (below != NULL && field_below(rulebook_field(below)) == fields))
            return true;
    }
    return false;
}

/* Says which tables of the rulebook, itself and all below, are on no page; how many. */
static unsigned count_unlisted(const struct field *fields, const char *key) {
    unsigned count = 0;
    if (has_meaning(fields) && !is_listed(fields)) {
        fprintf(stderr, "the table of `%s` is on no page\n", key);
        count++;
    }
    for (const struct field *field = fields; field->key != NULL; field++) {
        const bool inlined =
            field->kind == FIELD_GROUP && field->meaning == NULL && !field->by_hand;
        if (field->of != NULL && !inlined)
            count += count_unlisted(field->of, field->key);
    }
    return count;
}

static const struct page_table *find_table(const char *page, const char *line) {
    for (size_t t = 0; t < G_N_ELEMENTS(TABLES); t++) {
        char *opening = g_strdup_printf(OPENING "%s -->", TABLES[t].name);
        const bool found = strcmp(TABLES[t].page, page) == 0 && strcmp(opening, line) == 0;
        g_free(opening);
        if (found)
            return &TABLES[t];
    }
    return NULL;
}

/* The page with its tables as they should be; adds to *problems. */
static char *make_page(const char *name, const char *text, unsigned *problems) {
    unsigned seen[G_N_ELEMENTS(TABLES)] = {0};
    GString *out = g_string_new(NULL);
    char **lines = g_strsplit(text, "\n", -1);
    bool skipping = false;
    for (char **line = lines; *line != NULL; line++) {
        const bool closing = strcmp(*line, CLOSING) == 0;
        if (skipping && !closing)
            continue;
        skipping = false;
        g_string_append_printf(out, "%s%s", *line, line[1] != NULL ? "\n" : "");
        if (!g_str_has_prefix(*line, OPENING))
            continue;
        const struct page_table *table = find_table(name, *line);
        if (table == NULL) {
            fprintf(stderr, "%s: %s: no such table\n", name, *line);
            ++*problems;
            continue;
        }
        seen[table - TABLES]++;
        put_table(out, table);
        skipping = true;
    }
    g_strfreev(lines);
    for (size_t t = 0; t < G_N_ELEMENTS(TABLES); t++)
        if (strcmp(TABLES[t].page, name) == 0 && seen[t] != 1) {
            fprintf(stderr, "%s: the table '%s' stands there %u times\n", name, TABLES[t].name,
                    seen[t]);
            ++*problems;
        }
    return g_string_free(out, FALSE);
}

static void show_difference(const char *page, const char *is, const char *should) {
    char **a = g_strsplit(is, "\n", -1);
    char **b = g_strsplit(should, "\n", -1);
    size_t line = 0;
    while (a[line] != NULL && b[line] != NULL && strcmp(a[line], b[line]) == 0)
        line++;
    fprintf(stderr, "%s:%zu: is      %s\n%s:%zu: should be %s\n(keys_page --write makes it so)\n",
            page, line + 1, a[line] != NULL ? a[line] : "the end", page, line + 1,
            b[line] != NULL ? b[line] : "the end");
    g_strfreev(a);
    g_strfreev(b);
}

int main(int argc, char **argv) {
    const bool write = argc == 3 && strcmp(argv[1], "--write") == 0;
    const char *path = argv[argc - 1];
    char *text = NULL;
    GError *error = NULL;
    if (argc != 2 && !write) {
        fprintf(stderr, "usage: keys_page [--write] PAGE.md\n");
        return 2;
    }
    unsigned problems = count_unlisted(rulebook_fields, "rulebook");
    char *name = g_path_get_basename(path);
    if (!g_file_get_contents(path, &text, NULL, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    char *made = make_page(name, text, &problems);
    if (write && !g_file_set_contents(path, made, -1, &error)) {
        fprintf(stderr, "%s\n", error->message);
        return 2;
    }
    if (!write && strcmp(made, text) != 0) {
        show_difference(path, text, made);
        problems++;
    }
    g_free(made);
    g_free(text);
    g_free(name);
    return problems == 0 ? 0 : 1;
}

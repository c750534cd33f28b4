/* The effective scenario as YAML. */

#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "scenarios/scenario_read.h"
#include "scenarios/scenario_write.h"
#include "scenarios/settlement.h"

void scenario_put_text(GString *out, const char *text) {
    g_string_append_c(out, '"');
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            g_string_append_printf(out, "\\%c", *c);
        else if (*c == '\n')
            g_string_append(out, "\\n");
        else if ((unsigned char)*c < 0x20 || (unsigned char)*c == 0x7f)
            g_string_append_printf(out, "\\x%02x", (unsigned)(unsigned char)*c);
        else
            g_string_append_c(out, *c);
    }
    g_string_append_c(out, '"');
}

void scenario_put_double(GString *out, double value) {
    char text[FIELD_TEXT_SIZE];
    field_double_text(value, text);
    g_string_append(out, text);
}

void scenario_put_decimal(GString *out, struct decimal value) {
    char text[32];
    (void)decimal_format(value.mantissa, value.decimals, text);
    g_string_append(out, text);
}

static void put_money(GString *out, int64_t value) {
    scenario_put_decimal(out, (struct decimal){value, MONEY_DECIMALS});
}

void scenario_put_field(GString *out, const struct field *fields, const char *key,
                        const void *holder) {
    const struct field *field = field_find(fields, key);
    char buffer[FIELD_TEXT_SIZE];
    g_string_append_printf(out, "%s: ", key);
    if (field->kind == FIELD_TEXT)
        scenario_put_text(out, field_text(field, holder, buffer));
    else
        g_string_append(out, field_text(field, holder, buffer));
}

/* Whether a text or a time says something. */
static bool is_given(const struct field *field, const void *holder) {
    char buffer[FIELD_TEXT_SIZE];
    const char *text = field_text(field, holder, buffer);
    return strcmp(text, field->kind == FIELD_TIME ? "none" : "") != 0;
}

void scenario_put_node(GString *out, const struct yaml_node *node) {
    if (node->kind == YAML_SCALAR) {
        scenario_put_text(out, node->text);
        return;
    }
    g_string_append_c(out, node->kind == YAML_MAPPING ? '{' : '[');
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next) {
        if (child != node->child)
            g_string_append(out, ", ");
        if (node->kind == YAML_MAPPING) {
            scenario_put_text(out, child->key);
            g_string_append(out, ": ");
        }
        scenario_put_node(out, child);
    }
    g_string_append_c(out, node->kind == YAML_MAPPING ? '}' : ']');
}

/* A bundled rulebook by its name, any other by its path. */
void scenario_put_rulebook(GString *out, const char *path) {
    static const char folder[] = CONFIG_BUNDLED "rulebooks/";
    const size_t length = strlen(path);
    if (g_str_has_prefix(path, folder) && g_str_has_suffix(path, ".yaml")) {
        char *name = g_strndup(path + strlen(folder), length - strlen(folder) - strlen(".yaml"));
        if (strchr(name, '/') == NULL)
            scenario_put_text(out, name);
        else
            scenario_put_text(out, path);
        g_free(name);
    } else {
        scenario_put_text(out, path);
    }
}

/* A number, or with its range where it was marked as a guess. */
static void put_guess(GString *out, const struct scenario *scenario, const char *key,
                      int64_t value) {
    const struct scenario_guess *guess = NULL;
    for (size_t i = 0; i < scenario->guess_count; i++)
        if (strcmp(scenario->guesses[i].key, key) == 0)
            guess = &scenario->guesses[i];
    if (guess == NULL) {
        put_money(out, value);
        return;
    }
    g_string_append(out, "{value: ");
    put_money(out, value);
    g_string_append(out, ", low: ");
    scenario_put_double(out, guess->low);
    g_string_append(out, ", high: ");
    scenario_put_double(out, guess->high);
    g_string_append(out, ", source: ");
    scenario_put_text(out, guess->source);
    g_string_append_c(out, '}');
}

static void put_head(GString *out, const struct scenario *scenario) {
    g_string_append(out, "scenario:\n");
    for (const struct field *field = scenario_head_fields; field->key != NULL; field++)
        if (field->kind != FIELD_NODE && is_given(field, scenario)) {
            g_string_append(out, "  ");
            scenario_put_field(out, scenario_head_fields, field->key, scenario);
            g_string_append_c(out, '\n');
        }
    if (scenario->caveat_count > 0)
        g_string_append(out, "  caveats:\n");
    for (size_t i = 0; i < scenario->caveat_count; i++) {
        g_string_append(out, "    - ");
        scenario_put_text(out, scenario->caveats[i]);
        g_string_append_c(out, '\n');
    }
}

static void put_instrument(GString *out, const struct scenario_instrument *instrument) {
    const char *before = "";
    g_string_append(out, "    ");
    scenario_put_text(out, instrument->symbol);
    g_string_append(out, ": {");
    for (const struct field *field = scenario_instrument_fields; field->key != NULL; field++) {
        const bool tick = strcmp(field->key, "price_tick") == 0;
        if ((field->kind == FIELD_TEXT && !is_given(field, instrument)) ||
            (strcmp(field->key, "pass_through") == 0 && instrument->mark.source == MARK_LAST))
            continue;
        g_string_append(out, before);
        before = ", ";
        if ((tick && instrument->price_tick_auto) ||
            (strcmp(field->key, "lot") == 0 && instrument->lot_auto))
            g_string_append_printf(out, "%s: auto", field->key);
        else
            scenario_put_field(out, scenario_instrument_fields, field->key, instrument);
    }
    g_string_append(out, "}\n");
}

static void put_market(GString *out, const struct scenario *scenario) {
    g_string_append(out, "\nmarket:\n  instruments: [");
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        scenario_put_text(out, scenario->instruments[i].symbol);
    }
    g_string_append(out, "]\n  instrument:\n");
    for (size_t i = 0; i < scenario->instrument_count; i++)
        put_instrument(out, &scenario->instruments[i]);
    char settlement[SETTLEMENT_SIZE];
    scenario_settlement(scenario, &scenario->rulebook, settlement);
    g_string_append(out, "  ");
    scenario_put_field(out, scenario_market_fields, "bar_path", scenario);
    g_string_append(out, "\n  settlement: ");
    scenario_put_text(out, settlement);
    g_string_append_c(out, '\n');
    scenario_put_shock(out, scenario);
}

static void put_population(GString *out, const struct scenario *scenario,
                           const struct scenario_accounts *accounts, const char *indent,
                           bool guesses) {
    const struct population_settings *p = &accounts->population;
    g_string_append_printf(out, "%spopulation:\n", indent);
    g_string_append_printf(out, "%s  accounts: %" G_GUINT64_FORMAT "\n", indent,
                           accounts->synthetic ? p->accounts : 0);
    g_string_append_printf(out, "%s  seed: %" G_GUINT64_FORMAT "\n", indent, p->seed);
    if (p->open_interest != NULL)
        g_string_append_printf(out, "%s  open_interest:\n", indent);
    for (size_t i = 0; i < scenario->instrument_count && p->open_interest != NULL; i++) {
        const char *symbol = scenario->instruments[i].symbol;
        char *key = g_strdup_printf("population.open_interest.%s", symbol);
        g_string_append_printf(out, "%s    ", indent);
        scenario_put_text(out, symbol);
        g_string_append(out, ": ");
        put_guess(out, scenario, guesses ? key : "", p->open_interest[i]);
        g_string_append_c(out, '\n');
        g_free(key);
    }
    for (const struct field *group = population_fields; group->key != NULL; group++) {
        if (group->kind != FIELD_GROUP)
            continue;
        g_string_append_printf(out, "%s  %s: {", indent, group->key);
        for (const struct field *field = group->of; field->key != NULL; field++) {
            g_string_append(out, field != group->of ? ", " : "");
            scenario_put_field(out, group->of, field->key, p);
        }
        g_string_append(out, "}\n");
    }
}

static void put_venue(GString *out, const struct scenario *scenario) {
    const struct scenario_memory *memory = scenario->memory;
    g_string_append(out, "\nvenue:\n  rulebook: ");
    scenario_put_rulebook(out, memory->rulebook_path);
    g_string_append(out, "\n  insurance_fund: ");
    put_guess(out, scenario, "venue.insurance_fund", scenario->insurance_fund);
    g_string_append(out, "\n  backstop: ");
    put_guess(out, scenario, "venue.backstop", scenario->backstop);
    if (memory->override != NULL) {
        g_string_append(out, "\n  override: ");
        scenario_put_node(out, memory->override);
    }
    g_string_append_c(out, '\n');
}

static void put_feedback(GString *out, const struct scenario *scenario) {
    static const char *const keys[] = {"enabled", "cleaning", "max_waves", "throttle_ms"};
    const struct scenario_memory *memory = scenario->memory;
    g_string_append(out, "\nfeedback:\n");
    for (size_t i = 0; i < SCENARIO_COUNT(keys); i++) {
        const bool throttle = strcmp(keys[i], "throttle_ms") == 0;
        if (throttle && scenario->cleaning != CLEANING_RECORDED)
            continue;
        g_string_append(out, "  ");
        if (throttle && scenario->throttle_auto)
            g_string_append(out, "throttle_ms: auto");
        else
            scenario_put_field(out, scenario_feedback_fields, keys[i], scenario);
        g_string_append_c(out, '\n');
    }
    g_string_append(out, "  reference:\n    rulebook: ");
    scenario_put_rulebook(out, memory->reference_rulebook_path);
    g_string_append(out, "\n    insurance_fund: ");
    put_money(out, scenario->reference_insurance_fund);
    g_string_append(out, "\n    backstop: ");
    put_money(out, scenario->reference_backstop);
    g_string_append_c(out, '\n');
    if (memory->reference_override != NULL) {
        g_string_append(out, "    override: ");
        scenario_put_node(out, memory->reference_override);
        g_string_append_c(out, '\n');
    }
    if (!scenario->reference_accounts_differ)
        return;
    const struct scenario_accounts *accounts = &scenario->reference_accounts;
    g_string_append(out, "    accounts: {file: ");
    scenario_put_text(out, accounts->file != NULL ? accounts->file : "");
    g_string_append(out, "}\n");
    put_population(out, scenario, accounts, "    ", false);
}

char *scenario_effective_yaml(const struct scenario *scenario) {
    GString *out = g_string_new(NULL);
    put_head(out, scenario);
    put_market(out, scenario);
    put_venue(out, scenario);
    if (scenario->accounts.file != NULL) {
        g_string_append(out, "\naccounts: {file: ");
        scenario_put_text(out, scenario->accounts.file);
        g_string_append(out, "}\n");
    }
    if (scenario->accounts.synthetic) {
        g_string_append_c(out, '\n');
        put_population(out, scenario, &scenario->accounts, "", true);
    }
    scenario_put_impact(out, scenario);
    put_feedback(out, scenario);
    scenario_put_events(out, scenario);
    char *text = strdup(out->str);
    g_string_free(out, TRUE);
    return text;
}

/* The effective scenario as YAML. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "base/decimal_text.h"
#include "base/time_text.h"
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

/* The shortest decimal text that reads back as the same double. */
void scenario_put_double(GString *out, double value) {
    char text[G_ASCII_DTOSTR_BUF_SIZE];
    for (int digits = 15; digits <= 17; digits++) {
        char format[16];
        (void)snprintf(format, sizeof(format), "%%.%dg", digits); /* fits */
        (void)g_ascii_formatd(text, sizeof(text), format, value);
        if (g_ascii_strtod(text, NULL) == value)
            break;
    }
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

static void put_time(GString *out, const char *key, int64_t ts_ns) {
    char text[32];
    if (ts_ns == INT64_MIN || ts_ns == INT64_MAX)
        return;
    (void)time_format_iso(ts_ns, text);
    g_string_append_printf(out, "  %s: %s\n", key, text);
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
    const struct {
        const char *key, *text;
    } texts[] = {{"name", scenario->name},
                 {"title", scenario->title},
                 {"note", scenario->note},
                 {"source", scenario->source}};
    g_string_append(out, "scenario:\n");
    for (size_t i = 0; i < SCENARIO_COUNT(texts); i++)
        if (texts[i].text[0] != '\0') {
            g_string_append_printf(out, "  %s: ", texts[i].key);
            scenario_put_text(out, texts[i].text);
            g_string_append_c(out, '\n');
        }
    put_time(out, "from", scenario->from_ns);
    put_time(out, "to", scenario->to_ns);
    if (scenario->caveat_count > 0)
        g_string_append(out, "  caveats:\n");
    for (size_t i = 0; i < scenario->caveat_count; i++) {
        g_string_append(out, "    - ");
        scenario_put_text(out, scenario->caveats[i]);
        g_string_append_c(out, '\n');
    }
}

static void put_grid(GString *out, const char *key, bool is_auto, struct decimal value) {
    g_string_append_printf(out, ", %s: ", key);
    if (is_auto)
        g_string_append(out, "auto");
    else
        scenario_put_decimal(out, value);
}

static void put_market(GString *out, const struct scenario *scenario) {
    static const char *const bar_paths[] = {"nearest", "ohlc", "olhc", "close"};
    static const char *const kinds[] = {"linear", "inverse", "quanto", "spot"};
    static const char *const marks[] = {"last", "recorded", "rulebook"};
    g_string_append(out, "\nmarket:\n  instruments: [");
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        scenario_put_text(out, scenario->instruments[i].symbol);
    }
    g_string_append(out, "]\n  instrument:\n");
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        const struct scenario_instrument *instrument = &scenario->instruments[i];
        g_string_append(out, "    ");
        scenario_put_text(out, instrument->symbol);
        g_string_append_printf(out, ": {kind: %s, contract_size: ", kinds[instrument->kind]);
        scenario_put_decimal(out, instrument->contract_size);
        put_grid(out, "price_tick", instrument->price_tick_auto, instrument->price_tick);
        put_grid(out, "lot", instrument->lot_auto, instrument->lot);
        if (instrument->settlement[0] != '\0') {
            g_string_append(out, ", settlement: ");
            scenario_put_text(out, instrument->settlement);
        }
        g_string_append_printf(out, ", mark: %s", marks[instrument->mark.source]);
        if (instrument->mark.source != MARK_LAST) {
            g_string_append(out, ", pass_through: ");
            scenario_put_double(out, instrument->mark.pass_through);
        }
        g_string_append(out, "}\n");
    }
    char settlement[SETTLEMENT_SIZE];
    scenario_settlement(scenario, &scenario->rulebook, settlement);
    g_string_append_printf(out, "  bar_path: %s\n  settlement: ", bar_paths[scenario->bar_path]);
    scenario_put_text(out, settlement);
    g_string_append_c(out, '\n');
    scenario_put_shock(out, scenario);
}

static void put_doubles(GString *out, const char *indent, const char *section, size_t count,
                        const char *const *keys, const double *values) {
    g_string_append_printf(out, "%s  %s: {", indent, section);
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(out, "%s%s: ", i > 0 ? ", " : "", keys[i]);
        scenario_put_double(out, values[i]);
    }
    g_string_append(out, "}\n");
}

static void put_population(GString *out, const struct scenario *scenario,
                           const struct scenario_accounts *accounts, const char *indent,
                           bool guesses) {
    static const char *const equity_keys[] = {"median", "ln_sd", "tail_quantile", "tail_alpha",
                                              "cap"};
    static const char *const leverage_keys[] = {"median", "equity_slope", "ln_sd",       "min",
                                                "max",    "spike_share",  "short_factor"};
    static const char *const position_keys[] = {"max", "decay", "same_side"};
    static const char *const hedging_keys[] = {"share"};
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
    const double equity[] = {p->equity.median, p->equity.ln_sd, p->equity.tail_quantile,
                             p->equity.tail_alpha, p->equity.cap};
    const double leverage[] = {
        p->leverage.median, p->leverage.equity_slope, p->leverage.ln_sd,       p->leverage.min,
        p->leverage.max,    p->leverage.spike_share,  p->leverage.short_factor};
    const double positions[] = {p->positions.max, p->positions.decay, p->positions.same_side};
    put_doubles(out, indent, "equity", SCENARIO_COUNT(equity), equity_keys, equity);
    put_doubles(out, indent, "leverage", SCENARIO_COUNT(leverage), leverage_keys, leverage);
    put_doubles(out, indent, "positions", SCENARIO_COUNT(positions), position_keys, positions);
    put_doubles(out, indent, "hedging", 1, hedging_keys, &p->hedged_share);
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
    static const char *const cleanings[] = {"none", "recorded", "open_interest", "modelled"};
    const struct scenario_memory *memory = scenario->memory;
    g_string_append_printf(out, "\nfeedback:\n  enabled: %s\n  cleaning: %s\n  max_waves: %u\n",
                           scenario->feedback ? "true" : "false", cleanings[scenario->cleaning],
                           scenario->max_waves);
    if (scenario->cleaning == CLEANING_RECORDED && scenario->throttle_auto)
        g_string_append(out, "  throttle_ms: auto\n");
    else if (scenario->cleaning == CLEANING_RECORDED)
        g_string_append_printf(out, "  throttle_ms: %" PRId64 "\n",
                               scenario->throttle_ns / NS_PER_MS);
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

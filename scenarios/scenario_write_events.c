/* Events, funding, shock and scale as YAML. */

#include "base/time_text.h"
#include "scenarios/scenario_read.h"
#include "scenarios/scenario_write.h"

static void put_rate(GString *out, int64_t rate_e8) {
    scenario_put_decimal(out, (struct decimal){rate_e8, MONEY_DECIMALS});
}

static void put_time(GString *out, const char *key, int64_t ts_ns) {
    char text[32];
    (void)time_format_iso(ts_ns, text); /* the length is not needed */
    g_string_append_printf(out, "%s: %s", key, text);
}

void scenario_put_shock(GString *out, const struct scenario *scenario) {
    if (scenario->shock_e8 != NULL) {
        const char *comma = "";
        g_string_append(out, "  shock: {");
        for (size_t i = 0; i < scenario->instrument_count; i++) {
            if (scenario->shock_e8[i] == 0)
                continue;
            g_string_append(out, comma);
            comma = ", ";
            scenario_put_text(out, scenario->instruments[i].symbol);
            g_string_append(out, ": ");
            put_rate(out, scenario->shock_e8[i]);
        }
        g_string_append(out, "}\n");
    }
    if (scenario->shock_at_ns != INT64_MIN) {
        put_time(out, "  shock_at", scenario->shock_at_ns);
        g_string_append_c(out, '\n');
    }
    if (scenario->scale == NULL)
        return;
    g_string_append(out, "  scale: {");
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        g_string_append(out, i > 0 ? ", " : "");
        scenario_put_text(out, scenario->instruments[i].symbol);
        g_string_append(out, ": ");
        scenario_put_double(out, scenario->scale[i]);
    }
    g_string_append(out, "}\n");
}

static void put_stops(GString *out, unsigned stops) {
    bool first = true;
    g_string_append(out, ", stops: [");
    for (const struct field_choice *stop = scenario_stops; stop->name != NULL; stop++) {
        if ((stops & (unsigned)stop->value) == 0)
            continue;
        g_string_append_printf(out, "%s%s", first ? "" : ", ", stop->name);
        first = false;
    }
    g_string_append_c(out, ']');
}

static void put_event(GString *out, const struct scenario *scenario,
                      const struct scenario_event *event) {
    const struct field *kind = field_find(scenario_event_fields, "kind");
    g_string_append_printf(out, "  - {kind: %s, ", field_choice_name(kind, (int)event->kind));
    put_time(out, "at", event->at_ns);
    if (event->until_ns != INT64_MAX)
        put_time(out, ", until", event->until_ns);
    if (event->kind == SCENARIO_OUTAGE)
        put_stops(out, event->stops);
    if (event->instruments != NULL) {
        g_string_append(out, ", instruments: [");
        for (size_t i = 0; i < event->instrument_count; i++) {
            g_string_append(out, i > 0 ? ", " : "");
            scenario_put_text(out, scenario->instruments[event->instruments[i]].symbol);
        }
        g_string_append_c(out, ']');
    }
    if (event->kind == SCENARIO_WRONG_FEED || event->kind == SCENARIO_FUNDING ||
        event->kind == SCENARIO_DEPTH) {
        g_string_append(out, event->kind == SCENARIO_FUNDING ? ", rate: " : ", factor: ");
        put_rate(out, event->rate_e8);
    }
    if (event->kind == SCENARIO_FUND_CHANGE || event->kind == SCENARIO_EXPIRY) {
        g_string_append(out, event->kind == SCENARIO_EXPIRY ? ", price: " : ", amount: ");
        put_rate(out, event->amount);
    }
    if (event->kind == SCENARIO_RULES) {
        g_string_append(out, ", rulebook: ");
        scenario_put_rulebook(out, event->rulebook_path);
        if (event->override != NULL) {
            g_string_append(out, ", override: ");
            scenario_put_node(out, event->override);
        }
    }
    g_string_append(out, "}\n");
}

void scenario_put_events(GString *out, const struct scenario *scenario) {
    const struct scenario_funding *funding = &scenario->funding;
    g_string_append(out, "\nfunding: {");
    scenario_put_field(out, scenario_funding_fields, "source", funding);
    g_string_append(out, ", ");
    scenario_put_field(out, scenario_funding_fields, "rate", funding);
    g_string_append_printf(out, ", interval_h: %d, ",
                           (int)(funding->interval_ns / (60 * NS_PER_MINUTE)));
    scenario_put_field(out, scenario_funding_fields, "cap", funding);
    g_string_append(out, "}\n");
    if (scenario->event_count > 0)
        g_string_append(out, "\nevents:\n");
    for (size_t i = 0; i < scenario->event_count; i++)
        put_event(out, scenario, &scenario->events[i]);
}

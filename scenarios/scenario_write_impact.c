/* The section impact of the effective scenario. */

#include <string.h>

#include "scenarios/impact_defaults.h"
#include "scenarios/scenario_read.h"
#include "scenarios/scenario_write.h"

static void put_depth(GString *out, const struct depth_curve *curve) {
    g_string_append(out, "depth: [");
    for (size_t k = 0; k < curve->count; k++) {
        g_string_append(out, k > 0 ? ", [" : "[");
        scenario_put_double(out, curve->points[k].distance);
        g_string_append(out, ", ");
        scenario_put_double(out, curve->points[k].quantity);
        g_string_append_c(out, ']');
    }
    g_string_append(out, "], ");
}

static void put_cross(GString *out, const struct scenario *scenario, size_t i) {
    const size_t n = scenario->instrument_count;
    const char *before = "";
    g_string_append(out, "cross: {");
    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        g_string_append(out, before);
        scenario_put_text(out, scenario->instruments[j].symbol);
        g_string_append(out, ": ");
        scenario_put_double(out, scenario->impact_cross[i * n + j]);
        before = ", ";
    }
    g_string_append(out, "}, ");
}

static void put_value(GString *out, const struct scenario_instrument *instrument,
                      const struct impact_parameter *parameter) {
    if (parameter->kind == IMPACT_AUTO &&
        (instrument->impact_auto & scenario_auto_bit(parameter->name)) != 0)
        g_string_append(out, "auto");
    else
        scenario_put_double(out, impact_value(&instrument->impact, parameter));
}

/* Parameters whose name has a dot stand in a mapping, together, at the tables' ends. */
static void put_parameters(GString *out, const struct scenario_instrument *instrument) {
    const struct impact_preset *preset = instrument->impact_preset;
    const char *before = "";
    bool nested = false;
    for (size_t i = 0; i < preset->parameter_count; i++) {
        const struct impact_parameter *parameter = &preset->parameters[i];
        const char *dot = strchr(parameter->name, '.');
        if ((scenario_idle_bits(instrument) & parameter->unless) != 0)
            continue;
        g_string_append(out, before);
        if (dot != NULL && !nested)
            g_string_append_printf(out, "%.*s: {", (int)(dot - parameter->name), parameter->name);
        nested = dot != NULL;
        g_string_append_printf(out, "%s: ", nested ? dot + 1 : parameter->name);
        put_value(out, instrument, parameter);
        before = ", ";
    }
    if (nested)
        g_string_append_c(out, '}');
}

void scenario_put_impact(GString *out, const struct scenario *scenario) {
    g_string_append_printf(out, "\nimpact:\n  model: %s\n  ", scenario->impact_preset);
    scenario_put_field(out, scenario_impact_fields, "clock_step_ms", scenario);
    g_string_append_c(out, '\n');
    if (scenario->impact_inadmissible)
        g_string_append(out, "  allow_inadmissible: true\n");
    if (impact_preset_find(scenario->impact_preset)->parameter_count == 0)
        return;
    g_string_append(out, "  instrument:\n");
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        const struct scenario_instrument *instrument = &scenario->instruments[i];
        const struct impact_params *impact = &instrument->impact;
        g_string_append(out, "    ");
        scenario_put_text(out, instrument->symbol);
        g_string_append(out, ": {");
        if (instrument->impact_preset->has_space)
            g_string_append_printf(out, "space: %s, ", scenario_space_name(impact->space));
        if (impact->depth.count > 0 && !impact->depth.from_depth_1pct)
            put_depth(out, &impact->depth);
        if (scenario->impact_cross != NULL)
            put_cross(out, scenario, i);
        put_parameters(out, instrument);
        g_string_append(out, "}\n");
    }
}

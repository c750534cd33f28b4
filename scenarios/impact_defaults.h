#pragma once
/* The impact models a scenario may name, each parameter with range, unit, default, and whether the
 * default is a guess: what `list impact-models` prints and what the scenario reader fills in. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/impact.h"

enum impact_default {
    IMPACT_REQUIRED, /* must be given */
    IMPACT_VALUE,    /* `value` */
    IMPACT_AUTO,     /* from the data before the scenario's `from` */
};

struct impact_parameter {
    const char *name; /* key in scenario files */
    size_t offset;    /* of the double in struct impact_params */
    const char *unit;
    double min, max; /* allowed; `above`: min itself is not */
    bool above;
    enum impact_default kind;
    double value;
    bool guess;       /* nobody measured the default for forced flow */
    double low, high; /* of a guess: what it stands for */
    const char *source;
};

/* What `impact.model` may be: a model under its own name, or a preset with its own defaults. */
struct impact_preset {
    const char *name;
    const char *title;
    const struct impact_model *model; /* NULL: known, but not supported yet */
    const struct impact_parameter *parameters;
    size_t parameter_count;
    bool has_space; /* also takes `space: log | price` */
};

/* All of them, in the order to list; NULL-terminated. */
extern const struct impact_preset *const impact_presets[];
const struct impact_preset *impact_preset_find(const char *name); /* NULL: no such preset */

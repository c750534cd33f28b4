#pragma once
/* The impact models a scenario may name, each parameter with range, unit, default, and whether the
 * default is a guess: what `list impact-models` prints and what the scenario reader fills in. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/impact/impact.h"

enum impact_default {
    IMPACT_REQUIRED, /* must be given */
    IMPACT_VALUE,    /* `value` */
    IMPACT_AUTO,     /* from the data before the scenario's `from` */
};

/* What makes a parameter idle: bits of impact_parameter.unless. */
#define IMPACT_DEPTH_POINTS 1u  /* `depth` is given */
#define IMPACT_DEPTH_KNOWN 2u   /* `depth` or `depth_1pct` is */
#define IMPACT_NO_WITHDRAWAL 4u /* withdrawal's `volatility` and `fall` are 0 */

struct impact_parameter {
    const char *name; /* key in scenario files; "a.b": b of the mapping a */
    size_t offset;    /* of the double in struct impact_params */
    const char *unit;
    double min, max; /* allowed; `above`: min itself is not */
    bool above;
    enum impact_default kind;
    double value;
    bool guess;       /* nobody measured the default for forced flow */
    double low, high; /* of a guess: what it stands for */
    const char *source;
    unsigned unless; /* any of these: not read */
};

/* What `impact.model` may be: a model under its own name, or a preset with its own defaults. */
struct impact_preset {
    const char *name;
    const char *title;
    const struct impact_model *model;
    const struct impact_parameter *parameters;
    size_t parameter_count;
    bool has_space; /* also takes `space: log | price` */
    /* Takes this one's place for an instrument whose depth is given; NULL: none does. */
    const struct impact_preset *with_depth;
};

/* All of them, in the order to list; NULL-terminated. */
extern const struct impact_preset *const impact_presets[];
const struct impact_preset *impact_preset_find(const char *name); /* NULL: no such preset */

/* The value that `params` has of a parameter. */
double impact_value(const struct impact_params *params, const struct impact_parameter *parameter);

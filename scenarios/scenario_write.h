#pragma once
/* What the files that write the effective scenario share. Not for other rooms. */

#include <glib.h>

#include "base/field.h"
#include "base/units.h"
#include "scenarios/scenario.h"
#include "scenarios/yaml/yaml_text.h"

/* Append a value as YAML that reads back as the same. */
void scenario_put_text(GString *out, const char *text);
/* The shortest text that reads back as the same double. */
void scenario_put_double(GString *out, double value);
void scenario_put_decimal(GString *out, struct decimal value);
/* "KEY: VALUE", of a scalar field. */
void scenario_put_field(GString *out, const struct field *fields, const char *key,
                        const void *holder);
void scenario_put_node(GString *out, const struct yaml_node *node);
void scenario_put_rulebook(GString *out, const char *path);

void scenario_put_impact(GString *out, const struct scenario *scenario); /* the whole section */

/* Append what scenario_events.c reads. */
void scenario_put_shock(GString *out, const struct scenario *scenario);  /* lines of `market` */
void scenario_put_events(GString *out, const struct scenario *scenario); /* whole sections */

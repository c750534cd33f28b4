#pragma once
/* A rulebook in a line: what the list of rulebooks and its page in the manual show. */

#include "engine/rules/rulebook.h"
#include "scenarios/yaml/yaml_text.h"

struct rulebook_column {
    const char *name;    /* key in JSON */
    const char *heading; /* in the manual */
    /* The text, in the arena or constant; never NULL. */
    const char *(*text)(struct yaml_arena *arena, const struct rulebook *rulebook);
};

extern const struct rulebook_column rulebook_columns[]; /* ends with a name of NULL */

/* The column called `name`, which is one of them. */
const struct rulebook_column *rulebook_column_find(const char *name);

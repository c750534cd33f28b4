#pragma once
/* What stands in scenarios/rulebooks, for tests and benchmarks that go through all of it. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/rules/rulebook.h"

/* Names of the rulebooks of the folder `scenarios`, in order; ends with NULL, freed with
 * g_strfreev(). NULL: there is no such folder. */
char **bundled_rulebook_names(const char *scenarios);

/* Contracts that brackets and sizes name, at most `most`; whether one stands for any other. */
size_t rulebook_named_symbols(const struct rulebook *rulebook, size_t most,
                              const char **ret_symbols, bool *ret_for_all);

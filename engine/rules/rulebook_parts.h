#pragma once
/* Checks and comparison of a rulebook's curves by size and collateral: see rulebook.h. */

#include <stdbool.h>

#include "base/error.h"
#include "engine/rules/rulebook.h"

/* STATUS_CONFIG with the key's dotted name at the start of the message. */
MUST_CHECK enum status rulebook_check_parts(const struct rulebook *rulebook, struct error *reterr);

/* Whether curves, basis, closing fee, trigger ratio and collateral are the same. */
bool rulebook_equal_parts(const struct rulebook *a, const struct rulebook *b);

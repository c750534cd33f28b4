#pragma once
/* What a book is made of. */

#include <stdint.h>

#include "engine/book/accounts.h"
#include "engine/rules/rulebook.h"

/* One side of the lockstep: accounts under rules, with a fund. */
struct venue_input {
    const struct accounts *accounts;
    const struct rulebook *rulebook;
    int64_t insurance_fund; /* money at the start, >= 0 */
    int64_t backstop;       /* capital of the backstop vault, money, >= 0 */
};

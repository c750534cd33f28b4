#pragma once
/* The answer of `crossfall margin` as text. */

#include <jansson.h>

#include "base/error.h"

/* Accounts up to which each is explained position by position. */
#define MARGIN_TEXT_EXPLAINED_MAX 20

/* Prints the list that margin_answer_account()'s objects make up: a row an account, then, of few
 * accounts, what stands behind each figure. STATUS_NO_MEMORY. */
MUST_CHECK enum status margin_text_print(const json_t *answer, struct error *reterr);

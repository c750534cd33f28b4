#pragma once
/* What each account of a file is worth at given prices, what its rulebook asks, and where its
 * liquidation prices are (interface §7). */

#include <jansson.h>

#include "base/error.h"

/* All borrowed. */
struct margin_order {
    const char *accounts; /* path of the file */
    const char *rulebook; /* a bundled name or a path; NULL: that of `market` */
    const char *market;   /* a file with the sections market and venue of a scenario, or NULL */
    const char *const *prices; /* "ID=VALUE", NULL-terminated */
    const char *resources;     /* the folder of what is bundled, or NULL */
    const char *price_word;    /* what messages call a price, and the rulebook: "--price" */
    const char *rulebook_word;
};

/* STATUS_OK: *ret_answer is a list, one object an account; the caller's. STATUS_USAGE: a price or
 * the rulebook is missing, or a price is none. STATUS_CONFIG: bad content of a file. */
MUST_CHECK enum status margin_answer(const struct margin_order *order, json_t **ret_answer,
                                     struct error *reterr);

#pragma once
/* Which files `crossfall download` is to fetch for what the user asked. Pure: no network, no disk,
 * no clock. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "cli/download/download_venue.h"

#define DOWNLOAD_FILES_MAX 100000 /* of one command */

/* What the user asked for, as typed. Borrowed. */
struct download_wish {
    const char *venue;
    const char *type;
    const char *symbols; /* "BTCUSDT,ETHUSDT"; NULL: not given */
    /* Days (2021-05-18) or months (2021-05), one or two with .. between, both ends included. */
    const char *range;
    const char *interval; /* of bars; NULL: 1m */
    bool monthly;         /* files of a month instead of files of a day */
};

struct download_plan {
    const struct download_venue *venue;
    bool monthly; /* also where there is nothing else */
    size_t count;
    char **paths; /* under the base URL and the user's folder; by symbol as given, then by time */
};

/* STATUS_OK: the caller ends *ret_plan with download_plan_finish(). STATUS_USAGE: what is wrong,
 * and what there is instead. Every component of a path is made of letters, digits, - _ and . and
 * neither empty nor begins with a dot, so a path leads nowhere else. */
MUST_CHECK enum status download_plan_make(const struct download_wish *wish,
                                          struct download_plan *ret_plan, struct error *reterr);

void download_plan_finish(struct download_plan *plan); /* zeroed is fine */

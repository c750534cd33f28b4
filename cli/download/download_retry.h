#pragma once
/* How long to wait before asking a server again. Pure. */

#include <stdbool.h>
#include <stdint.h>

#define DOWNLOAD_WAIT_MS_MAX (INT64_C(60) * 1000) /* of ours */
#define DOWNLOAD_ASKED_S_MAX INT64_C(600)         /* that a server may ask for */

struct download_patience {
    int tries;       /* of one request, in all; >= 1 */
    int64_t wait_ms; /* before the second; doubled for each further one */
};

/* The wait after `made` (>= 1) tries, the server having asked for `asked_s` (Retry-After; 0: it did
 * not). Never shorter than it asked. -1: give up, the tries are used up or it asks for too long. */
int64_t download_retry_wait_ms(const struct download_patience *patience, int made, int64_t asked_s);

/* Whether an answer with this HTTP status may be another one later: 408, 425, 429 and 5xx. */
bool download_retry_code(long code);

/* Whether it asks all of us to slow down: 429 and 503. */
bool download_retry_slow_down(long code);

#pragma once
/* One command, JSON in and JSON out: what `crossfall COMMAND --json` prints, for programs. Knows no
 * terminal, prints nothing, ends no process; the command line, the library and the Python package
 * stand on it. docs/api.md lists the commands and their members. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/host.h"

/* What a caller brings. All borrowed for the call; zeroed is a caller that brings nothing. */
struct api_host {
    struct host host; /* progress, stop, notices (base/host.h) */
    /* Folder with library/, rulebooks/ and data/; NULL: nothing is bundled. */
    const char *resources;
    /* Files of requests that do not name them; NULL: such a request is an error. `bundled_data` is
     * for the bundled scenarios (NULL: as `data`). */
    const char *data;
    const char *bundled_data;
    const char *results;
    /* Takes the answer piece by piece instead of *ret_answer, so that an answer of any size needs
     * little memory. False: it wants no more, which ends the call well. NULL: *ret_answer. */
    bool (*write)(void *context, const char *text, size_t size);
};

/* Carries out `request`, a JSON object: {"command": "run", "scenario": "may-2021", ...}.
 *
 * STATUS_OK: *ret_answer is the answer, one JSON document with a line end, which the caller ends
 * with api_free(). Other statuses leave NULL there, but where a document tells more than the
 * message in `reterr`: `verify` with STATUS_DIFFERENT, `data verify` with STATUS_CORRUPT, `import`
 * with the status of the worst of the files that failed. STATUS_USAGE: no such command or member,
 * or a value of the wrong kind or out of its range; named, with the nearest that there is.
 * STATUS_CONFIG: the request is no JSON; or the bad content of a scenario, rulebook or accounts
 * file. STATUS_INTERRUPTED: host.stop said so. Others as the rooms below give them.
 *
 * Several calls may run at once, on threads of their own; only a results or market file that two of
 * them write makes one wait for the other. */
MUST_CHECK enum status api_call(const struct api_host *host, const char *request, char **ret_answer,
                                struct error *reterr);

void api_free(char *answer); /* NULL is fine */

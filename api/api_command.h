#pragma once
/* A command of the API, and the list of them. Adding one is a file in commands/ and a line there.
 */

#include <stddef.h>

#include "api/api.h"
#include "api/api_answer.h"
#include "api/request/api_request.h"
#include "base/error.h"
#include "runs/inputs/run_places.h"
#include "store/results/results_file.h"

struct api_command {
    const char *name; /* as on the command line: "data info" */
    const char *meaning;
    const struct api_member *members;
    size_t fields_size; /* of the struct that `members` fill */
    MUST_CHECK enum status (*call)(const struct api_host *host, const void *fields,
                                   struct api_answer *answer, struct error *reterr);
};

extern const struct api_command *const api_commands[]; /* NULL-terminated */

/* The members that most commands have, for a struct `type` with the fields data and results. */
#define API_DATA(type)                                                                             \
    { "data", API_TEXT, offsetof(type, data), false, 0, 0, "market file" }
#define API_RESULTS(type)                                                                          \
    { "results", API_TEXT, offsetof(type, results), false, 0, 0, "results file" }
#define API_RUN(type)                                                                              \
    {                                                                                              \
        "run", API_TEXT, offsetof(type, run), true, 0, 0,                                          \
            "a run's id, the unique beginning of one, or last"                                     \
    }

/* `named`, else the host's own. STATUS_USAGE: neither; `member` is what to give. */
MUST_CHECK enum status api_path(const char *member, const char *named, const char *own,
                                const char **ret_path, struct error *reterr);

/* The places of a run; `data` and `results` are a request's members. STATUS_USAGE as above. */
MUST_CHECK enum status api_places(const struct api_host *host, const char *data,
                                  const char *results, struct run_places *ret_places,
                                  struct error *reterr);

/* Opens the results file of a request for reading. */
MUST_CHECK enum status api_open_results(const struct api_host *host, const char *results,
                                        struct results_file **ret_file, struct error *reterr);

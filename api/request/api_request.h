#pragma once
/* A request, held against the members that its command has and put into the command's struct. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>
#include <jansson.h>

#include "base/error.h"

/* What a member's value may be, and where it goes: the field at `offset` of the request's struct,
 * which is zeroed where the member is missing or null. */
enum api_kind {
    API_TEXT,     /* const char * */
    API_FLAG,     /* bool */
    API_NUMBER,   /* struct api_number: a whole number, `least` to `most` */
    API_TEXTS,    /* const char *const *: a list of texts, or one; NULL-terminated */
    API_SETTINGS, /* const char *const *: "key=value" texts, of such a list or of an object of keys
                     and values; NULL-terminated */
};

struct api_number {
    bool given;
    int64_t value;
};

struct api_member {
    const char *name; /* NULL ends a table */
    enum api_kind kind;
    size_t offset;
    bool required;
    int64_t least; /* of API_NUMBER */
    int64_t most;
    const char *meaning; /* one line, as docs/api.md has it */
};

/* What the fields point to. */
struct api_request {
    json_t *root;
    GPtrArray *texts; /* char *, and lists of them */
};

/* Reads `text` as one JSON object. STATUS_CONFIG: it is none; line and column are named. The caller
 * ends *ret_request with api_request_finish(), also after a failure. */
MUST_CHECK enum status api_request_init(struct api_request *ret_request, const char *text,
                                        struct error *reterr);

/* The value of "command". STATUS_USAGE: there is none. */
MUST_CHECK enum status api_request_command(const struct api_request *request,
                                           const char **ret_command, struct error *reterr);

/* Puts the members into `fields`, the zeroed struct of the table. STATUS_USAGE: a member that the
 * table has not, that is missing, or whose value is none of its kind. */
MUST_CHECK enum status api_request_read(struct api_request *request,
                                        const struct api_member *members, void *fields,
                                        struct error *reterr);

void api_request_finish(struct api_request *request);

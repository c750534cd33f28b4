#pragma once
/* Where an answer goes: to the caller's write(), or into one text. */

#include <stdbool.h>

#include <glib.h>
#include <jansson.h>

#include "api/api.h"
#include "base/error.h"

struct api_answer {
    const struct api_host *host;
    GString *text; /* NULL: the host writes, or nothing came yet */
    bool enough;   /* the host wants no more */
    bool whole;    /* a document was ended: it is given whatever the status */
};

/* Appends `size` bytes. */
void api_answer_put(struct api_answer *answer, const char *text, size_t size);

/* Appends `text`, a whole document, which free() ends; NULL is out of memory. */
MUST_CHECK enum status api_answer_take(struct api_answer *answer, char *text, struct error *reterr);

/* Appends `document` and ends it; NULL is out of memory. Reals have 15 digits. */
MUST_CHECK enum status api_answer_json(struct api_answer *answer, json_t *document,
                                       struct error *reterr);

/* The same for a document whose numbers are of exact_json.h. */
MUST_CHECK enum status api_answer_exact(struct api_answer *answer, json_t *document,
                                        struct error *reterr);

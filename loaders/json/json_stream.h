#pragma once
/* Reads JSON that comes in pieces, value by value, in bounded memory. With yajl: strict, and it
 * hands over the text of a number. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "loaders/json/json_value.h"

struct json_stream; /* opaque; used by one thread at a time */

enum json_form {
    JSON_VALUES,   /* value after value: JSON lines, or `time {json}` */
    JSON_ELEMENTS, /* one array, whose elements are the values */
};

/* Takes one value, borrowed for the call. Not STATUS_OK: reading stops with it, and the place
 * is put before its message. */
struct json_taker {
    void *context;
    MUST_CHECK enum status (*take)(void *context, const struct json_value *value,
                                   struct error *reterr);
};

MUST_CHECK enum status json_stream_create(const struct json_taker *taker,
                                          struct json_stream **ret_stream, struct error *reterr);

/* Starts a file; `source` (copied) is its name in messages. STATUS_NO_MEMORY. */
MUST_CHECK enum status json_stream_begin(struct json_stream *stream, enum json_form form,
                                         const char *source, struct error *reterr);

/* Takes the next bytes, cut anywhere. STATUS_CORRUPT: not JSON, a key twice in an object, a value
 * that is too large or too deep; the message names source, line and byte. And what the taker
 * gives. */
MUST_CHECK enum status json_stream_feed(struct json_stream *stream, const char *bytes, size_t size,
                                        struct error *reterr);

/* Ends the file. STATUS_CORRUPT: empty, or cut off within a value. */
MUST_CHECK enum status json_stream_end(struct json_stream *stream, struct error *reterr);

void json_stream_destroy(struct json_stream *stream); /* NULL is fine */

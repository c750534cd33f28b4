#pragma once
/* A JSON value as a run of nodes: each value is followed by all that is in it. Numbers keep their
 * text, so that decimals stay exact. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

struct json_value {
    enum json_type type;
    uint32_t span;     /* nodes, itself and all that is in it */
    uint32_t count;    /* elements or members */
    uint32_t size;     /* bytes of text */
    uint32_t key_size; /* in an object */
    const char *key;   /* NULL outside objects */
    const char *text;  /* of numbers and strings; not ended by a NUL */
};

/* The elements of an array, the members of an object:
 * for (i = 0, v = json_first(a); i < a->count; i++, v = json_next(v)) */
static inline const struct json_value *json_first(const struct json_value *parent) {
    return parent + 1;
}

static inline const struct json_value *json_next(const struct json_value *value) {
    return value + value->span;
}

/* The member called `key`. NULL: there is none, it is null, or `object` is NULL or no object. */
const struct json_value *json_member(const struct json_value *object, const char *key);

/* Element `index` of an array. NULL: there is none, or `array` is NULL or no array. */
const struct json_value *json_element(const struct json_value *array, size_t index);

/* Whether it is the string `text`. NULL is not. */
bool json_is(const struct json_value *value, const char *text);

/* Whether it is a string that begins with `text`. NULL is not. */
bool json_begins(const struct json_value *value, const char *text);

/* What follows take fields that must be there: `value` may be NULL, `name` is how the message names
 * the field. STATUS_CORRUPT: missing or of another form. */

/* A number, or a string that is one. STATUS_RANGE: it cannot be held exactly. */
MUST_CHECK enum status json_decimal(const struct json_value *value, const char *name,
                                    struct decimal *ret_value, struct error *reterr);

/* An epoch number in s, ms, us or ns, recognised by its size; also as a string. */
MUST_CHECK enum status json_epoch(const struct json_value *value, const char *name,
                                  int64_t *ret_ts_ns, struct error *reterr);

/* An ISO 8601 time, with or without its Z: it is UTC. */
MUST_CHECK enum status json_iso_time(const struct json_value *value, const char *name,
                                     int64_t *ret_ts_ns, struct error *reterr);

/* A string that is not empty. */
MUST_CHECK enum status json_text(const struct json_value *value, const char *name,
                                 const char **ret_text, size_t *ret_size, struct error *reterr);

/* One of two strings, which give `ret_first` true or false. */
MUST_CHECK enum status json_either(const struct json_value *value, const char *name,
                                   const char *first, const char *second, bool *ret_first,
                                   struct error *reterr);

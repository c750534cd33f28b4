#pragma once
/* Typed reading of YAML mappings by tables: name, type, range, unit. What a table does not list is
 * an error that names the nearest key it does. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/units.h"
#include "scenarios/yaml/yaml_text.h"

enum yaml_type {
    YAML_TEXT,    /* const char * into the tree */
    YAML_BOOL,    /* bool: true or false */
    YAML_CHOICE,  /* int-sized enum: one of `choices` */
    YAML_UINT32,  /* uint32_t */
    YAML_UINT64,  /* uint64_t */
    YAML_DOUBLE,  /* double */
    YAML_DECIMAL, /* struct decimal, exactly as written */
    YAML_MONEY,   /* int64_t in 1e-8; the text has at most 8 decimals */
    YAML_RATE,    /* int64_t in 1e-8; likewise */
    YAML_MS,      /* int64_t ns; the text is whole milliseconds */
    YAML_TIME,    /* int64_t ns since 1970; the text is ISO 8601 in UTC */
    YAML_NODE,    /* const struct yaml_node *, for the caller to read */
};

struct yaml_choice {
    const char *name; /* NULL ends the list */
    int value;
};

struct yaml_key {
    const char *name;
    enum yaml_type type;
    size_t offset;    /* in the target struct */
    double min, max;  /* of numbers, in the unit of the text; both 0: no range */
    bool above;       /* min itself is out */
    const char *unit; /* for messages; NULL: none */
    const struct yaml_choice *choices;
};

/* Reads mapping `node` (also an empty one: nothing stands after the key) by `keys` (at most 64)
 * into `ret_target`, of which what is not given stays as it is. Bit i of *ret_given (may be NULL)
 * says whether keys[i] was there. STATUS_CONFIG: with the place. */
MUST_CHECK enum status yaml_read(const struct yaml_node *node, const struct yaml_key *keys,
                                 size_t count, void *ret_target, uint64_t *ret_given,
                                 struct error *reterr);

/* Reads one scalar as `key` says; key->offset is not used. */
MUST_CHECK enum status yaml_read_scalar(const struct yaml_node *node, const struct yaml_key *key,
                                        void *ret_value, struct error *reterr);

/* Refuses what is neither a mapping nor empty. */
MUST_CHECK enum status yaml_expect_mapping(const struct yaml_node *node, struct error *reterr);
MUST_CHECK enum status yaml_expect_sequence(const struct yaml_node *node, struct error *reterr);

/* The error of a missing key: at `node`, which lacks `name`. */
enum status yaml_missing(const struct yaml_node *node, const char *name, struct error *reterr);

/* A number in YAML's form: [+-]digits[.digits][e[+-]digits], finite. False: not of that form. */
bool yaml_double(const char *text, double *ret_value);

#pragma once
/* The runner of conformance vectors, shared by its files: a vector, what a rule hands back, and
 * numbers of a vector as the exact integers the engine takes.
 *
 * A rule is a function from `inputs` and `venue` to a JSON object `got`. It gives every figure it
 * can; the driver compares those that the vector expects, so no rule sees an expected value. */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

enum vector_outcome { VECTOR_DONE, VECTOR_BROKEN, VECTOR_UNSUPPORTED };

struct vector {
    const char *venue;     /* "" where the vector names none */
    const json_t *inputs;  /* borrowed object */
    const json_t *vectors; /* the file's list, for a vector that is a step of a sequence */
    const char *note; /* prose that may hold a figure the inputs lack; "" where there is none */
    json_t *got;      /* object, the driver's */
    char reason[512]; /* why VECTOR_BROKEN or VECTOR_UNSUPPORTED */
};

struct vector_rule {
    const char *rule;
    const char *venue; /* how the venue's name begins; NULL: any */
    enum vector_outcome (*evaluate)(struct vector *vector);
};

/* Each theme's rules, ended by a NULL rule. Of several that fit the first counts, so that a rule of
 * one venue stands before that of all. */
extern const struct vector_rule conformance_accounts[];
extern const struct vector_rule conformance_collateral[];
extern const struct vector_rule conformance_losses[];
extern const struct vector_rule conformance_passes[];
extern const struct vector_rule conformance_prices[];
extern const struct vector_rule conformance_deleveraging[];
extern const struct vector_rule conformance_drift[];
extern const struct vector_rule conformance_dydx[];
extern const struct vector_rule conformance_mango[];
extern const struct vector_rule conformance_synthetix[];
extern const struct vector_rule conformance_sizes[];
extern const struct vector_rule conformance_stages[];
extern const struct vector_rule conformance_tiers[];

/* Which bracket a notional is in, and the margin there. */
enum vector_outcome conformance_tier_lookup(struct vector *vector);

/* ---- what a rule says ---- */

enum vector_outcome vector_broken(struct vector *vector, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
enum vector_outcome vector_unsupported(struct vector *vector, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

void vector_put(struct vector *vector, const char *key, double value); /* NaN: null */
void vector_put_text(struct vector *vector, const char *key, const char *text);
void vector_put_bool(struct vector *vector, const char *key, bool value);
void vector_put_new(struct vector *vector, const char *key, json_t *value); /* takes the value */

/* ---- what a vector gives ---- */

/* Keys are lists of names separated by blanks: an author may use any of them; the first that is
 * there counts. `object` may be NULL. */
const json_t *vector_find(const json_t *object, const char *names);
bool vector_has(const json_t *object, const char *names); /* null counts as missing */
/* A number, also one written as text; `otherwise` where it is missing or none. */
double vector_number(const json_t *object, const char *names, double otherwise);
const char *vector_text(const json_t *object, const char *names); /* "" where missing */
bool vector_bool(const json_t *object, const char *names, bool otherwise);
/* Whether each of the name lists, separated by commas ("size quantity,entry_price"), is a number;
 * else `reason` names the first that is not. */
bool vector_require(struct vector *vector, const char *lists);

/* The number exactly as JSON writes it: the shortest decimal that gives the same double, rounded to
 * 18 decimals if it has more. False: it is none. */
bool vector_decimal(double value, struct decimal *ret_value);
/* Rounded to the nearest unit of 10^-decimals. False: it does not fit. */
bool vector_scaled(double value, int decimals, int64_t *ret_scaled);
/* Money in 1e-8; false as above. */
bool vector_money(double value, int64_t *ret_money);
double vector_of_money(int128 money);

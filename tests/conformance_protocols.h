#pragma once
/* Shared by the rules of on-chain protocols: figures of a vector as 128-bit integers of a
 * protocol's quantum. */

#include <math.h>

#include "tests/conformance.h"

#define QUANTUM_DECIMALS 6 /* of dYdX's and Drift's quote */
#define MONEY_DECIMALS_VECTOR 8

/* The number of the first name that is there, in 10^-decimals, rounded to the nearest; `otherwise`
 * (in the same unit) where it is missing. */
int128 protocol_scaled(const json_t *object, const char *names, int decimals, int128 otherwise);

/* A rate in 1e-8. */
int64_t protocol_rate(const json_t *object, const char *names, int64_t otherwise);

/* Back to a number. */
double protocol_number(int128 scaled, int decimals);
void protocol_put(struct vector *vector, const char *key, int128 scaled, int decimals);

/* Answers {"error": text} and nothing else. */
enum vector_outcome protocol_error(struct vector *vector, const char *text);

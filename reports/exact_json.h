#pragma once
/* JSON with exact numbers. Jansson's reals are doubles; money has 8 decimals and may have 19
 * digits. So numbers travel as marked strings through the tree and lose the marks when it is
 * written. */

#include <jansson.h>

/* A number that will be written as `digits` ("-12.50"); null for "" or NULL. New reference; NULL:
 * no memory. */
json_t *exact_json_number(const char *digits);

/* Writes the shortest decimal that reads back as `value`, which is finite. */
#define EXACT_REAL_SIZE 40
void exact_real_text(double value, char ret_text[EXACT_REAL_SIZE]);

/* The same as a number; null for NaN and infinities. */
json_t *exact_json_real(double value);

/* The tree as text, indented by two, with a line end. The caller frees it. NULL: no memory. */
char *exact_json_dump(const json_t *json);

#pragma once
/* The SQL that the list of tables gives. Not for other rooms. Each function gives text that the
 * caller ends with sqlite3_free(); NULL: no memory. `schema` is that of the database: "main". */

#include "store/results/results_schema.h"

/* Each column stands on a line of its own with its meaning, which SQLite keeps. */
char *results_sql_table(const struct results_table *table, const char *schema);
char *results_sql_view(const struct results_table *table); /* it has one */

/* `verb`: "INSERT INTO" or another of its kind. The values are bound by results_row.h. */
char *results_sql_insert(const struct results_table *table, const char *verb, const char *schema);

/* "a, b, c": all that is kept. */
char *results_sql_columns(const struct results_table *table);

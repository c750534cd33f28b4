#pragma once
/* The tables and views of the results file, as SQL with their units beside each column: the
 * comments are kept by SQLite, so `.schema` of any results file explains itself. docs/results.md
 * shows how to read it. */

/* PRAGMA application_id of a results file: "CFrs". */
#define RESULTS_APPLICATION_ID 0x43467273
/* PRAGMA user_version: the schema's version. */
#define RESULTS_SCHEMA_VERSION 3

struct results_table {
    const char *name;
    const char *columns; /* what stands between the parentheses of CREATE TABLE */
    const char *options; /* "STRICT" or "STRICT, WITHOUT ROWID" */
};

/* In the order a run's rows are copied in; `name` NULL ends the list. */
extern const struct results_table results_tables[];

/* CREATE VIEW statements, NULL-terminated. */
extern const char *const results_views[];

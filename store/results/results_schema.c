#include "store/results/results_schema.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "store/results/results_sql.h"

const struct results_table *results_table_find(const char *name) {
    const struct results_table *table = results_tables;
    while (strcmp(table->name, name) != 0)
        table++;
    return table;
}

const char *results_table_run(const struct results_table *table) {
    return table == results_tables ? "id" : "run"; /* the first is that of the runs themselves */
}

/* One way in which a column is kept; `type` NULL ends the list. */
struct form {
    const char *ending;
    const char *type;
    const char *unit; /* NULL: the column's own */
};
static const struct form forms[][RESULTS_STORED_MAX + 1] = {
    [COLUMN_TEXT] = {{"", "TEXT", NULL}},
    [COLUMN_INTEGER] = {{"", "INTEGER", NULL}},
    [COLUMN_REAL] = {{"", "REAL", NULL}},
    [COLUMN_BLOB] = {{"", "BLOB", NULL}},
    [COLUMN_SCALED] = {{"_e8", "INTEGER", "1e-8"}},
    [COLUMN_TIME] = {{"_ns", "INTEGER", "ns since 1970"}},
    [COLUMN_PRICE] = {{"", "REAL", NULL}, {"_ticks", "INTEGER", "price_tick"}},
    [COLUMN_QUANTITY] = {{"", "REAL", NULL}, {"_lots", "INTEGER", "lot"}},
    [COLUMN_TICKS] = {{"_ticks", "INTEGER", "price_tick"}},
    [COLUMN_DECIMAL] = {{"", "REAL", NULL}, {"_exact", "TEXT", NULL}},
    [COLUMN_GENERATED] = {{NULL, NULL, NULL}},
    [COLUMN_DERIVED] = {{NULL, NULL, NULL}},
    [COLUMN_DERIVED_SCALED] = {{NULL, NULL, NULL}},
};

size_t results_column_stored(const struct results_column *column,
                             char ret_names[RESULTS_STORED_MAX][RESULTS_NAME_SIZE]) {
    size_t count = 0;
    for (const struct form *form = forms[column->kind]; form->type != NULL; form++)
        (void)snprintf(ret_names[count++], RESULTS_NAME_SIZE, "%s%s", column->name,
                       form->ending); /* ours are shorter; a test holds them */
    return count;
}

/* " -- start of the minute [UTC]" */
static void put_comment(sqlite3_str *sql, const char *meaning, const char *unit) {
    sqlite3_str_appendf(sql, " -- %s%s%s%s\n", meaning, unit[0] != '\0' ? " [" : "", unit,
                        unit[0] != '\0' ? "]" : "");
}

/* What SQLite works out of the columns that are kept. */
static void put_generated(sqlite3_str *sql, const struct results_column *column) {
    const char *type = column->kind == COLUMN_SCALED ? "REAL" : "TEXT";
    sqlite3_str_appendf(sql, ", %s %s GENERATED ALWAYS AS (", column->name, type);
    if (column->kind == COLUMN_SCALED)
        sqlite3_str_appendf(sql, "%s_e8 / 1e8", column->name);
    else if (column->kind == COLUMN_TIME)
        sqlite3_str_appendf(sql,
                            "strftime('%%Y-%%m-%%dT%%H:%%M:%%S', %s_ns / 1000000000, 'unixepoch')"
                            " || CASE WHEN %s_ns %% 1000000000 = 0 THEN 'Z'"
                            " ELSE printf('.%%09dZ', %s_ns %% 1000000000) END",
                            column->name, column->name, column->name);
    else
        sqlite3_str_appendall(sql, column->sql);
    sqlite3_str_appendall(sql, ") VIRTUAL");
    put_comment(sql, column->meaning, column->unit);
}

char *results_sql_table(const struct results_table *table, const char *schema) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "CREATE TABLE %s.%s( -- a row is %s\n", schema, table->name,
                        table->meaning);
    bool first = true;
    for (const struct results_column *column = table->columns; column->name != NULL; column++)
        for (const struct form *form = forms[column->kind]; form->type != NULL; form++) {
            sqlite3_str_appendf(sql, "%s%s%s %s%s%s", first ? "" : ", ", column->name, form->ending,
                                form->type, column->flags & COLUMN_NULLABLE ? "" : " NOT NULL",
                                column->flags & COLUMN_UNIQUE ? " UNIQUE" : "");
            put_comment(sql, column->meaning, form->unit != NULL ? form->unit : column->unit);
            first = false;
        }
    for (const struct results_column *column = table->columns; column->name != NULL; column++)
        if (column->kind == COLUMN_SCALED || column->kind == COLUMN_TIME ||
            column->kind == COLUMN_GENERATED)
            put_generated(sql, column);
    if (table->key != NULL)
        sqlite3_str_appendf(sql, ", PRIMARY KEY (%s)\n", table->key);
    sqlite3_str_appendf(sql, ") STRICT%s",
                        table->key != NULL && !table->shared ? ", WITHOUT ROWID" : "");
    return sqlite3_str_finish(sql);
}

char *results_sql_view(const struct results_table *table) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "CREATE VIEW %s AS SELECT -- a row is %s\n", table->view,
                        table->meaning);
    bool first = true;
    for (const struct results_column *column = table->columns; column->name != NULL; column++) {
        if (column->flags & COLUMN_HIDDEN)
            continue;
        sqlite3_str_appendall(sql, first ? "" : ", ");
        if (column->kind == COLUMN_DERIVED)
            sqlite3_str_appendf(sql, "%s AS %s", column->sql, column->name);
        else if (column->kind == COLUMN_DERIVED_SCALED)
            sqlite3_str_appendf(sql, "(%s) / 1e8 AS %s", column->sql, column->name);
        else
            sqlite3_str_appendall(sql, column->name);
        put_comment(sql, column->meaning, column->unit);
        first = false;
    }
    sqlite3_str_appendf(sql, "FROM %s", table->name);
    if (table->order != NULL)
        sqlite3_str_appendf(sql, " ORDER BY %s", table->order);
    return sqlite3_str_finish(sql);
}

static size_t put_columns(sqlite3_str *sql, const struct results_table *table) {
    size_t count = 0;
    for (const struct results_column *column = table->columns; column->name != NULL; column++)
        for (const struct form *form = forms[column->kind]; form->type != NULL; form++)
            sqlite3_str_appendf(sql, "%s%s%s", count++ > 0 ? ", " : "", column->name, form->ending);
    return count;
}

char *results_sql_columns(const struct results_table *table) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    (void)put_columns(sql, table); /* how many is not needed */
    return sqlite3_str_finish(sql);
}

char *results_sql_insert(const struct results_table *table, const char *verb, const char *schema) {
    sqlite3_str *sql = sqlite3_str_new(NULL);
    sqlite3_str_appendf(sql, "%s %s.%s(", verb, schema, table->name);
    const size_t count = put_columns(sql, table);
    sqlite3_str_appendall(sql, ") VALUES(");
    for (int i = 1; i <= (int)count; i++) /* SQLite's printf knows no %zu */
        sqlite3_str_appendf(sql, "%s?%d", i > 1 ? ", " : "", i);
    sqlite3_str_appendall(sql, ")");
    return sqlite3_str_finish(sql);
}

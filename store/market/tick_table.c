#include "store/market/tick_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "base/units.h"
#include "store/market/market_catalog.h"
#include "store/market/market_internal.h"
#include "store/market/market_source.h"

enum tick_table_column {
    COLUMN_INSTRUMENT,
    COLUMN_SERIES,
    COLUMN_TS,
    COLUMN_TS_NS,
    COLUMN_PRICE,
    COLUMN_QUANTITY,
    COLUMN_SIDE,
    COLUMN_OPEN,
    COLUMN_HIGH,
    COLUMN_LOW,
    COLUMN_CLOSE,
    COLUMN_VOLUME,
};

static const char *const declaration =
    "CREATE TABLE ticks(instrument TEXT, series TEXT, ts TEXT, ts_ns INTEGER, price REAL,"
    " quantity REAL, side TEXT, open REAL, high REAL, low REAL, close REAL, volume REAL)";

/* The conditions that a plan hands to the cursor, as bits of its number and in this order. */
enum {
    PLAN_INSTRUMENT = 1,
    PLAN_SERIES = 2,
    PLAN_TS_EQUAL = 4,
    PLAN_TS_FROM = 8,   /* >= */
    PLAN_TS_AFTER = 16, /* > */
    PLAN_TS_UNTIL = 32, /* <= */
    PLAN_TS_BEFORE = 64 /* < */
};
#define PLAN_CONDITIONS 7

struct tick_table {
    sqlite3_vtab base; /* first: SQLite sees only this */
    struct market_file *market;
};

struct tick_cursor {
    sqlite3_vtab_cursor base; /* first: SQLite sees only this */
    struct market_series_list list;
    size_t series; /* the one being read; list.count: at the end */
    struct market_source *source;
    struct tick_batch batch;
    size_t row;
    int64_t from_ns;
    int64_t to_ns;
    int64_t rowid;
};

static int table_connect(sqlite3 *database, void *context, int argc, const char *const *argv,
                         sqlite3_vtab **ret_table, char **ret_message) {
    (void)argc; /* an eponymous table takes no arguments */
    (void)argv;
    (void)ret_message;
    const int rc = sqlite3_declare_vtab(database, declaration);
    if (rc != SQLITE_OK)
        return rc;
    struct tick_table *table = sqlite3_malloc(sizeof(*table));
    if (table == NULL)
        return SQLITE_NOMEM;
    *table = (struct tick_table){.market = context};
    *ret_table = &table->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *table) {
    sqlite3_free(table);
    return SQLITE_OK;
}

/* The bit of a condition that the cursor can use; 0: none. */
static int plan_of(const struct sqlite3_index_constraint *constraint) {
    if (!constraint->usable)
        return 0;
    if (constraint->iColumn == COLUMN_INSTRUMENT || constraint->iColumn == COLUMN_SERIES) {
        if (constraint->op != SQLITE_INDEX_CONSTRAINT_EQ)
            return 0;
        return constraint->iColumn == COLUMN_INSTRUMENT ? PLAN_INSTRUMENT : PLAN_SERIES;
    }
    if (constraint->iColumn != COLUMN_TS_NS)
        return 0;
    switch (constraint->op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        return PLAN_TS_EQUAL;
    case SQLITE_INDEX_CONSTRAINT_GE:
        return PLAN_TS_FROM;
    case SQLITE_INDEX_CONSTRAINT_GT:
        return PLAN_TS_AFTER;
    case SQLITE_INDEX_CONSTRAINT_LE:
        return PLAN_TS_UNTIL;
    case SQLITE_INDEX_CONSTRAINT_LT:
        return PLAN_TS_BEFORE;
    default:
        return 0;
    }
}

/* SQLite checks every condition again on what the cursor gives, so one that is used twice or not at
 * all costs time and nothing else. */
static int table_best_index(sqlite3_vtab *table, sqlite3_index_info *info) {
    (void)table; /* the plan is the same for every file */
    double cost = 1e9;
    int argument = 0;
    for (int bit = 0; bit < PLAN_CONDITIONS; bit++) {
        for (int i = 0; i < info->nConstraint; i++) {
            if (plan_of(&info->aConstraint[i]) != 1 << bit)
                continue;
            info->aConstraintUsage[i].argvIndex = ++argument;
            info->idxNum |= 1 << bit;
            cost /= bit == 0 ? 100 : 10;
            break;
        }
    }
    info->estimatedCost = cost;
    info->estimatedRows = (sqlite3_int64)cost;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor) {
    (void)table; /* the cursor finds it in its base */
    struct tick_cursor *cursor = sqlite3_malloc(sizeof(*cursor));
    if (cursor == NULL)
        return SQLITE_NOMEM;
    *cursor = (struct tick_cursor){0};
    *ret_cursor = &cursor->base;
    return SQLITE_OK;
}

static void cursor_clear(struct tick_cursor *cursor) {
    market_source_destroy(cursor->source);
    cursor->source = NULL;
    market_series_list_finish(&cursor->list);
}

static int cursor_close(sqlite3_vtab_cursor *base) {
    cursor_clear((struct tick_cursor *)base);
    sqlite3_free(base);
    return SQLITE_OK;
}

/* Hands an error of ours to SQLite, words included. */
static int fail(struct tick_cursor *cursor, enum status status, const struct error *error) {
    sqlite3_vtab *table = cursor->base.pVtab;
    sqlite3_free(table->zErrMsg);
    table->zErrMsg = sqlite3_mprintf("%s", error->message);
    if (status == STATUS_NO_MEMORY)
        return SQLITE_NOMEM;
    return status == STATUS_IO ? SQLITE_IOERR : SQLITE_CORRUPT;
}

/* Goes on to the next batch that has rows, in this series or a later one. */
static int next_batch(struct tick_cursor *cursor) {
    struct market_file *market = ((struct tick_table *)cursor->base.pVtab)->market;
    struct error error = {0};
    while (cursor->series < cursor->list.count) {
        enum status status = STATUS_OK;
        if (cursor->source == NULL) {
            status = market_source_create(market, &cursor->list.rows[cursor->series],
                                          cursor->from_ns, cursor->to_ns, &cursor->source, &error);
        }
        if (status == STATUS_OK) {
            const struct tick_source port = market_source_port(cursor->source);
            status = port.next(port.context, &cursor->batch, &error);
        }
        cursor->row = 0;
        if (status == STATUS_OK)
            return SQLITE_OK;
        if (status != STATUS_END)
            return fail(cursor, status, &error);
        market_source_destroy(cursor->source);
        cursor->source = NULL;
        cursor->series++;
    }
    return SQLITE_OK;
}

/* Narrows the span by one condition on ts_ns. A value that is no integer is left to SQLite. */
static void narrow(struct tick_cursor *cursor, int bit, sqlite3_value *value) {
    if (sqlite3_value_type(value) != SQLITE_INTEGER)
        return;
    const int64_t bound = sqlite3_value_int64(value);
    const int64_t above = bound == INT64_MAX ? bound : bound + 1;
    if (bit == PLAN_TS_EQUAL || bit == PLAN_TS_FROM)
        cursor->from_ns = bound > cursor->from_ns ? bound : cursor->from_ns;
    if (bit == PLAN_TS_AFTER)
        cursor->from_ns = above > cursor->from_ns ? above : cursor->from_ns;
    if (bit == PLAN_TS_EQUAL || bit == PLAN_TS_UNTIL)
        cursor->to_ns = above < cursor->to_ns ? above : cursor->to_ns;
    if (bit == PLAN_TS_BEFORE)
        cursor->to_ns = bound < cursor->to_ns ? bound : cursor->to_ns;
}

/* Keeps only the series called `name`. */
static void keep_series(struct market_series_list *list, const char *name) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->rows[i].name, name) == 0) {
            const struct market_series moved = list->rows[kept];
            list->rows[kept++] = list->rows[i];
            list->rows[i] = moved;
        }
    }
    while (list->count > kept) {
        list->count--;
        free(list->rows[list->count].instrument);
        free(list->rows[list->count].name);
    }
}

static int cursor_filter(sqlite3_vtab_cursor *base, int plan, const char *text, int argc,
                         sqlite3_value **argv) {
    (void)text; /* the plan is in its number */
    struct tick_cursor *cursor = (struct tick_cursor *)base;
    struct market_file *market = ((struct tick_table *)base->pVtab)->market;
    cursor_clear(cursor);
    cursor->series = 0;
    cursor->rowid = 1;
    cursor->from_ns = INT64_MIN;
    cursor->to_ns = INT64_MAX;

    const char *instrument = NULL;
    const char *series = NULL;
    int argument = 0;
    for (int bit = 0; bit < PLAN_CONDITIONS && argument < argc; bit++) {
        if ((plan & 1 << bit) == 0)
            continue;
        sqlite3_value *value = argv[argument++];
        if (1 << bit == PLAN_INSTRUMENT)
            instrument = (const char *)sqlite3_value_text(value);
        else if (1 << bit == PLAN_SERIES)
            series = (const char *)sqlite3_value_text(value);
        else
            narrow(cursor, 1 << bit, value);
    }
    struct error error = {0};
    const enum status status = market_list_series(market, instrument, &cursor->list, &error);
    if (status != STATUS_OK)
        return fail(cursor, status, &error);
    if (series != NULL)
        keep_series(&cursor->list, series);
    return next_batch(cursor);
}

static int cursor_next(sqlite3_vtab_cursor *base) {
    struct tick_cursor *cursor = (struct tick_cursor *)base;
    cursor->rowid++;
    cursor->row++;
    return cursor->row < cursor->batch.count ? SQLITE_OK : next_batch(cursor);
}

static int cursor_eof(sqlite3_vtab_cursor *base) {
    const struct tick_cursor *cursor = (const struct tick_cursor *)base;
    return cursor->series >= cursor->list.count;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_rowid) {
    *ret_rowid = ((const struct tick_cursor *)base)->rowid;
    return SQLITE_OK;
}

/* A price or quantity column; `value` is which of the batch's columns. */
static void result_value(const struct tick_cursor *cursor, sqlite3_context *context,
                         enum series_kind kind, size_t value) {
    const bool is_quantity = value == (kind == SERIES_BARS ? 4u : 1u);
    if (cursor->list.rows[cursor->series].kind != kind)
        return; /* NULL */
    if (kind == SERIES_TICKS && is_quantity &&
        (cursor->batch.flags[cursor->row] & TICK_NO_QUANTITY) != 0)
        return;
    const struct decimal decimal = {cursor->batch.value[value][cursor->row],
                                    is_quantity ? cursor->batch.quantity_decimals
                                                : cursor->batch.price_decimals};
    sqlite3_result_double(context, decimal_to_double(decimal));
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    const struct tick_cursor *cursor = (const struct tick_cursor *)base;
    const struct market_series *series = &cursor->list.rows[cursor->series];
    const int64_t ts_ns = cursor->batch.ts_ns[cursor->row];
    switch ((enum tick_table_column)column) {
    case COLUMN_INSTRUMENT:
        sqlite3_result_text(context, series->instrument, -1, SQLITE_TRANSIENT);
        break;
    case COLUMN_SERIES:
        sqlite3_result_text(context, series->name, -1, SQLITE_TRANSIENT);
        break;
    case COLUMN_TS: {
        char text[32];
        const size_t size = time_format_iso(ts_ns, text);
        sqlite3_result_text(context, text, (int)size, SQLITE_TRANSIENT);
        break;
    }
    case COLUMN_TS_NS:
        sqlite3_result_int64(context, ts_ns);
        break;
    case COLUMN_PRICE:
    case COLUMN_QUANTITY:
        result_value(cursor, context, SERIES_TICKS, (size_t)(column - COLUMN_PRICE));
        break;
    case COLUMN_SIDE:
        if (series->kind == SERIES_TICKS) {
            const uint8_t flags = cursor->batch.flags[cursor->row];
            if ((flags & TICK_BUY) != 0)
                sqlite3_result_text(context, "buy", -1, SQLITE_STATIC);
            else if ((flags & TICK_SELL) != 0)
                sqlite3_result_text(context, "sell", -1, SQLITE_STATIC);
        }
        break;
    case COLUMN_OPEN:
    case COLUMN_HIGH:
    case COLUMN_LOW:
    case COLUMN_CLOSE:
    case COLUMN_VOLUME:
        result_value(cursor, context, SERIES_BARS, (size_t)(column - COLUMN_OPEN));
        break;
    }
    return SQLITE_OK;
}

enum status tick_table_register(struct market_file *market, struct error *reterr) {
    /* No xCreate: the table is there under its own name in every file, and nobody makes another. */
    static const sqlite3_module module = {
        .iVersion = 1,
        .xConnect = table_connect,
        .xBestIndex = table_best_index,
        .xDisconnect = table_disconnect,
        .xOpen = cursor_open,
        .xClose = cursor_close,
        .xFilter = cursor_filter,
        .xNext = cursor_next,
        .xEof = cursor_eof,
        .xColumn = cursor_column,
        .xRowid = cursor_rowid,
    };
    return market_status(market,
                         sqlite3_create_module_v2(market->database, "ticks", &module, market, NULL),
                         "making the table `ticks`", reterr);
}

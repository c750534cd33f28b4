#include "store/market/import_quality.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/database/binder.h"

/* The columns that hold a series_quality, in the order of its table. */
#define FOUND_COLUMNS 25

/* The fields of `found` as integers, in the order of the columns. */
static void fields_of(const struct series_quality *found, int64_t ret_fields[FOUND_COLUMNS]) {
    const int64_t fields[FOUND_COLUMNS] = {
        (int64_t)found->rows,
        found->first_ts_ns,
        found->last_ts_ns,
        (int64_t)found->out_of_order,
        found->late_ns_max,
        (int64_t)found->repeats,
        (int64_t)found->duplicates,
        (int64_t)found->conflicts,
        (int64_t)found->odd,
        (int64_t)found->odd_line,
        found->spacing_ns,
        found->gap_bound_ns,
        (int64_t)found->gaps,
        found->gap_ns_max,
        found->gap_ts_ns,
        (int64_t)found->bars_missing,
        (int64_t)found->bars_empty,
        (int64_t)found->jumps,
        found->jump_ts_ns,
        (int64_t)found->id_gaps,
        (int64_t)found->ids_missing,
        (int64_t)found->ids_repeated,
        (int64_t)found->crossed,
        (int64_t)found->seconds_single,
        (int64_t)found->seconds_several,
    };
    memcpy(ret_fields, fields, sizeof(fields));
}

static struct series_quality found_of(sqlite3_stmt *statement, int column) {
    int64_t field[FOUND_COLUMNS];
    for (int i = 0; i < FOUND_COLUMNS; i++)
        field[i] = sqlite3_column_int64(statement, column + i);
    return (struct series_quality){
        .rows = (uint64_t)field[0],
        .first_ts_ns = field[1],
        .last_ts_ns = field[2],
        .out_of_order = (uint64_t)field[3],
        .late_ns_max = field[4],
        .repeats = (uint64_t)field[5],
        .duplicates = (uint64_t)field[6],
        .conflicts = (uint64_t)field[7],
        .odd = (uint64_t)field[8],
        .odd_line = (uint64_t)field[9],
        .spacing_ns = field[10],
        .gap_bound_ns = field[11],
        .gaps = (uint64_t)field[12],
        .gap_ns_max = field[13],
        .gap_ts_ns = field[14],
        .bars_missing = (uint64_t)field[15],
        .bars_empty = (uint64_t)field[16],
        .jumps = (uint64_t)field[17],
        .jump_ts_ns = field[18],
        .id_gaps = (uint64_t)field[19],
        .ids_missing = (uint64_t)field[20],
        .ids_repeated = (uint64_t)field[21],
        .crossed = (uint64_t)field[22],
        .seconds_single = (uint64_t)field[23],
        .seconds_several = (uint64_t)field[24],
    };
}

enum status import_quality_write(const struct market_file *market, int64_t source_id,
                                 int64_t series_id, const struct series_quality *found,
                                 const struct market_overlap *overlap, struct error *reterr) {
    const char *doing = "recording what was odd";
    sqlite3_stmt *statement = NULL;
    enum status status = market_prepare(
        market,
        "INSERT INTO quality("
        "source_id, series_id, row_count, first_ts_ns, last_ts_ns, out_of_order, "
        "late_ns_max, repeats, duplicates, conflicts, odd, odd_line, spacing_ns, "
        "gap_bound_ns, gaps, gap_ns_max, gap_ts_ns, bars_missing, bars_empty, jumps, "
        "jump_ts_ns, id_gaps, ids_missing, ids_repeated, crossed, seconds_single, "
        "seconds_several, overlap_equal, overlap_conflicts, conflict_ts_ns, "
        "conflict_source"
        ") VALUES("
        "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
        "?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31"
        ")",
        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    int64_t fields[FOUND_COLUMNS];
    fields_of(found, fields);
    struct binder binder = binder_of(statement);
    bind_integer(&binder, source_id);
    bind_integer(&binder, series_id);
    bind_integers(&binder, FOUND_COLUMNS, fields);
    bind_integer(&binder, (int64_t)overlap->equal);
    bind_integer(&binder, (int64_t)overlap->conflicts);
    bind_integer(&binder, overlap->conflict_ts_ns);
    bind_text(&binder, overlap->conflict_source);
    status = market_status(market, bind_query(&binder), doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    return status;
}

/* ---- list ---- */

void market_quality_list_finish(struct market_quality_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->rows[i].instrument);
        free(list->rows[i].series);
        free(list->rows[i].source);
    }
    free(list->rows);
    *list = (struct market_quality_list){0};
}

/* A copy of a text column; "" for NULL. NULL: no memory. */
static char *column_copy(sqlite3_stmt *statement, int column) {
    const unsigned char *text = sqlite3_column_text(statement, column);
    return strdup(text == NULL ? "" : (const char *)text);
}

static bool add_row(struct market_quality_list *list, size_t *capacity, sqlite3_stmt *statement) {
    if (list->count == *capacity) {
        *capacity = *capacity == 0 ? 32 : 2 * *capacity;
        struct market_quality *rows = reallocarray(list->rows, *capacity, sizeof(*rows));
        if (rows == NULL)
            return false;
        list->rows = rows;
    }
    struct market_quality *const row = &list->rows[list->count++];
    *row = (struct market_quality){
        .instrument = column_copy(statement, 0),
        .series = column_copy(statement, 1),
        .kind = sqlite3_column_int(statement, 2) != 0 ? SERIES_BARS : SERIES_TICKS,
        .bar_ns = sqlite3_column_int64(statement, 3),
        .source = column_copy(statement, 4),
        .overlap = {.equal = (uint64_t)sqlite3_column_int64(statement, 5),
                    .conflicts = (uint64_t)sqlite3_column_int64(statement, 6),
                    .conflict_ts_ns = sqlite3_column_int64(statement, 7)},
        .found = found_of(statement, 9),
    };
    const unsigned char *const name = sqlite3_column_text(statement, 8);
    if (name != NULL)
        (void)strncat(row->overlap.conflict_source, (const char *)name,
                      sizeof(row->overlap.conflict_source) - 1);
    return row->instrument != NULL && row->series != NULL && row->source != NULL;
}

enum status market_list_quality(struct market_file *market, const char *instrument,
                                struct market_quality_list *ret_list, struct error *reterr) {
    const char *doing = "listing what was odd";
    sqlite3_stmt *statement = NULL;
    struct market_quality_list list = {0};
    size_t capacity = 0;
    enum status status = market_prepare(
        market,
        "SELECT i.symbol, s.name, s.kind = 'bars', s.bar_ns, f.name,"
        " overlap_equal, overlap_conflicts, conflict_ts_ns, conflict_source,"
        " q.row_count, q.first_ts_ns, q.last_ts_ns, q.out_of_order, q.late_ns_max, "
        "q.repeats, q.duplicates, q.conflicts, q.odd, q.odd_line, q.spacing_ns, "
        "q.gap_bound_ns, q.gaps, q.gap_ns_max, q.gap_ts_ns, q.bars_missing, "
        "q.bars_empty, q.jumps, q.jump_ts_ns, q.id_gaps, q.ids_missing, q.ids_repeated, "
        "q.crossed, q.seconds_single, q.seconds_several"
        " FROM quality q JOIN series s ON s.id = q.series_id"
        " JOIN instrument i ON i.id = s.instrument_id JOIN source f ON f.id = q.source_id"
        " WHERE ?1 IS NULL OR i.symbol = ?1"
        " ORDER BY i.symbol, s.name, s.kind, s.bar_ns, q.first_ts_ns, f.id",
        doing, &statement, reterr);
    if (status != STATUS_OK)
        return status;
    struct binder binder = binder_of(statement);
    bind_text(&binder, instrument);
    int rc = binder.rc;
    status = market_status(market, rc, doing, reterr);
    while (status == STATUS_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!add_row(&list, &capacity, statement))
            status = error_set(reterr, STATUS_NO_MEMORY, "no memory for the list of what was odd");
    }
    if (status == STATUS_OK)
        status = market_status(market, rc, doing, reterr);
    (void)sqlite3_finalize(statement); /* repeats what step said */
    if (status != STATUS_OK) {
        market_quality_list_finish(&list);
        return status;
    }
    *ret_list = list;
    return STATUS_OK;
}

/* ---- sum ---- */

bool market_quality_is_of(const struct market_quality *row, const struct market_series *series) {
    return row->kind == series->kind && row->bar_ns == series->bar_ns &&
           strcmp(row->instrument, series->instrument) == 0 &&
           strcmp(row->series, series->name) == 0;
}

bool market_quality_sum(const struct market_series *series, const struct market_quality_list *list,
                        struct series_quality *ret_found, struct market_overlap *ret_overlap) {
    struct series_quality sum = {0};
    struct market_overlap overlap = {0};
    bool any = false;
    for (size_t i = 0; i < list->count; i++) {
        const struct market_quality *const row = &list->rows[i];
        if (!market_quality_is_of(row, series))
            continue;
        any = true;
        series_quality_add(&sum, &row->found);
        if (overlap.conflicts == 0 && row->overlap.conflicts > 0) {
            overlap.conflict_ts_ns = row->overlap.conflict_ts_ns;
            memcpy(overlap.conflict_source, row->overlap.conflict_source,
                   sizeof(overlap.conflict_source));
        }
        overlap.equal += row->overlap.equal;
        overlap.conflicts += row->overlap.conflicts;
    }
    *ret_found = sum;
    *ret_overlap = overlap;
    return any;
}

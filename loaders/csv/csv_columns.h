#pragma once
/* Which column of a CSV file says what: its header, and the --columns map that renames. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "loaders/csv/csv_line.h"
#include "loaders/ticks/tick_batcher.h"

enum csv_role {
    CSV_TS,
    CSV_INSTRUMENT,
    CSV_SERIES,
    CSV_PRICE,
    CSV_QUANTITY,
    CSV_SIDE,
    CSV_OPEN, /* the five of a bar stand in this order */
    CSV_HIGH,
    CSV_LOW,
    CSV_CLOSE,
    CSV_VOLUME,
    CSV_ROLES,
};

#define CSV_NAME_MAX 64

/* What --columns says of each role. */
struct csv_map {
    bool given;                             /* there is a map: unnamed columns are passed over */
    bool mapped[CSV_ROLES];                 /* the role stands in the map */
    bool constant[CSV_ROLES];               /* `name` is the value itself */
    char name[CSV_ROLES][CSV_NAME_MAX + 1]; /* of the column; "": the role is left out */
};

/* Where each role stands. */
struct csv_columns {
    size_t count;      /* of fields in each line */
    int at[CSV_ROLES]; /* -1: nowhere */
    bool bars;
    char name[CSV_ROLES][CSV_NAME_MAX + 1]; /* as the file calls it, for messages */
};

/* Parses "ts=time,price=px,instrument:=BTCUSDT"; `text` NULL: no map. STATUS_USAGE: not of that
 * form, an unknown or repeated role, a constant for anything but instrument and series. */
MUST_CHECK enum status csv_map_parse(const char *text, struct csv_map *ret_map,
                                     struct error *reterr);

/* Reads a header. STATUS_CORRUPT: a column that is unknown (without a map) or stands twice, one
 * that is missing, or those of ticks and bars in one file. */
MUST_CHECK enum status csv_columns_from_header(const struct csv_map *map,
                                               const struct csv_field *fields, size_t count,
                                               struct csv_columns *ret_columns,
                                               struct error *reterr);

const char *csv_role_name(enum csv_role role);

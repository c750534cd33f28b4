#include "loaders/csv/csv_columns.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define KNOWN "ts, instrument, price, quantity, side, series; bars: open, high, low, close, volume"

const char *csv_role_name(enum csv_role role) {
    static const char *const names[CSV_ROLES] = {
        [CSV_TS] = "ts",
        [CSV_INSTRUMENT] = "instrument",
        [CSV_SERIES] = "series",
        [CSV_PRICE] = "price",
        [CSV_QUANTITY] = "quantity",
        [CSV_SIDE] = "side",
        [CSV_OPEN] = "open",
        [CSV_HIGH] = "high",
        [CSV_LOW] = "low",
        [CSV_CLOSE] = "close",
        [CSV_VOLUME] = "volume",
    };
    assert(role < CSV_ROLES);
    return names[role];
}

/* The role of this name; CSV_ROLES: none. */
static enum csv_role role_find(const char *name, size_t size) {
    enum csv_role role = CSV_TS;
    while (role < CSV_ROLES &&
           (strlen(csv_role_name(role)) != size || memcmp(csv_role_name(role), name, size) != 0))
        role++;
    return role;
}

/* One role=column or role:=value. */
static enum status parse_pair(const char *text, size_t size, struct csv_map *map,
                              struct error *reterr) {
    const char *const equals = memchr(text, '=', size);
    if (equals == NULL)
        return error_set(reterr, STATUS_USAGE,
                         "--columns: '%.*s' is not of the form role=column or role:=value",
                         (int)size, text);
    const bool constant = equals > text && equals[-1] == ':';
    const size_t role_size = (size_t)(equals - text) - (constant ? 1 : 0);
    const enum csv_role role = role_find(text, role_size);
    if (role == CSV_ROLES)
        return error_set(reterr, STATUS_USAGE, "--columns: unknown role '%.*s' (known: " KNOWN ")",
                         (int)role_size, text);
    if (map->mapped[role])
        return error_set(reterr, STATUS_USAGE, "--columns: '%s' stands twice", csv_role_name(role));
    if (constant && role != CSV_INSTRUMENT && role != CSV_SERIES)
        return error_set(reterr, STATUS_USAGE,
                         "--columns: '%s' cannot be a constant; only instrument and series can",
                         csv_role_name(role));
    const size_t name_size = size - (size_t)(equals + 1 - text);
    if (name_size > CSV_NAME_MAX || (constant && name_size == 0))
        return error_set(reterr, STATUS_USAGE, "--columns: '%s' takes 1 to %d bytes",
                         csv_role_name(role), CSV_NAME_MAX);
    map->mapped[role] = true;
    map->constant[role] = constant;
    memcpy(map->name[role], equals + 1, name_size);
    map->name[role][name_size] = '\0';
    return STATUS_OK;
}

enum status csv_map_parse(const char *text, struct csv_map *ret_map, struct error *reterr) {
    struct csv_map map = {.given = text != NULL};
    while (text != NULL) {
        const char *const comma = strchr(text, ',');
        const size_t size = comma != NULL ? (size_t)(comma - text) : strlen(text);
        const enum status status = parse_pair(text, size > 200 ? 200 : size, &map, reterr);
        if (status != STATUS_OK)
            return status;
        text = comma != NULL ? comma + 1 : NULL;
    }
    *ret_map = map;
    return STATUS_OK;
}

/* The role that the map, or its name, gives to a column; CSV_ROLES: none. */
static enum csv_role role_of_column(const struct csv_map *map, const struct csv_field *field) {
    for (enum csv_role role = CSV_TS; role < CSV_ROLES; role++) {
        if (map->mapped[role] && !map->constant[role] && strlen(map->name[role]) == field->size &&
            field->size > 0 && memcmp(map->name[role], field->text, field->size) == 0)
            return role;
    }
    const enum csv_role role = role_find(field->text, field->size);
    return role < CSV_ROLES && map->mapped[role] ? CSV_ROLES : role;
}

static enum status check_missing(const struct csv_map *map, const struct csv_columns *columns,
                                 struct error *reterr) {
    for (enum csv_role role = CSV_TS; role < CSV_ROLES; role++) {
        const bool for_bars = role >= CSV_OPEN;
        const bool needed = role == CSV_TS || role == CSV_INSTRUMENT ||
                            (columns->bars ? for_bars : role == CSV_PRICE);
        if (needed && columns->at[role] < 0 && !map->constant[role])
            return error_set(reterr, STATUS_CORRUPT, "column '%s' is missing",
                             map->mapped[role] && map->name[role][0] != '\0' ? map->name[role]
                                                                             : csv_role_name(role));
        if (columns->bars &&
            (role == CSV_PRICE || role == CSV_QUANTITY || role == CSV_SIDE || role == CSV_SERIES) &&
            (columns->at[role] >= 0 || map->constant[role]))
            return error_set(reterr, STATUS_CORRUPT,
                             "column '%s' belongs to ticks, but there are columns of bars",
                             csv_role_name(role));
    }
    return STATUS_OK;
}

enum status csv_columns_from_header(const struct csv_map *map, const struct csv_field *fields,
                                    size_t count, struct csv_columns *ret_columns,
                                    struct error *reterr) {
    struct csv_columns columns = {.count = count};
    for (enum csv_role role = CSV_TS; role < CSV_ROLES; role++)
        columns.at[role] = -1;
    for (size_t i = 0; i < count; i++) {
        const enum csv_role role = role_of_column(map, &fields[i]);
        const int size = fields[i].size > CSV_NAME_MAX ? CSV_NAME_MAX : (int)fields[i].size;
        if (role == CSV_ROLES && map->given)
            continue;
        char shown[CSV_SHOWN_MAX];
        if (role == CSV_ROLES)
            return error_set(reterr, STATUS_CORRUPT,
                             "unknown column '%s' (known: " KNOWN
                             "; other names are told by --columns)",
                             csv_field_show(&fields[i], shown));
        if (columns.at[role] >= 0)
            return error_set(reterr, STATUS_CORRUPT, "column '%s' stands twice",
                             csv_field_show(&fields[i], shown));
        columns.at[role] = (int)i;
        memcpy(columns.name[role], fields[i].text, (size_t)size);
        columns.bars = columns.bars || role >= CSV_OPEN;
    }
    const enum status status = check_missing(map, &columns, reterr);
    if (status == STATUS_OK)
        *ret_columns = columns;
    return status;
}

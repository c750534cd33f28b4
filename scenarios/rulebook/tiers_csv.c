#include "scenarios/rulebook/tiers_csv.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

static const char *const COLUMNS[] = {
    "symbol", "floor", "cap", "maintenance_rate", "maintenance_amount", "max_leverage"};
#define COLUMN_COUNT (sizeof(COLUMNS) / sizeof(COLUMNS[0]))
#define COLUMN_SYMBOL 0
#define COLUMN_RATE 3

/* A field of the current line. */
struct field {
    const char *text; /* in the arena */
    int column;
};

struct reader {
    struct yaml_arena *arena;
    struct yaml_origin *origin;
    const char *at;
    const char *end;
    int line;
    struct field fields[COLUMN_COUNT];
    size_t field_count;
};

static struct yaml_node *make_node(const struct reader *reader, enum yaml_kind kind,
                                   const char *key, const char *text, int column) {
    struct yaml_node *node = yaml_arena_alloc(reader->arena, sizeof(*node));
    *node = (struct yaml_node){.kind = kind,
                               .key = key,
                               .text = text,
                               .origin = reader->origin,
                               .line = reader->line,
                               .column = column,
                               .key_line = reader->line,
                               .key_column = column};
    return node;
}

static void append(struct yaml_node *parent, struct yaml_node *node) {
    struct yaml_node **at = &parent->child;
    while (*at != NULL)
        at = &(*at)->next;
    *at = node;
    node->parent = parent;
    node->index = parent->count++;
}

static enum status field_error(const struct reader *reader, int column, struct error *reterr,
                               const char *message, const char *value) {
    const struct yaml_node *node = make_node(reader, YAML_SCALAR, NULL, "", column);
    return yaml_error(node, reterr, "%s%.80s", message, value);
}

/* Splits the next line that is not empty; false: there is none. */
static enum status next_line(struct reader *reader, bool *ret_more, struct error *reterr) {
    while (reader->at < reader->end) {
        const char *newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
        const char *stop = newline != NULL ? newline : reader->end;
        const char *from = reader->at;
        const char *start = from;
        reader->at = newline != NULL ? newline + 1 : reader->end;
        reader->line++;
        if (stop > from && stop[-1] == '\r')
            stop--;
        if (stop == from)
            continue;
        reader->field_count = 0;
        for (const char *c = from;; c++) {
            if (c < stop && *c != ',')
                continue;
            const int column = (int)(from - start) + 1;
            if (reader->field_count == COLUMN_COUNT)
                return field_error(reader, column, reterr, "more fields than columns", "");
            reader->fields[reader->field_count++] = (struct field){
                .text = yaml_arena_copy(reader->arena, from, (size_t)(c - from)), .column = column};
            if (c == stop)
                break;
            from = c + 1;
        }
        *ret_more = true;
        return STATUS_OK;
    }
    *ret_more = false;
    return STATUS_OK;
}

static enum status read_header(struct reader *reader, size_t *ret_column, size_t *ret_count,
                               struct error *reterr) {
    bool more = false;
    const enum status status = next_line(reader, &more, reterr);
    if (status != STATUS_OK)
        return status;
    if (!more)
        return field_error(reader, 1, reterr,
                           "no header: needs symbol,floor,cap,maintenance_rate,"
                           "maintenance_amount,max_leverage",
                           "");
    bool seen[COLUMN_COUNT] = {false};
    for (size_t i = 0; i < reader->field_count; i++) {
        size_t column = 0;
        while (column < COLUMN_COUNT && strcmp(COLUMNS[column], reader->fields[i].text) != 0)
            column++;
        if (column == COLUMN_COUNT)
            return field_error(reader, reader->fields[i].column, reterr,
                               "unknown column; the nearest known one is ",
                               yaml_nearest(reader->fields[i].text, COLUMNS, COLUMN_COUNT));
        if (seen[column])
            return field_error(reader, reader->fields[i].column, reterr, "a second column ",
                               COLUMNS[column]);
        seen[column] = true;
        ret_column[i] = column;
    }
    if (!seen[COLUMN_SYMBOL] || !seen[COLUMN_RATE])
        return field_error(reader, 1, reterr, "missing column ",
                           COLUMNS[seen[COLUMN_SYMBOL] ? COLUMN_RATE : COLUMN_SYMBOL]);
    *ret_count = reader->field_count;
    return STATUS_OK;
}

static enum status read_row(struct reader *reader, const size_t *columns, size_t column_count,
                            struct yaml_node *tables, struct error *reterr) {
    if (reader->field_count != column_count)
        return field_error(reader, 1, reterr, "not as many fields as the header has columns", "");
    struct yaml_node *tier = make_node(reader, YAML_MAPPING, NULL, "", 1);
    const char *symbol = "";
    for (size_t i = 0; i < column_count; i++) {
        const struct field *field = &reader->fields[i];
        if (columns[i] == COLUMN_SYMBOL)
            symbol = field->text;
        else if (field->text[0] != '\0')
            append(tier,
                   make_node(reader, YAML_SCALAR, COLUMNS[columns[i]], field->text, field->column));
    }
    if (symbol[0] == '\0')
        return field_error(reader, 1, reterr, "a tier without symbol", "");
    struct yaml_node *table = yaml_find(tables, symbol);
    if ((table != NULL ? table : tables)->count == YAML_CHILDREN_MAX)
        return field_error(reader, 1, reterr, "too many tiers or symbols: ", symbol);
    if (table == NULL) {
        table = make_node(reader, YAML_SEQUENCE, symbol, "", 1);
        append(tables, table);
    }
    append(table, tier);
    return STATUS_OK;
}

enum status tiers_csv_parse(struct yaml_arena *arena, const char *name, const char *bytes,
                            size_t size, struct yaml_node **ret_tiers, struct error *reterr) {
    struct yaml_origin *origin = yaml_arena_alloc(arena, sizeof(*origin));
    *origin = (struct yaml_origin){.name = name, .bytes = bytes, .size = size};
    const char *bad = NULL;
    if (!g_utf8_validate_len(bytes, size, &bad))
        return error_set(reterr, STATUS_CONFIG, "%s: error: byte %zu is not UTF-8 text", name,
                         (size_t)(bad - bytes));
    struct reader reader = {.arena = arena, .origin = origin, .at = bytes, .end = bytes + size};
    size_t columns[COLUMN_COUNT] = {0};
    size_t column_count = 0;
    enum status status = read_header(&reader, columns, &column_count, reterr);
    if (status != STATUS_OK)
        return status;
    struct yaml_node *tables = make_node(&reader, YAML_MAPPING, NULL, "", 1);
    bool more = false;
    while ((status = next_line(&reader, &more, reterr)) == STATUS_OK && more) {
        status = read_row(&reader, columns, column_count, tables, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (status != STATUS_OK)
        return status;
    if (tables->count == 0)
        return field_error(&reader, 1, reterr, "no tiers below the header", "");
    *ret_tiers = tables;
    return STATUS_OK;
}

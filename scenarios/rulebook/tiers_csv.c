#include "scenarios/rulebook/tiers_csv.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "engine/rules/rulebook_fields.h"

#define SYMBOL "symbol"
#define COLUMNS_MAX 16

/* A value of the current line. */
struct cell {
    const char *text; /* in the arena */
    int column;
};

struct reader {
    struct yaml_arena *arena;
    struct yaml_origin *origin;
    const char *at;
    const char *end;
    int line;
    const char *columns[COLUMNS_MAX]; /* that there are: the symbol, and the keys of a tier */
    size_t column_count;
    struct cell cells[COLUMNS_MAX];
    size_t cell_count;
    const char *header[COLUMNS_MAX]; /* the file's columns, of the above */
    size_t header_count;
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

static enum status cell_error(const struct reader *reader, int column, struct error *reterr,
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
        reader->cell_count = 0;
        for (const char *c = from;; c++) {
            if (c < stop && *c != ',')
                continue;
            const int column = (int)(from - start) + 1;
            if (reader->cell_count == reader->column_count)
                return cell_error(reader, column, reterr, "more fields than columns", "");
            reader->cells[reader->cell_count++] = (struct cell){
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

static void name_columns(struct reader *reader) {
    reader->columns[reader->column_count++] = SYMBOL;
    for (const struct field *field = field_below(rulebook_field("margin.tiers"));
         field->key != NULL; field++) {
        assert(reader->column_count < COLUMNS_MAX);
        reader->columns[reader->column_count++] = field->key;
    }
}

static bool has_column(const struct reader *reader, const char *name) {
    for (size_t i = 0; i < reader->header_count; i++)
        if (strcmp(reader->header[i], name) == 0)
            return true;
    return false;
}

static enum status read_header(struct reader *reader, struct error *reterr) {
    static const char *const needed[] = {SYMBOL, "maintenance_rate"};
    bool more = false;
    name_columns(reader);
    const enum status status = next_line(reader, &more, reterr);
    if (status != STATUS_OK)
        return status;
    if (!more)
        return cell_error(reader, 1, reterr,
                          "no header: needs symbol,floor,cap,maintenance_rate,"
                          "maintenance_amount,max_leverage",
                          "");
    for (size_t i = 0; i < reader->cell_count; i++) {
        const struct cell *cell = &reader->cells[i];
        size_t column = 0;
        while (column < reader->column_count && strcmp(reader->columns[column], cell->text) != 0)
            column++;
        if (column == reader->column_count)
            return cell_error(reader, cell->column, reterr,
                              "unknown column; the nearest known one is ",
                              yaml_nearest(cell->text, reader->columns, reader->column_count));
        if (has_column(reader, cell->text))
            return cell_error(reader, cell->column, reterr, "a second column ", cell->text);
        reader->header[reader->header_count++] = reader->columns[column];
    }
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!has_column(reader, needed[i]))
            return cell_error(reader, 1, reterr, "missing column ", needed[i]);
    return STATUS_OK;
}

static enum status read_row(struct reader *reader, struct yaml_node *tables, struct error *reterr) {
    if (reader->cell_count != reader->header_count)
        return cell_error(reader, 1, reterr, "not as many fields as the header has columns", "");
    struct yaml_node *tier = make_node(reader, YAML_MAPPING, NULL, "", 1);
    const char *symbol = "";
    for (size_t i = 0; i < reader->header_count; i++) {
        const struct cell *cell = &reader->cells[i];
        if (strcmp(reader->header[i], SYMBOL) == 0)
            symbol = cell->text;
        else if (cell->text[0] != '\0')
            append(tier,
                   make_node(reader, YAML_SCALAR, reader->header[i], cell->text, cell->column));
    }
    if (symbol[0] == '\0')
        return cell_error(reader, 1, reterr, "a tier without symbol", "");
    struct yaml_node *table = yaml_find(tables, symbol);
    if ((table != NULL ? table : tables)->count == YAML_CHILDREN_MAX)
        return cell_error(reader, 1, reterr, "too many tiers or symbols: ", symbol);
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
    enum status status = read_header(&reader, reterr);
    if (status != STATUS_OK)
        return status;
    struct yaml_node *tables = make_node(&reader, YAML_MAPPING, NULL, "", 1);
    bool more = false;
    while ((status = next_line(&reader, &more, reterr)) == STATUS_OK && more) {
        status = read_row(&reader, tables, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (status != STATUS_OK)
        return status;
    if (tables->count == 0)
        return cell_error(&reader, 1, reterr, "no tiers below the header", "");
    *ret_tiers = tables;
    return STATUS_OK;
}

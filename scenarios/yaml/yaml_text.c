#include "scenarios/yaml/yaml_text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <libfyaml.h>

#define SOURCE_LINE_MAX 160

struct yaml_arena {
    GPtrArray *blocks;
};

struct yaml_arena *yaml_arena_create(void) {
    struct yaml_arena *arena = g_new0(struct yaml_arena, 1);
    arena->blocks = g_ptr_array_new_with_free_func(g_free);
    return arena;
}

void *yaml_arena_alloc(struct yaml_arena *arena, size_t size) {
    void *block = g_malloc0(size > 0 ? size : 1);
    g_ptr_array_add(arena->blocks, block);
    return block;
}

char *yaml_arena_copy(struct yaml_arena *arena, const char *text, size_t size) {
    char *copy = yaml_arena_alloc(arena, size + 1);
    memcpy(copy, text, size);
    return copy;
}

char *yaml_arena_format(struct yaml_arena *arena, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_ptr_array_add(arena->blocks, text);
    return text;
}

void yaml_arena_destroy(struct yaml_arena *arena) {
    if (arena == NULL)
        return;
    g_ptr_array_unref(arena->blocks);
    g_free(arena);
}

/* ---- errors ---- */

/* Appends the line of the source and a caret under its column (both from 1). */
static void append_source(GString *message, const struct yaml_origin *origin, int line,
                          int column) {
    const char *start = origin->bytes;
    const char *end = origin->bytes + origin->size;
    for (int i = 1; i < line && start < end; i++) {
        const char *newline = memchr(start, '\n', (size_t)(end - start));
        start = newline != NULL ? newline + 1 : end;
    }
    const char *stop = memchr(start, '\n', (size_t)(end - start));
    if (stop == NULL)
        stop = end;
    /* A long line is shown from some characters before the place on. */
    int skip = column > SOURCE_LINE_MAX / 2 ? column - SOURCE_LINE_MAX / 2 : 0;
    for (int i = 0; i < skip && start < stop; i++)
        start = g_utf8_next_char(start);
    g_string_append(message, "\n  ");
    for (int i = 0; i < SOURCE_LINE_MAX && start < stop; i++) {
        const char *next = g_utf8_next_char(start);
        if (*start == '\t' || *start == '\r')
            g_string_append_c(message, ' ');
        else
            g_string_append_len(message, start, next - start);
        start = next;
    }
    g_string_append_printf(message, "\n  %*s^", column - skip > 1 ? column - skip - 1 : 0, "");
}

static enum status error_at(const struct yaml_origin *origin, int line, int column,
                            struct error *reterr, const char *format, va_list arguments) {
    char *said = g_strdup_vprintf(format, arguments);
    GString *message = g_string_new(NULL);
    if (origin->argument) {
        g_string_append_printf(message, "%s: error: %s", origin->name, said);
    } else {
        g_string_append_printf(message, "%s:%d:%d: error: %s", origin->name, line, column, said);
        if (origin->bytes != NULL)
            append_source(message, origin, line, column);
    }
    (void)error_set(reterr, STATUS_CONFIG, "%s", message->str);
    g_string_free(message, TRUE);
    g_free(said);
    return STATUS_CONFIG;
}

static enum status origin_error(const struct yaml_origin *origin, int line, int column,
                                struct error *reterr, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static enum status origin_error(const struct yaml_origin *origin, int line, int column,
                                struct error *reterr, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const enum status status = error_at(origin, line, column, reterr, format, arguments);
    va_end(arguments);
    return status;
}

enum status yaml_error(const struct yaml_node *node, struct error *reterr, const char *format,
                       ...) {
    va_list arguments;
    va_start(arguments, format);
    const enum status status =
        error_at(node->origin, node->line, node->column, reterr, format, arguments);
    va_end(arguments);
    return status;
}

enum status yaml_key_error(const struct yaml_node *node, struct error *reterr, const char *format,
                           ...) {
    va_list arguments;
    va_start(arguments, format);
    const enum status status =
        node->key != NULL
            ? error_at(node->origin, node->key_line, node->key_column, reterr, format, arguments)
            : error_at(node->origin, node->line, node->column, reterr, format, arguments);
    va_end(arguments);
    return status;
}

/* ---- parsing ---- */

struct builder {
    struct yaml_arena *arena;
    struct yaml_origin *origin;
    struct yaml_node *root;
    struct yaml_node *open[YAML_DEPTH_MAX]; /* collections that are not closed yet */
    struct yaml_node *last[YAML_DEPTH_MAX]; /* their last child */
    size_t depth;
    const char *key; /* of the value that comes next; NULL: a key comes next */
    int key_line, key_column;
    int documents;
    struct error *reterr;
};

static enum status append_node(struct builder *builder, struct yaml_node *node) {
    if (builder->depth == 0) {
        builder->root = node;
        return STATUS_OK;
    }
    struct yaml_node *parent = builder->open[builder->depth - 1];
    struct yaml_node **last = &builder->last[builder->depth - 1];
    if (parent->count == YAML_CHILDREN_MAX)
        return yaml_error(node, builder->reterr, "more than %d entries", YAML_CHILDREN_MAX);
    node->parent = parent;
    node->index = parent->count++;
    if (parent->kind == YAML_MAPPING) {
        node->key = builder->key;
        node->key_line = builder->key_line;
        node->key_column = builder->key_column;
        builder->key = NULL;
    }
    if (*last == NULL)
        parent->child = node;
    else
        (*last)->next = node;
    *last = node;
    return STATUS_OK;
}

static enum status take_key(struct builder *builder, const char *text, int line, int column) {
    const struct yaml_node *parent = builder->open[builder->depth - 1];
    if (text[0] == '\0')
        return origin_error(builder->origin, line, column, builder->reterr, "an empty key");
    const struct yaml_node *first = yaml_find(parent, text);
    if (first != NULL)
        return origin_error(builder->origin, line, column, builder->reterr,
                            "key '%.80s' is there twice, first in line %d", text, first->key_line);
    builder->key = text;
    builder->key_line = line;
    builder->key_column = column;
    return STATUS_OK;
}

static bool key_is_next(const struct builder *builder) {
    return builder->depth > 0 && builder->open[builder->depth - 1]->kind == YAML_MAPPING &&
           builder->key == NULL;
}

static enum status take_scalar(struct builder *builder, struct fy_token *token, int line,
                               int column) {
    size_t size = 0;
    const char *text = token != NULL ? fy_token_get_text(token, &size) : "";
    if (text == NULL)
        text = "";
    if (memchr(text, '\0', size) != NULL)
        return origin_error(builder->origin, line, column, builder->reterr,
                            "a text must not hold a NUL");
    const char *copy = yaml_arena_copy(builder->arena, text, size);
    if (key_is_next(builder))
        return take_key(builder, copy, line, column);
    struct yaml_node *node = yaml_arena_alloc(builder->arena, sizeof(*node));
    *node = (struct yaml_node){.kind = YAML_SCALAR,
                               .text = copy,
                               .origin = builder->origin,
                               .line = line,
                               .column = column};
    return append_node(builder, node);
}

static enum status open_collection(struct builder *builder, enum yaml_kind kind, int line,
                                   int column) {
    if (key_is_next(builder))
        return origin_error(builder->origin, line, column, builder->reterr, "a key must be text");
    if (builder->depth == YAML_DEPTH_MAX)
        return origin_error(builder->origin, line, column, builder->reterr, "nested deeper than %d",
                            YAML_DEPTH_MAX);
    struct yaml_node *node = yaml_arena_alloc(builder->arena, sizeof(*node));
    *node = (struct yaml_node){
        .kind = kind, .text = "", .origin = builder->origin, .line = line, .column = column};
    const enum status status = append_node(builder, node);
    if (status != STATUS_OK)
        return status;
    builder->open[builder->depth] = node;
    builder->last[builder->depth] = NULL;
    builder->depth++;
    return STATUS_OK;
}

static enum status refuse_properties(struct builder *builder, const struct fy_token *anchor,
                                     const struct fy_token *tag, int line, int column) {
    if (anchor != NULL)
        return origin_error(builder->origin, line, column, builder->reterr,
                            "anchors (&name) are not allowed: write the value out");
    if (tag != NULL)
        return origin_error(builder->origin, line, column, builder->reterr,
                            "tags (!name) are not allowed: the key says the type");
    return STATUS_OK;
}

static enum status take_event(struct builder *builder, struct fy_event *event) {
    const struct fy_mark *mark = fy_event_start_mark(event);
    const int line = mark != NULL ? mark->line + 1 : builder->key_line;
    const int column = mark != NULL ? mark->column + 1 : builder->key_column;
    enum status status = STATUS_OK;
    switch (event->type) {
    case FYET_ALIAS:
        return origin_error(builder->origin, line, column, builder->reterr,
                            "aliases (*name) are not allowed: write the value out");
    case FYET_DOCUMENT_START:
        if (++builder->documents > 1)
            return origin_error(builder->origin, line, column, builder->reterr,
                                "a second document: one file holds one");
        return STATUS_OK;
    case FYET_SCALAR:
        status = refuse_properties(builder, event->scalar.anchor, event->scalar.tag, line, column);
        return status == STATUS_OK ? take_scalar(builder, event->scalar.value, line, column)
                                   : status;
    case FYET_MAPPING_START:
        status = refuse_properties(builder, event->mapping_start.anchor, event->mapping_start.tag,
                                   line, column);
        return status == STATUS_OK ? open_collection(builder, YAML_MAPPING, line, column) : status;
    case FYET_SEQUENCE_START:
        status = refuse_properties(builder, event->sequence_start.anchor, event->sequence_start.tag,
                                   line, column);
        return status == STATUS_OK ? open_collection(builder, YAML_SEQUENCE, line, column) : status;
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        assert(builder->depth > 0);
        builder->depth--;
        return STATUS_OK;
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    case FYET_DOCUMENT_END:
        return STATUS_OK;
    }
    return STATUS_OK;
}

/* The parser's own first complaint, in our form. */
static enum status report_syntax(const struct yaml_origin *origin, struct fy_diag *diag,
                                 struct error *reterr) {
    void *at = NULL;
    const struct fy_diag_error *found = fy_diag_errors_iterate(diag, &at);
    if (found == NULL || found->msg == NULL)
        return origin_error(origin, 1, 1, reterr, "not YAML");
    return origin_error(origin, found->line > 0 ? found->line : 1,
                        found->column > 0 ? found->column : 1, reterr, "%s", found->msg);
}

static enum status parse_events(struct builder *builder, struct error *reterr) {
    enum status status = STATUS_OK;
    const struct fy_diag_cfg diag_cfg = {.level = FYET_ERROR, .module_mask = ~0u};
    struct fy_diag *diag = fy_diag_create(&diag_cfg);
    if (diag == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "%s: no memory for YAML", builder->origin->name);
    fy_diag_set_collect_errors(diag, true);
    const struct fy_parse_cfg parse_cfg = {
        .search_path = "", .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG, .diag = diag};
    struct fy_parser *parser = fy_parser_create(&parse_cfg);
    if (parser == NULL ||
        fy_parser_set_string(parser, builder->origin->bytes, builder->origin->size) != 0) {
        status =
            error_set(reterr, STATUS_NO_MEMORY, "%s: no memory for YAML", builder->origin->name);
        goto done;
    }
    struct fy_event *event = NULL;
    while (status == STATUS_OK && (event = fy_parser_parse(parser)) != NULL) {
        status = take_event(builder, event);
        fy_parser_event_free(parser, event);
    }
    if (status == STATUS_OK && fy_parser_get_stream_error(parser))
        status = report_syntax(builder->origin, diag, reterr);

done:
    if (parser != NULL)
        fy_parser_destroy(parser);
    fy_diag_destroy(diag);
    return status;
}

static enum status parse_origin(struct yaml_arena *arena, struct yaml_origin *origin,
                                struct yaml_node **ret_root, struct error *reterr) {
    if (origin->size > YAML_SIZE_MAX)
        return error_set(reterr, STATUS_CONFIG, "%s: larger than %zu bytes", origin->name,
                         YAML_SIZE_MAX);
    /* Also what keeps libfyaml 0.7.12 from looping for ever on a broken '%' line. */
    const char *bad = NULL;
    if (!g_utf8_validate_len(origin->bytes, origin->size, &bad)) {
        int line = 1;
        for (const char *c = origin->bytes; c < bad; c++)
            line += *c == '\n';
        return error_set(reterr, STATUS_CONFIG, "%s:%d: error: byte %zu is not UTF-8 text",
                         origin->name, line, (size_t)(bad - origin->bytes));
    }
    struct builder builder = {.arena = arena, .origin = origin, .reterr = reterr};
    const enum status status = parse_events(&builder, reterr);
    if (status != STATUS_OK)
        return status;
    if (builder.root == NULL) {
        builder.root = yaml_arena_alloc(arena, sizeof(*builder.root));
        *builder.root = (struct yaml_node){
            .kind = YAML_MAPPING, .text = "", .origin = origin, .line = 1, .column = 1};
    }
    *ret_root = builder.root;
    return STATUS_OK;
}

enum status yaml_parse(struct yaml_arena *arena, const char *name, const char *bytes, size_t size,
                       struct yaml_node **ret_root, struct error *reterr) {
    struct yaml_origin *origin = yaml_arena_alloc(arena, sizeof(*origin));
    *origin = (struct yaml_origin){.name = yaml_arena_copy(arena, name, strlen(name)),
                                   .bytes = yaml_arena_copy(arena, bytes, size),
                                   .size = size};
    return parse_origin(arena, origin, ret_root, reterr);
}

enum status yaml_parse_argument(struct yaml_arena *arena, const char *argument, const char *value,
                                struct yaml_node **ret_root, struct error *reterr) {
    struct yaml_origin *origin = yaml_arena_alloc(arena, sizeof(*origin));
    const size_t size = strlen(value);
    *origin = (struct yaml_origin){.name = yaml_arena_copy(arena, argument, strlen(argument)),
                                   .bytes = yaml_arena_copy(arena, value, size),
                                   .size = size,
                                   .argument = true};
    return parse_origin(arena, origin, ret_root, reterr);
}

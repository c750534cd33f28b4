#include "scenarios/yaml/yaml_schema.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "base/field_value.h"
#include "base/units.h"

#define PATH_MAX_SHOWN 200
#define KEYS_MAX 128

/* " (USDT)" for messages. */
static const char *unit_text(const struct field *field, char *text, size_t size) {
    text[0] = '\0';
    if (field->unit != NULL)
        (void)snprintf(text, size, " (%s)", field->unit); /* cut is ok */
    return text;
}

static enum status wrong_type(const struct yaml_node *node, const struct field *field,
                              const char *expected, struct error *reterr) {
    char path[PATH_MAX_SHOWN];
    char unit[64];
    yaml_path(node, sizeof(path), path);
    const char *name = path[0] != '\0' ? path : field->key;
    if (node->kind != YAML_SCALAR)
        return yaml_error(node, reterr, "%s must be %s%s, got a %s", name, expected,
                          unit_text(field, unit, sizeof(unit)),
                          node->kind == YAML_MAPPING ? "mapping" : "list");
    if (node->text[0] == '\0')
        return yaml_error(node, reterr, "%s must be %s%s, got nothing", name, expected,
                          unit_text(field, unit, sizeof(unit)));
    return yaml_error(node, reterr, "%s must be %s%s, got '%.80s'", name, expected,
                      unit_text(field, unit, sizeof(unit)), node->text);
}

static enum status out_of_range(const struct yaml_node *node, const struct field *field,
                                struct error *reterr) {
    char path[PATH_MAX_SHOWN];
    char unit[64];
    yaml_path(node, sizeof(path), path);
    return yaml_error(node, reterr, "%s must be %s%.10g and at most %.10g%s, got '%.80s'",
                      path[0] != '\0' ? path : field->key, field->above ? "above " : "at least ",
                      field->least, field->most, unit_text(field, unit, sizeof(unit)), node->text);
}

static enum status wrong_choice(const struct yaml_node *node, const struct field *field,
                                struct error *reterr) {
    const char *names[KEYS_MAX];
    size_t count = 0;
    GString *list = g_string_new("one of ");
    for (const struct field_choice *choice = field->choices; choice->name != NULL; choice++) {
        assert(count < KEYS_MAX);
        g_string_append_printf(list, "%s%s", count > 0 ? ", " : "", choice->name);
        names[count++] = choice->name;
    }
    if (node->kind == YAML_SCALAR && node->text[0] != '\0')
        g_string_append_printf(list, " (nearest: %s)", yaml_nearest(node->text, names, count));
    const enum status status = wrong_type(node, field, list->str, reterr);
    g_string_free(list, TRUE);
    return status;
}

enum status yaml_read_scalar(const struct yaml_node *node, const struct field *field,
                             void *ret_value, struct error *reterr) {
    const bool choice = field->kind == FIELD_CHOICE;
    const char *expected = NULL;
    if (node->kind != YAML_SCALAR)
        return choice ? wrong_choice(node, field, reterr)
                      : wrong_type(node, field, field->kind == FIELD_TEXT ? "text" : "one value",
                                   reterr);
    switch (field_parse(field, node->text, ret_value, &expected)) {
    case FIELD_FITS:
        return STATUS_OK;
    case FIELD_OUTSIDE:
        return out_of_range(node, field, reterr);
    case FIELD_MALFORMED:
        break;
    }
    return choice ? wrong_choice(node, field, reterr) : wrong_type(node, field, expected, reterr);
}

enum status yaml_expect_mapping(const struct yaml_node *node, struct error *reterr) {
    static const struct field anything = {.key = "the file"};
    if (node->kind == YAML_MAPPING || (node->kind == YAML_SCALAR && node->text[0] == '\0'))
        return STATUS_OK;
    return wrong_type(node, &anything, "a mapping of keys to values", reterr);
}

enum status yaml_expect_sequence(const struct yaml_node *node, struct error *reterr) {
    static const struct field anything = {.key = "the file"};
    if (node->kind == YAML_SEQUENCE)
        return STATUS_OK;
    return wrong_type(node, &anything, "a list: [a, b]", reterr);
}

enum status yaml_missing(const struct yaml_node *node, const char *name, struct error *reterr) {
    char path[PATH_MAX_SHOWN];
    yaml_path(node, sizeof(path), path);
    return yaml_key_error(node, reterr, "%s%s%s is missing", path, path[0] != '\0' ? "." : "",
                          name);
}

static enum status unknown_key(const struct yaml_node *child, const struct field *const *tables,
                               struct error *reterr) {
    const char *names[KEYS_MAX];
    size_t count = 0;
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct field *field = tables[t]; field->key != NULL; field++) {
            assert(count < KEYS_MAX);
            names[count++] = field->key;
        }
    char path[PATH_MAX_SHOWN];
    yaml_path(child, sizeof(path), path);
    return yaml_key_error(child, reterr, "unknown key %s; the nearest known one is '%s'", path,
                          yaml_nearest(child->key, names, count));
}

/* A list of values that stands in the struct. */
static enum status read_values(const struct yaml_node *node, const struct field *list,
                               void *ret_holder, struct error *reterr) {
    char path[PATH_MAX_SHOWN];
    enum status status = yaml_expect_sequence(node, reterr);
    if (status != STATUS_OK)
        return status;
    yaml_path(node, sizeof(path), path);
    if (node->count < list->rows.least || node->count > list->rows.most)
        return yaml_error(node, reterr, "%s: %zu to %zu %s, not %zu", path, list->rows.least,
                          list->rows.most, list->unit, node->count);
    assert(list->rows.inside && list->of[0].key[0] == '\0' && list->of[1].key == NULL);
    char *row = (char *)ret_holder + list->offset;
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next, row += list->rows.size)
        status = yaml_read_scalar(child, list->of, row, reterr);
    if (list->rows.count != FIELD_NOWHERE)
        memcpy((char *)ret_holder + list->rows.count, &node->count, sizeof(node->count));
    return status;
}

static enum status read_member(const struct yaml_node *node, const struct field *field,
                               void *ret_holder, struct error *reterr) {
    if (field->kind == FIELD_NODE || field->by_hand)
        return STATUS_OK;
    char *member = (char *)ret_holder + (field->offset != FIELD_NOWHERE ? field->offset : 0);
    if (field->kind == FIELD_GROUP)
        return yaml_read(node, field->of, member, reterr);
    if (field->kind == FIELD_LIST)
        return read_values(node, field, ret_holder, reterr);
    union {
        struct decimal decimal;
        const char *text;
    } unused; /* of what is only looked at */
    return yaml_read_scalar(node, field, field->offset != FIELD_NOWHERE ? member : (void *)&unused,
                            reterr);
}

enum status yaml_read_tables(const struct yaml_node *node, const struct field *const *tables,
                             void *ret_target, struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        const struct field *field = NULL;
        for (size_t t = 0; tables[t] != NULL && field == NULL; t++)
            field = field_find(tables[t], child->key);
        if (field == NULL)
            return unknown_key(child, tables, reterr);
        status = read_member(child, field, ret_target, reterr);
    }
    return status;
}

enum status yaml_read(const struct yaml_node *node, const struct field *fields, void *ret_target,
                      struct error *reterr) {
    const struct field *const tables[] = {fields, NULL};
    return yaml_read_tables(node, tables, ret_target, reterr);
}

enum status yaml_read_named(struct yaml_arena *arena, const struct yaml_node *node,
                            const struct field *list, void *ret_holder, struct error *reterr) {
    enum status status = yaml_expect_mapping(node, reterr);
    if (status != STATUS_OK)
        return status;
    assert(list->rows.named && !list->rows.inside);
    char *const rows = yaml_arena_alloc(arena, (node->count + 1) * list->rows.size);
    char *row = rows;
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next, row += list->rows.size) {
        const char *name = strcmp(child->key, "default") == 0 ? NULL : child->key;
        memcpy(row, &name, sizeof(name));
        fields_default(list->of, row);
        status = list->of[0].key[0] == '\0'
                     ? yaml_read_scalar(child, list->of, row + list->of[0].offset, reterr)
                     : yaml_read(child, list->of, row, reterr);
    }
    memcpy((char *)ret_holder + list->rows.count, &node->count, sizeof(node->count));
    memcpy((char *)ret_holder + list->offset, &rows, sizeof(rows));
    return status;
}

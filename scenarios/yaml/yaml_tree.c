/* Walking and changing the tree that yaml_text.c makes. */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/yaml/yaml_text.h"

#define NEAREST_LENGTH_MAX 64

struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key) {
    if (mapping == NULL || mapping->kind != YAML_MAPPING)
        return NULL;
    for (struct yaml_node *child = mapping->child; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

static void append_child(struct yaml_node *parent, struct yaml_node *node) {
    struct yaml_node **at = &parent->child;
    while (*at != NULL)
        at = &(*at)->next;
    *at = node;
    node->next = NULL;
    node->parent = parent;
    node->index = parent->count++;
}

struct yaml_node *yaml_copy(struct yaml_arena *arena, const struct yaml_node *node) {
    struct yaml_node *copy = yaml_arena_alloc(arena, sizeof(*copy));
    *copy = *node;
    copy->parent = NULL;
    copy->next = NULL;
    copy->child = NULL;
    copy->count = 0;
    struct yaml_node *last = NULL;
    for (const struct yaml_node *child = node->child; child != NULL; child = child->next) {
        struct yaml_node *twin = yaml_copy(arena, child);
        twin->parent = copy;
        twin->index = copy->count++;
        if (last == NULL)
            copy->child = twin;
        else
            last->next = twin;
        last = twin;
    }
    return copy;
}

/* A child of `parent` under `key`, written where `value` is. */
static void put_child(struct yaml_arena *arena, struct yaml_node *parent, const char *key,
                      const struct yaml_node *value) {
    struct yaml_node *copy = yaml_copy(arena, value);
    copy->key = yaml_arena_copy(arena, key, strlen(key));
    if (value->key == NULL) {
        copy->key_line = value->line;
        copy->key_column = value->column;
    }
    struct yaml_node *old = yaml_find(parent, key);
    if (old == NULL) {
        append_child(parent, copy);
        return;
    }
    copy->parent = parent;
    copy->index = old->index;
    copy->next = old->next;
    *old = *copy;
    for (struct yaml_node *child = old->child; child != NULL; child = child->next)
        child->parent = old;
}

static bool is_section(const struct yaml_node *node) {
    return node->kind == YAML_MAPPING || (node->kind == YAML_SCALAR && node->text[0] == '\0');
}

enum status yaml_put(struct yaml_arena *arena, struct yaml_node *root, const char *path,
                     const struct yaml_node *value, struct error *reterr) {
    struct yaml_node *parent = root;
    const char *key = path;
    for (const char *dot = strchr(key, '.'); dot != NULL; dot = strchr(key, '.')) {
        char *name = yaml_arena_copy(arena, key, (size_t)(dot - key));
        struct yaml_node *child = yaml_find(parent, name);
        if (child == NULL) {
            const struct yaml_node empty = {.kind = YAML_MAPPING,
                                            .text = "",
                                            .origin = value->origin,
                                            .line = value->line,
                                            .column = value->column};
            put_child(arena, parent, name, &empty);
            child = yaml_find(parent, name);
        }
        if (!is_section(child))
            return yaml_error(value, reterr, "'%s' is not a section, so it has no '%s'", name,
                              dot + 1);
        child->kind = YAML_MAPPING;
        parent = child;
        key = dot + 1;
    }
    if (key[0] == '\0')
        return yaml_error(value, reterr, "'%s' is not a key", path);
    struct yaml_node *old = yaml_find(parent, key);
    if (old == NULL || old->kind != YAML_MAPPING || value->kind != YAML_MAPPING) {
        put_child(arena, parent, key, value);
        return STATUS_OK;
    }
    for (const struct yaml_node *child = value->child; child != NULL; child = child->next) {
        const enum status status = yaml_put(arena, old, child->key, child, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

void yaml_remove(struct yaml_node *mapping, const char *key) {
    if (mapping == NULL || mapping->kind != YAML_MAPPING)
        return;
    for (struct yaml_node **at = &mapping->child; *at != NULL; at = &(*at)->next)
        if (strcmp((*at)->key, key) == 0) {
            *at = (*at)->next;
            mapping->count--;
            return;
        }
}

void yaml_path(const struct yaml_node *node, size_t size, char *ret_path) {
    assert(size > 0);
    ret_path[0] = '\0';
    if (node->parent == NULL)
        return;
    yaml_path(node->parent, size, ret_path);
    const size_t length = strlen(ret_path);
    if (node->parent->kind == YAML_SEQUENCE)
        (void)snprintf(ret_path + length, size - length, "[%zu]", node->index); /* cut is ok */
    else
        (void)snprintf(ret_path + length, size - length, "%s%s", length > 0 ? "." : "",
                       node->key); /* cut is ok */
}

const struct yaml_node *yaml_locate(const struct yaml_node *root, const char *message) {
    const struct yaml_node *node = root;
    const char *at = message;
    while (*at != '\0' && *at != ':' && *at != ' ') {
        const struct yaml_node *child = node->child;
        if (*at == '[') {
            char *end = NULL;
            const unsigned long index = strtoul(at + 1, &end, 10);
            while (child != NULL && child->index != index)
                child = child->next;
            at = *end == ']' ? end + 1 : end;
        } else {
            const size_t length = strcspn(at, ".[: ");
            while (child != NULL && (child->key == NULL || strlen(child->key) != length ||
                                     strncmp(child->key, at, length) != 0))
                child = child->next;
            at += length;
        }
        if (child == NULL)
            return node;
        node = child;
        at += *at == '.';
    }
    return node;
}

/* Levenshtein distance of the first NEAREST_LENGTH_MAX bytes. */
static size_t distance(const char *a, const char *b) {
    const size_t rows = strnlen(a, NEAREST_LENGTH_MAX);
    const size_t columns = strnlen(b, NEAREST_LENGTH_MAX);
    size_t line[NEAREST_LENGTH_MAX + 1];
    for (size_t j = 0; j <= columns; j++)
        line[j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t diagonal = line[0];
        line[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            const size_t replace = diagonal + (a[i - 1] != b[j - 1]);
            const size_t gap = (line[j] < line[j - 1] ? line[j] : line[j - 1]) + 1;
            diagonal = line[j];
            line[j] = replace < gap ? replace : gap;
        }
    }
    return line[columns];
}

const char *yaml_nearest(const char *text, const char *const *names, size_t count) {
    const char *nearest = "";
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        const size_t d = distance(text, names[i]);
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

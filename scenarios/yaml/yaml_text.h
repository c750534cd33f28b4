#pragma once
/* YAML as a tree of text: every scalar stays as written, every node knows its place. Without
 * anchors, aliases and tags. The only file that sees libfyaml. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* What a configuration file may hold at most. */
#define YAML_SIZE_MAX ((size_t)4 << 20)
#define YAML_DEPTH_MAX 32
#define YAML_CHILDREN_MAX 4096

/* Memory that lives until one call frees all of it. Files are bounded by YAML_SIZE_MAX, so it ends
 * the program when memory is out (as GLib does) instead of returning NULL. */
struct yaml_arena;
struct yaml_arena *yaml_arena_create(void);
void *yaml_arena_alloc(struct yaml_arena *arena, size_t size);                  /* zeroed */
char *yaml_arena_copy(struct yaml_arena *arena, const char *text, size_t size); /* adds a NUL */
char *yaml_arena_format(struct yaml_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void yaml_arena_destroy(struct yaml_arena *arena); /* NULL is fine */

/* What nodes were written in: a file, or one argument. */
struct yaml_origin {
    const char *name; /* "path/file.yaml", or "--set key=value" */
    const char *bytes;
    size_t size;
    bool argument; /* errors then name no line */
};

enum yaml_kind { YAML_SCALAR, YAML_MAPPING, YAML_SEQUENCE };

struct yaml_node {
    enum yaml_kind kind;
    const char *key;  /* in a mapping; else NULL */
    const char *text; /* of a scalar; "" if nothing stands there */
    const struct yaml_origin *origin;
    int line, column; /* from 1 */
    int key_line, key_column;
    size_t index; /* in its parent */
    struct yaml_node *parent;
    struct yaml_node *child; /* first of `count` */
    struct yaml_node *next;
    size_t count;
};

/* Parses `size` bytes; they are copied. STATUS_CONFIG: not UTF-8, too large, broken, or with
 * anchors, aliases, tags, duplicate keys or a second document; the message has file:line:column,
 * the line and a caret. An empty file gives an empty mapping. */
MUST_CHECK enum status yaml_parse(struct yaml_arena *arena, const char *name, const char *bytes,
                                  size_t size, struct yaml_node **ret_root, struct error *reterr);

/* The value of a "--set" argument as a tree of its own; `argument` is what errors name. */
MUST_CHECK enum status yaml_parse_argument(struct yaml_arena *arena, const char *argument,
                                           const char *value, struct yaml_node **ret_root,
                                           struct error *reterr);

/* The child of a mapping with that key, or NULL (also if `mapping` is NULL or not a mapping). */
struct yaml_node *yaml_find(const struct yaml_node *mapping, const char *key);

/* A deep copy without a parent. */
struct yaml_node *yaml_copy(struct yaml_arena *arena, const struct yaml_node *node);

/* Puts a copy of `value` at the dotted `path` below `root`, making the mappings on the way.
 * Mappings are merged key by key, everything else is replaced. STATUS_CONFIG: the way leads through
 * something that is not a mapping; the error is at `value`. */
MUST_CHECK enum status yaml_put(struct yaml_arena *arena, struct yaml_node *root, const char *path,
                                const struct yaml_node *value, struct error *reterr);

/* Takes the child with that key out of a mapping, if it is there. */
void yaml_remove(struct yaml_node *mapping, const char *key);

/* Writes the dotted path of `node` ("market.instrument.BTCUSDT.lot", "events[2].at"). */
void yaml_path(const struct yaml_node *node, size_t size, char *ret_path);

/* The node that a message's dotted key at its start names ("margin.tiers.X[2].cap: ..."), or the
 * deepest one on the way that is there. */
const struct yaml_node *yaml_locate(const struct yaml_node *root, const char *message);

/* Raise STATUS_CONFIG at the node's value, or at its key. */
enum status yaml_error(const struct yaml_node *node, struct error *reterr, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum status yaml_key_error(const struct yaml_node *node, struct error *reterr, const char *format,
                           ...) __attribute__((format(printf, 3, 4)));

/* Of `count` names the one with the smallest edit distance to `text` (the first of equals), "" if
 * there is none. */
const char *yaml_nearest(const char *text, const char *const *names, size_t count);

#include "base/field_walk.h"

#include <assert.h>
#include <string.h>

#include <glib.h>

#include "base/field_value.h"

/* The members of a group or option; NULL: the option is not given. */
static const void *inner_of(const struct field *field, const void *holder) {
    assert(holder != NULL);
    const void *inner = (const char *)holder + field->offset;
    if (field->kind == FIELD_OPTION)
        memcpy(&inner, (const char *)holder + field->offset, sizeof(inner));
    return inner;
}

/* A path is grown by a step and cut back to the length that it had. */
static gsize step_key(GString *path, const char *key) {
    const gsize length = path->len;
    if (key[0] != '\0' && length > 0 && path->str[length - 1] != '.')
        g_string_append_c(path, '.');
    g_string_append(path, key);
    return length;
}

static gsize step_row(GString *path, const struct field *list, const void *row, size_t index) {
    if (list->rows.named)
        return step_key(path, field_row_name(row));
    const gsize length = path->len;
    g_string_append_printf(path, "[%zu]", index);
    return length;
}

/* ---- in range ---- */

static enum status outside(const struct field *field, const void *holder, const GString *path,
                           struct error *reterr) {
    char buffer[FIELD_TEXT_SIZE];
    if (field->kind == FIELD_CHOICE)
        return error_set(reterr, STATUS_CONFIG, "%s: unknown %s", path->str,
                         field->unit != NULL ? field->unit : "choice");
    if (field->kind == FIELD_DECIMAL) /* it may have more decimals than can be written */
        return error_set(reterr, STATUS_CONFIG,
                         "%s: must be %s %.10g, at most %.10g and have at most %d decimals",
                         path->str, field->above ? "above" : "at least", field->least, field->most,
                         field->decimals > 0 ? field->decimals : FIELD_DECIMALS_MAX);
    if (field->above)
        return error_set(reterr, STATUS_CONFIG, "%s: must be above %.10g and at most %.10g",
                         path->str, field->least, field->most);
    return error_set(reterr, STATUS_CONFIG, "%s: %s is outside %.10g..%.10g", path->str,
                     field_text(field, holder, buffer), field->least, field->most);
}

/* Of two keys that share a member only the one in use is held to its range. */
static enum status check_scalar(const struct field *field, const void *holder, GString *path,
                                struct error *reterr) {
    char buffer[FIELD_TEXT_SIZE];
    if (field_in_range(field, holder) || (field->text != NULL && field->kind != FIELD_DECIMAL &&
                                          strcmp(field->text(holder, buffer), "none") == 0))
        return STATUS_OK;
    return outside(field, holder, path, reterr);
}

static enum status check_table(const struct field *fields, const void *holder, GString *path,
                               struct error *reterr);

static enum status check_rows(const struct field *list, const void *holder, GString *path,
                              struct error *reterr) {
    const size_t count = field_row_count(list, holder);
    enum status status = STATUS_OK;
    if (list->rows.most > 0 && count > list->rows.most)
        return error_set(reterr, STATUS_CONFIG, "%s: at most %zu, not %zu", path->str,
                         list->rows.most, count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        const void *row = field_row(list, holder, i);
        const gsize length = step_row(path, list, row, i);
        for (size_t k = 0; list->rows.named && k < i; k++)
            if (strcmp(field_row_name(row), field_row_name(field_row(list, holder, k))) == 0)
                return error_set(reterr, STATUS_CONFIG, "%s: given twice", path->str);
        status = check_table(list->of, row, path, reterr);
        g_string_truncate(path, length);
    }
    return status;
}

static enum status check_table(const struct field *fields, const void *holder, GString *path,
                               struct error *reterr) {
    enum status status = STATUS_OK;
    for (const struct field *field = fields; field->key != NULL && status == STATUS_OK; field++) {
        if (field->kind == FIELD_NODE || field->offset == FIELD_NOWHERE)
            continue;
        const gsize length = step_key(path, field->key);
        if (field->kind == FIELD_LIST)
            status = check_rows(field, holder, path, reterr);
        else if (field->kind != FIELD_GROUP && field->kind != FIELD_OPTION)
            status = check_scalar(field, holder, path, reterr);
        else if (inner_of(field, holder) != NULL)
            status = check_table(field->of, inner_of(field, holder), path, reterr);
        g_string_truncate(path, length);
    }
    return status;
}

enum status fields_check(const struct field *fields, const void *holder, const char *prefix,
                         struct error *reterr) {
    GString *path = g_string_new(prefix);
    const enum status status = check_table(fields, holder, path, reterr);
    g_string_free(path, TRUE);
    return status;
}

/* ---- as text ---- */

static void write_table(GString *out, const struct field *fields, const void *holder);

static void write_rows(GString *out, const struct field *list, const void *holder) {
    const bool named = list->rows.named;
    g_string_append_c(out, named ? '{' : '[');
    for (size_t i = 0; i < field_row_count(list, holder); i++) {
        const void *row = field_row(list, holder, i);
        g_string_append(out, i > 0 ? ", " : "");
        if (named)
            g_string_append_printf(out, "%s: ", field_row_name(row));
        write_table(out, list->of, row);
    }
    g_string_append_c(out, named ? '}' : ']');
}

static void write_member(GString *out, const struct field *field, const void *holder) {
    char buffer[FIELD_TEXT_SIZE];
    if (field->kind == FIELD_LIST)
        write_rows(out, field, holder);
    else if (field->kind != FIELD_GROUP && field->kind != FIELD_OPTION)
        g_string_append(out, field_text(field, holder, buffer));
    else if (inner_of(field, holder) != NULL)
        write_table(out, field->of, inner_of(field, holder));
    else
        g_string_append(out, "none");
}

/* As a file has it: a value alone, a list of values, or a mapping. */
static void write_table(GString *out, const struct field *fields, const void *holder) {
    const bool bare = fields[0].key[0] == '\0';
    const bool alone = bare && fields[1].key == NULL;
    const char *before = "";
    g_string_append(out, alone ? "" : bare ? "[" : "{");
    for (const struct field *field = fields; field->key != NULL; field++) {
        if (field->kind == FIELD_NODE || field->offset == FIELD_NOWHERE)
            continue;
        g_string_append(out, before);
        if (!bare)
            g_string_append_printf(out, "%s: ", field->key);
        write_member(out, field, holder);
        before = ", ";
    }
    g_string_append(out, alone ? "" : bare ? "]" : "}");
}

/* ---- compared ---- */

struct comparison {
    field_difference *each;
    void *closure;
    size_t count;
    GString *path;
};

static void differ(struct comparison *comparison, const char *in_a, const char *in_b) {
    comparison->count++;
    if (comparison->each != NULL)
        comparison->each(comparison->closure, comparison->path->str, in_a, in_b);
}

static void compare_tables(struct comparison *comparison, const struct field *fields, const void *a,
                           const void *b);

/* A row, or an option, that one of the two has not. */
static void differ_whole(struct comparison *comparison, const struct field *fields, const void *a,
                         const void *b) {
    GString *text = g_string_new(NULL);
    write_table(text, fields, a != NULL ? a : b);
    differ(comparison, a != NULL ? text->str : "none", b != NULL ? text->str : "none");
    g_string_free(text, TRUE);
}

static const void *find_row(const struct field *list, const void *holder, const void *row,
                            size_t index) {
    const size_t count = field_row_count(list, holder);
    if (!list->rows.named)
        return index < count ? field_row(list, holder, index) : NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(field_row_name(field_row(list, holder, i)), field_row_name(row)) == 0)
            return field_row(list, holder, i);
    return NULL;
}

static char *order_of(const struct field *list, const void *holder) {
    GString *names = g_string_new(NULL);
    for (size_t i = 0; i < field_row_count(list, holder); i++)
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "",
                               field_row_name(field_row(list, holder, i)));
    return g_string_free(names, FALSE);
}

static void compare_rows(struct comparison *comparison, const struct field *list, const void *a,
                         const void *b) {
    bool same_names = field_row_count(list, a) == field_row_count(list, b);
    for (size_t i = 0; i < field_row_count(list, a); i++) {
        const void *row = field_row(list, a, i);
        const void *other = find_row(list, b, row, i);
        const gsize length = step_row(comparison->path, list, row, i);
        if (other != NULL)
            compare_tables(comparison, list->of, row, other);
        else
            differ_whole(comparison, list->of, row, NULL);
        g_string_truncate(comparison->path, length);
        same_names = same_names && other != NULL;
    }
    for (size_t i = 0; i < field_row_count(list, b); i++) {
        const void *row = field_row(list, b, i);
        if (find_row(list, a, row, i) != NULL)
            continue;
        const gsize length = step_row(comparison->path, list, row, i);
        differ_whole(comparison, list->of, NULL, row);
        g_string_truncate(comparison->path, length);
    }
    if (!list->rows.named || !same_names)
        return;
    /* The engine goes through rows in their order: it is a part of what they say. */
    char *order_a = order_of(list, a);
    char *order_b = order_of(list, b);
    if (strcmp(order_a, order_b) != 0)
        differ(comparison, order_a, order_b);
    g_free(order_a);
    g_free(order_b);
}

static void compare_inner(struct comparison *comparison, const struct field *field, const void *a,
                          const void *b) {
    const void *inner_a = inner_of(field, a);
    const void *inner_b = inner_of(field, b);
    if (inner_a != NULL && inner_b != NULL)
        compare_tables(comparison, field->of, inner_a, inner_b);
    else if (inner_a != inner_b)
        differ_whole(comparison, field->of, inner_a, inner_b);
}

static void compare_tables(struct comparison *comparison, const struct field *fields, const void *a,
                           const void *b) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        char buffer_a[FIELD_TEXT_SIZE];
        char buffer_b[FIELD_TEXT_SIZE];
        if (field->kind == FIELD_NODE || field->offset == FIELD_NOWHERE)
            continue;
        const gsize length = step_key(comparison->path, field->key);
        if (field->kind == FIELD_LIST) {
            compare_rows(comparison, field, a, b);
        } else if (field->kind == FIELD_GROUP || field->kind == FIELD_OPTION) {
            compare_inner(comparison, field, a, b);
        } else {
            const char *in_a = field_text(field, a, buffer_a);
            const char *in_b = field_text(field, b, buffer_b);
            if (strcmp(in_a, in_b) != 0)
                differ(comparison, in_a, in_b);
        }
        g_string_truncate(comparison->path, length);
    }
}

size_t fields_compare(const struct field *fields, const void *a, const void *b, const char *prefix,
                      field_difference *each, void *closure) {
    struct comparison comparison = {each, closure, 0, g_string_new(prefix)};
    compare_tables(&comparison, fields, a, b);
    g_string_free(comparison.path, TRUE);
    return comparison.count;
}

#include "store/blocks/tick_group.h"

#include <stdlib.h>

void tick_group_finish(struct tick_group *group) {
    free(group->rows);
    *group = (struct tick_group){0};
}

struct tick_plain tick_plain_of(const struct tick_batch *batch, size_t row) {
    struct tick_plain plain = {.flags = batch->flags != NULL ? batch->flags[row] : 0};
    const size_t quantity = batch->flags != NULL ? 1 : 4;
    for (size_t i = 0; i <= quantity; i++) {
        plain.value[i] = decimal_normal(
            (struct decimal){batch->value[i][row],
                             i == quantity ? batch->quantity_decimals : batch->price_decimals});
    }
    return plain;
}

/* By what is stored, in any order that is an order. */
static int compare(const struct tick_plain *a, const struct tick_plain *b) {
    for (size_t i = 0; i < TICK_VALUES_MAX; i++) {
        if (a->value[i].mantissa != b->value[i].mantissa)
            return a->value[i].mantissa < b->value[i].mantissa ? -1 : 1;
        if (a->value[i].decimals != b->value[i].decimals)
            return a->value[i].decimals < b->value[i].decimals ? -1 : 1;
    }
    return (a->flags > b->flags) - (a->flags < b->flags);
}

bool tick_plain_equal(const struct tick_plain *a, const struct tick_plain *b) {
    return compare(a, b) == 0;
}

static int by_content(const void *left, const void *right) {
    const struct tick_plain *const a = left;
    const struct tick_plain *const b = right;
    const int sign = compare(a, b);
    return sign != 0 ? sign : (a->order > b->order) - (a->order < b->order);
}

static int by_order(const void *left, const void *right) {
    const struct tick_plain *const a = left;
    const struct tick_plain *const b = right;
    return (a->order > b->order) - (a->order < b->order);
}

enum status tick_group_add(struct tick_group *group, const struct tick_batch *batch, size_t row,
                           struct error *reterr) {
    if (group->count == TICK_GROUP_ROWS_MAX)
        return error_set(reterr, STATUS_CORRUPT,
                         "more than %zu rows of one time, and another file has some of it too",
                         TICK_GROUP_ROWS_MAX);
    if (group->count == group->capacity) {
        const size_t capacity = group->capacity == 0 ? 16 : 2 * group->capacity;
        struct tick_plain *rows = reallocarray(group->rows, capacity, sizeof(*rows));
        if (rows == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for the rows of one time");
        group->rows = rows;
        group->capacity = capacity;
    }
    struct tick_plain *const plain = &group->rows[group->count];
    *plain = tick_plain_of(batch, row);
    plain->order = group->count++;
    return STATUS_OK;
}

size_t tick_group_share(struct tick_group *a, struct tick_group *b) {
    qsort(a->rows, a->count, sizeof(*a->rows), by_content);
    qsort(b->rows, b->count, sizeof(*b->rows), by_content);
    size_t shared = 0;
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        const int sign = compare(&a->rows[i], &b->rows[k]);
        if (sign == 0) {
            a->rows[i].shared = b->rows[k].shared = true;
            shared++;
        }
        i += (size_t)(sign <= 0);
        k += (size_t)(sign >= 0);
    }
    qsort(a->rows, a->count, sizeof(*a->rows), by_order);
    qsort(b->rows, b->count, sizeof(*b->rows), by_order);
    return shared;
}

enum status tick_rows_fill(struct tick_rows *rows, struct error *reterr) {
    if (rows->ended || rows->at < rows->batch.count)
        return STATUS_OK;
    rows->at = 0;
    const enum status status = rows->source.next(rows->source.context, &rows->batch, reterr);
    if (status == STATUS_END)
        rows->ended = true;
    return status == STATUS_END ? STATUS_OK : status;
}

enum status tick_rows_take_group(struct tick_rows *rows, int64_t ts_ns, struct tick_group *group,
                                 struct error *reterr) {
    group->count = 0;
    enum status status = tick_rows_fill(rows, reterr);
    while (status == STATUS_OK && !rows->ended && rows->batch.ts_ns[rows->at] == ts_ns) {
        status = tick_group_add(group, &rows->batch, rows->at, reterr);
        rows->at++;
        if (status == STATUS_OK)
            status = tick_rows_fill(rows, reterr);
    }
    return status;
}

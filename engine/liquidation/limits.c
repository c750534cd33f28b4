#include "engine/liquidation/limits.h"

#include <string.h>

#include "engine/liquidation/block_limit.h"
#include "engine/liquidation/pace_limit.h"
#include "engine/liquidation/release_limit.h"
#include "engine/liquidation/window_limit.h"

const struct limit_kind *const limit_kinds[] = {&block_limit, &window_limit, &pace_limit,
                                                &release_limit, NULL};

enum status limits_prepare(struct limits *limits, const struct book *book, struct error *reterr) {
    enum status status = STATUS_OK;
    for (const struct limit_kind *const *kind = limit_kinds; *kind != NULL; kind++)
        if (status == STATUS_OK && (*kind)->is_ruled(book->rulebook))
            status = (*kind)->prepare(limits, book, reterr);
    return status;
}

void limits_finish(struct limits *limits) {
    for (const struct limit_kind *const *kind = limit_kinds; *kind != NULL; kind++)
        (*kind)->finish(limits);
    memset(limits, 0, sizeof(*limits));
}

void limits_renew(struct limits *limits, const struct book *book, size_t first, size_t end) {
    for (const struct limit_kind *const *kind = limit_kinds; *kind != NULL; kind++)
        if ((*kind)->is_ruled(book->rulebook))
            (*kind)->renew(limits, book, first, end);
}

void limits_note(struct limits *limits, const struct book *book, const struct order *order) {
    for (const struct limit_kind *const *kind = limit_kinds; *kind != NULL; kind++)
        if ((*kind)->note != NULL && (*kind)->is_ruled(book->rulebook))
            (*kind)->note(limits, book, order);
}

void limits_settle(struct limits *limits, const struct book *book, const struct order *order,
                   int64_t fill) {
    for (const struct limit_kind *const *kind = limit_kinds; *kind != NULL; kind++)
        if ((*kind)->settle != NULL && (*kind)->is_ruled(book->rulebook))
            (*kind)->settle(limits, book, order, fill);
}

size_t limits_bytes(const struct limits *limits, const struct book *book) {
    size_t bytes = 0;
    for (const struct limit_kind *const *kind = limit_kinds; *kind != NULL; kind++)
        bytes += (*kind)->bytes(limits, book);
    return bytes;
}

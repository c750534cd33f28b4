#include "engine/liquidation/execute.h"

#include "engine/liquidation/fill_limit.h"

enum status execute_divide(struct book *book, struct wave *wave, uint32_t instrument,
                           waterfall_price *fill, const void *context, struct error *reterr) {
    enum status status = fill_limit_cut(book, wave, instrument, fill, context, reterr);
    if (status == STATUS_OK)
        status = waterfall_divide(book, wave, instrument, fill, context, reterr);
    if (status == STATUS_OK) /* what has left the market may have moved the price against some */
        status = fill_limit_cut(book, wave, instrument, fill, context, reterr);
    if (status == STATUS_OK)
        status = waterfall_take_rests(book, wave, instrument, reterr);
    if (status == STATUS_OK)
        status = waterfall_take_over(book, wave, instrument, reterr);
    return status;
}

void execute_settle_limits(const struct book *book, struct wave *wave, uint32_t instrument) {
    if (book->rulebook->limits.block_ns == 0 && book->rulebook->limits.window_ns == 0)
        return;
    for (size_t o = 0; o < wave->orders.count; o++)
        if (order_instrument(book, &wave->orders.rows[o]) == instrument)
            limits_settle(&wave->limits, book, &wave->orders.rows[o], wave->fill_price[instrument]);
}

#include "engine/liquidation/loss_spread.h"

#include "engine/rules/loss_index.h"

#define INDEX_SCALE INT64_C(1000000000) /* the index is in 1e-9 of the money unit a lot */

static const struct position *held(const struct book *book, size_t holder) {
    const struct pool *pool = &book->pools[book->holders[holder].pool];
    return &book_positions(book, pool)[book->holders[holder].position];
}

static enum status charge(struct book *book, uint32_t i, int128 loss, bool *ret_charged,
                          struct error *reterr) {
    int128 longs = 0;
    int128 shorts = 0;
    for (size_t h = book->holder_first[i]; h < book->holder_first[i + 1]; h++) {
        const int64_t lots = held(book, h)->lots;
        if (lots > 0)
            longs += lots;
        else
            shorts += units_magnitude(lots);
    }
    const int128 index = loss_index_open_interest(loss, longs, shorts, INDEX_SCALE);
    *ret_charged = index >= 0;
    if (index < 0)
        return STATUS_OK;
    int128 charged = 0;
    for (size_t h = book->holder_first[i]; h < book->holder_first[i + 1]; h++) {
        const int64_t lots = held(book, h)->lots;
        struct pool *pool = &book->pools[book->holders[h].pool];
        if (lots == 0)
            continue;
        const int128 due = loss_index_charge(index, lots, INDEX_SCALE);
        if (!units_fits_int64(pool->wallet - due))
            return error_set(reterr, STATUS_RANGE,
                             "a socialised loss of '%s' does not fit the money unit",
                             book->instruments[i].symbol);
        pool->wallet -= (int64_t)due;
        charged += due;
        if (pool->state == POOL_LIVE)
            book_queue(book, book->holders[h].pool);
    }
    book->ledger.deficit += loss;
    ledger_fund_receive(&book->ledger, i, charged - loss);
    return STATUS_OK;
}

enum status loss_spread_wave(struct book *book, struct wave *wave, struct error *reterr) {
    enum status status = STATUS_OK;
    /* all of them: a shortfall may stand on a row without lots, of an instrument nobody closed */
    for (uint32_t i = 0; i < book->instrument_count && status == STATUS_OK; i++) {
        int128 loss = 0;
        bool charged = false;
        for (size_t r = 0; r < wave->row_count; r++)
            loss += wave->rows[r].instrument == i ? wave->rows[r].unpaid : 0;
        if (loss == 0)
            continue;
        status = charge(book, i, loss, &charged, reterr);
        for (size_t r = 0; r < wave->row_count && charged; r++) {
            struct liquidation_record *row = &wave->rows[r];
            if (row->instrument != i)
                continue;
            row->paid_socialised = row->unpaid;
            row->unpaid = 0;
        }
    }
    return status;
}

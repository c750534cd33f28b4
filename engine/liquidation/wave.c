#include "engine/liquidation/wave.h"

#include <stdlib.h>
#include <string.h>

#include "base/growing.h"

enum status wave_init(struct wave *wave, size_t instrument_count, struct error *reterr) {
    memset(wave, 0, sizeof(*wave));
    wave->net = calloc(instrument_count, sizeof(*wave->net));
    wave->touched = calloc(instrument_count, sizeof(*wave->touched));
    wave->is_touched = calloc(instrument_count, sizeof(*wave->is_touched));
    wave->fill_price = calloc(instrument_count, sizeof(*wave->fill_price));
    wave->worked_off = calloc(instrument_count, sizeof(*wave->worked_off));
    wave->taken = calloc(instrument_count, sizeof(*wave->taken));
    wave->fund_left = calloc(instrument_count, sizeof(*wave->fund_left));
    if (wave->net == NULL || wave->touched == NULL || wave->is_touched == NULL ||
        wave->taken == NULL || wave->fund_left == NULL || wave->fill_price == NULL ||
        wave->worked_off == NULL) {
        wave_finish(wave);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for waves");
    }
    return STATUS_OK;
}

void wave_finish(struct wave *wave) {
    limits_finish(&wave->limits);
    order_list_finish(&wave->orders);
    free(wave->net);
    free(wave->taken);
    free(wave->fund_left);
    free(wave->touched);
    free(wave->is_touched);
    free(wave->fill_price);
    free(wave->worked_off);
    free(wave->rows);
    free(wave->shortfalls);
    free(wave->shares);
    free(wave->weights);
    free(wave->exchanges);
    free(wave->ready);
    free(wave->matches);
    free(wave->row_pool);
    free(wave->adl_rows);
    memset(wave, 0, sizeof(*wave));
}

enum status wave_prepare(struct wave *wave, const struct book *book, struct error *reterr) {
    return limits_prepare(&wave->limits, book, reterr);
}

void wave_clear(struct wave *wave) {
    for (size_t t = 0; t < wave->touched_count; t++) {
        wave->net[wave->touched[t]] = 0;
        wave->worked_off[wave->touched[t]] = 0;
        memset(&wave->taken[wave->touched[t]], 0, sizeof(*wave->taken));
        wave->is_touched[wave->touched[t]] = false;
    }
    wave->touched_count = 0;
    wave->orders.count = 0;
    wave->match_count = 0;
    wave->exchange_count = 0;
    wave->row_count = 0;
    wave->ready_count = 0;
}

void wave_touch(struct wave *wave, uint32_t instrument) {
    if (wave->is_touched[instrument])
        return;
    wave->is_touched[instrument] = true;
    wave->touched[wave->touched_count++] = instrument;
}

void wave_add_net(struct wave *wave, const struct order *order, uint32_t instrument, int64_t lots) {
    if (order->way != WAY_MARK)
        wave->net[instrument] += lots;
}

enum status wave_add_match(struct wave *wave, struct adl_match match, struct error *reterr) {
    if (!growing_reserve(&wave->matches, wave->match_count, &wave->match_capacity,
                         sizeof(*wave->matches), 256))
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for what leaves the market");
    match.number = (uint32_t)wave->match_count;
    wave->matches[wave->match_count++] = match;
    return STATUS_OK;
}

#include "engine/book/inventory.h"

#include <stdlib.h>
#include <string.h>

enum status inventory_init(struct inventory *inventory, const struct instrument *instruments,
                           size_t instrument_count, struct error *reterr) {
    memset(inventory, 0, sizeof(*inventory));
    inventory->lots = calloc(instrument_count, sizeof(*inventory->lots));
    inventory->cost = calloc(instrument_count, sizeof(*inventory->cost));
    if (inventory->lots == NULL || inventory->cost == NULL) {
        inventory_finish(inventory);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for taken-over positions");
    }
    inventory->instruments = instruments;
    inventory->instrument_count = instrument_count;
    return STATUS_OK;
}

void inventory_finish(struct inventory *inventory) {
    free(inventory->lots);
    free(inventory->cost);
    memset(inventory, 0, sizeof(*inventory));
}

/* Takes the share of `lots` (signed as held) out of the cost. */
static int128 cost_share(struct inventory *inventory, uint32_t i, int64_t lots) {
    const int128 held = inventory->lots[i];
    const int128 share =
        lots == held ? inventory->cost[i]
                     : div_floor(inventory->cost[i] * units_magnitude(lots), units_magnitude(held));
    inventory->lots[i] -= lots;
    inventory->cost[i] -= share;
    return share;
}

enum status inventory_take(struct inventory *inventory, uint32_t i, int64_t lots, int128 cash,
                           int128 *ret_pnl, struct error *reterr) {
    const int64_t held = inventory->lots[i];
    *ret_pnl = 0;
    if (held == 0 || (held > 0) == (lots > 0)) {
        if (!units_fits_int64((int128)held + lots))
            return error_set(reterr, STATUS_RANGE, "too many lots of '%s' were taken over",
                             inventory->instruments[i].symbol);
        inventory->lots[i] += lots;
        inventory->cost[i] += cash;
        return STATUS_OK;
    }
    /* Opposite positions meet: what closes does so at the price of the one that comes. */
    const int64_t closed = units_magnitude(lots) < units_magnitude(held) ? -lots : held;
    const int128 paid = div_floor(cash * units_magnitude(closed), units_magnitude(lots));
    *ret_pnl = -paid - cost_share(inventory, i, closed);
    inventory->lots[i] += lots + closed;
    inventory->cost[i] += cash - paid;
    return STATUS_OK;
}

int64_t inventory_step(const struct inventory *inventory, uint32_t i, int64_t fraction_e8) {
    const int128 held = units_magnitude(inventory->lots[i]);
    const int64_t step = (int64_t)div_ceil(held * fraction_e8, RATE_SCALE);
    return inventory->lots[i] < 0 ? -step : step;
}

int128 inventory_give(struct inventory *inventory, uint32_t i, int64_t lots, int128 proceeds) {
    return proceeds - cost_share(inventory, i, lots);
}

bool inventory_is_empty(const struct inventory *inventory) {
    for (size_t i = 0; i < inventory->instrument_count; i++) {
        if (inventory->lots[i] != 0)
            return false;
    }
    return true;
}

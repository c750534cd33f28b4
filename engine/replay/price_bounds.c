#include "engine/replay/price_bounds.h"

#define WALLET_MOST                                                                                \
    ((int128)1 << 62) /* money; half of what 64 bits hold is left for what it had                  \
                       */

void price_bounds_narrow(const struct book *book, struct price_bounds *bounds) {
    for (size_t p = 0; p < book->pool_count; p++) {
        const struct pool *pool = &book->pools[p];
        for (uint16_t k = 0; k < pool->position_count; k++) {
            const struct position *position = &book_positions(book, pool)[k];
            const struct instrument *instrument = &book->instruments[position->instrument];
            struct price_bounds *own = &bounds[position->instrument];
            const int128 most = WALLET_MOST / pool->position_count * instrument->value_den;
            const int128 unit = (int128)lots_magnitude(position->lots) * instrument->value_num;
            if (unit == 0)
                continue;
            if (instrument_is_inverse(instrument)) {
                const int128 low = div_ceil(unit, most);
                if (low > own->low)
                    own->low = low < own->high ? (int64_t)low : own->high;
            } else {
                const int128 high = div_floor(most, unit);
                if (high < own->high)
                    own->high = high > own->low ? (int64_t)high : own->low;
            }
        }
    }
}

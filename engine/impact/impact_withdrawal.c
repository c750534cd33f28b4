/* Depth that withdraws with volatility and after falls (struct withdrawal of impact.h; models.md
 * 1.7). Liquidity flowing into a book falls with past volatility and trend: Fosset, Bouchaud,
 * Benzaquen 2019 (arXiv 1912.00359). Since the path includes what the flow itself has moved, a
 * cascade makes its own market thinner. */

#include "base/elementary.h"
#include "base/units.h"
#include "engine/impact/impact_list.h"

#define FALL_MINUTES 15

/* What is remembered; the rest are the prices of the last FALL_MINUTES minutes, oldest first. */
enum { MINUTE, SIGMA, PRICE_COUNT, PRICES };

enum status impact_check_withdrawal(const struct withdrawal *withdrawal, struct error *reterr) {
    enum status status =
        impact_check_range("withdrawal.volatility", withdrawal->volatility, 0.0, 10.0, reterr);
    if (status == STATUS_OK)
        status = impact_check_range("withdrawal.fall", withdrawal->fall, 0.0, 1.0, reterr);
    if (status != STATUS_OK || (withdrawal->volatility == 0.0 && withdrawal->fall == 0.0))
        return status;
    status = impact_check_range("withdrawal.floor", withdrawal->floor, 1e-3, 1.0, reterr);
    if (status == STATUS_OK)
        status = impact_check_range("withdrawal.volatility_reference",
                                    withdrawal->volatility_reference, 0.0, 10.0, reterr);
    if (status == STATUS_OK)
        status = impact_check_range("withdrawal.fall_reference", withdrawal->fall_reference, 1e-6,
                                    10.0, reterr);
    if (status == STATUS_OK)
        status =
            impact_check_range("withdrawal.half_life_s", withdrawal->half_life_s, 1.0, 1e9, reterr);
    return status;
}

/* One minute ends at `price`. */
static void take_minute(double *memory, double kept, double price) {
    double *prices = memory + PRICES;
    size_t count = (size_t)memory[PRICE_COUNT];
    double move = elementary_log(price / prices[count - 1]);
    if (move < 0.0)
        move = -move;
    memory[SIGMA] = kept * memory[SIGMA] + (1.0 - kept) * move;
    if (count == FALL_MINUTES + 1) {
        for (size_t i = 1; i < count; i++)
            prices[i - 1] = prices[i];
        count--;
    }
    prices[count] = price;
    memory[PRICE_COUNT] = (double)(count + 1);
}

static double depth_left(const struct withdrawal *withdrawal, const double *memory) {
    const double *prices = memory + PRICES;
    const double now = prices[(size_t)memory[PRICE_COUNT] - 1];
    double left = 1.0;
    if (withdrawal->volatility_reference > 0.0)
        left = elementary_exp(-withdrawal->volatility *
                              (memory[SIGMA] / withdrawal->volatility_reference - 1.0));
    if (now < prices[0]) {
        const double share = elementary_log(prices[0] / now) / withdrawal->fall_reference;
        left *= 1.0 - withdrawal->fall * (share < 1.0 ? share : 1.0);
    }
    return left > withdrawal->floor ? left : withdrawal->floor;
}

/* Minutes without a call are taken one by one, as if each had been observed: so it is of no
 * consequence which of them the caller leaves out. */
void impact_observe_withdrawal(const struct withdrawal *withdrawal, double *thinned, double *memory,
                               int64_t minute, double price) {
    if (withdrawal->volatility == 0.0 && withdrawal->fall == 0.0)
        return;
    if (memory[PRICE_COUNT] == 0.0) {
        memory[SIGMA] = withdrawal->volatility_reference;
        memory[PRICES] = price;
        memory[PRICE_COUNT] = 1.0;
    } else {
        const double kept = impact_decay(withdrawal->half_life_s, NS_PER_MINUTE);
        for (int64_t m = (int64_t)memory[MINUTE] + 1; m < minute; m++)
            take_minute(memory, kept, memory[PRICES + (size_t)memory[PRICE_COUNT] - 1]);
        take_minute(memory, kept, price);
    }
    memory[MINUTE] = (double)minute;
    *thinned = 1.0 / depth_left(withdrawal, memory) - 1.0;
}

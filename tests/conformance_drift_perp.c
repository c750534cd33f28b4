/* Drift v2: the liquidation of a perpetual, call by call (controller/liquidation.rs:
 * liquidate_perp). */

#include "engine/rules/close_fee.h"
#include "engine/rules/close_price.h"
#include "tests/conformance_drift.h"

#define Q QUANTUM_DECIMALS
#define QUOTE_UNIT INT64_C(1000000)
#define BASE 9
#define BASE_UNIT INT64_C(1000000000)
#define RATIO_STEP INT64_C(10000) /* margin ratios are in 1e-4 of 1e-8 */

int128 drift_small(const json_t *in) {
    return protocol_scaled(in, "minimum_shortage accelerate_below small_value", Q, 50 * QUOTE_UNIT);
}

bool drift_perp_read(struct vector *vector, struct drift_perp *ret_perp) {
    const json_t *in = vector->inputs;
    const json_t *position = vector_find(in, "position");
    const json_t *order = vector_find(in, "open_order");
    if (!vector_require(vector, "oracle_price,margin_ratio_maintenance"))
        return false;
    const int128 size = protocol_scaled(position, "size quantity", BASE, 0);
    int128 ordered = protocol_scaled(order, "size quantity", BASE, 0);
    const char *side = vector_text(order, "side");
    if (side[0] != '\0' && (side[0] == 'b') != (size > 0))
        ordered = 0; /* reduces: the position alone is the worst case */
    const bool released = vector_has(in, "duration_slots liquidation_duration_slots");
    *ret_perp = (struct drift_perp){
        .collateral = protocol_scaled(in, "collateral_usdc collateral", Q, 0),
        .price = protocol_scaled(in, "oracle_price", Q, 0),
        .size = size,
        .quote = protocol_scaled(position, "quote_entry quote", Q, 0),
        .open_size = ordered,
        .order_margin = order != NULL ? QUOTE_UNIT / 100 : 0,
        .ratio_e8 = protocol_rate(in, "margin_ratio_maintenance", 0),
        .buffer_e8 = protocol_rate(in, "liquidation_buffer", 0),
        .fee_e8 = protocol_rate(in, "liquidator_fee", 0),
        .insurance_e8 = protocol_rate(in, "insurance_fund_fee_max", 0),
        .most = protocol_scaled(in, "max_base max_base_this_call", BASE, units_magnitude(size)),
        /* The protocol's test markets trade in steps of 0.01 where nothing else is said. */
        .step = protocol_scaled(in, "order_step", BASE, BASE_UNIT / 100),
        .release = {.initial_part = (int64_t)protocol_scaled(in, "initial_pct", 4,
                                                             released ? 0 : CLOSE_PART_SCALE),
                    .duration = (int64_t)protocol_scaled(
                        in, "duration_slots liquidation_duration_slots", 0, 0),
                    .minimum = drift_small(in)},
        .small = drift_small(in),
    };
    return true;
}

/* Requirement at `ratio_e8` less collateral; a loss counts with the buffer on top of it. */
static int128 shortage_of(const struct drift_perp *perp, int64_t buffer_e8) {
    const int128 open = perp->cancelled ? 0 : perp->open_size;
    const int128 worst = units_magnitude(perp->size) + open;
    const int128 requirement =
        worst * perp->price / BASE_UNIT * (perp->ratio_e8 + buffer_e8) / RATE_SCALE +
        (perp->cancelled ? 0 : perp->order_margin);
    const int128 value = units_magnitude(perp->size) * perp->price / BASE_UNIT;
    const int128 result = (perp->size < 0 ? -value : value) + perp->quote;
    int128 equity = perp->collateral + result;
    if (result < 0)
        equity -= -result * buffer_e8 / RATE_SCALE;
    return requirement - equity;
}

static int128 up_to_step(int128 quantity, int128 step) {
    return step <= 0 ? quantity : div_ceil(quantity, step) * step;
}

/* Closes `base` at the oracle less the liquidator's fee, and pays the insurance fund. */
static void transfer(struct drift_perp *perp, int128 base, int64_t insurance_e8) {
    const int128 value = base * perp->price / BASE_UNIT;
    const bool is_long = perp->size > 0;
    const int128 paid = close_oracle_value(is_long ? value : -value, perp->fee_e8);
    const int128 fee = value * insurance_e8 / RATE_SCALE;
    perp->size -= is_long ? base : -base;
    perp->quote += paid - fee;
    perp->insurance += fee;
    perp->liquidator_size += is_long ? base : -base;
    perp->liquidator_quote -= paid;
}

void drift_perp_step(struct drift_perp *perp, int64_t elapsed) {
    if (shortage_of(perp, perp->in_liquidation ? perp->buffer_e8 : 0) <= 0) {
        perp->in_liquidation = false;
        perp->freed = 0;
        return;
    }
    perp->in_liquidation = true;
    const int128 before = shortage_of(perp, perp->buffer_e8);
    perp->cancelled = true; /* open orders go first, and what that frees counts */
    const int128 shortage = shortage_of(perp, perp->buffer_e8);
    perp->freed += before > shortage ? before - shortage : 0;
    const int128 size = units_magnitude(perp->size);
    const int128 value = size * perp->price / BASE_UNIT;
    if (shortage <= 0 || size == 0)
        return;
    const int64_t ratio = perp->ratio_e8 + perp->buffer_e8;
    const int64_t insurance =
        close_insurance_fee_e8(shortage, value, ratio, perp->fee_e8, perp->insurance_e8);
    const int128 cover =
        close_cover(shortage, perp->price, BASE_UNIT, ratio, perp->fee_e8, insurance);
    const int64_t part = close_released_part(&perp->release, shortage, perp->freed, elapsed);
    int128 base =
        cover == CLOSE_ALL ? CLOSE_ALL : up_to_step(cover, perp->step) * part / CLOSE_PART_SCALE;
    if (base == 0)
        return;
    if (value <= perp->small && base < size)
        base = size;
    base = base < perp->most ? base : perp->most;
    base = up_to_step(base < size ? base : size, perp->step);
    transfer(perp, base < size ? base : size, insurance);
    const int128 after = shortage_of(perp, perp->buffer_e8);
    perp->freed += shortage - (after > 0 ? after : 0);
}

/* floor(sqrt(value)) by Newton's steps. */
static int128 root_of(int128 value) {
    if (value < 2)
        return value;
    int128 root = (int128)1 << 63;
    for (;;) {
        const int128 next = (root + value / root) / 2;
        if (next >= root)
            return root;
        root = next;
    }
}

bool drift_requirement(const json_t *in, int128 *ret_requirement) {
    const int128 size = units_magnitude(protocol_scaled(in, "position_size", BASE, 0)) +
                        protocol_scaled(in, "open_order_size", BASE, 0);
    const int64_t base = protocol_rate(in, "margin_ratio_maintenance", 0);
    const int128 factor = protocol_scaled(in, "imf_factor", Q, 0);
    if (size > (int128)1 << 100)
        return false;
    int128 ratio = base;
    if (factor > 0) {
        const int128 premium =
            root_of(size * 10 + 1) * factor / (100000 * (QUOTE_UNIT / 10000)) * RATIO_STEP;
        const int128 steps = base / RATIO_STEP;
        const int128 grown = (steps - steps / 5) * RATIO_STEP + premium;
        ratio = grown > ratio ? grown : ratio;
    }
    const int128 notional = size * protocol_scaled(in, "oracle_price", Q, 0) / BASE_UNIT;
    *ret_requirement =
        notional * ratio / RATE_SCALE + (vector_has(in, "open_order_size") ? QUOTE_UNIT / 100 : 0);
    return true;
}

#include "engine/liquidation/closing_terms.h"

#include "engine/liquidation/closing.h"
#include "engine/rules/close_amount.h"
#include "engine/rules/close_fee.h"
#include "engine/rules/mul_div.h"

/* A need is cut off at a thousandth of a lot, then whole lots are closed. */
#define LOT_PARTS 1000

static int64_t exit_ratio_e8(const struct book *book) {
    return book->rulebook->liquidation.exit_ratio_e8 != 0
               ? book->rulebook->liquidation.exit_ratio_e8
               : RATE_SCALE;
}

int128 closing_shortage(const struct book *book, struct pool_health health) {
    const int128 wanted = div_ceil(health.requirement * exit_ratio_e8(book), RATE_SCALE);
    return wanted > health.equity ? wanted - health.equity : 0;
}

/* A position at the shown price. */
struct exposure {
    int64_t lots; /* magnitude */
    int128 notional;
    int128 own;       /* requirement of it */
    int64_t ratio_e8; /* at the exit ratio, of its notional */
    int64_t fee_e8;   /* of what is closed */
};

static struct exposure exposure_of(const struct book *book, const struct position *position) {
    const int128 notional = book_notional(book, position->instrument, position->lots);
    const int128 own = book_requirement(book, position);
    int128 ratio = 0;
    if (notional > 0)
        ratio = own * exit_ratio_e8(book) / notional;
    return (struct exposure){
        .lots = lots_magnitude(position->lots),
        .notional = notional,
        .own = own,
        .ratio_e8 = ratio > INT64_MAX ? INT64_MAX : (int64_t)ratio,
        .fee_e8 = book->rules[position->instrument].fee_rate_e8,
    };
}

/* The part of the pool's shortage that is the position's by margin, rounded up. */
static int128 own_shortage(const struct book *book, const struct exposure *exposure,
                           struct pool_health health) {
    const int128 shortage = closing_shortage(book, health);
    return health.requirement <= 0 ? shortage
                                   : mul_div_ceil(shortage, exposure->own, health.requirement);
}

static int64_t insurance_e8(const struct book *book, const struct exposure *exposure,
                            struct pool_health health) {
    const struct rulebook_liquidation *rules = &book->rulebook->liquidation;
    if (rules->insurance_fee_limit != INSURANCE_FEE_MARGIN)
        return rules->insurance_fee_e8;
    return close_insurance_fee_e8(own_shortage(book, exposure, health), exposure->notional,
                                  exposure->ratio_e8, exposure->fee_e8, rules->insurance_fee_e8);
}

int64_t closing_insurance_e8(const struct book *book, const struct position *position,
                             struct pool_health health) {
    if (book->rulebook->liquidation.insurance_fee_e8 == 0)
        return 0;
    const struct exposure exposure = exposure_of(book, position);
    return insurance_e8(book, &exposure, health);
}

int64_t closing_portion(const struct book *book, const struct closing *rule,
                        const struct position *position) {
    const struct exposure exposure = exposure_of(book, position);
    const int128 most = close_portion_most(
        exposure.notional, book->rulebook->liquidation.minimum_notional, rule->fraction_e8);
    return (int64_t)close_portion_quantity(exposure.lots, exposure.notional, most, 1);
}

int64_t closing_cover(const struct book *book, const struct closing *rule,
                      const struct position *position, struct pool_health health) {
    const struct exposure exposure = exposure_of(book, position);
    if (exposure.notional <= book->rulebook->liquidation.minimum_notional)
        return exposure.lots;
    const int128 shortage = closing_is_together(rule) ? own_shortage(book, &exposure, health)
                                                      : closing_shortage(book, health);
    const int128 cover =
        close_cover(shortage, exposure.notional, (int128)exposure.lots * LOT_PARTS,
                    exposure.ratio_e8, exposure.fee_e8, insurance_e8(book, &exposure, health));
    if (cover >= (int128)exposure.lots * LOT_PARTS && rule->release_e4 == CLOSE_PART_SCALE)
        return exposure.lots;
    const int128 whole = div_ceil(cover, LOT_PARTS);
    const int128 lots = mul_div_ceil(whole, rule->release_e4, CLOSE_PART_SCALE);
    return lots < 1 ? 1 : lots < exposure.lots ? (int64_t)lots : exposure.lots;
}

int128 closing_frees(const struct book *book, const struct closing *rule,
                     const struct position *position, struct pool_health health, int64_t lots) {
    if (rule->close != CLOSE_TO_COVER || book->rulebook->limits.release_ns == 0)
        return -1;
    const struct exposure exposure = exposure_of(book, position);
    const int64_t rate_e8 =
        exposure.ratio_e8 - exposure.fee_e8 - insurance_e8(book, &exposure, health);
    if (rate_e8 <= 0)
        return 0;
    const int128 value = mul_div_floor(exposure.notional, lots_magnitude(lots), exposure.lots);
    return mul_div_floor(value, rate_e8, RATE_SCALE);
}

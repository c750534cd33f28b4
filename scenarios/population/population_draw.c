#include "scenarios/population/population_draw.h"

#include <assert.h>

#include "base/elementary.h"
#include "base/random_stream.h"

/* What a pair has in common: its contracts, their sides and unscaled notionals. */
struct legs {
    double z; /* size, as in the plan */
    bool large;
    bool hedged;
    uint32_t count;
    uint32_t instrument[POPULATION_POSITIONS_MAX];
    int64_t notional[POPULATION_POSITIONS_MAX]; /* money, unsigned */
    bool is_long[POPULATION_POSITIONS_MAX];     /* for the first account of the pair */
};

const char *population_cohort_name(enum population_cohort cohort) {
    static const char *const names[] = {
        [COHORT_FLAT] = "flat",
        [COHORT_RETAIL_LONG] = "retail-long",
        [COHORT_RETAIL_SHORT] = "retail-short",
        [COHORT_LARGE_LONG] = "large-long",
        [COHORT_LARGE_SHORT] = "large-short",
        [COHORT_HEDGED] = "hedged",
    };
    return names[cohort];
}

/* Streams of a pair: 0 for what both share, 1 and 2 for what each account has of its own. */
static void stream_of(const struct population_plan *plan, uint64_t pair, unsigned which,
                      struct random_stream *ret_stream) {
    random_stream_init(ret_stream, plan->settings->seed, RANDOM_POPULATION, pair << 2 | which);
}

static double draw_size(const struct population_plan *plan, double u) {
    const double tail_from = plan->settings->equity.tail_quantile;
    double z;
    if (u < tail_from) {
        z = plan->size_sd * elementary_normal_quantile(u);
    } else {
        const double v = (u - tail_from) / (1.0 - tail_from);
        z = plan->tail_z - elementary_log(1.0 - v * plan->tail_mass) / plan->tail_alpha;
    }
    return z < plan->cap_z ? z : plan->cap_z;
}

/* The first index whose running sum is above `u`. */
static uint32_t pick(const double *until, size_t count, double u) {
    size_t low = 0;
    size_t high = count - 1;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (u < until[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)low;
}

/* Chooses distinct contracts by weight. One that is drawn again is drawn anew; where nearly all
 * weight lies on the ones already held the account makes do with fewer. */
static void draw_instruments(const struct population_plan *plan, struct random_stream *stream,
                             uint32_t wanted, struct legs *legs) {
    legs->count = 0;
    for (int tries = 0; legs->count < wanted && tries < 200; tries++) {
        const uint32_t instrument =
            pick(plan->weight_until, plan->count, random_stream_uniform(stream));
        bool held = false;
        for (uint32_t k = 0; k < legs->count; k++)
            held |= legs->instrument[k] == instrument;
        if (!held)
            legs->instrument[legs->count++] = instrument;
    }
}

static void draw_legs(const struct population_plan *plan, uint64_t pair, struct legs *legs) {
    const struct population_settings *settings = plan->settings;
    struct random_stream stream;
    stream_of(plan, pair, 0, &stream);
    const double u = random_stream_uniform(&stream);
    legs->z = draw_size(plan, u);
    legs->large = u >= settings->equity.tail_quantile;
    legs->hedged = random_stream_uniform(&stream) < settings->hedged_share && plan->count >= 2;
    const uint32_t wanted = legs->hedged ? 2
                                         : 1 + pick(plan->positions_until, plan->positions_max,
                                                    random_stream_uniform(&stream));
    draw_instruments(plan, &stream, wanted, legs);
    legs->hedged = legs->hedged && legs->count == 2;

    double share[POPULATION_POSITIONS_MAX];
    double sum = 0.0;
    for (uint32_t k = 0; k < legs->count; k++) {
        share[k] = legs->count == 1 || legs->hedged
                       ? 1.0
                       : -elementary_log(random_stream_uniform(&stream));
        sum += share[k];
    }
    const double notional =
        settings->equity.median * settings->leverage.median * elementary_exp(legs->z);
    for (uint32_t k = 0; k < legs->count; k++) {
        legs->notional[k] = (int64_t)(notional * (share[k] / sum) * (double)MONEY_SCALE + 0.5);
        const double side = random_stream_uniform(&stream);
        if (k == 0)
            legs->is_long[k] = side < 0.5;
        else
            legs->is_long[k] =
                legs->is_long[0] ^ (legs->hedged || side >= settings->positions.same_side);
    }
}

/* Directional contracts have a scale each; both legs of a hedged pair take the smaller one of
 * theirs, so that they stay alike and no contract gets more than its open interest from them. */
static const struct population_scale *scale_of(const struct population_plan *plan,
                                               const struct legs *legs, uint32_t leg) {
    if (!legs->hedged)
        return &plan->directional[legs->instrument[leg]];
    const struct population_scale *first = &plan->hedged[legs->instrument[0]];
    const struct population_scale *second = &plan->hedged[legs->instrument[1]];
    return second->factor < first->factor ? second : first;
}

static int128 scaled_notional(const struct population_plan *plan, const struct legs *legs,
                              uint32_t leg) {
    const struct population_scale *scale = scale_of(plan, legs, leg);
    if (scale->num == scale->den)
        return legs->notional[leg];
    return div_floor(legs->notional[leg] * scale->num, scale->den);
}

void population_draw_sums(const struct population_plan *plan, uint64_t first, uint64_t pair_count,
                          int128 *directional_sums, int128 *hedged_sums) {
    for (uint64_t pair = first; pair < first + pair_count; pair++) {
        struct legs legs;
        draw_legs(plan, pair, &legs);
        int128 *sums = legs.hedged ? hedged_sums : directional_sums;
        for (uint32_t k = 0; k < legs.count; k++)
            sums[legs.instrument[k]] +=
                legs.hedged ? scaled_notional(plan, &legs, k) : legs.notional[k];
    }
}

/* Lots of the pair's first account. */
static enum status draw_lots(const struct population_plan *plan, const struct legs *legs,
                             uint64_t pair, int64_t *ret_lots, struct error *reterr) {
    for (uint32_t k = 0; k < legs->count; k++) {
        const struct instrument *instrument = &plan->instruments[legs->instrument[k]];
        const int128 wanted = scaled_notional(plan, legs, k);
        const int64_t price = plan->start_price_ticks[legs->instrument[k]];
        const int128 lots =
            instrument_is_inverse(instrument)
                ? div_nearest(wanted * instrument->value_den * price, instrument->value_num)
                : div_nearest(wanted * instrument->value_den,
                              (int128)price * instrument->value_num);
        if (lots > INT64_MAX / 4)
            return error_set(reterr, STATUS_RANGE,
                             "population: the position of account %llu in '%s' does not fit",
                             (unsigned long long)(2 * pair), instrument->symbol);
        ret_lots[k] = legs->is_long[k] ? (int64_t)lots : -(int64_t)lots;
    }
    return STATUS_OK;
}

static double draw_leverage(const struct population_plan *plan, const struct legs *legs,
                            bool net_short, struct random_stream *stream) {
    const struct population_leverage *settings = &plan->settings->leverage;
    const double spike = random_stream_uniform(stream);
    const double normal = random_stream_normal(stream);
    double leverage;
    if (spike < settings->spike_share) {
        const double which = spike / settings->spike_share;
        leverage = which < 0.60 ? 20.0 : which < 0.85 ? 50.0 : 100.0;
    } else {
        leverage = settings->median *
                   elementary_exp(plan->leverage_slope * legs->z + plan->leverage_sd * normal);
        if (net_short)
            leverage *= settings->short_factor;
    }
    if (leverage < settings->min)
        return settings->min;
    return leverage < settings->max ? leverage : settings->max;
}

/* margin_initial() without its look-up of the table by name, which took half of the time. */
static int128 initial_margin(const struct population_plan *plan, uint32_t instrument, int64_t lots,
                             int64_t cost, int128 notional, int128 maintenance) {
    const struct margin_rule *rule = &plan->margins[instrument];
    if (plan->rulebook->margin.initial_size_count > 0 || rule->by_size)
        return margin_initial(rule, plan->rulebook, lots, cost, notional, 0);
    const int64_t leverage_e8 =
        plan->tables[instrument]->tiers[margin_bracket_of(rule, notional)].max_leverage_e8;
    if (leverage_e8 > 0)
        return div_ceil(notional * RATE_SCALE, leverage_e8);
    if (rule->initial_rate_e8 > 0)
        return div_ceil(notional * rule->initial_rate_e8, RATE_SCALE);
    return maintenance;
}

/* What the positions of an account are worth and require at the start prices, money. */
struct book {
    int128 gross;
    int128 net;
    int128 maintenance;
    int128 initial;
    int128 value; /* signed, rounded down each */
};

/* Takes over the positions that have lots; their costs come later. */
static void take_positions(const struct population_plan *plan, const struct legs *legs,
                           const int64_t *lots, bool mirrored,
                           struct population_account *ret_account, struct book *ret_book) {
    *ret_book = (struct book){0};
    ret_account->position_count = 0;
    for (uint32_t k = 0; k < legs->count; k++) {
        if (lots[k] == 0)
            continue;
        const uint32_t i = legs->instrument[k];
        struct population_position *position =
            &ret_account->positions[ret_account->position_count++];
        *position =
            (struct population_position){.instrument = i, .lots = mirrored ? -lots[k] : lots[k]};
        const int64_t price = plan->start_price_ticks[i];
        const int128 notional = margin_notional(&plan->margins[i], position->lots, price);
        const int128 value = instrument_value_ceil(&plan->instruments[i], position->lots, price);
        const int64_t cost = units_fits_int64(value) ? (int64_t)value : INT64_MAX;
        const int128 maintenance =
            margin_requirement(&plan->margins[i], position->lots, cost, notional);
        ret_book->gross += notional;
        ret_book->net += position->lots > 0 ? notional : -notional;
        ret_book->maintenance += maintenance;
        ret_book->initial += initial_margin(plan, i, position->lots, cost, notional, maintenance);
        ret_book->value += instrument_value_floor(&plan->instruments[i], position->lots, price);
    }
}

/* Sets the costs and their sum: entered at prices of the past, or without `stream` all at the start
 * price. False: one does not fit. */
static bool enter(const struct population_plan *plan, struct random_stream *stream,
                  struct population_account *account, int128 *ret_sum) {
    *ret_sum = 0;
    for (uint32_t k = 0; k < account->position_count; k++) {
        struct population_position *position = &account->positions[k];
        const uint32_t i = position->instrument;
        int64_t price = plan->start_price_ticks[i];
        if (stream != NULL && plan->entries != NULL && plan->entries[i].count > 0)
            price = plan->entries[i].ticks[random_stream_below(stream, plan->entries[i].count)];
        const int128 cost = instrument_value_ceil(&plan->instruments[i], position->lots, price);
        if (!units_fits_int64(cost))
            return false;
        position->cost = (int64_t)cost;
        *ret_sum += cost;
    }
    return true;
}

static enum population_cohort cohort_of(const struct population_account *account,
                                        const struct legs *legs, const struct book *book) {
    if (account->position_count == 0)
        return COHORT_FLAT;
    if (legs->hedged && account->position_count == 2)
        return COHORT_HEDGED;
    if (legs->large)
        return book->net >= 0 ? COHORT_LARGE_LONG : COHORT_LARGE_SHORT;
    return book->net >= 0 ? COHORT_RETAIL_LONG : COHORT_RETAIL_SHORT;
}

/* Equity follows from the notional and the account's own leverage, held up to what margin asks for.
 * The wallet is what unrealised profit leaves of it; profit beyond the equity would make it
 * negative, and such an account is entered at the start price instead. */
static enum status draw_account(const struct population_plan *plan, const struct legs *legs,
                                const int64_t *lots, uint64_t pair, bool mirrored,
                                struct population_account *ret_account, struct error *reterr) {
    const uint64_t number = 2 * pair + mirrored;
    struct book book;
    take_positions(plan, legs, lots, mirrored, ret_account, &book);
    ret_account->cohort = cohort_of(ret_account, legs, &book);

    struct random_stream stream;
    stream_of(plan, pair, mirrored ? 2 : 1, &stream);
    const double leverage = draw_leverage(plan, legs, !legs->hedged && book.net < 0, &stream);
    double gross = (double)book.gross;
    if (ret_account->position_count == 0)
        gross = plan->settings->equity.median * plan->settings->leverage.median *
                elementary_exp(legs->z) * (double)MONEY_SCALE;
    const double wanted = gross / leverage;
    if (wanted > 9e18 || book.maintenance > INT64_MAX / 4 || book.initial > INT64_MAX / 4)
        return error_set(reterr, STATUS_RANGE,
                         "population: the equity of account %llu does not fit 90 billion",
                         (unsigned long long)number);
    int128 equity = (int64_t)(wanted + 0.5);
    const int128 healthy = div_floor(book.maintenance * 105, 100) + 1;
    if (equity < healthy && ret_account->position_count > 0)
        equity = healthy;
    if (equity < book.initial)
        equity = book.initial;

    random_stream_init(&stream, plan->settings->seed, RANDOM_ENTRY_PRICE, number);
    int128 cost = 0;
    bool fits = enter(plan, &stream, ret_account, &cost);
    if (fits && equity - (book.value - cost) < 0)
        fits = enter(plan, NULL, ret_account, &cost);
    const int128 balance = equity - (book.value - cost);
    if (!fits || !units_fits_int64(balance))
        return error_set(reterr, STATUS_RANGE,
                         "population: the cost or wallet of account %llu does not fit 92 billion",
                         (unsigned long long)number);
    ret_account->balance = (int64_t)balance;
    return STATUS_OK;
}

enum status population_draw_pair(const struct population_plan *plan, uint64_t pair, bool alone,
                                 struct population_account *ret_accounts, struct error *reterr) {
    struct legs legs;
    int64_t lots[POPULATION_POSITIONS_MAX] = {0};
    draw_legs(plan, pair, &legs);
    if (alone)
        legs.count = 0;
    enum status status = draw_lots(plan, &legs, pair, lots, reterr);
    if (status == STATUS_OK)
        status = draw_account(plan, &legs, lots, pair, false, &ret_accounts[0], reterr);
    if (status == STATUS_OK && !alone)
        status = draw_account(plan, &legs, lots, pair, true, &ret_accounts[1], reterr);
    return status;
}

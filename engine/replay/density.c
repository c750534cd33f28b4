#include "engine/replay/density.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/book/price_bin.h"

#define MAP_MANTISSA_BITS 6u /* 64 bins an octave of price */
#define MAP_BINS ((64u - MAP_MANTISSA_BITS) << MAP_MANTISSA_BITS)
#define RADIUS_STEPS 64

struct density {
    size_t instrument_count;
    const struct flow *flow; /* borrowed while branching is measured */
    const double *pass;      /* likewise */
    double *matrix;          /* N of one direction, instrument_count squared, row k column j */
    double *crossed;         /* of it by cross-impact; NULL without */
    double *worst;           /* N and its part by cross-impact where the radius was largest */
    double *worst_crossed;
    double worst_radius; /* below 0: nothing measured yet */
    double *vector;
    double *next;
    double *slopes; /* log fall a lot sold, an instrument */
    int64_t *longs; /* notional by bin */
    int64_t *shorts;
};

enum status density_create(size_t instrument_count, bool crosses, struct density **ret_density,
                           struct error *reterr) {
    struct density *density = calloc(1, sizeof(*density));
    const size_t squared = instrument_count * instrument_count;
    if (density != NULL) {
        density->instrument_count = instrument_count;
        density->worst_radius = -1.0;
        density->worst = calloc(squared, sizeof(double));
        density->crossed = crosses ? calloc(squared, sizeof(double)) : NULL;
        density->worst_crossed = crosses ? calloc(squared, sizeof(double)) : NULL;
        density->matrix = calloc(squared, sizeof(double));
        density->vector = calloc(instrument_count, sizeof(double));
        density->next = calloc(instrument_count, sizeof(double));
        density->slopes = calloc(instrument_count, sizeof(double));
        density->longs = calloc(MAP_BINS + 1, sizeof(int64_t));
        density->shorts = calloc(MAP_BINS + 1, sizeof(int64_t));
    }
    if (density == NULL || density->worst == NULL || (crosses && density->crossed == NULL) ||
        (crosses && density->worst_crossed == NULL) || density->matrix == NULL ||
        density->vector == NULL || density->next == NULL || density->slopes == NULL ||
        density->longs == NULL || density->shorts == NULL) {
        density_destroy(density);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the density map");
    }
    *ret_density = density;
    return STATUS_OK;
}

void density_destroy(struct density *density) {
    if (density == NULL)
        return;
    free(density->matrix);
    free(density->crossed);
    free(density->worst);
    free(density->worst_crossed);
    free(density->vector);
    free(density->next);
    free(density->slopes);
    free(density->longs);
    free(density->shorts);
    free(density);
}

/* Where the pool of a trigger would be liquidated if only instrument i moved; MARGIN_PRICE_NEVER.
 */
static int64_t liquidation_price(const struct book *book, const struct pool *pool, uint32_t i,
                                 const struct position **ret_position) {
    const struct position *position = book_positions(book, pool);
    const struct position *end = position + pool->position_count;
    while (position < end && (position->instrument != i || position->lots == 0))
        position++;
    if (position == end) /* it holds collateral valued by this price, and no position in it */
        return MARGIN_PRICE_NEVER;
    *ret_position = position;
    if (book->rulebook->margin.portfolio != NULL) /* no price of one instrument says it */
        return MARGIN_PRICE_NEVER;
    const struct pool_health health = book_health(book, pool, book->prices);
    const struct margin_rule *rule = &book->rules[i];
    int128 budget = health.equity - health.requirement;
    if (book->rulebook->margin.trigger == TRIGGER_AT_OR_BELOW)
        budget -= 1;
    const int128 share = margin_share(rule, position->lots, position->cost, book->prices[i]);
    return margin_trigger_price(rule, position->lots, position->cost,
                                share - book_bought(book, i, budget));
}

/* ---- branching ---- */

struct window_visit {
    struct density *density;
    const struct book *book;
    uint32_t instrument;
    int64_t limit; /* last price of the window */
    bool falls;
};

/* The position through which the trigger's pool is liquidated within the window, and the price;
 * MARGIN_PRICE_NEVER where it is not. */
static int64_t visit_price(const struct window_visit *visit, struct trigger trigger,
                           const struct position **ret_own) {
    const struct pool *pool = &visit->book->pools[trigger.pool];
    if (pool->state != POOL_LIVE)
        return MARGIN_PRICE_NEVER;
    *ret_own = book_positions(visit->book, pool);
    size_t holdings;
    (void)holdings_of(&visit->book->holdings, trigger.pool, &holdings);
    const int64_t price = /* a pool with one position has its exact price as trigger */
        pool->position_count == 1 && holdings == 0 &&
                visit->book->rulebook->margin.portfolio == NULL
            ? (visit->falls ? trigger.key : -trigger.key)
            : liquidation_price(visit->book, pool, visit->instrument, ret_own);
    if (price == MARGIN_PRICE_NEVER || ((*ret_own)->lots > 0) != visit->falls)
        return MARGIN_PRICE_NEVER; /* the trigger was that of what it holds */
    const bool outside = visit->falls ? price < visit->limit : price > visit->limit;
    return outside ? MARGIN_PRICE_NEVER : price;
}

/* What selling `lots` of an instrument adds to N for a fall of the window's instrument; by
 * cross-impact it may move others too. */
static void matrix_add(const struct window_visit *visit, uint32_t sold, double lots) {
    struct density *density = visit->density;
    const struct flow *flow = density->flow;
    const size_t n = density->instrument_count;
    double *column = density->matrix + visit->instrument;
    column[sold * n] += lots * density->slopes[sold] * density->pass[sold] / BRANCHING_WINDOW;
    if (flow->cross == NULL)
        return;
    const struct instrument *instruments = visit->book->instruments;
    const int64_t *prices = visit->book->prices;
    const bool in_price = flow->params[sold].space == IMPACT_PRICE;
    const double quantity = instrument_base(&instruments[sold], lots,
                                            (double)prices[sold] * instruments[sold].tick_size);
    for (uint32_t k = 0; k < n; k++) {
        const double slope = flow->cross[k * n + sold];
        if (k == sold || !(slope > 0.0) || prices[k] == 0)
            continue;
        const double fall =
            density->pass[k] *
            (in_price ? quantity * slope / ((double)prices[k] * instruments[k].tick_size)
                      : quantity * slope * ((double)prices[sold] * instruments[sold].tick_size));
        column[k * n] += fall / BRANCHING_WINDOW;
        density->crossed[k * n + visit->instrument] += fall / BRANCHING_WINDOW;
    }
}

/* A pool that the window liquidates sells what its rulebook closes first: all positions together,
 * or the one of this instrument. Only what moves prices the same way counts. */
static void branching_add(void *context, struct trigger trigger) {
    const struct window_visit *visit = context;
    const struct book *book = visit->book;
    const struct pool *pool = &book->pools[trigger.pool];
    const struct position *own;
    const struct rulebook *rules = book->rulebook;
    if (rules->liquidation.price == PRICE_MARK ||
        visit_price(visit, trigger, &own) == MARGIN_PRICE_NEVER)
        return; /* what is closed at mark moves no price */
    const double share = rules->liquidation.close == CLOSE_FRACTION
                             ? (double)rules->liquidation.fraction_e8 / (double)RATE_SCALE
                             : 1.0;
    const bool together =
        rules->liquidation.order == ORDER_ALL || rules->liquidation.order == ORDER_PROPORTIONAL;
    const struct position *position = book_positions(book, pool);
    for (uint16_t k = 0; k < pool->position_count; k++) {
        if ((!together && &position[k] != own) || (position[k].lots > 0) != visit->falls)
            continue;
        const double lots = fabs((double)position[k].lots) * share;
        matrix_add(visit, position[k].instrument, lots);
    }
}

/* Largest eigenvalue of a matrix without negative entries, by iteration from all ones. */
static double spectral_radius(struct density *density) {
    const size_t n = density->instrument_count;
    double radius = 0.0;
    for (size_t i = 0; i < n; i++)
        density->vector[i] = 1.0;
    for (int step = 0; step < RADIUS_STEPS; step++) {
        double largest = 0.0;
        for (size_t k = 0; k < n; k++) {
            /* the half on the diagonal keeps a matrix that swaps two instruments from swinging */
            double sum = 0.5 * density->vector[k];
            for (size_t j = 0; j < n; j++)
                sum += density->matrix[k * n + j] * density->vector[j];
            density->next[k] = sum;
            largest = sum > largest ? sum : largest;
        }
        if (largest <= 0.0)
            return 0.0;
        for (size_t k = 0; k < n; k++)
            density->vector[k] = density->next[k] / largest;
        radius = largest - 0.5;
    }
    return radius > 0.0 ? radius : 0.0;
}

static double branching_direction(struct density *density, const struct book *book, bool falls,
                                  double *ret_own) {
    const size_t n = density->instrument_count;
    memset(density->matrix, 0, n * n * sizeof(double));
    if (density->crossed != NULL)
        memset(density->crossed, 0, n * n * sizeof(double));
    for (uint32_t j = 0; j < n; j++) {
        if (book->prices[j] == 0)
            continue;
        const double price = (double)book->prices[j];
        const double edge =
            falls ? price * (1.0 - BRANCHING_WINDOW) : price * (1.0 + BRANCHING_WINDOW);
        struct window_visit visit = {density, book, j, (int64_t)edge, falls};
        const struct ladder *ladder = falls ? &book->falls[j] : &book->rises[j];
        ladder_visit(ladder, &book->arena, book->generation, ladder_key(ladder, visit.limit),
                     branching_add, &visit);
        const double own = density->matrix[j * n + j];
        ret_own[j] = own > ret_own[j] ? own : ret_own[j];
    }
    const double radius = spectral_radius(density);
    if (radius > density->worst_radius) {
        density->worst_radius = radius;
        memcpy(density->worst, density->matrix, n * n * sizeof(double));
        if (density->crossed != NULL)
            memcpy(density->worst_crossed, density->crossed, n * n * sizeof(double));
    }
    return radius;
}

struct contagion_matrix density_worst(const struct density *density) {
    return (struct contagion_matrix){.n = density->instrument_count,
                                     .all = density->worst,
                                     .crossed = density->worst_crossed,
                                     .radius = density->worst_radius};
}

void density_branching(struct density *density, const struct book *book, const struct flow *flow,
                       const double *pass, double *ret_own, double *ret_depth, double *ret_radius) {
    density->flow = flow;
    density->pass = pass;
    for (size_t i = 0; i < density->instrument_count; i++) {
        const struct instrument *instrument = &book->instruments[i];
        const double price = (double)book->prices[i] * instrument->tick_size;
        double slope = 0.0; /* log fall a base unit */
        if (price > 0.0) {
            slope = flow->models[i]->slope(&flow->params[i], flow->instruments[i].state, price);
            if (flow->params[i].space == IMPACT_PRICE)
                slope /= price;
        }
        density->slopes[i] = price > 0.0 ? slope * instrument_base(instrument, 1.0, price) : 0.0;
        ret_own[i] = 0.0;
        ret_depth[i] = slope > 0.0 ? 0.01 / slope * price * (double)MONEY_SCALE : NAN;
    }
    const double falls = branching_direction(density, book, true, ret_own);
    const double rises = branching_direction(density, book, false, ret_own);
    *ret_radius = falls > rises ? falls : rises;
}

/* ---- map ---- */

static void map_add(void *context, struct trigger trigger) {
    const struct window_visit *visit = context;
    const struct book *book = visit->book;
    const struct position *own;
    const int64_t price = visit_price(visit, trigger, &own);
    if (price == MARGIN_PRICE_NEVER)
        return;
    const int128 notional =
        book_money_up(book, visit->instrument,
                      margin_notional(&book->rules[visit->instrument], own->lots, price));
    int64_t *bin = &(visit->falls ? visit->density->longs
                                  : visit->density->shorts)[price_bin(price, MAP_MANTISSA_BITS)];
    *bin = units_fits_int64(*bin + notional) ? (int64_t)(*bin + notional) : INT64_MAX;
}

static enum status map_instrument(struct density *density, const struct book *book, uint32_t i,
                                  int64_t ts_ns, const struct event_sink *sink,
                                  struct error *reterr) {
    const int64_t low = book->prices[i] / 2 > 0 ? book->prices[i] / 2 : 1;
    const int64_t high = book->prices[i] * 2;
    const uint32_t first = price_bin(low, MAP_MANTISSA_BITS);
    const uint32_t last = price_bin(high, MAP_MANTISSA_BITS);
    memset(&density->longs[first], 0, (last - first + 1) * sizeof(int64_t));
    memset(&density->shorts[first], 0, (last - first + 1) * sizeof(int64_t));
    struct window_visit longs = {density, book, i, low, true};
    struct window_visit shorts = {density, book, i, high, false};
    ladder_visit(&book->falls[i], &book->arena, book->generation, ladder_key(&book->falls[i], low),
                 map_add, &longs);
    ladder_visit(&book->rises[i], &book->arena, book->generation, ladder_key(&book->rises[i], high),
                 map_add, &shorts);
    for (uint32_t bin = first; bin <= last; bin++) {
        if (density->longs[bin] == 0 && density->shorts[bin] == 0)
            continue;
        const struct density_record row = {
            .ts_ns = ts_ns,
            .instrument = i,
            .price_low_ticks = price_bin_edge(bin, MAP_MANTISSA_BITS),
            .price_high_ticks = price_bin_edge(bin + 1, MAP_MANTISSA_BITS),
            .long_notional = density->longs[bin],
            .short_notional = density->shorts[bin]};
        const enum status status = sink->density(sink->context, 1, &row, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status density_map(struct density *density, const struct book *book, int64_t ts_ns,
                        const struct event_sink *sink, struct error *reterr) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < density->instrument_count && status == STATUS_OK; i++) {
        if (book->prices[i] > 0 && book->prices[i] < INT64_MAX / 4)
            status = map_instrument(density, book, i, ts_ns, sink, reterr);
    }
    return status;
}

/* Impact that is not linear, not permanent, or in log price (models.md 8.4, 8.5, 1.3, 1.4): the
 * square-root and the linear model in log space, relaxation, propagator, resilient block book. */

#include <math.h>

#include "tests/analytic.h"

static const double START = 100000.0; /* first price of the log ladders */
enum { LOG_RUNGS = 20000, PRICE_DECIMALS = 6 };

/* Runs rungs of `quantity(k)` lots at log drops k * spacing; *ret_drop is the log drop. */
struct log_ladder {
    size_t count;
    double spacing;
    double shock;
    double quantity; /* of the first rung */
    double growth;   /* log of the ratio of the next rung's quantity to it */
    const char *impact;
};

static enum outcome run_log_ladder(struct analytic_case *c, const struct log_ladder *ladder,
                                   double *ret_drop, double *ret_notional) {
    struct world world;
    struct world_result result;
    world_init(&world, PRICE_DECIMALS, 6);
    ladder_rules(world.rulebook, false, 1.0);
    for (size_t k = 1; k <= ladder->count; k++) {
        char account[32];
        (void)g_snprintf(account, sizeof(account), "k%07zu", k);
        const double quantity = ladder->quantity * exp(ladder->growth * ((double)k - 1.0));
        ladder_account(&world, account, "AUSDT", nearbyint(quantity * 1e6) / 1e6, START,
                       START * exp(-(double)k * ladder->spacing));
    }
    world_tick(&world, WORLD_START_MS, "AUSDT", START);
    world_tick(&world, WORLD_START_MS + 60000, "AUSDT", START * exp(-ladder->shock));
    g_string_assign(world.impact, ladder->impact);
    g_string_assign(world.feedback, "cleaning: none\n");
    world.insurance_fund = 1e10;
    const enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        *ret_drop =
            log(result_price(&result, "AUSDT", "first") / result_price(&result, "AUSDT", "last"));
        *ret_notional = result_number(&result, "liquidated_notional.total");
        world_result_finish(&result);
    }
    world_finish(&world);
    return outcome;
}

/* What the price tick leaves of a log drop. */
static const double LOG_TICK = 1e-10;

/* One rung missing, amplified by the branching ratio `n` at the stop: an error that falls as
 * 1 / count. Half as much again, since a concave impact is steeper above the stop. */
static enum outcome check_error(struct analytic_case *c, size_t count, double drop, double stop,
                                double n, double spacing) {
    const double bound = 1.5 * n * spacing / (1.0 - n) + LOG_TICK;
    return fabs(drop - stop) <= bound
               ? OUTCOME_DONE
               : analytic_broken(c, "with %zu accounts the drop %.9g is off %.9g by more than %.3g",
                                 count, drop, stop, bound);
}

static enum outcome log_linear(struct analytic_case *c) {
    if (!analytic_require(
            c, "shock_log_drop liquidatable_notional_per_1pct_log absorbed_notional_per_1pct_log"))
        return OUTCOME_UNSUPPORTED;
    const double shock = analytic_number(c, "shock_log_drop", 0);
    const double density = 100.0 * analytic_number(c, "liquidatable_notional_per_1pct_log", 0);
    const double slope = 0.01 / analytic_number(c, "absorbed_notional_per_1pct_log", 0);
    const double n = slope * density;
    if (n >= 1.0)
        return analytic_unsupported(c, "n = %g: the ladder has no end to be compared with", n);
    const double stop = ladder_final_drop(shock, n, INFINITY);
    char impact[256];
    (void)g_snprintf(
        impact, sizeof(impact),
        "model: linear\ninstrument: {AUSDT: {space: log, slope: %.17g, permanent: 1.0}}\n", slope);
    double drop = 0.0;
    double notional = 0.0;
    for (size_t count = LOG_RUNGS / 4; count <= LOG_RUNGS; count *= 2) {
        const double spacing = 1.5 * stop / (double)count;
        /* Each rung is worth density * spacing where it is sold: with all rungs above it sold, the
         * rung at x meets the price START * exp(-shock - n x). Its middle stands for it. */
        const struct log_ladder ladder = {
            .count = count,
            .spacing = spacing,
            .shock = shock,
            .quantity = density * spacing / START * exp(shock + 0.5 * n * spacing),
            .growth = n * spacing,
            .impact = impact,
        };
        enum outcome outcome = run_log_ladder(c, &ladder, &drop, &notional);
        if (outcome == OUTCOME_DONE)
            outcome = check_error(c, count, drop, stop, n, spacing);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    analytic_put(c, "n", n);
    analytic_put(c, "final_log_drop", drop);
    analytic_put(c, "final_price_ratio", exp(-drop));
    analytic_put(c, "liquidated_notional", notional);
    analytic_put(c, "amplification", drop / shock);
    return OUTCOME_DONE;
}

/* With c = Y * sigma, V = a rung's quantity over the spacing, Q / V is the liquidated depth x. */
static enum outcome square_root(struct analytic_case *c, double crossover, double model_crossover) {
    if (!analytic_require(c, "c"))
        return OUTCOME_UNSUPPORTED;
    const double scale = analytic_number(c, "c", 0);
    /* A shock of "0+" is the smallest that passes the first rung. */
    const double limit = ladder_square_root_drop(scale, crossover, 0.0);
    const double shock = analytic_number(c, "shock_drop", 1e-4 * limit);
    const double stop = ladder_square_root_drop(scale, crossover, shock);
    const double n = ladder_square_root_branching(scale, crossover, stop);
    if (!(shock > 0.0) || !(stop > shock) || stop > 2.0)
        return analytic_unsupported(c, "no cascade that fits a log price: from %g to %g", shock,
                                    stop);
    double drop = 0.0;
    double notional = 0.0;
    for (size_t count = LOG_RUNGS / 4; count <= 2 * LOG_RUNGS; count *= 2) {
        const double spacing = 1.5 * stop / (double)count;
        if (spacing > shock && count < 2 * LOG_RUNGS)
            continue; /* the shock would reach nobody */
        char impact[256];
        (void)g_snprintf(impact, sizeof(impact),
                         "model: square_root\n"
                         "instrument: {AUSDT: {prefactor: 1, volatility: %.17g, volume: %.17g, "
                         "crossover: %.17g, permanent: 0, half_life_s: 0}}\n",
                         scale, 1.0 / spacing, model_crossover);
        const struct log_ladder ladder = {
            .count = count, .spacing = spacing, .shock = shock, .quantity = 1.0, .impact = impact};
        enum outcome outcome = run_log_ladder(c, &ladder, &drop, &notional);
        if (outcome == OUTCOME_DONE)
            outcome =
                check_error(c, count, drop, stop, n,
                            spacing + 2.0 * (sqrt(model_crossover) - sqrt(crossover)) * scale);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    analytic_put(c, "final_drop", drop);
    analytic_put(c, "amplification", drop / shock);
    analytic_put(c, "local_branching_at_stop",
                 ladder_square_root_branching(scale, crossover, drop));
    analytic_put(c, "n0", ladder_square_root_branching(scale, crossover, 0.0));
    return OUTCOME_DONE;
}

static enum outcome sqrt_cumulative(struct analytic_case *c) {
    return square_root(c, 0.0, 1e-16); /* the model wants a crossover; this one is out of sight */
}

static enum outcome sqrt_crossover(struct analytic_case *c) {
    if (!analytic_require(c, "Q0 shock_drop"))
        return OUTCOME_UNSUPPORTED;
    return square_root(c, analytic_number(c, "Q0", 0), analytic_number(c, "Q0", 0));
}

/* Life times after which nothing of a decaying part is left in a double's digits of the price. */
static const double LIFE_TIMES = 60.0;

static enum outcome transient_relaxation(struct analytic_case *c) {
    enum { TIMES_MAX = 64, RUNGS = 50000 };
    if (!analytic_require(c, "shock_drop n beta_per_s permanent_fraction"))
        return OUTCOME_UNSUPPORTED;
    double times[TIMES_MAX + 1];
    const size_t time_count = analytic_numbers(json_object_get(c->inputs, "t_s"), TIMES_MAX, times);
    const double shock = analytic_number(c, "shock_drop", 0);
    const double n = analytic_number(c, "n", 0);
    const double beta = analytic_number(c, "beta_per_s", 0);
    if (n >= 1.0 || beta <= 0.0)
        return analytic_unsupported(c, "n = %g, beta = %g: no cascade that stops and relaxes", n,
                                    beta);
    times[time_count] = INFINITY;

    const double spacing = 1.2 * ladder_final_drop(shock, n, INFINITY) / RUNGS;
    double *drop = g_new(double, RUNGS);
    double *quantity = g_new(double, RUNGS);
    for (size_t i = 0; i < RUNGS; i++) {
        drop[i] = spacing * (double)(i + 1);
        quantity[i] = 1.0;
    }
    const struct ladder ladder = {.count = RUNGS,
                                  .drop = drop,
                                  .quantity = quantity,
                                  .shock = shock,
                                  .impact = n * spacing,
                                  .close_fraction = 1.0};
    double drops[TIMES_MAX + 1];
    enum outcome outcome = OUTCOME_DONE;
    for (size_t i = 0; i <= time_count && outcome == OUTCOME_DONE; i++) {
        struct world world;
        struct world_result result;
        const double start = ladder_world(&world, &ladder, PRICE_DECIMALS, 0);
        g_string_printf(world.impact,
                        "model: linear\ninstrument: {AUSDT: {space: price, slope: %.17g, "
                        "permanent: %.17g, half_life_s: %.17g}}\n",
                        ladder.impact, analytic_number(c, "permanent_fraction", 0), M_LN2 / beta);
        const double wait_s = fmin(times[i], LIFE_TIMES / beta);
        if (wait_s > 0.0)
            world_tick(&world, WORLD_START_MS + 60000 + llround(1000.0 * wait_s), "AUSDT",
                       start - shock);
        outcome = world_run(c, &world, &result);
        if (outcome == OUTCOME_DONE) {
            drops[i] = ladder_drop(&result);
            analytic_put(c, "peak_drop", start - result_price(&result, "AUSDT", "min"));
            world_result_finish(&result);
        }
        world_finish(&world);
    }
    if (outcome == OUTCOME_DONE) {
        analytic_put_list(c, "drop_at_t", time_count, drops);
        analytic_put(c, "terminal_drop", drops[time_count]);
    }
    g_free(drop);
    g_free(quantity);
    return outcome;
}

static double kernel_at(const struct kernel *kernel, double age) {
    return kernel->kind == KERNEL_EXPONENTIAL ? exp(-age / kernel->scale)
                                              : pow(1.0 + age / kernel->scale, -kernel->exponent);
}

/* The engine's kernel is a permanent share and one exponential. Fits it to another kernel over the
 * ages that matter; returns the largest difference of the sums over equal trades, relatively. */
static double fit_kernel(const struct kernel *kernel, size_t ages, double *ret_permanent,
                         double *ret_rate) {
    double best = INFINITY;
    for (int i = 0; i <= 400; i++) {
        for (int j = 1; j <= 400; j++) {
            const double permanent = i / 400.0;
            const double rate = j / 100.0;
            double sum = 0.0;
            double fitted = 0.0;
            double worst = 0.0;
            for (size_t age = 0; age < ages && worst < best; age++) {
                sum += kernel_at(kernel, (double)age);
                fitted += permanent + (1.0 - permanent) * exp(-rate * (double)age);
                worst = fmax(worst, fabs(fitted / sum - 1.0));
            }
            if (worst < best) {
                best = worst;
                *ret_permanent = permanent;
                *ret_rate = rate;
            }
        }
    }
    return best;
}

/* One account a trade: the recorded price makes a new low (high) a second, which triggers the next
 * long (short); so wide that no impact does. */
static double propagator_world(struct world *world, size_t count, const double *trades,
                               double lambda) {
    double total = 0.0;
    int lots = 0;
    for (size_t i = 0; i < count; i++) {
        total += fabs(trades[i]);
        lots = MAX(lots, decimals_of(trades[i], 6));
    }
    const double step = pow(10.0, ceil(log10(4.0 * lambda * total)));
    const double start = 100.0 * step * (double)count;
    world_init(world, PRICE_DECIMALS, lots);
    ladder_rules(world->rulebook, false, 1.0);
    world_tick(world, WORLD_START_MS, "AUSDT", start);
    double low = start;
    double high = start;
    for (size_t i = 0; i < count; i++) {
        char account[32];
        (void)g_snprintf(account, sizeof(account), "t%07zu", i + 1);
        double *const edge = trades[i] > 0.0 ? &low : &high;
        *edge += trades[i] > 0.0 ? -step : step;
        /* At equality with the step before or after all impact: half a step short of it. */
        const double trigger = *edge + (trades[i] > 0.0 ? 0.5 : -0.5) * step;
        ladder_account(world, account, "AUSDT", trades[i], start, trigger);
    }
    g_string_assign(world->feedback, "cleaning: none\n");
    world->insurance_fund = 1e10;
    return start;
}

static enum outcome propagator(struct analytic_case *c) {
    enum { TRADES_MAX = 256 };
    double trades[TRADES_MAX];
    double drops[TRADES_MAX];
    struct kernel kernel;
    const size_t count = analytic_numbers(json_object_get(c->inputs, "trades"), TRADES_MAX, trades);
    if (count == 0 || !analytic_require(c, "lambda"))
        return analytic_unsupported(c, "'trades' is no list of at most %d, or no 'lambda'",
                                    TRADES_MAX);
    if (!analytic_kernel(analytic_text(c, "kernel"), &kernel) || kernel.kind == KERNEL_POWER)
        return analytic_unsupported(c, "no kernel that is 1 at 0: '%s'",
                                    analytic_text(c, "kernel"));
    for (size_t i = 0; i < count; i++)
        if (trades[i] == 0.0)
            return analytic_unsupported(c, "a trade of nothing has no account");
    double permanent = 0.0;
    double rate = 1.0 / kernel.scale;
    if (kernel.kind != KERNEL_EXPONENTIAL) {
        const double off = fit_kernel(&kernel, count, &permanent, &rate);
        if (off > 0.009)
            return analytic_unsupported(c, "one exponential misses the kernel by %.2g", off);
    }
    const double lambda = analytic_number(c, "lambda", 0);
    for (size_t end = 1; end <= count; end++) {
        struct world world;
        struct world_result result;
        const double start = propagator_world(&world, count, trades, lambda);
        double low = start;
        double high = start;
        double step = 0.0;
        step = start / (100.0 * (double)count);
        for (size_t i = 0; i < end; i++) {
            double *const edge = trades[i] > 0.0 ? &low : &high;
            *edge += trades[i] > 0.0 ? -step : step;
            world_tick(&world, WORLD_START_MS + 1000 * (gint64)(i + 1), "AUSDT", *edge);
        }
        g_string_printf(world.impact,
                        "model: linear\ninstrument: {AUSDT: {space: price, slope: %.17g, "
                        "permanent: %.17g, half_life_s: %.17g}}\n",
                        lambda, permanent, M_LN2 / rate);
        const enum outcome outcome = world_run(c, &world, &result);
        world_finish(&world);
        if (outcome != OUTCOME_DONE)
            return outcome;
        drops[end - 1] = result_price(&result, "AUSDT", "last_recorded") -
                         result_price(&result, "AUSDT", "last");
        const double orders = result_number(&result, "liquidations");
        world_result_finish(&result);
        if (orders != (double)end)
            return analytic_broken(c, "%g trades after %zu ticks", orders, end);
    }
    analytic_put_list(c, "drop_after_trade", count, drops);
    return OUTCOME_DONE;
}

/* Sells once; then the recorded price rests for `wait_s`. */
static enum outcome run_block(struct analytic_case *c, double wait_s, struct world_result *ret) {
    const double mid = analytic_number(c, "mid", 0);
    const double drop = 1.0;
    const double quantity = analytic_number(c, "sell_qty", 0);
    const struct ladder ladder = {.count = 1,
                                  .drop = &drop,
                                  .quantity = &quantity,
                                  .shock = drop,
                                  .close_fraction = 1.0,
                                  .start_price = mid + drop};
    struct world world;
    (void)ladder_world(&world, &ladder, PRICE_DECIMALS, decimals_of(quantity, 6));
    g_string_printf(world.impact,
                    "model: linear\ninstrument: {AUSDT: {space: price, slope: %.17g, "
                    "permanent: %.17g, half_life_s: %.17g}}\n",
                    1.0 / analytic_number(c, "density_per_price", 0),
                    analytic_number(c, "permanent_fraction", 0),
                    M_LN2 / analytic_number(c, "resilience_per_s", 0));
    if (wait_s > 0.0)
        world_tick(&world, WORLD_START_MS + 60000 + llround(1000.0 * wait_s), "AUSDT", mid);
    const enum outcome outcome = world_run(c, &world, ret);
    if (outcome == OUTCOME_DONE && wait_s == 0.0) {
        analytic_put(c, "avg_price", result_query_one(c, ret, "SELECT price FROM liquidation"));
        analytic_put(c, "quote_received",
                     result_query_one(c, ret, "SELECT sum(notional) FROM liquidation"));
    }
    world_finish(&world);
    return outcome;
}

static enum outcome obizhaeva_wang(struct analytic_case *c) {
    if (!analytic_require(c, "mid density_per_price resilience_per_s permanent_fraction sell_qty"))
        return OUTCOME_UNSUPPORTED;
    const double mid = analytic_number(c, "mid", 0);
    struct world_result result;
    enum outcome outcome = run_block(c, 0.0, &result);
    if (outcome != OUTCOME_DONE)
        return outcome;
    analytic_put(c, "immediate_drop", mid - result_price(&result, "AUSDT", "last"));
    world_result_finish(&result);
    outcome = run_block(c, LIFE_TIMES / analytic_number(c, "resilience_per_s", 0), &result);
    if (outcome != OUTCOME_DONE)
        return outcome;
    analytic_put(c, "terminal_drop", mid - result_price(&result, "AUSDT", "last"));
    world_result_finish(&result);
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)c->expected, key, value) {
        double wait_s = 0.0;
        if (!analytic_scan(key, "drop_after_#s", &wait_s) || !(wait_s > 0.0))
            continue;
        outcome = run_block(c, wait_s, &result);
        if (outcome != OUTCOME_DONE)
            return outcome;
        analytic_put(c, key, mid - result_price(&result, "AUSDT", "last"));
        world_result_finish(&result);
    }
    return OUTCOME_DONE;
}

enum { LEVELS_MAX = 31 };

/* A list of bids as a depth curve in price space: each level a step at its distance from the best.
 */
static void put_levels(GString *impact, size_t count, const double *price, const double *quantity) {
    double sum = 0.0;
    g_string_append(impact, "model: book\ninstrument: {AUSDT: {space: price, permanent: 0, "
                            "half_life_s: 0, depth: [");
    for (size_t k = 0; k < count; k++) {
        const double distance = price[0] - price[k];
        if (k > 0)
            g_string_append_printf(impact, "[%.17g, %.17g], ", distance, sum);
        sum += quantity[k];
        g_string_append_printf(impact, "[%.17g, %.17g]%s", distance, sum,
                               k + 1 < count ? ", " : "]}}\n");
    }
}

/* One account sells all at the best bid. What the run says was sold beyond the list's end has found
 * no bid: it is counted apart, with what it would have brought. */
static enum outcome book_walk(struct analytic_case *c) {
    const json_t *bids = json_object_get(c->inputs, "bids");
    const size_t count = json_array_size(bids);
    double price[LEVELS_MAX];
    double quantity[LEVELS_MAX];
    if (count == 0 || count > LEVELS_MAX || !analytic_require(c, "sell_qty"))
        return analytic_unsupported(c, "'bids' has no 1 to %d levels, or no 'sell_qty'",
                                    LEVELS_MAX);
    for (size_t k = 0; k < count; k++) {
        double level[2];
        if (analytic_numbers(json_array_get(bids, k), 2, level) != 2 || level[1] <= 0.0 ||
            (k > 0 && level[0] >= price[k - 1]))
            return analytic_unsupported(c, "level %zu is no [price, quantity] below the last", k);
        price[k] = level[0];
        quantity[k] = level[1];
    }
    const double drop = 1.0;
    const double sold = analytic_number(c, "sell_qty", 0);
    const struct ladder ladder = {.count = 1,
                                  .drop = &drop,
                                  .quantity = &sold,
                                  .shock = drop,
                                  .close_fraction = 1.0,
                                  .start_price = price[0] + drop};
    struct world world;
    struct world_result result;
    (void)ladder_world(&world, &ladder, PRICE_DECIMALS, decimals_of(sold, 6));
    g_string_truncate(world.impact, 0);
    put_levels(world.impact, count, price, quantity);
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        double unfilled = 0.0;
        double unpaid = 0.0;
        (void)result_query(c, &result,
                           "SELECT value FROM metric WHERE name = 'beyond_depth.quantity'", 1,
                           &unfilled);
        (void)result_query(c, &result,
                           "SELECT value FROM metric WHERE name = 'beyond_depth.notional'", 1,
                           &unpaid);
        const double filled =
            result_query_one(c, &result, "SELECT sum(quantity) FROM liquidation") - unfilled;
        const double received =
            result_query_one(c, &result, "SELECT sum(notional) FROM liquidation") - unpaid;
        const double last = fmax(result_price(&result, "AUSDT", "last"), price[count - 1]);
        size_t best = 0; /* the first level that is not sold out */
        double above = 0.0;
        while (best + 1 < count && above + quantity[best] <= filled)
            above += quantity[best++];
        analytic_put(c, "filled", filled);
        analytic_put(c, "unfilled", unfilled);
        analytic_put(c, "quote_received", received);
        analytic_put(c, "avg_price", received / filled);
        analytic_put(c, "last_price", last);
        analytic_put(c, "next_best_bid", price[best]);
        analytic_put(c, "left_at_best", above + quantity[best] - filled);
        world_result_finish(&result);
    }
    world_finish(&world);
    return outcome;
}

const struct analytic_entry analytic_impact[] = {
    {"log_ladder_linear", log_linear},
    {"sqrt_cumulative_ladder", sqrt_cumulative},
    {"sqrt_crossover_ladder", sqrt_crossover},
    {"transient_relaxation", transient_relaxation},
    {"propagator", propagator},
    {"obizhaeva_wang", obizhaeva_wang},
    {"book_walk", book_walk},
    {NULL, NULL},
};

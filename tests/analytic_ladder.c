/* Ladders under linear permanent impact (models.md 8.2, 8.3): homogeneous, in bands, of rising
 * density. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reports/cascade_formulas.h"
#include "tests/analytic.h"

#define RUNGS_MAX 2000000

void ladder_rules(GString *rulebook, bool is_strict, double close_fraction) {
    g_string_append_printf(rulebook, "margin: {trigger: %s, maintenance_rate: 0}\n",
                           is_strict ? "below" : "at_or_below");
    if (close_fraction < 1.0)
        /* One close an account: the cool-down outlasts the run. */
        g_string_append_printf(
            rulebook,
            "liquidation: {order: all, close: fraction, fraction: %.8f, interval_ms: %d}\n",
            close_fraction, 3600000);
    else
        g_string_append(rulebook, "liquidation: {order: all, close: full}\n");
    g_string_append(rulebook, "waterfall: {stages: [insurance_fund]}\n");
}

void ladder_account(struct world *world, const char *account, const char *symbol, double quantity,
                    double entry, double trigger) {
    world_balance(world, account, "USDT", quantity * (entry - trigger));
    world_position(world, account, symbol, quantity, entry, -1.0);
}

double ladder_world(struct world *world, const struct ladder *ladder, int price_decimals,
                    int lot_decimals) {
    double sold = 0.0;
    for (size_t i = 0; i < ladder->count; i++)
        sold += ladder->quantity[i];
    const double start = ladder->start_price > 0.0
                             ? ladder->start_price
                             : price_above(ladder->shock + ladder->impact * sold);
    const double sign = ladder->is_short ? -1.0 : 1.0;
    world_init(world, price_decimals, lot_decimals);
    ladder_rules(world->rulebook, ladder->is_strict, ladder->close_fraction);
    for (size_t i = 0; i < ladder->count; i++) {
        char account[32];
        (void)g_snprintf(account, sizeof(account), "k%07zu", i + 1);
        ladder_account(world, account, "AUSDT", sign * ladder->quantity[i], start,
                       start - sign * ladder->drop[i]);
    }
    world_tick(world, WORLD_START_MS, "AUSDT", start);
    world_tick(world, WORLD_START_MS + 60000, "AUSDT", start - sign * ladder->shock);
    g_string_append_printf(world->impact,
                           "model: linear\n"
                           "instrument: {AUSDT: {space: price, slope: %.17g, permanent: 1.0}}\n",
                           ladder->impact);
    g_string_append(world->feedback, "cleaning: none\n");
    world->insurance_fund = 1e10;
    return start;
}

double ladder_drop(const struct world_result *result) {
    return fabs(result_price(result, "AUSDT", "first") - result_price(result, "AUSDT", "last"));
}

/* Forced orders by generation, from the results file; the answer's list, which ends with all deeper
 * ones in one, must say the same. */
static enum outcome put_generations(struct analytic_case *c, const struct world_result *result) {
    double *counts = g_new(double, RUNGS_MAX);
    const long generations = result_query(
        c, result, "SELECT count(*) FROM liquidation GROUP BY generation ORDER BY generation",
        RUNGS_MAX, counts);
    const json_t *told = json_object_get(result->answer, "generation_counts");
    const size_t told_count = json_array_size(told);
    enum outcome outcome = generations >= 0 ? OUTCOME_DONE : OUTCOME_BROKEN;
    for (long i = 0; i < generations && outcome == OUTCOME_DONE; i++)
        if ((size_t)i + 1 < told_count || (size_t)generations == told_count)
            outcome = json_number_value(json_array_get(told, (size_t)i)) == counts[i]
                          ? OUTCOME_DONE
                          : analytic_broken(c, "generation_counts[%ld] is not what is stored", i);
    if (outcome == OUTCOME_DONE && (size_t)generations < told_count)
        outcome = analytic_broken(c, "generation_counts has %zu generations, the file %ld",
                                  told_count, generations);
    if (outcome == OUTCOME_DONE) {
        analytic_put_list(c, "generation_counts", (size_t)generations, counts);
        analytic_put_list(c, "generation_counts_head", (size_t)generations, counts);
        analytic_put(c, "generations", (double)generations);
    }
    g_free(counts);
    return outcome;
}

static void put_liquidated(struct analytic_case *c, const struct world_result *result) {
    analytic_put(c, "accounts_liquidated", result_number(result, "accounts_liquidated"));
    analytic_put(
        c, "qty_liquidated",
        result_query_one(c, result, "SELECT coalesce(sum(abs(quantity)), 0) FROM liquidation"));
}

static int grid_decimals(const double *values, size_t count, int most) {
    int decimals = 0;
    for (size_t i = 0; i < count; i++)
        decimals = MAX(decimals, decimals_of(values[i], most));
    return decimals;
}

static enum outcome uniform_ladder(struct analytic_case *c) {
    if (!analytic_require(c, "impact_per_qty trigger_spacing qty_per_account accounts"))
        return OUTCOME_UNSUPPORTED;
    const bool is_short = strcmp(analytic_text(c, "side"), "short") == 0;
    const char *rule = analytic_text(c, "trigger_rule");
    const double spacing = analytic_number(c, "trigger_spacing", 0);
    const double first = analytic_number(c, "first_trigger_drop", spacing);
    const double quantity = analytic_number(c, "qty_per_account", 0);
    const double accounts = analytic_number(c, "accounts", 0);
    const double shock = analytic_number(c, "shock_drop", analytic_number(c, "shock_rise", NAN));
    const double fraction = analytic_number(c, "close_fraction", 1.0);
    const double impact = analytic_number(c, "impact_per_qty", 0);
    if (isnan(shock) || accounts < 1.0 || accounts > RUNGS_MAX)
        return analytic_unsupported(c, "no shock, or more than %d accounts", RUNGS_MAX);

    const size_t count = (size_t)accounts;
    double *drop = g_new(double, count);
    double *quantities = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        drop[i] = first + (double)i * spacing;
        quantities[i] = quantity;
    }
    const struct ladder ladder = {
        .count = count,
        .drop = drop,
        .quantity = quantities,
        .shock = shock,
        .impact = impact,
        .close_fraction = fraction,
        .is_short = is_short,
        .is_strict = rule[0] != '\0' && strstr(rule, ">=") == NULL,
    };
    struct world world;
    struct world_result result;
    const double prices[] = {spacing, first, shock, impact * fraction * quantity};
    const double lots[] = {quantity, fraction * quantity};
    (void)ladder_world(&world, &ladder, grid_decimals(prices, 4, 6), grid_decimals(lots, 2, 8));
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        const double n = ladder_branching_ratio(impact, fraction, quantity, spacing);
        const double final = ladder_drop(&result);
        analytic_put(c, "n", n);
        put_liquidated(c, &result);
        analytic_put(c, is_short ? "final_rise" : "final_drop", final);
        analytic_put(c, "amplification",
                     is_short ? final / shock : result_number(&result, "amplification.AUSDT"));
        outcome = put_generations(c, &result);
        analytic_put(c, "continuum_final_drop", ladder_final_drop(shock, n, spacing * accounts));
        world_result_finish(&result);
    }
    world_finish(&world);
    g_free(drop);
    g_free(quantities);
    return outcome;
}

struct band {
    double first;
    double spacing;
    double count;
    double quantity;
};

/* Branching ratio where the drop is `at`: a rung stands for the stretch of one spacing up to it. */
static double bands_branching(const struct band *bands, size_t count, double impact, double at) {
    double n = 0.0;
    for (size_t b = 0; b < count; b++) {
        const double last = bands[b].first + (bands[b].count - 1.0) * bands[b].spacing;
        if (at > bands[b].first - bands[b].spacing && at <= last)
            n += ladder_branching_ratio(impact, 1.0, bands[b].quantity, bands[b].spacing);
    }
    return n;
}

static enum outcome put_bands(struct analytic_case *c, const struct world_result *result,
                              const struct band *bands, size_t band_count,
                              const struct ladder *ladder) {
    const double final = ladder_drop(result);
    double nearest = INFINITY;
    double largest = 0.0;
    for (size_t i = 0; i < ladder->count; i++) {
        nearest = fmin(nearest, ladder->drop[i]);
        if (ladder->drop[i] <= final)
            largest =
                fmax(largest, bands_branching(bands, band_count, ladder->impact, ladder->drop[i]));
    }
    analytic_put(c, "final_drop", final);
    put_liquidated(c, result);
    analytic_put(c, "amplification", result_number(result, "amplification.AUSDT"));
    analytic_put(c, "n_band",
                 ladder_branching_ratio(ladder->impact, 1.0, bands[0].quantity, bands[0].spacing));
    analytic_put(c, "n_initial", bands_branching(bands, band_count, ladder->impact, nearest));
    analytic_put(c, "n_max_on_path", largest);
    return put_generations(c, result);
}

static enum outcome banded_ladder(struct analytic_case *c) {
    enum { BANDS_MAX = 64 };
    if (!analytic_require(c, "shock_drop impact_per_qty"))
        return OUTCOME_UNSUPPORTED;
    const json_t *list = json_object_get(c->inputs, "bands");
    const size_t band_count = json_array_size(list);
    struct band bands[BANDS_MAX];
    double total = 0.0;
    for (size_t b = 0; b < band_count && b < BANDS_MAX; b++) {
        const struct analytic_case band = {.inputs = json_array_get(list, b)};
        bands[b] =
            (struct band){analytic_number(&band, "first", 0), analytic_number(&band, "spacing", 0),
                          analytic_number(&band, "count", 0), analytic_number(&band, "qty", 0)};
        total += bands[b].count;
    }
    if (band_count == 0 || band_count > BANDS_MAX || total > RUNGS_MAX)
        return analytic_unsupported(c, "'bands' is no list, or too long");

    struct ladder ladder = {
        .shock = analytic_number(c, "shock_drop", 0),
        .impact = analytic_number(c, "impact_per_qty", 0),
        .close_fraction = analytic_number(c, "close_fraction", 1.0),
    };
    double *drop = g_new0(double, (size_t)total);
    double *quantity = g_new0(double, (size_t)total);
    int price_decimals = decimals_of(ladder.shock, 6);
    int lot_decimals = 0;
    for (size_t b = 0; b < band_count; b++) {
        for (double k = 0.0; k < bands[b].count; k += 1.0) {
            drop[ladder.count] = bands[b].first + k * bands[b].spacing;
            quantity[ladder.count++] = bands[b].quantity;
        }
        const double prices[] = {bands[b].first, bands[b].spacing,
                                 ladder.impact * ladder.close_fraction * bands[b].quantity};
        const double lots[] = {bands[b].quantity, ladder.close_fraction * bands[b].quantity};
        price_decimals = MAX(price_decimals, grid_decimals(prices, 3, 6));
        lot_decimals = MAX(lot_decimals, grid_decimals(lots, 2, 8));
    }
    ladder.drop = drop;
    ladder.quantity = quantity;
    struct world world;
    struct world_result result;
    (void)ladder_world(&world, &ladder, price_decimals, lot_decimals);
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        outcome = put_bands(c, &result, bands, band_count, &ladder);
        world_result_finish(&result);
    }
    world_finish(&world);
    g_free(drop);
    g_free(quantity);
    return outcome;
}

/* Runs the ladder of density a * x down to `depth` in `count` accounts; the drop in *ret_drop. */
static enum outcome run_rising(struct analytic_case *c, size_t count, double depth, double a,
                               double impact, double shock, double *ret_drop) {
    /* Quantity down to x is a x^2 / 2: rung k of equal quantities stands at depth * sqrt(k /
     * count). Its quantity is a whole number of lots, so the depths follow from it. */
    const double quantity = nearbyint(a * depth * depth / 2.0 / (double)count * 1e6) / 1e6;
    double *drop = g_new(double, count);
    double *quantities = g_new(double, count);
    for (size_t i = 0; i < count; i++) {
        drop[i] = sqrt(2.0 * (double)(i + 1) * quantity / a);
        quantities[i] = quantity;
    }
    const struct ladder ladder = {
        .count = count,
        .drop = drop,
        .quantity = quantities,
        .shock = shock,
        .impact = impact,
        .close_fraction = 1.0,
    };
    struct world world;
    struct world_result result;
    (void)ladder_world(&world, &ladder, 5, 6);
    const enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        *ret_drop = ladder_drop(&result);
        world_result_finish(&result);
    }
    world_finish(&world);
    g_free(drop);
    g_free(quantities);
    return outcome;
}

enum { RISING_ACCOUNTS = 10000 };

/* Below the fold the cascade stops, just above it takes every rung. */
static enum outcome check_fold(struct analytic_case *c, double a, double impact,
                               const struct ladder_fold *fold) {
    const double depth = 1.5 * fold->drop;
    double below = 0.0;
    double above = 0.0;
    enum outcome outcome =
        run_rising(c, RISING_ACCOUNTS, depth, a, impact, 0.99 * fold->shock, &below);
    if (outcome == OUTCOME_DONE)
        outcome = run_rising(c, RISING_ACCOUNTS, depth, a, impact, 1.01 * fold->shock, &above);
    if (outcome != OUTCOME_DONE)
        return outcome;
    const double stop = ladder_rising_drop(impact, a, 0.99 * fold->shock);
    if (fabs(below - stop) > 0.005 * stop)
        return analytic_broken(c, "1 %% below the fold the drop is %g, not %g", below, stop);
    if (above < depth)
        return analytic_broken(c, "1 %% above the fold the cascade stops at %g", above);
    return OUTCOME_DONE;
}

static enum outcome density_ladder(struct analytic_case *c) {
    if (!analytic_require(c, "impact_per_qty a"))
        return OUTCOME_UNSUPPORTED;
    if (!g_str_has_prefix(analytic_text(c, "density"), "a*x"))
        return analytic_unsupported(c, "unknown density '%s'", analytic_text(c, "density"));
    const double a = analytic_number(c, "a", 0);
    const double impact = analytic_number(c, "impact_per_qty", 0);
    const double shock = analytic_number(c, "shock_drop", NAN);
    const struct ladder_fold fold = ladder_rising_fold(impact, a);
    analytic_put(c, "fold_shock", fold.shock);
    analytic_put(c, "fold_drop", fold.drop);
    analytic_put(c, "fold_amplification", fold.amplification);
    analytic_put(c, "n_at_fold", fold.branching);
    if (isnan(shock))
        return check_fold(c, a, impact, &fold);

    const double stop = ladder_rising_drop(impact, a, shock);
    const double depth = isinf(stop) ? 1.5 * fold.drop : fmin(1.5 * stop, 1.5 * fold.drop);
    double final = 0.0;
    for (size_t count = RISING_ACCOUNTS / 4; count <= RISING_ACCOUNTS; count *= 2) {
        const enum outcome outcome = run_rising(c, count, depth, a, impact, shock, &final);
        if (outcome != OUTCOME_DONE)
            return outcome;
        /* One rung missing, amplified by the ladder: an error that falls as 1 / count. */
        const double rung = impact * a * depth * depth / 2.0 / (double)count;
        const double bound = rung / (1.0 - impact * a * stop) + 1e-4;
        if (isfinite(stop) && fabs(final - stop) > bound)
            return analytic_broken(c, "with %zu accounts the drop %g is off by more than %g", count,
                                   final, bound);
    }
    analytic_put(c, "final_drop", isinf(stop) && final >= depth ? INFINITY : final);
    analytic_put(c, "amplification", final / shock);
    analytic_put(c, "n_at_stop", impact * a * final);
    return OUTCOME_DONE;
}

const struct analytic_entry analytic_ladder[] = {
    {"uniform_ladder_linear_permanent", uniform_ladder},
    {"banded_ladder", banded_ladder},
    {"density_power_ladder", density_ladder},
    {NULL, NULL},
};

/* History already holds the cascade (models.md 2), and what must not change a result (8.9). */

#include <math.h>

#include "tests/analytic.h"

/* ---- feedback on a path that already contains it ---- */

enum { RUNGS = 20000 };

/* A homogeneous ladder of branching ratio n under an observed fall. `share` below 1: history's
 * rules closed only that share of each position. *ret_drops: simulated, without feedback;
 * fractions. */
static enum outcome run_observed(struct analytic_case *c, double observed, double n,
                                 const char *cleaning, double share, double *ret_drops) {
    const double start = 100000.0;
    const double depth = 1.2 * observed * ladder_amplification(n) * start;
    const double spacing = depth / RUNGS;
    double *drop = g_new(double, RUNGS);
    double *quantity = g_new(double, RUNGS);
    for (size_t i = 0; i < RUNGS; i++) {
        drop[i] = spacing * (double)(i + 1);
        quantity[i] = 1.0;
    }
    const struct ladder ladder = {.count = RUNGS,
                                  .drop = drop,
                                  .quantity = quantity,
                                  .shock = observed * start,
                                  .impact = n * spacing,
                                  .close_fraction = 1.0,
                                  .start_price = start};
    struct world world;
    struct world_result result;
    (void)ladder_world(&world, &ladder, 4, 6);
    g_string_printf(world.feedback, "cleaning: %s\n", cleaning);
    if (share < 1.0)
        ladder_rules(world.reference, false, share);
    const enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        ret_drops[0] = ladder_drop(&result) / start;
        ret_drops[1] = (start - result_price(&result, "AUSDT", "last_without_feedback")) / start;
        world_result_finish(&result);
    }
    world_finish(&world);
    g_free(drop);
    g_free(quantity);
    return outcome;
}

static enum outcome identification(struct analytic_case *c) {
    if (!analytic_require(c, "observed_drop n_true"))
        return OUTCOME_UNSUPPORTED;
    const double observed = analytic_number(c, "observed_drop", 0);
    const double n = analytic_number(c, "n_true", 0);
    const double share = analytic_number(c, "recorded_fraction", 1.0);
    if (n >= 1.0 || 1.2 * observed * ladder_amplification(n) >= 1.0)
        return analytic_unsupported(c, "the ladder would end below a price of 0");
    double naive[2] = {0};
    double cleaned[2] = {0};
    double partly[2] = {0};
    enum outcome outcome = run_observed(c, observed, n, "none", 1.0, naive);
    if (outcome == OUTCOME_DONE)
        outcome = run_observed(c, observed, n, "modelled", 1.0, cleaned);
    if (outcome == OUTCOME_DONE && share < 1.0)
        outcome = run_observed(c, observed, n, "modelled", share, partly);
    if (outcome != OUTCOME_DONE)
        return outcome;
    analytic_put(c, "true_exogenous_drop", cleaned[1]);
    analytic_put(c, "recorded_flow_impact", observed - cleaned[1]);
    analytic_put(c, "naive_resimulated_drop", naive[0]);
    analytic_put(c, "deconvolved_resimulated_drop", cleaned[0]);
    analytic_put(c, "naive_bias_factor", naive[0] / observed);
    analytic_put(c, "bound_low_full_recovery", cleaned[0]);
    analytic_put(c, "bound_high_no_recovery", naive[0]);
    analytic_put(c, "estimated_exogenous_drop", share < 1.0 ? partly[1] : cleaned[1]);
    analytic_put(c, "resimulated_drop", share < 1.0 ? partly[0] : cleaned[0]);
    return OUTCOME_DONE;
}

/* ---- null replay ---- */

/* A crash and a rebound on a rough path, one tick a minute; the same every time. */
static void rough_path(struct world *world, double start) {
    guint32 random = 12345;
    double level = 0.0;
    for (int minute = 0; minute < 300; minute++) {
        random = random * 1664525u + 1013904223u;
        level += ((double)(random >> 8) / (1u << 24) - 0.5) * 0.01;
        const double crash = -0.3 * exp(-pow((minute - 150) / 25.0, 2.0));
        world_tick(world, WORLD_START_MS + 60000 * (gint64)minute, "AUSDT",
                   start * exp(level + crash));
    }
}

/* Longs and shorts of every leverage, closed by a third at a time, some into debt. */
static void mixed_accounts(struct world *world, double start) {
    g_string_append(world->rulebook,
                    "margin: {trigger: below, maintenance_rate: 0.005}\n"
                    "liquidation: {order: all, close: fraction, fraction: 0.3, fee_rate: 0.001}\n"
                    "waterfall: {stages: [insurance_fund]}\n");
    for (size_t i = 0; i < 600; i++) {
        char account[32];
        (void)g_snprintf(account, sizeof(account), "n%04zu", i);
        const double sign = i % 3 == 2 ? -1.0 : 1.0;
        const double quantity = 1.0 + (double)(i % 7);
        world_balance(world, account, "USDT", quantity * start * (0.01 + 0.0006 * (double)i));
        world_position(world, account, "AUSDT", sign * quantity, start, -1.0);
    }
    world->insurance_fund = 1000.0;
}

static enum outcome run_null(struct analytic_case *c, const char *impact, double *ret_error) {
    const double start = 10000.0;
    struct world world;
    struct world_result result;
    world_init(&world, 2, 3);
    mixed_accounts(&world, start);
    rough_path(&world, start);
    g_string_assign(world.impact, impact);
    g_string_assign(world.feedback, "cleaning: modelled\n");
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        *ret_error =
            result_query_one(c, &result, "SELECT max(abs(simulated - recorded)) FROM minute");
        *ret_error = fmax(*ret_error, fabs(result_price(&result, "AUSDT", "min") -
                                           result_price(&result, "AUSDT", "min_recorded")));
        const double moved = result_query_one(
            c, &result, "SELECT max(abs(without_feedback - recorded)) FROM minute");
        if (!(result_number(&result, "liquidations") > 100.0) || !(moved > 1.0))
            outcome = analytic_broken(c, "the run proves nothing: %g orders moved the price by %g",
                                      result_number(&result, "liquidations"), moved);
        world_result_finish(&result);
    }
    world_finish(&world);
    return outcome;
}

/* The identity holds for any kernel, so the engine's own are taken: each space, decaying. */
static enum outcome null_replay(struct analytic_case *c) {
    char linear[256];
    (void)g_snprintf(linear, sizeof(linear),
                     "model: linear\ninstrument: {AUSDT: {space: price, slope: %.17g, "
                     "permanent: 0.25, half_life_s: 180}}\n",
                     analytic_number(c, "lambda", 0.2));
    const char *const impacts[] = {
        linear,
        "model: linear\ninstrument: {AUSDT: {space: log, slope: 1e-8, permanent: 0.25, "
        "half_life_s: 180}}\n",
        "model: square_root\ninstrument: {AUSDT: {prefactor: 1, volatility: 0.2, volume: 10000, "
        "crossover: 1e-4, permanent: 0.25, half_life_s: 180}}\n",
    };
    double worst = 0.0;
    for (size_t i = 0; i < G_N_ELEMENTS(impacts); i++) {
        double error = NAN;
        const enum outcome outcome = run_null(c, impacts[i], &error);
        if (outcome != OUTCOME_DONE)
            return outcome;
        if (!(error <= worst))
            worst = error;
    }
    analytic_put(c, "max_abs_error", worst);
    return OUTCOME_DONE;
}

/* ---- invariances ---- */

struct book {
    long first;
    long last;
    double quantity;
    double entry;
    double wallet;
    double wallet_step;
    double rate;
};

/* "k=0..39: qty 1, entry 30000, wallet 1000+137k, mmr 1%" */
static bool read_book(const char *text, struct book *ret) {
    double number[7];
    if (!analytic_scan(text, "k=#..#: qty #, entry #, wallet #+#k, mmr #%", number) ||
        number[1] < number[0] || number[1] - number[0] >= 100000.0)
        return false;
    *ret = (struct book){.first = (long)number[0],
                         .last = (long)number[1],
                         .quantity = number[2],
                         .entry = number[3],
                         .wallet = number[4],
                         .wallet_step = number[5],
                         .rate = number[6]};
    return true;
}

/* Wallets then scale with price times quantity, impact with price over quantity, drops with price.
 */
struct transform {
    double price;
    double quantity;
    long split; /* each account in so many equal parts */
    bool shuffled;
};

struct outcome_of_run {
    double drop;
    double accounts;
};

static enum outcome run_book(struct analytic_case *c, const struct book *book,
                             struct transform transform, struct outcome_of_run *ret) {
    const long count = book->last - book->first + 1;
    struct world world;
    struct world_result result;
    world_init(&world, 6, 6);
    g_string_append_printf(world.rulebook,
                           "margin: {trigger: at_or_below, maintenance_rate: %.8f}\n"
                           "liquidation: {order: all, close: full}\n"
                           "waterfall: {stages: [insurance_fund]}\n",
                           book->rate / 100.0);
    for (long i = 0; i < count; i++) {
        /* Any stride that shares no factor with the count goes through all. */
        const long k = book->first + (transform.shuffled ? (i * 7919 + 13) % count : i);
        for (long part = 0; part < transform.split; part++) {
            char account[64];
            (void)g_snprintf(account, sizeof(account), "%s%ld-%ld",
                             transform.shuffled && k % 2 == 0 ? "z" : "k", k, part);
            const double share = 1.0 / (double)transform.split;
            const double wallet = book->wallet + book->wallet_step * (double)k;
            world_balance(&world, account, "USDT",
                          wallet * transform.price * transform.quantity * share);
            world_position(&world, account, "AUSDT", book->quantity * transform.quantity * share,
                           book->entry * transform.price, -1.0);
        }
    }
    const double start = analytic_number(c, "mark", book->entry) * transform.price;
    world_tick(&world, WORLD_START_MS, "AUSDT", start);
    world_tick(&world, WORLD_START_MS + 60000, "AUSDT",
               start - analytic_number(c, "shock_drop", 0) * transform.price);
    g_string_append_printf(
        world.impact,
        "model: linear\ninstrument: {AUSDT: {space: price, slope: %.17g, permanent: 1.0}}\n",
        analytic_number(c, "impact_per_qty", 0) * transform.price / transform.quantity);
    g_string_append(world.feedback, "cleaning: none\n");
    world.insurance_fund = 1e10;
    const enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        ret->drop = ladder_drop(&result);
        ret->accounts = result_number(&result, "accounts_liquidated");
        world_result_finish(&result);
    }
    world_finish(&world);
    return outcome;
}

static enum outcome invariance(struct analytic_case *c) {
    struct book book;
    if (!analytic_require(c, "impact_per_qty shock_drop"))
        return OUTCOME_UNSUPPORTED;
    if (!read_book(analytic_text(c, "accounts"), &book))
        return analytic_unsupported(c, "unknown form of accounts: '%s'",
                                    analytic_text(c, "accounts"));
    double parts = 5.0;
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)c->expected, key, value) {
        double number = 0.0;
        if (analytic_scan(key, "split#_accounts_liquidated", &number))
            parts = number;
    }
    if (parts < 1.0 || parts > 1000.0)
        return analytic_unsupported(c, "a split in %g", parts);
    const long split = (long)parts;

    /* Base; numeraire; every size times 1000; quantities in thousandths; order and names; split. */
    const struct transform transforms[] = {
        {1.0, 1.0, 1, false},      {7.0 / 3.0, 1.0, 1, false}, {1.0, 1000.0, 1, false},
        {0.001, 1000.0, 1, false}, {1.0, 1.0, 1, true},        {1.0, 1.0, split, false},
    };
    enum { BASE = 0, NUMERAIRE = 1, SPLIT = 5 };
    struct outcome_of_run runs[G_N_ELEMENTS(transforms)];
    for (size_t i = 0; i < G_N_ELEMENTS(transforms); i++) {
        const enum outcome outcome = run_book(c, &book, transforms[i], &runs[i]);
        if (outcome != OUTCOME_DONE)
            return outcome;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(transforms); i++) {
        const double drop = runs[BASE].drop * transforms[i].price;
        if (runs[i].accounts != runs[BASE].accounts * (double)transforms[i].split ||
            fabs(runs[i].drop - drop) > 1e-6 * drop)
            return analytic_broken(
                c, "transform %zu gives a drop of %g and %g accounts, not %g, %g", i, runs[i].drop,
                runs[i].accounts, drop, runs[BASE].accounts * (double)transforms[i].split);
    }
    analytic_put(c, "final_drop", runs[BASE].drop);
    analytic_put(c, "accounts_liquidated", runs[BASE].accounts);
    analytic_put(c, "numeraire_scaled_final_drop", runs[NUMERAIRE].drop);
    char split_key[64];
    (void)g_snprintf(split_key, sizeof(split_key), "split%ld_accounts_liquidated", split);
    analytic_put(c, split_key, runs[SPLIT].accounts);
    return OUTCOME_DONE;
}

const struct analytic_entry analytic_identification[] = {
    {"identification", identification},
    {"null_replay", null_replay},
    {"invariance", invariance},
    {NULL, NULL},
};

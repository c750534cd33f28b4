/* Classes of cross-margin accounts on several instruments (models.md 8.6): contagion through shared
 * collateral. */

#include <math.h>

#include "tests/analytic.h"

enum { ASSETS_MAX = 8, CLASSES_MAX = 16, PRICE_DECIMALS = 6, LOT_DECIMALS = 6 };

struct account_class {
    double count;
    double slack_max;
    double quantity[ASSETS_MAX];
    double rate[ASSETS_MAX];
};

struct cross_ladder {
    size_t assets;
    size_t classes;
    struct account_class account_class[CLASSES_MAX];
    double rate[ASSETS_MAX]; /* maintenance rate of an instrument, the same for every class */
    double shock[ASSETS_MAX];
    double impact[ASSETS_MAX * ASSETS_MAX];
    double branching[ASSETS_MAX * ASSETS_MAX];
    double stop[ASSETS_MAX]; /* continuum drops; NaN from radius 1 on */
    double radius;
};

/* Slack lost a unit of drop of asset i. */
static double weight(const struct account_class *class, size_t i) {
    return class->quantity[i] - fabs(class->quantity[i]) * class->rate[i];
}

static enum outcome read_classes(struct analytic_case *c, struct cross_ladder *ret) {
    const json_t *classes = json_object_get(c->inputs, "classes");
    size_t rows = 0;
    size_t columns = 0;
    ret->classes = json_array_size(classes);
    ret->assets =
        analytic_numbers(json_object_get(c->inputs, "shock_drop"), ASSETS_MAX, ret->shock);
    if (ret->assets == 0 || ret->classes == 0 || ret->classes > CLASSES_MAX ||
        !analytic_matrix(json_object_get(c->inputs, "impact_matrix"), G_N_ELEMENTS(ret->impact),
                         &rows, &columns, ret->impact) ||
        rows != ret->assets || columns != ret->assets)
        return analytic_unsupported(c, "'classes', 'shock_drop' and 'impact_matrix' do not fit");
    bool held[ASSETS_MAX] = {false};
    for (size_t k = 0; k < ret->classes; k++) {
        struct account_class *class = &ret->account_class[k];
        const json_t *item = json_array_get(classes, k);
        struct analytic_case one = {.inputs = item};
        class->count = analytic_number(&one, "count", 0);
        class->slack_max = analytic_number(&one, "Bmax", 0);
        if (analytic_numbers(json_object_get(item, "q"), ASSETS_MAX, class->quantity) !=
                ret->assets ||
            analytic_numbers(json_object_get(item, "m"), ASSETS_MAX, class->rate) != ret->assets ||
            class->count < 1.0 || class->slack_max <= 0.0)
            return analytic_unsupported(c, "class %zu has no count, Bmax, q and m of the size", k);
        for (size_t i = 0; i < ret->assets; i++) {
            if (class->quantity[i] == 0.0)
                continue;
            if (held[i] && ret->rate[i] != class->rate[i])
                return analytic_unsupported(c, "one instrument with two maintenance rates");
            held[i] = true;
            ret->rate[i] = class->rate[i];
        }
    }
    return OUTCOME_DONE;
}

/* N = impact * sum of (count / slack_max) q w', and the drops it leads to. */
static void solve(struct cross_ladder *ladder) {
    const size_t size = ladder->assets;
    double sold[ASSETS_MAX * ASSETS_MAX] = {0}; /* quantity sold a unit of drop */
    for (size_t k = 0; k < ladder->classes; k++) {
        const struct account_class *class = &ladder->account_class[k];
        for (size_t i = 0; i < size; i++)
            for (size_t j = 0; j < size; j++)
                sold[i * size + j] +=
                    class->count / class->slack_max * class->quantity[i] * weight(class, j);
    }
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) {
            ladder->branching[i * size + j] = 0.0;
            for (size_t l = 0; l < size; l++)
                ladder->branching[i * size + j] +=
                    ladder->impact[i * size + l] * sold[l * size + j];
        }
    ladder->radius = branching_radius(size, ladder->branching);
    double multiplier[ASSETS_MAX * ASSETS_MAX];
    const bool stops =
        ladder->radius < 1.0 && branching_multiplier(size, ladder->branching, multiplier);
    for (size_t i = 0; i < size; i++) {
        ladder->stop[i] = stops ? 0.0 : NAN;
        for (size_t j = 0; j < size && stops; j++)
            ladder->stop[i] += multiplier[i * size + j] * ladder->shock[j];
    }
}

static void symbol_of(size_t asset, char *ret_symbol) {
    (void)g_snprintf(ret_symbol, 16, "%cUSDT", (char)('A' + (int)asset));
}

/* `coarse` accounts are one: quantities and slack times `coarse`, count over it; the same density.
 */
static void cross_world(struct world *world, const struct cross_ladder *ladder, double coarse,
                        double *ret_start) {
    world_init(world, PRICE_DECIMALS, LOT_DECIMALS);
    g_string_truncate(world->instruments, 0);
    g_string_append(world->rulebook, "margin:\n  trigger: at_or_below\n  tiers:\n");
    g_string_append(world->impact, "model: linear\n");
    bool crossed = false;
    for (size_t i = 0; i < ladder->assets * ladder->assets; i++)
        crossed = crossed || (i % (ladder->assets + 1) != 0 && ladder->impact[i] != 0.0);
    if (crossed)
        g_string_append(world->impact, "allow_inadmissible: true\n");
    g_string_append(world->impact, "instrument:\n");
    for (size_t i = 0; i < ladder->assets; i++) {
        char symbol[16];
        symbol_of(i, symbol);
        double reach = fabs(ladder->shock[i]);
        for (size_t j = 0; j < ladder->assets; j++)
            for (size_t k = 0; k < ladder->classes; k++) {
                const struct account_class *class = &ladder->account_class[k];
                reach += isnan(ladder->stop[i])
                             ? fabs(ladder->impact[i * ladder->assets + j] * class->quantity[j]) *
                                   class->count
                             : 0.0;
            }
        ret_start[i] = price_above(fmax(reach, isnan(ladder->stop[i]) ? 0.0 : ladder->stop[i]));
        g_string_append_printf(world->instruments, "%s%s", i == 0 ? "" : ", ", symbol);
        g_string_append_printf(world->rulebook,
                               "    %s: [{floor: 0, cap: 1e10, maintenance_rate: %.8f, "
                               "maintenance_amount: 0}]\n",
                               symbol, ladder->rate[i]);
        g_string_append_printf(world->impact, "  %s: {space: price, slope: %.17g, permanent: 1.0",
                               symbol, ladder->impact[i * (ladder->assets + 1)]);
        for (size_t j = 0; j < ladder->assets; j++) {
            char other[16];
            symbol_of(j, other);
            if (crossed && j != i)
                g_string_append_printf(world->impact, "%s%s: %.17g",
                                       j == (i == 0 ? 1 : 0) ? ", cross: {" : ", ", other,
                                       ladder->impact[i * ladder->assets + j]);
        }
        g_string_append(world->impact, crossed ? "}}\n" : "}\n");
        world_tick(world, WORLD_START_MS, symbol, ret_start[i]);
    }
    for (size_t i = 0; i < ladder->assets; i++) {
        char symbol[16];
        symbol_of(i, symbol);
        world_tick(world, WORLD_START_MS + 60000, symbol, ret_start[i] - ladder->shock[i]);
    }
    g_string_append(world->rulebook, "liquidation: {order: all, close: full}\n"
                                     "waterfall: {stages: [insurance_fund]}\n");
    g_string_append(world->feedback, "cleaning: none\n");
    world->insurance_fund = 1e10;

    for (size_t k = 0; k < ladder->classes; k++) {
        const struct account_class *class = &ladder->account_class[k];
        double margin = 0.0;
        for (size_t i = 0; i < ladder->assets; i++)
            margin += class->rate[i] * fabs(class->quantity[i]) * ret_start[i];
        const size_t count = (size_t)(class->count / coarse);
        for (size_t a = 1; a <= count; a++) {
            char account[32];
            (void)g_snprintf(account, sizeof(account), "c%zu-%07zu", k, a);
            const double slack = (double)a * class->slack_max / class->count * coarse;
            world_balance(world, account, "USDT", coarse * (slack + margin));
            for (size_t i = 0; i < ladder->assets; i++) {
                char symbol[16];
                symbol_of(i, symbol);
                if (class->quantity[i] != 0.0)
                    world_position(world, account, symbol, coarse * class->quantity[i],
                                   ret_start[i], -1.0);
            }
        }
    }
}

/* How far an account missing in each class leaves the drop of asset i: an error that falls as
 * 1 / count. */
static double error_bound(const struct cross_ladder *ladder, size_t asset, double coarse) {
    double multiplier[ASSETS_MAX * ASSETS_MAX];
    const size_t size = ladder->assets;
    if (!branching_multiplier(size, ladder->branching, multiplier))
        return NAN;
    double bound = 1e-5;
    for (size_t j = 0; j < size; j++)
        for (size_t l = 0; l < size; l++)
            for (size_t k = 0; k < ladder->classes; k++)
                bound += fabs(multiplier[asset * size + j] * ladder->impact[j * size + l] *
                              ladder->account_class[k].quantity[l]) *
                         coarse;
    return bound;
}

static enum outcome run_cross(struct analytic_case *c, const struct cross_ladder *ladder,
                              double coarse, double *ret_drop) {
    struct world world;
    struct world_result result;
    double start[ASSETS_MAX];
    cross_world(&world, ladder, coarse, start);
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome != OUTCOME_DONE) {
        world_finish(&world);
        return outcome;
    }
    for (size_t i = 0; i < ladder->assets && outcome == OUTCOME_DONE; i++) {
        char symbol[16];
        symbol_of(i, symbol);
        ret_drop[i] =
            result_price(&result, symbol, "first") - result_price(&result, symbol, "last");
        const double bound = error_bound(ladder, i, coarse);
        if (ladder->radius < 1.0 && fabs(ret_drop[i] - ladder->stop[i]) > bound)
            outcome = analytic_broken(c, "%s falls by %g, more than %g from the continuum's %g",
                                      symbol, ret_drop[i], bound, ladder->stop[i]);
    }
    json_t *brute = json_object();
    json_t *by_class = json_array();
    for (size_t k = 0; k < ladder->classes && outcome == OUTCOME_DONE; k++) {
        char sql[128];
        (void)g_snprintf(
            sql, sizeof(sql),
            "SELECT count(DISTINCT account) FROM liquidation WHERE account LIKE 'c%zu-%%'", k);
        (void)json_array_append_new(by_class, json_real(result_query_one(c, &result, sql)));
    }
    for (size_t i = 0; i < ladder->assets; i++) {
        char key[16];
        (void)g_snprintf(key, sizeof(key), "drop_%c", (char)('A' + (int)i));
        analytic_put(c, key, ret_drop[i]);
        (void)json_object_set_new(brute, key, json_real(ret_drop[i]));
    }
    const double accounts = result_number(&result, "accounts_liquidated");
    (void)json_object_set_new(brute, "accounts", json_real(accounts));
    (void)json_object_set_new(brute, "accounts_by_class", by_class);
    (void)json_object_set_new(c->got, "brute_force", brute);
    analytic_put(c, "accounts_liquidated_continuum", accounts);
    analytic_put(c, "accounts_liquidated", accounts);
    world_result_finish(&result);
    world_finish(&world);
    return outcome;
}

static enum outcome cross_margin_ladder(struct analytic_case *c) {
    struct cross_ladder ladder = {0};
    enum outcome outcome = read_classes(c, &ladder);
    if (outcome != OUTCOME_DONE)
        return outcome;
    solve(&ladder);
    double drop[ASSETS_MAX] = {0};
    const double coarseness[] = {4.0, 2.0, 1.0};
    for (size_t i = 0; i < G_N_ELEMENTS(coarseness) && outcome == OUTCOME_DONE; i++)
        outcome = run_cross(c, &ladder, coarseness[i], drop);
    if (outcome != OUTCOME_DONE)
        return outcome;

    analytic_put(c, "n", ladder.radius);
    analytic_put(c, "spectral_radius", ladder.radius);
    analytic_put_matrix(c, "branching_matrix", ladder.assets, ladder.assets, ladder.branching);
    double multiplier[ASSETS_MAX * ASSETS_MAX];
    if (ladder.radius < 1.0 && branching_multiplier(ladder.assets, ladder.branching, multiplier))
        analytic_put_matrix(c, "multiplier_matrix", ladder.assets, ladder.assets, multiplier);
    if (ladder.classes == 1) {
        double consumed = 0.0;
        for (size_t i = 0; i < ladder.assets; i++)
            consumed += weight(&ladder.account_class[0], i) * drop[i];
        analytic_put(c, "margin_slack_consumed", consumed);
    }
    return OUTCOME_DONE;
}

const struct analytic_entry analytic_cross[] = {
    {"cross_margin_ladder", cross_margin_ladder},
    {NULL, NULL},
};

/* Cases with check `formula`: through the functions that the reports use. */

#include <math.h>

#include "reports/cascade_formulas.h"
#include "reports/risk_formulas.h"
#include "tests/analytic.h"

#define NUMBERS_MAX 100000

static enum outcome kupiec(struct analytic_case *c) {
    if (!analytic_require(c, "T x p"))
        return OUTCOME_UNSUPPORTED;
    const double ratio = kupiec_ratio(analytic_number(c, "T", 0), analytic_number(c, "x", 0),
                                      analytic_number(c, "p", 0));
    analytic_put(c, "LR_uc", ratio);
    analytic_put(c, "chi2_1_5pct", CHI_SQUARED_1_AT_5_PERCENT);
    (void)json_object_set_new(c->got, "reject", json_boolean(ratio > CHI_SQUARED_1_AT_5_PERCENT));
    return OUTCOME_DONE;
}

static enum outcome christoffersen(struct analytic_case *c) {
    if (!analytic_require(c, "n00 n01 n10 n11"))
        return OUTCOME_UNSUPPORTED;
    const double ratio =
        christoffersen_ratio(analytic_number(c, "n00", 0), analytic_number(c, "n01", 0),
                             analytic_number(c, "n10", 0), analytic_number(c, "n11", 0));
    analytic_put(c, "LR_ind", ratio);
    (void)json_object_set_new(c->got, "reject_5pct",
                              json_boolean(ratio > CHI_SQUARED_1_AT_5_PERCENT));
    return OUTCOME_DONE;
}

static enum outcome glt(struct analytic_case *c) {
    enum { MAX = 256 };
    double weights[MAX * 4];
    double bank_assets[MAX];
    double debt[MAX];
    double impact[MAX];
    double shock[MAX];
    size_t banks = 0;
    size_t assets = 0;
    if (!analytic_matrix(json_object_get(c->inputs, "weights"), G_N_ELEMENTS(weights), &banks,
                         &assets, weights) ||
        analytic_numbers(json_object_get(c->inputs, "assets"), MAX, bank_assets) != banks ||
        analytic_numbers(json_object_get(c->inputs, "debt_to_equity"), MAX, debt) != banks ||
        analytic_numbers(json_object_get(c->inputs, "price_impact_per_unit"), MAX, impact) !=
            assets ||
        analytic_numbers(json_object_get(c->inputs, "shock_return"), MAX, shock) != assets ||
        !analytic_require(c, "equity_total"))
        return analytic_unsupported(c, "the inputs are not banks x assets of one size");
    double sales[MAX];
    double returns[MAX];
    analytic_put(c, "AV",
                 aggregate_vulnerability(banks, assets, bank_assets, weights, debt, impact, shock,
                                         analytic_number(c, "equity_total", 0), sales, returns));
    analytic_put_list(c, "sales_by_asset", assets, sales);
    analytic_put_list(c, "second_round_return", assets, returns);
    return OUTCOME_DONE;
}

static enum outcome apc(struct analytic_case *c) {
    const json_t *series = json_object_get(c->inputs, "margin");
    double *margin = g_new(double, NUMBERS_MAX);
    const size_t count = analytic_numbers(series, NUMBERS_MAX, margin);
    enum outcome outcome = OUTCOME_DONE;
    if (count == 0)
        outcome = analytic_unsupported(c, "'margin' is no list of numbers");
    else
        analytic_put(c, "peak_to_trough", margin_peak_to_trough(count, margin));
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)c->expected, key, value) {
        double days = 0.0;
        if (analytic_scan(key, "max_#day_increase_pct", &days) && days >= 1.0 &&
            days < (double)count)
            analytic_put(c, key, margin_largest_rise_percent(count, margin, (size_t)days));
    }
    g_free(margin);
    return outcome;
}

static enum outcome roc_pr(struct analytic_case *c) {
    const json_t *rows = json_object_get(c->inputs, "scores_labels");
    const size_t count = json_array_size(rows);
    if (count == 0)
        return analytic_unsupported(c, "'scores_labels' is no list");
    double *score = g_new(double, count);
    bool *event = g_new(bool, count);
    double events = 0.0;
    enum outcome outcome = OUTCOME_DONE;
    for (size_t i = 0; i < count && outcome == OUTCOME_DONE; i++) {
        double pair[2];
        if (analytic_numbers(json_array_get(rows, i), 2, pair) != 2)
            outcome = analytic_unsupported(c, "'scores_labels' holds more than [score, label]");
        score[i] = pair[0];
        event[i] = pair[1] != 0.0;
        events += event[i] ? 1.0 : 0.0;
    }
    if (outcome == OUTCOME_DONE) {
        analytic_put(c, "auc", alarm_auc(count, score, event));
        analytic_put(c, "average_precision", alarm_average_precision(count, score, event));
        analytic_put(c, "base_rate", events / (double)count);
    }
    g_free(score);
    g_free(event);
    return outcome;
}

static enum outcome paired_ci(struct analytic_case *c) {
    enum { MAX = 4096 };
    double a[MAX];
    double b[MAX];
    const size_t count = analytic_numbers(json_object_get(c->inputs, "policy_a"), MAX, a);
    if (count < 2 || analytic_numbers(json_object_get(c->inputs, "policy_b"), MAX, b) != count)
        return analytic_unsupported(c, "'policy_a' and 'policy_b' are not lists of one length");
    const struct paired_interval interval = paired_interval_of(count, a, b);
    analytic_put(c, "mean_diff", interval.mean_difference);
    analytic_put(c, "half_width_paired", interval.half_width_paired);
    analytic_put(c, "half_width_unpaired_same_t", interval.half_width_unpaired);
    analytic_put(c, "variance_ratio", interval.variance_ratio);
    return OUTCOME_DONE;
}

static enum outcome gpd_mean_excess(struct analytic_case *c) {
    if (!analytic_require(c, "xi beta margin_above_threshold"))
        return OUTCOME_UNSUPPORTED;
    const double xi = analytic_number(c, "xi", 0);
    const double beta = analytic_number(c, "beta", 0);
    const double excess = analytic_number(c, "margin_above_threshold", 0);
    analytic_put(c, "mean_excess", pareto_mean_excess(xi, beta, excess));
    analytic_put(c, "breach_probability_given_tail", pareto_exceedance(xi, beta, excess));
    return OUTCOME_DONE;
}

static enum outcome hawkes(struct analytic_case *c) {
    if (!analytic_require(c, "mean variance"))
        return OUTCOME_UNSUPPORTED;
    analytic_put(
        c, "n", hawkes_branching(analytic_number(c, "mean", 0), analytic_number(c, "variance", 0)));
    return OUTCOME_DONE;
}

enum law { LAW_GENERAL_POISSON, LAW_BOREL };

/* Answers each expected key of the form pmf_A_to_B. */
static void put_pmf_lists(struct analytic_case *c, enum law law, double theta, double n) {
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)c->expected, key, value) {
        double range[2];
        if (!analytic_scan(key, "pmf_#_to_#", range) || range[1] < range[0] || range[1] > 1e9 ||
            range[1] - range[0] >= 4096.0 || (law == LAW_BOREL && range[0] < 1.0))
            continue;
        const unsigned first = (unsigned)range[0];
        const unsigned last = (unsigned)range[1];
        double pmf[4096];
        for (unsigned k = first; k <= last; k++)
            pmf[k - first] = law == LAW_BOREL ? borel_pmf(n, k) : general_poisson_pmf(theta, n, k);
        analytic_put_list(c, key, last - first + 1, pmf);
    }
}

static enum outcome poisson_ladder(struct analytic_case *c) {
    if (!analytic_require(c, "theta n"))
        return OUTCOME_UNSUPPORTED;
    const double theta = analytic_number(c, "theta", 0);
    const double n = analytic_number(c, "n", 0);
    put_pmf_lists(c, LAW_GENERAL_POISSON, theta, n);
    const struct cascade_moments moments = general_poisson_moments(theta, n);
    analytic_put(c, "mean", moments.mean);
    analytic_put(c, "variance", moments.variance);
    return OUTCOME_DONE;
}

static enum outcome galton_watson(struct analytic_case *c) {
    if (!analytic_require(c, "n"))
        return OUTCOME_UNSUPPORTED;
    const double n = analytic_number(c, "n", 0);
    put_pmf_lists(c, LAW_BOREL, 0.0, n);
    const struct cascade_moments moments = borel_moments(n);
    analytic_put(c, "mean", moments.mean);
    analytic_put(c, "variance", moments.variance);
    analytic_put(c, "extinction_probability", galton_watson_extinction(n));
    const double k = analytic_number(c, "k", 0);
    if (k >= 1.0 && k < 4e9) {
        const double pmf = borel_pmf(n, (unsigned)k);
        const double tail = borel_critical_tail((unsigned)k);
        analytic_put(c, "pmf", pmf);
        analytic_put(c, "asymptote", tail);
        analytic_put(c, "ratio", pmf / tail);
    }
    return OUTCOME_DONE;
}

static enum outcome compound(struct analytic_case *c) {
    enum { MAX = 4096 };
    double sizes[2 * MAX];
    size_t rows = 0;
    size_t columns = 0;
    if (!analytic_require(c, "accounts_per_price impact_per_qty shock_drop"))
        return OUTCOME_UNSUPPORTED;
    if (!analytic_matrix(json_object_get(c->inputs, "qty_distribution"), G_N_ELEMENTS(sizes), &rows,
                         &columns, sizes) ||
        columns != 2)
        return analytic_unsupported(c, "'qty_distribution' is no list of [quantity, probability]");
    double mean = 0.0;
    double square = 0.0;
    for (size_t i = 0; i < rows; i++) {
        mean += sizes[2 * i] * sizes[2 * i + 1];
        square += sizes[2 * i] * sizes[2 * i] * sizes[2 * i + 1];
    }
    const struct cascade_moments moments = compound_ladder_moments(
        analytic_number(c, "accounts_per_price", 0), analytic_number(c, "impact_per_qty", 0),
        analytic_number(c, "shock_drop", 0), mean, square);
    analytic_put(c, "n", moments.n);
    analytic_put(c, "mean_drop", moments.mean);
    analytic_put(c, "variance_drop", moments.variance);
    return OUTCOME_DONE;
}

static enum outcome branching_matrix(struct analytic_case *c) {
    double matrix[BRANCHING_SIZE_MAX * BRANCHING_SIZE_MAX];
    double multiplier[BRANCHING_SIZE_MAX * BRANCHING_SIZE_MAX];
    double s[BRANCHING_SIZE_MAX];
    double depth[BRANCHING_SIZE_MAX];
    double drop[BRANCHING_SIZE_MAX];
    size_t size = 0;
    size_t columns = 0;
    if (!analytic_matrix(json_object_get(c->inputs, "branching_matrix"), G_N_ELEMENTS(matrix),
                         &size, &columns, matrix) ||
        size != columns ||
        analytic_numbers(json_object_get(c->inputs, "shock_drop"), BRANCHING_SIZE_MAX, s) != size)
        return analytic_unsupported(
            c, "'branching_matrix' is not square, or 'shock_drop' not its size");
    const bool finite = analytic_has(c, "ladder_depth");
    if (finite && analytic_numbers(json_object_get(c->inputs, "ladder_depth"), BRANCHING_SIZE_MAX,
                                   depth) != size)
        return analytic_unsupported(c, "'ladder_depth' is not of the matrix's size");
    for (size_t i = 0; i < size && !finite; i++)
        depth[i] = INFINITY;

    const double radius = branching_radius(size, matrix);
    analytic_put(c, "spectral_radius", radius);
    if (radius < 1.0 && branching_multiplier(size, matrix, multiplier))
        analytic_put_matrix(c, "multiplier_matrix", size, size, multiplier);
    bool exhausted = false;
    if (radius < 1.0 || finite) {
        exhausted = branching_final_drop(size, matrix, s, depth, drop);
        analytic_put_list(c, "final_drop", size, drop);
    }
    size_t used_up = 0;
    for (size_t i = 0; i < size; i++)
        used_up += finite && drop[i] >= depth[i] ? 1 : 0;
    const char *outcome = exhausted
                              ? (size == 2 ? "both ladders exhausted" : "all ladders exhausted")
                          : used_up > 0            ? "some ladders exhausted"
                          : radius < 1.0 || finite ? "stops"
                                                   : "runs away";
    (void)json_object_set_new(c->got, "outcome", json_string(outcome));

    const json_t *head = json_object_get(c->expected, "generation_vectors_head");
    double generations[64 * BRANCHING_SIZE_MAX];
    const size_t count = MIN(json_array_size(head), 64);
    for (size_t g = 0; g < count; g++)
        for (size_t i = 0; i < size; i++) {
            double *element = &generations[g * size + i];
            *element = g == 0 ? s[i] : 0.0;
            for (size_t j = 0; j < size && g > 0; j++)
                *element += matrix[i * size + j] * generations[(g - 1) * size + j];
        }
    analytic_put_matrix(c, "generation_vectors_head", count, size, generations);
    return OUTCOME_DONE;
}

static enum outcome generation_decay(struct analytic_case *c) {
    const json_t *kappas = json_object_get(c->inputs, "kappa");
    if (json_is_array(kappas)) {
        double values[1024];
        const size_t count = analytic_numbers(kappas, 1024, values);
        for (size_t i = 0; i < count; i++)
            values[i] = generation_decay_critical(values[i]);
        analytic_put_list(c, "critical_n", count, values);
        return OUTCOME_DONE;
    }
    if (!analytic_require(c, "kappa"))
        return OUTCOME_UNSUPPORTED;
    const double kappa = analytic_number(c, "kappa", 0);
    analytic_put(c, "critical_n", generation_decay_critical(kappa));
    if (!analytic_has(c, "n"))
        return OUTCOME_DONE;
    if (!analytic_require(c, "shock_drop n"))
        return OUTCOME_UNSUPPORTED;
    const double s = analytic_number(c, "shock_drop", 0);
    const double n = analytic_number(c, "n", 0);
    const struct generation_decay decay = generation_decay_run(s, n, kappa);
    analytic_put(c, "peak_drop", decay.peak_drop);
    analytic_put(c, "generations_executed", decay.runaway ? HUGE_VAL : (double)decay.generations);
    analytic_put(c, "impact_sold_lambda_times_Q", decay.impact_sold);
    analytic_put(c, "no_reversion_reference", s * ladder_amplification(n));
    return OUTCOME_DONE;
}

static enum outcome round_trip(struct analytic_case *c) {
    struct kernel kernel;
    if (!analytic_kernel(analytic_text(c, "kernel"), &kernel))
        return analytic_unsupported(c, "unknown kernel '%s'", analytic_text(c, "kernel"));
    if (!analytic_require(c, "impact_exponent_delta buy_rate T_buy T_sell sell_rate"))
        return OUTCOME_UNSUPPORTED;
    const double cost =
        round_trip_cost(&kernel, analytic_number(c, "impact_exponent_delta", 0),
                        analytic_number(c, "buy_rate", 0), analytic_number(c, "T_buy", 0),
                        analytic_number(c, "sell_rate", 0), analytic_number(c, "T_sell", 0));
    analytic_put(c, "expected_cost", cost);
    (void)json_object_set_new(c->got, "sign",
                              json_string(cost < 0.0   ? "negative"
                                          : cost > 0.0 ? "positive"
                                                       : "zero"));
    return OUTCOME_DONE;
}

/* A critical impact is "for that population": the entry price of the case whose ladder has this
 * density. The worked population of models.md stands at 30000. */
static double entry_of_density(struct analytic_case *c, double density) {
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(c->all, index, item) {
        const struct analytic_case other = {.inputs = json_object_get(item, "inputs")};
        const struct leverage_ladder ladder =
            leverage_to_ladder(analytic_number(&other, "mmr", NAN),
                               analytic_number(&other, "max_inverse_leverage", NAN),
                               analytic_number(&other, "open_interest_qty", NAN),
                               analytic_number(&other, "entry", NAN));
        if (fabs(ladder.density - density) <= 1e-9 * density)
            return analytic_number(&other, "entry", NAN);
    }
    return 30000.0;
}

static enum outcome leverage_ladder(struct analytic_case *c) {
    double density = analytic_number(c, "density_qty_per_unit_price", NAN);
    double entry = analytic_number(c, "entry", NAN);
    if (analytic_has(c, "mmr")) {
        if (!analytic_require(c, "mmr max_inverse_leverage open_interest_qty entry"))
            return OUTCOME_UNSUPPORTED;
        const struct leverage_ladder ladder = leverage_to_ladder(
            analytic_number(c, "mmr", 0), analytic_number(c, "max_inverse_leverage", 0),
            analytic_number(c, "open_interest_qty", 0), entry);
        density = ladder.density;
        analytic_put(c, "trigger_drop_fraction_min", ladder.drop_fraction_min);
        analytic_put(c, "trigger_drop_fraction_max", ladder.drop_fraction_max);
        analytic_put(c, "density_qty_per_unit_price", ladder.density);
        /* 1/L uniform: the density of L is that of 1/L times |d(1/L)/dL| = L^-2. */
        (void)json_object_set_new(c->got, "leverage_pdf",
                                  json_string("proportional to L^-2 on (1/u, 1/mmr)"));
    } else if (!analytic_require(c, "density_qty_per_unit_price")) {
        return OUTCOME_UNSUPPORTED;
    }
    if (isnan(entry))
        entry = entry_of_density(c, density);
    analytic_put(c, "critical_impact_price_per_qty", ladder_critical_impact(density));
    analytic_put(c, "critical_depth_qty_per_1pct_of_entry", ladder_critical_depth(density, entry));
    return OUTCOME_DONE;
}

const struct analytic_entry analytic_formula[] = {
    {"apc", apc},
    {"branching_matrix", branching_matrix},
    {"christoffersen", christoffersen},
    {"galton_watson_poisson", galton_watson},
    {"generation_decay_ladder", generation_decay},
    {"glt", glt},
    {"gpd_mean_excess", gpd_mean_excess},
    {"hawkes_mean_variance", hawkes},
    {"kupiec", kupiec},
    {"leverage_to_ladder", leverage_ladder},
    {"paired_ci", paired_ci},
    {"poisson_ladder", poisson_ladder},
    {"poisson_ladder_compound", compound},
    {"roc_pr", roc_pr},
    {"round_trip_cost", round_trip},
    {NULL, NULL},
};

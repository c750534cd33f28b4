#include "scenarios/population/population_draw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"

#define PRICE_TICKS_MAX (INT64_C(1) << 53)
#define NOTIONAL_MAX 1e10 /* quote units, of one account before scaling: money stays below 2^60 */

/* Leverage and equity are jointly log-normal in the body: with x = ln(equity / median) of variance
 * s^2 and y = ln(leverage / median) = -b x + n, n of variance v^2, the notional z = x + y has
 * variance t^2 = (1 - b)^2 s^2 + v^2, and given z leverage is normal again: mean c z with
 * c = (v^2 - b (1 - b) s^2) / t^2, variance b^2 s^2 + v^2 - c^2 t^2. So the pair's notional can be
 * drawn first, and each of its two accounts draws a leverage of its own, without bending either
 * distribution. Far out x follows (1 - c) z; so a tail alpha of equity is alpha (1 - c) of z. */
static void plan_sizes(struct population_plan *plan) {
    const struct population_equity *equity = &plan->settings->equity;
    const struct population_leverage *leverage = &plan->settings->leverage;
    const double b = leverage->equity_slope;
    const double s2 = equity->ln_sd * equity->ln_sd;
    const double v2 = leverage->ln_sd * leverage->ln_sd;
    const double t2 = (1.0 - b) * (1.0 - b) * s2 + v2;
    const double c = (v2 - b * (1.0 - b) * s2) / t2;
    const double rest = b * b * s2 + v2 - c * c * t2;
    plan->size_sd = sqrt(t2);
    plan->leverage_slope = c;
    plan->leverage_sd = sqrt(rest > 0.0 ? rest : 0.0);

    const double notional_median = equity->median * leverage->median;
    const double room = elementary_log(NOTIONAL_MAX / notional_median);
    const double cap = elementary_log(equity->cap / equity->median) / (1.0 - c);
    plan->cap_z = cap < room ? cap : room;
    plan->tail_alpha = equity->tail_alpha * (1.0 - c);
    plan->tail_z = plan->cap_z;
    plan->tail_mass = 0.0;
    if (equity->tail_quantile < 1.0) {
        plan->tail_z = plan->size_sd * elementary_normal_quantile(equity->tail_quantile);
        if (plan->tail_z > plan->cap_z)
            plan->tail_z = plan->cap_z;
        plan->tail_mass = 1.0 - elementary_exp(-plan->tail_alpha * (plan->cap_z - plan->tail_z));
    }
}

static void plan_position_counts(struct population_plan *plan) {
    const struct population_positions *positions = &plan->settings->positions;
    plan->positions_max = positions->max < plan->count ? positions->max : plan->count;
    double weight = 1.0;
    double sum = 0.0;
    for (size_t k = 0; k < plan->positions_max; k++) {
        sum += weight;
        plan->positions_until[k] = sum;
        weight *= positions->decay;
    }
    for (size_t k = 0; k < plan->positions_max; k++)
        plan->positions_until[k] /= sum;
}

/* Contracts are chosen in proportion to their open interest; one whose open interest is not given
 * counts as the mean of the others. */
static enum status plan_weights(struct population_plan *plan, struct error *reterr) {
    const int64_t *open_interest = plan->settings->open_interest;
    double given = 0.0;
    size_t given_count = 0;
    for (size_t i = 0; open_interest != NULL && i < plan->count; i++) {
        if (open_interest[i] < 0)
            return error_set(reterr, STATUS_CONFIG,
                             "population.open_interest.%s: must not be negative",
                             plan->instruments[i].symbol);
        given += (double)open_interest[i];
        given_count += open_interest[i] > 0;
    }
    const double other = given_count > 0 ? given / (double)given_count : 1.0;
    double sum = 0.0;
    for (size_t i = 0; i < plan->count; i++) {
        const bool known = open_interest != NULL && open_interest[i] > 0;
        if (plan->instruments[i].kind == CONTRACT_SPOT) { /* nobody holds a position in it */
            plan->weight_until[i] = sum;
            continue;
        }
        sum += known ? (double)open_interest[i] : other;
        plan->weight_until[i] = sum;
    }
    if (sum <= 0.0)
        return error_set(reterr, STATUS_CONFIG, "population: no contract to hold, all is spot");
    for (size_t i = 0; i < plan->count; i++)
        plan->weight_until[i] /= sum;
    return STATUS_OK;
}

static enum status check_prices(const struct population_plan *plan, size_t i,
                                struct error *reterr) {
    const int64_t start = plan->start_price_ticks[i];
    if (start < 1 || start > PRICE_TICKS_MAX)
        return error_set(reterr, STATUS_CONFIG, "population: '%s' has no usable start price",
                         plan->instruments[i].symbol);
    if (plan->entries == NULL)
        return STATUS_OK;
    for (size_t k = 0; k < plan->entries[i].count; k++)
        if (plan->entries[i].ticks[k] < 1 || plan->entries[i].ticks[k] > PRICE_TICKS_MAX)
            return error_set(reterr, STATUS_CONFIG,
                             "population: past price %zu of '%s' is out of range", k,
                             plan->instruments[i].symbol);
    return STATUS_OK;
}

enum status population_plan_init(struct population_plan *plan,
                                 const struct population_settings *settings,
                                 const struct instrument *instruments, size_t count,
                                 const int64_t *start_price_ticks,
                                 const struct price_history *entries,
                                 const struct rulebook *rulebook, struct error *reterr) {
    assert(count > 0 && instruments != NULL && start_price_ticks != NULL && rulebook != NULL);
    *plan = (struct population_plan){.settings = settings,
                                     .instruments = instruments,
                                     .count = count,
                                     .start_price_ticks = start_price_ticks,
                                     .entries = entries,
                                     .rulebook = rulebook};
    enum status status = population_settings_check(settings, reterr);
    if (status != STATUS_OK)
        return status;
    plan->margins = calloc(count, sizeof(*plan->margins));
    plan->tables = calloc(count, sizeof(*plan->tables));
    plan->weight_until = calloc(count, sizeof(*plan->weight_until));
    plan->directional = calloc(count, sizeof(*plan->directional));
    plan->hedged = calloc(count, sizeof(*plan->hedged));
    if (plan->margins == NULL || plan->tables == NULL || plan->weight_until == NULL ||
        plan->directional == NULL || plan->hedged == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "population: no memory for %zu instruments",
                         count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        plan->directional[i] = (struct population_scale){.num = 1, .den = 1, .factor = 1.0};
        plan->hedged[i] = plan->directional[i];
        status = check_prices(plan, i, reterr);
        if (status == STATUS_OK && instruments[i].kind != CONTRACT_SPOT)
            status = margin_rule_init(&plan->margins[i], rulebook, &instruments[i], reterr);
        if (status == STATUS_OK)
            plan->tables[i] = rulebook_table(rulebook, instruments[i].symbol);
    }
    if (status == STATUS_OK)
        status = plan_weights(plan, reterr);
    if (status != STATUS_OK)
        return status;
    plan_sizes(plan);
    plan_position_counts(plan);
    return STATUS_OK;
}

void population_plan_finish(struct population_plan *plan) {
    for (size_t i = 0; plan->margins != NULL && i < plan->count; i++)
        margin_rule_finish(&plan->margins[i]);
    free(plan->margins);
    free(plan->tables);
    free(plan->weight_until);
    free(plan->directional);
    free(plan->hedged);
    memset(plan, 0, sizeof(*plan));
}

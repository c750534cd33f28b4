#include "engine/rules/portfolio_margin.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define UNITS_MAX 256

/* ---- compiling ---- */

static const char *bare(const char *symbol) {
    const char *colon = strchr(symbol, ':');
    return colon != NULL ? colon + 1 : symbol;
}

static bool unit_has(const struct portfolio_unit *unit, const char *symbol) {
    for (size_t k = 0; k < unit->symbol_count; k++)
        if (strcmp(unit->symbols[k], symbol) == 0 || strcmp(unit->symbols[k], bare(symbol)) == 0)
            return true;
    return false;
}

static enum status place_instruments(struct portfolio_rule *rule, const char *name,
                                     const struct instrument *instruments, size_t count,
                                     struct error *reterr) {
    const struct portfolio_margin *margin = rule->margin;
    rule->unit_count = margin->unit_count;
    for (size_t i = 0; i < count; i++) {
        size_t found = margin->unit_count;
        for (size_t u = 0; u < margin->unit_count; u++) {
            if (!unit_has(&margin->units[u], instruments[i].symbol))
                continue;
            if (found < margin->unit_count)
                return error_set(reterr, STATUS_CONFIG,
                                 "rulebook '%s': margin.scenario.units: '%s' is in two units", name,
                                 instruments[i].symbol);
            found = u;
        }
        rule->unit_of[i] = (uint16_t)(found < margin->unit_count ? found : rule->unit_count++);
    }
    return rule->unit_count <= UNITS_MAX
               ? STATUS_OK
               : error_set(reterr, STATUS_CONFIG, "rulebook '%s': more than %d risk units", name,
                           UNITS_MAX);
}

static size_t unit_named(const struct portfolio_margin *margin, const char *name) {
    size_t u = 0;
    while (u < margin->unit_count && strcmp(margin->units[u].name, name) != 0)
        u++;
    return u;
}

static int64_t times(int64_t a_e8, int64_t b_e8) {
    return (int64_t)div_nearest((int128)a_e8 * b_e8, RATE_SCALE);
}

static void add_table(struct portfolio_rule *rule, size_t table, size_t count,
                      const struct portfolio_move *moves) {
    struct portfolio_losses *losses = &rule->tables[table];
    for (size_t m = 0; m < count; m++) {
        const int64_t move = moves[m].move_e8;
        const int64_t inverse = (int64_t)div_nearest((int128)move * RATE_SCALE, RATE_SCALE + move);
        losses->e8[0][m] = times(-move, moves[m].cover_e8);
        losses->e8[1][m] = times(inverse, moves[m].cover_e8);
    }
    rule->move_count = count > rule->move_count ? count : rule->move_count;
}

static void compile_moves(struct portfolio_rule *rule) {
    const struct portfolio_margin *margin = rule->margin;
    size_t tables = 0;
    add_table(rule, tables++, margin->move_count, margin->moves);
    for (size_t u = 0; u < margin->unit_count; u++) {
        if (margin->units[u].move_count == 0)
            continue;
        rule->table_of[u] = (uint16_t)tables;
        add_table(rule, tables++, margin->units[u].move_count, margin->units[u].moves);
    }
}

enum status portfolio_rule_init(struct portfolio_rule *rule, const struct rulebook *rulebook,
                                const struct instrument *instruments, size_t count,
                                struct error *reterr) {
    memset(rule, 0, sizeof(*rule));
    const struct portfolio_margin *margin = rulebook->margin.portfolio;
    rule->margin = margin;
    const struct decimal own = decimal_normal(rulebook->margin.maintenance_multiplier);
    const struct decimal ratio = decimal_normal(rulebook->margin.trigger_ratio.mantissa == 0
                                                    ? (struct decimal){1, 0}
                                                    : rulebook->margin.trigger_ratio);
    rule->multiplier =
        (struct decimal){own.mantissa * ratio.mantissa, own.decimals + ratio.decimals};
    rule->unit_of = calloc(count + 1, sizeof(*rule->unit_of));
    rule->table_of = calloc(margin->unit_count + count + 1, sizeof(*rule->table_of));
    rule->tables = calloc(margin->unit_count + 1, sizeof(*rule->tables));
    rule->offsets = calloc(margin->offset_count + 1, sizeof(*rule->offsets));
    if (rule->unit_of == NULL || rule->table_of == NULL || rule->tables == NULL ||
        rule->offsets == NULL) {
        portfolio_rule_finish(rule);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for risk units");
    }
    compile_moves(rule);
    for (size_t o = 0; o < margin->offset_count; o++) {
        for (size_t k = 0; k < 2; k++) /* rulebook_check() saw that they are units */
            rule->offsets[o].unit[k] = (uint16_t)unit_named(margin, margin->offsets[o].units[k]);
        rule->offsets[o].rate_e8 = margin->offsets[o].rate_e8;
    }
    rule->offset_count = margin->offset_count;
    const enum status status = place_instruments(rule, rulebook->name, instruments, count, reterr);
    if (status != STATUS_OK)
        portfolio_rule_finish(rule);
    return status;
}

void portfolio_rule_finish(struct portfolio_rule *rule) {
    free(rule->unit_of);
    free(rule->table_of);
    free(rule->tables);
    free(rule->offsets);
    memset(rule, 0, sizeof(*rule));
}

int64_t portfolio_worst_rate(const struct portfolio_margin *margin, const char *symbol) {
    int64_t worst = margin->minimum_rate_e8;
    size_t count = margin->move_count;
    const struct portfolio_move *moves = margin->moves;
    for (size_t u = 0; u < margin->unit_count && symbol != NULL; u++)
        if (margin->units[u].move_count > 0 && unit_has(&margin->units[u], symbol)) {
            count = margin->units[u].move_count;
            moves = margin->units[u].moves;
        }
    for (size_t m = 0; m < count; m++) {
        const int64_t move = moves[m].move_e8;
        const int64_t loss = times(move < 0 ? -move : move, moves[m].cover_e8);
        worst = loss > worst ? loss : worst;
    }
    return worst < RATE_SCALE ? worst : RATE_SCALE;
}

/* ---- a pool ---- */

/* What the exposures of one factor are worth together at the two ends. */
struct factor_sum {
    uint32_t factor;
    uint16_t unit;
    bool inverse;
    const int64_t *losses; /* in each move */
    int128 value[2];
};

/* Of one unit: bounds over the box. */
struct unit_sum {
    int128 risk;     /* at most; with basis charge and minimum */
    int128 risk_min; /* at least, without the charge: for the credit */
    int128 longs[2]; /* notional at least, at most */
    int128 shorts[2];
};

static int128 larger(int128 a, int128 b) {
    return a > b ? a : b;
}

static int128 smaller(int128 a, int128 b) {
    return a < b ? a : b;
}

static size_t add_up(const struct portfolio_rule *rule, const struct portfolio_exposure *exposures,
                     size_t count, struct factor_sum *sums, struct unit_sum *units) {
    size_t factors = 0;
    for (size_t k = 0; k < count; k++) {
        const struct portfolio_exposure *e = &exposures[k];
        size_t f = 0;
        while (f < factors && (sums[f].factor != e->factor || sums[f].inverse != e->inverse))
            f++;
        if (f == factors)
            sums[factors++] =
                (struct factor_sum){e->factor,
                                    e->unit,
                                    e->inverse,
                                    rule->tables[rule->table_of[e->unit]].e8[e->inverse],
                                    {0, 0}};
        sums[f].value[0] += e->value[0];
        sums[f].value[1] += e->value[1];
        const bool is_long = (e->value[0] > 0) != e->inverse;
        const int128 a = e->value[0] < 0 ? -e->value[0] : e->value[0];
        const int128 b = e->value[1] < 0 ? -e->value[1] : e->value[1];
        int128 *side = is_long ? units[e->unit].longs : units[e->unit].shorts;
        side[0] += smaller(a, b);
        side[1] += larger(a, b);
    }
    return factors;
}

/* The worst move of each unit: the loss is linear in each factor's value, so a bound over the box
 * is the sum of each factor's worse end. */
static void find_worst(const struct portfolio_rule *rule, const struct factor_sum *sums,
                       size_t factors, struct unit_sum *units) {
    for (size_t m = 0; m < rule->move_count; m++) {
        int128 most[UNITS_MAX];
        int128 least[UNITS_MAX];
        for (size_t f = 0; f < factors; f++)
            most[sums[f].unit] = least[sums[f].unit] = 0;
        for (size_t f = 0; f < factors; f++) {
            const int64_t loss = sums[f].losses[m];
            const int128 a = sums[f].value[0] * loss;
            const int128 b = sums[f].value[1] == sums[f].value[0] ? a : sums[f].value[1] * loss;
            most[sums[f].unit] += larger(a, b);
            least[sums[f].unit] += smaller(a, b);
        }
        for (size_t f = 0; f < factors; f++) {
            struct unit_sum *unit = &units[sums[f].unit];
            unit->risk = larger(unit->risk, most[sums[f].unit]);
            unit->risk_min = larger(unit->risk_min, least[sums[f].unit]);
        }
    }
    for (size_t u = 0; u < rule->unit_count;
         u++) { /* rounded once: the largest stays the largest */
        units[u].risk = div_ceil(units[u].risk, RATE_SCALE);
        units[u].risk_min = div_floor(units[u].risk_min, RATE_SCALE);
    }
}

/* What two units that lean opposite ways are credited: the rate on the risk of the deltas that
 * meet, at least over the box. */
static int128 credit_of(const struct unit_sum *a, const struct unit_sum *b, int64_t rate_e8) {
    const int128 a_low = a->longs[0] - a->shorts[1]; /* net delta, at least and at most */
    const int128 a_high = a->longs[1] - a->shorts[0];
    const int128 b_low = b->longs[0] - b->shorts[1];
    const int128 b_high = b->longs[1] - b->shorts[0];
    int128 a_min;
    int128 a_max;
    int128 b_min;
    int128 b_max;
    if (a_low > 0 && b_high < 0) {
        a_min = a_low;
        a_max = a_high;
        b_min = -b_high;
        b_max = -b_low;
    } else if (a_high < 0 && b_low > 0) {
        a_min = -a_high;
        a_max = -a_low;
        b_min = b_low;
        b_max = b_high;
    } else {
        return 0;
    }
    const int128 met = smaller(a_min, b_min);
    /* each leg: its risk times met over its own delta, in millionths to stay within 128 bits */
    const int128 of_a = div_floor(met * 1000000, a_max);
    const int128 of_b = div_floor(met * 1000000, b_max);
    const int128 risk = div_floor(a->risk_min * of_a + b->risk_min * of_b, 1000000);
    return div_floor(risk * rate_e8, RATE_SCALE);
}

int128 portfolio_rule_requirement(const struct portfolio_rule *rule,
                                  const struct portfolio_exposure *exposures, size_t count) {
    assert(count <= SCENARIO_EXPOSURES_MAX);
    struct factor_sum sums[SCENARIO_EXPOSURES_MAX];
    struct unit_sum units[UNITS_MAX];
    for (size_t u = 0; u < rule->unit_count; u++)
        memset(&units[u], 0, sizeof(units[u]));
    const size_t factors = add_up(rule, exposures, count, sums, units);
    find_worst(rule, sums, factors, units);
    int128 total = 0;
    for (size_t u = 0; u < rule->unit_count; u++) {
        const int128 gross = units[u].longs[1] + units[u].shorts[1];
        const int128 least = div_ceil(gross * rule->margin->minimum_rate_e8, RATE_SCALE);
        const int128 met = smaller(units[u].longs[1], units[u].shorts[1]);
        total +=
            larger(units[u].risk, least) + div_ceil(met * rule->margin->basis_rate_e8, RATE_SCALE);
    }
    for (size_t o = 0; o < rule->offset_count; o++)
        total -= credit_of(&units[rule->offsets[o].unit[0]], &units[rule->offsets[o].unit[1]],
                           rule->offsets[o].rate_e8);
    return div_ceil(larger(total, 0) * rule->multiplier.mantissa,
                    units_pow10(rule->multiplier.decimals));
}

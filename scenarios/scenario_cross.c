/* Cross-impact: the keys impact.instrument.SYMBOL.cross, and whether their matrix lets a round trip
 * through several instruments earn something (models.md 1.8). */

#include <math.h>
#include <string.h>

#include "scenarios/scenario_read.h"

static size_t find_instrument(const struct scenario *scenario, const char *symbol) {
    size_t i = 0;
    while (i < scenario->instrument_count && strcmp(scenario->instruments[i].symbol, symbol) != 0)
        i++;
    return i;
}

/* Row i of the matrix. An instrument that is known but not in the run has no column. */
static enum status read_row(struct scenario *scenario, const struct yaml_node *node, size_t i,
                            double *cross, struct error *reterr) {
    static const struct field slope = {
        .key = "cross", .kind = FIELD_DOUBLE, .least = -1e9, .most = 1e9};
    const size_t n = scenario->instrument_count;
    enum status status = yaml_expect_mapping(node, reterr);
    for (const struct yaml_node *child = node->child; child != NULL && status == STATUS_OK;
         child = child->next) {
        if (!scenario_knows_symbol(scenario, child->key))
            return scenario_unknown_symbol(scenario, child, reterr);
        const size_t j = find_instrument(scenario, child->key);
        double value = 0.0;
        if (j == i)
            return yaml_key_error(child, reterr, "an instrument's own impact is its slope");
        status = yaml_read_scalar(child, &slope, &value, reterr);
        if (j < n)
            cross[i * n + j] = value;
    }
    return status;
}

/* Pivots of a Cholesky decomposition of `matrix`, which is overwritten: none negative. A pivot of
 * nothing must have nothing below it. */
static bool is_positive(double *matrix, size_t n) {
    double largest = 0.0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(matrix[i * n + i]));
    const double nothing = 1e-9 * largest;
    for (size_t k = 0; k < n; k++) {
        const double pivot = matrix[k * n + k];
        if (pivot < -nothing)
            return false;
        for (size_t i = k + 1; i < n; i++) {
            if (pivot <= nothing && fabs(matrix[i * n + k]) > nothing)
                return false;
            const double factor = pivot <= nothing ? 0.0 : matrix[i * n + k] / pivot;
            for (size_t j = k + 1; j < n; j++)
                matrix[i * n + j] -= factor * matrix[k * n + j];
        }
    }
    return true;
}

/* Only a symmetric, positive semi-definite matrix lets no round trip earn what impact costs. */
static enum status check_matrix(const struct scenario *scenario, const struct yaml_node *node,
                                const double *cross, struct error *reterr) {
    const size_t n = scenario->instrument_count;
    double *matrix = yaml_arena_alloc(scenario->memory->arena, n * n * sizeof(*matrix));
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            const double there = cross[i * n + j];
            const double back = cross[j * n + i];
            if (fabs(there - back) > 1e-9 * fmax(fabs(there), fabs(back)))
                return yaml_key_error(
                    node, reterr,
                    "cross-impact of %s and %s is not symmetric (%g and %g): a round trip could "
                    "earn; impact.allow_inadmissible: true takes it as it is",
                    scenario->instruments[i].symbol, scenario->instruments[j].symbol, there, back);
            matrix[i * n + j] = i == j ? scenario->instruments[i].impact.slope : there;
        }
    if (!is_positive(matrix, n))
        return yaml_key_error(node, reterr,
                              "cross-impact is stronger than the instruments' own (the matrix has "
                              "a negative eigenvalue): a round trip could earn; "
                              "impact.allow_inadmissible: true takes it as it is");
    return STATUS_OK;
}

enum status scenario_read_cross(struct scenario *scenario, const struct yaml_node *instruments,
                                struct error *reterr) {
    const size_t n = scenario->instrument_count;
    const struct yaml_node *first = NULL;
    double *cross = NULL;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < n && status == STATUS_OK; i++) {
        const struct yaml_node *node =
            yaml_find(yaml_find(instruments, scenario->instruments[i].symbol), "cross");
        if (node == NULL)
            continue;
        if (cross == NULL)
            cross = yaml_arena_alloc(scenario->memory->arena, n * n * sizeof(*cross));
        if (first == NULL)
            first = node;
        status = read_row(scenario, node, i, cross, reterr);
    }
    for (size_t i = 0; first != NULL && i < n && status == STATUS_OK; i++)
        if (scenario->instruments[i].impact.space != scenario->instruments[0].impact.space)
            return yaml_key_error(first, reterr, "cross-impact needs all instruments in one space");
    if (status == STATUS_OK && first != NULL && !scenario->impact_inadmissible)
        status = check_matrix(scenario, first, cross, reterr);
    scenario->impact_cross = cross;
    return status;
}

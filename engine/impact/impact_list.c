#include "engine/impact/impact_list.h"

#include <string.h>

#include "base/elementary.h"

const struct impact_model *const impact_models[] = {
    &impact_none, &impact_linear, &impact_square_root, &impact_book, NULL,
};

const struct impact_model *impact_model_find(const char *name) {
    for (size_t i = 0; impact_models[i] != NULL; i++) {
        if (strcmp(impact_models[i]->name, name) == 0)
            return impact_models[i];
    }
    return NULL;
}

double impact_decay(double half_life_s, int64_t elapsed_ns) {
    if (half_life_s <= 0.0 || elapsed_ns <= 0)
        return 1.0;
    const double half_lives = (double)elapsed_ns / (half_life_s * 1e9);
    return elementary_exp(-0.69314718055994530942 * half_lives);
}

enum status impact_check_range(const char *name, double value, double low, double high,
                               struct error *reterr) {
    if (value >= low && value <= high)
        return STATUS_OK;
    return error_set(reterr, STATUS_CONFIG, "%s: %g is outside %g to %g", name, value, low, high);
}

enum status impact_check_recovery(const struct impact_params *params, struct error *reterr) {
    const enum status status = impact_check_range("permanent", params->permanent, 0.0, 1.0, reterr);
    return status == STATUS_OK
               ? impact_check_range("half_life_s", params->half_life_s, 0.0, 1e9, reterr)
               : status;
}

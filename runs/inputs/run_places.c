#include "runs/inputs/run_places.h"

#include <glib.h>

#include "runs/inputs/bundled_data.h"

bool run_is_bundled(const struct scenario *scenario) {
    return scenario->input_count > 0 && g_str_has_prefix(scenario->inputs[0].path, "bundled:");
}

enum status run_places_market(const struct run_places *places, const struct scenario *scenario,
                              const struct host *host, const char **ret_market,
                              struct error *reterr) {
    enum status status = STATUS_OK;
    if (!run_is_bundled(scenario)) {
        *ret_market = places->market;
        return STATUS_OK;
    }
    if (places->resources != NULL) /* without, what is in the file already has to do */
        status =
            bundled_data_fill(places->bundled_market, places->resources, scenario, host, reterr);
    if (status == STATUS_OK)
        *ret_market = places->bundled_market;
    return status;
}

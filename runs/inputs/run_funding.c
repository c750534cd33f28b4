#include "runs/inputs/run_funding.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct market_series *find_funding(const struct market_series_list *list) {
    for (size_t i = 0; i < list->count; i++)
        if (list->rows[i].kind == SERIES_TICKS && strcmp(list->rows[i].name, FUNDING_SERIES) == 0)
            return &list->rows[i];
    return NULL;
}

enum status run_funding_open(struct run_inputs *inputs, struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    size_t found = 0;
    enum status status = STATUS_OK;
    if (scenario->funding.source != SCENARIO_FUNDING_SERIES)
        return STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < scenario->instrument_count; i++) {
        struct run_series *series = &inputs->series[i];
        const struct market_series *funding = find_funding(&series->list);
        if (funding == NULL) {
            g_ptr_array_add(
                inputs->caveats,
                g_strdup_printf("%s pays no funding: the data have no series " FUNDING_SERIES
                                " of it.",
                                scenario->instruments[i].symbol));
            continue;
        }
        found++;
        status = market_source_create(inputs->market, funding, scenario->from_ns, scenario->to_ns,
                                      &series->funding, reterr);
        if (status == STATUS_OK)
            (void)snprintf(series->funding_hash, sizeof(series->funding_hash), "%016" PRIx64,
                           market_source_hash(series->funding)); /* 16 digits */
    }
    if (status == STATUS_OK && found == 0)
        return error_set(reterr, STATUS_CONFIG,
                         "funding.source: market file '%s' has no series " FUNDING_SERIES
                         " of any instrument; give funding.source=constant and a rate, or none",
                         market_file_path(inputs->market));
    return status;
}

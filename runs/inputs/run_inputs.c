#include "runs/inputs/run_inputs.h"

#include "runs/inputs/run_file.h"
#include "runs/inputs/run_funding.h"
#include "runs/inputs/run_id.h"
#include "runs/inputs/run_readings.h"
#include "runs/inputs/run_series.h"

enum status run_inputs_create(struct scenario *scenario, const char *market_path,
                              struct run_inputs **ret_inputs, struct error *reterr) {
    static const struct run_stored nothing = {.version = CROSSFALL_VERSION};
    return run_inputs_create_stored(scenario, market_path, &nothing, ret_inputs, reterr);
}

enum status run_inputs_create_stored(struct scenario *scenario, const char *market_path,
                                     const struct run_stored *stored,
                                     struct run_inputs **ret_inputs, struct error *reterr) {
    struct run_inputs *inputs = g_new0(struct run_inputs, 1);
    inputs->scenario = scenario;
    inputs->series = g_new0(struct run_series, scenario->instrument_count);
    inputs->caveats = g_ptr_array_new_with_free_func(g_free);
    enum status status = market_file_open(market_path, MARKET_READ, &inputs->market, reterr);
    for (size_t i = 0; status == STATUS_OK && i < scenario->instrument_count; i++)
        status = run_series_open(inputs, i, reterr);
    if (status == STATUS_OK)
        status = run_funding_open(inputs, reterr);
    if (status == STATUS_OK)
        status = run_readings_open(inputs, reterr);
    if (status == STATUS_OK)
        status = run_file_read(&inputs->accounts_file, scenario->accounts.file,
                               stored->accounts_source, reterr);
    if (status == STATUS_OK && scenario->reference_accounts_differ)
        status = run_file_read(&inputs->reference_file, scenario->reference_accounts.file,
                               stored->reference_source, reterr);
    if (status == STATUS_OK)
        status = run_id_make(inputs, stored->version, inputs->id, reterr);
    if (status != STATUS_OK) {
        run_inputs_destroy(inputs);
        return status;
    }
    *ret_inputs = inputs;
    return STATUS_OK;
}

void run_inputs_destroy(struct run_inputs *inputs) {
    if (inputs == NULL)
        return;
    for (size_t i = 0; i < inputs->scenario->instrument_count; i++)
        run_series_close(&inputs->series[i]);
    market_file_close(inputs->market);
    g_free(inputs->accounts_file.bytes);
    g_free(inputs->reference_file.bytes);
    g_free(inputs->series);
    (void)g_ptr_array_free(inputs->caveats, TRUE); /* the array, gone */
    g_free(inputs);
}

#include "runs/running/run_order.h"

#include <string.h>

#include "runs/inputs/run_inputs.h"
#include "runs/running/run_range.h"

enum status run_order_load(const struct run_order *order, struct scenario **ret_scenario,
                           struct error *reterr) {
    const enum status status = scenario_load(order->scenario, order->places.resources,
                                             order->how.sets, ret_scenario, reterr);
    if (status == STATUS_OK && order->seed != NULL)
        scenario_set_seed(*ret_scenario, *order->seed);
    return status;
}

/* Whether the results file has the run, with the range that is wanted; then it becomes the last. */
static enum status recognise(const struct run_order *order, struct results_file *results,
                             const char *id, bool *ret_has, struct error *reterr) {
    enum status status = STATUS_OK;
    *ret_has = false;
    if (!order->again)
        status = results_file_has(results, id, ret_has, reterr);
    if (status == STATUS_OK && *ret_has && order->how.range)
        status = run_range_is_stored(results, id, ret_has, reterr); /* without one: repeated */
    if (status == STATUS_OK && *ret_has)
        status = results_file_touch(results, id, reterr);
    return status;
}

enum status run_order_carry_out(const struct run_order *order, const struct host *host,
                                struct run_done *ret_done, struct error *reterr) {
    struct scenario *scenario = NULL;
    struct run_inputs *inputs = NULL;
    struct results_file *results = NULL;
    const char *market = NULL;
    struct run_done done = {.was_there = false};
    enum status status = run_order_load(order, &scenario, reterr);
    if (status == STATUS_OK)
        status = run_places_market(&order->places, scenario, host, &market, reterr);
    if (status == STATUS_OK)
        status = run_inputs_create(scenario, market, &inputs, reterr);
    if (status == STATUS_OK)
        status = results_file_open(order->places.results, RESULTS_WRITE, &results, reterr);
    if (status == STATUS_OK)
        status = recognise(order, results, inputs->id, &done.was_there, reterr);
    if (status == STATUS_OK && !done.was_there)
        status = run_replay(inputs, results, &order->how, host, reterr);
    if (status == STATUS_OK) {
        memcpy(done.id, inputs->id, sizeof(done.id));
        *ret_done = done;
    }
    results_file_close(results);
    run_inputs_destroy(inputs);
    scenario_destroy(scenario);
    return status;
}

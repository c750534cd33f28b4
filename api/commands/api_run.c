/* run: replays a scenario and stores what it found. */

#include <stdlib.h>
#include <string.h>

#include "api/commands/api_commands.h"
#include "reports/run_json.h"
#include "runs/running/run_order.h"
#include "scenarios/yaml/yaml_text.h"

#define THREADS_MAX 256

struct run_request {
    const char *scenario;
    const char *const *set;
    struct api_number seed;
    struct api_number threads;
    bool range;
    bool again;
    bool dry_run;
    const char *data;
    const char *results;
};

static const struct api_member members[] = {
    {"scenario", API_TEXT, offsetof(struct run_request, scenario), true, 0, 0,
     "a bundled name, or the path of a scenario file"},
    {"set", API_SETTINGS, offsetof(struct run_request, set), false, 0, 0,
     "keys of the scenario, or below venue.override of its rulebook, and their values"},
    {"seed", API_NUMBER, offsetof(struct run_request, seed), false, 0, INT64_MAX,
     "seed of the population"},
    {"threads", API_NUMBER, offsetof(struct run_request, threads), false, 1, THREADS_MAX,
     "2 or more: decode ahead, draw accounts in parallel; the answer is the same"},
    {"range", API_FLAG, offsetof(struct run_request, range), false, 0, 0,
     "also run the two bounding impact models and, on bars, both orders of a bar's extremes"},
    {"again", API_FLAG, offsetof(struct run_request, again), false, 0, 0,
     "repeat a run that is in the results file already"},
    {"dry_run", API_FLAG, offsetof(struct run_request, dry_run), false, 0, 0,
     "give the scenario with every default filled in, and stop"},
    API_DATA(struct run_request),
    API_RESULTS(struct run_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

/* A tree of the scenario file: scalars are texts, as they are read, so that decimals stay exact. */
static json_t *tree_json(const struct yaml_node *node) {
    if (node->kind == YAML_SCALAR)
        return json_string(node->text);
    json_t *json = node->kind == YAML_MAPPING ? json_object() : json_array();
    int failed = json == NULL;
    for (const struct yaml_node *child = node->child; child != NULL && !failed; child = child->next)
        failed = node->kind == YAML_MAPPING
                     ? json_object_set_new(json, child->key, tree_json(child))
                     : json_array_append_new(json, tree_json(child));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static enum status tell_effective(const struct run_order *order, struct api_answer *answer,
                                  struct error *reterr) {
    struct scenario *scenario = NULL;
    enum status status = run_order_load(order, &scenario, reterr);
    if (status != STATUS_OK)
        return status;
    struct yaml_arena *arena = yaml_arena_create();
    struct yaml_node *root = NULL;
    char *text = scenario_effective_yaml(scenario);
    if (text == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "no memory for the effective scenario");
    else
        status = yaml_parse(arena, "effective scenario", text, strlen(text), &root, reterr);
    if (status == STATUS_OK)
        status = api_answer_json(answer, tree_json(root), reterr);
    yaml_arena_destroy(arena);
    free(text);
    scenario_destroy(scenario);
    return status;
}

static enum status tell_run(const struct run_order *order, const struct run_done *done,
                            const struct host *host, struct api_answer *answer,
                            struct error *reterr) {
    struct results_file *file = NULL;
    char *text = NULL;
    if (done->was_there)
        host_tell(host, HOST_NOTE, "Run %s is in %s already; --again repeats it.", done->id,
                  order->places.results);
    enum status status = results_file_open(order->places.results, RESULTS_READ, &file, reterr);
    if (status == STATUS_OK)
        status = run_json(file, done->id, &text, reterr);
    if (status == STATUS_OK)
        status = api_answer_take(answer, text, reterr);
    results_file_close(file);
    return status;
}

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct run_request *request = fields;
    const uint64_t seed = (uint64_t)request->seed.value;
    struct run_order order = {
        .scenario = request->scenario,
        .seed = request->seed.given ? &seed : NULL,
        .how = {request->set, request->threads.given ? (uint32_t)request->threads.value : 1,
                request->range},
        .again = request->again,
        .places = {.resources = host->resources},
    };
    if (request->dry_run)
        return tell_effective(&order, answer, reterr);
    enum status status = api_places(host, request->data, request->results, &order.places, reterr);
    struct run_done done;
    if (status == STATUS_OK)
        status = run_order_carry_out(&order, &host->host, &done, reterr);
    return status == STATUS_OK ? tell_run(&order, &done, &host->host, answer, reterr) : status;
}

const struct api_command api_run = {
    .name = "run",
    .meaning = "replays a scenario, stores the run, and tells what it found",
    .members = members,
    .fields_size = sizeof(struct run_request),
    .call = call,
};

/* list: what there is. */

#include "api/commands/api_commands.h"
#include "api/commands/listing.h"
#include "reports/run_list.h"

struct list_request {
    const char *results;
};

static const struct api_member no_members[] = {
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static const struct api_member runs_members[] = {
    API_RESULTS(struct list_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static json_t *row_json(const struct listing *listing, size_t row) {
    json_t *object = json_object();
    const char *const *cells = listing_row(listing, row);
    for (size_t i = 0; i < listing->column_count; i++)
        if (json_object_set_new(object, listing->columns[i], json_string(cells[i])) != 0) {
            json_decref(object);
            return NULL;
        }
    return object;
}

/* Tells and ends the listing. */
static enum status tell(struct listing *listing, struct api_answer *answer, struct error *reterr) {
    json_t *array = json_array();
    bool failed = array == NULL;
    for (size_t row = 0; row < listing_rows(listing) && !failed; row++)
        failed = json_array_append_new(array, row_json(listing, row)) != 0;
    listing_finish(listing);
    if (failed)
        json_decref(array);
    return api_answer_exact(answer, failed ? NULL : array, reterr);
}

static enum status call_scenarios(const struct api_host *host, const void *fields,
                                  struct api_answer *answer, struct error *reterr) {
    (void)fields; /* none */
    struct listing listing = {0};
    const enum status status = listing_scenarios(host->resources, &listing, reterr);
    return status == STATUS_OK ? tell(&listing, answer, reterr) : status;
}

static enum status call_rulebooks(const struct api_host *host, const void *fields,
                                  struct api_answer *answer, struct error *reterr) {
    (void)fields; /* none */
    struct listing listing = {0};
    const enum status status = listing_rulebooks(host->resources, true, &listing, reterr);
    return status == STATUS_OK ? tell(&listing, answer, reterr) : status;
}

static enum status call_impact_models(const struct api_host *host, const void *fields,
                                      struct api_answer *answer, struct error *reterr) {
    (void)host; /* of the form of the others */
    (void)fields;
    struct listing listing;
    listing_impact_models(true, &listing);
    return tell(&listing, answer, reterr);
}

static enum status call_formats(const struct api_host *host, const void *fields,
                                struct api_answer *answer, struct error *reterr) {
    (void)host; /* likewise */
    (void)fields;
    struct listing listing;
    listing_formats(&listing);
    return tell(&listing, answer, reterr);
}

static enum status call_metrics(const struct api_host *host, const void *fields,
                                struct api_answer *answer, struct error *reterr) {
    (void)host; /* likewise */
    (void)fields;
    struct listing listing;
    listing_metrics(&listing);
    return tell(&listing, answer, reterr);
}

static enum status call_runs(const struct api_host *host, const void *fields,
                             struct api_answer *answer, struct error *reterr) {
    const struct list_request *request = fields;
    struct results_file *file = NULL;
    char *text = NULL;
    enum status status = api_open_results(host, request->results, &file, reterr);
    if (status == STATUS_OK)
        status = run_list(file, true, &text, reterr);
    if (status == STATUS_OK)
        status = api_answer_take(answer, text, reterr);
    results_file_close(file);
    return status;
}

const struct api_command api_list_scenarios = {
    .name = "list scenarios",
    .meaning = "the bundled scenarios",
    .members = no_members,
    .fields_size = sizeof(struct list_request),
    .call = call_scenarios,
};
const struct api_command api_list_rulebooks = {
    .name = "list rulebooks",
    .meaning = "the bundled rulebooks, with what each asks",
    .members = no_members,
    .fields_size = sizeof(struct list_request),
    .call = call_rulebooks,
};
const struct api_command api_list_impact_models = {
    .name = "list impact-models",
    .meaning = "the impact models, and each parameter with range, default and source",
    .members = no_members,
    .fields_size = sizeof(struct list_request),
    .call = call_impact_models,
};
const struct api_command api_list_formats = {
    .name = "list formats",
    .meaning = "the formats that import knows",
    .members = no_members,
    .fields_size = sizeof(struct list_request),
    .call = call_formats,
};
const struct api_command api_list_metrics = {
    .name = "list metrics",
    .meaning = "what a run is summed up in: name, of what, unit, sense, meaning",
    .members = no_members,
    .fields_size = sizeof(struct list_request),
    .call = call_metrics,
};
const struct api_command api_list_runs = {
    .name = "list runs",
    .meaning = "the runs of a results file, newest first",
    .members = runs_members,
    .fields_size = sizeof(struct list_request),
    .call = call_runs,
};

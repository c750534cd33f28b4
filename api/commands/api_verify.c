/* verify: runs a stored run again and compares. */

#include "api/commands/api_commands.h"
#include "runs/stored/run_verify.h"

#define THREADS_MAX 256

struct verify_request {
    const char *run;
    struct api_number threads;
    const char *data;
    const char *results;
};

static const struct api_member members[] = {
    API_RUN(struct verify_request),
    {"threads", API_NUMBER, offsetof(struct verify_request, threads), false, 1, THREADS_MAX,
     "as of run; the answer is the same"},
    API_DATA(struct verify_request),
    API_RESULTS(struct verify_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static json_t *difference_json(const struct results_difference *difference) {
    return json_pack("{s:s, s:I, s:s, s:s, s:s, s:s}", "table", difference->table, "row",
                     (json_int_t)difference->row, "where", difference->where, "column",
                     difference->column, "stored", difference->stored, "now", difference->now);
}

static json_t *verified_json(const struct run_verified *verified) {
    json_t *rows = json_object();
    json_t *differences = json_array();
    bool failed = false;
    for (guint i = 0; i < verified->tables->len; i++) {
        const struct run_verified_table *table =
            &g_array_index(verified->tables, struct run_verified_table, i);
        failed = failed ||
                 json_object_set_new(rows, table->name, json_integer((json_int_t)table->rows)) != 0;
        if (table->differs)
            failed = failed ||
                     json_array_append_new(differences, difference_json(&table->difference)) != 0;
    }
    if (failed) {
        json_decref(rows);
        json_decref(differences);
        return NULL;
    }
    return json_pack("{s:s, s:b, s:s, s:s, s:o, s:o}", "run", verified->id, "same",
                     verified->differing == 0, "fingerprint", verified->fingerprint, "version",
                     verified->version, "rows_equal", rows, "differences", differences);
}

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct verify_request *request = fields;
    struct run_verify_order order = {
        .run = request->run,
        .threads = request->threads.given ? (uint32_t)request->threads.value : 1};
    struct run_verified verified = {0};
    enum status status = api_places(host, request->data, request->results, &order.places, reterr);
    if (status == STATUS_OK)
        status = results_file_open(order.places.results, RESULTS_READ, &order.results, reterr);
    if (status == STATUS_OK)
        status = run_verify(&order, &host->host, &verified, reterr);
    if (status == STATUS_OK)
        status = api_answer_exact(answer, verified_json(&verified), reterr);
    if (status == STATUS_OK)
        status = run_verified_status(&verified, reterr);
    run_verified_finish(&verified);
    results_file_close(order.results);
    return status;
}

const struct api_command api_verify = {
    .name = "verify",
    .meaning = "runs a stored run again from what is stored, and compares every row",
    .members = members,
    .fields_size = sizeof(struct verify_request),
    .call = call,
};

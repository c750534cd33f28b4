/* compare: runs side by side. */

#include "api/commands/api_commands.h"
#include "reports/html_compare.h"
#include "reports/run_compare.h"

struct compare_request {
    const char *const *runs;
    const char *html;
    const char *results;
};

static const struct api_member members[] = {
    {"runs", API_TEXTS, offsetof(struct compare_request, runs), true, 0, 0,
     "two runs or more, each named as for report; differences are against the first"},
    {"html", API_TEXT, offsetof(struct compare_request, html), false, 0, 0,
     "also write the runs as one HTML file with charts"},
    API_RESULTS(struct compare_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static enum status find_all(struct results_file *file, const char *const *names, GPtrArray *ids,
                            struct error *reterr) {
    enum status status = STATUS_OK;
    for (; status == STATUS_OK && *names != NULL; names++) {
        char id[RESULTS_RUN_ID_SIZE];
        status = results_file_find(file, *names, id, reterr);
        if (status == STATUS_OK)
            g_ptr_array_add(ids, g_strdup(id));
    }
    if (status == STATUS_OK && ids->len < 2)
        status = error_set(reterr, STATUS_USAGE, "request: \"runs\" must be two runs or more");
    return status;
}

static enum status write_page(struct results_file *file, const GPtrArray *ids, const char *path,
                              const struct host *host, struct error *reterr) {
    const enum status status =
        html_compare_write(file, (const char *const *)ids->pdata, ids->len, path, reterr);
    if (status == STATUS_OK)
        host_tell(host, HOST_NOTE, "The page of %u runs is in %s: open it with a browser.",
                  ids->len, path);
    return status;
}

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct compare_request *request = fields;
    struct results_file *file = NULL;
    char *text = NULL;
    GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
    enum status status = api_open_results(host, request->results, &file, reterr);
    if (status == STATUS_OK)
        status = find_all(file, request->runs, ids, reterr);
    if (status == STATUS_OK && request->html != NULL)
        status = write_page(file, ids, request->html, &host->host, reterr);
    if (status == STATUS_OK)
        status = run_compare(file, (const char *const *)ids->pdata, ids->len, true,
                             (struct page_style){.program = "crossfall"}, &text, reterr);
    if (status == STATUS_OK)
        status = api_answer_take(answer, text, reterr);
    (void)g_ptr_array_free(ids, TRUE); /* the array, gone */
    results_file_close(file);
    return status;
}

const struct api_command api_compare = {
    .name = "compare",
    .meaning = "sets runs side by side: what was set differently, what came out",
    .members = members,
    .fields_size = sizeof(struct compare_request),
    .call = call,
};

/* report: what a stored run found. */

#include "api/commands/api_commands.h"
#include "reports/html_page.h"
#include "reports/run_json.h"

struct report_request {
    const char *run;
    const char *html;
    const char *results;
};

static const struct api_member members[] = {
    API_RUN(struct report_request),
    {"html", API_TEXT, offsetof(struct report_request, html), false, 0, 0,
     "also write the run as one HTML file with charts"},
    API_RESULTS(struct report_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct report_request *request = fields;
    struct results_file *file = NULL;
    char *text = NULL;
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = api_open_results(host, request->results, &file, reterr);
    if (status == STATUS_OK)
        status = results_file_find(file, request->run, id, reterr);
    if (status == STATUS_OK && request->html != NULL) {
        status = html_page_write(file, id, request->html, reterr);
        if (status == STATUS_OK)
            host_tell(&host->host, HOST_NOTE,
                      "The page of run %s is in %s: open it with a browser.", id, request->html);
    }
    if (status == STATUS_OK)
        status = run_json(file, id, &text, reterr);
    if (status == STATUS_OK)
        status = api_answer_take(answer, text, reterr);
    results_file_close(file);
    return status;
}

const struct api_command api_report = {
    .name = "report",
    .meaning = "tells what a stored run found",
    .members = members,
    .fields_size = sizeof(struct report_request),
    .call = call,
};

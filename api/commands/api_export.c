/* export: a run's tables as files. */

#include <errno.h>
#include <string.h>

#include "api/commands/api_commands.h"
#include "reports/run_export.h"

struct export_request {
    const char *run;
    const char *to;
    const char *format;
    bool plain;
    const char *results;
};

static const struct api_member members[] = {
    API_RUN(struct export_request),
    {"to", API_TEXT, offsetof(struct export_request, to), true, 0, 0,
     "folder to write to; made if it is not there, files of the same name are replaced"},
    {"format", API_TEXT, offsetof(struct export_request, format), false, 0, 0,
     "csv (the default), or jsonl: one JSON object a line"},
    {"no_compress", API_FLAG, offsetof(struct export_request, plain), false, 0, 0,
     "plain files; they are .zst (zstd) otherwise"},
    API_RESULTS(struct export_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static enum status read_format(const char *name, enum export_format *ret_format,
                               struct error *reterr) {
    *ret_format = EXPORT_CSV;
    if (name == NULL || strcmp(name, "csv") == 0)
        return STATUS_OK;
    *ret_format = EXPORT_JSONL;
    if (strcmp(name, "jsonl") == 0)
        return STATUS_OK;
    return error_set(reterr, STATUS_USAGE, "request: \"format\" must be csv or jsonl, not \"%s\"",
                     name);
}

static json_t *list_json(const struct export_list *list, const char *id, const char *folder) {
    json_t *files = json_array();
    for (size_t i = 0; i < list->count; i++) {
        const struct export_file *file = &list->files[i];
        json_t *row = json_pack("{s:s, s:I, s:I}", "name", file->name, "rows",
                                (json_int_t)file->rows, "bytes", (json_int_t)file->bytes);
        (void)json_array_append_new(files, row); /* a NULL array or row: seen in the next line */
    }
    if (json_array_size(files) == list->count)
        return json_pack("{s:s, s:s, s:o}", "run", id, "folder", folder, "files", files);
    json_decref(files);
    return NULL;
}

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct export_request *request = fields;
    struct export_order order = {
        .folder = request->to, .compress = !request->plain, .host = &host->host};
    struct export_list list = {0};
    struct results_file *file = NULL;
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = read_format(request->format, &order.format, reterr);
    if (status == STATUS_OK)
        status = api_open_results(host, request->results, &file, reterr);
    if (status == STATUS_OK)
        status = results_file_find(file, request->run, id, reterr);
    if (status == STATUS_OK)
        status = run_export(file, id, &order, &list, reterr);
    if (status == STATUS_OK)
        status = api_answer_exact(answer, list_json(&list, id, request->to), reterr);
    export_list_finish(&list);
    results_file_close(file);
    return status;
}

const struct api_command api_export = {
    .name = "export",
    .meaning = "writes a run's tables as files",
    .members = members,
    .fields_size = sizeof(struct export_request),
    .call = call,
};

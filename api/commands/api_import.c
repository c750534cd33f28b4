/* import: files into the market file. */

#include <string.h>

#include "api/commands/api_commands.h"
#include "api/import/import_json.h"
#include "loaders/loaders.h"

struct import_request {
    const char *const *files;
    const char *format;
    const char *columns;
    struct api_number threads;
    bool strict;
    bool replace;
    const char *data;
};

static const struct api_member members[] = {
    {"files", API_TEXTS, offsetof(struct import_request, files), true, 0, 0,
     "files, folders and patterns; - is standard input"},
    {"format", API_TEXT, offsetof(struct import_request, format), false, 0, 0,
     "one of list formats; auto (the default): known by the content"},
    {"columns", API_TEXT, offsetof(struct import_request, columns), false, 0, 0,
     "what the columns of a CSV are, as ts=NAME,price=NAME"},
    {"threads", API_NUMBER, offsetof(struct import_request, threads), false, 1, IMPORT_THREADS_MAX,
     "how many files are read at once; the result is the same"},
    {"strict", API_FLAG, offsetof(struct import_request, strict), false, 0, 0,
     "stop at the first file that fails"},
    {"replace", API_FLAG, offsetof(struct import_request, replace), false, 0, 0,
     "where rows contradict those of files that are in, the new ones win"},
    API_DATA(struct import_request),
    {NULL, API_TEXT, 0, false, 0, 0, NULL},
};

static enum status read_format(const char *name, const char **ret_format, struct error *reterr) {
    *ret_format = name == NULL || strcmp(name, "auto") == 0 ? NULL : name;
    if (*ret_format == NULL || loader_find(name) != NULL)
        return STATUS_OK;
    return error_set(reterr, STATUS_USAGE,
                     "request: \"format\" must be one of list formats, not \"%s\"", name);
}

static enum status call(const struct api_host *host, const void *fields, struct api_answer *answer,
                        struct error *reterr) {
    const struct import_request *request = fields;
    struct import_order order = {
        .files = request->files,
        .columns = request->columns,
        .threads = (unsigned)request->threads.value,
        .strict = request->strict,
        .replace = request->replace,
    };
    json_t *document = NULL;
    enum status status = read_format(request->format, &order.format, reterr);
    if (status == STATUS_OK && request->files[0] == NULL)
        status = error_set(reterr, STATUS_USAGE, "request: \"files\" must name a file");
    if (status == STATUS_OK)
        status = api_path("data", request->data, host->data, &order.market, reterr);
    if (status != STATUS_OK)
        return status;
    status = import_json(&order, &host->host, &document, reterr);
    struct error unused; /* what the import says is worth more than no memory to tell it */
    const enum status told =
        api_answer_json(answer, document, status == STATUS_OK ? reterr : &unused);
    return status == STATUS_OK ? told : status;
}

const struct api_command api_import = {
    .name = "import",
    .meaning = "puts files of ticks, bars or readings into the market file",
    .members = members,
    .fields_size = sizeof(struct import_request),
    .call = call,
};

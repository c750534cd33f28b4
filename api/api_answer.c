#include "api/api_answer.h"

#include <stdlib.h>
#include <string.h>

#include "reports/exact_json.h"

void api_answer_put(struct api_answer *answer, const char *text, size_t size) {
    const struct api_host *host = answer->host;
    if (answer->enough)
        return;
    if (host->write != NULL) {
        answer->enough = !host->write(host->host.context, text, size);
        return;
    }
    if (answer->text == NULL)
        answer->text = g_string_new(NULL);
    g_string_append_len(answer->text, text, (gssize)size);
}

enum status api_answer_take(struct api_answer *answer, char *text, struct error *reterr) {
    if (text == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the answer");
    api_answer_put(answer, text, strlen(text));
    answer->whole = true;
    free(text);
    return STATUS_OK;
}

enum status api_answer_json(struct api_answer *answer, json_t *document, struct error *reterr) {
    char *text =
        document == NULL ? NULL : json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(document);
    const enum status status = api_answer_take(answer, text, reterr);
    if (status == STATUS_OK)
        api_answer_put(answer, "\n", 1);
    return status;
}

enum status api_answer_exact(struct api_answer *answer, json_t *document, struct error *reterr) {
    char *text = document == NULL ? NULL : exact_json_dump(document);
    json_decref(document);
    return api_answer_take(answer, text, reterr);
}

#include "api/api.h"

#include <assert.h>
#include <string.h>

#include <glib.h>

#include "api/api_command.h"
#include "scenarios/yaml/yaml_text.h"

#define COMMANDS_MAX 64

enum status api_path(const char *member, const char *named, const char *own, const char **ret_path,
                     struct error *reterr) {
    *ret_path = named != NULL ? named : own;
    if (*ret_path != NULL)
        return STATUS_OK;
    return error_set(reterr, STATUS_USAGE, "request: \"%s\" is missing: the file to use", member);
}

enum status api_places(const struct api_host *host, const char *data, const char *results,
                       struct run_places *ret_places, struct error *reterr) {
    struct run_places places = {.resources = host->resources};
    const char *bundled = host->bundled_data != NULL ? host->bundled_data : host->data;
    enum status status = api_path("data", data, host->data, &places.market, reterr);
    if (status == STATUS_OK)
        status = api_path("data", data, bundled, &places.bundled_market, reterr);
    if (status == STATUS_OK)
        status = api_path("results", results, host->results, &places.results, reterr);
    if (status == STATUS_OK)
        *ret_places = places;
    return status;
}

enum status api_open_results(const struct api_host *host, const char *results,
                             struct results_file **ret_file, struct error *reterr) {
    const char *path = NULL;
    const enum status status = api_path("results", results, host->results, &path, reterr);
    return status == STATUS_OK ? results_file_open(path, RESULTS_READ, ret_file, reterr) : status;
}

static enum status find_command(const char *name, const struct api_command **ret_command,
                                struct error *reterr) {
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    for (; api_commands[count] != NULL; count++) {
        assert(count < COMMANDS_MAX);
        names[count] = api_commands[count]->name;
        if (strcmp(names[count], name) == 0) {
            *ret_command = api_commands[count];
            return STATUS_OK;
        }
    }
    return error_set(reterr, STATUS_USAGE, "request: there is no command \"%s\"; nearest: \"%s\"",
                     name, yaml_nearest(name, names, count));
}

enum status api_call(const struct api_host *host, const char *request, char **ret_answer,
                     struct error *reterr) {
    struct api_request read;
    struct api_answer answer = {.host = host};
    const struct api_command *command = NULL;
    const char *name = NULL;
    void *fields = NULL;
    *ret_answer = NULL;
    enum status status = api_request_init(&read, request, reterr);
    if (status == STATUS_OK)
        status = api_request_command(&read, &name, reterr);
    if (status == STATUS_OK)
        status = find_command(name, &command, reterr);
    if (status == STATUS_OK) {
        fields = g_malloc0(command->fields_size);
        status = api_request_read(&read, command->members, fields, reterr);
    }
    if (status == STATUS_OK)
        status = command->call(host, fields, &answer, reterr);
    if (answer.text != NULL && answer.whole)
        *ret_answer = g_string_free(answer.text, FALSE);
    else if (answer.text != NULL)
        (void)g_string_free(answer.text, TRUE); /* returns NULL */
    g_free(fields);
    api_request_finish(&read);
    return status;
}

void api_free(char *answer) {
    g_free(answer);
}

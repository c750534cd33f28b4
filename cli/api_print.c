#include "cli/api_print.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/api.h"
#include "cli/cli_host.h"
#include "cli/paths.h"

/* main() looks at the stream's end; a reader that has seen enough (| head) ends the work. */
static bool put(void *context, const char *text, size_t size) {
    (void)context;
    return fwrite(text, 1, size, stdout) == size;
}

enum status api_print(const char *command, const struct cli_options *options, json_t *request,
                      struct error *reterr) {
    char *text = request == NULL ? NULL : json_dumps(request, JSON_COMPACT);
    json_decref(request);
    if (text == NULL)
        return error_set(reterr, STATUS_USAGE, "--json: an argument is no UTF-8 text");
    struct cli_host cli;
    struct cli_places places;
    char *answer = NULL;
    cli_host_init(&cli, command, options);
    cli_places_init(&places, options->data, options->results);
    const struct api_host host = {.host = cli.host,
                                  .resources = places.resources,
                                  .data = places.market,
                                  .bundled_data = places.bundled_market,
                                  .results = places.results,
                                  .write = put};
    const enum status status = api_call(&host, text, &answer, reterr);
    api_free(answer); /* NULL: it was written */
    cli_places_finish(&places);
    free(text);
    return status;
}

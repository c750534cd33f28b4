#include "cli/paths.h"

#include <glib.h>

static const char *const market_here = "market.db";
static const char *const market_build = "build/market.db";

/* What is named or is there; NULL: neither. */
static char *known_data_path(const char *option) {
    const char *environment = g_getenv("CROSSFALL_DATA");
    if (option != NULL)
        return g_strdup(option);
    if (environment != NULL && environment[0] != '\0')
        return g_strdup(environment);
    if (g_file_test(market_here, G_FILE_TEST_EXISTS))
        return g_strdup(market_here);
    if (g_file_test(market_build, G_FILE_TEST_EXISTS))
        return g_strdup(market_build);
    return NULL;
}

char *cli_data_path(const char *option) {
    char *path = known_data_path(option);
    return path != NULL ? path : g_strdup(market_here);
}

char *cli_bundled_data_path(const char *option) {
    char *path = known_data_path(option);
    if (path != NULL)
        return path;
    return g_strdup(g_file_test("build", G_FILE_TEST_IS_DIR) ? market_build : market_here);
}

char *cli_results_path(const char *option) {
    return g_strdup(option != NULL ? option : "runs.db");
}

char *cli_resource_dir(void) {
    /* As seen from the folder of the program: a build folder in a checkout; an installation. */
    static const char *const places[] = {"../scenarios", "../../scenarios",
                                         "../share/crossfall/scenarios"};
    char *program = g_file_read_link("/proc/self/exe", NULL);
    if (program == NULL)
        return NULL;
    char *folder = g_path_get_dirname(program);
    char *found = NULL;
    for (size_t i = 0; found == NULL && i < G_N_ELEMENTS(places); i++) {
        char *place = g_build_filename(folder, places[i], NULL);
        char *library = g_build_filename(place, "library", NULL);
        if (g_file_test(library, G_FILE_TEST_IS_DIR))
            found = g_canonicalize_filename(place, NULL);
        g_free(library);
        g_free(place);
    }
    g_free(folder);
    g_free(program);
    return found;
}

void cli_places_init(struct cli_places *ret_places, const char *data, const char *results) {
    *ret_places = (struct cli_places){
        .resources = cli_resource_dir(),
        .market = cli_data_path(data),
        .bundled_market = cli_bundled_data_path(data),
        .results = cli_results_path(results),
    };
}

void cli_places_finish(struct cli_places *places) {
    g_free(places->resources);
    g_free(places->market);
    g_free(places->bundled_market);
    g_free(places->results);
    *places = (struct cli_places){0};
}

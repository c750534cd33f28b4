#pragma once
/* Where the files are that the user did not name. Strings are the caller's; g_free() ends them. */

/* The market file: `option` (the value of --data, or NULL), else $CROSSFALL_DATA, else ./market.db
 * if it is there, else build/market.db if it is there, else ./market.db. */
char *cli_data_path(const char *option);

/* The same for a command that fills a missing market file from the bundled data: where there is
 * none, build/market.db if there is a folder build, so that a checkout stays clean. */
char *cli_bundled_data_path(const char *option);

/* The results file: `option` (the value of --results, or NULL), else ./runs.db. */
char *cli_results_path(const char *option);

/* The folder `scenarios` with library/, rulebooks/ and data/: of the checkout that holds the
 * program's build folder, else of the installation. NULL: neither is there. */
char *cli_resource_dir(void);

/* All of them, for the rooms below. */
struct cli_places {
    char *resources; /* NULL: not there */
    char *market;
    char *bundled_market;
    char *results;
};

/* From the values of --data and --results, each of which may be NULL. cli_places_finish() ends it.
 */
void cli_places_init(struct cli_places *ret_places, const char *data, const char *results);
void cli_places_finish(struct cli_places *places);

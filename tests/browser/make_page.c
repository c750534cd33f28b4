/* Writes the HTML page of the last run of a results file: what `report last --html` does, without
 * the command around it.
 *
 *   make_page RUNS.db FILE.html          exit code 77: this build has no page */

#include <stdio.h>

#include "reports/html_page.h"
#include "store/results/results_file.h"

int main(int argc, char **argv) {
    if (argc != 3) {
        (void)fprintf(stderr, "usage: make_page RUNS.db FILE.html\n");
        return 2;
    }
    if (!html_page_available())
        return 77;
    struct error error = {0};
    struct results_file *file = NULL;
    char id[RESULTS_RUN_ID_SIZE];
    enum status status = results_file_open(argv[1], RESULTS_READ, &file, &error);
    if (status == STATUS_OK)
        status = results_file_find(file, "last", id, &error);
    if (status == STATUS_OK)
        status = html_page_write(file, id, argv[2], &error);
    results_file_close(file);
    if (status != STATUS_OK)
        (void)fprintf(stderr, "make_page: %s\n", error.message);
    return status_exit_code(status);
}

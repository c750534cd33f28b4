/* Stands in for html_page.c and html_compare.c in a build without ECharts. */

#include "reports/html_compare.h"
#include "reports/html_page.h"

bool html_page_available(void) {
    return false;
}

static enum status no_page(const char *path, struct error *reterr) {
    return error_set(reterr, STATUS_USAGE,
                     "'%s' is not written: this build has no HTML page, because its chart library"
                     " was missing when it was set up. `reports/fetch_echarts.sh` fetches it (npm"
                     " is needed), then set up the build anew",
                     path);
}

enum status html_page_write(struct results_file *file, const char *id, const char *path,
                            struct error *reterr) {
    (void)file;
    (void)id;
    return no_page(path, reterr);
}

enum status html_compare_write(struct results_file *file, const char *const *ids, size_t count,
                               const char *path, struct error *reterr) {
    (void)file;
    (void)ids;
    (void)count;
    return no_page(path, reterr);
}

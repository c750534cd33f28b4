#include "reports/html_page.h"

#include "reports/html_data.h"
#include "reports/html_frame.h"

bool html_page_available(void) {
    return true;
}

enum status html_page_write(struct results_file *file, const char *id, const char *path,
                            struct error *reterr) {
    static const char *const scripts[] = {"text.js",   "words.js",  "theme.js", "time_charts.js",
                                          "charts.js", "tables.js", "page.js",  NULL};
    GString *data = g_string_new("");
    enum status status = html_data_append(file, id, data, reterr);
    if (status == STATUS_OK)
        status = html_frame_write("page.html", scripts, data, path, reterr);
    (void)g_string_free(data, TRUE); /* its text, gone */
    return status;
}

#include "base/host.h"

#include <stdarg.h>
#include <stddef.h>

#include <glib.h>

void host_show(const struct host *host, const char *what, const char *unit, uint64_t count,
               double share) {
    const struct host_progress progress = {what, unit, count, share};
    if (host != NULL && host->progress != NULL)
        host->progress(host->context, &progress);
}

void host_show_end(const struct host *host) {
    if (host != NULL && host->progress != NULL)
        host->progress(host->context, NULL);
}

bool host_stops(const struct host *host) {
    return host != NULL && host->stop != NULL && host->stop(host->context);
}

void host_tell(const struct host *host, enum host_notice notice, const char *format, ...) {
    if (host == NULL || host->tell == NULL)
        return;
    va_list list;
    va_start(list, format);
    char *text = g_strdup_vprintf(format, list);
    va_end(list);
    host->tell(host->context, notice, text);
    g_free(text);
}

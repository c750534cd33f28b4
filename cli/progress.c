#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <jansson.h>

#define LINE_INTERVAL_US INT64_C(100000)
#define JSON_INTERVAL_US INT64_C(1000000)

bool progress_mode_parse(const char *text, enum progress_mode *ret_mode) {
    if (text == NULL || strcmp(text, "auto") == 0)
        *ret_mode = PROGRESS_AUTO;
    else if (strcmp(text, "json") == 0)
        *ret_mode = PROGRESS_JSON;
    else if (strcmp(text, "never") == 0)
        *ret_mode = PROGRESS_NEVER;
    else
        return false;
    return true;
}

bool progress_color(const char *when, int descriptor) {
    if (when != NULL && strcmp(when, "always") == 0)
        return true;
    if (when != NULL && strcmp(when, "never") == 0)
        return false;
    const char *no_color = g_getenv("NO_COLOR");
    const char *terminal = g_getenv("TERM");
    return (no_color == NULL || no_color[0] == '\0') && isatty(descriptor) == 1 &&
           terminal != NULL && strcmp(terminal, "dumb") != 0;
}

void progress_init(struct progress *progress, enum progress_mode mode, bool color, const char *what,
                   const char *unit) {
    *progress = (struct progress){
        .mode = mode,
        .what = what,
        .unit = unit,
        .color = color,
        .started_us = g_get_monotonic_time(),
    };
    progress->last_us = progress->started_us;
    if (mode == PROGRESS_AUTO && isatty(STDERR_FILENO) != 1)
        progress->mode = PROGRESS_NEVER;
}

static void write_json(const struct progress *progress, uint64_t count, double share, double rate,
                       double eta_s) {
    json_t *line = json_pack("{s:s, s:I, s:s, s:o, s:f, s:o}", "what", progress->what, "count",
                             (json_int_t)count, "unit", progress->unit, "share",
                             share < 0 ? json_null() : json_real(share), "rate", rate, "eta_s",
                             share <= 0 ? json_null() : json_real(eta_s));
    if (line == NULL)
        return; /* a name that is no UTF-8, or no memory: progress is not worth a failure */
    (void)json_dumpf(line, stderr, JSON_REAL_PRECISION(6)); /* nobody to tell */
    (void)fputc('\n', stderr);
    json_decref(line);
}

static void write_line(struct progress *progress, uint64_t count, double share, double rate,
                       double eta_s) {
    char part[64] = "";
    if (share > 0)
        (void)snprintf(part, sizeof(part), "%3.0f %%  ", 100 * share); /* fits */
    char left[64] = "";
    if (share > 0)
        (void)snprintf(left, sizeof(left), "  %.0f s left", eta_s); /* fits */
    const char *scale = rate >= 1e6 ? " M" : rate >= 1e3 ? " k" : " ";
    const double scaled = rate >= 1e6 ? rate / 1e6 : rate >= 1e3 ? rate / 1e3 : rate;
    /* Back to the line's start, and away with the rest of the old one. */
    (void)fprintf(stderr, "\r\033[K%s%.40s%s  %s%" G_GUINT64_FORMAT " %s  %.1f%s%s/s%s",
                  progress->color ? "\033[1m" : "", progress->what,
                  progress->color ? "\033[0m" : "", part, count, progress->unit, scaled, scale,
                  progress->unit, left); /* nobody to tell */
    (void)fflush(stderr);
    progress->shown = true;
}

void progress_update(struct progress *progress, uint64_t count, double share) {
    if (progress->mode == PROGRESS_NEVER)
        return;
    const int64_t now_us = g_get_monotonic_time();
    const int64_t interval_us =
        progress->mode == PROGRESS_JSON ? JSON_INTERVAL_US : LINE_INTERVAL_US;
    if (now_us - progress->last_us < interval_us)
        return;
    progress->last_us = now_us;
    const double elapsed_s = (double)(now_us - progress->started_us) / 1e6;
    const double rate = (double)count / elapsed_s;
    const double eta_s = share > 0 ? elapsed_s * (1 - share) / share : 0;
    if (progress->mode == PROGRESS_JSON)
        write_json(progress, count, share, rate, eta_s);
    else
        write_line(progress, count, share, rate, eta_s);
}

void progress_finish(struct progress *progress) {
    if (progress->shown) {
        (void)fputs("\r\033[K", stderr); /* nobody to tell */
        (void)fflush(stderr);
    }
    progress->shown = false;
}

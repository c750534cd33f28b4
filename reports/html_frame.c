#include "reports/html_frame.h"

#include <stdbool.h>
#include <string.h>

#include <gio/gio.h>

/* Made by glib-compile-resources from reports/page/page.gresource.xml. */
extern GResource *page_get_resource(void);

#define PREFIX "/crossfall/page/"

/* Appends a file of the page. That it is there is decided when the program is built. */
static void append_file(GString *text, const char *name) {
    char *path = g_strconcat(PREFIX, name, NULL);
    GBytes *bytes = g_resource_lookup_data(page_get_resource(), path, 0, NULL);
    g_assert(bytes != NULL);
    gsize size = 0;
    const char *data = g_bytes_get_data(bytes, &size);
    g_string_append_len(text, data, (gssize)size);
    g_bytes_unref(bytes);
    g_free(path);
}

static GString *join_files(const char *const *names) {
    GString *text = g_string_new("");
    for (size_t i = 0; names[i] != NULL; i++)
        append_file(text, names[i]);
    return text;
}

/* Appends 'sha256-...': the browser runs the scripts with these hashes and no other, so that even
 * a name that got into the page as HTML would be dead. */
static void append_hash(GString *text, const GString *script) {
    GChecksum *checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, (const guchar *)script->str, (gssize)script->len);
    guint8 digest[32];
    gsize size = sizeof(digest);
    g_checksum_get_digest(checksum, digest, &size);
    g_checksum_free(checksum);
    char *base64 = g_base64_encode(digest, size);
    g_string_append_printf(text, " 'sha256-%s'", base64);
    g_free(base64);
}

/* Writes the frame, with what stands at @name@ in place of it. */
static GString *assemble(const char *frame_name, const char *const *scripts, const GString *data) {
    static const char *const charts[] = {"echarts.min.js", NULL};
    static const char *const styles[] = {"page.css", NULL};
    static const char *const notices[] = {"echarts-notice", "zrender-licence", NULL};
    const char *const frames[] = {frame_name, NULL};
    GString *echarts = join_files(charts);
    GString *script = join_files(scripts);
    GString *style = join_files(styles);
    GString *notice = join_files(notices);
    GString *frame = join_files(frames);
    GString *hashes = g_string_new("");
    append_hash(hashes, echarts);
    append_hash(hashes, script);
    const struct {
        const char *name;
        const GString *text;
    } places[] = {{"@hashes@", hashes}, {"@notice@", notice},   {"@style@", style},
                  {"@data@", data},     {"@echarts@", echarts}, {"@script@", script}};

    GString *page = g_string_sized_new(data->len + echarts->len + script->len + (64 << 10));
    const char *rest = frame->str;
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) { /* in the order of the frame */
        const char *place = strstr(rest, places[i].name);
        g_assert(place != NULL);
        g_string_append_len(page, rest, place - rest);
        g_string_append_len(page, places[i].text->str, (gssize)places[i].text->len);
        rest = place + strlen(places[i].name);
    }
    g_string_append(page, rest);
    GString *const used[] = {echarts, script, style, notice, frame, hashes};
    for (size_t i = 0; i < G_N_ELEMENTS(used); i++)
        (void)g_string_free(used[i], TRUE); /* its text, gone */
    return page;
}

enum status html_frame_write(const char *frame, const char *const *scripts, const GString *data,
                             const char *path, struct error *reterr) {
    enum status status = STATUS_OK;
    GString *page = assemble(frame, scripts, data);
    GError *failure = NULL;
    if (!g_file_set_contents(path, page->str, (gssize)page->len, &failure)) {
        const bool full = g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOSPC);
        status = error_set(reterr, full ? STATUS_FULL : STATUS_IO, "writing the page: %s",
                           failure->message);
        g_error_free(failure);
    }
    (void)g_string_free(page, TRUE); /* its text, gone */
    return status;
}

#include "tests/bundled_rulebooks.h"

#include <string.h>

#include <glib.h>

static gint by_name(gconstpointer a, gconstpointer b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **bundled_rulebook_names(const char *scenarios) {
    char *folder = scenarios != NULL ? g_build_filename(scenarios, "rulebooks", NULL) : NULL;
    GDir *dir = folder != NULL ? g_dir_open(folder, 0, NULL) : NULL;
    g_free(folder);
    if (dir == NULL)
        return NULL;
    GPtrArray *names = g_ptr_array_new();
    for (const char *name = g_dir_read_name(dir); name != NULL; name = g_dir_read_name(dir))
        if (g_str_has_suffix(name, ".yaml"))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(".yaml")));
    g_dir_close(dir);
    g_ptr_array_sort(names, by_name);
    g_ptr_array_add(names, NULL);
    return (char **)g_ptr_array_free(names, FALSE);
}

size_t rulebook_named_symbols(const struct rulebook *rulebook, size_t most,
                              const char **ret_symbols, bool *ret_for_all) {
    size_t count = 0;
    *ret_for_all = false;
    for (size_t i = 0; i < rulebook->margin.table_count && count < most; i++) {
        *ret_for_all = *ret_for_all || rulebook->margin.tables[i].symbol == NULL;
        if (rulebook->margin.tables[i].symbol != NULL)
            ret_symbols[count++] = rulebook->margin.tables[i].symbol;
    }
    for (size_t i = 0; i < rulebook->margin.size_count && count < most; i++) {
        *ret_for_all = *ret_for_all || rulebook->margin.sizes[i].symbol == NULL;
        if (rulebook->margin.sizes[i].symbol != NULL)
            ret_symbols[count++] = rulebook->margin.sizes[i].symbol;
    }
    return count;
}

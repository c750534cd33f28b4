#include "api/import/file_list.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "api/import/checksum_file.h"

void file_list_init(struct file_list *list) {
    list->paths = g_ptr_array_new_with_free_func(g_free);
    list->errors = g_ptr_array_new_with_free_func(g_free);
}

void file_list_finish(struct file_list *list) {
    (void)g_ptr_array_free(list->paths, TRUE); /* the arrays, gone */
    (void)g_ptr_array_free(list->errors, TRUE);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_path(struct file_list *list, const char *path);

static void add_folder(struct file_list *list, const char *path) {
    GError *problem = NULL;
    GDir *folder = g_dir_open(path, 0, &problem);
    if (folder == NULL) {
        g_ptr_array_add(list->errors, g_strdup_printf("opening '%s': %s", path, problem->message));
        g_error_free(problem);
        return;
    }
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    for (const char *name = g_dir_read_name(folder); name != NULL; name = g_dir_read_name(folder)) {
        if (name[0] != '.')
            g_ptr_array_add(names, g_build_filename(path, name, NULL));
    }
    g_dir_close(folder);
    qsort(names->pdata, names->len, sizeof(names->pdata[0]), compare_names);
    for (guint i = 0; i < names->len; i++)
        add_path(list, names->pdata[i]);
    (void)g_ptr_array_free(names, TRUE); /* the array, gone */
}

/* A file or folder found in a folder or by a pattern. */
static void add_path(struct file_list *list, const char *path) {
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        add_folder(list, path);
    else if (!checksum_file_is_one(path))
        g_ptr_array_add(list->paths, g_strdup(path));
}

static void add_pattern(struct file_list *list, const char *pattern) {
    glob_t found = {0};
    const int rc = glob(pattern, 0, NULL, &found);
    if (rc == GLOB_NOSPACE || rc == GLOB_ABORTED)
        g_ptr_array_add(list->errors,
                        g_strdup_printf("'%s': %s", pattern,
                                        rc == GLOB_NOSPACE ? "no memory for what matches"
                                                           : "a folder cannot be read"));
    else if (rc != 0)
        g_ptr_array_add(list->errors, g_strdup_printf("'%s': no file matches", pattern));
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        add_path(list, found.gl_pathv[i]);
    globfree(&found);
}

void file_list_add(struct file_list *list, const char *argument) {
    if (strcmp(argument, "-") != 0 && g_file_test(argument, G_FILE_TEST_IS_DIR))
        add_folder(list, argument);
    else if (checksum_file_is_one(argument))
        return; /* the shell's own patterns find it beside the file it is about */
    else if (strcmp(argument, "-") == 0 || g_file_test(argument, G_FILE_TEST_EXISTS) ||
             strpbrk(argument, "*?[") == NULL)
        g_ptr_array_add(list->paths, g_strdup(argument));
    else
        add_pattern(list, argument);
}

#include "scenarios/yaml/config_files.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

static bool ends_with(const char *text, const char *ending) {
    return g_str_has_suffix(text, ending) && strlen(text) > strlen(ending);
}

static bool is_bundled(const char *path) {
    return g_str_has_prefix(path, CONFIG_BUNDLED);
}

const char *config_shown(const struct config_files *files, const char *path) {
    if (!is_bundled(path) || files->bundled_dir == NULL)
        return path;
    return yaml_arena_format(files->arena, "%s/%s", files->bundled_dir,
                             path + strlen(CONFIG_BUNDLED));
}

const char *config_join(const struct config_files *files, const char *path, const char *base_dir) {
    if (is_bundled(path))
        return path;
    if (base_dir != NULL && is_bundled(base_dir) && !g_path_is_absolute(path))
        return yaml_arena_format(files->arena, "%s/%s", base_dir, path);
    char *absolute = g_canonicalize_filename(path, base_dir);
    const char *kept = yaml_arena_copy(files->arena, absolute, strlen(absolute));
    g_free(absolute);
    return kept;
}

const char *config_resolve(const struct config_files *files, const char *name, const char *folder,
                           const char *base_dir, bool or_path) {
    if (strchr(name, '/') != NULL || ends_with(name, ".yaml") || ends_with(name, ".yml"))
        return config_join(files, name, base_dir);
    if (or_path) {
        const char *path = config_join(files, name, base_dir);
        if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return path;
    }
    return yaml_arena_format(files->arena, CONFIG_BUNDLED "%s/%s.yaml", folder, name);
}

const char *config_folder(const struct config_files *files, const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : yaml_arena_copy(files->arena, path, (size_t)(slash - path));
}

/* "; the nearest of the bundled ones is 'x'" for a bundled file that is not there. */
static const char *nearest_bundled(const struct config_files *files, const char *path) {
    const char *result = "";
    char *folder = g_path_get_dirname(config_shown(files, path));
    char *name = g_path_get_basename(path);
    GDir *dir = g_dir_open(folder, 0, NULL);
    if (dir != NULL) {
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        for (const char *entry = g_dir_read_name(dir); entry != NULL; entry = g_dir_read_name(dir))
            if (ends_with(entry, ".yaml"))
                g_ptr_array_add(names, g_strdup(entry));
        g_dir_close(dir);
        const char *near =
            yaml_nearest(name, (const char *const *)(const void *)names->pdata, names->len);
        if (near[0] != '\0')
            result = yaml_arena_format(files->arena, "; the nearest bundled one is '%.*s'",
                                       (int)(strlen(near) - strlen(".yaml")), near);
        g_ptr_array_unref(names);
    }
    g_free(folder);
    g_free(name);
    return result;
}

static enum status read_file(const struct config_files *files, const char *path,
                             struct scenario_input *ret_input, struct error *reterr) {
    const char *shown = config_shown(files, path);
    FILE *file = fopen(shown, "rb");
    if (file == NULL)
        return error_set(reterr, STATUS_IO, "opening '%s': %s%s", shown, strerror(errno),
                         is_bundled(path) ? nearest_bundled(files, path) : "");
    enum status status = STATUS_OK;
    GString *bytes = g_string_new(NULL);
    char chunk[16384];
    size_t count = 0;
    while (bytes->len <= YAML_SIZE_MAX && (count = fread(chunk, 1, sizeof(chunk), file)) > 0)
        g_string_append_len(bytes, chunk, (gssize)count);
    if (ferror(file))
        status = error_set(reterr, STATUS_IO, "reading '%s': %s", shown, strerror(errno));
    else if (bytes->len > YAML_SIZE_MAX)
        status =
            error_set(reterr, STATUS_CONFIG, "%s: larger than %zu bytes", shown, YAML_SIZE_MAX);
    else
        ret_input->bytes = yaml_arena_copy(files->arena, bytes->str, bytes->len);
    ret_input->size = bytes->len;
    g_string_free(bytes, TRUE);
    (void)fclose(file); /* only read from */
    return status;
}

enum status config_read(struct config_files *files, const char *kind, const char *path,
                        const struct scenario_input **ret_input, struct error *reterr) {
    for (size_t i = 0; i < files->input_count; i++)
        if (strcmp(files->inputs[i].path, path) == 0) {
            *ret_input = &files->inputs[i];
            return STATUS_OK;
        }
    struct scenario_input input = {.kind = kind,
                                   .path = yaml_arena_copy(files->arena, path, strlen(path))};
    if (files->stored != NULL) {
        size_t i = 0;
        while (i < files->stored_count && strcmp(files->stored[i].path, path) != 0)
            i++;
        if (i == files->stored_count)
            return error_set(reterr, STATUS_IO, "'%s' is not among the run's stored inputs", path);
        input.bytes = yaml_arena_copy(files->arena, files->stored[i].bytes, files->stored[i].size);
        input.size = files->stored[i].size;
    } else {
        const enum status status = read_file(files, path, &input, reterr);
        if (status != STATUS_OK)
            return status;
    }
    /* A handful of files: growing by copying keeps the array in the arena. */
    struct scenario_input *inputs =
        yaml_arena_alloc(files->arena, (files->input_count + 1) * sizeof(*inputs));
    if (files->input_count > 0)
        memcpy(inputs, files->inputs, files->input_count * sizeof(*inputs));
    inputs[files->input_count] = input;
    files->inputs = inputs;
    *ret_input = &inputs[files->input_count++];
    return STATUS_OK;
}

enum status config_parse(struct config_files *files, const char *kind, const char *path,
                         struct yaml_node **ret_root, struct error *reterr) {
    const struct scenario_input *input = NULL;
    const enum status status = config_read(files, kind, path, &input, reterr);
    if (status != STATUS_OK)
        return status;
    return yaml_parse(files->arena, config_shown(files, path), input->bytes, input->size, ret_root,
                      reterr);
}

#pragma once
/* Finds and reads the small files a configuration is made of: by path, by bundled name, or out of
 * what a run stored. Keeps what was read, so that a run can store it. */

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "scenarios/yaml/yaml_text.h"

/* A file that went into the configuration, as it was read. */
struct scenario_input {
    const char *kind; /* "scenario", "rulebook", "tiers" */
    const char *path; /* absolute, or "bundled:rulebooks/flat.yaml" */
    const char *bytes;
    size_t size;
};

#define CONFIG_BUNDLED "bundled:"

struct config_files {
    struct yaml_arena *arena;            /* what is returned lives here */
    const char *bundled_dir;             /* NULL: no bundled files */
    const struct scenario_input *stored; /* when not NULL, files come from here alone */
    size_t stored_count;
    struct scenario_input *inputs; /* what was read, each path once */
    size_t input_count;
};

/* Resolves `name`: with a slash or an ending .yaml or .yml, a path relative to `base_dir` (NULL:
 * the working directory); else the file of that name in the bundled `folder`, or, where `or_path`
 * is set, one of that name in `base_dir` if it is there. The result is absolute or bundled. */
const char *config_resolve(const struct config_files *files, const char *name, const char *folder,
                           const char *base_dir, bool or_path);

/* `path` relative to `base_dir`, absolute or bundled. */
const char *config_join(const struct config_files *files, const char *path, const char *base_dir);

/* The folder of a resolved path. */
const char *config_folder(const struct config_files *files, const char *path);

/* What a resolved path is called in messages: the path, bundled ones with their real folder. */
const char *config_shown(const struct config_files *files, const char *path);

/* Reads a resolved path. STATUS_IO: not there, cannot be read (the message says so, and the nearest
 * bundled name). STATUS_CONFIG: larger than YAML_SIZE_MAX. */
MUST_CHECK enum status config_read(struct config_files *files, const char *kind, const char *path,
                                   const struct scenario_input **ret_input, struct error *reterr);

/* config_read() and yaml_parse(). */
MUST_CHECK enum status config_parse(struct config_files *files, const char *kind, const char *path,
                                    struct yaml_node **ret_root, struct error *reterr);

#include "runs/inputs/run_file.h"

#include "base/sha256.h"

/* Beyond this an accounts file is known by its hash alone. */
#define ACCOUNTS_KEPT_MAX ((size_t)512 << 20)

enum status run_file_read(struct run_file *file, const char *path, const char *source,
                          struct error *reterr) {
    if (path == NULL)
        return STATUS_OK;
    file->source = source != NULL ? source : path;
    GError *problem = NULL;
    gsize size = 0;
    if (!g_file_get_contents(file->source, &file->bytes, &size, &problem)) {
        const enum status status =
            error_set(reterr, STATUS_IO, "accounts file '%s': %s", path, problem->message);
        g_error_free(problem);
        return status;
    }
    file->path = path;
    file->size = size;
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to hash '%s'", path);
    sha256_update(sha, file->bytes, size);
    sha256_finish(sha, file->sha256);
    sha256_destroy(sha);
    if (size > ACCOUNTS_KEPT_MAX)
        g_clear_pointer(&file->bytes, g_free);
    return STATUS_OK;
}

#include "loaders/text/file_name.h"

#include <stdio.h>
#include <string.h>

bool file_name_ends(const char *name, const char *ending) {
    const size_t size = strlen(name);
    const size_t ending_size = strlen(ending);
    return size >= ending_size && strcmp(name + size - ending_size, ending) == 0;
}

void file_name_of(const struct loader_file *file, char ret_name[FILE_NAME_MAX]) {
    static const char *const packed[] = {".gz", ".zst", ".lz4", ".xz", ".bz2"};
    const char *const slash = strrchr(file->entry, '/');
    (void)snprintf(ret_name, FILE_NAME_MAX, "%s", slash != NULL ? slash + 1 : file->entry);
    for (size_t i = 0; i < sizeof(packed) / sizeof(packed[0]); i++) {
        if (!file_name_ends(ret_name, packed[i]))
            continue;
        ret_name[strlen(ret_name) - strlen(packed[i])] = '\0';
        return;
    }
}

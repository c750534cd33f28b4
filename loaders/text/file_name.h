#pragma once
/* What a file is called, apart from where it lies and how it is packed. */

#include <stdbool.h>

#include "loaders/loaders.h"

#define FILE_NAME_MAX 256

/* The last part of the entry's name, without .gz, .zst, .lz4, .xz or .bz2; cut at
 * FILE_NAME_MAX - 1 bytes. */
void file_name_of(const struct loader_file *file, char ret_name[FILE_NAME_MAX]);

bool file_name_ends(const char *name, const char *ending);

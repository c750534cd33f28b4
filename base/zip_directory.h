#pragma once
/* The record at the end of a zip archive, read only to know how much must be found before it. */

#include <stdbool.h>
#include <stdint.h>

#include "base/raw_file.h"

/* How many entries the record at the end of a zip announces (APPNOTE.TXT 4.3.16, and 4.3.14 where
 * that holds only 0xffff). libarchive ends a directory at its first broken signature without a
 * word; the count shows it. False: no such record. */
bool zip_directory_count(const struct raw_file *raw, uint64_t *ret_count);

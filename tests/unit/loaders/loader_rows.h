#pragma once
/* Feeds bytes to a loader in pieces and compares the rows, as text, or the failure, by its words.
 */

#include <stddef.h>

#include "loaders/loaders.h"

/* What the last good import reported. */
extern struct import_report loader_rows_report;

/* `bytes` of a file called `name`, whole and cut anywhere, give `rows` (the lines of text_sink.h).
 */
void loader_rows_expect(const struct loader *loader, const char *name, const void *bytes,
                        size_t size, const char *rows);

/* ... are refused with `status` and a message that holds `words`, whole and in pieces. */
void loader_rows_refuse(const struct loader *loader, const char *name, const void *bytes,
                        size_t size, enum status status, const char *words);

/* What `loader` claims of such a file. */
enum loader_claim loader_rows_claim(const struct loader *loader, const char *name,
                                    const void *bytes, size_t size);

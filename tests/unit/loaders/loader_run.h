#pragma once
/* Runs a text through the list of formats as a file of some name: who claims it, and what the sink
 * gets. Each expectation fails the test that asks. */

#include "base/error.h"
#include "base/records.h"
#include "loaders/loaders.h"

/* What claimed the text last: a format's name, "a|b" if two are equally sure, "" if none is. */
const char *loader_run_claim(const char *path, const char *text);

/* The claim is `format`, and its decoder gives `rows` (as text_sink.h writes them), wherever the
 * bytes are cut. Returns the report. */
const struct import_report *loader_run_rows(const char *path, const char *format, const char *text,
                                            const char *rows);

/* What the last run told as odd of a series; NULL: there was no such series. */
const struct series_quality *loader_run_quality(const char *instrument, const char *series);

/* The decoder of `format` (not asked whether it claims) refuses the text with `status` and `words`,
 * wherever the bytes are cut. `columns` as of --columns, or NULL. */
void loader_run_error(const char *path, const char *format, const char *columns, const char *text,
                      enum status status, const char *words);

/* The rows that `format` gives with `columns`. */
void loader_run_columns(const char *path, const char *format, const char *columns, const char *text,
                        const char *rows);

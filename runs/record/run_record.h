#pragma once
/* What the results file keeps of a run beside its rows: inputs, settings, notes, instruments. */

#include <glib.h>

#include "base/error.h"
#include "runs/setup/run_setup.h"
#include "store/results/results_writer.h"

struct run_record {
    struct results_run run; /* for results_writer_create(); points into this record and the setup */
    GArray *inputs;
    GArray *settings;
    GArray *notes;
    GArray *instruments;
    GStringChunk *texts;
};

/* Fills *ret_record from `setup`, which is filled and outlives it; `sets` is NULL or the --set
 * arguments, NULL-terminated. The caller ends it with run_record_finish(), also after a failure. */
MUST_CHECK enum status run_record_init(struct run_record *ret_record, const struct run_setup *setup,
                                       const char *const *sets, struct error *reterr);
void run_record_finish(struct run_record *record); /* zeroed is fine */

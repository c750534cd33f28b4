#pragma once
/* A run's inputs as the results file keeps them, and the scenario made from them again. */

#include <glib.h>

#include "base/error.h"
#include "runs/inputs/run_inputs.h"
#include "scenarios/scenario.h"
#include "store/results/results_file.h"

struct stored_input {
    char *role;
    char *name;
    char *sha256;
    char *bytes; /* NULL: not kept; else with a NUL behind */
    size_t size;
};

struct stored_run {
    char id[RESULTS_RUN_ID_SIZE];
    char *version;
    char *fingerprint;
    GArray *inputs;            /* struct stored_input, in their order */
    GPtrArray *sets;           /* char *, "key=" of each setting that --set made; NULL at the end */
    GPtrArray *copies;         /* char *: where the bytes of accounts files can be read */
    GArray *descriptors;       /* int: of `copies` */
    struct scenario *scenario; /* NULL before stored_run_load() */
    struct run_stored origin;  /* likewise */
};

/* Reads what is kept of run `id`, which is there, and holds all bytes against their hashes.
 * STATUS_OK: the caller ends *ret_run. STATUS_DIFFERENT: bytes were changed or are gone; the
 * message names the input. */
MUST_CHECK enum status stored_run_read(struct results_file *file, const char *id,
                                       struct stored_run **ret_run, struct error *reterr);

/* Makes the scenario from them, and puts accounts files where they can be read. */
MUST_CHECK enum status stored_run_load(struct stored_run *run, struct error *reterr);

/* Holds `inputs`, made from it, against what is stored. STATUS_DIFFERENT: other ticks, accounts or
 * settings; the message names them. */
MUST_CHECK enum status stored_run_check(const struct stored_run *run,
                                        const struct run_inputs *inputs, struct error *reterr);

void stored_run_destroy(struct stored_run *run); /* NULL is fine; after the inputs made from it */

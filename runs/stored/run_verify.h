#pragma once
/* Runs a stored run again from its stored inputs and the same ticks, and holds every row against
 * what is stored. */

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "base/error.h"
#include "base/host.h"
#include "runs/inputs/run_places.h"
#include "store/results/results_compare.h"
#include "store/results/results_file.h"

struct run_verified_table {
    const char *name;
    uint64_t rows; /* that are the same */
    bool differs;
    struct results_difference difference; /* the first, if it does */
};

struct run_verified {
    char id[RESULTS_RUN_ID_SIZE];
    char *version; /* that made it */
    char *fingerprint;
    GArray *tables; /* struct run_verified_table */
    guint differing;
};

/* All borrowed. */
struct run_verify_order {
    struct results_file *results; /* opened for reading */
    const char *run;              /* an id, the unique beginning of one, or "last" */
    struct run_places places;     /* its results file is not used */
    uint32_t threads;
};

/* Repeats the run and compares. STATUS_OK: that was done, whatever came out; the caller ends
 * *ret_verified with run_verified_finish(). STATUS_DIFFERENT: what it was made of is not what it
 * was, so it was not repeated; the message names it. Statuses of results_file_find() and
 * run_replay() too. */
MUST_CHECK enum status run_verify(const struct run_verify_order *order, const struct host *host,
                                  struct run_verified *ret_verified, struct error *reterr);

/* STATUS_OK if nothing differs; else STATUS_DIFFERENT and the first difference in words. */
MUST_CHECK enum status run_verified_status(const struct run_verified *verified,
                                           struct error *reterr);

/* One difference in words. Cut if longer. */
void run_verify_describe(const struct results_difference *difference, size_t size, char *ret_text);

void run_verified_finish(struct run_verified *verified); /* zeroed is fine */

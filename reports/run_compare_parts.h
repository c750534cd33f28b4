#pragma once
/* What a comparison of runs is made of, gathered once for the text and the JSON. Not for other
 * rooms. */

#include <glib.h>
#include <jansson.h>

#include "base/error.h"
#include "reports/run_figures.h"
#include "store/results/results_file.h"

static inline bool compare_is_number(enum metric_kind kind) {
    return kind != METRIC_TIME; /* a time is exact text alone */
}

#define COMPARE_COHORT "cohort.result" /* equity at the end less that at the start */

struct compare_value {
    double value; /* NaN: not known */
    char *exact;  /* all digits, or a time; "" */
};

struct compare_row {
    const char *name; /* as in `metrics`; of a cohort "cohort.result" */
    const char *unit;
    char *instrument; /* or cohort; "" */
    char *label;      /* for people */
    enum metric_kind kind;
    enum metric_sense sense;
    struct compare_value *values; /* one a run */
};

struct compare_setting {
    const char *key;     /* borrowed from a run's figures */
    const char **values; /* one a run; NULL: not set */
};

/* A file of the same name that is another in some runs: what it is, and where the first difference
 * begins and the last ends. */
struct compare_input {
    char *role;
    char *name;
    char **hashes;       /* one a run; NULL: it has no such file */
    unsigned first_line; /* of the first run that has another one; 0: its bytes were not kept */
    unsigned last_line;
    bool keys_differ; /* of a rulebook: its keys stand among the settings */
};

struct comparison {
    struct results_file *file;
    size_t count;
    struct run_figures **runs;
    GArray *settings;   /* struct compare_setting: those that differ */
    GArray *inputs;     /* struct compare_input: those that differ, but for ticks and accounts */
    GArray *rows;       /* struct compare_row */
    GPtrArray *reasons; /* char *: why the runs cannot be compared; none: they can */
};

/* run_compare_gather.c. The caller ends *ret_comparison in both cases. */
MUST_CHECK enum status compare_gather(struct results_file *file, const char *const *ids,
                                      size_t count, struct comparison *ret_comparison,
                                      struct error *reterr);
void compare_finish(struct comparison *comparison);

/* run_compare_inputs.c. Fills `inputs`, and adds a reason for each series that is another one.
 * `settings` are there. */
MUST_CHECK enum status compare_inputs(struct comparison *comparison, struct error *reterr);
void compare_inputs_finish(struct comparison *comparison);

/* Adds why run `run` cannot be compared with the first. */
void compare_add_reason(struct comparison *comparison, size_t run, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* run_compare.c. The comparison as `compare --json` gives it. New reference; NULL: no memory. */
json_t *compare_json(const struct comparison *comparison);

/* The value of run `run` less that of the first, exactly where both have all digits: as text.
 * False: one of them is not known. */
bool compare_difference(const struct compare_row *row, size_t run, double *ret_difference,
                        char ret_exact[40]);

/* The difference as a share of the first value; NaN where that is 0 or not known. */
double compare_change(const struct compare_row *row, size_t run);

/* Whether all runs have the same value. */
bool compare_equal(const struct comparison *comparison, const struct compare_row *row);

#pragma once
/* Writes one run into the results file. Its rows wait in a private temporary database and are
 * copied in by one transaction when the run is finished: so the file is locked for seconds only,
 * whatever is in it is finished, and of a run that was stopped or killed nothing is ever seen. */

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/ports.h"
#include "base/units.h"
#include "store/results/metric_catalog.h"
#include "store/results/results_file.h"

struct results_input {
    const char *role;   /* "scenario", "rulebook", "tiers", "accounts", "ticks" */
    const char *name;   /* file or series */
    const char *sha256; /* 64 hex digits */
    const void *bytes;  /* kept once a hash; NULL: the hash alone */
    uint64_t size;      /* of `bytes`; without them whatever describes it: bytes or rows */
    const char *note;   /* "" for none */
};

struct results_setting {
    const char *key;
    const char *value;
    const char *origin; /* "scenario", "set" or "guess" */
    double low;         /* NaN: no range */
    double high;
    const char *note; /* "" for none */
};

struct results_note {
    const char *kind; /* "note", "source", "caveat" */
    const char *text;
};

struct results_instrument {
    const char *symbol;
    const char *kind;
    struct decimal price_tick;
    struct decimal lot;
    struct decimal contract_size;
    const char *impact; /* model and parameters, for people */
};

/* Borrowed until results_writer_destroy(). */
struct results_run {
    const char *id; /* 12 hex digits */
    const char *scenario;
    const char *title;
    int64_t seed;
    const char *version;
    const char *asset; /* of all money: "USDT" */
    size_t input_count;
    const struct results_input *inputs;
    size_t setting_count;
    const struct results_setting *settings;
    size_t note_count;
    const struct results_note *notes;
    size_t instrument_count;
    const struct results_instrument *instruments;
    /* Writes the id of account `account` (at most ACCOUNT_ID_SIZE of engine/book/accounts.h). */
    void (*account_id)(void *context, uint32_t account, char *ret_id);
    void *account_context;
};

struct results_metric {
    enum metric_id metric;
    unsigned generation;     /* of METRIC_OF_GENERATION */
    const char *instrument;  /* "": of the whole run */
    enum metric_bound bound; /* of which run of the range; BOUND_NONE: the run itself */
    double value;            /* NaN: not known */
    double low;              /* NaN: no range */
    double high;
    const char *exact; /* all digits of the value, or a time; "" */
};

/* What is known at the end. */
struct results_outcome {
    const char *fingerprint;
    const char *created_at; /* ISO 8601 */
    double elapsed_s;
    int64_t from_ns; /* first tick */
    int64_t to_ns;   /* last tick */
    size_t metric_count;
    const struct results_metric *metrics;
};

struct results_writer; /* opaque; used by one thread at a time */

/* Begins a run in `file` (opened for writing, borrowed until the writer is destroyed; one writer at
 * a time). STATUS_OK: the caller owns *ret_writer. */
MUST_CHECK enum status results_writer_create(struct results_file *file,
                                             const struct results_run *run,
                                             struct results_writer **ret_writer,
                                             struct error *reterr);

/* Where the replay's rows go. */
struct event_sink results_writer_sink(struct results_writer *writer);

/* Stores the run, in place of one of the same id, and makes it `last`. Once. On any other status
 * than STATUS_OK the results file is as before. */
MUST_CHECK enum status results_writer_finish(struct results_writer *writer,
                                             const struct results_outcome *outcome,
                                             struct error *reterr);

/* Forgets what was not finished. NULL is fine. */
void results_writer_destroy(struct results_writer *writer);

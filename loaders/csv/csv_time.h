#pragma once
/* The time column of a CSV file: its form is found from the first row, and then held to. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/time_text.h"
#include "loaders/csv/csv_line.h"
#include "loaders/csv/csv_number.h"

/* Bits: which forms a file may have. */
enum csv_time_form {
    CSV_TIME_UNKNOWN = 0,
    CSV_TIME_ISO = 1,     /* time_parse_iso() */
    CSV_TIME_EPOCH = 2,   /* integer in s, ms, us or ns, told by size */
    CSV_TIME_SECONDS = 4, /* epoch seconds, up to 9 decimals */
    CSV_TIME_TEXT = 8,    /* 2021-05-19 13:04:00[.fffffffff], blank, T or D between, Z or nothing
                             behind: UTC, as the vendor says */
};

struct csv_time {
    unsigned allowed; /* forms */
    bool may_switch;  /* the unit of epoch numbers may change; else that is an error */
    enum csv_time_form form;
    enum time_unit unit; /* of epoch numbers */
    int64_t unit_ns;
    int64_t epoch_min; /* what is of this unit and not negative: epoch_min..epoch_max */
    int64_t epoch_max;
    char minute[17]; /* "2021-05-19 13:04:" of the last text, and its time */
    int64_t minute_ns;
};

/* Starts a file; `may_switch`: of a vendor, whose units may change, which the caller counts. */
void csv_time_begin(struct csv_time *time, unsigned allowed, bool may_switch);

/* Whether the file's times were epoch numbers, so that `unit` says which. */
static inline bool csv_time_is_epoch(const struct csv_time *time) {
    return time->form == CSV_TIME_EPOCH || time->form == CSV_TIME_SECONDS;
}

/* Any form; csv_time_take() is the way in. */
MUST_CHECK enum status csv_time_take_slow(struct csv_time *time, const char *column,
                                          const struct csv_field *field, int64_t *ret_ts_ns,
                                          struct error *reterr);

/* STATUS_CORRUPT, STATUS_RANGE: not a time of the file's form; the message names `column` and
 * value. `room`: CSV_NUMBER_ROOM bytes may be read before the end of the field. */
static inline enum status csv_time_take(struct csv_time *time, const char *column,
                                        const struct csv_field *field, bool room,
                                        int64_t *ret_ts_ns, struct error *reterr) {
    int64_t epoch;
    if (time->form == CSV_TIME_EPOCH && room && csv_integer(field->text, field->size, &epoch) &&
        epoch >= time->epoch_min && epoch <= time->epoch_max) {
        *ret_ts_ns = epoch * time->unit_ns;
        return STATUS_OK;
    }
    return csv_time_take_slow(time, column, field, ret_ts_ns, reterr);
}

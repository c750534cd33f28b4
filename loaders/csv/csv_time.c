#include "loaders/csv/csv_time.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/units.h"
#include "loaders/csv/csv_cell.h"

void csv_time_begin(struct csv_time *time, unsigned allowed, bool may_switch) {
    *time = (struct csv_time){.allowed = allowed, .may_switch = may_switch};
}

/* Fixes what the times of this file are, by its first row. */
static void decide(struct csv_time *time, enum csv_time_form form, int64_t epoch) {
    static const int64_t starts[] = {[TIME_S] = 0,
                                     [TIME_MS] = INT64_C(100000000000),
                                     [TIME_US] = INT64_C(100000000000000),
                                     [TIME_NS] = INT64_C(100000000000000000)};
    time->form = form;
    time->unit = time_unit_of_epoch(epoch);
    time->unit_ns = time_unit_ns(time->unit);
    time->epoch_min = starts[time->unit];
    time->epoch_max = INT64_MAX / time->unit_ns; /* below where the next unit starts */
}

static enum status take_epoch(struct csv_time *time, const char *column,
                              const struct csv_field *field, int64_t epoch, int64_t *ret_ts_ns,
                              struct error *reterr) {
    if (time->form == CSV_TIME_UNKNOWN)
        decide(time, CSV_TIME_EPOCH, epoch);
    if (time->form != CSV_TIME_EPOCH)
        return csv_cell_bad(column, field, STATUS_CORRUPT,
                            "is an epoch number, but the file began with ISO 8601 times", reterr);
    const enum time_unit unit = time_unit_of_epoch(epoch);
    if (unit != time->unit && time->may_switch)
        decide(time, CSV_TIME_EPOCH, epoch);
    if (unit != time->unit) {
        char why[80];
        (void)snprintf(why, sizeof(why), "is a time in %s, but the file began with %s",
                       time_unit_name(unit), time_unit_name(time->unit));
        return csv_cell_bad(column, field, STATUS_CORRUPT, why, reterr);
    }
    if (__builtin_mul_overflow(epoch, time->unit_ns, ret_ts_ns))
        return csv_cell_bad(column, field, STATUS_RANGE, "is outside 1678..2261", reterr);
    return STATUS_OK;
}

static enum status take_seconds(struct csv_time *time, const char *column,
                                const struct csv_field *field, struct decimal seconds,
                                int64_t *ret_ts_ns, struct error *reterr) {
    if (seconds.mantissa < 0 ||
        seconds.mantissa / units_pow10(seconds.decimals) >= INT64_C(100000000000))
        return csv_cell_bad(column, field, STATUS_CORRUPT, "is not a time in seconds", reterr);
    if (!decimal_rescale(seconds, 9, ret_ts_ns))
        return csv_cell_bad(column, field, STATUS_RANGE,
                            "has more than 9 decimals, or is outside 1678..2261", reterr);
    time->form = CSV_TIME_SECONDS;
    time->unit = TIME_S;
    return STATUS_OK;
}

/* The seconds behind a minute that was parsed before: "00" or "00.123456000". */
static bool parse_seconds(const char *text, size_t size, int64_t *ret_ns) {
    int64_t ns = 0;
    int64_t unit = 10 * NS_PER_S;
    for (size_t i = 0; i < size; i++) {
        if (i == 2 && text[i] == '.' && i + 1 < size)
            continue;
        const unsigned digit = (unsigned char)(text[i] - '0');
        if (digit > 9 || i > 11)
            return false;
        ns += digit * unit;
        unit /= 10;
    }
    *ret_ns = ns;
    return size >= 2 && ns < NS_PER_MINUTE;
}

/* Text of many rows of one minute, as in a file of quotes, is not parsed anew: 25 ns a row. */
static bool parse_text(struct csv_time *time, const char *text, size_t size, int64_t *ret_ts_ns) {
    if (size > 0 && text[size - 1] == 'Z')
        size--;
    int64_t seconds;
    if (size > 17 && time->form == CSV_TIME_TEXT && memcmp(text, time->minute, 17) == 0 &&
        parse_seconds(text + 17, size - 17, &seconds)) {
        *ret_ts_ns = time->minute_ns + seconds;
        return true;
    }
    char iso[40];
    if (size < 16 || size > 32)
        return false;
    memcpy(iso, text, size);
    iso[size] = 'Z';
    if (iso[10] == 'D')
        iso[10] = 'T';
    if (!time_parse_iso(iso, size + 1, ret_ts_ns))
        return false;
    time->form = CSV_TIME_TEXT;
    if (size > 17 && parse_seconds(text + 17, size - 17, &seconds)) {
        memcpy(time->minute, text, 17);
        time->minute_ns = *ret_ts_ns - seconds;
    }
    return true;
}

enum status csv_time_take_slow(struct csv_time *time, const char *column,
                               const struct csv_field *field, int64_t *ret_ts_ns,
                               struct error *reterr) {
    struct decimal epoch;
    if (time->form == CSV_TIME_SECONDS && decimal_parse(field->text, field->size, &epoch))
        return take_seconds(time, column, field, epoch, ret_ts_ns, reterr);
    if ((time->allowed & CSV_TIME_TEXT) != 0 &&
        (time->form == CSV_TIME_UNKNOWN || time->form == CSV_TIME_TEXT) &&
        parse_text(time, field->text, field->size, ret_ts_ns))
        return STATUS_OK;
    if ((time->allowed & CSV_TIME_ISO) != 0 &&
        time_parse_iso(field->text, field->size, ret_ts_ns)) {
        if (time->form == CSV_TIME_UNKNOWN)
            decide(time, CSV_TIME_ISO, 0);
        if (time->form == CSV_TIME_ISO)
            return STATUS_OK;
        return csv_cell_bad(column, field, STATUS_CORRUPT,
                            "is ISO 8601, but the file began with epoch numbers", reterr);
    }
    if (decimal_parse(field->text, field->size, &epoch)) {
        if ((time->allowed & CSV_TIME_SECONDS) != 0 &&
            (time->form == CSV_TIME_UNKNOWN || time->form == CSV_TIME_SECONDS))
            return take_seconds(time, column, field, epoch, ret_ts_ns, reterr);
        if ((time->allowed & CSV_TIME_EPOCH) != 0 && epoch.decimals == 0)
            return take_epoch(time, column, field, epoch.mantissa, ret_ts_ns, reterr);
    }
    if ((time->allowed & CSV_TIME_ISO) != 0)
        return csv_cell_bad(column, field, STATUS_CORRUPT,
                            "is neither ISO 8601 in UTC (2021-05-19T13:04:00Z) nor an integer "
                            "epoch",
                            reterr);
    return csv_cell_bad(column, field, STATUS_CORRUPT,
                        (time->allowed & CSV_TIME_TEXT) != 0
                            ? "is not a time like those of this format (2021-05-19 13:04:00)"
                            : "is not an epoch number like those of this format",
                        reterr);
}

#include "base/time_text.h"

#include <assert.h>
#include <stdio.h>

#include "base/units.h"

/* Days since 1970-01-01 of a day of the proleptic Gregorian calendar; years from 1 March, so that
 * the leap day is the last of its year. */
static int64_t days_of_date(int64_t year, int64_t month, int64_t day) {
    const int64_t y = month <= 2 ? year - 1 : year;
    const int64_t era = y / 400; /* y > 0 for all years we take */
    const int64_t year_of_era = y - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_of_days(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day) {
    const int64_t shifted = days + 719468; /* > 0 for all of int64 nanoseconds */
    const int64_t era = shifted / 146097;
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t march_month = (5 * day_of_year + 2) / 153;
    *ret_day = day_of_year - (153 * march_month + 2) / 5 + 1;
    *ret_month = march_month < 10 ? march_month + 3 : march_month - 9;
    *ret_year = year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

static int64_t days_in_month(int64_t year, int64_t month) {
    static const int8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* `count` digits at `text`; -1: one of them is none. */
static int64_t read_number(const char *text, int count) {
    int64_t number = 0;
    for (int i = 0; i < count; i++) {
        const unsigned digit = (unsigned char)(text[i] - '0');
        if (digit > 9)
            return -1;
        number = number * 10 + digit;
    }
    return number;
}

/* "HH:MM[:SS[.f{1,9}]]" (no Z) to ns since midnight; -1: not of that form. */
static int64_t read_clock(const char *text, size_t size) {
    if ((size != 5 && size < 8) || text[2] != ':')
        return -1;
    const int64_t hour = read_number(text, 2);
    const int64_t minute = read_number(text + 3, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59)
        return -1;
    int64_t clock_ns = (hour * 60 + minute) * NS_PER_MINUTE;
    if (size == 5)
        return clock_ns;
    const int64_t second = read_number(text + 6, 2);
    if (text[5] != ':' || second < 0 || second > 59)
        return -1;
    clock_ns += second * NS_PER_S;
    if (size == 8)
        return clock_ns;
    const size_t digits = size - 9; /* after the point */
    if (text[8] != '.' || digits < 1 || digits > 9)
        return -1;
    const int64_t fraction = read_number(text + 9, (int)digits);
    if (fraction < 0)
        return -1;
    return clock_ns + fraction * units_pow10(9 - (int)digits);
}

bool time_parse_iso(const char *text, size_t size, int64_t *ret_ts_ns) {
    assert(ret_ts_ns != NULL);
    if (size < 10 || text[4] != '-' || text[7] != '-')
        return false;
    const int64_t year = read_number(text, 4);
    const int64_t month = read_number(text + 5, 2);
    const int64_t day = read_number(text + 8, 2);
    if (year < 1678 || year > 2261 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month))
        return false;
    int64_t clock_ns = 0;
    if (size > 10) {
        if ((text[10] != 'T' && text[10] != ' ') || text[size - 1] != 'Z' || size < 17)
            return false;
        clock_ns = read_clock(text + 11, size - 12);
        if (clock_ns < 0)
            return false;
    }
    *ret_ts_ns = days_of_date(year, month, day) * NS_PER_DAY + clock_ns;
    return true;
}

enum time_unit time_unit_of_epoch(int64_t epoch) {
    const uint64_t magnitude = epoch < 0 ? 0 - (uint64_t)epoch : (uint64_t)epoch;
    if (magnitude < UINT64_C(100000000000))
        return TIME_S;
    if (magnitude < UINT64_C(100000000000000))
        return TIME_MS;
    if (magnitude < UINT64_C(100000000000000000))
        return TIME_US;
    return TIME_NS;
}

const char *time_unit_name(enum time_unit unit) {
    static const char *const names[] = {
        [TIME_S] = "s", [TIME_MS] = "ms", [TIME_US] = "us", [TIME_NS] = "ns"};
    return names[unit];
}

int64_t time_unit_ns(enum time_unit unit) {
    static const int64_t lengths[] = {
        [TIME_S] = NS_PER_S, [TIME_MS] = NS_PER_MS, [TIME_US] = 1000, [TIME_NS] = 1};
    return lengths[unit];
}

size_t time_format_iso(int64_t ts_ns, char *ret_text) {
    const int64_t days = (int64_t)div_floor(ts_ns, NS_PER_DAY);
    const int64_t clock_ns = (int64_t)((int128)ts_ns - (int128)days * NS_PER_DAY);
    int64_t year, month, day;
    date_of_days(days, &year, &month, &day);
    const int64_t seconds = clock_ns / NS_PER_S;
    const int64_t fraction = clock_ns % NS_PER_S;
    int length =
        snprintf(ret_text, 32, "%04d-%02d-%02dT%02d:%02d:%02d", (int)year, (int)month, (int)day,
                 (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
    char *const tail = ret_text + length;
    const size_t room = 32 - (size_t)length;
    if (fraction == 0)
        length += snprintf(tail, room, "Z");
    else if (fraction % 1000000 == 0)
        length += snprintf(tail, room, ".%03dZ", (int)(fraction / 1000000));
    else if (fraction % 1000 == 0)
        length += snprintf(tail, room, ".%06dZ", (int)(fraction / 1000));
    else
        length += snprintf(tail, room, ".%09dZ", (int)fraction);
    return (size_t)length;
}

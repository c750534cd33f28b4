#include "loaders/text/new_york_time.h"

#include <stdio.h>

#include "base/time_text.h"
#include "base/units.h"

#define HOUR_NS (60 * NS_PER_MINUTE)

/* Midnight of a date; it exists. */
static int64_t midnight(int year, int month, int day) {
    char text[32];
    int64_t ts_ns = 0;
    const int size = snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
    (void)time_parse_iso(text, (size_t)size, &ts_ns); /* the years are those of `day_ns` */
    return ts_ns;
}

/* The first Sunday on or after a day. */
static int64_t sunday_from(int64_t day_ns) {
    const int64_t weekday = (day_ns / NS_PER_DAY + 4) % 7; /* 1970-01-01 was a Thursday, 4 */
    return day_ns + (7 - weekday) % 7 * NS_PER_DAY;
}

bool new_york_to_utc(int64_t day_ns, int64_t clock_ns, int64_t *ret_ts_ns) {
    char text[32];
    (void)time_format_iso(day_ns, text);
    const int year =
        (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    if (year < 1987 || year > 2261)
        return false;
    const int64_t begin =
        year >= 2007 ? sunday_from(midnight(year, 3, 8)) : sunday_from(midnight(year, 4, 1));
    const int64_t end =
        year >= 2007 ? sunday_from(midnight(year, 11, 1)) : sunday_from(midnight(year, 10, 25));
    const int64_t local_ns = day_ns + clock_ns;
    const bool summer = local_ns >= begin + 2 * HOUR_NS && local_ns < end + 2 * HOUR_NS;
    *ret_ts_ns = local_ns + (summer ? 4 : 5) * HOUR_NS;
    return true;
}

/* Goal: LOBSTER's executions and halts give exactly their rows, at New York's time of their date.
 * Method: message files of known dates, whole and cut anywhere; the rule of daylight saving at its
 * edges; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/time_text.h"
#include "base/units.h"
#include "loaders/formats/lobster.h"
#include "loaders/text/new_york_time.h"
#include "tests/unit/loaders/loader_rows.h"

#define NAME "AAPL_2012-06-21_34200000_57600000_message_10.csv"

static void refuse(const char *name, const char *text, enum status status, const char *words) {
    loader_rows_refuse(&lobster_loader, name, text, strlen(text), status, words);
}

static void executions_and_halts(void **state) {
    (void)state;
    static const char text[] = "34200.004241176,1,16113575,18,5853300,1\n"
                               "34200.189608068,4,16113575,18,5853300,1\n"
                               "34200.5,5,0,100,5853301,-1\n"
                               "34201,6,0,5000,5850000,-1\n"
                               "34202.000000001,3,16113575,18,5853300,-1\n"
                               "36000,7,0,0,-1,-1\n36001,7,0,0,0,-1\n36002,7,0,0,1,-1\n";
    assert_int_equal(loader_rows_claim(&lobster_loader, NAME, text, strlen(text)), LOADER_LIKELY);
    loader_rows_expect(&lobster_loader, NAME, text, strlen(text),
                       "AAPL trade 2012-06-21T13:30:00.189608068Z 585.33 18 sell\n"
                       "AAPL trade 2012-06-21T13:30:00.500Z 585.3301 100 buy\n"
                       "AAPL trade 2012-06-21T13:30:01Z 585 5000\n"
                       "AAPL status 2012-06-21T14:00:00Z 8 none\n"
                       "AAPL status 2012-06-21T14:00:01Z 3 none\n"
                       "AAPL status 2012-06-21T14:00:02Z 7 none\n");
    assert_int_equal(loader_rows_report.records_skipped, 2);
    static const char winter[] = "34200,4,1,1,10000,-1\n";
    loader_rows_expect(&lobster_loader, "SPY_2020-03-06_34200000_57600000_message_1.csv", winter,
                       strlen(winter), "SPY trade 2020-03-06T14:30:00Z 1 1 buy\n");
}

static void bad_files_are_refused(void **state) {
    (void)state;
    refuse(NAME, "", STATUS_CORRUPT, "is empty");
    refuse(NAME, "34200,4,1,1,10000\n", STATUS_CORRUPT, "line 1: 5 fields where");
    refuse(NAME, "34200,1,1,1,1,1\n86400,4,1,1,10000,1\n", STATUS_CORRUPT,
           "line 2: column 'time': '86400' is not a time of day");
    refuse(NAME, "34200.0000000001,4,1,1,10000,1\n", STATUS_CORRUPT, "to the nanosecond");
    refuse(NAME, "34200,8,1,1,10000,1\n", STATUS_CORRUPT, "column 'type': '8' is none of 1 to 7");
    refuse(NAME, "34200,4,1,1.5,10000,1\n", STATUS_CORRUPT, "'1.5' is not a whole number");
    refuse(NAME, "34200,4,1,1,10000,0\n", STATUS_CORRUPT, "'0' is neither 1 nor -1");
    refuse(NAME, "34200,7,1,1,2,0\n", STATUS_CORRUPT, "is none of -1, 0 and 1");
    refuse("messages.csv", "34200,4,1,1,10000,1\n", STATUS_CORRUPT,
           "the file's name must say ticker and date");
    static const char book[] = "AAPL_2012-06-21_34200000_57600000_orderbook_10.csv";
    assert_int_equal(loader_rows_claim(&lobster_loader, book, "1,2,3,4\n", 8), LOADER_LIKELY);
    refuse(book, "5859400,200,5853300,18\n", STATUS_CORRUPT, "import the message file beside it");
    assert_int_equal(loader_rows_claim(&lobster_loader, NAME, "a,b\n", 4), LOADER_NO);
}

static void daylight_saving_goes_by_the_rule_of_the_date(void **state) {
    (void)state;
    static const struct {
        const char *day;
        int64_t clock_minutes;
        const char *utc;
    } cases[] = {
        {"2012-03-11", 119, "2012-03-11T06:59:00Z"}, /* the second Sunday in March */
        {"2012-03-11", 180, "2012-03-11T07:00:00Z"},
        {"2012-11-04", 119, "2012-11-04T05:59:00Z"}, /* the first in November */
        {"2012-11-04", 120, "2012-11-04T07:00:00Z"},
        {"2006-04-02", 180, "2006-04-02T07:00:00Z"}, /* before 2007: the first in April ... */
        {"2006-03-20", 570, "2006-03-20T14:30:00Z"},
        {"2006-10-29", 120, "2006-10-29T07:00:00Z"}, /* ... to the last in October */
        {"2006-10-28", 570, "2006-10-28T13:30:00Z"},
        {"1987-10-19", 570, "1987-10-19T13:30:00Z"},
        {"2020-03-09", 570, "2020-03-09T13:30:00Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t day_ns;
        int64_t ts_ns;
        char text[32];
        assert_true(time_parse_iso(cases[i].day, 10, &day_ns));
        assert_true(new_york_to_utc(day_ns, cases[i].clock_minutes * NS_PER_MINUTE, &ts_ns));
        (void)time_format_iso(ts_ns, text);
        assert_string_equal(text, cases[i].utc);
    }
    int64_t day_ns;
    int64_t ts_ns;
    assert_true(time_parse_iso("1986-12-31", 10, &day_ns));
    assert_false(new_york_to_utc(day_ns, 0, &ts_ns));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executions_and_halts),
        cmocka_unit_test(bad_files_are_refused),
        cmocka_unit_test(daylight_saving_goes_by_the_rule_of_the_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: UTC times are read and written to the nanosecond, and wrong ones refused.
 * Method: tables of edges; then random instants against gmtime_r and back. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>
#include <time.h>

#include "base/random_stream.h"
#include "base/time_text.h"
#include "base/units.h"

static void parse_takes_utc(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ts_ns;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01", 0},
        {"1970-01-01 00:00Z", 0},
        {"2021-05-19T13:04:00Z", INT64_C(1621429440000000000)},
        {"2021-05-19 13:04:00.5Z", INT64_C(1621429440500000000)},
        {"2021-05-19T13:04:00.000000001Z", INT64_C(1621429440000000001)},
        {"1969-12-31T23:59:59.999999999Z", -1},
        {"2000-02-29", INT64_C(951782400000000000)},
        {"1678-01-01", INT64_C(-9214560000000000000)},
        {"2261-12-31T23:59:59.999999999Z", INT64_C(9214646399999999999)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ts_ns = -7;
        if (!time_parse_iso(cases[i].text, strlen(cases[i].text), &ts_ns))
            fail_msg("'%s' was refused", cases[i].text);
        assert_int_equal(ts_ns, cases[i].ts_ns);
    }
}

static void parse_refuses_the_rest(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "2021",
        "2021-05-19T",
        "2021-05-19Z",
        "2021-05-19T13:04:00",
        "2021-05-19T13:04",
        "2021-05-19T13Z",
        "2021-05-19T13:04:0Z",
        "2021-05-19T13:04:00.Z",
        "2021-05-19T13:04:00.1234567890Z",
        "2021-05-19T24:00:00Z",
        "2021-05-19T23:60:00Z",
        "2021-05-19T23:59:60Z",
        "2021-02-29",
        "1900-02-29",
        "2021-04-31",
        "2021-13-01",
        "2021-00-01",
        "2021-01-00",
        "1677-12-31",
        "2262-01-01",
        "2021/05/19",
        "21-05-19",
        "2021-05-19T13:04:00+01:00",
        "2021-05-19T13.04:00Z",
        "2021-05-19T13:04.00Z",
        "2021-05-19T13:04:00Z ",
        " 2021-05-19",
        "2021-05-19t13:04:00Z",
        "2021-05-19T-1:04:00Z",
        "2021-05-19T13:04:00,5Z",
        "2021-05-19T13:04:00.5xZ",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t ts_ns = -7;
        if (time_parse_iso(cases[i], strlen(cases[i]), &ts_ns))
            fail_msg("'%s' was taken", cases[i]);
        assert_int_equal(ts_ns, -7);
    }
}

static void unit_goes_by_size(void **state) {
    (void)state;
    assert_int_equal(time_unit_of_epoch(INT64_C(99999999999)), TIME_S);
    assert_int_equal(time_unit_of_epoch(INT64_C(100000000000)), TIME_MS);
    assert_int_equal(time_unit_of_epoch(INT64_C(99999999999999)), TIME_MS);
    assert_int_equal(time_unit_of_epoch(INT64_C(100000000000000)), TIME_US);
    assert_int_equal(time_unit_of_epoch(INT64_C(99999999999999999)), TIME_US);
    assert_int_equal(time_unit_of_epoch(INT64_C(100000000000000000)), TIME_NS);
    assert_int_equal(time_unit_of_epoch(INT64_C(-1621429440000)), TIME_MS);
    assert_int_equal(time_unit_of_epoch(INT64_MIN), TIME_NS);
    static const char *const names[] = {"s", "ms", "us", "ns"};
    static const int64_t lengths[] = {1000000000, 1000000, 1000, 1};
    for (int unit = TIME_S; unit <= TIME_NS; unit++) {
        assert_string_equal(time_unit_name((enum time_unit)unit), names[unit]);
        assert_int_equal(time_unit_ns((enum time_unit)unit), lengths[unit]);
    }
}

static void format_shows_what_is_needed(void **state) {
    (void)state;
    static const struct {
        int64_t ts_ns;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00Z"},
        {-1, "1969-12-31T23:59:59.999999999Z"},
        {INT64_C(1621429440500000000), "2021-05-19T13:04:00.500Z"},
        {INT64_C(1621429440000500000), "2021-05-19T13:04:00.000500Z"},
        {INT64_MIN, "1677-09-21T00:12:43.145224192Z"},
        {INT64_MAX, "2262-04-11T23:47:16.854775807Z"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[32];
        assert_int_equal(time_format_iso(cases[i].ts_ns, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

static void text_and_time_agree_on_random_ones(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 1);
    for (int round = 0; round < 100000; round++) {
        static const int64_t grains[] = {1, 1000, NS_PER_MS, NS_PER_S};
        const int64_t grain = grains[random_stream_below(&stream, 4)];
        const int64_t ts_ns = random_stream_between(&stream, INT64_C(-9214560000000000000) / grain,
                                                    INT64_C(9214646399999999999) / grain) *
                              grain;
        char text[32];
        const size_t length = time_format_iso(ts_ns, text);
        int64_t again;
        assert_true(time_parse_iso(text, length, &again));
        assert_int_equal(again, ts_ns);

        const time_t seconds = (time_t)div_floor(ts_ns, NS_PER_S);
        struct tm parts;
        char expected[32];
        assert_non_null(gmtime_r(&seconds, &parts));
        assert_int_equal(strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &parts), 19);
        assert_memory_equal(text, expected, 19);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_takes_utc),
        cmocka_unit_test(parse_refuses_the_rest),
        cmocka_unit_test(unit_goes_by_size),
        cmocka_unit_test(format_shows_what_is_needed),
        cmocka_unit_test(text_and_time_agree_on_random_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

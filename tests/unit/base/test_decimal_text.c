/* Goal: decimal text becomes exactly the integer it says, or is refused; and back.
 * Method: tables of edges (limits of int64, 0..18 decimals, exponents, zeros to drop), then random
 * round trips against the printf family as the definition. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/random_stream.h"

static void parse_takes_what_can_be_held(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t mantissa;
        int32_t decimals;
    } cases[] = {
        {"0", 0, 0},
        {"-0.0", 0, 1},
        {"1.50", 150, 2},
        {"+1.50", 150, 2},
        {"5e3", 5000, 0},
        {"5E+3", 5000, 0},
        {"5e-3", 5, 3},
        {"1.5e1", 15, 0},
        {"1.50e1", 150, 1},
        {"-36000.01", -3600001, 2},
        {"0007.5", 75, 1},
        {"123456789012345678", 123456789012345678, 0},
        {"0.123456789012345678", 123456789012345678, 18},
        {"9223372036854775807", INT64_MAX, 0},
        {"-9223372036854775808", INT64_MIN, 0},
        {"9.223372036854775807", INT64_MAX, 18},
        {"922337203685477580.70", INT64_C(9223372036854775807), 1}, /* a zero is dropped */
        {"1.000000000000000000000000", INT64_C(1000000000000000000), 18},
        {"10.000000000000000000000000", INT64_C(1000000000000000000), 17},
        {"0.00000000000000000000", 0, 18},
        {"0e400", 0, 0},
        {"0e-400", 0, 18},
        {"1000000000000000000000e-21", INT64_C(1000000000000000000), 18},
        {"0.000000000000000000001e21", 1, 0},
        {"1e18", INT64_C(1000000000000000000), 0},
        {"1e-18", 1, 18},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct decimal value = {-7, -7};
        if (!decimal_parse(cases[i].text, strlen(cases[i].text), &value))
            fail_msg("'%s' was refused", cases[i].text);
        if (value.mantissa != cases[i].mantissa || value.decimals != cases[i].decimals)
            fail_msg("'%s' gave %" PRId64 " with %d decimals", cases[i].text, value.mantissa,
                     value.decimals);
    }
}

static void parse_refuses_the_rest(void **state) {
    (void)state;
    static const char *const cases[] = {
        "",
        "-",
        "+",
        ".",
        ".5",
        "5.",
        "-.5",
        "-5.",
        " 5",
        "5 ",
        "1,5",
        "1..5",
        "1.2.3",
        "nan",
        "inf",
        "-inf",
        "0x10",
        "1e",
        "1e+",
        "1e5.0",
        "e5",
        "--5",
        "+-5",
        "1e400",
        "1e-19",
        "1e-400",
        "1e19",
        "9223372036854775808",
        "-9223372036854775809",
        "0.1234567890123456789",
        "1.00000000000000000001",
        "92233720368547758080",
        "1e99999999999999999999",
        "123456789012345678901234567890",
        "5\n",
        "1_0",
        "1e--5",
        "12345678901234567x",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct decimal value = {-7, -7};
        if (decimal_parse(cases[i], strlen(cases[i]), &value))
            fail_msg("'%s' was taken", cases[i]);
        assert_int_equal(value.mantissa, -7); /* untouched */
        assert_int_equal(value.decimals, -7);
    }
    assert_false(decimal_parse("5\0", 2, &(struct decimal){0, 0}));
}

static void rescale_never_rounds(void **state) {
    (void)state;
    int64_t mantissa = -7;
    assert_true(decimal_rescale((struct decimal){15, 1}, 3, &mantissa));
    assert_int_equal(mantissa, 1500);
    assert_true(decimal_rescale((struct decimal){-1500, 3}, 1, &mantissa));
    assert_int_equal(mantissa, -15);
    assert_false(decimal_rescale((struct decimal){1501, 3}, 1, &mantissa));
    assert_int_equal(mantissa, -15);
    assert_false(decimal_rescale((struct decimal){10, 0}, 18, &mantissa));
    assert_true(decimal_rescale((struct decimal){9, 0}, 18, &mantissa));
    assert_int_equal(mantissa, INT64_C(9000000000000000000));
}

static void format_is_shortest(void **state) {
    (void)state;
    static const struct {
        int64_t mantissa;
        int32_t decimals;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {0, 18, "0"},
        {5, 1, "0.5"},
        {-3, 0, "-3"},
        {-5, 3, "-0.005"},
        {1500, 2, "15"},
        {1050, 2, "10.5"},
        {INT64_MIN, 0, "-9223372036854775808"},
        {INT64_MIN, 18, "-9.223372036854775808"},
        {INT64_MAX, 18, "9.223372036854775807"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[32];
        assert_int_equal(decimal_format(cases[i].mantissa, cases[i].decimals, text),
                         strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

static void text_and_number_agree_on_random_ones(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 0);
    for (int round = 0; round < 200000; round++) {
        const int64_t magnitude =
            (int64_t)(random_stream_next(&stream) >> (1 + random_stream_below(&stream, 63)));
        const int64_t mantissa = random_stream_below(&stream, 2) ? -magnitude : magnitude;
        const int32_t decimals = (int32_t)random_stream_below(&stream, 19);
        char text[64];
        char digits[32];
        (void)snprintf(digits, sizeof(digits), "%019" PRId64, magnitude);
        (void)snprintf(text, sizeof(text), "%s%.*s%s%s", mantissa < 0 ? "-" : "", 19 - decimals,
                       digits, decimals > 0 ? "." : "", digits + 19 - decimals);
        struct decimal value;
        assert_true(decimal_parse(text, strlen(text), &value));
        assert_int_equal(value.mantissa, mantissa);
        assert_int_equal(value.decimals, decimals);
        (void)decimal_format(mantissa, decimals, text);
        int64_t again;
        assert_true(decimal_parse(text, strlen(text), &value));
        assert_true(decimal_rescale(value, decimals, &again));
        assert_int_equal(again, mantissa);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse_takes_what_can_be_held),
        cmocka_unit_test(parse_refuses_the_rest),
        cmocka_unit_test(rescale_never_rounds),
        cmocka_unit_test(format_is_shortest),
        cmocka_unit_test(text_and_number_agree_on_random_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: the fast way of cutting a line gives what the plain way gives, or leaves it to that.
 * Method: random lines of every length around the 64 bytes that are looked at at once, of few
 * characters, so that ends and commas stand everywhere. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random_stream.h"
#include "loaders/csv/csv_line.h"

#define ROUNDS 200000
#define SIZE_MOST 300

static void fast_equals_slow(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 0);
    size_t taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const size_t size = random_stream_below(&stream, SIZE_MOST);
        const bool rare = random_stream_below(&stream, 2) == 0;
        char *const bytes = malloc(size + 1); /* exact, so that a look over the end is seen */
        for (size_t i = 0; i < size; i++) {
            const uint64_t draw = random_stream_below(&stream, rare ? 400 : 24);
            bytes[i] = draw < 10 ? "\n\r\",,,,\t\0,"[draw] : (char)('0' + draw % 10);
        }
        char *const exact = realloc(bytes, size > 0 ? size : 1);
        struct csv_field fast[CSV_FIELDS_MAX];
        struct csv_field slow[CSV_FIELDS_MAX];
        size_t fast_count = 0;
        size_t slow_count = 0;
        const size_t line = csv_line_split_plain(exact, size, fast, &fast_count);
        if (line > 0) {
            taken++;
            assert_true(line <= size && exact[line - 1] == '\n');
            assert_null(memchr(exact, '\n', line - 1));
            static char scratch[CSV_LINE_MAX];
            assert_int_equal(csv_line_split(exact, line - 1, scratch, slow, &slow_count, NULL),
                             STATUS_OK);
            assert_int_equal(fast_count, slow_count);
            for (size_t i = 0; i < fast_count; i++) {
                assert_ptr_equal(fast[i].text, slow[i].text);
                assert_int_equal(fast[i].size, slow[i].size);
            }
        }
        free(exact);
    }
#if defined(__SSE2__)
    assert_true(taken > ROUNDS / 20);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fast_equals_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: the hash is SHA-256 whichever way it is computed.
 * Method: the two examples of FIPS 180-4; then random sizes and cuts, both ways side by side. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/random_stream.h"
#include "base/sha256.h"

static void known_answers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *hex;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct sha256 *ways[2] = {sha256_create(), sha256_create_portable()};
        for (int way = 0; way < 2; way++) {
            char hex[65];
            assert_non_null(ways[way]);
            sha256_update(ways[way], cases[i].text, strlen(cases[i].text));
            sha256_finish(ways[way], hex);
            assert_string_equal(hex, cases[i].hex);
            sha256_destroy(ways[way]);
        }
    }
    sha256_destroy(NULL);
}

static void ways_agree_at_any_cut(void **state) {
    (void)state;
    static uint8_t bytes[5000];
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 2);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)random_stream_next(&stream);
    for (int round = 0; round < 2000; round++) {
        struct sha256 *fast = sha256_create();
        struct sha256 *portable = sha256_create_portable();
        assert_non_null(fast);
        assert_non_null(portable);
        const size_t size = random_stream_below(&stream, round < 1000 ? 200 : sizeof(bytes));
        for (size_t at = 0; at < size;) {
            const size_t cut = 1 + random_stream_below(&stream, size - at);
            sha256_update(fast, bytes + at, cut);
            at += cut;
        }
        sha256_update(portable, bytes, size);
        char fast_hex[65];
        char portable_hex[65];
        sha256_finish(fast, fast_hex);
        sha256_finish(portable, portable_hex);
        assert_string_equal(fast_hex, portable_hex);
        sha256_destroy(fast);
        sha256_destroy(portable);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(ways_agree_at_any_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

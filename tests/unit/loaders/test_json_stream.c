/* Goal: every value of a JSON file comes once, whole and exact; what is no JSON, or too much, is
 * refused with its place.
 * Method: values written back as text; files cut anywhere; each failure by its words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loaders/json/json_stream.h"

static struct error error;
static char text[4096]; /* the values as they came, a line each */
static size_t text_size;

static void put(const char *bytes, size_t size) {
    if (text_size + size < sizeof(text)) {
        memcpy(text + text_size, bytes, size);
        text_size += size;
        text[text_size] = '\0';
    }
}

static void write_value(const struct json_value *value) {
    static const char *const plain[] = {"null", "false", "true"};
    if (value->type <= JSON_TRUE) {
        put(plain[value->type], strlen(plain[value->type]));
        return;
    }
    if (value->type == JSON_NUMBER || value->type == JSON_STRING) {
        put("'", value->type == JSON_STRING);
        put(value->text, value->size);
        put("'", value->type == JSON_STRING);
        return;
    }
    put(value->type == JSON_ARRAY ? "[" : "{", 1);
    const struct json_value *part = json_first(value);
    for (uint32_t i = 0; i < value->count; i++, part = json_next(part)) {
        put(",", i > 0);
        if (value->type == JSON_OBJECT) {
            put(part->key, part->key_size);
            put(":", 1);
        }
        write_value(part);
    }
    put(value->type == JSON_ARRAY ? "]" : "}", 1);
}

static enum status take(void *context, const struct json_value *value, struct error *reterr) {
    (void)context;
    if (json_is(value, "stop"))
        return error_set(reterr, STATUS_RANGE, "told to stop");
    write_value(value);
    put("\n", 1);
    return STATUS_OK;
}

static enum status read_pieces(enum json_form form, const char *bytes, size_t size, size_t step) {
    struct json_stream *stream;
    const struct json_taker taker = {NULL, take};
    text_size = 0;
    text[0] = '\0';
    error.message[0] = '\0';
    assert_int_equal(json_stream_create(&taker, &stream, &error), STATUS_OK);
    enum status status = json_stream_begin(stream, form, "x.json", &error);
    for (size_t at = 0; status == STATUS_OK && at < size; at += step) {
        const size_t count = size - at < step ? size - at : step;
        char *const piece = malloc(count); /* exact, so that a look over its end is seen */
        memcpy(piece, bytes + at, count);
        status = json_stream_feed(stream, piece, count, &error);
        free(piece);
    }
    if (status == STATUS_OK)
        status = json_stream_end(stream, &error);
    json_stream_destroy(stream);
    return status;
}

static void expect(enum json_form form, const char *bytes, const char *values) {
    for (size_t step = 1; step <= strlen(bytes) + 20; step += step < 20 ? 1 : strlen(bytes)) {
        if (read_pieces(form, bytes, strlen(bytes), step) != STATUS_OK)
            fail_msg("step %zu: %s", step, error.message);
        assert_string_equal(text, values);
    }
}

static void refuse(enum json_form form, const char *bytes, enum status status, const char *words) {
    for (int whole = 0; whole < 2; whole++) {
        const enum status got =
            read_pieces(form, bytes, strlen(bytes), whole ? strlen(bytes) + 1 : 3);
        if (got != status || strstr(error.message, words) == NULL)
            fail_msg("expected %d '%s', got %d '%s'", status, words, got, error.message);
        assert_non_null(strstr(error.message, "'x.json'"));
    }
}

static void values_come_one_by_one(void **state) {
    (void)state;
    expect(JSON_VALUES, "1680652800005184 {\"a\": [1.50, -2e-3, \"x\\u00e9\"], \"b\": null}\n{}\n",
           "1680652800005184\n{a:[1.50,-2e-3,'x\xc3\xa9'],b:null}\n{}\n");
    expect(JSON_VALUES, "true\n\n false [] [[],{\"k\":{\"k\":1}}] 12",
           "true\nfalse\n[]\n"
           "[[],{k:{k:1}}]\n12\n");
    expect(JSON_ELEMENTS, " [ [1,2] , {\"a\":\"b\"},3]\n", "[1,2]\n{a:'b'}\n3\n");
    expect(JSON_ELEMENTS, "[]", "");
}

static void what_is_no_json_is_named_by_its_place(void **state) {
    (void)state;
    refuse(JSON_VALUES, "", STATUS_CORRUPT, "is empty");
    refuse(JSON_VALUES, "{}\n{\"a\":1,}\n", STATUS_CORRUPT, "line 2 (byte ");
    refuse(JSON_VALUES, "{}\n{}\n nan\n", STATUS_CORRUPT, "line 3 (byte ");
    refuse(JSON_VALUES, "{\"a\": \"\xff\"}", STATUS_CORRUPT, "line 1");
    refuse(JSON_VALUES, "{}\n{\"a\": [1, 2", STATUS_CORRUPT, "line 2: cut off within a value");
    refuse(JSON_VALUES, "\"ab", STATUS_CORRUPT, "cut off within a value");
    refuse(JSON_VALUES, "{\"a\":1,\"b\":2,\"a\":3}", STATUS_CORRUPT, "has a key twice");
    refuse(JSON_VALUES, "{}\n\"stop\"\n", STATUS_RANGE, "line 2 (byte 9): told to stop");
    refuse(JSON_ELEMENTS, "{\"a\":1}", STATUS_CORRUPT, "the file is not one array");
    refuse(JSON_ELEMENTS, "[1,2", STATUS_CORRUPT, "cut off within a value");
    refuse(JSON_ELEMENTS, "[1] [2]", STATUS_CORRUPT, "line 1");
}

static void too_much_is_refused(void **state) {
    (void)state;
    char deep[64];
    memset(deep, '[', 40);
    deep[40] = '\0';
    refuse(JSON_VALUES, deep, STATUS_CORRUPT, "more than 32 deep");
    const size_t size = (size_t)20 << 20;
    char *const large = malloc(size);
    memset(large, 'a', size);
    large[0] = '"';
    assert_int_equal(read_pieces(JSON_VALUES, large, size, 1 << 20), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "no value has ended for"));
    large[(9 << 20) + 1] = '"';
    assert_int_equal(read_pieces(JSON_VALUES, large, size, 1 << 20), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "a value of more than 8 MiB"));
    for (size_t i = 0; i < size; i++)
        large[i] = i % 2 ? '0' : ',';
    large[0] = '[';
    assert_int_equal(read_pieces(JSON_VALUES, large, size, 1 << 20), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "more than 524288 parts"));
    free(large);
}

/* The node of `bytes`, which is one value; valid within the call of `look`. */
static void with_value(const char *bytes,
                       enum status (*look)(void *, const struct json_value *, struct error *)) {
    struct json_stream *stream;
    const struct json_taker taker = {NULL, look};
    assert_int_equal(json_stream_create(&taker, &stream, &error), STATUS_OK);
    assert_int_equal(json_stream_begin(stream, JSON_VALUES, "x", &error), STATUS_OK);
    assert_int_equal(json_stream_feed(stream, bytes, strlen(bytes), &error), STATUS_OK);
    json_stream_destroy(stream);
}

static enum status look_at_fields(void *context, const struct json_value *value,
                                  struct error *reterr) {
    (void)context;
    (void)reterr;
    struct decimal number;
    int64_t ts_ns;
    bool first;
    const char *word;
    size_t size;
    assert_int_equal(json_decimal(json_member(value, "n"), "n", &number, &error), STATUS_OK);
    assert_int_equal(number.mantissa, 150);
    assert_int_equal(number.decimals, 2);
    assert_int_equal(json_decimal(json_member(value, "none"), "none", &number, &error),
                     STATUS_CORRUPT);
    assert_string_equal(error.message, "field 'none' is missing");
    assert_int_equal(json_decimal(json_member(value, "w"), "w", &number, &error), STATUS_CORRUPT);
    assert_string_equal(error.message, "field 'w': 'BUY' is not a number");
    assert_int_equal(json_decimal(json_member(value, "l"), "l", &number, &error), STATUS_RANGE);
    assert_int_equal(json_decimal(json_member(value, "a"), "a", &number, &error), STATUS_CORRUPT);
    assert_string_equal(error.message, "field 'a' is not a number");
    assert_int_equal(json_epoch(json_member(value, "t"), "t", &ts_ns, &error), STATUS_OK);
    assert_int_equal(ts_ns, INT64_C(1680652800005000000));
    assert_int_equal(json_epoch(json_member(value, "n"), "n", &ts_ns, &error), STATUS_CORRUPT);
    assert_int_equal(json_iso_time(json_member(value, "i"), "i", &ts_ns, &error), STATUS_OK);
    assert_int_equal(ts_ns, INT64_C(1753606210273720809));
    assert_int_equal(json_iso_time(json_member(value, "w"), "w", &ts_ns, &error), STATUS_CORRUPT);
    assert_int_equal(json_either(json_member(value, "w"), "w", "BUY", "SELL", &first, &error),
                     STATUS_OK);
    assert_true(first);
    assert_int_equal(json_either(json_member(value, "w"), "w", "A", "B", &first, &error),
                     STATUS_CORRUPT);
    assert_string_equal(error.message, "field 'w': 'BUY' is neither A nor B");
    assert_int_equal(json_text(json_member(value, "w"), "w", &word, &size, &error), STATUS_OK);
    assert_int_equal(size, 3);
    assert_int_equal(json_text(json_member(value, "t"), "t", &word, &size, &error), STATUS_CORRUPT);
    assert_null(json_member(value, "z")); /* null is as if it were not there */
    assert_null(json_member(NULL, "z"));
    assert_null(json_element(json_member(value, "a"), 2));
    assert_int_equal(json_element(json_member(value, "a"), 1)->size, 2);
    return STATUS_OK;
}

static void fields_are_taken_exactly(void **state) {
    (void)state;
    with_value("{\"n\":\"1.50\",\"w\":\"BUY\",\"l\":0.12345678901234567891,\"t\":1680652800005,"
               "\"i\":\"2025-07-27T08:50:10.273720809\",\"a\":[1,22],\"z\":null}\n",
               look_at_fields);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_one_by_one),
        cmocka_unit_test(what_is_no_json_is_named_by_its_place),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(fields_are_taken_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

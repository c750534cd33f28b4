/* Makes vectors that are wrong: from each vector of the files one for each figure it expects, with
 * that figure changed and the others left out. Writes one file of vectors to standard output. A
 * runner that passes one of them compares nothing. */

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Another value of the same kind: a number 1 % off, a longer text or list, the other truth. */
static json_t *other(const json_t *value) {
    if (json_is_number(value)) {
        const double number = json_number_value(value);
        return json_real(fabs(number) < 1e-6 ? 1.0 : number * 1.01);
    }
    if (json_is_boolean(value))
        return json_boolean(!json_is_true(value));
    if (json_is_array(value)) {
        json_t *longer = json_deep_copy(value);
        (void)json_array_append_new(longer, json_integer(-1));
        return longer;
    }
    if (json_is_string(value))
        return json_sprintf("%s, or not", json_string_value(value));
    if (json_is_object(value)) {
        json_t *changed = json_object();
        const char *key = NULL;
        json_t *member = NULL;
        json_object_foreach((json_t *)value, key, member) {
            (void)json_object_set_new(changed, key, other(member));
        }
        return changed;
    }
    return json_integer(1); /* null */
}

static void mutate(const json_t *vector, json_t *ret_vectors) {
    const char *id = json_string_value(json_object_get(vector, "id"));
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(json_object_get(vector, "expected"), key, value) {
        json_t *wrong = json_copy((json_t *)vector);
        (void)json_object_set_new(wrong, "id", json_sprintf("%s#%s", id != NULL ? id : "", key));
        (void)json_object_set_new(wrong, "expected", json_pack("{s:o}", key, other(value)));
        (void)json_array_append_new(ret_vectors, wrong);
    }
}

int main(int argc, char **argv) {
    json_t *vectors = json_array();
    for (int i = 1; i < argc; i++) {
        json_error_t error;
        json_t *file = json_load_file(argv[i], JSON_DECODE_INT_AS_REAL, &error);
        json_t *from = json_object_get(file, "vectors");
        if (!json_is_array(from)) {
            (void)fprintf(stderr, "%s: no vectors: %s\n", argv[i], error.text);
            return 1;
        }
        for (size_t v = 0; v < json_array_size(from); v++)
            mutate(json_array_get(from, v), vectors);
        json_decref(file);
    }
    json_t *all = json_pack("{s:o}", "vectors", vectors);
    const int failed = json_dumpf(all, stdout, JSON_INDENT(1));
    json_decref(all);
    return failed != 0 || fflush(stdout) != 0;
}

/* Goal: the program gives the numbers of the theory, case by case.
 * Method: reads a file of analytic cases (schema analytic-cases/1), evaluates each as its `check`
 * says - `run` as a scenario with accounts and ticks, `margin` through `crossfall margin`,
 * `formula` through the function that the reports use - and compares every expected number. A line
 * a case, `N passed, N failed, N unsupported` at the end; exit 1 if one failed, 2 on a file that is
 * none. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/analytic.h"

static const struct analytic_entry *const families[] = {
    analytic_formula, analytic_ladder,     analytic_impact,         analytic_margin,
    analytic_cross,   analytic_accounting, analytic_identification,
};

/* Whether `got` is what is expected within the relative tolerance; a list whose key ends in `_head`
 * may go on. */
static bool agrees(const char *key, const json_t *expected, const json_t *got, double tolerance) {
    if (json_is_number(expected) && json_is_number(got)) {
        const double want = json_number_value(expected);
        const double distance = fabs(json_number_value(got) - want);
        return want == 0.0 ? distance <= tolerance : distance <= tolerance * fabs(want);
    }
    if (json_is_array(expected) && json_is_array(got)) {
        const size_t count = json_array_size(expected);
        const bool longer = g_str_has_suffix(key, "_head");
        if (longer ? json_array_size(got) < count : json_array_size(got) != count)
            return false;
        for (size_t i = 0; i < count; i++)
            if (!agrees("", json_array_get(expected, i), json_array_get(got, i), tolerance))
                return false;
        return true;
    }
    return json_equal(expected, got);
}

/* Compares key by key, objects member by member; writes the first differences to `said`. */
static bool compare(const char *prefix, const json_t *expected, const json_t *got, double tolerance,
                    GString *said) {
    bool all = true;
    const char *key = NULL;
    json_t *want = NULL;
    json_object_foreach((json_t *)expected, key, want) {
        const json_t *found = json_object_get(got, key);
        char *name = g_strconcat(prefix, key, NULL);
        if (json_is_object(want) && json_is_object(found)) {
            char *below = g_strconcat(name, ".", NULL);
            all = compare(below, want, found, tolerance, said) && all;
            g_free(below);
        } else if (found == NULL || !agrees(key, want, found, tolerance)) {
            char *want_text = json_dumps(want, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
            char *found_text =
                found == NULL ? NULL : json_dumps(found, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
            g_string_append_printf(said, " expected %s=%.200s got %.200s", name, want_text,
                                   found_text != NULL ? found_text : "nothing (unknown key)");
            free(want_text);
            free(found_text);
            all = false;
        }
        g_free(name);
    }
    return all;
}

static analytic_model find_model(const char *name) {
    for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
        for (const struct analytic_entry *entry = families[i]; entry->model != NULL; entry++)
            if (strcmp(entry->model, name) == 0)
                return entry->evaluate;
    return NULL;
}

/* Evaluates one case and prints its line. */
static enum outcome evaluate(json_t *all, const json_t *item) {
    const char *id = json_string_value(json_object_get(item, "id"));
    const char *model = json_string_value(json_object_get(item, "model"));
    const char *check = json_string_value(json_object_get(item, "check"));
    struct analytic_case c = {
        .all = all,
        .inputs = json_object_get(item, "inputs"),
        .expected = json_object_get(item, "expected"),
        .got = json_object(),
    };
    id = id != NULL ? id : "(no id)";
    const bool formula = check != NULL && strcmp(check, "formula") == 0;
    const json_t *given = json_object_get(item, formula ? "rel_tol" : "run_tol");
    const double tolerance = json_is_number(given) ? json_number_value(given) : 1e-6;
    const analytic_model function = model != NULL ? find_model(model) : NULL;

    enum outcome outcome;
    if (!json_is_object(c.inputs) || !json_is_object(c.expected) ||
        json_object_size(c.expected) == 0)
        outcome = analytic_broken(&c, "the case has no inputs or nothing expected");
    else if (function == NULL)
        outcome = analytic_unsupported(&c, "no such model: %s", model != NULL ? model : "(none)");
    else
        outcome = function(&c);

    GString *said = g_string_new(NULL);
    if (outcome == OUTCOME_DONE && !compare("", c.expected, c.got, tolerance, said))
        outcome = OUTCOME_BROKEN;
    if (outcome == OUTCOME_DONE)
        printf("ok %s\n", id);
    else if (outcome == OUTCOME_UNSUPPORTED)
        printf("unsupported %s: %s\n", id, c.reason);
    else
        printf("FAIL %s%s%s\n", id, said->len > 0 ? said->str : " ", said->len > 0 ? "" : c.reason);
    (void)fflush(stdout);
    g_string_free(said, TRUE);
    json_decref(c.got);
    return outcome;
}

int main(int argc, char **argv) {
    if (argc != 2 && argc != 3) {
        (void)fprintf(stderr, "usage: analytic FILE.json [ID or MODEL]\n");
        return 2;
    }
    json_error_t error;
    json_t *file = json_load_file(argv[1], 0, &error);
    json_t *cases = json_object_get(file, "cases");
    if (!json_is_array(cases)) {
        (void)fprintf(stderr, "%s: %s\n", argv[1],
                      file == NULL ? error.text : "there is no list 'cases'");
        json_decref(file);
        return 2;
    }
    size_t counts[3] = {0};
    size_t index = 0;
    json_t *item = NULL;
    json_array_foreach(cases, index, item) {
        if (argc == 3) {
            const char *id = json_string_value(json_object_get(item, "id"));
            const char *model = json_string_value(json_object_get(item, "model"));
            if (g_strcmp0(id, argv[2]) != 0 && g_strcmp0(model, argv[2]) != 0)
                continue;
        }
        counts[evaluate(cases, item)]++;
    }
    printf("%zu passed, %zu failed, %zu unsupported\n", counts[OUTCOME_DONE],
           counts[OUTCOME_BROKEN], counts[OUTCOME_UNSUPPORTED]);
    json_decref(file);
    return counts[OUTCOME_BROKEN] > 0 ? 1 : 0;
}

/* Goal: the engine's rulebook code gives the figures that venues and their code publish.
 * Method: reads files of conformance vectors (docs/conformance.md), evaluates each by its rule and
 * venue - never by its id - and compares every expected figure. A line a vector, `N passed,
 * N failed, N unsupported` at the end; exit 1 if one failed, 3 with file and place on a file that
 * is none. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/conformance.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct vector_rule *const themes[] = {
    conformance_accounts, conformance_collateral, conformance_deleveraging, conformance_drift,
    conformance_dydx,     conformance_losses,     conformance_mango,        conformance_passes,
    conformance_prices,   conformance_sizes,      conformance_stages,       conformance_synthetix,
    conformance_tiers,
};

/* ---- comparing ---- */

#define TOLERANCE 1e-9    /* relative, where a vector states none */
#define RESIDUE 1e-10     /* a figure below is what binary fractions left of 0 */
#define LAST_DIGIT_FROM 3 /* significant digits from which a figure may be a rounded one */
#define SIGNIFICANT_MAX 17

/* Whether the figure rounds, or was cut off, to the digits that `want` is printed with. */
static bool agrees_to_last_digit(double want, double got) {
    char text[40];
    int digits = 1;
    for (; digits < SIGNIFICANT_MAX; digits++) {
        (void)snprintf(text, sizeof(text), "%.*e", digits - 1, want);
        if (strtod(text, NULL) == want)
            break;
    }
    if (digits < LAST_DIGIT_FROM)
        return false;
    const int exponent = (int)floor(log10(fabs(want)));
    int decimals = digits - 1 - exponent;
    if (decimals < 0) /* 20500 may well be exact to the unit */
        decimals = 0;
    const double unit = pow(10.0, -decimals);
    const double slack = fabs(want) * TOLERANCE;
    const bool rounds = fabs(got - want) <= unit / 2 + slack;
    const double past = want > 0.0 ? got - want : want - got;
    return rounds || (past >= -slack && past < unit);
}

static bool number_agrees(double want, double got, double stated) {
    if (fabs(want) < RESIDUE)
        return fabs(got) < RESIDUE;
    if (stated > 0.0)
        return fabs(got - want) <= stated * fabs(want);
    return fabs(got - want) <= TOLERANCE * fabs(want) || agrees_to_last_digit(want, got);
}

static bool agrees(const json_t *want, const json_t *got, double stated) {
    if (json_is_number(want) && json_is_number(got))
        return number_agrees(json_number_value(want), json_number_value(got), stated);
    if (json_is_array(want) && json_is_array(got)) {
        if (json_array_size(want) != json_array_size(got))
            return false;
        for (size_t i = 0; i < json_array_size(want); i++)
            if (!agrees(json_array_get(want, i), json_array_get(got, i), stated))
                return false;
        return true;
    }
    if (json_is_object(want) && json_is_object(got)) {
        const char *key = NULL;
        json_t *value = NULL;
        json_object_foreach((json_t *)want, key, value) {
            if (!agrees(value, json_object_get(got, key), stated))
                return false;
        }
        return true;
    }
    return got != NULL && json_equal(want, got);
}

/* The tolerance that a vector states: a member, or "... 1e-4 relative" in its note. 0: none. */
static double stated_tolerance(const json_t *item) {
    const double member =
        vector_number(item, "rel_tol relative_tolerance tolerance_relative tolerance", 0.0);
    if (member > 0.0)
        return member;
    const char *note = vector_text(item, "note");
    for (const char *at = strstr(note, " relative"); at != NULL; at = strstr(at + 1, " relative")) {
        const char *start = at;
        while (start > note && start[-1] != ' ')
            start--;
        char *end = NULL;
        const double value = strtod(start, &end);
        if (end == at && value > 0.0 && value <= 1e-3)
            return value;
    }
    return 0.0;
}

static void print_json(const json_t *value) {
    char *text =
        value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    printf("%.300s", text != NULL ? text : "nothing");
    free(text);
}

/* Compares key by key; prints the line of a vector that fails. */
static enum vector_outcome compare(const char *id, const json_t *item, const struct vector *v) {
    const json_t *expected = json_object_get(item, "expected");
    const double stated = stated_tolerance(item);
    enum vector_outcome outcome = VECTOR_DONE;
    const char *key = NULL;
    json_t *want = NULL;
    json_object_foreach((json_t *)expected, key, want) {
        const json_t *got = json_object_get(v->got, key);
        if (agrees(want, got, stated))
            continue;
        if (outcome == VECTOR_DONE)
            printf("FAIL %s expected %s=", id, key);
        else
            printf("; expected %s=", key);
        print_json(want);
        printf(" got ");
        print_json(got);
        outcome = VECTOR_BROKEN;
    }
    if (outcome == VECTOR_DONE)
        printf("ok %s\n", id);
    else
        printf("\n");
    return outcome;
}

/* ---- evaluating ---- */

/* The entry for the vector's venue, else the one for all. */
static const struct vector_rule *find_rule(const char *rule, const char *venue) {
    const struct vector_rule *for_all = NULL;
    for (size_t t = 0; t < COUNT(themes); t++)
        for (const struct vector_rule *entry = themes[t]; entry->rule != NULL; entry++) {
            if (strcmp(entry->rule, rule) != 0)
                continue;
            if (entry->venue == NULL)
                for_all = for_all != NULL ? for_all : entry;
            else if (strncmp(entry->venue, venue, strlen(entry->venue)) == 0)
                return entry;
        }
    return for_all;
}

static enum vector_outcome evaluate(const json_t *file, const json_t *item) {
    const char *id = vector_text(item, "id name");
    const char *rule = vector_text(item, "rule");
    const char *venue = vector_text(item, "venue");
    const json_t *expected = json_object_get(item, "expected");
    struct vector v = {
        .venue = venue[0] != '\0' ? venue : vector_text(file, "venue"),
        .inputs = json_object_get(item, "inputs"),
        .vectors = json_is_array(file) ? file : json_object_get(file, "vectors"),
        .note = vector_text(item, "note"),
        .got = json_object(),
    };
    id = id[0] != '\0' ? id : "(no id)";
    const struct vector_rule *found = find_rule(rule, v.venue);
    enum vector_outcome outcome;
    if (rule[0] == '\0')
        outcome = vector_broken(&v, "the vector has no rule");
    else if (!json_is_object(v.inputs))
        outcome = vector_broken(&v, "the vector has no inputs");
    else if (!json_is_object(expected) || json_object_size(expected) == 0)
        outcome = vector_broken(&v, "the vector expects nothing");
    else if (found == NULL)
        outcome = vector_unsupported(&v, "no such rule: '%s' of '%s'", rule, v.venue);
    else
        outcome = found->evaluate(&v);

    if (outcome == VECTOR_DONE)
        outcome = compare(id, item, &v);
    else if (outcome == VECTOR_UNSUPPORTED)
        printf("unsupported %s: %s\n", id, v.reason);
    else
        printf("FAIL %s %.*s\n", id, (int)strcspn(v.reason, "\n"),
               v.reason[0] != '\0' ? v.reason : "an input is out of its range");
    json_decref(v.got);
    return outcome;
}

/* In a process of its own: inputs that the engine's code does not allow end that one alone. */
static enum vector_outcome evaluate_apart(json_t *file, const json_t *item) {
    (void)fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        const enum vector_outcome outcome = evaluate(file, item);
        json_decref(file);
        exit((int)outcome); /* through the sanitizers' look for leaks */
    }
    int state = 0;
    if (child < 0 || waitpid(child, &state, 0) != child) {
        perror("conformance");
        exit(1);
    }
    if (WIFEXITED(state) && WEXITSTATUS(state) <= VECTOR_UNSUPPORTED)
        return (enum vector_outcome)WEXITSTATUS(state);
    printf("FAIL %s an input is out of its range: the engine's code stopped (%s)\n",
           vector_text(item, "id name"),
           WIFSIGNALED(state) ? strsignal(WTERMSIG(state)) : "sanitizer");
    return VECTOR_BROKEN;
}

/* Evaluates a file's vectors; returns the exit code of what is wrong with the file itself. */
static int run_file(const char *path, size_t *counts) {
    json_error_t error;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        perror(path);
        return 1;
    }
    /* Whole numbers as doubles too: jansson refuses those above 2^63, which vectors have. */
    json_t *file = json_loadf(stream, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, &error);
    (void)fclose(stream); /* only read from */
    if (file == NULL) {
        (void)fprintf(stderr, "%s:%d:%d: %s\n", path, error.line, error.column, error.text);
        return 3;
    }
    const json_t *vectors = json_is_array(file) ? file : json_object_get(file, "vectors");
    if (!json_is_array(vectors)) {
        (void)fprintf(stderr, "%s: there is no list 'vectors'\n", path);
        json_decref(file);
        return 3;
    }
    for (size_t i = 0; i < json_array_size(vectors); i++)
        counts[evaluate_apart(file, json_array_get(vectors, i))]++;
    json_decref(file);
    return 0;
}

int main(int argc, char **argv) {
    if (argc < 2) {
        (void)fprintf(stderr, "usage: conformance FILE.json...\n");
        return 2;
    }
    size_t counts[3] = {0};
    int exit_code = 0;
    for (int i = 1; i < argc; i++) {
        const int code = run_file(argv[i], counts);
        exit_code = code > exit_code ? code : exit_code;
    }
    printf("%zu passed, %zu failed, %zu unsupported\n", counts[VECTOR_DONE], counts[VECTOR_BROKEN],
           counts[VECTOR_UNSUPPORTED]);
    if (exit_code == 0 && counts[VECTOR_BROKEN] > 0)
        exit_code = 1;
    return exit_code;
}

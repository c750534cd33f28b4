/* Goal: no bytes make the readers of scenarios and rulebooks crash, hang or leak, and what they
 * take comes back the same when a run reads it again. Method: the bytes up to a line "%%%" are the
 * scenario, those behind it the rulebook that the scenario knows as /r.yaml; no other file is
 * there. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/scenario.h"
#include "tests/fuzz/fuzz_demand.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* libfyaml does not give back what it has gathered of a quoted text that turns out broken; a file's
 * size bounds it, and the command ends there. Without symbols no narrower frame can be named. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so\n";
}

static const char separator[] = "\n%%%\n";

static void check_again(const struct scenario *scenario, const struct scenario_input *rulebook) {
    struct scenario *again = NULL;
    struct error error = {0};
    char *const text = scenario_effective_yaml(scenario);
    FUZZ_DEMAND(text != NULL);
    if (scenario_load_stored(text, rulebook, 1, &again, &error) != STATUS_OK)
        (void)fprintf(stderr, "%s\n%s\n", error.message, text); /* and then the demand fails */
    FUZZ_DEMAND(again != NULL);
    char *const text_again = scenario_effective_yaml(again);
    FUZZ_DEMAND(text_again != NULL && strcmp(text, text_again) == 0);
    FUZZ_DEMAND(rulebook_equal(&scenario->rulebook, &again->rulebook));
    free(text_again);
    free(text);
    scenario_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *const text = malloc(size + 1);
    FUZZ_DEMAND(text != NULL);
    if (size > 0)
        memcpy(text, bytes, size);
    text[size] = '\0';
    char *rules = strstr(text, separator);
    if (rules != NULL) {
        *rules = '\0';
        rules += sizeof(separator) - 1;
    }
    /* A copy of its own, so that a look over its end is seen. */
    const size_t rules_size = rules != NULL ? size - (size_t)(rules - text) : 0;
    char *const copy = malloc(rules_size > 0 ? rules_size : 1);
    FUZZ_DEMAND(copy != NULL);
    if (rules_size > 0)
        memcpy(copy, rules, rules_size);
    const struct scenario_input rulebook = {"rulebook", "/r.yaml", copy, rules_size};
    struct scenario *scenario = NULL;
    struct error error = {0};
    const enum status status = scenario_load_stored(text, &rulebook, 1, &scenario, &error);
    if (status == STATUS_OK) {
        check_again(scenario, &rulebook);
        scenario_destroy(scenario);
    } else {
        FUZZ_DEMAND(status == STATUS_CONFIG || status == STATUS_IO || status == STATUS_RANGE);
        FUZZ_DEMAND(error.message[0] != '\0');
    }
    free(copy);
    free(text);
    return 0;
}

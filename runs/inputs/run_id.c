#include "runs/inputs/run_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"

/* Each part with its length before it, so that no two lists of parts give the same bytes. */
static void hash_part(struct sha256 *sha, const void *bytes, size_t size) {
    char length[24];
    const int digits = snprintf(length, sizeof(length), "%zu:", size);
    sha256_update(sha, length, (size_t)digits);
    sha256_update(sha, bytes, size);
}

static void hash_text(struct sha256 *sha, const char *text) {
    hash_part(sha, text, strlen(text));
}

enum status run_id_make(const struct run_inputs *inputs, const char *version,
                        char ret_id[RESULTS_RUN_ID_SIZE], struct error *reterr) {
    const struct scenario *scenario = inputs->scenario;
    struct sha256 *sha = sha256_create();
    char *effective = scenario_effective_yaml(scenario);
    if (sha == NULL || effective == NULL) {
        sha256_destroy(sha);
        free(effective);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to hash the scenario");
    }
    hash_text(sha, version);
    hash_text(sha, effective);
    for (size_t i = 1; i < scenario->input_count; i++) /* [0] is in the effective scenario */
        hash_part(sha, scenario->inputs[i].bytes, scenario->inputs[i].size);
    hash_text(sha, inputs->accounts_file.sha256);
    hash_text(sha, inputs->reference_file.sha256);
    for (size_t i = 0; i < scenario->instrument_count; i++)
        hash_text(sha, inputs->series[i].hash);
    for (size_t i = 0; i < scenario->instrument_count; i++)
        hash_text(sha, inputs->series[i].funding_hash);
    for (size_t i = 0; i < READING_KINDS * scenario->instrument_count; i++)
        hash_text(sha, inputs->series[i / READING_KINDS].readings[i % READING_KINDS].hash);
    char hex[65];
    sha256_finish(sha, hex);
    sha256_destroy(sha);
    free(effective);
    memcpy(ret_id, hex, RESULTS_RUN_ID_SIZE - 1);
    ret_id[RESULTS_RUN_ID_SIZE - 1] = '\0';
    return STATUS_OK;
}

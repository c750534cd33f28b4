#pragma once
/* A run of the engine with all its rows kept in arrays. */

#include <stddef.h>
#include <stdint.h>

#include "engine/replay/replay.h"
#include "tests/property/random_world.h"

struct run_capture {
    struct replay_summary summary;
    size_t row_count;
    struct liquidation_record *rows;
    size_t adl_count;
    struct adl_record *adl;
    size_t account_count;
    struct account_record *accounts; /* ids and cohorts are not kept */
    size_t fund_count;
    struct fund_record *funds;
    size_t minute_count;
    struct minute_record *minutes;
};

/* Runs `input`, whose sources are ready, and keeps everything; a run that fails stops the test. The
 * caller ends the capture with run_capture_finish(). */
void run_capture(const struct replay_input *input, struct run_capture *ret_run);
void run_capture_world(struct random_world *world, struct run_capture *ret_run); /* rewinds first */
void run_capture_finish(struct run_capture *run);

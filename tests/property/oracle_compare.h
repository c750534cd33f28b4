#pragma once
/* A world run by the engine and by the oracle, compared byte for byte. */

#include <stdbool.h>

#include "tests/property/oracle.h"
#include "tests/property/random_world.h"
#include "tests/property/run_capture.h"

/* Runs one world by both; false: they differ, and why was printed. A world in which history is
 * replayed must give history, too. The caller ends both results. */
bool oracle_compare(struct random_world *world, struct run_capture *ret_run,
                    struct oracle_result *ret_oracle);

/* A world in which history is replayed under its own rules, and nothing else happens. */
bool oracle_is_null_replay(const struct random_world *world);

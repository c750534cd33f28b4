#pragma once
/* The bundled scenario of 19 May 2021 as a replay's input, straight from its files: real bars, the
 * venue's tiers, synthetic accounts; without market file and command. */

#include <stddef.h>
#include <stdint.h>

#include "engine/replay/replay.h"
#include "scenarios/scenario.h"

struct real_bars {
    size_t count;
    size_t capacity;
    int64_t *ts_ns;
    int64_t *value[TICK_VALUES_MAX]; /* at 8 decimals */
    bool given;                      /* read since the last rewind */
};

struct real_market {
    struct scenario *scenario;
    struct replay_input input; /* both sides alike: the reference's rules are the simulated ones */
    struct instrument *instruments;
    struct price_source *prices;
    struct real_bars *bars;
    const struct impact_model **models;
    struct impact_params *params;
    struct rulebook rulebook; /* the scenario's; change it before running */
    struct accounts *accounts;
};

/* Reads bars, rules and a population of `accounts` (with the scenario's open interest) from the
 * directory `scenarios`. What fails stops the test. End it with real_market_destroy(). */
struct real_market *real_market_create(const char *scenarios, uint64_t accounts);
void real_market_destroy(struct real_market *market);

/* Makes the sources ready to be read from their beginning. */
void real_market_rewind(struct real_market *market);

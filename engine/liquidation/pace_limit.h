#pragma once
/* How many pools the engine sends orders for in a window of time (rulebook keys `pace_...`). */

#include <stddef.h>
#include <stdint.h>

#include "engine/liquidation/limits.h"

extern const struct limit_kind pace_limit;

/* Pools whose orders may still be sent at `now_ns`; SIZE_MAX without such a rule. */
size_t pace_limit_room(const struct limits *limits, const struct rulebook *rules, int64_t now_ns);

/* When the window of `now_ns` is over. The rules have a pace. */
int64_t pace_limit_end_ns(const struct rulebook *rules, int64_t now_ns);

/* The orders of so many pools are sent. */
void pace_limit_note(struct limits *limits, const struct rulebook *rules, int64_t now_ns,
                     size_t pools);

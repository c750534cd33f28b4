#pragma once
/* Random worlds under margins of every kind: inverse contracts, rates by size, margin on entry,
 * closing fees, trigger ratios, collateral in other assets (held and owed), portfolio margin, hedge
 * mode; on top of random_machine.h. */

#include "tests/property/random_world.h"

struct margin_features {
    bool inverse;
    bool by_size;
    bool on_entry;
    bool collateral;
    bool owed;
    bool falling;      /* a balance counts for less by the root of its amount */
    bool shared_price; /* collateral valued by the price of a contract */
    bool scenario;
    bool own_moves; /* a risk unit that is held has moves of its own */
    bool hedge_mode;
    bool coins; /* contracts that settle in a coin */
};

struct random_stream;
/* Positions at new costs, since their contracts may have changed; none in what is spot now. */
void random_margin_reprice(struct random_stream *dice, struct random_world *world);
/* A short beside a long of the same contract, or the reverse, in some accounts. */
void random_margin_hedge(struct random_stream *dice, struct random_world *world);

/* The world of `seed`. The caller owns it and ends it with random_world_destroy(). */
struct random_world *random_margin_create(uint64_t seed, struct margin_features *ret_features);

/* The same with contracts that settle in the coins that the accounts hold (random_coins.h). */
struct random_world *random_coins_create(uint64_t seed, struct margin_features *ret_features);

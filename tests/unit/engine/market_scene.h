#pragma once
/* A market of up to three instruments for tests by hand: a unit of price and quantity each, ticks
 * from arrays, accounts and rules as the test sets them, and what a replay made of it. */

#include <stddef.h>
#include <stdint.h>

#include "engine/replay/replay.h"

#define SCENE_ROWS 64
#define SCENE_INSTRUMENTS 3
#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

struct scene_ticks {
    size_t count;
    bool given;
    int64_t ts[SCENE_ROWS];
    int64_t price[SCENE_ROWS];
    uint8_t flags[SCENE_ROWS];
};

struct market_scene {
    size_t instrument_count;
    struct instrument instruments[SCENE_INSTRUMENTS];
    struct scene_ticks ticks[SCENE_INSTRUMENTS];
    struct mark_input mark;         /* of every instrument */
    struct scene_ticks readings[2]; /* mark and index of the first instrument */
    int64_t clock_step_ns;
    struct margin_tier tiers[4]; /* of every instrument; the test sets count and values */
    struct tier_table table;
    struct rulebook rules;
    struct accounts *accounts;
    struct replay_event events[8];
    size_t event_count;
    int64_t fund;
    int64_t backstop;
    struct impact_params impact; /* slope 0: no impact; of every instrument */

    struct liquidation_record rows[SCENE_ROWS];
    size_t row_count;
    struct adl_record adl[SCENE_ROWS];
    size_t adl_count;
    struct account_record outcome[SCENE_ROWS];
    char ids[SCENE_ROWS][ACCOUNT_ID_SIZE]; /* of `outcome` */
    size_t outcome_count;
    struct replay_summary summary;
};

/* X, Y and Z, the first `instrument_count` of them; one tier of rate 0; trigger at_or_below; all is
 * closed in the market; the fund pays. */
void scene_open(struct market_scene *scene, size_t instrument_count);

/* An account with a balance in whole units, and positions added to the latest account. */
void scene_account(struct market_scene *scene, const char *id, int64_t balance);
void scene_position(struct market_scene *scene, uint32_t instrument, int64_t lots, int64_t entry);

/* An order open in the market. */
void scene_order(struct market_scene *scene, uint32_t instrument, int64_t lots, int64_t price);

/* A tick of an instrument at a second. */
void scene_tick(struct market_scene *scene, uint32_t instrument, int64_t second, int64_t price);
/* The venue publishes a mark or index price of the first instrument. */
void scene_reading(struct market_scene *scene, enum reading_kind kind, int64_t second,
                   int64_t price);
void scene_event(struct market_scene *scene, struct replay_event event);

/* Replays it: the ledger's residual must be 0. */
void scene_run(struct market_scene *scene);

/* Fails the test unless the row is a fill of `lots` of `instrument` of the account. */
void scene_expect(const struct market_scene *scene, size_t row, uint32_t account,
                  uint32_t instrument, int64_t lots, int64_t price);

/* Equity of an account at the end, by the order in which accounts were made. */
int64_t scene_end(const struct market_scene *scene, uint32_t account);

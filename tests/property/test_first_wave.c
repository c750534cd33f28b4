/* Goal: what `crossfall margin` says would be closed (engine/liquidation/first_wave.h) is the first
 * wave of a replay of that one account at those prices: instrument, lots, way, bankruptcy price,
 * and who pays, in order. For every bundled rulebook. Method: accounts of the rulebook's random
 * worlds (shipped_world.h), some with orders open in the market, at a random moment of their path
 * that becomes a market of one tick an instrument; latency, cleaning, impact and events off; a
 * block's notional also near that of the positions. Who pays: the same again beside a rich account
 * on the other side, with a fund and a vault that are empty or full; the first of plan_payers()
 * that has something must be the one that paid. RULEBOOK=name, WORLD_SEED=n: that rulebook, that
 * world alone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "engine/liquidation/first_wave.h"
#include "engine/liquidation/plan.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "tests/bundled_rulebooks.h"
#include "tests/property/random_draw.h"
#include "tests/property/run_capture.h"
#include "tests/property/shipped_world.h"

#define WORLDS 15
#define MOMENTS 4 /* of a world */
#define SEED_FIRST 910001
#define PLENTY (INT64_C(1) << 60)

/* ---- one account at one moment ---- */

struct moment {
    struct random_world *world;
    struct rulebook rules; /* without latency */
    int64_t prices[WORLD_INSTRUMENTS_MAX];
};

/* Makes the world's series a single tick each, all at one time. */
static void moment_draw(struct random_stream *dice, const struct shipped_world *shipped,
                        struct moment *moment) {
    struct random_world *world = shipped->world;
    moment->world = world;
    moment->rules = world->rules.rulebook;
    moment->rules.limits.latency_ns = 0;
    if (moment->rules.limits.block_notional > 0 && chance(dice, 50)) /* near these positions */
        moment->rules.limits.block_notional =
            1 + (int64_t)(shipped->notional * (double)MONEY_SCALE * (double)between(dice, 1, 200) /
                          1000.0);
    struct replay_input *input = &world->input;
    input->cleaning = CLEANING_NONE;
    input->feedback = false;
    input->event_count = 0;
    input->marks = NULL;
    input->reading_count = 0;
    input->scale = NULL;
    input->from_ns = INT64_MIN;
    input->to_ns = INT64_MAX;
    input->max_waves = 0;
    input->simulated.rulebook = &moment->rules;
    const int64_t ts_ns = world->series[0].ts_ns[0];
    for (size_t i = 0; i < input->instrument_count; i++) {
        struct world_series *series = &world->series[i];
        const size_t k = random_stream_below(dice, series->count > 0 ? series->count : 1);
        moment->prices[i] = series->count > 0 ? series->price[series->bars ? 2 : 0][k] : 100;
        series->count = 1;
        series->ts_ns[0] = ts_ns;
        for (size_t v = 0; v < 4; v++)
            series->price[v][0] = moment->prices[i];
        world->models[i] = impact_model_find("none");
        world->params[i].space = IMPACT_LOG;
    }
}

static void add_open_order(struct random_stream *dice, const struct moment *moment,
                           struct world_account *row) {
    if (row->position_count == 0 || !chance(dice, 40))
        return;
    const uint32_t i = row->positions[0].instrument;
    const struct instrument *instrument = &moment->world->instruments[i];
    struct world_order order = {.instrument = i, .lots = PICK(dice, -3, -1, 1, 2)};
    const struct decimal price = {moment->prices[i] * instrument->price_tick.mantissa,
                                  instrument->price_tick.decimals};
    if (instrument_cost(instrument, order.lots, price, &order.cost, NULL) == STATUS_OK)
        row->orders[row->order_count++] = order;
}

/* ---- the two answers ---- */

/* Whether a row closes its lots in that way. What the waterfall deleverages (against a pool of the
 * account's own on the other side, since it is alone) is of the way that was planned. */
static bool is_of_way(const struct moment *moment, const struct liquidation_record *row,
                      enum order_way way) {
    if (row->adl)
        return way != WAY_VAULT;
    if (way == WAY_VAULT)
        return row->taken_over && row->price_ticks == moment->prices[row->instrument];
    if (way == WAY_FUND)
        return row->taken_over && row->price_ticks == row->bankruptcy_price_ticks;
    return !row->taken_over && row->price_ticks == moment->prices[row->instrument];
}

/* Whether a row is of the first wave of the first instant, and no exchange of collateral. */
static bool is_first(const struct run_capture *run, size_t r) {
    return run->rows[r].wave == 1 && run->rows[r].ts_ns == run->rows[0].ts_ns &&
           run->rows[r].quantity_lots != 0;
}

/* Takes the rows of one order from run->rows[*r] on, and says whether they close what it does. What
 * a limit left out of an order may be deleveraged against the account's own other side. */
static bool order_equals_rows(const struct moment *moment, const struct book *book,
                              const struct order *order, const struct run_capture *run, size_t *r) {
    int64_t lots = 0;
    int64_t deleveraged = 0;
    for (bool begun = false; *r < run->row_count; ++*r, begun = true) {
        const struct liquidation_record *row = &run->rows[*r];
        if (row->quantity_lots == 0)
            continue;
        if (!is_first(run, *r) || (begun && row->part == 0) ||
            row->instrument != order_instrument(book, order) ||
            (row->quantity_lots > 0) != (order->planned > 0) || (order->lots == 0 && !row->adl))
            break;
        if (row->bankruptcy_price_ticks != order->bankruptcy_price ||
            !is_of_way(moment, row, order->way))
            return false;
        lots += row->quantity_lots;
        deleveraged += row->adl ? row->quantity_lots : 0;
    }
    const int64_t more = lots - order->lots;
    return more == 0 || (order->insolvent && lots_magnitude(more) <= lots_magnitude(order->rest) &&
                         lots_magnitude(more) <= lots_magnitude(deleveraged));
}

static bool wave_equals_rows(const struct moment *moment, const struct book *book,
                             const struct wave *wave, const struct run_capture *run) {
    size_t r = 0;
    for (size_t o = 0; o < wave->orders.count; o++)
        if (!order_equals_rows(moment, book, &wave->orders.rows[o], run, &r))
            return false;
    while (r < run->row_count && !is_first(run, r))
        r++;
    return r == run->row_count;
}

static void print_both(const struct book *book, const struct wave *wave,
                       const struct run_capture *run) {
    for (size_t o = 0; o < wave->orders.count; o++) {
        const struct order *order = &wave->orders.rows[o];
        fprintf(stderr, "  plan: instrument %u lots %lld way %s bankruptcy %lld cut %s\n",
                order_instrument(book, order), (long long)order->lots, order_way_name(order->way),
                (long long)order->bankruptcy_price,
                order->cut == CUT_NONE ? "-" : order_cut_name(order->cut));
    }
    for (size_t r = 0; r < run->row_count; r++)
        if (is_first(run, r))
            fprintf(stderr, "  replay: instrument %u lots %lld price %lld bankruptcy %lld%s%s\n",
                    run->rows[r].instrument, (long long)run->rows[r].quantity_lots,
                    (long long)run->rows[r].price_ticks,
                    (long long)run->rows[r].bankruptcy_price_ticks, run->rows[r].adl ? " adl" : "",
                    run->rows[r].taken_over ? " taken over" : "");
}

static void replay_accounts(struct moment *moment, const struct world_account *rows, size_t count,
                            int64_t fund, int64_t vault, struct run_capture *ret_run) {
    struct replay_input *input = &moment->world->input;
    struct accounts *accounts = random_world_accounts(rows, count);
    input->simulated.accounts = accounts;
    input->simulated.insurance_fund = fund;
    input->simulated.backstop = vault;
    random_world_rewind(moment->world);
    run_capture(input, ret_run);
    accounts_destroy(accounts);
}

/* ---- who pays ---- */

/* An account on the other side of a position, in profit and far from any margin call. */
static struct world_account other_side(const struct moment *moment, const struct world_account *row,
                                       const struct order *order, uint32_t i) {
    struct world_account other = {.settlement = row->settlement, .balance = INT64_C(1) << 58};
    strcpy(other.id, "zz-other");
    const struct instrument *instrument = &moment->world->instruments[i];
    const int64_t lots = -order->planned;
    /* bought at half of the price, or sold at twice of it */
    const int64_t ticks = lots > 0 ? (moment->prices[i] + 1) / 2 : moment->prices[i] * 2;
    const struct decimal entry = {ticks * instrument->price_tick.mantissa,
                                  instrument->price_tick.decimals};
    struct world_position position = {.instrument = i, .lots = lots, .mode = MARGIN_CROSS};
    if (instrument_cost(instrument, lots, entry, &position.cost, NULL) == STATUS_OK)
        other.positions[other.position_count++] = position;
    return other;
}

enum payer { PAYER_NONE, PAYER_FUND, PAYER_VAULT, PAYER_ADL };

static enum payer expected_payer(const struct rulebook *rules, enum order_way way, bool fund,
                                 bool vault) {
    enum waterfall_stage stages[WATERFALL_STAGES_MAX];
    const size_t count = plan_payers(rules, way, stages);
    for (size_t s = 0; s < count; s++) {
        if (stages[s] == STAGE_INSURANCE_FUND && fund)
            return PAYER_FUND;
        if (stages[s] == STAGE_BACKSTOP && vault)
            return PAYER_VAULT;
        if (stages[s] == STAGE_ADL)
            return PAYER_ADL;
    }
    return way == WAY_FUND ? PAYER_FUND : PAYER_NONE; /* a take-over is the fund's after all */
}

/* Who paid for the first order of the first wave; false: it left nothing to pay. */
static bool observed_payer(const struct run_capture *run, enum payer *ret_payer) {
    if (run->row_count == 0)
        return false;
    const struct liquidation_record *row = &run->rows[0];
    *ret_payer = row->adl                                             ? PAYER_ADL
                 : row->taken_over && run->summary.backstop_taken > 0 ? PAYER_VAULT
                 : row->taken_over || row->paid_fund > 0              ? PAYER_FUND
                                                                      : PAYER_NONE;
    return row->adl || row->taken_over || row->shortfall > 0;
}

static bool payers_agree(struct moment *moment, const struct world_account *row,
                         const struct book *book, const struct wave *wave, uint64_t *checked) {
    const struct order *order = &wave->orders.rows[0];
    const uint32_t i = order_instrument(book, order);
    if (wave->orders.count != 1 || order->lots == 0 || order->way == WAY_VAULT ||
        order->limit != PRICE_NONE || moment->rules.waterfall.adl_fund_fall_e8 > 0 ||
        moment->rules.waterfall.fund == FUND_PER_INSTRUMENT ||
        order->bankruptcy_price == PRICE_NONE)
        return true;
    const bool past = order->lots > 0 ? moment->prices[i] < order->bankruptcy_price
                                      : moment->prices[i] > order->bankruptcy_price;
    const struct world_account rows[2] = {*row, other_side(moment, row, order, i)};
    if (!past || rows[1].position_count == 0)
        return true;
    for (int capital = 0; capital < 4; capital++) {
        const bool fund = capital & 1;
        const bool vault = capital & 2;
        struct run_capture run;
        enum payer payer = PAYER_NONE;
        replay_accounts(moment, rows, 2, fund ? PLENTY : 0, vault ? PLENTY : 0, &run);
        const bool paid = observed_payer(&run, &payer) &&
                          (fund || payer != PAYER_FUND || run.rows[0].paid_fund == 0 ||
                           run.rows[0].paid_fund > run.rows[0].fee); /* else out of its own fee */
        const enum payer expected = expected_payer(&moment->rules, order->way, fund, vault);
        run_capture_finish(&run);
        if (paid && payer != expected) {
            fprintf(stderr, "  fund %d vault %d: %d paid, %d expected\n", fund, vault, payer,
                    expected);
            return false;
        }
        *checked += paid;
    }
    return true;
}

/* ---- the law ---- */

struct seen {
    uint64_t waves, orders, cut, payers, differ;
};

static void law_of_account(struct moment *moment, const struct world_account *row,
                           struct seen *seen) {
    const struct replay_input *input = &moment->world->input;
    struct accounts *accounts = random_world_accounts(row, 1);
    const struct venue_input venue = {.accounts = accounts, .rulebook = &moment->rules};
    struct book book;
    struct wave wave;
    struct run_capture run;
    assert_int_equal(book_init(&book, &venue, input->instruments, input->instrument_count, NULL,
                               moment->prices, moment->prices, NULL),
                     STATUS_OK);
    assert_int_equal(wave_init(&wave, input->instrument_count, NULL), STATUS_OK);
    assert_int_equal(wave_prepare(&wave, &book, NULL), STATUS_OK);
    book.now_ns = moment->world->series[0].ts_ns[0];
    assert_int_equal(first_wave_collect(&book, &wave, 0, book.pool_count, NULL), STATUS_OK);
    replay_accounts(moment, row, 1, 0, 0, &run);
    seen->waves += wave.orders.count > 0;
    seen->orders += wave.orders.count;
    for (size_t o = 0; o < wave.orders.count; o++)
        seen->cut += wave.orders.rows[o].cut != CUT_NONE;
    if (!wave_equals_rows(moment, &book, &wave, &run)) {
        print_both(&book, &wave, &run);
        seen->differ++;
    } else if (wave.orders.count > 0 && !payers_agree(moment, row, &book, &wave, &seen->payers)) {
        seen->differ++;
    }
    run_capture_finish(&run);
    wave_finish(&wave);
    book_finish(&book);
    accounts_destroy(accounts);
}

static void law_of_world(const struct rulebook *rulebook, uint64_t seed, struct seen *seen) {
    for (uint64_t m = 0; m < MOMENTS; m++) {
        struct shipped_world *shipped = shipped_world_create(rulebook, seed);
        struct random_stream dice;
        struct moment moment;
        random_stream_init(&dice, seed * MOMENTS + m, RANDOM_TEST, 11);
        moment_draw(&dice, shipped, &moment);
        for (size_t a = 0; a < shipped->world->account_count; a++) {
            struct world_account row = shipped->world->rows[a];
            row.settlement = shipped->world->rows[0].settlement;
            add_open_order(&dice, &moment, &row);
            const uint64_t before = seen->differ;
            law_of_account(&moment, &row, seen);
            if (seen->differ > before)
                fprintf(stderr, "  %s, world %llu, moment %llu, account %zu\n", rulebook->name,
                        (unsigned long long)seed, (unsigned long long)m, a);
        }
        shipped_world_destroy(shipped);
    }
}

static void law(const struct rulebook *rulebook) {
    const char *one = getenv("WORLD_SEED");
    const uint64_t first = one != NULL ? strtoull(one, NULL, 10) : SEED_FIRST;
    struct seen seen = {0};
    for (uint64_t seed = first; seed < first + (one != NULL ? 1 : WORLDS); seed++)
        law_of_world(rulebook, seed, &seen);
    printf("%s: %llu first waves, %llu orders, %llu cut, %llu payers\n", rulebook->name,
           (unsigned long long)seen.waves, (unsigned long long)seen.orders,
           (unsigned long long)seen.cut, (unsigned long long)seen.payers);
    assert_int_equal(seen.differ, 0);
    if (one == NULL)
        assert_true(seen.waves > WORLDS);
    if (one == NULL && rulebook->limits.block_notional > 0)
        assert_true(seen.cut > 0);
}

static void margin_says_what_a_replay_does_first(void **state) {
    (void)state;
    char **names = bundled_rulebook_names(getenv("CROSSFALL_SCENARIOS"));
    assert_non_null(names);
    const char *wanted = getenv("RULEBOOK");
    size_t count = 0;
    for (char **name = names; *name != NULL; name++) {
        if (wanted != NULL && strcmp(wanted, *name) != 0)
            continue;
        struct yaml_arena *arena = yaml_arena_create();
        struct config_files files = {.arena = arena, .bundled_dir = getenv("CROSSFALL_SCENARIOS")};
        struct rulebook rulebook;
        struct error error = {0};
        if (rulebook_read(&files, *name, ".", NULL, &rulebook, &error) != STATUS_OK)
            fail_msg("%s: %s", *name, error.message);
        law(&rulebook);
        yaml_arena_destroy(arena);
        count++;
    }
    g_strfreev(names);
    assert_true(count >= (wanted != NULL ? 1 : 20));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(margin_says_what_a_replay_does_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "tests/unit/engine/market_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum status next_batch(void *context, struct tick_batch *ret_batch, struct error *reterr) {
    struct scene_ticks *ticks = context;
    (void)reterr;
    if (ticks->given || ticks->count == 0)
        return STATUS_END;
    ticks->given = true;
    *ret_batch = (struct tick_batch){.count = ticks->count,
                                     .ts_ns = ticks->ts,
                                     .value = {ticks->price, NULL},
                                     .flags = ticks->flags};
    return STATUS_OK;
}

static enum status take_rows(void *context, size_t count, const struct liquidation_record *rows,
                             struct error *reterr) {
    struct market_scene *scene = context;
    (void)reterr;
    assert_true(scene->row_count + count <= SCENE_ROWS);
    memcpy(&scene->rows[scene->row_count], rows, count * sizeof(*rows));
    scene->row_count += count;
    return STATUS_OK;
}

static enum status take_adl(void *context, size_t count, const struct adl_record *rows,
                            struct error *reterr) {
    struct market_scene *scene = context;
    (void)reterr;
    assert_true(scene->adl_count + count <= SCENE_ROWS);
    memcpy(&scene->adl[scene->adl_count], rows, count * sizeof(*rows));
    scene->adl_count += count;
    return STATUS_OK;
}

static enum status take_accounts(void *context, size_t count, const struct account_record *rows,
                                 struct error *reterr) {
    struct market_scene *scene = context;
    (void)reterr;
    for (size_t r = 0; r < count; r++) {
        assert_true(scene->outcome_count < SCENE_ROWS);
        strcpy(scene->ids[scene->outcome_count], rows[r].id);
        scene->outcome[scene->outcome_count++] = rows[r];
    }
    return STATUS_OK;
}

void scene_open(struct market_scene *scene, size_t instrument_count) {
    static const char *const symbols[SCENE_INSTRUMENTS] = {"X", "Y", "Z"};
    memset(scene, 0, sizeof(*scene));
    scene->instrument_count = instrument_count;
    for (size_t i = 0; i < instrument_count; i++) {
        scene->instruments[i] = (struct instrument){
            .symbol = symbols[i], .price_tick = {1, 0}, .lot = {1, 0}, .contract_size = {1, 0}};
        assert_int_equal(instrument_init(&scene->instruments[i], NULL), STATUS_OK);
    }
    scene->tiers[0] = (struct margin_tier){0, INT64_MAX, 0, 0, 0};
    scene->table = (struct tier_table){NULL, 1, scene->tiers};
    scene->rules = (struct rulebook){.name = "scene",
                                     .margin.trigger = TRIGGER_AT_OR_BELOW,
                                     .margin.table_count = 1,
                                     .margin.tables = &scene->table,
                                     .margin.maintenance_multiplier = {1, 0},
                                     .liquidation.close = CLOSE_FULL,
                                     .waterfall.stage_count = 1,
                                     .waterfall.stages = {STAGE_INSURANCE_FUND}};
    assert_int_equal(accounts_create(&scene->accounts, NULL), STATUS_OK);
}

void scene_account(struct market_scene *scene, const char *id, int64_t balance) {
    assert_int_equal(accounts_add(scene->accounts, id, "", USDT(balance), false, NULL), STATUS_OK);
}

void scene_position(struct market_scene *scene, uint32_t instrument, int64_t lots, int64_t entry) {
    assert_int_equal(accounts_add_position(scene->accounts, instrument, lots, USDT(lots * entry),
                                           MARGIN_CROSS, 0, 0, NULL),
                     STATUS_OK);
}

void scene_order(struct market_scene *scene, uint32_t instrument, int64_t lots, int64_t price) {
    struct open_order_view order = {.instrument = instrument, .lots = lots};
    assert_int_equal(instrument_cost(&scene->instruments[instrument], lots,
                                     (struct decimal){price, 0}, &order.cost, NULL),
                     STATUS_OK);
    assert_int_equal(accounts_add_order(scene->accounts, order, NULL), STATUS_OK);
}

static void add_tick(struct scene_ticks *ticks, int64_t second, int64_t price) {
    assert_true(ticks->count < SCENE_ROWS);
    ticks->ts[ticks->count] = second * NS_PER_S;
    ticks->flags[ticks->count] = TICK_NO_QUANTITY;
    ticks->price[ticks->count++] = price;
}

void scene_tick(struct market_scene *scene, uint32_t instrument, int64_t second, int64_t price) {
    add_tick(&scene->ticks[instrument], second, price);
}

void scene_reading(struct market_scene *scene, enum reading_kind kind, int64_t second,
                   int64_t price) {
    add_tick(&scene->readings[kind], second, price);
}

void scene_event(struct market_scene *scene, struct replay_event event) {
    scene->events[scene->event_count++] = event;
}

void scene_run(struct market_scene *scene) {
    struct error error = {STATUS_OK, ""};
    if (rulebook_check(&scene->rules, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(accounts_finish(scene->accounts, NULL), STATUS_OK);
    struct price_source sources[SCENE_INSTRUMENTS];
    const struct impact_model *models[SCENE_INSTRUMENTS];
    struct impact_params params[SCENE_INSTRUMENTS];
    for (size_t i = 0; i < scene->instrument_count; i++) {
        sources[i] = (struct price_source){{&scene->ticks[i], next_batch}, SERIES_TICKS, 0};
        models[i] = impact_model_find(scene->impact.slope > 0.0 ? "linear" : "none");
        params[i] = scene->impact;
    }
    struct reading_source readings[2];
    struct mark_input marks[SCENE_INSTRUMENTS] = {scene->mark, scene->mark, scene->mark};
    for (int kind = 0; kind < 2; kind++)
        readings[kind] = (struct reading_source){
            {{&scene->readings[kind], next_batch}, SERIES_TICKS, 0}, 0, (enum reading_kind)kind, 0};
    const struct replay_input input = {
        .instrument_count = scene->instrument_count,
        .instruments = scene->instruments,
        .prices = sources,
        .marks = scene->mark.source == MARK_LAST ? NULL : marks,
        .reading_count = 2,
        .readings = readings,
        .clock_step_ns = scene->clock_step_ns,
        .impact_model = models,
        .impact_params = params,
        .simulated = {scene->accounts, &scene->rules, scene->fund, scene->backstop},
        .events = scene->events,
        .event_count = scene->event_count,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .feedback = true,
        .cleaning = CLEANING_NONE,
        .threads = 1,
        .sink = {.context = scene,
                 .liquidations = take_rows,
                 .adl = take_adl,
                 .accounts = take_accounts},
    };
    if (replay_run(&input, &scene->summary, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(scene->summary.ledger_residual == 0);
    accounts_destroy(scene->accounts);
}

void scene_expect(const struct market_scene *scene, size_t row, uint32_t account,
                  uint32_t instrument, int64_t lots, int64_t price) {
    assert_true(row < scene->row_count);
    const struct liquidation_record *r = &scene->rows[row];
    if (r->account != account || r->instrument != instrument || r->quantity_lots != lots ||
        r->price_ticks != price)
        fail_msg("row %zu: account %u, instrument %u, %lld lots at %lld", row, r->account,
                 r->instrument, (long long)r->quantity_lots, (long long)r->price_ticks);
}

int64_t scene_end(const struct market_scene *scene, uint32_t account) {
    for (size_t a = 0; a < scene->outcome_count; a++)
        if (scene->outcome[a].account == account)
            return scene->outcome[a].equity_end;
    fail_msg("no account %u", account);
    return 0;
}

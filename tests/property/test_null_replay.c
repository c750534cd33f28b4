/* Goal: the null-replay identity (design section 5) on the real bars of 19 May 2021: under
 * history's own rules and accounts, with the flow that history contains taken out and put in again,
 * the simulated path is the recorded one, to the tick, and every fill, wallet and fund balance is
 * that of the reference book, to the unit. Method: the bundled scenario with its 13 instruments and
 * tier tables; the day as a whole by the engine, and its worst hour beside the oracle, which keeps
 * the reference's rows and wallets. The prices without feedback must differ from the recorded ones,
 * or nothing was tested. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/oracle.h"
#include "tests/property/real_market.h"
#include "tests/property/run_capture.h"

#define HOUR (60 * NS_PER_MINUTE)

static const char *scenarios_directory(void) {
    const char *directory = getenv("CROSSFALL_SCENARIOS");
    if (directory == NULL)
        directory = "scenarios"; /* from the root of a checkout */
    return directory;
}

/* A fifth of a position at a time, a fee, and a fund that runs out. */
static void close_by_fractions(struct real_market *market) {
    market->rulebook.liquidation.close = CLOSE_FRACTION;
    market->rulebook.liquidation.fraction_e8 = RATE_SCALE / 5;
    market->rulebook.liquidation.order = ORDER_ALL;
    market->rulebook.liquidation.fee_rate_e8 = 50000;
    market->input.simulated.insurance_fund = 1000000 * MONEY_SCALE;
    market->input.reference.insurance_fund = 1000000 * MONEY_SCALE;
}

/* The whole waterfall: a fifth of a position at a time after 200 ms, and again 10 s later at the
 * soonest; a fund that is soon empty, a small vault, auto-deleveraging, and funding twice. */
static void deleverage(struct real_market *market) {
    close_by_fractions(market);
    struct rulebook *rules = &market->rulebook;
    rules->margin.maintenance_multiplier = (struct decimal){1, 1}; /* little is left to be lost */
    rules->limits.interval_ns = 10 * NS_PER_S;
    rules->limits.latency_ns = 200 * NS_PER_MS;
    rules->waterfall.adl_rank = ADL_PROFIT_TIMES_LEVERAGE;
    rules->waterfall.stage_count = 4;
    rules->waterfall.stages[0] = STAGE_INSURANCE_FUND;
    rules->waterfall.stages[1] = STAGE_BACKSTOP;
    rules->waterfall.stages[2] = STAGE_ADL;
    rules->waterfall.stages[3] = STAGE_SOCIALISE;
    struct venue_input *sides[2] = {&market->input.simulated, &market->input.reference};
    for (size_t s = 0; s < 2; s++) {
        sides[s]->insurance_fund = 10000 * MONEY_SCALE;
        sides[s]->backstop = 50000 * MONEY_SCALE;
    }
}

/* Funding at noon and at 13:00 UTC. */
static void pay_funding(struct real_market *market, struct replay_event events[2]) {
    const int64_t noon = market->input.from_ns + 12 * HOUR;
    for (int64_t e = 0; e < 2; e++)
        events[e] = (struct replay_event){.ts_ns = noon + e * HOUR,
                                          .kind = EVENT_FUNDING,
                                          .instrument = EVENT_ALL_INSTRUMENTS,
                                          .rate_e8 = 100000};
    market->input.events = events;
    market->input.event_count = 2;
}

/* Impact that decays and is linear in log price: half of it stays, the rest halves in a minute.
 * Selling a thousandth of the day's volume at once moves the price by half a percent. */
static void linear_with_decay(struct real_market *market) {
    for (size_t i = 0; i < market->input.instrument_count; i++) {
        struct impact_params *params = &market->params[i];
        const double volume = params->volume;
        const double price = (double)market->bars[i].value[0][0] / 1e8;
        *params = (struct impact_params){.space = IMPACT_LOG,
                                         .slope = 5.0 / (volume * price),
                                         .permanent = 0.5,
                                         .half_life_s = 60.0};
        market->models[i] = impact_model_find("linear");
    }
}

/* What the identity says of the engine's own rows. Gives how many minutes had another price without
 * feedback. */
static size_t assert_recorded(const struct real_market *market, const struct run_capture *run) {
    size_t different = 0;
    assert_true(run->minute_count > 0);
    for (size_t m = 0; m < run->minute_count; m++) {
        assert_int_equal(run->minutes[m].simulated_ticks, run->minutes[m].recorded_ticks);
        different += run->minutes[m].without_ticks != run->minutes[m].recorded_ticks;
    }
    for (size_t i = 0; i < market->input.instrument_count; i++) {
        const struct replay_price_summary *price = &run->summary.prices[i];
        assert_int_equal(price->first, price->first_recorded);
        assert_int_equal(price->last, price->last_recorded);
        assert_int_equal(price->min, price->min_recorded);
    }
    assert_true(run->summary.ledger_residual == 0);
    return different;
}

static void the_day(bool fractions, bool linear) {
    struct real_market *market = real_market_create(scenarios_directory(), 20000);
    if (fractions)
        close_by_fractions(market);
    if (linear)
        linear_with_decay(market);
    struct run_capture run;
    run_capture(&market->input, &run);
    const size_t different = assert_recorded(market, &run);
    assert_int_equal(run.minute_count, 13 * 1440);
    assert_true(run.summary.accounts_liquidated > 100);
    assert_true(different > 1000);
    printf("day, close %s, impact %s: %llu orders, %llu accounts, %zu of %zu minutes differ "
           "without feedback\n",
           fractions ? "fraction" : "tier_step", market->models[0]->name,
           (unsigned long long)run.summary.liquidations,
           (unsigned long long)run.summary.accounts_liquidated, different, run.minute_count);
    run_capture_finish(&run);
    real_market_destroy(market);
}

static void the_day_as_bundled(void **state) {
    (void)state;
    the_day(false, false);
}

static void the_day_with_partial_closes(void **state) {
    (void)state;
    the_day(true, true);
}

/* Rows of the engine's simulation against the oracle's reference book. */
static void assert_reference_rows(const struct run_capture *run, const struct oracle_flow *flow) {
    assert_int_equal(run->row_count, flow->book.row_count);
    for (size_t r = 0; r < run->row_count; r++) {
        const struct liquidation_record *x = &run->rows[r];
        const struct liquidation_record *y = &flow->book.rows[r];
        assert_int_equal(x->ts_ns, y->ts_ns);
        assert_int_equal(x->wave, y->wave);
        assert_int_equal(x->account, y->account);
        assert_int_equal(x->instrument, y->instrument);
        assert_int_equal(x->quantity_lots, y->quantity_lots);
        assert_int_equal(x->price_ticks, y->price_ticks);
        assert_int_equal(x->bankruptcy_price_ticks, y->bankruptcy_price_ticks);
        assert_int_equal(x->notional, y->notional);
        assert_int_equal(x->realised_pnl, y->realised_pnl);
        assert_int_equal(x->fee, y->fee);
        assert_int_equal(x->shortfall, y->shortfall);
        assert_int_equal(x->paid_fund, y->paid_fund);
        assert_int_equal(x->unpaid, y->unpaid);
        assert_int_equal(x->paid_adl, y->paid_adl);
        assert_int_equal(x->adl, y->adl);
        assert_int_equal(x->taken_over, y->taken_over);
    }
    assert_int_equal(run->adl_count, flow->book.adl_count);
    for (size_t r = 0; r < run->adl_count; r++) {
        assert_int_equal(run->adl[r].ts_ns, flow->book.adl[r].ts_ns);
        assert_int_equal(run->adl[r].account, flow->book.adl[r].account);
        assert_int_equal(run->adl[r].quantity_lots, flow->book.adl[r].quantity_lots);
        assert_int_equal(run->adl[r].price_ticks, flow->book.adl[r].price_ticks);
        assert_int_equal(run->adl[r].forgone, flow->book.adl[r].forgone);
    }
    for (size_t a = 0; a < flow->account_count; a++) {
        assert_int_equal(run->accounts[a].equity_start, flow->accounts[a].equity_start);
        assert_int_equal(run->accounts[a].equity_end, flow->accounts[a].equity_end);
    }
    assert_true(run->summary.fund_end == flow->fund_end);
    assert_true(run->summary.fund_min == flow->fund_min);
    assert_true(run->summary.unpaid == flow->unpaid);
}

static void the_worst_hour(bool fractions, bool linear) {
    struct real_market *market = real_market_create(scenarios_directory(), 2000);
    if (fractions)
        close_by_fractions(market);
    if (linear)
        linear_with_decay(market);
    market->input.from_ns += 12 * HOUR + HOUR / 2; /* 12:30 to 13:30 UTC */
    market->input.to_ns = market->input.from_ns + HOUR;
    struct oracle_result oracle;
    oracle_run(&market->input, &oracle);
    real_market_rewind(market);
    struct run_capture run;
    run_capture(&market->input, &run);
    const size_t different = assert_recorded(market, &run);
    assert_reference_rows(&run, &oracle.reference);
    for (size_t p = 0; p < oracle.path.count * oracle.instrument_count; p++)
        assert_int_equal(oracle.path.simulated[p], oracle.path.recorded[p]);
    assert_memory_equal(oracle.simulated.wallets, oracle.reference.wallets,
                        oracle.reference.account_count * sizeof(int64_t));
    assert_true(run.row_count > 0 && different > 0);
    if (fractions)
        assert_true(oracle.simulated.book.coverage.partial_closes > 0);
    printf("hour, close %s, impact %s: %zu orders, %llu partial, waves %u, %zu of %zu minutes "
           "differ without feedback\n",
           fractions ? "fraction" : "tier_step", market->models[0]->name, run.row_count,
           (unsigned long long)oracle.simulated.book.coverage.partial_closes, run.summary.waves_max,
           different, run.minute_count);
    run_capture_finish(&run);
    oracle_finish(&oracle);
    real_market_destroy(market);
}

static void the_worst_hour_as_bundled(void **state) {
    (void)state;
    the_worst_hour(false, false);
}

static void the_worst_hour_with_partial_closes(void **state) {
    (void)state;
    the_worst_hour(true, true);
}

/* Auto-deleveraging, vault, an empty fund, latency, cool-down and funding in it. */
static void the_worst_hour_with_the_whole_machine(void **state) {
    (void)state;
    struct replay_event events[2];
    struct real_market *market = real_market_create(scenarios_directory(), 2000);
    deleverage(market);
    linear_with_decay(market);
    market->input.from_ns += 12 * HOUR + HOUR / 2;
    market->input.to_ns = market->input.from_ns + HOUR;
    pay_funding(market, events);
    events[0].ts_ns = market->input.from_ns + HOUR / 4;
    events[1].ts_ns = events[0].ts_ns + HOUR / 2;
    struct oracle_result oracle;
    oracle_run(&market->input, &oracle);
    real_market_rewind(market);
    struct run_capture run;
    run_capture(&market->input, &run);
    const size_t different = assert_recorded(market, &run);
    assert_reference_rows(&run, &oracle.reference);
    assert_memory_equal(oracle.simulated.wallets, oracle.reference.wallets,
                        oracle.reference.account_count * sizeof(int64_t));
    const struct oracle_coverage *seen = &oracle.simulated.book.coverage;
    printf("hour, whole machine: %zu rows, %zu deleveraged, %llu taken by the vault, %llu with "
           "latency, fund from %lld to %lld, %zu of %zu minutes differ without feedback\n",
           run.row_count, run.adl_count, (unsigned long long)seen->vault_takes,
           (unsigned long long)seen->latencies, (long long)(run.summary.fund_start / MONEY_SCALE),
           (long long)(run.summary.fund_end / MONEY_SCALE), different, run.minute_count);
    assert_true(run.adl_count > 0 && seen->vault_takes > 0 && seen->latencies > 0);
    assert_true(run.summary.fund_min < run.summary.fund_start && different > 0);
    assert_true(run.summary.funding != 0);
    run_capture_finish(&run);
    oracle_finish(&oracle);
    real_market_destroy(market);
}

static void the_day_with_the_whole_machine(void **state) {
    (void)state;
    struct replay_event events[2];
    struct real_market *market = real_market_create(scenarios_directory(), 20000);
    deleverage(market);
    linear_with_decay(market);
    pay_funding(market, events);
    struct run_capture run;
    run_capture(&market->input, &run);
    const size_t different = assert_recorded(market, &run);
    printf("day, whole machine: %llu orders, %zu deleveraged, socialised %lld, unpaid %lld, fund "
           "from %lld to %lld, %zu of %zu minutes differ without feedback\n",
           (unsigned long long)run.summary.liquidations, run.adl_count,
           (long long)(run.summary.socialised_loss / MONEY_SCALE),
           (long long)(run.summary.unpaid / MONEY_SCALE),
           (long long)(run.summary.fund_start / MONEY_SCALE),
           (long long)(run.summary.fund_end / MONEY_SCALE), different, run.minute_count);
    assert_true(run.adl_count > 0 && different > 0);
    assert_true(run.summary.fund_min < run.summary.fund_start);
    run_capture_finish(&run);
    real_market_destroy(market);
}

/* The test can fail: with another rule than history's the path is another one. */
static void another_rule_makes_another_day(void **state) {
    (void)state;
    struct real_market *market = real_market_create(scenarios_directory(), 20000);
    struct rulebook gentler = market->rulebook;
    gentler.margin.maintenance_multiplier = (struct decimal){5, 1};
    market->input.simulated.rulebook = &gentler;
    struct run_capture run;
    run_capture(&market->input, &run);
    size_t different = 0;
    for (size_t m = 0; m < run.minute_count; m++)
        different += run.minutes[m].simulated_ticks != run.minutes[m].recorded_ticks;
    assert_true(different > 0);
    assert_true(run.summary.ledger_residual == 0);
    run_capture_finish(&run);
    real_market_destroy(market);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_day_as_bundled),
        cmocka_unit_test(the_day_with_partial_closes),
        cmocka_unit_test(the_worst_hour_as_bundled),
        cmocka_unit_test(the_worst_hour_with_partial_closes),
        cmocka_unit_test(the_worst_hour_with_the_whole_machine),
        cmocka_unit_test(the_day_with_the_whole_machine),
        cmocka_unit_test(another_rule_makes_another_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

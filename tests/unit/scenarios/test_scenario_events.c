/* Goal: events, funding, shock, scale and backstop come out as written, survive being written back,
 * and what is wrong is refused at its place.
 * Method: scenarios in a temporary folder, each key good and bad. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "scenarios/scenario.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)
#define HEAD "market: {instruments: [A, B]}\nvenue: {rulebook: flat}\naccounts: {file: a.csv}\n"

static char *folder;
static char *path;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("events-XXXXXX", NULL);
    path = folder == NULL ? NULL : g_build_filename(folder, "s.yaml", NULL);
    return folder == NULL ? -1 : 0;
}

static int remove_folder(void **state) {
    (void)state;
    (void)g_remove(path); /* not every test wrote it */
    const int rc = g_rmdir(folder);
    g_free(path);
    g_free(folder);
    return rc;
}

static struct scenario *load(const char *text, const char *set) {
    const char *const sets[] = {set, NULL};
    struct scenario *scenario = NULL;
    struct error error = {0};
    assert_true(g_file_set_contents(path, text, -1, NULL));
    if (scenario_load(path, getenv("CROSSFALL_SCENARIOS"), sets, &scenario, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    return scenario;
}

static void bad(const char *text, const char *says) {
    struct scenario *scenario = NULL;
    struct error error = {0};
    assert_true(g_file_set_contents(path, text, -1, NULL));
    const enum status status =
        scenario_load(path, getenv("CROSSFALL_SCENARIOS"), NULL, &scenario, &error);
    if (status != STATUS_CONFIG || strstr(error.message, says) == NULL)
        fail_msg("status %d, '%s' does not say '%s'", (int)status, error.message, says);
}

static void same_when_read_again(const struct scenario *scenario) {
    struct scenario *again = NULL;
    struct error error = {0};
    char *text = scenario_effective_yaml(scenario);
    if (scenario_load_stored(text, scenario->inputs, scenario->input_count, &again, &error) !=
        STATUS_OK)
        fail_msg("%s\n%s", error.message, text);
    char *text_again = scenario_effective_yaml(again);
    assert_string_equal(text, text_again);
    assert_int_equal(scenario->event_count, again->event_count);
    for (size_t i = 0; i < scenario->event_count; i++) {
        const struct scenario_event *a = &scenario->events[i];
        const struct scenario_event *b = &again->events[i];
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->at_ns, b->at_ns);
        assert_int_equal(a->until_ns, b->until_ns);
        assert_int_equal(a->instrument_count, b->instrument_count);
        assert_int_equal(a->instruments == NULL, b->instruments == NULL);
        if (a->rulebook != NULL)
            assert_true(rulebook_equal(a->rulebook, b->rulebook));
    }
    free(text);
    free(text_again);
    scenario_destroy(again);
}

static void nothing_happens_by_default(void **state) {
    (void)state;
    struct scenario *s = load(HEAD "events: []\nfunding: {}\n", NULL);
    assert_int_equal(s->event_count, 0);
    assert_int_equal(s->funding.source, SCENARIO_FUNDING_NONE);
    assert_int_equal(s->funding.interval_ns, 8 * 60 * NS_PER_MINUTE);
    assert_int_equal(s->funding.cap_e8, RATE_SCALE);
    assert_null(s->shock_e8);
    assert_null(s->scale);
    assert_int_equal(s->shock_at_ns, INT64_MIN);
    assert_int_equal(s->backstop, 0);
    same_when_read_again(s);
    scenario_destroy(s);
}

static void every_kind_is_read(void **state) {
    (void)state;
    struct scenario *s = load(
        HEAD
        "events:\n"
        "- {kind: outage, at: 1970-01-01T00:00:01Z, until: 1970-01-01T00:00:02Z, stops: [engine, "
        "top_up, user_orders]}\n"
        "- {kind: outage, at: 1970-01-01T00:00:02Z, stops: [feed], instruments: [B]}\n"
        "- {kind: stale_feed, at: 1970-01-01T00:00:01Z, until: 1970-01-01T00:00:09Z, instrument: "
        "A}\n"
        "- {kind: wrong_feed, at: 1970-01-01T00:00:01Z, instrument: A, factor: 0.9}\n"
        "- {kind: fund_change, at: 1970-01-01T00:00:05Z, amount: -2.5}\n"
        "- {kind: rules, at: 1970-01-01T00:00:06Z, override: {liquidation.close: fraction}}\n"
        "- {kind: rules, at: 1970-01-01T00:00:07Z, rulebook: tiered-example, override: "
        "{liquidation: {fraction: 0.3}}}\n"
        "- {kind: funding, at: 1970-01-01T00:00:08Z, instruments: [B, A], rate: -0.0001}\n"
        "- {kind: depth, at: 1970-01-01T00:00:08Z, until: 1970-01-01T00:00:09Z, instruments: [B], "
        "factor: 0.3}\n",
        NULL);
    const struct scenario_event *e = s->events;
    assert_int_equal(s->event_count, 9);
    assert_int_equal(e[0].at_ns, NS_PER_S);
    assert_int_equal(e[0].until_ns, 2 * NS_PER_S);
    assert_int_equal(e[0].stops,
                     SCENARIO_STOPS_ENGINE | SCENARIO_STOPS_TOP_UP | SCENARIO_STOPS_USER_ORDERS);
    assert_null(e[0].instruments);
    assert_int_equal(e[1].until_ns, INT64_MAX);
    assert_int_equal(e[1].instrument_count, 1);
    assert_int_equal(e[1].instruments[0], 1);
    assert_int_equal(e[2].kind, SCENARIO_STALE_FEED);
    assert_int_equal(e[2].instruments[0], 0);
    assert_int_equal(e[3].rate_e8, 90000000);
    assert_int_equal(e[4].amount, -250000000);
    assert_int_equal(e[5].rulebook->liquidation.close, CLOSE_FRACTION);
    assert_string_equal(e[5].rulebook->name, "flat");
    assert_string_equal(e[6].rulebook->name, "tiered-example");
    assert_int_equal(e[6].rulebook->liquidation.fraction_e8, 30000000);
    assert_int_equal(e[7].rate_e8, -10000);
    assert_int_equal(e[7].instruments[0], 1);
    assert_int_equal(e[8].kind, SCENARIO_DEPTH);
    assert_int_equal(e[8].until_ns, 9 * NS_PER_S);
    assert_int_equal(e[8].rate_e8, 30000000);
    assert_int_equal(s->input_count, 3); /* scenario, flat, tiered-example */
    same_when_read_again(s);
    scenario_destroy(s);
}

static void shock_scale_funding_backstop(void **state) {
    (void)state;
    struct scenario *s = load(
        "market: {instruments: [A, B], shock: {B: -0.3}, shock_at: 2021-05-19T01:00:00Z, scale: "
        "{A: 1.5}}\nvenue: {rulebook: flat, backstop: {value: 5, low: 1, high: 9, source: x}}\n"
        "accounts: {file: a.csv}\nfunding: {source: constant, rate: 0.0003, interval_h: 4, cap: "
        "0.0075}\nfeedback: {reference: {backstop: 7}}\n",
        "market.shock={A: 0.25}");
    assert_int_equal(s->shock_e8[0], 25000000); /* merged with the file's */
    assert_int_equal(s->shock_e8[1], -30000000);
    assert_true(s->scale[0] == 1.5 && s->scale[1] == 1.0);
    assert_int_equal(s->shock_at_ns, INT64_C(1621386000) * NS_PER_S);
    assert_int_equal(s->backstop, USDT(5));
    assert_int_equal(s->reference_backstop, USDT(7));
    assert_int_equal(s->funding.rate_e8, 30000);
    assert_int_equal(s->funding.interval_ns, 4 * 60 * NS_PER_MINUTE);
    assert_int_equal(s->funding.cap_e8, 750000);
    same_when_read_again(s);
    scenario_destroy(s);

    s = load(HEAD "funding: {source: series}\n", "market.scale=2");
    assert_true(s->scale[0] == 2.0 && s->scale[1] == 2.0);
    assert_int_equal(s->funding.source, SCENARIO_FUNDING_SERIES);
    same_when_read_again(s);
    scenario_destroy(s);
}

/* What --set took out of the market is known, and nothing happens to it. */
static void a_narrowed_market_keeps_its_events(void **state) {
    (void)state;
    struct scenario *s =
        load("market: {instruments: [A, B], shock: {A: -0.1, B: -0.3}, scale: {B: 2}}\n"
             "venue: {rulebook: flat}\naccounts: {file: a.csv}\nevents: [{kind: stale_feed, at: "
             "2021-05-19, instrument: B}]\n",
             "market.instruments=[A]");
    assert_int_equal(s->shock_e8[0], -10000000);
    assert_true(s->scale[0] == 1.0);
    assert_non_null(s->events[0].instruments);
    assert_int_equal(s->events[0].instrument_count, 0);
    same_when_read_again(s);
    scenario_destroy(s);
}

#define AT "at: 2021-05-19T12:40:00Z"

static void bad_ones_are_refused_at_their_place(void **state) {
    (void)state;
    const struct {
        const char *text, *says;
    } cases[] = {
        {HEAD "events: [{kind: outrage}]\n", "(nearest: outage), got 'outrage'"},
        {HEAD "events: [{}]\n", "kind is missing"},
        {HEAD "events: {kind: outage}\n", "must be a list"},
        {HEAD "events: [{kind: outage, stops: [feed]}]\n", "events[0].at is missing"},
        {HEAD "events: [{kind: outage, " AT "}]\n", "events[0].stops is missing"},
        {HEAD "events: [{kind: outage, " AT ", stops: []}]\n", "names nothing"},
        {HEAD "events: [{kind: outage, " AT ", stops: [motor]}]\n", "one of top_up, user_orders"},
        {HEAD "events: [{kind: outage, " AT ", until: 2021-05-18, stops: [feed]}]\n",
         "events[0].until must be after"},
        {HEAD "events: [{kind: outage, " AT ", stops: [engine], instrument: A}]\n",
         "only a feed stops for some instruments"},
        {HEAD "events: [{kind: outage, " AT ", stops: [feed], instrument: C}]\n",
         "'C' is not in market.instruments"},
        {HEAD "events: [{kind: stale_feed, " AT ", instrument: A, instruments: [B]}]\n",
         "not both"},
        {HEAD "events: [{kind: outage, " AT ", stops: [feed], factor: 2}]\n",
         "an event of kind outage has no such key"},
        {HEAD "events: [{kind: wrong_feed, " AT "}]\n", "factor is missing"},
        {HEAD "events: [{kind: wrong_feed, " AT ", factor: 0}]\n", "factor must be above 0"},
        {HEAD "events: [{kind: expiry, " AT ", price: 9}]\n", "instrument is missing"},
        {HEAD "events: [{kind: expiry, " AT ", instrument: A}]\n", "price is missing"},
        {HEAD "events: [{kind: expiry, " AT ", instrument: A, price: 0}]\n", "above 0"},
        {HEAD "events: [{kind: fund_change, " AT "}]\n", "amount is missing"},
        {HEAD "events: [{kind: fund_change, " AT ", amount: x}]\n", "must be a number"},
        {HEAD "events: [{kind: rules, " AT "}]\n", "has rulebook, override or both"},
        {HEAD "events: [{kind: rules, " AT ", rulebook: ''}]\n", "names no rulebook"},
        {HEAD "events: [{kind: rules, " AT ", rulebook: binance-usdm-2021-05}]\n",
         "has no margin for A"},
        {HEAD "events: [{kind: rules, " AT ", override: {liquidation.x: 1}}]\n", "unknown key"},
        {HEAD "events: [{kind: funding, " AT "}]\n", "rate is missing"},
        {HEAD "events: [{kind: funding, " AT ", rate: 2}]\n", "at most 1"},
        {HEAD "events: [{kind: haircut, " AT "}]\n", "asset is missing"},
        {HEAD "events: [{kind: haircut, " AT ", asset: BTC}]\n", "weight is missing"},
        {HEAD "events: [{kind: haircut, " AT ", asset: BTC, weight: 0.5}]\n",
         "events[0].asset: 'BTC' is no collateral of rulebook"},
        {HEAD "events: [{kind: haircut, " AT ", asset: USDT, weight: 1.5}]\n", "weight"},
        {HEAD "events: [{kind: depth, " AT "}]\n", "factor is missing"},
        {HEAD "events: [{kind: depth, " AT ", factor: 0}]\n", "factor must be above 0"},
        {HEAD "events: [{kind: depth, " AT ", factor: 0.5, rate: 0.1}]\n",
         "an event of kind depth has no such key"},
        {HEAD "events: [{kind: depth, " AT ", factor: 0.5, instrument: A}, {kind: depth, at: "
              "2021-05-20, factor: 0.3}]\n",
         "events[1]: at the same time as events[0]"},
        {HEAD "events: [{kind: stale_feed, " AT "}, {kind: outage, at: 2021-05-20, stops: "
              "[feed]}]\n",
         "events[1]: at the same time as events[0]"},
        {HEAD "funding: {rate: 0.1}\n", "funding.source is missing"},
        {HEAD "funding: {source: constant}\n", "funding.rate is missing"},
        {HEAD "funding: {source: serie}\n", "(nearest: series)"},
        {HEAD "funding: {source: none, interval_h: 0}\n", "funding.interval_h must be at least 1"},
        {HEAD "funding: {source: none, cap: 2}\n", "funding.cap must be at least 0 and at most 1"},
        {"market: {instruments: [A], shock: {A: -1}}\n", "market.shock.A must be above -1"},
        {"market: {instruments: [A], shock: {C: -0.1}}\n", "'C' is not in market.instruments"},
        {"market: {instruments: [A], shock: -0.1}\n", "must be a mapping"},
        {"market: {instruments: [A], shock_at: noon}\n", "must be a UTC time"},
        {"market: {instruments: [A], scale: -1}\n", "market.scale must be at least 0"},
        {"market: {instruments: [A], scale: {A: 1e9}}\n", "market.scale.A must be"},
        {"market: {instruments: [A], scale: {B: 2}}\n", "'B' is not in market.instruments"},
        {"market: {instruments: [A]}\nvenue: {rulebook: flat, backstop: -1}\n", "at least 0"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bad(cases[i].text, cases[i].says);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_happens_by_default),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(shock_scale_funding_backstop),
        cmocka_unit_test(a_narrowed_market_keeps_its_events),
        cmocka_unit_test(bad_ones_are_refused_at_their_place),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

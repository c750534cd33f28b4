/* Goal: a scenario comes out as written, with the documented defaults, --set and history kept
 * apart; written back and read again it is the same; everything else is refused at its place.
 * Method: files in a temporary folder beside the bundled scenario and rulebooks. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>

#include "scenarios/impact_defaults.h"
#include "scenarios/scenario.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)

/* The smallest one; more sections follow in the tests. */
#define SMALL                                                                                      \
    "market: {instruments: [BTCUSDT, ETHUSDT]}\nvenue: {rulebook: flat}\naccounts: {file: "        \
    "a.csv}\n"

static char *folder;
static char *path;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("scenario-XXXXXX", NULL);
    path = folder == NULL ? NULL : g_build_filename(folder, "small.yaml", NULL);
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

static const char *bundled(void) {
    const char *dir = getenv("CROSSFALL_SCENARIOS");
    assert_non_null(dir);
    return dir;
}

static struct scenario *load(const char *text, const char *const *sets) {
    struct scenario *scenario = NULL;
    struct error error = {0};
    if (text != NULL)
        assert_true(g_file_set_contents(path, text, -1, NULL));
    if (scenario_load(text != NULL ? path : "may-2021", bundled(), sets, &scenario, &error) !=
        STATUS_OK)
        fail_msg("%s", error.message);
    return scenario;
}

static void bad(const char *text, const char *set, enum status expected, const char *says) {
    const char *const sets[] = {set, NULL};
    struct scenario *scenario = NULL;
    struct error error = {0};
    assert_true(g_file_set_contents(path, text, -1, NULL));
    const enum status status = scenario_load(path, bundled(), sets, &scenario, &error);
    if (status != expected || strstr(error.message, says) == NULL)
        fail_msg("status %d, '%s' does not say '%s'", (int)status, error.message, says);
    assert_null(scenario);
}

/* Writes it back, reads that, and writes it again. */
static void same_when_read_again(const struct scenario *scenario) {
    struct scenario *again = NULL;
    struct error error = {0};
    char *text = scenario_effective_yaml(scenario);
    assert_non_null(text);
    if (scenario_load_stored(text, scenario->inputs, scenario->input_count, &again, &error) !=
        STATUS_OK)
        fail_msg("%s\n%s", error.message, text);
    char *text_again = scenario_effective_yaml(again);
    assert_string_equal(text, text_again);
    assert_true(rulebook_equal(&scenario->rulebook, &again->rulebook));
    assert_true(rulebook_equal(&scenario->reference_rulebook, &again->reference_rulebook));
    assert_int_equal(scenario->reference_insurance_fund, again->reference_insurance_fund);
    assert_int_equal(scenario->reference_rulebook_differs, again->reference_rulebook_differs);
    assert_int_equal(scenario->reference_accounts_differ, again->reference_accounts_differ);
    assert_int_equal(scenario->guess_count, again->guess_count);
    for (size_t i = 0; i < scenario->guess_count; i++) {
        assert_string_equal(scenario->guesses[i].key, again->guesses[i].key);
        assert_true(scenario->guesses[i].low == again->guesses[i].low);
    }
    assert_int_equal(scenario->input_count, again->input_count);
    for (size_t i = 0; i < scenario->input_count; i++) {
        assert_string_equal(scenario->inputs[i].kind, again->inputs[i].kind);
        assert_string_equal(scenario->inputs[i].path, again->inputs[i].path);
        assert_int_equal(scenario->inputs[i].size, again->inputs[i].size);
    }
    for (size_t i = 0; i < scenario->instrument_count; i++)
        assert_int_equal(scenario->instruments[i].impact_auto, again->instruments[i].impact_auto);
    free(text);
    free(text_again);
    scenario_destroy(again);
}

static void defaults_are_filled_in(void **state) {
    (void)state;
    struct scenario *s = load(SMALL, NULL);
    assert_string_equal(s->name, "small");
    assert_string_equal(s->title, "");
    assert_true(s->from_ns == INT64_MIN && s->to_ns == INT64_MAX);
    assert_int_equal(s->instrument_count, 2);
    assert_string_equal(s->instruments[1].symbol, "ETHUSDT");
    assert_true(s->instruments[0].price_tick_auto && s->instruments[0].lot_auto);
    assert_int_equal(s->instruments[0].contract_size.mantissa, 1);
    assert_int_equal(s->bar_path, BAR_PATH_NEAREST);
    assert_string_equal(s->rulebook.name, "flat");
    assert_int_equal(s->insurance_fund, 0);
    assert_false(s->accounts.synthetic);
    char *file = g_build_filename(folder, "a.csv", NULL); /* beside the scenario */
    assert_string_equal(s->accounts.file, file);
    g_free(file);
    assert_string_equal(s->impact_preset, "default");
    assert_ptr_equal(s->instruments[0].impact_preset->model, impact_model_find("square_root"));
    assert_int_equal(s->instruments[0].impact_auto,
                     SCENARIO_AUTO_VOLATILITY | SCENARIO_AUTO_VOLUME | SCENARIO_AUTO_REFERENCE);
    assert_true(s->instruments[0].impact.withdrawal.floor == 0.05);
    assert_null(s->impact_cross);
    assert_true(s->instruments[0].impact.prefactor == 1.0);
    assert_true(s->instruments[0].impact.half_life_s == 300.0);
    assert_int_equal(s->clock_step_ns, NS_PER_S);
    assert_true(s->feedback);
    assert_int_equal(s->cleaning, CLEANING_MODELLED);
    assert_int_equal(s->max_waves, 0);
    assert_false(s->reference_rulebook_differs);
    assert_false(s->reference_accounts_differ);
    assert_int_equal(s->guess_count, 8); /* the impact model's */
    assert_int_equal(s->input_count, 2);
    assert_string_equal(s->inputs[0].kind, "scenario");
    assert_memory_equal(s->inputs[0].bytes, SMALL, s->inputs[0].size);
    assert_string_equal(s->inputs[1].path, "bundled:rulebooks/flat.yaml");
    same_when_read_again(s);
    scenario_destroy(s);
}

static void every_section_is_read(void **state) {
    (void)state;
    struct scenario *s = load(
        "scenario: {name: n, title: T, note: \"a \\\"q\\\"\\nb\", source: s, caveats: [one, two], "
        "from: 2021-05-19T00:00:00Z, to: 2021-05-20}\n"
        "market:\n  instruments: [A, 'V:B']\n  bar_path: olhc\n  instrument:\n"
        "    A: {kind: linear, contract_size: 10, price_tick: 0.50, lot: 0.001, mark: recorded}\n"
        "    'V:B': {mark: rulebook, pass_through: 0.25}\n"
        "venue: {rulebook: flat, insurance_fund: {value: 3e8, low: 1e8, high: 4e8, source: why}, "
        "override: {liquidation.close: fraction}}\n"
        "population: {accounts: 1000, seed: 18446744073709551615, open_interest: {A: 5e6, "
        "'V:B': {value: 7, high: 9}}, equity: {median: 500}, leverage: {max: 50}, positions: {max: "
        "3}, hedging: {share: 0.25}}\n"
        "impact: {model: linear, permanent: 1.0, clock_step_ms: 0, instrument: {A: {space: price, "
        "slope: 0.5}, 'V:B': {slope: 1e-12, half_life_s: 60}}}\n"
        "feedback: {enabled: false, cleaning: modelled, max_waves: 7, reference: {insurance_fund: "
        "1, "
        "population: {accounts: 5}}}\nevents: []\n",
        NULL);
    assert_string_equal(s->note, "a \"q\"\nb");
    assert_int_equal(s->caveat_count, 2);
    assert_int_equal(s->to_ns - s->from_ns, NS_PER_DAY);
    assert_int_equal(s->bar_path, BAR_PATH_OLHC);
    assert_int_equal(decimal_normal(s->instruments[0].price_tick).mantissa, 5);
    assert_false(s->instruments[0].lot_auto);
    assert_int_equal(s->instruments[0].contract_size.mantissa, 10);
    assert_int_equal(s->rulebook.liquidation.close, CLOSE_FRACTION);
    assert_int_equal(s->reference_rulebook.liquidation.close, CLOSE_FULL);
    assert_true(s->reference_rulebook_differs);
    assert_int_equal(s->insurance_fund, USDT(300000000));
    assert_int_equal(s->reference_insurance_fund, USDT(1));
    assert_true(s->accounts.synthetic);
    assert_true(s->accounts.population.seed == UINT64_MAX);
    assert_int_equal(s->accounts.population.open_interest[0], USDT(5000000));
    assert_int_equal(s->accounts.population.open_interest[1], USDT(7));
    assert_true(s->accounts.population.equity.median == 500.0);
    assert_true(s->accounts.population.hedged_share == 0.25);
    assert_int_equal(s->accounts.population.positions.max, 3);
    assert_true(s->reference_accounts_differ);
    assert_int_equal(s->reference_accounts.population.accounts, 5);
    assert_true(s->reference_accounts.population.equity.median == 500.0);
    assert_ptr_equal(s->instruments[0].impact_preset->model, impact_model_find("linear"));
    assert_int_equal(s->instruments[0].impact.space, IMPACT_PRICE);
    assert_true(s->instruments[0].impact.slope == 0.5);
    assert_true(s->instruments[0].impact.permanent == 1.0);
    assert_true(s->instruments[1].impact.slope == 1e-12);
    assert_true(s->instruments[1].impact.half_life_s == 60.0);
    assert_int_equal(s->clock_step_ns, 0);
    assert_false(s->feedback);
    assert_int_equal(s->cleaning, CLEANING_MODELLED);
    assert_int_equal(s->max_waves, 7);
    assert_int_equal(s->instruments[0].mark.source, MARK_RECORDED);
    assert_true(s->instruments[0].mark.pass_through == 0.4);
    assert_int_equal(s->instruments[1].mark.source, MARK_RULEBOOK);
    assert_true(s->instruments[1].mark.pass_through == 0.25);
    assert_int_equal(s->guess_count, 4); /* pass-through of A, fund, V:B, half-life of A */
    assert_string_equal(s->guesses[0].key, "market.instrument.A.pass_through");
    assert_string_equal(s->guesses[1].key, "venue.insurance_fund");
    assert_true(s->guesses[1].value == 3e8 && s->guesses[1].low == 1e8 &&
                s->guesses[1].high == 4e8);
    assert_string_equal(s->guesses[1].source, "why");
    assert_string_equal(s->guesses[2].key, "population.open_interest.V:B");
    assert_true(s->guesses[2].low == 7.0);
    same_when_read_again(s);
    scenario_destroy(s);
}

/* By the symbol of an inverse contract, by what is written, else as the accounts; XBT is BTC where
 * the rulebook knows it as that. */
static void contracts_settle_where_they_say(void **state) {
    (void)state;
    static const char *const settles[] = {NULL, "BTC", "ETH", "BTC", "USDC", NULL};
    struct scenario *s = load(
        "market:\n  instruments: [BTCUSDT, BTCUSD_PERP, ETH-USD-SWAP, XBTUSD, ADAUSDC, XRPUSDC]\n"
        "  instrument:\n    BTCUSD_PERP: {kind: inverse}\n    ETH-USD-SWAP: {kind: inverse}\n"
        "    XBTUSD: {kind: inverse}\n    ADAUSDC: {settlement: USDC}\n"
        "venue: {rulebook: flat, override: {collateral.BTC: {weight: 0.9}}}\n"
        "accounts: {file: a.csv}\n",
        NULL);
    for (size_t i = 0; i < sizeof(settles) / sizeof(settles[0]); i++) {
        const char *is = scenario_settles(s, i);
        if ((is == NULL) != (settles[i] == NULL) || (is != NULL && strcmp(is, settles[i]) != 0))
            fail_msg("%s settles in %s", s->instruments[i].symbol, is);
    }
    same_when_read_again(s);
    scenario_destroy(s);
    s = load("market: {instruments: [BTCUSD_PERP], instrument: {BTCUSD_PERP: {kind: inverse}}}\n"
             "venue: {rulebook: flat}\naccounts: {file: a.csv}\n",
             NULL);
    assert_null(scenario_settles(s, 0)); /* the accounts do so too */
    scenario_destroy(s);
}

static void set_changes_the_run_but_not_history(void **state) {
    (void)state;
    const char *const sets[] = {"venue.override.margin.maintenance_multiplier=1.25",
                                "venue.insurance_fund=5",
                                "population.accounts=10",
                                "impact={model: none}",
                                "market.instruments=[ETHUSDT, BTCUSDT]",
                                "reference.insurance_fund=9",
                                NULL};
    struct scenario *s = load(NULL, sets);
    assert_int_equal(s->instrument_count, 2);
    assert_string_equal(s->instruments[0].symbol, "ETHUSDT");
    assert_true(decimal_to_double(s->rulebook.margin.maintenance_multiplier) == 1.25);
    assert_true(decimal_to_double(s->reference_rulebook.margin.maintenance_multiplier) == 1.0);
    assert_true(s->reference_rulebook_differs);
    assert_int_equal(s->insurance_fund, USDT(5));
    assert_int_equal(s->reference_insurance_fund, USDT(9));
    assert_int_equal(s->accounts.population.accounts, 10);
    assert_int_equal(s->reference_accounts.population.accounts, 100000);
    assert_int_equal(s->reference_accounts.population.open_interest[1], USDT(1600000000));
    assert_true(s->reference_accounts_differ);
    assert_string_equal(s->impact_preset, "none");
    /* open interest of the two, working off of what is taken over; the fund is given */
    assert_int_equal(s->guess_count, 4);
    same_when_read_again(s);
    scenario_set_seed(s, 42);
    assert_int_equal(s->accounts.population.seed, 42);
    assert_int_equal(s->reference_accounts.population.seed, 42);
    scenario_destroy(s);
}

static void history_follows_what_names_it(void **state) {
    (void)state;
    const char *const sets[] = {"reference.rulebook=tiered-example",
                                "feedback.reference.override.liquidation.fraction=0.5",
                                "reference.accounts.file=/other.csv", NULL};
    struct scenario *s = load(SMALL, sets);
    assert_string_equal(s->rulebook.name, "flat");
    assert_string_equal(s->reference_rulebook.name, "tiered-example");
    assert_int_equal(s->reference_rulebook.liquidation.fraction_e8, 50000000);
    assert_string_equal(s->reference_accounts.file, "/other.csv");
    assert_true(s->reference_accounts_differ);
    same_when_read_again(s);
    scenario_destroy(s);
}

static void cleaning_defaults_with_feedback(void **state) {
    (void)state;
    struct scenario *s = load(SMALL "feedback: {enabled: false}\n", NULL);
    assert_int_equal(s->cleaning, CLEANING_NONE);
    same_when_read_again(s);
    scenario_destroy(s);
}

static void the_bundled_day_loads(void **state) {
    (void)state;
    struct scenario *s = load(NULL, NULL);
    assert_string_equal(s->name, "may-2021");
    assert_int_equal(s->instrument_count, 13);
    /* fund, 13 open interests, 8 of the impact model, 2 of working off */
    assert_int_equal(s->guess_count, 24);
    for (size_t i = 0; i < s->guess_count; i++) {
        assert_true(s->guesses[i].low < s->guesses[i].high);
        assert_true(s->guesses[i].source[0] != '\0');
    }
    assert_true(s->caveat_count > 0);
    same_when_read_again(s);
    scenario_destroy(s);
}

static void bad_files_are_refused_at_their_place(void **state) {
    (void)state;
    const struct {
        const char *text, *says;
    } cases[] = {
        {"- a\n", "must be a mapping"},
        {"", "market is missing"},
        {SMALL "venu: {}\n",
         "small.yaml:4:1: error: unknown key venu; the nearest known one is 'venue'"},
        {SMALL "feedback: {enabled: yes}\n",
         "small.yaml:4:21: error: feedback.enabled must be true"},
        {SMALL "feedback: {cleaning: prints}\n", "one of none, recorded, open_interest"},
        {SMALL "feedback: {cleaning: recorded, throttle_ms: -1}\n", "feedback.throttle_ms"},
        {SMALL "impact: {depth: [[0.01, 5], [0.02, 5]]}\n",
         "depth: point 2: distance and quantity"},
        {SMALL "impact: {depth: [[0.01, 5, 6]]}\n", "[distance, quantity]"},
        {SMALL "impact: {depth: []}\n", "depth has 1 to 64 points, not 0"},
        {SMALL "impact: {withdrawal: {flor: 1}}\n", "nearest known one is 'floor'"},
        {SMALL "impact: {withdrawal: {floor: 0}}\n", "impact.withdrawal.floor must be at least"},
        {SMALL "impact: {model: linear, slope: 1e-9, instrument: {BTCUSDT: {cross: {ETHUSDT: "
               "1e-10}}}}\n",
         "is not symmetric"},
        {SMALL "impact: {model: linear, slope: 1e-9, instrument: {BTCUSDT: {cross: {ETHUSDT: "
               "2e-9}}, ETHUSDT: {cross: {BTCUSDT: 2e-9}}}}\n",
         "stronger than the instruments' own"},
        {SMALL "impact: {model: linear, slope: 1, instrument: {BTCUSDT: {cross: {ETHUSDT: 1}}, "
               "ETHUSDT: {space: price}}}\n",
         "all instruments in one space"},
        {SMALL "impact: {model: linear, slope: 1, instrument: {BTCUSDT: {cross: {BTCUSDT: 1}}}}\n",
         "own impact is its slope"},
        {SMALL "impact: {model: linear, slope: 1, instrument: {BTCUSDT: {cross: {ETHUSD: 1}}}}\n",
         "the nearest there is 'ETHUSDT'"},
        {SMALL "impact: {cross: {ETHUSDT: 1}}\n", "unknown key impact.cross"},
        {SMALL "impact: {model: linear}\n", "impact.instrument.BTCUSDT.slope is missing"},
        {SMALL "impact: {half_life: 3}\n", "nearest known one is 'half_life_s'"},
        {SMALL "impact: {permanent: 1.1}\n", "impact.permanent must be at least 0 and at most 1"},
        {SMALL "impact: {instrument: {BTCUSD: {}}}\n", "the nearest there is 'BTCUSDT'"},
        {SMALL "impact: {prefactor: auto}\n", "must be a number"},
        {SMALL "impact: {parameters: p.yaml}\n", "impact.parameters is not supported yet"},
        {SMALL "population: {equity: {median: 0}}\n",
         "small.yaml:4:31: error: population.equity.median"},
        {SMALL "population: {leverage: {min: 9, max: 3}}\n", "population.leverage.min"},
        {SMALL "population: {accounts: 1e12}\n", "population.accounts"},
        {SMALL "population: {open_interest: {XRP: 1}}\n", "'XRP' is not in market.instruments"},
        {SMALL "population: {open_interest: {BTCUSDT: {low: 1}}}\n", "value is missing"},
        {SMALL "population: {open_interest: {BTCUSDT: {value: 1, low: 2}}}\n", "is not within"},
        {SMALL "scenario: {from: 2021-05-20, to: 2021-05-19}\n", "scenario.to must be after"},
        {SMALL "scenario: {from: yesterday}\n", "must be a UTC time"},
        {"market: {instruments: []}\n", "must name 1 to 1024"},
        {"market: {instruments: BTCUSDT}\n", "must be a list"},
        {"market: {instruments: [A, A]}\n", "names A twice"},
        {"market: {instruments: [a b]}\n", "must be a venue's symbol"},
        {"market: {instruments: [A], instrument: {A: {kind: reverse}}}\n",
         "one of linear, inverse"},
        {"market: {instruments: [A], instrument: {A: {mark: fair}}}\n",
         "one of last, recorded, rulebook"},
        {"market: {instruments: [A], instrument: {A: {mark: recorded, pass_through: 1.5}}}\n",
         "market.instrument.A.pass_through"},
        {SMALL "feedback: {reference: {override: {mark.of: [last, last]}}}\n",
         "mark.of: a price stands there twice"},
        {"market: {instruments: [A], instrument: {A: {lot: 0}}}\n", "must be above 0"},
        {"market: {instruments: [A], instrument: {B: {}}}\n", "'B' is not in market.instruments"},
        {"market: {instruments: [A], instrument: {A: {kind: spot, settlement: B}}}\n",
         "market.instrument.A.settlement: spot is no contract"},
        {"market: {instruments: [A]}\n", "venue is missing"},
        {"market: {instruments: [A]}\nvenue: {}\n", "venue.rulebook is missing"},
        {"market: {instruments: [A]}\nvenue: {rulebook: binance-usdm-2021-05}\n",
         "has no margin for A"},
        {"market: {instruments: [A]}\nvenue: {rulebook: flat}\n", "no accounts"},
        {"market: {instruments: [A]}\nvenue: {rulebook: flat, override: {liquidation.x: 1}}\n",
         "unknown key liquidation.x"},
        {"market: {instruments: [A]}\nvenue: {rulebook: flat, insurance_fund: -1}\n", "at least 0"},
        {SMALL "feedback: {reference: {fund: 1}}\n", "nearest known one is"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bad(cases[i].text, NULL, STATUS_CONFIG, cases[i].says);
    bad("market: {instruments: [A]}\nvenue: {rulebook: flat2}\n", NULL, STATUS_IO,
        "small.yaml:2: venue.rulebook");
    struct scenario *s = NULL;
    struct error error = {0};
    assert_int_equal(scenario_load("may-2012", bundled(), NULL, &s, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "the nearest bundled one is 'may-2021'"));
    assert_int_equal(scenario_load("/none.yaml", bundled(), NULL, &s, &error), STATUS_IO);
}

static void a_bad_set_is_named(void **state) {
    (void)state;
    const struct {
        const char *set;
        enum status status;
        const char *says;
    } cases[] = {
        {"novalue", STATUS_USAGE, "--set novalue: must be KEY.KEY=VALUE"},
        {"=1", STATUS_USAGE, "must be KEY.KEY=VALUE"},
        {"venue.insurence_fund=1", STATUS_CONFIG,
         "--set venue.insurence_fund=1: error: unknown key venue.insurence_fund; the nearest known "
         "one is 'insurance_fund'"},
        {"venue.insurance_fund=x", STATUS_CONFIG, "--set venue.insurance_fund=x: error: "},
        {"venue.insurance_fund=[1", STATUS_CONFIG, "--set venue.insurance_fund=[1: error: "},
        {"venue.override.liquidation.fraction=7", STATUS_CONFIG,
         "--set venue.override.liquidation.fraction=7: error: liquidation.fraction must be"},
        {"venue.rulebook.x=1", STATUS_CONFIG, "'rulebook' is not a section"},
        {"venue.rulebook=nope", STATUS_IO, "--set venue.rulebook=nope"},
        {"reference.nope=1", STATUS_CONFIG, "unknown key feedback.reference.nope"},
        {"accounts.file=", STATUS_CONFIG, "no accounts"},
        {"scenario.name=&a x", STATUS_CONFIG, "anchors"},
        {"scenario.name=\xff", STATUS_CONFIG, "not UTF-8"},
        {"scenario..name=a", STATUS_CONFIG, "unknown key"},
        {"scenario.=a", STATUS_CONFIG, "is not a key"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        bad(SMALL, cases[i].set, cases[i].status, cases[i].says);
}

static void a_stored_scenario_needs_its_inputs(void **state) {
    (void)state;
    struct scenario *s = load(SMALL, NULL);
    struct scenario *again = NULL;
    struct error error = {0};
    char *text = scenario_effective_yaml(s);
    assert_int_equal(scenario_load_stored(text, NULL, 0, &again, &error), STATUS_IO);
    assert_non_null(strstr(error.message, "not among the run's stored inputs"));
    free(text);
    scenario_destroy(s);
}

static void market_and_venue_load_alone(void **state) {
    (void)state;
    struct scenario *s = NULL;
    struct error error = {0};
    const char *const symbols[] = {"ETHUSDT", "BTCUSDT"};
    assert_int_equal(scenario_load_market(NULL, bundled(), "flat", symbols, 2, &s, &error),
                     STATUS_OK);
    assert_int_equal(s->instrument_count, 2);
    assert_string_equal(s->instruments[0].symbol, "ETHUSDT");
    assert_string_equal(s->rulebook.name, "flat");
    scenario_destroy(s);
    assert_true(g_file_set_contents(
        path,
        "market: {instrument: {BTCUSDT: {lot: 0.001}}}\nvenue: {rulebook: flat, override: "
        "{margin.maintenance_rate: 0.5}}\n",
        -1, NULL));
    assert_int_equal(
        scenario_load_market(path, bundled(), "binance-usdm-2021-05", symbols, 2, &s, &error),
        STATUS_OK);
    assert_string_equal(s->rulebook.name, "binance-usdm-2021-05");
    assert_int_equal(s->rulebook.margin.tables[0].tiers[0].rate_e8, 50000000);
    assert_false(s->instruments[1].lot_auto);
    scenario_destroy(s);
    s = NULL;
    assert_int_equal(scenario_load_market(NULL, bundled(), NULL, symbols, 2, &s, &error),
                     STATUS_CONFIG);
    assert_int_equal(scenario_load_market(NULL, bundled(), "flatt", symbols, 2, &s, &error),
                     STATUS_IO);
    assert_null(s);
}

/* Depth as points, as one number, left to the data; and what each makes of the presets. */
static void depth_decides_about_the_model(void **state) {
    (void)state;
    struct scenario *s =
        load(SMALL "impact: {withdrawal: {floor: 0.1}, instrument: {BTCUSDT: {depth: [[0.01, 400], "
                   "[0.02, 700]], withdrawal: {fall: 0.5}}}}\n",
             NULL);
    const struct scenario_instrument *btc = &s->instruments[0];
    const struct scenario_instrument *eth = &s->instruments[1];
    assert_ptr_equal(btc->impact_preset->model, impact_model_find("book"));
    assert_ptr_equal(eth->impact_preset->model, impact_model_find("square_root"));
    assert_int_equal(btc->impact.depth.count, 2);
    assert_true(btc->impact.depth.points[1].quantity == 700.0);
    assert_true(btc->impact.withdrawal.floor == 0.1 && btc->impact.withdrawal.fall == 0.5);
    assert_true(eth->impact.withdrawal.floor == 0.1 && eth->impact.withdrawal.fall == 0.25);
    assert_int_equal(btc->impact_auto, SCENARIO_AUTO_REFERENCE);
    same_when_read_again(s);
    struct scenario_instrument bound;
    scenario_bound_impact(btc, impact_preset_find("book-upper"), &bound);
    assert_int_equal(bound.impact.depth.count, 2);
    assert_true(bound.impact.withdrawal.floor == 0.02); /* the bound's own */
    assert_int_equal(bound.impact_auto, SCENARIO_AUTO_REFERENCE);
    scenario_fill_impact(&bound, 0.04, 0.0);
    assert_int_equal(impact_model_find("book")->check(&bound.impact, NULL), STATUS_OK);
    scenario_bound_impact(btc, impact_preset_find("sqrt-lower"), &bound);
    assert_int_equal(bound.impact_auto, SCENARIO_AUTO_VOLATILITY | SCENARIO_AUTO_VOLUME);
    assert_true(bound.impact.withdrawal.fall == 0.0);
    scenario_destroy(s);

    s = load(SMALL "impact: {model: book-upper, volume: 5e4, instrument: {ETHUSDT: {depth_1pct: "
                   "80}}}\n",
             NULL);
    btc = &s->instruments[0];
    eth = &s->instruments[1];
    assert_int_equal(btc->impact_auto, SCENARIO_AUTO_DEPTH | SCENARIO_AUTO_REFERENCE);
    assert_int_equal(eth->impact_auto, SCENARIO_AUTO_REFERENCE);
    assert_int_equal(s->guess_count, 8); /* share, exponent, permanent, half-life, 4 withdrawal */
    same_when_read_again(s);
    scenario_fill_impact(&s->instruments[0], 0.04, 1e9);
    assert_true(btc->impact.depth_1pct == 50.0);
    assert_true(btc->impact.depth.from_depth_1pct && btc->impact.depth.secant == 0.01 / 50.0);
    const double normal = btc->impact.withdrawal.volatility_reference;
    assert_true(normal > 8.41e-4 && normal < 8.42e-4); /* 0.04 / sqrt(1440) * sqrt(2 / pi) */
    same_when_read_again(s);
    scenario_bound_impact(eth, impact_preset_find("sqrt-lower"), &bound);
    assert_int_equal(bound.impact_auto, SCENARIO_AUTO_VOLATILITY | SCENARIO_AUTO_VOLUME);
    scenario_bound_impact(btc, impact_preset_find("sqrt-lower"), &bound);
    assert_true(bound.impact.volume == 5e4);
    assert_int_equal(bound.impact_auto, SCENARIO_AUTO_VOLATILITY);
    scenario_destroy(s);
}

static void cross_impact_is_a_matrix(void **state) {
    (void)state;
    struct scenario *s =
        load(SMALL "impact: {model: linear, slope: 1e-9, instrument: {BTCUSDT: {cross: {ETHUSDT: "
                   "5e-10}}, ETHUSDT: {slope: 4e-9, cross: {BTCUSDT: 5e-10}}}}\n",
             NULL);
    assert_non_null(s->impact_cross);
    assert_true(s->impact_cross[1] == 5e-10 && s->impact_cross[2] == 5e-10);
    same_when_read_again(s);
    scenario_destroy(s);
    s = load(SMALL "impact: {model: linear, slope: 1, space: price, allow_inadmissible: true, "
                   "instrument: {BTCUSDT: {cross: {ETHUSDT: 3}}}}\n",
             NULL);
    assert_true(s->impact_cross[1] == 3.0 && s->impact_cross[2] == 0.0);
    same_when_read_again(s);
    scenario_destroy(s);
    s = load(SMALL "impact: {instrument: {BTCUSDT: {cross: {ETHUSDT: 3}}}}\n", NULL);
    assert_null(s->impact_cross); /* of another model: not read */
    scenario_destroy(s);
}

static void check_preset(const struct impact_preset *preset) {
    struct impact_params params = {.space = IMPACT_LOG};
    assert_true(preset->title[0] != '\0');
    for (size_t i = 0; i < preset->parameter_count; i++) {
        const struct impact_parameter *parameter = &preset->parameters[i];
        double value = parameter->value;
        if (parameter->kind == IMPACT_VALUE)
            assert_true(value >= parameter->min && value <= parameter->max);
        else
            value = 0.5;
        if (parameter->kind == IMPACT_AUTO)
            assert_int_not_equal(scenario_auto_bit(parameter->name), 0);
        if (parameter->guess) {
            assert_true(parameter->low < parameter->value && parameter->value < parameter->high);
            assert_true(parameter->source[0] != '\0');
        }
        memcpy((char *)&params + parameter->offset, &value, sizeof(value));
        assert_true(impact_value(&params, parameter) == value);
    }
    impact_prepare(&params); /* the model takes what the table fills in */
    assert_int_equal(preset->model->check(&params, NULL), STATUS_OK);
}

static void every_preset_is_complete(void **state) {
    (void)state;
    assert_string_equal(impact_presets[0]->name, "default");
    for (size_t p = 0; impact_presets[p] != NULL; p++) {
        const struct impact_preset *preset = impact_presets[p];
        assert_ptr_equal(impact_preset_find(preset->name), preset);
        check_preset(preset);
        if (preset->with_depth != NULL)
            check_preset(preset->with_depth);
    }
    assert_null(impact_preset_find("nope"));
    for (size_t m = 0; impact_models[m] != NULL; m++)
        assert_non_null(impact_preset_find(impact_models[m]->name));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_filled_in),
        cmocka_unit_test(every_section_is_read),
        cmocka_unit_test(contracts_settle_where_they_say),
        cmocka_unit_test(set_changes_the_run_but_not_history),
        cmocka_unit_test(history_follows_what_names_it),
        cmocka_unit_test(cleaning_defaults_with_feedback),
        cmocka_unit_test(the_bundled_day_loads),
        cmocka_unit_test(bad_files_are_refused_at_their_place),
        cmocka_unit_test(a_bad_set_is_named),
        cmocka_unit_test(a_stored_scenario_needs_its_inputs),
        cmocka_unit_test(market_and_venue_load_alone),
        cmocka_unit_test(depth_decides_about_the_model),
        cmocka_unit_test(cross_impact_is_a_matrix),
        cmocka_unit_test(every_preset_is_complete),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

/* Goal: `crossfall margin` answers as interface §7 says, and refuses what it cannot answer with the
 * right exit code. Method: the built command on small files in a temporary folder. */

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <jansson.h>

static char *folder;
static char *accounts;
static char *market;

static int make_folder(void **state) {
    (void)state;
    folder = g_dir_make_tmp("margin-XXXXXX", NULL);
    if (folder == NULL)
        return -1;
    accounts = g_build_filename(folder, "a.csv", NULL);
    market = g_build_filename(folder, "market.yaml", NULL);
    return 0;
}

static int remove_folder(void **state) {
    (void)state;
    (void)g_remove(accounts); /* not every test wrote them */
    (void)g_remove(market);
    const int rc = g_rmdir(folder);
    g_free(accounts);
    g_free(market);
    g_free(folder);
    return rc;
}

/* Runs `crossfall margin a.csv ARGUMENTS`; gives the exit code and what it wrote. */
static int run(const char *arguments, char **ret_output, char **ret_error) {
    int status = 0;
    char *line = g_strdup_printf("%s margin %s %s", g_getenv("CROSSFALL_BIN"), accounts, arguments);
    assert_true(g_spawn_command_line_sync(line, ret_output, ret_error, &status, NULL));
    g_free(line);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static json_t *answer(const char *csv, const char *arguments) {
    char *output = NULL;
    char *error = NULL;
    assert_true(g_file_set_contents(accounts, csv, -1, NULL));
    char *with_json = g_strdup_printf("--json %s", arguments);
    if (run(with_json, &output, &error) != 0)
        fail_msg("%s", error);
    json_t *document = json_loads(output, 0, NULL);
    assert_non_null(document);
    g_free(with_json);
    g_free(output);
    g_free(error);
    return document;
}

static void refused(const char *csv, const char *arguments, int code, const char *says) {
    char *output = NULL;
    char *error = NULL;
    assert_true(g_file_set_contents(accounts, csv, -1, NULL));
    const int is = run(arguments, &output, &error);
    if (is != code || strstr(error, says) == NULL)
        fail_msg("%s: exit %d, '%s' does not say '%s'", arguments, is, error, says);
    assert_string_equal(output, "");
    g_free(output);
    g_free(error);
}

static double number(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void near(double is, double should) {
    if (!(fabs(is - should) <= 1e-9 * fabs(should)))
        fail_msg("%.15g instead of %.15g", is, should);
}

#define HEADER "account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,leverage\n"
#define FLAT "--rulebook flat --price BTCUSDT="

/* Figures of the analytic cases liq-iso-long and liq-iso-short. */
static void isolated_positions_stand_apart(void **state) {
    (void)state;
    json_t *all = answer(HEADER "l,balance,USDT,100000,,,,\n"
                                "l,position,BTCUSDT,2,30000,isolated,6000,20\n"
                                "l,position,ETHUSDT,1,2500,cross,,\n"
                                "s,position,BTCUSDT,-2,30000,isolated,6000,\n",
                         FLAT "27100 --price ETHUSDT=2500 --price USDT=1");
    assert_int_equal(json_array_size(all), 2);
    const json_t *l = json_array_get(all, 0);
    assert_string_equal(json_string_value(json_object_get(l, "account")), "l");
    near(number(l, "balance"), 106000.0); /* the isolated margin is in it */
    near(number(l, "equity"), 100200.0);
    near(number(l, "maintenance_margin"), 271.0 + 12.5);
    near(number(l, "initial_margin"), 2710.0 + 25.0); /* leverage 20; initial rate 0.01 */
    near(number(l, "slack"), 100200.0 - 283.5);
    near(number(l, "margin_ratio"), 283.5 / 100200.0);
    assert_true(json_is_true(json_object_get(l, "in_breach"))); /* its isolated position is */
    near(number(json_object_get(l, "liquidation_price"), "BTCUSDT"), 27135.6783919598);
    near(number(json_object_get(l, "bankruptcy_price"), "BTCUSDT"), 27000.0);
    assert_true(json_is_null(json_object_get(json_object_get(l, "liquidation_price"), "ETHUSDT")));
    const json_t *orders = json_object_get(l, "would_close");
    assert_int_equal(json_array_size(orders), 1);
    const json_t *order = json_array_get(orders, 0);
    assert_string_equal(json_string_value(json_object_get(order, "instrument")), "BTCUSDT");
    near(number(order, "quantity"), 2.0);
    const json_t *isolated = json_object_get(l, "isolated");
    assert_int_equal(json_array_size(isolated), 1);
    near(number(json_array_get(isolated, 0), "equity"), 200.0);
    const json_t *s = json_array_get(all, 1);
    near(number(json_object_get(s, "liquidation_price"), "BTCUSDT"), 32835.8208955224);
    near(number(json_object_get(s, "bankruptcy_price"), "BTCUSDT"), 33000.0);
    json_decref(all);
}

static void what_would_close_follows_the_rulebook(void **state) {
    (void)state;
    const char *csv = HEADER "x,balance,USDT,100,,,,\nx,position,BTCUSDT,0.015,40000,,,\n"
                             "x,position,ETHUSDT,-0.2,2500,,,\n";
    assert_true(g_file_set_contents(
        market,
        "market: {instrument: {BTCUSDT: {lot: 0.001}}}\n"
        "venue: {override: {liquidation: {close: fraction, order: all, fraction: 0.5}}}\n",
        -1, NULL));
    char *arguments = g_strdup_printf(FLAT "33400 --price ETHUSDT=2500 --market %s", market);
    json_t *all = answer(csv, arguments);
    const json_t *orders = json_object_get(json_array_get(all, 0), "would_close");
    assert_int_equal(json_array_size(orders), 2);
    near(number(json_array_get(orders, 0), "quantity"), 0.008); /* 0.0075 up to a lot */
    near(number(json_array_get(orders, 1), "quantity"), -0.1);
    json_decref(all);
    g_free(arguments);
    all = answer(csv, FLAT "33400 --price ETHUSDT=2500"); /* largest_loss, full */
    orders = json_object_get(json_array_get(all, 0), "would_close");
    assert_int_equal(json_array_size(orders), 1);
    near(number(json_array_get(orders, 0), "quantity"), 0.015);
    json_decref(all);
}

static json_t *first_order(json_t *all) {
    return json_array_get(json_object_get(json_array_get(all, 0), "would_close"), 0);
}

/* 200 BTC at dYdX: a block closes 100,000 of notional, 1.8 BTC at 55,000 (rounded down to a lot of
 * 1e-8). At Bybit an order that closes all is taken over. At Mango who holds the contract pays too.
 */
static void limits_ways_and_payers_are_a_replays(void **state) {
    (void)state;
    json_t *all = answer(HEADER "x,balance,USD,600000,,,,\nx,position,BTC-USD,200,57500,,,\n",
                         "--rulebook dydx-v4 --price BTC-USD=55000");
    near(number(first_order(all), "quantity"), 1.81818181);
    assert_string_equal(json_string_value(json_object_get(first_order(all), "cut_by")),
                        "liquidation.block_notional");
    json_decref(all);
    all = answer(HEADER "x,balance,USDT,100,,,,\nx,position,BTCUSDT,1,40000,,,\n",
                 "--rulebook bybit-uta --price BTCUSDT=40000");
    near(number(first_order(all), "quantity"), 1.0);
    assert_string_equal(json_string_value(json_object_get(first_order(all), "at")),
                        "bankruptcy price");
    assert_true(json_is_null(json_object_get(first_order(all), "cut_by")));
    json_decref(all);
    all = answer(HEADER "x,balance,USDT,100,,,,\nx,position,BTC-PERP,1,40000,,,\n",
                 "--rulebook mango-v4 --price BTC-PERP=40000");
    const json_t *payers = json_object_get(first_order(all), "who_pays");
    assert_int_equal(json_array_size(payers), 2);
    assert_string_equal(json_string_value(json_array_get(payers, 0)), "insurance_fund");
    assert_string_equal(json_string_value(json_array_get(payers, 1)), "socialise_open_interest");
    json_decref(all);
}

/* 10,000 BTC at FTX: min(0.975, 1.1 / (1 + 0.002 * 100)). 20 BTC for 2.5 million at OKX are in tier
 * 4 (to 0.2, 1.2 and 2.2 million), 2 % and the fee; two tiers down is 1.2 million, 9.6 BTC. ETH
 * pays its own fee at Deribit. */
static void weights_tiers_and_fees_are_told(void **state) {
    (void)state;
    json_t *all = answer(HEADER "x,balance,USD,1000,,,,\nx,balance,BTC,10000,,,,\n"
                                "x,position,BTC-PERP,-1,100,,,\n",
                         "--rulebook ftx-2021 --price BTC=100 --price BTC-PERP=100");
    const json_t *btc = json_array_get(json_object_get(json_array_get(all, 0), "collateral"), 0);
    near(number(btc, "value"), 1e6);
    near(number(btc, "weight"), 0.916666666666);
    json_decref(all);
    all = answer(HEADER "x,balance,USDT,50000,,,,\nx,position,BTCUSDT,20,125000,,,\n",
                 "--rulebook okx-multi-currency --price BTCUSDT=124500");
    const json_t *position =
        json_array_get(json_object_get(json_array_get(all, 0), "positions"), 0);
    near(number(position, "tier"), 4.0);
    near(number(position, "rate"), 0.0205);
    near(number(json_array_get(json_object_get(json_array_get(all, 0), "would_close"), 0),
                "quantity"),
         10.4);
    json_decref(all);
    assert_true(g_file_set_contents(market,
                                    "market: {instruments: [ETH-PERPETUAL], instrument: "
                                    "{ETH-PERPETUAL: {kind: inverse, contract_size: 1}}}\n",
                                    -1, NULL));
    char *arguments = g_strdup_printf(
        "--rulebook deribit-standard --market %s --price ETH-PERPETUAL=100", market);
    all = answer(HEADER "x,balance,ETH,0,,,,\nx,position,ETH-PERPETUAL,100,100,,,\n", arguments);
    const json_t *order = json_array_get(json_object_get(json_array_get(all, 0), "would_close"), 0);
    near(number(order, "fee_rate"), 0.009);
    json_decref(all);
    g_free(arguments);
}

/* 1 BTC from 40000 at OKX asks 0.55 %, 220; an order of 10000 its initial margin, 1 %, 100. With
 * 300 it is in breach and its order would be cancelled, which is enough; with 200 it is not. */
static void open_orders_would_be_cancelled_first(void **state) {
    (void)state;
    for (int poor = 0; poor < 2; poor++) {
        char *csv = g_strdup_printf(HEADER "x,balance,USDT,%d,,,,\nx,position,BTCUSDT,1,40000,,,\n"
                                           "x,order,BTCUSDT,-0.2,50000,,,\n",
                                    poor ? 200 : 300);
        json_t *all = answer(csv, "--rulebook okx-multi-currency --price BTCUSDT=40000");
        const json_t *x = json_array_get(all, 0);
        const json_t *order = json_array_get(json_object_get(x, "open_orders"), 0);
        near(number(x, "maintenance_margin"), 320.0);
        near(number(x, "initial_margin"), 400.0 + 100.0);
        assert_true(json_is_true(json_object_get(x, "in_breach")));
        near(number(order, "quantity"), -0.2);
        near(number(order, "notional"), 10000.0);
        near(number(order, "initial_margin"), 100.0);
        near(number(order, "maintenance_margin"), 100.0);
        assert_true(json_is_true(json_object_get(order, "would_cancel")));
        assert_int_equal(json_array_size(json_object_get(x, "would_close")), poor);
        json_decref(all);
        g_free(csv);
    }
}

static void prices_of_any_size_are_exact(void **state) {
    (void)state;
    json_t *all = answer(HEADER "x,balance,USDT,50,,,,\nx,position,SHIBUSDT,10000000,0.00001,,,\n",
                         "--rulebook flat --price SHIBUSDT=0.0000081234567");
    const json_t *x = json_array_get(all, 0);
    near(number(x, "equity"), 50.0 + 81.234567 - 100.0);
    near(number(json_object_get(x, "liquidation_price"), "SHIBUSDT"), 5e-6 / 0.995);
    json_decref(all);
}

/* The text without --json, blanks in a row made one. */
static char *text_of(const char *csv, const char *arguments) {
    char *output = NULL;
    char *error = NULL;
    assert_true(g_file_set_contents(accounts, csv, -1, NULL));
    if (run(arguments, &output, &error) != 0)
        fail_msg("%s", error);
    GRegex *blanks = g_regex_new(" +", 0, 0, NULL);
    char *text = g_regex_replace_literal(blanks, output, -1, 0, " ", 0, NULL);
    g_regex_unref(blanks);
    g_free(output);
    g_free(error);
    return text;
}

static void says(const char *text, const char *part) {
    if (strstr(text, part) == NULL)
        fail_msg("no '%s' in:\n%s", part, text);
}

static void a_table_without_json(void **state) {
    (void)state;
    char *text = text_of(HEADER "x,balance,USDT,100,,,,\nx,position,BTCUSDT,1,100,,,\n", FLAT "1");
    says(text, "liquidation prices");
    says(text, "BTCUSDT -");
    assert_null(strstr(text, "What would be closed"));
    g_free(text);
}

/* 10 - 9.7 = 0.3; 0.5 % of 90.3 is 0.4515. */
static void few_accounts_are_explained_in_text(void **state) {
    (void)state;
    const char *x = "x,balance,USDT,10,,,,\nx,position,BTCUSDT,1,100,,,\n";
    char *csv = g_strdup_printf(HEADER "%s", x);
    char *text = text_of(csv, FLAT "90.3");
    says(text, "\nx 10.00 0.30 0.45 1.5050 in breach BTCUSDT ");
    says(text, "\nx BTCUSDT 1 90.3 90.30 -9.70 1 0.5 % 0.45\n");
    says(text, "\nWhat would be closed\n");
    says(text, "\nx BTCUSDT 1 market 90 ");
    says(text, "insurance fund");
    says(text, "equity 0.3 is ");
    g_free(text);
    g_free(csv);
    GString *many = g_string_new(HEADER);
    for (int a = 0; a < 21; a++)
        g_string_append_printf(many, "a%d,balance,USDT,10,,,,\na%d,position,BTCUSDT,1,100,,,\n", a,
                               a);
    text = text_of(many->str, FLAT "90.3");
    says(text, "\na20 10.00 0.30 ");
    says(text, "Position by position: --json");
    assert_null(strstr(text, "What would be closed"));
    g_free(text);
    g_string_free(many, TRUE);
}

static void what_cannot_be_answered_is_refused(void **state) {
    (void)state;
    const char *good = HEADER "x,balance,USDT,1,,,,\nx,position,BTCUSDT,1,100,,,\n";
    refused(good, "--rulebook flat", 2, "--price ID=VALUE is missing");
    refused(good, "--price BTCUSDT=1", 2, "--rulebook NAME is missing");
    refused(good, FLAT "-1", 2, "above 0");
    refused(good, FLAT "abc", 2, "above 0");
    refused(good, FLAT "1e400", 2, "above 0");
    refused(good, FLAT "1 --price BTCUSDT=2", 2, "given before");
    refused(good, FLAT "1 --price USDT=0.9", 2, "the unit of account");
    refused(good, "--rulebook flat --price BTCUSDT", 2, "must be ID=VALUE");
    refused(good, FLAT "1 more", 2, "one ACCOUNTS.csv is needed");
    refused(good, "--rulebook flat --price ETHUSDT=1", 3, "BTCUSDT");
    refused(good, "--rulebook nope --price BTCUSDT=1", 1, "opening");
    refused(good, "--rulebook binance-usdm-2021-05 --price DOGEUSDT=1", 3,
            "no margin for DOGEUSDT");
    refused("account\n", FLAT "1", 3, "a.csv");
    refused(HEADER "x,position,BTCUSDT,abc,100,,,\n", FLAT "1", 3, "a.csv");
    assert_true(
        g_file_set_contents(market, "market: {instruments: [BTCUSDT, ETHUSDT]}\n", -1, NULL));
    char *arguments = g_strdup_printf("--rulebook flat --market %s --price ETHUSDT=1", market);
    refused(good, arguments, 2, "--price BTCUSDT=VALUE is missing");
    g_free(arguments);
    arguments = g_strdup_printf(FLAT "1 --market %s --price XRPUSDT=1", market);
    refused(good, arguments, 3, "'XRPUSDT' is not in market.instruments");
    g_free(arguments);
    (void)g_remove(accounts);
    char *output = NULL;
    char *error = NULL;
    assert_int_equal(run(FLAT "1", &output, &error), 1);
    assert_non_null(strstr(error, "a.csv"));
    g_free(output);
    g_free(error);
}

/* Each with the line that is wrong and why; nothing is answered under rules that are not whole. */
static void bad_rulebooks_are_refused(void **state) {
    (void)state;
    static const char flat[] = "name: x\nmargin: {maintenance_rate: 0.01}\n";
    static const char tiers[] = "name: x\nmargin:\n  tiers:\n    BTCUSDT:\n"
                                "      - {cap: 5, maintenance_rate: 0.1}\n";
    const struct {
        const char *head, *rest, *says;
    } cases[] = {
        {tiers, "      - {floor: 6, maintenance_rate: 0.2}\n",
         "rules.yaml:6:17: error: margin.tiers.BTCUSDT[1].floor: 6 is not the cap of the tier "
         "below, "
         "5: tiers must join without a gap"},
        {tiers, "      - {floor: 4, maintenance_rate: 0.2}\n", "rules.yaml:6:17: error: "},
        {tiers, "      - {maintenance_rate: 0.2, maintenance_amount: 3}\n",
         "rules.yaml:6:53: error: margin.tiers.BTCUSDT[1].maintenance_amount: the requirement "
         "jumps"},
        {tiers, "      - {maintenance_rate: 0.05}\n", "must not fall from tier to tier"},
        {tiers, "      - {maintenance_rate: 1.5}\n",
         "rules.yaml:6:28: error: margin.tiers.BTCUSDT[1].maintenance_rate must be at least 0 and "
         "at "
         "most 1"},
        {"name: x\n", "margin: {maintenance_rate: -0.01}\n", "rules.yaml:2:28: error: "},
        {"name: x\n", "margin: {size: {BTCUSDT: {base: 1.5}}}\n",
         "margin.size.BTCUSDT.base must be at least 0 and at most 1"},
        {"name: x\n", "margin: {scenario: {moves: [-1.5]}}\n",
         "margin.scenario.moves[0] must be above -1 and at most 1"},
        {"name: x\n",
         "margin: {scenario: {moves: [-0.5], offsets: [{units: [A, B], rate: 0.5}]}}\n",
         "must be two of the units"},
        {flat, "collateral: {BTC: {weight: 1.1}}\n",
         "rules.yaml:3:28: error: collateral.BTC.weight must be at least 0 and at most 1"},
        {flat, "collateral: {BTC: {bands: [[5, 1.2]]}}\n", "collateral.BTC.bands[0][1]"},
        {flat, "collateral: {BTC: {liability_weight: 0.9}}\n", "at least 1 and at most 10"},
        {flat, "collateral: {}\n", "rules.yaml:3:13: error: collateral: no asset"},
        {flat, "waterfall: {stages: [insurance_fund, clawback]}\n",
         "rules.yaml:3:38: error: waterfall.stages[1] must be one of"},
        {flat, "liquidation: {fee_rate: 1.5}\n", "liquidation.fee_rate must be at least 0"},
    };
    const char *good = HEADER "x,balance,USDT,1,,,,\nx,position,BTCUSDT,1,100,,,\n";
    char *rules = g_build_filename(folder, "rules.yaml", NULL);
    char *arguments = g_strdup_printf("--rulebook %s --price BTCUSDT=100", rules);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = g_strconcat(cases[i].head, cases[i].rest, NULL);
        assert_true(g_file_set_contents(rules, text, -1, NULL));
        refused(good, arguments, 3, cases[i].says);
        g_free(text);
    }
    assert_true(g_file_set_contents(rules, flat, -1, NULL));
    json_decref(answer(good, arguments));
    (void)g_remove(rules);
    g_free(arguments);
    g_free(rules);
}

/* A COIN-M contract in an account in USDT, by hand: 100 contracts of 100 USD from 50000 to 40000
 * lose 0.05 BTC, so 0.45 of 0.5 are left, 18000 USDT, of which 0.95 counts; USDT counts 0.9999.
 * Margin: 0.4 % of 0.25 BTC, 40 USDT, times 1.05. Without BTC a tenth of that position owes 0.005
 * BTC, 200 USDT, which ask for 10 %. */
static void contracts_in_a_coin_are_explained(void **state) {
    (void)state;
    assert_true(g_file_set_contents(
        market,
        "market:\n  instruments: [BTCUSDT, BTCUSD_PERP]\n"
        "  instrument: {BTCUSD_PERP: {kind: inverse, contract_size: 100, lot: 1}}\n"
        "venue: {rulebook: binance-portfolio-margin}\n",
        -1, NULL));
    char *arguments =
        g_strdup_printf("--market %s --price BTCUSDT=40000 --price BTCUSD_PERP=40000", market);
    json_t *all = answer(HEADER "a,position,BTCUSD_PERP,100,50000,,,\n" /* before the balance */
                                "a,balance,USDT,1000,,,,\n"
                                "a,balance,BTC,0.5,,,,\n"
                                "b,balance,USDT,1000,,,,\n"
                                "b,position,BTCUSD_PERP,10,50000,,,\n",
                         arguments);
    const json_t *a = json_array_get(all, 0);
    near(number(a, "equity"), 999.9 + 17100.0);
    near(number(a, "maintenance_margin"), 42.0);
    near(number(a, "initial_margin"), 80.0); /* 0.25 BTC at leverage 125 */
    /* 19000 USDT are 0.475 BTC: all is lost where the position is worth -0.725 BTC */
    near(number(json_object_get(a, "bankruptcy_price"), "BTCUSD_PERP"), 10000.0 / 0.725);
    const json_t *position = json_array_get(json_object_get(a, "positions"), 0);
    near(number(position, "notional"), 10000.0);
    near(number(position, "unrealised_pnl"), -2000.0);
    near(number(position, "maintenance_margin"), 40.0);
    near(number(json_object_get(position, "in_coin"), "unrealised_pnl"), -0.05);
    near(number(json_object_get(position, "in_coin"), "maintenance_margin"), 0.001);
    near(number(json_object_get(position, "in_coin"), "price"), 40000.0);
    const json_t *coin = json_array_get(json_object_get(a, "collateral"), 0);
    near(number(coin, "quantity"), 0.5);
    near(number(coin, "balance"), 0.45);
    near(number(coin, "counted"), 17100.0);
    const json_t *b = json_array_get(all, 1);
    near(number(b, "equity"), 999.9 - 200.0);
    near(number(b, "maintenance_margin"), 1.05 * (4.0 + 20.0));
    json_decref(all);
    g_free(arguments);
    arguments = g_strdup_printf("--market %s --price BTCUSD_PERP=40000 --price BTCUSDT=1", market);
    refused(HEADER "a,position,BTCUSD_PERP,1,50000,isolated,1,\n", arguments, 3,
            "'BTCUSD_PERP' settles in BTC, accounts in USDT");
    g_free(arguments);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isolated_positions_stand_apart),
        cmocka_unit_test(what_would_close_follows_the_rulebook),
        cmocka_unit_test(limits_ways_and_payers_are_a_replays),
        cmocka_unit_test(weights_tiers_and_fees_are_told),
        cmocka_unit_test(open_orders_would_be_cancelled_first),
        cmocka_unit_test(prices_of_any_size_are_exact),
        cmocka_unit_test(a_table_without_json),
        cmocka_unit_test(few_accounts_are_explained_in_text),
        cmocka_unit_test(contracts_in_a_coin_are_explained),
        cmocka_unit_test(what_cannot_be_answered_is_refused),
        cmocka_unit_test(bad_rulebooks_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

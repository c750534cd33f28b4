/* Cases with check `margin`: one account through `crossfall margin` (models.md 8.1, 8.6). Where the
 * case moves several prices together, the edge is found by asking again and again. */

#include <math.h>
#include <string.h>

#include "tests/analytic.h"

enum { PRICE_DECIMALS = 4, LOT_DECIMALS = 6, SYMBOLS_MAX = 26 };

/* Prices of one question; `share[i]` of a common move falls on price i. */
struct question {
    struct world *world;
    const char *market; /* NULL: linear contracts */
    size_t count;
    const char *id[SYMBOLS_MAX];
    double price[SYMBOLS_MAX];
    double share[SYMBOLS_MAX];
};

/* Asks at prices moved by the fraction `fall`; *ret_account is the account's object, owned by
 * *ret_answer. */
static enum outcome ask(struct analytic_case *c, const struct question *question, double fall,
                        json_t **ret_answer, const json_t **ret_account) {
    char texts[SYMBOLS_MAX][96];
    char *prices[SYMBOLS_MAX + 1] = {NULL};
    for (size_t i = 0; i < question->count; i++) {
        (void)g_snprintf(texts[i], sizeof(texts[i]), "%s=%.*f", question->id[i], 8,
                         question->price[i] * (1.0 - fall * question->share[i]));
        prices[i] = texts[i];
    }
    const enum outcome outcome =
        world_margin(c, question->world, question->market, prices, ret_answer);
    if (outcome != OUTCOME_DONE)
        return outcome;
    *ret_account = json_array_get(*ret_answer, 0);
    if (json_is_object(*ret_account))
        return OUTCOME_DONE;
    json_decref(*ret_answer);
    *ret_answer = NULL;
    return analytic_broken(c, "the answer is not a list of accounts");
}

static double number_of(const json_t *value) {
    if (json_is_string(value)) {
        char *end = NULL;
        const double number = g_ascii_strtod(json_string_value(value), &end);
        return *end == '\0' ? number : NAN;
    }
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static double member(const json_t *account, const char *key, const char *symbol) {
    const json_t *value = json_object_get(account, key);
    return number_of(symbol != NULL ? json_object_get(value, symbol) : value);
}

/* The smallest fall in (0, 1) at which the account is in breach; NaN: at none. */
static enum outcome find_fall(struct analytic_case *c, const struct question *question,
                              double *ret_fall) {
    double low = 0.0;
    double high = 1.0 - 1e-6;
    *ret_fall = NAN;
    for (int i = 0; i < 40; i++) {
        const double middle = i == 0 ? high : 0.5 * (low + high);
        json_t *answer = NULL;
        const json_t *account = NULL;
        const enum outcome outcome = ask(c, question, middle, &answer, &account);
        if (outcome != OUTCOME_DONE)
            return outcome;
        const bool breach = json_is_true(json_object_get(account, "in_breach"));
        json_decref(answer);
        if (i == 0 && !breach)
            return OUTCOME_DONE;
        if (breach)
            high = middle;
        else
            low = middle;
    }
    *ret_fall = high;
    return OUTCOME_DONE;
}

/* A flat rate; with a deduction a second tier, from where it joins a first tier without margin. */
static void flat_rules(struct world *world, double rate, double deduction) {
    g_string_append(world->rulebook, "margin:\n  trigger: at_or_below\n");
    if (deduction > 0.0)
        g_string_append_printf(
            world->rulebook,
            "  tiers:\n    AUSDT:\n"
            "      - {floor: 0, cap: %.8f, maintenance_rate: 0, maintenance_amount: 0}\n"
            "      - {floor: %.8f, cap: 1e10, maintenance_rate: %.8f, maintenance_amount: %.8f}\n",
            deduction / rate, deduction / rate, rate, deduction);
    else
        g_string_append_printf(world->rulebook, "  maintenance_rate: %.8f\n", rate);
}

static void put_prices(struct analytic_case *c, const json_t *account, const char *symbol) {
    analytic_put(c, "liq_price", member(account, "liquidation_price", symbol));
    analytic_put(c, "bankruptcy_price", member(account, "bankruptcy_price", symbol));
}

static enum outcome inverse_price(struct analytic_case *c) {
    if (!analytic_require(c, "contracts_usd entry wallet_coin mmr"))
        return OUTCOME_UNSUPPORTED;
    const double sign = strcmp(analytic_text(c, "side"), "short") == 0 ? -1.0 : 1.0;
    const double entry = analytic_number(c, "entry", 0);
    struct world world;
    world_init(&world, PRICE_DECIMALS, 0);
    flat_rules(&world, analytic_number(c, "mmr", 0), 0.0);
    world_balance(&world, "a", "A", analytic_number(c, "wallet_coin", 0));
    world_position(&world, "a", "AUSD", sign * analytic_number(c, "contracts_usd", 0), entry, -1.0);
    const struct question question = {
        .world = &world,
        .market = "market:\n  instruments: [AUSD]\n  instrument:\n"
                  "    AUSD: {kind: inverse, contract_size: 1, price_tick: 0.0001, lot: 1}\n",
        .count = 1,
        .id = {"AUSD"},
        .price = {entry},
    };
    json_t *answer = NULL;
    const json_t *account = NULL;
    const enum outcome outcome = ask(c, &question, 0.0, &answer, &account);
    if (outcome == OUTCOME_DONE)
        put_prices(c, account, "AUSD");
    json_decref(answer);
    world_finish(&world);
    return outcome;
}

static enum outcome liq_price(struct analytic_case *c) {
    const char *contract = analytic_text(c, "contract");
    if (strcmp(contract, "inverse") == 0)
        return inverse_price(c);
    if (contract[0] != '\0' && strcmp(contract, "linear") != 0)
        return analytic_unsupported(c, "no builder for '%s' contracts", contract);
    if (!analytic_require(c, "qty entry mmr"))
        return OUTCOME_UNSUPPORTED;
    if (!analytic_has(c, "wallet") && !analytic_has(c, "leverage"))
        return analytic_unsupported(c, "neither 'wallet' nor 'leverage'");
    const double sign = strcmp(analytic_text(c, "side"), "short") == 0 ? -1.0 : 1.0;
    const double quantity = analytic_number(c, "qty", 0);
    const double entry = analytic_number(c, "entry", 0);
    struct world world;
    world_init(&world, PRICE_DECIMALS, LOT_DECIMALS);
    flat_rules(&world, analytic_number(c, "mmr", 0), analytic_number(c, "cum_deduction", 0));
    const bool cross = analytic_has(c, "wallet");
    world_balance(&world, "a", "USDT", analytic_number(c, "wallet", 0));
    world_position(&world, "a", "AUSDT", sign * quantity, entry,
                   cross ? -1.0 : quantity * entry / analytic_number(c, "leverage", 1));
    const struct question question = {
        .world = &world, .count = 1, .id = {"AUSDT"}, .price = {entry}};
    json_t *answer = NULL;
    const json_t *account = NULL;
    const enum outcome outcome = ask(c, &question, 0.0, &answer, &account);
    if (outcome == OUTCOME_DONE)
        put_prices(c, account, "AUSDT");
    json_decref(answer);
    world_finish(&world);
    return outcome;
}

/* Positions {asset, qty, entry, mark, mmr} of one cross account; symbols are ASSETUSDT. */
struct portfolio {
    size_t count;
    char asset[SYMBOLS_MAX][24];
    char symbol[SYMBOLS_MAX][32];
    double quantity[SYMBOLS_MAX];
    double entry[SYMBOLS_MAX];
    double mark[SYMBOLS_MAX];
    double mmr[SYMBOLS_MAX];
};

static void portfolio_world(struct world *world, const struct portfolio *portfolio, double wallet,
                            struct question *ret_question) {
    world_init(world, PRICE_DECIMALS, LOT_DECIMALS);
    g_string_truncate(world->instruments, 0);
    g_string_append(world->rulebook, "margin:\n  trigger: at_or_below\n  tiers:\n");
    world_balance(world, "a", "USDT", wallet);
    *ret_question = (struct question){.world = world, .count = portfolio->count};
    for (size_t i = 0; i < portfolio->count; i++) {
        g_string_append_printf(world->instruments, "%s%s", i == 0 ? "" : ", ",
                               portfolio->symbol[i]);
        g_string_append_printf(world->rulebook,
                               "    %s: [{floor: 0, cap: 1e10, maintenance_rate: %.8f, "
                               "maintenance_amount: 0}]\n",
                               portfolio->symbol[i], portfolio->mmr[i]);
        world_position(world, "a", portfolio->symbol[i], portfolio->quantity[i],
                       portfolio->entry[i], -1.0);
        ret_question->id[i] = portfolio->symbol[i];
        ret_question->price[i] = portfolio->mark[i];
        ret_question->share[i] = 1.0;
    }
}

/* The index of the asset named by `length` letters; the count if there is none. */
static size_t find_asset(const struct portfolio *portfolio, const char *name, size_t length) {
    size_t i = 0;
    while (i < portfolio->count && (strlen(portfolio->asset[i]) != length ||
                                    strncmp(portfolio->asset[i], name, length) != 0))
        i++;
    return i;
}

static enum outcome liq_price_multi(struct analytic_case *c) {
    const json_t *positions = json_object_get(c->inputs, "positions");
    struct portfolio portfolio = {.count = json_array_size(positions)};
    if (portfolio.count == 0 || portfolio.count > SYMBOLS_MAX || !analytic_require(c, "wallet"))
        return analytic_unsupported(c, "no 'wallet', or 'positions' is no list of at most %d",
                                    SYMBOLS_MAX);
    for (size_t i = 0; i < portfolio.count; i++) {
        struct analytic_case position = {.inputs = json_array_get(positions, i)};
        if (!analytic_require(&position, "qty entry mmr"))
            return analytic_unsupported(c, "position %zu: %.200s", i, position.reason);
        (void)g_strlcpy(portfolio.asset[i], analytic_text(&position, "asset"), 24);
        (void)g_snprintf(portfolio.symbol[i], 32, "%sUSDT", portfolio.asset[i]);
        portfolio.quantity[i] = analytic_number(&position, "qty", 0);
        portfolio.entry[i] = analytic_number(&position, "entry", 0);
        portfolio.mark[i] = analytic_number(&position, "mark", portfolio.entry[i]);
        portfolio.mmr[i] = analytic_number(&position, "mmr", 0);
    }
    struct world world;
    struct question question;
    portfolio_world(&world, &portfolio, analytic_number(c, "wallet", 0), &question);
    json_t *answer = NULL;
    const json_t *account = NULL;
    enum outcome outcome = ask(c, &question, 0.0, &answer, &account);
    if (outcome == OUTCOME_DONE) {
        analytic_put(c, "equity", member(account, "equity", NULL));
        analytic_put(c, "maintenance", member(account, "maintenance_margin", NULL));
        const char *key = NULL;
        json_t *value = NULL;
        json_object_foreach((json_t *)c->expected, key, value) {
            if (!g_str_has_prefix(key, "liq_price_"))
                continue;
            const char *asset = key + strlen("liq_price_");
            const size_t i = find_asset(&portfolio, asset, strcspn(asset, "_"));
            if (i < portfolio.count)
                analytic_put(c, key, member(account, "liquidation_price", portfolio.symbol[i]));
        }
        json_decref(answer);
        double fall = NAN;
        outcome = find_fall(c, &question, &fall);
        if (outcome == OUTCOME_DONE)
            analytic_put(c, "common_drop_to_liquidation", fall);
    }
    world_finish(&world);
    return outcome;
}

static enum outcome liq_price_tiered(struct analytic_case *c) {
    enum { TIERS_MAX = 64 };
    double tiers[4 * TIERS_MAX];
    size_t rows = 0;
    size_t columns = 0;
    if (!analytic_require(c, "wallet qty entry"))
        return OUTCOME_UNSUPPORTED;
    if (!analytic_matrix(json_object_get(c->inputs, "tiers_notional_lo_hi_mmr_cum"),
                         G_N_ELEMENTS(tiers), &rows, &columns, tiers) ||
        columns != 4)
        return analytic_unsupported(c, "'tiers_notional_lo_hi_mmr_cum' is no list of four numbers");
    const double sign = strcmp(analytic_text(c, "side"), "short") == 0 ? -1.0 : 1.0;
    const double quantity = analytic_number(c, "qty", 0);
    const double entry = analytic_number(c, "entry", 0);
    struct world world;
    world_init(&world, PRICE_DECIMALS, LOT_DECIMALS);
    g_string_append(world.rulebook, "margin:\n  trigger: at_or_below\n  tiers:\n    AUSDT:\n");
    for (size_t i = 0; i < rows; i++)
        g_string_append_printf(world.rulebook,
                               "      - {floor: %.8f, cap: %.8f, maintenance_rate: %.8f, "
                               "maintenance_amount: %.8f}\n",
                               tiers[4 * i], tiers[4 * i + 1], tiers[4 * i + 2], tiers[4 * i + 3]);
    world_balance(&world, "a", "USDT", analytic_number(c, "wallet", 0));
    world_position(&world, "a", "AUSDT", sign * quantity, entry, -1.0);
    const struct question question = {
        .world = &world, .count = 1, .id = {"AUSDT"}, .price = {entry}};
    json_t *answer = NULL;
    const json_t *account = NULL;
    const enum outcome outcome = ask(c, &question, 0.0, &answer, &account);
    if (outcome == OUTCOME_DONE) {
        put_prices(c, account, "AUSDT");
        const double notional = quantity * member(account, "liquidation_price", "AUSDT");
        for (size_t i = 0; i < rows; i++)
            if (notional > tiers[4 * i] && notional <= tiers[4 * i + 1])
                analytic_put(c, "bracket_index", (double)i);
    }
    json_decref(answer);
    world_finish(&world);
    return outcome;
}

/* Collateral beside the contract: the contract's own coin (falls with it) or a token that loses its
 * peg while the contract rests. */
static enum outcome multicollateral(struct analytic_case *c) {
    if (!analytic_require(c, "qty entry mmr"))
        return OUTCOME_UNSUPPORTED;
    const bool depeg = analytic_has(c, "collateral_units");
    if (!analytic_require(c, depeg ? "collateral_units" : "cash coin_collateral"))
        return OUTCOME_UNSUPPORTED;
    const double sign = strcmp(analytic_text(c, "side"), "short") == 0 ? -1.0 : 1.0;
    const double entry = analytic_number(c, "entry", 0);
    const double mark = analytic_number(c, "mark", entry);
    const char *asset = depeg ? "PEG" : "A";
    struct world world;
    world_init(&world, PRICE_DECIMALS, LOT_DECIMALS);
    flat_rules(&world, analytic_number(c, "mmr", 0), 0.0);
    g_string_append_printf(world.rulebook,
                           "collateral:\n  USDT: {weight: 1.0}\n  %s: {weight: %.8f}\n", asset,
                           1.0 - analytic_number(c, "haircut", 0));
    world_balance(&world, "a", "USDT", analytic_number(c, "cash", 0));
    world_balance(&world, "a", asset,
                  analytic_number(c, depeg ? "collateral_units" : "coin_collateral", 0));
    world_position(&world, "a", "AUSDT", sign * analytic_number(c, "qty", 0), entry, -1.0);
    const struct question question = {
        .world = &world,
        .count = 2,
        .id = {"AUSDT", asset},
        .price = {mark, depeg ? 1.0 : mark},
        .share = {depeg ? 0.0 : 1.0, 1.0},
    };
    double fall = NAN;
    const enum outcome outcome = find_fall(c, &question, &fall);
    if (outcome == OUTCOME_DONE) {
        analytic_put(c, "liq_price", depeg ? NAN : mark * (1.0 - fall));
        analytic_put(c, "collateral_price", depeg ? 1.0 - fall : mark * (1.0 - fall));
    }
    world_finish(&world);
    return outcome;
}

/* A hedged book with a given slack: common and single moves. */
static enum outcome cross_account(struct analytic_case *c) {
    struct portfolio portfolio = {0};
    portfolio.count =
        analytic_numbers(json_object_get(c->inputs, "q"), SYMBOLS_MAX, portfolio.quantity);
    const size_t prices =
        analytic_numbers(json_object_get(c->inputs, "price"), SYMBOLS_MAX, portfolio.mark);
    const size_t rates =
        analytic_numbers(json_object_get(c->inputs, "mmr"), SYMBOLS_MAX, portfolio.mmr);
    if (portfolio.count == 0 || prices != portfolio.count || rates != portfolio.count ||
        !analytic_require(c, "slack"))
        return analytic_unsupported(c, "'q', 'price' and 'mmr' are not lists of one length");
    double wallet = analytic_number(c, "slack", 0);
    for (size_t i = 0; i < portfolio.count; i++) {
        (void)g_snprintf(portfolio.asset[i], 24, "%c", (char)('A' + (int)i));
        (void)g_snprintf(portfolio.symbol[i], 32, "%sUSDT", portfolio.asset[i]);
        portfolio.entry[i] = portfolio.mark[i];
        wallet += portfolio.mmr[i] * fabs(portfolio.quantity[i]) * portfolio.mark[i];
    }
    struct world world;
    struct question question;
    portfolio_world(&world, &portfolio, wallet, &question);
    json_t *answer = NULL;
    const json_t *account = NULL;
    enum outcome outcome = ask(c, &question, 0.0, &answer, &account);
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)c->expected, key, value) {
        double percent = 0.0;
        if (outcome != OUTCOME_DONE)
            break;
        const bool rise = g_str_has_prefix(key, "rise_pct_of_");
        if (analytic_scan(key, "slack_after_common_drop_#pct", &percent)) {
            json_t *moved = NULL;
            const json_t *moved_account = NULL;
            outcome = ask(c, &question, percent / 100.0, &moved, &moved_account);
            if (outcome == OUTCOME_DONE)
                analytic_put(c, key, member(moved_account, "slack", NULL));
            json_decref(moved);
        } else if ((rise || g_str_has_prefix(key, "drop_pct_of_")) &&
                   g_str_has_suffix(key, "_alone_to_liquidation")) {
            const char *asset = key + strlen("rise_pct_of_");
            const size_t i = find_asset(&portfolio, asset, strcspn(asset, "_"));
            if (i == portfolio.count)
                continue;
            const double price = member(account, "liquidation_price", portfolio.symbol[i]);
            const double fall = 100.0 * (1.0 - price / portfolio.mark[i]);
            analytic_put(c, key, rise ? -fall : fall);
        }
    }
    json_decref(answer);
    world_finish(&world);
    return outcome;
}

const struct analytic_entry analytic_margin[] = {
    {"liq_price", liq_price},
    {"liq_price_multi", liq_price_multi},
    {"liq_price_tiered", liq_price_tiered},
    {"liq_price_multicollateral", multicollateral},
    {"cross_margin_account", cross_account},
    {NULL, NULL},
};

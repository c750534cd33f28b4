/* Who pays (models.md 8.8): shortfall and surplus, conservation, auto-deleveraging. Gaps of the
 * recorded price execute at the price given; forced orders move nothing. */

#include <math.h>
#include <string.h>

#include "reports/risk_formulas.h"
#include "tests/analytic.h"

enum { PRICE_DECIMALS = 4, LOT_DECIMALS = 6 };

/* A world without impact whose price jumps from `start` to `end`. */
static void gap_world(struct world *world, double start, double end, double maintenance_rate,
                      const char *liquidation, const char *waterfall) {
    world_init(world, PRICE_DECIMALS, LOT_DECIMALS);
    g_string_append_printf(world->rulebook,
                           "margin: {trigger: at_or_below, maintenance_rate: %.8f}\n"
                           "liquidation: {order: all, close: full%s}\n"
                           "waterfall: {%s}\n",
                           maintenance_rate, liquidation, waterfall);
    world_tick(world, WORLD_START_MS, "AUSDT", start);
    world_tick(world, WORLD_START_MS + 60000, "AUSDT", end);
    g_string_append(world->impact, "model: none\n");
    g_string_append(world->feedback, "cleaning: none\n");
}

/* Loss past bankruptcy is the bad debt; what is left of the margin after closing above bankruptcy
 * is the fund's or the account's, and nothing else is. */
static enum outcome shortfall(struct analytic_case *c) {
    if (!analytic_require(c, "entry leverage qty execution_price"))
        return OUTCOME_UNSUPPORTED;
    const double sign = strcmp(analytic_text(c, "side"), "short") == 0 ? -1.0 : 1.0;
    const double entry = analytic_number(c, "entry", 0);
    const double quantity = analytic_number(c, "qty", 0);
    const double price = analytic_number(c, "execution_price", 0);
    const double margin = entry * quantity / analytic_number(c, "leverage", 1);
    const double equity = margin + sign * quantity * (price - entry);
    /* Just enough maintenance margin to be in breach at the execution price. */
    const double rate = fmax(0.0, equity / (quantity * price) * 1.0001);
    const double fund = 1e6;
    struct world world;
    struct world_result result;
    gap_world(&world, entry, price, rate, "", "stages: [insurance_fund]");
    world.insurance_fund = fund;
    world_balance(&world, "a", "USDT", 0.0);
    world_position(&world, "a", "AUSDT", sign * quantity, entry, margin);
    const enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        const double bad_debt = result_number(&result, "bad_debt");
        const double fund_gain = result_number(&result, "insurance_fund.end") - fund;
        const double left = result_query_one(c, &result, "SELECT equity_end FROM account");
        analytic_put(c, "bankruptcy_price",
                     result_query_one(c, &result, "SELECT bankruptcy_price FROM liquidation"));
        analytic_put(c, "shortfall", bad_debt);
        /* The fund pays the shortfall; beyond that, what it gains is surplus. */
        analytic_put(c, "surplus", fund_gain + bad_debt + left);
        world_result_finish(&result);
    }
    world_finish(&world);
    return outcome;
}

/* A long is liquidated into a gap; its counterparty holds the other side at its own entry price. */
static enum outcome conservation(struct analytic_case *c) {
    struct analytic_case start = {.inputs = json_object_get(c->inputs, "start")};
    struct analytic_case position = {.inputs = json_object_get(c->inputs, "position")};
    if (!analytic_require(&start, "long mm ins fee") || !analytic_require(&position, "qty entry"))
        return analytic_unsupported(c, "start: %.200s position: %.200s", start.reason,
                                    position.reason);
    if (!analytic_require(c, "counterparty_entry execution_price fee_rate"))
        return OUTCOME_UNSUPPORTED;
    const double quantity = analytic_number(&position, "qty", 0);
    const double entry = analytic_number(&position, "entry", 0);
    char fee[64];
    (void)g_snprintf(fee, sizeof(fee), ", fee_rate: %.8f", analytic_number(c, "fee_rate", 0));
    struct world world;
    struct world_result result;
    gap_world(&world, entry, analytic_number(c, "execution_price", 0), 0.0, fee,
              "stages: [insurance_fund]");
    world.insurance_fund = analytic_number(&start, "ins", 0);
    world_balance(&world, "long", "USDT", analytic_number(&start, "long", 0));
    world_position(&world, "long", "AUSDT", quantity, entry, -1.0);
    world_balance(&world, "mm", "USDT", analytic_number(&start, "mm", 0));
    world_position(&world, "mm", "AUSDT", -quantity, analytic_number(c, "counterparty_entry", 0),
                   -1.0);
    const enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        const double end[] = {
            result_query_one(c, &result, "SELECT equity_end FROM account WHERE account = 'long'"),
            result_query_one(c, &result, "SELECT equity_end FROM account WHERE account = 'mm'"),
            result_number(&result, "insurance_fund.end"),
            analytic_number(&start, "fee", 0) +
                result_query_one(c, &result, "SELECT coalesce(sum(fee), 0) FROM liquidation"),
        };
        const char *const names[] = {"long", "mm", "ins", "fee"};
        json_t *ends = json_object();
        double sum_start = 0.0;
        double sum_end = 0.0;
        for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
            (void)json_object_set_new(ends, names[i],
                                      isnan(end[i]) ? json_null() : json_real(end[i]));
            sum_start += analytic_number(&start, names[i], 0);
            sum_end += end[i];
        }
        (void)json_object_set_new(c->got, "end", ends);
        analytic_put(c, "sum_start", sum_start);
        analytic_put(c, "sum_end", sum_end);
        world_result_finish(&result);
    }
    world_finish(&world);
    return outcome;
}

/* The account that cannot pay: a long (short for long winners) of `quantity` whose bankruptcy price
 * is the one given, held by nobody's fund. */
static void add_bankrupt(struct world *world, double sign, double quantity, double bankruptcy,
                         double start) {
    ladder_account(world, "bankrupt", "AUSDT", sign * quantity, start, bankruptcy);
}

/* Fills of the auto-deleveraging as [[id, quantity], ...] in order, or {id: quantity}. */
static enum outcome put_fills(struct analytic_case *c, const struct world_result *result,
                              const json_t *winners, bool ordered) {
    double order[256];
    double filled[256];
    const long count = result_query(c, result, "SELECT abs(quantity) FROM adl ORDER BY rowid",
                                    G_N_ELEMENTS(filled), filled);
    json_t *fills = ordered ? json_array() : json_object();
    for (long i = 0; i < count; i++) {
        char sql[128];
        size_t index = 0;
        const char *id = NULL;
        /* Which winner row i is: its id is looked up by the winner's name. */
        for (index = 0; index < json_array_size(winners); index++) {
            id = json_string_value(json_array_get(winners, index));
            (void)g_snprintf(sql, sizeof(sql),
                             "SELECT account = '%s' FROM adl ORDER BY rowid LIMIT 1 OFFSET %ld", id,
                             i);
            if (result_query(c, result, sql, 1, order) == 1 && order[0] == 1.0)
                break;
        }
        if (index == json_array_size(winners))
            id = "(another account)";
        if (ordered)
            (void)json_array_append_new(fills, json_pack("[s, f]", id, filled[i]));
        else
            (void)json_object_set_new(fills, id, json_real(filled[i]));
    }
    (void)json_object_set_new(c->got, "fills", fills);
    return count >= 0 ? OUTCOME_DONE : OUTCOME_BROKEN;
}

static enum outcome adl_queue(struct analytic_case *c) {
    if (!analytic_require(c, "mark qty_to_close bankruptcy_price"))
        return OUTCOME_UNSUPPORTED;
    const json_t *winners = json_object_get(c->inputs, "winners");
    const double mark = analytic_number(c, "mark", 0);
    const double bankruptcy = analytic_number(c, "bankruptcy_price", 0);
    /* Winners on the other side gain where the bankrupt loses: past its bankruptcy price. */
    const double sign = mark < bankruptcy ? 1.0 : -1.0;
    const double start = bankruptcy + sign * fabs(bankruptcy - mark);
    struct world world;
    struct world_result result;
    gap_world(&world, start, mark, 0.0, "",
              "stages: [insurance_fund, adl], adl_rank: profit_times_leverage");
    add_bankrupt(&world, sign, analytic_number(c, "qty_to_close", 0), bankruptcy, start);
    json_t *ids = json_array();
    json_t *scores = json_object();
    for (size_t i = 0; i < json_array_size(winners); i++) {
        struct analytic_case winner = {.inputs = json_array_get(winners, i)};
        const char *id = analytic_text(&winner, "id");
        const bool is_short = strcmp(analytic_text(&winner, "side"), "short") == 0;
        const double quantity = (is_short ? -1.0 : 1.0) * analytic_number(&winner, "qty", 0);
        const double entry = analytic_number(&winner, "entry", 0);
        const double profit = quantity * (mark - entry);
        const double equity = analytic_number(&winner, "equity", 0);
        world_balance(&world, id, "USDT", equity - profit);
        world_position(&world, id, "AUSDT", quantity, entry, -1.0);
        (void)json_array_append_new(ids, json_string(id));
        (void)json_object_set_new(
            scores, id,
            json_real(adl_score(profit, fabs(quantity) * entry, fabs(quantity) * mark, equity)));
    }
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        outcome = put_fills(c, &result, ids, true);
        (void)json_object_set(c->got, "scores", scores);
        analytic_put(c, "pnl_forgone_vs_mark",
                     result_query_one(c, &result, "SELECT sum(forgone) FROM adl"));
        world_result_finish(&result);
    }
    json_decref(ids);
    json_decref(scores);
    world_finish(&world);
    return outcome;
}

static enum outcome adl_pro_rata(struct analytic_case *c) {
    if (!analytic_require(c, "qty_to_close"))
        return OUTCOME_UNSUPPORTED;
    json_t *quantities = json_object_get(c->inputs, "winners_qty");
    const double bankruptcy = 1000.0;
    const double mark = 900.0;
    const double start = 1100.0;
    struct world world;
    struct world_result result;
    gap_world(&world, start, mark, 0.0, "", "stages: [insurance_fund, adl], adl_rank: pro_rata");
    add_bankrupt(&world, 1.0, analytic_number(c, "qty_to_close", 0), bankruptcy, start);
    json_t *ids = json_array();
    const char *id = NULL;
    json_t *quantity = NULL;
    json_object_foreach(quantities, id, quantity) {
        world_balance(&world, id, "USDT", 1000.0 * json_number_value(quantity));
        world_position(&world, id, "AUSDT", -json_number_value(quantity), start, -1.0);
        (void)json_array_append_new(ids, json_string(id));
    }
    enum outcome outcome = world_run(c, &world, &result);
    if (outcome == OUTCOME_DONE) {
        outcome = put_fills(c, &result, ids, false);
        world_result_finish(&result);
    }
    json_decref(ids);
    world_finish(&world);
    return outcome;
}

const struct analytic_entry analytic_accounting[] = {
    {"shortfall", shortfall},
    {"conservation", conservation},
    {"adl_queue", adl_queue},
    {"adl_pro_rata", adl_pro_rata},
    {NULL, NULL},
};

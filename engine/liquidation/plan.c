#include "engine/liquidation/plan.h"

#include "engine/liquidation/block_limit.h"
#include "engine/liquidation/closing.h"
#include "engine/liquidation/closing_terms.h"
#include "engine/liquidation/fill_limit.h"
#include "engine/liquidation/waterfall.h"

struct plan_choice plan_choose(const struct book *book, const struct limits *limits,
                               const struct pool *pool, struct pool_health health, int64_t now_ns) {
    struct plan_choice choice = {.rule = closing_rule(book, limits, pool, health, now_ns)};
    struct closing_pair pair;
    if (closing_find_pair(book, limits, &choice.rule, pool, &pair)) {
        choice.count = 2;
        for (size_t side = 0; side < 2; side++) {
            choice.position[side] = pair.position[side];
            choice.lots[side] = pair.lots[side];
        }
        return choice;
    }
    choice.all = closing_is_together(&choice.rule);
    if (!choice.all) {
        choice.count = 1;
        choice.position[0] = closing_first(book, limits, &choice.rule, pool, health);
    }
    return choice;
}

bool plan_means(const struct plan_choice *choice, uint16_t k) {
    return choice->all || (choice->count > 0 && k == choice->position[0]) ||
           (choice->count > 1 && k == choice->position[1]);
}

/* One pool's plan under way. */
struct planning {
    const struct book *book;
    const struct limits *limits;
    const struct pool *pool;
    struct pool_health health;
    const struct closing *rule;
    int128 block_left; /* notional, less what its orders so far use */
};

/* Lots of a position that its order closes, signed; `asked` of them, or as the rule has it (0). */
static int64_t lots_of(struct planning *planning, const struct position *position, int64_t asked,
                       enum order_cut *ret_cut) {
    *ret_cut = CUT_NONE;
    if (planning->rule->action == ACTION_BACKSTOP)
        return position->lots;
    const int64_t wanted = asked != 0 ? asked
                                      : closing_lots(planning->book, planning->rule, planning->pool,
                                                     position, planning->health);
    const int64_t lots =
        block_limit_lots(planning->limits, planning->book, position, wanted, &planning->block_left);
    if (lots != wanted)
        *ret_cut = CUT_BLOCK;
    return lots;
}

static enum status plan_position(struct planning *planning, uint16_t k, int64_t asked,
                                 struct order_list *orders, struct error *reterr) {
    const struct book *book = planning->book;
    const struct position *position = &book_positions(book, planning->pool)[k];
    const struct pool_health health = planning->health;
    struct order order = {.pool = (uint32_t)(planning->pool - book->pools), .position = k};
    order.planned = order.lots = lots_of(planning, position, asked, &order.cut);
    if (order.planned == 0)
        return STATUS_OK;
    order.bankruptcy_price = closing_bankruptcy_price(book, planning->pool, position, health);
    order.way = closing_way(book, planning->rule, position, order.planned, order.bankruptcy_price);
    order.insurance_e8 = closing_insurance_e8(book, position, health);
    order.limit = fill_limit_of(book, position, health, order.bankruptcy_price);
    order.frees = closing_frees(book, planning->rule, position, health, order.planned);
    order.insolvent = health.worth < 0;
    return order_list_add(orders, order, reterr);
}

enum status plan_pool(const struct book *book, const struct limits *limits, uint32_t pool,
                      struct pool_health health, int64_t now_ns, struct order_list *orders,
                      struct error *reterr) {
    const struct pool *of = &book->pools[pool];
    const struct position *position = book_positions(book, of);
    const struct plan_choice choice = plan_choose(book, limits, of, health, now_ns);
    struct planning planning = {
        .book = book,
        .limits = limits,
        .pool = of,
        .health = health,
        .rule = &choice.rule,
        .block_left = block_limit_notional(limits, book, of),
    };
    enum status status = STATUS_OK;
    for (uint16_t n = 0; n < choice.count && status == STATUS_OK; n++)
        status = plan_position(&planning, choice.position[n], choice.lots[n], orders, reterr);
    for (uint16_t k = 0; choice.all && k < of->position_count && status == STATUS_OK; k++)
        if (position[k].lots != 0)
            status = plan_position(&planning, k, 0, orders, reterr);
    return status;
}

static void add_stages(const struct rulebook *rules, bool takers, size_t *count,
                       enum waterfall_stage *ret_stages) {
    for (size_t s = 0; s < rules->waterfall.stage_count; s++) {
        const bool takes =
            rules->waterfall.stages[s] == STAGE_ADL || rules->waterfall.stages[s] == STAGE_BACKSTOP;
        if (rules->waterfall.stages[s] != STAGE_INSURANCE_FUND && takes == takers)
            ret_stages[(*count)++] = rules->waterfall.stages[s];
    }
}

size_t plan_payers(const struct rulebook *rules, enum order_way way,
                   enum waterfall_stage ret_stages[WATERFALL_STAGES_MAX]) {
    const bool has_fund = way == WAY_FUND || rulebook_has_stage(rules, STAGE_INSURANCE_FUND);
    const bool takes = way != WAY_VAULT; /* the vault has all of the account already */
    const bool fund_first = !takes || waterfall_fund_is_first(rules);
    size_t count = 0;
    if (has_fund && fund_first)
        ret_stages[count++] = STAGE_INSURANCE_FUND;
    if (takes)
        add_stages(rules, true, &count, ret_stages);
    if (has_fund && !fund_first)
        ret_stages[count++] = STAGE_INSURANCE_FUND;
    add_stages(rules, false, &count, ret_stages);
    return count;
}

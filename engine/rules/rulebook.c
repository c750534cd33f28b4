#include "engine/rules/rulebook.h"

#include <string.h>

/* Whether a rulebook's `name` means the run's `symbol`: VENUE:SYMBOL is the venue's SYMBOL. */
static bool names(const char *name, const char *symbol) {
    const char *colon = strchr(symbol, ':');
    return strcmp(name, symbol) == 0 || (colon != NULL && strcmp(name, colon + 1) == 0);
}

const struct tier_table *rulebook_table(const struct rulebook *rulebook, const char *symbol) {
    const struct tier_table *for_all = NULL;
    for (size_t i = 0; i < rulebook->margin.table_count; i++) {
        const struct tier_table *table = &rulebook->margin.tables[i];
        if (table->symbol == NULL)
            for_all = table;
        else if (names(table->symbol, symbol))
            return table;
    }
    return for_all;
}

const struct size_curve *rulebook_size(const struct size_curve *curves, size_t count,
                                       const char *symbol) {
    const struct size_curve *for_all = NULL;
    for (size_t i = 0; i < count; i++) {
        if (curves[i].symbol == NULL)
            for_all = &curves[i];
        else if (names(curves[i].symbol, symbol))
            return &curves[i];
    }
    return for_all;
}

const struct collateral_asset *rulebook_collateral(const struct rulebook *rulebook,
                                                   const char *symbol) {
    for (size_t i = 0; i < rulebook->collateral.count; i++)
        if (strcmp(rulebook->collateral.assets[i].symbol, symbol) == 0)
            return &rulebook->collateral.assets[i];
    return NULL;
}

int64_t rulebook_fee_rate_e8(const struct rulebook *rulebook, const char *symbol) {
    for (size_t i = 0; i < rulebook->liquidation.fee_rate_count; i++)
        if (names(rulebook->liquidation.fee_rates[i].symbol, symbol))
            return rulebook->liquidation.fee_rates[i].rate_e8;
    return rulebook->liquidation.fee_rate_e8;
}

bool rulebook_has_stage(const struct rulebook *rulebook, enum waterfall_stage stage) {
    for (size_t s = 0; s < rulebook->waterfall.stage_count; s++) {
        if (rulebook->waterfall.stages[s] == stage)
            return true;
    }
    return false;
}

bool rulebook_stage_before(const struct rulebook *rulebook, enum waterfall_stage stage,
                           enum waterfall_stage other) {
    for (size_t s = 0; s < rulebook->waterfall.stage_count; s++) {
        if (rulebook->waterfall.stages[s] == stage)
            return true;
        if (rulebook->waterfall.stages[s] == other)
            return false;
    }
    return false;
}

const struct liquidation_stage *rulebook_liquidation_stage(const struct rulebook *rulebook,
                                                           int128 equity, int128 requirement) {
    const struct liquidation_stage *deepest = NULL;
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++) {
        const struct liquidation_stage *stage = &rulebook->liquidation.stages[s];
        const int128 scaled = equity * RATE_SCALE;
        const int128 bound = requirement * stage->ratio_e8;
        if (scaled < bound || (stage->inclusive && scaled == bound))
            deepest = stage;
    }
    return deepest;
}

struct closing rulebook_closing(const struct rulebook *rulebook) {
    return (struct closing){.action = ACTION_CLOSE,
                            .close = rulebook->liquidation.close,
                            .fraction_e8 = rulebook->liquidation.fraction_e8,
                            .target_ratio_e8 = rulebook->liquidation.target_ratio_e8,
                            .order = rulebook->liquidation.order,
                            .price = rulebook->liquidation.price};
}

bool rulebook_takes_over(const struct rulebook *rulebook) {
    bool takes = rulebook->liquidation.price == PRICE_BANKRUPTCY ||
                 rulebook->liquidation.last_price == PRICE_BANKRUPTCY ||
                 rulebook->liquidation.then_price == PRICE_BANKRUPTCY;
    for (size_t s = 0; s < rulebook->liquidation.stage_count; s++)
        takes = takes || rulebook->liquidation.stages[s].closing.price == PRICE_BANKRUPTCY;
    return takes;
}

#include "scenarios/population/population.h"

#include <assert.h>

struct population_settings population_settings_default(void) {
    return (struct population_settings){
        .accounts = 100000,
        .seed = 1,
        .open_interest = NULL,
        .equity =
            {.median = 180.0, .ln_sd = 2.5, .tail_quantile = 0.95, .tail_alpha = 0.9, .cap = 1e8},
        .leverage = {.median = 1.2,
                     .equity_slope = 0.2,
                     .ln_sd = 1.1,
                     .min = 0.1,
                     .max = 125.0,
                     .spike_share = 0.05,
                     .short_factor = 0.7},
        .positions = {.max = POPULATION_POSITIONS_MAX, .decay = 0.5, .same_side = 0.8},
        .hedged_share = 0.1,
    };
}

enum status population_settings_check(const struct population_settings *settings,
                                      struct error *reterr) {
    assert(settings != NULL);
    const struct population_equity *equity = &settings->equity;
    const struct population_leverage *leverage = &settings->leverage;
    const struct population_positions *positions = &settings->positions;
    const struct {
        const char *key;
        double value;
        double low;
        double high;
    } ranges[] = {
        {"population.accounts", (double)settings->accounts, 0.0, (double)POPULATION_ACCOUNTS_MAX},
        {"population.equity.median", equity->median, 1e-2, 1e9},
        {"population.equity.ln_sd", equity->ln_sd, 0.1, 5.0},
        {"population.equity.tail_quantile", equity->tail_quantile, 0.5, 1.0},
        {"population.equity.tail_alpha", equity->tail_alpha, 0.1, 10.0},
        {"population.equity.cap", equity->cap, equity->median, 1e10},
        {"population.leverage.max", leverage->max, 0.01, 1000.0},
        {"population.leverage.min", leverage->min, 0.01, leverage->max},
        {"population.leverage.median", leverage->median, 0.01, 125.0},
        {"population.leverage.equity_slope", leverage->equity_slope, 0.0, 0.9},
        {"population.leverage.ln_sd", leverage->ln_sd, 0.0, 3.0},
        {"population.leverage.spike_share", leverage->spike_share, 0.0, 1.0},
        {"population.leverage.short_factor", leverage->short_factor, 0.01, 100.0},
        {"population.positions.max", positions->max, 1.0, POPULATION_POSITIONS_MAX},
        {"population.positions.decay", positions->decay, 0.0, 1.0},
        {"population.positions.same_side", positions->same_side, 0.0, 1.0},
        {"population.hedging.share", settings->hedged_share, 0.0, 1.0},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (!(ranges[i].value >= ranges[i].low && ranges[i].value <= ranges[i].high)) /* or NaN */
            return error_set(reterr, STATUS_CONFIG, "%s: %g is not in %g .. %g", ranges[i].key,
                             ranges[i].value, ranges[i].low, ranges[i].high);
    }
    return STATUS_OK;
}

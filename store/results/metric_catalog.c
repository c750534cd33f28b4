#include "store/results/metric_catalog.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN METRIC_OF_RUN
#define INSTRUMENT METRIC_OF_INSTRUMENT
#define BOTH METRIC_OF_BOTH
#define DETAIL METRIC_DETAIL
#define QUOTED METRIC_QUOTED
#define HEADLINE METRIC_HEADLINE
#define NEUTRAL METRIC_NEUTRAL
#define LOWER METRIC_LOWER_IS_BETTER
#define HIGHER METRIC_HIGHER_IS_BETTER

const struct metric_info metric_catalog[METRICS] = {
    [METRIC_TICKS] = {"ticks", METRIC_COUNT, RUN, DETAIL, NEUTRAL, "ticks",
                      "prices that were replayed; a bar counts four, with `bar_path: close` one"},
    [METRIC_ACCOUNTS] = {"accounts", METRIC_COUNT, RUN, DETAIL, NEUTRAL, "accounts", "in the run"},
    [METRIC_LIQUIDATIONS] = {"liquidations", METRIC_COUNT, RUN, HEADLINE, LOWER, "forced orders",
                             "one a position and wave; an order that was divided counts once"},
    [METRIC_ACCOUNTS_LIQUIDATED] = {"accounts_liquidated", METRIC_COUNT, RUN, HEADLINE, LOWER,
                                    "accounts liquidated", "with at least one forced order"},
    [METRIC_ACCOUNTS_IN_BREACH_AT_START] =
        {"accounts_in_breach_at_start", METRIC_COUNT, RUN, DETAIL, LOWER, "in breach at the start",
         "accounts that were in breach when first looked at; they are in all figures"},
    [METRIC_ACCOUNTS_NEVER_ASSESSED] =
        {"accounts_never_assessed", METRIC_COUNT, RUN, DETAIL, LOWER, "never assessed",
         "accounts that hold an instrument that never had a price, and were left alone"},
    [METRIC_ERRONEOUS_LIQUIDATIONS] =
        {"erroneous_liquidations", METRIC_COUNT, RUN, DETAIL, LOWER, "erroneous orders",
         "forced orders that the true mark price would not have brought"},
    [METRIC_OPEN_ORDERS_CANCELLED] = {"open_orders_cancelled", METRIC_COUNT, RUN, DETAIL, NEUTRAL,
                                      "open orders cancelled",
                                      "of accounts in breach; not there where no account had one"},
    [METRIC_LIQUIDATED_NOTIONAL] =
        {"liquidated_notional.total", METRIC_MONEY, RUN, HEADLINE, LOWER, "liquidated notional",
         "quantity times price of forced orders, through the market or taken over; what was "
         "auto-deleveraged is apart"},
    [METRIC_LIQUIDATED_LONG] = {"liquidated_notional.long", METRIC_MONEY, RUN, HEADLINE, LOWER,
                                "  longs", "of it longs, closed by selling"},
    [METRIC_LIQUIDATED_SHORT] = {"liquidated_notional.short", METRIC_MONEY, RUN, HEADLINE, LOWER,
                                 "  shorts", "of it shorts, closed by buying"},
    [METRIC_LIQUIDATED_BY_INSTRUMENT] = {"liquidated_notional.by_instrument", METRIC_MONEY,
                                         INSTRUMENT, HEADLINE, LOWER, "liquidated",
                                         "of it in this instrument"},
    [METRIC_PEAK_MINUTE_NOTIONAL] = {"peak_minute.notional", METRIC_MONEY, RUN, HEADLINE, LOWER,
                                     "peak minute", "the most notional of one minute"},
    [METRIC_PEAK_MINUTE_TS] = {"peak_minute.ts", METRIC_TIME, RUN, HEADLINE, NEUTRAL, "  at (UTC)",
                               "the start of that minute"},
    [METRIC_WAVES_MAX] = {"waves_max", METRIC_COUNT, RUN, HEADLINE, LOWER, "most waves",
                          "of one instant"},
    [METRIC_GENERATION_COUNTS] = {"generation_counts", METRIC_COUNT, METRIC_OF_GENERATION, DETAIL,
                                  NEUTRAL, "orders by generation",
                                  "forced orders of a generation, roots first"},
    [METRIC_PRICE_FIRST] = {"price.first", METRIC_PRICE, INSTRUMENT, DETAIL, NEUTRAL, "first price",
                            "simulated"},
    [METRIC_PRICE_LAST] = {"price.last", METRIC_PRICE, INSTRUMENT, QUOTED, NEUTRAL, "last price",
                           "simulated, after the last wave"},
    [METRIC_PRICE_MIN] = {"price.min", METRIC_PRICE, INSTRUMENT, HEADLINE, HIGHER, "lowest price",
                          "simulated, after any wave; never a fill price"},
    [METRIC_PRICE_MAX] = {"price.max", METRIC_PRICE, INSTRUMENT, DETAIL, NEUTRAL, "highest price",
                          "simulated, after any wave"},
    [METRIC_PRICE_FIRST_WITHOUT] = {"price.first_without_feedback", METRIC_PRICE, INSTRUMENT,
                                    DETAIL, NEUTRAL, "first without feedback",
                                    "the same without the push of forced orders"},
    [METRIC_PRICE_LAST_WITHOUT] = {"price.last_without_feedback", METRIC_PRICE, INSTRUMENT, QUOTED,
                                   NEUTRAL, "last without feedback",
                                   "the same without the push of forced orders"},
    [METRIC_PRICE_MIN_WITHOUT] = {"price.min_without_feedback", METRIC_PRICE, INSTRUMENT, QUOTED,
                                  NEUTRAL, "lowest without feedback",
                                  "the same without the push of forced orders"},
    [METRIC_PRICE_FIRST_RECORDED] = {"price.first_recorded", METRIC_PRICE, INSTRUMENT, DETAIL,
                                     NEUTRAL, "first recorded", "as the data have it"},
    [METRIC_PRICE_LAST_RECORDED] = {"price.last_recorded", METRIC_PRICE, INSTRUMENT, DETAIL,
                                    NEUTRAL, "last recorded", "as the data have it"},
    [METRIC_PRICE_MIN_RECORDED] = {"price.min_recorded", METRIC_PRICE, INSTRUMENT, DETAIL, NEUTRAL,
                                   "lowest recorded", "as the data have it"},
    [METRIC_FALL_WITH] = {"fall.with_feedback", METRIC_SHARE, INSTRUMENT, QUOTED, LOWER, "fall",
                          "the largest fall from a running peak, over the peak"},
    [METRIC_FALL_WITHOUT] = {"fall.without_feedback", METRIC_SHARE, INSTRUMENT, QUOTED, NEUTRAL,
                             "fall without feedback",
                             "the same on the path without feedback, held within what was recorded "
                             "up to then"},
    [METRIC_AMPLIFICATION] = {"amplification", METRIC_RATIO, INSTRUMENT, HEADLINE, LOWER,
                              "amplification",
                              "the fall with feedback over that without; not known where nothing "
                              "falls without"},
    [METRIC_ENDOGENOUS_SHARE] = {"endogenous_share", METRIC_SHARE, INSTRUMENT, QUOTED, LOWER,
                                 "made by liquidations", "of the fall: 1 - 1/amplification"},
    [METRIC_CAUSED_SHARE] = {"caused_share", METRIC_SHARE, RUN, HEADLINE, LOWER,
                             "caused by liquidations",
                             "share of the liquidated notional whose account would have stood "
                             "without earlier forced orders"},
    [METRIC_CAUSED_SHARE_PROPORTIONAL] = {"caused_share_proportional", METRIC_SHARE, RUN, HEADLINE,
                                          LOWER, "  in proportion",
                                          "share that forced orders made of what prices cost the "
                                          "liquidated accounts"},
    [METRIC_CAUSED_NOTIONAL] = {"caused_notional", METRIC_MONEY, RUN, DETAIL, LOWER,
                                "caused notional", "notional of orders that are not roots"},
    [METRIC_CLEANED_NOTIONAL] = {"cleaned_notional", METRIC_MONEY, RUN, DETAIL, NEUTRAL,
                                 "cleaned notional",
                                 "recorded forced flow that was taken out of the recorded path; "
                                 "not there where nothing is taken from readings"},
    [METRIC_IMPLAUSIBLE_MINUTES] = {"implausible_minutes", METRIC_COUNT, INSTRUMENT, QUOTED, LOWER,
                                    "implausible minutes",
                                    "minutes in which the path without feedback is more than 1 % "
                                    "beyond all that was recorded up to then"},
    [METRIC_BEYOND_DEPTH_NOTIONAL] = {"beyond_depth.notional", METRIC_MONEY, INSTRUMENT, DETAIL,
                                      LOWER, "beyond depth",
                                      "executed where the depth curve has ended; not there where "
                                      "nothing was"},
    [METRIC_BEYOND_DEPTH_QUANTITY] = {"beyond_depth.quantity", METRIC_AMOUNT, INSTRUMENT, DETAIL,
                                      LOWER, "beyond depth, quantity", "the same as a quantity"},
    [METRIC_PRICE_CLIPS] = {"price_clips", METRIC_COUNT, RUN, DETAIL, LOWER, "price clips",
                            "prices that were held at the floor of one tick"},
    [METRIC_BRANCHING_MAX] = {"branching.max", METRIC_RATIO, BOTH, HEADLINE, LOWER,
                              "branching ratio, worst",
                              "the largest local branching ratio: what a forced unit forces next"},
    [METRIC_BRANCHING_AT] = {"branching.at", METRIC_TIME, RUN, DETAIL, NEUTRAL,
                             "branching ratio, when", "the minute of the largest"},
    [METRIC_BRANCHING_NOW] = {"branching.now", METRIC_RATIO, RUN, HEADLINE, LOWER,
                              "branching ratio, end", "the last one measured; low is no all-clear"},
    [METRIC_BAD_DEBT] = {"bad_debt", METRIC_MONEY, RUN, HEADLINE, LOWER, "bad debt",
                         "what accounts were short of when their last position was closed, before "
                         "anybody paid"},
    [METRIC_FUND_START] = {"insurance_fund.start", METRIC_MONEY, RUN, DETAIL, NEUTRAL,
                           "insurance fund, start", "what it has before the first tick"},
    [METRIC_FUND_MIN] = {"insurance_fund.min", METRIC_MONEY, RUN, HEADLINE, HIGHER,
                         "insurance fund, lowest", "the least after any wave"},
    [METRIC_FUND_END] = {"insurance_fund.end", METRIC_MONEY, BOTH, HEADLINE, HIGHER,
                         "insurance fund, end",
                         "what is left; by instrument where each has a fund of its own"},
    [METRIC_ADL_NOTIONAL] = {"adl.notional", METRIC_MONEY, RUN, HEADLINE, LOWER, "auto-deleveraged",
                             "notional closed against counterparties"},
    [METRIC_ADL_ACCOUNTS] = {"adl.accounts", METRIC_COUNT, RUN, HEADLINE, LOWER, "  accounts",
                             "that were deleveraged"},
    [METRIC_SOCIALISED_LOSS] = {"socialised_loss", METRIC_MONEY, RUN, HEADLINE, LOWER, "socialised",
                                "taken from other accounts for the losses"},
    [METRIC_UNPAID] = {"unpaid", METRIC_MONEY, RUN, HEADLINE, LOWER, "unpaid",
                       "losses that found no payer by the end"},
    [METRIC_FEES] = {"fees", METRIC_MONEY, RUN, HEADLINE, NEUTRAL, "liquidation fees",
                     "that the venue kept"},
    [METRIC_FUNDING] = {"funding", METRIC_MONEY, RUN, DETAIL, NEUTRAL, "funding",
                        "paid by accounts, net of what accounts received"},
    [METRIC_INVENTORY_TAKEN] = {"inventory.taken", METRIC_MONEY, RUN, DETAIL, NEUTRAL,
                                "taken over by the fund",
                                "notional the insurance fund took over at the bankruptcy price"},
    [METRIC_INVENTORY_WORKED_OFF] = {"inventory.worked_off", METRIC_MONEY, RUN, DETAIL, NEUTRAL,
                                     "  given to the market", "of it by the end"},
    [METRIC_INVENTORY_HELD] = {"inventory.held", METRIC_MONEY, RUN, DETAIL, NEUTRAL, "  still held",
                               "notional at the end, at the last mark prices"},
    [METRIC_INVENTORY_GAIN] = {"inventory.gain", METRIC_MONEY, RUN, DETAIL, HIGHER,
                               "  its gain on paper",
                               "what is still held, at the last mark prices, less its cost"},
    [METRIC_BACKSTOP_TAKEN] = {"backstop.taken", METRIC_MONEY, RUN, DETAIL, NEUTRAL,
                               "taken over by the backstop", "notional the backstop vault took"},
    [METRIC_BACKSTOP_RECEIVED] = {"backstop.received", METRIC_MONEY, RUN, DETAIL, NEUTRAL,
                                  "  received with it",
                                  "what was left in the wallets of accounts handed over"},
    [METRIC_BACKSTOP_GAIN] = {"backstop.gain", METRIC_MONEY, RUN, DETAIL, HIGHER,
                              "  its gain on paper",
                              "what the vault holds, at the last mark prices, less its cost"},
    [METRIC_LEDGER_RESIDUAL] = {"ledger_residual", METRIC_MONEY, RUN, DETAIL, LOWER,
                                "ledger residual", "exactly 0, else the run is not to be used"},
    [METRIC_ASSESSMENTS] = {"assessments", METRIC_COUNT, RUN, DETAIL, NEUTRAL, "assessments",
                            "how often an account was looked at exactly"},
    [METRIC_BYTES_PEAK] = {"bytes_peak", METRIC_BYTES, RUN, DETAIL, NEUTRAL, "memory",
                           "of one book at most: pools, positions, triggers"},
};

const char *metric_name(enum metric_id metric, unsigned generation,
                        char ret_name[METRIC_NAME_SIZE]) {
    const struct metric_info *info = &metric_catalog[metric];
    if (info->scope == METRIC_OF_GENERATION)
        (void)snprintf(ret_name, METRIC_NAME_SIZE, "%s.%u", info->name, generation); /* fits */
    else
        (void)snprintf(ret_name, METRIC_NAME_SIZE, "%s", info->name); /* likewise */
    return ret_name;
}

bool metric_find(const char *name, enum metric_id *ret_metric, unsigned *ret_generation) {
    for (int m = 0; m < METRICS; m++) {
        const struct metric_info *info = &metric_catalog[m];
        const size_t length = strlen(info->name);
        if (strncmp(info->name, name, length) != 0)
            continue;
        unsigned generation = 0;
        if (info->scope == METRIC_OF_GENERATION) {
            char whole[METRIC_NAME_SIZE];
            generation = (unsigned)strtoul(name + length + (name[length] == '.'), NULL, 10);
            if (strcmp(metric_name((enum metric_id)m, generation, whole), name) != 0)
                continue;
        } else if (name[length] != '\0') {
            continue;
        }
        *ret_metric = (enum metric_id)m;
        *ret_generation = generation;
        return true;
    }
    return false;
}

const char *metric_unit(enum metric_id metric, const char *asset) {
    switch (metric_catalog[metric].kind) {
    case METRIC_COUNT:
        return "count";
    case METRIC_BYTES:
        return "byte";
    case METRIC_MONEY:
        return asset;
    case METRIC_SHARE:
    case METRIC_RATIO:
        return "1";
    case METRIC_PRICE:
        return "quote";
    case METRIC_AMOUNT:
        return "base";
    case METRIC_TIME:
        break;
    }
    return "UTC";
}

const struct bound_info metric_bounds[BOUNDS] = {
    [BOUND_SQRT_LOWER] = {"sqrt_lower", "sqrt-lower"},
    [BOUND_BOOK_UPPER] = {"book_upper", "book-upper"},
    [BOUND_BARS_OHLC] = {"bars_ohlc", "high first"},
    [BOUND_BARS_OLHC] = {"bars_olhc", "low first"},
};

bool metric_bound_find(const char *name, enum metric_bound *ret_bound) {
    for (int b = 0; b < BOUNDS; b++)
        if (strcmp(metric_bounds[b].name, name) == 0) {
            *ret_bound = (enum metric_bound)b;
            return true;
        }
    return false;
}

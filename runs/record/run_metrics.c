#include "runs/record/run_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/time_text.h"

#define PRICE_UNIT "quote" /* units of the instrument's quote asset */

static void add(struct run_metrics *metrics, const char *name, const char *instrument, double value,
                const char *unit, const char *exact) {
    const struct results_metric row = {
        .name = g_string_chunk_insert_const(metrics->texts, name),
        .instrument = instrument,
        .value = value,
        .low = NAN,
        .high = NAN,
        .unit = unit,
        .exact = g_string_chunk_insert(metrics->texts, exact),
    };
    g_array_append_val(metrics->rows, row);
}

static void add_ratio(struct run_metrics *metrics, const char *name, const char *instrument,
                      double value) {
    add(metrics, name, instrument, value, "1", "");
}

static void add_instrument_count(struct run_metrics *metrics, const char *name,
                                 const char *instrument, uint64_t value) {
    char exact[24];
    (void)snprintf(exact, sizeof(exact), "%" PRIu64, value); /* 20 digits */
    add(metrics, name, instrument, (double)value, "count", exact);
}

static void add_count(struct run_metrics *metrics, const char *name, uint64_t value) {
    add_instrument_count(metrics, name, "", value);
}

/* Money in 128 bits as decimal text without trailing zeros. */
static void money_text(int128 money, char ret_text[64]) {
    const bool negative = money < 0;
    uint128 rest = negative ? -(uint128)money : (uint128)money;
    char digits[48];
    size_t count = 0;
    do {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest > 0 || count <= MONEY_DECIMALS);
    size_t decimals = MONEY_DECIMALS;
    size_t last = 0; /* the last digit to be written, counted from the right */
    while (decimals > 0 && digits[last] == '0') {
        last++;
        decimals--;
    }
    size_t used = 0;
    if (negative)
        ret_text[used++] = '-';
    for (size_t i = count; i-- > last;) {
        ret_text[used++] = digits[i];
        if (i == MONEY_DECIMALS && decimals > 0)
            ret_text[used++] = '.';
    }
    ret_text[used] = '\0';
}

static void add_money(struct run_metrics *metrics, const char *name, const char *instrument,
                      int128 money) {
    char exact[64];
    money_text(money, exact);
    add(metrics, name, instrument, (double)money / MONEY_SCALE, metrics->asset, exact);
}

/* A time as exact text; none if there was nothing to give a time to. */
static void add_time(struct run_metrics *metrics, const char *name, bool known, int64_t ts_ns) {
    char exact[32] = "";
    if (known)
        (void)time_format_iso(ts_ns, exact); /* the length is not needed */
    add(metrics, name, "", NAN, "UTC", exact);
}

static void add_price(struct run_metrics *metrics, const char *name,
                      const struct instrument *instrument, int64_t ticks) {
    if (ticks == PRICE_NONE)
        return;
    const struct decimal tick = instrument->price_tick;
    const int128 mantissa = (int128)ticks * tick.mantissa;
    char exact[32] = "";
    if (units_fits_int64(mantissa))
        (void)decimal_format((int64_t)mantissa, tick.decimals, exact); /* likewise */
    add(metrics, name, instrument->symbol, (double)mantissa / (double)units_pow10(tick.decimals),
        PRICE_UNIT, exact);
}

static void add_instrument(struct run_metrics *metrics, const struct instrument *instrument,
                           const struct replay_price_summary *price) {
    const char *symbol = instrument->symbol;
    const struct {
        const char *name;
        int64_t ticks;
    } prices[] = {
        {"price.first", price->first},
        {"price.last", price->last},
        {"price.min", price->min},
        {"price.max", price->max},
        {"price.first_without_feedback", price->first_without},
        {"price.last_without_feedback", price->last_without},
        {"price.min_without_feedback", price->min_without},
        {"price.first_recorded", price->first_recorded},
        {"price.last_recorded", price->last_recorded},
        {"price.min_recorded", price->min_recorded},
    };
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
        add_price(metrics, prices[i].name, instrument, prices[i].ticks);
    const bool fell = price->first != PRICE_NONE && price->fall_without > 0;
    const double amplification = fell ? price->fall / price->fall_without : NAN;
    add_ratio(metrics, "fall.with_feedback", symbol,
              price->first != PRICE_NONE ? price->fall : NAN);
    add_ratio(metrics, "fall.without_feedback", symbol,
              price->first != PRICE_NONE ? price->fall_without : NAN);
    add_ratio(metrics, "amplification", symbol, amplification);
    add_ratio(metrics, "endogenous_share", symbol, amplification > 0 ? 1 - 1 / amplification : NAN);
    add_money(metrics, "liquidated_notional.by_instrument", symbol, price->liquidated_notional);
    if (price->fund_end != 0)
        add_money(metrics, "insurance_fund.end", symbol, price->fund_end);
    add_ratio(metrics, "branching.max", symbol, price->branching_max);
    add_instrument_count(metrics, "implausible_minutes", symbol, price->implausible_minutes);
    if (price->beyond_depth.quantity > 0) {
        add(metrics, "beyond_depth.quantity", symbol, price->beyond_depth.quantity, "base", "");
        add(metrics, "beyond_depth.notional", symbol, price->beyond_depth.notional, metrics->asset,
            "");
    }
}

static void add_totals(struct run_metrics *metrics, const struct replay_summary *summary,
                       enum cleaning cleaning) {
    const int128 total = summary->long_notional + summary->short_notional;
    add_money(metrics, "liquidated_notional.total", "", total);
    add_money(metrics, "liquidated_notional.long", "", summary->long_notional);
    add_money(metrics, "liquidated_notional.short", "", summary->short_notional);
    add_time(metrics, "peak_minute.ts", total > 0, summary->peak_minute_ts_ns);
    add_money(metrics, "peak_minute.notional", "", summary->peak_minute_notional);
    add_ratio(metrics, "caused_share", "",
              total > 0 ? (double)summary->caused_notional / (double)total : NAN);
    add_ratio(metrics, "caused_share_proportional", "",
              total > 0 ? (double)summary->caused_proportional / (double)total / RATE_SCALE : NAN);
    add_money(metrics, "caused_notional", "", summary->caused_notional);
    if (cleaning == CLEANING_RECORDED || cleaning == CLEANING_OPEN_INTEREST)
        add_money(metrics, "cleaned_notional", "", summary->cleaned_notional);
    add_money(metrics, "bad_debt", "", summary->bad_debt);
    add_money(metrics, "insurance_fund.start", "", summary->fund_start);
    add_money(metrics, "insurance_fund.min", "", summary->fund_min);
    add_money(metrics, "insurance_fund.end", "", summary->fund_end);
    add_money(metrics, "adl.notional", "", summary->adl_notional);
    add_count(metrics, "adl.accounts", summary->adl_accounts);
    add_money(metrics, "socialised_loss", "", summary->socialised_loss);
    add_money(metrics, "unpaid", "", summary->unpaid);
    add_money(metrics, "fees", "", summary->fees);
    add_money(metrics, "funding", "", summary->funding);
    add_money(metrics, "inventory.taken", "", summary->inventory_taken);
    add_money(metrics, "inventory.worked_off", "", summary->inventory_worked_off);
    add_money(metrics, "inventory.held", "", summary->inventory_held);
    add_money(metrics, "inventory.gain", "", summary->inventory_gain);
    add_money(metrics, "backstop.taken", "", summary->backstop_taken);
    add_money(metrics, "backstop.received", "", summary->backstop_received);
    add_money(metrics, "backstop.gain", "", summary->backstop_gain);
    add_money(metrics, "ledger_residual", "", summary->ledger_residual);
}

static void add_generations(struct run_metrics *metrics, const struct replay_summary *summary) {
    int deepest = -1;
    for (int i = 0; i < GENERATIONS_MAX; i++)
        if (summary->generation_counts[i] > 0)
            deepest = i;
    for (int i = 0; i <= deepest; i++) {
        char name[48];
        (void)snprintf(name, sizeof(name), "generation_counts.%d", i); /* fits */
        add_count(metrics, name, summary->generation_counts[i]);
    }
}

void run_metrics_init(struct run_metrics *metrics, const struct replay_summary *summary,
                      const struct replay_input *input, size_t account_count, const char *asset) {
    *metrics =
        (struct run_metrics){.rows = g_array_new(FALSE, FALSE, sizeof(struct results_metric)),
                             .texts = g_string_chunk_new(4096),
                             .asset = asset};
    (void)snprintf(metrics->fingerprint, sizeof(metrics->fingerprint), "%016" PRIx64 "%016" PRIx64,
                   summary->fingerprint[0], summary->fingerprint[1]); /* 32 digits */
    add_count(metrics, "ticks", summary->ticks);
    add_count(metrics, "accounts", account_count);
    add_count(metrics, "liquidations", summary->liquidations);
    add_count(metrics, "accounts_liquidated", summary->accounts_liquidated);
    add_count(metrics, "accounts_in_breach_at_start", summary->accounts_in_breach_at_start);
    add_count(metrics, "accounts_never_assessed", summary->accounts_never_assessed);
    add_count(metrics, "erroneous_liquidations", summary->erroneous_liquidations);
    if (summary->open_orders_cancelled > 0) /* few books have open orders */
        add_count(metrics, "open_orders_cancelled", summary->open_orders_cancelled);
    add_count(metrics, "waves_max", summary->waves_max);
    add_count(metrics, "price_clips", summary->price_clips);
    add_count(metrics, "assessments", summary->assessments);
    add_count(metrics, "bytes_peak", summary->bytes_peak);
    add_generations(metrics, summary);
    add_totals(metrics, summary, input->cleaning);
    add_ratio(metrics, "branching.max", "", summary->branching_max);
    add_time(metrics, "branching.at", summary->branching_max > 0, summary->branching_max_ts_ns);
    add_ratio(metrics, "branching.now", "", summary->branching_now);
    for (size_t i = 0; i < input->instrument_count; i++)
        add_instrument(metrics, &input->instruments[i], &summary->prices[i]);
}

void run_metrics_finish(struct run_metrics *metrics) {
    if (metrics->rows == NULL)
        return;
    (void)g_array_free(metrics->rows, TRUE); /* returns NULL */
    g_string_chunk_free(metrics->texts);
    *metrics = (struct run_metrics){0};
}

#include "runs/record/run_metrics.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/time_text.h"

static void add(struct run_metrics *metrics, enum metric_id metric, const char *instrument,
                double value, const char *exact) {
    const struct results_metric row = {
        .metric = metric,
        .instrument = instrument,
        .bound = BOUND_NONE,
        .value = value,
        .low = NAN,
        .high = NAN,
        .exact = g_string_chunk_insert(metrics->texts, exact),
    };
    g_array_append_val(metrics->rows, row);
}

static void add_ratio(struct run_metrics *metrics, enum metric_id metric, const char *instrument,
                      double value) {
    add(metrics, metric, instrument, value, "");
}

static void add_instrument_count(struct run_metrics *metrics, enum metric_id metric,
                                 const char *instrument, uint64_t value) {
    char exact[24];
    (void)snprintf(exact, sizeof(exact), "%" PRIu64, value); /* 20 digits */
    add(metrics, metric, instrument, (double)value, exact);
}

static void add_count(struct run_metrics *metrics, enum metric_id metric, uint64_t value) {
    add_instrument_count(metrics, metric, "", value);
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

static void add_money(struct run_metrics *metrics, enum metric_id metric, const char *instrument,
                      int128 money) {
    char exact[64];
    money_text(money, exact);
    add(metrics, metric, instrument, (double)money / MONEY_SCALE, exact);
}

/* A time as exact text; none if there was nothing to give a time to. */
static void add_time(struct run_metrics *metrics, enum metric_id metric, bool known,
                     int64_t ts_ns) {
    char exact[32] = "";
    if (known)
        (void)time_format_iso(ts_ns, exact); /* the length is not needed */
    add(metrics, metric, "", NAN, exact);
}

static void add_price(struct run_metrics *metrics, enum metric_id metric,
                      const struct instrument *instrument, int64_t ticks) {
    if (ticks == PRICE_NONE)
        return;
    const struct decimal tick = instrument->price_tick;
    const int128 mantissa = (int128)ticks * tick.mantissa;
    char exact[32] = "";
    if (units_fits_int64(mantissa))
        (void)decimal_format((int64_t)mantissa, tick.decimals, exact); /* likewise */
    add(metrics, metric, instrument->symbol, (double)mantissa / (double)units_pow10(tick.decimals),
        exact);
}

static void add_instrument(struct run_metrics *metrics, const struct instrument *instrument,
                           const struct replay_price_summary *price) {
    const char *symbol = instrument->symbol;
    const struct {
        enum metric_id metric;
        int64_t ticks;
    } prices[] = {
        {METRIC_PRICE_FIRST, price->first},
        {METRIC_PRICE_LAST, price->last},
        {METRIC_PRICE_MIN, price->min},
        {METRIC_PRICE_MAX, price->max},
        {METRIC_PRICE_FIRST_WITHOUT, price->first_without},
        {METRIC_PRICE_LAST_WITHOUT, price->last_without},
        {METRIC_PRICE_MIN_WITHOUT, price->min_without},
        {METRIC_PRICE_FIRST_RECORDED, price->first_recorded},
        {METRIC_PRICE_LAST_RECORDED, price->last_recorded},
        {METRIC_PRICE_MIN_RECORDED, price->min_recorded},
    };
    for (size_t i = 0; i < sizeof(prices) / sizeof(prices[0]); i++)
        add_price(metrics, prices[i].metric, instrument, prices[i].ticks);
    const bool fell = price->first != PRICE_NONE && price->fall_without > 0;
    const double amplification = fell ? price->fall / price->fall_without : NAN;
    add_ratio(metrics, METRIC_FALL_WITH, symbol, price->first != PRICE_NONE ? price->fall : NAN);
    add_ratio(metrics, METRIC_FALL_WITHOUT, symbol,
              price->first != PRICE_NONE ? price->fall_without : NAN);
    add_ratio(metrics, METRIC_AMPLIFICATION, symbol, amplification);
    add_ratio(metrics, METRIC_ENDOGENOUS_SHARE, symbol,
              amplification > 0 ? 1 - 1 / amplification : NAN);
    add_money(metrics, METRIC_LIQUIDATED_BY_INSTRUMENT, symbol, price->liquidated_notional);
    if (price->fund_end != 0)
        add_money(metrics, METRIC_FUND_END, symbol, price->fund_end);
    add_ratio(metrics, METRIC_BRANCHING_MAX, symbol, price->branching_max);
    add_instrument_count(metrics, METRIC_IMPLAUSIBLE_MINUTES, symbol, price->implausible_minutes);
    if (price->beyond_depth.quantity > 0) {
        add(metrics, METRIC_BEYOND_DEPTH_QUANTITY, symbol, price->beyond_depth.quantity, "");
        add(metrics, METRIC_BEYOND_DEPTH_NOTIONAL, symbol, price->beyond_depth.notional, "");
    }
}

static void add_totals(struct run_metrics *metrics, const struct replay_summary *summary,
                       enum cleaning cleaning) {
    const int128 total = summary->long_notional + summary->short_notional;
    add_money(metrics, METRIC_LIQUIDATED_NOTIONAL, "", total);
    add_money(metrics, METRIC_LIQUIDATED_LONG, "", summary->long_notional);
    add_money(metrics, METRIC_LIQUIDATED_SHORT, "", summary->short_notional);
    add_time(metrics, METRIC_PEAK_MINUTE_TS, total > 0, summary->peak_minute_ts_ns);
    add_money(metrics, METRIC_PEAK_MINUTE_NOTIONAL, "", summary->peak_minute_notional);
    add_ratio(metrics, METRIC_CAUSED_SHARE, "",
              total > 0 ? (double)summary->caused_notional / (double)total : NAN);
    add_ratio(metrics, METRIC_CAUSED_SHARE_PROPORTIONAL, "",
              total > 0 ? (double)summary->caused_proportional / (double)total / RATE_SCALE : NAN);
    add_money(metrics, METRIC_CAUSED_NOTIONAL, "", summary->caused_notional);
    if (cleaning == CLEANING_RECORDED || cleaning == CLEANING_OPEN_INTEREST)
        add_money(metrics, METRIC_CLEANED_NOTIONAL, "", summary->cleaned_notional);
    add_money(metrics, METRIC_BAD_DEBT, "", summary->bad_debt);
    add_money(metrics, METRIC_FUND_START, "", summary->fund_start);
    add_money(metrics, METRIC_FUND_MIN, "", summary->fund_min);
    add_money(metrics, METRIC_FUND_END, "", summary->fund_end);
    add_money(metrics, METRIC_ADL_NOTIONAL, "", summary->adl_notional);
    add_count(metrics, METRIC_ADL_ACCOUNTS, summary->adl_accounts);
    add_money(metrics, METRIC_SOCIALISED_LOSS, "", summary->socialised_loss);
    add_money(metrics, METRIC_UNPAID, "", summary->unpaid);
    add_money(metrics, METRIC_FEES, "", summary->fees);
    add_money(metrics, METRIC_FUNDING, "", summary->funding);
    add_money(metrics, METRIC_INVENTORY_TAKEN, "", summary->inventory_taken);
    add_money(metrics, METRIC_INVENTORY_WORKED_OFF, "", summary->inventory_worked_off);
    add_money(metrics, METRIC_INVENTORY_HELD, "", summary->inventory_held);
    add_money(metrics, METRIC_INVENTORY_GAIN, "", summary->inventory_gain);
    add_money(metrics, METRIC_BACKSTOP_TAKEN, "", summary->backstop_taken);
    add_money(metrics, METRIC_BACKSTOP_RECEIVED, "", summary->backstop_received);
    add_money(metrics, METRIC_BACKSTOP_GAIN, "", summary->backstop_gain);
    add_money(metrics, METRIC_LEDGER_RESIDUAL, "", summary->ledger_residual);
}

static void add_generations(struct run_metrics *metrics, const struct replay_summary *summary) {
    int deepest = -1;
    for (int i = 0; i < GENERATIONS_MAX; i++)
        if (summary->generation_counts[i] > 0)
            deepest = i;
    for (int i = 0; i <= deepest; i++) {
        add_count(metrics, METRIC_GENERATION_COUNTS, summary->generation_counts[i]);
        g_array_index(metrics->rows, struct results_metric, metrics->rows->len - 1).generation =
            (unsigned)i;
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
    add_count(metrics, METRIC_TICKS, summary->ticks);
    add_count(metrics, METRIC_ACCOUNTS, account_count);
    add_count(metrics, METRIC_LIQUIDATIONS, summary->liquidations);
    add_count(metrics, METRIC_ACCOUNTS_LIQUIDATED, summary->accounts_liquidated);
    add_count(metrics, METRIC_ACCOUNTS_IN_BREACH_AT_START, summary->accounts_in_breach_at_start);
    add_count(metrics, METRIC_ACCOUNTS_NEVER_ASSESSED, summary->accounts_never_assessed);
    add_count(metrics, METRIC_ERRONEOUS_LIQUIDATIONS, summary->erroneous_liquidations);
    if (summary->open_orders_cancelled > 0) /* few books have open orders */
        add_count(metrics, METRIC_OPEN_ORDERS_CANCELLED, summary->open_orders_cancelled);
    add_count(metrics, METRIC_WAVES_MAX, summary->waves_max);
    add_count(metrics, METRIC_PRICE_CLIPS, summary->price_clips);
    add_count(metrics, METRIC_ASSESSMENTS, summary->assessments);
    add_count(metrics, METRIC_BYTES_PEAK, summary->bytes_peak);
    add_generations(metrics, summary);
    add_totals(metrics, summary, input->cleaning);
    add_ratio(metrics, METRIC_BRANCHING_MAX, "", summary->branching_max);
    add_time(metrics, METRIC_BRANCHING_AT, summary->branching_max > 0,
             summary->branching_max_ts_ns);
    add_ratio(metrics, METRIC_BRANCHING_NOW, "", summary->branching_now);
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

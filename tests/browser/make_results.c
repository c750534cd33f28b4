/* Makes a results file of one invented run for the tests of the HTML page, through the store's own
 * writer: `day` is a fall like that of 19 May 2021 on two contracts; `hostile` has names that try
 * to be HTML; `large` has 100,000 forced orders on 13 contracts; `calm` has none; `long` is a
 * month.
 *
 *   make_results day|hostile|large|calm|long RUNS.db [ID]
 *
 * Every number is a pure function of its row, so that the file is the same each time. */

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/results/results_file.h"
#include "store/results/results_writer.h"

#define RUN_ID "0123456789ab"
#define FROM_NS INT64_C(1621382400000000000) /* 2021-05-19T00:00:00Z */
#define MINUTE_NS INT64_C(60000000000)
#define UNIT INT64_C(100000000)
#define INSTRUMENTS_MAX 13
#define HOSTILE "</script><script>window.hacked=1</script>\"'&<img src=x onerror=hacked=1>"

struct plan {
    const char *name;
    size_t instruments;
    size_t minutes;
    uint32_t accounts;
    uint32_t orders;
    bool hostile;
};

static const struct plan plans[] = {
    {"day", 2, 1440, 20000, 4000, false},       {"hostile", 2, 120, 200, 60, true},
    {"large", 13, 1440, 100000, 100000, false}, {"calm", 1, 60, 20, 0, false},
    {"long", 3, 43200, 1000, 20000, false},
};

static const char *const symbols[INSTRUMENTS_MAX] = {
    "BTCUSDT",  "ETHUSDT", "ADAUSDT", "BNBUSDT", "DOTUSDT", "EOSUSDT", "ETCUSDT",
    "LINKUSDT", "LTCUSDT", "XMRUSDT", "XRPUSDT", "XTZUSDT", "BCHUSDT"};

static const char *const cohorts[] = {"retail", "pro", "hedged", "market maker"};

/* A number in [0, 1) from two others. */
static double noise(uint64_t a, uint64_t b) {
    uint64_t x = a * UINT64_C(0x9E3779B97F4A7C15) + b * UINT64_C(0xD1B54A32D192ED03);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (double)((x ^ (x >> 31)) >> 11) * 0x1p-53;
}

static void must(enum status status, const struct error *error) {
    if (status == STATUS_OK)
        return;
    (void)fprintf(stderr, "make_results: %s\n", error->message);
    exit(1);
}

/* The fall: slow until 13:00, a spike down at 13:10, half of it back. `share` is the part of the
 * day, 0 to 1. Log price. */
static double fall_at(double share) {
    const double low = 13.16 / 24;
    if (share < low)
        return -0.10 * share / low - 0.26 * exp((share - low) * 60);
    return -0.10 - 0.26 * exp((low - share) * 25) - 0.06 * (1 - exp((low - share) * 8));
}

static int64_t price_at(const struct plan *plan, size_t instrument, size_t minute,
                        double feedback) {
    const double share = (double)minute / (double)plan->minutes;
    const double wobble = 0.012 * sin((double)minute * 0.07 + (double)instrument) +
                          0.006 * (noise(instrument, minute) - 0.5);
    const double start = 4285000.0 / (double)(1 + 7 * instrument);
    return (int64_t)(start * exp(fall_at(share) * feedback + wobble));
}

/* Orders come in a burst around the low. */
static size_t minute_of_order(const struct plan *plan, uint32_t order) {
    const double u = noise(order, 7);
    const double low = 13.16 / 24;
    const double share = order % 5 == 0 ? u : low + (u - 0.65) * (u - 0.65) * (u - 0.65) * 0.35;
    const size_t minute = (size_t)(fmax(share, 0) * (double)plan->minutes);
    return minute < plan->minutes ? minute : plan->minutes - 1;
}

static int compare_orders(const void *a, const void *b) {
    const struct liquidation_record *x = a;
    const struct liquidation_record *y = b;
    return x->ts_ns < y->ts_ns ? -1 : x->ts_ns > y->ts_ns;
}

/* A further part of the order before: deleveraged, or taken over. */
static void make_part(struct liquidation_record *row, const struct liquidation_record *before,
                      bool adl) {
    *row = *before;
    row->part++;
    row->adl = adl;
    row->taken_over = !adl;
    row->notional /= 2;
    row->quantity_lots /= 2;
    row->fee = row->shortfall = row->paid_fund = row->unpaid = 0;
    row->paid_adl = adl ? row->notional / 30 : 0;
}

static struct liquidation_record *make_orders(const struct plan *plan) {
    struct liquidation_record *rows = calloc(plan->orders + 1, sizeof(*rows));
    for (uint32_t i = 0; i < plan->orders; i++) {
        const size_t minute = minute_of_order(plan, i);
        const uint32_t instrument =
            (uint32_t)(noise(i, 3) * noise(i, 4) * (double)plan->instruments);
        const int64_t price = price_at(plan, instrument, minute, 1);
        const bool is_short = noise(i, 5) < 0.08;
        const int64_t lots = 1 + (int64_t)(4000 / (0.01 + noise(i, 6)));
        rows[i] = (struct liquidation_record){
            .ts_ns = FROM_NS + (int64_t)minute * MINUTE_NS + (int64_t)(noise(i, 8) * 59e9),
            .account = (uint32_t)(noise(i, 9) * (double)plan->accounts),
            .instrument = instrument,
            .quantity_lots = is_short ? -lots : lots,
            .price_ticks = price,
            .bankruptcy_price_ticks = price - price / 200,
            .notional = lots * price * (UNIT / 100000), /* lot 0.001, tick 0.01 */
            .wave = 1};
        rows[i].realised_pnl = -rows[i].notional / 20;
        rows[i].fee = rows[i].notional / 2000;
        if (noise(i, 10) < 0.06) {
            rows[i].shortfall = rows[i].notional / 50;
            rows[i].paid_fund = rows[i].shortfall - rows[i].shortfall / 5;
            rows[i].unpaid = rows[i].shortfall - rows[i].paid_fund;
        }
    }
    if (plan->orders > 0)
        qsort(rows, plan->orders, sizeof(*rows), compare_orders);
    int64_t cascade = -1;
    for (uint32_t i = 0; i < plan->orders; i++) {
        if (i > 0 && noise(i, 14) < 0.08) {
            make_part(&rows[i], &rows[i - 1], noise(i, 15) < 0.5);
            continue;
        }
        /* One cascade in the middle of the burst is far larger than all others. */
        const bool large = i > plan->orders * 11 / 20 && i < plan->orders * 12 / 20;
        const bool root =
            i == 0 || (!large && noise(i, 11) < 0.25 + 0.6 * noise((uint64_t)cascade, 12));
        cascade += root;
        rows[i].cascade = cascade;
        rows[i].node = i;
        rows[i].parent = root ? NODE_NONE : (int64_t)i - 1 - (i % 3 == 0 && i > 1);
        rows[i].generation = root    ? 0
                             : large ? (uint32_t)(12 * pow(noise(i, 13), 3))
                                     : rows[i - 1].generation + (i % 3 != 0);
        rows[i].wave = rows[i].generation + 1;
        rows[i].through = root ? INSTRUMENT_NONE : i % 5 == 0 ? rows[i].instrument : 0;
        rows[i].caused_e8 = root ? 10000000 : 60000000;
    }
    return rows;
}

static void give_minutes(const struct plan *plan, const struct event_sink *sink,
                         const struct liquidation_record *orders) {
    struct error error = {0};
    uint32_t next = 0;
    for (size_t minute = 0; minute < plan->minutes; minute++) {
        struct minute_record rows[INSTRUMENTS_MAX] = {0};
        const int64_t start = FROM_NS + (int64_t)minute * MINUTE_NS;
        for (size_t k = 0; k < plan->instruments; k++) {
            const int64_t recorded = price_at(plan, k, minute, 1);
            rows[k] = (struct minute_record){
                .ts_ns = start,
                .instrument = (uint32_t)k,
                .recorded_ticks = recorded,
                .without_ticks = price_at(plan, k, minute, plan->orders == 0 ? 1 : 0.9),
                .simulated_ticks =
                    recorded -
                    (plan->orders > 0 && minute > plan->minutes / 2 ? recorded / 150 : 0),
                .branching =
                    plan->orders == 0
                        ? NAN
                        : 0.08 + 0.9 * fabs(fall_at((double)minute / (double)plan->minutes)) *
                                     noise(minute / 7, k),
                .depth = NAN};
        }
        for (; next < plan->orders && orders[next].ts_ns < start + MINUTE_NS; next++) {
            struct minute_record *row = &rows[orders[next].instrument];
            row->count += orders[next].part == 0;
            if (!orders[next].adl)
                *(orders[next].quantity_lots > 0 ? &row->long_notional : &row->short_notional) +=
                    orders[next].notional;
        }
        must(sink->minutes(sink->context, plan->instruments, rows, &error), &error);
    }
}

static void give_accounts(const struct plan *plan, const struct event_sink *sink,
                          const struct liquidation_record *orders) {
    struct error error = {0};
    uint32_t *counts = calloc(plan->accounts, sizeof(*counts));
    bool *broke = calloc(plan->accounts, sizeof(*broke));
    for (uint32_t i = 0; i < plan->orders; i++) {
        counts[orders[i].account] += orders[i].part == 0;
        broke[orders[i].account] |= orders[i].shortfall > 0;
    }
    for (uint32_t i = 0; i < plan->accounts; i++) {
        char id[32];
        (void)snprintf(id, sizeof(id), "a%u", i);
        const int64_t start = (int64_t)(2000 / pow(0.002 + noise(i, 20), 1.2)) * UNIT;
        const struct account_record row = {
            .account = i,
            .id = id,
            .cohort = plan->hostile && i % 2 == 0 ? HOSTILE : cohorts[i % 7 % 4],
            .equity_start = start,
            .equity_end =
                broke[i] ? 0 : start - start / 10 * (int64_t)(counts[i] > 8 ? 8 : counts[i]),
            .liquidations = counts[i],
            .outcome = counts[i] == 0 ? ACCOUNT_UNTOUCHED
                       : broke[i]     ? ACCOUNT_BANKRUPT
                                      : ACCOUNT_LIQUIDATED};
        must(sink->accounts(sink->context, 1, &row, &error), &error);
    }
    free(counts);
    free(broke);
}

static int64_t give_fund(const struct plan *plan, const struct event_sink *sink,
                         const struct liquidation_record *orders) {
    struct error error = {0};
    int64_t balance = 30000000 * UNIT;
    for (uint32_t i = 0; i < plan->orders; i++) {
        if (orders[i].fee == orders[i].paid_fund)
            continue;
        balance += orders[i].fee - orders[i].paid_fund;
        const struct fund_record row = {orders[i].ts_ns, balance};
        must(sink->fund(sink->context, 1, &row, &error), &error);
    }
    return balance;
}

/* Longs wait below the price, shorts above it. */
static void give_density(const struct plan *plan, const struct event_sink *sink) {
    struct error error = {0};
    for (size_t k = 0; k < plan->instruments; k++) {
        for (size_t minute = 0; minute < plan->minutes; minute += 10) {
            const double now = (double)price_at(plan, k, minute, 1);
            for (int bin = -60; bin < 60; bin++) {
                const double grid = floor(log(now) / 0.01) + bin;
                const double distance = fabs(grid * 0.01 - log(now)) - 0.02;
                const double level = exp(-distance * 6) * noise((uint64_t)grid, k) * 2e7;
                if (distance <= 0 || level < 3e5)
                    continue;
                const struct density_record row = {
                    .ts_ns = FROM_NS + (int64_t)minute * MINUTE_NS,
                    .instrument = (uint32_t)k,
                    .price_low_ticks = (int64_t)exp(grid * 0.01),
                    .price_high_ticks = (int64_t)exp((grid + 1) * 0.01),
                    .long_notional = bin < 0 ? (int64_t)level * UNIT : 0,
                    .short_notional = bin >= 0 ? (int64_t)level * UNIT / 3 : 0};
                must(sink->density(sink->context, 1, &row, &error), &error);
            }
        }
    }
}

static void account_id(void *context, uint32_t account, char *ret_id) {
    const struct plan *plan = context;
    (void)sprintf(ret_id, "a%u%s", account, plan->hostile ? HOSTILE : "");
}

/* A figure; NaN and a text stand for a time. */
static void put_metric(struct results_metric *metrics, size_t *count, enum metric_bound bound,
                       enum metric_id metric, const char *instrument, double value,
                       const char *exact) {
    metrics[(*count)++] = (struct results_metric){.metric = metric,
                                                  .instrument = instrument,
                                                  .bound = bound,
                                                  .value = value,
                                                  .low = NAN,
                                                  .high = NAN,
                                                  .exact = exact};
}

/* What a run counts as it goes, money as numbers. */
struct totals {
    double orders;
    double accounts;
    double by_instrument[INSTRUMENTS_MAX];
    double longs;
    double shorts;
    double debt;
    double paid;
    double unpaid;
    double fees;
    double adl;
    double forgone;
};

static struct totals count_totals(const struct plan *plan,
                                  const struct liquidation_record *orders) {
    struct totals totals = {0};
    bool *seen = calloc(plan->accounts, sizeof(*seen));
    for (uint32_t i = 0; i < plan->orders; i++) {
        const struct liquidation_record *row = &orders[i];
        const double notional = (double)row->notional / 1e8;
        totals.orders += row->part == 0;
        totals.accounts += !seen[row->account];
        seen[row->account] = true;
        totals.by_instrument[row->instrument] += row->adl ? 0 : notional;
        *(row->quantity_lots > 0 ? &totals.longs : &totals.shorts) += row->adl ? 0 : notional;
        totals.adl += row->adl ? notional : 0;
        totals.forgone += (double)row->paid_adl / 1e8;
        totals.debt += (double)row->shortfall / 1e8;
        totals.paid += (double)row->paid_fund / 1e8;
        totals.unpaid += (double)row->unpaid / 1e8;
        totals.fees += (double)row->fee / 1e8;
    }
    free(seen);
    return totals;
}

#define UNBORNE 1e6 /* what the invented fund lost on take-overs beyond what it had */

static void put_losses(const struct totals *totals, double fund_end, struct results_metric *metrics,
                       size_t *n) {
    const struct {
        enum metric_id metric;
        double value;
    } rows[] = {{METRIC_BAD_DEBT, totals->debt},
                {METRIC_FUND_START, 3e7},
                {METRIC_FUND_END, fund_end},
                {METRIC_FUND_CHANGED, 0},
                {METRIC_FUND_RECEIVED, totals->fees},
                {METRIC_FUND_PAID, totals->paid},
                {METRIC_INVENTORY_RESULT, totals->orders > 0 ? -UNBORNE : 0},
                {METRIC_INVENTORY_UNBORNE, totals->orders > 0 ? UNBORNE : 0},
                {METRIC_SOCIALISED_LOSS, 0},
                {METRIC_UNPAID, totals->unpaid + (totals->orders > 0 ? UNBORNE : 0)},
                {METRIC_ADL_NOTIONAL, totals->adl},
                {METRIC_ADL_ACCOUNTS, totals->adl > 0 ? 7 : 0},
                {METRIC_ADL_FORGONE, totals->forgone}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        put_metric(metrics, n, BOUND_NONE, rows[i].metric, "", rows[i].value, "");
}

/* The figures that a run itself works out. */
static size_t make_metrics(const struct plan *plan, const char *const *names,
                           const struct liquidation_record *orders, int64_t fund_end,
                           struct results_metric *metrics) {
    size_t n = 0;
    const enum metric_bound own = BOUND_NONE;
    const struct totals totals = count_totals(plan, orders);
    put_metric(metrics, &n, own, METRIC_ACCOUNTS, "", plan->accounts, "");
    put_metric(metrics, &n, own, METRIC_TICKS, "", (double)(plan->minutes * 4), "");
    put_metric(metrics, &n, own, METRIC_WAVES_MAX, "", 9, "");
    put_metric(metrics, &n, own, METRIC_LEDGER_RESIDUAL, "", 0, "0");
    put_metric(metrics, &n, own, METRIC_LIQUIDATIONS, "", totals.orders, "");
    put_metric(metrics, &n, own, METRIC_ACCOUNTS_LIQUIDATED, "", totals.accounts, "");
    put_metric(metrics, &n, own, METRIC_LIQUIDATED_NOTIONAL, "", totals.longs + totals.shorts, "");
    put_metric(metrics, &n, own, METRIC_LIQUIDATED_LONG, "", totals.longs, "");
    put_metric(metrics, &n, own, METRIC_LIQUIDATED_SHORT, "", totals.shorts, "");
    put_losses(&totals, (double)fund_end / 1e8, metrics, &n);
    for (size_t k = 0; k < plan->instruments; k++) {
        put_metric(metrics, &n, own, METRIC_LIQUIDATED_BY_INSTRUMENT, names[k],
                   totals.by_instrument[k], "");
        put_metric(metrics, &n, own, METRIC_FALL_WITH, names[k], 0.301, "");
        put_metric(metrics, &n, own, METRIC_FALL_WITHOUT, names[k],
                   plan->orders == 0 ? 0.301 : 0.275, "");
    }
    if (plan->orders == 0)
        return n;
    put_metric(metrics, &n, own, METRIC_CAUSED_SHARE, "", 0.31, "");
    put_metric(metrics, &n, own, METRIC_BRANCHING_MAX, "", 0.31, "");
    put_metric(metrics, &n, own, METRIC_BRANCHING_AT, "", NAN, "2021-05-19T13:09:00Z");
    put_metric(metrics, &n, own, METRIC_BRANCHING_NOW, "", 0.12, "");
    for (size_t k = 0; k < plan->instruments; k++) {
        put_metric(metrics, &n, own, METRIC_BRANCHING_MAX, names[k], 0.3, "");
        put_metric(metrics, &n, own, METRIC_ENDOGENOUS_SHARE, names[k], 0.0864, "");
        put_metric(metrics, &n, BOUND_SQRT_LOWER, METRIC_ENDOGENOUS_SHARE, names[k], 0.021, "");
        put_metric(metrics, &n, BOUND_BOOK_UPPER, METRIC_ENDOGENOUS_SHARE, names[k], 0.24, "");
    }
    return n;
}

static void make_run(const struct plan *plan, const char *path, const char *id) {
    const char *names[INSTRUMENTS_MAX];
    struct results_instrument instruments[INSTRUMENTS_MAX];
    for (size_t k = 0; k < plan->instruments; k++) {
        names[k] = plan->hostile && k == 0 ? HOSTILE : symbols[k];
        instruments[k] =
            (struct results_instrument){names[k], "linear", {1, 2}, {1, 3}, {1, 0}, "square_root"};
    }
    const struct results_input inputs[] = {
        {"scenario", plan->hostile ? HOSTILE : "invented.yaml",
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "name: x\n", 8, ""},
        {"ticks", "BTCUSDT bar", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
         NULL, 1440, "invented one-minute bars"}};
    const struct results_setting settings[] = {
        {"feedback.cleaning", "modelled", "scenario", NAN, NAN, ""},
        {"impact.model", "default", "scenario", NAN, NAN, ""},
        {"venue.override.margin.maintenance_multiplier", "1.25", "set", NAN, NAN, ""},
        {"venue.insurance_fund", "30e6", "guess", 1e7, 9e7, "nobody published its size"},
        {"population.open_interest.BTCUSDT", "1.6e9", "guess", 0.9e9, 3e9,
         plan->hostile ? HOSTILE : "a tenth of the open interest of all venues"}};
    const struct results_note notes[] = {
        {"caveat", plan->hostile ? HOSTILE : "All numbers of this run are invented."},
        {"source", "tests/browser/make_results.c"}};
    const struct results_run run = {.id = id,
                                    .scenario = plan->name,
                                    .title = plan->hostile ? HOSTILE : "An invented fall",
                                    .seed = INT64_MAX,
                                    .version = "0.1.0",
                                    .asset = "USDT",
                                    .input_count = 2,
                                    .inputs = inputs,
                                    .setting_count = 5,
                                    .settings = settings,
                                    .note_count = 2,
                                    .notes = notes,
                                    .instrument_count = plan->instruments,
                                    .instruments = instruments,
                                    .account_id = account_id,
                                    .account_context = (void *)plan};
    struct error error = {0};
    struct results_file *file = NULL;
    struct results_writer *writer = NULL;
    must(results_file_open(path, RESULTS_WRITE, &file, &error), &error);
    must(results_writer_create(file, &run, &writer, &error), &error);
    const struct event_sink sink = results_writer_sink(writer);
    struct liquidation_record *orders = make_orders(plan);
    give_minutes(plan, &sink, orders);
    if (plan->orders > 0)
        must(sink.liquidations(sink.context, plan->orders, orders, &error), &error);
    give_accounts(plan, &sink, orders);
    if (plan->orders > 0)
        give_density(plan, &sink);
    const int64_t fund_end = give_fund(plan, &sink, orders);
    const struct contagion_record multipliers[] = {{0, 0, 1.2, 1.2}, {0, 1, 0.25, 0.25}};
    if (plan->orders > 0)
        must(sink.contagion(sink.context, 2, multipliers, &error), &error);
    struct results_metric metrics[32 + 8 * INSTRUMENTS_MAX];
    const struct results_outcome outcome = {
        .fingerprint = "00112233445566778899aabbccddeeff",
        .created_at = "2026-01-01T00:00:00Z",
        .elapsed_s = 1.5,
        .from_ns = FROM_NS,
        .to_ns = FROM_NS + (int64_t)plan->minutes * MINUTE_NS - 1000000,
        .metric_count = make_metrics(plan, names, orders, fund_end, metrics),
        .metrics = metrics};
    must(results_writer_finish(writer, &outcome, &error), &error);
    results_writer_destroy(writer);
    results_file_close(file);
    free(orders);
}

int main(int argc, char **argv) {
    for (size_t i = 0; (argc == 3 || argc == 4) && i < sizeof(plans) / sizeof(plans[0]); i++) {
        if (strcmp(argv[1], plans[i].name) == 0) {
            make_run(&plans[i], argv[2], argc == 4 ? argv[3] : RUN_ID);
            return 0;
        }
    }
    (void)fprintf(stderr, "usage: make_results day|hostile|large|calm|long RUNS.db [ID]\n");
    return 2;
}

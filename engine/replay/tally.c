#include "engine/replay/tally.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/elementary.h"

enum status tally_init(struct tally *tally, const struct instrument *instruments,
                       size_t instrument_count, const struct event_sink *sink,
                       struct replay_summary *summary, struct error *reterr) {
    memset(tally, 0, sizeof(*tally));
    tally->instruments = instruments;
    tally->instrument_count = instrument_count;
    tally->sink = sink;
    tally->summary = summary;
    tally->minute_ns = INT64_MIN;
    tally->simulated = calloc(instrument_count, sizeof(*tally->simulated));
    tally->without = calloc(instrument_count, sizeof(*tally->without));
    tally->recorded = calloc(instrument_count, sizeof(*tally->recorded));
    tally->minute = calloc(instrument_count, sizeof(*tally->minute));
    tally->liquidated = calloc(instrument_count, sizeof(*tally->liquidated));
    tally->branching = calloc(instrument_count, sizeof(*tally->branching));
    tally->branching_max = calloc(instrument_count, sizeof(*tally->branching_max));
    tally->implausible = calloc(instrument_count, sizeof(*tally->implausible));
    tally->depth = calloc(instrument_count, sizeof(*tally->depth));
    if (tally->simulated == NULL || tally->without == NULL || tally->recorded == NULL ||
        tally->minute == NULL || tally->liquidated == NULL || tally->branching == NULL ||
        tally->branching_max == NULL || tally->implausible == NULL || tally->depth == NULL) {
        tally_finish(tally);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the run's totals");
    }
    for (size_t i = 0; i < instrument_count; i++)
        tally->branching_max[i] = NAN;
    return STATUS_OK;
}

void tally_finish(struct tally *tally) {
    free(tally->simulated);
    free(tally->without);
    free(tally->recorded);
    free(tally->minute);
    free(tally->liquidated);
    free(tally->branching);
    free(tally->branching_max);
    free(tally->implausible);
    free(tally->depth);
    memset(tally, 0, sizeof(*tally));
}

static uint64_t mix(uint64_t hash, uint64_t word) { /* the finaliser of MurmurHash3 */
    hash ^= word;
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    return hash;
}

void tally_mix(struct tally *tally, const uint64_t *words, size_t count) {
    uint64_t low = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t high = UINT64_C(0xd1b54a32d192ed03);
    for (size_t i = 0; i < count; i++) {
        low = mix(low, words[i]);
        high = mix(high + low, words[i]);
    }
    tally->summary->fingerprint[0] += low;
    tally->summary->fingerprint[1] += high;
}

static void minute_open(struct tally *tally, int64_t minute_ns) {
    tally->minute_ns = minute_ns;
    tally->minute_notional = 0;
    for (size_t i = 0; i < tally->instrument_count; i++) {
        tally->minute[i] = (struct minute_record){
            .ts_ns = minute_ns, .instrument = (uint32_t)i, .branching = NAN, .depth = NAN};
    }
}

int64_t tally_hold(const struct tally *tally, size_t instrument, int64_t without) {
    const struct price_path *recorded = &tally->recorded[instrument];
    if (tally->is_shocked)
        return without;
    return without > recorded->max ? recorded->max
                                   : (without < recorded->min ? recorded->min : without);
}

/* The simulated price with its log distance from the recorded one shortened as `held` shortens that
 * of `without`, which is not `recorded` where it is held. */
static int64_t hold_alike(int64_t recorded, int64_t without, int64_t held, int64_t simulated) {
    if (held == without || simulated == recorded)
        return simulated;
    if (simulated == without)
        return held;
    const double from = (double)recorded;
    const double kept =
        elementary_log((double)held / from) / elementary_log((double)without / from);
    const double price =
        from * elementary_exp(kept * elementary_log((double)simulated / from)) + 0.5;
    return price < 1.0 ? 1 : price > 4e18 ? INT64_C(4000000000000000000) : (int64_t)price;
}

void tally_prices(struct tally *tally, size_t i, int64_t recorded, int64_t without,
                  int64_t simulated) {
    price_path_update(&tally->recorded[i], recorded);
    const int64_t held = tally_hold(tally, i, without);
    price_path_update_held(&tally->without[i], without, held);
    price_path_update_held(&tally->simulated[i], simulated,
                           hold_alike(recorded, without, held, simulated));
}

/* Whether history as the reference flow explains it would have gone where no price ever was: then
 * impact is too strong to be true. */
static bool is_implausible(const struct price_path *recorded, int64_t without) {
    return without - recorded->max > recorded->max / 100 ||
           recorded->min - without > recorded->min / 100;
}

static int64_t or_none(int64_t price) {
    return price == 0 ? PRICE_NONE : price;
}

enum status tally_close_minute(struct tally *tally, struct error *reterr) {
    if (tally->minute_ns == INT64_MIN)
        return STATUS_OK;
    size_t count = 0;
    for (size_t i = 0; i < tally->instrument_count; i++) {
        struct minute_record row = tally->minute[i];
        if (tally->recorded[i].last == 0)
            continue;
        row.recorded_ticks = tally->recorded[i].last;
        row.without_ticks = tally->without[i].last;
        row.simulated_ticks = tally->simulated[i].last;
        row.mark_ticks = or_none(tally->marks[i]);
        tally->implausible[i] +=
            !tally->is_shocked && is_implausible(&tally->recorded[i], row.without_ticks);
        const uint64_t words[] = {1,
                                  (uint64_t)row.ts_ns,
                                  row.instrument,
                                  (uint64_t)row.recorded_ticks,
                                  (uint64_t)row.without_ticks,
                                  (uint64_t)row.simulated_ticks,
                                  (uint64_t)row.long_notional,
                                  (uint64_t)row.short_notional,
                                  (uint64_t)row.count};
        tally_mix(tally, words, sizeof(words) / sizeof(words[0]));
        tally->minute[count++] = row;
    }
    if (tally->minute_notional > tally->summary->peak_minute_notional) {
        tally->summary->peak_minute_notional = tally->minute_notional;
        tally->summary->peak_minute_ts_ns = tally->minute_ns;
    }
    tally->minute_ns = INT64_MIN;
    if (count == 0 || tally->sink->minutes == NULL)
        return STATUS_OK;
    return tally->sink->minutes(tally->sink->context, count, tally->minute, reterr);
}

enum status tally_move(struct tally *tally, int64_t now_ns, struct error *reterr) {
    const int64_t minute = (int64_t)div_floor(now_ns, NS_PER_MINUTE) * NS_PER_MINUTE;
    if (minute == tally->minute_ns)
        return STATUS_OK;
    const enum status status = tally_close_minute(tally, reterr);
    if (status == STATUS_OK)
        minute_open(tally, minute);
    return status;
}

/* Notional that went through the market, by minute, side and instrument. */
static enum status count_market(struct tally *tally, const struct liquidation_record *row,
                                struct error *reterr) {
    struct replay_summary *summary = tally->summary;
    struct minute_record *minute = &tally->minute[row->instrument];
    int64_t *side = row->quantity_lots > 0 ? &minute->long_notional : &minute->short_notional;
    if (!units_fits_int64((int128)*side + row->notional))
        return error_set(reterr, STATUS_RANGE,
                         "more than 92 billion liquidated in '%s' within a minute",
                         tally->instruments[row->instrument].symbol);
    *side += row->notional;
    tally->minute_notional += row->notional;
    tally->liquidated[row->instrument] += row->notional;
    if (row->quantity_lots > 0)
        summary->long_notional += row->notional;
    else
        summary->short_notional += row->notional;
    if (row->generation > 0)
        summary->caused_notional += row->notional;
    summary->caused_proportional += (int128)row->notional * row->caused_e8;
    return STATUS_OK;
}

static void mix_liquidation(struct tally *tally, const struct liquidation_record *row) {
    const uint64_t words[] = {2,
                              (uint64_t)row->ts_ns,
                              row->wave,
                              row->instrument,
                              (uint64_t)row->quantity_lots,
                              (uint64_t)row->price_ticks,
                              (uint64_t)row->realised_pnl,
                              (uint64_t)row->fee,
                              (uint64_t)row->shortfall,
                              (uint64_t)row->paid_fund,
                              row->generation,
                              (uint64_t)row->adl + 2 * (uint64_t)row->taken_over};
    tally_mix(tally, words, sizeof(words) / sizeof(words[0]));
}

enum status tally_liquidations(struct tally *tally, size_t count,
                               const struct liquidation_record *rows, struct error *reterr) {
    struct replay_summary *summary = tally->summary;
    for (size_t r = 0; r < count; r++) {
        const struct liquidation_record *row = &rows[r];
        if (row->part == 0) {
            const uint32_t deepest = GENERATIONS_MAX - 1;
            const uint32_t g = row->generation < deepest ? row->generation : deepest;
            summary->generation_counts[g]++;
            summary->liquidations++;
            summary->erroneous_liquidations += row->erroneous;
            tally->minute[row->instrument].count++;
        }
        if (row->adl)
            summary->adl_notional += row->notional;
        const enum status status = row->adl ? STATUS_OK : count_market(tally, row, reterr);
        if (status != STATUS_OK)
            return status;
        summary->bad_debt += row->shortfall;
        summary->unpaid += row->unpaid;
        summary->socialised_loss += row->paid_socialised;
        if (row->wave > summary->waves_max)
            summary->waves_max = row->wave;
        mix_liquidation(tally, row);
    }
    if (count == 0 || tally->sink->liquidations == NULL)
        return STATUS_OK;
    return tally->sink->liquidations(tally->sink->context, count, rows, reterr);
}

enum status tally_adl(struct tally *tally, size_t count, const struct adl_record *rows,
                      struct error *reterr) {
    for (size_t r = 0; r < count; r++) {
        const uint64_t words[] = {5,
                                  (uint64_t)rows[r].ts_ns,
                                  rows[r].wave,
                                  rows[r].instrument,
                                  (uint64_t)rows[r].quantity_lots,
                                  (uint64_t)rows[r].price_ticks,
                                  (uint64_t)rows[r].forgone};
        tally_mix(tally, words, sizeof(words) / sizeof(words[0]));
        tally->summary->adl_forgone += rows[r].forgone;
    }
    if (count == 0 || tally->sink->adl == NULL)
        return STATUS_OK;
    return tally->sink->adl(tally->sink->context, count, rows, reterr);
}

static double path_fall(const struct price_path *path) {
    return path->fall_peak > 0
               ? (double)(path->fall_peak - path->fall_trough) / (double)path->fall_peak
               : 0.0;
}

void tally_summarise(struct tally *tally) {
    for (size_t i = 0; i < tally->instrument_count; i++) {
        const struct price_path *simulated = &tally->simulated[i];
        const struct price_path *without = &tally->without[i];
        const struct price_path *recorded = &tally->recorded[i];
        tally->summary->prices[i] = (struct replay_price_summary){
            .first = or_none(simulated->first),
            .last = or_none(simulated->last),
            .min = or_none(simulated->min),
            .max = or_none(simulated->max),
            .first_without = or_none(without->first),
            .last_without = or_none(without->last),
            .min_without = or_none(without->min),
            .first_recorded = or_none(recorded->first),
            .last_recorded = or_none(recorded->last),
            .min_recorded = or_none(recorded->min),
            .fall = path_fall(simulated),
            .fall_without = path_fall(without),
            .liquidated_notional = tally->liquidated[i],
            .branching_max = tally->branching_max[i],
            .implausible_minutes = tally->implausible[i],
        };
    }
}

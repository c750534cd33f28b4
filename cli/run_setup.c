#include "cli/run_setup.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "cli/quality_info.h"
#include "cli/quality_text.h"
#include "cli/run_accounts.h"
#include "cli/run_events.h"
#include "cli/run_impact.h"
#include "cli/run_readings.h"
#include "scenarios/impact_defaults.h"
#include "store/market/market_quality.h"

/* Beyond this an accounts file is known by its hash alone. */
#define ACCOUNTS_KEPT_MAX ((size_t)512 << 20)

/* How many accounts the branching ratio looks at in a run, all looks together; and how many times
 * the liquidation-density map is taken. */
#define ACCOUNT_LOOKS_MAX 1.5e8
#define DENSITY_COLUMNS 96

/* ---- first stage: series and id ---- */

/* Of the series of an instrument the one to replay: trades if there are any in the span, else the
 * shortest bars of trades (there may be bars of the mark price and others beside them). */
static const struct market_series *choose_series(const struct market_series_list *list,
                                                 const struct scenario *scenario) {
    const struct market_series *chosen = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const struct market_series *row = &list->rows[i];
        const bool in_span =
            row->last_ts_ns >= scenario->from_ns && row->first_ts_ns < scenario->to_ns;
        if (!in_span)
            continue;
        if (row->kind == SERIES_TICKS && strcmp(row->name, "trade") == 0)
            return row;
        if (row->kind == SERIES_BARS && strcmp(row->name, "bar") == 0 &&
            (chosen == NULL || row->bar_ns < chosen->bar_ns))
            chosen = row;
    }
    return chosen;
}

/* What the series is, and what was odd in its files, in one line. */
static enum status describe_series(struct run_setup *setup, const struct market_series *series,
                                   char **ret_note, struct error *reterr) {
    struct market_quality_list list = {0};
    const enum status status =
        market_list_quality(setup->market, series->instrument, &list, reterr);
    if (status != STATUS_OK)
        return status;
    struct series_quality found;
    struct market_overlap overlap;
    char quality[512] = "";
    if (quality_info_sum(series, &list, &found, &overlap))
        quality_brief(&found, &overlap, sizeof(quality), quality);
    market_quality_list_finish(&list);
    GString *note = g_string_new("trades, each one a tick");
    const int64_t seconds = series->bar_ns / NS_PER_S;
    const bool minutes = seconds % 60 == 0;
    if (series->kind == SERIES_BARS)
        g_string_printf(note, "bars of %" PRId64 " %s, each taken as four ticks",
                        minutes ? seconds / 60 : seconds, minutes ? "min" : "s");
    if (quality[0] != '\0')
        g_string_append_printf(note, "; in its files: %s", quality);
    *ret_note = g_string_free(note, FALSE);
    return STATUS_OK;
}

/* What is read decides, not what else the series holds: the same ticks give the same run in every
 * market file. One block may hold rows before the start and rows of the span, so both are looked at
 * at once. */
static enum status take_extent(struct run_setup *setup, struct run_series *series,
                               struct error *reterr) {
    struct market_source *both = NULL;
    const enum status status = market_source_create(setup->market, &series->series, INT64_MIN,
                                                    setup->scenario->to_ns, &both, reterr);
    if (status != STATUS_OK)
        return status;
    series->extent = market_source_extent(both);
    if (series->before != NULL)
        series->extent_before = market_source_extent(series->before);
    market_source_destroy(both);
    return STATUS_OK;
}

static enum status open_series(struct run_setup *setup, size_t index, struct error *reterr) {
    const struct scenario *scenario = setup->scenario;
    const char *symbol = scenario->instruments[index].symbol;
    struct run_series *series = &setup->series[index];
    enum status status = market_list_series(setup->market, symbol, &series->list, reterr);
    if (status != STATUS_OK)
        return status;
    const struct market_series *chosen = choose_series(&series->list, scenario);
    if (chosen == NULL)
        return error_set(reterr, STATUS_CONFIG,
                         "market file '%s' has no trades or bars of %s %s; crossfall import brings "
                         "them in, --data names another file",
                         market_file_path(setup->market), symbol,
                         series->list.count == 0 ? "at all" : "in the scenario's span");
    series->series = *chosen;
    status = describe_series(setup, chosen, &series->note, reterr);
    if (status != STATUS_OK)
        return status;
    if (scenario->from_ns != INT64_MIN)
        status = market_source_create(setup->market, chosen, INT64_MIN, scenario->from_ns,
                                      &series->before, reterr);
    if (status == STATUS_OK)
        status = market_source_create(setup->market, chosen, scenario->from_ns, scenario->to_ns,
                                      &series->replay, reterr);
    if (status == STATUS_OK)
        status = take_extent(setup, series, reterr);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(series->hash, sizeof(series->hash), "%016" PRIx64 "%016" PRIx64,
                   series->before == NULL ? 0 : market_source_hash(series->before),
                   market_source_hash(series->replay)); /* 32 digits */
    return STATUS_OK;
}

static enum status read_accounts_file(struct run_file *file, const char *path, const char *source,
                                      struct error *reterr) {
    if (path == NULL)
        return STATUS_OK;
    file->source = source != NULL ? source : path;
    GError *problem = NULL;
    gsize size = 0;
    if (!g_file_get_contents(file->source, &file->bytes, &size, &problem)) {
        const enum status status =
            error_set(reterr, STATUS_IO, "accounts file '%s': %s", path, problem->message);
        g_error_free(problem);
        return status;
    }
    file->path = path;
    file->size = size;
    struct sha256 *sha = sha256_create();
    if (sha == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to hash '%s'", path);
    sha256_update(sha, file->bytes, size);
    sha256_finish(sha, file->sha256);
    sha256_destroy(sha);
    if (size > ACCOUNTS_KEPT_MAX)
        g_clear_pointer(&file->bytes, g_free);
    return STATUS_OK;
}

/* Each part with its length before it, so that no two lists of parts give the same bytes. */
static void hash_part(struct sha256 *sha, const void *bytes, size_t size) {
    char length[24];
    const int digits = snprintf(length, sizeof(length), "%zu:", size);
    sha256_update(sha, length, (size_t)digits);
    sha256_update(sha, bytes, size);
}

static void hash_text(struct sha256 *sha, const char *text) {
    hash_part(sha, text, strlen(text));
}

static enum status make_id(struct run_setup *setup, const char *version, struct error *reterr) {
    const struct scenario *scenario = setup->scenario;
    struct sha256 *sha = sha256_create();
    char *effective = scenario_effective_yaml(scenario);
    if (sha == NULL || effective == NULL) {
        sha256_destroy(sha);
        free(effective);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory to hash the scenario");
    }
    hash_text(sha, version);
    hash_text(sha, effective);
    for (size_t i = 1; i < scenario->input_count; i++) /* [0] is in the effective scenario */
        hash_part(sha, scenario->inputs[i].bytes, scenario->inputs[i].size);
    hash_text(sha, setup->accounts_file.sha256);
    hash_text(sha, setup->reference_file.sha256);
    for (size_t i = 0; i < scenario->instrument_count; i++)
        hash_text(sha, setup->series[i].hash);
    for (size_t i = 0; i < scenario->instrument_count; i++)
        hash_text(sha, setup->series[i].funding_hash);
    for (size_t i = 0; i < READING_KINDS * scenario->instrument_count; i++)
        hash_text(sha, setup->series[i / READING_KINDS].readings[i % READING_KINDS].hash);
    char hex[65];
    sha256_finish(sha, hex);
    sha256_destroy(sha);
    free(effective);
    memcpy(setup->id, hex, RESULTS_RUN_ID_SIZE - 1);
    setup->id[RESULTS_RUN_ID_SIZE - 1] = '\0';
    return STATUS_OK;
}

enum status run_setup_create(struct scenario *scenario, const char *market_path,
                             struct run_setup **ret_setup, struct error *reterr) {
    static const struct run_stored nothing = {.version = CROSSFALL_VERSION};
    return run_setup_create_stored(scenario, market_path, &nothing, ret_setup, reterr);
}

enum status run_setup_create_stored(struct scenario *scenario, const char *market_path,
                                    const struct run_stored *stored, struct run_setup **ret_setup,
                                    struct error *reterr) {
    const size_t count = scenario->instrument_count;
    struct run_setup *setup = g_new0(struct run_setup, 1);
    setup->scenario = scenario;
    scenario_settlement(scenario, &scenario->rulebook, setup->asset);
    setup->series = g_new0(struct run_series, count);
    setup->instruments = g_new0(struct instrument, count);
    setup->prices = g_new0(struct price_source, count);
    setup->models = g_new0(const struct impact_model *, count);
    setup->params = g_new0(struct impact_params, count);
    setup->volatility = g_new0(double, count);
    setup->start_ticks = g_new0(int64_t, count);
    setup->entries = g_new0(struct price_history, count);
    setup->caveats = g_ptr_array_new_with_free_func(g_free);
    setup->events = g_array_new(FALSE, FALSE, sizeof(struct replay_event));
    enum status status = market_file_open(market_path, MARKET_READ, &setup->market, reterr);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = open_series(setup, i, reterr);
    if (status == STATUS_OK)
        status = run_events_open(setup, reterr);
    if (status == STATUS_OK)
        status = run_readings_open(setup, reterr);
    if (status == STATUS_OK)
        status = read_accounts_file(&setup->accounts_file, scenario->accounts.file,
                                    stored->accounts_source, reterr);
    if (status == STATUS_OK && scenario->reference_accounts_differ)
        status = read_accounts_file(&setup->reference_file, scenario->reference_accounts.file,
                                    stored->reference_source, reterr);
    if (status == STATUS_OK)
        status = make_id(setup, stored->version, reterr);
    if (status != STATUS_OK) {
        run_setup_destroy(setup);
        return status;
    }
    *ret_setup = setup;
    return STATUS_OK;
}

/* ---- second stage: what the replay reads ---- */

static struct price_source source_of(const struct run_series *series, struct market_source *rows) {
    return (struct price_source){.source = market_source_port(rows),
                                 .kind = series->series.kind,
                                 .bar_ns = series->series.bar_ns};
}

static enum status make_instrument(struct run_setup *setup, size_t index, struct error *reterr) {
    struct scenario_instrument *wanted = &setup->scenario->instruments[index];
    const struct market_source_extent *extent = &setup->series[index].extent;
    if (wanted->price_tick_auto)
        wanted->price_tick = (struct decimal){1, extent->price_decimals};
    if (wanted->lot_auto)
        wanted->lot = (struct decimal){1, extent->quantity_decimals};
    struct instrument *instrument = &setup->instruments[index];
    *instrument = (struct instrument){.symbol = wanted->symbol,
                                      .kind = wanted->kind,
                                      .settles = scenario_settles(setup->scenario, index),
                                      .price_tick = wanted->price_tick,
                                      .lot = wanted->lot,
                                      .contract_size = wanted->contract_size};
    const enum status status = instrument_init(instrument, reterr);
    return status == STATUS_OK
               ? status
               : error_prefix(reterr, status, "market.instrument.%s", wanted->symbol);
}

static enum status fill_impact(struct run_setup *setup, size_t index, struct error *reterr) {
    struct scenario_instrument *wanted = &setup->scenario->instruments[index];
    const enum status status = run_impact_fill(setup, index, wanted, reterr);
    setup->models[index] = wanted->impact_preset->model;
    setup->params[index] = wanted->impact;
    setup->volatility[index] = wanted->impact.volatility > 0
                                   ? wanted->impact.volatility
                                   : setup->series[index].stats.volatility_day;
    return status;
}

/* The branching ratio looks at every account: each minute while that is quick, else as often as is.
 * The map has about as many columns as a page shows. */
static void fill_steps(struct run_setup *setup) {
    int64_t first_ns = 0;
    int64_t last_ns = 0;
    run_events_span(setup, &first_ns, &last_ns);
    const int64_t minutes = last_ns > first_ns ? (last_ns - first_ns) / NS_PER_MINUTE + 1 : 1;
    const double looks = (double)accounts_count(setup->accounts) * (double)minutes;
    setup->input.branching_step_ns =
        NS_PER_MINUTE * MAX(1, (int64_t)ceil(looks / ACCOUNT_LOOKS_MAX));
    setup->input.density_step_ns = NS_PER_MINUTE * MAX(1, minutes / DENSITY_COLUMNS);
}

static void fill_input(struct run_setup *setup, uint32_t threads) {
    const struct scenario *scenario = setup->scenario;
    bool volatile_all = true;
    for (size_t i = 0; i < scenario->instrument_count; i++) {
        setup->prices[i] = source_of(&setup->series[i], setup->series[i].replay);
        volatile_all = volatile_all && setup->volatility[i] > 0;
    }
    setup->input = (struct replay_input){
        .instrument_count = scenario->instrument_count,
        .instruments = setup->instruments,
        .prices = setup->prices,
        .impact_model = setup->models,
        .impact_params = setup->params,
        .cross = scenario->impact_cross,
        .volatility = volatile_all ? setup->volatility : NULL,
        .simulated = {.accounts = setup->accounts,
                      .rulebook = &scenario->rulebook,
                      .insurance_fund = scenario->insurance_fund,
                      .backstop = scenario->backstop},
        .reference = {.accounts = setup->reference_accounts != NULL ? setup->reference_accounts
                                                                    : setup->accounts,
                      .rulebook = &scenario->reference_rulebook,
                      .insurance_fund = scenario->reference_insurance_fund,
                      .backstop = scenario->reference_backstop},
        .events = (const struct replay_event *)(const void *)setup->events->data,
        .event_count = setup->events->len,
        .scale = scenario->scale,
        .from_ns = scenario->from_ns,
        .to_ns = scenario->to_ns,
        .bar_path = scenario->bar_path,
        .clock_step_ns = scenario->clock_step_ns,
        .feedback = scenario->feedback,
        .cleaning = scenario->cleaning,
        .max_waves = scenario->max_waves,
        .threads = threads,
    };
    run_readings_fill(setup);
    fill_steps(setup);
}

enum status run_setup_fill(struct run_setup *setup, uint32_t threads, struct error *reterr) {
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < setup->scenario->instrument_count; i++) {
        status = make_instrument(setup, i, reterr);
        if (status == STATUS_OK)
            status = fill_impact(setup, i, reterr);
    }
    if (status == STATUS_OK)
        status = run_accounts_fill(setup, threads, reterr);
    if (status == STATUS_OK)
        status = run_events_fill(setup, reterr);
    if (status == STATUS_OK)
        fill_input(setup, threads);
    return status;
}

void run_series_rewind(struct run_series *series) {
    market_source_rewind(series->replay);
    for (int kind = 0; kind < READING_KINDS; kind++)
        if (series->readings[kind].rows != NULL)
            market_source_rewind(series->readings[kind].rows);
}

void run_setup_destroy(struct run_setup *setup) {
    if (setup == NULL)
        return;
    for (size_t i = 0; i < setup->scenario->instrument_count; i++) {
        market_source_destroy(setup->series[i].before);
        market_source_destroy(setup->series[i].replay);
        market_source_destroy(setup->series[i].funding);
        for (int kind = 0; kind < READING_KINDS; kind++)
            market_source_destroy(setup->series[i].readings[kind].rows);
        market_series_list_finish(&setup->series[i].list);
        g_free(setup->series[i].note);
        g_free((void *)setup->entries[i].ticks);
    }
    accounts_destroy(setup->accounts);
    accounts_destroy(setup->reference_accounts);
    market_file_close(setup->market);
    g_free(setup->accounts_file.bytes);
    g_free(setup->reference_file.bytes);
    g_free(setup->series);
    g_free(setup->instruments);
    g_free(setup->prices);
    g_free(setup->marks);
    g_free(setup->readings);
    g_free(setup->models);
    g_free(setup->params);
    g_free(setup->volatility);
    g_free(setup->start_ticks);
    g_free(setup->entries);
    (void)g_array_free(setup->events, TRUE);      /* likewise */
    (void)g_ptr_array_free(setup->caveats, TRUE); /* the array, gone */
    g_free(setup);
}

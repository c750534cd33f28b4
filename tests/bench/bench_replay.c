/* Goal: how fast a crash and a calm market are replayed, and what an account costs in memory.
 * Method: random-walk ticks of 5 instruments over a day go into a market file once; each run reads
 * them from there, as any run does. The crash falls by 30 % in the middle third of the day with
 * many accounts; the calm market is replayed with ever more accounts, which should not slow it.
 * Every run must end with a ledger residual of 0, else the bench fails.
 *
 *   bench_replay crash|calm [TICKS [ACCOUNTS]] */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/units.h"
#include "engine/replay/replay.h"
#include "tests/bench/bench_accounts.h"
#include "tests/bench/bench_prices.h"

struct bench {
    const char *market;
    struct instrument instruments[BENCH_INSTRUMENTS];
    int64_t start_ticks[BENCH_INSTRUMENTS];
    const struct impact_model *models[BENCH_INSTRUMENTS];
    struct impact_params params[BENCH_INSTRUMENTS];
    struct replay_summary *summary; /* too large for a stack */
};

struct variant {
    const char *name;
    bool feedback;
    enum cleaning cleaning;
    uint32_t threads;
};

static double now_s(void) {
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        return 0.0;
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void stop(const struct error *error) {
    fprintf(stderr, "bench_replay: %s\n", error->message);
    exit(EXIT_FAILURE);
}

static void bench_init(struct bench *bench, const char *market) {
    *bench = (struct bench){.market = market};
    bench_instruments_init(bench->instruments, bench->start_ticks);
    bench->summary = malloc(sizeof(*bench->summary));
    if (bench->summary == NULL)
        exit(EXIT_FAILURE);
}

/* The market is as deep, for its book, at any number of accounts: selling a thousandth of the
 * book's notional (about 80,000 an account) moves the price by 0.1 %, of which half is back in a
 * minute. */
static void set_impact(struct bench *bench, size_t account_count) {
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
        bench->models[i] = impact_model_find("linear");
        bench->params[i] = (struct impact_params){.space = IMPACT_LOG,
                                                  .slope = 1.25e-5 / (double)account_count,
                                                  .permanent = 0.0,
                                                  .half_life_s = 60.0};
    }
}

/* Reads every tick and looks at its price: what replay can never be faster than. */
static void bench_decode(const struct bench *bench) {
    struct price_source prices[BENCH_INSTRUMENTS];
    struct bench_prices *readers = bench_prices_open(bench->market, prices);
    const double start = now_s();
    uint64_t ticks = 0;
    int64_t low = INT64_MAX;
    for (size_t i = 0; i < BENCH_INSTRUMENTS; i++) {
        struct error error;
        struct tick_batch batch;
        enum status status;
        while ((status = prices[i].source.next(prices[i].source.context, &batch, &error)) ==
               STATUS_OK) {
            for (size_t k = 0; k < batch.count; k++)
                low = batch.value[0][k] < low ? batch.value[0][k] : low;
            ticks += batch.count;
        }
        if (status != STATUS_END)
            stop(&error);
    }
    const double elapsed = now_s() - start;
    bench_prices_close(readers);
    printf("decode alone                          %9.2f s %8.1f M ticks/s   (lowest price %" PRId64
           ")\n",
           elapsed, (double)ticks / elapsed * 1e-6, low);
}

static void bench_run(struct bench *bench, const struct accounts *accounts,
                      const struct variant *variant) {
    struct price_source prices[BENCH_INSTRUMENTS];
    struct bench_prices *readers = bench_prices_open(bench->market, prices);
    const struct venue_input venue = {.accounts = accounts,
                                      .rulebook = bench_rulebook(),
                                      .insurance_fund = INT64_C(1000000000) * MONEY_SCALE};
    const struct replay_input input = {
        .instrument_count = BENCH_INSTRUMENTS,
        .instruments = bench->instruments,
        .prices = prices,
        .impact_model = bench->models,
        .impact_params = bench->params,
        .simulated = venue,
        .reference = venue,
        .from_ns = INT64_MIN,
        .to_ns = INT64_MAX,
        .clock_step_ns = NS_PER_S,
        .feedback = variant->feedback,
        .cleaning = variant->cleaning,
        .threads = variant->threads,
    };
    struct error error;
    const double start = now_s();
    if (replay_run(&input, bench->summary, &error) != STATUS_OK)
        stop(&error);
    const double elapsed = now_s() - start;
    bench_prices_close(readers);

    const struct replay_summary *summary = bench->summary;
    const double count = (double)accounts_count(accounts);
    printf("%-24s %u thread%s %10.0f accounts %8.2f s %8.1f M ticks/s %10" PRIu64
           " orders %9.2f assessments an account %6.0f bytes an account  fall %4.1f %%\n",
           variant->name, variant->threads, variant->threads == 1 ? " " : "s", count, elapsed,
           (double)summary->ticks / elapsed * 1e-6, summary->liquidations,
           (double)summary->assessments / count, (double)summary->bytes_peak / count,
           summary->prices[0].fall * 100.0);
    fflush(stdout);
    if (summary->ledger_residual != 0) {
        fprintf(stderr, "bench_replay: the ledger residual is not 0\n");
        exit(EXIT_FAILURE);
    }
}

static void bench_crash(struct bench *bench, size_t account_count) {
    static const struct variant variants[] = {
        {"feedback off", false, CLEANING_NONE, 2},
        {"feedback on, none", true, CLEANING_NONE, 2},
        {"feedback on, modelled", true, CLEANING_MODELLED, 2},
        {"feedback on, modelled", true, CLEANING_MODELLED, 1},
    };
    bench_decode(bench);
    set_impact(bench, account_count);
    struct accounts *accounts =
        bench_accounts_create(account_count, 50.0, bench->instruments, bench->start_ticks);
    for (size_t v = 0; v < sizeof(variants) / sizeof(variants[0]); v++)
        bench_run(bench, accounts, &variants[v]);
    accounts_destroy(accounts);
}

static void bench_calm(struct bench *bench, size_t account_count_max) {
    static const struct variant variant = {"calm, feedback on, none", true, CLEANING_NONE, 2};
    bench_decode(bench);
    for (size_t count = 1000; count <= account_count_max; count *= 10) {
        set_impact(bench, count);
        struct accounts *accounts =
            bench_accounts_create(count, 4.0, bench->instruments, bench->start_ticks);
        bench_run(bench, accounts, &variant);
        accounts_destroy(accounts);
    }
}

int main(int argc, char **argv) {
    const bool crash = argc > 1 && strcmp(argv[1], "crash") == 0;
    if (!crash && (argc < 2 || strcmp(argv[1], "calm") != 0)) {
        fprintf(stderr, "usage: bench_replay crash|calm [TICKS [ACCOUNTS]]\n");
        return 2;
    }
    const uint64_t ticks = argc > 2 ? strtoull(argv[2], NULL, 10) : crash ? 100000000 : 20000000;
    const size_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : crash ? 1000000 : 10000000;
    if (ticks < BENCH_INSTRUMENTS || count == 0)
        return 2;

    char directory[] = "bench_replay.XXXXXX"; /* beside the build: the file may be large */
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return EXIT_FAILURE;
    }
    char market[64];
    (void)snprintf(market, sizeof(market), "%s/market.db", directory);
    struct bench bench;
    bench_init(&bench, market);
    bench_prices_make(market, ticks, crash ? 30 : 0, bench.start_ticks);
    printf("%s: %" PRIu64 " ticks of %d instruments over one day\n", argv[1], ticks,
           BENCH_INSTRUMENTS);
    if (crash)
        bench_crash(&bench, count);
    else
        bench_calm(&bench, count);
    free(bench.summary);
    (void)unlink(market); /* what is left over is seen by rmdir */
    return rmdir(directory) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

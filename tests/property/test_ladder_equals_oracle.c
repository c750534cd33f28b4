/* Goal: the engine, which looks at a pool only when its trigger is passed, gives the same results
 * as the definition, which looks at all of them all the time; and the laws that any replay obeys.
 * Method: many random small worlds (random_world.h), each run by both and compared row by row; the
 * seed of a world that differs is printed and is all that is needed to see it again:
 * WORLD_SEED=n runs that world alone, WORLD_COUNT=n more or fewer of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/property/oracle.h"
#include "tests/property/random_machine.h"
#include "tests/property/random_margin.h"
#include "tests/property/random_world.h"
#include "tests/property/run_capture.h"

#define WORLDS 1200
#define MACHINES 1200
#define MACHINE_SEED_FIRST 200001
#define MARGINS 1200
#define MARGIN_SEED_FIRST 400001

struct worlds {
    uint64_t first;
    uint64_t count;
};

/* How many worlds of the main test; the laws take a part of them. */
static struct worlds worlds_of(uint64_t count) {
    const char *seed = getenv("WORLD_SEED");
    const char *wanted = getenv("WORLD_COUNT");
    if (seed != NULL)
        return (struct worlds){strtoull(seed, NULL, 10), 1};
    if (wanted != NULL)
        count = strtoull(wanted, NULL, 10);
    return (struct worlds){1, count};
}

static void print_row(const char *name, const struct liquidation_record *row) {
    fprintf(stderr,
            "  %s: ts %lld wave %u account %u instrument %u lots %lld price %lld bankruptcy %lld "
            "notional %lld pnl %lld fee %lld shortfall %lld fund %lld unpaid %lld first %d adl %d "
            "(%lld) taken %d part %u erroneous %d\n",
            name, (long long)row->ts_ns, row->wave, row->account, row->instrument,
            (long long)row->quantity_lots, (long long)row->price_ticks,
            (long long)row->bankruptcy_price_ticks, (long long)row->notional,
            (long long)row->realised_pnl, (long long)row->fee, (long long)row->shortfall,
            (long long)row->paid_fund, (long long)row->unpaid, row->at_first_assessment, row->adl,
            (long long)row->paid_adl, row->taken_over, row->part, row->erroneous);
}

/* All that the oracle knows of a row; genealogy is the engine's alone. */
static bool same_row(const struct liquidation_record *a, const struct liquidation_record *b) {
    return a->ts_ns == b->ts_ns && a->wave == b->wave && a->account == b->account &&
           a->instrument == b->instrument && a->quantity_lots == b->quantity_lots &&
           a->price_ticks == b->price_ticks &&
           a->bankruptcy_price_ticks == b->bankruptcy_price_ticks && a->notional == b->notional &&
           a->realised_pnl == b->realised_pnl && a->fee == b->fee && a->shortfall == b->shortfall &&
           a->paid_fund == b->paid_fund && a->paid_adl == b->paid_adl &&
           a->paid_socialised == b->paid_socialised && a->unpaid == b->unpaid &&
           a->at_first_assessment == b->at_first_assessment && a->adl == b->adl &&
           a->erroneous == b->erroneous && a->taken_over == b->taken_over && a->part == b->part;
}

static bool same_rows(const struct run_capture *run, const struct oracle_flow *flow) {
    const size_t engine = run->row_count;
    const size_t oracle = flow->book.row_count;
    for (size_t r = 0; r < engine || r < oracle; r++) {
        if (r < engine && r < oracle && same_row(&run->rows[r], &flow->book.rows[r]))
            continue;
        fprintf(stderr, "  row %zu of %zu (engine), %zu (oracle)\n", r, engine, oracle);
        for (size_t k = r; k < r + 4 && k < engine; k++)
            print_row("engine", &run->rows[k]);
        for (size_t k = r; k < r + 4 && k < oracle; k++)
            print_row("oracle", &flow->book.rows[k]);
        return false;
    }
    return true;
}

static bool same_adl(const struct run_capture *run, const struct oracle_book *book) {
    for (size_t r = 0; r < run->adl_count || r < book->adl_count; r++) {
        const struct adl_record none = {.account = UINT32_MAX};
        const struct adl_record *x = r < run->adl_count ? &run->adl[r] : &none;
        const struct adl_record *y = r < book->adl_count ? &book->adl[r] : &none;
        if (x->ts_ns == y->ts_ns && x->wave == y->wave && x->account == y->account &&
            x->instrument == y->instrument && x->quantity_lots == y->quantity_lots &&
            x->price_ticks == y->price_ticks && x->forgone == y->forgone)
            continue;
        fprintf(stderr,
                "  adl row %zu of %zu (engine), %zu (oracle): ts %lld %lld account %u %u lots "
                "%lld %lld price %lld %lld forgone %lld %lld\n",
                r, run->adl_count, book->adl_count, (long long)x->ts_ns, (long long)y->ts_ns,
                x->account, y->account, (long long)x->quantity_lots, (long long)y->quantity_lots,
                (long long)x->price_ticks, (long long)y->price_ticks, (long long)x->forgone,
                (long long)y->forgone);
        return false;
    }
    return true;
}

static bool same_accounts(const struct run_capture *run, const struct oracle_flow *flow) {
    for (size_t a = 0; a < flow->account_count; a++) {
        const struct account_record *x = &run->accounts[a];
        const struct account_record *y = &flow->accounts[a];
        if (run->account_count == flow->account_count && x->account == y->account &&
            x->equity_start == y->equity_start && x->equity_end == y->equity_end &&
            x->socialised == y->socialised && x->liquidations == y->liquidations &&
            x->outcome == y->outcome)
            continue;
        fprintf(stderr,
                "  account %zu: engine, oracle: start %lld %lld end %lld %lld orders %u %u "
                "outcome %d %d\n",
                a, (long long)x->equity_start, (long long)y->equity_start, (long long)x->equity_end,
                (long long)y->equity_end, x->liquidations, y->liquidations, (int)x->outcome,
                (int)y->outcome);
        return false;
    }
    return true;
}

static bool same_fund(const struct run_capture *run, const struct oracle_flow *flow) {
    for (size_t f = 0; f < run->fund_count || f < flow->fund_count; f++)
        if (f >= run->fund_count || f >= flow->fund_count ||
            run->funds[f].ts_ns != flow->funds[f].ts_ns ||
            run->funds[f].balance != flow->funds[f].balance) {
            const struct fund_record none = {0, -1};
            const struct fund_record *x = f < run->fund_count ? &run->funds[f] : &none;
            const struct fund_record *y = f < flow->fund_count ? &flow->funds[f] : &none;
            fprintf(stderr,
                    "  fund row %zu of %zu (engine), %zu (oracle): ts %lld %lld balance %lld "
                    "%lld\n",
                    f, run->fund_count, flow->fund_count, (long long)x->ts_ns, (long long)y->ts_ns,
                    (long long)x->balance, (long long)y->balance);
            return false;
        }
    return true;
}

static bool same_total(const char *name, int128 engine, int128 oracle) {
    if (engine != oracle)
        fprintf(stderr, "  %s: engine %lld, oracle %lld\n", name, (long long)engine,
                (long long)oracle);
    return engine == oracle;
}

static bool same_prices(const struct replay_summary *summary, const struct oracle_result *oracle) {
    bool same = true;
    for (size_t i = 0; i < oracle->instrument_count; i++) {
        const struct replay_price_summary *x = &summary->prices[i];
        const struct replay_price_summary *y = &oracle->prices[i];
        same &= same_total("price first", x->first, y->first);
        same &= same_total("price last", x->last, y->last);
        same &= same_total("price min", x->min, y->min);
        same &= same_total("price max", x->max, y->max);
        same &= same_total("price first_without", x->first_without, y->first_without);
        same &= same_total("price last_without", x->last_without, y->last_without);
        same &= same_total("price min_without", x->min_without, y->min_without);
        same &= same_total("price first_recorded", x->first_recorded, y->first_recorded);
        same &= same_total("price last_recorded", x->last_recorded, y->last_recorded);
        same &= same_total("price min_recorded", x->min_recorded, y->min_recorded);
    }
    return same;
}

static bool same_funds(const struct replay_summary *summary, const struct oracle_book *book,
                       size_t count) {
    bool same = true;
    for (size_t i = 0; i < count; i++)
        same &= same_total("fund of an instrument", summary->prices[i].fund_end, book->pots[i]);
    return same;
}

static bool same_totals(const struct replay_summary *x, const struct oracle_result *oracle) {
    const struct oracle_flow *y = &oracle->simulated;
    bool same = same_total("ticks", x->ticks, oracle->ticks);
    if (oracle->ticks > 0) {
        same &= same_total("first_ts_ns", x->first_ts_ns, oracle->first_ts_ns);
        same &= same_total("last_ts_ns", x->last_ts_ns, oracle->last_ts_ns);
    }
    same &= same_total("liquidations", (int128)x->liquidations, (int128)y->orders);
    same &= same_total("accounts_liquidated", x->accounts_liquidated, y->accounts_liquidated);
    same &= same_total("in_breach_at_start", x->accounts_in_breach_at_start,
                       y->accounts_in_breach_at_start);
    same &= same_total("accounts_never_assessed", x->accounts_never_assessed,
                       oracle->accounts_never_assessed);
    same &= same_total("long_notional", x->long_notional, y->long_notional);
    same &= same_total("short_notional", x->short_notional, y->short_notional);
    same &= same_total("peak_minute", x->peak_minute_notional, y->peak_minute_notional);
    same &= same_total("peak_minute_ts", x->peak_minute_ts_ns, y->peak_minute_ts_ns);
    same &= same_total("waves_max", x->waves_max, y->orders_wave_max);
    same &= same_total("bad_debt", x->bad_debt, y->bad_debt);
    same &= same_total("fund_start", x->fund_start, y->fund_start);
    same &= same_total("fund_min", x->fund_min, y->fund_min);
    same &= same_total("fund_end", x->fund_end, y->fund_end);
    same &= same_funds(x, &y->book, oracle->instrument_count);
    same &= same_total("unpaid", x->unpaid, y->unpaid);
    same &= same_total("fees", x->fees, y->book.fees);
    same &= same_total("funding", x->funding, y->book.funding);
    same &= same_total("adl_notional", x->adl_notional, y->adl_notional);
    same &= same_total("adl_accounts", x->adl_accounts, y->adl_accounts);
    same &= same_total("socialised_loss", x->socialised_loss, y->socialised);
    same &= same_total("erroneous", x->erroneous_liquidations, y->erroneous);
    same &= same_total("inventory_taken", x->inventory_taken, y->book.inventory_taken);
    same &=
        same_total("inventory_worked_off", x->inventory_worked_off, y->book.inventory_worked_off);
    same &= same_total("inventory_gain", x->inventory_gain, y->inventory_gain);
    same &= same_total("backstop_taken", x->backstop_taken, y->book.vault_taken);
    same &= same_total("backstop_received", x->backstop_received, y->book.vault_received);
    same &= same_total("backstop_gain", x->backstop_gain, y->vault_gain);
    same &= same_total("ledger_residual", x->ledger_residual, 0);
    return same_prices(x, oracle) && same;
}

/* Under the reference's own rules, with its flow taken out: history itself, to the tick and to the
 * wallet, though the prices without feedback may be others. */
static bool is_history(const struct run_capture *run, const struct oracle_result *oracle) {
    const struct oracle_flow *reference = &oracle->reference;
    if (!same_rows(run, reference) || !same_adl(run, &reference->book) ||
        !same_fund(run, reference) || !same_accounts(run, reference))
        return false;
    for (size_t p = 0; p < oracle->path.count * oracle->instrument_count; p++)
        if (oracle->path.simulated[p] != oracle->path.recorded[p])
            return false;
    return memcmp(oracle->simulated.wallets, reference->wallets,
                  reference->account_count * sizeof(int64_t)) == 0;
}

struct coverage {
    struct oracle_coverage sum;
    uint64_t worlds;
    uint64_t full; /* a tier crossing, a partial close and a two-sided wave */
    uint64_t moved_without_tick;
    uint64_t squeezed;
    uint64_t identities; /* with orders in the reference */
};

static void coverage_add(struct coverage *coverage, const struct oracle_coverage *world) {
    coverage->worlds++;
    coverage->full +=
        world->tier_crossings > 0 && world->partial_closes > 0 && world->two_sided_waves > 0;
    coverage->moved_without_tick += world->moves_without_tick > 0;
    coverage->squeezed += world->squeezed_shorts > 0;
    coverage->sum.breaches += world->breaches;
    coverage->sum.breaches_equal += world->breaches_equal;
    coverage->sum.cooled += world->cooled;
    coverage->sum.timers += world->timers;
}

/* What the worlds must have seen, or the comparison says little. */
static void coverage_check(const struct coverage *coverage, uint64_t rows) {
    printf("%llu worlds, %llu forced orders: tiers, partial and two-sided in %llu; decay moved "
           "prices in %llu; shorts squeezed up tiers in %llu; %llu of %llu breaches at equality; "
           "%llu waited, %llu timers; null replay in %llu\n",
           (unsigned long long)coverage->worlds, (unsigned long long)rows,
           (unsigned long long)coverage->full, (unsigned long long)coverage->moved_without_tick,
           (unsigned long long)coverage->squeezed, (unsigned long long)coverage->sum.breaches_equal,
           (unsigned long long)coverage->sum.breaches, (unsigned long long)coverage->sum.cooled,
           (unsigned long long)coverage->sum.timers, (unsigned long long)coverage->identities);
    if (coverage->worlds < 100)
        return;
    assert_true(2 * coverage->full >= coverage->worlds);
    assert_true(10 * coverage->moved_without_tick >= coverage->worlds);
    assert_true(10 * coverage->squeezed >= coverage->worlds);
    assert_true(100 * coverage->sum.breaches_equal >= coverage->sum.breaches);
    assert_true(coverage->sum.cooled > 0 && coverage->sum.timers > 0);
    assert_true(10 * coverage->identities >= coverage->worlds);
}

/* A world in which history is replayed under its own rules, and nothing else happens. */
static bool is_null_replay(const struct random_world *world) {
    bool happened = true;
    for (size_t e = 0; e < world->input.event_count; e++)
        happened = happened && world->events[e].kind != EVENT_SHOCK;
    return happened && world->equal_rules && world->input.feedback && world->input.scale == NULL &&
           world->input.cleaning == CLEANING_MODELLED;
}

/* Runs one world by both; false: they differ, and why was printed. */
static bool compare(struct random_world *world, struct run_capture *ret_run,
                    struct oracle_result *ret_oracle) {
    oracle_run(&world->input, ret_oracle);
    run_capture_world(world, ret_run);
    const struct oracle_flow *simulated = &ret_oracle->simulated;
    const bool same = same_rows(ret_run, simulated) && same_adl(ret_run, &simulated->book) &&
                      same_accounts(ret_run, simulated) && same_fund(ret_run, simulated) &&
                      same_totals(&ret_run->summary, ret_oracle);
    const bool history = !is_null_replay(world) || is_history(ret_run, ret_oracle);
    if (!same || !history)
        fprintf(stderr, "world %llu: engine and %s differ\n", (unsigned long long)world->seed,
                same ? "history" : "oracle");
    return same && history;
}

static void engine_equals_oracle(void **state) {
    (void)state;
    const struct worlds worlds = worlds_of(WORLDS);
    struct coverage coverage = {0};
    uint64_t rows = 0;
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct random_world *world = random_world_create(seed);
        struct oracle_result oracle;
        struct run_capture run;
        different += !compare(world, &run, &oracle);
        rows += run.row_count;
        coverage.identities += is_null_replay(world) && oracle.reference.book.row_count > 0;
        coverage_add(&coverage, &oracle.simulated.book.coverage);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    coverage_check(&coverage, rows);
    printf("seeds %llu to %llu, %llu differ\n", (unsigned long long)worlds.first,
           (unsigned long long)(worlds.first + worlds.count - 1), (unsigned long long)different);
    assert_int_equal(different, 0);
}

/* In how many worlds each part of the machine took place. */
struct machine_coverage {
    uint64_t worlds;
    uint64_t
        all; /* with ADL, a nearly empty fund, fees, cool-downs, latency, funding in the rules */
    uint64_t adl;
    uint64_t empty_fund;
    uint64_t fees;
    uint64_t waits;
    uint64_t latencies;
    uint64_t funding;
    uint64_t paced;
    uint64_t vault;
    uint64_t fund_takes;
    uint64_t at_mark;
    uint64_t goes_on;
    uint64_t handed;
    uint64_t kept;
    uint64_t fund_held;
    uint64_t pots_short;
    uint64_t blocked;
    uint64_t block_cuts;
    uint64_t window_waits;
    uint64_t window_parts;
    uint64_t limit_cuts;
    uint64_t limit_parts;
    uint64_t insurance_cuts;
    uint64_t rests_taken;
    uint64_t made_full;
    uint64_t worked_off;
    uint64_t socialised;
    uint64_t sessions;
    uint64_t divided;
    uint64_t given_back;
    uint64_t erroneous;
    uint64_t events;
    uint64_t identities; /* null replays with ADL in them */
};

static void machine_add(struct machine_coverage *sum, const struct random_world *world,
                        const struct machine_features *with, const struct oracle_result *oracle) {
    const struct oracle_flow *flow = &oracle->simulated;
    const struct oracle_coverage *seen = &flow->book.coverage;
    sum->worlds++;
    sum->all += with->all;
    sum->adl += flow->book.adl_count > 0;
    sum->empty_fund += flow->fund_min == 0 && flow->bad_debt > 0;
    bool paid = false;
    for (size_t r = 0; r < flow->book.row_count; r++)
        paid = paid || flow->book.rows[r].fee > 0;
    sum->fees += paid;
    sum->waits += seen->cooled > 0;
    sum->latencies += seen->latencies > 0;
    sum->funding += flow->book.funding != 0;
    sum->paced += seen->paced > 0;
    sum->vault += seen->vault_takes > 0;
    sum->fund_takes += seen->fund_takes > 0;
    sum->at_mark += world->rules.rulebook.price == PRICE_MARK && flow->book.row_count > 0;
    sum->goes_on += seen->goes_on > 0;
    sum->made_full += seen->made_full > 0;
    sum->kept += seen->kept > 0;
    sum->fund_held += seen->fund_held > 0;
    sum->handed += seen->handed > 0;
    sum->blocked += seen->blocked > 0;
    sum->block_cuts += seen->block_cuts > 0;
    sum->window_waits += seen->window_waits > 0;
    sum->window_parts += seen->window_parts > 0;
    sum->limit_cuts += seen->limit_cuts > 0;
    sum->limit_parts += seen->limit_parts > 0;
    sum->insurance_cuts += seen->insurance_cuts > 0;
    sum->rests_taken += seen->rests_taken > 0;
    sum->pots_short += seen->pots_short > 0;
    sum->worked_off += flow->book.inventory_worked_off > 0;
    sum->socialised += flow->socialised > 0;
    sum->sessions += seen->sessions > 0;
    sum->divided += seen->divided > 0;
    sum->given_back += seen->given_back > 0;
    sum->erroneous += flow->erroneous > 0;
    sum->events += oracle->events > 0;
    sum->identities += is_null_replay(world) && oracle->reference.book.adl_count > 0;
}

static void machine_check(const struct machine_coverage *sum) {
    const struct {
        const char *name;
        uint64_t count;
        uint64_t percent; /* of the worlds, at least */
    } parts[] = {
        {"all six in the rules", sum->all, 50},
        {"deleveraged", sum->adl, 25},
        {"emptied the fund", sum->empty_fund, 25},
        {"paid fees", sum->fees, 50},
        {"had to wait", sum->waits, 25},
        {"orders with latency", sum->latencies, 50},
        {"funding", sum->funding, 50},
        {"kept a pace", sum->paced, 5},
        {"vault took", sum->vault, 5},
        {"fund took over", sum->fund_takes, 5},
        {"closed at mark", sum->at_mark, 5},
        {"went on to the exit ratio", sum->goes_on, 3},
        {"handed to the vault", sum->handed, 2},
        {"partial rules gave way", sum->made_full, 5},
        {"remainders to the fund", sum->kept, 5},
        {"fund held back", sum->fund_held, 5},
        {"one fund short beside another", sum->pots_short, 5},
        {"waited for a block", sum->blocked, 5},
        {"cut to a block's notional", sum->block_cuts, 5},
        {"waited for a window", sum->window_waits, 5},
        {"with a part of their order", sum->window_parts, 5},
        {"gave way to a limit", sum->limit_cuts, 5},
        {"in part", sum->limit_parts, 2},
        {"held by a block's losses", sum->insurance_cuts, 1},
        {"rests were taken over", sum->rests_taken, 1},
        {"worked off", sum->worked_off, 5},
        {"socialised", sum->socialised, 5},
        {"socialised in a session", sum->sessions, 3},
        {"divided orders", sum->divided, 5},
        {"gave back to market", sum->given_back, 5},
        {"erroneous", sum->erroneous, 2},
        {"events", sum->events, 50},
        {"null replay with ADL", sum->identities, 3},
    };
    bool enough = true;
    for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
        printf("  %s: %llu of %llu worlds\n", parts[p].name, (unsigned long long)parts[p].count,
               (unsigned long long)sum->worlds);
        enough = enough && 100 * parts[p].count >= parts[p].percent * sum->worlds;
    }
    if (sum->worlds >= 100)
        assert_true(enough);
}

static void the_whole_machine_equals_oracle(void **state) {
    (void)state;
    struct worlds worlds = worlds_of(MACHINES);
    if (getenv("WORLD_SEED") == NULL)
        worlds.first = MACHINE_SEED_FIRST;
    struct machine_coverage coverage = {0};
    uint64_t rows = 0;
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct machine_features with;
        struct random_world *world = random_machine_create(seed, &with);
        struct oracle_result oracle;
        struct run_capture run;
        different += !compare(world, &run, &oracle);
        rows += run.row_count + run.adl_count;
        machine_add(&coverage, world, &with, &oracle);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    printf("machine seeds %llu to %llu, %llu rows, %llu differ\n", (unsigned long long)worlds.first,
           (unsigned long long)(worlds.first + worlds.count - 1), (unsigned long long)rows,
           (unsigned long long)different);
    machine_check(&coverage);
    assert_int_equal(different, 0);
}

/* In how many worlds with forced orders each kind of margin took place. */
struct margin_coverage {
    uint64_t worlds, inverse, by_size, on_entry, collateral, owed, shared_price, scenario,
        hedge_mode;
    uint64_t exchanges; /* worlds in which collateral was exchanged */
    uint64_t identities;
};

static void margin_coverage_add(struct margin_coverage *c, const struct margin_features *with,
                                const struct oracle_book *book, bool null_replay) {
    c->worlds++;
    if (book->row_count == 0)
        return;
    c->inverse += with->inverse;
    c->by_size += with->by_size;
    c->on_entry += with->on_entry;
    c->collateral += with->collateral;
    c->owed += with->owed;
    c->shared_price += with->shared_price;
    c->scenario += with->scenario;
    c->hedge_mode += with->hedge_mode;
    c->exchanges += book->coverage.exchanges > 0;
    c->identities += null_replay;
}

static void margin_coverage_check(const struct margin_coverage *c) {
    printf("%llu worlds; with orders: inverse %llu, by size %llu, on entry %llu, collateral %llu, "
           "owed %llu, price shared %llu, portfolio %llu, hedge mode %llu, exchanges %llu, null "
           "replays %llu\n",
           (unsigned long long)c->worlds, (unsigned long long)c->inverse,
           (unsigned long long)c->by_size, (unsigned long long)c->on_entry,
           (unsigned long long)c->collateral, (unsigned long long)c->owed,
           (unsigned long long)c->shared_price, (unsigned long long)c->scenario,
           (unsigned long long)c->hedge_mode, (unsigned long long)c->exchanges,
           (unsigned long long)c->identities);
    if (c->worlds < 100)
        return;
    const uint64_t seen[] = {c->inverse,   c->by_size,      c->on_entry, c->collateral,
                             c->owed,      c->shared_price, c->scenario, c->hedge_mode,
                             c->exchanges, c->identities};
    for (size_t k = 0; k < sizeof(seen) / sizeof(seen[0]); k++)
        assert_true(20 * seen[k] >= c->worlds);
}

static void any_margin_equals_oracle(void **state) {
    (void)state;
    struct worlds worlds = worlds_of(MARGINS);
    if (getenv("WORLD_SEED") == NULL)
        worlds.first = MARGIN_SEED_FIRST;
    struct margin_coverage coverage = {0};
    uint64_t different = 0;
    for (uint64_t seed = worlds.first; seed < worlds.first + worlds.count; seed++) {
        struct margin_features with;
        struct random_world *world = random_margin_create(seed, &with);
        struct oracle_result oracle;
        struct run_capture run;
        const bool same = compare(world, &run, &oracle);
        different += !same;
        if (!same)
            fprintf(
                stderr,
                "  inverse %d, by size %d, on entry %d, collateral %d, owed %d, price shared %d, "
                "portfolio %d, hedge mode %d\n",
                with.inverse, with.by_size, with.on_entry, with.collateral, with.owed,
                with.shared_price, with.scenario, with.hedge_mode);
        margin_coverage_add(&coverage, &with, &oracle.simulated.book,
                            is_null_replay(world) && oracle.reference.book.row_count > 0);
        run_capture_finish(&run);
        oracle_finish(&oracle);
        random_world_destroy(world);
    }
    margin_coverage_check(&coverage);
    printf("seeds %llu to %llu, %llu differ\n", (unsigned long long)worlds.first,
           (unsigned long long)(worlds.first + worlds.count - 1), (unsigned long long)different);
    assert_int_equal(different, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engine_equals_oracle),
        cmocka_unit_test(any_margin_equals_oracle),
        cmocka_unit_test(the_whole_machine_equals_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

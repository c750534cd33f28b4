#include "tests/property/oracle_compare.h"

#include <stdio.h>
#include <string.h>

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
    same &= same_total("open_orders_cancelled", (int128)x->open_orders_cancelled,
                       (int128)y->book.coverage.cancelled);
    same &= same_total("inventory_taken", x->inventory_taken, y->book.inventory_taken);
    same &=
        same_total("inventory_worked_off", x->inventory_worked_off, y->book.inventory_worked_off);
    same &= same_total("inventory_held", x->inventory_held, y->inventory_held);
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

bool oracle_is_null_replay(const struct random_world *world) {
    bool happened = true;
    for (size_t e = 0; e < world->input.event_count; e++)
        happened = happened && world->events[e].kind != EVENT_SHOCK;
    return happened && world->equal_rules && world->input.feedback && world->input.scale == NULL &&
           world->input.cleaning == CLEANING_MODELLED;
}

bool oracle_compare(struct random_world *world, struct run_capture *ret_run,
                    struct oracle_result *ret_oracle) {
    oracle_run(&world->input, ret_oracle);
    run_capture_world(world, ret_run);
    const struct oracle_flow *simulated = &ret_oracle->simulated;
    const bool same = same_rows(ret_run, simulated) && same_adl(ret_run, &simulated->book) &&
                      same_accounts(ret_run, simulated) && same_fund(ret_run, simulated) &&
                      same_totals(&ret_run->summary, ret_oracle);
    const bool history = !oracle_is_null_replay(world) || is_history(ret_run, ret_oracle);
    if (!same || !history)
        fprintf(stderr, "world %llu: engine and %s differ\n", (unsigned long long)world->seed,
                same ? "history" : "oracle");
    return same && history;
}

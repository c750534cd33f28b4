#include "engine/replay/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "engine/book/coins.h"
#include "engine/liquidation/socialise.h"

#define ROWS 1024

static enum account_outcome outcome_of(const struct book *book, const struct account_state *state,
                                       size_t pool_first, size_t pool_end) {
    if (state->bankrupt)
        return ACCOUNT_BANKRUPT;
    if (state->liquidations == 0)
        return state->deleveraged ? ACCOUNT_DELEVERAGED : ACCOUNT_UNTOUCHED;
    for (size_t p = pool_first; p < pool_end; p++) {
        const struct position *position = book_positions(book, &book->pools[p]);
        for (uint16_t k = 0; k < book->pools[p].position_count; k++) {
            if (position[k].lots != 0)
                return ACCOUNT_REDUCED;
        }
    }
    return ACCOUNT_LIQUIDATED;
}

/* Buffered rows on their way to the sink. */
struct row_buffer {
    struct account_record rows[ROWS];
    char ids[ROWS][ACCOUNT_ID_SIZE];
    size_t count;
};

static enum status row_buffer_flush(struct row_buffer *buffer, const struct tally *tally,
                                    struct error *reterr) {
    const size_t count = buffer->count;
    buffer->count = 0;
    if (count == 0 || tally->sink->accounts == NULL)
        return STATUS_OK;
    return tally->sink->accounts(tally->sink->context, count, buffer->rows, reterr);
}

static enum status outcome_account(const struct book *book, struct tally *tally, uint32_t account,
                                   size_t pool_first, size_t pool_end, struct row_buffer *buffer,
                                   struct error *reterr) {
    const struct account_state *state = &book->account_states[account];
    struct replay_summary *summary = tally->summary;
    const int128 start = socialise_equity_start(book, account);
    const int128 end = book_account_equity(book, pool_first, pool_end);
    bool waiting = false;
    for (size_t p = pool_first; p < pool_end; p++)
        waiting = waiting || book->pools[p].state == POOL_WAITING;
    summary->adl_accounts += state->deleveraged;
    summary->accounts_liquidated += state->liquidations > 0;
    summary->accounts_in_breach_at_start += state->breach_at_start;
    summary->accounts_never_assessed += waiting;
    char *id = buffer->ids[buffer->count];
    accounts_id(book->accounts, account, id);
    if (!units_fits_int64(start) || !units_fits_int64(end))
        return error_set(reterr, STATUS_RANGE,
                         "account '%s': its equity does not fit the money unit", id);
    const uint64_t words[] = {3, account_id_number(id), (uint64_t)(int64_t)end,
                              state->liquidations};
    tally_mix(tally, words, sizeof(words) / sizeof(words[0]));
    buffer->rows[buffer->count++] = (struct account_record){
        .account = account,
        .id = id,
        .cohort = accounts_cohort(book->accounts, account),
        .equity_start = (int64_t)start,
        .equity_end = (int64_t)end,
        .socialised = book->socialised != NULL ? book->socialised[account] : 0,
        .liquidations = state->liquidations,
        .outcome = outcome_of(book, state, pool_first, pool_end),
    };
    return buffer->count == ROWS ? row_buffer_flush(buffer, tally, reterr) : STATUS_OK;
}

enum status outcome_residual(const struct book *book, int128 *ret_residual, struct error *reterr) {
    int128 *lots = calloc(book->instrument_count + book->holdings.asset_count, sizeof(*lots));
    if (lots == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the ledger's check");
    int128 *costs = lots + book->instrument_count; /* one an asset */
    const int128 pools = book_totals(book, lots);
    coins_costs(book, costs);
    *ret_residual =
        ledger_residual(&book->ledger, pools, lots) + holdings_residual(&book->holdings, costs);
    free(lots);
    return STATUS_OK;
}

enum status outcome_write(const struct book *book, struct tally *tally, struct error *reterr) {
    struct replay_summary *summary = tally->summary;
    struct row_buffer *buffer = calloc(1, sizeof(*buffer));
    enum status status = STATUS_OK;
    if (buffer == NULL)
        status = error_set(reterr, STATUS_NO_MEMORY, "no memory for the accounts' outcome");
    size_t pool = 0;
    const size_t accounts = accounts_count(book->accounts);
    for (uint32_t a = 0; a < accounts && status == STATUS_OK; a++) {
        const size_t first = pool;
        while (pool < book->pool_count && book->pools[pool].account == a)
            pool++;
        status = outcome_account(book, tally, a, first, pool, buffer, reterr);
    }
    if (status == STATUS_OK)
        status = row_buffer_flush(buffer, tally, reterr);
    if (status == STATUS_OK) {
        summary->fund_end = book->ledger.fund;
        summary->fees = book->ledger.fees;
        summary->fund_flows = book->ledger.flows;
        summary->unpaid = -book->ledger.deficit;
        summary->inventory_taken = book->inventory.taken;
        summary->inventory_worked_off = book->inventory.worked_off;
        summary->inventory_held = coins_inventory_notional(book, &book->inventory);
        summary->inventory_gain = coins_inventory_gain(book, &book->inventory);
        summary->collateral_exchanged = book->exchanged;
        summary->backstop_taken = book->vault.taken;
        summary->backstop_received = book->ledger.received;
        summary->backstop_gain = coins_inventory_gain(book, &book->vault);
        summary->funding = book->ledger.funding;
        summary->assessments = book->assessments;
        summary->open_orders_cancelled = book->cancelled;
        const uint64_t words[] = {4,
                                  (uint64_t)summary->fund_end,
                                  (uint64_t)summary->unpaid,
                                  (uint64_t)summary->bad_debt,
                                  (uint64_t)summary->fees,
                                  (uint64_t)summary->funding};
        tally_mix(tally, words, sizeof(words) / sizeof(words[0]));
    }
    free(buffer);
    return status;
}

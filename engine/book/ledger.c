#include "engine/book/ledger.h"

#include <stdlib.h>
#include <string.h>

enum status ledger_init(struct ledger *ledger, const struct instrument *instruments,
                        size_t instrument_count, struct error *reterr) {
    memset(ledger, 0, sizeof(*ledger));
    ledger->market_lots = calloc(instrument_count, sizeof(*ledger->market_lots));
    ledger->funds = calloc(instrument_count, sizeof(*ledger->funds));
    if (ledger->market_lots == NULL || ledger->funds == NULL) {
        ledger_finish(ledger);
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for the ledger");
    }
    ledger->instruments = instruments;
    ledger->instrument_count = instrument_count;
    return STATUS_OK;
}

void ledger_finish(struct ledger *ledger) {
    free(ledger->market_lots);
    free(ledger->funds);
    memset(ledger, 0, sizeof(*ledger));
}

void ledger_fill(struct ledger *ledger, uint32_t instrument, int64_t lots, int128 proceeds) {
    ledger->market_lots[instrument] += lots;
    ledger->market_cash -= proceeds;
}

void ledger_record(struct ledger *ledger, const struct liquidation_record *row) {
    ledger->recorded_proceeds += instrument_value_floor(&ledger->instruments[row->instrument],
                                                        row->quantity_lots, row->price_ticks);
}

static void add(struct ledger *ledger, uint32_t instrument, int128 amount) {
    ledger->fund += amount;
    if (ledger->is_divided)
        ledger->funds[instrument] += amount;
}

void ledger_fund_receive(struct ledger *ledger, uint32_t instrument, int128 amount) {
    add(ledger, instrument, amount);
    ledger->flows.received += amount;
}

void ledger_fund_bear(struct ledger *ledger, uint32_t instrument, int128 pnl) {
    add(ledger, instrument, pnl);
    ledger->flows.inventory += pnl;
    const int128 left = ledger_fund_of(ledger, instrument);
    if (left < 0) {
        ledger->deficit += left;
        add(ledger, instrument, -left);
        ledger->flows.unborne -= left;
    }
}

int128 ledger_fund_pay(struct ledger *ledger, uint32_t instrument, int128 wanted) {
    const int128 fund = ledger_fund_of(ledger, instrument);
    const int128 paid = wanted < fund ? wanted : fund;
    add(ledger, instrument, -paid);
    ledger->deficit += paid;
    ledger->flows.paid += paid;
    return paid;
}

int128 ledger_residual(const struct ledger *ledger, int128 pools, const int128 *pool_lots) {
    int128 residual =
        units_magnitude(pools + ledger->external + ledger->fund + ledger->vault + ledger->fees +
                        ledger->funding + ledger->deficit + ledger->market_cash);
    int128 parts = 0;
    for (size_t i = 0; i < ledger->instrument_count; i++) {
        residual += units_magnitude(pool_lots[i] + ledger->market_lots[i]);
        parts += ledger->funds[i];
    }
    if (ledger->is_divided)
        residual += units_magnitude(ledger->fund - parts);
    return residual + units_magnitude(ledger->market_cash + ledger->recorded_proceeds);
}

#pragma once
/* Double-entry books of one side of a run: system accounts in 128 bits, and a residual that can
 * fail (design §3). A pool's wallet and positions live in the book; what they swap with is here. */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/records.h"
#include "base/units.h"
#include "engine/rules/instrument.h"

/* What came into the insurance fund and went out of it:
 *   fund at the end = at the start + changed + received + inventory + unborne - paid,
 * and of the losses that somebody has to bear:
 *   shortfalls of accounts + unborne = paid + taken from accounts + deficit. */
struct fund_flows {
    int128 changed;   /* put in by events; below 0: taken out */
    int128 received;  /* of orders: fees, insurance fees, remainders */
    int128 inventory; /* made on positions taken over, once closed or set off; below 0: lost */
    int128 unborne;   /* of what was lost on them: what the fund did not have then */
    int128 paid;      /* of accounts' shortfalls */
};

struct ledger {
    const struct instrument *instruments;
    size_t instrument_count;
    int128 external; /* minus what all others held at the start */
    int128 fund;     /* insurance fund, all of it */
    int128 *funds;   /* of it per instrument; all 0 unless is_divided */
    bool is_divided; /* the fund of an instrument pays for that instrument alone */
    struct fund_flows flows;
    int128 vault;        /* cash of the backstop vault */
    int128 received;     /* of it handed over with whole accounts */
    int128 fees;         /* the venue's */
    int128 funding;      /* what accounts paid less what accounts received: the market's side */
    int128 deficit;      /* <= 0: losses that nobody has paid yet */
    int128 market_cash;  /* the market counterparty: the other side of every fill */
    int128 *market_lots; /* per instrument */
    int128 recorded_proceeds; /* recomputed from the rows of recorded orders, not from settlement */
};

MUST_CHECK enum status ledger_init(struct ledger *ledger, const struct instrument *instruments,
                                   size_t instrument_count, struct error *reterr);
void ledger_finish(struct ledger *ledger); /* zeroed is fine */

/* A fill between a pool and the market: the pool gave `lots` (signed) and was paid `proceeds`. */
void ledger_fill(struct ledger *ledger, uint32_t instrument, int64_t lots, int128 proceeds);

/* An order as the world will read it: signed proceeds are recomputed from its lots and price. */
void ledger_record(struct ledger *ledger, const struct liquidation_record *row);

/* What the fund has for an instrument: its own, or, of a fund for all, everything. */
static inline int128 ledger_fund_of(const struct ledger *ledger, uint32_t instrument) {
    return ledger->is_divided ? ledger->funds[instrument] : ledger->fund;
}

/* The fund (of the instrument, where it is divided) is paid `amount` of an order. */
void ledger_fund_receive(struct ledger *ledger, uint32_t instrument, int128 amount);

/* A gain or loss of the fund on what it took over; what it cannot bear is a deficit. */
void ledger_fund_bear(struct ledger *ledger, uint32_t instrument, int128 pnl);

/* The fund pays up to `wanted` of the shortfalls of accounts; returns what it paid. */
int128 ledger_fund_pay(struct ledger *ledger, uint32_t instrument, int128 wanted);

/* |sum of balances| + |fund less its parts, if divided| + |sum of lots| per instrument + |market
 * cash + recorded proceeds|, where `pools` is the sum over pools of wallet minus costs and
 * `pool_lots[i]` that of their lots. */
int128 ledger_residual(const struct ledger *ledger, int128 pools, const int128 *pool_lots);

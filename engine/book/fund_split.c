#include "engine/book/fund_split.h"

#include <stdlib.h>
#include <string.h>

#include "engine/rules/mul_div.h"

/* A share of its own, else that of all contracts. */
static int64_t weight_of(const struct rulebook *rules, const struct instrument *instrument) {
    const bool is_spot = instrument->kind == CONTRACT_SPOT;
    int64_t weight = is_spot ? 0 : RATE_SCALE;
    for (size_t s = 0; s < rules->waterfall.fund_share_count; s++) {
        const struct fund_share *share = &rules->waterfall.fund_shares[s];
        if (share->symbol == NULL && !is_spot)
            weight = share->weight_e8;
        else if (share->symbol != NULL && strcmp(share->symbol, instrument->symbol) == 0)
            return share->weight_e8;
    }
    return weight;
}

/* Adds `amount` to the parts of the fund, by the rulebook's shares; equal ones if all are 0. */
static void deal(struct book *book, int128 amount) {
    struct ledger *ledger = &book->ledger;
    int128 all = 0;
    for (size_t i = 0; i < book->instrument_count; i++)
        all += weight_of(book->rulebook, &book->instruments[i]);
    const bool equal = all == 0;
    const int128 total = equal ? (int128)book->instrument_count : all;
    int128 before = 0; /* of the weights, then of the amount */
    int128 dealt = 0;
    for (size_t i = 0; i < book->instrument_count; i++) {
        before += equal ? 1 : weight_of(book->rulebook, &book->instruments[i]);
        const int128 end = div_floor(amount * before, total);
        ledger->funds[i] += end - dealt;
        dealt = end;
    }
}

enum status fund_split_prepare(struct book *book, struct error *reterr) {
    struct ledger *ledger = &book->ledger;
    const bool divide = book->rulebook->waterfall.fund == FUND_PER_INSTRUMENT;
    if (divide && book->fund_peaks == NULL) {
        book->fund_peaks = calloc(book->instrument_count, sizeof(*book->fund_peaks));
        if (book->fund_peaks == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for the funds of instruments");
    }
    if (divide == ledger->is_divided)
        return STATUS_OK;
    ledger->is_divided = divide;
    for (size_t i = 0; i < book->instrument_count; i++)
        ledger->funds[i] = 0;
    if (!divide)
        return STATUS_OK;
    deal(book, ledger->fund);
    for (size_t i = 0; i < book->instrument_count; i++) {
        fund_peak_finish(&book->fund_peaks[i]); /* its past begins here */
        fund_peak_init(&book->fund_peaks[i], ledger->funds[i]);
    }
    return STATUS_OK;
}

/* Takes `amount` (not more than there is) out of the parts, in proportion to them. */
static void take(struct ledger *ledger, int128 amount) {
    const int128 fund = ledger->fund;
    const int128 stays = fund - amount;
    int128 before = 0;
    int128 dealt = 0;
    for (size_t i = 0; i < ledger->instrument_count && fund > 0; i++) {
        before += ledger->funds[i];
        const int128 end = mul_div_floor(stays, before, fund);
        ledger->funds[i] = end - dealt;
        dealt = end;
    }
}

void fund_split_change(struct book *book, int64_t amount) {
    struct ledger *ledger = &book->ledger;
    const int128 change = ledger->fund + amount < 0 ? -ledger->fund : amount;
    if (ledger->is_divided && change < 0)
        take(ledger, -change);
    else if (ledger->is_divided)
        deal(book, change);
    ledger->fund += change;
    ledger->flows.changed += change;
    ledger->external -= change;
}

int128 fund_split_bearable(const struct book *book, uint32_t instrument, int64_t now_ns) {
    const struct rulebook *rules = book->rulebook;
    const int128 fund = ledger_fund_of(&book->ledger, instrument);
    if (rules->waterfall.adl_fund_fall_e8 == 0)
        return fund;
    const struct fund_peak *past =
        book->ledger.is_divided ? &book->fund_peaks[instrument] : &book->fund_peak;
    const int128 peak = fund_peak_since(past, now_ns, rules->waterfall.adl_fund_window_ns, fund);
    const int128 floor =
        div_ceil(peak * (RATE_SCALE - rules->waterfall.adl_fund_fall_e8), RATE_SCALE);
    return fund > floor ? fund - floor : 0;
}

enum status fund_split_note(struct book *book, int64_t now_ns, struct error *reterr) {
    const struct rulebook *rules = book->rulebook;
    const int64_t window_ns =
        rules->waterfall.adl_fund_fall_e8 > 0 ? rules->waterfall.adl_fund_window_ns : 0;
    enum status status =
        fund_peak_note(&book->fund_peak, now_ns, window_ns, book->ledger.fund, reterr);
    for (size_t i = 0; book->ledger.is_divided && i < book->instrument_count && status == STATUS_OK;
         i++)
        status =
            fund_peak_note(&book->fund_peaks[i], now_ns, window_ns, book->ledger.funds[i], reterr);
    return status;
}

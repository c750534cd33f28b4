#include "scenarios/settlement.h"

#include <stdio.h>
#include <string.h>

/* Quotes that symbols end in, where the rulebook names none. */
static const char *const QUOTES[] = {"USDT", "USDC", "BUSD", "FDUSD", "USDE", "DAI",
                                     "USD",  "EUR",  "BTC",  "ETH",   NULL};

static void put(char ret_symbol[SETTLEMENT_SIZE], const char *text, size_t size) {
    (void)snprintf(ret_symbol, SETTLEMENT_SIZE, "%.*s", (int)size, text); /* cut is ok */
}

static bool ends_in(const char *text, size_t size, const char *quote) {
    const size_t length = strlen(quote);
    return length < size && memcmp(text + size - length, quote, length) == 0;
}

/* The longest quote that the first part of the symbol ends in, or its second part is. */
static bool quote_of(const char *symbol, const struct rulebook *rulebook,
                     char ret_symbol[SETTLEMENT_SIZE]) {
    const size_t first = strcspn(symbol, "-_/");
    const char *second = symbol[first] != '\0' ? symbol + first + 1 : symbol + first;
    const size_t second_size = strcspn(second, "-_/");
    size_t best = 0;
    for (size_t k = 0;; k++) {
        const bool own = k < rulebook->collateral.count;
        const char *quote =
            own ? rulebook->collateral.assets[k].symbol : QUOTES[k - rulebook->collateral.count];
        if (quote == NULL)
            return best > 0;
        const size_t length = strlen(quote);
        const bool fits = ends_in(symbol, first, quote) ||
                          (length == second_size && memcmp(second, quote, length) == 0);
        if (fits && length > best) {
            best = length;
            put(ret_symbol, quote, length);
        }
    }
}

static bool coin_of(const char *symbol, char ret_symbol[SETTLEMENT_SIZE]) {
    const char *usd = strstr(symbol, "USD");
    const size_t size = usd != NULL && usd != symbol ? (size_t)(usd - symbol) : strlen(symbol);
    const size_t first = strcspn(symbol, "-_/");
    put(ret_symbol, symbol, size < first ? size : first);
    return ret_symbol[0] != '\0';
}

void settlement_find(const char *given, const struct rulebook *rulebook, const char *const *symbols,
                     const enum contract_kind *kinds, size_t count,
                     char ret_symbol[SETTLEMENT_SIZE]) {
    const char *stated = given[0] != '\0' ? given : rulebook->margin.settlement;
    if (stated != NULL && stated[0] != '\0') {
        put(ret_symbol, stated, strlen(stated));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (kinds[i] == CONTRACT_SPOT)
            continue;
        const char *colon = strchr(symbols[i], ':');
        const char *symbol = colon != NULL ? colon + 1 : symbols[i];
        if (kinds[i] == CONTRACT_INVERSE ? coin_of(symbol, ret_symbol)
                                         : quote_of(symbol, rulebook, ret_symbol))
            return;
        break;
    }
    const char *first =
        rulebook->collateral.count > 0 ? rulebook->collateral.assets[0].symbol : "USDT";
    put(ret_symbol, first, strlen(first));
}

static bool takes(const struct rulebook *rulebook, const char *settlement, const char *symbol) {
    return strcmp(settlement, symbol) == 0 || rulebook_collateral(rulebook, symbol) != NULL;
}

void settlement_of_contract(const char *given, const struct rulebook *rulebook,
                            const char *settlement, const char *symbol, enum contract_kind kind,
                            char ret_symbol[SETTLEMENT_SIZE]) {
    static const char *const bitcoin[2] = {"BTC", "XBT"};
    ret_symbol[0] = '\0';
    if (given[0] != '\0') {
        put(ret_symbol, given, strlen(given));
        return;
    }
    const char *colon = strchr(symbol, ':');
    if (kind != CONTRACT_INVERSE || !coin_of(colon != NULL ? colon + 1 : symbol, ret_symbol))
        return;
    for (size_t k = 0; k < 2; k++)
        if (strcmp(ret_symbol, bitcoin[k]) == 0 && !takes(rulebook, settlement, bitcoin[k]) &&
            takes(rulebook, settlement, bitcoin[1 - k])) {
            put(ret_symbol, bitcoin[1 - k], strlen(bitcoin[1 - k]));
            return;
        }
}

#include "api/margin/margin_book.h"

#include <string.h>

#include <glib.h>

#include "api/margin/margin_answer.h"
#include "base/decimal_text.h"
#include "engine/book/book.h"
#include "scenarios/population/accounts_csv.h"
#include "scenarios/scenario.h"
#include "scenarios/settlement.h"

/* Significant digits of a price that its tick holds here; the figures are for display. */
#define PRICE_DIGITS 13
#define VALUE_DECIMALS_MAX 15 /* of a lot at a tick: instrument_init() allows a den of 1e15 */
#define LOT_DECIMALS_AUTO 8

struct price {
    char *symbol;
    struct decimal value;
    const char *text; /* as given */
};

struct margin {
    const struct margin_order *order;
    GArray *prices; /* struct price */
    struct scenario *scenario;
    struct instrument *instruments;
    int64_t *ticks; /* price of each instrument; 0: not given */
    char settlement[SETTLEMENT_SIZE];
    struct accounts *accounts;
    struct book book;
    struct wave wave;
};

/* ---- reading what was asked ---- */

static void price_clear(void *price) {
    g_free(((struct price *)price)->symbol);
}

static enum status read_price(struct margin *margin, const char *text, struct error *reterr) {
    const char *equals = strchr(text, '=');
    struct price price = {.text = text};
    if (equals == NULL || equals == text)
        return error_set(reterr, STATUS_USAGE, "%s %s: must be ID=VALUE", margin->order->price_word,
                         text);
    if (!decimal_parse(equals + 1, strlen(equals + 1), &price.value) || price.value.mantissa <= 0)
        return error_set(reterr, STATUS_USAGE, "%s %s: the price must be a number above 0",
                         margin->order->price_word, text);
    price.symbol = g_strndup(text, (gsize)(equals - text));
    for (guint i = 0; i < margin->prices->len; i++)
        if (strcmp(g_array_index(margin->prices, struct price, i).symbol, price.symbol) == 0) {
            g_free(price.symbol);
            return error_set(reterr, STATUS_USAGE, "%s %s: this price was given before",
                             margin->order->price_word, text);
        }
    g_array_append_val(margin->prices, price);
    return STATUS_OK;
}

static enum status load_market(struct margin *margin, struct error *reterr) {
    const guint count = margin->prices->len;
    const char **symbols = g_new0(const char *, count + 1);
    for (guint i = 0; i < count; i++)
        symbols[i] = g_array_index(margin->prices, struct price, i).symbol;
    const enum status status =
        scenario_load_market(margin->order->market, margin->order->resources,
                             margin->order->rulebook, symbols, count, &margin->scenario, reterr);
    g_free(symbols);
    return status;
}

/* The tick that holds the given price and PRICE_DIGITS digits of it, as far as money allows. */
static int32_t tick_decimals(enum contract_kind kind, struct decimal price, struct decimal lot,
                             struct decimal size) {
    int32_t digits = 0;
    for (int64_t rest = price.mantissa; rest > 0; rest /= 10)
        digits++;
    const int32_t wanted = PRICE_DIGITS - (digits - price.decimals);
    int32_t room = VALUE_DECIMALS_MAX + MONEY_DECIMALS - lot.decimals - size.decimals;
    if (kind == CONTRACT_INVERSE) { /* a finer price is more coins, not fewer */
        room = VALUE_DECIMALS_MAX - MONEY_DECIMALS + lot.decimals + size.decimals;
        for (int64_t rest = lot.mantissa; rest >= 10; rest /= 10)
            room--;
        for (int64_t rest = size.mantissa; rest >= 10; rest /= 10)
            room--;
    }
    int32_t decimals = wanted < room ? wanted : room;
    if (decimals > 18)
        decimals = 18;
    return decimals > price.decimals ? decimals : price.decimals;
}

static bool is_listed(const struct scenario *scenario, const char *symbol) {
    for (size_t i = 0; i < scenario->instrument_count; i++)
        if (strcmp(scenario->instruments[i].symbol, symbol) == 0)
            return true;
    return false;
}

/* A price of an asset stands as an instrument of kind spot. The settlement asset is the unit of
 * account: its price is 1. */
static enum status place_assets(struct margin *margin, struct error *reterr) {
    struct scenario *scenario = margin->scenario;
    for (guint p = 0; p < margin->prices->len; p++) {
        const char *symbol = g_array_index(margin->prices, struct price, p).symbol;
        if (rulebook_collateral(&scenario->rulebook, symbol) != NULL &&
            !is_listed(scenario, symbol) && scenario->instrument_count < INSTRUMENTS_MAX)
            scenario_add_spot(scenario, symbol);
    }
    for (size_t i = 0; i < scenario->instrument_count; i++)
        if (rulebook_collateral(&scenario->rulebook, scenario->instruments[i].symbol) != NULL)
            scenario->instruments[i].kind = CONTRACT_SPOT;
    scenario_settlement(scenario, &scenario->rulebook, margin->settlement);
    for (guint p = 0; p < margin->prices->len; p++) {
        const struct price *price = &g_array_index(margin->prices, struct price, p);
        const struct decimal value = decimal_normal(price->value);
        if (strcmp(price->symbol, margin->settlement) != 0)
            continue;
        if (value.mantissa != 1 || value.decimals != 0)
            return error_set(reterr, STATUS_USAGE,
                             "%s %s: the settlement asset is the unit of account, 1",
                             margin->order->price_word, price->text);
        for (size_t i = 0; i < scenario->instrument_count; i++)
            if (strcmp(scenario->instruments[i].symbol, price->symbol) == 0)
                scenario->instruments[i].kind = CONTRACT_SPOT;
    }
    return STATUS_OK;
}

static enum status make_instruments(struct margin *margin, struct error *reterr) {
    const struct scenario *scenario = margin->scenario;
    margin->instruments = g_new0(struct instrument, scenario->instrument_count);
    margin->ticks = g_new0(int64_t, scenario->instrument_count);
    enum status status = STATUS_OK;
    guint used = 0;
    for (size_t i = 0; i < scenario->instrument_count && status == STATUS_OK; i++) {
        const struct scenario_instrument *from = &scenario->instruments[i];
        struct instrument *instrument = &margin->instruments[i];
        *instrument = (struct instrument){
            .symbol = from->symbol,
            .kind = from->kind,
            .settles = scenario_settles(scenario, i),
            .price_tick = {1, LOT_DECIMALS_AUTO},
            .lot = from->lot_auto ? (struct decimal){1, LOT_DECIMALS_AUTO} : from->lot,
            .contract_size = from->contract_size};
        for (guint p = 0; p < margin->prices->len && status == STATUS_OK; p++) {
            const struct price *price = &g_array_index(margin->prices, struct price, p);
            if (strcmp(price->symbol, from->symbol) != 0)
                continue;
            used++;
            const struct decimal value = decimal_normal(price->value);
            instrument->price_tick = (struct decimal){
                1, tick_decimals(instrument->kind, value, decimal_normal(instrument->lot),
                                 decimal_normal(instrument->contract_size))};
            if (!decimal_rescale(value, instrument->price_tick.decimals, &margin->ticks[i]))
                status = error_set(reterr, STATUS_RANGE, "%s %s: does not fit",
                                   margin->order->price_word, price->text);
        }
        if (status == STATUS_OK)
            status = instrument_init(instrument, reterr);
    }
    for (guint p = 0; p < margin->prices->len && status == STATUS_OK && used < margin->prices->len;
         p++) {
        const struct price *price = &g_array_index(margin->prices, struct price, p);
        size_t i = 0;
        while (i < scenario->instrument_count &&
               strcmp(scenario->instruments[i].symbol, price->symbol) != 0)
            i++;
        if (i == scenario->instrument_count)
            status = error_set(
                reterr, STATUS_CONFIG, "%s %s: '%s' is not in market.instruments of '%s'",
                margin->order->price_word, price->text, price->symbol, margin->order->market);
    }
    return status;
}

static enum status make_book(struct margin *margin, const char *path, struct error *reterr) {
    const size_t count = margin->scenario->instrument_count;
    const struct venue_input venue = {.accounts = margin->accounts,
                                      .rulebook = &margin->scenario->rulebook};
    enum status status = book_init(&margin->book, &venue, margin->instruments, count, NULL,
                                   margin->ticks, margin->ticks, reterr);
    for (size_t k = 0; k < margin->book.position_count && status == STATUS_OK; k++) {
        const uint32_t i = margin->book.positions[k].instrument;
        if (margin->ticks[i] == 0)
            status = error_set(reterr, STATUS_USAGE, "%s %s=VALUE is missing: '%s' holds it",
                               margin->order->price_word, margin->instruments[i].symbol, path);
    }
    for (size_t p = 0; p < margin->book.pool_count && status == STATUS_OK; p++)
        if (!holdings_priced(&margin->book.holdings, p, margin->ticks))
            status = error_set(reterr, STATUS_USAGE,
                               "%s ASSET=VALUE is missing for what an account of '%s' holds",
                               margin->order->price_word, path);
    if (status == STATUS_OK)
        status = wave_init(&margin->wave, count, reterr);
    return status == STATUS_OK ? wave_prepare(&margin->wave, &margin->book, reterr) : status;
}

static enum status load(struct margin *margin, struct error *reterr) {
    const char *path = margin->order->accounts;
    enum status status = STATUS_OK;
    margin->prices = g_array_new(FALSE, FALSE, sizeof(struct price));
    g_array_set_clear_func(margin->prices, price_clear);
    for (const char *const *text = margin->order->prices; text != NULL && *text != NULL; text++) {
        status = read_price(margin, *text, reterr);
        if (status != STATUS_OK)
            return status;
    }
    if (margin->prices->len == 0)
        return error_set(reterr, STATUS_USAGE, "%s ID=VALUE is missing", margin->order->price_word);
    if (margin->order->rulebook == NULL && margin->order->market == NULL)
        return error_set(reterr, STATUS_USAGE, "%s NAME is missing", margin->order->rulebook_word);
    status = load_market(margin, reterr);
    if (status == STATUS_OK)
        status = place_assets(margin, reterr);
    if (status == STATUS_OK)
        status = make_instruments(margin, reterr);
    if (status == STATUS_OK)
        status = accounts_create(&margin->accounts, reterr);
    if (status == STATUS_OK)
        status = accounts_set_settlement(margin->accounts, margin->settlement, reterr);
    if (status == STATUS_OK)
        status = accounts_csv_read(path, &margin->scenario->rulebook, margin->instruments,
                                   margin->scenario->instrument_count, margin->accounts, reterr);
    if (status == STATUS_OK)
        status = accounts_finish(margin->accounts, reterr);
    if (status == STATUS_OK)
        status = make_book(margin, path, reterr);
    return status;
}

static void finish(struct margin *margin) {
    wave_finish(&margin->wave);
    book_finish(&margin->book);
    accounts_destroy(margin->accounts);
    g_free(margin->instruments);
    g_free(margin->ticks);
    scenario_destroy(margin->scenario);
    if (margin->prices != NULL)
        g_array_unref(margin->prices);
}

enum status margin_answer(const struct margin_order *order, json_t **ret_answer,
                          struct error *reterr) {
    struct margin margin = {.order = order};
    const enum status status = load(&margin, reterr);
    if (status == STATUS_OK) {
        json_t *answer = json_array();
        struct book *book = &margin.book;
        for (size_t first = 0, end = 0; first < book->pool_count; first = end) {
            end = first + 1;
            while (end < book->pool_count && book->pools[end].account == book->pools[first].account)
                end++;
            (void)json_array_append_new(answer,
                                        margin_answer_account(book, &margin.wave, first, end));
        }
        *ret_answer = answer;
    }
    finish(&margin);
    return status;
}

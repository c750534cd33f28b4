/* Making a vector's account: rulebook, instruments, accounts, book. */

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "scenarios/rulebook/rulebook_yaml.h"
#include "tests/conformance_book.h"

const char *decimal_text(double value) {
    enum { TEXTS = 16 };
    static char texts[TEXTS][64];
    static size_t next = 0;
    struct decimal decimal;
    char *text = texts[next++ % TEXTS];
    if (vector_decimal(value, &decimal)) {
        decimal = decimal_normal(decimal);
        (void)decimal_format(decimal.mantissa, decimal.decimals, text);
    } else {
        (void)snprintf(text, sizeof(texts[0]), "%g", value);
    }
    return text;
}

bool vector_book_begin(struct vector *vector, struct vector_book *book) {
    memset(book, 0, sizeof(*book));
    book->arena = yaml_arena_create();
    book->scale = 1.0;
    struct error error;
    if (accounts_create(&book->accounts, &error) == STATUS_OK)
        return true;
    (void)vector_broken(vector, "%s", error.message);
    return false;
}

void vector_book_close(struct vector_book *book) {
    book_finish(&book->book);
    accounts_destroy(book->accounts);
    yaml_arena_destroy(book->arena);
    memset(book, 0, sizeof(*book));
}

static bool read_rules(struct vector *vector, struct vector_book *book, struct config_files *files,
                       const char *name) {
    struct error error;
    if (rulebook_read(files, name, NULL, NULL, &book->rulebook, &error) == STATUS_OK)
        return true;
    (void)vector_broken(vector, "the rulebook is refused: %s", error.message);
    return false;
}

bool vector_book_rules(struct vector *vector, struct vector_book *book, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *rules = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    char *text = g_strconcat(g_str_has_prefix(rules, "name:") ? "" : "name: vector\n", rules, NULL);
    const struct scenario_input stored = {
        .kind = "rulebook",
        .path = "/vector.yaml",
        .bytes = yaml_arena_copy(book->arena, text, strlen(text)),
        .size = strlen(text),
    };
    g_free(text);
    g_free(rules);
    struct config_files files = {.arena = book->arena, .stored = &stored, .stored_count = 1};
    return read_rules(vector, book, &files, stored.path);
}

bool vector_book_bundled(struct vector *vector, struct vector_book *book, const char *name) {
    const char *bundled = getenv("CROSSFALL_SCENARIOS");
    struct config_files files = {
        .arena = book->arena,
        .bundled_dir = bundled != NULL && bundled[0] != '\0' ? bundled : CONFORMANCE_SCENARIOS};
    return read_rules(vector, book, &files, name);
}

bool vector_book_instrument(struct vector *vector, struct vector_book *book, const char *symbol,
                            enum contract_kind kind, double price, uint32_t *ret_instrument) {
    size_t i = 0;
    while (i < book->instrument_count && strcmp(book->symbols[i], symbol) != 0)
        i++;
    struct instrument *instrument = &book->instruments[i];
    if (i == VECTOR_INSTRUMENTS_MAX) {
        (void)vector_broken(vector, "more than %d instruments", VECTOR_INSTRUMENTS_MAX);
        return false;
    }
    if (i == book->instrument_count) {
        (void)snprintf(book->symbols[i], sizeof(book->symbols[i]), "%s", symbol);
        *instrument = (struct instrument){.symbol = book->symbols[i],
                                          .kind = kind,
                                          .price_tick = {1, GRID_DECIMALS},
                                          .lot = {1, GRID_DECIMALS},
                                          .contract_size = {1, 0}};
        struct error error;
        if (instrument_init(instrument, &error) != STATUS_OK) {
            (void)vector_broken(vector, "%s", error.message);
            return false;
        }
        book->instrument_count++;
    }
    if (price > 0.0 && !vector_scaled(price, GRID_DECIMALS, &book->prices[i])) {
        (void)vector_broken(vector, "the price %g of '%s' does not fit", price, symbol);
        return false;
    }
    *ret_instrument = (uint32_t)i;
    return true;
}

bool vector_book_account(struct vector *vector, struct vector_book *book, const char *id,
                         double balance) {
    int64_t money;
    struct error error;
    if (!vector_money(balance * book->scale, &money))
        (void)vector_broken(vector, "the balance %g does not fit", balance);
    else if (accounts_add(book->accounts, id, "", money, false, &error) != STATUS_OK)
        (void)vector_broken(vector, "%s", error.message);
    else
        return true;
    return false;
}

bool vector_book_position(struct vector *vector, struct vector_book *book, uint32_t instrument,
                          double quantity, double entry_price) {
    int64_t lots;
    int64_t cost;
    struct decimal entry;
    struct error error;
    if (quantity == 0.0)
        return true;
    if (!vector_scaled(quantity * book->scale, GRID_DECIMALS, &lots) ||
        !vector_decimal(entry_price, &entry) || entry_price <= 0.0)
        (void)vector_broken(vector, "the position of %g at %g does not fit", quantity, entry_price);
    else if (instrument_cost(&book->instruments[instrument], lots, entry, &cost, &error) !=
                 STATUS_OK ||
             accounts_add_position(book->accounts, instrument, lots, cost, MARGIN_CROSS, 0, 0,
                                   &error) != STATUS_OK)
        (void)vector_broken(vector, "%s", error.message);
    else
        return true;
    return false;
}

bool vector_book_open(struct vector *vector, struct vector_book *book) {
    const struct venue_input venue = {.accounts = book->accounts, .rulebook = &book->rulebook};
    struct error error;
    if (accounts_finish(book->accounts, &error) == STATUS_OK &&
        book_init(&book->book, &venue, book->instruments, book->instrument_count, NULL,
                  book->prices, book->prices, &error) == STATUS_OK)
        return true;
    (void)vector_broken(vector, "%s", error.message);
    return false;
}

/* A vector's account: its positions, and the rules they bring along. */

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "tests/conformance_book.h"

/* ---- tiers ---- */

/* Whether rows are [floor, rate]: the first starts at 0. Else they are [cap, rate], and an open
 * last cap is null. */
static bool rows_are_floors(const json_t *rows) {
    const json_t *first = json_array_get(json_array_get(rows, 0), 0);
    return json_is_number(first) && json_number_value(first) == 0.0;
}

char *vector_tier_rows(const json_t *rows) {
    GString *text = g_string_new(NULL);
    const size_t count = json_array_size(rows);
    const bool floors = rows_are_floors(rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        const json_t *next = json_array_get(rows, i + 1);
        double rate = NAN;
        double cap = NAN;
        double amount = NAN;
        if (json_is_array(row)) {
            const json_t *last = json_array_get(floors ? next : row, 0);
            rate = json_number_value(json_array_get(row, 1));
            cap = json_is_number(last) ? json_number_value(last) : NAN;
        } else {
            rate = vector_number(
                row, "maintenance_margin_rate maintenance_rate maintenance_fraction mmr rate", NAN);
            cap = vector_number(row, "cap up_to max notional_cap",
                                vector_number(next, "floor from min notional_floor", NAN));
            amount = vector_number(row, "maintenance_amount cum deduction", NAN);
        }
        if (isnan(rate)) {
            g_string_free(text, TRUE);
            return NULL;
        }
        g_string_append_printf(text, "%s{maintenance_rate: %s", i > 0 ? ", " : "",
                               decimal_text(rate));
        if (!isnan(cap))
            g_string_append_printf(text, ", cap: %s", decimal_text(cap));
        if (!isnan(amount))
            g_string_append_printf(text, ", maintenance_amount: %s", decimal_text(amount));
        g_string_append_c(text, '}');
    }
    return g_string_free(text, count == 0);
}

void vector_book_flatten(struct vector_book *book) {
    struct tier_table *table = &book->rulebook.margin.tables[0];
    for (size_t i = 0; i < table->count; i++) {
        table->tiers[i].deduction = 0;
        if (i + 1 < table->count) {
            table->tiers[i].cap -=
                1; /* a unit of money below the next floor, which belongs to it */
            table->tiers[i + 1].floor = table->tiers[i].cap;
        }
    }
}

/* ---- positions ---- */

#define SIZE_NAMES                                                                                 \
    "size quantity qty amount contracts contracts_usd quantity_usd size_usd position_size "        \
    "position_contracts"

static bool is_short(const json_t *row) {
    const char *side = vector_text(row, "side direction position_side");
    return g_ascii_strcasecmp(side, "short") == 0 || g_ascii_strcasecmp(side, "sell") == 0 ||
           vector_bool(row, "is_short", false);
}

static bool read_position(struct vector *vector, const json_t *row, size_t index,
                          struct vector_position *ret_position) {
    const char *symbol = vector_text(row, "symbol market instrument coin");
    const double size = vector_number(row, SIZE_NAMES, NAN);
    const char *contract = vector_text(row, "contract kind contract_type");
    if (isnan(size)) {
        (void)vector_broken(vector, "a position has no size");
        return false;
    }
    *ret_position = (struct vector_position){
        .row = row,
        .kind = g_str_has_prefix(contract, "inverse")  ? CONTRACT_INVERSE
                : g_str_has_prefix(contract, "quanto") ? CONTRACT_QUANTO
                                                       : CONTRACT_LINEAR,
        .quantity = is_short(row) ? -fabs(size) : size,
        .entry = vector_number(row, "entry_price entry open_rate average_price", NAN),
    };
    ret_position->price = vector_number(
        row, "mark_price price mark oracle_price index_price",
        vector_number(vector->inputs, "mark_price mark price oracle_price", ret_position->entry));
    if (symbol[0] != '\0')
        (void)snprintf(ret_position->symbol, sizeof(ret_position->symbol), "%s", symbol);
    else
        (void)snprintf(ret_position->symbol, sizeof(ret_position->symbol), "X%zu", index);
    return true;
}

bool vector_positions(struct vector *vector, struct vector_position *ret_positions,
                      size_t *ret_count) {
    const json_t *rows = vector_find(vector->inputs, "positions position");
    if (!json_is_array(rows)) {
        *ret_count = 1;
        return read_position(vector, json_is_object(rows) ? rows : vector->inputs, 0,
                             ret_positions);
    }
    *ret_count = json_array_size(rows);
    if (*ret_count == 0 || *ret_count > VECTOR_INSTRUMENTS_MAX) {
        (void)vector_broken(vector, "not 1 to %d positions", VECTOR_INSTRUMENTS_MAX);
        return false;
    }
    for (size_t i = 0; i < *ret_count; i++)
        if (!read_position(vector, json_array_get(rows, i), i, &ret_positions[i]))
            return false;
    return true;
}

/* ---- rules ---- */

/* Maintenance rate of a position: as given, or half of the initial margin at the highest leverage
 * (Hyperliquid). NaN: neither. */
static double rate_of(const struct vector *vector, const json_t *row) {
    const char *names = "maintenance_margin_rate maintenance_margin_fraction maintenance_rate "
                        "maintenance_fraction mm_ratio mmr";
    const double leverage = vector_number(row, "max_leverage", NAN);
    const double rate = vector_number(row, names, vector_number(vector->inputs, names, NAN));
    return isnan(rate) && leverage > 0.0 ? 1.0 / (2.0 * leverage) : rate;
}

double vector_scale(const double *amounts, size_t count) {
    double largest = 0.0;
    double scale = 1.0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(amounts[i]));
    while (scale < 1e6 && largest * scale < 1e9)
        scale *= 10.0;
    return scale;
}

/* Scales the account if no position has tiers, which are in money. */
static double scale_of(const struct vector *vector, double balance,
                       const struct vector_position *positions, size_t count) {
    double amounts[2 * VECTOR_INSTRUMENTS_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        if (vector_has(positions[i].row, "tiers brackets") ||
            isnan(rate_of(vector, positions[i].row)))
            return 1.0;
        amounts[2 * i] = positions[i].quantity;
        amounts[2 * i + 1] = positions[i].kind == CONTRACT_INVERSE
                                 ? positions[i].quantity / positions[i].entry
                                 : positions[i].quantity * positions[i].entry;
    }
    amounts[2 * count] = balance;
    return vector_has(vector->inputs, "tiers") ? 1.0 : vector_scale(amounts, 2 * count + 1);
}

/* "SYMBOL: [rows], " of a position that brings its rules; false: it brings none. */
static bool append_table(const struct vector *vector, GString *tables,
                         const struct vector_position *position, double scale) {
    const json_t *rows = vector_find(position->row, "tiers brackets");
    char *text = vector_tier_rows(rows != NULL ? rows : vector_find(vector->inputs, "tiers"));
    const double rate = rate_of(vector, position->row);
    const double amount =
        vector_number(position->row, "maintenance_amount cum maintenance_amt", 0.0);
    if (text == NULL && isnan(rate))
        return false;
    char *key = g_strdup_printf("\"%s\": [", position->symbol);
    const bool again = strstr(tables->str, key) != NULL; /* hedge mode: a long beside a short */
    g_string_append(tables, again ? "" : key);
    g_free(key);
    if (again) {
        g_free(text);
        return true;
    }
    if (text != NULL) {
        g_string_append(tables, text);
    } else {
        int64_t rate_e8 = 0;
        (void)vector_scaled(rate, 8, &rate_e8);
        g_string_append_printf(tables, "{maintenance_rate: %s, maintenance_amount: %s}",
                               decimal_text((double)rate_e8 / RATE_SCALE),
                               decimal_text(amount * scale));
    }
    g_string_append(tables, "], ");
    g_free(text);
    return true;
}

static bool read_rules(struct vector *vector, struct vector_book *book,
                       const struct vector_position *positions, size_t count, const char *margin) {
    GString *tables = g_string_new(NULL);
    size_t with_rules = 0;
    for (size_t i = 0; i < count; i++)
        with_rules += append_table(vector, tables, &positions[i], book->scale);
    bool done = false;
    if (with_rules == count)
        done = vector_book_rules(vector, book, "margin: {%s tiers: {%s}}\n", margin, tables->str);
    else if (with_rules == 0 && g_str_has_prefix(vector->venue, "binance_usdm"))
        done = vector_book_bundled(vector, book, "binance-usdm-2021-05");
    else
        (void)vector_broken(vector, "a position has no maintenance margin rate");
    g_string_free(tables, TRUE);
    return done;
}

bool vector_book_of_account(struct vector *vector, struct vector_book *book, double balance,
                            const struct vector_position *positions, size_t count,
                            const char *margin) {
    book->scale = scale_of(vector, balance, positions, count);
    if (!read_rules(vector, book, positions, count, margin) ||
        !vector_book_account(vector, book, "a", balance))
        return false;
    for (size_t i = 0; i < count; i++) {
        uint32_t instrument;
        if (!vector_book_instrument(vector, book, positions[i].symbol, positions[i].kind,
                                    positions[i].price, &instrument) ||
            !vector_book_position(vector, book, instrument, positions[i].quantity,
                                  positions[i].entry))
            return false;
    }
    return vector_book_open(vector, book);
}

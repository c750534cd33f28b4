#include "scenarios/population/accounts_csv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal_text.h"
#include "base/units.h"
#include "scenarios/population/csv_rows.h"

#define COHORT_SIZE 256
#define LEVERAGE_MAX 1000

enum column {
    COLUMN_ACCOUNT,
    COLUMN_KIND,
    COLUMN_SYMBOL,
    COLUMN_QUANTITY,
    COLUMN_ENTRY_PRICE,
    COLUMN_MARGIN_MODE,
    COLUMN_ISOLATED_MARGIN,
    COLUMN_COHORT,
    COLUMN_LEVERAGE,
    COLUMN_EXEMPT,
    COLUMN_COUNT
};
#define COLUMN_NEEDED_COUNT (COLUMN_QUANTITY + 1) /* the first ones; the others may be left out */

static const char *const column_names[COLUMN_COUNT] = {
    "account",         "kind",   "symbol",   "quantity", "entry_price", "margin_mode",
    "isolated_margin", "cohort", "leverage", "exempt",
};

/* Where an account began, to tell when it comes again. */
struct seen {
    uint64_t hash;
    uint64_t line;
    uint32_t account;
};

struct reader {
    const char *name;
    const struct instrument *instruments;
    size_t count;
    const struct rulebook *rulebook; /* NULL: nothing is collateral */
    struct accounts *accounts;

    uint64_t line;
    size_t column_count;           /* 0: the header is still to come */
    int field_of[COLUMN_COUNT];    /* index into the row's fields; -1: not there */
    const char *row[COLUMN_COUNT]; /* the present row; "" where the column is not there */

    bool open; /* an account is being read */
    char id[ACCOUNT_ID_SIZE];
    char cohort[COHORT_SIZE];
    bool exempt;
    bool has_balance;
    uint64_t first_line;

    struct seen *seen;
    size_t seen_count;
    size_t seen_capacity;
};

/* Raises a problem with one field of the present row. */
static enum status field_error(const struct reader *reader, enum column column, const char *problem,
                               struct error *reterr) {
    return error_set(reterr, STATUS_CONFIG, "%s:%llu: %s '%.64s': %s", reader->name,
                     (unsigned long long)reader->line, column_names[column], reader->row[column],
                     problem);
}

static enum status read_header(struct reader *reader, const char *const *fields, size_t count,
                               struct error *reterr) {
    for (int c = 0; c < COLUMN_COUNT; c++)
        reader->field_of[c] = -1;
    for (size_t f = 0; f < count; f++) {
        int column = 0;
        while (column < COLUMN_COUNT && strcmp(fields[f], column_names[column]) != 0)
            column++;
        if (column == COLUMN_COUNT)
            return error_set(reterr, STATUS_CONFIG,
                             "%s:%llu: unknown column '%.64s' (known: account, kind, symbol, "
                             "quantity, entry_price, margin_mode, isolated_margin, cohort, "
                             "leverage, exempt)",
                             reader->name, (unsigned long long)reader->line, fields[f]);
        if (reader->field_of[column] >= 0)
            return error_set(reterr, STATUS_CONFIG, "%s:%llu: column '%s' stands twice",
                             reader->name, (unsigned long long)reader->line, fields[f]);
        reader->field_of[column] = (int)f;
    }
    for (int c = 0; c < COLUMN_NEEDED_COUNT; c++)
        if (reader->field_of[c] < 0)
            return error_set(reterr, STATUS_CONFIG,
                             "%s:%llu: the header has no column '%s'; it must name the columns",
                             reader->name, (unsigned long long)reader->line, column_names[c]);
    reader->column_count = count;
    return STATUS_OK;
}

static uint64_t hash_of(const char *id) {
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a; it only brings equal ids together */
    for (; *id != '\0'; id++)
        hash = (hash ^ (unsigned char)*id) * UINT64_C(1099511628211);
    return hash;
}

static enum status remember(struct reader *reader, struct error *reterr) {
    if (reader->seen_count == reader->seen_capacity) {
        const size_t capacity = reader->seen_capacity * 2 + 1024;
        struct seen *seen = reallocarray(reader->seen, capacity, sizeof(*seen));
        if (seen == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "%s: no memory for accounts", reader->name);
        reader->seen = seen;
        reader->seen_capacity = capacity;
    }
    reader->seen[reader->seen_count++] =
        (struct seen){.hash = hash_of(reader->id),
                      .line = reader->line,
                      .account = (uint32_t)(accounts_count(reader->accounts) - 1)};
    return STATUS_OK;
}

static enum status read_exempt(const struct reader *reader, bool *ret_exempt,
                               struct error *reterr) {
    const char *text = reader->row[COLUMN_EXEMPT];
    *ret_exempt = strcmp(text, "true") == 0;
    if (!*ret_exempt && strcmp(text, "false") != 0 && text[0] != '\0')
        return field_error(reader, COLUMN_EXEMPT, "must be true, false or empty", reterr);
    return STATUS_OK;
}

/* Begins an account with its first row. */
static enum status open_account(struct reader *reader, struct error *reterr) {
    const char *id = reader->row[COLUMN_ACCOUNT];
    if (id[0] == '\0')
        return field_error(reader, COLUMN_ACCOUNT, "must not be empty", reterr);
    if (strlen(id) >= sizeof(reader->id))
        return field_error(reader, COLUMN_ACCOUNT, "is longer than 63 bytes", reterr);
    if (strlen(reader->row[COLUMN_COHORT]) >= sizeof(reader->cohort))
        return field_error(reader, COLUMN_COHORT, "is longer than 255 bytes", reterr);
    enum status status = read_exempt(reader, &reader->exempt, reterr);
    if (status != STATUS_OK)
        return status;
    (void)snprintf(reader->id, sizeof(reader->id), "%s", id); /* both fit, as checked above */
    (void)snprintf(reader->cohort, sizeof(reader->cohort), "%s", reader->row[COLUMN_COHORT]);
    reader->open = true;
    reader->has_balance = false;
    reader->first_line = reader->line;
    status = accounts_add(reader->accounts, reader->id, reader->cohort, 0, reader->exempt, reterr);
    if (status == STATUS_OK)
        return remember(reader, reterr);
    return error_prefix(reterr, status, "%s:%llu", reader->name, (unsigned long long)reader->line);
}

/* A further row of the same account: what belongs to the account must not change. */
static enum status continue_account(const struct reader *reader, struct error *reterr) {
    char problem[96];
    (void)snprintf(problem, sizeof(problem), "differs from line %llu, where the account begins",
                   (unsigned long long)reader->first_line);
    const char *cohort = reader->row[COLUMN_COHORT];
    if (cohort[0] != '\0' && strcmp(cohort, reader->cohort) != 0)
        return field_error(reader, COLUMN_COHORT, problem, reterr);
    bool exempt = false;
    const enum status status = read_exempt(reader, &exempt, reterr);
    if (status == STATUS_OK && reader->row[COLUMN_EXEMPT][0] != '\0' && exempt != reader->exempt)
        return field_error(reader, COLUMN_EXEMPT, problem, reterr);
    return status;
}

static enum status read_decimal(const struct reader *reader, enum column column,
                                struct decimal *ret_value, struct error *reterr) {
    const char *text = reader->row[column];
    if (text[0] == '\0')
        return field_error(reader, column, "must not be empty", reterr);
    if (!decimal_parse(text, strlen(text), ret_value))
        return field_error(reader, column, "is not a decimal number that can be held exactly",
                           reterr);
    return STATUS_OK;
}

/* A decimal at 8 decimals: money or a leverage. */
static enum status read_e8(const struct reader *reader, enum column column, int64_t *ret_e8,
                           struct error *reterr) {
    struct decimal value;
    const enum status status = read_decimal(reader, column, &value, reterr);
    if (status == STATUS_OK && !decimal_rescale(value, MONEY_DECIMALS, ret_e8))
        return field_error(reader, column, "has more than 8 decimals or exceeds 92 billion",
                           reterr);
    return status;
}

/* A balance in another asset than the settlement one. */
static enum status read_holding(const struct reader *reader, const char *symbol, int64_t quantity,
                                struct error *reterr) {
    if (reader->rulebook == NULL || rulebook_collateral(reader->rulebook, symbol) == NULL) {
        char problem[256];
        (void)snprintf(problem, sizeof(problem),
                       "is neither the settlement asset, %s, nor collateral of the rulebook",
                       accounts_settlement(reader->accounts));
        return field_error(reader, COLUMN_SYMBOL, problem, reterr);
    }
    const enum status status = accounts_add_holding(reader->accounts, symbol, quantity, reterr);
    return status == STATUS_OK ? STATUS_OK
                               : error_prefix(reterr, status, "%s:%llu: account '%s'", reader->name,
                                              (unsigned long long)reader->line, reader->id);
}

static enum status read_balance(struct reader *reader, struct error *reterr) {
    static const enum column unused[] = {COLUMN_ENTRY_PRICE, COLUMN_MARGIN_MODE,
                                         COLUMN_ISOLATED_MARGIN, COLUMN_LEVERAGE};
    for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
        if (reader->row[unused[i]][0] != '\0')
            return field_error(reader, unused[i],
                               "belongs to positions and orders, not to a balance", reterr);
    const char *symbol = reader->row[COLUMN_SYMBOL];
    int64_t amount = 0;
    enum status status = read_e8(reader, COLUMN_QUANTITY, &amount, reterr);
    if (status != STATUS_OK)
        return status;
    if (strcmp(symbol, accounts_settlement(reader->accounts)) != 0)
        return read_holding(reader, symbol, amount, reterr);
    if (reader->has_balance)
        return field_error(reader, COLUMN_SYMBOL, "a second balance in the settlement asset",
                           reterr);
    reader->has_balance = true;
    return accounts_add_balance(reader->accounts, amount, reterr); /* to 0: cannot overflow */
}

static enum status read_lots(const struct reader *reader, const struct instrument *instrument,
                             int64_t *ret_lots, struct error *reterr) {
    struct decimal quantity;
    const enum status status = read_decimal(reader, COLUMN_QUANTITY, &quantity, reterr);
    if (status != STATUS_OK)
        return status;
    const struct decimal q = decimal_normal(quantity);
    const struct decimal lot = decimal_normal(instrument->lot);
    const int32_t decimals = q.decimals > lot.decimals ? q.decimals : lot.decimals;
    const int128 wanted = (int128)q.mantissa * units_pow10(decimals - q.decimals);
    const int128 unit = (int128)lot.mantissa * units_pow10(decimals - lot.decimals);
    if (wanted == 0)
        return field_error(reader, COLUMN_QUANTITY, "a position or order of nothing", reterr);
    if (wanted % unit != 0) {
        char lot_text[32];
        char problem[128];
        (void)decimal_format(lot.mantissa, lot.decimals, lot_text);
        (void)snprintf(problem, sizeof(problem), "is not a multiple of %.40s's lot %s",
                       instrument->symbol, lot_text);
        return field_error(reader, COLUMN_QUANTITY, problem, reterr);
    }
    if (!units_fits_int64(wanted / unit) || wanted / unit == INT64_MIN)
        return field_error(reader, COLUMN_QUANTITY, "is too large", reterr);
    *ret_lots = (int64_t)(wanted / unit);
    return STATUS_OK;
}

static enum status read_margin(const struct reader *reader, enum margin_mode *ret_mode,
                               int64_t *ret_isolated, int64_t *ret_leverage, struct error *reterr) {
    const char *mode = reader->row[COLUMN_MARGIN_MODE];
    const bool isolated = strcmp(mode, "isolated") == 0;
    if (!isolated && mode[0] != '\0' && strcmp(mode, "cross") != 0)
        return field_error(reader, COLUMN_MARGIN_MODE, "must be cross, isolated or empty (cross)",
                           reterr);
    *ret_mode = isolated ? MARGIN_ISOLATED : MARGIN_CROSS;
    *ret_isolated = 0;
    *ret_leverage = 0;
    enum status status = STATUS_OK;
    if (isolated)
        status = read_e8(reader, COLUMN_ISOLATED_MARGIN, ret_isolated, reterr);
    else if (reader->row[COLUMN_ISOLATED_MARGIN][0] != '\0')
        return field_error(reader, COLUMN_ISOLATED_MARGIN, "belongs to an isolated position",
                           reterr);
    if (status == STATUS_OK && *ret_isolated < 0)
        return field_error(reader, COLUMN_ISOLATED_MARGIN, "must not be negative", reterr);
    if (status == STATUS_OK && reader->row[COLUMN_LEVERAGE][0] != '\0') {
        status = read_e8(reader, COLUMN_LEVERAGE, ret_leverage, reterr);
        if (status == STATUS_OK &&
            (*ret_leverage <= 0 || *ret_leverage > LEVERAGE_MAX * RATE_SCALE))
            return field_error(reader, COLUMN_LEVERAGE, "must be above 0 and at most 1000", reterr);
    }
    return status;
}

/* The contract of the row; `what` it has in it: "a position in". */
static enum status find_instrument(const struct reader *reader, const char *what, size_t *ret_index,
                                   struct error *reterr) {
    size_t i = 0;
    while (i < reader->count &&
           strcmp(reader->instruments[i].symbol, reader->row[COLUMN_SYMBOL]) != 0)
        i++;
    if (i == reader->count) {
        char problem[80];
        (void)snprintf(problem, sizeof(problem), "%s nothing: the run has no such instrument",
                       what); /* fits */
        return field_error(reader, COLUMN_SYMBOL, problem, reterr);
    }
    if (reader->instruments[i].kind == CONTRACT_SPOT)
        return field_error(reader, COLUMN_SYMBOL,
                           "is spot: what an account holds or owes of it is a balance", reterr);
    *ret_index = i;
    return STATUS_OK;
}

static enum status read_price(const struct reader *reader, struct decimal *ret_price,
                              struct error *reterr) {
    const enum status status = read_decimal(reader, COLUMN_ENTRY_PRICE, ret_price, reterr);
    if (status == STATUS_OK && ret_price->mantissa <= 0)
        return field_error(reader, COLUMN_ENTRY_PRICE, "must be above 0", reterr);
    return status;
}

static enum status read_position(struct reader *reader, struct error *reterr) {
    size_t i = 0;
    int64_t lots = 0;
    struct decimal entry_price = {0};
    enum status status = find_instrument(reader, "a position in", &i, reterr);
    if (status != STATUS_OK)
        return status;
    const struct instrument *instrument = &reader->instruments[i];
    status = read_lots(reader, instrument, &lots, reterr);
    if (status == STATUS_OK)
        status = read_price(reader, &entry_price, reterr);
    enum margin_mode mode = MARGIN_CROSS;
    int64_t isolated_margin = 0;
    int64_t leverage_e8 = 0;
    if (status == STATUS_OK)
        status = read_margin(reader, &mode, &isolated_margin, &leverage_e8, reterr);
    if (status != STATUS_OK)
        return status;
    int64_t cost = 0;
    status = instrument_cost(instrument, lots, entry_price, &cost, reterr);
    if (status == STATUS_OK)
        status = accounts_add_position(reader->accounts, (uint32_t)i, lots, cost, mode,
                                       isolated_margin, leverage_e8, reterr);
    if (status == STATUS_OK)
        return STATUS_OK;
    return error_prefix(reterr, status, "%s:%llu: account '%s', symbol '%s'", reader->name,
                        (unsigned long long)reader->line, reader->id, instrument->symbol);
}

/* An order open in the market: the cross balance backs it, at its own price. */
static enum status read_order(struct reader *reader, struct error *reterr) {
    size_t i = 0;
    struct open_order_view order = {0};
    struct decimal price = {0};
    enum margin_mode mode = MARGIN_CROSS;
    int64_t isolated_margin = 0;
    enum status status = find_instrument(reader, "an order for", &i, reterr);
    if (status == STATUS_OK)
        status = read_lots(reader, &reader->instruments[i], &order.lots, reterr);
    if (status == STATUS_OK)
        status = read_price(reader, &price, reterr);
    if (status == STATUS_OK)
        status = read_margin(reader, &mode, &isolated_margin, &order.leverage_e8, reterr);
    if (status != STATUS_OK)
        return status;
    if (mode == MARGIN_ISOLATED)
        return field_error(reader, COLUMN_MARGIN_MODE, "an order is backed by the cross balance",
                           reterr);
    order.instrument = (uint32_t)i;
    status = instrument_cost(&reader->instruments[i], order.lots, price, &order.cost, reterr);
    if (status == STATUS_OK)
        status = accounts_add_order(reader->accounts, order, reterr);
    return status == STATUS_OK
               ? STATUS_OK
               : error_prefix(reterr, status, "%s:%llu: account '%s', order in '%s'", reader->name,
                              (unsigned long long)reader->line, reader->id,
                              reader->instruments[i].symbol);
}

/* Takes one row: the header first. */
static enum status read_row(void *context, uint64_t line, const char *const *fields, size_t count,
                            struct error *reterr) {
    struct reader *reader = context;
    reader->line = line;
    if (reader->column_count == 0)
        return read_header(reader, fields, count, reterr);
    if (count != reader->column_count)
        return error_set(reterr, STATUS_CONFIG, "%s:%llu: %zu fields where the header names %zu",
                         reader->name, (unsigned long long)reader->line, count,
                         reader->column_count);
    for (int c = 0; c < COLUMN_COUNT; c++)
        reader->row[c] = reader->field_of[c] >= 0 ? fields[reader->field_of[c]] : "";

    const bool again = reader->open && strcmp(reader->row[COLUMN_ACCOUNT], reader->id) == 0;
    const enum status status =
        again ? continue_account(reader, reterr) : open_account(reader, reterr);
    if (status != STATUS_OK)
        return status;
    if (strcmp(reader->row[COLUMN_KIND], "balance") == 0)
        return read_balance(reader, reterr);
    if (strcmp(reader->row[COLUMN_KIND], "position") == 0)
        return read_position(reader, reterr);
    if (strcmp(reader->row[COLUMN_KIND], "order") == 0)
        return read_order(reader, reterr);
    return field_error(reader, COLUMN_KIND, "must be balance, position or order", reterr);
}

static int compare_seen(const void *a, const void *b) {
    const struct seen *x = a;
    const struct seen *y = b;
    if (x->hash != y->hash)
        return x->hash < y->hash ? -1 : 1;
    return (x->line > y->line) - (x->line < y->line);
}

/* Refuses accounts whose rows do not stand together. */
static enum status refuse_scattered(struct reader *reader, struct error *reterr) {
    if (reader->seen_count > 1)
        qsort(reader->seen, reader->seen_count, sizeof(*reader->seen), compare_seen);
    for (size_t i = 0; i < reader->seen_count; i++) {
        for (size_t k = i + 1;
             k < reader->seen_count && reader->seen[k].hash == reader->seen[i].hash; k++) {
            char first[ACCOUNT_ID_SIZE];
            char second[ACCOUNT_ID_SIZE];
            accounts_id(reader->accounts, reader->seen[i].account, first);
            accounts_id(reader->accounts, reader->seen[k].account, second);
            if (strcmp(first, second) == 0)
                return error_set(reterr, STATUS_CONFIG,
                                 "%s:%llu: account '%s' began on line %llu and comes again; rows "
                                 "of an account must stand together",
                                 reader->name, (unsigned long long)reader->seen[k].line, first,
                                 (unsigned long long)reader->seen[i].line);
        }
    }
    return STATUS_OK;
}

/* What the rows together must be, once all were read with `status`; ends the reader. */
static enum status finish(struct reader *reader, enum status status, struct error *reterr) {
    if (status == STATUS_OK && reader->column_count == 0)
        status = error_set(reterr, STATUS_CONFIG, "%s: empty: not even a header", reader->name);
    if (status == STATUS_OK)
        status = refuse_scattered(reader, reterr);
    free(reader->seen);
    return status;
}

enum status accounts_csv_parse(const char *name, const char *bytes, size_t size,
                               const struct rulebook *rulebook,
                               const struct instrument *instruments, size_t count,
                               struct accounts *accounts, struct error *reterr) {
    assert(name != NULL && accounts != NULL);
    struct reader reader = {.name = name,
                            .instruments = instruments,
                            .count = count,
                            .rulebook = rulebook,
                            .accounts = accounts};
    return finish(&reader, csv_rows_parse(name, bytes, size, read_row, &reader, reterr), reterr);
}

enum status accounts_csv_read(const char *path, const struct rulebook *rulebook,
                              const struct instrument *instruments, size_t count,
                              struct accounts *accounts, struct error *reterr) {
    assert(path != NULL && accounts != NULL);
    struct reader reader = {.name = path,
                            .instruments = instruments,
                            .count = count,
                            .rulebook = rulebook,
                            .accounts = accounts};
    return finish(&reader, csv_rows_read(path, read_row, &reader, reterr), reterr);
}

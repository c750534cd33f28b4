#include "engine/book/accounts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "engine/rules/instrument.h"

#define COHORTS_MAX 1024
#define ACCOUNT_EXEMPT 1u
#define ACCOUNT_NAMED 2u
#define POSITION_ISOLATED 1u

/* An account costs 8 (balance) + 4 (first position) + 2 (cohort) + 1 (flags) bytes, a position
 * 8 + 8 + 2 + 1. What few sets need (ids, isolated margins, chosen leverage) are columns that exist
 * from the first row that uses them. */
struct accounts {
    size_t count;
    size_t capacity;
    int64_t *balance;
    uint32_t *position_first;
    uint16_t *cohort;
    uint8_t *flags;
    uint32_t
        *id; /* named: index into name_at; else its number among the synthetic; NULL: all are */

    size_t position_count;
    size_t position_capacity;
    int64_t *lots;
    int64_t *cost;
    uint16_t *instrument;
    uint8_t *position_flags;
    int64_t *isolated_margin; /* NULL: no position has one */
    int64_t *leverage_e8;     /* NULL: no position has one */

    size_t name_count;
    size_t name_capacity;
    uint64_t *name_at; /* offset into names */
    size_t names_size;
    size_t names_capacity;
    char *names; /* NUL-terminated ids, one after another */

    size_t cohort_count;
    char **cohorts;

    struct account_assets assets;
    struct account_orders orders;
};

/* Makes room for `needed` items of `size` bytes in one column. */
static bool column_resize(void *column_at, size_t capacity, size_t size) {
    void *column = NULL;
    memcpy(&column, column_at, sizeof(column));
    column = reallocarray(column, capacity > 0 ? capacity : 1, size);
    if (column == NULL)
        return false;
    memcpy(column_at, &column, sizeof(column));
    return true;
}

static size_t grown(size_t capacity, size_t needed) {
    size_t next = capacity < 1024 ? 1024 : capacity + capacity / 2;
    return next < needed ? needed : next;
}

static enum status no_memory(const char *what, struct error *reterr) {
    return error_set(reterr, STATUS_NO_MEMORY, "accounts: no memory for %s", what);
}

static bool resize_accounts(struct accounts *accounts, size_t capacity) {
    if (!column_resize(&accounts->balance, capacity, sizeof(*accounts->balance)) ||
        !column_resize(&accounts->position_first, capacity, sizeof(*accounts->position_first)) ||
        !column_resize(&accounts->cohort, capacity, sizeof(*accounts->cohort)) ||
        !column_resize(&accounts->flags, capacity, sizeof(*accounts->flags)) ||
        (accounts->id != NULL && !column_resize(&accounts->id, capacity, sizeof(*accounts->id))))
        return false;
    accounts->capacity = capacity;
    return true;
}

static bool resize_positions(struct accounts *accounts, size_t capacity) {
    if (!column_resize(&accounts->lots, capacity, sizeof(*accounts->lots)) ||
        !column_resize(&accounts->cost, capacity, sizeof(*accounts->cost)) ||
        !column_resize(&accounts->instrument, capacity, sizeof(*accounts->instrument)) ||
        !column_resize(&accounts->position_flags, capacity, sizeof(*accounts->position_flags)) ||
        (accounts->isolated_margin != NULL && !column_resize(&accounts->isolated_margin, capacity,
                                                             sizeof(*accounts->isolated_margin))) ||
        (accounts->leverage_e8 != NULL &&
         !column_resize(&accounts->leverage_e8, capacity, sizeof(*accounts->leverage_e8))))
        return false;
    accounts->position_capacity = capacity;
    return true;
}

enum status accounts_create(struct accounts **ret_accounts, struct error *reterr) {
    struct accounts *accounts = calloc(1, sizeof(*accounts));
    if (accounts == NULL)
        return no_memory("a set", reterr);
    *ret_accounts = accounts;
    return STATUS_OK;
}

void accounts_destroy(struct accounts *accounts) {
    if (accounts == NULL)
        return;
    free(accounts->balance);
    free(accounts->position_first);
    free(accounts->cohort);
    free(accounts->flags);
    free(accounts->id);
    free(accounts->lots);
    free(accounts->cost);
    free(accounts->instrument);
    free(accounts->position_flags);
    free(accounts->isolated_margin);
    free(accounts->leverage_e8);
    free(accounts->name_at);
    free(accounts->names);
    account_assets_finish(&accounts->assets);
    account_orders_finish(&accounts->orders);
    for (size_t i = 0; i < accounts->cohort_count; i++)
        free(accounts->cohorts[i]);
    free(accounts->cohorts);
    free(accounts);
}

/* The number of `cohort` among the distinct texts, which it joins if it is new. */
static enum status cohort_find(struct accounts *accounts, const char *cohort, uint16_t *ret_cohort,
                               struct error *reterr) {
    for (size_t i = 0; i < accounts->cohort_count; i++)
        if (strcmp(accounts->cohorts[i], cohort) == 0) {
            *ret_cohort = (uint16_t)i;
            return STATUS_OK;
        }
    if (accounts->cohort_count == COHORTS_MAX)
        return error_set(reterr, STATUS_CONFIG, "cohort '%.80s': more than %d distinct cohorts",
                         cohort, COHORTS_MAX);
    char *copy = strdup(cohort);
    if (copy == NULL || !column_resize(&accounts->cohorts, accounts->cohort_count + 1,
                                       sizeof(*accounts->cohorts))) {
        free(copy);
        return no_memory("a cohort", reterr);
    }
    *ret_cohort = (uint16_t)accounts->cohort_count;
    accounts->cohorts[accounts->cohort_count++] = copy;
    return STATUS_OK;
}

/* Keeps `id` and gives its number among the named ones. */
static enum status name_keep(struct accounts *accounts, const char *id, uint32_t *ret_name,
                             struct error *reterr) {
    const size_t length = strlen(id);
    if (length == 0)
        return error_set(reterr, STATUS_CONFIG, "account id is empty");
    if (length >= ACCOUNT_ID_SIZE)
        return error_set(reterr, STATUS_CONFIG, "account id '%.80s' is longer than %d bytes", id,
                         ACCOUNT_ID_SIZE - 1);
    if (accounts->id == NULL) { /* until now every account was synthetic */
        if (!column_resize(&accounts->id, accounts->capacity, sizeof(*accounts->id)))
            return no_memory("ids", reterr);
        for (size_t i = 0; i < accounts->count; i++)
            accounts->id[i] = (uint32_t)i;
    }
    if (accounts->name_count == accounts->name_capacity) {
        const size_t capacity = grown(accounts->name_capacity, accounts->name_count + 1);
        if (!column_resize(&accounts->name_at, capacity, sizeof(*accounts->name_at)))
            return no_memory("ids", reterr);
        accounts->name_capacity = capacity;
    }
    if (accounts->names_size + length + 1 > accounts->names_capacity) {
        const size_t capacity =
            grown(accounts->names_capacity, accounts->names_size + ACCOUNT_ID_SIZE);
        if (!column_resize(&accounts->names, capacity, 1))
            return no_memory("ids", reterr);
        accounts->names_capacity = capacity;
    }
    memcpy(accounts->names + accounts->names_size, id, length + 1);
    accounts->name_at[accounts->name_count] = accounts->names_size;
    accounts->names_size += length + 1;
    *ret_name = (uint32_t)accounts->name_count++;
    return STATUS_OK;
}

enum status accounts_add(struct accounts *accounts, const char *id, const char *cohort,
                         int64_t balance, bool exempt, struct error *reterr) {
    assert(cohort != NULL);
    if (accounts->count == UINT32_MAX)
        return error_set(reterr, STATUS_FULL, "accounts: more than %" PRIu32, UINT32_MAX);
    if (accounts->count == accounts->capacity &&
        !resize_accounts(accounts, grown(accounts->capacity, accounts->count + 1)))
        return no_memory("accounts", reterr);
    uint16_t cohort_index = 0;
    uint32_t name = (uint32_t)(accounts->count - accounts->name_count);
    enum status status = cohort_find(accounts, cohort, &cohort_index, reterr);
    if (status == STATUS_OK && id != NULL)
        status = name_keep(accounts, id, &name, reterr);
    if (status != STATUS_OK)
        return status;
    const size_t i = accounts->count++;
    accounts->balance[i] = balance;
    accounts->position_first[i] = (uint32_t)accounts->position_count;
    accounts->cohort[i] = cohort_index;
    accounts->flags[i] =
        (uint8_t)((exempt ? ACCOUNT_EXEMPT : 0u) | (id != NULL ? ACCOUNT_NAMED : 0u));
    if (accounts->id != NULL)
        accounts->id[i] = name;
    return STATUS_OK;
}

enum status accounts_add_balance(struct accounts *accounts, int64_t amount, struct error *reterr) {
    assert(accounts->count > 0);
    int64_t *balance = &accounts->balance[accounts->count - 1];
    int64_t sum = 0;
    if (__builtin_add_overflow(*balance, amount, &sum))
        return error_set(reterr, STATUS_RANGE, "the account's balances do not fit 92 billion");
    *balance = sum;
    return STATUS_OK;
}

enum status accounts_set_settlement(struct accounts *accounts, const char *symbol,
                                    struct error *reterr) {
    const size_t length = strlen(symbol);
    if (length == 0 || length >= ASSET_SYMBOL_SIZE)
        return error_set(reterr, STATUS_CONFIG, "settlement asset '%.40s': not a symbol", symbol);
    memcpy(accounts->assets.settlement, symbol, length + 1);
    return STATUS_OK;
}

const char *accounts_settlement(const struct accounts *accounts) {
    return accounts->assets.settlement[0] != '\0' ? accounts->assets.settlement : "USDT";
}

enum status accounts_add_holding(struct accounts *accounts, const char *asset, int64_t quantity,
                                 struct error *reterr) {
    assert(accounts->count > 0);
    return account_assets_add(&accounts->assets, (uint32_t)(accounts->count - 1), asset, quantity,
                              reterr);
}

size_t accounts_asset_count(const struct accounts *accounts) {
    return accounts->assets.asset_count;
}

const char *accounts_asset(const struct accounts *accounts, size_t asset) {
    assert(asset < accounts->assets.asset_count);
    return accounts->assets.assets[asset];
}

size_t accounts_holding_count(const struct accounts *accounts) {
    return accounts->assets.count;
}

struct holding_view accounts_holding(const struct accounts *accounts, size_t holding) {
    assert(holding < accounts->assets.count);
    return accounts->assets.rows[holding];
}

void accounts_holdings(const struct accounts *accounts, uint32_t account, size_t *ret_first,
                       size_t *ret_count) {
    account_assets_of(&accounts->assets, account, ret_first, ret_count);
}

enum status accounts_add_order(struct accounts *accounts, struct open_order_view order,
                               struct error *reterr) {
    assert(accounts->count > 0 && order.lots != 0 && order.instrument < INSTRUMENTS_MAX);
    return account_orders_add(&accounts->orders, (uint32_t)(accounts->count - 1), order, reterr);
}

size_t accounts_order_count(const struct accounts *accounts) {
    return accounts->orders.count;
}

struct open_order_view accounts_order(const struct accounts *accounts, size_t order,
                                      uint32_t *ret_account) {
    assert(order < accounts->orders.count);
    *ret_account = accounts->orders.accounts[order];
    return accounts->orders.rows[order];
}

/* Makes the columns only some sets need, zero for the positions so far. */
static bool optional_column(struct accounts *accounts, int64_t **column) {
    if (*column != NULL)
        return true;
    *column = calloc(accounts->position_capacity, sizeof(**column));
    return *column != NULL;
}

enum status accounts_add_position(struct accounts *accounts, uint32_t instrument, int64_t lots,
                                  int64_t cost, enum margin_mode mode, int64_t isolated_margin,
                                  int64_t leverage_e8, struct error *reterr) {
    assert(accounts->count > 0 && lots != 0 && instrument < INSTRUMENTS_MAX);
    assert(isolated_margin >= 0 && leverage_e8 >= 0);
    for (size_t i = accounts->position_first[accounts->count - 1];
         mode == MARGIN_CROSS && i < accounts->position_count; i++)
        if (accounts->instrument[i] == instrument && (accounts->lots[i] > 0) == (lots > 0) &&
            (accounts->position_flags[i] & POSITION_ISOLATED) == 0)
            return error_set(reterr, STATUS_CONFIG,
                             "a second cross position in the same instrument and direction");
    if (accounts->position_count == UINT32_MAX)
        return error_set(reterr, STATUS_FULL, "accounts: more than %" PRIu32 " positions",
                         UINT32_MAX);
    if (accounts->position_count == accounts->position_capacity &&
        !resize_positions(accounts,
                          grown(accounts->position_capacity, accounts->position_count + 1)))
        return no_memory("positions", reterr);
    if ((mode == MARGIN_ISOLATED && !optional_column(accounts, &accounts->isolated_margin)) ||
        (leverage_e8 != 0 && !optional_column(accounts, &accounts->leverage_e8)))
        return no_memory("positions", reterr);
    const size_t i = accounts->position_count++;
    accounts->lots[i] = lots;
    accounts->cost[i] = cost;
    accounts->instrument[i] = (uint16_t)instrument;
    accounts->position_flags[i] = mode == MARGIN_ISOLATED ? POSITION_ISOLATED : 0;
    if (accounts->isolated_margin != NULL)
        accounts->isolated_margin[i] = mode == MARGIN_ISOLATED ? isolated_margin : 0;
    if (accounts->leverage_e8 != NULL)
        accounts->leverage_e8[i] = leverage_e8;
    return STATUS_OK;
}

static int compare_names(const void *left, const void *right, void *names) {
    const char *a = (const char *)names + *(const uint64_t *)left;
    const char *b = (const char *)names + *(const uint64_t *)right;
    return strcmp(a, b);
}

/* Whether `name` is what a synthetic account of this set is called. */
static bool is_synthetic(const struct accounts *accounts, const char *name) {
    const size_t synthetic_count = accounts->count - accounts->name_count;
    if (name[0] != 's' || name[1] < '0' || name[1] > '9')
        return false;
    const unsigned long long number = strtoull(name + 1, NULL, 10);
    char form[ACCOUNT_ID_SIZE];
    (void)snprintf(form, sizeof(form), "s%08llu", number); /* at most 21 bytes */
    return number < synthetic_count && strcmp(form, name) == 0;
}

static enum status refuse_duplicates(const struct accounts *accounts, struct error *reterr) {
    enum status status = STATUS_OK;
    uint64_t *order = malloc((accounts->name_count + 1) * sizeof(*order));
    if (order == NULL)
        return no_memory("sorting ids", reterr);
    memcpy(order, accounts->name_at, accounts->name_count * sizeof(*order));
    qsort_r(order, accounts->name_count, sizeof(*order), compare_names, accounts->names);
    for (size_t i = 0; i < accounts->name_count && status == STATUS_OK; i++) {
        const char *name = accounts->names + order[i];
        if ((i > 0 && strcmp(accounts->names + order[i - 1], name) == 0) ||
            is_synthetic(accounts, name))
            status = error_set(reterr, STATUS_CONFIG, "account '%s' is there twice", name);
    }
    free(order);
    return status;
}

enum status accounts_finish(struct accounts *accounts, struct error *reterr) {
    if (!resize_accounts(accounts, accounts->count) ||
        !resize_positions(accounts, accounts->position_count))
        return no_memory("trimming", reterr);
    return accounts->name_count > 0 ? refuse_duplicates(accounts, reterr) : STATUS_OK;
}

size_t accounts_count(const struct accounts *accounts) {
    return accounts->count;
}

size_t accounts_position_count(const struct accounts *accounts) {
    return accounts->position_count;
}

void accounts_id(const struct accounts *accounts, uint32_t account, char *ret_id) {
    assert(account < accounts->count);
    const uint32_t number = accounts->id != NULL ? accounts->id[account] : account;
    if ((accounts->flags[account] & ACCOUNT_NAMED) != 0)
        memcpy(ret_id, accounts->names + accounts->name_at[number],
               strlen(accounts->names + accounts->name_at[number]) + 1);
    else
        (void)snprintf(ret_id, ACCOUNT_ID_SIZE, "s%08" PRIu32, number); /* at most 11 bytes */
}

int accounts_by_id(const struct accounts *accounts, uint32_t a, uint32_t b) {
    char id_a[ACCOUNT_ID_SIZE];
    char id_b[ACCOUNT_ID_SIZE];
    accounts_id(accounts, a, id_a);
    accounts_id(accounts, b, id_b);
    return strcmp(id_a, id_b);
}

uint64_t account_id_number(const char *id) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *id != '\0'; id++)
        hash = (hash ^ (uint64_t)(unsigned char)*id) * UINT64_C(0x100000001b3);
    return hash;
}

const char *accounts_cohort(const struct accounts *accounts, uint32_t account) {
    assert(account < accounts->count);
    return accounts->cohorts[accounts->cohort[account]];
}

struct account_view accounts_view(const struct accounts *accounts, uint32_t account) {
    assert(account < accounts->count);
    const size_t first = accounts->position_first[account];
    const size_t end = account + 1 < accounts->count ? accounts->position_first[account + 1]
                                                     : accounts->position_count;
    return (struct account_view){
        .balance = accounts->balance[account],
        .exempt = (accounts->flags[account] & ACCOUNT_EXEMPT) != 0,
        .position_first = first,
        .position_count = end - first,
    };
}

struct position_view accounts_position(const struct accounts *accounts, size_t position) {
    assert(position < accounts->position_count);
    const bool isolated = (accounts->position_flags[position] & POSITION_ISOLATED) != 0;
    return (struct position_view){
        .instrument = accounts->instrument[position],
        .lots = accounts->lots[position],
        .cost = accounts->cost[position],
        .mode = isolated ? MARGIN_ISOLATED : MARGIN_CROSS,
        .isolated_margin = isolated ? accounts->isolated_margin[position] : 0,
        .leverage_e8 = accounts->leverage_e8 != NULL ? accounts->leverage_e8[position] : 0,
    };
}

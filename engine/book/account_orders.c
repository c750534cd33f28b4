#include "engine/book/account_orders.h"

#include <stdlib.h>
#include <string.h>

enum status account_orders_add(struct account_orders *orders, uint32_t account,
                               struct open_order_view row, struct error *reterr) {
    if (orders->count == orders->capacity) {
        const size_t capacity = orders->capacity * 2 + 256;
        struct open_order_view *rows = realloc(orders->rows, capacity * sizeof(*rows));
        orders->rows = rows != NULL ? rows : orders->rows;
        uint32_t *accounts = realloc(orders->accounts, capacity * sizeof(*accounts));
        orders->accounts = accounts != NULL ? accounts : orders->accounts;
        if (rows == NULL || accounts == NULL || capacity > UINT32_MAX)
            return error_set(reterr, STATUS_NO_MEMORY, "accounts: no memory for open orders");
        orders->capacity = capacity;
    }
    orders->accounts[orders->count] = account;
    orders->rows[orders->count++] = row;
    return STATUS_OK;
}

void account_orders_finish(struct account_orders *orders) {
    free(orders->rows);
    free(orders->accounts);
    memset(orders, 0, sizeof(*orders));
}

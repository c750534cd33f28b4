#include "cli/margin/margin_text.h"

#include <stdio.h>

#include <glib.h>

#include "cli/table.h"

#define COLUMNS_MAX 9
#define CELL_SIZE 128

/* How a member of the answer is shown. */
enum form { FORM_TEXT, FORM_NUMBER, FORM_MONEY, FORM_PERCENT };

/* A table of one list of every account: the account's name, then a column a member. */
struct part {
    const char *list; /* member of an account */
    const char *title;
    struct table_column columns[COLUMNS_MAX]; /* up to one without a heading */
    const char *members[COLUMNS_MAX];         /* of a row; the first column is the account */
    enum form forms[COLUMNS_MAX];
};

static const struct part PARTS[] = {
    {"positions",
     "Positions, at mark",
     {{"account", false},
      {"instrument", false},
      {"quantity", true},
      {"mark price", true},
      {"notional", true},
      {"unrealised PnL", true},
      {"tier", true},
      {"rate", true},
      {"maintenance", true}},
     {NULL, "instrument", "quantity", "mark_price", "notional", "unrealised_pnl", "tier", "rate",
      "maintenance_margin"},
     {FORM_TEXT, FORM_TEXT, FORM_NUMBER, FORM_NUMBER, FORM_MONEY, FORM_MONEY, FORM_NUMBER,
      FORM_PERCENT, FORM_MONEY}},
    {"collateral",
     "Collateral and debts beside the settlement asset",
     {{"account", false},
      {"asset", false},
      {"quantity", true},
      {"with PnL in it", true},
      {"value", true},
      {"weight", true},
      {"counted", true},
      {"maintenance", true}},
     {NULL, "asset", "quantity", "balance", "value", "weight", "counted", "maintenance_margin"},
     {FORM_TEXT, FORM_TEXT, FORM_NUMBER, FORM_NUMBER, FORM_MONEY, FORM_PERCENT, FORM_MONEY,
      FORM_MONEY}},
    {"open_orders",
     "Orders open in the market",
     {{"account", false},
      {"instrument", false},
      {"quantity", true},
      {"notional", true},
      {"initial", true},
      {"maintenance", true},
      {"would be cancelled", false}},
     {NULL, "instrument", "quantity", "notional", "initial_margin", "maintenance_margin",
      "would_cancel"},
     {FORM_TEXT, FORM_TEXT, FORM_NUMBER, FORM_MONEY, FORM_MONEY, FORM_MONEY, FORM_TEXT}},
    {"would_close",
     "What would be closed",
     {{"account", false},
      {"instrument", false},
      {"quantity", true},
      {"at", false},
      {"bankruptcy price", true},
      {"fee", true},
      {"cut by", false},
      {"a loss past it: who pays", false},
      {"why", false}},
     {NULL, "instrument", "quantity", "at", "bankruptcy_price", "fee_rate", "cut_by", "who_pays",
      "why"},
     {FORM_TEXT, FORM_TEXT, FORM_NUMBER, FORM_TEXT, FORM_NUMBER, FORM_PERCENT, FORM_TEXT, FORM_TEXT,
      FORM_TEXT}},
};

/* A list of names as "insurance fund, adl"; what is null, empty or not there as "-". */
static char *cell_of(const json_t *value, enum form form) {
    if (json_is_number(value)) {
        const double number = json_number_value(value);
        return form == FORM_MONEY     ? g_strdup_printf("%.2f", number)
               : form == FORM_PERCENT ? g_strdup_printf("%.6g %%", 100.0 * number)
                                      : g_strdup_printf("%.10g", number);
    }
    if (json_is_boolean(value))
        return g_strdup(json_is_true(value) ? "yes" : "no");
    if (json_is_string(value))
        return g_strdup(json_string_value(value));
    GString *text = g_string_new(NULL);
    size_t i = 0;
    const json_t *name = NULL;
    json_array_foreach(value, i, name)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", json_string_value(name));
    if (text->len == 0)
        g_string_append_c(text, '-');
    return g_strdelimit(g_string_free(text, FALSE), "_", ' ');
}

static enum status add_part_row(struct table *table, const struct part *part, const char *account,
                                const json_t *row, struct error *reterr) {
    char *owned[COLUMNS_MAX] = {NULL};
    const char *cells[COLUMNS_MAX] = {account};
    for (size_t c = 1; c < COLUMNS_MAX && part->members[c] != NULL; c++)
        cells[c] = owned[c] = cell_of(json_object_get(row, part->members[c]), part->forms[c]);
    const enum status status = table_add(table, cells, reterr);
    for (size_t c = 1; c < COLUMNS_MAX; c++)
        g_free(owned[c]);
    return status;
}

static enum status print_part(const struct part *part, const json_t *answer, struct error *reterr) {
    size_t columns = 1;
    size_t rows = 0;
    struct table *table = NULL;
    while (columns < COLUMNS_MAX && part->members[columns] != NULL)
        columns++;
    enum status status = table_create(columns, part->columns, &table, reterr);
    for (size_t i = 0; i < json_array_size(answer) && status == STATUS_OK; i++) {
        const json_t *account = json_array_get(answer, i);
        const json_t *list = json_object_get(account, part->list);
        const char *name = json_string_value(json_object_get(account, "account"));
        for (size_t k = 0; k < json_array_size(list) && status == STATUS_OK; k++, rows++)
            status = add_part_row(table, part, name, json_array_get(list, k), reterr);
    }
    if (status == STATUS_OK && rows > 0) {
        printf("\n%s\n", part->title);
        status = table_print(table, reterr);
    }
    table_destroy(table);
    return status;
}

/* ---- a row an account ---- */

/* "BTCUSDT 27135.68, ETHUSDT -" */
static char *prices_text(const json_t *prices) {
    GString *text = g_string_new(NULL);
    const char *symbol = NULL;
    json_t *price = NULL;
    json_object_foreach((json_t *)prices, symbol, price) {
        if (text->len > 0)
            g_string_append(text, ", ");
        if (json_is_null(price))
            g_string_append_printf(text, "%s -", symbol);
        else
            g_string_append_printf(text, "%s %.8g", symbol, json_real_value(price));
    }
    return g_string_free(text, FALSE);
}

static enum status add_account(struct table *table, const json_t *account, struct error *reterr) {
    static const char *const members[] = {"balance", "equity", "maintenance_margin"};
    char *sums[G_N_ELEMENTS(members)];
    char ratio[32] = "-";
    const json_t *written = json_object_get(account, "margin_ratio");
    for (size_t m = 0; m < G_N_ELEMENTS(members); m++)
        sums[m] = cell_of(json_object_get(account, members[m]), FORM_MONEY);
    if (!json_is_null(written))
        (void)g_snprintf(ratio, sizeof(ratio), "%.4f", json_real_value(written));
    char *prices = prices_text(json_object_get(account, "liquidation_price"));
    const char *cells[] = {json_string_value(json_object_get(account, "account")),
                           sums[0],
                           sums[1],
                           sums[2],
                           ratio,
                           json_is_true(json_object_get(account, "in_breach")) ? "in breach" : "",
                           prices};
    const enum status status = table_add(table, cells, reterr);
    for (size_t m = 0; m < G_N_ELEMENTS(members); m++)
        g_free(sums[m]);
    g_free(prices);
    return status;
}

static enum status print_accounts(const json_t *answer, struct error *reterr) {
    static const struct table_column columns[] = {
        {"account", false},           {"balance", true},      {"equity", true},
        {"maintenance", true},        {"margin ratio", true}, {"", false},
        {"liquidation prices", false}};
    struct table *table = NULL;
    enum status status = table_create(G_N_ELEMENTS(columns), columns, &table, reterr);
    for (size_t i = 0; i < json_array_size(answer) && status == STATUS_OK; i++)
        status = add_account(table, json_array_get(answer, i), reterr);
    if (status == STATUS_OK)
        status = table_print(table, reterr);
    table_destroy(table);
    return status;
}

enum status margin_text_print(const json_t *answer, struct error *reterr) {
    enum status status = print_accounts(answer, reterr);
    if (json_array_size(answer) > MARGIN_TEXT_EXPLAINED_MAX) {
        printf("\nPosition by position: --json\n");
        return status;
    }
    for (size_t p = 0; p < G_N_ELEMENTS(PARTS) && status == STATUS_OK; p++)
        status = print_part(&PARTS[p], answer, reterr);
    return status;
}

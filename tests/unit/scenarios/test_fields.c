/* Goal: a member that is in a table is compared, checked and read, whichever it is; so that nobody
 * can forget one again. Method: walks the tables over a rulebook that has rows in every list, and
 * changes one member at a time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "base/field_value.h"
#include "engine/rules/rulebook_fields.h"

#define USDT(x) ((int64_t)(x)*MONEY_SCALE)
#define RATE(x) ((int64_t)((x)*1e8 + 0.5))

/* ---- a rulebook with everything ---- */

struct full {
    struct margin_tier tiers[2], flat[1];
    struct tier_table tables[2];
    struct size_curve curves[2], initial[1];
    struct portfolio_margin scenario;
    struct portfolio_unit units[2];
    struct portfolio_move own_moves[2];
    struct portfolio_offset offsets[1];
    struct collateral_band bands[3][2];
    struct collateral_asset assets[3];
    struct symbol_rate fee_rates[2];
    struct window_cap windows[2];
    struct fund_share shares[2];
    struct rulebook rulebook;
};

static void fill_margin(struct full *f) {
    struct rulebook_margin *margin = &f->rulebook.margin;
    f->tiers[0] = (struct margin_tier){0, USDT(1000), RATE(0.01), 0, RATE(50)};
    f->tiers[1] = (struct margin_tier){USDT(1000), INT64_MAX, RATE(0.02), USDT(10), RATE(25)};
    f->flat[0] = (struct margin_tier){0, INT64_MAX, RATE(0.03), 0, 0};
    f->tables[0] = (struct tier_table){"BTC", 2, f->tiers};
    f->tables[1] = (struct tier_table){NULL, 1, f->flat};
    f->curves[0] = (struct size_curve){.symbol = "ETH", .base = {1, 2}, .cap = {5, 1}};
    f->curves[1] = (struct size_curve){.symbol = "SOL", .base = {2, 2}, .cap = {5, 1}};
    f->initial[0] = (struct size_curve){.symbol = NULL, .base = {3, 2}, .cap = {5, 1}};
    f->own_moves[0] = (struct portfolio_move){-RATE(0.2), RATE_SCALE};
    f->own_moves[1] = (struct portfolio_move){RATE(0.2), RATE(0.5)};
    f->units[0] = (struct portfolio_unit){
        .name = "A", .symbol_count = 2, .symbols = {"BTC", "BTCQ"}, 2, f->own_moves};
    f->units[1] = (struct portfolio_unit){.name = "B", .symbol_count = 1, .symbols = {"ETH"}};
    f->offsets[0] = (struct portfolio_offset){{"A", "B"}, RATE(0.5)};
    f->scenario = (struct portfolio_margin){
        .unit_count = 2,
        .units = f->units,
        .move_count = 2,
        .moves = {{-RATE(0.1), RATE_SCALE}, {RATE(0.1), RATE(0.3)}},
        .basis_rate_e8 = RATE(0.01),
        .minimum_rate_e8 = RATE(0.02),
        .offset_count = 1,
        .offsets = f->offsets,
        .initial_factor = {13, 1},
    };
    margin->table_count = 2;
    margin->tables = f->tables;
    margin->size_count = 2;
    margin->sizes = f->curves;
    margin->initial_size_count = 1;
    margin->initial_sizes = f->initial;
    margin->portfolio = &f->scenario;
    margin->orders = (struct order_margin){ORDERS_INITIAL, ORDER_RATE_FIXED, RATE(0.02), USDT(1)};
    margin->settlement = "USDT";
}

static void fill_collateral(struct full *f) {
    static const char *const symbols[] = {"BTC", "ETH", "SOL"};
    for (size_t i = 0; i < 3; i++) {
        f->bands[i][0] = (struct collateral_band){USDT(10), RATE(0.9)};
        f->bands[i][1] = (struct collateral_band){INT64_MAX, RATE(0.5)};
        f->assets[i] = (struct collateral_asset){.symbol = symbols[i],
                                                 .band_count = 2,
                                                 .bands = f->bands[i],
                                                 .sqrt_factor = {1, 3},
                                                 .sqrt_top = {11, 1},
                                                 .liability_weight_e8 = RATE(1.2),
                                                 .borrow_rate_e8 = RATE(0.01),
                                                 .exchange_ratio_e8 = RATE(0.95)};
    }
    f->assets[1].price = COLLATERAL_FIXED;
    f->assets[1].fixed_price = (struct decimal){2000, 0};
    f->assets[2].price = COLLATERAL_INSTRUMENT;
    f->assets[2].instrument = "SOLUSDT";
    f->rulebook.collateral = (struct rulebook_collateral){3, f->assets};
}

static void fill_liquidation(struct full *f) {
    struct rulebook_liquidation *liquidation = &f->rulebook.liquidation;
    struct rulebook_limits *limits = &f->rulebook.limits;
    const struct closing closing = rulebook_closing(&f->rulebook);
    f->fee_rates[0] = (struct symbol_rate){"BTC", RATE(0.01)};
    f->fee_rates[1] = (struct symbol_rate){"ETH", RATE(0.02)};
    liquidation->fee_rate_count = 2;
    liquidation->fee_rates = f->fee_rates;
    liquidation->cancel_orders = CANCEL_NONE;
    liquidation->stage_count = 2;
    liquidation->stages[0] = (struct liquidation_stage){RATE(0.66), false, closing};
    liquidation->stages[1] = (struct liquidation_stage){RATE(0.5), true, closing};
    f->windows[0] = (struct window_cap){"BTC", {5, 0}};
    f->windows[1] = (struct window_cap){NULL, {7, 0}};
    limits->window_ns = NS_PER_S;
    limits->window_count = 2;
    limits->windows = f->windows;
    limits->interval_ns = NS_PER_S;
    limits->block_ns = NS_PER_S;
}

static void fill(struct full *f) {
    memset(f, 0, sizeof(*f));
    f->rulebook = rulebook_default();
    f->rulebook.name = "full";
    fill_margin(f);
    fill_collateral(f);
    fill_liquidation(f);
    f->shares[0] = (struct fund_share){"BTC", RATE(2)};
    f->shares[1] = (struct fund_share){NULL, RATE(1)};
    f->rulebook.waterfall.fund = FUND_PER_INSTRUMENT;
    f->rulebook.waterfall.fund_share_count = 2;
    f->rulebook.waterfall.fund_shares = f->shares;
    f->rulebook.waterfall.adl_fund_fall_e8 = RATE(0.3);
    f->rulebook.waterfall.adl_fund_window_ns = NS_PER_S;
    f->rulebook.mark.part_count = 2;
    f->rulebook.mark.parts[1] = MARK_PART_INDEX;
}

/* ---- a walk over all scalar members ---- */

struct walk {
    void (*visit)(struct walk *walk, const struct field *field, void *holder, const char *path);
    struct full *one, *other; /* the walk is over `one` */
    GHashTable *seen;         /* fields that were looked at */
};

static void walk_table(struct walk *walk, const struct field *fields, void *holder,
                       const char *prefix) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        const char *dot = prefix[0] != '\0' && field->key[0] != '\0' ? "." : "";
        char *path = g_strconcat(prefix, dot, field->key, NULL);
        void *member = (char *)holder + (field->offset != FIELD_NOWHERE ? field->offset : 0);
        if (field->kind == FIELD_OPTION)
            memcpy(&member, (char *)holder + field->offset, sizeof(member));
        if (field->kind == FIELD_GROUP || field->kind == FIELD_OPTION) {
            walk_table(walk, field->of, member, path);
        } else if (field->kind == FIELD_LIST) {
            for (size_t i = 0; i < field_row_count(field, holder); i++) {
                void *row = (void *)(uintptr_t)field_row(field, holder, i);
                char *inner = field->rows.named
                                  ? g_strdup_printf("%s.%s", path, field_row_name(row))
                                  : g_strdup_printf("%s[%zu]", path, i);
                walk_table(walk, field->of, row, inner);
                g_free(inner);
            }
        } else if (field->kind != FIELD_NODE && field->offset != FIELD_NOWHERE) {
            walk->visit(walk, field, holder, path);
        }
        g_free(path);
    }
}

static size_t size_of(const struct field *field) {
    switch (field->kind) {
    case FIELD_TEXT:
        return sizeof(const char *);
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_CHOICE:
        return sizeof(int);
    case FIELD_UINT32:
        return sizeof(uint32_t);
    case FIELD_DECIMAL:
        return sizeof(struct decimal);
    case FIELD_DOUBLE:
        return sizeof(double);
    case FIELD_UINT64:
    case FIELD_MONEY:
    case FIELD_RATE:
    case FIELD_MS:
    case FIELD_TIME:
    case FIELD_CLOCK:
        return sizeof(int64_t);
    case FIELD_GROUP:
    case FIELD_OPTION:
    case FIELD_LIST:
    case FIELD_NODE:
        break;
    }
    fail();
    return 0;
}

static int64_t step_of(const struct field *field) {
    return field->kind == FIELD_MS ? NS_PER_MS : field->kind == FIELD_CLOCK ? NS_PER_MINUTE : 1;
}

/* Another value than the one that is there. */
static void change(const struct field *field, void *member) {
    int64_t wide = 0;
    struct decimal decimal;
    int choice = 0;
    bool flag = false;
    if (field->kind == FIELD_TEXT) {
        const char *text = "another";
        memcpy(member, &text, sizeof(text));
    } else if (field->kind == FIELD_BOOL) {
        memcpy(&flag, member, sizeof(flag));
        flag = !flag;
        memcpy(member, &flag, sizeof(flag));
    } else if (field->kind == FIELD_CHOICE) {
        memcpy(&choice, member, sizeof(choice));
        const bool first = choice == field->choices[0].value;
        memcpy(member, &field->choices[first ? 1 : 0].value, sizeof(choice));
    } else if (field->kind == FIELD_DECIMAL) {
        memcpy(&decimal, member, sizeof(decimal));
        decimal.mantissa++;
        memcpy(member, &decimal, sizeof(decimal));
    } else {
        assert_int_equal(size_of(field), sizeof(wide));
        memcpy(&wide, member, sizeof(wide));
        wide = wide == INT64_MAX ? USDT(5000) : wide + step_of(field);
        memcpy(member, &wide, sizeof(wide));
    }
}

/* ---- compared ---- */

struct found {
    size_t count;
    char key[128], in_a[128], in_b[128];
};

static void note_difference(void *closure, const char *key, const char *in_a, const char *in_b) {
    struct found *found = closure;
    found->count++;
    (void)g_strlcpy(found->key, key, sizeof(found->key));
    (void)g_strlcpy(found->in_a, in_a, sizeof(found->in_a));
    (void)g_strlcpy(found->in_b, in_b, sizeof(found->in_b));
}

static void expect_difference(const struct full *one, const struct full *other, const char *key,
                              const char *in_one, const char *in_other) {
    struct found found = {0};
    const size_t count =
        rulebook_difference(&one->rulebook, &other->rulebook, note_difference, &found);
    if (count != 1 || found.count != 1 || strcmp(found.key, key) != 0)
        fail_msg("%s: %zu differences, the last in %s", key, count, found.key);
    assert_false(rulebook_equal(&one->rulebook, &other->rulebook));
    if (in_one != NULL)
        assert_string_equal(found.in_a, in_one);
    if (in_other != NULL)
        assert_string_equal(found.in_b, in_other);
}

static void flip(struct walk *walk, const struct field *field, void *holder, const char *path) {
    char before[FIELD_TEXT_SIZE];
    char after[FIELD_TEXT_SIZE];
    char kept[sizeof(struct decimal)];
    void *member = (char *)holder + field->offset;
    const size_t size = size_of(field);
    memcpy(kept, member, size);
    (void)g_strlcpy(before, field_text(field, holder, after), sizeof(before));
    change(field, member);
    const char *text = field_text(field, holder, after);
    /* What is made of several members shows only where this one is in use. */
    if (field->text == NULL || strcmp(text, before) != 0) {
        g_hash_table_add(walk->seen, (gpointer)(uintptr_t)field);
        expect_difference(walk->one, walk->other, path, text, before);
    }
    memcpy(member, kept, size);
    assert_true(rulebook_equal(&walk->one->rulebook, &walk->other->rulebook));
}

/* Adds every scalar field that the tables have in memory and the walk has not seen. */
static void expect_all_seen(const struct field *fields, GHashTable *seen) {
    for (const struct field *field = fields; field->key != NULL; field++) {
        if (field->kind == FIELD_NODE || field->offset == FIELD_NOWHERE)
            continue;
        if (field->of != NULL)
            expect_all_seen(field->of, seen);
        else if (!g_hash_table_contains(seen, field))
            fail_msg("no world has '%s' in use", field->key);
    }
}

static void every_member_makes_a_difference(void **state) {
    (void)state;
    static struct full one;
    static struct full other;
    fill(&one);
    fill(&other);
    struct error error = {0};
    if (rulebook_check(&one.rulebook, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_true(rulebook_equal(&one.rulebook, &other.rulebook));
    struct walk walk = {flip, &one, &other, g_hash_table_new(g_direct_hash, g_direct_equal)};
    walk_table(&walk, rulebook_fields, &one.rulebook, "");
    expect_all_seen(rulebook_fields, walk.seen);
    assert_true(g_hash_table_size(walk.seen) > 100);
    g_hash_table_destroy(walk.seen);
}

/* What the walk cannot do: members of one text, names, numbers and orders of rows. */
static void rows_and_their_names_make_a_difference(void **state) {
    (void)state;
    static struct full a;
    static struct full b;
    fill(&a);
    fill(&b);
    b.rulebook.margin.orders.rate = ORDER_RATE_INITIAL;
    expect_difference(&a, &b, "margin.orders.rate", "0.02", "initial");
    fill(&b);
    b.assets[0].price = COLLATERAL_INSTRUMENT;
    b.assets[0].instrument = "BTCUSDC";
    expect_difference(&a, &b, "collateral.BTC.price", "by name", "BTCUSDC");
    fill(&b);
    b.tables[0].symbol = "XBT";
    assert_int_equal(rulebook_difference(&a.rulebook, &b.rulebook, NULL, NULL), 2);
    fill(&b);
    b.tables[0].count = 1;
    expect_difference(&a, &b, "margin.tiers.BTC[1]",
                      "{floor: 1000, cap: none, maintenance_rate: 0.02, maintenance_amount: 10, "
                      "max_leverage: 25}",
                      "none");
    fill(&b);
    b.rulebook.margin.portfolio = NULL;
    expect_difference(&a, &b, "margin.scenario", NULL, "none");
    fill(&b);
    b.rulebook.waterfall.stage_count = 0;
    expect_difference(&a, &b, "waterfall.stages[0]", "insurance_fund", "none");
    fill(&b);
    b.rulebook.waterfall.fund_share_count = 1;
    expect_difference(&a, &b, "waterfall.fund_shares.default", "1", "none");
    fill(&b);
    b.own_moves[1] = (struct portfolio_move){0, 0};
    b.units[0].move_count = 1;
    expect_difference(&a, &b, "margin.scenario.units.A.moves[1]", "[0.2, 0.5]", "none");
    fill(&b);
    b.fee_rates[0] = a.fee_rates[1];
    b.fee_rates[1] = a.fee_rates[0];
    expect_difference(&a, &b, "liquidation.fee_rate", "BTC, ETH", "ETH, BTC");
    fill(&b);
    b.rulebook.liquidation.stages[0].inclusive = true;
    assert_int_equal(rulebook_difference(&a.rulebook, &b.rulebook, NULL, NULL), 2);
}

/* The same, written otherwise: not given is the default, and 1.50 is 1.5. */
static void what_is_the_same_makes_none(void **state) {
    (void)state;
    static struct full a;
    static struct full b;
    fill(&a);
    fill(&b);
    b.rulebook.margin.trigger_ratio = (struct decimal){0, 0};
    b.rulebook.liquidation.tier_steps = 0;
    b.rulebook.margin.maintenance_multiplier = (struct decimal){100, 2};
    b.rulebook.name = "other";
    b.rulebook.source = "elsewhere";
    assert_true(rulebook_equal(&a.rulebook, &b.rulebook));
}

/* ---- in range ---- */

static bool has_range(const struct field *field) {
    return field->least != 0.0 || field->most != 0.0 || field->above;
}

static void put_number(const struct field *field, void *member, int64_t whole, int64_t beyond) {
    const bool fixed = field->kind == FIELD_MONEY || field->kind == FIELD_RATE;
    if (field->kind == FIELD_DECIMAL) { /* a tenth of a tenth beyond */
        const struct decimal value = {whole * 100 + beyond, 2};
        memcpy(member, &value, sizeof(value));
        return;
    }
    const int64_t unit = fixed ? MONEY_SCALE : field->kind == FIELD_MS ? NS_PER_MS : 1;
    const int64_t value = whole * unit + beyond;
    memcpy(member, &value, sizeof(value));
}

static void expect_outside(struct walk *walk, const char *path) {
    struct error error = {0};
    if (rulebook_check(&walk->one->rulebook, &error) != STATUS_CONFIG)
        fail_msg("%s: out of its range and not refused", path);
    char *start = g_strconcat(path, ":", NULL);
    if (!g_str_has_prefix(error.message, start))
        fail_msg("'%s' does not name %s", error.message, path);
    g_free(start);
}

static void leave_range(struct walk *walk, const struct field *field, void *holder,
                        const char *path) {
    char kept[sizeof(struct decimal)];
    char buffer[FIELD_TEXT_SIZE];
    void *member = (char *)holder + field->offset;
    const size_t size = size_of(field);
    if (field->text != NULL && strcmp(field->text(holder, buffer), "none") == 0)
        return; /* the other key of its member is in use */
    memcpy(kept, member, size);
    if (field->kind == FIELD_CHOICE) {
        const int unknown = 99;
        memcpy(member, &unknown, sizeof(unknown));
        expect_outside(walk, path);
    } else if (has_range(field)) {
        const int64_t least = (int64_t)field->least;
        const int64_t most = (int64_t)field->most;
        /* 0 may be "not given": the next below it is outside. */
        const bool above_zero = field->unset && field->above && least == 0;
        const bool one_at_least = field->unset && field->kind == FIELD_UINT64 && least == 1;
        put_number(field, member, most, 1);
        expect_outside(walk, path);
        put_number(field, member, least, one_at_least ? -2 : field->above && !above_zero ? 0 : -1);
        expect_outside(walk, path);
        put_number(field, member, most, 0);
        assert_true(field_in_range(field, holder));
        put_number(field, member, least, field->above ? 1 : 0);
        assert_true(field_in_range(field, holder));
    }
    if (field->decimals > 0) {
        const struct decimal fine = {1, field->decimals + 1};
        memcpy(member, &fine, sizeof(fine));
        expect_outside(walk, path);
    }
    memcpy(member, kept, size);
}

static void just_outside_a_range_is_refused(void **state) {
    (void)state;
    static struct full one;
    fill(&one);
    struct walk walk = {leave_range, &one, NULL, NULL};
    walk_table(&walk, rulebook_fields, &one.rulebook, "");
    struct error error = {0};
    if (rulebook_check(&one.rulebook, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_makes_a_difference),
        cmocka_unit_test(rows_and_their_names_make_a_difference),
        cmocka_unit_test(what_is_the_same_makes_none),
        cmocka_unit_test(just_outside_a_range_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: what is put into a set of accounts comes out unchanged, in order, whatever columns it
 * needed. Method: mixed sets, the edges of ids, and a large random set held beside a plain copy. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "engine/book/accounts.h"

static struct accounts *create(void) {
    struct accounts *accounts = NULL;
    assert_int_equal(accounts_create(&accounts, NULL), STATUS_OK);
    return accounts;
}

static void add(struct accounts *accounts, const char *id) {
    assert_int_equal(accounts_add(accounts, id, "", 1, false, NULL), STATUS_OK);
}

static void id_is(const struct accounts *accounts, uint32_t account, const char *id) {
    char text[ACCOUNT_ID_SIZE];
    accounts_id(accounts, account, text);
    assert_string_equal(text, id);
}

static void rows_come_back(void **state) {
    (void)state;
    struct accounts *a = create();
    assert_int_equal(accounts_add(a, "a1", "retail", 100, false, NULL), STATUS_OK);
    assert_int_equal(accounts_add_position(a, 3, 5, 50, MARGIN_CROSS, 0, 0, NULL), STATUS_OK);
    assert_int_equal(accounts_add_position(a, 3, -7, -70, MARGIN_ISOLATED, 9, 0, NULL), STATUS_OK);
    assert_int_equal(accounts_add_balance(a, -30, NULL), STATUS_OK);
    assert_int_equal(accounts_add(a, "a2", "", -5, true, NULL), STATUS_OK);
    assert_int_equal(accounts_add(a, "a3", "retail", 0, false, NULL), STATUS_OK);
    assert_int_equal(accounts_add_position(a, 0, 1, 2, MARGIN_CROSS, 0, 2000000000, NULL),
                     STATUS_OK);
    assert_int_equal(accounts_finish(a, NULL), STATUS_OK);

    assert_int_equal(accounts_count(a), 3);
    assert_int_equal(accounts_position_count(a), 3);
    const struct account_view first = accounts_view(a, 0);
    assert_int_equal(first.balance, 70);
    assert_false(first.exempt);
    assert_int_equal(first.position_first, 0);
    assert_int_equal(first.position_count, 2);
    const struct account_view second = accounts_view(a, 1);
    assert_int_equal(second.balance, -5);
    assert_true(second.exempt);
    assert_int_equal(second.position_count, 0);
    assert_int_equal(accounts_view(a, 2).position_count, 1);
    assert_string_equal(accounts_cohort(a, 0), "retail");
    assert_string_equal(accounts_cohort(a, 1), "");
    assert_ptr_equal(accounts_cohort(a, 2), accounts_cohort(a, 0));

    const struct position_view cross = accounts_position(a, 0);
    assert_int_equal(cross.instrument, 3);
    assert_int_equal(cross.lots, 5);
    assert_int_equal(cross.cost, 50);
    assert_int_equal(cross.mode, MARGIN_CROSS);
    assert_int_equal(cross.isolated_margin, 0);
    const struct position_view isolated = accounts_position(a, 1);
    assert_int_equal(isolated.mode, MARGIN_ISOLATED);
    assert_int_equal(isolated.isolated_margin, 9);
    assert_int_equal(isolated.leverage_e8, 0);
    assert_int_equal(accounts_position(a, 2).leverage_e8, 2000000000);
    accounts_destroy(a);
}

static void synthetic_ids_are_counted_apart(void **state) {
    (void)state;
    struct accounts *a = create();
    add(a, NULL);
    add(a, NULL);
    add(a, "bob");
    add(a, NULL);
    add(a, "s00000003"); /* the fourth synthetic one is not there, so the name is free */
    assert_int_equal(accounts_finish(a, NULL), STATUS_OK);
    id_is(a, 0, "s00000000");
    id_is(a, 1, "s00000001");
    id_is(a, 2, "bob");
    id_is(a, 3, "s00000002");
    id_is(a, 4, "s00000003");
    accounts_destroy(a);
}

static void a_name_twice_is_refused(void **state) {
    (void)state;
    struct error error = {0};
    struct accounts *a = create();
    add(a, "x");
    add(a, "y");
    add(a, "x");
    assert_int_equal(accounts_finish(a, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "'x'"));
    accounts_destroy(a);
    a = create();
    add(a, "s00000001");
    add(a, NULL);
    add(a, NULL);
    assert_int_equal(accounts_finish(a, &error), STATUS_CONFIG);
    assert_non_null(strstr(error.message, "'s00000001'"));
    accounts_destroy(a);
}

static void bad_rows_are_refused_and_leave_nothing(void **state) {
    (void)state;
    char long_id[ACCOUNT_ID_SIZE + 1];
    memset(long_id, 'a', ACCOUNT_ID_SIZE);
    long_id[ACCOUNT_ID_SIZE] = '\0';
    struct accounts *a = create();
    assert_int_equal(accounts_add(a, "", "", 0, false, NULL), STATUS_CONFIG);
    assert_int_equal(accounts_add(a, long_id, "", 0, false, NULL), STATUS_CONFIG);
    assert_int_equal(accounts_count(a), 0);
    long_id[ACCOUNT_ID_SIZE - 1] = '\0';
    assert_int_equal(accounts_add(a, long_id, "", INT64_MAX, false, NULL), STATUS_OK);
    assert_int_equal(accounts_add_balance(a, 1, NULL), STATUS_RANGE);
    assert_int_equal(accounts_add_position(a, 1, 1, 1, MARGIN_CROSS, 0, 0, NULL), STATUS_OK);
    assert_int_equal(accounts_add_position(a, 1, 1, 1, MARGIN_CROSS, 0, 0, NULL), STATUS_CONFIG);
    assert_int_equal(accounts_add_position(a, 1, 1, 1, MARGIN_ISOLATED, 0, 0, NULL), STATUS_OK);
    add(a, "next"); /* the same instrument in another account is fine */
    assert_int_equal(accounts_add_position(a, 1, 1, 1, MARGIN_CROSS, 0, 0, NULL), STATUS_OK);
    assert_int_equal(accounts_finish(a, NULL), STATUS_OK);
    id_is(a, 0, long_id);
    assert_int_equal(accounts_view(a, 0).balance, INT64_MAX);
    assert_int_equal(accounts_position_count(a), 3);
    accounts_destroy(a);
}

static void cohorts_have_a_limit(void **state) {
    (void)state;
    char cohort[32];
    struct accounts *a = create();
    for (int i = 0; i < 1024; i++) {
        (void)snprintf(cohort, sizeof(cohort), "c%d", i);
        assert_int_equal(accounts_add(a, NULL, cohort, 0, false, NULL), STATUS_OK);
    }
    assert_int_equal(accounts_add(a, NULL, "c7", 0, false, NULL), STATUS_OK);
    assert_int_equal(accounts_add(a, NULL, "one more", 0, false, NULL), STATUS_CONFIG);
    assert_string_equal(accounts_cohort(a, 1023), "c1023");
    accounts_destroy(a);
}

static void an_empty_set_is_fine(void **state) {
    (void)state;
    struct accounts *a = create();
    assert_int_equal(accounts_finish(a, NULL), STATUS_OK);
    assert_int_equal(accounts_count(a), 0);
    assert_int_equal(accounts_position_count(a), 0);
    accounts_destroy(a);
    accounts_destroy(NULL);
}

struct row {
    bool named, isolated;
    int64_t balance, lots, margin, leverage;
    uint32_t instrument;
};

static void a_large_random_set_comes_back(void **state) {
    (void)state;
    const size_t count = 20000;
    struct random_stream random;
    struct row *rows = calloc(count, sizeof(*rows));
    assert_non_null(rows);
    random_stream_init(&random, 7, RANDOM_TEST, 0);
    print_message("seed 7\n");
    struct accounts *a = create();
    for (size_t i = 0; i < count; i++) {
        rows[i] = (struct row){.named = random_stream_below(&random, 3) == 0,
                               .isolated = i > 5000 && random_stream_below(&random, 5) == 0,
                               .balance = random_stream_between(&random, -1000, 1000),
                               .lots = random_stream_between(&random, 1, 100),
                               .leverage = i > 9000 ? random_stream_between(&random, 0, 3) : 0,
                               .instrument = (uint32_t)random_stream_below(&random, 1024)};
        rows[i].margin = rows[i].isolated ? random_stream_between(&random, 0, 50) : 0;
        char id[32];
        (void)snprintf(id, sizeof(id), "n%zu", i);
        assert_int_equal(accounts_add(a, rows[i].named ? id : NULL, rows[i].named ? "n" : "s",
                                      rows[i].balance, false, NULL),
                         STATUS_OK);
        assert_int_equal(accounts_add_position(a, rows[i].instrument, rows[i].lots, -rows[i].lots,
                                               rows[i].isolated ? MARGIN_ISOLATED : MARGIN_CROSS,
                                               rows[i].margin, rows[i].leverage, NULL),
                         STATUS_OK);
    }
    assert_int_equal(accounts_finish(a, NULL), STATUS_OK);
    size_t synthetic = 0;
    for (size_t i = 0; i < count; i++) {
        char id[32];
        if (rows[i].named)
            (void)snprintf(id, sizeof(id), "n%zu", i);
        else
            (void)snprintf(id, sizeof(id), "s%08zu", synthetic++);
        id_is(a, (uint32_t)i, id);
        const struct account_view account = accounts_view(a, (uint32_t)i);
        assert_int_equal(account.balance, rows[i].balance);
        assert_int_equal(account.position_count, 1);
        const struct position_view position = accounts_position(a, account.position_first);
        assert_int_equal(position.lots, rows[i].lots);
        assert_int_equal(position.cost, -rows[i].lots);
        assert_int_equal(position.instrument, rows[i].instrument);
        assert_int_equal(position.mode, rows[i].isolated ? MARGIN_ISOLATED : MARGIN_CROSS);
        assert_int_equal(position.isolated_margin, rows[i].margin);
        assert_int_equal(position.leverage_e8, rows[i].leverage);
    }
    accounts_destroy(a);
    free(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back),
        cmocka_unit_test(synthetic_ids_are_counted_apart),
        cmocka_unit_test(a_name_twice_is_refused),
        cmocka_unit_test(bad_rows_are_refused_and_leave_nothing),
        cmocka_unit_test(cohorts_have_a_limit),
        cmocka_unit_test(an_empty_set_is_fine),
        cmocka_unit_test(a_large_random_set_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: a book equals its definition: the last amount of each price, best first; sums over what is
 * near. Method: random updates on few prices against a table; then the limits, by their words. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/random_stream.h"
#include "loaders/ticks/depth_book.h"

#define PRICES 400 /* 950.0 .. 1049.75, in quarters */
#define ROUNDS 20000

static struct error error;

static struct decimal quarter(size_t i) {
    return (struct decimal){(int64_t)(95000 + 25 * i), 2};
}

static void equals_its_definition(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 0);
    size_t budget = 10000;
    struct depth_book *const book = depth_book_create(&budget);
    assert_non_null(book);
    int64_t amounts[2][PRICES] = {{0}};
    size_t near = 0;
    for (int round = 0; round < ROUNDS; round++) {
        const enum depth_side side = (enum depth_side)random_stream_below(&stream, 2);
        /* bids in the lower half, asks in the upper, now and then across */
        const size_t at =
            random_stream_below(&stream, PRICES / 2 + 2) + (side == DEPTH_ASK ? PRICES / 2 - 2 : 0);
        const int64_t amount =
            random_stream_below(&stream, 3) == 0 ? (int64_t)random_stream_below(&stream, 50) : 0;
        amounts[side][at] = amount;
        assert_int_equal(
            depth_book_set(book, side, quarter(at), (struct decimal){amount, 1}, &error),
            STATUS_OK);
        if (round % 5000 == 4999) {
            depth_book_clear(book);
            memset(amounts, 0, sizeof(amounts));
        }

        size_t bid = PRICES;
        size_t ask = PRICES;
        for (size_t i = 0; i < PRICES; i++) {
            if (amounts[DEPTH_BID][i] > 0)
                bid = i;
            if (ask == PRICES && amounts[DEPTH_ASK][i] > 0)
                ask = i;
        }
        struct depth_level best;
        assert_int_equal(depth_book_best(book, DEPTH_BID, &best), bid < PRICES);
        if (bid < PRICES) {
            assert_int_equal(best.price.mantissa * units_pow10(2 - best.price.decimals),
                             quarter(bid).mantissa);
            assert_int_equal(best.amount.mantissa * units_pow10(1 - best.amount.decimals),
                             amounts[DEPTH_BID][bid]);
        }
        assert_int_equal(depth_book_best(book, DEPTH_ASK, &best), ask < PRICES);
        if (ask < PRICES)
            assert_int_equal(best.price.mantissa * units_pow10(2 - best.price.decimals),
                             quarter(ask).mantissa);
        size_t worst[2] = {PRICES, PRICES};
        for (size_t i = 0; i < PRICES; i++) {
            if (worst[DEPTH_BID] == PRICES && amounts[DEPTH_BID][i] > 0)
                worst[DEPTH_BID] = i;
            if (amounts[DEPTH_ASK][i] > 0)
                worst[DEPTH_ASK] = i;
        }
        for (enum depth_side i = DEPTH_BID; i <= DEPTH_ASK; i++) {
            assert_int_equal(depth_book_worst(book, i, &best), worst[i] < PRICES);
            if (worst[i] < PRICES)
                assert_int_equal(best.price.mantissa * units_pow10(2 - best.price.decimals),
                                 quarter(worst[i]).mantissa);
        }
        for (int i = 0; i < 2; i++) {
            struct decimal notional;
            struct decimal sum;
            const bool known = bid < PRICES && ask < PRICES && bid < ask;
            assert_int_equal(depth_book_near(book, (enum depth_side)i, 1, &notional, &sum), known);
            if (!known)
                continue;
            int64_t expected = 0;
            int64_t expected_notional = 0;
            const int64_t twice = quarter(bid).mantissa + quarter(ask).mantissa;
            for (size_t k = 0; k < PRICES; k++) {
                const int64_t price = quarter(k).mantissa;
                if (i == DEPTH_BID ? 200 * price < 99 * twice : 200 * price > 101 * twice)
                    continue;
                expected += amounts[i][k];
                expected_notional += amounts[i][k] * price;
            }
            near++;
            assert_int_equal(sum.mantissa * units_pow10(1 - sum.decimals), expected);
            assert_int_equal(notional.mantissa * units_pow10(3 - notional.decimals),
                             expected_notional);
        }
    }
    assert_true(near > ROUNDS / 2);
    depth_book_destroy(book);
    assert_int_equal(budget, 10000);
}

static void decimals_grow_and_sums_are_cut(void **state) {
    (void)state;
    size_t budget = 1000;
    struct depth_book *const book = depth_book_create(&budget);
    struct depth_level best;
    assert_int_equal(
        depth_book_set(book, DEPTH_BID, (struct decimal){100, 0}, (struct decimal){7, 0}, &error),
        STATUS_OK);
    assert_int_equal(depth_book_set(book, DEPTH_BID, (struct decimal){10050, 2},
                                    (struct decimal){125, 3}, &error),
                     STATUS_OK);
    assert_true(depth_book_best(book, DEPTH_BID, &best));
    assert_int_equal(best.price.mantissa, 1005);
    assert_int_equal(best.price.decimals, 1);
    assert_int_equal(best.amount.mantissa, 125);
    assert_int_equal(best.amount.decimals, 3);
    /* 1e18 at one decimal is beyond int64 */
    assert_int_equal(depth_book_set(book, DEPTH_BID,
                                    (struct decimal){INT64_C(1000000000000000000), 0},
                                    (struct decimal){1, 0}, &error),
                     STATUS_RANGE);
    assert_int_equal(
        depth_book_set(book, DEPTH_ASK, (struct decimal){1, 18}, (struct decimal){1, 0}, &error),
        STATUS_RANGE);
    assert_int_equal(
        depth_book_set(book, DEPTH_ASK, (struct decimal){0, 0}, (struct decimal){1, 0}, &error),
        STATUS_CORRUPT);
    assert_int_equal(
        depth_book_set(book, DEPTH_ASK, (struct decimal){1, 0}, (struct decimal){-1, 0}, &error),
        STATUS_CORRUPT);
    depth_book_destroy(book);

    const struct decimal cut = depth_sum((int128)INT64_MAX * 1000 + 999, 4);
    assert_int_equal(cut.mantissa, INT64_MAX);
    assert_int_equal(cut.decimals, 1);
    const struct decimal deep = depth_sum(123456, 20);
    assert_int_equal(deep.mantissa, 1234);
    assert_int_equal(deep.decimals, 18);
}

static void absurd_books_are_refused(void **state) {
    (void)state;
    size_t budget = SIZE_MAX / 2;
    struct depth_book *const book = depth_book_create(&budget);
    enum status status = STATUS_OK;
    int64_t level = 0;
    while (status == STATUS_OK && level < INT64_C(1) << 20) /* each the worst: all at one end */
        status = depth_book_set(book, DEPTH_ASK, (struct decimal){++level, 0},
                                (struct decimal){1, 0}, &error);
    assert_int_equal(status, STATUS_CORRUPT);
    assert_int_equal(level, DEPTH_LEVELS_MAX + 1);
    assert_non_null(strstr(error.message, "more than 131072 levels"));
    budget = 100;
    struct depth_book *const other = depth_book_create(&budget);
    status = STATUS_OK;
    for (level = 1; status == STATUS_OK && level < 1000; level++)
        status = depth_book_set(other, DEPTH_BID, (struct decimal){level, 0},
                                (struct decimal){1, 0}, &error);
    assert_int_equal(status, STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "too many levels together"));
    depth_book_destroy(other);
    depth_book_destroy(book);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_its_definition),
        cmocka_unit_test(decimals_grow_and_sums_are_cut),
        cmocka_unit_test(absurd_books_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Goal: the ledger's residual is 0 after honest fills, shortfalls and fund payments, and each
 * broken leg makes it non-zero. Method: one account's liquidation by hand (a long of 2 at 30,000
 * sold at 26,800: analytic case "conservation"), then the same with one leg changed at a time. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/book/ledger.h"

struct books {
    struct instrument instrument;
    struct ledger ledger;
    int128 pools; /* wallet minus cost */
    int128 lots;
};

static void books_open(struct books *books) {
    books->instrument = (struct instrument){
        .symbol = "X", .price_tick = {1, 0}, .lot = {1, 0}, .contract_size = {1, 0}};
    assert_int_equal(instrument_init(&books->instrument, NULL), STATUS_OK);
    assert_int_equal(ledger_init(&books->ledger, &books->instrument, 1, NULL), STATUS_OK);
    books->ledger.fund = 1000 * MONEY_SCALE;
    books->pools = (6000 - 60000) * (int128)MONEY_SCALE;
    books->lots = 2;
    books->ledger.market_lots[0] = -2;
    books->ledger.external = -books->pools - books->ledger.fund;
}

static int128 books_residual(const struct books *books) {
    return ledger_residual(&books->ledger, books->pools, &books->lots);
}

static void books_liquidate(struct books *books) {
    const int64_t proceeds = 53600 * MONEY_SCALE;
    const struct liquidation_record row = {.quantity_lots = 2, .price_ticks = 26800};
    ledger_fill(&books->ledger, 0, 2, proceeds);
    ledger_record(&books->ledger, &row);
    books->lots = 0;
    books->pools = -400 * (int128)MONEY_SCALE; /* wallet 6000 + 53600 - 60000 */
    books->ledger.deficit -= 400 * MONEY_SCALE;
    books->pools = 0;
    assert_true(ledger_fund_pay(&books->ledger, 0, 400 * MONEY_SCALE) == 400 * MONEY_SCALE);
}

static void residual_is_zero(void **state) {
    (void)state;
    struct books books;
    books_open(&books);
    assert_true(books_residual(&books) == 0);
    books_liquidate(&books);
    assert_true(books_residual(&books) == 0);
    assert_true(books.ledger.fund == 600 * MONEY_SCALE);
    assert_true(books.ledger.deficit == 0);
    ledger_finish(&books.ledger);
}

static void each_broken_leg_shows(void **state) {
    (void)state;
    for (int leg = 0; leg < 7; leg++) {
        struct books books;
        books_open(&books);
        books_liquidate(&books);
        switch (leg) {
        case 0:
            books.pools += 1;
            break;
        case 1:
            books.lots += 1;
            break;
        case 2:
            books.ledger.market_cash += 1; /* paid a unit that nobody recorded */
            books.pools -= 1;
            break;
        case 3:
            books.ledger.market_lots[0] -= 1;
            break;
        case 4:
            books.ledger.fund -= 1;
            break;
        case 5:
            books.ledger.recorded_proceeds += 1; /* a row that says other than what was settled */
            break;
        default:
            books.ledger.fees += 1;
            break;
        }
        assert_true(books_residual(&books) > 0);
        ledger_finish(&books.ledger);
    }
}

static void fund_pays_what_it_has(void **state) {
    (void)state;
    struct books books;
    books_open(&books);
    books.ledger.deficit = -1500 * (int128)MONEY_SCALE;
    assert_true(ledger_fund_pay(&books.ledger, 0, 1500 * MONEY_SCALE) == 1000 * MONEY_SCALE);
    assert_true(books.ledger.fund == 0);
    assert_true(books.ledger.deficit == -500 * (int128)MONEY_SCALE);
    ledger_finish(&books.ledger);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(residual_is_zero),
        cmocka_unit_test(each_broken_leg_shows),
        cmocka_unit_test(fund_pays_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

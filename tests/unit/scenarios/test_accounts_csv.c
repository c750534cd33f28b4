/* Goal: accounts CSV is read exactly as interface §3 says, and everything else is refused with
 * file, line and field. Method: small files as text; what must be there is asserted in full, what
 * must be refused by the start of its message; then random damage to a good file, which must never
 * crash and never be taken for a good one without a reason. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "scenarios/population/accounts_csv.h"

#define SEED UINT64_C(3)
#define HEADER "account,kind,symbol,quantity,entry_price,margin_mode,isolated_margin,cohort\n"

static struct instrument instruments[2];

static int make_instruments(void **state) {
    (void)state;
    instruments[0] = (struct instrument){.symbol = "BTCUSDT",
                                         .kind = CONTRACT_LINEAR,
                                         .price_tick = {1, 2},
                                         .lot = {1, 3},
                                         .contract_size = {1, 0}};
    instruments[1] = instruments[0];
    instruments[1].symbol = "ETHUSDT";
    instruments[1].lot = (struct decimal){5, 1};
    struct error error;
    return instrument_init(&instruments[0], &error) == STATUS_OK &&
                   instrument_init(&instruments[1], &error) == STATUS_OK
               ? 0
               : -1;
}

static struct accounts *parse(const char *text, size_t size, enum status *ret_status,
                              struct error *error) {
    struct accounts *accounts = NULL;
    *error = (struct error){0};
    assert_int_equal(accounts_create(&accounts, error), STATUS_OK);
    *ret_status = accounts_csv_parse("f.csv", text, size, NULL, instruments, 2, accounts, error);
    return accounts;
}

static struct accounts *parse_good(const char *text) {
    enum status status;
    struct error error;
    struct accounts *accounts = parse(text, strlen(text), &status, &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(accounts_finish(accounts, &error), STATUS_OK);
    return accounts;
}

static void assert_id(const struct accounts *accounts, uint32_t account, const char *expected) {
    char id[ACCOUNT_ID_SIZE];
    accounts_id(accounts, account, id);
    assert_string_equal(id, expected);
}

static void assert_interface_example(const struct accounts *accounts) {
    assert_int_equal(accounts_count(accounts), 2);
    assert_int_equal(accounts_position_count(accounts), 3);
    assert_id(accounts, 0, "a1");
    assert_string_equal(accounts_cohort(accounts, 0), "retail");
    const struct account_view view = accounts_view(accounts, 0);
    assert_int_equal(view.balance, INT64_C(1000) * MONEY_SCALE);
    assert_int_equal(view.position_count, 2);
    assert_false(view.exempt);
    const struct position_view btc = accounts_position(accounts, 0);
    assert_int_equal(btc.instrument, 0);
    assert_int_equal(btc.lots, 500);
    assert_int_equal(btc.cost, INT64_C(20000) * MONEY_SCALE);
    assert_int_equal(btc.mode, MARGIN_CROSS);
    const struct position_view eth = accounts_position(accounts, 1);
    assert_int_equal(eth.instrument, 1);
    assert_int_equal(eth.lots, -6);
    assert_int_equal(eth.cost, INT64_C(-7500) * MONEY_SCALE);
    assert_int_equal(eth.mode, MARGIN_ISOLATED);
    assert_int_equal(eth.isolated_margin, INT64_C(600) * MONEY_SCALE);
    assert_id(accounts, 1, "b");
    assert_string_equal(accounts_cohort(accounts, 1), "");
    assert_int_equal(accounts_view(accounts, 1).balance, 0);
}

#define EXAMPLE                                                                                    \
    HEADER "a1,balance,USDT,1000,,,,retail\n"                                                      \
           "a1,position,BTCUSDT,0.5,40000,cross,,retail\n"                                         \
           "a1,position,ETHUSDT,-3,2500,isolated,600,retail\n"                                     \
           "b,position,BTCUSDT,-0.001,40000.005,,,\n"

static void example_of_the_interface_is_read(void **state) {
    (void)state;
    struct accounts *accounts = parse_good(EXAMPLE);
    assert_interface_example(accounts);
    accounts_destroy(accounts);
}

/* Their price stands where a position has its entry. */
static void open_orders_are_read(void **state) {
    (void)state;
    struct accounts *accounts = parse_good(
        "account,kind,symbol,quantity,entry_price,leverage\n"
        "a,balance,USDT,1000,,\na,position,BTCUSDT,0.5,40000,\na,order,BTCUSDT,-0.2,41000,\n"
        "b,balance,USDT,1,,\n"
        "c,order,ETHUSDT,3,2000,20\nc,order,ETHUSDT,3,1900,\nc,balance,USDT,1000,,\n");
    uint32_t account;
    assert_int_equal(accounts_count(accounts), 3);
    assert_int_equal(accounts_position_count(accounts), 1);
    assert_int_equal(accounts_order_count(accounts), 3);
    struct open_order_view order = accounts_order(accounts, 0, &account);
    assert_int_equal(account, 0);
    assert_int_equal(order.instrument, 0);
    assert_int_equal(order.lots, -200);
    assert_int_equal(order.cost, INT64_C(-8200) * MONEY_SCALE);
    assert_int_equal(order.leverage_e8, 0);
    order = accounts_order(accounts, 1, &account);
    assert_int_equal(account, 2);
    assert_int_equal(order.leverage_e8, 20 * RATE_SCALE);
    assert_int_equal(accounts_order(accounts, 2, &account).cost, INT64_C(5700) * MONEY_SCALE);
    accounts_destroy(accounts);
}

static void file_is_read_like_memory(void **state) {
    (void)state;
    char path[] = "/tmp/accounts_csv_XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, EXAMPLE, strlen(EXAMPLE)), strlen(EXAMPLE));
    assert_int_equal(close(file), 0);
    struct accounts *accounts = NULL;
    struct error error;
    assert_int_equal(accounts_create(&accounts, &error), STATUS_OK);
    if (accounts_csv_read(path, NULL, instruments, 2, accounts, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    assert_int_equal(accounts_finish(accounts, &error), STATUS_OK);
    assert_interface_example(accounts);
    accounts_destroy(accounts);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(accounts_create(&accounts, &error), STATUS_OK);
    assert_int_equal(accounts_csv_read(path, NULL, instruments, 2, accounts, &error), STATUS_IO);
    assert_non_null(strstr(error.message, path));
    accounts_destroy(accounts);
}

/* Columns in another order, the further columns, quotes, CRLF, a byte order mark, empty lines, no
 * line end at the end. */
static void forms_of_csv_are_understood(void **state) {
    (void)state;
    struct accounts *accounts = parse_good("\xef\xbb\xbf"
                                           "exempt,leverage,quantity,symbol,kind,account,cohort,"
                                           "entry_price\r\n"
                                           "true,,-2.5,USDT,balance,\"a, \"\"b\"\"\",\"x\",\r\n"
                                           "\r\n"
                                           ",12.5,1e1,ETHUSDT,position,\"a, \"\"b\"\"\",,3.3e3\r\n"
                                           "false,,0.0020,\"BTCUSDT\",position,\xc3\xa9,,1");
    assert_int_equal(accounts_count(accounts), 2);
    assert_id(accounts, 0, "a, \"b\"");
    assert_string_equal(accounts_cohort(accounts, 0), "x");
    assert_true(accounts_view(accounts, 0).exempt);
    assert_int_equal(accounts_view(accounts, 0).balance, -250000000);
    const struct position_view eth = accounts_position(accounts, 0);
    assert_int_equal(eth.lots, 20);
    assert_int_equal(eth.cost, INT64_C(33000) * MONEY_SCALE);
    assert_int_equal(eth.leverage_e8, INT64_C(1250000000));
    assert_id(accounts, 1, "\xc3\xa9");
    assert_false(accounts_view(accounts, 1).exempt);
    assert_int_equal(accounts_position(accounts, 1).lots, 2);
    accounts_destroy(accounts);
}

#define GOOD "a,balance,USDT,1,,,,\n"

static void bad_content_is_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "f.csv: empty"},
        {"\n\n", "f.csv: empty"},
        {"a,balance,USDT,1\n", "f.csv:1: unknown column 'a'"},
        {"account,kind,symbol\n", "f.csv:1: the header has no column 'quantity'"},
        {"account,kind,symbol,quantity,kind\n", "f.csv:1: column 'kind' stands twice"},
        {HEADER "a,balance,USDT,1\n", "f.csv:2: 4 fields where the header names 8"},
        {HEADER "a,balance,USDT,1,,,,,\n", "f.csv:2: 9 fields where the header names 8"},
        {HEADER ",balance,USDT,1,,,,\n", "f.csv:2: account '': must not be empty"},
        {HEADER "0123456789012345678901234567890123456789012345678901234567890123,balance,USDT,1,"
                ",,,\n",
         "f.csv:2: account '0123456789012345678901234567890123456789012345678901234567890123': is "
         "longer"},
        {HEADER "a,cash,USDT,1,,,,\n", "f.csv:2: kind 'cash': must be balance, position or order"},
        {HEADER "a,balance,BTC,1,,,,\n",
         "f.csv:2: symbol 'BTC': is neither the settlement asset, USDT,"},
        {HEADER "a,balance,USDT,,,,,\n", "f.csv:2: quantity '': must not be empty"},
        {HEADER "a,balance,USDT,nan,,,,\n", "f.csv:2: quantity 'nan': is not a decimal"},
        {HEADER "a,balance,USDT,1e400,,,,\n", "f.csv:2: quantity '1e400': is not a decimal"},
        {HEADER "a,balance,USDT,0x1,,,,\n", "f.csv:2: quantity '0x1': is not a decimal"},
        {HEADER "a,balance,USDT, 1,,,,\n", "f.csv:2: quantity ' 1': is not a decimal"},
        {HEADER "a,balance,USDT,0.000000001,,,,\n", "f.csv:2: quantity '0.000000001': has more"},
        {HEADER "a,balance,USDT,100000000000,,,,\n", "f.csv:2: quantity '100000000000': has more"},
        {HEADER "a,balance,USDT,1,5,,,\n", "f.csv:2: entry_price '5': belongs to positions"},
        {HEADER "a,balance,USDT,1,,cross,,\n", "f.csv:2: margin_mode 'cross': belongs to"},
        {HEADER GOOD GOOD, "f.csv:3: symbol 'USDT': a second balance in the settlement asset"},
        {HEADER GOOD "a,position,XRPUSDT,1,1,,,\n",
         "f.csv:3: symbol 'XRPUSDT': a position in nothing"},
        {HEADER GOOD "a,position,btcusdt,1,1,,,\n", "f.csv:3: symbol 'btcusdt': a position in"},
        {HEADER GOOD "a,order,BTCUSDT,1,,,,\n", "f.csv:3: entry_price '': must not be empty"},
        {HEADER GOOD "a,order,XRPUSDT,1,1,,,\n", "f.csv:3: symbol 'XRPUSDT': an order for nothing"},
        {HEADER GOOD "a,order,BTCUSDT,1,1,isolated,1,\n",
         "f.csv:3: margin_mode 'isolated': an order is backed by the cross balance"},
        {HEADER GOOD "a,order,BTCUSDT,0.0005,1,,,\n",
         "f.csv:3: quantity '0.0005': is not a multiple"},
        {HEADER GOOD "a,position,BTCUSDT,0,1,,,\n",
         "f.csv:3: quantity '0': a position or order of nothing"},
        {HEADER GOOD "a,position,BTCUSDT,0.0005,1,,,\n",
         "f.csv:3: quantity '0.0005': is not a multiple of BTCUSDT's lot 0.001"},
        {HEADER GOOD "a,position,ETHUSDT,0.7,1,,,\n",
         "f.csv:3: quantity '0.7': is not a multiple of ETHUSDT's lot 0.5"},
        {HEADER GOOD "a,position,BTCUSDT,9223372036854775807,1,,,\n",
         "f.csv:3: quantity '9223372036854775807': is too large"},
        {HEADER GOOD "a,position,BTCUSDT,1,,,,\n", "f.csv:3: entry_price '': must not be empty"},
        {HEADER GOOD "a,position,BTCUSDT,1,0,,,\n", "f.csv:3: entry_price '0': must be above 0"},
        {HEADER GOOD "a,position,BTCUSDT,1,-5,,,\n", "f.csv:3: entry_price '-5': must be above 0"},
        {HEADER GOOD "a,position,BTCUSDT,1,1,solo,,\n", "f.csv:3: margin_mode 'solo': must be"},
        {HEADER GOOD "a,position,BTCUSDT,1,1,isolated,,\n",
         "f.csv:3: isolated_margin '': must not be empty"},
        {HEADER GOOD "a,position,BTCUSDT,1,1,isolated,-1,\n",
         "f.csv:3: isolated_margin '-1': must not be negative"},
        {HEADER GOOD "a,position,BTCUSDT,1,1,,7,\n", "f.csv:3: isolated_margin '7': belongs to"},
        {HEADER GOOD "a,position,BTCUSDT,1,1,,,\na,position,BTCUSDT,2,1,,,\n",
         "f.csv:4: account 'a', symbol 'BTCUSDT': a second cross position"},
        {HEADER "a,balance,USDT,1,,,,x\na,position,BTCUSDT,1,1,,,y\n",
         "f.csv:3: cohort 'y': differs from line 2"},
        {HEADER GOOD "b,balance,USDT,1,,,,\n" GOOD,
         "f.csv:4: account 'a' began on line 2 and comes again"},
        {HEADER "\"a,balance,USDT,1,,,,\n", "f.csv:2: a quoted field does not end"},
        {HEADER "\"a\"b,balance,USDT,1,,,,\n", "f.csv:2: a quoted field does not end"},
        {HEADER "a\"b,balance,USDT,1,,,,\n", "f.csv:2: a quote inside"},
        {HEADER "a\x01,balance,USDT,1,,,,\n", "f.csv:2: not text"},
        {HEADER "a\xff,balance,USDT,1,,,,\n", "f.csv:2: not text"},
        {HEADER "a\xc0\x80,balance,USDT,1,,,,\n", "f.csv:2: not text"},
        {"account,kind,symbol,quantity,exempt\na,balance,USDT,1,yes\n",
         "f.csv:2: exempt 'yes': must be true"},
        {"account,kind,symbol,quantity,exempt\na,balance,USDT,1,\na,position,BTCUSDT,1,true\n",
         "f.csv:3: exempt 'true': differs from line 2"},
        {"account,kind,symbol,quantity,entry_price,leverage\na,position,BTCUSDT,1,1,0\n",
         "f.csv:2: leverage '0': must be above 0"},
        {"account,kind,symbol,quantity\na,position,BTCUSDT,1\n", "f.csv:2: entry_price '': must"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum status status;
        struct error error;
        accounts_destroy(parse(cases[i].text, strlen(cases[i].text), &status, &error));
        if (status != STATUS_CONFIG || status_exit_code(status) != 3 ||
            strncmp(error.message, cases[i].message, strlen(cases[i].message)) != 0)
            fail_msg("case %zu: status %d, '%s' instead of '%s'", i, (int)status, error.message,
                     cases[i].message);
    }
    enum status status;
    struct error error;
    const char huge[] = HEADER "a,position,BTCUSDT,9000000000,9000000000,,,\n";
    accounts_destroy(parse(huge, strlen(huge), &status, &error));
    assert_int_equal(status, STATUS_RANGE);
    assert_non_null(strstr(error.message, "f.csv:2: account 'a', symbol 'BTCUSDT'"));
}

static void endless_lines_and_fields_end(void **state) {
    (void)state;
    const size_t size = 100000;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    enum status status;
    struct error error;
    accounts_destroy(parse(text, size, &status, &error));
    assert_int_equal(status, STATUS_CONFIG);
    assert_string_equal(error.message, "f.csv:1: a line of more than 65536 bytes");
    memset(text, ',', 200);
    accounts_destroy(parse(text, 200, &status, &error));
    assert_int_equal(status, STATUS_CONFIG);
    assert_string_equal(error.message, "f.csv:1: too many fields");
    free(text);
}

/* Bytes of a good file are changed, dropped or doubled: the outcome is a good set or an error that
 * names the file; sanitizers watch the rest. */
static void random_damage_never_crashes(void **state) {
    (void)state;
    int good = 0;
    int bad = 0;
    for (uint64_t round = 0; round < 20000; round++) {
        struct random_stream stream;
        random_stream_init(&stream, SEED, RANDOM_TEST, round);
        char text[512];
        size_t size = strlen(EXAMPLE);
        assert_true(size + 8 < sizeof(text));
        memcpy(text, EXAMPLE, size);
        const uint64_t times = 1 + random_stream_below(&stream, 3);
        for (uint64_t k = 0; k < times; k++) {
            const size_t at = random_stream_below(&stream, size);
            static const char likely[] = "\",\n\r0-.eE\xff\0ab";
            switch (random_stream_below(&stream, 3)) {
            case 0:
                text[at] = likely[random_stream_below(&stream, sizeof(likely))];
                break;
            case 1:
                memmove(text + at, text + at + 1, size - at - 1);
                size--;
                break;
            default:
                memmove(text + at + 1, text + at, size - at);
                size++;
                break;
            }
        }
        enum status status;
        struct error error;
        accounts_destroy(parse(text, size, &status, &error));
        if (status == STATUS_OK) {
            good++;
        } else {
            bad++;
            assert_true(status == STATUS_CONFIG || status == STATUS_RANGE);
            assert_memory_equal(error.message, "f.csv:", 6);
        }
    }
    print_message("seed %llu: %d files still good, %d refused\n", (unsigned long long)SEED, good,
                  bad);
    assert_true(good > 0);
    assert_true(bad > good);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(example_of_the_interface_is_read),
        cmocka_unit_test(open_orders_are_read),
        cmocka_unit_test(file_is_read_like_memory),
        cmocka_unit_test(forms_of_csv_are_understood),
        cmocka_unit_test(bad_content_is_refused_by_name),
        cmocka_unit_test(endless_lines_and_fields_end),
        cmocka_unit_test(random_damage_never_crashes),
    };
    return cmocka_run_group_tests(tests, make_instruments, NULL);
}

/* Goal: every good row reaches the sink exactly, every bad one is named by file, line, column and
 * value.
 * Method: small files against the text of what the sink got; each error by its words; the same
 * bytes cut anywhere and quoted, which takes the slow way, give the same rows as the fast way. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random_stream.h"
#include "loaders/formats/generic_csv.h"
#include "tests/unit/base/text_sink.h"

#define TICKS "ts,instrument,price,quantity,side\n"
#define BARS "ts,instrument,open,high,low,close,volume\n"

static struct error error;
static struct import_report report;
static struct text_sink sink;

/* Decodes `bytes` in pieces of `step`; the sink's text is left in `sink`. */
static enum status decode(const char *columns, const char *bytes, size_t size, size_t step) {
    struct generic_csv *csv = NULL;
    text_sink_begin(&sink);
    const struct tick_sink port = text_sink_port(&sink);
    report = (struct import_report){0};
    error.message[0] = '\0';
    enum status status = generic_csv_create(columns, &port, &csv, &error);
    if (status == STATUS_OK)
        status = generic_csv_begin(csv, "x.csv", &error);
    for (size_t at = 0; status == STATUS_OK && at < size; at += step) {
        /* an exact copy, so that a sanitizer sees a look over its end */
        const size_t count = size - at < step ? size - at : step;
        char *const piece = malloc(count);
        memcpy(piece, bytes + at, count);
        status = generic_csv_feed(csv, piece, count, &error);
        free(piece);
    }
    if (status == STATUS_OK)
        status = generic_csv_end(csv, &error);
    if (status == STATUS_OK)
        status = generic_csv_finish(csv, &report, &error);
    generic_csv_destroy(csv);
    (void)text_sink_end(&sink);
    return status;
}

static void expect_rows(const char *columns, const char *text, const char *rows) {
    for (size_t step = 1; step <= strlen(text) + 1; step += step < 70 ? 1 : strlen(text)) {
        if (decode(columns, text, strlen(text), step) != STATUS_OK)
            fail_msg("step %zu: %s\n%s", step, error.message, text);
        assert_string_equal(sink.text, rows);
        text_sink_free(&sink);
    }
    assert_int_equal(decode(columns, text, strlen(text), SIZE_MAX / 2), STATUS_OK);
    assert_string_equal(sink.text, rows);
    text_sink_free(&sink);
}

static void expect_error(const char *columns, const char *text, size_t size, enum status status,
                         const char *words) {
    for (int whole = 0; whole < 2; whole++) {
        const enum status got = decode(columns, text, size, whole ? SIZE_MAX / 2 : 7);
        text_sink_free(&sink);
        if (got != status || strstr(error.message, words) == NULL)
            fail_msg("expected %d '%s', got %d '%s' for:\n%.200s", status, words, got,
                     error.message, text);
    }
}

static void ticks_come_out_exactly(void **state) {
    (void)state;
    expect_rows(NULL,
                TICKS "2021-05-19T13:04:00Z,BTCUSDT,36000.10,0.5,buy\n"
                      "2021-05-19T13:04:00Z,ETHUSDT,2500,,sell\n"
                      "2021-05-19 13:04:00.000000001Z,BTCUSDT,35999.123456789,1e-8,\n"
                      "2021-05-19T13:05Z,BTCUSDT,3.5e4,0,BUY\n",
                "BTCUSDT trade 2021-05-19T13:04:00Z 36000.1 0.5 buy\n"
                "BTCUSDT trade 2021-05-19T13:04:00.000000001Z 35999.123456789 0.00000001\n"
                "BTCUSDT trade 2021-05-19T13:05:00Z 35000 0 buy\n"
                "ETHUSDT trade 2021-05-19T13:04:00Z 2500 none sell\n");
    assert_int_equal(report.rows, 4);
    assert_int_equal(report.instruments, 2);
    assert_int_equal(report.series, 2);
    assert_int_equal(report.bars, 0);
    assert_false(report.time_is_epoch);
    assert_int_equal(report.first_ts_ns, INT64_C(1621429440000000000));
    assert_int_equal(report.last_ts_ns, INT64_C(1621429500000000000));
}

static void any_order_series_bom_and_line_ends(void **state) {
    (void)state;
    expect_rows(NULL,
                "\xef\xbb\xbfside,series,price,ts,instrument\r\n"
                ",mark,36000,1621429440000,BYBIT:BTCUSD\r\n"
                "sell,,36001.5,1621429440001,BYBIT:BTCUSD\r\n"
                "\r\n"
                ",funding_rate,-0.00075,1621429440001,BYBIT:BTCUSD\r\n"
                ",open_interest,0,1621429440001,BYBIT:BTCUSD",
                "BYBIT:BTCUSD mark 2021-05-19T13:04:00Z 36000 none\n"
                "BYBIT:BTCUSD trade 2021-05-19T13:04:00.001Z 36001.5 none sell\n"
                "BYBIT:BTCUSD funding_rate 2021-05-19T13:04:00.001Z -0.00075 none\n"
                "BYBIT:BTCUSD open_interest 2021-05-19T13:04:00.001Z 0 none\n");
    assert_int_equal(report.series, 4);
    assert_int_equal(report.instruments, 1);
    assert_true(report.time_is_epoch);
    assert_int_equal(report.time_unit, TIME_MS);
}

static void quotes_are_taken_off(void **state) {
    (void)state;
    expect_rows(NULL,
                "\"ts\",\"instrument\",\"price\",\"quantity\",\"side\"\n"
                "\"1621429440\",\"BTCUSDT\",\"36000.5\",\"\",\"sell\"\n"
                "1621429441,\"BTC\",36000.5,\"0.001\",\"\"\n",
                "BTCUSDT trade 2021-05-19T13:04:00Z 36000.5 none sell\n"
                "BTC trade 2021-05-19T13:04:01Z 36000.5 0.001\n");
    assert_int_equal(report.time_unit, TIME_S);
}

static void every_time_unit_is_recognised(void **state) {
    (void)state;
    static const char *const zeros[] = {"", "000", "000000", "000000000"};
    for (int unit = 0; unit < 4; unit++) {
        char text[200];
        (void)snprintf(text, sizeof(text), TICKS "1621429440%s,X,1,1,\n1621429441%s,X,1,1,\n",
                       zeros[unit], zeros[unit]);
        expect_rows(NULL, text,
                    "X trade 2021-05-19T13:04:00Z 1 1\nX trade 2021-05-19T13:04:01Z 1 1\n");
        assert_int_equal(report.time_unit, unit);
    }
}

static void decimals_widen_or_start_a_new_batch(void **state) {
    (void)state;
    expect_rows(NULL,
                TICKS "1621429440,X,1,1,\n1621429440,X,1.5,1.000,\n1621429440,X,0.25,7,\n"
                      "1621429440,X,9000000000000000000,0.000000000000000001,\n"
                      "1621429440,X,0.000000000000000001,9000000000000000000,\n"
                      "1621429440,X,2.500000000000000000,1,\n",
                "X trade 2021-05-19T13:04:00Z 1 1\n"
                "X trade 2021-05-19T13:04:00Z 1.5 1\n"
                "X trade 2021-05-19T13:04:00Z 0.25 7\n"
                "X trade 2021-05-19T13:04:00Z 9000000000000000000 0.000000000000000001\n"
                "X trade 2021-05-19T13:04:00Z 0.000000000000000001 9000000000000000000\n"
                "X trade 2021-05-19T13:04:00Z 2.5 1\n");
}

static void bars_find_their_length(void **state) {
    (void)state;
    expect_rows(NULL,
                BARS "2021-05-19T13:00Z,A,10,12.5,9,11,100\n"
                     "2021-05-19T13:00Z,B,1,1,1,1,0\n"
                     "2021-05-19T13:10Z,A,11,11,11,11,0.5\n"
                     "2021-05-19T13:15Z,A,11,12,8,9,7\n"
                     "2021-05-19T14:15Z,A,9,9,8.25,9,7\n",
                "A bar/300s 2021-05-19T13:00:00Z 10 12.5 9 11 100\n"
                "A bar/300s 2021-05-19T13:10:00Z 11 11 11 11 0.5\n"
                "A bar/300s 2021-05-19T13:15:00Z 11 12 8 9 7\n"
                "A bar/300s 2021-05-19T14:15:00Z 9 9 8.25 9 7\n"
                "B bar/60s 2021-05-19T13:00:00Z 1 1 1 1 0\n");
    assert_int_equal(report.bars, 5);
    assert_int_equal(report.bars_assumed, 1);
    assert_int_equal(report.bar_ns_min, INT64_C(60000000000));
    assert_int_equal(report.bar_ns_max, INT64_C(300000000000));
}

static void columns_map_reads_other_files(void **state) {
    (void)state;
    expect_rows("ts=transact_time,price=px,instrument:=BTCUSDT,quantity=",
                "id,px,quantity,first,last,transact_time,is_maker\n"
                "7,36000.5,2,1,2,1621429440000,true\n",
                "BTCUSDT trade 2021-05-19T13:04:00Z 36000.5 none\n");
    expect_rows("ts=t,price=p,instrument=s,series:=mark", "t,s,p,side\n1621429440000,X,1,buy\n",
                "X mark 2021-05-19T13:04:00Z 1 none buy\n");
    static const struct {
        const char *map;
        const char *words;
    } cases[] = {
        {"prize=px", "unknown role 'prize'"},
        {"ts", "'ts' is not of the form"},
        {"", "'' is not of the form"},
        {"ts=a,ts=b", "'ts' stands twice"},
        {"price:=5", "'price' cannot be a constant"},
        {"instrument:=", "'instrument' takes"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_error(cases[i].map, TICKS, strlen(TICKS), STATUS_USAGE, cases[i].words);
    expect_error("ts=when,instrument:=X", TICKS, strlen(TICKS), STATUS_CORRUPT,
                 "column 'when' is missing");
}

static void header_only_is_no_rows(void **state) {
    (void)state;
    expect_rows(NULL, TICKS, "");
    expect_rows(NULL, "ts,instrument,price", "");
    assert_int_equal(report.rows, 0);
    assert_int_equal(report.first_ts_ns, 0);
}

static void headers_are_checked(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } cases[] = {
        {"", "'x.csv' is empty"},
        {"ts,instrument,prize\n", "line 1: unknown column 'prize'"},
        {"ts,instrument,price,price\n", "column 'price' stands twice"},
        {"ts,price\n", "column 'instrument' is missing"},
        {"ts,instrument,quantity\n", "column 'price' is missing"},
        {"ts,instrument,open,high,low,close\n", "column 'volume' is missing"},
        {"ts,instrument,open,high,low,close,volume,price\n", "column 'price' belongs to ticks"},
        {"\n", "unknown column ''"},
        {"1621429440000,BTCUSDT,1,1,\n", "unknown column '1621429440000'"},
        {"ts,instrument,\x01price\n", "unknown column '?price'"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_error(NULL, cases[i].text, strlen(cases[i].text), STATUS_CORRUPT, cases[i].words);
}

/* Each bad row stands as the third of a long enough file, so that it meets the fast way too. */
static void bad_ticks_are_named(void **state) {
    (void)state;
    static const struct {
        const char *row;
        enum status status;
        const char *words;
    } cases[] = {
        {"1621429441000,X,1,1", STATUS_CORRUPT, "a field is missing: 4 fields"},
        {"1621429441000,X,1,1,,", STATUS_CORRUPT, "too many fields: 6"},
        {"1621429441000,X,,1,", STATUS_CORRUPT, "column 'price' is empty"},
        {",X,1,1,", STATUS_CORRUPT, "column 'ts' is empty"},
        {"1621429441000,,1,1,", STATUS_CORRUPT, "column 'instrument' is empty"},
        {"1621429441000,X,1e400,1,", STATUS_RANGE, "column 'price': '1e400' cannot be held"},
        {"1621429441000,X,0.1234567890123456789,1,", STATUS_RANGE, "cannot be held exactly"},
        {"1621429441000,X,nan,1,", STATUS_CORRUPT, "column 'price': 'nan' is not a number"},
        {"1621429441000,X,0x10,1,", STATUS_CORRUPT, "column 'price': '0x10' is not a number"},
        {"1621429441000,X,-5,1,", STATUS_CORRUPT, "column 'price': -5 is not above 0"},
        {"1621429441000,X,0,1,", STATUS_CORRUPT, "column 'price': 0 is not above 0"},
        {"1621429441000,X,0.00,1,", STATUS_CORRUPT, "column 'price': 0 is not above 0"},
        {"1621429441000,X,.5,1,", STATUS_CORRUPT, "column 'price': '.5' is not a number"},
        {"1621429441000,X,5.,1,", STATUS_CORRUPT, "column 'price': '5.' is not a number"},
        {"1621429441000,X,1 ,1,", STATUS_CORRUPT, "column 'price': '1 '"},
        {"1621429441000,X,1,-1,", STATUS_CORRUPT, "column 'quantity': -1 is below 0"},
        {"1621429441000,X,1,x,", STATUS_CORRUPT, "column 'quantity': 'x' is not a number"},
        {"1621429441000,X,1,1,bought", STATUS_CORRUPT, "column 'side': 'bought' is neither"},
        {"1621429441,X,1,1,", STATUS_CORRUPT, "is a time in s, but the file began with ms"},
        {"1621429441000000,X,1,1,", STATUS_CORRUPT, "is a time in us, but the file began with ms"},
        {"2021-05-19T13:04:00Z,X,1,1,", STATUS_CORRUPT, "is ISO 8601, but the file began"},
        {"99999999999999,X,1,1,", STATUS_RANGE, "is outside 1678..2261"},
        {"1621429441000.5,X,1,1,", STATUS_CORRUPT, "column 'ts': '1621429441000.5' is neither"},
        {"yesterday,X,1,1,", STATUS_CORRUPT, "column 'ts': 'yesterday' is neither"},
        {"1621429439999,X,1,1,", STATUS_CORRUPT,
         "time runs backwards in X trade: 2021-05-19T13:03:59.999Z after 2021-05-19T13:04:00Z"},
        {"1621429441000,X Y,1,1,", STATUS_CORRUPT, "column 'instrument': not a name"},
        {"1621429441000,\"X,1,1,", STATUS_CORRUPT, "a quoted field does not end in its line"},
        {"1621429441000,\"X\"Y,1,1,", STATUS_CORRUPT, "text follows the closing quote"},
        {"1621429441000,X\x01,1,1,", STATUS_CORRUPT, "not a name"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int crlf = 0; crlf < 2; crlf++) {
            char text[1000];
            const char *const end = crlf ? "\r\n" : "\n";
            (void)snprintf(text, sizeof(text),
                           TICKS "1621429440000,X,1,1,%s1621429440000,X,2,1,%s%s%s"
                                 "1621429442000,X,1,1,buy%s1621429442000,X,1,1,buy%s"
                                 "1621429442000,X,1,1,buy%s",
                           end, end, cases[i].row, end, end, end, end);
            char words[200];
            (void)snprintf(words, sizeof(words), "'x.csv', line 4: ");
            expect_error(NULL, text, strlen(text), cases[i].status, words);
            expect_error(NULL, text, strlen(text), cases[i].status, cases[i].words);
        }
    }
}

static void bad_bars_are_named(void **state) {
    (void)state;
    static const struct {
        const char *rows;
        const char *words;
    } cases[] = {
        {"60,A,10,9,8,9,1\n", "line 2: column 'open': 10 is above the bar's high"},
        {"60,A,10,12,11,12,1\n", "column 'open': 10 is below the bar's low"},
        {"60,A,10,12,9,13,1\n", "column 'close': 13 is above the bar's high"},
        {"60,A,10,12,9,8.99,1\n", "column 'close': 8.99 is below the bar's low"},
        {"60,A,10,12,0,11,1\n", "column 'low': 0 is not above 0"},
        {"60,A,10,12,9,11,-1\n", "column 'volume': -1 is below 0"},
        {"60,A,10,12,9,11,\n", "column 'volume' is empty"},
        {"60,A,10,,9,11,1\n", "column 'high' is empty"},
        {"60,A,1,1,1,1,1\n60,A,1,1,1,1,1\n", "line 3: column 'ts': a second bar of A"},
        {"60,A,1,1,1,1,1\n0,A,1,1,1,1,1\n", "time runs backwards in A bar"},
        {"0,A,1,1,1,1,1\n60,A,1,1,1,1,1\n150,A,1,1,1,1,1\n",
         "bars of A: from 1970-01-01T00:01:00Z to 1970-01-01T00:02:30Z is not a multiple of their "
         "shortest spacing, 60 s"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[500];
        (void)snprintf(text, sizeof(text), BARS "%s", cases[i].rows);
        expect_error(NULL, text, strlen(text), STATUS_CORRUPT, cases[i].words);
    }
}

static void binary_and_endless_lines_are_refused(void **state) {
    (void)state;
    static const char nul[] = TICKS "1621429440000,X\0Y,1,1,\n1621429440000,XXXXXXXXXXXXXX,1,1,\n"
                                    "1621429440000,XXXXXXXXXXXXXX,1,1,\n";
    expect_error(NULL, nul, sizeof(nul) - 1, STATUS_CORRUPT, "line 2: a NUL byte");
    const size_t size = 200000;
    char *const endless = malloc(size);
    memset(endless, '1', size);
    expect_error(NULL, endless, size, STATUS_CORRUPT, "line 1: a line longer than 65536 bytes");
    memcpy(endless, TICKS, strlen(TICKS));
    endless[size - 1] = '\n';
    expect_error(NULL, endless, size, STATUS_CORRUPT, "line 2: a line longer than 65536 bytes");
    memset(endless, ',', 200);
    endless[200] = '\n';
    expect_error(NULL, endless, 201, STATUS_CORRUPT, "more than 128 fields");
    free(endless);
}

/* Many rows over many batches: what a plain reading of the file says is what the sink got. */
static void many_rows_keep_order_and_value(void **state) {
    (void)state;
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, 3);
    char *csv[2];
    size_t csv_size[2];
    FILE *files[2];
    static const char *const names[] = {"BTCUSDT", "ETHUSDT", "X", "BYBIT:1000SHIBUSDT"};
    char *expected[4];
    size_t expected_size[4];
    FILE *expectations[4];
    for (int i = 0; i < 2; i++)
        files[i] = open_memstream(&csv[i], &csv_size[i]);
    for (int i = 0; i < 4; i++)
        expectations[i] = open_memstream(&expected[i], &expected_size[i]);
    (void)fprintf(files[0], TICKS);
    (void)fprintf(files[1], TICKS);
    int64_t ts = INT64_C(1621429440000);
    for (int row = 0; row < 150000; row++) {
        ts += (int64_t)random_stream_below(&stream, 3);
        const unsigned name = (unsigned)random_stream_below(&stream, 4);
        const int decimals = (int)random_stream_below(&stream, 9);
        const int64_t price = random_stream_between(&stream, 1, 9999999999);
        char digits[40];
        (void)snprintf(digits, sizeof(digits), "%010" PRId64, price);
        const char *const side = random_stream_below(&stream, 2) ? "buy" : "sell";
        (void)fprintf(files[0], "%" PRId64 ",%s,%.*s.%s,%d,%s\n", ts, names[name],
                      10 - decimals - 1, digits, digits + 10 - decimals - 1, decimals, side);
        (void)fprintf(files[1], "\"%" PRId64 "\",%s,\"%.*s.%s\",%d,%s\n", ts, names[name],
                      10 - decimals - 1, digits, digits + 10 - decimals - 1, decimals, side);
        (void)fprintf(expectations[name], "%s trade %s%" PRId64 " %" PRId64 " %d %s\n", names[name],
                      "", ts, price, decimals, side);
    }
    for (int i = 0; i < 2; i++)
        (void)fclose(files[i]);
    for (int i = 0; i < 4; i++)
        (void)fclose(expectations[i]);

    /* fast whole, fast in pieces, slow: the same batches, byte by byte */
    assert_int_equal(decode(NULL, csv[0], csv_size[0], SIZE_MAX / 2), STATUS_OK);
    assert_int_equal(report.rows, 150000);
    assert_int_equal(report.instruments, 4);
    assert_true(sink.batches > 4);
    char *const whole = strdup(sink.text);
    text_sink_free(&sink);
    assert_int_equal(decode(NULL, csv[0], csv_size[0], 1009), STATUS_OK);
    assert_string_equal(sink.text, whole);
    text_sink_free(&sink);
    assert_int_equal(decode(NULL, csv[1], csv_size[1], 65536), STATUS_OK);
    assert_string_equal(sink.text, whole);
    text_sink_free(&sink);

    /* and against the numbers that were written: rows of one instrument stand in order */
    for (int name = 0; name < 4; name++) {
        const char *at = whole;
        char prefix[64];
        (void)snprintf(prefix, sizeof(prefix), "%s trade ", names[name]);
        for (char *line = strtok(expected[name], "\n"); line != NULL; line = strtok(NULL, "\n")) {
            while (strncmp(at, prefix, strlen(prefix)) != 0)
                at = strchr(at, '\n') + 1;
            int64_t price;
            int decimals;
            char side[8];
            char got_side[8];
            double got;
            assert_int_equal(
                sscanf(line + strlen(prefix), "%*d %" SCNd64 " %d %7s", &price, &decimals, side),
                3);
            char row[200]; /* sscanf() would look for the end of all the rows */
            (void)snprintf(row, sizeof(row), "%.*s", (int)strcspn(at, "\n"), at);
            assert_int_equal(sscanf(row + strlen(prefix), "%*s %lf %*s %7s", &got, got_side), 2);
            double value = (double)price;
            for (int i = 0; i <= decimals; i++)
                value /= 10;
            assert_true(got > value * (1 - 1e-12) && got < value * (1 + 1e-12));
            assert_string_equal(side, got_side);
            at = strchr(at, '\n') + 1;
        }
    }
    free(whole);
    for (int i = 0; i < 2; i++)
        free(csv[i]);
    for (int i = 0; i < 4; i++)
        free(expected[i]);
}

static void a_failing_sink_is_passed_on(void **state) {
    (void)state;
    struct generic_csv *csv;
    text_sink_begin(&sink);
    sink.fail = STATUS_FULL;
    const struct tick_sink port = text_sink_port(&sink);
    const char *const text = TICKS "1621429440000,X,1,1,\n";
    assert_int_equal(generic_csv_create(NULL, &port, &csv, NULL), STATUS_OK);
    assert_int_equal(generic_csv_begin(csv, "x.csv", NULL), STATUS_OK);
    assert_int_equal(generic_csv_feed(csv, text, strlen(text), NULL), STATUS_OK);
    assert_int_equal(generic_csv_end(csv, NULL), STATUS_OK);
    assert_int_equal(generic_csv_finish(csv, &report, &error), STATUS_FULL);
    assert_string_equal(error.message, "'x.csv': the sink fails");
    generic_csv_destroy(csv);
    generic_csv_destroy(NULL);
    text_sink_free(&sink);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_come_out_exactly),
        cmocka_unit_test(any_order_series_bom_and_line_ends),
        cmocka_unit_test(quotes_are_taken_off),
        cmocka_unit_test(every_time_unit_is_recognised),
        cmocka_unit_test(decimals_widen_or_start_a_new_batch),
        cmocka_unit_test(bars_find_their_length),
        cmocka_unit_test(columns_map_reads_other_files),
        cmocka_unit_test(header_only_is_no_rows),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(bad_ticks_are_named),
        cmocka_unit_test(bad_bars_are_named),
        cmocka_unit_test(binary_and_endless_lines_are_refused),
        cmocka_unit_test(many_rows_keep_order_and_value),
        cmocka_unit_test(a_failing_sink_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

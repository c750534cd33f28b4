/* Goal: the block codec gives back every row bit for bit, whatever the values, and takes any damage
 * for what it is. Method: random columns of all widths and shapes, round trip; each byte of small
 * blocks changed, each length cut. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random_stream.h"
#include "store/blocks/hash64.h"
#include "store/blocks/tick_block.h"

#define SEED 20210519
#define ROWS 3000
#define PADDING 64

struct rows {
    size_t count;
    int64_t ts_ns[TICK_BLOCK_ROWS_MAX];
    int64_t value[TICK_VALUES_MAX][TICK_BLOCK_ROWS_MAX];
    uint8_t flags[TICK_BLOCK_ROWS_MAX];
    int32_t price_decimals;
    int32_t quantity_decimals;
};

struct fixture {
    struct random_stream random;
    struct tick_block_encoder *encoder;
    struct tick_block_decoder *decoder;
    struct rows rows;
};

static int set_up(void **state) {
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    assert_non_null(fixture);
    random_stream_init(&fixture->random, SEED, RANDOM_TEST, 0);
    assert_int_equal(tick_block_encoder_create(&fixture->encoder, NULL), STATUS_OK);
    assert_int_equal(tick_block_decoder_create(&fixture->decoder, NULL), STATUS_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *fixture = *state;
    tick_block_encoder_destroy(fixture->encoder);
    tick_block_decoder_destroy(fixture->decoder);
    free(fixture);
    return 0;
}

static struct tick_batch batch_of(const struct rows *rows, enum series_kind kind) {
    struct tick_batch batch = {
        .count = rows->count,
        .ts_ns = rows->ts_ns,
        .flags = kind == SERIES_TICKS ? rows->flags : NULL,
        .price_decimals = rows->price_decimals,
        .quantity_decimals = rows->quantity_decimals,
    };
    for (size_t i = 0; i < (kind == SERIES_BARS ? 5u : 2u); i++)
        batch.value[i] = rows->value[i];
    return batch;
}

static int64_t power_of_ten(int32_t exponent) {
    int64_t power = 1;
    while (exponent-- > 0)
        power *= 10;
    return power;
}

/* The block may have dropped decimals that no row needs; the values must be the same. */
static void assert_same_values(size_t count, const int64_t *in, int32_t in_decimals,
                               const int64_t *out, int32_t out_decimals) {
    assert_true(out_decimals >= 0 && out_decimals <= in_decimals);
    const int64_t factor = power_of_ten(in_decimals - out_decimals);
    for (size_t i = 0; i < count; i++) {
        int64_t back;
        assert_false(__builtin_mul_overflow(out[i], factor, &back));
        assert_int_equal(back, in[i]);
    }
}

static void assert_same_rows(const struct rows *rows, enum series_kind kind,
                             const struct tick_batch *batch) {
    assert_int_equal(batch->count, rows->count);
    assert_memory_equal(batch->ts_ns, rows->ts_ns, rows->count * sizeof(int64_t));
    const size_t prices = kind == SERIES_BARS ? 4 : 1;
    for (size_t i = 0; i <= prices; i++) {
        const bool price = i < prices;
        assert_same_values(rows->count, rows->value[i],
                           price ? rows->price_decimals : rows->quantity_decimals, batch->value[i],
                           price ? batch->price_decimals : batch->quantity_decimals);
    }
    if (kind == SERIES_TICKS)
        assert_memory_equal(batch->flags, rows->flags, rows->count);
    else
        assert_null(batch->flags);
}

/* Encodes the rows and decodes them again; returns the size. */
static size_t round_trip(struct fixture *fixture, enum series_kind kind) {
    const struct tick_batch in = batch_of(&fixture->rows, kind);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct tick_block_summary written;
    struct tick_block_summary read;
    struct tick_batch out;
    struct error error = {0};
    assert_int_equal(
        tick_block_encode(fixture->encoder, kind, &in, 7, &bytes, &size, &written, &error),
        STATUS_OK);
    /* A copy of exactly this size, so that a sanitizer sees a read past the end. */
    uint8_t *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    const enum status status =
        tick_block_decode(fixture->decoder, copy, size, 7, &out, &read, &error);
    if (status != STATUS_OK)
        fail_msg("%s", error.message);
    assert_same_rows(&fixture->rows, kind, &out);
    assert_int_equal(read.kind, kind);
    assert_int_equal(read.count, written.count);
    assert_int_equal(read.first_ts_ns, fixture->rows.ts_ns[0]);
    assert_int_equal(read.last_ts_ns, fixture->rows.ts_ns[fixture->rows.count - 1]);
    assert_int_equal(read.hash, written.hash);
    assert_int_equal(tick_block_decode(fixture->decoder, copy, size, 8, &out, NULL, &error),
                     STATUS_CORRUPT); /* another series' seed */
    free(copy);
    return size;
}

/* A value of at most `bits` bits, of either sign if `sign`. */
static int64_t random_value(struct random_stream *random, unsigned bits, bool sign) {
    if (bits == 0)
        return 0;
    const uint64_t value = random_stream_next(random) >> (64 - bits);
    return sign && (random_stream_next(random) & 1) != 0 ? (int64_t)(0 - value) : (int64_t)value;
}

/* Columns of a random shape: noise of a width, a walk, multiples of a unit, few distinct values. */
static void fill_column(struct random_stream *random, size_t count, int64_t *ret_values) {
    const unsigned bits = (unsigned)random_stream_below(random, 65);
    const uint64_t shape = random_stream_below(random, 5);
    const int64_t base = random_value(random, (unsigned)random_stream_below(random, 65), true);
    int64_t value = base;
    for (size_t i = 0; i < count; i++) {
        const int64_t noise = random_value(random, bits, true);
        switch (shape) {
        case 0:
            value = noise;
            break;
        case 1:
            value = (int64_t)((uint64_t)value + (uint64_t)random_value(random, bits % 20, true));
            break;
        case 2:
            value = (noise >> 20) * 1000;
            break;
        case 3:
            value = (int64_t)((uint64_t)base + (random_stream_next(random) & 1));
            break;
        default:
            value = base;
            break;
        }
        ret_values[i] = value;
    }
}

static int compare_times(const void *a, const void *b) {
    const int64_t first = *(const int64_t *)a;
    const int64_t second = *(const int64_t *)b;
    return first < second ? -1 : first > second;
}

static void fill_rows(struct fixture *fixture, enum series_kind kind, size_t count) {
    struct random_stream *random = &fixture->random;
    struct rows *rows = &fixture->rows;
    rows->count = count;
    rows->price_decimals = (int32_t)random_stream_below(random, 19);
    rows->quantity_decimals = (int32_t)random_stream_below(random, 19);
    fill_column(random, count, rows->ts_ns);
    qsort(rows->ts_ns, count, sizeof(int64_t), compare_times);
    for (size_t i = 0; i < (kind == SERIES_BARS ? 5u : 2u); i++)
        fill_column(random, count, rows->value[i]);
    for (size_t i = 0; i < count; i++)
        rows->flags[i] = (uint8_t)random_stream_below(random, 8);
}

static void random_rows_come_back(void **state) {
    struct fixture *fixture = *state;
    for (int round = 0; round < 600; round++) {
        const enum series_kind kind = round % 2 == 0 ? SERIES_TICKS : SERIES_BARS;
        const size_t count =
            1 + (size_t)random_stream_below(&fixture->random, round % 3 == 0 ? ROWS : 20);
        fill_rows(fixture, kind, count);
        (void)round_trip(fixture, kind);
    }
    fill_rows(fixture, SERIES_BARS, TICK_BLOCK_ROWS_MAX);
    (void)round_trip(fixture, SERIES_BARS);
}

/* The ends of int64, next to each other, in every column. */
static void extremes_come_back(void **state) {
    static const int64_t extremes[] = {INT64_MIN,     INT64_MAX,    0, -1, 1,
                                       INT64_MIN + 1, INT64_MAX - 1};
    struct fixture *fixture = *state;
    struct rows *rows = &fixture->rows;
    for (int round = 0; round < 200; round++) {
        rows->count = 1 + (size_t)random_stream_below(&fixture->random, 40);
        rows->price_decimals = round % 19;
        rows->quantity_decimals = 18 - round % 19;
        for (size_t i = 0; i < rows->count; i++) {
            rows->ts_ns[i] = extremes[random_stream_below(&fixture->random, 7)];
            for (size_t j = 0; j < TICK_VALUES_MAX; j++)
                rows->value[j][i] = extremes[random_stream_below(&fixture->random, 7)];
            rows->flags[i] = (uint8_t)(i % 8);
        }
        qsort(rows->ts_ns, rows->count, sizeof(int64_t), compare_times);
        (void)round_trip(fixture, round % 2 == 0 ? SERIES_TICKS : SERIES_BARS);
    }
}

/* Even bars of whole prices take next to nothing, and lose the decimals that they do not need. */
static void plain_data_is_small(void **state) {
    struct fixture *fixture = *state;
    struct rows *rows = &fixture->rows;
    rows->count = 10000;
    rows->price_decimals = 8;
    rows->quantity_decimals = 8;
    for (size_t i = 0; i < rows->count; i++) {
        rows->ts_ns[i] = INT64_C(1621209600000000000) + (int64_t)i * INT64_C(60000000000);
        for (size_t j = 0; j < 4; j++)
            rows->value[j][i] = INT64_C(4000050000000);
        rows->value[4][i] = 0;
    }
    assert_true(round_trip(fixture, SERIES_BARS) < 300);
    const struct tick_batch in = batch_of(rows, SERIES_BARS);
    const uint8_t *bytes = NULL;
    size_t size = 0;
    struct tick_block_summary summary;
    assert_int_equal(
        tick_block_encode(fixture->encoder, SERIES_BARS, &in, 0, &bytes, &size, &summary, NULL),
        STATUS_OK);
    assert_int_equal(summary.price_decimals, 1);
    assert_int_equal(summary.quantity_decimals, 0);
}

/* A damaged block is told, or (where zstd has bits without meaning) gives the same rows. */
static void check_damaged(struct fixture *fixture, enum series_kind kind, const uint8_t *bytes,
                          size_t size) {
    struct tick_batch out;
    struct error error = {0};
    const enum status status =
        tick_block_decode(fixture->decoder, bytes, size, 7, &out, NULL, &error);
    if (status == STATUS_OK)
        assert_same_rows(&fixture->rows, kind, &out);
    else
        assert_int_equal(status, STATUS_CORRUPT);
}

static void damage_is_told(void **state) {
    struct fixture *fixture = *state;
    for (int round = 0; round < 24; round++) {
        const enum series_kind kind = round % 2 == 0 ? SERIES_TICKS : SERIES_BARS;
        fill_rows(fixture, kind, 200);
        const struct tick_batch in = batch_of(&fixture->rows, kind);
        const uint8_t *bytes = NULL;
        size_t size = 0;
        struct tick_block_summary summary;
        assert_int_equal(
            tick_block_encode(fixture->encoder, kind, &in, 7, &bytes, &size, &summary, NULL),
            STATUS_OK);
        uint8_t *copy = malloc(size + PADDING);
        assert_non_null(copy);
        for (size_t i = 0; i < size; i++) {
            memcpy(copy, bytes, size);
            copy[i] ^= (uint8_t)(1u << random_stream_below(&fixture->random, 8));
            check_damaged(fixture, kind, copy, size);
            copy[i] = (uint8_t)random_stream_next(&fixture->random);
            check_damaged(fixture, kind, copy, size);
        }
        memcpy(copy, bytes, size);
        memset(copy + size, 0, PADDING);
        struct tick_batch out;
        for (size_t cut = 0; cut < size; cut += 1 + size / 300) {
            uint8_t *part = malloc(cut == 0 ? 1 : cut);
            assert_non_null(part);
            memcpy(part, copy, cut);
            assert_int_equal(tick_block_decode(fixture->decoder, part, cut, 7, &out, NULL, NULL),
                             STATUS_CORRUPT);
            free(part);
        }
        assert_int_equal(
            tick_block_decode(fixture->decoder, copy, size + PADDING, 7, &out, NULL, NULL),
            STATUS_CORRUPT);
        free(copy);
    }
}

/* Known values of XXH64 with seed 0. */
static void hash_is_xxh64(void **state) {
    (void)state;
    assert_int_equal(hash64(NULL, 0, 0), UINT64_C(0xef46db3751d8e999));
    assert_int_equal(hash64("a", 1, 0), UINT64_C(0xd24ec4f1a98c6e5b));
    assert_int_equal(hash64("abc", 3, 0), UINT64_C(0x44bc2cf5ad770999));
    assert_int_equal(hash64("The quick brown fox jumps over the lazy dog", 43, 0),
                     UINT64_C(0x0b242d361fda71bc));
}

int main(void) {
    printf("seed %d\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_rows_come_back), cmocka_unit_test(extremes_come_back),
        cmocka_unit_test(plain_data_is_small),   cmocka_unit_test(damage_is_told),
        cmocka_unit_test(hash_is_xxh64),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

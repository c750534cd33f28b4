#pragma once
/* Where the fields of Databento's Binary Encoding stand, versions 1 to 3, little-endian. Source:
 * the open specification (databento.com/docs/standards-and-conventions/databento-binary-encoding)
 * and the offsets that Databento's own library gives for its records (databento-dbn 0.54). */

#include <stdint.h>
#include <string.h>

#define DBN_VERSION_MAX 3
#define DBN_PREFIX_SIZE ((size_t)8) /* "DBN", version, size of the metadata */
#define DBN_METADATA_FIXED ((size_t)100)
#define DBN_DATASET_SIZE ((size_t)16)
#define DBN_SYMBOL_V1 ((size_t)22)
#define DBN_SYMBOL ((size_t)71)
#define DBN_HEADER_SIZE ((size_t)16)
#define DBN_RECORD_MAX ((size_t)(255 * 4))

#define DBN_PRICE_DECIMALS 9
#define DBN_PRICE_NONE INT64_MAX
#define DBN_TIME_NONE UINT64_MAX
#define DBN_SIZE_NONE UINT32_MAX

enum dbn_rtype {
    DBN_TRADE = 0x00,
    DBN_MBP_1 = 0x01, /* tbbo too */
    DBN_MBP_10 = 0x0A,
    DBN_OHLCV_OLD = 0x11, /* of any length */
    DBN_STATUS = 0x12,
    DBN_DEFINITION = 0x13,
    DBN_IMBALANCE = 0x14,
    DBN_ERROR = 0x15,
    DBN_SYMBOL_MAPPING = 0x16,
    DBN_SYSTEM = 0x17,
    DBN_STATISTICS = 0x18,
    DBN_OHLCV_1S = 0x20,
    DBN_OHLCV_1M = 0x21,
    DBN_OHLCV_1H = 0x22,
    DBN_OHLCV_1D = 0x23,
    DBN_OHLCV_EOD = 0x24,
    DBN_MBO = 0xA0,
    DBN_CMBP_1 = 0xB1,
    DBN_CBBO_1S = 0xC0,
    DBN_CBBO_1M = 0xC1,
    DBN_TCBBO = 0xC2,
    DBN_BBO_1S = 0xC3,
    DBN_BBO_1M = 0xC4,
    DBN_TBBO = 0xC5,
};

/* The header of every record. */
#define DBN_AT_LENGTH 0 /* in words of 4 bytes */
#define DBN_AT_RTYPE 1
#define DBN_AT_INSTRUMENT 4
#define DBN_AT_TS_EVENT 8

/* trades, mbp-1, mbp-10, tbbo, bbo and their consolidated kin begin alike. */
#define DBN_BOOK_PRICE 16
#define DBN_BOOK_SIZE 24
#define DBN_BOOK_ACTION 28
#define DBN_BOOK_SIDE 29
#define DBN_BOOK_FLAGS 30
#define DBN_BOOK_TS_RECV 32
#define DBN_BOOK_BID 48
#define DBN_BOOK_ASK 56
#define DBN_BOOK_BID_SIZE 64
#define DBN_BOOK_ASK_SIZE 68
#define DBN_FLAG_MAYBE_BAD_BOOK 4u

#define DBN_MBO_PRICE 24
#define DBN_MBO_SIZE 32
#define DBN_MBO_ACTION 38
#define DBN_MBO_SIDE 39
#define DBN_MBO_TS_RECV 40

#define DBN_OHLCV_OPEN 16 /* then high, low, close, volume, 8 bytes each */

/* status, definition and statistics have it here. */
#define DBN_OTHER_TS_RECV 16

#define DBN_STATUS_ACTION 24

#define DBN_DEFINITION_PRICE_TICK 24
#define DBN_DEFINITION_HIGH_LIMIT 56
#define DBN_DEFINITION_LOW_LIMIT 64
#define DBN_DEFINITION_SYMBOL 200
#define DBN_DEFINITION_SYMBOL_V3 238

#define DBN_STATISTICS_PRICE 32
#define DBN_STATISTICS_QUANTITY 40
#define DBN_STATISTICS_TYPE 52
#define DBN_STATISTICS_ACTION 56
#define DBN_STATISTICS_TYPE_V3 56
#define DBN_STATISTICS_ACTION_V3 60

#define DBN_MAPPING_IN_V1 16
#define DBN_MAPPING_OUT_V1 38
#define DBN_MAPPING_IN 17
#define DBN_MAPPING_OUT 89

static inline uint16_t dbn_u16(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint32_t dbn_u32(const uint8_t *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap32(word);
#endif
    return word;
}

static inline uint64_t dbn_u64(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline int64_t dbn_i64(const uint8_t *bytes) {
    return (int64_t)dbn_u64(bytes);
}

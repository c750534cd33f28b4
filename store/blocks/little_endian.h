#pragma once
/* Integers in stored bytes: little-endian, at any alignment. */

#include <endian.h>
#include <stdint.h>
#include <string.h>

static inline void store_32(uint8_t *bytes, uint32_t value) {
    value = htole32(value);
    memcpy(bytes, &value, sizeof(value));
}

static inline uint32_t load_32(const uint8_t *bytes) {
    uint32_t value;
    memcpy(&value, bytes, sizeof(value));
    return le32toh(value);
}

static inline void store_64(uint8_t *bytes, uint64_t value) {
    value = htole64(value);
    memcpy(bytes, &value, sizeof(value));
}

static inline uint64_t load_64(const uint8_t *bytes) {
    uint64_t value;
    memcpy(&value, bytes, sizeof(value));
    return le64toh(value);
}

#include "store/blocks/hash64.h"

#include "store/blocks/little_endian.h"

#define PRIME_1 UINT64_C(0x9E3779B185EBCA87)
#define PRIME_2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define PRIME_3 UINT64_C(0x165667B19E3779F9)
#define PRIME_4 UINT64_C(0x85EBCA77C2B2AE63)
#define PRIME_5 UINT64_C(0x27D4EB2F165667C5)

static uint64_t rotate_left(uint64_t value, int bits) {
    return (value << bits) | (value >> (64 - bits));
}

static uint64_t mix(uint64_t lane, uint64_t input) {
    return rotate_left(lane + input * PRIME_2, 31) * PRIME_1;
}

static uint64_t merge(uint64_t hash, uint64_t lane) {
    return (hash ^ mix(0, lane)) * PRIME_1 + PRIME_4;
}

uint64_t hash64(const void *bytes, size_t size, uint64_t seed) {
    const uint8_t *at = bytes;
    size_t left = size;
    uint64_t hash;

    if (left >= 32) {
        uint64_t lane[4] = {seed + PRIME_1 + PRIME_2, seed + PRIME_2, seed, seed - PRIME_1};
        for (; left >= 32; left -= 32, at += 32) {
            for (int i = 0; i < 4; i++)
                lane[i] = mix(lane[i], load_64(at + 8 * i));
        }
        hash = rotate_left(lane[0], 1) + rotate_left(lane[1], 7) + rotate_left(lane[2], 12) +
               rotate_left(lane[3], 18);
        for (int i = 0; i < 4; i++)
            hash = merge(hash, lane[i]);
    } else {
        hash = seed + PRIME_5;
    }
    hash += (uint64_t)size;

    for (; left >= 8; left -= 8, at += 8)
        hash = rotate_left(hash ^ mix(0, load_64(at)), 27) * PRIME_1 + PRIME_4;
    if (left >= 4) {
        hash = rotate_left(hash ^ (load_32(at) * PRIME_1), 23) * PRIME_2 + PRIME_3;
        left -= 4;
        at += 4;
    }
    for (; left > 0; left--, at++)
        hash = rotate_left(hash ^ (*at * PRIME_5), 11) * PRIME_1;

    hash = (hash ^ (hash >> 33)) * PRIME_2;
    hash = (hash ^ (hash >> 29)) * PRIME_3;
    return hash ^ (hash >> 32);
}

#include "base/sha256.h"

#include <assert.h>
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

#define BLOCK 64

struct sha256 {
    GChecksum *portable; /* NULL: the processor's instructions */
    uint32_t state[8];
    uint64_t size;
    uint8_t rest[BLOCK]; /* the first size % 64 bytes of the next block */
};

#if defined(__x86_64__)

/* FIPS 180-4, §4.2.2 */
static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static bool processor_has_sha(void) {
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & bit_SSSE3) == 0 || (c & bit_SSE4_1) == 0)
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 29)) != 0;
}

/* The instructions keep the state as two registers, ABEF and CDGH, and do two rounds a call; the
 * message schedule is computed four words at a time, in place, sixteen rounds behind its use. */
__attribute__((target("sha,sse4.1,ssse3"))) static void
blocks_processor(uint32_t state[8], const uint8_t *bytes, size_t count) {
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i dcba = _mm_loadu_si128((const __m128i *)(const void *)&state[0]);
    const __m128i hgfe = _mm_loadu_si128((const __m128i *)(const void *)&state[4]);
    const __m128i cdab = _mm_shuffle_epi32(dcba, 0xB1);
    const __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1B);
    __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
    __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xF0);

    for (; count > 0; count--, bytes += BLOCK) {
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        __m128i words[4];
        for (int i = 0; i < 4; i++)
            words[i] = _mm_shuffle_epi8(
                _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i)), swap);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            const __m128i constants =
                _mm_load_si128((const __m128i *)(const void *)&round_constants[4 * i]);
            const __m128i sum = _mm_add_epi32(words[i & 3], constants);
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0E));
            if (i < 12) { /* words of the rounds 16 later */
                __m128i next = _mm_sha256msg1_epu32(words[i & 3], words[(i + 1) & 3]);
                next =
                    _mm_add_epi32(next, _mm_alignr_epi8(words[(i + 3) & 3], words[(i + 2) & 3], 4));
                words[i & 3] = _mm_sha256msg2_epu32(next, words[(i + 3) & 3]);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }

    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    _mm_storeu_si128((__m128i *)(void *)&state[0], _mm_blend_epi16(feba, dchg, 0xF0));
    _mm_storeu_si128((__m128i *)(void *)&state[4], _mm_alignr_epi8(dchg, feba, 8));
}

#else

static bool processor_has_sha(void) {
    return false;
}

static void blocks_processor(uint32_t state[8], const uint8_t *bytes, size_t count) {
    (void)state;
    (void)bytes;
    (void)count;
    assert(!"unreachable: only where processor_has_sha()");
}

#endif

static struct sha256 *create(bool processor) {
    /* FIPS 180-4, §5.3.3 */
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    struct sha256 *sha = calloc(1, sizeof(*sha));
    if (sha == NULL)
        return NULL;
    memcpy(sha->state, initial, sizeof(initial));
    if (!processor)
        sha->portable = g_checksum_new(G_CHECKSUM_SHA256);
    return sha;
}

struct sha256 *sha256_create(void) {
    return create(processor_has_sha());
}

struct sha256 *sha256_create_portable(void) {
    return create(false);
}

void sha256_update(struct sha256 *sha, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    if (sha->portable != NULL) {
        g_checksum_update(sha->portable, p, (gssize)size);
        return;
    }
    const size_t held = sha->size % BLOCK;
    sha->size += size;
    if (held > 0) {
        const size_t take = size < BLOCK - held ? size : BLOCK - held;
        memcpy(sha->rest + held, p, take);
        if (held + take < BLOCK)
            return;
        blocks_processor(sha->state, sha->rest, 1);
        p += take;
        size -= take;
    }
    blocks_processor(sha->state, p, size / BLOCK);
    if (size % BLOCK > 0)
        memcpy(sha->rest, p + (size - size % BLOCK), size % BLOCK);
}

void sha256_finish(struct sha256 *sha, char ret_hex[65]) {
    if (sha->portable != NULL) {
        memcpy(ret_hex, g_checksum_get_string(sha->portable), 65);
        return;
    }
    /* a 1 bit, zeros, and the size in bits as 8 bytes, highest first, fill the last block */
    const uint64_t bits = sha->size * 8;
    uint8_t tail[2 * BLOCK] = {0x80};
    const size_t held = sha->size % BLOCK;
    const size_t padding = (held < BLOCK - 8 ? BLOCK : 2 * BLOCK) - held;
    for (size_t i = 0; i < 8; i++)
        tail[padding - 1 - i] = (uint8_t)(bits >> (8 * i));
    sha256_update(sha, tail, padding);
    for (size_t i = 0; i < 64; i++)
        ret_hex[i] = "0123456789abcdef"[sha->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    ret_hex[64] = '\0';
}

void sha256_destroy(struct sha256 *sha) {
    if (sha == NULL)
        return;
    if (sha->portable != NULL)
        g_checksum_free(sha->portable);
    free(sha);
}

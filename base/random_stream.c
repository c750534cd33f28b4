#include "base/random_stream.h"

#include <assert.h>

#include <Random123/philox.h>

#include "base/elementary.h"
#include "base/units.h"

void random_stream_init(struct random_stream *stream, uint64_t seed, enum random_purpose purpose,
                        uint64_t index) {
    *stream = (struct random_stream){
        .seed = seed, .index = index, .purpose = (uint32_t)purpose, .word_next = 4};
}

static uint32_t random_stream_word(struct random_stream *stream) {
    if (stream->word_next == 4) {
        const philox4x32_ctr_t counter = {{stream->block, stream->purpose, (uint32_t)stream->index,
                                           (uint32_t)(stream->index >> 32)}};
        const philox4x32_key_t key = {{(uint32_t)stream->seed, (uint32_t)(stream->seed >> 32)}};
        const philox4x32_ctr_t block = philox4x32(counter, key);
        for (int i = 0; i < 4; i++)
            stream->words[i] = block.v[i];
        stream->block++;
        stream->word_next = 0;
    }
    return stream->words[stream->word_next++];
}

uint64_t random_stream_next(struct random_stream *stream) {
    const uint64_t high = random_stream_word(stream);
    return high << 32 | random_stream_word(stream);
}

double random_stream_uniform(struct random_stream *stream) {
    return ((double)(random_stream_next(stream) >> 11) + 0.5) * (1.0 / 9007199254740992.0);
}

uint64_t random_stream_below(struct random_stream *stream, uint64_t bound) {
    assert(bound > 0);
    for (;;) { /* Lemire's multiply-and-reject */
        const uint128 product = (uint128)random_stream_next(stream) * bound;
        if ((uint64_t)product >= (0 - bound) % bound)
            return (uint64_t)(product >> 64);
    }
}

int64_t random_stream_between(struct random_stream *stream, int64_t low, int64_t high) {
    assert(low <= high);
    const uint64_t span = (uint64_t)high - (uint64_t)low;
    if (span == UINT64_MAX)
        return (int64_t)random_stream_next(stream);
    return (int64_t)((uint64_t)low + random_stream_below(stream, span + 1));
}

double random_stream_normal(struct random_stream *stream) {
    return elementary_normal_quantile(random_stream_uniform(stream));
}

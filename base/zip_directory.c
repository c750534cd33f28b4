#include "base/zip_directory.h"

#include <string.h>

static uint64_t little_endian(const uint8_t *bytes, int size) {
    uint64_t value = 0;
    for (int i = size - 1; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

bool zip_directory_count(const struct raw_file *raw, uint64_t *ret_count) {
    enum { END_SIZE = 22, COMMENT_MAX = 65535, LOCATOR_SIZE = 20, ZIP64_END_SIZE = 56 };
    uint8_t end[END_SIZE];
    for (uint64_t back = END_SIZE; back <= END_SIZE + COMMENT_MAX && back <= raw->size; back++) {
        const uint64_t at = raw->size - back;
        if (!raw_file_peek(raw, at, END_SIZE, end))
            return false;
        if (memcmp(end, "PK\x05\x06", 4) != 0)
            continue;
        *ret_count = little_endian(end + 10, 2);
        uint8_t wide[ZIP64_END_SIZE];
        if (at >= LOCATOR_SIZE && raw_file_peek(raw, at - LOCATOR_SIZE, LOCATOR_SIZE, wide) &&
            memcmp(wide, "PK\x06\x07", 4) == 0 &&
            raw_file_peek(raw, little_endian(wide + 8, 8), ZIP64_END_SIZE, wide) &&
            memcmp(wide, "PK\x06\x06", 4) == 0)
            *ret_count = little_endian(wide + 32, 8);
        return true;
    }
    return false;
}

/* Runs a fuzz target as a plain test: over each file of a corpus, and over copies of it with bytes
 * changed, cut and doubled, always the same ones. Usage: TARGET_corpus FOLDER [CHANGES]. */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random_stream.h"
#include "tests/fuzz/fuzz_demand.h"

#define FILE_MAX ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* One change of `bytes`, which have room for 2 * FILE_MAX; returns the new size. */
static size_t change(struct random_stream *stream, uint8_t *bytes, size_t size) {
    if (size == 0)
        return 0;
    const size_t at = random_stream_below(stream, size);
    switch (random_stream_below(stream, 5)) {
    case 0: /* any byte */
        bytes[at] = (uint8_t)random_stream_next(stream);
        return size;
    case 1: /* one bit */
        bytes[at] = (uint8_t)(bytes[at] ^ 1u << random_stream_below(stream, 8));
        return size;
    case 2: /* a byte that means something in text */
        bytes[at] = (uint8_t) ",\n\"\r.-e09"[random_stream_below(stream, 9)];
        return size;
    case 3: /* cut */
        return at;
    default: /* a part of it once more, at the end */
        if (size > FILE_MAX)
            return size;
        memmove(bytes + size, bytes + at, size - at);
        return size + (size - at);
    }
}

static void run_file(const char *path, uint64_t index, uint64_t changes) {
    FILE *const file = fopen(path, "rb");
    FUZZ_DEMAND(file != NULL);
    uint8_t *const original = malloc(FILE_MAX);
    uint8_t *const changed = malloc(2 * FILE_MAX);
    FUZZ_DEMAND(original != NULL && changed != NULL);
    const size_t original_size = fread(original, 1, FILE_MAX, file);
    (void)fclose(file); /* only read from */
    (void)LLVMFuzzerTestOneInput(original, original_size);
    struct random_stream stream;
    random_stream_init(&stream, 20210519, RANDOM_TEST, index);
    for (uint64_t i = 0; i < changes; i++) {
        memcpy(changed, original, original_size);
        size_t size = original_size;
        for (uint64_t count = 1 + random_stream_below(&stream, 4); count > 0; count--)
            size = change(&stream, changed, size);
        (void)LLVMFuzzerTestOneInput(changed, size);
    }
    free(changed);
    free(original);
}

static int visible(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv) {
    FUZZ_DEMAND(argc >= 2);
    const uint64_t changes = argc > 2 ? strtoull(argv[2], NULL, 10) : 500;
    struct dirent **entries;
    const int count = scandir(argv[1], &entries, visible, alphasort);
    FUZZ_DEMAND(count > 0);
    for (int i = 0; i < count; i++) {
        char path[4096];
        (void)snprintf(path, sizeof(path), "%s/%s", argv[1], entries[i]->d_name);
        run_file(path, (uint64_t)i, changes);
        free(entries[i]);
    }
    free(entries);
    printf("%d files, %llu changes of each, seed 20210519\n", count, (unsigned long long)changes);
    return 0;
}

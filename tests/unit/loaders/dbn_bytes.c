#include "tests/unit/loaders/dbn_bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* `size` further bytes, zero. */
static uint8_t *add(struct dbn_bytes *dbn, size_t size) {
    if (dbn->size + size > dbn->room) {
        dbn->room = 2 * (dbn->size + size);
        dbn->bytes = realloc(dbn->bytes, dbn->room);
        assert(dbn->bytes != NULL);
    }
    memset(dbn->bytes + dbn->size, 0, size);
    dbn->size += size;
    return dbn->bytes + dbn->size - size;
}

static void put(uint8_t *bytes, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

void dbn_bytes_begin(struct dbn_bytes *dbn, uint8_t version, const struct dbn_meaning *meanings,
                     size_t count) {
    const size_t symbol = version == 1 ? 22 : 71;
    *dbn = (struct dbn_bytes){0};
    memcpy(add(dbn, 8), "DBN", 3);
    dbn->bytes[3] = version;
    uint8_t *const fixed = add(dbn, 100);
    memcpy(fixed, "GLBX.MDP3", 9);
    const size_t at = version == 1 ? 50 : 42;
    fixed[at] = 1; /* raw symbols in, ids out */
    put(fixed + at + 3, version == 1 ? 0 : symbol, 2);
    (void)add(dbn, 4); /* no schema definition */
    for (size_t list = 0; list < 3; list++) {
        put(add(dbn, 4), list == 0 ? count : 0, 4);
        for (size_t i = 0; list == 0 && i < count; i++)
            strncpy((char *)add(dbn, symbol), meanings[i].symbol, symbol);
    }
    put(add(dbn, 4), count, 4);
    for (size_t i = 0; i < count; i++) {
        strncpy((char *)add(dbn, symbol), meanings[i].symbol, symbol);
        put(add(dbn, 4), 1, 4);
        put(add(dbn, 4), meanings[i].from, 4);
        put(add(dbn, 4), meanings[i].to, 4);
        strncpy((char *)add(dbn, symbol), meanings[i].id, symbol);
    }
    while (version == 3 && dbn->size % 8 != 0)
        (void)add(dbn, 1);
    put(dbn->bytes + 4, dbn->size - 8, 4);
}

void dbn_bytes_record(struct dbn_bytes *dbn, uint8_t rtype, size_t size, uint32_t id,
                      uint64_t ts_event) {
    dbn->record = dbn->size;
    uint8_t *const record = add(dbn, size);
    record[0] = (uint8_t)(size / 4);
    record[1] = rtype;
    record[2] = 1;
    put(record + 4, id, 4);
    put(record + 8, ts_event, 8);
}

void dbn_bytes_u8(struct dbn_bytes *dbn, size_t at, uint8_t value) {
    dbn->bytes[dbn->record + at] = value;
}

void dbn_bytes_u16(struct dbn_bytes *dbn, size_t at, uint16_t value) {
    put(dbn->bytes + dbn->record + at, value, 2);
}

void dbn_bytes_u32(struct dbn_bytes *dbn, size_t at, uint32_t value) {
    put(dbn->bytes + dbn->record + at, value, 4);
}

void dbn_bytes_u64(struct dbn_bytes *dbn, size_t at, uint64_t value) {
    put(dbn->bytes + dbn->record + at, value, 8);
}

void dbn_bytes_text(struct dbn_bytes *dbn, size_t at, const char *text) {
    memcpy(dbn->bytes + dbn->record + at, text, strlen(text));
}

void dbn_bytes_trade(struct dbn_bytes *dbn, uint32_t id, uint64_t ts_event, int64_t price,
                     uint32_t size, char side) {
    dbn_bytes_record(dbn, 0, 48, id, ts_event);
    dbn_bytes_u64(dbn, 16, (uint64_t)price);
    dbn_bytes_u32(dbn, 24, size);
    dbn_bytes_u8(dbn, 28, 'T');
    dbn_bytes_u8(dbn, 29, (uint8_t)side);
    dbn_bytes_u64(dbn, 32, ts_event + 1000);
}

void dbn_bytes_free(struct dbn_bytes *dbn) {
    free(dbn->bytes);
    *dbn = (struct dbn_bytes){0};
}

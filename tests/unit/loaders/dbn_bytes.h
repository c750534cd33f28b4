#pragma once
/* Makes DBN files for tests and benchmarks, field by field. */

#include <stddef.h>
#include <stdint.h>

struct dbn_bytes {
    uint8_t *bytes; /* grows; freed by dbn_bytes_free() */
    size_t size;
    size_t room;
    size_t record; /* where the record being made begins */
};

/* One meaning of an id: days as yyyymmdd, `to` exclusive. */
struct dbn_meaning {
    const char *symbol;
    uint32_t from;
    uint32_t to;
    const char *id;
};

/* Prefix and metadata of version 1 to 3: `count` meanings, each a mapping of its own. */
void dbn_bytes_begin(struct dbn_bytes *dbn, uint8_t version, const struct dbn_meaning *meanings,
                     size_t count);

/* A record of `size` bytes, zeros behind its header; the setters below then fill it. */
void dbn_bytes_record(struct dbn_bytes *dbn, uint8_t rtype, size_t size, uint32_t id,
                      uint64_t ts_event);
void dbn_bytes_u8(struct dbn_bytes *dbn, size_t at, uint8_t value);
void dbn_bytes_u16(struct dbn_bytes *dbn, size_t at, uint16_t value);
void dbn_bytes_u32(struct dbn_bytes *dbn, size_t at, uint32_t value);
void dbn_bytes_u64(struct dbn_bytes *dbn, size_t at, uint64_t value);
void dbn_bytes_text(struct dbn_bytes *dbn, size_t at, const char *text);

/* A whole record of type 0 (trades). */
void dbn_bytes_trade(struct dbn_bytes *dbn, uint32_t id, uint64_t ts_event, int64_t price,
                     uint32_t size, char side);

void dbn_bytes_free(struct dbn_bytes *dbn);

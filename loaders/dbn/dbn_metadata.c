#include "loaders/dbn/dbn_metadata.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "loaders/dbn/dbn_layout.h"

#define METADATA_MAX ((size_t)32 << 20) /* some 200,000 mappings */
#define STYPE_INSTRUMENT_ID 0

/* The metadata, and how far it is read. */
struct cursor {
    const uint8_t *bytes;
    size_t size;
    size_t at;
    size_t symbol_size;
};

static enum status cut_off(const struct cursor *cursor, const char *what, struct error *reterr) {
    return error_set(reterr, STATUS_CORRUPT, "byte %zu: the metadata end within their %s",
                     cursor->at + DBN_PREFIX_SIZE, what);
}

static bool take_u32(struct cursor *cursor, uint32_t *ret_value) {
    if (cursor->size - cursor->at < 4)
        return false;
    *ret_value = dbn_u32(cursor->bytes + cursor->at);
    cursor->at += 4;
    return true;
}

/* A symbol of fixed size, filled up with NUL; borrowed. */
static bool take_symbol(struct cursor *cursor, const char **ret_text, size_t *ret_size) {
    if (cursor->size - cursor->at < cursor->symbol_size)
        return false;
    *ret_text = (const char *)cursor->bytes + cursor->at;
    *ret_size = strnlen(*ret_text, cursor->symbol_size);
    cursor->at += cursor->symbol_size;
    return true;
}

/* A list of symbols that nobody asks for. */
static bool pass_symbols(struct cursor *cursor) {
    uint32_t count;
    if (!take_u32(cursor, &count) || count > (cursor->size - cursor->at) / cursor->symbol_size)
        return false;
    cursor->at += count * cursor->symbol_size;
    return true;
}

/* yyyymmdd to the start of that day. */
static bool take_date(struct cursor *cursor, int64_t *ret_ts_ns) {
    uint32_t date;
    char text[32];
    if (!take_u32(cursor, &date) || date > 99999999)
        return false;
    const int size =
        snprintf(text, sizeof(text), "%04u-%02u-%02u", date / 10000, date / 100 % 100, date % 100);
    return time_parse_iso(text, (size_t)size, ret_ts_ns);
}

static bool parse_id(const char *text, size_t size, uint32_t *ret_id) {
    uint64_t id = 0;
    if (size == 0 || size > 10)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        id = id * 10 + (uint64_t)(text[i] - '0');
    }
    *ret_id = (uint32_t)id;
    return id <= UINT32_MAX;
}

/* One symbol with its intervals. The id stands in the interval where the file's ids are what the
 * symbols were resolved to, else in the place of the symbol; where neither is an id nothing is
 * learnt. */
static enum status take_mapping(struct cursor *cursor, bool ids_in_intervals,
                                struct dbn_symbols *symbols, struct error *reterr) {
    const char *symbol;
    size_t symbol_size;
    uint32_t intervals;
    if (!take_symbol(cursor, &symbol, &symbol_size) || !take_u32(cursor, &intervals))
        return cut_off(cursor, "symbol mappings", reterr);
    for (uint32_t i = 0; i < intervals; i++) {
        const size_t at = cursor->at;
        int64_t from_ns;
        int64_t to_ns;
        const char *other;
        size_t other_size;
        if (cursor->size - at < 8 + cursor->symbol_size)
            return cut_off(cursor, "symbol mappings", reterr);
        if (!take_date(cursor, &from_ns) || !take_date(cursor, &to_ns))
            return error_set(reterr, STATUS_CORRUPT, "byte %zu: a symbol mapping without a date",
                             at + DBN_PREFIX_SIZE);
        if (!take_symbol(cursor, &other, &other_size))
            return cut_off(cursor, "symbol mappings", reterr);
        uint32_t id;
        const bool has_id = ids_in_intervals ? parse_id(other, other_size, &id)
                                             : parse_id(symbol, symbol_size, &id);
        if (!has_id || other_size == 0)
            continue; /* days without the symbol */
        const enum status status =
            ids_in_intervals
                ? dbn_symbols_add(symbols, id, from_ns, to_ns, symbol, symbol_size, reterr)
                : dbn_symbols_add(symbols, id, from_ns, to_ns, other, other_size, reterr);
        if (status != STATUS_OK)
            return error_prefix(reterr, status, "byte %zu", at + DBN_PREFIX_SIZE);
    }
    return STATUS_OK;
}

enum status dbn_metadata_begin(const uint8_t *bytes, struct dbn_metadata *ret_metadata,
                               size_t *ret_size, struct error *reterr) {
    if (memcmp(bytes, "DBN", 3) != 0)
        return error_set(reterr, STATUS_CORRUPT,
                         "byte 0: no 'DBN' at the start. A fragment (.dbn.frag) has no metadata: "
                         "neither version, nor dataset, nor symbols; import the whole file");
    const unsigned version = bytes[3];
    if (version < 1 || version > DBN_VERSION_MAX)
        return error_set(reterr, STATUS_CORRUPT,
                         "byte 3: DBN version %u is not known (1 to %d are)", version,
                         DBN_VERSION_MAX);
    const uint32_t size = dbn_u32(bytes + 4);
    if (size < DBN_METADATA_FIXED + 4 || size > METADATA_MAX)
        return error_set(reterr, STATUS_CORRUPT, "byte 4: metadata of %u bytes (%zu to %zu can be)",
                         size, DBN_METADATA_FIXED + 4, METADATA_MAX);
    ret_metadata->version = version;
    *ret_size = size;
    return STATUS_OK;
}

enum status dbn_metadata_parse(const uint8_t *bytes, size_t size, struct dbn_metadata *metadata,
                               struct dbn_symbols *symbols, struct error *reterr) {
    memcpy(metadata->dataset, bytes, DBN_DATASET_SIZE);
    metadata->dataset[DBN_DATASET_SIZE] = '\0';
    /* version 1 has a count of records before the symbol types, later ones have the symbols' size
     */
    const size_t at = DBN_DATASET_SIZE + 2 + 3 * 8 + (metadata->version == 1 ? 8 : 0);
    const uint8_t stype_out = bytes[at + 1];
    struct cursor cursor = {bytes, size, DBN_METADATA_FIXED, DBN_SYMBOL_V1};
    if (metadata->version > 1)
        cursor.symbol_size = dbn_u16(bytes + at + 3);
    if (cursor.symbol_size < 8 || cursor.symbol_size > 1024)
        return error_set(reterr, STATUS_CORRUPT, "byte %zu: symbols of %zu bytes",
                         at + 3 + DBN_PREFIX_SIZE, cursor.symbol_size);
    uint32_t definition_size;
    if (!take_u32(&cursor, &definition_size) || definition_size > cursor.size - cursor.at)
        return cut_off(&cursor, "schema definition", reterr);
    cursor.at += definition_size;
    for (int list = 0; list < 3; list++) { /* asked for, found in part, not found */
        if (!pass_symbols(&cursor))
            return cut_off(&cursor, "lists of symbols", reterr);
    }
    uint32_t mappings;
    if (!take_u32(&cursor, &mappings))
        return cut_off(&cursor, "symbol mappings", reterr);
    for (uint32_t i = 0; i < mappings; i++) {
        const enum status status =
            take_mapping(&cursor, stype_out == STYPE_INSTRUMENT_ID, symbols, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK; /* what follows fills up to a whole number of words */
}

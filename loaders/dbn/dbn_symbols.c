#include "loaders/dbn/dbn_symbols.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS ((size_t)65536)
#define SYMBOLS_MAX ((size_t)262144) /* 30 MB */

struct dbn_symbols {
    struct dbn_symbol *slots[SLOTS]; /* chains, the latest first */
    size_t count;
};

static size_t slot_of(uint32_t id) {
    return (size_t)(id * UINT32_C(0x9E3779B1)) >> 16;
}

enum status dbn_symbols_create(struct dbn_symbols **ret_symbols, struct error *reterr) {
    *ret_symbols = calloc(1, sizeof(**ret_symbols));
    return *ret_symbols != NULL ? STATUS_OK
                                : error_set(reterr, STATUS_NO_MEMORY, "no memory for symbols");
}

void dbn_symbols_destroy(struct dbn_symbols *symbols) {
    if (symbols == NULL)
        return;
    for (size_t i = 0; i < SLOTS; i++) {
        while (symbols->slots[i] != NULL) {
            struct dbn_symbol *const symbol = symbols->slots[i];
            symbols->slots[i] = symbol->next;
            free(symbol->streams);
            free(symbol);
        }
    }
    free(symbols);
}

void dbn_symbols_plain(const void *name, size_t name_size,
                       char ret_name[TICK_BATCHER_INSTRUMENT_MAX + 1]) {
    const char *const text = name;
    size_t size = 0;
    for (; size < name_size && size < TICK_BATCHER_INSTRUMENT_MAX; size++)
        ret_name[size] = (char)(text[size] == ' ' ? '_' : text[size]);
    ret_name[size] = '\0';
}

enum status dbn_symbols_add(struct dbn_symbols *symbols, uint32_t id, int64_t from_ns,
                            int64_t to_ns, const char *name, size_t name_size,
                            struct error *reterr) {
    if (name_size == 0 || name_size > TICK_BATCHER_INSTRUMENT_MAX)
        return STATUS_OK;
    if (symbols->count == SYMBOLS_MAX)
        return error_set(reterr, STATUS_CORRUPT, "more than %zu symbols", SYMBOLS_MAX);
    struct dbn_symbol *const symbol = calloc(1, sizeof(*symbol));
    if (symbol == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for symbols");
    symbol->id = id;
    symbol->from_ns = from_ns;
    symbol->to_ns = to_ns;
    dbn_symbols_plain(name, name_size, symbol->name);
    symbol->next = symbols->slots[slot_of(id)];
    symbols->slots[slot_of(id)] = symbol;
    symbols->count++;
    return STATUS_OK;
}

struct dbn_symbol *dbn_symbols_find(struct dbn_symbols *symbols, uint32_t id, int64_t ts_ns) {
    struct dbn_symbol *symbol = symbols->slots[slot_of(id)];
    while (symbol != NULL &&
           (symbol->id != id || ts_ns < symbol->from_ns || ts_ns >= symbol->to_ns))
        symbol = symbol->next;
    return symbol;
}

enum status dbn_symbols_use(struct dbn_symbol *symbol, struct error *reterr) {
    symbol->streams = calloc(DBN_STREAMS, sizeof(struct tick_stream *));
    return symbol->streams != NULL ? STATUS_OK
                                   : error_set(reterr, STATUS_NO_MEMORY, "no memory for symbols");
}

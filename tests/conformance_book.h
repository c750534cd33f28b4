#pragma once
/* A vector's account as the engine sees it: a rulebook read from YAML as any file of values is,
 * instruments, accounts, and the book that the engine's rules are asked of. Prices, lots and money
 * are on a grid of 1e-8, so that what a vector writes is exact. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/book/book.h"
#include "tests/conformance.h"

#define GRID_DECIMALS 8
#define VECTOR_INSTRUMENTS_MAX 32

struct vector_book {
    struct yaml_arena *arena;
    struct rulebook rulebook;
    double scale; /* balances and quantities are so many times the vector's; 1 unless set */
    size_t instrument_count;
    struct instrument instruments[VECTOR_INSTRUMENTS_MAX];
    char symbols[VECTOR_INSTRUMENTS_MAX][64];
    int64_t prices[VECTOR_INSTRUMENTS_MAX];
    struct accounts *accounts;
    struct book book; /* after vector_book_open() */
};

/* Each returns whether it could; where not, vector->reason says why and the vector is broken. */

/* Empty; ended by vector_book_close(), also after a failure. */
bool vector_book_begin(struct vector *vector, struct vector_book *book);
void vector_book_close(struct vector_book *book);

/* Reads the rulebook of this YAML text (printf), to which a name is added where it has none. */
bool vector_book_rules(struct vector *vector, struct vector_book *book, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Reads a bundled rulebook. */
bool vector_book_bundled(struct vector *vector, struct vector_book *book, const char *name);

/* The instrument of that symbol, made if it is new, at a price (0: none yet). */
bool vector_book_instrument(struct vector *vector, struct vector_book *book, const char *symbol,
                            enum contract_kind kind, double price, uint32_t *ret_instrument);

/* An account, to which the positions after it belong. */
bool vector_book_account(struct vector *vector, struct vector_book *book, const char *id,
                         double balance);
bool vector_book_position(struct vector *vector, struct vector_book *book, uint32_t instrument,
                          double quantity, double entry_price);

/* Rules, instruments and accounts are complete: opens the book. */
bool vector_book_open(struct vector *vector, struct vector_book *book);

/* ---- a vector's account ---- */

/* A position as vectors write it: side and size, or a signed size; linear or inverse. */
struct vector_position {
    const json_t *row;
    char symbol[64];
    enum contract_kind kind;
    double quantity; /* signed; contracts of an inverse one */
    double entry;    /* NaN: not given */
    double price;    /* mark; the entry where none is given */
};

/* The rows of the input `positions`, or the inputs themselves as the only one. False, with a
 * reason: none, too many, or one without a size. */
bool vector_positions(struct vector *vector, struct vector_position *ret_positions,
                      size_t *ret_count);

/* The largest power of ten by which these amounts may be multiplied and still be money. Prices and
 * ratios do not depend on the size of an account; a larger one keeps the rounding to the money
 * unit, 1e-8, out of their last digits. */
double vector_scale(const double *amounts, size_t count);

/* Reads the rules that the positions bring along (rate and amount, tiers, fee of closing, basis),
 * or those of the venue's bundled rulebook where they bring none, then adds the account "a" with a
 * wallet of `balance` and the positions, and opens the book. `margin` is further YAML of the
 * section, ended by a comma, or "". Where all rules are rates and amounts of the positions' own the
 * account is scaled: money of the book is book->scale times the vector's. */
bool vector_book_of_account(struct vector *vector, struct vector_book *book, double balance,
                            const struct vector_position *positions, size_t count,
                            const char *margin);

/* The rows of a vector's table of tiers as YAML: pairs [cap, rate] (an open last cap is null),
 * pairs [floor, rate] (the first is 0) or objects; what a row does not give the reader derives from
 * the row below. The caller frees it; NULL: it is no such table. */
char *vector_tier_rows(const json_t *rows);

/* Makes the tiers of the first table flat: the whole notional at the rate of its bracket, floors
 * inclusive, without deduction (FLOX). Requirements jump then, which the reader of rulebooks
 * refuses: so it is done to what was read. */
void vector_book_flatten(struct vector_book *book);

/* A number as the decimal text that YAML takes, in a ring of buffers: good until some 16 calls
 * later. */
const char *decimal_text(double value);

#include "loaders/formats/tardis_books.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/records.h"
#include "loaders/csv/csv_table.h"
#include "loaders/ticks/depth_book.h"

#define DEPTH_EVERY_NS NS_PER_S         /* of event time */
#define LEVELS_BUDGET ((size_t)1 << 21) /* over all books of a decoder: 32 MiB */

/* What hangs on an instrument. */
struct book {
    struct depth_book *levels; /* incremental books alone */
    bool has_snapshot;
    bool in_snapshot;           /* the row before was of a snapshot */
    bool pending;               /* a message is under way: */
    int64_t ts_ns;              /* its time, ... */
    char message[32];           /* ... its local_timestamp as text */
    size_t message_size;        /* and the size of that */
    bool has_depth;             /* depth was given before: */
    int64_t depth_ts_ns;        /* when */
    bool has_best[2];           /* of each side: a quote was given before: */
    struct depth_level best[2]; /* which */
};

/* NULL: no memory. */
static struct book *find_book(struct csv_instrument *instrument) {
    if (instrument->special == NULL)
        instrument->special = calloc(1, sizeof(struct book));
    return instrument->special;
}

static void release(struct csv_instrument *instrument) {
    struct book *const book = instrument->special;
    if (book != NULL)
        depth_book_destroy(book->levels);
    free(book);
    instrument->special = NULL;
}

static enum tardis_book_output output_of(enum depth_side side) {
    return side == DEPTH_BID ? TARDIS_BID : TARDIS_ASK;
}

/* Depth once a second at most. */
static bool depth_is_due(struct book *book, int64_t ts_ns) {
    int64_t since;
    if (book->has_depth &&
        (__builtin_sub_overflow(ts_ns, book->depth_ts_ns, &since) || since < DEPTH_EVERY_NS))
        return false;
    book->has_depth = true;
    book->depth_ts_ns = ts_ns;
    return true;
}

/* ---- snapshots ---- */

/* Columns price and amount of each level, asks before bids: at_special[4 * level + 2 * side]. */
static enum status bind_snapshot(struct csv_table *table, struct error *reterr) {
    (void)reterr; /* the form is ours: nothing can be missing */
    table->special_count = 0;
    for (size_t i = 0; i < CSV_FIELDS_MAX; i++) {
        char name[40];
        (void)snprintf(name, sizeof(name), "%s[%zu].%s", i % 4 < 2 ? "asks" : "bids", i / 4,
                       i % 2 == 0 ? "price" : "amount");
        const int at = csv_table_column(table, name);
        if (at < 0)
            break;
        table->at_special[table->special_count++] = at;
    }
    assert(table->special_count % 4 == 0 && table->special_count > 0);
    return STATUS_OK;
}

/* Sums over the levels of a side, at the widest decimals of its prices and amounts so far. */
struct sums {
    int128 notional;
    int128 amount;
    int32_t decimals[2];
};

/* Adds a level. False: the sums cannot hold it. */
static bool add_level(struct sums *sums, const struct decimal value[2]) {
    for (int k = 0; k < 2; k++) {
        for (; sums->decimals[k] < value[k].decimals; sums->decimals[k]++) {
            if (__builtin_mul_overflow(sums->notional, 10, &sums->notional))
                return false;
            sums->amount *= k == 1 ? 10 : 1; /* 25 levels of 2^63 at 18 decimals more: < 2^127 */
        }
    }
    int64_t price;
    int64_t amount;
    if (value[0].mantissa <= 0 || value[1].mantissa < 0 ||
        !decimal_rescale(value[0], sums->decimals[0], &price) ||
        !decimal_rescale(value[1], sums->decimals[1], &amount) ||
        __builtin_add_overflow(sums->notional, (int128)price * amount, &sums->notional))
        return false;
    sums->amount += amount;
    return true;
}

/* One side of a snapshot: its best level as a quote, and with `depth` the sum over its levels. */
static enum status take_side(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                             struct csv_instrument *instrument, enum depth_side side, bool depth,
                             struct error *reterr) {
    const size_t levels = table->special_count / 4;
    struct sums sums = {0};
    for (size_t i = 0; i < (depth ? levels : 1); i++) {
        const int *const at = &table->at_special[4 * i + (side == DEPTH_ASK ? 0 : 2)];
        if (row->fields[at[0]].size == 0)
            break; /* the book ends here */
        struct decimal value[2];
        enum status status = csv_table_number(table, row, at[0], &value[0], reterr);
        if (status == STATUS_OK)
            status = csv_table_number(table, row, at[1], &value[1], reterr);
        if (status == STATUS_OK && i == 0)
            status = csv_table_add(table, instrument, output_of(side), ts_ns, value[0], value[1], 0,
                                   reterr);
        if (status != STATUS_OK)
            return status;
        if (depth && !add_level(&sums, value))
            return csv_cell_bad(table->column[at[0]], &row->fields[at[0]], STATUS_RANGE,
                                "cannot be summed up with the other levels", reterr);
    }
    if (!depth || sums.amount == 0)
        return STATUS_OK;
    return csv_table_add(table, instrument, levels > 5 ? TARDIS_DEPTH_25 : TARDIS_DEPTH, ts_ns,
                         depth_sum(sums.notional, sums.decimals[0] + sums.decimals[1]),
                         depth_sum(sums.amount, sums.decimals[1]),
                         side == DEPTH_BID ? TICK_BUY : TICK_SELL, reterr);
}

static enum status take_snapshot(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                                 struct csv_instrument *instrument, struct error *reterr) {
    struct book *const book = find_book(instrument);
    if (book == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a book");
    const bool depth = depth_is_due(book, ts_ns);
    enum status status = take_side(table, row, ts_ns, instrument, DEPTH_BID, depth, reterr);
    if (status == STATUS_OK)
        status = take_side(table, row, ts_ns, instrument, DEPTH_ASK, depth, reterr);
    return status;
}

static enum status end_snapshots(struct csv_table *table, struct csv_instrument *instrument,
                                 struct error *reterr) {
    (void)table;
    (void)reterr;
    release(instrument); /* a file's snapshots do not depend on those of the file before */
    return STATUS_OK;
}

const struct csv_special tardis_book_snapshot = {
    .bind = bind_snapshot,
    .row = take_snapshot,
    .end = end_snapshots,
    .release = release,
};

/* ---- levels that change ---- */

enum { AT_LOCAL, AT_SNAPSHOT, AT_SIDE, AT_PRICE, AT_AMOUNT, AT_COUNT };

static enum status bind_incremental(struct csv_table *table, struct error *reterr) {
    (void)reterr; /* the form is ours: nothing can be missing */
    static const char *const names[AT_COUNT] = {"local_timestamp", "is_snapshot", "side", "price",
                                                "amount"};
    for (size_t i = 0; i < AT_COUNT; i++) {
        table->at_special[i] = csv_table_column(table, names[i]);
        assert(table->at_special[i] >= 0);
    }
    table->special_count = AT_COUNT;
    if (table->special_budget == 0)
        table->special_budget = LEVELS_BUDGET;
    return STATUS_OK;
}

/* Whether a is b, digit for digit. */
static bool same(struct decimal a, struct decimal b) {
    return a.mantissa == b.mantissa && a.decimals == b.decimals;
}

/* A message is over: gives the best quotes that changed, and depth where it is due. */
static enum status give(struct csv_table *table, struct csv_instrument *instrument,
                        struct error *reterr) {
    struct book *const book = instrument->special;
    if (book == NULL || !book->pending)
        return STATUS_OK;
    book->pending = false;
    enum status status = STATUS_OK;
    for (enum depth_side side = DEPTH_BID; side <= DEPTH_ASK && status == STATUS_OK; side++) {
        struct depth_level best;
        if (!depth_book_best(book->levels, side, &best))
            continue;
        best.price = decimal_normal(best.price); /* the book's decimals may have grown */
        best.amount = decimal_normal(best.amount);
        if (book->has_best[side] && same(best.price, book->best[side].price) &&
            same(best.amount, book->best[side].amount))
            continue;
        book->has_best[side] = true;
        book->best[side] = best;
        status = csv_table_add(table, instrument, output_of(side), book->ts_ns, best.price,
                               best.amount, 0, reterr);
    }
    struct decimal notional[2];
    struct decimal amount[2];
    if (status != STATUS_OK ||
        !depth_book_near(book->levels, DEPTH_BID, 1, &notional[0], &amount[0]) ||
        !depth_book_near(book->levels, DEPTH_ASK, 1, &notional[1], &amount[1]) ||
        !depth_is_due(book, book->ts_ns))
        return status;
    status = csv_table_add(table, instrument, TARDIS_DEPTH, book->ts_ns, notional[0], amount[0],
                           TICK_BUY, reterr);
    if (status == STATUS_OK)
        status = csv_table_add(table, instrument, TARDIS_DEPTH, book->ts_ns, notional[1], amount[1],
                               TICK_SELL, reterr);
    return status;
}

/* Reads a row's words. */
static enum status take_words(const struct csv_table *table, const struct csv_row *row,
                              bool *ret_snapshot, enum depth_side *ret_side, struct error *reterr) {
    const int at_snapshot = table->at_special[AT_SNAPSHOT];
    const struct csv_field *const snapshot = &row->fields[at_snapshot];
    *ret_snapshot = snapshot->size == 4 && memcmp(snapshot->text, "true", 4) == 0;
    if (!*ret_snapshot && (snapshot->size != 5 || memcmp(snapshot->text, "false", 5) != 0))
        return csv_cell_bad(table->column[at_snapshot], snapshot, STATUS_CORRUPT,
                            "is neither true nor false", reterr);
    const int at_side = table->at_special[AT_SIDE];
    const struct csv_field *const side = &row->fields[at_side];
    *ret_side = side->size == 3 && memcmp(side->text, "bid", 3) == 0 ? DEPTH_BID : DEPTH_ASK;
    if (*ret_side == DEPTH_ASK && (side->size != 3 || memcmp(side->text, "ask", 3) != 0))
        return csv_cell_bad(table->column[at_side], side, STATUS_CORRUPT, "is neither bid nor ask",
                            reterr);
    return STATUS_OK;
}

/* Begins the message that the row is of, if it is another one than the row before. */
static enum status take_message(struct csv_table *table, const struct csv_row *row,
                                struct csv_instrument *instrument, struct error *reterr) {
    struct book *const book = instrument->special;
    const int at = table->at_special[AT_LOCAL];
    const struct csv_field *const local = &row->fields[at];
    if (local->size == 0 || local->size > sizeof(book->message))
        return csv_cell_bad(table->column[at], local, STATUS_CORRUPT, "is not a time", reterr);
    if (local->size == book->message_size && memcmp(local->text, book->message, local->size) == 0)
        return STATUS_OK;
    memcpy(book->message, local->text, local->size);
    book->message_size = local->size;
    return give(table, instrument, reterr);
}

static enum status take_level(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                              struct csv_instrument *instrument, struct error *reterr) {
    struct book *const book = find_book(instrument);
    if (book != NULL && book->levels == NULL)
        book->levels = depth_book_create(&table->special_budget);
    if (book == NULL || book->levels == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for a book");
    bool snapshot;
    enum depth_side side;
    struct decimal price;
    struct decimal amount;
    enum status status = take_words(table, row, &snapshot, &side, reterr);
    if (status == STATUS_OK)
        status = csv_table_number(table, row, table->at_special[AT_PRICE], &price, reterr);
    if (status == STATUS_OK)
        status = csv_table_number(table, row, table->at_special[AT_AMOUNT], &amount, reterr);
    if (status == STATUS_OK)
        status = take_message(table, row, instrument, reterr);
    if (status != STATUS_OK)
        return status;
    if (snapshot && !book->in_snapshot)
        depth_book_clear(book->levels); /* what was known is void: a new connection */
    book->in_snapshot = snapshot;
    book->has_snapshot = book->has_snapshot || snapshot;
    if (!book->has_snapshot)
        return STATUS_OK; /* changes of a book that is not known */
    book->pending = true;
    book->ts_ns = ts_ns;
    return depth_book_set(book->levels, side, price, amount, reterr);
}

static enum status end_incremental(struct csv_table *table, struct csv_instrument *instrument,
                                   struct error *reterr) {
    const enum status status = give(table, instrument, reterr);
    release(instrument); /* each file begins with a snapshot of its own */
    return status;
}

const struct csv_special tardis_incremental_book = {
    .bind = bind_incremental,
    .row = take_level,
    .end = end_incremental,
    .release = release,
};

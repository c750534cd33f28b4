#pragma once
/* The oracle's reading of what was published of history's forced orders of one instrument. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_PRINTS_MAX 128

struct oracle_history {
    double waiting; /* quantity to be sold in the next wave; < 0: bought */
    size_t print_count;
    int64_t printed_at[ORACLE_PRINTS_MAX];
    bool has_interest;
    double interest;
    int64_t price_then;
};

/* Prints of one time come as one call each; they are one order. */
void oracle_history_print(struct oracle_history *history, int64_t at, double sold, int64_t price,
                          int64_t throttle_ns);
void oracle_history_fall(struct oracle_history *history, double interest, int64_t price);

/* What waits, in lots, and waits no more. */
int64_t oracle_history_take(struct oracle_history *history, double lot_size);

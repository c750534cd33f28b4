#pragma once
/* What a vendor's file name says: instrument, length of bars, kind of data. */

#include <stdbool.h>
#include <stdint.h>

#include "loaders/loaders.h"
#include "loaders/ticks/tick_batcher.h"

struct csv_file_name {
    char instrument[TICK_BATCHER_INSTRUMENT_MAX + 1]; /* "": the pattern has none */
    int64_t bar_ns;                                   /* 0: not said; -1: a calendar month */
};

/* Matches the name of the entry, or else of the path, without folders and known extensions, against
 * `patterns` (NULL-terminated, tried in order). In a pattern stand, beside text that must be there:
 *   SYMBOL    letters, digits, _ . -      PAIR     A-Z, digits, .       PRODUCT  as BTC-USD
 *   INTERVAL  as 1m, 4h, 1mo              MINUTES  as 1, 15, 1440
 *   DATE      YYYY-MM or YYYY-MM-DD       REST     anything
 * False: none fits. */
bool csv_file_name_match(const struct loader_file *file, const char *const *patterns,
                         struct csv_file_name *ret_name);

/* Where `word` stands last in the file's path and entry, between characters that are no letters or
 * digits, case aside; from 1, those of the entry above those of the path; 0: nowhere. */
size_t csv_file_name_word(const struct loader_file *file, const char *word);

#pragma once
/* The books among the tables of Tardis: snapshots, and levels that change. */

#include "loaders/csv/csv_layout.h"

/* Outputs of both: bid, ask, and the depth series. */
enum tardis_book_output { TARDIS_BID, TARDIS_ASK, TARDIS_DEPTH, TARDIS_DEPTH_25 };

extern const struct csv_special tardis_book_snapshot;
extern const struct csv_special tardis_incremental_book;

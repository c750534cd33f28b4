/* The CSV files of Tardis: https://docs.tardis.dev/downloadable-csv-files/data-types. Times are in
 * us; `timestamp` is the exchange's and is taken, rows are in the order of `local_timestamp`. An
 * empty cell is missing, an empty file has no data. */

#include "loaders/csv/csv_table.h"
#include "loaders/formats/tardis_books.h"
#include "loaders/formats/vendor_csv.h"

#define SOURCE "https://docs.tardis.dev/downloadable-csv-files/data-types"

static const char *const words[] = {"trades",           "liquidations",        "quotes",
                                    "book_ticker",      "derivative_ticker",   "book_snapshot_5",
                                    "book_snapshot_25", "incremental_book_L2", NULL};
static const char *const any_name[] = {"REST", NULL};
static const char *const trade_forms[] = {
    "exchange,symbol,timestamp,local_timestamp,id,side,price,amount", NULL};

/* Trades and liquidations have one header. */
static const struct csv_layout tardis_trades = {
    .name = "tardis-trades",
    .source = SOURCE,
    .forms = trade_forms,
    .empty_is_valid = true,
    .file_names = any_name,
    .word = "trades",
    .words = words,
    .word_rule = CSV_WORD_NEEDED,
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "amount",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(tardis_trades, "tardis-trades", "Tardis trades");

/* side: buy liquidated a short, sell a long. */
static const struct csv_layout tardis_liquidations = {
    .name = "tardis-liquidations",
    .source = SOURCE,
    .forms = trade_forms,
    .empty_is_valid = true,
    .file_names = any_name,
    .word = "liquidations",
    .words = words,
    .word_rule = CSV_WORD_NEEDED,
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs = {{.series = "liquidation",
                 .price = "price",
                 .quantity = "amount",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(tardis_liquidations, "tardis-liquidations", "Tardis liquidations: forced orders");

/* Of book_ticker too: one form, one meaning. */
static const struct csv_layout tardis_quotes = {
    .name = "tardis-quotes",
    .source = SOURCE,
    .forms = (const char *const[]){"exchange,symbol,timestamp,local_timestamp,ask_amount,ask_price,"
                                   "bid_price,bid_amount",
                                   NULL},
    .empty_is_valid = true,
    .file_names = any_name,
    .word = "quotes",
    .word_also = "book_ticker",
    .words = words,
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs =
        {{.series = "bid", .price = "bid_price", .quantity = "bid_amount", .optional = true},
         {.series = "ask", .price = "ask_price", .quantity = "ask_amount", .optional = true}},
    .quotes = true,
};
CSV_TABLE_LOADER(tardis_quotes, "tardis-quotes", "Tardis quotes and book_ticker: best quotes");

static const struct csv_layout tardis_derivative_ticker = {
    .name = "tardis-derivative-ticker",
    .source = SOURCE,
    .forms =
        (const char *const[]){
            "exchange,symbol,timestamp,local_timestamp,funding_timestamp,funding_rate,predicted_"
            "funding_rate,open_interest,last_price,index_price,mark_price",
            NULL},
    .empty_is_valid = true,
    .file_names = any_name,
    .word = "derivative_ticker",
    .words = words,
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs =
        {
            {.series = "mark", .price = "mark_price", .optional = true, .changes_only = true},
            {.series = "index", .price = "index_price", .optional = true, .changes_only = true},
            {.series = "last", .price = "last_price", .optional = true, .changes_only = true},
            {.series = "funding_rate",
             .price = "funding_rate",
             .optional = true,
             .changes_only = true},
            {.series = "predicted_funding_rate",
             .price = "predicted_funding_rate",
             .optional = true,
             .changes_only = true},
            {.series = "open_interest",
             .price = "open_interest",
             .optional = true,
             .changes_only = true},
        },
};
CSV_TABLE_LOADER(tardis_derivative_ticker, "tardis-derivative-ticker",
                 "Tardis derivative_ticker: mark, index, last, funding, open interest");

/* ---- books ---- */

static const struct csv_layout tardis_snapshots = {
    .name = "tardis-book-snapshot",
    .source = SOURCE,
    .forms = (const char *const[]){"exchange,symbol,timestamp,local_timestamp,"
                                   "asks[0].price,asks[0].amount,bids[0].price,bids[0].amount,"
                                   "asks[1].price,asks[1].amount,bids[1].price,bids[1].amount,"
                                   "asks[2].price,asks[2].amount,bids[2].price,bids[2].amount,"
                                   "asks[3].price,asks[3].amount,bids[3].price,bids[3].amount,"
                                   "asks[4].price,asks[4].amount,bids[4].price,bids[4].amount,"
                                   "asks[5].price,asks[5].amount,bids[5].price,bids[5].amount,"
                                   "asks[6].price,asks[6].amount,bids[6].price,bids[6].amount,"
                                   "asks[7].price,asks[7].amount,bids[7].price,bids[7].amount,"
                                   "asks[8].price,asks[8].amount,bids[8].price,bids[8].amount,"
                                   "asks[9].price,asks[9].amount,bids[9].price,bids[9].amount,"
                                   "asks[10].price,asks[10].amount,bids[10].price,bids[10].amount,"
                                   "asks[11].price,asks[11].amount,bids[11].price,bids[11].amount,"
                                   "asks[12].price,asks[12].amount,bids[12].price,bids[12].amount,"
                                   "asks[13].price,asks[13].amount,bids[13].price,bids[13].amount,"
                                   "asks[14].price,asks[14].amount,bids[14].price,bids[14].amount,"
                                   "asks[15].price,asks[15].amount,bids[15].price,bids[15].amount,"
                                   "asks[16].price,asks[16].amount,bids[16].price,bids[16].amount,"
                                   "asks[17].price,asks[17].amount,bids[17].price,bids[17].amount,"
                                   "asks[18].price,asks[18].amount,bids[18].price,bids[18].amount,"
                                   "asks[19].price,asks[19].amount,bids[19].price,bids[19].amount,"
                                   "asks[20].price,asks[20].amount,bids[20].price,bids[20].amount,"
                                   "asks[21].price,asks[21].amount,bids[21].price,bids[21].amount,"
                                   "asks[22].price,asks[22].amount,bids[22].price,bids[22].amount,"
                                   "asks[23].price,asks[23].amount,bids[23].price,bids[23].amount,"
                                   "asks[24].price,asks[24].amount,bids[24].price,bids[24].amount",
                                   "exchange,symbol,timestamp,local_timestamp,"
                                   "asks[0].price,asks[0].amount,bids[0].price,bids[0].amount,"
                                   "asks[1].price,asks[1].amount,bids[1].price,bids[1].amount,"
                                   "asks[2].price,asks[2].amount,bids[2].price,bids[2].amount,"
                                   "asks[3].price,asks[3].amount,bids[3].price,bids[3].amount,"
                                   "asks[4].price,asks[4].amount,bids[4].price,bids[4].amount",
                                   NULL},
    .empty_is_valid = true,
    .file_names = any_name,
    .word = "book_snapshot_5",
    .word_also = "book_snapshot_25",
    .words = words,
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs = {[TARDIS_BID] = {.series = "bid"},
                [TARDIS_ASK] = {.series = "ask"},
                [TARDIS_DEPTH] = {.series = "depth_top5"},
                [TARDIS_DEPTH_25] = {.series = "depth_top25"}},
    .special = &tardis_book_snapshot,
};
CSV_TABLE_LOADER(tardis_snapshots, "tardis-book-snapshot",
                 "Tardis book_snapshot_5 and _25: best quotes, depth of these levels");

static const struct csv_layout tardis_incremental = {
    .name = "tardis-incremental-book",
    .source = SOURCE,
    .forms = (const char *const[]){"exchange,symbol,timestamp,local_timestamp,is_snapshot,side,"
                                   "price,amount",
                                   NULL},
    .empty_is_valid = true,
    .file_names = any_name,
    .word = "incremental_book_L2",
    .words = words,
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs = {[TARDIS_BID] = {.series = "bid"},
                [TARDIS_ASK] = {.series = "ask"},
                [TARDIS_DEPTH] = {.series = "depth_1pct"}},
    .special = &tardis_incremental_book,
};
CSV_TABLE_LOADER(tardis_incremental, "tardis-incremental-book",
                 "Tardis incremental_book_L2: best quotes, depth within 1 %");

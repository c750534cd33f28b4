/* The files of Bybit, OKX, BitMEX, Kraken and Coinbase. */

#include "loaders/csv/csv_table.h"
#include "loaders/formats/vendor_csv.h"

/* ---- Bybit: public.bybit.com ---- */

/* From 2025 on a column RPI follows. Sizes of inverse contracts are in USD. The same header as
 * BitMEX, with times in seconds. */
static const struct csv_layout bybit_trades = {
    .name = "bybit-trades",
    .source = "https://public.bybit.com/trading/",
    .forms = (const char *const[]){"timestamp,symbol,side,size,price,tickDirection,trdMatchID,"
                                   "grossValue,homeNotional,foreignNotional",
                                   NULL},
    .file_names = (const char *const[]){"SYMBOLDATE", NULL},
    .time = "timestamp",
    .time_forms = CSV_TIME_SECONDS,
    .instrument = "symbol",
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "size",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(bybit_trades, "bybit-trades", "Bybit public trades of derivatives");

static const struct csv_layout bybit_spot = {
    .name = "bybit-spot",
    .source = "https://public.bybit.com/spot/",
    .forms = (const char *const[]){"id,timestamp,price,volume,side", NULL},
    .file_names = (const char *const[]){"SYMBOL_DATE", "SYMBOL-DATE", NULL},
    .time = "timestamp",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "volume",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER,
                 .id = "id"}},
};
CSV_TABLE_LOADER(bybit_spot, "bybit-spot", "Bybit public trades of spot");

/* ---- OKX: okx.com/historical-data ---- */

/* Until 2021 without a header, then with one of English and Chinese in GBK ("side/...", of which
 * what stands before the stroke counts), since 2023 with the instrument in front. Sizes of swaps
 * and futures are contracts. A day's file is cut at midnight in UTC+8; its times are UTC. */
static const struct csv_layout okx_trades = {
    .name = "okx-trades",
    .source = "https://www.okx.com/historical-data",
    .forms = (const char *const[]){"instrument_name,trade_id,side,price,size,created_time", NULL},
    .file_names = (const char *const[]){"SYMBOL-trades-DATE", "SYMBOL-aggtrades-DATE", NULL},
    .time = "created_time",
    .time_forms = CSV_TIME_EPOCH,
    .instrument = "instrument_name",
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "size",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER,
                 .id = "trade_id"}},
};
CSV_TABLE_LOADER(okx_trades, "okx-trades", "OKX trades, with the instrument in each row");

static const struct csv_layout okx_trades_old = {
    .name = "okx-trades-old",
    .source = "https://www.okx.com/historical-data",
    .forms = (const char *const[]){"trade_id,side,size,price,created_time", NULL},
    .headerless = true,
    .file_names = (const char *const[]){"SYMBOL-trades-DATE", "SYMBOL-aggtrades-DATE", NULL},
    .time = "created_time",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "size",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(okx_trades_old, "okx-trades-old", "OKX trades, the instrument in the file name");

/* ---- BitMEX: public.bitmex.com ---- */

/* A day of all symbols in one file. Sizes are contracts. Indices (".BXBT") have no side. */
static const struct csv_layout bitmex_trades = {
    .name = "bitmex-trades",
    .source = "https://public.bitmex.com/?prefix=data/trade/",
    .forms = (const char *const[]){"timestamp,symbol,side,size,price,tickDirection,trdMatchID,"
                                   "grossValue,homeNotional,foreignNotional",
                                   NULL},
    .file_names = (const char *const[]){"REST", NULL},
    .time = "timestamp",
    .time_forms = CSV_TIME_TEXT,
    .instrument = "symbol",
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "size",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(bitmex_trades, "bitmex-trades", "BitMEX trades");

static const struct csv_layout bitmex_quotes = {
    .name = "bitmex-quotes",
    .source = "https://public.bitmex.com/?prefix=data/quote/",
    .forms = (const char *const[]){"timestamp,symbol,bidSize,bidPrice,askPrice,askSize", NULL},
    .file_names = (const char *const[]){"REST", NULL},
    .time = "timestamp",
    .time_forms = CSV_TIME_TEXT,
    .instrument = "symbol",
    .outputs = {{.series = "bid", .price = "bidPrice", .quantity = "bidSize", .optional = true},
                {.series = "ask", .price = "askPrice", .quantity = "askSize", .optional = true}},
    .quotes = true,
};
CSV_TABLE_LOADER(bitmex_quotes, "bitmex-quotes", "BitMEX best quotes");

/* ---- Kraken: downloadable time and sales, and OHLCVT; no headers ---- */

#define KRAKEN "https://support.kraken.com/hc/en-us/articles/360047124832, .../360047543791"

static const struct csv_layout kraken_trades = {
    .name = "kraken-trades",
    .source = KRAKEN,
    .forms = (const char *const[]){"time,price,volume", NULL},
    .headerless = true,
    .file_names = (const char *const[]){"PAIR", NULL},
    .time = "time",
    .time_forms = CSV_TIME_SECONDS,
    .outputs = {{.series = "trade", .price = "price", .quantity = "volume"}},
};
CSV_TABLE_LOADER(kraken_trades, "kraken-trades", "Kraken time and sales: trades without a side");

static const struct csv_layout kraken_ohlcvt = {
    .name = "kraken-ohlcvt",
    .source = KRAKEN,
    .forms = (const char *const[]){"time,open,high,low,close,volume,trades", NULL},
    .headerless = true,
    .file_names = (const char *const[]){"PAIR_MINUTES", NULL},
    .time = "time",
    .time_forms = CSV_TIME_SECONDS,
    .bars = "bar",
};
CSV_TABLE_LOADER(kraken_ohlcvt, "kraken-ohlcvt", "Kraken OHLCVT: bars");

/* ---- Coinbase: rows of its API as exports write them, and the report of one's own fills ---- */

#define COINBASE "https://docs.cdp.coinbase.com/api-reference/"

static const char *const coinbase_names[] = {
    "PRODUCT",          "PRODUCT-INTERVAL",      "PRODUCT_INTERVAL",
    "coinbase-PRODUCT", "coinbase_PRODUCT",      "coinbase_PRODUCT_INTERVAL",
    "PRODUCT_REST",     "coinbase_PRODUCT_REST", NULL};

static const struct csv_layout coinbase_candles = {
    .name = "coinbase-candles",
    .source = COINBASE "exchange-api/rest-api/products/get-product-candles",
    .forms = (const char *const[]){"time,low,high,open,close,volume", NULL},
    .file_names = coinbase_names,
    .time = "time",
    .time_forms = CSV_TIME_EPOCH | CSV_TIME_TEXT,
    .bars = "bar",
};
CSV_TABLE_LOADER(coinbase_candles, "coinbase-candles", "Coinbase Exchange candles: bars");

static const struct csv_layout coinbase_advanced_candles = {
    .name = "coinbase-advanced-candles",
    .source = COINBASE "advanced-trade-api/rest-api/products/get-product-candles",
    .forms = (const char *const[]){"start,low,high,open,close,volume", NULL},
    .file_names = coinbase_names,
    .time = "start",
    .time_forms = CSV_TIME_EPOCH | CSV_TIME_TEXT,
    .bars = "bar",
};
CSV_TABLE_LOADER(coinbase_advanced_candles, "coinbase-advanced-candles",
                 "Coinbase Advanced Trade candles: bars");

/* The side is that of the order that rested. */
static const struct csv_layout coinbase_trades = {
    .name = "coinbase-trades",
    .source = COINBASE "exchange-api/rest-api/products/get-product-trades",
    .forms = (const char *const[]){"time,trade_id,price,size,side", "trade_id,side,size,price,time",
                                   NULL},
    .file_names = coinbase_names,
    .time = "time",
    .time_forms = CSV_TIME_TEXT,
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "size",
                 .side = "side",
                 .side_form = CSV_SIDE_MAKER,
                 .id = "trade_id"}},
};
CSV_TABLE_LOADER(coinbase_trades, "coinbase-trades", "Coinbase trades");

/* One's own trades, with one's own side, be it the taker's or not: no tape of the market. */
static const struct csv_layout coinbase_fills = {
    .name = "coinbase-fills",
    .source = "fills report of Coinbase Pro / Exchange",
    .forms = (const char *const[]){"portfolio,trade id,product,side,created at,size,size unit,"
                                   "price,fee,total,price/fee/total unit",
                                   NULL},
    .file_names = (const char *const[]){"REST", NULL},
    .time = "created at",
    .time_forms = CSV_TIME_TEXT,
    .instrument = "product",
    .outputs = {{.series = "fill",
                 .price = "price",
                 .quantity = "size",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(coinbase_fills, "coinbase-fills", "Coinbase fills report: one's own trades");

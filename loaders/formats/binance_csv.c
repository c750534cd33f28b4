/* The bulk files of Binance, spot, USD-M and COIN-M: data.binance.vision. Layouts:
 * github.com/binance/binance-public-data (README of 2025), and the headers of files from 2022 on.
 * Older files, and those of spot until today, have no header. Times are in ms, of spot from 2025-01
 * in us. Quantities of COIN-M are contracts. */

#include <stdio.h>
#include <string.h>

#include "base/records.h"
#include "loaders/csv/csv_table.h"
#include "loaders/formats/vendor_csv.h"

#define SOURCE "https://github.com/binance/binance-public-data"

static const struct csv_layout binance_aggtrades = {
    .name = "binance-aggtrades",
    .source = SOURCE,
    .forms =
        (const char *const[]){
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker",
            "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker,"
            "is_best_match",
            NULL},
    .headerless = true,
    .file_names = (const char *const[]){"SYMBOL-aggTrades-DATE", NULL},
    .time = "transact_time",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "quantity",
                 .side = "is_buyer_maker",
                 .side_form = CSV_SIDE_BUYER_IS_MAKER,
                 .id = "agg_trade_id"}},
};
CSV_TABLE_LOADER(binance_aggtrades, "binance-aggtrades",
                 "Binance aggTrades: trades, those of one order and price together");

static const struct csv_layout binance_trades = {
    .name = "binance-trades",
    .source = SOURCE,
    .forms =
        (const char *const[]){"id,price,qty,quote_qty,time,is_buyer_maker",
                              "id,price,qty,base_qty,time,is_buyer_maker",
                              "id,price,qty,quote_qty,time,is_buyer_maker,is_best_match", NULL},
    .headerless = true,
    .file_names = (const char *const[]){"SYMBOL-trades-DATE", NULL},
    .time = "time",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "trade",
                 .price = "price",
                 .quantity = "qty",
                 .side = "is_buyer_maker",
                 .side_form = CSV_SIDE_BUYER_IS_MAKER,
                 .id = "id"}},
};
CSV_TABLE_LOADER(binance_trades, "binance-trades", "Binance trades");

/* ---- bars: four kinds in one form; the folder tells which ---- */

static const char *const kline_forms[] = {
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore",
    NULL};
static const char *const kline_names[] = {"SYMBOL-INTERVAL-DATE", NULL};
static const char *const kline_words[] = {"klines", "markPriceKlines", "indexPriceKlines",
                                          "premiumIndexKlines", NULL};

static const struct csv_layout binance_klines = {
    .name = "binance-klines",
    .source = SOURCE,
    .forms = kline_forms,
    .headerless = true,
    .file_names = kline_names,
    .word = "klines",
    .words = kline_words,
    .word_rule = CSV_WORD_TRADED,
    .time = "open_time",
    .time_forms = CSV_TIME_EPOCH,
    .bars = "bar",
    .bar_end = "close_time",
};
CSV_TABLE_LOADER(binance_klines, "binance-klines", "Binance klines: bars of trades");

static const struct csv_layout binance_mark_klines = {
    .name = "binance-mark-klines",
    .source = SOURCE,
    .forms = kline_forms,
    .headerless = true,
    .file_names = kline_names,
    .word = "markPriceKlines",
    .words = kline_words,
    .word_rule = CSV_WORD_UNTRADED,
    .time = "open_time",
    .time_forms = CSV_TIME_EPOCH,
    .bars = "mark",
    .bar_end = "close_time",
};
CSV_TABLE_LOADER(binance_mark_klines, "binance-mark-klines",
                 "Binance markPriceKlines: bars of the mark price");

static const struct csv_layout binance_index_klines = {
    .name = "binance-index-klines",
    .source = SOURCE,
    .forms = kline_forms,
    .headerless = true,
    .file_names = kline_names,
    .word = "indexPriceKlines",
    .words = kline_words,
    .word_rule = CSV_WORD_UNTRADED,
    .time = "open_time",
    .time_forms = CSV_TIME_EPOCH,
    .bars = "index",
    .bar_end = "close_time",
};
CSV_TABLE_LOADER(binance_index_klines, "binance-index-klines",
                 "Binance indexPriceKlines: bars of the index price");

static const struct csv_layout binance_premium_klines = {
    .name = "binance-premium-klines",
    .source = SOURCE,
    .forms = kline_forms,
    .headerless = true,
    .file_names = kline_names,
    .word = "premiumIndexKlines",
    .words = kline_words,
    .word_rule = CSV_WORD_UNTRADED,
    .time = "open_time",
    .time_forms = CSV_TIME_EPOCH,
    .bars = "premium",
    .bar_end = "close_time",
};
CSV_TABLE_LOADER(binance_premium_klines, "binance-premium-klines",
                 "Binance premiumIndexKlines: bars of the premium index");

/* ---- quotes and depth ---- */

static const struct csv_layout binance_bookticker = {
    .name = "binance-bookticker",
    .source = SOURCE,
    .forms = (const char *const[]){"update_id,best_bid_price,best_bid_qty,best_ask_price,"
                                   "best_ask_qty,transaction_time,event_time",
                                   NULL},
    .file_names = (const char *const[]){"SYMBOL-bookTicker-DATE", NULL},
    .time = "transaction_time",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "bid", .price = "best_bid_price", .quantity = "best_bid_qty"},
                {.series = "ask", .price = "best_ask_price", .quantity = "best_ask_qty"}},
    .quotes = true,
};
CSV_TABLE_LOADER(binance_bookticker, "binance-bookticker", "Binance bookTicker: best quotes");

enum { DEPTH_PERCENTAGE, DEPTH_QUANTITY, DEPTH_NOTIONAL, DEPTH_COLUMNS };

static enum status bind_depth(struct csv_table *table, struct error *reterr) {
    (void)reterr; /* the form is ours: nothing can be missing */
    table->at_special[DEPTH_PERCENTAGE] = csv_table_column(table, "percentage");
    table->at_special[DEPTH_QUANTITY] = csv_table_column(table, "depth");
    table->at_special[DEPTH_NOTIONAL] = csv_table_column(table, "notional");
    table->special_count = DEPTH_COLUMNS;
    return STATUS_OK;
}

/* One band: the percentage, "-1", "-1.00" or "0.20", names the series, its sign the side. */
static enum status take_depth(struct csv_table *table, const struct csv_row *row, int64_t ts_ns,
                              struct csv_instrument *instrument, struct error *reterr) {
    const int at = table->at_special[DEPTH_PERCENTAGE];
    struct decimal percentage;
    struct decimal quantity;
    struct decimal notional;
    enum status status = csv_table_number(table, row, at, &percentage, reterr);
    if (status == STATUS_OK)
        status = csv_table_number(table, row, table->at_special[DEPTH_QUANTITY], &quantity, reterr);
    if (status == STATUS_OK)
        status = csv_table_number(table, row, table->at_special[DEPTH_NOTIONAL], &notional, reterr);
    if (status != STATUS_OK)
        return status;
    const bool bid = percentage.mantissa < 0;
    const struct decimal band = decimal_normal(
        (struct decimal){bid ? -percentage.mantissa : percentage.mantissa, percentage.decimals});
    if (band.mantissa <= 0 || band.decimals > 2 ||
        band.mantissa >= 100 * units_pow10(band.decimals))
        return csv_cell_bad(table->column[at], &row->fields[at], STATUS_CORRUPT,
                            "is not a distance from the middle in percent", reterr);
    char digits[32];
    char series[TICK_BATCHER_SERIES_MAX + 1];
    (void)decimal_format(band.mantissa, band.decimals, digits);
    char *const point = strchr(digits, '.');
    if (point != NULL)
        *point = '_';
    (void)snprintf(series, sizeof(series), "depth_%.6spct", digits);
    struct tick_stream *stream;
    status = tick_batcher_find(table->batcher, instrument->name, instrument->size, series,
                               strlen(series), SERIES_TICKS, &stream, reterr);
    return status != STATUS_OK
               ? status
               : tick_batcher_add_tick(table->batcher, stream, ts_ns, notional, quantity,
                                       bid ? TICK_BUY : TICK_SELL, reterr);
}

static const struct csv_special depth_bands = {.bind = bind_depth, .row = take_depth};

static const struct csv_layout binance_bookdepth = {
    .name = "binance-bookdepth",
    .source = SOURCE,
    .forms = (const char *const[]){"timestamp,percentage,depth,notional", NULL},
    .file_names = (const char *const[]){"SYMBOL-bookDepth-DATE", NULL},
    .time = "timestamp",
    .time_forms = CSV_TIME_TEXT | CSV_TIME_EPOCH,
    .special = &depth_bands,
};
CSV_TABLE_LOADER(binance_bookdepth, "binance-bookdepth",
                 "Binance bookDepth: what stands within 0.2 to 5 % of the middle");

/* ---- the market as a whole ---- */

static const struct csv_layout binance_funding = {
    .name = "binance-funding",
    .source = SOURCE,
    .forms = (const char *const[]){"calc_time,funding_interval_hours,last_funding_rate", NULL},
    .file_names = (const char *const[]){"SYMBOL-fundingRate-DATE", NULL},
    .time = "calc_time",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "funding_rate", .price = "last_funding_rate"}},
};
CSV_TABLE_LOADER(binance_funding, "binance-funding", "Binance fundingRate");

static const struct csv_layout binance_metrics = {
    .name = "binance-metrics",
    .source = SOURCE,
    .forms = (const char *const[]){"create_time,symbol,sum_open_interest,sum_open_interest_value,"
                                   "count_toptrader_long_short_ratio,sum_toptrader_long_short_"
                                   "ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio",
                                   NULL},
    .file_names = (const char *const[]){"SYMBOL-metrics-DATE", NULL},
    .time = "create_time",
    .time_forms = CSV_TIME_TEXT | CSV_TIME_EPOCH,
    .instrument = "symbol",
    .outputs =
        {
            {.series = "open_interest", .price = "sum_open_interest", .optional = true},
            {.series = "open_interest_value", .price = "sum_open_interest_value", .optional = true},
            {.series = "long_short_top_accounts",
             .price = "count_toptrader_long_short_ratio",
             .optional = true},
            {.series = "long_short_top_positions",
             .price = "sum_toptrader_long_short_ratio",
             .optional = true},
            {.series = "long_short_accounts", .price = "count_long_short_ratio", .optional = true},
            {.series = "long_short_taker_volume",
             .price = "sum_taker_long_short_vol_ratio",
             .optional = true},
        },
};
CSV_TABLE_LOADER(binance_metrics, "binance-metrics",
                 "Binance metrics: open interest, ratios of longs to shorts");

/* Each order of the archive stands in it twice, row after row. */
static const struct csv_layout binance_liquidations = {
    .name = "binance-liquidations",
    .source = SOURCE,
    .forms = (const char *const[]){"time,side,order_type,time_in_force,original_quantity,price,"
                                   "average_price,order_status,last_fill_quantity,"
                                   "accumulated_fill_quantity",
                                   NULL},
    .repeats = true,
    .file_names = (const char *const[]){"SYMBOL-liquidationSnapshot-DATE", NULL},
    .time = "time",
    .time_forms = CSV_TIME_EPOCH,
    .outputs = {{.series = "liquidation",
                 .price = "average_price",
                 .price_otherwise = "price",
                 .quantity = "accumulated_fill_quantity",
                 .quantity_otherwise = "original_quantity",
                 .side = "side",
                 .side_form = CSV_SIDE_TAKER}},
};
CSV_TABLE_LOADER(binance_liquidations, "binance-liquidations",
                 "Binance liquidationSnapshot: forced orders");

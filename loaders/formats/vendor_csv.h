#pragma once
/* The CSV formats of exchanges and of Tardis, each a table of csv_layout.h, as entries of the list
 * of formats. */

#include "loaders/loaders.h"

extern const struct loader binance_aggtrades_loader;
extern const struct loader binance_bookdepth_loader;
extern const struct loader binance_bookticker_loader;
extern const struct loader binance_funding_loader;
extern const struct loader binance_index_klines_loader;
extern const struct loader binance_klines_loader;
extern const struct loader binance_liquidations_loader;
extern const struct loader binance_mark_klines_loader;
extern const struct loader binance_metrics_loader;
extern const struct loader binance_premium_klines_loader;
extern const struct loader binance_trades_loader;
extern const struct loader bitmex_quotes_loader;
extern const struct loader bitmex_trades_loader;
extern const struct loader bybit_spot_loader;
extern const struct loader bybit_trades_loader;
extern const struct loader coinbase_advanced_candles_loader;
extern const struct loader coinbase_candles_loader;
extern const struct loader coinbase_fills_loader;
extern const struct loader coinbase_trades_loader;
extern const struct loader kraken_ohlcvt_loader;
extern const struct loader kraken_trades_loader;
extern const struct loader okx_trades_loader;
extern const struct loader okx_trades_old_loader;
extern const struct loader tardis_derivative_ticker_loader;
extern const struct loader tardis_incremental_loader;
extern const struct loader tardis_liquidations_loader;
extern const struct loader tardis_quotes_loader;
extern const struct loader tardis_snapshots_loader;
extern const struct loader tardis_trades_loader;

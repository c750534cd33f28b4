#include "cli/download/download_venue.h"

#include <string.h>

#include <glib.h>

/* ---- layouts ---- */

/* data/futures/um/daily/klines/BTCUSDT/1m/BTCUSDT-1m-2021-05-19.zip; the same without interval:
 * .../daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2021-05-19.zip
 * (github.com/binance/binance-public-data, README.md). */
static char *binance_path(const struct download_venue *venue,
                          const struct download_subject *subject) {
    GString *path = g_string_new(NULL);
    g_string_printf(path, "%s/%s/%s/%s/", venue->folder, subject->monthly ? "monthly" : "daily",
                    subject->type, subject->symbol);
    if (subject->interval != NULL)
        g_string_append_printf(path, "%s/", subject->interval);
    g_string_append_printf(path, "%s-%s-%04d-%02d", subject->symbol,
                           subject->interval != NULL ? subject->interval : subject->type,
                           subject->year, subject->month);
    if (!subject->monthly)
        g_string_append_printf(path, "-%02d", subject->day);
    g_string_append(path, ".zip");
    return g_string_free(path, FALSE);
}

/* data/trade/20210519.csv.gz, of all symbols (public.bitmex.com). */
static char *bitmex_path(const struct download_venue *venue,
                         const struct download_subject *subject) {
    return g_strdup_printf("%s/%s/%04d%02d%02d.csv.gz", venue->folder, subject->type, subject->year,
                           subject->month, subject->day);
}

/* trading/BTCUSDT/BTCUSDT2021-05-19.csv.gz (public.bybit.com). */
static char *bybit_path(const struct download_venue *venue,
                        const struct download_subject *subject) {
    (void)venue;
    return g_strdup_printf("%s/%s/%s%04d-%02d-%02d.csv.gz", subject->type, subject->symbol,
                           subject->symbol, subject->year, subject->month, subject->day);
}

/* ---- what there is ---- */

static const struct download_type binance_spot_types[] = {
    {"aggTrades", true, true, false},
    {"trades", true, true, false},
    {"klines", true, true, true},
    {NULL, false, false, false},
};

static const struct download_type binance_futures_types[] = {
    {"aggTrades", true, true, false},
    {"trades", true, true, false},
    {"klines", true, true, true},
    {"markPriceKlines", true, true, true},
    {"indexPriceKlines", true, true, true},
    {"premiumIndexKlines", true, true, true},
    {"bookTicker", true, true, false},
    {"bookDepth", true, false, false},
    {"fundingRate", false, true, false},
    {"metrics", true, false, false},
    {"liquidationSnapshot", true, false, false},
    {NULL, false, false, false},
};

static const struct download_type bitmex_types[] = {
    {"trade", true, false, false},
    {"quote", true, false, false},
    {NULL, false, false, false},
};

static const struct download_type bybit_types[] = {
    {"trading", true, false, false},
    {NULL, false, false, false},
};

static const char *const binance_spot_intervals[] = {"1s", "1m", "3m", "5m",  "15m", "30m",
                                                     "1h", "2h", "4h", "6h",  "8h",  "12h",
                                                     "1d", "3d", "1w", "1mo", NULL};
static const char *const binance_futures_intervals[] = {"1m", "3m", "5m",  "15m", "30m", "1h",
                                                        "2h", "4h", "6h",  "8h",  "12h", "1d",
                                                        "3d", "1w", "1mo", NULL};
static const char *const no_intervals[] = {NULL};

const struct download_venue download_venues[] = {
    {"binance-spot", "https://data.binance.vision", "data/spot", binance_spot_types,
     binance_spot_intervals, true, true, binance_path},
    {"binance-um", "https://data.binance.vision", "data/futures/um", binance_futures_types,
     binance_futures_intervals, true, true, binance_path},
    {"binance-cm", "https://data.binance.vision", "data/futures/cm", binance_futures_types,
     binance_futures_intervals, true, true, binance_path},
    {"bitmex", "https://s3-eu-west-1.amazonaws.com/public.bitmex.com", "data", bitmex_types,
     no_intervals, false, false, bitmex_path},
    {"bybit", "https://public.bybit.com", NULL, bybit_types, no_intervals, true, false, bybit_path},
    {NULL, NULL, NULL, NULL, NULL, false, false, NULL},
};

const struct download_venue *download_venue_find(const char *name) {
    for (const struct download_venue *venue = download_venues; venue->name != NULL; venue++)
        if (strcmp(venue->name, name) == 0)
            return venue;
    return NULL;
}

const struct download_type *download_type_find(const struct download_venue *venue,
                                               const char *name) {
    for (const struct download_type *type = venue->types; type->name != NULL; type++)
        if (strcmp(type->name, name) == 0)
            return type;
    return NULL;
}

bool download_interval_is_daily(const char *interval) {
    return strcmp(interval, "3d") != 0 && strcmp(interval, "1w") != 0 &&
           strcmp(interval, "1mo") != 0;
}

/* Goal: no bytes make the decoders of LEAN, LOBSTER and Hyperliquid's CSV crash, hang, leak, or
 * hand over a batch that breaks its promise. Method: as fuzz_decoder.h says, each input to all of
 * them. */

#include "loaders/formats/hyperliquid_csv.h"
#include "loaders/formats/lean.h"
#include "loaders/formats/lobster.h"
#include "tests/fuzz/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz_decoder(&lean_loader, "x/20180404_btceur_minute_trade.csv", bytes, size);
    fuzz_decoder(&lean_loader, "x/20180404_btceur_tick_quote.csv", bytes, size);
    fuzz_decoder(&lean_loader, "equity/usa/daily/spy.csv", bytes, size);
    fuzz_decoder(&lobster_loader, "AAPL_2012-06-21_34200000_57600000_message_10.csv", bytes, size);
    fuzz_decoder(&hyperliquid_csv_loader, "x.csv", bytes, size);
    return 0;
}

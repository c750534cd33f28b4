/* Goal: no bytes make the decoders of JSON formats crash, hang, leak, or hand over a batch that
 * breaks its promise. Method: as fuzz_decoder.h says, each input to all of them. */

#include "loaders/formats/freqtrade.h"
#include "loaders/formats/hyperliquid.h"
#include "loaders/formats/websocket.h"
#include "tests/fuzz/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz_decoder(&freqtrade_loader, "BTC_USDT-1m.json", bytes, size);
    fuzz_decoder(&freqtrade_loader, "BTC_USDT-trades.json", bytes, size);
    fuzz_decoder(&hyperliquid_loader, "10", bytes, size);
    fuzz_decoder(&websocket_loader, "feed.txt", bytes, size);
    return 0;
}

/* Goal: no bytes make the DBN decoder crash, hang, leak, or hand over a batch that breaks its
 * promise. Method: as fuzz_decoder.h says. */

#include "loaders/dbn/dbn.h"
#include "tests/fuzz/fuzz_decoder.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    fuzz_decoder(&dbn_loader, "x.dbn", bytes, size);
    return 0;
}

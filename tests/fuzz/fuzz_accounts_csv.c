/* Goal: no bytes make the reader of accounts crash, hang or leak, or take what it should refuse.
 * Method: reads them for two instruments; what is taken must finish, and each account must have an
 * id, and positions that are not empty in instruments that exist. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/population/accounts_csv.h"
#include "tests/fuzz/fuzz_demand.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void make_instruments(struct instrument instruments[2]) {
    instruments[0] = (struct instrument){.symbol = "BTCUSDT",
                                         .kind = CONTRACT_LINEAR,
                                         .price_tick = {1, 2},
                                         .lot = {1, 3},
                                         .contract_size = {1, 0}};
    instruments[1] = instruments[0];
    instruments[1].symbol = "ETHUSDT";
    for (int i = 0; i < 2; i++)
        FUZZ_DEMAND(instrument_init(&instruments[i], NULL) == STATUS_OK);
}

static void check(const struct accounts *accounts) {
    size_t positions = 0;
    for (uint32_t i = 0; i < accounts_count(accounts); i++) {
        char id[ACCOUNT_ID_SIZE];
        accounts_id(accounts, i, id);
        FUZZ_DEMAND(id[0] != '\0' && strlen(id) < ACCOUNT_ID_SIZE);
        positions += accounts_view(accounts, i).position_count;
    }
    FUZZ_DEMAND(positions == accounts_position_count(accounts));
    for (size_t i = 0; i < positions; i++) {
        const struct position_view position = accounts_position(accounts, i);
        FUZZ_DEMAND(position.instrument < 2 && position.lots != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct instrument instruments[2];
    struct accounts *accounts = NULL;
    struct error error = {0};
    make_instruments(instruments);
    FUZZ_DEMAND(accounts_create(&accounts, NULL) == STATUS_OK);
    char *const copy = malloc(size > 0 ? size : 1); /* exact, so that a look over the end is seen */
    FUZZ_DEMAND(copy != NULL);
    if (size > 0)
        memcpy(copy, bytes, size);
    enum status status =
        accounts_csv_parse("fuzz", copy, size, NULL, instruments, 2, accounts, &error);
    if (status == STATUS_OK) {
        FUZZ_DEMAND(accounts_finish(accounts, &error) == STATUS_OK);
        check(accounts);
    } else {
        FUZZ_DEMAND(status == STATUS_CONFIG || status == STATUS_RANGE);
        FUZZ_DEMAND(error.message[0] != '\0');
    }
    accounts_destroy(accounts);
    free(copy);
    return 0;
}

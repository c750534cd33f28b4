#include "cli/download/download_retry.h"

#include <assert.h>

int64_t download_retry_wait_ms(const struct download_patience *patience, int made,
                               int64_t asked_s) {
    assert(made >= 1);
    if (made >= patience->tries || asked_s > DOWNLOAD_ASKED_S_MAX)
        return -1;
    int64_t wait_ms = patience->wait_ms;
    for (int i = 1; i < made && wait_ms < DOWNLOAD_WAIT_MS_MAX; i++)
        wait_ms *= 2;
    if (wait_ms > DOWNLOAD_WAIT_MS_MAX)
        wait_ms = DOWNLOAD_WAIT_MS_MAX;
    return asked_s * 1000 > wait_ms ? asked_s * 1000 : wait_ms;
}

bool download_retry_code(long code) {
    return code == 408 || code == 425 || code == 429 || (code >= 500 && code <= 599);
}

bool download_retry_slow_down(long code) {
    return code == 429 || code == 503;
}

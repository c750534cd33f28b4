/* Goal: no file makes the container crash, hang, leak or expand without end.
 * Method: reads all entries of the bytes as a file in memory, under narrow limits. */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/container.h"
#include "tests/fuzz/fuzz_demand.h"

#define EXPANDED_MAX ((uint64_t)1 << 22)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void read_entries(struct container *container, struct error *error) {
    const char *name;
    while (container_next_entry(container, &name, error) == STATUS_OK) {
        FUZZ_DEMAND(name != NULL);
        static char into[8192];
        uint64_t expanded = 0;
        size_t count = 1;
        while (count > 0) {
            if (container_read(container, sizeof(into), into, &count, error) != STATUS_OK)
                return;
            expanded += count;
            FUZZ_DEMAND(count <= sizeof(into) && expanded <= EXPANDED_MAX);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const int file = memfd_create("fuzz", MFD_CLOEXEC);
    FUZZ_DEMAND(file >= 0);
    FUZZ_DEMAND(write(file, bytes, size) == (ssize_t)size);
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    const struct container_limits limits = {.expanded_bytes_max = EXPANDED_MAX};
    struct container *container = NULL;
    struct error error = {0};
    if (container_open(path, &limits, &container, &error) == STATUS_OK) {
        read_entries(container, &error);
        char hex[65];
        FUZZ_DEMAND(container_sha256(container, hex, &error) == STATUS_OK && strlen(hex) == 64);
    } else {
        FUZZ_DEMAND(strlen(error.message) > 0);
    }
    container_close(container);
    (void)close(file); /* memory only */
    return 0;
}

#include "store/market/block_spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void block_spill_init(struct block_spill *spill, const char *beside) {
    *spill = (struct block_spill){.beside = beside, .file = -1};
}

void block_spill_finish(struct block_spill *spill) {
    free(spill->blocks);
    free(spill->bytes);
    if (spill->file >= 0)
        (void)close(spill->file); /* it has no name: nothing can be lost */
    block_spill_init(spill, spill->beside);
}

static enum status failed(const struct block_spill *spill, const char *doing,
                          struct error *reterr) {
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return error_set(reterr, full ? STATUS_FULL : STATUS_IO, "%s beside '%s': %s", doing,
                     spill->beside, strerror(errno));
}

/* Makes the nameless file, where the market file will need the room anyway. */
static enum status make_file(struct block_spill *spill, struct error *reterr) {
    const char *doing = "making a file without a name";
    static const char name[] = "/.crossfall-XXXXXX";
    char folder[4096];
    const char *const slash = strrchr(spill->beside, '/');
    const size_t size = slash == NULL ? 1 : (size_t)(slash - spill->beside) + 1;
    if (size + sizeof(name) > sizeof(folder))
        return error_set(reterr, STATUS_IO, "the path '%s' is too long", spill->beside);
    memcpy(folder, slash == NULL ? "." : spill->beside, size);
    folder[size] = '\0';
    spill->file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (spill->file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return spill->file >= 0 ? STATUS_OK : failed(spill, doing, reterr);
    memcpy(folder + size, name, sizeof(name));
    spill->file = mkostemp(folder, O_CLOEXEC);
    if (spill->file < 0)
        return failed(spill, doing, reterr);
    if (unlink(folder) != 0)
        return failed(spill, "taking the name from a file", reterr);
    return STATUS_OK;
}

/* Writes what is in memory to the end of the file. */
static enum status write_out(struct block_spill *spill, struct error *reterr) {
    const enum status status = spill->file < 0 ? make_file(spill, reterr) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    for (size_t done = 0; done < spill->size;) {
        const ssize_t count = write(spill->file, spill->bytes + done, spill->size - done);
        if (count < 0 && errno != EINTR)
            return failed(spill, "writing blocks to a file without a name", reterr);
        done += count > 0 ? (size_t)count : 0;
    }
    spill->size = 0;
    return STATUS_OK;
}

/* Room for `size` more bytes in memory. */
static enum status reserve(struct block_spill *spill, size_t size, struct error *reterr) {
    if (spill->size > 0 && spill->size + size > BLOCK_SPILL_MEMORY) {
        const enum status status = write_out(spill, reterr);
        if (status != STATUS_OK)
            return status;
    }
    size_t room = spill->room == 0 ? (size_t)1 << 16 : spill->room;
    while (room < spill->size + size)
        room *= 2;
    if (room == spill->room)
        return STATUS_OK;
    uint8_t *bytes = realloc(spill->bytes, room);
    if (bytes == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "no memory for blocks");
    spill->bytes = bytes;
    spill->room = room;
    return STATUS_OK;
}

enum status block_spill_add(struct block_spill *spill, size_t series,
                            const struct tick_block_summary *summary, const uint8_t *bytes,
                            size_t size, struct error *reterr) {
    if (spill->count == spill->capacity) {
        const size_t capacity = spill->capacity == 0 ? 64 : 2 * spill->capacity;
        struct spilled_block *blocks =
            reallocarray(spill->blocks, capacity, sizeof(*spill->blocks));
        if (blocks == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "no memory for a list of blocks");
        spill->blocks = blocks;
        spill->capacity = capacity;
    }
    const enum status status = reserve(spill, size, reterr);
    if (status != STATUS_OK)
        return status;
    memcpy(spill->bytes + spill->size, bytes, size);
    spill->size += size;
    spill->blocks[spill->count++] = (struct spilled_block){series, size, *summary};
    return STATUS_OK;
}

/* Reads `size` bytes from the file at *at. */
static enum status read_back(const struct block_spill *spill, uint8_t *into, size_t size, off_t *at,
                             struct error *reterr) {
    for (size_t done = 0; done < size;) {
        const ssize_t count = pread(spill->file, into + done, size - done, *at);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            errno = count == 0 ? EIO : errno;
            return failed(spill, "reading blocks from a file without a name", reterr);
        }
        done += (size_t)count;
        *at += count;
    }
    return STATUS_OK;
}

enum status block_spill_read(struct block_spill *spill,
                             enum status (*take)(void *context, const struct spilled_block *block,
                                                 const uint8_t *bytes, struct error *reterr),
                             void *context, struct error *reterr) {
    enum status status = STATUS_OK;
    if (spill->file >= 0 && spill->size > 0)
        status = write_out(spill, reterr);
    size_t in_memory = 0;
    off_t in_file = 0;
    for (size_t i = 0; status == STATUS_OK && i < spill->count; i++) {
        const struct spilled_block *const block = &spill->blocks[i];
        const uint8_t *bytes = spill->bytes + in_memory;
        if (spill->file >= 0) {
            status = reserve(spill, block->size, reterr);
            bytes = spill->bytes;
            if (status == STATUS_OK)
                status = read_back(spill, spill->bytes, block->size, &in_file, reterr);
        } else {
            in_memory += block->size;
        }
        if (status == STATUS_OK)
            status = take(context, block, bytes, reterr);
    }
    return status;
}

#include "store/results/packed_writer.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

struct packed_writer {
    char *path;
    char *part; /* what it is called until it is complete; NULL: it is */
    FILE *file;
    bool created;
    ZSTD_CCtx *zstd; /* NULL: plain */
    void *packed;
    size_t packed_size;
    uint64_t written;
};

static enum status write_error(const struct packed_writer *writer, const char *doing,
                               struct error *reterr) {
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    return error_set(reterr, full ? STATUS_FULL : STATUS_IO, "%s '%s': %s", doing, writer->part,
                     strerror(errno));
}

static enum status create_zstd(struct packed_writer *writer, struct error *reterr) {
    writer->zstd = ZSTD_createCCtx();
    writer->packed_size = ZSTD_CStreamOutSize();
    writer->packed = malloc(writer->packed_size);
    if (writer->zstd == NULL || writer->packed == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for zstd", writer->path);
    const size_t rc = ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
    if (ZSTD_isError(rc))
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': zstd: %s", writer->path,
                         ZSTD_getErrorName(rc));
    return STATUS_OK;
}

enum status packed_writer_create(const char *path, bool compress, struct packed_writer **ret_writer,
                                 struct error *reterr) {
    assert(path != NULL && path[0] != '\0' && ret_writer != NULL);
    struct packed_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a writer", path);
    enum status status = STATUS_OK;
    writer->path = strdup(path);
    if (writer->path == NULL || asprintf(&writer->part, "%s.part", path) < 0) {
        writer->part = NULL; /* asprintf() says nothing of it when it fails */
        status = error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a writer", path);
    }
    if (status == STATUS_OK && compress)
        status = create_zstd(writer, reterr);
    if (status == STATUS_OK) {
        writer->file = fopen(writer->part, "wb");
        if (writer->file == NULL)
            status = write_error(writer, "making", reterr);
        writer->created = writer->file != NULL;
    }
    if (status != STATUS_OK) {
        packed_writer_destroy(writer);
        return status;
    }
    *ret_writer = writer;
    return STATUS_OK;
}

static enum status put(struct packed_writer *writer, const void *bytes, size_t size,
                       struct error *reterr) {
    if (size > 0 && fwrite(bytes, 1, size, writer->file) != size)
        return write_error(writer, "writing", reterr);
    writer->written += size;
    return STATUS_OK;
}

/* Feeds zstd until it has taken all of `bytes`, or at the end until it has given all. */
static enum status pack(struct packed_writer *writer, const void *bytes, size_t size,
                        ZSTD_EndDirective directive, struct error *reterr) {
    ZSTD_inBuffer in = {bytes, size, 0};
    size_t left = 1;
    while (in.pos < in.size || (directive == ZSTD_e_end && left > 0)) {
        ZSTD_outBuffer out = {writer->packed, writer->packed_size, 0};
        left = ZSTD_compressStream2(writer->zstd, &out, &in, directive);
        if (ZSTD_isError(left))
            return error_set(reterr, STATUS_NO_MEMORY, "writing '%s': zstd: %s", writer->part,
                             ZSTD_getErrorName(left));
        const enum status status = put(writer, writer->packed, out.pos, reterr);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status packed_writer_write(struct packed_writer *writer, const void *bytes, size_t size,
                                struct error *reterr) {
    return writer->zstd == NULL ? put(writer, bytes, size, reterr)
                                : pack(writer, bytes, size, ZSTD_e_continue, reterr);
}

enum status packed_writer_finish(struct packed_writer *writer, uint64_t *ret_size,
                                 struct error *reterr) {
    assert(writer->part != NULL && writer->file != NULL);
    enum status status = STATUS_OK;
    if (writer->zstd != NULL)
        status = pack(writer, "", 0, ZSTD_e_end, reterr);
    if (status == STATUS_OK && fflush(writer->file) != 0)
        status = write_error(writer, "writing", reterr);
    const int closed = fclose(writer->file);
    writer->file = NULL;
    if (status == STATUS_OK && closed != 0)
        status = write_error(writer, "writing", reterr);
    if (status == STATUS_OK && rename(writer->part, writer->path) != 0)
        status = write_error(writer, "naming", reterr);
    if (status != STATUS_OK)
        return status;
    free(writer->part);
    writer->part = NULL;
    *ret_size = writer->written;
    return STATUS_OK;
}

void packed_writer_destroy(struct packed_writer *writer) {
    if (writer == NULL)
        return;
    if (writer->file != NULL)
        (void)fclose(writer->file); /* goes away in the next line */
    if (writer->part != NULL && writer->created)
        (void)unlink(writer->part); /* it has no name yet, and nobody waits for it */
    (void)ZSTD_freeCCtx(writer->zstd);
    free(writer->packed);
    free(writer->part);
    free(writer->path);
    free(writer);
}

#include "base/container.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/raw_file.h"
#include "base/zip_directory.h"

#define HEAD_SIZE ((size_t)512) /* enough for every signature, tar's at byte 257 included */
#define EXPANDED_BYTES_MAX (UINT64_C(1) << 40)
#define EXPANSION_RATIO_MAX 2000
#define EXPANSION_FREE (UINT64_C(64) << 20) /* below this the ratio is not looked at */

struct container {
    struct raw_file raw;
    enum form form;
    struct container_limits limits;
    enum status failed; /* the first failure; nothing can be read after it */

    z_stream inflate;
    bool inflate_ready;
    bool member_open;               /* gzip: in the middle of a member */
    uint8_t inflated[RAW_CAPACITY]; /* gzip only */

    struct archive *archive; /* NULL for plain and gzip */
    char *entry_name;        /* NULL before the first */
    uint64_t zip_expected;   /* entries that the end of a zip announces */
    uint64_t zip_seen;
    bool entry_ended;
    const uint8_t *block; /* expanded bytes not yet taken; borrowed from inflated or archive */
    size_t block_size;
    uint64_t consumed;       /* raw bytes handed to a decoder; a zip may count one twice */
    uint64_t expanded;       /* bytes of this entry */
    uint64_t expanded_total; /* bytes of all entries */
};

/* The raw bytes that stand behind what was expanded: entries of a zip may overlap in the file, so
 * never more than it has. */
static uint64_t raw_bytes_used(const struct container *c) {
    const uint64_t size = c->raw.size;
    return size > 0 && c->consumed > size ? size : c->consumed;
}

static enum status damaged(const struct container *c, const char *why, struct error *reterr) {
    const bool zip = c->form == FORM_ZIP && c->entry_name != NULL;
    return error_set(reterr, STATUS_CORRUPT,
                     "'%s'%s%s%s: damaged %s data at byte %" PRIu64 " of the expanded stream: %s",
                     c->raw.path, zip ? ", entry '" : "", zip ? c->entry_name : "", zip ? "'" : "",
                     form_name(c->form), c->expanded, why);
}

static enum status nested(const struct container *c, enum form inner, struct error *reterr) {
    return error_set(reterr, STATUS_CORRUPT,
                     "'%s', entry '%s': %s inside %s: unpack the outer first", c->raw.path,
                     c->entry_name, form_name(inner), form_name(c->form));
}

/* ---- gzip, by zlib: libarchive checks neither the CRC nor the length of a member ---- */

static enum status gzip_open(struct container *c, struct error *reterr) {
    /* 15 + 16: the largest window; header, CRC and length of each member are checked */
    const int rc = inflateInit2(&c->inflate, 15 + 16);
    if (rc == Z_MEM_ERROR)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for zlib", c->raw.path);
    if (rc != Z_OK)
        return error_set(reterr, STATUS_IO, "'%s': zlib cannot start: %s", c->raw.path, zError(rc));
    c->inflate_ready = true;
    c->member_open = true; /* its signature was seen */
    return STATUS_OK;
}

/* After a member: another one, zero padding, or the end. Anything else is damage, since a broken
 * signature would otherwise drop all that follows in silence. */
static enum status gzip_next_member(struct container *c, struct error *reterr) {
    for (;;) {
        const enum status status = raw_file_fill(&c->raw, 2, reterr);
        if (status != STATUS_OK)
            return status;
        const uint8_t *const head = c->raw.bytes + c->raw.begin;
        const size_t size = c->raw.end - c->raw.begin;
        if (size == 0) {
            c->entry_ended = true;
            return STATUS_OK;
        }
        if (form_of_head(head, size) == FORM_GZIP) {
            c->member_open = true;
            return inflateReset(&c->inflate) == Z_OK
                       ? STATUS_OK
                       : damaged(c, "zlib cannot start again", reterr);
        }
        if (head[0] != 0)
            return damaged(c, "bytes after the end that are no gzip member", reterr);
        c->raw.begin++;
        c->consumed++;
    }
}

static enum status gzip_block(struct container *c, struct error *reterr) {
    z_stream *const z = &c->inflate;
    z->next_out = c->inflated;
    z->avail_out = (uInt)sizeof(c->inflated);
    while (z->avail_out == sizeof(c->inflated)) {
        enum status status = c->member_open ? STATUS_OK : gzip_next_member(c, reterr);
        if (status != STATUS_OK || c->entry_ended)
            return status;
        status = raw_file_fill(&c->raw, 1, reterr);
        if (status != STATUS_OK)
            return status;
        const size_t size = c->raw.end - c->raw.begin;
        if (size == 0)
            return damaged(c, "the file is cut off", reterr);
        z->next_in = c->raw.bytes + c->raw.begin;
        z->avail_in = (uInt)size;
        const int rc = inflate(z, Z_NO_FLUSH);
        c->raw.begin += size - z->avail_in;
        c->consumed += size - z->avail_in;
        if (rc == Z_STREAM_END)
            c->member_open = false;
        else if (rc == Z_MEM_ERROR)
            return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for zlib", c->raw.path);
        else if (rc != Z_OK)
            return damaged(c, z->msg != NULL ? z->msg : zError(rc), reterr);
    }
    c->block = c->inflated;
    c->block_size = sizeof(c->inflated) - z->avail_out;
    return STATUS_OK;
}

/* ---- the others, by libarchive ---- */

static la_ssize_t archive_take(struct archive *archive, void *context, const void **ret_bytes) {
    struct container *const c = context;
    if (raw_file_fill(&c->raw, 1, NULL) != STATUS_OK) {
        archive_set_error(archive, c->raw.read_errno, "%s", strerror(c->raw.read_errno));
        return -1;
    }
    const size_t count = c->raw.end - c->raw.begin;
    *ret_bytes = c->raw.bytes + c->raw.begin;
    c->raw.begin = c->raw.end; /* they stay where they are until the next call */
    c->consumed += count;
    return (la_ssize_t)count;
}

static la_int64_t archive_go_to(struct archive *archive, void *context, la_int64_t offset,
                                int whence) {
    struct container *const c = context;
    const int64_t at = raw_file_seek(&c->raw, offset, whence);
    if (at >= 0)
        return at;
    archive_set_error(archive, errno, "%s", strerror(errno));
    return ARCHIVE_FATAL;
}

/* Says in our words what libarchive found. */
static enum status archive_failed(const struct container *c, struct error *reterr) {
    if (c->raw.read_errno != 0)
        return error_set(reterr, STATUS_IO, "reading '%s': %s", c->raw.path,
                         strerror(c->raw.read_errno));
    const char *const said = archive_error_string(c->archive); /* may be NULL */
    if (archive_errno(c->archive) == ENOMEM)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for %s", c->raw.path,
                         form_name(c->form));
    if (said != NULL && strstr(said, "too much memory") != NULL)
        return damaged(c,
                       "a window of more than 128 MiB (zstd --long=28 or more); compress it anew "
                       "without --long",
                       reterr);
    if (c->form == FORM_ZIP && c->entry_name == NULL)
        return damaged(c, said != NULL ? said : "its directory cannot be read", reterr);
    return damaged(c, said != NULL ? said : "no reason given", reterr);
}

/* Enables exactly the one filter or format that the signature calls for: with all of them an
 * ordinary CSV is taken for an mtree archive, and some filters start outside programs. */
static int archive_enable(struct archive *archive, enum form form) {
    if (form == FORM_ZIP)
        return archive_read_support_format_zip_seekable(archive);
    if (archive_read_support_format_raw(archive) != ARCHIVE_OK ||
        archive_read_support_format_empty(archive) != ARCHIVE_OK)
        return ARCHIVE_FATAL;
    if (form == FORM_ZSTD)
        return archive_read_support_filter_zstd(archive);
    if (form == FORM_XZ)
        return archive_read_support_filter_xz(archive);
    if (form == FORM_LZ4)
        return archive_read_support_filter_lz4(archive);
    assert(form == FORM_BZIP2);
    return archive_read_support_filter_bzip2(archive);
}

static enum status archive_open(struct container *c, struct error *reterr) {
    if (c->form == FORM_ZIP) {
        /* Only the directory at its end says what a zip holds: reading forward, a broken signature
         * makes an entry vanish. So it is read with seeks, and hashed apart. */
        if (!c->raw.seekable)
            return error_set(reterr, STATUS_CORRUPT,
                             "'%s': a zip archive cannot be read from a pipe; save it to a file",
                             c->raw.path);
        if (!zip_directory_count(&c->raw, &c->zip_expected))
            return damaged(c, "no directory at its end; is the file cut off?", reterr);
        if (c->zip_expected == 0) /* or so it says: then it is damaged */
            return error_set(reterr, STATUS_CORRUPT, "'%s': there is no file in it", c->raw.path);
        const enum status status = raw_file_restart(&c->raw, reterr);
        if (status != STATUS_OK)
            return status;
    }
    c->archive = archive_read_new();
    if (c->archive == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for libarchive", c->raw.path);
    if (archive_enable(c->archive, c->form) != ARCHIVE_OK)
        return error_set(reterr, STATUS_IO, "'%s': this libarchive was built without %s",
                         c->raw.path, form_name(c->form));
    if (archive_read_set_read_callback(c->archive, archive_take) != ARCHIVE_OK ||
        (c->form == FORM_ZIP &&
         archive_read_set_seek_callback(c->archive, archive_go_to) != ARCHIVE_OK) ||
        archive_read_set_callback_data(c->archive, c) != ARCHIVE_OK ||
        archive_read_open1(c->archive) != ARCHIVE_OK)
        return archive_failed(c, reterr);
    return STATUS_OK;
}

/* Bytes behind the compressed stream that no decoder wanted: a further frame with a broken
 * signature, or a foreign tail. */
static enum status archive_check_tail(struct container *c, struct error *reterr) {
    const enum status status = raw_file_fill(&c->raw, 1, reterr);
    if (status != STATUS_OK)
        return status;
    if (c->raw.begin != c->raw.end || (uint64_t)archive_filter_bytes(c->archive, -1) != c->consumed)
        return damaged(c, "bytes after the end of the compressed stream", reterr);
    return STATUS_OK;
}

static enum status archive_block(struct container *c, struct error *reterr) {
    const void *bytes;
    size_t size;
    la_int64_t offset;
    const int rc = archive_read_data_block(c->archive, &bytes, &size, &offset);
    if (rc == ARCHIVE_EOF) { /* only now have size and CRC been checked */
        c->entry_ended = true;
        return c->form == FORM_ZIP ? STATUS_OK : archive_check_tail(c, reterr);
    }
    if (rc != ARCHIVE_OK) /* ARCHIVE_WARN too: a wrong CRC or size of a zip entry */
        return archive_failed(c, reterr);
    if (offset != (la_int64_t)c->expanded)
        return damaged(c, "a hole in the data", reterr);
    c->block = bytes;
    c->block_size = size;
    return STATUS_OK;
}

/* The one entry of a compressed file. */
static enum status archive_raw_entry(struct container *c, struct error *reterr) {
    struct archive_entry *entry;
    const int rc = archive_read_next_header(c->archive, &entry);
    if (rc != ARCHIVE_OK && rc != ARCHIVE_EOF)
        return archive_failed(c, reterr);
    /* the raw format takes anything: without the filter these would be the packed bytes */
    const int filters = archive_filter_count(c->archive);
    if (filters < 2)
        return damaged(c, "cut off or broken at its head", reterr);
    if (filters > 2)
        return nested(c, c->form, reterr);
    c->entry_ended = rc == ARCHIVE_EOF; /* not a single byte in it */
    return c->entry_ended ? archive_check_tail(c, reterr) : STATUS_OK;
}

/* The next file in a zip; directories are passed over. */
static enum status zip_next_entry(struct container *c, struct error *reterr) {
    struct archive_entry *entry;
    do {
        const int rc = archive_read_next_header(c->archive, &entry);
        if (rc == ARCHIVE_EOF)
            return c->zip_seen == c->zip_expected
                       ? STATUS_END
                       : damaged(c, "its directory holds fewer entries than announced", reterr);
        if (rc != ARCHIVE_OK)
            return archive_failed(c, reterr);
        c->zip_seen++;
        const char *const name = archive_entry_pathname(entry); /* NULL: not in this locale */
        char *const copy = strdup(name != NULL ? name : "(unprintable name)");
        if (copy == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a name", c->raw.path);
        free(c->entry_name);
        c->entry_name = copy;
        if (archive_entry_is_encrypted(entry))
            return error_set(reterr, STATUS_CORRUPT, "'%s', entry '%s': encrypted; unpack it first",
                             c->raw.path, c->entry_name);
        if (archive_entry_filetype(entry) != AE_IFREG &&
            (archive_entry_filetype(entry) != AE_IFDIR || archive_entry_size(entry) > 0))
            return damaged(c, "neither a file nor a directory", reterr);
    } while (archive_entry_filetype(entry) != AE_IFREG);
    c->entry_ended = false;
    return STATUS_OK;
}

/* ---- entries ---- */

static enum status limits_check(const struct container *c, struct error *reterr) {
    if (c->expanded > c->limits.expanded_bytes_max)
        return error_set(reterr, STATUS_CORRUPT,
                         "'%s': expands without end: stopped at byte %" PRIu64
                         " of the expanded stream (limit %" PRIu64 " bytes)",
                         c->raw.path, c->expanded, c->limits.expanded_bytes_max);
    const uint64_t used = raw_bytes_used(c);
    if (c->form == FORM_PLAIN || c->expanded_total <= EXPANSION_FREE ||
        c->expanded_total / c->limits.expansion_ratio_max <= used)
        return STATUS_OK;
    return error_set(reterr, STATUS_CORRUPT,
                     "'%s': expands without end: stopped at byte %" PRIu64
                     " of the expanded stream, made from %" PRIu64
                     " bytes of the file (limit %" PRIu64 " times)",
                     c->raw.path, c->expanded, used, c->limits.expansion_ratio_max);
}

/* Gets the next expanded bytes into block; block_size 0 only at the entry's end. */
static enum status block_next(struct container *c, struct error *reterr) {
    assert(c->block_size == 0 && c->form != FORM_PLAIN);
    while (c->block_size == 0 && !c->entry_ended) {
        const enum status status =
            c->form == FORM_GZIP ? gzip_block(c, reterr) : archive_block(c, reterr);
        if (status != STATUS_OK)
            return status;
    }
    c->expanded += c->block_size;
    c->expanded_total += c->block_size;
    return limits_check(c, reterr);
}

static enum status open_decoder(struct container *c, struct error *reterr) {
    const enum status status = raw_file_fill(&c->raw, HEAD_SIZE, reterr);
    if (status != STATUS_OK)
        return status;
    c->form = form_of_head(c->raw.bytes + c->raw.begin, c->raw.end - c->raw.begin);
    if (c->form == FORM_PLAIN)
        return STATUS_OK;
    if (c->form == FORM_TAR)
        return error_set(reterr, STATUS_CORRUPT, "'%s': a tar archive: unpack it first",
                         c->raw.path);
    return c->form == FORM_GZIP ? gzip_open(c, reterr) : archive_open(c, reterr);
}

enum status container_open(const char *path, const struct container_limits *limits,
                           struct container **ret_container, struct error *reterr) {
    assert(path != NULL && ret_container != NULL);
    struct container *const c = calloc(1, sizeof(*c));
    if (c == NULL)
        return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a reader", path);
    if (limits != NULL)
        c->limits = *limits;
    if (c->limits.expanded_bytes_max == 0)
        c->limits.expanded_bytes_max = EXPANDED_BYTES_MAX;
    if (c->limits.expansion_ratio_max == 0)
        c->limits.expansion_ratio_max = EXPANSION_RATIO_MAX;
    enum status status = raw_file_init(&c->raw, path, reterr);
    if (status == STATUS_OK)
        status = open_decoder(c, reterr);
    if (status != STATUS_OK) {
        container_close(c);
        return status;
    }
    *ret_container = c;
    return STATUS_OK;
}

/* Steps to the next entry without naming it. */
static enum status entry_next(struct container *c, struct error *reterr) {
    const bool first = c->entry_name == NULL;
    if (!first && c->form != FORM_ZIP)
        return STATUS_END;
    /* what the caller left unread is read here: skipped bytes are never checked */
    while (!first && !c->entry_ended) {
        c->block_size = 0;
        const enum status status = block_next(c, reterr);
        if (status != STATUS_OK)
            return status;
    }
    c->block_size = 0;
    c->expanded = 0;
    if (c->form != FORM_ZIP) {
        const char *const slash = strrchr(c->raw.path, '/');
        c->entry_name = strdup(slash != NULL ? slash + 1 : c->raw.path);
        if (c->entry_name == NULL)
            return error_set(reterr, STATUS_NO_MEMORY, "'%s': no memory for a name", c->raw.path);
    }
    if (c->form == FORM_PLAIN)
        return STATUS_OK;
    enum status status = STATUS_OK;
    if (c->form == FORM_ZIP)
        status = zip_next_entry(c, reterr);
    else if (c->form != FORM_GZIP)
        status = archive_raw_entry(c, reterr);
    if (status == STATUS_OK)
        status = block_next(c, reterr);
    if (status != STATUS_OK)
        return status;
    const enum form inner = form_of_head(c->block, c->block_size);
    return inner == FORM_PLAIN ? STATUS_OK : nested(c, inner, reterr);
}

/* Whether an entry's name points out of the folder it would be unpacked in, or has characters that
 * no name has. Nothing is unpacked here, but such an archive was made to deceive. */
static bool name_is_trick(const char *name) {
    if (name[0] == '/' || name[0] == '\\' || name[0] == '\0')
        return true;
    for (const char *part = name; part != NULL; part = strpbrk(part, "/\\")) {
        part += part != name ? 1 : 0;
        if (strncmp(part, "..", 2) == 0 && (part[2] == '\0' || part[2] == '/' || part[2] == '\\'))
            return true;
    }
    for (const char *at = name; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == 127)
            return true;
    }
    return false;
}

enum status container_next_entry(struct container *container, const char **ret_name,
                                 struct error *reterr) {
    assert(container->failed == STATUS_OK);
    enum status status = entry_next(container, reterr);
    if (status == STATUS_OK && container->form == FORM_ZIP && name_is_trick(container->entry_name))
        status = error_set(reterr, STATUS_CORRUPT,
                           "'%s': an entry whose name points elsewhere or is no name",
                           container->raw.path);
    if (status == STATUS_OK)
        *ret_name = container->entry_name;
    else if (status != STATUS_END)
        container->failed = status;
    return status;
}

enum status container_read(struct container *container, size_t capacity, void *ret_bytes,
                           size_t *ret_count, struct error *reterr) {
    struct container *const c = container;
    assert(c->entry_name != NULL && c->failed == STATUS_OK && capacity > 0);
    enum status status = STATUS_OK;
    if (c->form == FORM_PLAIN) {
        status = raw_file_take(&c->raw, capacity, ret_bytes, ret_count, reterr);
        if (status == STATUS_OK) {
            c->consumed += *ret_count;
            c->expanded += *ret_count;
            status = limits_check(c, reterr);
        }
        c->failed = status;
        return status;
    }
    if (c->block_size == 0)
        status = block_next(c, reterr);
    if (status != STATUS_OK) {
        c->failed = status;
        return status;
    }
    const size_t count = c->block_size < capacity ? c->block_size : capacity;
    if (count > 0)
        memcpy(ret_bytes, c->block, count);
    c->block += count;
    c->block_size -= count;
    *ret_count = count;
    return STATUS_OK;
}

enum status container_sha256(struct container *container, char ret_hex[65], struct error *reterr) {
    return raw_file_sha256(&container->raw, ret_hex, reterr);
}

void container_progress(const struct container *container, uint64_t *ret_consumed,
                        uint64_t *ret_size) {
    *ret_consumed = raw_bytes_used(container);
    *ret_size = container->raw.size;
}

void container_close(struct container *container) {
    if (container == NULL)
        return;
    if (container->archive != NULL)
        (void)archive_read_free(container->archive); /* only read from: nothing can be lost */
    if (container->inflate_ready)
        (void)inflateEnd(&container->inflate);
    free(container->entry_name);
    raw_file_finish(&container->raw);
    free(container);
}

#pragma once
/* GET over HTTP, one request at a time and one answer, told exactly: what came, what was cut, what
 * will never come. The only file that sees libcurl. Certificates are verified; redirects are few,
 * to http or https alone, and never from https to http. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct download_client; /* opaque; used by one thread at a time, keeps its connection */

/* The head of an answer. */
struct download_answer {
    long code;             /* HTTP's: 200, 206, 404, ... */
    bool has_range;        /* Content-Range was there and could be read */
    uint64_t range_first;  /* of 206: the first byte of what follows */
    uint64_t range_total;  /* the size of the whole; 0: not told */
    uint64_t size;         /* Content-Length; 0: not told */
    char validator[256];   /* strong ETag, else Last-Modified, else "" */
    int64_t retry_after_s; /* 0: not told */
};

/* What the caller wants, and does with what comes. Borrowed for the call. */
struct download_request {
    const char *url;
    uint64_t offset; /* > 0: only the bytes from here on (Range) */
    const char
        *validator; /* with an offset: only if the file is still that one (If-Range); or NULL */
    void *context;
    /* The head of a 200 or 206, before its body. Anything but STATUS_OK ends the request. */
    enum status (*begin)(void *context, const struct download_answer *answer, struct error *reterr);
    /* A piece of the body of a 200 or 206; likewise. */
    enum status (*receive)(void *context, const void *bytes, size_t size, struct error *reterr);
    bool (*stop)(void *context); /* asked about once a second */
};

enum download_outcome {
    DOWNLOAD_ANSWERED, /* an answer is there in full; its code says what it is */
    DOWNLOAD_BROKEN,   /* no connection, or cut, or stalled: another try may do */
    DOWNLOAD_ENDED,    /* another try will not do, or the caller has ended it */
};

/* Once, before the first client and any thread. STATUS_IO. */
MUST_CHECK enum status download_client_start(struct error *reterr);
void download_client_stop(void);

/* Whether `text` can be a base URL: http or https, a host, no user, query or fragment. STATUS_OK:
 * *ret_url is `text` without a / at its end; g_free() ends it. STATUS_USAGE. */
MUST_CHECK enum status download_base_url(const char *text, char **ret_url, struct error *reterr);

/* `stall_s`: how long a connection may take, and a transfer bring less than 100 bytes a second. */
MUST_CHECK enum status download_client_create(int stall_s, struct download_client **ret_client,
                                              struct error *reterr);

/* Makes the request. *ret_answer is zeroed, then filled as far as heads came. On DOWNLOAD_BROKEN
 * and DOWNLOAD_ENDED `reterr` (not NULL) says why, with the URL: STATUS_IO, or what the callbacks
 * gave, or STATUS_INTERRUPTED. */
enum download_outcome download_client_get(struct download_client *client,
                                          const struct download_request *request,
                                          struct download_answer *ret_answer, struct error *reterr);

void download_client_destroy(struct download_client *client); /* NULL is fine */

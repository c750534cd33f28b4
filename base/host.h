#pragma once
/* What long work asks of whoever started it: to show how far it is, whether to stop, and to pass on
 * what the user should know. The one way out of every room below cli, none of which knows a
 * terminal. */

#include <stdbool.h>
#include <stdint.h>

struct host_progress {
    const char *what; /* "may-2021"; borrowed for the call */
    const char *unit; /* "ticks"; a literal */
    uint64_t count;   /* units done */
    double share;     /* of all, 0..1; < 0: not known */
};

enum host_notice {
    HOST_NOTE,   /* what was done beside what was asked: "Importing the bundled data ..." */
    HOST_PROBLEM /* a fault that was found in what was looked at, and did not end the work */
};

/* Any function may be NULL. All are called on the thread that called for the work, but for stop(),
 * which may be asked by threads of the work's own too: it has to be safe for that. */
struct host {
    void *context;
    /* May be called often. NULL: what was shown is over and may go away. */
    void (*progress)(void *context, const struct host_progress *progress);
    /* True: the work ends soon with STATUS_INTERRUPTED; then it must stay true. */
    bool (*stop)(void *context);
    /* One line without its end; borrowed for the call. */
    void (*tell)(void *context, enum host_notice notice, const char *text);
};

/* These take NULL for a host that wants nothing. */
void host_show(const struct host *host, const char *what, const char *unit, uint64_t count,
               double share);
void host_show_end(const struct host *host);
bool host_stops(const struct host *host);
void host_tell(const struct host *host, enum host_notice notice, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

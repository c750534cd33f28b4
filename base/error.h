#pragma once
/* The one status every fallible function returns, and the message that goes with it. */

#include <stdarg.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum status {
    STATUS_OK = 0,
    STATUS_END,         /* nothing is left; expected, handled by the caller, never passed on */
    STATUS_IO,          /* a file that is not there, cannot be opened, read or written; a run that
                           is not there */
    STATUS_NO_MEMORY,   /* memory is out */
    STATUS_FULL,        /* disk or a fixed limit is full */
    STATUS_USAGE,       /* wrong options */
    STATUS_CORRUPT,     /* broken content of a data file */
    STATUS_CONFIG,      /* bad content of a scenario, rulebook or accounts file */
    STATUS_RANGE,       /* a number that does not fit where it must go */
    STATUS_FOREIGN,     /* a database that is not ours */
    STATUS_DIFFERENT,   /* `verify` found a difference */
    STATUS_INTERRUPTED, /* the user asked to stop */
};

/* The caller's; `reterr` may be NULL wherever it is taken. */
struct error {
    enum status status;
    char message[1024];
};

/* Fills `reterr` (may be NULL) with a printf-formatted message and returns `status`, so that
 * raising is one line. Messages name the thing and the place: file, byte, line, field. */
enum status error_set(struct error *reterr, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#ifdef __clang_analyzer__
/* Tells the static analyzer that raising returns the status it was given. */
#define error_set(reterr, status, ...) ((void)(error_set)(reterr, status, __VA_ARGS__), (status))
#endif

/* Puts "context: " before the message already in `reterr` (may be NULL); returns its status. */
enum status error_prefix(struct error *reterr, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The process exit code of a status, by the table of interface §1: 0, 1, 2, 3, 4 or 130. */
int status_exit_code(enum status status);

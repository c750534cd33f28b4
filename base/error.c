#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum status(error_set)(struct error *reterr, enum status status, const char *format, ...) {
    if (reterr != NULL) {
        va_list arguments;
        va_start(arguments, format);
        reterr->status = status;
        (void)vsnprintf(reterr->message, sizeof(reterr->message), format,
                        arguments); /* cut is ok */
        va_end(arguments);
    }
    return status;
}

enum status error_prefix(struct error *reterr, enum status status, const char *format, ...) {
    if (reterr != NULL) {
        char context[512];
        char message[sizeof(reterr->message)];
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(context, sizeof(context), format, arguments); /* cut is ok */
        va_end(arguments);
        memcpy(message, reterr->message, sizeof(message));
        message[sizeof(message) - 1] = '\0';
        reterr->status = status;
        (void)snprintf(reterr->message, sizeof(reterr->message), "%.400s: %.600s", context,
                       message); /* cut is ok */
    }
    return status;
}

int status_exit_code(enum status status) {
    switch (status) {
    case STATUS_OK:
    case STATUS_END:
        return 0;
    case STATUS_IO:
    case STATUS_NO_MEMORY:
    case STATUS_FULL:
        return 1;
    case STATUS_USAGE:
        return 2;
    case STATUS_CORRUPT:
    case STATUS_CONFIG:
    case STATUS_RANGE:
    case STATUS_FOREIGN:
        return 3;
    case STATUS_DIFFERENT:
        return 4;
    case STATUS_INTERRUPTED:
        return 130;
    }
    return 1;
}

#pragma once
/* An SQLite file layer that works as the system's does until a chosen call fails. */

#include <stdbool.h>
#include <stdint.h>

/* What is counted and fails. */
enum failing_calls {
    FAILING_READS,
    FAILING_CHANGES, /* write, truncate, sync, delete */
};

struct failing_vfs_plan {
    enum failing_calls calls;
    int64_t countdown; /* the call that makes it 0 fails; 0: none does */
    bool lasting;      /* and every one after it */
    int result;        /* SQLITE_IOERR_WRITE, SQLITE_FULL, ... */
    bool hit;          /* one has failed */
};

/* Makes it the default of this process; `plan` is borrowed for good. Returns an SQLite code. */
int failing_vfs_install(struct failing_vfs_plan *plan);

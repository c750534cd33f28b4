#include "tests/fault/failing_vfs.h"

#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

struct failing_file {
    sqlite3_file base; /* first: SQLite sees only this */
    struct failing_vfs_plan *plan;
    sqlite3_file *real; /* behind this struct, in the same memory */
};

struct failing_vfs {
    sqlite3_vfs base; /* first: SQLite sees only this */
    sqlite3_vfs *real;
    struct failing_vfs_plan *plan;
};

static bool fails(struct failing_vfs_plan *plan, enum failing_calls calls) {
    if (plan->calls != calls)
        return false;
    if (plan->hit && plan->lasting)
        return true;
    if (plan->countdown > 0 && --plan->countdown == 0) {
        plan->hit = true;
        return true;
    }
    return false;
}

static struct failing_file *of(sqlite3_file *file) {
    return (struct failing_file *)file;
}

static int file_close(sqlite3_file *file) {
    return of(file)->real->pMethods == NULL ? SQLITE_OK
                                            : of(file)->real->pMethods->xClose(of(file)->real);
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at) {
    if (fails(of(file)->plan, FAILING_READS))
        return of(file)->plan->result;
    return of(file)->real->pMethods->xRead(of(file)->real, bytes, size, at);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at) {
    if (fails(of(file)->plan, FAILING_CHANGES)) {
        /* Half of it may well have gone out. */
        (void)of(file)->real->pMethods->xWrite(of(file)->real, bytes, size / 2, at);
        return of(file)->plan->result;
    }
    return of(file)->real->pMethods->xWrite(of(file)->real, bytes, size, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
    if (fails(of(file)->plan, FAILING_CHANGES))
        return of(file)->plan->result;
    return of(file)->real->pMethods->xTruncate(of(file)->real, size);
}

static int file_sync(sqlite3_file *file, int flags) {
    if (fails(of(file)->plan, FAILING_CHANGES))
        return of(file)->plan->result;
    return of(file)->real->pMethods->xSync(of(file)->real, flags);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret_size) {
    return of(file)->real->pMethods->xFileSize(of(file)->real, ret_size);
}

static int file_lock(sqlite3_file *file, int level) {
    return of(file)->real->pMethods->xLock(of(file)->real, level);
}

static int file_unlock(sqlite3_file *file, int level) {
    return of(file)->real->pMethods->xUnlock(of(file)->real, level);
}

static int file_reserved(sqlite3_file *file, int *ret_reserved) {
    return of(file)->real->pMethods->xCheckReservedLock(of(file)->real, ret_reserved);
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    return of(file)->real->pMethods->xFileControl(of(file)->real, operation, argument);
}

static int file_sector_size(sqlite3_file *file) {
    return of(file)->real->pMethods->xSectorSize(of(file)->real);
}

static int file_characteristics(sqlite3_file *file) {
    return of(file)->real->pMethods->xDeviceCharacteristics(of(file)->real);
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags) {
    struct failing_vfs *failing = (struct failing_vfs *)vfs;
    struct failing_file *own = of(file);
    own->plan = failing->plan;
    own->real = (sqlite3_file *)(own + 1);
    const int rc = failing->real->xOpen(failing->real, name, own->real, flags, ret_flags);
    own->base.pMethods = rc == SQLITE_OK ? &file_methods : NULL;
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    struct failing_vfs *failing = (struct failing_vfs *)vfs;
    if (fails(failing->plan, FAILING_CHANGES))
        return failing->plan->result;
    return failing->real->xDelete(failing->real, name, sync);
}

int failing_vfs_install(struct failing_vfs_plan *plan) {
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    struct failing_vfs *failing = calloc(1, sizeof(*failing)); /* SQLite keeps it to the end */
    if (real == NULL || failing == NULL) {
        free(failing);
        return SQLITE_NOMEM;
    }
    failing->base = *real; /* what is not replaced takes its own vfs only for its data */
    failing->base.zName = "failing";
    failing->base.szOsFile = (int)sizeof(struct failing_file) + real->szOsFile;
    failing->base.xOpen = vfs_open;
    failing->base.xDelete = vfs_delete;
    failing->real = real;
    failing->plan = plan;
    return sqlite3_vfs_register(&failing->base, 1);
}

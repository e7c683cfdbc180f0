/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/faulty_vfs.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <string.h>

typedef struct FaultyFile {
    sqlite3_file base;  /* first: SQLite sees this */
    sqlite3_file *real; /* behind this struct */
} FaultyFile;

static sqlite3_vfs *real_vfs;
static _Atomic int steps_left = -1; /* < 0: disarmed */
static _Atomic int failed, syncs;
static _Atomic bool sync_armed;
static int fail_with;
static bool fail_for_good;

void fz_faulty_arm(int step, int result, bool for_good)
{
    fail_with = result;
    fail_for_good = for_good;
    failed = 0;
    steps_left = step;
}

void fz_faulty_arm_sync(void)
{
    sync_armed = true;
}

void fz_faulty_disarm(void)
{
    sync_armed = false;
    steps_left = -1;
}

int fz_faulty_failed(void)
{
    return failed;
}

int fz_faulty_syncs(void)
{
    return syncs;
}

static bool step_fails(void)
{
    int left = steps_left;

    if (left < 0)
        return false;
    if (left > 0) {
        steps_left = left - 1;
        return false;
    }
    if (!fail_for_good)
        steps_left = -1;
    failed++;
    return true;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((FaultyFile *)file)->real;
}

static int faulty_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int faulty_read(sqlite3_file *file, void *to, int octets,
                       sqlite3_int64 at)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, octets, at);
}

static int faulty_write(sqlite3_file *file, const void *from, int octets,
                        sqlite3_int64 at)
{
    if (step_fails()) {
        real_of(file)->pMethods->xWrite(real_of(file), from, octets / 2, at);
        return fail_with;
    }
    return real_of(file)->pMethods->xWrite(real_of(file), from, octets, at);
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    if (step_fails())
        return fail_with;
    return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    if (atomic_exchange(&sync_armed, false))
        return SQLITE_IOERR_FSYNC;
    if (step_fails())
        return fail_with;
    syncs++;
    return real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int faulty_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int faulty_reserved(sqlite3_file *file, int *held)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held);
}

static int faulty_control(sqlite3_file *file, int op, void *arg)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), op, arg);
}

static int faulty_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int faulty_device(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend,
                          void volatile **at)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend,
                                            at);
}

static int faulty_shm_lock(sqlite3_file *file, int at, int n, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), at, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory mapping: it would go around us */
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_reserved,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector,
    .xDeviceCharacteristics = faulty_device,
    .xShmMap = faulty_shm_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_shm_barrier,
    .xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file,
                       int flags, int *out_flags)
{
    FaultyFile *faulty = (FaultyFile *)file;
    int rc;

    (void)vfs;
    faulty->base.pMethods = NULL;
    faulty->real = (sqlite3_file *)(faulty + 1);
    if ((flags & SQLITE_OPEN_READWRITE) != 0 && step_fails())
        return SQLITE_CANTOPEN;
    rc = real_vfs->xOpen(real_vfs, name, faulty->real, flags, out_flags);
    if (rc == SQLITE_OK)
        faulty->base.pMethods = &methods;
    return rc;
}

void fz_faulty_install(void)
{
    static sqlite3_vfs vfs;

    real_vfs = sqlite3_vfs_find(NULL);
    vfs = *real_vfs;
    vfs.zName = "faulty";
    vfs.szOsFile = (int)sizeof(FaultyFile) + real_vfs->szOsFile;
    vfs.xOpen = faulty_open;
    vfs.pNext = NULL;
    sqlite3_vfs_register(&vfs, 1);
}

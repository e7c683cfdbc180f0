/* SPDX-License-Identifier: BSD-2-Clause
 *
 * states_file.c - the file of states on disk: locked, replaced, put back
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "tools/states.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MOST (64u << 20)
#define LOOK_MS 50

static char *with(const char *path, const char *ending)
{
    FzBuf made = FZ_BUF_INIT;

    fz_buf_printf(&made, "%s%s", path, ending);
    return fz_buf_take_text(&made);
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return fz_strdup(".");
    return slash == path ? fz_strdup("/")
                         : fz_strndup(path, (size_t)(slash - path));
}

/* A symbolic link stays one: what it leads to is changed. */
static FzStatus find_file(FzStates *it, const char *path,
                          const FzDiagSink *sink)
{
    struct stat st;
    char *real = NULL;

    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode)) {
        real = realpath(path, NULL);
        if (real == NULL)
            return fz_diag_errno(sink, path, "the link leads nowhere");
    }
    it->path = fz_strdup(real == NULL ? path : real);
    free(real);
    it->former = with(it->path, ".former");
    it->folder = folder_of(it->path);
    return FZ_OK;
}

/* --- one at a time ------------------------------------------------------- */

static bool is_same_folder(const FzStates *it)
{
    struct stat there, held;

    return stat(it->folder, &there) == 0 && fstat(it->lock, &held) == 0 &&
           there.st_dev == held.st_dev && there.st_ino == held.st_ino;
}

static FzStatus wait_for(FzStates *it, int64_t wait_ms, const FzDiagSink *sink)
{
    const struct timespec pause = {0, LOOK_MS * 1000000L};
    int64_t until_ms = fz_clock_monotonic_ms() + wait_ms;
    bool told = false;

    while (flock(it->lock, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return fz_diag_errno(sink, it->folder, "cannot be locked");
        if (wait_ms > 0 && fz_clock_monotonic_ms() >= until_ms)
            return fz_diag(sink, FZ_E_STATE, it->path, 0, NULL,
                           "another promote or demote is at work and does not "
                           "end: nothing is written");
        if (!told)
            fz_diag_warn(sink, FZ_E_STATE, it->path, 0, NULL,
                         "another promote or demote is at work: waiting for "
                         "its end");
        told = true;
        nanosleep(&pause, NULL);
    }
    return FZ_OK;
}

/* The folder that somebody waited for may have been taken away again. */
static FzStatus lock_folder(FzStates *it, int64_t wait_ms,
                            const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    for (int tries = 0; status == FZ_OK && tries < 100; tries++) {
        it->made_folder |= mkdir(it->folder, 0755) == 0;
        it->lock = open(it->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (it->lock < 0)
            return fz_diag_errno(sink, it->folder,
                                 "the folder of overrides cannot be opened");
        status = wait_for(it, wait_ms, sink);
        if (status == FZ_OK && is_same_folder(it))
            return FZ_OK;
        close(it->lock);
        it->lock = -1;
    }
    return status != FZ_OK ? status
                           : fz_diag(sink, FZ_E_IO, it->folder, 0, NULL,
                                     "the folder of overrides comes and goes");
}

/* --- writing ------------------------------------------------------------- */

/* Those of the file that was there. Its owner may be beyond who calls: then
 * the group at least, which is what the gateway reads it by. */
static bool take_over(int fd, const struct stat *was, const char *path,
                      const FzDiagSink *sink)
{
    if (fchown(fd, was->st_uid, was->st_gid) != 0) {
        if (fchown(fd, (uid_t)-1, was->st_gid) != 0)
            return false;
        fz_diag_warn(sink, FZ_E_IO, path, 0, NULL,
                     "its owner cannot be kept: it is yours now");
    }
    return fchmod(fd, was->st_mode & 07777) == 0;
}

static bool write_all(int fd, FzSlice text)
{
    while (text.octets > 0) {
        ssize_t n = write(fd, text.data, text.octets);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            text.data += n;
            text.octets -= (size_t)n;
        }
    }
    return true;
}

static bool write_part(const FzStates *it, const char *part,
                       const FzDiagSink *sink)
{
    struct stat was;
    bool known = it->had_file && stat(it->path, &was) == 0, done;
    int fd;

    unlink(part);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
              it->had_file ? 0600 : 0644);
    done = fd >= 0 && (known || !it->had_file) &&
           (!known || take_over(fd, &was, it->path, sink)) &&
           write_all(fd, fz_buf_slice(&it->after)) && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return done;
}

/* The name of the file that was there stays on it, so that it can be had back
 * as it was: text, mode, owner and all. */
static FzStatus replace(FzStates *it, const FzDiagSink *sink)
{
    char *part = with(it->path, ".part");
    FzStatus status = FZ_OK;
    bool done;

    unlink(it->former);
    done = (!it->had_file || link(it->path, it->former) == 0) &&
           write_part(it, part, sink) && rename(part, it->path) == 0;
    if (!done) {
        status = fz_diag_errno(sink, it->path, "the state cannot be written");
        unlink(part);
        unlink(it->former);
    } else if (fsync(it->lock) != 0) {
        fz_diag_warn(sink, FZ_E_IO, it->folder, 0, NULL,
                     "it is not sure to outlast a power cut");
    }
    fz_free(part);
    return status;
}

static FzStatus read_file(FzStates *it, FzBuf *text, const FzDiagSink *sink)
{
    struct stat st;

    it->had_file = lstat(it->path, &st) == 0;
    if (!it->had_file && errno != ENOENT)
        return fz_diag_errno(sink, it->path, "cannot be looked at");
    if (!it->had_file)
        return FZ_OK;
    if (!S_ISREG(st.st_mode))
        return fz_diag(sink, FZ_E_RULE, it->path, 0, NULL, "it is no file");
    return fz_buf_read_file(text, it->path, FILE_MOST, sink);
}

static void end(FzStates *it)
{
    if (it->lock >= 0)
        close(it->lock); /* and with it the lock */
    fz_free(it->path);
    fz_free(it->former);
    fz_free(it->folder);
    fz_buf_clear(&it->after);
    *it = (FzStates){.lock = -1};
}

static void remove_folder(const FzStates *it)
{
    if (it->made_folder && rmdir(it->folder) != 0)
        errno = 0; /* somebody else has put a file there */
}

FzStatus fz_states_begin(const char *path, const FzStatesEntry *entry,
                         int64_t wait_ms, const FzDiagSink *sink,
                         FzStates *states_out)
{
    FzStates *it = states_out;
    FzBuf before = FZ_BUF_INIT;
    FzStatus status;

    *it = (FzStates){.lock = -1};
    status = find_file(it, path, sink);
    if (status == FZ_OK)
        status = lock_folder(it, wait_ms, sink);
    if (status == FZ_OK) {
        status = read_file(it, &before, sink);
        if (status == FZ_OK)
            status = fz_states_edit(it->path, fz_buf_slice(&before), entry,
                                    sink, &it->after);
        if (status == FZ_OK)
            status = replace(it, sink);
        if (status != FZ_OK)
            remove_folder(it);
    }
    fz_buf_clear(&before);
    if (status != FZ_OK)
        end(it);
    return status;
}

void fz_states_keep(FzStates *it)
{
    unlink(it->former);
    end(it);
}

/* An editor knows nothing of the lock. */
static bool is_ours(const FzStates *it)
{
    FzBuf now = FZ_BUF_INIT;
    bool ours = fz_buf_read_file(&now, it->path, FILE_MOST, NULL) == FZ_OK &&
                fz_slice_equal(fz_buf_slice(&now), fz_buf_slice(&it->after));

    fz_buf_clear(&now);
    return ours;
}

FzStatus fz_states_take_back(FzStates *it, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    if (!is_ours(it)) {
        status = fz_diag(sink, FZ_E_STATE, it->path, 0, NULL,
                         "somebody else has changed it since: it is left so, "
                         "with the entry that was not put in force");
        unlink(it->former);
    } else if ((it->had_file ? rename(it->former, it->path)
                             : unlink(it->path)) != 0) {
        status = fz_diag_errno(sink, it->path,
                               "the file that was there cannot be put back");
    } else {
        fsync(it->lock);
        remove_folder(it);
    }
    end(it);
    return status;
}

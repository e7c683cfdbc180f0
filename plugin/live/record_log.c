/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/record_log.h"
#include "base/alloc.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 1000

struct FzRecordLog {
    char *path;
    int fd; /* -1: could not be opened again */
    int64_t looked_ms;
    pthread_mutex_t turn;
};

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

FzStatus fz_record_log_open(const char *path, const FzDiagSink *sink,
                            FzRecordLog **log_out)
{
    FzRecordLog *log;
    int fd = open_file(path);

    if (fd < 0)
        return fz_diag_errno(sink, path, "cannot open the file of records");
    log = fz_calloc(1, sizeof *log);
    log->path = fz_strdup(path);
    log->fd = fd;
    pthread_mutex_init(&log->turn, NULL);
    *log_out = log;
    return FZ_OK;
}

void fz_record_log_close(FzRecordLog *log)
{
    if (log == NULL)
        return;
    if (log->fd >= 0)
        close(log->fd);
    pthread_mutex_destroy(&log->turn);
    fz_free(log->path);
    fz_free(log);
}

static void follow_rotation(FzRecordLog *log, int64_t now_ms)
{
    struct stat named, opened;

    if (log->fd >= 0 && now_ms >= log->looked_ms &&
        now_ms < log->looked_ms + LOOK_AGAIN_MS)
        return;
    log->looked_ms = now_ms;
    if (log->fd >= 0 && stat(log->path, &named) == 0 &&
        fstat(log->fd, &opened) == 0 && named.st_ino == opened.st_ino &&
        named.st_dev == opened.st_dev)
        return;
    if (log->fd >= 0)
        close(log->fd);
    log->fd = open_file(log->path);
}

bool fz_record_log_write(FzRecordLog *log, FzSlice line, int64_t now_ms)
{
    bool whole;

    pthread_mutex_lock(&log->turn);
    follow_rotation(log, now_ms);
    whole = log->fd >= 0 &&
            write(log->fd, line.data, line.octets) == (ssize_t)line.octets;
    pthread_mutex_unlock(&log->turn);
    return whole;
}

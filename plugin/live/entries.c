/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/entries.h"

#include "base/alloc.h"
#include "base/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A log of so much more than its entries is written anew. */
#define SPARE_OCTETS (64u << 10)

struct FzEntries {
    char *path; /* NULL: switched off */
    FzOverlayAllow allow;
    int fd; /* the log, to append; -1 */
    FzBuf log;
    size_t look_octets; /* when it is as long as this, see whether it should be
                           written anew */
    const char *trouble;
    FzGenerationSlot slot;
};

static void release(FzGeneration *generation)
{
    FzEntrySnapshot *snapshot = (FzEntrySnapshot *)(void *)generation;

    fz_overlay_destroy(snapshot->overlay);
    fz_free(snapshot);
}

static void publish(FzEntries *it, FzOverlay *overlay)
{
    FzEntrySnapshot *snapshot = fz_calloc(1, sizeof *snapshot);

    snapshot->generation.release = release;
    snapshot->overlay = overlay;
    fz_generation_publish(&it->slot, &snapshot->generation);
}

FzEntrySnapshot *fz_entries_take(FzEntries *it)
{
    return (FzEntrySnapshot *)(void *)fz_generation_take(&it->slot);
}

void fz_entries_give(FzEntries *it, FzEntrySnapshot *snapshot)
{
    if (snapshot != NULL)
        fz_generation_give(&it->slot, &snapshot->generation);
}

FzOverlayAllow fz_entries_allow(const FzEntries *it)
{
    return it->allow;
}

const char *fz_entries_path(const FzEntries *it)
{
    return it->path;
}

const char *fz_entries_trouble(const FzEntries *it)
{
    return it->trouble;
}

/* --- files -------------------------------------------------------------------
 */
static FzStatus write_all(int fd, FzSlice text)
{
    while (text.octets > 0) {
        ssize_t wrote = write(fd, text.data, text.octets);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return FZ_E_IO;
        text = fz_slice(text.data + wrote, text.octets - (size_t)wrote);
    }
    return FZ_OK;
}

static FzStatus sync_folder(const char *path, const FzDiagSink *sink)
{
    char *folder = fz_strdup(path), *slash = strrchr(folder, '/');
    FzStatus status = FZ_OK;
    int fd;

    if (slash != NULL)
        *slash = '\0';
    fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        status = fz_diag_errno(sink, folder, "the folder cannot be synced");
    if (fd >= 0)
        close(fd);
    fz_free(folder);
    return status;
}

static FzStatus open_log(FzEntries *it, const FzDiagSink *sink)
{
    it->fd = open(it->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (it->fd < 0)
        return fz_diag_errno(sink, it->path,
                             "the log of live entries cannot be opened");
    return FZ_OK;
}

/* A line that a crash has cut was never answered: what follows must not
 * continue it. */
static FzStatus mend_end(FzEntries *it, const FzDiagSink *sink)
{
    size_t octets = it->log.octets;

    while (octets > 0 && it->log.data[octets - 1] != '\n')
        octets--;
    if (octets == it->log.octets)
        return FZ_OK;
    fz_diag_warn(sink, FZ_E_SYNTAX, it->path, 0, NULL,
                 "the last live entry was cut off and is left out");
    it->log.octets = octets;
    if (ftruncate(it->fd, (off_t)octets) != 0 || fdatasync(it->fd) != 0)
        return fz_diag_errno(sink, it->path,
                             "the log of live entries cannot be mended");
    return FZ_OK;
}

/* --- the log anew
 * ------------------------------------------------------------- */
static FzStatus replace_log(FzEntries *it, FzSlice text, const FzDiagSink *sink)
{
    FzBuf next = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    int fd;

    fz_buf_printf(&next, "%s.new", it->path);
    fd = open(fz_buf_text(&next), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              0640);
    if (fd < 0 || write_all(fd, text) != FZ_OK || fsync(fd) != 0 ||
        rename(fz_buf_text(&next), it->path) != 0)
        status = fz_diag_errno(sink, fz_buf_text(&next),
                               "the log of live entries cannot be replaced");
    if (fd >= 0)
        close(fd);
    if (status == FZ_OK) {
        status = sync_folder(it->path, sink);
        close(it->fd);
        if (open_log(it, sink) != FZ_OK) {
            it->trouble = "the log cannot be opened";
            status = FZ_E_IO;
        }
        it->log.octets = 0;
        fz_buf_append_slice(&it->log, text);
    }
    fz_buf_clear(&next);
    return status;
}

static FzStatus begin_anew(FzEntries *it, const FzOverlay *overlay,
                           const FzDiagSink *sink)
{
    FzBuf text = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    fz_overlay_write(overlay, &text);
    if (it->log.octets > 4 * text.octets + SPARE_OCTETS)
        status = replace_log(it, fz_buf_slice(&text), sink);
    it->look_octets = 2 * it->log.octets + SPARE_OCTETS;
    fz_buf_clear(&text);
    return status;
}

/* --- open and close
 * ------------------------------------------------------------ */
static FzStatus open_entries(FzEntries *it, int64_t now_ms,
                             const FzDiagSink *sink, FzOverlay **overlay_out)
{
    FzStatus status;

    fz_make_folders(it->path);
    status = open_log(it, sink);
    if (status == FZ_OK)
        status = fz_buf_read_file(&it->log, it->path,
                                  FZ_LIMIT_OVERLAY_LOG_OCTETS, sink);
    if (status == FZ_OK)
        status = mend_end(it, sink);
    if (status == FZ_OK)
        status = fz_overlay_create(fz_buf_slice(&it->log), it->path, it->allow,
                                   now_ms, sink, overlay_out);
    if (status == FZ_OK)
        status = begin_anew(it, *overlay_out, sink);
    return status;
}

FzEntries *fz_entries_open(const char *path, FzOverlayAllow allow,
                           int64_t now_ms, const FzDiagSink *sink)
{
    FzEntries *it = fz_calloc(1, sizeof *it);
    FzOverlay *overlay = NULL;

    it->fd = -1;
    it->allow = allow;
    if (path == NULL) {
        it->trouble = "they are switched off (lists.live-log)";
    } else {
        it->path = fz_strdup(path);
        if (open_entries(it, now_ms, sink, &overlay) != FZ_OK)
            it->trouble = "their log cannot be used";
    }
    publish(it, overlay);
    return it;
}

void fz_entries_close(FzEntries *it)
{
    if (it == NULL)
        return;
    fz_generation_publish(&it->slot, NULL);
    if (it->fd >= 0)
        close(it->fd);
    fz_buf_clear(&it->log);
    fz_free(it->path);
    fz_free(it);
}

/* --- one record
 * ---------------------------------------------------------------- */
static FzStatus append(FzEntries *it, FzSlice line, const FzDiagSink *sink)
{
    struct stat st;
    off_t before;

    if (fstat(it->fd, &st) != 0)
        return fz_diag_errno(sink, it->path, "the log cannot be looked at");
    before = st.st_size;
    if (write_all(it->fd, line) == FZ_OK && fdatasync(it->fd) == 0)
        return FZ_OK;
    fz_diag_errno(sink, it->path, "the live entry cannot be kept");
    /* half a line would make the next one unreadable */
    if (ftruncate(it->fd, before) != 0)
        it->trouble = "their log is full or broken";
    return FZ_E_IO;
}

FzStatus fz_entries_write(FzEntries *it, const FzOverlayRecord *record,
                          const FzDiagSink *sink)
{
    size_t before = it->log.octets;
    FzOverlay *overlay = NULL;
    FzStatus status;

    if (it->trouble != NULL)
        return fz_diag(sink, FZ_E_STATE, it->path, 0, NULL,
                       "no live entry can be taken: %s", it->trouble);
    status = fz_overlay_log_append(&it->log, record, sink);
    if (status == FZ_OK)
        status = fz_overlay_create(fz_buf_slice(&it->log), it->path, it->allow,
                                   record->at_ms, sink, &overlay);
    if (status == FZ_OK)
        status = append(
            it, fz_slice(it->log.data + before, it->log.octets - before), sink);
    if (status != FZ_OK) {
        it->log.octets = before;
        fz_overlay_destroy(overlay);
        return status;
    }
    /* the entry is in force and kept: a log that cannot be shortened now will
     * be tried again */
    if (it->log.octets >= it->look_octets &&
        begin_anew(it, overlay, sink) != FZ_OK)
        fz_diag_warn(sink, FZ_E_IO, it->path, 0, NULL,
                     "the log of live entries stays longer than it need be");
    publish(it, overlay);
    return FZ_OK;
}

/* --- folding
 * ------------------------------------------------------------------- */
typedef struct Fold {
    bool (*is_listed)(const void *ctx, const FzOverlayRecord *record);
    const void *ctx;
    FzBuf log;
    const FzDiagSink *sink;
    size_t folded;
} Fold;

static void fold_one(void *ctx, const FzOverlayRecord *record, bool waiting)
{
    Fold *fold = ctx;
    FzOverlayRecord gone = *record;

    if (waiting || !fold->is_listed(fold->ctx, record))
        return;
    gone.verb = FZ_OVERLAY_REMOVE;
    if (fz_overlay_log_append(&fold->log, &gone, NULL) == FZ_OK)
        fold->folded++;
}

FzStatus fz_entries_fold(FzEntries *it,
                         bool (*is_listed)(const void *ctx,
                                           const FzOverlayRecord *record),
                         const void *ctx, int64_t now_ms,
                         const FzDiagSink *sink, size_t *folded_out)
{
    Fold fold = {is_listed, ctx, FZ_BUF_INIT, sink, 0};
    FzEntrySnapshot *now = fz_entries_take(it);
    FzOverlay *overlay = NULL;
    FzBuf text = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    *folded_out = 0;
    if (it->trouble != NULL || now->overlay == NULL)
        goto out;
    fz_overlay_write(now->overlay, &fold.log);
    fz_overlay_each(now->overlay, fold_one, &fold);
    if (fold.folded == 0)
        goto out;
    /* removed by removals; what is left is then written without them */
    status = fz_overlay_create(fz_buf_slice(&fold.log), it->path, it->allow,
                               now_ms, sink, &overlay);
    if (status != FZ_OK)
        goto out;
    fz_overlay_write(overlay, &text);
    status = replace_log(it, fz_buf_slice(&text), sink);
    if (status == FZ_OK) {
        *folded_out = fold.folded;
        publish(it, overlay);
        overlay = NULL;
    }
out:
    fz_overlay_destroy(overlay);
    fz_entries_give(it, now);
    fz_buf_clear(&fold.log);
    fz_buf_clear(&text);
    return status;
}

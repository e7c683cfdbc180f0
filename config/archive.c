/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "config/archive.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *fz_archive_path(const char *folder, const char *format, ...)
{
    char name[FZ_DIGEST_TEXT + 32];
    FzBuf path = FZ_BUF_INIT;
    va_list args;

    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    fz_buf_printf(&path, "%s/%s", folder, name);
    return fz_buf_take_text(&path);
}

bool fz_archive_is_digest(const char *name)
{
    return strlen(name) == FZ_DIGEST_TEXT - 1 &&
           strspn(name, "0123456789abcdef") == FZ_DIGEST_TEXT - 1;
}

/* --- finding and reading ---------------------------------------------------
 */
FzStatus fz_archive_find(const char *generations, const char *which,
                         char digest_out[FZ_DIGEST_TEXT],
                         const FzDiagSink *sink)
{
    char target[FZ_DIGEST_TEXT + 1];
    FzStatus status = FZ_OK;
    ssize_t octets;
    char *link;

    if (fz_archive_is_digest(which)) {
        memcpy(digest_out, which, FZ_DIGEST_TEXT);
        return FZ_OK;
    }
    link = fz_archive_path(generations, "%.32s", which);
    octets = readlink(link, target, sizeof target - 1);
    if (octets < 0 && errno == ENOENT) {
        digest_out[0] = '\0';
        goto out;
    }
    if (octets < 0) {
        status = fz_diag_errno(sink, link, "the link cannot be read");
        goto out;
    }
    target[octets] = '\0';
    if (fz_archive_is_digest(target))
        memcpy(digest_out, target, FZ_DIGEST_TEXT);
    else
        status = fz_diag(sink, FZ_E_SYNTAX, link, 0, NULL,
                         "the link does not point to a generation");
out:
    fz_free(link);
    return status;
}

FzStatus fz_archive_read(const char *generations, const char *digest,
                         FzTree *tree, const FzDiagSink *sink)
{
    char found[FZ_DIGEST_TEXT];
    char *folder = fz_archive_path(generations, "%s", digest);
    FzStatus status = fz_tree_add_folder(tree, "", folder, NULL, sink);

    if (status == FZ_OK) {
        fz_tree_digest(tree, found);
        if (strcmp(found, digest) != 0)
            status = fz_diag(sink, FZ_E_SYNTAX, folder, 0, NULL,
                             "the generation was changed after it was promoted "
                             "(its files have the digest %.16s)",
                             found);
    }
    fz_free(folder);
    return status;
}

/* --- writing
 * ------------------------------------------------------------------ */
static FzStatus make_archive(const char *generations, const FzDiagSink *sink)
{
    char *path = fz_strdup(generations);
    FzStatus status = FZ_OK;

    for (char *slash = strchr(path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755); /* what is wrong shows at the last folder */
        *slash = '/';
    }
    if (mkdir(path, 0750) != 0 && errno != EEXIST)
        status = fz_diag_errno(sink, generations, "the folder cannot be made");
    fz_free(path);
    return status;
}

/* Is the generation there as its digest says? A damaged one is put aside: the
 * files that are at hand have the same digest and make it whole. */
static bool is_whole(const char *generations, const char *digest)
{
    FzTree tree;
    bool whole;

    fz_tree_init(&tree);
    whole = fz_archive_read(generations, digest, &tree, NULL) == FZ_OK;
    fz_tree_clear(&tree);
    return whole;
}

FzStatus fz_archive_write(const char *generations, const char *digest,
                          FzTree *tree, const FzDiagSink *sink, bool *made_out)
{
    char *made = fz_archive_path(generations, "%s", digest);
    char *making = fz_archive_path(generations, "%s.new", digest);
    FzStatus status = make_archive(generations, sink);

    *made_out = false;
    if (status != FZ_OK || is_whole(generations, digest))
        goto out;
    status = fz_remove_folder(making, sink);
    if (status == FZ_OK)
        status = fz_remove_folder(made, sink);
    if (status == FZ_OK)
        status = fz_tree_write(tree, making, sink);
    if (status == FZ_OK && rename(making, made) != 0)
        status = fz_diag_errno(sink, made, "the folder cannot be renamed");
    if (status == FZ_OK) {
        *made_out = true;
        status = fz_sync_folder(generations, sink);
    } else {
        FzStatus removed = fz_remove_folder(making, NULL);

        (void)removed; /* the first fault is the one to tell */
    }
out:
    fz_free(making);
    fz_free(made);
    return status;
}

/* --- promoting
 * ---------------------------------------------------------------- */
static bool set_link(const char *generations, const char *link,
                     const char *digest)
{
    char *now = fz_archive_path(generations, "%s", link);
    char *next = fz_archive_path(generations, "%s.new", link);
    bool set;

    unlink(next);
    if (digest[0] == '\0')
        set = unlink(now) == 0;
    else
        set = symlink(digest, next) == 0 && rename(next, now) == 0;
    fz_free(next);
    fz_free(now);
    return set;
}

/* `before` is what it points to. A link that cannot be made to last is put
 * back: a start must not take what was said to be refused. */
static FzStatus point(const char *generations, const char *link,
                      const char *digest, const char *before,
                      const FzDiagSink *sink)
{
    char *now = fz_archive_path(generations, "%s", link);
    FzStatus status = FZ_OK;

    if (!set_link(generations, link, digest))
        status = fz_diag_errno(sink, now, "the link cannot be changed");
    if (status == FZ_OK) {
        status = fz_sync_folder(generations, sink);
        if (status != FZ_OK)
            set_link(generations, link, before);
    }
    fz_free(now);
    return status;
}

static int compare_age(const void *left, const void *right)
{
    const FzArchiveEntry *a = left, *b = right;

    if (a->promoted_ms != b->promoted_ms)
        return a->promoted_ms < b->promoted_ms ? 1 : -1;
    return a->nanoseconds < b->nanoseconds ? 1 : -1;
}

/* The folders that have a digest's name, the youngest first. */
static size_t list_folders(const char *generations, FzArchiveEntry **list_out)
{
    DIR *dir = opendir(generations);
    FzArchiveEntry *list = NULL;
    struct dirent *entry;
    size_t count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct stat st;

        if (!fz_archive_is_digest(entry->d_name) ||
            fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        list = fz_realloc_array(list, count + 1, sizeof *list);
        memcpy(list[count].digest, entry->d_name, FZ_DIGEST_TEXT);
        list[count].promoted_ms =
            st.st_mtim.tv_sec * INT64_C(1000) + st.st_mtim.tv_nsec / 1000000;
        list[count++].nanoseconds = st.st_mtim.tv_nsec;
    }
    if (dir != NULL)
        closedir(dir);
    if (count > 1)
        qsort(list, count, sizeof *list, compare_age);
    *list_out = list;
    return count;
}

FzStatus fz_archive_list(const char *generations, const FzDiagSink *sink,
                         FzArchiveEntry **list_out, size_t *count_out)
{
    *list_out = NULL;
    *count_out = 0;
    if (access(generations, R_OK | X_OK) != 0 && errno != ENOENT)
        return fz_diag_errno(sink, generations, "the folder cannot be read");
    *count_out = list_folders(generations, list_out);
    return FZ_OK;
}

FzStatus fz_archive_replace(const char *path, FzSlice text,
                            const FzDiagSink *sink)
{
    FzBuf fresh = FZ_BUF_INIT;
    FzStatus status = FZ_OK;
    int fd;

    fz_buf_printf(&fresh, "%s.new", path);
    fd = open(fz_buf_text(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
              0640);
    while (fd >= 0 && text.octets != 0) {
        ssize_t put = write(fd, text.data, text.octets);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            break;
        text = fz_slice(text.data + put, text.octets - (size_t)put);
    }
    if (fd < 0 || text.octets != 0 || fsync(fd) != 0 ||
        rename(fz_buf_text(&fresh), path) != 0)
        status = fz_diag_errno(sink, path, "the file cannot be written");
    if (fd >= 0)
        close(fd);
    if (status != FZ_OK)
        unlink(fz_buf_text(&fresh));
    fz_buf_clear(&fresh);
    return status;
}

/* How young one is is when it was last promoted. A fault while pruning costs
 * disk only and is told at the next one. */
static void prune(const char *generations, const char *current,
                  const char *previous, size_t keep)
{
    FzArchiveEntry *old;
    size_t count = list_folders(generations, &old), kept = 0;

    for (size_t i = 0; i < count; i++) {
        char *path;
        FzStatus status;

        if (strcmp(old[i].digest, current) == 0 ||
            strcmp(old[i].digest, previous) == 0 || kept++ < keep)
            continue;
        path = fz_archive_path(generations, "%s", old[i].digest);
        status = fz_remove_folder(path, NULL);
        (void)status;
        fz_free(path);
    }
    fz_free(old);
}

FzStatus fz_archive_promote(const char *generations, const char *digest,
                            size_t keep, const FzDiagSink *sink)
{
    char current[FZ_DIGEST_TEXT], previous[FZ_DIGEST_TEXT];
    char *folder = fz_archive_path(generations, "%s", digest);
    FzStatus status = fz_archive_find(generations, "current", current, sink);

    if (status == FZ_OK)
        status = fz_archive_find(generations, "previous", previous, sink);
    if (status != FZ_OK)
        goto out;
    if (!fz_archive_is_digest(digest)) {
        status = fz_diag(sink, FZ_E_STATE, generations, 0, NULL,
                         "only a staged generation can be promoted");
        goto out;
    }
    if (utimensat(AT_FDCWD, folder, NULL, 0) != 0) {
        status = fz_diag_errno(sink, folder, "the generation is not there");
        goto out;
    }
    if (strcmp(current, digest) == 0)
        goto out; /* it is; `previous' stays what one goes back to */
    /* between the two steps both name the old one: nothing is lost */
    if (current[0] != '\0')
        status = point(generations, "previous", current, previous, sink);
    if (status == FZ_OK) {
        status = point(generations, "current", digest, current, sink);
        if (status != FZ_OK)
            set_link(generations, "previous", previous);
    }
    if (status == FZ_OK)
        prune(generations, digest, current[0] != '\0' ? current : previous,
              keep);
out:
    fz_free(folder);
    return status;
}

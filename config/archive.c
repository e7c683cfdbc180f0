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

static bool is_digest(const char *name)
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

    if (is_digest(which)) {
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
    if (is_digest(target))
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
static FzStatus point(const char *generations, const char *link,
                      const char *digest, const FzDiagSink *sink)
{
    char *now = fz_archive_path(generations, "%s", link);
    char *next = fz_archive_path(generations, "%s.new", link);
    FzStatus status = FZ_OK;

    unlink(next);
    if (symlink(digest, next) != 0 || rename(next, now) != 0)
        status = fz_diag_errno(sink, now, "the link cannot be changed");
    if (status == FZ_OK)
        status = fz_sync_folder(generations, sink);
    fz_free(next);
    fz_free(now);
    return status;
}

typedef struct Old {
    char digest[FZ_DIGEST_TEXT];
    struct timespec changed;
} Old;

static int compare_age(const void *left, const void *right)
{
    const struct timespec *a = &((const Old *)left)->changed,
                          *b = &((const Old *)right)->changed;

    if (a->tv_sec != b->tv_sec)
        return a->tv_sec < b->tv_sec ? 1 : -1;
    return (a->tv_nsec < b->tv_nsec) - (a->tv_nsec > b->tv_nsec);
}

/* The youngest first; how young is when it was last promoted. A fault while
 * pruning costs disk only and is told at the next one. */
static void prune(const char *generations, const char *current,
                  const char *previous, size_t keep)
{
    DIR *dir = opendir(generations);
    struct dirent *entry;
    Old *old = NULL;
    size_t count = 0;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *path;
        struct stat st;

        if (!is_digest(entry->d_name) || strcmp(entry->d_name, current) == 0 ||
            strcmp(entry->d_name, previous) == 0)
            continue;
        path = fz_archive_path(generations, "%s", entry->d_name);
        if (lstat(path, &st) == 0) {
            old = fz_realloc_array(old, count + 1, sizeof *old);
            memcpy(old[count].digest, entry->d_name, FZ_DIGEST_TEXT);
            old[count++].changed = st.st_mtim;
        }
        fz_free(path);
    }
    if (dir != NULL)
        closedir(dir);
    if (count > keep) {
        qsort(old, count, sizeof *old, compare_age);
        for (size_t i = keep; i < count; i++) {
            char *path = fz_archive_path(generations, "%s", old[i].digest);
            FzStatus status = fz_remove_folder(path, NULL);

            (void)status;
            fz_free(path);
        }
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
    if (!is_digest(digest)) {
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
    if (current[0] != '\0') {
        status = point(generations, "previous", current, sink);
        memcpy(previous, current, sizeof previous);
    }
    if (status == FZ_OK)
        status = point(generations, "current", digest, sink);
    if (status == FZ_OK)
        prune(generations, digest, previous, keep);
out:
    fz_free(folder);
    return status;
}

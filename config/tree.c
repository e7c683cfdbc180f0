/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/limits.h"
#include "config/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEPTH = 4, /* folders below a folder of rules: a set of sets is 1 */
};

void fz_tree_init(FzTree *tree)
{
    memset(tree, 0, sizeof *tree);
}

void fz_tree_clear(FzTree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        fz_free(tree->file[i].name);
        fz_free(tree->file[i].source);
        fz_buf_clear(&tree->file[i].content);
    }
    fz_free(tree->file);
    fz_tree_init(tree);
}

static char *join(const char *folder, const char *name)
{
    FzBuf path = FZ_BUF_INIT;

    fz_buf_printf(&path, "%s%s%s", folder, *folder == '\0' ? "" : "/", name);
    return fz_buf_take_text(&path);
}

/* --- reading -------------------------------------------------------------- */
static FzStatus add_empty(FzTree *tree, const char *name, const char *path,
                          const FzDiagSink *sink, FzTreeFile **file_out)
{
    FzTreeFile *file;

    if (tree->count == FZ_LIMIT_TREE_FILES)
        return fz_diag(sink, FZ_E_LIMIT, path, 0, NULL,
                       "a generation has at most %u files",
                       FZ_LIMIT_TREE_FILES);
    tree->file =
        fz_realloc_array(tree->file, tree->count + 1, sizeof tree->file[0]);
    file = &tree->file[tree->count++];
    file->name = fz_strdup(name);
    file->source = fz_strdup(path);
    fz_buf_init(&file->content);
    *file_out = file;
    return FZ_OK;
}

static FzStatus count_octets(FzTree *tree, const FzTreeFile *file,
                             const FzDiagSink *sink)
{
    tree->octets += file->content.octets;
    if (tree->octets > FZ_LIMIT_TREE_OCTETS)
        return fz_diag(sink, FZ_E_LIMIT, file->source, 0, NULL,
                       "a generation has at most %u octets",
                       FZ_LIMIT_TREE_OCTETS);
    return FZ_OK;
}

FzStatus fz_tree_add_file(FzTree *tree, const char *name, const char *path,
                          const FzDiagSink *sink)
{
    FzTreeFile *file;
    FzStatus status = add_empty(tree, name, path, sink, &file);

    if (status == FZ_OK)
        status = fz_buf_read_file(&file->content, path,
                                  FZ_LIMIT_RULE_FILE_OCTETS, sink);
    return status == FZ_OK ? count_octets(tree, file, sink) : status;
}

FzStatus fz_tree_add_text(FzTree *tree, const char *name, const char *path,
                          FzSlice content, const FzDiagSink *sink)
{
    FzTreeFile *file;
    FzStatus status = add_empty(tree, name, path, sink, &file);

    if (status != FZ_OK)
        return status;
    fz_buf_append_slice(&file->content, content);
    return count_octets(tree, file, sink);
}

void fz_tree_drop(FzTree *tree, const char *front)
{
    size_t kept = 0;

    for (size_t i = 0; i < tree->count; i++) {
        FzTreeFile *file = &tree->file[i];

        if (strncmp(file->name, front, strlen(front)) != 0) {
            tree->file[kept++] = *file;
            continue;
        }
        tree->octets -= file->content.octets;
        fz_free(file->name);
        fz_free(file->source);
        fz_buf_clear(&file->content);
    }
    tree->count = kept;
}

static bool is_wanted(const char *name, const char *suffix)
{
    size_t octets = strlen(name), tail = suffix == NULL ? 0 : strlen(suffix);

    if (name[0] == '.' || name[octets - 1] == '~')
        return false;
    return suffix == NULL ||
           (octets > tail && strcmp(name + octets - tail, suffix) == 0);
}

static FzStatus add_folder(FzTree *tree, const char *name, const char *path,
                           const char *suffix, int depth,
                           const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL)
        return fz_diag_errno(sink, path, "the folder cannot be read");
    while (status == FZ_OK && (entry = readdir(dir)) != NULL) {
        char *inner, *below;
        struct stat st;

        if (!is_wanted(entry->d_name, NULL))
            continue;
        inner = join(path, entry->d_name);
        below = join(name, entry->d_name);
        if (stat(inner, &st) != 0)
            status = fz_diag_errno(sink, inner, "the file cannot be read");
        else if (S_ISREG(st.st_mode) && is_wanted(entry->d_name, suffix))
            status = fz_tree_add_file(tree, below, inner, sink);
        else if (S_ISDIR(st.st_mode) && suffix == NULL && depth == 0)
            status = fz_diag(sink, FZ_E_LIMIT, inner, 0, NULL,
                             "folders are nested too deep");
        else if (S_ISDIR(st.st_mode) && suffix == NULL)
            status = add_folder(tree, below, inner, suffix, depth - 1, sink);
        fz_free(inner);
        fz_free(below);
    }
    closedir(dir);
    return status;
}

FzStatus fz_tree_add_folder(FzTree *tree, const char *name, const char *path,
                            const char *suffix, const FzDiagSink *sink)
{
    return add_folder(tree, name, path, suffix, DEPTH, sink);
}

const FzTreeFile *fz_tree_find(const FzTree *tree, const char *name)
{
    for (size_t i = 0; i < tree->count; i++)
        if (strcmp(tree->file[i].name, name) == 0)
            return &tree->file[i];
    return NULL;
}

/* --- digest -----------------------------------------------------------------
 */
static int compare_files(const void *left, const void *right)
{
    return strcmp(((const FzTreeFile *)left)->name,
                  ((const FzTreeFile *)right)->name);
}

void fz_tree_digest(FzTree *tree, char digest_out[FZ_DIGEST_TEXT])
{
    FzSlice *piece = fz_malloc((2 * tree->count + 1) * sizeof *piece);
    FzDigest digest;

    if (tree->count > 0)
        qsort(tree->file, tree->count, sizeof tree->file[0], compare_files);
    piece[0] = fz_slice_of("fanzha generation 1");
    for (size_t i = 0; i < tree->count; i++) {
        piece[2 * i + 1] = fz_slice_of(tree->file[i].name);
        piece[2 * i + 2] = fz_buf_slice(&tree->file[i].content);
    }
    digest = fz_digest(fz_slice_of(NULL), piece, 2 * tree->count + 1);
    fz_hex_encode(digest.octets, sizeof digest.octets, digest_out);
    fz_free(piece);
}

/* --- writing
 * ------------------------------------------------------------------ */
FzStatus fz_sync_folder(const char *path, const FzDiagSink *sink)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FzStatus status = FZ_OK;

    if (fd < 0 || fsync(fd) != 0)
        status = fz_diag_errno(sink, path, "the folder cannot be synced");
    if (fd >= 0)
        close(fd);
    return status;
}

static FzStatus write_all(int fd, FzSlice content)
{
    while (content.octets > 0) {
        ssize_t wrote = write(fd, content.data, content.octets);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return FZ_E_IO;
        content =
            fz_slice(content.data + wrote, content.octets - (size_t)wrote);
    }
    return FZ_OK;
}

static FzStatus write_file(const char *path, FzSlice content,
                           const FzDiagSink *sink)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    FzStatus status = FZ_OK;

    if (fd < 0)
        return fz_diag_errno(sink, path, "the file cannot be written");
    if (write_all(fd, content) != FZ_OK || fsync(fd) != 0)
        status = fz_diag_errno(sink, path, "the file cannot be written");
    if (close(fd) != 0 && status == FZ_OK)
        status = fz_diag_errno(sink, path, "the file cannot be written");
    return status;
}

/* Make the folders of "patterns/0/rules.conf" below `folder`. */
static FzStatus make_folders(const char *folder, const char *name,
                             const FzDiagSink *sink)
{
    char *path = join(folder, name), *at = path + strlen(folder);
    FzStatus status = FZ_OK;

    while (status == FZ_OK && (at = strchr(at + 1, '/')) != NULL) {
        *at = '\0';
        if (mkdir(path, 0750) != 0 && errno != EEXIST)
            status = fz_diag_errno(sink, path, "the folder cannot be made");
        *at = '/';
    }
    fz_free(path);
    return status;
}

/* The deepest first would be enough of an order; any is, as nothing refers to
 * the folder before it has its final name. */
static FzStatus sync_folders(const char *path, int depth,
                             const FzDiagSink *sink)
{
    FzStatus status = fz_sync_folder(path, sink);
    DIR *dir = status == FZ_OK ? opendir(path) : NULL;
    struct dirent *entry;

    while (dir != NULL && status == FZ_OK && (entry = readdir(dir)) != NULL) {
        char *inner;
        struct stat st;

        if (entry->d_name[0] == '.')
            continue;
        inner = join(path, entry->d_name);
        if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode) && depth > 0)
            status = sync_folders(inner, depth - 1, sink);
        fz_free(inner);
    }
    if (dir != NULL)
        closedir(dir);
    return status;
}

FzStatus fz_tree_write(const FzTree *tree, const char *folder,
                       const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    if (mkdir(folder, 0750) != 0)
        return fz_diag_errno(sink, folder, "the folder cannot be made");
    for (size_t i = 0; i < tree->count && status == FZ_OK; i++) {
        char *path = join(folder, tree->file[i].name);

        status = make_folders(folder, tree->file[i].name, sink);
        if (status == FZ_OK)
            status =
                write_file(path, fz_buf_slice(&tree->file[i].content), sink);
        fz_free(path);
    }
    if (status == FZ_OK)
        status = sync_folders(folder, DEPTH + 3, sink);
    return status;
}

FzStatus fz_remove_folder(const char *path, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL)
        return errno == ENOENT
                   ? FZ_OK
                   : fz_diag_errno(sink, path, "the folder cannot be removed");
    while (status == FZ_OK && (entry = readdir(dir)) != NULL) {
        char *inner;
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        inner = join(path, entry->d_name);
        if (lstat(inner, &st) == 0 && S_ISDIR(st.st_mode))
            status = fz_remove_folder(inner, sink);
        else if (unlink(inner) != 0)
            status = fz_diag_errno(sink, inner, "the file cannot be removed");
        fz_free(inner);
    }
    closedir(dir);
    if (status == FZ_OK && rmdir(path) != 0)
        status = fz_diag_errno(sink, path, "the folder cannot be removed");
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "config/archive.h"
#include "config/lists.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD_OCTETS 384 /* of a list (docs/lists.md "The file") */

static FzListOpen opening_of(const FzListFile *file)
{
    return (FzListOpen){.public_key = file->has_key ? file->public_key : NULL};
}

static FzListUse use_of(const FzListFile *file, FzList *list)
{
    return (FzListUse){list, file->owner, file->max_age_s};
}

/* --- working files -----------------------------------------------------------
 */
static FzStatus open_whole(const FzListFile *file, const char *path,
                           int64_t built_after_ms, const FzDiagSink *sink,
                           FzList **list_out)
{
    FzListOpen how = opening_of(file);
    FzList *list = NULL;
    FzStatus status;

    how.built_after_ms = built_after_ms;
    status = fz_list_open(path, &how, sink, &list);
    if (status == FZ_OK)
        status = fz_list_verify(list, sink);
    if (status == FZ_OK)
        *list_out = list;
    else
        fz_list_close(list);
    return status;
}

static void close_all(FzListUse *use, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        fz_list_close(use[i].list);
}

FzStatus fz_list_files_open(const FzPolicyFile *file, const FzDiagSink *sink,
                            FzListSet **set_out)
{
    FzListUse use[FZ_LIMIT_LISTS];
    FzStatus status = FZ_OK;
    uint32_t count = 0;

    while (status == FZ_OK && count < file->list_count) {
        const FzListFile *one = &file->lists[count];
        FzList *list = NULL;

        status = open_whole(one, one->path, 0, sink, &list);
        if (status == FZ_OK)
            use[count++] = use_of(one, list);
    }
    if (status != FZ_OK)
        close_all(use, count);
    else if (count > 0)
        *set_out = fz_list_set_create(use, count);
    return status;
}

/* --- what stands for a list --------------------------------------------------
 * "list DIGEST built MS octets N", a line */
typedef struct Ref {
    char digest[FZ_DIGEST_TEXT];
    int64_t built_ms;
} Ref;

static char *ref_name(const FzListFile *file)
{
    FzBuf name = FZ_BUF_INIT;

    fz_buf_printf(&name, "lists/%s.ref", file->name);
    return fz_buf_take_text(&name);
}

static bool read_ref(FzSlice text, Ref *ref)
{
    char line[256];
    long long built_ms;

    if (text.octets == 0 || text.octets >= sizeof line)
        return false;
    memcpy(line, text.data, text.octets);
    line[text.octets] = '\0';
    if (sscanf(line, "list %64[0-9a-f] built %lld", ref->digest, &built_ms) !=
        2)
        return false;
    ref->built_ms = built_ms;
    return strlen(ref->digest) == FZ_DIGEST_TEXT - 1;
}

static char *stored_path(const char *generations, const char *digest)
{
    FzBuf path = FZ_BUF_INIT;

    fz_buf_printf(&path, "%s/lists/%s.fzl", generations, digest);
    return fz_buf_take_text(&path);
}

static FzStatus digest_head(const char *path, char *text,
                            const FzDiagSink *sink)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t head[HEAD_OCTETS];
    FzSlice piece = fz_slice(head, sizeof head);
    FzStatus status = FZ_OK;
    FzDigest digest;
    ssize_t got = fd < 0 ? -1 : pread(fd, head, sizeof head, 0);

    if (got < 0)
        status = fz_diag_errno(sink, path, "the list cannot be read");
    else if (got != (ssize_t)sizeof head)
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "list refused: it has no whole head");
    if (fd >= 0)
        close(fd);
    if (status != FZ_OK)
        return status;
    digest = fz_digest(fz_slice_of(NULL), &piece, 1);
    fz_hex_encode(digest.octets, sizeof digest.octets, text);
    return FZ_OK;
}

/* --- staging
 * ------------------------------------------------------------------
 */
static FzStatus copy_octets(int from, int to, const char *path,
                            const char *made, const FzDiagSink *sink)
{
    enum { ROOM = 1 << 20 };
    uint8_t *room = fz_malloc(ROOM);
    FzStatus status = FZ_OK;

    while (status == FZ_OK) {
        ssize_t got = read(from, room, ROOM), put = 0;

        if (got == 0)
            break;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = fz_diag_errno(sink, path, "the list cannot be read");
        while (status == FZ_OK && put < got) {
            ssize_t wrote = write(to, room + put, (size_t)(got - put));

            if (wrote < 0 && errno == EINTR)
                continue;
            if (wrote < 0)
                status =
                    fz_diag_errno(sink, made, "the copy cannot be written");
            else
                put += wrote;
        }
    }
    fz_free(room);
    if (status == FZ_OK && fsync(to) != 0)
        status = fz_diag_errno(sink, made, "the copy cannot be written");
    return status;
}

static FzStatus copy_file(const char *path, const char *made,
                          const FzDiagSink *sink)
{
    int from = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), to = -1;
    FzStatus status = FZ_OK;
    struct stat st;

    if (from < 0)
        return fz_diag_errno(sink, path, "the list cannot be opened");
    if (fstat(from, &st) != 0 || !S_ISREG(st.st_mode))
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "list refused: this is no regular file");
    if (status == FZ_OK) {
        unlink(made); /* of a reload that was killed */
        to = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
        status = to < 0 ? fz_diag_errno(sink, made, "the copy cannot be made")
                        : copy_octets(from, to, path, made, sink);
    }
    if (to >= 0 && close(to) != 0 && status == FZ_OK)
        status = fz_diag_errno(sink, made, "the copy cannot be written");
    close(from);
    return status;
}

/* A person knows the list by where they put it, not by our copy of it. */
typedef struct Named {
    const FzDiagSink *sink;
    const char *path;
} Named;

static void name_working(void *ctx, const FzDiag *diag)
{
    const Named *named = ctx;
    FzDiag told = *diag;

    told.file = named->path;
    if (named->sink != NULL)
        named->sink->emit(named->sink->ctx, &told);
}

/* When the one of this name in force was built; 0 when there is none. */
static int64_t built_in_force(const FzListFile *file, const char *generations)
{
    char current[FZ_DIGEST_TEXT];
    FzBuf path = FZ_BUF_INIT, text = FZ_BUF_INIT;
    Ref ref = {.built_ms = 0};

    if (fz_archive_find(generations, "current", current, NULL) == FZ_OK &&
        current[0] != '\0') {
        fz_buf_printf(&path, "%s/%s/lists/%s.ref", generations, current,
                      file->name);
        if (fz_buf_read_file(&text, fz_buf_text(&path), 4096, NULL) != FZ_OK ||
            !read_ref(fz_buf_slice(&text), &ref))
            ref.built_ms = 0;
    }
    fz_buf_clear(&path);
    fz_buf_clear(&text);
    return ref.built_ms;
}

static FzStatus make_folder(const char *generations, const FzDiagSink *sink)
{
    char *path = fz_archive_path(generations, "lists");
    FzStatus status = FZ_OK;

    for (char *slash = strchr(path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755); /* what is wrong shows at the last folder */
        *slash = '/';
    }
    if (mkdir(path, 0750) != 0 && errno != EEXIST)
        status = fz_diag_errno(sink, path, "the folder cannot be made");
    fz_free(path);
    return status;
}

static FzStatus keep_copy(const char *making, const char *generations,
                          const char *digest, const FzDiagSink *sink)
{
    char *path = stored_path(generations, digest);
    char *folder = fz_archive_path(generations, "lists");
    FzStatus status = FZ_OK;

    /* one that is there already is the same: what it replaces stays mapped
     * wherever it is in use */
    if (rename(making, path) != 0)
        status = fz_diag_errno(sink, path, "the copy cannot be renamed");
    if (status == FZ_OK)
        status = fz_sync_folder(folder, sink);
    fz_free(folder);
    fz_free(path);
    return status;
}

static FzStatus stage_one(const FzListFile *file, const char *generations,
                          FzTree *tree, const FzDiagSink *sink)
{
    char *making = fz_archive_path(generations, "lists/making.new");
    char digest[FZ_DIGEST_TEXT], *name = ref_name(file);
    Named named = {sink, file->path};
    FzDiagSink naming = {name_working, &named};
    FzBuf ref = FZ_BUF_INIT;
    FzList *list = NULL;
    FzListInfo info;
    FzStatus status = copy_file(file->path, making, sink);

    if (status == FZ_OK)
        status = open_whole(file, making, built_in_force(file, generations),
                            &naming, &list);
    if (status != FZ_OK)
        goto out;
    fz_list_info(list, &info);
    status = digest_head(making, digest, sink);
    if (status == FZ_OK)
        status = keep_copy(making, generations, digest, sink);
    if (status != FZ_OK)
        goto out;
    fz_buf_printf(&ref, "list %s built %lld octets %llu\n", digest,
                  (long long)info.built_ms, (unsigned long long)info.octets);
    status = fz_tree_add_text(tree, name, file->path, fz_buf_slice(&ref), sink);
out:
    unlink(making);
    fz_list_close(list);
    fz_buf_clear(&ref);
    fz_free(name);
    fz_free(making);
    return status;
}

FzStatus fz_list_files_stage(const FzPolicyFile *file, const char *generations,
                             FzTree *tree, const FzDiagSink *sink)
{
    FzStatus status =
        file->list_count == 0 ? FZ_OK : make_folder(generations, sink);

    for (uint32_t i = 0; status == FZ_OK && i < file->list_count; i++)
        status = stage_one(&file->lists[i], generations, tree, sink);
    return status;
}

/* --- loading
 * ------------------------------------------------------------------
 */
static FzStatus load_one(const FzListFile *file, const char *generations,
                         const FzTree *tree, const FzDiagSink *sink,
                         FzList **list_out)
{
    char *name = ref_name(file), *path = NULL;
    const FzTreeFile *ref_file = fz_tree_find(tree, name);
    char digest[FZ_DIGEST_TEXT];
    FzListOpen how = opening_of(file);
    FzStatus status = FZ_OK;
    Ref ref;

    if (ref_file == NULL || !read_ref(fz_buf_slice(&ref_file->content), &ref))
        status = fz_diag(sink, FZ_E_SYNTAX, file->path, 0, NULL,
                         "the generation does not say which list `%s' is",
                         file->name);
    if (status == FZ_OK) {
        path = stored_path(generations, ref.digest);
        status = digest_head(path, digest, sink);
    }
    if (status == FZ_OK && strcmp(digest, ref.digest) != 0)
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "the list was changed after it was promoted");
    if (status == FZ_OK)
        status = fz_list_open(path, &how, sink, list_out);
    fz_free(path);
    fz_free(name);
    return status;
}

FzStatus fz_list_files_load(const FzPolicyFile *file, const char *generations,
                            const FzTree *tree, const FzDiagSink *sink,
                            FzListSet **set_out)
{
    FzListUse use[FZ_LIMIT_LISTS];
    FzStatus status = FZ_OK;
    uint32_t count = 0;

    while (status == FZ_OK && count < file->list_count) {
        FzList *list = NULL;

        status = load_one(&file->lists[count], generations, tree, sink, &list);
        if (status == FZ_OK) {
            use[count] = use_of(&file->lists[count], list);
            count++;
        }
    }
    if (status != FZ_OK)
        close_all(use, count);
    else if (count > 0)
        *set_out = fz_list_set_create(use, count);
    return status;
}

/* --- pruning
 * ------------------------------------------------------------------
 */
typedef struct Kept {
    char (*digest)[FZ_DIGEST_TEXT];
    size_t count;
} Kept;

static void keep_refs(Kept *kept, const char *folder)
{
    char *path = fz_archive_path(folder, "lists");
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        FzBuf text = FZ_BUF_INIT, name = FZ_BUF_INIT;
        Ref ref;

        fz_buf_printf(&name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' &&
            fz_buf_read_file(&text, fz_buf_text(&name), 4096, NULL) == FZ_OK &&
            read_ref(fz_buf_slice(&text), &ref)) {
            kept->digest = fz_realloc_array(kept->digest, kept->count + 1,
                                            sizeof *kept->digest);
            memcpy(kept->digest[kept->count++], ref.digest, FZ_DIGEST_TEXT);
        }
        fz_buf_clear(&text);
        fz_buf_clear(&name);
    }
    if (dir != NULL)
        closedir(dir);
    fz_free(path);
}

static bool is_kept(const Kept *kept, const char *name)
{
    for (size_t i = 0; i < kept->count; i++)
        if (strncmp(kept->digest[i], name, FZ_DIGEST_TEXT - 1) == 0 &&
            strcmp(name + FZ_DIGEST_TEXT - 1, ".fzl") == 0)
            return true;
    return false;
}

void fz_list_files_prune(const char *generations)
{
    DIR *dir = opendir(generations);
    Kept kept = {NULL, 0};
    struct dirent *entry;
    char *stored = fz_archive_path(generations, "lists");

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *folder;

        /* also those that are being written: <digest>.new */
        if (entry->d_name[0] == '.' || strcmp(entry->d_name, "lists") == 0)
            continue;
        folder = fz_archive_path(generations, "%s", entry->d_name);
        keep_refs(&kept, folder);
        fz_free(folder);
    }
    if (dir != NULL)
        closedir(dir);
    dir = dir == NULL ? NULL : opendir(stored);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        char *path;

        if (strlen(entry->d_name) != FZ_DIGEST_TEXT - 1 + 4 ||
            is_kept(&kept, entry->d_name))
            continue;
        path = fz_archive_path(stored, "%s", entry->d_name);
        unlink(path);
        fz_free(path);
    }
    if (dir != NULL)
        closedir(dir);
    fz_free(kept.digest);
    fz_free(stored);
}

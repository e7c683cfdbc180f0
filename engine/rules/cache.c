/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".fzdb"

/* In front of the file: all of it must be as it was written. */
typedef struct Header {
    char magic[8];
    uint64_t db_octets, beside_octets;
    uint8_t digest[FZ_DIGEST_OCTETS]; /* of both, and of the file's name */
} Header;

static const char magic[8] = "FZDB 1\n";

/* --- keys ---------------------------------------------------------------- */

/* What a compiled database depends on besides its patterns. */
static void put_platform(FzBuf *out)
{
    hs_platform_info_t platform = {0};

    hs_populate_platform(&platform);
    fz_buf_printf(out, "%s/%u/%llx/%s", hs_version(), platform.tune,
                  platform.cpu_features, magic);
}

/* The kind stands in front, so that one kind can be listed: "words-0123...".
 */
FzCacheKey fz_cache_key(const char *kind, const FzSlice *pieces, size_t count)
{
    FzSlice *all = fz_calloc(count + 1, sizeof *all);
    FzBuf platform = FZ_BUF_INIT;
    FzCacheKey key;
    FzDigest digest;

    put_platform(&platform);
    all[0] = fz_buf_slice(&platform);
    if (count != 0)
        memcpy(all + 1, pieces, count * sizeof *all);
    digest = fz_digest(fz_slice(NULL, 0), all, count + 1);
    snprintf(key.text, sizeof key.text, "%s-", kind);
    fz_hex_encode(digest.octets, (sizeof key.text - strlen(key.text)) / 2 - 1,
                  key.text + strlen(key.text));
    fz_buf_clear(&platform);
    fz_free(all);
    return key;
}

static char *path_of(const FzCache *cache, const char *name, const char *suffix)
{
    FzBuf path = FZ_BUF_INIT;

    fz_buf_printf(&path, "%s/%s%s", cache->folder, name, suffix);
    return fz_buf_take_text(&path);
}

static FzDigest digest_of(const FzCacheKey *key, FzSlice db, FzSlice beside)
{
    FzSlice pieces[3] = {fz_slice_of(key->text), db, beside};

    return fz_digest(fz_slice(NULL, 0), pieces, 3);
}

/* --- reading ------------------------------------------------------------- */

static hs_database_t *take_apart(const FzCacheKey *key, FzSlice file,
                                 FzBuf *beside)
{
    hs_database_t *db = NULL;
    FzSlice db_octets, rest;
    FzDigest digest;
    Header header;

    if (file.octets < sizeof header)
        return NULL;
    memcpy(&header, file.data, sizeof header);
    file = fz_slice(file.data + sizeof header, file.octets - sizeof header);
    if (memcmp(header.magic, magic, sizeof magic) != 0 ||
        header.db_octets > file.octets ||
        header.beside_octets != file.octets - header.db_octets)
        return NULL;
    db_octets = fz_slice(file.data, header.db_octets);
    rest = fz_slice(file.data + header.db_octets, header.beside_octets);
    digest = digest_of(key, db_octets, rest);
    if (memcmp(digest.octets, header.digest, sizeof header.digest) != 0 ||
        hs_deserialize_database((const char *)db_octets.data, db_octets.octets,
                                &db) != HS_SUCCESS)
        return NULL;
    fz_buf_append_slice(beside, rest);
    return db;
}

hs_database_t *fz_cache_read(const FzCache *cache, const FzCacheKey *key,
                             FzBuf *beside)
{
    FzBuf file = FZ_BUF_INIT;
    hs_database_t *db = NULL;
    char *path;

    if (cache->folder == NULL)
        return NULL;
    path = path_of(cache, key->text, SUFFIX);
    if (access(path, F_OK) == 0 &&
        fz_buf_read_file(&file, path, FZ_LIMIT_CACHE_OCTETS, NULL) == FZ_OK) {
        db = take_apart(key, fz_buf_slice(&file), beside);
        if (db == NULL) {
            fz_diag_warn(cache->sink, FZ_E_IO, path, 0, NULL,
                         "the cached database is damaged and made again");
            unlink(path);
        } else {
            utimensat(AT_FDCWD, path, NULL, 0); /* it was used */
        }
    }
    fz_buf_clear(&file);
    fz_free(path);
    return db;
}

/* --- listing and pruning -------------------------------------------------- */

typedef struct Kept {
    char *name; /* without the suffix */
    struct timespec used;
} Kept;

static int latest_first(const void *a, const void *b)
{
    const Kept *x = a, *y = b;

    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec > y->used.tv_sec ? -1 : 1;
    if (x->used.tv_nsec != y->used.tv_nsec)
        return x->used.tv_nsec > y->used.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

static size_t list_kept(const FzCache *cache, Kept **kept_out)
{
    DIR *dir = cache->folder == NULL ? NULL : opendir(cache->folder);
    struct dirent *entry;
    Kept *kept = NULL;
    size_t count = 0;

    *kept_out = NULL;
    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        size_t octets = strlen(entry->d_name);
        struct stat st;

        if (octets <= strlen(SUFFIX) ||
            strcmp(entry->d_name + octets - strlen(SUFFIX), SUFFIX) != 0 ||
            fstatat(dirfd(dir), entry->d_name, &st, 0) != 0)
            continue;
        kept = fz_realloc_array(kept, count + 1, sizeof *kept);
        kept[count++] = (Kept){
            fz_strndup(entry->d_name, octets - strlen(SUFFIX)), st.st_mtim};
    }
    closedir(dir);
    if (count > 1)
        qsort(kept, count, sizeof *kept, latest_first);
    *kept_out = kept;
    return count;
}

static void free_kept(Kept *kept, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fz_free(kept[i].name);
    fz_free(kept);
}

static void prune(const FzCache *cache)
{
    Kept *kept;
    size_t count = list_kept(cache, &kept);

    for (size_t i = FZ_CACHE_FILES; i < count; i++) {
        char *path = path_of(cache, kept[i].name, SUFFIX);

        unlink(path);
        fz_free(path);
    }
    free_kept(kept, count);
}

void fz_cache_each(const FzCache *cache, const char *kind,
                   bool (*each)(void *ctx, const FzCacheKey *key), void *ctx)
{
    Kept *kept;
    size_t count = list_kept(cache, &kept), octets = strlen(kind);

    for (size_t i = 0; i < count; i++) {
        FzCacheKey key;

        if (strncmp(kept[i].name, kind, octets) != 0 ||
            kept[i].name[octets] != '-' ||
            strlen(kept[i].name) >= sizeof key.text)
            continue;
        snprintf(key.text, sizeof key.text, "%s", kept[i].name);
        if (each(ctx, &key))
            break;
    }
    free_kept(kept, count);
}

/* --- writing -------------------------------------------------------------- */

static bool write_all(int fd, const void *data, size_t octets)
{
    const char *at = data;

    while (octets != 0) {
        ssize_t put = write(fd, at, octets);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        at += put;
        octets -= (size_t)put;
    }
    return true;
}

/* Beside the file and then in its place: nobody ever reads half of one. */
static bool write_file(const FzCache *cache, const FzCacheKey *key,
                       const Header *header, FzSlice db, FzSlice beside)
{
    char *path = path_of(cache, key->text, SUFFIX);
    char *fresh = path_of(cache, key->text, ".XXXXXX");
    int fd = mkstemp(fresh);
    bool written;

    written = fd >= 0 && fchmod(fd, 0644) == 0 &&
              write_all(fd, header, sizeof *header) &&
              write_all(fd, db.data, db.octets) &&
              write_all(fd, beside.data, beside.octets) && fsync(fd) == 0;
    if (fd >= 0 && close(fd) != 0)
        written = false;
    if (written)
        written = rename(fresh, path) == 0;
    if (!written) {
        int sys_errno = errno;

        if (fd >= 0)
            unlink(fresh);
        errno = sys_errno;
    }
    fz_free(path);
    fz_free(fresh);
    return written;
}

void fz_cache_write(const FzCache *cache, const FzCacheKey *key,
                    const hs_database_t *db, FzSlice beside)
{
    Header header = {.beside_octets = beside.octets};
    FzDigest digest;
    char *octets = NULL;
    size_t count = 0;

    if (cache->folder == NULL ||
        hs_serialize_database(db, &octets, &count) != HS_SUCCESS)
        return;
    memcpy(header.magic, magic, sizeof magic);
    header.db_octets = count;
    digest = digest_of(key, fz_slice(octets, count), beside);
    memcpy(header.digest, digest.octets, sizeof header.digest);
    if (mkdir(cache->folder, 0755) != 0 && errno != EEXIST)
        fz_diag_warn(cache->sink, FZ_E_IO, cache->folder, 0, NULL,
                     "the cache cannot be made (%s): every start compiles",
                     strerror(errno));
    else if (!write_file(cache, key, &header, fz_slice(octets, count), beside))
        fz_diag_warn(cache->sink, FZ_E_IO, cache->folder, 0, NULL,
                     "the cache cannot be written (%s): every start compiles",
                     strerror(errno));
    else
        prune(cache);
    free(octets); /* Hyperscan's allocator is malloc */
}

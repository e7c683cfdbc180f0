/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/rules/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
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

/* Once a cache, not once a database. */
static void tell_unwritable(FzCache *cache, const char *what)
{
    if (!cache->told)
        fz_diag_warn(cache->sink, FZ_E_IO, cache->folder, 0, NULL,
                     "the cache cannot be %s (%s): every start compiles", what,
                     strerror(errno));
    cache->told = true;
}

static bool read_all(int fd, FzBuf *file)
{
    struct stat st;
    ssize_t got;

    if (fstat(fd, &st) != 0 || st.st_size > FZ_LIMIT_CACHE_OCTETS)
        return false;
    fz_buf_reserve(file, (size_t)st.st_size + 1);
    do {
        got = read(fd, file->data + file->octets,
                   1u << 20 < file->capacity - file->octets
                       ? 1u << 20
                       : file->capacity - file->octets);
        if (got > 0)
            file->octets += (size_t)got;
    } while (got > 0 && file->octets < file->capacity);
    return got == 0;
}

FzCached fz_cache_read(FzCache *cache, const FzCacheKey *key, FzBuf *beside)
{
    FzCached cached = {NULL, -1};
    FzBuf file = FZ_BUF_INIT;
    char *path;

    if (cache->folder == NULL)
        return cached;
    path = path_of(cache, key->text, SUFFIX);
    cached.held = open(path, O_RDONLY | O_CLOEXEC);
    if (cached.held >= 0 && flock(cached.held, LOCK_SH | LOCK_NB) == 0 &&
        read_all(cached.held, &file))
        cached.db = take_apart(key, fz_buf_slice(&file), beside);
    if (cached.held >= 0 && cached.db == NULL) {
        fz_diag_warn(cache->sink, FZ_E_IO, path, 0, NULL,
                     "the cached database is damaged and made again");
        if (unlink(path) != 0)
            tell_unwritable(cache, "mended");
    } else if (cached.db != NULL) {
        utimensat(AT_FDCWD, path, NULL, 0); /* it was used */
    }
    if (cached.db == NULL) {
        fz_cache_release(cached.held);
        cached.held = -1;
    }
    fz_buf_clear(&file);
    fz_free(path);
    return cached;
}

void fz_cache_release(int held)
{
    if (held >= 0)
        close(held); /* and with it the lock */
}

/* --- listing and pruning -------------------------------------------------- */

typedef struct Kept {
    char *name; /* without the suffix */
    struct timespec used;
    uint64_t octets;
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
        kept[count++] =
            (Kept){fz_strndup(entry->d_name, octets - strlen(SUFFIX)),
                   st.st_mtim, (uint64_t)st.st_size};
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

/* Unless somebody holds it. */
static bool remove_unused(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool removed =
        fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && unlink(path) == 0;

    if (fd >= 0)
        close(fd);
    return removed;
}

/* What a writer that died left behind: begun, and never given its name. */
static void remove_begun(const FzCache *cache, time_t before)
{
    DIR *dir = opendir(cache->folder);
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        const char *dot = strrchr(entry->d_name, '.');
        struct stat st;

        if (dot != NULL && dot != entry->d_name &&
            strlen(dot) == strlen(".XXXXXX") && strchr(entry->d_name, '-') &&
            fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
            S_ISREG(st.st_mode) && st.st_mtime < before)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir != NULL)
        closedir(dir);
}

static void prune(const FzCache *cache)
{
    time_t now = time(NULL);
    uint64_t files = 0, octets = 0;
    Kept *kept;
    size_t count = list_kept(cache, &kept);

    for (size_t i = 0; i < count; i++) {
        char *path = path_of(cache, kept[i].name, SUFFIX);
        bool over = files >= FZ_CACHE_FILES ||
                    octets + kept[i].octets > FZ_CACHE_OCTETS ||
                    now - kept[i].used.tv_sec > FZ_CACHE_DAYS * 86400;

        if (!over || !remove_unused(path)) {
            files++;
            octets += kept[i].octets;
        }
        fz_free(path);
    }
    free_kept(kept, count);
    remove_begun(cache, now - 3600);
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

/* Beside the file and then in its place: nobody ever reads half of one. The
 * descriptor, held, or -1. */
static int write_file(const FzCache *cache, const FzCacheKey *key,
                      const Header *header, FzSlice db, FzSlice beside)
{
    char *path = path_of(cache, key->text, SUFFIX);
    char *fresh = path_of(cache, key->text, ".XXXXXX");
    int fd = mkostemp(fresh, O_CLOEXEC), sys_errno;

    if (fd >= 0 &&
        (flock(fd, LOCK_SH | LOCK_NB) != 0 || fchmod(fd, 0644) != 0 ||
         !write_all(fd, header, sizeof *header) ||
         !write_all(fd, db.data, db.octets) ||
         !write_all(fd, beside.data, beside.octets) || fsync(fd) != 0 ||
         rename(fresh, path) != 0)) {
        sys_errno = errno;
        unlink(fresh);
        close(fd);
        fd = -1;
        errno = sys_errno;
    }
    sys_errno = errno;
    fz_free(path);
    fz_free(fresh);
    errno = sys_errno;
    return fd;
}

int fz_cache_write(FzCache *cache, const FzCacheKey *key,
                   const FzJobAnswer *answer, FzSlice beside)
{
    Header header = {.beside_octets = beside.octets};
    FzSlice db = fz_buf_slice(&answer->octets);
    FzDigest digest;
    char *octets = NULL;
    size_t count = 0;
    int held = -1;

    if (cache->folder == NULL)
        return -1;
    if (db.octets == 0) { /* it was compiled here */
        if (hs_serialize_database(answer->db, &octets, &count) != HS_SUCCESS)
            return -1;
        db = fz_slice(octets, count);
    }
    memcpy(header.magic, magic, sizeof magic);
    header.db_octets = db.octets;
    digest = digest_of(key, db, beside);
    memcpy(header.digest, digest.octets, sizeof header.digest);
    if (mkdir(cache->folder, 0755) != 0 && errno != EEXIST)
        tell_unwritable(cache, "made");
    else if ((held = write_file(cache, key, &header, db, beside)) < 0)
        tell_unwritable(cache, "written");
    else
        prune(cache);
    free(octets); /* Hyperscan's allocator is malloc */
    return held;
}

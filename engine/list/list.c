/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/list.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "engine/list/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t *table(const FzList *list, FzlSection section)
{
    return list->data + list->head.place[section].offset;
}

static size_t records(const FzList *list, FzlSection section, size_t octets)
{
    return (size_t)(list->head.place[section].octets / octets);
}

static void place_tables(FzList *list)
{
    const FzlHead *head = &list->head;

    list->key = fz_sip_key(head->hash_key);
    list->filter = (const uint64_t *)(const void *)table(list, FZL_FILTER);
    list->filter_words = records(list, FZL_FILTER, 8);
    list->homes = head->homes;
    list->lines = table(list, FZL_LINES);
    list->line_count = records(list, FZL_LINES, FZL_LINE_OCTETS);
    list->kinds = table(list, FZL_KINDS);
    list->kind_count = (uint32_t)records(list, FZL_KINDS, FZL_KIND_OCTETS);
    list->ranges4 = table(list, FZL_RANGES4);
    list->range4_count = records(list, FZL_RANGES4, FZL_RANGE4_OCTETS);
    list->ranges6 = table(list, FZL_RANGES6);
    list->range6_count = records(list, FZL_RANGES6, FZL_RANGE6_OCTETS);
    list->sources = table(list, FZL_SOURCES);
    list->source_count =
        (uint32_t)records(list, FZL_SOURCES, FZL_SOURCE_OCTETS);
    list->strings = (const char *)table(list, FZL_STRINGS);
    list->string_octets = head->place[FZL_STRINGS].octets;
    list->built_day = head->built_ms / FZL_DAY_MS;
}

static FzStatus check_opening(const FzList *list, const FzListOpen *how,
                              const FzDiagSink *sink)
{
    const FzlHead *head = &list->head;

    /* every text ends inside the table when the last one does */
    if (list->strings[list->string_octets - 1] != '\0')
        return fz_diag(sink, FZ_E_SYNTAX, list->path, 0, NULL,
                       "list refused: the table of texts has no end");
    if (how == NULL)
        return FZ_OK;
    if (how->public_key != NULL) {
        if ((head->flags & FZL_SIGNED) == 0)
            return fz_diag(sink, FZ_E_RULE, list->path, 0, NULL,
                           "list refused: it is not signed");
        if (crypto_sign_verify_detached(list->data + FZL_SIGNATURE_AT,
                                        list->data, FZL_SIGNATURE_AT,
                                        how->public_key) != 0)
            return fz_diag(sink, FZ_E_RULE, list->path, 0, NULL,
                           "list refused: the signature is not by the key "
                           "that is asked for");
    }
    if (head->built_ms < how->built_after_ms)
        return fz_diag(sink, FZ_E_RULE, list->path, 0, NULL,
                       "list refused: it is older than the one in force");
    return FZ_OK;
}

FzStatus fz_list_open_memory(const void *data, size_t octets, const char *name,
                             const FzListOpen *how, const FzDiagSink *sink,
                             FzList **list_out)
{
    FzList *list;
    FzlHead head;
    FzStatus status = fzl_head_read(data, octets, name, sink, &head);

    if (status != FZ_OK)
        return status;
    list = fz_calloc(1, sizeof *list);
    list->data = data;
    list->octets = octets;
    list->path = fz_strdup(name);
    list->head = head;
    place_tables(list);
    status = check_opening(list, how, sink);
    if (status != FZ_OK) {
        fz_list_close(list);
        return status;
    }
    *list_out = list;
    return FZ_OK;
}

FzStatus fz_list_open(const char *path, const FzListOpen *how,
                      const FzDiagSink *sink, FzList **list_out)
{
    FzStatus status;
    struct stat st;
    void *data;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return fz_diag_errno(sink, path, "the list cannot be opened");
    if (fstat(fd, &st) != 0) {
        status = fz_diag_errno(sink, path, "the list cannot be looked at");
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "list refused: this is no regular file");
        goto out;
    }
    if (st.st_size == 0) { /* which mmap does not take */
        status = fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                         "list refused: the file is empty");
        goto out;
    }
    data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (data == MAP_FAILED) {
        status = fz_diag_errno(sink, path, "the list cannot be mapped");
        goto out;
    }
    status = fz_list_open_memory(data, (size_t)st.st_size, path, how, sink,
                                 list_out);
    if (status == FZ_OK)
        (*list_out)->mapped = true;
    else
        munmap(data, (size_t)st.st_size);
out:
    close(fd);
    return status;
}

void fz_list_close(FzList *list)
{
    if (list == NULL)
        return;
    if (list->mapped)
        munmap((void *)(uintptr_t)list->data, list->octets);
    fz_free(list->path);
    fz_free(list);
}

/* --- verify --------------------------------------------------------------- */
static bool meta_ok(const FzList *list, uint32_t meta)
{
    return FZL_META_KIND(meta) < list->kind_count;
}

/* What is left of a hash tells its home only roughly: its low bits do not. So
 * the order cannot be read off; that every line is sound, and that nothing
 * stands where no home leads, can. */
static const char *check_lines(const FzList *list)
{
    uint64_t reached = 0; /* the last line that a home so far leads to */

    for (uint64_t i = 0; i < list->line_count; i++) {
        const uint8_t *line = list->lines + i * FZL_LINE_OCTETS;
        unsigned count = line[FZL_LINE_COUNT_AT];

        if (count > FZL_LINE_ENTRIES)
            return "a line has more entries than places";
        if (i < list->homes && i + line[FZL_LINE_SPILL_AT] > reached)
            reached = i + line[FZL_LINE_SPILL_AT];
        if (reached >= list->line_count)
            return "a line leads behind the last";
        if (count != 0 && i >= list->homes && i > reached)
            return "a line that no home leads to has entries";
        for (unsigned j = 0; j < count; j++)
            if (!meta_ok(list, fzl_get32(line + FZL_LINE_META_AT + 4 * j)))
                return "an entry is of no known kind";
    }
    return NULL;
}

static const char *check_kinds(const FzList *list)
{
    for (uint32_t i = 0; i < list->kind_count; i++) {
        FzlKind kind = fzl_kind_read(list->kinds + i * FZL_KIND_OCTETS);

        if (kind.category >= list->string_octets ||
            kind.note >= list->string_octets)
            return "a kind names a text outside the table";
        if (kind.source >= list->source_count)
            return "a kind is of no known source";
        if (kind.action < FZL_ALLOW || kind.action > FZL_SHARED ||
            kind.level >= FZ_LIST_LEVELS)
            return "a kind has an unknown action or level";
    }
    for (uint32_t i = 0; i < list->source_count; i++)
        if (fzl_get32(list->sources + i * FZL_SOURCE_OCTETS) >=
            list->string_octets)
            return "a source's name is outside the table";
    return NULL;
}

/* Records of `octets` that begin with from and to of `address` octets. Memory
 * order is number order for v6; v4 is compared as numbers. */
static const char *check_ranges(const FzList *list, const uint8_t *first,
                                size_t count, size_t octets, size_t address)
{
    const uint8_t *last = NULL;

    for (size_t i = 0; i < count; i++) {
        const uint8_t *from = first + i * octets, *to = from + address;
        const uint8_t *meta = to + address;
        bool backwards, apart, same;

        if (address == 4) {
            backwards = fzl_get32(to) < fzl_get32(from);
            apart = last == NULL || fzl_get32(from) > fzl_get32(last + 4);
        } else {
            backwards = memcmp(to, from, 16) < 0;
            apart = last == NULL || memcmp(from, last + 16, 16) > 0;
        }
        same = last != NULL && memcmp(from, last, 2 * address) == 0;
        if (backwards || (!apart && !same))
            return "the address ranges are not in order";
        if (!meta_ok(list, fzl_get32(meta)))
            return "a range is of no known kind";
        if (fzl_get32(meta + 4) > 8 * address)
            return "a range has more bits than an address";
        last = from;
    }
    return NULL;
}

FzStatus fz_list_verify(const FzList *list, const FzDiagSink *sink)
{
    FzSlice content =
        fz_slice(list->data + FZL_HEAD_OCTETS, list->octets - FZL_HEAD_OCTETS);
    const char *why = NULL;
    uint8_t digest[32];

    fzl_digest(&content, 1, digest);
    if (memcmp(digest, list->head.content_digest, sizeof digest) != 0)
        why = "the content is not what was written";
    if (why == NULL)
        why = check_kinds(list);
    if (why == NULL)
        why = check_lines(list);
    if (why == NULL)
        why = check_ranges(list, list->ranges4, list->range4_count,
                           FZL_RANGE4_OCTETS, 4);
    if (why == NULL)
        why = check_ranges(list, list->ranges6, list->range6_count,
                           FZL_RANGE6_OCTETS, 16);
    if (why != NULL)
        return fz_diag(sink, FZ_E_SYNTAX, list->path, 0, NULL,
                       "list refused: %s", why);
    return FZ_OK;
}

/* --- what it is ------------------------------------------------------------
 */
void fz_list_info(const FzList *list, FzListInfo *info_out)
{
    const FzlHead *head = &list->head;

    memset(info_out, 0, sizeof *info_out);
    info_out->path = list->path;
    info_out->version = FZL_VERSION;
    info_out->octets = list->octets;
    info_out->built_ms = head->built_ms;
    info_out->not_after_ms = head->not_after_ms;
    info_out->allow = head->allow;
    info_out->block = head->block;
    info_out->shared = head->shared;
    info_out->ranges = list->range4_count + list->range6_count;
    info_out->sources = list->source_count;
    info_out->is_signed = (head->flags & FZL_SIGNED) != 0;
    fz_hex_encode(head->content_digest, sizeof head->content_digest,
                  info_out->digest);
}

void fz_list_source_info(const FzList *list, uint32_t index,
                         FzListSourceInfo *info_out)
{
    const uint8_t *source = list->sources + (size_t)index * FZL_SOURCE_OCTETS;

    info_out->name = fzl_string(list, fzl_get32(source));
    info_out->fetched_ms = (int64_t)fzl_get64(source + 8);
    info_out->entries = fzl_get64(source + 16);
    info_out->refused = fzl_get64(source + 24);
}

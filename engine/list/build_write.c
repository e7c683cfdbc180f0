/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_write.c - the tables, the head, the file in its place
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build_internal.h"
#include "engine/list/mapped.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

/* Entries a home on average: more makes the file smaller and look-ups run on
 * into the next line more often
 * (docs/decisions/0008-...). */
#define HOME_ENTRIES 5.0
#define FILTER_WORD_ENTRIES 8 /* 4 in 100 of what is not listed pass */

/* Lays the sorted entries out over `homes' homes; false when some would lie
 * farther from theirs than a home can tell. */
static bool lay_out(const FzListBuilder *b, uint64_t homes, FzBuf *lines)
{
    static const uint8_t empty[FZL_LINE_OCTETS];
    uint64_t at = 0;

    lines->octets = 0;
    fz_buf_reserve(lines, (homes + 1) * FZL_LINE_OCTETS);
    for (uint64_t i = 0; i < homes; i++)
        fz_buf_append(lines, empty, sizeof empty);
    for (size_t i = 0; i < b->count; i++) {
        const BuildEntry *entry = &b->entry[i];
        uint64_t home = fzl_part(entry->hash, homes);
        uint8_t *line, *spill;
        unsigned place;

        if (at < home)
            at = home;
        if (lines->data[at * FZL_LINE_OCTETS + FZL_LINE_COUNT_AT] ==
            FZL_LINE_ENTRIES)
            at++;
        if (at - home > UINT8_MAX)
            return false;
        if (at * FZL_LINE_OCTETS == lines->octets)
            fz_buf_append(lines, empty, sizeof empty);
        line = lines->data + at * FZL_LINE_OCTETS;
        spill = lines->data + home * FZL_LINE_OCTETS + FZL_LINE_SPILL_AT;
        if (*spill < at - home)
            *spill = (uint8_t)(at - home);
        place = line[FZL_LINE_COUNT_AT]++;
        fzl_put32(line + 4 * place, (uint32_t)entry->hash);
        fzl_put16(line + FZL_LINE_MIDDLE_AT + 2 * place,
                  (uint16_t)(entry->hash >> 32));
        fzl_put32(line + FZL_LINE_META_AT + 4 * place,
                  FZL_META(entry->kind, entry->day));
    }
    return true;
}

static bool write_lines(const FzListBuilder *b, FzBuf *lines,
                        uint32_t *homes_out)
{
    uint64_t homes = (uint64_t)((double)b->count / HOME_ENTRIES) + 1;

    /* hashes are random: more room helps unless one key has 1,500 entries */
    for (int i = 0; i < 4; i++, homes += homes / 4 + 1)
        if (lay_out(b, homes, lines)) {
            *homes_out = (uint32_t)homes;
            return true;
        }
    return false;
}

static void write_filter(const FzListBuilder *b, FzBuf *out)
{
    uint64_t words = b->count / FILTER_WORD_ENTRIES + 1;
    uint64_t *filter = fz_calloc(words, sizeof *filter);

    for (size_t i = 0; i < b->count; i++)
        filter[fzl_part(b->entry[i].hash, words)] |=
            fzl_filter_bits(b->entry[i].hash);
    for (uint64_t i = 0; i < words; i++)
        filter[i] = htole64(filter[i]);
    fz_buf_append(out, filter, words * sizeof *filter);
    fz_free(filter);
}

static void write_kinds(const FzListBuilder *b, FzBuf *out)
{
    uint8_t record[FZL_KIND_OCTETS];

    for (size_t i = 0; i < b->kinds.kind_count; i++) {
        fzl_kind_write(&b->kinds.kind[i], record);
        fz_buf_append(out, record, sizeof record);
    }
}

static void write_sources(const FzListBuilder *b, FzBuf *out)
{
    uint8_t record[FZL_SOURCE_OCTETS];

    for (size_t i = 0; i < b->source_count; i++) {
        const BuildSource *source = &b->source[i];
        uint64_t refused = 0;

        for (int f = 0; f < FZ_FINDINGS; f++) {
            FzFindingClass class = fz_finding_class((FzFinding)f);

            if (class == FZ_FINDING_DIRT || class == FZ_FINDING_REFUSED)
                refused += source->counts.finding[f];
        }
        memset(record, 0, sizeof record);
        fzl_put32(record, source->name);
        fzl_put64(record + 8, (uint64_t)source->is.fetched_ms);
        fzl_put64(record + 16, source->counts.taken);
        fzl_put64(record + 24, refused);
        fz_buf_append(out, record, sizeof record);
    }
}

static void count_actions(const FzListBuilder *b, FzlHead *head)
{
    const BuildRanges *both[] = {&b->ranges4, &b->ranges6};
    uint64_t *count[] = {NULL, &head->allow, &head->block, &head->shared};

    for (size_t i = 0; i < b->count; i++)
        ++*count[b->entry[i].action];
    for (size_t r = 0; r < 2; r++)
        for (size_t i = 0; i < both[r]->count; i++)
            ++*count[both[r]->item[i].action];
}

static void pad(FzBuf *out)
{
    static const uint8_t zeros[FZL_ALIGN];

    fz_buf_append(out, zeros,
                  (FZL_ALIGN - out->octets % FZL_ALIGN) % FZL_ALIGN);
}

/* The whole file in memory: as much again as the tables, once. */
static FzStatus make_file(FzListBuilder *b, const FzDiagSink *sink, FzBuf *file)
{
    FzBuf section[FZL_SECTIONS];
    FzlHead head;
    FzSlice content;
    uint8_t octets[FZL_HEAD_OCTETS];
    size_t total = FZL_HEAD_OCTETS;

    if (b->overflow)
        return fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "more entries, or more kinds of them, than one list "
                       "may have: build two");
    memset(&head, 0, sizeof head);
    memset(section, 0, sizeof section);
    build_merge(b);
    build_ranges_write(b, &b->ranges4, 4, &section[FZL_RANGES4]);
    build_ranges_write(b, &b->ranges6, 16, &section[FZL_RANGES6]);
    count_actions(b, &head);
    if (head.allow + head.block + head.shared == 0 && !b->how.may_be_empty) {
        for (size_t i = 0; i < FZL_SECTIONS; i++)
            fz_buf_clear(&section[i]);
        return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                       "nothing is left to list: a source that failed looks "
                       "like that");
    }
    if (!write_lines(b, &section[FZL_LINES], &head.homes)) {
        for (size_t i = 0; i < FZL_SECTIONS; i++)
            fz_buf_clear(&section[i]);
        return fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "one key stands in too many sources");
    }
    write_filter(b, &section[FZL_FILTER]);
    write_kinds(b, &section[FZL_KINDS]);
    write_sources(b, &section[FZL_SOURCES]);
    fz_buf_append(&section[FZL_STRINGS], b->kinds.strings.data,
                  b->kinds.strings.octets);

    for (size_t i = 0; i < FZL_SECTIONS; i++)
        total += section[i].octets + FZL_ALIGN;
    fz_buf_reserve(file, total);
    memset(octets, 0, sizeof octets);
    fz_buf_append(file, octets, sizeof octets);
    for (size_t i = 0; i < FZL_SECTIONS; i++) {
        head.place[i] = (FzlPlace){file->octets, section[i].octets};
        fz_buf_append_slice(file, fz_buf_slice(&section[i]));
        pad(file);
        fz_buf_clear(&section[i]);
    }
    head.file_octets = file->octets;
    head.built_ms = b->how.now_ms;
    head.not_after_ms = b->how.not_after_ms;
    head.flags = (b->how.may_be_empty ? FZL_MAY_BE_EMPTY : 0) |
                 (b->how.secret_key != NULL ? FZL_SIGNED : 0);
    memcpy(head.hash_key, b->hash_key, sizeof head.hash_key);
    content =
        fz_slice(file->data + FZL_HEAD_OCTETS, file->octets - FZL_HEAD_OCTETS);
    fzl_digest(&content, 1, head.content_digest);
    fzl_head_write(&head, file->data);
    if (b->how.secret_key != NULL)
        crypto_sign_detached(file->data + FZL_SIGNATURE_AT, NULL, file->data,
                             FZL_SIGNATURE_AT, b->how.secret_key);
    return FZ_OK;
}

FzStatus fz_list_builder_make(FzListBuilder *b, const FzDiagSink *sink,
                              uint8_t **data_out, size_t *octets_out)
{
    FzBuf file = FZ_BUF_INIT;
    FzStatus status = make_file(b, sink, &file);

    if (status != FZ_OK)
        return status;
    *octets_out = file.octets;
    *data_out = (uint8_t *)fz_buf_take_text(&file);
    return FZ_OK;
}

/* --- in place
 * -------------------------------------------------------------------- */
#define WRITE_OCTETS (1u << 20)

static FzStatus write_all(FzListBuilder *b, int fd, const FzBuf *file,
                          const char *path, const FzDiagSink *sink)
{
    size_t done = 0;

    while (done < file->octets) {
        size_t octets = file->octets - done;
        ssize_t written;

        if (octets > WRITE_OCTETS)
            octets = WRITE_OCTETS;
        written = write(fd, file->data + done, octets);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fz_diag_errno(sink, path, "the list cannot be written");
        done += (size_t)written;
        build_progress(b, FZ_BUILD_WRITE, done, file->octets);
    }
    if (fsync(fd) != 0)
        return fz_diag_errno(sink, path, "the list cannot be synced");
    return FZ_OK;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return fz_strdup(".");
    return slash == path ? fz_strdup("/")
                         : fz_strndup(path, (size_t)(slash - path));
}

/* The rename is durable when its folder is. */
static FzStatus sync_folder(const char *path, const FzDiagSink *sink)
{
    char *folder = folder_of(path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    FzStatus status = FZ_OK;

    if (fd < 0 || fsync(fd) != 0)
        status = fz_diag_errno(sink, folder, "the folder cannot be synced");
    if (fd >= 0)
        close(fd);
    fz_free(folder);
    return status;
}

FzStatus fz_list_builder_write(FzListBuilder *b, const char *path,
                               const FzDiagSink *sink)
{
    FzBuf file = FZ_BUF_INIT, name = FZ_BUF_INIT;
    FzStatus status = make_file(b, sink, &file);
    int fd = -1;

    if (status != FZ_OK)
        goto out;
    /* O_EXCL and the mode of the umask: what mkstemp does not give */
    fz_buf_printf(&name, "%s.%08x", path, (unsigned)randombytes_random());
    fd =
        open(fz_buf_text(&name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        status = fz_diag_errno(sink, path, "no file can be made beside it");
        goto out;
    }
    status = write_all(b, fd, &file, path, sink);
    if (close(fd) != 0 && status == FZ_OK)
        status = fz_diag_errno(sink, path, "the list cannot be written");
    if (status == FZ_OK && rename(fz_buf_text(&name), path) != 0)
        status = fz_diag_errno(sink, path, "the list cannot be put in place");
    if (status == FZ_OK)
        status = sync_folder(path, sink);
    else
        unlink(fz_buf_text(&name));
out:
    fz_buf_clear(&name);
    fz_buf_clear(&file);
    return status;
}

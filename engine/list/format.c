/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/format.h"

#include <sodium.h>

#define PLACES_AT 128

void fzl_put16(uint8_t *p, uint16_t value)
{
    value = htole16(value);
    memcpy(p, &value, sizeof value);
}

void fzl_put32(uint8_t *p, uint32_t value)
{
    value = htole32(value);
    memcpy(p, &value, sizeof value);
}

void fzl_put64(uint8_t *p, uint64_t value)
{
    value = htole64(value);
    memcpy(p, &value, sizeof value);
}

void fzl_digest(const FzSlice *pieces, size_t count, uint8_t *out)
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, 32);
    for (size_t i = 0; i < count; i++)
        crypto_generichash_update(&state, pieces[i].data, pieces[i].octets);
    crypto_generichash_final(&state, out, 32);
}

void fzl_head_write(const FzlHead *head, uint8_t *out)
{
    FzSlice whole = fz_slice(out, FZL_HEAD_DIGEST_AT);

    memset(out, 0, FZL_HEAD_OCTETS);
    memcpy(out, FZL_MAGIC, FZL_MAGIC_OCTETS);
    fzl_put32(out + 8, FZL_VERSION);
    fzl_put32(out + 12, FZL_HEAD_OCTETS);
    fzl_put64(out + 16, head->file_octets);
    fzl_put64(out + 24, (uint64_t)head->built_ms);
    fzl_put64(out + 32, (uint64_t)head->not_after_ms);
    fzl_put64(out + 40, head->allow);
    fzl_put64(out + 48, head->block);
    fzl_put64(out + 56, head->shared);
    memcpy(out + 64, head->hash_key, sizeof head->hash_key);
    memcpy(out + 80, head->content_digest, sizeof head->content_digest);
    fzl_put32(out + 112, head->flags);
    fzl_put32(out + 116, FZL_SECTIONS);
    fzl_put32(out + 120, head->homes);
    for (size_t i = 0; i < FZL_SECTIONS; i++) {
        fzl_put64(out + PLACES_AT + 16 * i, head->place[i].offset);
        fzl_put64(out + PLACES_AT + 16 * i + 8, head->place[i].octets);
    }
    fzl_digest(&whole, 1, out + FZL_HEAD_DIGEST_AT);
}

static FzStatus refuse(const FzDiagSink *sink, const char *name,
                       const char *why)
{
    return fz_diag(sink, FZ_E_SYNTAX, name, 0, NULL, "list refused: %s", why);
}

/* NULL when the tables fit into the file and to each other. */
static const char *check_places(const FzlHead *head)
{
    static const uint32_t record[FZL_SECTIONS] = {
        [FZL_LINES] = FZL_LINE_OCTETS,
        [FZL_FILTER] = 8,
        [FZL_RANGES4] = FZL_RANGE4_OCTETS,
        [FZL_RANGES6] = FZL_RANGE6_OCTETS,
        [FZL_KINDS] = FZL_KIND_OCTETS,
        [FZL_SOURCES] = FZL_SOURCE_OCTETS,
        [FZL_STRINGS] = 1,
    };
    const FzlPlace *place = head->place;
    uint64_t lines = place[FZL_LINES].octets / FZL_LINE_OCTETS, counted;

    for (size_t i = 0; i < FZL_SECTIONS; i++) {
        if (place[i].offset < FZL_HEAD_OCTETS ||
            place[i].offset > head->file_octets ||
            place[i].octets > head->file_octets - place[i].offset)
            return "a table lies outside the file";
        if (place[i].offset % FZL_ALIGN != 0)
            return "a table is not aligned";
        if (place[i].octets % record[i] != 0)
            return "a table ends within a record";
    }
    if (head->homes < 1 || head->homes > lines)
        return "there are fewer lines than homes";
    if (place[FZL_FILTER].octets == 0)
        return "there is no filter";
    if (place[FZL_KINDS].octets / FZL_KIND_OCTETS > FZ_LIMIT_LIST_KINDS ||
        place[FZL_SOURCES].octets / FZL_SOURCE_OCTETS > FZ_LIMIT_LIST_SOURCES)
        return "more kinds or sources than a list may have";
    if (place[FZL_STRINGS].octets == 0)
        return "there is no table of texts";
    if (head->allow > head->file_octets || head->block > head->file_octets ||
        head->shared > head->file_octets)
        return "more entries are counted than the file can hold";
    counted = head->allow + head->block + head->shared;
    if (counted == 0 && (head->flags & FZL_MAY_BE_EMPTY) == 0)
        return "it lists nothing";
    return NULL;
}

FzStatus fzl_head_read(const uint8_t *data, size_t octets, const char *name,
                       const FzDiagSink *sink, FzlHead *head_out)
{
    FzSlice whole = fz_slice(data, FZL_HEAD_DIGEST_AT);
    uint8_t digest[32];
    FzlHead head;
    const char *why;
    uint32_t version;

    if (octets == 0)
        return refuse(sink, name, "the file is empty");
    if (octets < 12 || memcmp(data, FZL_MAGIC, FZL_MAGIC_OCTETS) != 0)
        return refuse(sink, name, "this is no compiled list");
    version = fzl_get32(data + 8);
    if (version != FZL_VERSION)
        return fz_diag(sink, FZ_E_SYNTAX, name, 0, NULL,
                       "list refused: format version %u, this program reads "
                       "%u: build the list again",
                       version, FZL_VERSION);
    if (octets < FZL_HEAD_OCTETS)
        return refuse(sink, name, "the file is cut within its head");
    fzl_digest(&whole, 1, digest);
    if (memcmp(digest, data + FZL_HEAD_DIGEST_AT, sizeof digest) != 0)
        return refuse(sink, name, "the head is damaged");

    memset(&head, 0, sizeof head);
    head.file_octets = fzl_get64(data + 16);
    head.built_ms = (int64_t)fzl_get64(data + 24);
    head.not_after_ms = (int64_t)fzl_get64(data + 32);
    head.allow = fzl_get64(data + 40);
    head.block = fzl_get64(data + 48);
    head.shared = fzl_get64(data + 56);
    memcpy(head.hash_key, data + 64, sizeof head.hash_key);
    memcpy(head.content_digest, data + 80, sizeof head.content_digest);
    head.flags = fzl_get32(data + 112);
    head.homes = fzl_get32(data + 120);
    for (size_t i = 0; i < FZL_SECTIONS; i++) {
        head.place[i].offset = fzl_get64(data + PLACES_AT + 16 * i);
        head.place[i].octets = fzl_get64(data + PLACES_AT + 16 * i + 8);
    }
    if (fzl_get32(data + 12) != FZL_HEAD_OCTETS ||
        fzl_get32(data + 116) != FZL_SECTIONS)
        return refuse(sink, name, "the head has another shape");
    if (head.file_octets != octets)
        return fz_diag(sink, FZ_E_SYNTAX, name, 0, NULL,
                       "list refused: %llu octets were written, %llu are here",
                       (unsigned long long)head.file_octets,
                       (unsigned long long)octets);
    if (head.built_ms < 0 || head.built_ms > INT64_MAX / 2 ||
        head.not_after_ms < 0)
        return refuse(sink, name, "its times are nonsense");
    why = check_places(&head);
    if (why != NULL)
        return refuse(sink, name, why);
    *head_out = head;
    return FZ_OK;
}

void fzl_kind_write(const FzlKind *kind, uint8_t *out)
{
    fzl_put32(out, kind->category);
    fzl_put32(out + 4, kind->note);
    fzl_put32(out + 8, kind->first_hour);
    fzl_put32(out + 12, (uint32_t)kind->source | (uint32_t)kind->score << 16);
    fzl_put32(out + 16, (uint32_t)kind->action | (uint32_t)kind->level << 8);
}

FzlKind fzl_kind_read(const uint8_t *in)
{
    uint32_t who = fzl_get32(in + 12), what = fzl_get32(in + 16);

    return (FzlKind){.category = fzl_get32(in),
                     .note = fzl_get32(in + 4),
                     .first_hour = fzl_get32(in + 8),
                     .source = (uint16_t)(who & 0xFFFF),
                     .score = (uint16_t)(who >> 16),
                     .action = (uint8_t)(what & 0xFF),
                     .level = (uint8_t)(what >> 8 & 0xFF)};
}

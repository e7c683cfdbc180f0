/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_kinds.c - what many entries have in common, kept once
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build_internal.h"

/* Of no secret: these tables live as long as one build. */
static const FzSipKey table_key = {0x6b696e6473u, 0x74657874u};

static void table_grow(BuildTable *table)
{
    fz_free(table->slot);
    table->slots = table->slots == 0 ? 256 : 2 * table->slots;
    table->slot = fz_calloc(table->slots, sizeof *table->slot);
}

static void table_put(BuildTable *table, uint64_t hash, uint32_t index)
{
    size_t at = hash & (table->slots - 1);

    while (table->slot[at] != 0)
        at = (at + 1) & (table->slots - 1);
    table->slot[at] = index + 1;
}

void build_kinds_init(BuildKinds *kinds)
{
    memset(kinds, 0, sizeof *kinds);
    fz_buf_append_octet(&kinds->strings, 0);
}

void build_kinds_clear(BuildKinds *kinds)
{
    fz_buf_clear(&kinds->strings);
    fz_free(kinds->string_table.slot);
    fz_free(kinds->string_offset);
    fz_free(kinds->kind);
    fz_free(kinds->kind_table.slot);
}

static FzSlice string_at(const BuildKinds *kinds, uint32_t index)
{
    const uint8_t *text = kinds->strings.data + kinds->string_offset[index];

    return fz_slice_of((const char *)text);
}

uint32_t build_string(BuildKinds *kinds, FzSlice text)
{
    BuildTable *table = &kinds->string_table;
    uint64_t hash = fz_siphash(table_key, text.data, text.octets);
    uint32_t offset;
    size_t at;

    if (text.octets == 0)
        return 0;
    if (2 * (kinds->string_count + 1) > table->slots) {
        table_grow(table);
        for (uint32_t i = 0; i < kinds->string_count; i++) {
            FzSlice old = string_at(kinds, i);

            table_put(table, fz_siphash(table_key, old.data, old.octets), i);
        }
    }
    at = hash & (table->slots - 1);
    while (table->slot[at] != 0) {
        if (fz_slice_equal(string_at(kinds, table->slot[at] - 1), text))
            return kinds->string_offset[table->slot[at] - 1];
        at = (at + 1) & (table->slots - 1);
    }
    /* beyond 32 bits of text: notes are dropped, names come first anyway */
    if (kinds->strings.octets + text.octets + 1 > UINT32_MAX)
        return 0;
    if (kinds->string_count == kinds->string_capacity) {
        kinds->string_capacity = 2 * kinds->string_capacity + 64;
        kinds->string_offset =
            fz_realloc_array(kinds->string_offset, kinds->string_capacity,
                             sizeof *kinds->string_offset);
    }
    offset = (uint32_t)kinds->strings.octets;
    kinds->string_offset[kinds->string_count] = offset;
    table->slot[at] = (uint32_t)++kinds->string_count;
    fz_buf_append_slice(&kinds->strings, text);
    fz_buf_append_octet(&kinds->strings, 0);
    return offset;
}

static uint64_t kind_hash(const FzlKind *kind)
{
    uint8_t octets[FZL_KIND_OCTETS];

    fzl_kind_write(kind, octets);
    return fz_siphash(table_key, octets, sizeof octets);
}

static bool kind_equal(const FzlKind *a, const FzlKind *b)
{
    return a->category == b->category && a->note == b->note &&
           a->first_hour == b->first_hour && a->source == b->source &&
           a->score == b->score && a->action == b->action &&
           a->level == b->level;
}

bool build_kind(BuildKinds *kinds, const FzlKind *kind, uint32_t *index_out)
{
    BuildTable *table = &kinds->kind_table;
    size_t at;

    if (2 * (kinds->kind_count + 1) > table->slots) {
        table_grow(table);
        for (uint32_t i = 0; i < kinds->kind_count; i++)
            table_put(table, kind_hash(&kinds->kind[i]), i);
    }
    at = kind_hash(kind) & (table->slots - 1);
    while (table->slot[at] != 0) {
        if (kind_equal(&kinds->kind[table->slot[at] - 1], kind)) {
            *index_out = table->slot[at] - 1;
            return true;
        }
        at = (at + 1) & (table->slots - 1);
    }
    if (kinds->kind_count == FZ_LIMIT_LIST_KINDS)
        return false;
    if (kinds->kind_count == kinds->kind_capacity) {
        kinds->kind_capacity = 2 * kinds->kind_capacity + 64;
        kinds->kind = fz_realloc_array(kinds->kind, kinds->kind_capacity,
                                       sizeof *kinds->kind);
    }
    *index_out = (uint32_t)kinds->kind_count;
    table->slot[at] = (uint32_t)kinds->kind_count + 1;
    kinds->kind[kinds->kind_count++] = *kind;
    return true;
}

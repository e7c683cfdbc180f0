/* SPDX-License-Identifier: BSD-2-Clause
 *
 * build_merge.c - many sources, one order: duplicates out, conflicts told
 *
 * Within a source the same key twice is one entry. Two sources keep an entry
 * each: one may grow stale or be taken away, and an explanation names who said
 * it. Which of several speaks is the look-up's to decide.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/build_internal.h"
#include "engine/list/mapped.h"

#include <stdlib.h>

/* Later is more; never is most. */
static unsigned lifetime(uint16_t day)
{
    return day == 0 ? 0x10000u : day;
}

static int order_entries(const void *left, const void *right)
{
    const BuildEntry *a = left, *b = right;

    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->level != b->level)
        return a->level < b->level ? -1 : 1;
    if (a->action != b->action)
        return a->action < b->action ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->day != b->day)
        return lifetime(a->day) > lifetime(b->day) ? -1 : 1;
    return (a->line > b->line) - (a->line < b->line);
}

/* --- how long an entry is known
 * -------------------------------------------------- */
static void set_first_hour(FzListBuilder *b, uint32_t *kind_index,
                           uint32_t hour)
{
    FzlKind kind = b->kinds.kind[*kind_index];

    kind.first_hour = hour;
    /* no room for another kind: the entry keeps the age its feed told */
    (void)build_kind(&b->kinds, &kind, kind_index);
}

static bool find_before(const FzList *list, const BuildEntry *entry,
                        uint32_t *hour_out)
{
    FzlCursor at = fzl_find(list, entry->hash);
    uint32_t meta;

    while (fzl_next(&at, &meta)) {
        uint32_t index = FZL_META_KIND(meta);
        FzlKind kind;

        if (index >= list->kind_count)
            continue;
        kind = fzl_kind_read(list->kinds + (size_t)index * FZL_KIND_OCTETS);
        if (kind.level == entry->level && kind.action == entry->action) {
            *hour_out = kind.first_hour;
            return true;
        }
    }
    return false;
}

/* What a feed says of an entry's age does not tell how long it has been in
 * force here, and that is what catches a feed's mistake. */
static void carry_ages(FzListBuilder *b)
{
    uint32_t now_hour = (uint32_t)(b->how.now_ms / FZL_HOUR_MS), hour;

    if (b->how.previous == NULL)
        return;
    for (size_t i = 0; i < b->count; i++) {
        BuildEntry *entry = &b->entry[i];

        if (!find_before(b->how.previous, entry, &hour))
            hour = now_hour;
        set_first_hour(b, &entry->kind, hour);
    }
}

/* --- one key
 * ---------------------------------------------------------------------- */
/* A host that the operator declared shared is guarded as those of shared.def.
 */
static void refuse_shared(FzListBuilder *b, BuildEntry *first, size_t count)
{
    bool shared = false;

    for (size_t i = 0; i < count; i++)
        shared |= first[i].action == FZL_SHARED;
    for (size_t i = 0; shared && i < count; i++) {
        if (first[i].action != FZL_BLOCK || (first[i].level != FZ_LEVEL_HOST &&
                                             first[i].level != FZ_LEVEL_DOMAIN))
            continue;
        first[i].refused = !first[i].force;
        build_report(b, first[i].source, first[i].line,
                     first[i].force ? FZ_FOUND_FORCED : FZ_FOUND_PLATFORM,
                     fz_slice(NULL, 0));
    }
}

static void merge_key(FzListBuilder *b, BuildEntry *first, size_t count)
{
    const BuildEntry *former = NULL, *allowed = NULL;

    refuse_shared(b, first, count);
    for (size_t i = 0; i < count; i++) {
        BuildEntry *entry = &first[i];

        if (entry->refused)
            continue;
        if (former != NULL && former->level == entry->level &&
            former->action == entry->action) {
            FzFinding found = former->source == entry->source
                                  ? FZ_FOUND_DUPLICATE
                                  : FZ_FOUND_OVERLAP;

            build_report_pair(b, found, entry->source, entry->line,
                              former->source, former->line);
            if (found == FZ_FOUND_DUPLICATE) {
                entry->refused = true;
                continue;
            }
        }
        if (entry->action == FZL_ALLOW)
            allowed = entry;
        else if (entry->action == FZL_BLOCK && allowed != NULL &&
                 allowed->level == entry->level)
            build_report_pair(b, FZ_FOUND_CONFLICT, entry->source, entry->line,
                              allowed->source, allowed->line);
        former = entry;
    }
}

void build_merge(FzListBuilder *b)
{
    size_t kept = 0, next;

    carry_ages(b);
    build_progress(b, FZ_BUILD_SORT, 0, b->count);
    if (b->count != 0)
        qsort(b->entry, b->count, sizeof *b->entry, order_entries);
    for (size_t i = 0; i < b->count; i = next) {
        for (next = i + 1;
             next < b->count && b->entry[next].hash == b->entry[i].hash;)
            next++;
        if (next - i > 1)
            merge_key(b, b->entry + i, next - i);
        for (size_t j = i; j < next; j++)
            if (!b->entry[j].refused)
                b->entry[kept++] = b->entry[j];
    }
    build_progress(b, FZ_BUILD_SORT, b->count, b->count);
    b->count = kept;
    for (size_t i = 0; i < kept; i++)
        b->source[b->entry[i].source].counts.taken++;
}

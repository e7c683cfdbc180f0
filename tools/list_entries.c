/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tools/list_entries.h"

#include "base/alloc.h"
#include "engine/list/mapped.h"

#include <stdlib.h>

#define SOON_DAYS 7

/** One entry, as far as it can be known again. */
typedef struct Entry {
    uint8_t name[36]; /* what is stored of the hash, or range and bits */
    uint8_t action, level;
    uint32_t meta;
    bool next; /* of the newer list */
} Entry;

typedef struct Entries {
    Entry *item;
    size_t count;
} Entries;

static FzlKind kind_of(const FzList *list, uint32_t meta)
{
    return fzl_kind_read(list->kinds +
                         (size_t)FZL_META_KIND(meta) * FZL_KIND_OCTETS);
}

static void add(Entries *entries, const FzList *list, const uint8_t *name,
                size_t octets, uint32_t meta, bool next)
{
    FzlKind kind = kind_of(list, meta);
    Entry *entry = &entries->item[entries->count++];

    memset(entry, 0, sizeof *entry);
    memcpy(entry->name, name, octets);
    entry->action = kind.action;
    entry->level = kind.level;
    entry->meta = meta;
    entry->next = next;
}

/* A range is cut into pieces for the file; it is one entry. Its own borders
 * follow from any piece and its bits. */
static void name_range(const uint8_t *range, size_t address, uint32_t bits,
                       uint8_t *name)
{
    for (size_t i = 0; i < address; i++) {
        /* v4 stands as a number, lowest octet first */
        uint8_t octet = range[address == 4 ? 3 - i : i];
        int kept = (int)bits - (int)(8 * i);

        name[i] = kept >= 8  ? octet
                  : kept > 0 ? (uint8_t)(octet & 0xFF << (8 - kept))
                             : 0;
    }
    name[16] = (uint8_t)bits;
    name[17] = (uint8_t)address;
}

static void add_ranges(Entries *entries, const FzList *list,
                       const uint8_t *first, size_t count, size_t octets,
                       size_t address, bool next)
{
    for (size_t i = 0; i < count; i++) {
        const uint8_t *range = first + i * octets;
        const uint8_t *meta = range + 2 * address;
        uint8_t name[18] = {0};

        name_range(range, address, fzl_get32(meta + 4), name);
        add(entries, list, name, sizeof name, fzl_get32(meta), next);
    }
}

static int order_entries(const void *left, const void *right)
{
    const Entry *a = left, *b = right;
    int order = memcmp(a->name, b->name, sizeof a->name);

    if (order != 0)
        return order;
    if (a->level != b->level)
        return a->level < b->level ? -1 : 1;
    if (a->action != b->action)
        return a->action < b->action ? -1 : 1;
    if (a->next != b->next)
        return a->next ? 1 : -1;
    return (a->meta > b->meta) - (a->meta < b->meta);
}

static bool same_entry(const Entry *a, const Entry *b)
{
    return memcmp(a->name, b->name, sizeof a->name) == 0 &&
           a->level == b->level && a->action == b->action;
}

static size_t most_entries(const FzList *list)
{
    return list->line_count * FZL_LINE_ENTRIES + list->range4_count +
           list->range6_count;
}

static void read_entries(Entries *entries, const FzList *list, bool next)
{
    for (uint64_t i = 0; i < list->line_count; i++) {
        const uint8_t *line = list->lines + i * FZL_LINE_OCTETS;

        for (unsigned j = 0; j < line[FZL_LINE_COUNT_AT]; j++) {
            uint8_t name[6];

            memcpy(name, line + 4 * j, 4);
            memcpy(name + 4, line + FZL_LINE_MIDDLE_AT + 2 * j, 2);
            add(entries, list, name, sizeof name,
                fzl_get32(line + FZL_LINE_META_AT + 4 * j), next);
        }
    }
    add_ranges(entries, list, list->ranges4, list->range4_count,
               FZL_RANGE4_OCTETS, 4, next);
    add_ranges(entries, list, list->ranges6, list->range6_count,
               FZL_RANGE6_OCTETS, 16, next);
}

/* Pieces of one range from one source are one entry. */
static void drop_pieces(Entries *entries)
{
    size_t kept = 0;

    if (entries->count != 0)
        qsort(entries->item, entries->count, sizeof *entries->item,
              order_entries);
    for (size_t i = 0; i < entries->count; i++) {
        const Entry *entry = &entries->item[i];

        if (entry->level == FZ_LEVEL_IP && kept != 0 &&
            same_entry(&entries->item[kept - 1], entry) &&
            entries->item[kept - 1].meta == entry->meta &&
            entries->item[kept - 1].next == entry->next)
            continue;
        entries->item[kept++] = *entry;
    }
    entries->count = kept;
}

/* --- tallies
 * ------------------------------------------------------------------- */
static const char *action_name(uint8_t action)
{
    return action == FZL_ALLOW   ? "allow"
           : action == FZL_BLOCK ? "block"
                                 : "shared";
}

static FzListTallyRow *row_of(FzListTally *tally, const FzList *list,
                              const Entry *entry)
{
    FzlKind kind = kind_of(list, entry->meta);
    FzListTallyRow row = {.action = action_name(kind.action),
                          .level = (FzListLevel)kind.level,
                          .category = fzl_string(list, kind.category),
                          .source = fzl_source_name(list, kind.source)};

    for (size_t i = 0; i < tally->count; i++)
        if (tally->row[i].level == row.level &&
            strcmp(tally->row[i].action, row.action) == 0 &&
            strcmp(tally->row[i].category, row.category) == 0 &&
            strcmp(tally->row[i].source, row.source) == 0)
            return &tally->row[i];
    tally->row = fz_realloc_array(tally->row, tally->count + 1, sizeof row);
    tally->row[tally->count] = row;
    return &tally->row[tally->count++];
}

static int order_rows(const void *left, const void *right)
{
    const FzListTallyRow *a = left, *b = right;
    int order = strcmp(a->source, b->source);

    if (order == 0)
        order = strcmp(a->action, b->action);
    if (order == 0)
        order = (a->level > b->level) - (a->level < b->level);
    return order != 0 ? order : strcmp(a->category, b->category);
}

static void sort_rows(FzListTally *tally)
{
    if (tally->count != 0)
        qsort(tally->row, tally->count, sizeof *tally->row, order_rows);
}

void fz_list_tally(const FzList *list, int64_t now_ms, FzListTally *tally_out)
{
    int64_t day = now_ms / FZL_DAY_MS;
    Entries entries = {fz_calloc(most_entries(list) + 1, sizeof *entries.item),
                       0};

    memset(tally_out, 0, sizeof *tally_out);
    read_entries(&entries, list, true);
    drop_pieces(&entries);
    for (size_t i = 0; i < entries.count; i++) {
        row_of(tally_out, list, &entries.item[i])->entries++;
        if (fzl_expired(list, entries.item[i].meta, day))
            tally_out->expired++;
        else if (fzl_expired(list, entries.item[i].meta, day + SOON_DAYS))
            tally_out->expiring++;
    }
    sort_rows(tally_out);
    fz_free(entries.item);
}

bool fz_list_compare(const FzList *former, const FzList *next,
                     FzListTally *tally_out)
{
    Entries entries = {NULL, 0};

    if (memcmp(former->head.hash_key, next->head.hash_key,
               sizeof next->head.hash_key) != 0)
        return false;
    memset(tally_out, 0, sizeof *tally_out);
    entries.item = fz_calloc(most_entries(former) + most_entries(next) + 1,
                             sizeof *entries.item);
    read_entries(&entries, former, false);
    read_entries(&entries, next, true);
    drop_pieces(&entries);
    for (size_t from = 0, to; from < entries.count; from = to) {
        const Entry *last;

        for (to = from + 1; to < entries.count &&
                            same_entry(&entries.item[from], &entries.item[to]);)
            to++;
        last = &entries.item[to - 1];
        /* of one key those of the former list stand first */
        if (!entries.item[from].next && !last->next) {
            row_of(tally_out, former, &entries.item[from])->removed++;
            tally_out->removed++;
        } else if (entries.item[from].next) {
            row_of(tally_out, next, &entries.item[from])->added++;
            tally_out->added++;
        }
    }
    sort_rows(tally_out);
    fz_free(entries.item);
    return true;
}

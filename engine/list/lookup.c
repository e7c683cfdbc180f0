/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/list.h"

#include "base/alloc.h"
#include "engine/list/mapped.h"
#include "engine/list/overlay.h"
#include "engine/list/probe.h"
#include "engine/list/shared.h"

#define ANY_LEVEL 0xFFu

struct FzListSet {
    size_t count;
    FzListUse use[FZ_LIMIT_LISTS];
    size_t key_count; /* lists built with the same hash key share a hash */
    FzSipKey key[FZ_LIMIT_LISTS];
    uint8_t key_of[FZ_LIMIT_LISTS];
};

/** An entry that fits, before it is put into words. */
typedef struct Found {
    uint64_t rank; /* the smaller the better; UINT64_MAX: nothing */
    const FzList *list;
    const FzOverlayRecord *live; /* instead of list */
    FzlKind kind;
    FzListOwner owner;
    FzSlice text; /* of the probe that found it */
    uint8_t bits;
    int16_t use;
} Found;

typedef struct Search {
    const FzListSet *set;
    const FzOverlay *overlay;
    int64_t now_ms, now_day;
    FzSlice whole; /* the link; absent for other keys */
    size_t host_octets;
    bool damaged;
    Found best;
    Found stale; /* what only a source past its age says */
} Search;

/* --- the order of answers --------------------------------------------------
 */
static uint64_t rank_of(unsigned level, size_t specific, FzListOwner owner,
                        bool allow, size_t order)
{
    if (specific > 0xFFFF)
        specific = 0xFFFF;
    return (uint64_t)level << 48 | (0xFFFF - (uint64_t)specific) << 32 |
           (uint64_t)owner << 24 | (uint64_t)!allow << 16 | (uint64_t)order;
}

static FzSlice without_slash(FzSlice text)
{
    if (text.octets > 0 && text.data[text.octets - 1] == '/')
        text.octets--;
    return text;
}

static int32_t age_of(int64_t now_ms, int64_t first_ms)
{
    int64_t age;

    if (first_ms <= 0)
        return -1;
    age = (now_ms - first_ms) / 1000;
    if (age < 0)
        return 0;
    return age > INT32_MAX ? INT32_MAX : (int32_t)age;
}

/* In place: the caller's struct is large, most look-ups find nothing. */
static void put_answer(const Search *s, const Found *found, bool stale,
                       FzAnswer *answer)
{
    const FzOverlayRecord *live = found->live;
    const FzList *list = found->list;
    const FzlKind *kind = &found->kind;

    answer->kind =
        kind->action == FZL_ALLOW ? FZ_ANSWER_ALLOW : FZ_ANSWER_BLOCK;
    answer->level = (FzListLevel)kind->level;
    answer->owner = found->owner;
    answer->stale = stale;
    answer->bits = found->bits;
    answer->use = found->use;
    answer->entry = found->text;
    if (kind->level == FZ_LEVEL_HOST || kind->level == FZ_LEVEL_DOMAIN ||
        kind->level == FZ_LEVEL_IP)
        answer->entry = without_slash(found->text);
    if (live != NULL) {
        answer->score = live->score;
        answer->category = live->category == NULL ? "" : live->category;
        answer->list = "overlay";
        answer->note = live->reference != NULL ? live->reference : live->note;
        answer->age_s = age_of(s->now_ms, live->at_ms);
        return;
    }
    answer->score = kind->score == FZL_SCORE_UNSET ? FZ_LIST_SCORE_UNSET
                                                   : (FzPoints)kind->score;
    if (stale)
        answer->score = 0;
    answer->category = fzl_string(list, kind->category);
    answer->list = fzl_source_name(list, kind->source);
    answer->note = kind->note == 0 ? NULL : fzl_string(list, kind->note);
    answer->age_s = age_of(s->now_ms, (int64_t)kind->first_hour * FZL_HOUR_MS);
}

/* --- user content ----------------------------------------------------------
 */
static bool list_marks(const FzList *list, uint64_t hash, int64_t now_day)
{
    FzlCursor at = fzl_find(list, hash);
    uint32_t meta;

    while (fzl_next(&at, &meta)) {
        uint32_t index = FZL_META_KIND(meta);

        if (index < list->kind_count &&
            fzl_kind_read(list->kinds + (size_t)index * FZL_KIND_OCTETS)
                    .action == FZL_SHARED &&
            !fzl_expired(list, meta, now_day))
            return true;
    }
    return false;
}

/* Whether others put content at this very host; `root` is "host/". */
static bool has_others(const Search *s, FzSlice root)
{
    if (fz_shared_has_others(without_slash(root)))
        return true;
    for (size_t i = 0; s->set != NULL && i < s->set->count; i++) {
        const FzList *list = s->set->use[i].list;

        if (list->head.shared > 0 &&
            list_marks(list, fz_siphash(list->key, root.data, root.octets),
                       s->now_day))
            return true;
    }
    return false;
}

/* An allow for host `root` speaks for the link unless, on the way from the
 * link's host up to it, one host carries what others put there. */
static bool allow_reaches(const Search *s, FzSlice root)
{
    const uint8_t *end = s->whole.data + s->host_octets + 1;
    const uint8_t *host = s->whole.data;

    for (;;) {
        if (has_others(s, fz_slice(host, (size_t)(end - host))))
            return false;
        if (host == root.data)
            return true;
        while (host != end && *host != '.')
            host++;
        if (host == end)
            return true;
        host++;
    }
}

static bool allow_falls_short(const Search *s, unsigned level, FzSlice text)
{
    return (level == FZ_LEVEL_HOST || level == FZ_LEVEL_DOMAIN) &&
           s->whole.data != NULL && !allow_reaches(s, text);
}

/* --- one entry --------------------------------------------------------------
 */
static int64_t source_fetched(const FzList *list, uint16_t source)
{
    int64_t fetched = 0;

    if (source < list->source_count)
        fetched = (int64_t)fzl_get64(list->sources +
                                     (size_t)source * FZL_SOURCE_OCTETS + 8);
    if (fetched <= 0 || fetched > INT64_MAX / 2)
        fetched = list->head.built_ms;
    return fetched;
}

static bool is_stale(const FzList *list, uint16_t source, int64_t max_age_s,
                     int64_t now_ms)
{
    if (list->head.not_after_ms != 0 && now_ms > list->head.not_after_ms)
        return true;
    return max_age_s > 0 &&
           (now_ms - source_fetched(list, source)) / 1000 > max_age_s;
}

/* An entry whose hash or range fits; `bits` of a range, 0 elsewhere. */
static void consider(Search *s, const FzListUse *use, size_t order,
                     uint32_t meta, const FzProbe *probe, uint8_t bits)
{
    const FzList *list = use->list;
    uint32_t index = FZL_META_KIND(meta);
    size_t specific = bits != 0 ? bits : probe->text.octets;
    bool allow, stale;
    Found *found;
    uint64_t rank;
    FzlKind kind;

    if (index >= list->kind_count) { /* and nobody verified the file */
        s->damaged = true;
        return;
    }
    kind = fzl_kind_read(list->kinds + (size_t)index * FZL_KIND_OCTETS);
    allow = kind.action == FZL_ALLOW;
    if (kind.level >= FZ_LIST_LEVELS ||
        (probe->levels & FZ_LEVEL_BIT(kind.level)) == 0 ||
        (!allow && kind.action != FZL_BLOCK) ||
        fzl_expired(list, meta, s->now_day))
        return;
    if (kind.level == FZ_LEVEL_IP && bits == 0)
        specific = bits = probe->text.data[0] == '[' ? 128 : 32;
    rank = rank_of(kind.level, specific, use->owner, allow, order + 1);
    if (rank >= s->best.rank)
        return;
    stale = is_stale(list, kind.source, use->max_age_s, s->now_ms);
    /* what lifts others must be sure */
    if (allow && (stale || allow_falls_short(s, kind.level, probe->text)))
        return;
    found = stale ? &s->stale : &s->best;
    if (rank < found->rank)
        *found = (Found){rank,       list,        NULL, kind,
                         use->owner, probe->text, bits, (int16_t)order};
}

/* --- files ------------------------------------------------------------------
 */
static void search_lines(Search *s, const FzListUse *use, size_t order,
                         const FzProbe *probe, uint64_t hash)
{
    FzlCursor at = fzl_find(use->list, hash);
    uint32_t meta;

    while (fzl_next(&at, &meta))
        consider(s, use, order, meta, probe, 0);
}

/* <0, 0, >0: the range lies before, around, behind the address. */
static int compare_range(const uint8_t *range, const FzAddress *address)
{
    if (address->count == 4) {
        uint32_t number = fz_address_number(address);

        if (fzl_get32(range + 4) < number)
            return -1;
        return fzl_get32(range) > number;
    }
    if (memcmp(range + 16, address->octets, 16) < 0)
        return -1;
    return memcmp(range, address->octets, 16) > 0;
}

static void search_ranges(Search *s, const FzListUse *use, size_t order,
                          const FzProbe *probe, const FzAddress *address)
{
    const FzList *list = use->list;
    bool v4 = address->count == 4;
    const uint8_t *first = v4 ? list->ranges4 : list->ranges6;
    size_t octets = v4 ? FZL_RANGE4_OCTETS : FZL_RANGE6_OCTETS;
    size_t count = v4 ? list->range4_count : list->range6_count;
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare_range(first + middle * octets, address) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count; low++) {
        const uint8_t *range = first + low * octets;
        const uint8_t *meta = range + 2 * address->count;
        uint32_t bits = fzl_get32(meta + 4);

        if (compare_range(range, address) != 0)
            break;
        consider(s, use, order, fzl_get32(meta), probe,
                 (uint8_t)(bits > 128 ? 128 : bits));
    }
}

/* --- the overlay ------------------------------------------------------------
 */
static void consider_live(Search *s, const FzOverlayHit *hit,
                          const FzProbe *probe)
{
    const FzOverlayRecord *record = hit->record;
    bool allow = record->action == FZ_ANSWER_ALLOW;
    size_t specific =
        hit->level == FZ_LEVEL_IP ? hit->bits : probe->text.octets;
    FzlKind kind = {.action = allow ? FZL_ALLOW : FZL_BLOCK,
                    .level = (uint8_t)hit->level};
    uint64_t rank;

    if ((probe->levels & FZ_LEVEL_BIT(hit->level)) == 0 ||
        (record->expires_ms != 0 && s->now_ms >= record->expires_ms))
        return;
    rank = rank_of(hit->level, specific, FZ_OWNER_OPERATOR, allow, 0);
    if (rank >= s->best.rank ||
        (allow && allow_falls_short(s, hit->level, probe->text)))
        return;
    s->best = (Found){rank,        NULL,      record, kind, FZ_OWNER_OPERATOR,
                      probe->text, hit->bits, -1};
}

static void search_overlay(Search *s, const FzProbe *probes, size_t count,
                           const FzProbe *range, const FzAddress *address)
{
    FzOverlayHit hit;
    uint32_t place;

    if (s->overlay == NULL || fz_overlay_count(s->overlay) == 0)
        return;
    for (size_t i = 0; i < count; i++) {
        place = 0;
        while (fz_overlay_find(s->overlay, probes[i].text, &place, &hit))
            consider_live(s, &hit, &probes[i]);
    }
    place = 0;
    while (address->count != 0 &&
           fz_overlay_find_range(s->overlay, address->octets, address->count,
                                 &place, &hit))
        consider_live(s, &hit, range);
}

/* --- all of them -----------------------------------------------------------
 */
/* The probes of one list: most end at its filter; what is left is one miss of
 * the cache each, so these run side by side. */
static void search_list(Search *s, size_t order, const FzProbe *probes,
                        const uint64_t *hashes, size_t count)
{
    const FzListUse *use = &s->set->use[order];
    const FzList *list = use->list;
    uint8_t left[FZ_LIST_PROBES];
    size_t left_count = 0;

    for (size_t i = 0; i < count; i++) {
        left[left_count] = (uint8_t)i;
        left_count += fzl_may_have(list, hashes[i]);
    }
    for (size_t i = 0; i < left_count; i++)
        fzl_prefetch(list, hashes[left[i]]);
    for (size_t i = 0; i < left_count; i++)
        search_lines(s, use, order, &probes[left[i]], hashes[left[i]]);
}

static void search_set(Search *s, const FzProbe *probes, size_t count,
                       const FzProbe *range, const FzAddress *address)
{
    const FzListSet *set = s->set;
    uint64_t hashes[FZ_LIST_PROBES];

    for (size_t k = 0; k < set->key_count; k++) {
        for (size_t i = 0; i < count; i++)
            hashes[i] = fz_siphash(set->key[k], probes[i].text.data,
                                   probes[i].text.octets);
        for (size_t l = 0; l < set->count; l++) {
            if (set->key_of[l] != k)
                continue;
            search_list(s, l, probes, hashes, count);
            if (address->count != 0)
                search_ranges(s, &set->use[l], l, range, address);
        }
    }
}

static void begin_search(Search *s, const FzListSet *set,
                         const FzOverlay *overlay, int64_t now_ms)
{
    s->set = set;
    s->overlay = overlay;
    s->now_ms = now_ms;
    s->now_day = now_ms / FZL_DAY_MS;
    s->whole = fz_slice(NULL, 0);
    s->host_octets = 0;
    s->damaged = false;
    s->best.rank = s->stale.rank = UINT64_MAX;
}

static void end_search(const Search *s, FzAnswer *answer_out)
{
    memset(answer_out, 0, sizeof *answer_out);
    if (s->best.rank != UINT64_MAX)
        put_answer(s, &s->best, false, answer_out);
    else if (s->stale.rank != UINT64_MAX)
        put_answer(s, &s->stale, true, answer_out);
    else if (s->damaged)
        answer_out->kind = FZ_ANSWER_ERROR;
}

static void find(const FzListSet *set, const FzOverlay *overlay,
                 const FzKey *keys, size_t count, int64_t now_ms,
                 FzAnswer *answer_out)
{
    FzProbe probes[FZ_LIST_PROBES], range;
    uint8_t room[FZ_PROBE_ROOM];
    const FzKey *key = keys;
    FzAddress address;
    size_t asked = 0;
    Search s;

    begin_search(&s, set, overlay, now_ms);
    /* of one link's expressions the longest is the one all others follow from
     */
    for (size_t i = 1; i < count; i++)
        if (keys[i].kind == FZ_KEY_URL &&
            (key->kind != FZ_KEY_URL || keys[i].text.octets > key->text.octets))
            key = &keys[i];
    if (count != 0 && key->text.octets != 0 &&
        key->text.octets <= 2 * FZ_LIMIT_KEY_OCTETS)
        asked = fz_list_probes(key, room, probes, &range, &address);
    if (asked != 0) {
        if (key->kind == FZ_KEY_URL) {
            s.whole = key->text;
            s.host_octets = range.text.octets;
        }
        search_overlay(&s, probes, asked, &range, &address);
        if (set != NULL)
            search_set(&s, probes, asked, &range, &address);
    }
    end_search(&s, answer_out);
    /* the room above is gone when the caller reads */
    if (answer_out->entry.data == room)
        answer_out->entry = key->text;
}

static bool has(const FzList *list, uint64_t hash)
{
    FzlCursor at = fzl_find(list, hash);
    uint32_t meta;

    return fzl_next(&at, &meta);
}

/* What is asked for as one text alone, as it stands: nearly always the filters
 * say at once that no list has it. */
static bool is_nowhere(const FzListSet *set, const FzOverlay *overlay,
                       const FzKey *key)
{
    if ((key->kind != FZ_KEY_SENDER && key->kind != FZ_KEY_CONTACT) ||
        (overlay != NULL && fz_overlay_count(overlay) != 0))
        return false;
    for (size_t k = 0; set != NULL && k < set->key_count; k++) {
        uint64_t hash =
            fz_siphash(set->key[k], key->text.data, key->text.octets);

        for (size_t l = 0; l < set->count; l++)
            if (set->key_of[l] == k && fzl_may_have(set->use[l].list, hash) &&
                has(set->use[l].list, hash))
                return false;
    }
    return true;
}

void fz_lists_find(const FzListSet *set, const FzOverlay *overlay,
                   const FzKey *keys, size_t count, int64_t now_ms,
                   FzAnswer *answer_out)
{
    if (count == 1 && is_nowhere(set, overlay, keys))
        *answer_out = (FzAnswer){.kind = FZ_ANSWER_NONE};
    else
        find(set, overlay, keys, count, now_ms, answer_out);
}

void fz_list_get(const FzList *list, FzSlice key, int64_t now_ms,
                 FzAnswer *answer_out)
{
    FzListUse use = {(FzList *)(uintptr_t)list, FZ_OWNER_FEED, 0};
    uint64_t hash = fz_siphash(list->key, key.data, key.octets);
    FzProbe probe = {key, ANY_LEVEL};
    Search s;

    begin_search(&s, NULL, NULL, now_ms);
    if (fzl_may_have(list, hash)) {
        fzl_prefetch(list, hash);
        search_lines(&s, &use, 0, &probe, hash);
    }
    end_search(&s, answer_out);
}

/* --- the set ----------------------------------------------------------------
 */
FzListSet *fz_list_set_create(const FzListUse *uses, size_t count)
{
    FzListSet *set = fz_calloc(1, sizeof *set);

    for (size_t i = 0; i < count && i < FZ_LIMIT_LISTS; i++) {
        FzSipKey key = uses[i].list->key;
        size_t k = 0;

        while (k < set->key_count &&
               (set->key[k].k0 != key.k0 || set->key[k].k1 != key.k1))
            k++;
        if (k == set->key_count)
            set->key[set->key_count++] = key;
        set->key_of[i] = (uint8_t)k;
        set->use[i] = uses[i];
        set->count++;
    }
    return set;
}

void fz_list_set_destroy(FzListSet *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count; i++)
        fz_list_close(set->use[i].list);
    fz_free(set);
}

size_t fz_list_set_count(const FzListSet *set)
{
    return set == NULL ? 0 : set->count;
}

const FzList *fz_list_set_list(const FzListSet *set, size_t index)
{
    return set->use[index].list;
}

FzListOwner fz_list_set_owner(const FzListSet *set, size_t index)
{
    return set->use[index].owner;
}

size_t fz_list_set_stale(const FzListSet *set, int64_t now_ms,
                         void (*stale)(void *ctx, const FzList *list,
                                       const FzListSourceInfo *source),
                         void *ctx)
{
    size_t count = 0;

    for (size_t i = 0; set != NULL && i < set->count; i++) {
        const FzListUse *use = &set->use[i];

        for (uint32_t j = 0; j < use->list->source_count; j++) {
            FzListSourceInfo info;

            if (!is_stale(use->list, (uint16_t)j, use->max_age_s, now_ms))
                continue;
            count++;
            fz_list_source_info(use->list, j, &info);
            if (stale != NULL)
                stale(ctx, use->list, &info);
        }
    }
    return count;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/cpu.h"
#include "engine/sender/names.h"

#include <endian.h>
#ifdef FZ_CPU_WIDE
#include <immintrin.h>
#endif

static uint32_t hash_of(const uint8_t *octets, size_t count)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ octets[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(hash ^ hash >> 32);
}

void fz_names_init(FzNames *names)
{
    memset(names, 0, sizeof *names);
}

void fz_names_clear(FzNames *names)
{
    if (names->cut != NULL) {
        for (uint32_t i = 0; i < names->cut->count; i++)
            fz_free((void *)(uintptr_t)names->cut->item[i].text.data);
        fz_names_clear(names->cut);
        fz_free(names->cut);
    }
    fz_free(names->item);
    fz_free(names->slot);
    fz_free(names->head[0]);
    fz_free(names->head[1]);
    fz_free(names->first);
    fz_names_init(names);
}

/* Where a text stands in the slots, or would. */
static uint32_t slot_of(const FzNames *names, FzSlice text)
{
    uint32_t at = hash_of(text.data, text.octets) & (names->slots - 1);

    while (names->slot[at] != 0 &&
           !fz_slice_equal(names->item[names->slot[at] - 1].text, text))
        at = (at + 1) & (names->slots - 1);
    return at;
}

static uint64_t length_bit(size_t octets)
{
    return (uint64_t)1 << (octets < 63 ? octets : 63);
}

static void link_whole(FzNames *names, uint32_t item)
{
    uint32_t *slot = &names->slot[slot_of(names, names->item[item].text)];

    names->item[item].same = *slot == 0 ? FZ_NO_NAME : *slot - 1;
    *slot = item + 1;
}

void fz_names_add(FzNames *names, FzSlice text, uint32_t value, bool flag)
{
    if (names->count == names->room) {
        names->room = names->room == 0 ? 64 : 2 * names->room;
        names->item =
            fz_realloc_array(names->item, names->room, sizeof *names->item);
        fz_free(names->slot);
        names->slots = 2 * names->room;
        names->slot = fz_calloc(names->slots, sizeof *names->slot);
        for (uint32_t i = 0; i < names->count; i++)
            link_whole(names, i);
    }
    names->item[names->count] =
        (FzName){text, value, FZ_NO_NAME, FZ_NO_NAME, flag};
    names->lengths |= length_bit(text.octets);
    link_whole(names, names->count++);
}

/* --- sealing -------------------------------------------------------------- */
static uint32_t head_octets(bool is_short)
{
    return is_short ? FZ_NAME_HEAD_SHORT : FZ_NAME_HEAD;
}

static uint32_t first_of(const uint8_t *octets)
{
    uint32_t first =
        octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16;

    return first * 0x9E3779B1u >> 16;
}

/* The same where a fourth octet can be read. */
static uint32_t first_of_four(const uint8_t *octets)
{
    uint32_t four;

    memcpy(&four, octets, sizeof four);
    return (le32toh(four) & 0xFFFFFF) * 0x9E3779B1u >> 16;
}

static void link_heads(FzNames *names)
{
    names->first = fz_calloc(FZ_NAME_FIRSTS / 64, sizeof *names->first);
    for (int s = 0; s < 2; s++)
        names->head[s] = fz_calloc(FZ_NAME_BUCKETS, sizeof *names->head[s]);
    for (uint32_t i = 0; i < names->count; i++) {
        FzName *name = &names->item[i];
        bool is_short = name->text.octets < FZ_NAME_HEAD;
        uint32_t *head;

        if (name->text.octets < FZ_NAME_HEAD_SHORT)
            continue;
        names->first[first_of(name->text.data) / 64] |=
            (uint64_t)1 << first_of(name->text.data) % 64;
        head = &names->head[is_short]
                           [hash_of(name->text.data, head_octets(is_short)) &
                            (FZ_NAME_BUCKETS - 1)];
        name->begins = *head == 0 ? FZ_NO_NAME : *head - 1;
        *head = i + 1;
    }
}

/* `text' without the octet at `at'. */
static FzSlice cut_one(FzSlice text, size_t at, uint8_t *room)
{
    memcpy(room, text.data, at);
    memcpy(room + at, text.data + at + 1, text.octets - at - 1);
    return fz_slice(room, text.octets - 1);
}

static bool is_near_length(size_t octets)
{
    return octets >= FZ_NEAR_MIN && octets <= FZ_NEAR_MAX;
}

static void link_near(FzNames *names)
{
    uint8_t room[FZ_NEAR_MAX];

    names->cut = fz_malloc(sizeof *names->cut);
    fz_names_init(names->cut);
    for (uint32_t i = 0; i < names->count; i++) {
        FzSlice text = names->item[i].text;

        for (size_t at = 0; is_near_length(text.octets) && at < text.octets;
             at++) {
            FzSlice cut = cut_one(text, at, room);

            fz_names_add(names->cut,
                         fz_slice(fz_strndup(cut.data, cut.octets), cut.octets),
                         i, false);
        }
    }
}

void fz_names_seal(FzNames *names, unsigned use)
{
    if ((use & FZ_NAMES_IN_TEXT) != 0)
        link_heads(names);
    if ((use & FZ_NAMES_NEAR) != 0)
        link_near(names);
}

/* --- asking --------------------------------------------------------------- */
uint32_t fz_names_find(const FzNames *names, FzSlice text)
{
    uint32_t found;

    /* fronts of numbers are asked for by every length */
    if (text.octets == 0 || (names->lengths & length_bit(text.octets)) == 0)
        return FZ_NO_NAME;
    found = names->slot[slot_of(names, text)];
    return found == 0 ? FZ_NO_NAME : found - 1;
}

/* Exactly one edit apart. */
static bool is_one_edit(FzSlice a, FzSlice b)
{
    size_t head = 0, tail = 0, shorter;

    if (a.octets < b.octets) {
        FzSlice longer = b;

        b = a;
        a = longer;
    }
    shorter = b.octets;
    if (a.octets - shorter > 1)
        return false;
    while (head < shorter && a.data[head] == b.data[head])
        head++;
    while (tail < shorter - head &&
           a.data[a.octets - 1 - tail] == b.data[shorter - 1 - tail])
        tail++;
    if (a.octets != shorter)
        return head + tail == shorter;
    return head + tail + 1 == shorter ||
           (head + tail + 2 == shorter && a.data[head] == b.data[head + 1] &&
            a.data[head + 1] == b.data[head]);
}

typedef struct Near {
    const FzNames *names;
    FzSlice text;
    bool (*accept)(const void *ctx, uint32_t item);
    const void *ctx;
} Near;

static bool is_near(const Near *near, uint32_t item)
{
    return is_one_edit(near->names->item[item].text, near->text) &&
           near->accept(near->ctx, item);
}

/* Of those that lose a character and are then `text'. */
static uint32_t near_among_cut(const Near *near, FzSlice text)
{
    const FzNames *cut = near->names->cut;
    uint32_t at = fz_names_find(cut, text);

    for (; at != FZ_NO_NAME; at = cut->item[at].same)
        if (is_near(near, cut->item[at].value))
            return cut->item[at].value;
    return FZ_NO_NAME;
}

uint32_t fz_names_near(const FzNames *names, FzSlice text,
                       bool (*accept)(const void *ctx, uint32_t item),
                       const void *ctx)
{
    Near near = {names, text, accept, ctx};
    uint8_t room[FZ_NEAR_MAX];
    uint32_t found;

    if (names->cut == NULL || !is_near_length(text.octets))
        return FZ_NO_NAME;
    found = near_among_cut(&near, text);
    for (size_t at = 0; found == FZ_NO_NAME && at < text.octets; at++) {
        FzSlice cut = cut_one(text, at, room);
        uint32_t item = fz_names_find(names, cut);

        for (; item != FZ_NO_NAME; item = names->item[item].same)
            if (is_near(&near, item))
                return item;
        found = near_among_cut(&near, cut);
    }
    return found;
}

/* Whether names are called of that stand at a place. */
typedef struct Call {
    const FzNames *names;
    const uint8_t *octets;
    uint32_t length;
    bool (*found)(void *ctx, uint32_t item, uint32_t from, uint32_t to);
    void *ctx;
} Call;

static bool call_at(const Call *call, uint32_t at)
{
    const FzNames *names = call->names;

    for (int s = 0; s < 2; s++) {
        uint32_t head = head_octets(s), item;

        if (call->length - at < head)
            continue;
        item = names->head[s][hash_of(call->octets + at, head) &
                              (FZ_NAME_BUCKETS - 1)] -
               1; /* FZ_NO_NAME for none */
        for (; item != FZ_NO_NAME; item = names->item[item].begins) {
            FzSlice text = names->item[item].text;

            if (text.octets <= call->length - at &&
                memcmp(call->octets + at, text.data, text.octets) == 0 &&
                !call->found(call->ctx, item, at, at + (uint32_t)text.octets))
                return false;
        }
    }
    return true;
}

static bool is_alnum(uint8_t octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z');
}

/* Of the next `count` octets, at most 64, those that begin a character and,
 * where names are words, none behind a letter or digit that are one. `inside`:
 * the octet before is. */
static uint64_t beginnings(const uint8_t *octets, uint32_t count, bool words,
                           bool *inside)
{
    uint64_t begins = 0;

    for (uint32_t i = 0; i < count; i++) {
        bool alnum = words && is_alnum(octets[i]);

        begins |= (uint64_t)((octets[i] & 0xC0) != 0x80 && !(alnum && *inside))
                  << i;
        *inside = alnum;
    }
    return begins;
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static uint64_t beginnings_wide(const uint8_t *octets, uint32_t count,
                                        bool words, bool *inside)
{
    uint64_t here = _bzhi_u64(~(uint64_t)0, count), alnum;
    __m512i it = _mm512_maskz_loadu_epi8(here, octets);
    uint64_t first = /* signed: not 0x80 to 0xBF */
        _mm512_mask_cmpge_epi8_mask(here, it, _mm512_set1_epi8((char)0xC0));

    if (!words)
        return first;
    alnum = _mm512_cmplt_epu8_mask(_mm512_sub_epi8(it, _mm512_set1_epi8('0')),
                                   _mm512_set1_epi8(10)) |
            _mm512_cmplt_epu8_mask(_mm512_sub_epi8(it, _mm512_set1_epi8('a')),
                                   _mm512_set1_epi8(26));
    first &= ~(alnum & (alnum << 1 | *inside));
    *inside = (alnum >> 63) != 0;
    return first;
}
#endif

void fz_names_scan(const FzNames *names, FzNamesPlace place,
                   const uint8_t *octets, uint32_t length,
                   bool (*found)(void *ctx, uint32_t item, uint32_t from,
                                 uint32_t to),
                   void *ctx)
{
    Call call = {names, octets, length, found, ctx};
    bool words = place == FZ_NAMES_AS_WORDS, inside = false;
    uint64_t (*look)(const uint8_t *, uint32_t, bool, bool *) = beginnings;

#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        look = beginnings_wide;
#endif
    for (uint32_t block = 0; names->count != 0 && block < length; block += 64) {
        uint32_t count = length - block < 64 ? length - block : 64;
        uint64_t begins = look(octets + block, count, words, &inside);

        for (; begins != 0; begins &= begins - 1) {
            uint32_t at = block + (uint32_t)__builtin_ctzll(begins), first;

            if (length - at < FZ_NAME_HEAD_SHORT)
                return;
            first = length - at > FZ_NAME_HEAD_SHORT
                        ? first_of_four(octets + at)
                        : first_of(octets + at);
            if ((names->first[first / 64] >> first % 64 & 1) != 0 &&
                !call_at(&call, at))
                return;
        }
    }
}

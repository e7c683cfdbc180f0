/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/parts.h"
#include "base/alloc.h"

#include <time.h>
#include <xxhash.h>

#define LEAST_CHAINS 64
#define LEAST_PIECES 4

struct FzParts {
    FzWhole **chain;
    size_t chains;         /* a power of two */
    uint64_t seed;         /* nobody can choose keys that share a chain */
    FzWhole *first, *last; /* by due_ms */
    FzPartsFigures figures;
};

FzParts *fz_parts_create(size_t wanted)
{
    FzParts *parts = fz_calloc(1, sizeof *parts);
    struct timespec now;

    parts->chains = LEAST_CHAINS;
    while (parts->chains < wanted)
        parts->chains *= 2;
    parts->chain = fz_calloc(parts->chains, sizeof *parts->chain);
    clock_gettime(CLOCK_MONOTONIC, &now);
    parts->seed = (uint64_t)now.tv_nsec * 0x9E3779B97F4A7C15u ^
                  (uint64_t)(uintptr_t)parts;
    return parts;
}

static void piece_clear(FzPiece *piece)
{
    fz_free((void *)piece->packed.data);
    fz_free(piece->box);
}

static void whole_destroy(FzWhole *whole)
{
    for (uint16_t i = 0; i < whole->count; i++)
        piece_clear(&whole->piece[i]);
    for (FzPartsRow *row; (row = whole->rows) != NULL; fz_free(row))
        whole->rows = row->next;
    fz_free(whole->piece);
    fz_free(whole->identity);
    fz_buf_clear(&whole->key);
    fz_free(whole);
}

void fz_parts_destroy(FzParts *parts)
{
    if (parts == NULL)
        return;
    /* what is busy belongs to its decider until that gives or ends it */
    while (parts->first != NULL)
        fz_parts_end(parts, parts->first);
    fz_free(parts->chain);
    fz_free(parts);
}

/* -------------------------------------------------------------------- keys */
void fz_parts_key(FzDirection direction, FzSlice sender, FzSlice receiver,
                  FzPartRef ref, FzBuf *out)
{
    uint32_t octets = (uint32_t)sender.octets;

    fz_buf_append_octet(out, (uint8_t)direction);
    fz_buf_append_octet(out, ref.wide);
    fz_buf_append(out, &ref.reference, sizeof ref.reference);
    fz_buf_append_octet(out, ref.total);
    fz_buf_append(out, &octets, sizeof octets);
    fz_buf_append_slice(out, sender);
    fz_buf_append_slice(out, receiver);
}

static FzWhole **chain_of(const FzParts *parts, uint64_t hash)
{
    return &parts->chain[hash & (parts->chains - 1)];
}

static uint64_t hash_of(const FzParts *parts, FzSlice key)
{
    return XXH64(key.data, key.octets, parts->seed);
}

FzWhole *fz_parts_find(FzParts *parts, FzSlice key)
{
    uint64_t hash = hash_of(parts, key);
    FzWhole *whole = *chain_of(parts, hash);

    while (whole != NULL && (whole->hash != hash ||
                             !fz_slice_equal(fz_buf_slice(&whole->key), key)))
        whole = whole->next_in_chain;
    return whole;
}

void fz_parts_forget_key(FzParts *parts, FzWhole *whole)
{
    FzWhole **place = chain_of(parts, whole->hash);

    if (!whole->known)
        return;
    while (*place != whole)
        place = &(*place)->next_in_chain;
    *place = whole->next_in_chain;
    whole->known = false;
}

/* -------------------------------------------------------------------- list */
/* The last one that is due no later; NULL: none. Nearly all come in the order
 * in which they are due; the others are due at once, or soon. */
static FzWhole *place_behind(const FzParts *parts, int64_t due_ms)
{
    FzWhole *before = parts->last;

    if (parts->first == NULL || due_ms < parts->first->due_ms)
        return NULL;
    if (due_ms - parts->first->due_ms < parts->last->due_ms - due_ms) {
        before = parts->first;
        while (before->later != NULL && before->later->due_ms <= due_ms)
            before = before->later;
        return before;
    }
    while (before->due_ms > due_ms)
        before = before->earlier;
    return before;
}

static void enlist(FzParts *parts, FzWhole *whole, int64_t due_ms)
{
    FzWhole *before = place_behind(parts, due_ms);

    whole->due_ms = due_ms;
    whole->earlier = before;
    whole->later = before == NULL ? parts->first : before->later;
    if (whole->earlier != NULL)
        whole->earlier->later = whole;
    else
        parts->first = whole;
    if (whole->later != NULL)
        whole->later->earlier = whole;
    else
        parts->last = whole;
    whole->busy = false;
}

static void delist(FzParts *parts, FzWhole *whole)
{
    if (whole->earlier != NULL)
        whole->earlier->later = whole->later;
    else
        parts->first = whole->later;
    if (whole->later != NULL)
        whole->later->earlier = whole->earlier;
    else
        parts->last = whole->earlier;
    whole->earlier = whole->later = NULL;
    whole->busy = true;
}

void fz_parts_take(FzParts *parts, FzWhole *whole)
{
    delist(parts, whole);
}

void fz_parts_give(FzParts *parts, FzWhole *whole, int64_t due_ms)
{
    enlist(parts, whole, due_ms);
}

FzWhole *fz_parts_first(const FzParts *parts)
{
    return parts->first;
}

FzWhole *fz_parts_next(const FzWhole *whole)
{
    return whole->later;
}

/* Those that are to be looked at soon for another reason stand first. */
FzWhole *fz_parts_oldest(const FzParts *parts)
{
    FzWhole *whole = parts->first;

    while (whole != NULL && (!whole->known || whole->why != FZ_PARTS_MISSING))
        whole = whole->later;
    return whole;
}

/* ---------------------------------------------------------------- messages */
FzWhole *fz_parts_begin(FzParts *parts, FzSlice key, FzDirection direction,
                        FzPartRef ref, FzSlice identity, int64_t first_ms,
                        int64_t due_ms)
{
    FzWhole *whole = fz_calloc(1, sizeof *whole);
    FzWhole **chain;

    whole->direction = direction;
    whole->ref = ref;
    whole->why = FZ_PARTS_MISSING;
    whole->first_ms = first_ms;
    whole->after_end = &whole->after;
    if (identity.data != NULL)
        whole->identity = fz_strndup(identity.data, identity.octets);
    fz_buf_append_slice(&whole->key, key);
    whole->hash = hash_of(parts, key);
    whole->known = true;
    chain = chain_of(parts, whole->hash);
    whole->next_in_chain = *chain;
    *chain = whole;
    enlist(parts, whole, due_ms);
    parts->figures.wholes++;
    return whole;
}

void fz_parts_end(FzParts *parts, FzWhole *whole)
{
    fz_parts_forget_key(parts, whole);
    if (!whole->busy)
        delist(parts, whole);
    parts->figures.wholes--;
    parts->figures.pieces -= whole->count;
    parts->figures.octets -= whole->octets;
    whole_destroy(whole);
}

/* ------------------------------------------------------------------ pieces */
FzPiece *fz_whole_piece(FzWhole *whole, uint8_t number)
{
    for (uint16_t i = 0; i < whole->count; i++)
        if (whole->piece[i].number == number)
            return &whole->piece[i];
    return NULL;
}

FzPiece *fz_whole_add(FzParts *parts, FzWhole *whole, uint8_t number,
                      FzPieceState state, FzSlice packed, const char *box)
{
    uint8_t *copy = fz_malloc(packed.octets + 1);
    uint16_t at = whole->count;

    if (whole->count == whole->room) {
        whole->room =
            whole->room == 0 ? LEAST_PIECES : (uint16_t)(2 * whole->room);
        whole->piece =
            fz_realloc_array(whole->piece, whole->room, sizeof *whole->piece);
    }
    for (; at > 0 && whole->piece[at - 1].number > number; at--)
        whole->piece[at] = whole->piece[at - 1];
    if (packed.octets > 0)
        memcpy(copy, packed.data, packed.octets);
    whole->piece[at] = (FzPiece){
        .number = number,
        .state = state,
        .packed = fz_slice(copy, packed.octets),
        .box = box == NULL ? NULL : fz_strdup(box),
    };
    whole->count++;
    whole->in_state[state]++;
    parts->figures.pieces++;
    parts->figures.octets += packed.octets;
    whole->octets += packed.octets;
    return &whole->piece[at];
}

void fz_whole_set(FzWhole *whole, FzPiece *piece, FzPieceState state)
{
    whole->in_state[piece->state]--;
    piece->state = state;
    whole->in_state[state]++;
}

void fz_whole_drop(FzParts *parts, FzWhole *whole, uint8_t number)
{
    FzPiece *piece = fz_whole_piece(whole, number);
    size_t behind = (size_t)(whole->piece + whole->count - (piece + 1));

    whole->in_state[piece->state]--;
    parts->figures.pieces--;
    parts->figures.octets -= piece->packed.octets;
    whole->octets -= piece->packed.octets;
    piece_clear(piece);
    memmove(piece, piece + 1, behind * sizeof *piece);
    whole->count--;
}

bool fz_whole_is_complete(const FzWhole *whole)
{
    return whole->count == whole->ref.total;
}

void fz_whole_wait(FzWhole *whole, void *unanswered, const char *box)
{
    FzPartsAfter *after = fz_calloc(1, sizeof *after);

    after->unanswered = unanswered;
    after->box = box == NULL ? NULL : fz_strdup(box);
    *whole->after_end = after;
    whole->after_end = &after->next;
}

FzPartsFigures fz_parts_figures(const FzParts *parts)
{
    return parts->figures;
}

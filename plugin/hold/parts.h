/* SPDX-License-Identifier: BSD-2-Clause
 *
 * parts.h - which parts of which longer messages are here
 *
 * An index in memory over what the store keeps: no gateway, no clock, no
 * thread in it. Parts belong together when direction, sender, receiver,
 * reference (and its width) and total are the same: what a phone would join,
 * whatever connections they came over.
 *
 * A message is listed by the time at which something is due for it: at the
 * latest when it has waited for its parts long enough.
 *
 * Threads: none; the caller locks.
 */
#ifndef FZ_PLUGIN_HOLD_PARTS_H
#define FZ_PLUGIN_HOLD_PARTS_H

#include "base/buf.h"
#include "base/digest.h"
#include "engine/message/message.h"

typedef struct FzParts FzParts;

typedef enum FzPieceState {
    FZ_PIECE_TAKING = 0,  /* its sender still waits for our answer */
    FZ_PIECE_OURS = 1,    /* committed, and its sender knows */
    FZ_PIECE_GONE = 2,    /* it has left; this is a copy */
    FZ_PIECE_REFUSED = 3, /* its sender knows; a copy to judge siblings with */
} FzPieceState;
#define FZ_PIECE_STATES 4

/** One part. What it points to belongs to its message. */
typedef struct FzPiece {
    uint8_t number;
    FzPieceState state;
    int64_t row;      /* of the store; 0: none */
    FzDigest content; /* of what a phone would see of it */
    FzSlice packed;   /* the gateway's message; owned */
    char *box;        /* NULL: no name; owned */
    void *unanswered; /* TAKING: the host's message */
} FzPiece;

/** Why a message is looked at. */
typedef enum FzPartsWhy {
    FZ_PARTS_COMPLETE = 0,
    FZ_PARTS_MISSING = 1,  /* waited long enough, or another took its place */
    FZ_PARTS_OVERFLOW = 2, /* it made room for others */
    FZ_PARTS_REFUSED = 3,  /* one of its parts alone was refused */
    FZ_PARTS_LET_GO = 4,   /* nothing may act any more */
} FzPartsWhy;

/** Somebody who has to wait until the message has been decided about. */
typedef struct FzPartsAfter {
    struct FzPartsAfter *next;
    void *unanswered;
    char *box;
} FzPartsAfter;

/** The store has a refused part now: what it says about which. */
typedef struct FzPartsRow {
    struct FzPartsRow *next;
    uint8_t number;
    FzDigest content;
    int64_t row;
} FzPartsRow;

/** One longer message. */
typedef struct FzWhole {
    FzDirection direction;
    FzPartRef ref;    /* its number means nothing */
    char *identity;   /* of the first part; NULL: none */
    int64_t first_ms; /* when its first part came; wall clock */
    int64_t due_ms;
    FzPartsWhy why; /* of the next look, when it was decided already */
    bool busy;      /* somebody decides about it: listed nowhere, and nobody
                       else touches it */
    FzPiece *piece; /* `count` of them, by number */
    uint16_t count, room;
    uint16_t in_state[FZ_PIECE_STATES];
    size_t octets; /* of the packed pieces */
    FzPartsAfter *after, **after_end;
    FzPartsRow *rows; /* that were written while it was busy; owned */
    /* of parts.c */
    FzBuf key;
    uint64_t hash;
    bool known; /* found by its key */
    struct FzWhole *next_in_chain;
    struct FzWhole *earlier, *later;
} FzWhole;

/** @param wanted  of messages at once; a hint for the size of the index */
FzParts *fz_parts_create(size_t wanted);
void fz_parts_destroy(FzParts *parts); /* NULL allowed; frees all messages */

/** What parts of one message have in common, appended. */
void fz_parts_key(FzDirection direction, FzSlice sender, FzSlice receiver,
                  FzPartRef ref, FzBuf *out);

/** NULL: no part of it is here. */
FzWhole *fz_parts_find(FzParts *parts, FzSlice key);

/** A message of which there is no part yet; listed at `due_ms`. */
FzWhole *fz_parts_begin(FzParts *parts, FzSlice key, FzDirection direction,
                        FzPartRef ref, FzSlice identity, int64_t first_ms,
                        int64_t due_ms);

/** The next part of this key begins another message; this one goes on without
 *  a name. */
void fz_parts_forget_key(FzParts *parts, FzWhole *whole);

/** The end of a message: freed, with all its pieces. Its `after` must have
 *  been taken. */
void fz_parts_end(FzParts *parts, FzWhole *whole);

/** Take it out of the list for the one who decides. */
void fz_parts_take(FzParts *parts, FzWhole *whole);
/** Back into the list. */
void fz_parts_give(FzParts *parts, FzWhole *whole, int64_t due_ms);

/** The one that is due first; NULL: none is listed. */
FzWhole *fz_parts_first(const FzParts *parts);
FzWhole *fz_parts_next(const FzWhole *whole); /* in the order of the list */
/** The one that has waited longest among those that still wait; NULL. */
FzWhole *fz_parts_oldest(const FzParts *parts);

FzPiece *fz_whole_piece(FzWhole *whole, uint8_t number); /* NULL */

/** A piece with this number, which must not be there; `packed` and `box` are
 *  copied. Moves the other pieces: pointers to them end. */
FzPiece *fz_whole_add(FzParts *parts, FzWhole *whole, uint8_t number,
                      FzPieceState state, FzSlice packed, const char *box);
void fz_whole_set(FzWhole *whole, FzPiece *piece, FzPieceState state);
void fz_whole_drop(FzParts *parts, FzWhole *whole, uint8_t number);

/** Every number is there. */
bool fz_whole_is_complete(const FzWhole *whole);

/** `unanswered` waits for what becomes of the message; `box` is copied. */
void fz_whole_wait(FzWhole *whole, void *unanswered, const char *box);

typedef struct FzPartsFigures {
    size_t wholes; /* messages listed or being decided about */
    size_t pieces;
    size_t octets; /* of the packed pieces */
} FzPartsFigures;
FzPartsFigures fz_parts_figures(const FzParts *parts);

#endif

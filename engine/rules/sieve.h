/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve.h - which forms may match at all?
 *
 * A form is evaluated only where a word of its anchor term was hit, and cannot
 * match without one of its guard term. The sieve asks this of all forms at
 * once, at a fraction of the matcher's cost: where it says none, nothing is
 * looked for; where it names a few, their words are looked for and no others;
 * else Hyperscan is asked. It may name a form that does not match; it never
 * leaves out one that does.
 *
 * How: at each place where a word may begin, its first octets are hashed and
 * looked up in a bitmap; what is set there is looked up in a table of the
 * words. For what stands there, the hashes of all places are noted, once: where
 * the hash of a guard's word is not among them, the form is not named.
 */
#ifndef FZ_ENGINE_RULES_SIEVE_H
#define FZ_ENGINE_RULES_SIEVE_H

#include "base/arena.h"
#include "engine/rules/program.h"

/* --- some of a view, or all of it ----------------------------------------- */
#define FZ_PIECE_OCTETS 1024
#define FZ_SEEN_BITS 13
#define FZ_SEEN_HASHES (1u << FZ_SEEN_BITS)
#define FZ_PIECE_PLACES 512 /* more than a text has */

/* What is found in a piece at one look at every octet of it. */
typedef struct FzPiece {
    uint32_t from, end; /* in the view */
    /* where a word may stand: the hash that its bucket is found by, and the
     * place, `kind of front << FZ_PLACE_BITS | octet of the piece' */
    uint32_t count;
    uint64_t hash[FZ_PIECE_PLACES + 5 * 64 + 8];
    uint16_t place[FZ_PIECE_PLACES + 5 * 64 + 8];
    bool many; /* there were more, and not all was looked at */
    /* fz_seen_at of all places where a word may begin; an octet is two of them
     * at most: of a long word, and of a token or within one */
    uint32_t seen_count;
    uint16_t seen[2 * FZ_PIECE_OCTETS + 8];
    /* the same as a set, once many are asked for */
    bool mapped;
    uint64_t map[FZ_SEEN_HASHES / 64];
} FzPiece;
#define FZ_PLACE_BITS 12

/* --- the sieve ------------------------------------------------------------ */
/* Forms that are named; of more the matcher may see. */
#define FZ_SIFTED_FORMS 16

typedef struct FzSifted {
    uint32_t form[FZ_SIFTED_FORMS]; /* each once */
    uint32_t count;
    bool any; /* it may be any form: too many, or not all was looked at */
} FzSifted;

/**
 * Of a program whose anchors are linked; in the arena.
 *
 * @param guard  by form: the number of its guard term; UINT32_MAX: none
 * @return NULL when no form has an anchor
 */
const FzSieve *fz_sieve_build(const FzProgram *program, const uint32_t *guard,
                              FzArena *arena);

/**
 * The first half of what fz_sieve_sift does: afterwards what it will look into
 * is on its way from memory, which takes as long as all else about a message.
 *
 * @param view  of program->view, with 64 readable octets behind it
 * @return whether `piece' is the whole view, and can be handed on
 */
bool fz_sieve_look(const FzProgram *program, const FzView *view,
                   FzPiece *piece);

/**
 * The forms that have an anchor and may match in the view.
 *
 * @param piece   room
 * @param looked  it is what fz_sieve_look made of this view
 *
 * Cost: linear in the view, whatever the words are. Allocates nothing.
 */
void fz_sieve_sift(const FzProgram *program, const FzView *view, FzPiece *piece,
                   bool looked, FzSifted *sifted);

/** Of 64 octets, those that are an ASCII letter or digit, those that begin a
 *  code point beyond ASCII, and all of such; bit 0 is the first. Both ways say
 *  the same, which a test compares. */
typedef struct FzSieveMasks {
    uint64_t alnum, wide, high;
} FzSieveMasks;
FzSieveMasks fz_sieve_masks(const uint8_t *octets);
FzSieveMasks fz_sieve_masks_portable(const uint8_t *octets);

#endif

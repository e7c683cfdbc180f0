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

/* Forms that are named; of more the matcher may see. */
#define FZ_SIFTED_FORMS 16

typedef struct FzSifted {
    uint32_t form[FZ_SIFTED_FORMS]; /* the same one may be there twice */
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
 * The forms that have an anchor and may match in the view.
 *
 * @param view  of program->view, with 64 readable octets behind it
 *
 * Cost: linear in the view, whatever the words are. Allocates nothing.
 */
void fz_sieve_sift(const FzProgram *program, const FzView *view,
                   FzSifted *sifted);

/** Of 64 octets, those that are an ASCII letter or digit, those that begin a
 *  code point beyond ASCII, and all of such; bit 0 is the first. Both ways say
 *  the same, which a test compares. */
typedef struct FzSieveMasks {
    uint64_t alnum, wide, high;
} FzSieveMasks;
FzSieveMasks fz_sieve_masks(const uint8_t *octets);
FzSieveMasks fz_sieve_masks_portable(const uint8_t *octets);

#endif

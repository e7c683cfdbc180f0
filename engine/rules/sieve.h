/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sieve.h - is there anything for the matcher to find?
 *
 * A form is evaluated only where a word of its anchor term was hit, and cannot
 * match without one of its guard term. The sieve asks this of all forms at
 * once, at a fraction of the matcher's cost: where it says no, Hyperscan is not
 * asked. It may say that there is something where there is nothing; it never
 * says that there is nothing where a form would match.
 *
 * How: a word is found by its first octets (6, 3 or 2). At each place where a
 * word may begin these octets are hashed and looked up in a bitmap; what is set
 * there is compared octet by octet, borders included. The hashes of all places
 * are noted, of a short word that of all of it; where the hash of a guard's
 * word is among them, the word itself is searched for.
 */
#ifndef FZ_ENGINE_RULES_SIEVE_H
#define FZ_ENGINE_RULES_SIEVE_H

#include "base/arena.h"
#include "engine/rules/program.h"

/**
 * Of a program whose anchors are linked; in the arena.
 *
 * @param guard  by form: the number of its guard term; UINT32_MAX: none
 * @return NULL when no form has an anchor
 */
const FzSieve *fz_sieve_build(const FzProgram *program, const uint32_t *guard,
                              FzArena *arena);

/**
 * May a form that has an anchor match in the view?
 *
 * @param view  of program->view, with 64 readable octets behind it
 * @return true also when more places look like words than a text has
 *
 * Cost: linear in the view, whatever the words are. Allocates nothing.
 */
bool fz_sieve_finds(const FzProgram *program, const FzView *view);

/** Of 64 octets, those that are an ASCII letter or digit, those that begin a
 *  code point beyond ASCII, and all of such; bit 0 is the first. Both ways say
 *  the same, which a test compares. */
typedef struct FzSieveMasks {
    uint64_t alnum, wide, high;
} FzSieveMasks;
FzSieveMasks fz_sieve_masks(const uint8_t *octets);
FzSieveMasks fz_sieve_masks_portable(const uint8_t *octets);

#endif

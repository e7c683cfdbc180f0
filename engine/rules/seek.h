/* SPDX-License-Identifier: BSD-2-Clause
 *
 * seek.h - the words of a few forms, searched for one by one
 *
 * Where the sieve names a few forms, a pass of the matcher for the words of all
 * rules costs much more than a search for theirs. The words of each form stand
 * together, in one place of memory: a form is named once in some hundred
 * thousand messages, and nothing of it is near when it is.
 */
#ifndef FZ_ENGINE_RULES_SEEK_H
#define FZ_ENGINE_RULES_SEEK_H

#include "base/arena.h"
#include "engine/rules/scanner.h"
#include "engine/rules/sieve.h"

/* Of a form, and of all forms of a view: what is more is left to the matcher.
 */
#define FZ_SOUGHT_WORDS 32
#define FZ_SOUGHT_OCTETS (32u << 20)

/** Of a program whose terms are numbered; in the arena. */
const FzSeek *fz_seek_build(const FzProgram *program, FzArena *arena);

/** Search for the words of these forms and evaluate those that have what they
 *  need.
 *  @return false: the words of one are not kept; nothing was done */
bool fz_seek_forms(const FzScan *scan, const FzSifted *sifted);

#endif

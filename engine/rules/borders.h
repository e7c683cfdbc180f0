/* SPDX-License-Identifier: BSD-2-Clause
 *
 * borders.h - does a word stand alone where it was found?
 *
 * Nothing of the word's script may stand at its borders: `eth' is no word of
 * `something'.
 */
#ifndef FZ_ENGINE_RULES_BORDERS_H
#define FZ_ENGINE_RULES_BORDERS_H

#include "base/utf8.h"
#include "engine/rules/chars.h"
#include "engine/rules/program.h"

/* The script of the character that ends before, or begins at, an octet. */
static inline FzScript fz_script_before(const FzView *view, uint32_t at)
{
    uint32_t cp = view->octets[at - 1];

    if (cp >= 0x80)
        fz_char_before(view->octets, at, &cp);
    return fz_char_script(cp);
}

static inline FzScript fz_script_at(const FzView *view, uint32_t at)
{
    uint32_t cp = view->octets[at];

    if (cp >= 0x80)
        fz_utf8_decode(view->octets + at, view->length - at, &cp);
    return fz_char_script(cp);
}

/** @param flags  FZ_WORD_LEFT, FZ_WORD_RIGHT: the borders it needs */
static inline bool fz_borders_hold(const FzView *view, uint8_t flags,
                                   uint32_t from, uint32_t to)
{
    if ((flags & FZ_WORD_LEFT) && from > 0 &&
        fz_scripts_glue(fz_script_before(view, from), fz_script_at(view, from)))
        return false;
    return !(flags & FZ_WORD_RIGHT) || to >= view->length ||
           !fz_scripts_glue(fz_script_before(view, to), fz_script_at(view, to));
}

#endif

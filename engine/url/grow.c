/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/url/grow.h"

#include "base/utf8.h"

#define EN_DASH 0x2013

/* All that is printed but " < > ` { } ^ */
static const FzAsciiSet path_set = {
    ~(uint64_t)0 << 33 & ~(FZ_ASCII('"') | FZ_ASCII('<') | FZ_ASCII('>')),
    ~(FZ_ASCII('`') | FZ_ASCII('{') | FZ_ASCII('}') | FZ_ASCII('^') |
      FZ_ASCII(0x7F))};

/* Of full-width signs only those that no sentence has. */
static const FzAsciiSet wide_set = {
    FZ_ASCII_DIGITS | FZ_ASCII('/') | FZ_ASCII('.') | FZ_ASCII('-') |
        FZ_ASCII('=') | FZ_ASCII('&') | FZ_ASCII('%') | FZ_ASCII('#') |
        FZ_ASCII('+'),
    FZ_ASCII_LETTERS | FZ_ASCII('_') | FZ_ASCII('~') | FZ_ASCII('@')};

static const FzAsciiSet trailing_set = {
    FZ_ASCII('.') | FZ_ASCII(',') | FZ_ASCII(';') | FZ_ASCII(':') |
        FZ_ASCII('!') | FZ_ASCII('?') | FZ_ASCII('\'') | FZ_ASCII('*') |
        FZ_ASCII('('),
    FZ_ASCII('@')};

/* What a code point is in a path; 0 when it ends one. */
static uint32_t path_char(uint32_t cp)
{
    const FzChar *it;
    FzScript script;

    if (cp < 0x80)
        return fz_in_set(&path_set, cp) ? cp : 0;
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        return fz_in_set(&wide_set, cp - 0xFEE0) ? cp - 0xFEE0 : 0;
    if (cp == EN_DASH)
        return cp;
    it = fz_char(cp);
    script = fz_char_script(it);
    /* letters that phones take into a link and nobody glues to one */
    return fz_char_class(it) == FZ_CLASS_LETTER &&
                   (script == FZ_SCRIPT_LATIN || script == FZ_SCRIPT_GREEK ||
                    script == FZ_SCRIPT_CYRILLIC)
               ? cp
               : 0;
}

static bool is_ignored(uint32_t cp)
{
    return cp != 0 && fz_char_class(fz_char(cp)) == FZ_CLASS_IGNORED;
}

/* Over what shows as nothing, if a link goes on behind it. */
static uint32_t over_ignored(const FzText *text, uint32_t cp)
{
    uint32_t at = cp;

    while (at < text->chars && is_ignored(fz_find_raw(text, at)))
        at++;
    return at > cp && path_char(fz_find_raw(text, at)) == 0 ? cp : at;
}

static uint32_t digit_of(uint32_t cp)
{
    uint32_t c = path_char(cp);

    return fz_is_digit(c) ? c : 0;
}

static uint32_t take_port(const FzText *text, uint32_t cp)
{
    uint32_t at = cp, digits = 0;
    uint32_t colon = fz_find_raw(text, at);

    if (colon != ':' && colon != 0xFF1A)
        return cp;
    for (at++; digit_of(fz_find_raw(text, at)) != 0; at++)
        digits++;
    return digits >= 1 && digits <= 5 &&
                   !fz_is_alpha(path_char(fz_find_raw(text, at)))
               ? at
               : cp;
}

/* "'s" behind a link belongs to the sentence. */
static bool is_possessive(const FzText *text, uint32_t cp)
{
    return fz_find_raw(text, cp) == '\'' && fz_find_raw(text, cp + 1) == 's' &&
           !fz_is_alnum(fz_find_raw(text, cp + 2));
}

/* What sentences put behind a link is not part of it. */
static uint32_t trim(const FzText *text, uint32_t from, uint32_t to)
{
    while (to > from) {
        uint32_t raw = fz_find_raw(text, to - 1);

        if (!fz_in_set(&trailing_set, path_char(raw)) && !is_ignored(raw))
            break;
        to--;
    }
    return to;
}

/* A bracket that opened before the link closes behind it. */
static bool closes(uint32_t c, int *round, int *square)
{
    *round += (c == '(') - (c == ')');
    *square += (c == '[') - (c == ']');
    return *round < 0 || *square < 0;
}

uint32_t fz_tail_run(const FzText *text, uint32_t cp)
{
    uint32_t at = cp;

    while (at < cp + FZ_LIMIT_URL_OCTETS &&
           path_char(fz_find_raw(text, at)) != 0)
        at++;
    return trim(text, cp, at);
}

void fz_tail_grow(const FzText *text, uint32_t cp, FzTail *tail_out)
{
    uint32_t at = over_ignored(text, cp), first;
    int round = 0, square = 0; /* opened less closed */

    tail_out->cp_port = at;
    tail_out->cp_path = at = take_port(text, at);
    if (at == tail_out->cp_port)
        tail_out->cp_port = tail_out->cp_path = at = over_ignored(text, cp);
    first = path_char(fz_find_raw(text, at));
    if (first != '/' && first != '\\' && first != '?' && first != '#') {
        if (tail_out->cp_port == at)
            tail_out->cp_port = tail_out->cp_path = at = cp;
        tail_out->cp_to = at;
        return;
    }
    for (;;) {
        uint32_t c;

        at = over_ignored(text, at);
        c = path_char(fz_find_raw(text, at));
        if (c == 0 || is_possessive(text, at) || closes(c, &round, &square))
            break;
        at++;
    }
    at = trim(text, tail_out->cp_path, at);
    /* nothing but a sign of the sentence */
    if (at == tail_out->cp_path && tail_out->cp_port == at)
        tail_out->cp_port = tail_out->cp_path = at = cp;
    tail_out->cp_to = at;
}

size_t fz_tail_write(const FzText *text, const FzTail *tail, uint8_t *out,
                     size_t length, size_t room)
{
    for (uint32_t cp = tail->cp_port; cp < tail->cp_to; cp++) {
        uint32_t raw = fz_find_raw(text, cp);
        uint32_t c = cp < tail->cp_path && raw == 0xFF1A ? ':' : path_char(raw);
        uint8_t octets[FZ_UTF8_MAX_OCTETS];
        size_t used;

        if (c == 0) /* what shows as nothing */
            continue;
        used = fz_utf8_encode(c, octets);
        if (used > room - length)
            break;
        memcpy(out + length, octets, used);
        length += used;
    }
    return length;
}

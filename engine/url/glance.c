/* SPDX-License-Identifier: BSD-2-Clause
 *
 * glance.c - can there be a link or a contact at all?
 *
 * Most messages have none, and looking for names of messengers costs as much
 * as folding the text. One look at every octet, without decoding, answers for
 * those that have nothing that a link, a number or a name is made of.
 */
#include "config.h"

#include "engine/url/find.h"

enum {
    DIGIT = 1 << 0,
    LETTER = 1 << 1,
    TIE = 1 << 2,   /* _ and -, which names have inside */
    STOP = 1 << 3,  /* a dot, a colon or an @: what stands beside it decides */
    POINT = 1 << 4, /* may say that a name follows */
    WORD = 1 << 5,  /* may begin a dot in words */
    SPACE = 1 << 6, /* within a number */
};

static const uint8_t kinds[256] = {
    ['0' ... '9'] = DIGIT,
    ['a' ... 'c'] = LETTER,
    ['d'] = LETTER | WORD,
    ['e' ... 'z'] = LETTER,
    ['_'] = TIE,
    ['-'] = TIE | SPACE,
    ['.'] = STOP | SPACE,
    [' '] = SPACE,
    ['('] = SPACE,
    [')'] = SPACE,
    [':'] = STOP | POINT,
    ['@'] = STOP | POINT,
    ['='] = POINT,
    ['+'] = POINT,
    [0x80 ... 0xE6] = POINT,
    [0xE7] = POINT | WORD,
    [0xE8 ... 0xFF] = POINT,
};

#define NAME_OCTETS 5   /* of the shortest name of a messenger */
#define NUMBER_DIGITS 5 /* of the shortest number that is one */

/* A dot that ends a sentence and a colon that no scheme stands before say
 * nothing. */
static bool stop_matters(const FzView *view, uint32_t at)
{
    uint8_t before = at > 0 ? view->octets[at - 1] : ' ';
    uint8_t behind = at + 1 < view->length ? view->octets[at + 1] : ' ';

    if (view->octets[at] == '.')
        return behind != ' ' || strchr("[({< ", before) != NULL;
    return view->octets[at] == '@' || before == 'p' || before == 's' ||
           before == '[';
}

static bool word_matters(const FzView *view, uint32_t at)
{
    uint8_t behind = at + 3 < view->length ? view->octets[at + 3] : 0;

    if (view->octets[at] == 'd')
        return at + 3 <= view->length &&
               memcmp(view->octets + at, "dot", 3) == 0;
    /* 点, and a last label behind it */
    return behind != 0 && memcmp(view->octets + at, "\xE7\x82\xB9", 3) == 0 &&
           ((kinds[behind] & LETTER) != 0 || strchr(" ])}>", behind) != NULL);
}

bool fz_urls_are_possible(const FzViews *views)
{
    const FzView *view = &views->view[FZ_VIEW_FOLDED];
    uint32_t digits = 0; /* of one number */
    uint32_t name = 0;   /* octets of one name */
    uint8_t of_name = 0, seen = 0;
    bool word = false; /* long enough for a name */

    for (uint32_t at = 0; at < view->length; at++) {
        uint8_t kind = kinds[view->octets[at]];

        seen |= kind;
        if ((kind & (DIGIT | LETTER | TIE)) != 0) {
            of_name |= kind;
            if (++name >= NAME_OCTETS) {
                word = true;
                if ((of_name & LETTER) != 0 && (of_name & (DIGIT | TIE)) != 0)
                    return true;
            }
        } else {
            name = of_name = 0;
        }
        if ((kind & DIGIT) != 0) {
            if (++digits >= NUMBER_DIGITS)
                return true;
        } else if ((kind & SPACE) == 0) {
            digits = 0;
        }
        if ((kind & STOP) != 0 && stop_matters(view, at))
            return true;
        if ((kind & WORD) != 0 && word_matters(view, at))
            return true;
    }
    return word && (seen & POINT) != 0;
}

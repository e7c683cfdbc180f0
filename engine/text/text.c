/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/text/chars.h"
#include "engine/text/text.h"

/* --- names --------------------------------------------------------------- */
static const char *const view_names[FZ_VIEWS] = {
    "raw", "folded", "skeleton", "despaced", "digits",
};

const char *fz_view_name(FzViewKind kind)
{
    return view_names[kind];
}

FzStatus fz_view_parse(const char *name, FzViewKind *kind_out)
{
    for (int i = 0; i < FZ_VIEWS; i++)
        if (strcmp(name, view_names[i]) == 0) {
            *kind_out = (FzViewKind)i;
            return FZ_OK;
        }
    return FZ_E_SYNTAX;
}

/* --- the way back -------------------------------------------------------- */
/* The code point that owns an octet of the raw text. */
static uint32_t char_at(const FzText *text, uint32_t octet)
{
    uint32_t low = 0, high = text->chars;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;

        if (text->cp_octet[middle] <= octet)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static bool belongs_to_the_left(const FzText *text, uint32_t cp_at)
{
    uint32_t cp = 0, at = text->cp_octet[cp_at];
    FzCharClass class;

    fz_utf8_decode(text->raw + at, text->octets - at, &cp);
    class = fz_char_class(fz_char(cp));
    return class == FZ_CLASS_IGNORED || class == FZ_CLASS_MARK;
}

FzSpan fz_view_span(const FzText *text, const FzView *view, uint32_t from,
                    uint32_t to)
{
    uint32_t cp_from, cp_to;

    if (to > view->length)
        to = view->length;
    if (from >= to) {
        cp_from = from >= view->length ? text->chars
                  : view->map == NULL  ? char_at(text, from)
                                       : view->map[from];
        return (FzSpan){(uint16_t)cp_from, (uint16_t)cp_from};
    }
    if (view->map == NULL) {
        cp_from = char_at(text, from);
        cp_to = char_at(text, to - 1) + 1;
    } else {
        cp_from = view->map[from];
        cp_to = view->map[to - 1] + 1u;
    }
    while (cp_to < text->chars && belongs_to_the_left(text, cp_to))
        cp_to++;
    return (FzSpan){(uint16_t)cp_from, (uint16_t)cp_to};
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/markup.h"

#include "base/utf8.h"

static bool is_char(uint32_t cp)
{
    return cp == '\t' || cp == '\n' || (cp >= 0x20 && cp < 0xFFFE) ||
           cp > 0xFFFF;
}

static void put_char(FzBuf *out, uint32_t cp)
{
    uint8_t octets[FZ_UTF8_MAX_OCTETS];

    switch (cp) {
    case '&':
        fz_buf_append_text(out, "&amp;");
        break;
    case '<':
        fz_buf_append_text(out, "&lt;");
        break;
    case '>':
        fz_buf_append_text(out, "&gt;");
        break;
    case '"':
        fz_buf_append_text(out, "&quot;");
        break;
    default:
        fz_buf_append(out, octets, fz_utf8_encode(cp, octets));
    }
}

static void put(FzBuf *out, const char *text, bool attribute)
{
    FzSlice octets = fz_slice_of(text);

    for (size_t at = 0; at < octets.octets;) {
        uint32_t cp = fz_utf8_next(octets.data, octets.octets, &at);

        if (!is_char(cp))
            continue;
        if (attribute && cp < 0x20)
            fz_buf_printf(out, "&#%u;", (unsigned)cp);
        else
            put_char(out, cp);
    }
}

void fz_markup_text(FzBuf *out, const char *text)
{
    put(out, text, false);
}

void fz_markup_attribute(FzBuf *out, const char *text)
{
    put(out, text, true);
}

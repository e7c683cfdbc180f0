/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"

#include <string.h>

static bool is_tail(uint8_t octet)
{
    return (octet & 0xC0) == 0x80;
}

size_t fz_utf8_decode(const uint8_t *data, size_t octets, uint32_t *cp_out)
{
    uint8_t lead = data[0];
    uint32_t cp;

    if (lead < 0x80) {
        *cp_out = lead;
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        if (octets < 2 || !is_tail(data[1]))
            return 0;
        *cp_out = (uint32_t)(lead & 0x1F) << 6 | (data[1] & 0x3F);
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (octets < 3 || !is_tail(data[1]) || !is_tail(data[2]))
            return 0;
        cp = (uint32_t)(lead & 0x0F) << 12 | (uint32_t)(data[1] & 0x3F) << 6 |
             (data[2] & 0x3F);
        if (cp < 0x800 || (cp >= 0xD800 && cp <= 0xDFFF))
            return 0;
        *cp_out = cp;
        return 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (octets < 4 || !is_tail(data[1]) || !is_tail(data[2]) ||
            !is_tail(data[3]))
            return 0;
        cp = (uint32_t)(lead & 0x07) << 18 | (uint32_t)(data[1] & 0x3F) << 12 |
             (uint32_t)(data[2] & 0x3F) << 6 | (data[3] & 0x3F);
        if (cp < 0x10000 || cp > 0x10FFFF)
            return 0;
        *cp_out = cp;
        return 4;
    }
    return 0;
}

uint32_t fz_utf8_next(const uint8_t *data, size_t octets, size_t *at)
{
    uint32_t cp = 0;
    size_t used = fz_utf8_decode(data + *at, octets - *at, &cp);

    *at += used == 0 ? 1 : used;
    return used == 0 ? FZ_REPLACEMENT_CHAR : cp;
}

size_t fz_utf8_encode(uint32_t cp, uint8_t *out)
{
    if (cp < 0x80) {
        out[0] = (uint8_t)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (uint8_t)(0xC0 | cp >> 6);
        out[1] = (uint8_t)(0x80 | (cp & 0x3F));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (uint8_t)(0xE0 | cp >> 12);
        out[1] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (cp & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | cp >> 18);
    out[1] = (uint8_t)(0x80 | (cp >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (cp >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (cp & 0x3F));
    return 4;
}

bool fz_utf8_valid(const uint8_t *data, size_t octets)
{
    size_t at = 0;
    uint32_t cp;

    while (at < octets) {
        size_t used = fz_utf8_decode(data + at, octets - at, &cp);

        if (used == 0)
            return false;
        at += used;
    }
    return true;
}

size_t fz_utf8_find_fault(const uint8_t *data, size_t octets,
                          unsigned *line_out)
{
    unsigned line = 1;
    size_t at = 0;

    while (at < octets) {
        uint32_t cp;
        size_t used = fz_utf8_decode(data + at, octets - at, &cp);

        if (used == 0 || cp == 0)
            break;
        line += cp == '\n';
        at += used;
    }
    *line_out = line;
    return at;
}

size_t fz_utf8_mark(const uint8_t *data, size_t octets)
{
    static const uint8_t mark[] = {0xEF, 0xBB, 0xBF};

    return octets >= sizeof mark && memcmp(data, mark, sizeof mark) == 0
               ? sizeof mark
               : 0;
}

size_t fz_utf8_chars(const uint8_t *data, size_t octets)
{
    size_t chars = 0;

    for (size_t i = 0; i < octets; i++)
        chars += !is_tail(data[i]);
    return chars;
}

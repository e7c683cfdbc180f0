/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/chars.h"

#include <stddef.h>

FzScript fz_char_script_wide(uint32_t cp)
{
    if ((cp >= 0xC0 && cp <= 0x24F && cp != 0xD7 && cp != 0xF7) ||
        (cp >= 0x1E00 && cp <= 0x1EFF))
        return FZ_SCRIPT_LATIN;
    if ((cp >= 0x370 && cp <= 0x3FF && cp != 0x37E && cp != 0x387) ||
        (cp >= 0x1F00 && cp <= 0x1FFF))
        return FZ_SCRIPT_GREEK;
    if (cp >= 0x400 && cp <= 0x52F && !(cp >= 0x482 && cp <= 0x489))
        return FZ_SCRIPT_CYRILLIC;
    return FZ_SCRIPT_NONE;
}

bool fz_char_joins(uint32_t cp)
{
    if (cp < 0x80)
        return cp <= ' ' || (cp < 0x7F && fz_char_script(cp) == 0);
    switch (cp) {
    case 0xA0:   /* no-break space */
    case 0xB7:   /* middle dot */
    case 0x2018: /* quotation marks */
    case 0x2019:
    case 0x201C:
    case 0x201D:
    case 0x2026: /* ellipsis */
    case 0x3000: /* ideographic space */
    case 0x3001: /* 、 */
    case 0x3002: /* 。 */
    case 0x300A: /* 《》 */
    case 0x300B:
    case 0x3010: /* 【】 */
    case 0x3011:
    case 0xFF01: /* ！ */
    case 0xFF08: /* （） */
    case 0xFF09:
    case 0xFF0C: /* ， */
    case 0xFF1A: /* ： */
    case 0xFF1B: /* ； */
    case 0xFF1F: /* ？ */
        return true;
    default:
        return false;
    }
}

bool fz_char_is_han(uint32_t cp)
{
    return (cp >= 0x4E00 && cp <= 0x9FFF) || (cp >= 0x3400 && cp <= 0x4DBF) ||
           (cp >= 0x20000 && cp <= 0x323AF) || cp == 0x3007;
}

uint32_t fz_char_before(const uint8_t *octets, uint32_t at, uint32_t *cp_out)
{
    uint32_t from = at - 1;

    while (from > 0 && at - from < FZ_UTF8_MAX_OCTETS &&
           (octets[from] & 0xC0) == 0x80)
        from--;
    if (fz_utf8_decode(octets + from, at - from, cp_out) == 0)
        *cp_out = FZ_REPLACEMENT_CHAR;
    return from;
}

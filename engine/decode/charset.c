/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/charset.h"

/* A sender may not write our own mark between pieces. */
static uint32_t admit(uint32_t cp, FzText *text)
{
    if (cp != FZ_TEXT_PIECE_BREAK)
        return cp;
    text->flags |= FZ_TEXT_REPLACED;
    return FZ_REPLACEMENT_CHAR;
}

/* --- UTF-8 -----------------------------------------------------------------
 */
/* Octets of the invalid sequence at `data` that one U+FFFD stands for: as many
 * as begin some valid sequence, at least one. */
static size_t maximal_subpart(const uint8_t *data, size_t octets)
{
    uint8_t lead = data[0], low = 0x80, high = 0xBF;
    size_t need, at;

    if (lead >= 0xC2 && lead <= 0xDF)
        need = 1;
    else if (lead >= 0xE0 && lead <= 0xEF)
        need = 2;
    else if (lead >= 0xF0 && lead <= 0xF4)
        need = 3;
    else
        return 1;
    /* the second octet's range keeps out overlong forms, surrogates and what
     * is beyond U+10FFFF (Unicode 15, table 3-7) */
    if (lead == 0xE0)
        low = 0xA0;
    else if (lead == 0xED)
        high = 0x9F;
    else if (lead == 0xF0)
        low = 0x90;
    else if (lead == 0xF4)
        high = 0x8F;
    for (at = 1; at <= need && at < octets; at++) {
        if (data[at] < low || data[at] > high)
            break;
        low = 0x80;
        high = 0xBF;
    }
    return at;
}

/* Copy the ASCII octets that begin at `from`, eight at a time, as far as text
 * and room go; returns how many. */
static size_t copy_ascii(const uint8_t *data, size_t octets, FzText *text)
{
    size_t room = FZ_LIMIT_TEXT_CHARS - text->chars, done = 0;
    uint32_t *cp_octet = text->cp_octet + text->chars + 1;

    if (octets > room)
        octets = room;
    while (octets - done >= 8) {
        uint64_t eight;

        memcpy(&eight, data + done, sizeof eight);
        if (eight & 0x8080808080808080u)
            break;
        memcpy(text->raw + text->octets + done, &eight, sizeof eight);
        for (unsigned i = 0; i < 8; i++)
            cp_octet[done + i] = text->octets + (uint32_t)done + i + 1;
        done += 8;
    }
    text->octets += (uint32_t)done;
    text->chars += (uint32_t)done;
    return done;
}

size_t fz_charset_utf8(FzSlice octets, size_t from, size_t to, FzText *text)
{
    size_t at = from;

    while (at < to) {
        uint32_t cp;
        size_t used;

        if (octets.data[at] < 0x80) {
            at += copy_ascii(octets.data + at, to - at, text);
            if (at >= to)
                break;
        }
        used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);
        if (used == 0) {
            used = maximal_subpart(octets.data + at, octets.octets - at);
            cp = FZ_REPLACEMENT_CHAR;
            text->flags |= FZ_TEXT_REPLACED;
        }
        if (!fz_text_put(text, admit(cp, text)))
            break;
        at += used;
    }
    return at;
}

/* --- UTF-16 ----------------------------------------------------------------
 */
static uint32_t unit_at(const uint8_t *data)
{
    return (uint32_t)data[0] << 8 | data[1];
}

static void put_little_endian(uint8_t *out, uint32_t four)
{
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    four = __builtin_bswap32(four);
#endif
    memcpy(out, &four, sizeof four);
}

/* The units in front that are code points on their own, but our own mark;
 * returns how many octets. Four octets are written for each of them: there is
 * slack behind the text. */
static size_t copy_units(const uint8_t *data, size_t octets, FzText *text)
{
    uint32_t *cp_octet = text->cp_octet + text->chars + 1;
    size_t units = octets / 2, done = 0;
    uint8_t *out = text->raw + text->octets;

    if (units > FZ_LIMIT_TEXT_CHARS - text->chars)
        units = FZ_LIMIT_TEXT_CHARS - text->chars;
    for (; done < units; done++) {
        uint32_t unit = unit_at(data + 2 * done), four;

        if (unit - 0x800 < 0xD000) { /* Han, and all else that has three */
            four = 0x8080E0 | unit >> 12 | (unit & 0xFC0) << 2 |
                   (unit & 0x3F) << 16;
            put_little_endian(out, four);
            out += 3;
        } else if (unit >= 0x800) {
            if ((unit & 0xF800) == 0xD800 || unit == FZ_TEXT_PIECE_BREAK)
                break;
            four = 0x8080E0 | unit >> 12 | (unit & 0xFC0) << 2 |
                   (unit & 0x3F) << 16;
            put_little_endian(out, four);
            out += 3;
        } else if (unit >= 0x80) {
            out[0] = (uint8_t)(0xC0 | unit >> 6);
            out[1] = (uint8_t)(0x80 | (unit & 0x3F));
            out += 2;
        } else {
            *out++ = (uint8_t)unit;
        }
        cp_octet[done] = (uint32_t)(out - text->raw);
    }
    text->octets = (uint32_t)(out - text->raw);
    text->chars += (uint32_t)done;
    return 2 * done;
}

size_t fz_charset_utf16be(FzSlice octets, size_t from, size_t to, FzText *text)
{
    size_t at = from;

    for (; at < to && at + 2 <= octets.octets; at += 2) {
        uint32_t cp;

        at += copy_units(octets.data + at, (to - at) & ~(size_t)1, text);
        if (at >= to || at + 2 > octets.octets)
            break;
        cp = unit_at(octets.data + at);
        if (cp >= 0xD800 && cp <= 0xDBFF && at + 4 <= octets.octets) {
            uint32_t low = unit_at(octets.data + at + 2);

            if (low >= 0xDC00 && low <= 0xDFFF) {
                cp = 0x10000 + ((cp - 0xD800) << 10) + (low - 0xDC00);
                at += 2;
            }
        }
        if (cp >= 0xD800 && cp <= 0xDFFF) {
            cp = FZ_REPLACEMENT_CHAR;
            text->flags |= FZ_TEXT_REPLACED;
        }
        if (!fz_text_put(text, admit(cp, text)))
            return at;
    }
    if (at < to) {
        text->flags |= FZ_TEXT_ODD_OCTETS;
        at = to;
    }
    return at;
}

/* --- 8-bit data ------------------------------------------------------------
 */
static bool is_control(uint8_t octet)
{
    return (octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r' &&
            octet != '\f') ||
           octet == 0x7F;
}

static bool is_data(uint8_t octet)
{
    return octet >= 0x80 || is_control(octet);
}

size_t fz_charset_latin1(FzSlice octets, size_t from, size_t to, FzText *text)
{
    size_t at = from;

    while (at < to && fz_text_put(text, octets.data[at]))
        at++;
    return at;
}

size_t fz_charset_ascii_runs(FzSlice octets, size_t from, size_t to,
                             FzText *text)
{
    size_t at = from;
    /* data was left out since the last octet kept */
    bool apart = from > 0 && is_data(octets.data[from - 1]);

    for (; at < to; at++) {
        uint8_t octet = octets.data[at];

        if (is_data(octet)) {
            apart = true;
            continue;
        }
        if (apart && text->chars > 0 && !fz_text_put(text, FZ_TEXT_PIECE_BREAK))
            break;
        apart = false;
        if (!fz_text_put(text, octet))
            break;
    }
    return at;
}

FzCharsetReader *fz_charset_of_8bit(FzSlice octets)
{
    size_t controls = 0, c1 = 0, high = 0, paired = 0;
    bool after_high = false;

    for (size_t i = 0; i < octets.octets; i++) {
        uint8_t octet = octets.data[i];

        controls += is_control(octet);
        c1 += octet >= 0x80 && octet <= 0x9F; /* controls of Latin-1 */
        high += octet >= 0xA0;
        paired += after_high && octet >= 0xA0;
        after_high = octet >= 0xA0;
    }
    if (controls > 0)
        return fz_charset_ascii_runs;
    if (fz_utf8_valid(octets.data, octets.octets))
        return fz_charset_utf8;
    /* Western text has far more ASCII than accents, and these stand alone; a
     * double-octet Chinese charset has its high octets in pairs */
    if (c1 == 0 && 3 * high <= octets.octets && 4 * paired <= high)
        return fz_charset_latin1;
    return fz_charset_ascii_runs;
}

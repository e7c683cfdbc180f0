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

void fz_charset_utf8(FzSlice octets, FzText *text)
{
    size_t at = 0;

    while (at < octets.octets) {
        uint32_t cp;
        size_t used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);

        if (used == 0) {
            used = maximal_subpart(octets.data + at, octets.octets - at);
            cp = FZ_REPLACEMENT_CHAR;
            text->flags |= FZ_TEXT_REPLACED;
        }
        if (!fz_text_put(text, admit(cp, text)))
            return;
        at += used;
    }
}

void fz_charset_utf16be(FzSlice octets, FzText *text)
{
    size_t at = 0;

    for (; at + 2 <= octets.octets; at += 2) {
        uint32_t cp = (uint32_t)octets.data[at] << 8 | octets.data[at + 1];

        if (cp >= 0xD800 && cp <= 0xDBFF && at + 4 <= octets.octets) {
            uint32_t low =
                (uint32_t)octets.data[at + 2] << 8 | octets.data[at + 3];

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
            return;
    }
    if (at < octets.octets)
        text->flags |= FZ_TEXT_ODD_OCTETS;
}

/* --- 8-bit data -------------------------------------------------------- */
static bool is_control(uint8_t octet)
{
    return (octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r' &&
            octet != '\f') ||
           octet == 0x7F;
}

/* What the octets look like, in one walk. */
typedef struct Looks {
    size_t controls; /* C0 and DEL, but for white space */
    size_t c1;       /* 0x80..0x9F: controls of Latin-1 */
    size_t high;     /* 0xA0..0xFF */
} Looks;

static Looks look_at(FzSlice octets)
{
    Looks looks = {0, 0, 0};

    for (size_t i = 0; i < octets.octets; i++) {
        uint8_t octet = octets.data[i];

        looks.controls += is_control(octet);
        looks.c1 += octet >= 0x80 && octet <= 0x9F;
        looks.high += octet >= 0xA0;
    }
    return looks;
}

static void put_ascii_runs(FzSlice octets, FzText *text)
{
    bool apart = false;

    for (size_t i = 0; i < octets.octets; i++) {
        uint8_t octet = octets.data[i];

        if (octet >= 0x80 || is_control(octet)) {
            apart = text->chars > 0;
            continue;
        }
        if (apart && !fz_text_put(text, FZ_TEXT_PIECE_BREAK))
            return;
        apart = false;
        if (!fz_text_put(text, octet))
            return;
    }
}

void fz_charset_8bit(FzSlice octets, FzText *text)
{
    Looks looks = look_at(octets);

    if (looks.controls == 0 && fz_utf8_valid(octets.data, octets.octets)) {
        fz_charset_utf8(octets, text);
        return;
    }
    /* Western text has far more ASCII than accents; a double-octet Chinese
     * charset has its high octets in pairs and in the majority */
    if (looks.controls == 0 && looks.c1 == 0 &&
        3 * looks.high <= octets.octets) {
        for (size_t i = 0; i < octets.octets; i++)
            if (!fz_text_put(text, octets.data[i]))
                return;
        return;
    }
    text->flags |= FZ_TEXT_OPAQUE;
    put_ascii_runs(octets, text);
}

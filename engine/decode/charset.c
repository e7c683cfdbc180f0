/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/charset.h"
#include "engine/decode/wide.h"

/* A processor without it runs the portable loop, which is the same build. */
#if defined(__x86_64__) && defined(__GNUC__)
#define FZ_HAVE_SSSE3
#include <tmmintrin.h>
#endif

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

/* Copy the octets in front that need no look of their own, as far as text and
 * room go: ASCII, eight at a time, or whatever is valid; returns how many. */
static size_t copy_octets(const uint8_t *data, size_t octets, FzText *text)
{
    size_t room = FZ_LIMIT_TEXT_CHARS - text->chars, done = 0;
    uint32_t *cp_octet = text->cp_octet + text->chars + 1;

    if (octets > room)
        octets = room;
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return fz_wide_utf8(data, octets, text);
#endif
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

        at += copy_octets(octets.data + at, to - at, text);
        if (at >= to)
            break;
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

/* One unit that is a code point on its own, without a branch on what it is:
 * Han, Latin and digits stand in turns that no processor foresees. Four octets
 * are written; returns how many are of it. */
static inline uint32_t put_unit(uint8_t *out, uint32_t unit)
{
    uint32_t two = 0u - (unit >= 0x80), three = 0u - (unit >= 0x800);

    put_little_endian(
        out, (unit & ~two) |
                 ((0x80C0 | unit >> 6 | (unit & 0x3F) << 8) & two & ~three) |
                 ((0x8080E0 | unit >> 12 | (unit & 0xFC0) << 2 |
                   (unit & 0x3F) << 16) &
                  three));
    return 1 - two - three;
}

static inline bool is_alone(uint32_t unit)
{
    return unit < 0xD800 || (unit >= 0xE000 && unit != FZ_TEXT_PIECE_BREAK);
}

#ifdef FZ_HAVE_SSSE3
/* Four units, each in four octets of its own, put together: by which of them
 * have two octets (the lower four bits) and three (the upper). */
#define PLACE(a, b, c, d, at)                                                  \
    ((at) < (a)                     ? (at)                                     \
     : (at) < (a) + (b)             ? (at) + 4 - (a)                           \
     : (at) < (a) + (b) + (c)       ? (at) + 8 - (a) - (b)                     \
     : (at) < (a) + (b) + (c) + (d) ? (at) + 12 - (a) - (b) - (c)              \
                                    : 0x80)
#define ROW(a, b, c, d)                                                        \
    {                                                                          \
        PLACE(a, b, c, d, 0), PLACE(a, b, c, d, 1), PLACE(a, b, c, d, 2),      \
            PLACE(a, b, c, d, 3), PLACE(a, b, c, d, 4), PLACE(a, b, c, d, 5),  \
            PLACE(a, b, c, d, 6), PLACE(a, b, c, d, 7), PLACE(a, b, c, d, 8),  \
            PLACE(a, b, c, d, 9), PLACE(a, b, c, d, 10),                       \
            PLACE(a, b, c, d, 11), 0x80, 0x80, 0x80, 0x80                      \
    }
#define LONG(bits, at) (1 + ((bits) >> (at)&1) + ((bits) >> ((at) + 4) & 1))
#define ROW_OF(bits)                                                           \
    ROW(LONG(bits, 0), LONG(bits, 1), LONG(bits, 2), LONG(bits, 3))
#define ROWS_4(bits)                                                           \
    ROW_OF(bits), ROW_OF((bits) + 1), ROW_OF((bits) + 2), ROW_OF((bits) + 3)
#define ROWS_16(bits)                                                          \
    ROWS_4(bits), ROWS_4((bits) + 4), ROWS_4((bits) + 8), ROWS_4((bits) + 12)
#define ROWS_64(bits)                                                          \
    ROWS_16(bits), ROWS_16((bits) + 16), ROWS_16((bits) + 32),                 \
        ROWS_16((bits) + 48)
static const uint8_t together[256][16] = {ROWS_64(0), ROWS_64(64), ROWS_64(128),
                                          ROWS_64(192)};

/* Four units at once, and where each ends; 0: one of them is no code point on
 * its own. Sixteen octets are written. */
__attribute__((target("ssse3"))) static inline uint32_t
put_four(uint8_t *out, const uint8_t *data, uint32_t *cp_octet, uint32_t from)
{
    const __m128i widen =
        _mm_setr_epi8(1, 0, -1, -1, 3, 2, -1, -1, 5, 4, -1, -1, 7, 6, -1, -1);
    __m128i unit = _mm_shuffle_epi8(
        _mm_loadl_epi64((const __m128i *)(const void *)data), widen);
    __m128i two = _mm_cmpgt_epi32(unit, _mm_set1_epi32(0x7F));
    __m128i three = _mm_cmpgt_epi32(unit, _mm_set1_epi32(0x7FF));
    __m128i other = _mm_or_si128(
        _mm_cmpeq_epi32(_mm_and_si128(unit, _mm_set1_epi32(0xF800)),
                        _mm_set1_epi32(0xD800)),
        _mm_cmpeq_epi32(unit, _mm_set1_epi32(FZ_TEXT_PIECE_BREAK)));
    __m128i low = _mm_and_si128(unit, _mm_set1_epi32(0x3F));
    __m128i of_two = _mm_or_si128(
        _mm_or_si128(_mm_set1_epi32(0x80C0), _mm_srli_epi32(unit, 6)),
        _mm_slli_epi32(low, 8));
    __m128i of_three = _mm_or_si128(
        _mm_or_si128(_mm_set1_epi32(0x8080E0), _mm_srli_epi32(unit, 12)),
        _mm_or_si128(
            _mm_slli_epi32(_mm_and_si128(unit, _mm_set1_epi32(0xFC0)), 2),
            _mm_slli_epi32(low, 16)));
    __m128i octets = _mm_or_si128(
        _mm_and_si128(three, of_three),
        _mm_andnot_si128(three, _mm_or_si128(_mm_and_si128(two, of_two),
                                             _mm_andnot_si128(two, unit))));
    __m128i ends = _mm_sub_epi32(_mm_set1_epi32(1), _mm_add_epi32(two, three));
    int row = _mm_movemask_ps(_mm_castsi128_ps(two)) |
              _mm_movemask_ps(_mm_castsi128_ps(three)) << 4;

    if (_mm_movemask_epi8(other) != 0)
        return 0;
    ends = _mm_add_epi32(ends, _mm_slli_si128(ends, 4));
    ends = _mm_add_epi32(ends, _mm_slli_si128(ends, 8));
    _mm_storeu_si128(
        (__m128i *)(void *)out,
        _mm_shuffle_epi8(
            octets,
            _mm_loadu_si128((const __m128i *)(const void *)together[row])));
    _mm_storeu_si128((__m128i *)(void *)cp_octet,
                     _mm_add_epi32(ends, _mm_set1_epi32((int)from)));
    return (uint32_t)_mm_cvtsi128_si32(_mm_srli_si128(ends, 12));
}

/* As many fours as there are; returns how many units. Stops before what is no
 * code point on its own. */
__attribute__((target("ssse3"))) static size_t
copy_fours(const uint8_t *data, size_t units, uint32_t *cp_octet, uint8_t *raw,
           uint8_t **out_io)
{
    uint8_t *out = *out_io;
    size_t done = 0;

    for (; done + 4 <= units; done += 4) {
        uint32_t put = put_four(out, data + 2 * done, cp_octet + done,
                                (uint32_t)(out - raw));

        if (put == 0)
            break;
        out += put;
    }
    *out_io = out;
    return done;
}
#endif

/* The units in front that are code points on their own, but our own mark;
 * returns how many octets. More octets may be written than they have: there is
 * slack behind the text. */
static size_t copy_units(const uint8_t *data, size_t octets, FzText *text)
{
    uint32_t *cp_octet = text->cp_octet + text->chars + 1;
    size_t units = octets / 2, done = 0;
    uint8_t *out = text->raw + text->octets;

    if (units > FZ_LIMIT_TEXT_CHARS - text->chars)
        units = FZ_LIMIT_TEXT_CHARS - text->chars;
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide)
        return 2 * fz_wide_utf16be(data, units, text);
#endif
#ifdef FZ_HAVE_SSSE3
    if (__builtin_cpu_supports("ssse3"))
        done = copy_fours(data, units, cp_octet, text->raw, &out);
#endif
    for (; done < units; done++) {
        uint32_t unit = unit_at(data + 2 * done);

        if (!is_alone(unit))
            break;
        out += put_unit(out, unit);
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

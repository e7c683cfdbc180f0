/* SPDX-License-Identifier: BSD-2-Clause
 *
 * gsm.c - what the GSM default alphabet carries, and how many short messages
 *
 * Source: 3GPP TS 23.038 6.2.1 (alphabet), 6.2.1.1 (extension); TS 23.040
 *         9.2.3.24 (user data header), 9.2.3.24.1 (concatenation)
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/verdict/coding.h"

enum {
    USER_DATA_OCTETS = 140,
    CONCATENATION_OCTETS = 6, /* length, identifier, length, 3 of 8-bit form */
};

/* In the order of their codes; 0x1B is the escape. Every letter and digit of
 * ASCII is in the alphabet and is not listed again. */
static const uint16_t basic[] = {
    '@',    0x00A3, '$',    0x00A5, 0x00E8, 0x00E9, 0x00F9, 0x00EC, 0x00F2,
    0x00C7, '\n',   0x00D8, 0x00F8, '\r',   0x00C5, 0x00E5, 0x0394, '_',
    0x03A6, 0x0393, 0x039B, 0x03A9, 0x03A0, 0x03A8, 0x03A3, 0x0398, 0x039E,
    0x00C6, 0x00E6, 0x00DF, 0x00C9, ' ',    '!',    '"',    '#',    0x00A4,
    '%',    '&',    '\'',   '(',    ')',    '*',    '+',    ',',    '-',
    '.',    '/',    ':',    ';',    '<',    '=',    '>',    '?',    0x00A1,
    0x00C4, 0x00D6, 0x00D1, 0x00DC, 0x00A7, 0x00BF, 0x00E4, 0x00F6, 0x00F1,
    0x00FC, 0x00E0,
};
static const uint16_t extension[] = {
    '\f', '^', '{', '}', '\\', '[', '~', ']', '|', 0x20AC,
};

static bool listed(uint32_t cp, const uint16_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == cp)
            return true;
    return false;
}

uint32_t fz_gsm_char_septets(uint32_t cp)
{
    if ((cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z') ||
        (cp >= '0' && cp <= '9') ||
        listed(cp, basic, sizeof basic / sizeof basic[0]))
        return 1;
    if (listed(cp, extension, sizeof extension / sizeof extension[0]))
        return 2;
    return 0;
}

bool fz_gsm_septets(FzSlice utf8, uint32_t *septets_out)
{
    uint32_t septets = 0;
    size_t at = 0;

    while (at < utf8.octets) {
        uint32_t cp, here;
        size_t used = fz_utf8_decode(utf8.data + at, utf8.octets - at, &cp);

        here = used == 0 ? 0 : fz_gsm_char_septets(cp);
        if (here == 0)
            return false;
        septets += here;
        at += used;
    }
    *septets_out = septets;
    return true;
}

/* --- segments ------------------------------------------------------------- */
/* Units of a message, one character after the other: septets of 7-bit text,
 * octets of everything else. What the gateway cannot code it sends as one
 * question mark. */
typedef struct Walk {
    FzCoding coding;
    FzSlice octets;
    size_t at;
} Walk;

static uint32_t next_units(Walk *walk)
{
    const uint8_t *data = walk->octets.data + walk->at;
    size_t left = walk->octets.octets - walk->at, used;
    uint32_t cp, units;

    switch (walk->coding) {
    case FZ_CODING_UNDEFINED:
    case FZ_CODING_7BIT:
        used = fz_utf8_decode(data, left, &cp);
        walk->at += used == 0 ? 1 : used;
        units = used == 0 ? 0 : fz_gsm_char_septets(cp);
        return units == 0 ? 1 : units;
    case FZ_CODING_UCS2:
        units =
            left >= 4 && (data[0] & 0xFC) == 0xD8 && (data[2] & 0xFC) == 0xDC
                ? 4
            : left >= 2 ? 2
                        : 1;
        walk->at += units;
        return units;
    case FZ_CODING_8BIT:
        break;
    }
    walk->at++;
    return 1;
}

static uint32_t room_for(FzCoding coding, size_t header_octets)
{
    size_t octets = header_octets >= USER_DATA_OCTETS
                        ? 0
                        : USER_DATA_OCTETS - header_octets;

    if (coding == FZ_CODING_7BIT || coding == FZ_CODING_UNDEFINED)
        return (uint32_t)(octets * 8 / 7);
    return (uint32_t)octets;
}

static uint32_t count_segments(FzCoding coding, FzSlice octets, uint32_t room)
{
    Walk walk = {coding, octets, 0};
    uint32_t segments = 1, filled = 0;

    while (walk.at < octets.octets) {
        uint32_t units = next_units(&walk);

        if (filled + units > room && filled > 0) {
            segments++;
            filled = 0;
        }
        filled += units;
    }
    /* one character beyond a header that leaves no room at all */
    return filled > room ? segments + 1 : segments;
}

uint32_t fz_segments(FzCoding coding, FzSlice udh, FzSlice octets)
{
    uint32_t whole =
        count_segments(coding, octets, room_for(coding, udh.octets));

    if (whole == 1)
        return 1;
    return count_segments(coding, octets,
                          room_for(coding, udh.octets + CONCATENATION_OCTETS -
                                               (udh.octets > 0 ? 1 : 0)));
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/sender/idn.h"
#include "engine/text/chars.h"

/* --- punycode ---------------------------------------------------------------
 * The names and numbers are those of RFC 3492 5. */
enum {
    BASE = 36,
    TMIN = 1,
    TMAX = 26,
    SKEW = 38,
    DAMP = 700,
    INITIAL_BIAS = 72,
    INITIAL_N = 0x80,
};

static int digit_of(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
}

static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
    uint32_t k = 0;

    delta = first ? delta / DAMP : delta / 2;
    delta += delta / points;
    for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
        delta /= BASE - TMIN;
    return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* Code points of what stands behind "xn--"; 0 when it is none. */
static uint32_t decode(FzSlice text, uint32_t *point)
{
    uint32_t n = INITIAL_N, i = 0, bias = INITIAL_BIAS, count = 0;
    size_t at = text.octets;

    while (at > 0 && text.data[at - 1] != '-')
        at--;
    for (size_t b = 0; b + 1 < at; b++)
        point[count++] = text.data[b];
    while (at < text.octets) {
        uint32_t before = i, weight = 1;

        for (uint32_t k = BASE;; k += BASE) {
            int digit = at < text.octets ? digit_of(text.data[at++]) : -1;
            uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;

            if (digit < 0 || (uint32_t)digit > (UINT32_MAX - i) / weight)
                return 0;
            i += (uint32_t)digit * weight;
            if ((uint32_t)digit < t)
                break;
            if (weight > UINT32_MAX / (BASE - t))
                return 0;
            weight *= BASE - t;
        }
        if (count == FZ_LABEL_OCTETS)
            return 0;
        bias = adapt(i - before, count + 1, before == 0);
        if (i / (count + 1) > 0x10FFFF - n)
            return 0;
        n += i / (count + 1);
        i %= count + 1;
        memmove(&point[i + 1], &point[i], (count - i) * sizeof *point);
        point[i++] = n;
        count++;
    }
    return count;
}

/* --- as the eye takes it -----------------------------------------------------
 */
uint32_t fz_idn_as_ascii(FzSlice label, uint8_t *room)
{
    uint32_t point[FZ_LABEL_OCTETS], count, used = 0;

    if (label.octets < 5 || label.octets > FZ_LABEL_OCTETS ||
        memcmp(label.data, "xn--", 4) != 0)
        return 0;
    count = decode(fz_slice(label.data + 4, label.octets - 4), point);
    for (uint32_t i = 0; i < count; i++) {
        const FzChar *it = fz_char(point[i]);
        const uint8_t *text =
            fz_table_strings + (it->skel != 0 ? it->skel : it->fold);
        uint8_t one[2] = {1, (uint8_t)point[i]};

        if (it->skel == 0 && it->fold == 0) {
            if (point[i] >= 0x80)
                return 0;
            text = one;
        }
        for (uint8_t o = 1; o <= text[0]; o++) {
            if (text[o] >= 0x80 || used == FZ_LABEL_OCTETS)
                return 0;
            room[used++] = text[o];
        }
    }
    return used;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_decode.c - headers and octets of up to four parts
 *
 * Input: for each part an octet of coding (low two bits), one of header
 * length, one of text length, then header and text.
 */
#include "config.h"

#include "base/cpu.h"
#include "base/utf8.h"
#include "engine/decode/decode.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static FzText text;

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* What every text promises. */
static void check_text(FzStatus status)
{
    static const uint8_t nothing[64];

    demand(status == FZ_OK || (status == FZ_E_SYNTAX && text.chars == 0));
    demand(fz_utf8_valid(text.raw, text.octets));
    demand(text.chars <= FZ_LIMIT_TEXT_CHARS);
    demand(text.chars == fz_utf8_chars(text.raw, text.octets));
    demand(text.cp_octet[0] == 0);
    demand(text.cp_octet[text.chars] == text.octets);
    for (uint32_t i = 0; i < text.chars; i++)
        demand(text.cp_octet[i] < text.cp_octet[i + 1]);
    demand(memcmp(text.raw + text.octets, nothing, sizeof nothing) == 0);
    demand(text.part_count >= 1);
    for (uint16_t i = 0; i < text.part_count; i++) {
        demand(text.parts[i].cp_from <= text.chars);
        demand(i == 0 || (text.parts[i].cp_from >= text.parts[i - 1].cp_from &&
                          text.parts[i].number > text.parts[i - 1].number));
        demand(fz_text_part(&text, text.chars) != NULL);
    }
}

/* The form that looks at one octet after another gives the same. */
static void check_form(const FzMessage *parts, size_t count)
{
    static FzText other;
    bool wide = fz_cpu_is_wide;
    FzStatus status;

    if (other.raw == NULL)
        fz_text_init(&other);
    fz_cpu_is_wide = false;
    status = fz_decode_parts(parts, count, &other);
    fz_cpu_is_wide = wide;
    demand(fz_decode_parts(parts, count, &text) == status);
    check_text(status);
    demand(text.flags == other.flags);
    demand(fz_slice_equal(fz_slice(text.raw, text.octets),
                          fz_slice(other.raw, other.octets)));
    demand(memcmp(text.cp_octet, other.cp_octet,
                  (text.chars + 1) * sizeof *text.cp_octet) == 0);
    demand(text.part_count == other.part_count);
    for (uint16_t i = 0; i < text.part_count; i++)
        demand(text.parts[i].cp_from == other.parts[i].cp_from);
}

static size_t take(const uint8_t **data, size_t *left, size_t want,
                   FzSlice *slice_out)
{
    size_t n = want < *left ? want : *left;

    *slice_out = fz_slice(*data, n);
    *data += n;
    *left -= n;
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static const FzCoding codings[] = {FZ_CODING_7BIT, FZ_CODING_8BIT,
                                       FZ_CODING_UCS2, FZ_CODING_UNDEFINED};
    FzMessage parts[4];
    size_t count = 0;

    if (text.raw == NULL)
        fz_text_init(&text);
    while (octets >= 3 && count < 4) {
        FzMessage *part = &parts[count++];
        size_t udh = data[1], more = data[2];

        memset(part, 0, sizeof *part);
        part->coding = codings[data[0] & 3];
        data += 3;
        octets -= 3;
        take(&data, &octets, udh, &part->udh);
        take(&data, &octets, more, &part->octets);
    }
    for (size_t i = 0; i < count; i++)
        check_text(fz_decode(&parts[i], &text));
    if (count > 0)
        check_form(parts, count);
    return 0;
}

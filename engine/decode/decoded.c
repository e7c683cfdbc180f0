/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/decode/charset.h"
#include "engine/decode/decode.h"

void fz_text_init(FzText *text)
{
    memset(text, 0, sizeof *text);
    text->raw = fz_malloc(FZ_LIMIT_TEXT_OCTETS + FZ_TEXT_SLACK_OCTETS);
    text->cp_octet = fz_malloc(
        (FZ_LIMIT_TEXT_CHARS + 1 + FZ_TEXT_SLACK_PLACES) * sizeof(uint32_t));
    text->parts = fz_malloc(FZ_LIMIT_PARTS * sizeof(FzTextPart));
    text->joined = fz_malloc(FZ_LIMIT_TEXT_OCTETS);
    fz_text_reset(text);
}

void fz_text_clear(FzText *text)
{
    fz_free(text->raw);
    fz_free(text->cp_octet);
    fz_free(text->parts);
    fz_free(text->joined);
    memset(text, 0, sizeof *text);
}

void fz_text_reset(FzText *text)
{
    text->octets = 0;
    text->chars = 0;
    text->cp_octet[0] = 0;
    text->part_count = 0;
    text->flags = 0;
}

bool fz_text_put(FzText *text, uint32_t cp)
{
    if (text->chars >= FZ_LIMIT_TEXT_CHARS) {
        text->flags |= FZ_TEXT_TRUNCATED;
        return false;
    }
    text->octets += (uint32_t)fz_utf8_encode(cp, text->raw + text->octets);
    text->chars++;
    text->cp_octet[text->chars] = text->octets;
    return true;
}

void fz_text_begin_part(FzText *text, uint8_t number)
{
    text->parts[text->part_count].cp_from = (uint16_t)text->chars;
    text->parts[text->part_count].number = number;
    text->part_count++;
}

void fz_text_finish(FzText *text)
{
    memset(text->raw + text->octets, 0, FZ_TEXT_SLACK_OCTETS);
}

const FzTextPart *fz_text_part(const FzText *text, uint32_t cp_at)
{
    uint16_t i = 0;

    while (i + 1 < text->part_count && text->parts[i + 1].cp_from <= cp_at)
        i++;
    return &text->parts[i];
}

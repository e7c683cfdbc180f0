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
    text->cp_octet = fz_malloc((FZ_LIMIT_TEXT_CHARS + 1) * sizeof(uint32_t));
    text->parts = fz_malloc(FZ_LIMIT_PARTS * sizeof(FzTextPart));
    fz_text_reset(text);
}

void fz_text_clear(FzText *text)
{
    fz_free(text->raw);
    fz_free(text->cp_octet);
    fz_free(text->parts);
    memset(text, 0, sizeof *text);
}

void fz_text_reset(FzText *text)
{
    text->octets = 0;
    text->chars = 0;
    text->cp_octet[0] = 0;
    text->part_count = 0;
    text->flags = 0;
    memset(text->raw, 0, FZ_TEXT_SLACK_OCTETS);
}

bool fz_text_put(FzText *text, uint32_t cp)
{
    if (text->chars >= FZ_LIMIT_TEXT_CHARS) {
        text->flags |= FZ_TEXT_TRUNCATED;
        return false;
    }
    text->octets += fz_utf8_encode(cp, text->raw + text->octets);
    text->chars++;
    text->cp_octet[text->chars] = text->octets;
    return true;
}

void fz_text_begin_part(FzText *text, uint8_t number)
{
    if (text->part_count >= FZ_LIMIT_PARTS) {
        text->flags |= FZ_TEXT_TRUNCATED;
        return;
    }
    text->parts[text->part_count].cp_from = (uint16_t)text->chars;
    text->parts[text->part_count].number = number;
    text->part_count++;
}

void fz_text_finish(FzText *text)
{
    memset(text->raw + text->octets, 0, FZ_TEXT_SLACK_OCTETS);
}

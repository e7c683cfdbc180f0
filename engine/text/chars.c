/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/text/chars.h"
#include "engine/text/unicode_tables.h"

bool fz_char_is_host(uint32_t cp)
{
    const FzChar *it;

    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') ||
               (cp >= 'A' && cp <= 'Z');
    it = fz_char(cp);
    return fz_char_class(it) == FZ_CLASS_LETTER &&
           fz_char_script(it) >= FZ_SCRIPT_LATIN &&
           fz_char_script(it) <= FZ_SCRIPT_ARMENIAN;
}

bool fz_char_is_flag(uint32_t first, uint32_t second)
{
    return first < 26 && second < 26 && (table_flags[first] >> second & 1);
}

static bool is_among(const uint32_t *sorted, size_t count, uint32_t cp)
{
    for (size_t i = 0; i < count; i++)
        if (sorted[i] == cp)
            return true;
    return false;
}

bool fz_char_heart_before(uint32_t cp)
{
    return is_among(table_heart_before,
                    sizeof table_heart_before / sizeof *table_heart_before, cp);
}

bool fz_char_heart_after(uint32_t cp)
{
    return is_among(table_heart_after,
                    sizeof table_heart_after / sizeof *table_heart_after, cp);
}

bool fz_char_stroke_is_i(uint8_t before, uint8_t after)
{
    uint32_t row = 26, column = 26;

    if (before >= 'a' && before <= 'z')
        row = (uint32_t)(before - 'a');
    if (after >= 'a' && after <= 'z')
        column = (uint32_t)(after - 'a');
    else if (after == '1')
        column = 27;
    return table_strokes[row] >> column & 1;
}

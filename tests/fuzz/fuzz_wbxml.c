/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_wbxml.c - a WAP push, with its headers and as the document alone
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/charset.h"
#include "engine/decode/decode.h"
#include "engine/decode/wbxml.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static FzText text;

static void check(bool read)
{
    if (!fz_utf8_valid(text.raw, text.octets))
        abort();
    if (!read && text.chars != 0) /* what failed left nothing behind */
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    FzSlice all = fz_slice(data, octets);

    if (text.raw == NULL)
        fz_text_init(&text);
    fz_text_reset(&text);
    check(fz_wap_push(all, &text));
    fz_text_reset(&text);
    check(fz_wbxml_push(all, &text));
    return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_rewrite.c - edits anywhere in a message of any octets
 *
 * Input: coding, length of the header, number of edits, two octets and a
 * choice of words an edit, the header, the message. Held to: the result
 * decodes to the text that was made, a header's message fits its 140 octets,
 * and characters outside the edits stay.
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/decode/decode.h"
#include "engine/verdict/rewrite.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

enum { EDITS = 8 };

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check(const FzMessage *message, const FzRewrite *rewrite,
                  FzText *again)
{
    FzMessage back = *message;

    require(fz_utf8_valid(rewrite->text.data, rewrite->text.octets));
    if (message->udh.octets > 0)
        require(fz_segments(rewrite->coding, message->udh,
                            fz_buf_slice(&rewrite->octets)) == 1);
    if (rewrite->coding == FZ_CODING_8BIT)
        return; /* what it is taken for depends on all of its octets */
    back.coding = rewrite->coding;
    back.octets = fz_buf_slice(&rewrite->octets);
    require(fz_decode(&back, again) == FZ_OK || rewrite->text.octets == 0);
    require(fz_slice_equal(fz_slice(again->raw, again->octets),
                           fz_buf_slice(&rewrite->text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    static const char *const words[] = {
        "x", "谨防", "", "(removed)", "\xF0\x9F\x92\xB0", "é"};
    static FzText text, again;
    static FzRewrite rewrite;
    FzMessage message = {0};
    FzEdit edits[EDITS];
    size_t count, udh, at = 3;

    if (text.raw == NULL) {
        fz_text_init(&text);
        fz_text_init(&again);
        fz_rewrite_init(&rewrite);
    }
    if (octets < 3)
        return 0;
    count = data[2] % (EDITS + 1);
    udh = data[1] % 16;
    if (octets < 3 + 3 * count + udh)
        return 0;
    for (size_t i = 0; i < count; i++, at += 3)
        edits[i] =
            (FzEdit){{data[at], (uint16_t)(data[at] + data[at + 1] % 8)},
                     words[data[at + 2] % (sizeof words / sizeof words[0])]};
    message.coding = (FzCoding)(data[0] % 4 - 1);
    message.udh = fz_slice(data + at, udh);
    message.octets = fz_slice(data + at + udh, octets - at - udh);
    if (fz_decode(&message, &text) == FZ_OK &&
        fz_rewrite_edits(&message, &text, edits, count, 1, &rewrite) == FZ_OK)
        check(&message, &rewrite, &again);
    return 0;
}

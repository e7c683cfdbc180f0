/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dump_folds.c - what every code point folds to, for comparing with others
 *
 * A line: code point; folded form; skeleton. All in hexadecimal code points;
 * the skeleton is empty where it is the folded form. What is itself is left
 * out. Read by tests/check_folds.py.
 */
#include "config.h"

#include "base/utf8.h"
#include "engine/text/chars.h"

#include <stdio.h>

static void print_octets(FzSlice octets)
{
    uint32_t cp;

    for (size_t at = 0; at < octets.octets;) {
        at += fz_utf8_decode(octets.data + at, octets.octets - at, &cp);
        printf(" %X", cp);
    }
}

int main(void)
{
    for (uint32_t cp = 0; cp <= 0x10FFFF; cp++) {
        const FzChar *it = fz_char(cp);
        const uint8_t *skeleton = fz_table_strings + it->skel;
        bool nothing = fz_char_class(it) == FZ_CLASS_IGNORED ||
                       fz_char_class(it) == FZ_CLASS_MARK;

        if (cp >= 0xD800 && cp <= 0xDFFF)
            continue;
        if (it->fold == 0 && it->skel == 0 && !nothing)
            continue; /* itself */
        printf("%X;", cp);
        if (it->fold != 0)
            print_octets(fz_char_folded(it));
        else if (!nothing)
            printf(" %X", cp);
        printf(";");
        if (it->skel != 0)
            print_octets(fz_slice(skeleton + 1, *skeleton));
        printf("\n");
    }
    return 0;
}

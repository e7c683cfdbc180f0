/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/cpu.h"
#include "engine/text/plain_codes.h"
#include "engine/text/state.h"

#ifdef FZ_CPU_WIDE
FzCodes fz_codes;

static uint8_t kind_of(const FzChar *it)
{
    switch (fz_char_class(it)) {
    case FZ_CLASS_LETTER:
        return IS_LETTER;
    case FZ_CLASS_DIGIT:
        return IS_DIGIT;
    case FZ_CLASS_SPACE:
        return IS_SPACE;
    case FZ_CLASS_SIGN:
        return it->flags & FZ_CHAR_ORDINARY ? IS_ORDINARY : IS_ODD;
    case FZ_CLASS_OTHER:
    case FZ_CLASS_HAN:
    case FZ_CLASS_IGNORED:
    case FZ_CLASS_MARK:
    case FZ_CLASS_BREAK:
        break;
    }
    return IS_STRANGE;
}

/* A code that folds to this octet and is of this kind. */
static uint8_t code_for(uint8_t octet, uint8_t kind)
{
    if (fz_codes.kind[octet] == kind)
        return octet;
    for (uint8_t code = CODE_OTHERS; code < CODE_OTHERS_END; code++) {
        if (fz_codes.folded[code] == 0) {
            fz_codes.folded[code] = octet;
            fz_codes.kind[code] = kind;
        }
        if (fz_codes.folded[code] == octet && fz_codes.kind[code] == kind)
            return code;
    }
    return CODE_NONE;
}

static uint8_t code_of_sign(uint32_t cp)
{
    const FzChar *it = fz_char(cp);
    FzSlice folded = fz_char_folded(it);
    uint8_t kind = kind_of(it);

    if (!(kind & (IS_SPACE | IS_ORDINARY | IS_ODD)) || it->skel != 0 ||
        !(it->flags & FZ_CHAR_FULLWIDTH) != (cp < 0xFF00))
        return CODE_NONE;
    if (fz_slice_is(folded, "...") && kind == IS_ORDINARY)
        return CODE_DOTS;
    if (it->flags & ~(FZ_CHAR_FULLWIDTH | FZ_CHAR_ORDINARY | FZ_CHAR_DOT))
        return CODE_NONE;
    if (kind == IS_SPACE)
        return ' ';
    if (folded.data == NULL && (it->flags & FZ_CHAR_DOT))
        return kind == IS_ORDINARY ? CODE_STOP : CODE_NONE;
    if (folded.data == NULL)
        return kind == IS_ORDINARY ? CODE_SELF_ORDINARY : CODE_SELF_ODD;
    /* @ and $ in the folded view are read as ASCII */
    if (folded.octets != 1 || *folded.data == '@' || *folded.data == '$')
        return CODE_NONE;
    return code_for(*folded.data, kind);
}

static void tell_neighbours(uint8_t octet)
{
    const FzChar *it = &fz_table_ascii[octet];
    bool stroke = octet == '!' || octet == '|';
    bool leet =
        kind_of(it) != IS_DIGIT && (it->flags & FZ_CHAR_LEET) && !stroke;
    uint8_t *before = &fz_codes.before[octet],
            *follows = &fz_codes.follows[octet];

    if (kind_of(it) == IS_STRANGE)
        *follows |= BESIDE_NOTHING;
    if (octet == 'I')
        *follows |= BESIDE_CAPITAL_I;
    if (octet == 'l')
        *before |= BESIDE_SMALL_L;
    if (is_small(octet))
        *before |= BESIDE_CAPITAL_I;
    if (is_capital(octet))
        *follows |= BESIDE_SMALL_L;
    if (stroke)
        *before |= BESIDE_STROKE;
    if (kind_of(it) == IS_LETTER) {
        *before |= BESIDE_SIGN | BESIDE_WORD;
        *follows |= BESIDE_STROKE | BESIDE_LETTER | BESIDE_NUMBER;
    }
    if (leet) {
        *before |= BESIDE_SIGN | BESIDE_LETTER | BESIDE_WORD;
        *follows |= BESIDE_STROKE | BESIDE_SIGN | BESIDE_NUMBER;
    }
    if (kind_of(it) == IS_DIGIT) {
        *before |= BESIDE_NUMBER;
        *follows |= BESIDE_STROKE | BESIDE_WORD;
    }
}

__attribute__((constructor)) static void make_tables(void)
{
    static const uint32_t first[PAGES] = {0x2000, 0x3000, 0xFF00, 0xFF40};

    for (uint32_t i = 0; i < 256; i++)
        fz_codes.octet[i] = (uint8_t)i;
    for (uint32_t i = 0; i < 4 * 64; i++)
        fz_codes.place[i / 64][i % 64] =
            (i % 64 + (i / 64 < 3 ? i / 64 : 127)) % 128;
    for (uint8_t octet = 0; octet < 128; octet++) {
        const FzChar *it = &fz_table_ascii[octet];

        tell_neighbours(octet);
        fz_codes.kind[octet] = kind_of(it);
        if (fz_codes.kind[octet] != IS_STRANGE)
            fz_codes.folded[octet] =
                it->fold == 0 ? octet : *fz_char_folded(it).data;
    }
    fz_codes.kind[CODE_SELF_ORDINARY] = IS_ORDINARY | IS_SELF;
    fz_codes.kind[CODE_SELF_ODD] = IS_ODD | IS_SELF;
    fz_codes.kind[CODE_STOP] = IS_ORDINARY | IS_SELF;
    fz_codes.kind[CODE_DOTS] = IS_ORDINARY | IS_DOTS;
    for (uint32_t page = 0; page < PAGES; page++)
        for (uint32_t i = 0; i < 64; i++)
            fz_codes.sign[page][i] = code_of_sign(first[page] + i);
    for (uint32_t i = 0; i < 64; i++)
        fz_codes.digit[i] = '0' + fz_char(fz_table_numerals[i])->digit;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/text/token.h"

#define TOKEN_OCTETS 40 /* no word to find is longer */

/* How strokes are read: bit n says that stroke n is an i. Three strokes are
 * read in every way; of more, all of them in one way and by their neighbours.
 * All readings of the longest token fit FZ_VIEW_SLACK_OCTETS. */
#define READINGS 9
#define READ_ALL_L 0u
#define READ_ALL_I ~0u
#define READ_BY_NEIGHBOURS (1u << 31)
#define STROKES_READ 3

typedef struct Token {
    uint8_t octets[TOKEN_OCTETS];
    uint16_t map[TOKEN_OCTETS];
    uint32_t length;
} Token;

static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

static bool is_stroke(uint8_t octet)
{
    return octet == '1' || octet == '!' || octet == '|' ||
           octet == FZ_TOKEN_CAPITAL_I || octet == FZ_TOKEN_SMALL_L;
}

/* Does the digit at `at` belong to a number, before or behind the letters? */
static bool is_number(const uint8_t *octets, uint32_t length, uint32_t at)
{
    uint32_t from = at, to = at;
    bool one = true;

    while (from > 0 && is_digit(octets[from - 1]))
        from--;
    for (; to < length && is_digit(octets[to]); to++)
        one = one && octets[to] == octets[from];
    return to - from >= TOKEN_NUMBER && !one && (from == 0 || to == length);
}

/* What the letters around make likelier. */
static uint8_t read_by_neighbours(const Token *token, uint32_t at,
                                  const Token *read)
{
    uint8_t before = read->length > 0 ? read->octets[read->length - 1] : 0;
    uint8_t after = at + 1 < token->length ? token->octets[at + 1] : 0;

    if (is_stroke(after))
        after = '1';
    else if (after >= '0' && after < 0x80 &&
             (fz_table_ascii[after].flags & FZ_CHAR_LEET))
        after = fz_table_strings[fz_table_ascii[after].skel + 1];
    return fz_char_stroke_is_i(before, after) ? 'i' : 'l';
}

/* The letter that the code point at `at` is read as; 0: none. */
static uint8_t read_char(const Token *token, uint32_t at, const FzChar *it,
                         uint32_t reading, uint32_t stroke, const Token *read)
{
    uint8_t octet = token->octets[at];

    if (is_digit(octet) && is_number(token->octets, token->length, at))
        return 0;
    if (is_stroke(octet)) {
        if (reading == READ_BY_NEIGHBOURS)
            return read_by_neighbours(token, at, read);
        return reading >> (stroke & 31) & 1 ? 'i' : 'l';
    }
    return it->flags & FZ_CHAR_LEET ? fz_table_strings[it->skel + 1] : 0;
}

/* One reading of a token; true when a letter was read. */
static bool read_token(const Token *token, uint32_t reading, Token *read)
{
    uint32_t stroke = 0;
    bool any = false;

    read->length = 0;
    for (uint32_t at = 0; at < token->length;) {
        const FzChar *it = &fz_table_ascii[token->octets[at] & 0x7F];
        uint32_t cp, used = 1;
        uint8_t letter;

        if (token->octets[at] >= 0x80) {
            used = (uint32_t)fz_utf8_decode(token->octets + at,
                                            token->length - at, &cp);
            it = fz_char(cp);
        }
        letter = read_char(token, at, it, reading, stroke, read);
        stroke += is_stroke(token->octets[at]);
        if (letter != 0) {
            read->octets[read->length] = letter;
            read->map[read->length] = token->map[at];
            read->length++;
            any |= letter != (token->octets[at] | 0x20);
        } else {
            memcpy(read->octets + read->length, token->octets + at, used);
            memcpy(read->map + read->length, token->map + at,
                   used * sizeof *read->map);
            read->length += used;
        }
        at += used;
    }
    return any;
}

/* Write down the readings to try, the likeliest first; returns how many. */
static uint32_t choose_readings(const Token *token, uint32_t *readings)
{
    uint32_t strokes = 0, count = 0;

    for (uint32_t i = 0; i < token->length; i++)
        strokes += is_stroke(token->octets[i]);
    readings[count++] = READ_BY_NEIGHBOURS;
    if (strokes == 0)
        return count;
    if (strokes > STROKES_READ) {
        readings[count++] = READ_ALL_L;
        readings[count++] = READ_ALL_I;
        return count;
    }
    for (uint32_t i = 0; i < 1u << strokes; i++)
        readings[count++] = i;
    return count;
}

static bool is_same(const Token *a, const Token *b)
{
    return a->length == b->length &&
           memcmp(a->octets, b->octets, a->length) == 0;
}

static void put_token(FzOut *skeleton, const Token *token, bool apart)
{
    if (apart)
        fz_out_octet(skeleton, ' ', token->map[0]);
    memcpy(skeleton->octets + skeleton->length, token->octets, token->length);
    memcpy(skeleton->map + skeleton->length, token->map,
           token->length * sizeof *token->map);
    skeleton->length += token->length;
}

void fz_token_settle(FzOut *skeleton, uint32_t from)
{
    for (uint32_t i = from; i < skeleton->length; i++)
        if (skeleton->octets[i] == FZ_TOKEN_CAPITAL_I ||
            skeleton->octets[i] == FZ_TOKEN_SMALL_L)
            skeleton->octets[i] |= 0x20;
}

/* A token without strokes and signs of several octets, in place; false when it
 * has one. */
static bool read_in_place(uint8_t *octets, uint32_t length, bool *any_out)
{
    *any_out = false;
    for (uint32_t i = 0; i < length; i++)
        if (is_stroke(octets[i]) || octets[i] >= 0x80)
            return false;
    for (uint32_t i = 0; i < length; i++) {
        const FzChar *it = &fz_table_ascii[octets[i]];

        if (!(it->flags & FZ_CHAR_LEET) ||
            (is_digit(octets[i]) && is_number(octets, length, i)))
            continue;
        octets[i] |= 0x80; /* read below: a number must not fall apart */
    }
    for (uint32_t i = 0; i < length; i++)
        if (octets[i] & 0x80) {
            octets[i] =
                fz_table_strings[fz_table_ascii[octets[i] & 0x7F].skel + 1];
            *any_out = true;
        }
    return true;
}

bool fz_token_may_change(FzSlice token)
{
    for (uint32_t i = 0; i < token.octets; i++) {
        uint8_t octet = token.data[i];

        if (octet >= 0x80 ||
            ((fz_table_ascii[octet].flags & FZ_CHAR_LEET) &&
             !(is_digit(octet) &&
               is_number(token.data, (uint32_t)token.octets, i))))
            return true;
    }
    return false;
}

bool fz_token_would_change(FzSlice token)
{
    uint8_t octets[READINGS * (TOKEN_OCTETS + 8)];
    uint16_t map[READINGS * (TOKEN_OCTETS + 8)] = {0};
    FzOut out = {octets, map, (uint32_t)token.octets};

    if (token.octets > TOKEN_OCTETS || !fz_token_may_change(token))
        return false;
    memcpy(octets, token.data, token.octets);
    return fz_token_read(&out, 0) || out.length != token.octets ||
           memcmp(octets, token.data, token.octets) != 0;
}

bool fz_token_read(FzOut *skeleton, uint32_t from)
{
    uint32_t length = skeleton->length - from, kept = 0;
    uint32_t readings[READINGS], count;
    Token token, read[READINGS];
    bool any = false;

    if (length > TOKEN_OCTETS) {
        fz_token_settle(skeleton, from);
        return false;
    }
    if (read_in_place(skeleton->octets + from, length, &any))
        return any;
    memcpy(token.octets, skeleton->octets + from, length);
    memcpy(token.map, skeleton->map + from, length * sizeof *token.map);
    token.length = length;
    count = choose_readings(&token, readings);
    for (uint32_t i = 0; i < count; i++) {
        bool twice = false;

        any |= read_token(&token, readings[i], &read[kept]);
        for (uint32_t j = 0; j < kept; j++)
            twice |= is_same(&read[j], &read[kept]);
        kept += !twice;
    }
    skeleton->length = from;
    for (uint32_t i = 0; i < kept; i++)
        put_token(skeleton, &read[i], i > 0);
    /* the word behind it must find the likeliest before it, too */
    if (kept > 1)
        put_token(skeleton, &read[0], true);
    return any;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/sender/claims.h"

#include <stddef.h>
#include <string.h>

/* Characters in a signature; providers allow 2 to 18. */
#define SIGN_CHARS 24
#define CODE_REACH_CHARS 20
#define CODE_OCTETS 33 /* of an origin-bound code, with its mark */

static const char *const code_words[] = {
    "验证码", "校验码", "动态码",   "动态密码", "确认码",   "随机码", "激活码",
    "code",   "otp",    "passcode", "pin",      "password", "tan",    NULL};

typedef struct Text {
    const uint8_t *octets;
    uint32_t length;
} Text;

static bool is_digit(const Text *text, uint32_t at)
{
    return at < text->length && text->octets[at] >= '0' &&
           text->octets[at] <= '9';
}

static bool is_letter(const Text *text, uint32_t at)
{
    return at < text->length && text->octets[at] >= 'a' &&
           text->octets[at] <= 'z';
}

static uint32_t word_at(const Text *text, uint32_t at, const char *word)
{
    uint32_t octets = (uint32_t)strlen(word);

    return at + octets <= text->length &&
                   memcmp(text->octets + at, word, octets) == 0
               ? octets
               : 0;
}

static uint32_t char_before(const Text *text, uint32_t at)
{
    do
        at--;
    while (at > 0 && (text->octets[at] & 0xC0) == 0x80);
    return at;
}

static uint32_t char_behind(const Text *text, uint32_t at)
{
    do
        at++;
    while (at < text->length && (text->octets[at] & 0xC0) == 0x80);
    return at;
}

/* --- signatures ------------------------------------------------------------
 */
/* The pair of brackets that opens at `at': octets behind its end, or 0. */
static uint32_t bracket_end(const Text *text, uint32_t at)
{
    const char *closing = "\xE3\x80\x91"; /* 】 */
    uint32_t inside = word_at(text, at, "\xE3\x80\x90"), from;

    if (inside == 0 && word_at(text, at, "[") != 0) {
        inside = 1;
        closing = "]";
    }
    if (inside == 0)
        return 0;
    from = at += inside;
    for (int chars = 0; at < text->length && chars <= SIGN_CHARS; chars++) {
        uint32_t end = word_at(text, at, closing);

        if (end != 0)
            return at > from ? at + end : 0;
        at = char_behind(text, at);
    }
    return 0;
}

static bool ends_in_bracket(const Text *text)
{
    return text->length >= 3 &&
           (text->octets[text->length - 1] == ']' ||
            word_at(text, text->length - 3, "\xE3\x80\x91") != 0);
}

uint32_t fz_claims_signatures(const uint8_t *octets, uint32_t length,
                              FzPlace *place)
{
    Text text = {octets, length};
    uint32_t end = bracket_end(&text, 0), at = length, count = 0;

    if (end != 0)
        place[count++] = (FzPlace){0, end};
    if (!ends_in_bracket(&text))
        return count;
    for (int chars = 0; at > end && chars <= SIGN_CHARS + 2; chars++) {
        at = char_before(&text, at);
        if (bracket_end(&text, at) == length) {
            place[count++] = (FzPlace){at, length};
            break;
        }
    }
    return count;
}

FzPlace fz_claims_inside(const uint8_t *octets, FzPlace signature)
{
    uint32_t bracket = octets[signature.from] == '[' ? 1 : 3;

    return (FzPlace){signature.from + bracket, signature.to - bracket};
}

/* --- codes ------------------------------------------------------------------
 */
static bool code_word_at(const Text *text, uint32_t at)
{
    for (const char *const *word = code_words; *word != NULL; word++) {
        uint32_t octets = word_at(text, at, *word);

        /* a Latin one must end there, as `pin' is none of `ping' */
        if (octets != 0 &&
            !(is_letter(text, at + octets - 1) && is_letter(text, at + octets)))
            return true;
    }
    return false;
}

static bool near_code_word(const Text *text, uint32_t from, uint32_t to)
{
    for (int chars = 0; from > 0 && chars < CODE_REACH_CHARS; chars++) {
        from = char_before(text, from);
        if (code_word_at(text, from))
            return true;
    }
    for (int chars = 0; to < text->length && chars < CODE_REACH_CHARS;
         chars++) {
        if (code_word_at(text, to))
            return true;
        to = char_behind(text, to);
    }
    return false;
}

bool fz_claims_code(const uint8_t *octets, uint32_t length, uint32_t at,
                    FzPlace *place)
{
    Text text = {octets, length};

    while (at < length) {
        uint32_t from = at++;

        if (!is_digit(&text, from))
            continue;
        while (is_digit(&text, at))
            at++;
        if (at - from >= 4 && at - from <= 8 &&
            !(from > 0 && is_letter(&text, from - 1)) &&
            !is_letter(&text, at) && near_code_word(&text, from, at)) {
            *place = (FzPlace){from, at};
            return true;
        }
    }
    return false;
}

/* --- origin-bound codes ------------------------------------------------------
 * Source: WICG, origin-bound one-time codes: the last line is "@host #code" */
static bool is_host_octet(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '-';
}

bool fz_claims_origin(const uint8_t *octets, uint32_t length, FzPlace *host)
{
    uint32_t last = length < CODE_OCTETS ? length : CODE_OCTETS, at;
    const uint8_t *mark = memrchr(octets + length - last, '#', last);

    if (mark == NULL)
        return false;
    at = (uint32_t)(mark - octets) + 1;
    if (at < 4 || octets[at - 2] != ' ' ||
        memchr(mark, '\n', length - at + 1) != NULL)
        return false;
    host->to = at -= 2;
    while (at > 0 && is_host_octet(octets[at - 1]))
        at--;
    host->from = at;
    /* folding makes one blank of a line's end */
    return at > 0 && octets[at - 1] == '@' && at < host->to &&
           (at == 1 || octets[at - 2] == ' ' || octets[at - 2] == '\n');
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/wording.h"
#include "engine/text/chars.h"

#include <string.h>

/* --- names and numbers ---------------------------------------------------- */

static bool is_host_octet(uint8_t octet)
{
    return (octet >= '0' && octet <= '9') || (octet >= 'a' && octet <= 'z') ||
           (octet >= 'A' && octet <= 'Z') || octet == '-';
}

/* The octets behind `name' at a place; -1: it is not there. Escapes of points
 * are skipped. */
static long behind(FzSlice word, size_t at, const char *name)
{
    for (; *name != '\0'; name++, at++) {
        if (*name == '.' && at < word.octets && word.data[at] == '\\')
            at++;
        if (at >= word.octets || word.data[at] != (uint8_t)*name)
            return -1;
    }
    return (long)at;
}

bool fz_wording_is_reserved(FzSlice word)
{
    static const char *const reserved[] = {
        ".example",    ".test",       ".invalid",   ".localhost",
        "example.com", "example.org", "example.net"};

    for (size_t at = 0; at < word.octets; at++) {
        for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
            long to = behind(word, at, reserved[i]);

            /* a label of its own, and the last of the host */
            if (to >= 0 &&
                (reserved[i][0] == '.' || at == 0 ||
                 !is_host_octet(word.data[at - 1])) &&
                ((size_t)to == word.octets ||
                 (!is_host_octet(word.data[to]) && word.data[to] != '.' &&
                  word.data[to] != '\\')))
                return true;
        }
    }
    return false;
}

bool fz_wording_is_number(FzSlice word)
{
    unsigned digits = 0;

    for (size_t at = 0; at < word.octets; at++) {
        digits = word.data[at] >= '0' && word.data[at] <= '9' ? digits + 1 : 0;
        if (digits == FZ_LINT_NUMBER_DIGITS)
            return true;
    }
    return false;
}

/* --- regexes -------------------------------------------------------------- */

uint32_t fz_wording_unfolded(const char *regex)
{
    size_t octets = strlen(regex), used;
    uint32_t cp;

    for (size_t at = 0; at < octets; at += used) {
        used = fz_utf8_decode((const uint8_t *)regex + at, octets - at, &cp);
        if (used == 0)
            return 0; /* the gate let none through */
        if (cp == '\\' && at + 1 < octets) {
            used = 2; /* \D, \pL, \p{Lu}: no character of the text */
            if (at + 2 < octets && regex[at + 2] == '{')
                used += strcspn(regex + at + 2, "}");
            continue;
        }
        if (fz_char_folded(fz_char(cp)).data != NULL)
            return cp;
    }
    return 0;
}

bool fz_wording_has_han(const char *text)
{
    size_t octets = strlen(text), used;
    uint32_t cp;

    for (size_t at = 0; at < octets; at += used) {
        used = fz_utf8_decode((const uint8_t *)text + at, octets - at, &cp);
        if (used == 0)
            return false;
        if (fz_char_script(fz_char(cp)) == FZ_SCRIPT_HAN)
            return true;
    }
    return false;
}

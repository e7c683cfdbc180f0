/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/keyform.h"

#include "base/utf8.h"
#include "engine/list/probe.h"
#include "engine/list/shared.h"
#include "engine/url/canonical.h"
#include "engine/url/octets.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static bool starts(FzSlice text, const char *with)
{
    size_t octets = strlen(with);

    return text.octets >= octets && memcmp(text.data, with, octets) == 0;
}

static FzSlice behind(FzSlice text, size_t octets)
{
    return fz_slice(text.data + octets, text.octets - octets);
}

static FzSlice trim(FzSlice text)
{
    while (text.octets > 0 && text.data[0] <= ' ')
        text = behind(text, 1);
    while (text.octets > 0 && text.data[text.octets - 1] <= ' ')
        text.octets--;
    return text;
}

static bool is_word(uint8_t c)
{
    return fz_is_alnum(c) || c == '_' || c == '-';
}

/* --- addresses --------------------------------------------------------------
 */
static bool read_bits(const char *text, unsigned most, uint8_t *bits_out)
{
    size_t digits = strspn(text, "0123456789");
    unsigned long bits;

    if (digits == 0 || digits > 3 || text[digits] != '\0')
        return false;
    bits = strtoul(text, NULL, 10);
    if (bits > most)
        return false;
    *bits_out = (uint8_t)bits;
    return true;
}

/* Dotted quad or v6 (with or without brackets), with or without "/bits". The
 * odd forms of v4 (octal, one number) are for links alone. */
static bool parse_address(FzSlice text, FzListKey *key)
{
    const uint8_t *slash =
        text.octets == 0 ? NULL : memchr(text.data, '/', text.octets);
    char numbers[INET6_ADDRSTRLEN], bits[4];
    FzAddress address;
    size_t octets = 0;

    if (slash != NULL) {
        octets = (size_t)(text.data + text.octets - slash - 1);
        if (octets >= sizeof bits)
            return false;
        memcpy(bits, slash + 1, octets);
        bits[octets] = '\0';
        text.octets = (size_t)(slash - text.data);
    }
    if (!fz_address_parse(text, &address))
        return false;
    key->address_octets = (uint8_t)address.count;
    key->bits = (uint8_t)(8 * address.count);
    if (slash != NULL && !read_bits(bits, key->bits, &key->bits))
        return false;
    key->level = FZ_LEVEL_IP;
    fz_address_mask(&address, key->bits);
    memcpy(key->address, address.octets, sizeof key->address);
    key->octets = key->host_octets = 0;
    key->text[0] = '\0';
    if (key->bits < 8 * address.count)
        return true;
    inet_ntop(address.count == 4 ? AF_INET : AF_INET6, address.octets, numbers,
              sizeof numbers);
    key->octets =
        (uint16_t)snprintf(key->text, sizeof key->text,
                           address.count == 4 ? "%s/" : "[%s]/", numbers);
    key->host_octets = (uint16_t)(key->octets - 1);
    return true;
}

/* --- links and hosts ---------------------------------------------------------
 */
const char *const fz_any_tld[] = {"", NULL};

static bool extra_tld(FzSlice host, FzExtraTlds extra)
{
    for (size_t i = 0; extra != NULL && extra[i] != NULL; i++) {
        size_t octets = strlen(extra[i]);
        const uint8_t *tail = host.data + host.octets - octets;

        if (octets == 0)
            return true;
        if (host.octets < octets || (host.octets > octets && tail[-1] != '.'))
            continue;
        if (memcmp(tail, extra[i], octets) == 0)
            return true;
    }
    return false;
}

static size_t count_octets(FzSlice text, uint8_t octet)
{
    size_t count = 0;

    for (size_t i = 0; i < text.octets; i++)
        count += text.data[i] == octet;
    return count;
}

/* What DNS can carry, as letters or A-labels; addresses are fine. */
static bool is_host(FzSlice host)
{
    size_t label = 0;

    if (host.octets == 0 || host.octets > FZ_LIMIT_HOST_OCTETS)
        return false;
    for (size_t i = 0; i < host.octets; i++) {
        uint8_t c = host.data[i];

        if (c == '.')
            label = 0;
        else if (!is_word(c) || ++label > 63)
            return false;
    }
    return true;
}

/* The most specific expression of a link, as messages' links get it; checks
 * the host's top level. */
static FzFinding take_expression(FzSlice text, FzExtraTlds extra,
                                 FzListKey *key)
{
    uint8_t room[FZ_CANONICAL_ROOM];
    FzCanonical canonical;
    size_t octets;

    switch (fz_canonical_url(text, room, &canonical, NULL)) {
    case FZ_OK:
        break;
    case FZ_E_LIMIT:
        return FZ_FOUND_LONG;
    default:
        return FZ_FOUND_URL;
    }
    octets = canonical.host.octets + canonical.path.octets;
    if (canonical.query.octets != 0)
        octets += 1 + canonical.query.octets;
    if (octets > FZ_LIMIT_KEY_OCTETS)
        return FZ_FOUND_LONG;
    /* host, path and query stand behind one another */
    memcpy(key->text, canonical.host.data, octets);
    key->text[octets] = '\0';
    key->octets = (uint16_t)octets;
    key->host_octets = (uint16_t)canonical.host.octets;
    key->level = FZ_LEVEL_URL;
    key->address_octets = key->bits = 0;
    if ((canonical.flags & FZ_CANONICAL_IP) != 0)
        return FZ_FOUND_FINE;
    if (!is_host(canonical.host))
        return FZ_FOUND_HOST;
    return fz_shared_known_tld(canonical.host) ||
                   extra_tld(canonical.host, extra)
               ? FZ_FOUND_FINE
               : FZ_FOUND_TLD;
}

static bool is_root(const FzListKey *key)
{
    return key->octets == key->host_octets + 1u;
}

/* A link without path: what it names is its host. */
static FzFinding as_host(FzListKey *key, FzListLevel level)
{
    if (parse_address(fz_list_key_host(key), key))
        return FZ_FOUND_FINE;
    key->level = level;
    if (level == FZ_LEVEL_DOMAIN &&
        count_octets(fz_list_key_host(key), '.') >= FZ_LIST_HOST_DEPTH)
        return FZ_FOUND_DEEP;
    return FZ_FOUND_FINE;
}

static FzFinding take_host(FzSlice text, FzListLevel level, FzExtraTlds extra,
                           FzListKey *key)
{
    FzFinding found = take_expression(text, extra, key);

    if (found == FZ_FOUND_URL || (found == FZ_FOUND_FINE && !is_root(key)))
        return FZ_FOUND_HOST;
    return found == FZ_FOUND_FINE ? as_host(key, level) : found;
}

static FzFinding take_prefix(FzSlice text, FzExtraTlds extra, FzListKey *key)
{
    FzFinding found = take_expression(text, extra, key);
    FzSlice path;

    if (found != FZ_FOUND_FINE)
        return found;
    if (is_root(key))
        return as_host(key, FZ_LEVEL_HOST);
    path = behind(fz_slice(key->text, key->octets), key->host_octets);
    if (path.data[path.octets - 1] != '/' || count_octets(path, '?') != 0)
        return FZ_FOUND_URL;
    if (count_octets(path, '/') > FZ_LIST_PATH_DEPTH + 1)
        return FZ_FOUND_DEEP;
    key->level = FZ_LEVEL_PREFIX;
    return FZ_FOUND_FINE;
}

/* --- contacts and senders
 * ------------------------------------------------------ */
typedef enum Alphabet {
    DIGITS,
    WORD,
} Alphabet;

static FzFinding take_word(FzListKey *key, const char *prefix, FzSlice text,
                           Alphabet alphabet, size_t least, size_t most)
{
    size_t at = strlen(prefix);

    memcpy(key->text, prefix, at);
    for (size_t i = 0; i < text.octets; i++) {
        uint8_t c = fz_lower(text.data[i]);

        if (alphabet == DIGITS ? !fz_is_digit(c) : !is_word(c))
            return FZ_FOUND_CONTACT;
        if (i >= most)
            return FZ_FOUND_CONTACT;
        key->text[at++] = (char)c;
    }
    if (text.octets < least)
        return FZ_FOUND_CONTACT;
    key->text[at] = '\0';
    key->octets = (uint16_t)at;
    key->level = FZ_LEVEL_CONTACT;
    return FZ_FOUND_FINE;
}

static bool is_chinese_mobile(const uint8_t *digits, size_t count)
{
    return count == 11 && digits[0] == '1' && digits[1] >= '3';
}

/* Digits with an optional plus; what people put between them is left out. As
 * in messages, "00" is a plus, and a Chinese mobile number needs no country. */
static FzFinding take_number(FzListKey *key, FzSlice text)
{
    bool plus = text.octets > 0 && text.data[0] == '+';
    const char *front = plus ? "tel:+" : "tel:";
    uint8_t digits[32];
    size_t count = 0, from = 0;

    for (size_t i = plus; i < text.octets; i++) {
        uint8_t c = text.data[i];

        if (c == '-' || c == ' ' || c == '(' || c == ')' || c == '.')
            continue;
        if (!fz_is_digit(c) || count == sizeof digits)
            return FZ_FOUND_CONTACT;
        digits[count++] = c;
    }
    if (!plus && count >= 12 && digits[0] == '0' && digits[1] == '0') {
        front = "tel:+";
        from = 2;
    } else if (!plus && count == 13 && digits[0] == '8' && digits[1] == '6' &&
               is_chinese_mobile(digits + 2, 11)) {
        front = "tel:+";
    } else if (!plus && is_chinese_mobile(digits, count)) {
        front = "tel:+86";
    }
    return take_word(key, front, fz_slice(digits + from, count - from), DIGITS,
                     3, 20);
}

static FzFinding take_mail(FzListKey *key, FzSlice text, FzExtraTlds extra)
{
    const uint8_t *at =
        text.octets == 0 ? NULL : memchr(text.data, '@', text.octets);
    char local[65];
    FzFinding found;
    size_t octets;

    if (at == NULL)
        return FZ_FOUND_CONTACT;
    octets = (size_t)(at - text.data);
    if (octets == 0 || octets > 64)
        return FZ_FOUND_CONTACT;
    for (size_t i = 0; i < octets; i++) {
        if (text.data[i] <= ' ' || text.data[i] >= 0x7F)
            return FZ_FOUND_CONTACT;
        local[i] = (char)fz_lower(text.data[i]);
    }
    local[octets] = '\0';
    found = take_host(behind(text, octets + 1), FZ_LEVEL_HOST, extra, key);
    if (found != FZ_FOUND_FINE)
        return found;
    if (key->level != FZ_LEVEL_HOST)
        return FZ_FOUND_CONTACT;
    {
        char host[FZ_LIMIT_HOST_OCTETS + 1];

        memcpy(host, key->text, key->host_octets);
        host[key->host_octets] = '\0';
        key->octets = (uint16_t)snprintf(key->text, sizeof key->text,
                                         "mail:%s@%s", local, host);
    }
    key->level = FZ_LEVEL_CONTACT;
    key->host_octets = 0;
    return FZ_FOUND_FINE;
}

static int hex(uint8_t c)
{
    c = fz_lower(c);
    return fz_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A name as people write it; %20 stands for what a source line cannot hold. */
static FzFinding take_name(FzListKey *key, const char *prefix, FzSlice text)
{
    size_t begin = strlen(prefix), at = begin;

    memcpy(key->text, prefix, begin);
    if (starts(text, "\xE3\x80\x90")) /* 【 */
        text = behind(text, 3);
    if (text.octets >= 3 &&
        memcmp(text.data + text.octets - 3, "\xE3\x80\x91", 3) == 0) /* 】 */
        text.octets -= 3;
    for (size_t i = 0; i < text.octets; i++) {
        uint8_t c = text.data[i];

        if (c == '%' && i + 2 < text.octets && hex(text.data[i + 1]) >= 0 &&
            hex(text.data[i + 2]) >= 0) {
            c = (uint8_t)(hex(text.data[i + 1]) << 4 | hex(text.data[i + 2]));
            i += 2;
        }
        if (c < ' ' || c == 0x7F || at - begin == FZ_LIMIT_NAME_OCTETS)
            return FZ_FOUND_CONTACT;
        key->text[at++] = (char)fz_lower(c);
    }
    if (at == begin ||
        !fz_utf8_valid((const uint8_t *)key->text + begin, at - begin))
        return FZ_FOUND_CONTACT;
    key->text[at] = '\0';
    key->octets = (uint16_t)at;
    key->level = FZ_LEVEL_SENDER;
    return FZ_FOUND_FINE;
}

/* --- both ways in
 * ---------------------------------------------------------------- */
static FzFinding check_text(FzSlice text)
{
    if (text.octets > FZ_LIMIT_KEY_OCTETS)
        return FZ_FOUND_LONG;
    if (!fz_utf8_valid(text.data, text.octets))
        return FZ_FOUND_NOT_TEXT;
    for (size_t i = 0; i < text.octets; i++)
        if (text.data[i] == 0)
            return FZ_FOUND_NOT_TEXT;
    return FZ_FOUND_FINE;
}

static void clear(FzListKey *key)
{
    key->address_octets = key->bits = 0;
    key->host_octets = key->octets = 0;
    key->text[0] = '\0';
}

FzFinding fz_list_key_parse(FzSlice text, FzExtraTlds extra, FzListKey *key_out)
{
    FzFinding found;

    text = trim(text);
    found = check_text(text);
    clear(key_out);
    if (found != FZ_FOUND_FINE)
        return found;
    if (starts(text, "url:"))
        return take_expression(behind(text, 4), extra, key_out);
    if (starts(text, "prefix:"))
        return take_prefix(behind(text, 7), extra, key_out);
    if (starts(text, "host:"))
        return take_host(behind(text, 5), FZ_LEVEL_HOST, extra, key_out);
    if (starts(text, "."))
        return take_host(behind(text, 1), FZ_LEVEL_DOMAIN, extra, key_out);
    if (starts(text, "ip:"))
        return parse_address(behind(text, 3), key_out) ? FZ_FOUND_FINE
                                                       : FZ_FOUND_ADDRESS;
    if (starts(text, "tel:"))
        return take_number(key_out, behind(text, 4));
    if (starts(text, "wx:"))
        return take_word(key_out, "wx:", behind(text, 3), WORD, 2, 64);
    if (starts(text, "qq:"))
        return take_word(key_out, "qq:", behind(text, 3), DIGITS, 5, 12);
    if (starts(text, "tg:@"))
        return take_word(key_out, "tg:", behind(text, 4), WORD, 3, 64);
    if (starts(text, "tg:"))
        return take_word(key_out, "tg:", behind(text, 3), WORD, 3, 64);
    if (starts(text, "mail:"))
        return take_mail(key_out, behind(text, 5), extra);
    if (starts(text, "sender:"))
        return take_name(key_out, "sender:", behind(text, 7));
    if (starts(text, "sig:"))
        return take_name(key_out, "sig:", behind(text, 4));
    return FZ_FOUND_KEY;
}

FzFinding fz_list_key_guess(FzSlice text, FzHostForm form, FzExtraTlds extra,
                            FzListKey *key_out)
{
    FzListLevel level =
        form == FZ_HOST_AND_SUB ? FZ_LEVEL_DOMAIN : FZ_LEVEL_HOST;
    FzFinding found;

    text = trim(text);
    found = check_text(text);
    clear(key_out);
    if (found != FZ_FOUND_FINE)
        return found;
    if (text.octets == 0)
        return FZ_FOUND_HOST;
    if (parse_address(text, key_out))
        return FZ_FOUND_FINE;
    if (starts(text, "||") && text.data[text.octets - 1] == '^')
        return take_host(fz_slice(text.data + 2, text.octets - 3),
                         FZ_LEVEL_DOMAIN, extra, key_out);
    if (starts(text, "*."))
        return take_host(behind(text, 2), FZ_LEVEL_DOMAIN, extra, key_out);
    if (starts(text, "."))
        return take_host(behind(text, 1), FZ_LEVEL_DOMAIN, extra, key_out);
    found = take_expression(text, extra, key_out);
    if (found != FZ_FOUND_FINE || !is_root(key_out))
        return found;
    /* "http://a.example/" is listed as what a visitor would see first */
    return as_host(key_out, level);
}

void fz_list_key_write(const FzListKey *key, char *out, size_t room)
{
    FzAnswer answer = {.level = key->level, .bits = key->bits};
    char numbers[INET6_ADDRSTRLEN];
    size_t octets = key->octets;

    switch (key->level) {
    case FZ_LEVEL_HOST:
    case FZ_LEVEL_DOMAIN:
        octets = key->host_octets;
        break;
    case FZ_LEVEL_IP:
        inet_ntop(key->address_octets == 4 ? AF_INET : AF_INET6, key->address,
                  numbers, sizeof numbers);
        answer.entry = fz_slice_of(numbers);
        break;
    case FZ_LEVEL_URL:
    case FZ_LEVEL_PREFIX:
    case FZ_LEVEL_CONTACT:
    case FZ_LEVEL_SENDER:
        break;
    }
    if (key->level != FZ_LEVEL_IP)
        answer.entry = fz_slice(key->text, octets);
    fz_answer_entry(&answer, out, room);
}

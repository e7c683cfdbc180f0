/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/rules/chars.h"
#include "engine/rules/entities.h"
#include "engine/sender/claims.h"

typedef struct Find {
    const FzText *text;
    const FzView *view;
    const uint8_t *octets;
    uint32_t length;
    FzTokens *tokens;
} Find;

static void add(const Find *find, FzEntity entity, uint32_t from, uint32_t to)
{
    fz_tokens_add(find->tokens, entity,
                  fz_view_span(find->text, find->view, from, to));
}

/* --- pieces of text ------------------------------------------------------ */

static bool is_digit(const Find *find, uint32_t at)
{
    return at < find->length && find->octets[at] >= '0' &&
           find->octets[at] <= '9';
}

static bool is_letter(const Find *find, uint32_t at)
{
    return at < find->length && find->octets[at] >= 'a' &&
           find->octets[at] <= 'z';
}

static bool is_alnum(const Find *find, uint32_t at)
{
    return is_digit(find, at) || is_letter(find, at);
}

static bool is_octet(const Find *find, uint32_t at, char octet)
{
    return at < find->length && find->octets[at] == (uint8_t)octet;
}

/* Octets of the word at `at`, or 0. */
static uint32_t is_word(const Find *find, uint32_t at, const char *word)
{
    uint32_t octets = 0;

    /* nearly all differ in the first: no call for that */
    for (; word[octets] != '\0'; octets++)
        if (at + octets >= find->length ||
            find->octets[at + octets] != (uint8_t)word[octets])
            return 0;
    return octets;
}

/* The octets that several words begin with. Each octet of a text is asked
 * about, and most are none of them. */
typedef struct Firsts {
    uint64_t bit[4];
} Firsts;

static Firsts firsts_of(const char *const *words)
{
    Firsts firsts = {{0}};

    for (; *words != NULL; words++) {
        uint8_t octet = (uint8_t) * *words;

        firsts.bit[octet >> 6] |= UINT64_C(1) << (octet & 63);
    }
    return firsts;
}

static bool may_begin(const Find *find, uint32_t at, const Firsts *firsts)
{
    uint8_t octet = find->octets[at];

    return (firsts->bit[octet >> 6] >> (octet & 63) & 1) != 0;
}

/* The longest of several words at `at`; Latin ones must end there. */
static uint32_t one_of(const Find *find, uint32_t at, const char *const *words)
{
    uint32_t longest = 0;

    for (; *words != NULL; words++) {
        uint32_t octets = is_word(find, at, *words);

        if (octets > longest &&
            !(is_letter(find, at + octets - 1) && is_letter(find, at + octets)))
            longest = octets;
    }
    return longest;
}

static uint32_t skip_blank(const Find *find, uint32_t at)
{
    return is_octet(find, at, ' ') ? at + 1 : at;
}

/* A number with points and commas inside; its end, or `at` when there is
 * none. */
static uint32_t skip_number(const Find *find, uint32_t at)
{
    while (is_digit(find, at) ||
           ((is_octet(find, at, '.') || is_octet(find, at, ',')) &&
            is_digit(find, at + 1) && at > 0 && is_digit(find, at - 1)))
        at++;
    return at;
}

/* --- amounts ------------------------------------------------------------- */

static const char *const signs[] = {
    "$", "\xC2\xA5", "\xE2\x82\xAC", "\xC2\xA3", "rmb", "usd", "hk$", NULL};
static const char *const units[] = {
    "元",      "块",     "万",    "亿",           "千元",   "rmb",  "usd",
    "usdt",    "美元",   "美金",  "港币",         "人民币", "欧元", "英镑",
    "dollars", "pounds", "euros", "\xE2\x82\xAC", "bucks",  "k",    NULL};

static const char *const percents[] = {"%", "percent", "per cent", "pct", NULL};
static const char *const hundredths[] = {"百分之", NULL};
static const char *const han_digits[] = {"一", "二", "两", "三", "四",
                                         "五", "六", "七", "八", "九",
                                         "十", "百", "零", "点", NULL};

#define HAN_DIGITS_MAX 8

/* 百分之 and a number, in digits or in words. */
static void find_hundredths(const Find *find, uint32_t at)
{
    uint32_t words = one_of(find, at, hundredths), to;

    if (words == 0)
        return;
    to = skip_number(find, at + words);
    if (to == at + words)
        for (int i = 0; i < HAN_DIGITS_MAX; i++)
            to += one_of(find, to, han_digits);
    if (to > at + words)
        add(find, FZ_ENTITY_PERCENT, at, to);
}

/* A sign before a number. */
static void find_signed(const Find *find, uint32_t at)
{
    uint32_t sign = one_of(find, at, signs), from, to;

    if (sign == 0 || (is_letter(find, at) && at > 0 && is_letter(find, at - 1)))
        return;
    from = skip_blank(find, at + sign);
    to = skip_number(find, from);
    if (to > from)
        add(find, FZ_ENTITY_MONEY, at, to);
}

/* A number before a unit or a percent sign, or behind its words. */
static void find_numbers(const Find *find, uint32_t wanted)
{
    Firsts sign = firsts_of(signs), hundredth = firsts_of(hundredths);

    for (uint32_t at = 0; at < find->length; at++) {
        uint32_t to, unit, behind;

        if ((wanted & 1u << FZ_ENTITY_MONEY) && may_begin(find, at, &sign))
            find_signed(find, at);
        if ((wanted & 1u << FZ_ENTITY_PERCENT) &&
            may_begin(find, at, &hundredth))
            find_hundredths(find, at);
        if (!is_digit(find, at) || (at > 0 && is_digit(find, at - 1)))
            continue;
        to = skip_number(find, at);
        behind = skip_blank(find, to);
        unit = one_of(find, behind, units);
        if ((wanted & 1u << FZ_ENTITY_MONEY) && unit != 0)
            add(find, FZ_ENTITY_MONEY, at, behind + unit);
        unit = wanted & 1u << FZ_ENTITY_PERCENT ? one_of(find, behind, percents)
                                                : 0;
        if (unit != 0)
            add(find, FZ_ENTITY_PERCENT, at, behind + unit);
        at = to - 1;
    }
}

/* --- signatures and codes ------------------------------------------------ */

static void find_signatures(const Find *find)
{
    FzPlace place[FZ_SIGNATURES_MAX];
    uint32_t count = fz_claims_signatures(find->octets, find->length, place);

    for (uint32_t i = 0; i < count; i++)
        add(find, FZ_ENTITY_SIG, place[i].from, place[i].to);
}

static void find_codes(const Find *find)
{
    FzPlace place = {0, 0};

    while (fz_claims_code(find->octets, find->length, place.to, &place))
        add(find, FZ_ENTITY_CODE, place.from, place.to);
}

/* --- numbers to call ------------------------------------------------------ */

#define TEL_DIGITS 15

typedef struct Number {
    uint32_t end;
    char digit[TEL_DIGITS + 2];
    int digits, groups;
    bool plus;
} Number;

/* Digits in groups held apart by one blank, hyphen, or brackets. */
static bool read_number(const Find *find, uint32_t at, Number *number)
{
    *number = (Number){.groups = 1};
    if (is_octet(find, at, '+')) {
        number->plus = true;
        at++;
    }
    if (is_octet(find, at, '('))
        at++;
    if (!is_digit(find, at))
        return false;
    for (;;) {
        uint32_t next;

        while (is_digit(find, at)) {
            if (number->digits > TEL_DIGITS)
                return false;
            number->digit[number->digits++] = (char)find->octets[at++];
        }
        number->end = at;
        next = at;
        if (is_octet(find, next, ')'))
            next++;
        if (is_octet(find, next, ' ') || is_octet(find, next, '-'))
            next++;
        if (next == at || !is_digit(find, next))
            return true;
        number->groups++;
        at = next;
    }
}

static bool is_tel(const Number *number)
{
    const char *digit = number->digit;
    int digits = number->digits;

    if (number->plus)
        return digits >= 8 && digits <= TEL_DIGITS;
    if (digits == 13 && digit[0] == '8' && digit[1] == '6' && digit[2] == '1')
        return true;
    if (digits == 11 && digit[0] == '1' && digit[1] >= '3')
        return true; /* mobile numbers of the PRC */
    if (digits == 10 &&
        (strncmp(digit, "400", 3) == 0 || strncmp(digit, "800", 3) == 0))
        return true;
    if (digits >= 10 && digits <= 12 && digit[0] == '0')
        return true; /* with an area code */
    /* three groups, as 555-010-0199: anything else may be an order's number */
    return number->groups >= 3 && digits >= 9 && digits <= 11;
}

static void find_tels(const Find *find)
{
    for (uint32_t at = 0; at < find->length;) {
        Number number;
        bool begins = is_digit(find, at) || is_octet(find, at, '+') ||
                      is_octet(find, at, '(');

        if (!begins || !read_number(find, at, &number)) {
            uint32_t from = at++;

            /* the rest of a run that is too long is no number either */
            while (is_digit(find, from) && is_digit(find, at))
                at++;
            continue;
        }
        if (is_tel(&number) && !(at > 0 && is_letter(find, at - 1)) &&
            !is_letter(find, number.end))
            add(find, FZ_ENTITY_TEL, at, number.end);
        at = number.end;
    }
}

/* --- accounts of messengers ----------------------------------------------- */

#define IM_REACH_CHARS 12

static const char *const im_words[] = {
    "微信",   "薇信",   "威信", "加微", "加v",  "vx",       "wx",
    "wechat", "weixin", "v信",  "qq",   "扣扣", "q群",      "telegram",
    "telegr", "tg",     "电报", "飞机", "line", "whatsapp", "whats app",
    "蝙蝠",   "企鹅",   "钉钉", NULL};

#define HANDLE_OCTETS 20

/* The end of a handle at `at`: a letter and 5 to 19 more, or 5 to 12 digits. No
 * more is looked at: a text of qq-qq-qq-... is one long handle from each. */
static uint32_t handle_end(const Find *find, uint32_t at)
{
    uint32_t to = at;
    bool digits = true;

    if (is_octet(find, to, '@'))
        to = ++at;
    while (is_alnum(find, to) || is_octet(find, to, '_') ||
           is_octet(find, to, '-')) {
        if (to - at == HANDLE_OCTETS)
            return 0;
        digits &= is_digit(find, to);
        to++;
    }
    if (digits ? to - at < 5 || to - at > 12 : to - at < 6)
        return 0;
    return digits || is_letter(find, at) ? to : 0;
}

static void find_ims(const Find *find)
{
    Firsts firsts = firsts_of(im_words);

    for (uint32_t at = 0; at < find->length; at++) {
        uint32_t word, to, cp;

        if (!may_begin(find, at, &firsts))
            continue;
        word = one_of(find, at, im_words);
        if (word == 0 ||
            (is_letter(find, at) && at > 0 && is_alnum(find, at - 1)))
            continue;
        to = at + word;
        for (int chars = 0; to < find->length && chars <= IM_REACH_CHARS;
             chars++) {
            bool begins = is_alnum(find, to) || is_octet(find, to, '@');
            uint32_t end = begins ? handle_end(find, to) : 0;

            if (end != 0) {
                add(find, FZ_ENTITY_IM, at, end);
                at = end - 1;
                break;
            }
            if (begins) /* not from the middle of a word */
                while (is_alnum(find, to + 1))
                    to++;
            to += (uint32_t)fz_utf8_decode(find->octets + to, find->length - to,
                                           &cp);
        }
    }
}

/* --- links and mail ------------------------------------------------------- */

/* Last labels of names without a scheme: others are as often a missing blank
 * after a full stop. */
static const char *const top_labels[] = {
    "com",  "cn",   "net",     "org",  "top", "xyz",  "vip",  "cc",  "info",
    "shop", "me",   "co",      "io",   "app", "site", "club", "ltd", "pro",
    "link", "live", "hk",      "tw",   "uk",  "us",   "in",   "ru",  "icu",
    "fun",  "work", "online",  "tv",   "biz", "eu",   "ly",   "gd",  "cyou",
    "buzz", "win",  "example", "test", NULL};

static bool is_host(const Find *find, uint32_t at)
{
    return is_alnum(find, at) || is_octet(find, at, '-') ||
           is_octet(find, at, '_');
}

/* The end of a name of two labels and more that begins at `at`. */
static uint32_t host_end(const Find *find, uint32_t at, bool scheme)
{
    uint32_t last = 0, to = at;

    for (;;) {
        uint32_t from = to;

        while (is_host(find, to))
            to++;
        if (to == from)
            return 0;
        if (!is_octet(find, to, '.') || !is_host(find, to + 1)) {
            if (last == 0)
                return 0;
            return scheme || one_of(find, last, top_labels) == to - last ? to
                                                                         : 0;
        }
        last = ++to;
    }
}

/* Port, path, query: ASCII up to a blank, without the sentence's signs. */
static uint32_t path_end(const Find *find, uint32_t at)
{
    uint32_t to = at;

    if (!is_octet(find, at, '/') && !is_octet(find, at, ':') &&
        !is_octet(find, at, '?'))
        return at;
    while (to < find->length && find->octets[to] > ' ' &&
           find->octets[to] < 0x7F && strchr("\"<>", find->octets[to]) == NULL)
        to++;
    while (to > at && strchr(".,;:!?)]}'", find->octets[to - 1]) != NULL)
        to--;
    return to;
}

static const char *const schemes[] = {"http://", "https://", "hxxp://",
                                      "hxxps://", NULL};

static void find_links(const Find *find, uint32_t wanted)
{
    for (uint32_t at = 0; at < find->length;) {
        uint32_t scheme =
            is_octet(find, at, 'h') ? one_of(find, at, schemes) : 0;
        uint32_t to;
        bool begins = is_host(find, at) && !(at > 0 && is_host(find, at - 1));

        if (scheme == 0 && !begins) {
            at++;
            continue;
        }
        to = host_end(find, at + scheme, scheme != 0);
        if (to == 0) {
            at += scheme == 0 ? 1 : scheme;
            continue;
        }
        if (at > 0 && is_octet(find, at - 1, '@')) {
            uint32_t from = at - 1;

            while (from > 0 &&
                   (is_host(find, from - 1) || is_octet(find, from - 1, '.')))
                from--;
            if (from < at - 1 && (wanted & 1u << FZ_ENTITY_EMAIL))
                add(find, FZ_ENTITY_EMAIL, from, to);
        } else if (!is_octet(find, to, '@') && (wanted & 1u << FZ_ENTITY_URL)) {
            to = path_end(find, to);
            add(find, FZ_ENTITY_URL, at, to);
        }
        at = to;
    }
}

/* --- all of them ---------------------------------------------------------- */

#define HAS(entity) ((wanted & 1u << (entity)) != 0)

void fz_entities_find(const FzText *text, const FzView *folded, uint32_t wanted,
                      FzTokens *tokens)
{
    Find find = {text, folded, folded->octets, folded->length, tokens};

    wanted &= ~tokens->answered;
    if (HAS(FZ_ENTITY_SIG))
        find_signatures(&find);
    if (HAS(FZ_ENTITY_URL) || HAS(FZ_ENTITY_EMAIL))
        find_links(&find, wanted);
    if (HAS(FZ_ENTITY_TEL))
        find_tels(&find);
    if (HAS(FZ_ENTITY_IM))
        find_ims(&find);
    if (HAS(FZ_ENTITY_CODE))
        find_codes(&find);
    if (HAS(FZ_ENTITY_MONEY) || HAS(FZ_ENTITY_PERCENT))
        find_numbers(&find, wanted);
}

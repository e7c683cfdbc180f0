/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/url/find.h"

#define LABEL_CHARS 63
#define MAX_DROPPED 3    /* labels behind a host that are text after all */
#define IDN_TLD_CHARS 12 /* the longest that is not ASCII has 11 */

/* --------------------------------------------------------------- characters */
static const FzAsciiSet label_set = {FZ_ASCII_DIGITS | FZ_ASCII('-'),
                                     FZ_ASCII_LETTERS | FZ_ASCII('_')};

static bool is_label_ascii(uint32_t cp)
{
    return fz_in_set(&label_set, cp);
}

/* Arrows, signs and dingbats: with emoji they are what odd hosts are made of.
 */
static bool is_symbol(uint32_t cp, const FzChar *it)
{
    return (cp >= 0x2190 && cp <= 0x2BFF) || (it->flags & FZ_CHAR_EMOJI) != 0;
}

bool fz_host_char(uint32_t cp, FzHostManner manner)
{
    const FzChar *it;

    if (cp < 0x80)
        return is_label_ascii(cp);
    it = fz_char(cp);
    if (manner != FZ_HOST_SCHEME)
        return fz_char_is_host(cp);
    return fz_char_is_word(it) || fz_char_class(it) == FZ_CLASS_MARK ||
           is_symbol(cp, it);
}

/* --------------------------------------------------------------------- dots */
static const struct {
    const char *text;
    bool word;
} odd_dots[] = {
    {"[.]", false},  {"(.)", false},  {"{.}", false},  {"<.>", false},
    {"[dot]", true}, {"(dot)", true}, {"{dot}", true}, {" dot ", true},
    {"[点]", true},  {"(点)", true},  {" 点 ", true},  {"点", true},
};

static bool may_be_odd_dot(const FzFind *find, uint32_t at)
{
    uint8_t c = fz_find_octet(find, at);

    if (c == ' ')
        c = fz_find_octet(find, at + 1);
    return c == '[' || c == '(' || c == '{' || c == '<' || c == 'd' ||
           c == 0xE7; /* 点 */
}

/* With the spaces around it that are no part of a label. */
uint32_t fz_host_odd_dot(const FzFind *find, uint32_t at)
{
    uint32_t from = at;

    if (!may_be_odd_dot(find, at))
        return 0;
    if (fz_find_octet(find, at) == ' ' &&
        strchr("[({<", fz_find_octet(find, at + 1)) != NULL)
        from++;
    for (size_t i = 0; i < sizeof odd_dots / sizeof *odd_dots; i++) {
        uint32_t to;

        if (from >= find->length || !fz_find_is(find, from, odd_dots[i].text))
            continue;
        to = from + (uint32_t)strlen(odd_dots[i].text);
        if (fz_find_octet(find, to) == ' ')
            to++;
        return to - at;
    }
    return 0;
}

static bool is_word_dot(const FzFind *find, uint32_t at, uint32_t octets)
{
    for (uint32_t i = at; i < at + octets; i++)
        if (find->octets[i] == '.')
            return false;
    return true;
}

static bool all_digits(const FzFind *find, const FzHostLabel *label)
{
    for (uint32_t i = label->from; i < label->to; i++)
        if (!fz_is_digit(find->octets[i]))
            return false;
    return true;
}

static bool label_is(const FzFind *find, const FzHostLabel *label,
                     const char *text)
{
    return fz_slice_is(
        fz_slice(find->octets + label->from, label->to - label->from), text);
}

/* "at 3点a" is a time, "the dot com" English. */
static bool takes_word_dot(const FzFind *find, const FzHostLabel *label)
{
    return label->ascii && !all_digits(find, label) &&
           !label_is(find, label, "the") && !label_is(find, label, "a") &&
           !label_is(find, label, "is");
}

/* The octets of a dot behind a label; 0 when it is the last one. */
static uint32_t dot_behind(const FzFind *find, uint32_t at, FzHostManner manner,
                           FzHostRun *run)
{
    const FzHostLabel *label = &run->label[run->count - 1];
    uint32_t used, octets;

    if (at >= find->length)
        return 0;
    if (find->octets[at] == '.')
        return 1;
    if (manner == FZ_HOST_MAIL)
        return 0;
    if (manner == FZ_HOST_SCHEME &&
        (fz_char(fz_find_char(find, at, &used))->flags & FZ_CHAR_DOT) != 0) {
        run->flags |= FZ_URL_DOT_VARIANT;
        return used;
    }
    octets = fz_host_odd_dot(find, at);
    if (octets == 0)
        return 0;
    if (is_word_dot(find, at, octets)) {
        if (!takes_word_dot(find, label))
            return 0;
        run->words = true;
    }
    run->flags |= FZ_URL_DEFANGED;
    return octets;
}

/* ----------------------------------------------------------------- reading */
/* One that is longer than a host is none, and is not read to its end. */
static uint32_t read_label(const FzFind *find, uint32_t at, FzHostManner manner,
                           bool *ascii_out)
{
    uint32_t limit = at + FZ_HOST_OCTETS;

    *ascii_out = true;
    while (at < find->length && at < limit) {
        uint32_t used, cp;

        if (fz_in_set(&label_set, find->octets[at])) {
            at++;
            continue;
        }
        if (find->octets[at] < 0x80)
            break;
        cp = fz_find_char(find, at, &used);
        if (!fz_host_char(cp, manner))
            break;
        /* 点 is Han, and a dot only where it stands between names */
        if (cp == 0x70B9 && *ascii_out && fz_host_odd_dot(find, at) != 0 &&
            is_label_ascii(fz_find_octet(find, at + used)))
            break;
        *ascii_out = false;
        at += used;
    }
    return at;
}

void fz_host_read(const FzFind *find, uint32_t at, FzHostManner manner,
                  FzHostRun *run)
{
    run->count = 0;
    run->flags = 0;
    run->words = false;
    run->too_many = false;
    run->to = at;
    for (;;) {
        uint32_t flags = run->flags, dot;
        bool ascii, words = run->words;
        uint32_t to = read_label(find, at, manner, &ascii);

        if (to == at)
            break;
        if (run->count == FZ_HOST_LABELS) {
            run->too_many = true;
            break;
        }
        run->label[run->count++] = (FzHostLabel){at, to, ascii};
        run->to = to;
        dot = dot_behind(find, to, manner, run);
        if (dot == 0)
            break;
        at = to + dot;
        if (at >= find->length || read_label(find, at, manner, &ascii) == at) {
            /* a dot with nothing behind it ends a sentence */
            run->flags = flags;
            run->words = words;
            break;
        }
    }
}

/* Only where a host was found: whence a dot came is costly to know. */
uint32_t fz_host_run_flags(const FzFind *find, const FzHostRun *run)
{
    uint32_t flags = run->flags;

    for (uint32_t i = 0; i + 1 < run->count; i++) {
        uint32_t dot = run->label[i].to;

        if (find->octets[dot] == '.' &&
            fz_find_raw(find->text, fz_find_cp(find, dot)) != '.')
            flags |= FZ_URL_DOT_VARIANT;
    }
    return flags;
}

/* ---------------------------------------------------------------- settling */
static bool is_valid_label(const FzFind *find, const FzHostLabel *label,
                           bool underscores)
{
    uint8_t first = find->octets[label->from],
            last = find->octets[label->to - 1];
    uint32_t chars = 0;

    if (first == '-' || first == '_' || last == '-' || last == '_')
        return false;
    for (uint32_t i = label->from; i < label->to; i++) {
        chars += (find->octets[i] & 0xC0) != 0x80;
        if (find->octets[i] == '_' && !underscores)
            return false;
    }
    if (!label->ascii && fz_find_is(find, label->from, "xn--"))
        return false; /* IDNA has no such thing */
    return chars <= LABEL_CHARS;
}

static bool are_valid(const FzFind *find, const FzHostRun *run, uint32_t count,
                      uint32_t to)
{
    for (uint32_t i = 0; i < count; i++) {
        FzHostLabel label = run->label[i];

        if (i + 1 == count && to < label.to) {
            label.to = to;
            label.ascii = true; /* what was cut off was not */
        }
        if (!is_valid_label(find, &label, i + 2 < count))
            return false;
    }
    return true;
}

/* The view may write a last label otherwise than the registry does (traditional
 * Han, the marks of kana): then the text's own characters are asked about. */
static FzTld raw_tld_of(const FzFind *find, uint32_t from, uint32_t to)
{
    uint32_t cp = fz_find_cp(find, from), end = fz_find_cp(find, to - 1) + 1u;
    uint8_t label[4 * LABEL_CHARS];
    uint32_t length = 0;

    for (; cp < end; cp++) {
        const uint32_t *at = &find->text->cp_octet[cp];
        const FzChar *it = fz_char(fz_find_raw(find->text, cp));

        if (fz_char_class(it) == FZ_CLASS_IGNORED)
            continue;
        if (length + (at[1] - at[0]) > sizeof label)
            return FZ_TLD_NONE;
        memcpy(label + length, find->text->raw + at[0], at[1] - at[0]);
        length += at[1] - at[0];
    }
    return fz_tables_tld(find->tables, fz_slice(label, length));
}

static FzTld tld_of(const FzFind *find, uint32_t from, uint32_t to)
{
    FzHostLabel label = {from, to, true};
    FzTld tld;

    if (all_digits(find, &label))
        return FZ_TLD_NONE;
    tld = fz_tables_tld(find->tables, fz_slice(find->octets + from, to - from));
    if (find->text->octets == find->text->chars)
        return tld; /* a text of ASCII */
    for (uint32_t at = from; tld == FZ_TLD_NONE && at < to; at++)
        if (fz_find_raw(find->text, fz_find_cp(find, at)) >= 0x80)
            return raw_tld_of(find, from, to);
    return tld;
}

bool fz_host_is_idn_tld(const FzFind *find, const FzHostLabel *label)
{
    return find->octets[label->from] >= 0x80 &&
           tld_of(find, label->from, label->to) != FZ_TLD_NONE;
}

/* Where a last label ends that is glued to what follows: "comだよ" at "com",
 * "中国领取" at 中国. */
static FzTld tld_within(const FzFind *find, uint32_t from, uint32_t to,
                        uint32_t *to_out)
{
    uint32_t ends[IDN_TLD_CHARS], count = 0, at = from;
    FzTld tld;

    while (at < to && find->octets[at] < 0x80)
        at++;
    if (at > from) {
        *to_out = at;
        return at < to ? tld_of(find, from, at) : FZ_TLD_NONE;
    }
    while (at < to && count < IDN_TLD_CHARS) {
        uint32_t used;

        fz_find_char(find, at, &used);
        at += used;
        ends[count++] = at;
    }
    while (count >= 2) {
        *to_out = ends[--count];
        tld = tld_of(find, from, *to_out);
        if (tld != FZ_TLD_NONE)
            return tld;
    }
    return FZ_TLD_NONE;
}

/* Behind the last dot of a bare host an IDN's last label may stand. */
static FzTld tld_behind(const FzFind *find, const FzHostRun *run,
                        uint32_t *to_out)
{
    uint32_t at = run->to + 1, end = at;

    if (fz_find_octet(find, run->to) != '.' || at >= find->length ||
        find->octets[at] < 0x80)
        return FZ_TLD_NONE;
    for (int i = 0; i < IDN_TLD_CHARS && end < find->length; i++) {
        uint32_t used, cp = fz_find_char(find, end, &used);

        if (!fz_char_is_word(fz_char(cp)) || cp < 0x80)
            break;
        end += used;
    }
    return tld_within(find, at, end, to_out);
}

/* An address, as decimals, octal, hexadecimal; glued text is cut off. */
static bool is_ip(const FzFind *find, const FzHostRun *run, FzHostManner manner,
                  uint32_t *to_out)
{
    uint8_t text[FZ_HOST_OCTETS], address[4];
    uint32_t length = 0;
    bool odd;

    if (run->count > 4 || (manner != FZ_HOST_SCHEME && run->count != 4))
        return false;
    for (uint32_t i = 0; i < run->count; i++) {
        const FzHostLabel *label = &run->label[i];
        uint32_t to = label->from;

        if (!fz_is_digit(find->octets[to]))
            return false;
        while (to < label->to && find->octets[to] < 0x80)
            to++;
        if (to < label->to && i + 1 < run->count)
            return false;
        if (length + (to - label->from) + 1 > sizeof text)
            return false;
        if (i > 0)
            text[length++] = '.';
        memcpy(text + length, find->octets + label->from, to - label->from);
        length += to - label->from;
        *to_out = to;
    }
    if (!fz_canonical_ipv4(fz_slice(text, length), address, &odd))
        return false;
    return manner == FZ_HOST_SCHEME || !odd;
}

bool fz_host_settle(const FzFind *find, const FzHostRun *run,
                    FzHostManner manner, FzHost *host_out)
{
    FzHost host = {0};
    FzTld tld = FZ_TLD_NONE;
    uint32_t count;

    if (run->count == 0 || run->too_many)
        return false;
    host.from = run->label[0].from;
    if (is_ip(find, run, manner, &host.to)) {
        host.ip = true;
        host.labels = run->count;
        *host_out = host;
        return true;
    }
    if (manner == FZ_HOST_BARE) {
        tld = tld_behind(find, run, &host.to);
        if (tld != FZ_TLD_NONE && are_valid(find, run, run->count, run->to)) {
            host.labels = run->count + 1;
            *host_out = host;
            return true;
        }
    }
    for (count = run->count; count >= 2 && count + MAX_DROPPED >= run->count;
         count--) {
        const FzHostLabel *last = &run->label[count - 1];

        host.to = last->to;
        tld = tld_of(find, last->from, last->to);
        /* what was dropped behind it must leave no doubt about this one */
        if (tld == FZ_TLD_NONE)
            tld = tld_within(find, last->from, last->to, &host.to);
        else if (count < run->count && tld != FZ_TLD_CORE)
            tld = FZ_TLD_NONE;
        if (tld != FZ_TLD_NONE)
            break;
    }
    if (tld == FZ_TLD_NONE || !are_valid(find, run, count, host.to))
        return false;
    if (run->words && tld < FZ_TLD_CORE)
        return false;
    host.labels = count;
    host.core = tld >= FZ_TLD_CORE;
    host.www = label_is(find, &run->label[0], "www");
    *host_out = host;
    return true;
}

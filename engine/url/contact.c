/* SPDX-License-Identifier: BSD-2-Clause
 *
 * contact.c - find the numbers, names and addresses by which one can answer
 */
#include "config.h"

#include "engine/url/find.h"

#define KEY_OCTETS 320 /* of the longest: an address */
#define MAX_GAP 12     /* code points between "QQ" and its number */

/* ------------------------------------------------------------------ adding */
void fz_contact_add(FzUrls *urls, FzContactKind kind, const char *front,
                    FzSlice text, FzSpan span)
{
    const char *name = fz_contact_kind_name(kind);
    size_t named = strlen(name), fronted = strlen(front);
    size_t octets = named + 1 + fronted + text.octets;
    uint8_t *key = urls->room + urls->used;
    FzContact *contact;

    if (urls->contact_count == FZ_LIMIT_CONTACTS ||
        fz_urls_room(urls) < KEY_OCTETS) {
        urls->flags |= FZ_URLS_MORE_CONTACTS;
        return;
    }
    if (octets >= KEY_OCTETS)
        return;
    memcpy(key, name, named);
    key[named] = ':';
    memcpy(key + named + 1, front, fronted);
    memcpy(key + named + 1 + fronted, text.data, text.octets);
    contact = &urls->contact[urls->contact_count++];
    contact->kind = kind;
    contact->key = fz_slice(key, octets);
    contact->span = span;
    urls->used += octets;
}

static FzSlice slice_of(const FzFind *find, uint32_t from, uint32_t to)
{
    return fz_slice(find->octets + from, to - from);
}

/* -------------------------------------------------------------------- mail */
static bool is_local(uint8_t c)
{
    return fz_is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' ||
           c == '-';
}

uint32_t fz_contact_mail(FzFind *find, uint32_t at, uint32_t *from_out)
{
    uint8_t text[KEY_OCTETS];
    uint32_t from = at, length = 0;
    FzHostRun run;
    FzHost host;

    while (from > find->floor && is_local(find->octets[from - 1]))
        from--;
    while (from < at && !fz_is_alnum(find->octets[from]))
        from++;
    if (from == at || at - from > 64)
        return 0;
    fz_host_read(find, at + 1, FZ_HOST_MAIL, &run);
    if (!fz_host_settle(find, &run, FZ_HOST_MAIL, &host) || host.ip ||
        host.to - from >= sizeof text)
        return 0;
    memcpy(text, find->octets + from, at + 1 - from);
    length = at + 1 - from;
    for (uint32_t i = 0; i < host.labels; i++) {
        const FzHostLabel *label = &run.label[i];
        uint32_t to = label->to < host.to ? label->to : host.to;

        if (i > 0)
            text[length++] = '.';
        memcpy(text + length, find->octets + label->from, to - label->from);
        length += to - label->from;
    }
    fz_contact_add(find->urls, FZ_CONTACT_MAIL, "", fz_slice(text, length),
                   fz_find_span(find, from, host.to));
    if (from_out != NULL)
        *from_out = from;
    return host.to;
}

/* ------------------------------------------------------------ QQ and names */
/* A word behind which a number or name of its kind may stand. */
typedef struct Word {
    const char *text;
    FzContactKind kind;
    uint8_t gap;  /* code points that may stand between */
    bool certain; /* the word alone says what follows */
} Word;

static const Word latin_words[] = {
    {"qq", FZ_CONTACT_QQ, MAX_GAP, true},
    {"q", FZ_CONTACT_QQ, 3, false},
    {"vx", FZ_CONTACT_WX, MAX_GAP, true},
    {"wx", FZ_CONTACT_WX, MAX_GAP, true},
    {"v", FZ_CONTACT_WX, 3, false},
    {"weixin", FZ_CONTACT_WX, MAX_GAP, true},
    {"wechat", FZ_CONTACT_WX, MAX_GAP, true},
    {"telegram", FZ_CONTACT_TG, MAX_GAP, true},
    {"tg", FZ_CONTACT_TG, MAX_GAP, true},
};
static const Word han_words[] = {
    {"微信", FZ_CONTACT_WX, MAX_GAP, true},
    {"薇信", FZ_CONTACT_WX, MAX_GAP, true},
    {"威信", FZ_CONTACT_WX, MAX_GAP, false},
    {"维信", FZ_CONTACT_WX, MAX_GAP, true},
    {"扣扣", FZ_CONTACT_QQ, MAX_GAP, true},
    {"抠抠", FZ_CONTACT_QQ, MAX_GAP, true},
    {"企鹅", FZ_CONTACT_QQ, MAX_GAP, true},
    {"电报", FZ_CONTACT_TG, MAX_GAP, true},
    {"纸飞机", FZ_CONTACT_TG, MAX_GAP, true},
    {"飞机", FZ_CONTACT_TG, MAX_GAP, false},
};

/* English that may stand between the word and the name. */
static const char *const fillers[] = {"id",  "is",      "no", "number",
                                      "add", "account", "me", "my"};

typedef struct Pending {
    const Word *word;   /* NULL: none */
    uint32_t end;       /* of the word, in the view */
    bool pointed;       /* ":", "号" or the like stands behind it */
    uint32_t token_end; /* of the token that was seen last */
} Pending;

/* "加V", "+v": what stands in front of a word can point too. */
static bool points_before(const FzFind *find, uint32_t from)
{
    return (from >= 1 && find->octets[from - 1] == '+') ||
           (from >= 3 && fz_find_is(find, from - 3, "加"));
}

static void open_word(const FzFind *find, Pending *pending, const Word *word,
                      uint32_t from, uint32_t end)
{
    *pending =
        (Pending){word, end, points_before(find, from), pending->token_end};
}

/* Of a word that is also another, or a letter, only what points to it. */
static bool is_meant(const Pending *pending, uint32_t at)
{
    return pending->word->certain || pending->pointed ||
           (pending->word->kind == FZ_CONTACT_QQ && at == pending->end);
}

/* Is what begins at `at` near enough? */
static bool is_near(const FzFind *find, const Pending *pending, uint32_t at)
{
    uint32_t gap;

    if (pending->word == NULL)
        return false;
    gap = fz_find_cp(find, at) - fz_find_cp(find, pending->end - 1) - 1u;
    return gap <= pending->word->gap;
}

static const Word *latin_word(FzSlice token)
{
    if (token.octets == 0 || strchr("qvwt", token.data[0]) == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof latin_words / sizeof *latin_words; i++)
        if (fz_slice_is(token, latin_words[i].text))
            return &latin_words[i];
    return NULL;
}

static bool is_filler(FzSlice token)
{
    for (size_t i = 0; i < sizeof fillers / sizeof *fillers; i++)
        if (fz_slice_is(token, fillers[i]))
            return true;
    return false;
}

static bool is_name(FzContactKind kind, FzSlice token, bool pointed)
{
    size_t least = kind == FZ_CONTACT_WX ? 6 : 5;
    size_t most = kind == FZ_CONTACT_WX ? 20 : 32;
    bool digit = false;

    if (token.octets < least || token.octets > most ||
        !fz_is_alpha(token.data[0]))
        return false;
    for (size_t i = 1; i < token.octets; i++)
        digit |= !fz_is_alpha(token.data[i]);
    /* letters alone are a word of the sentence, unless something says not */
    return digit || pointed;
}

/* The digits of a QQ number, at most one space or dash between two. */
static uint32_t read_spaced(const FzFind *find, uint32_t at, uint8_t *digits,
                            uint32_t *count_out)
{
    uint32_t count = 0, to = at;

    while (fz_is_digit(fz_find_octet(find, at))) {
        if (count < FZ_NUMBER_DIGITS)
            digits[count] = find->octets[at];
        count++;
        to = ++at;
        if ((fz_find_octet(find, at) == ' ' ||
             fz_find_octet(find, at) == '-') &&
            fz_is_digit(fz_find_octet(find, at + 1)))
            at++;
    }
    *count_out = count;
    return to;
}

/* Digits behind a word. WeChat takes QQ and telephone numbers for names. */
static uint32_t take_digits(FzFind *find, const Pending *pending, uint32_t at)
{
    uint8_t digits[FZ_NUMBER_DIGITS];
    uint32_t count, to = read_spaced(find, at, digits, &count);
    FzContactKind kind = pending->word->kind;

    if (kind == FZ_CONTACT_TG || count < (kind == FZ_CONTACT_QQ ? 5u : 6u) ||
        count > 12 || digits[0] == '0' ||
        fz_number_is_chinese_mobile(fz_slice(digits, count)) ||
        fz_number_is_amount(find, at, to) ||
        !fz_number_stands_alone(find, at, to) ||
        (!pending->word->certain && count < 6))
        return 0;
    fz_contact_add(find->urls, kind, "", fz_slice(digits, count),
                   fz_find_span(find, at, to));
    return to;
}

static bool is_token(uint8_t c)
{
    return fz_is_alnum(c) || c == '_' || c == '-';
}

/* Letters, digits and dashes that begin with a letter: a word, a word with its
 * number ("qq12345"), a name, or none of these. */
static uint32_t take_token(FzFind *find, Pending *pending, uint32_t at)
{
    /* "a1a1a1...": of a long one its end is looked for once */
    uint32_t to = at < pending->token_end ? pending->token_end : at;
    uint32_t letters = at;
    const Word *word;
    FzSlice token;

    while (to < find->length && is_token(find->octets[to]))
        to++;
    pending->token_end = to;
    while (letters < to && fz_is_alpha(find->octets[letters]))
        letters++;
    token = slice_of(find, at, to);
    if (is_near(find, pending, at) && is_meant(pending, at) &&
        is_name(pending->word->kind, token,
                pending->pointed && pending->word->kind != FZ_CONTACT_QQ) &&
        pending->word->kind != FZ_CONTACT_QQ) {
        fz_contact_add(find->urls, pending->word->kind, "", token,
                       fz_find_span(find, at, to));
        pending->word = NULL;
        return to;
    }
    word = latin_word(slice_of(find, at, letters));
    if (word != NULL) {
        open_word(find, pending, word, at, letters);
        return letters;
    }
    if (pending->word != NULL && !is_filler(token))
        pending->word = NULL;
    /* "tel13800000000": the digits may be a number */
    return letters < to && fz_is_digit(find->octets[letters]) ? letters : to;
}

/* Is this how one of han_words begins? Nearly no ideograph is, so that a branch
 * on which one it is would be foreseen wrongly each time: a bit by its last two
 * octets, of E4 to E9 together. */
#define HAN_BIT(second, third) [(second)&63] = (uint64_t)1 << ((third)&63)
static const uint64_t han_begins[64] = {
    HAN_BIT(0xBC, 0x81), /* 企 */
    HAN_BIT(0xA8, 0x81), /* 威 */
    HAN_BIT(0xBE, 0xAE), /* 微 */
    HAN_BIT(0x89, 0xA3), /* 扣 */
    HAN_BIT(0x8A, 0xA0), /* 抠 */
    HAN_BIT(0x94, 0xB5), /* 电 */
    HAN_BIT(0xBA, 0xB8), /* 纸 */
    HAN_BIT(0xBB, 0xB4), /* 维 */
    HAN_BIT(0x96, 0x87), /* 薇 */
    HAN_BIT(0xA3, 0x9E), /* 飞 */
};

static inline bool begins_han_word(const uint8_t *octets)
{
    return han_begins[octets[1] & 63] >> (octets[2] & 63) & 1;
}

static bool take_han_word(const FzFind *find, Pending *pending, uint32_t *at)
{
    if (!begins_han_word(find->octets + *at))
        return false;
    for (size_t i = 0; i < sizeof han_words / sizeof *han_words; i++) {
        if (!fz_find_is(find, *at, han_words[i].text))
            continue;
        open_word(find, pending, &han_words[i], *at,
                  *at + (uint32_t)strlen(han_words[i].text));
        *at = pending->end;
        return true;
    }
    return false;
}

/* What says that a name follows. */
static bool points(const FzFind *find, uint32_t at)
{
    return strchr(":=@+", find->octets[at]) != NULL ||
           fz_find_is(find, at, "号") || fz_find_is(find, at, "加") ||
           fz_find_is(find, at, "搜");
}

/* Places of links and addresses are theirs. */
static uint32_t behind_found(const FzFind *find, uint32_t at)
{
    uint32_t cp;

    if (find->urls->url_count == 0 && find->urls->contact_count == 0)
        return at;
    cp = fz_find_cp(find, at);
    for (uint32_t i = 0; i < find->urls->url_count; i++) {
        FzSpan span = find->urls->url[i].span;

        if (cp >= span.cp_from && cp < span.cp_to)
            return fz_find_place(find, at, span.cp_to);
    }
    for (uint32_t i = 0; i < find->urls->contact_count; i++) {
        FzSpan span = find->urls->contact[i].span;

        if (cp >= span.cp_from && cp < span.cp_to)
            return fz_find_place(find, at, span.cp_to);
    }
    return at;
}

static uint32_t take_number(FzFind *find, Pending *pending, uint32_t at)
{
    bool digit = fz_is_digit(find->octets[at]);
    uint32_t to;

    if (digit && is_near(find, pending, at)) {
        to = take_digits(find, pending, at);
        if (to != 0) {
            pending->word = NULL;
            return to;
        }
    }
    pending->word = NULL;
    return fz_number_take(find, at);
}

static void sort_contacts(FzUrls *urls)
{
    for (uint32_t i = 1; i < urls->contact_count; i++) {
        FzContact it = urls->contact[i];
        uint32_t at = i;

        for (; at > 0 && urls->contact[at - 1].span.cp_from > it.span.cp_from;
             at--)
            urls->contact[at] = urls->contact[at - 1];
        urls->contact[at] = it;
    }
}

/* One step of the walk; where it goes on. */
static uint32_t step(FzFind *find, Pending *pending, uint32_t at)
{
    uint8_t c = find->octets[at];
    bool plus = c == '+' && fz_is_digit(fz_find_octet(find, at + 1));
    uint32_t used;

    if (c >= 0xE0 && c < 0xF0 && pending->word == NULL &&
        !begins_han_word(find->octets + at))
        return at + 3; /* as nearly every ideograph, found or not */
    if (!fz_is_alnum(c) && !plus && c < 0x80) {
        pending->pointed |= pending->word != NULL && points(find, at);
        return at + 1;
    }
    used = behind_found(find, at);
    if (used != at) {
        /* it may end within a word or number: a step behind it, too */
        pending->word = NULL;
        return used < find->length ? step(find, pending, used) : used;
    }
    if (fz_is_digit(c) || plus)
        return take_number(find, pending, at);
    if (c < 0x80)
        return take_token(find, pending, at);
    if (take_han_word(find, pending, &at))
        return at;
    pending->pointed |= pending->word != NULL && points(find, at);
    return at + (c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4);
}

void fz_contacts_walk(FzFind *find)
{
    Pending pending = {0};
    uint32_t at = 0;

    while (at < find->length)
        at = step(find, &pending, at);
    sort_contacts(find->urls);
}

/* A token whose letters end in a dash or underscore is passed over whole: does
 * one that begins at `from` or behind reach over `at`? Its end, or `at`. */
static uint32_t behind_token(const FzFind *find, uint32_t from, uint32_t at)
{
    const uint8_t *it = find->octets;

    if (!fz_is_alnum(it[at]))
        return at;
    for (uint32_t i = at; i > from && is_token(it[i - 1]); i--) {
        if (fz_is_alnum(it[i]) || !fz_is_alpha(it[i - 1]))
            continue;
        while (at < find->length && is_token(it[at]))
            at++;
        break;
    }
    return at;
}

/* From a place where one can begin on, as long as a word waits for its number
 * or name. */
static uint32_t take_at(FzFind *find, Pending *pending, uint32_t at)
{
    do
        at = step(find, pending, at);
    while (pending->word != NULL && at < find->length);
    return at;
}

/* The first that was found and ends behind `at`. */
static bool found_behind(const FzFind *find, uint32_t at, FzSpan *span_out)
{
    const FzUrls *urls = find->urls;
    uint32_t cp, from = UINT32_MAX;

    if (urls->url_count + urls->contact_count == 0 || at >= find->length)
        return false;
    cp = fz_find_cp(find, at);
    for (uint32_t i = 0; i < urls->url_count + urls->contact_count; i++) {
        FzSpan span = i < urls->url_count
                          ? urls->url[i].span
                          : urls->contact[i - urls->url_count].span;

        if (span.cp_to > cp && span.cp_from < from) {
            from = span.cp_from;
            *span_out = span;
        }
    }
    return from != UINT32_MAX;
}

/* Go over what was found and begins at `place` or in front of it, and a step
 * behind it. */
static uint32_t over_found(FzFind *find, Pending *pending, uint32_t at,
                           uint32_t place)
{
    FzSpan span;

    while (at <= place && found_behind(find, at, &span) &&
           (place == find->length || span.cp_from <= fz_find_cp(find, place))) {
        at = fz_find_place(find, at, span.cp_to);
        if (at < find->length)
            at = take_at(find, pending, at);
    }
    return at;
}

void fz_contacts_find(FzFind *find)
{
    Pending pending = {0};
    uint32_t at = 0;

    for (uint32_t from = 0; from < find->length; from += FZ_GLANCE_OCTETS) {
        uint64_t places = fz_find_glance(find, from).contact;

        for (; places != 0; places &= places - 1) {
            uint32_t place = from + (uint32_t)__builtin_ctzll(places), behind;

            at = over_found(find, &pending, at, place);
            if (place < at)
                continue;
            behind = behind_token(find, at, place);
            at = behind != place ? behind : take_at(find, &pending, place);
        }
    }
    over_found(find, &pending, at, find->length);
    sort_contacts(find->urls);
}

/* ----------------------------------------------------- links that are some */
void fz_contact_of_url(FzUrls *urls, const FzUrl *url)
{
    FzSlice name = fz_slice(url->path.data + 1, url->path.octets - 1);
    bool digits = name.octets >= 7 && name.octets <= 15;

    for (size_t i = 0; i < name.octets; i++)
        digits &= fz_is_digit(name.data[i]);
    if (fz_slice_is(url->host, "wa.me") && digits)
        fz_contact_add(urls, FZ_CONTACT_TEL, "+", name, url->span);
    if ((fz_slice_is(url->host, "t.me") ||
         fz_slice_is(url->host, "telegram.me")) &&
        is_name(FZ_CONTACT_TG, name, true))
        fz_contact_add(urls, FZ_CONTACT_TG, "", name, url->span);
}

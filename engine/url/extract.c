/* SPDX-License-Identifier: BSD-2-Clause
 *
 * extract.c - find the links of a text
 *
 * One walk over the folded view stops at what only links and addresses have: a
 * colon, a dot, an @, a dot in disguise. What was looked at there is settled,
 * so the walk is linear.
 */
#include "config.h"

#include "engine/url/found.h"

#define IDN_CHARS 24 /* of a bare name that is not ASCII */
#define USERINFO_OCTETS 256
#define BRACKET_OCTETS 48
#define ESCAPED_TRIES FZ_LIMIT_URLS
#define MAIL_AHEAD                                                             \
    64 /* octets behind a dot that may still be of an address                  \
        */

/* ------------------------------------------------------------------ scheme */
typedef struct Scheme {
    const char *name; /* "http"; NULL: none */
    uint32_t from;    /* where it begins */
    uint32_t to;      /* where the host may begin */
    uint32_t flags;
} Scheme;

static bool is_x(uint8_t c)
{
    return c == 't' || c == 'x' || c == '*';
}

/* "http", "hxxps", "h**p" in front of `end`; where it begins, or `end`. */
static uint32_t scheme_before(const FzFind *find, uint32_t end, Scheme *scheme)
{
    const uint8_t *it = find->octets;
    uint32_t at = end;
    bool secure = false;

    if (at >= find->floor + 3 && memcmp(it + at - 3, "ftp", 3) == 0) {
        scheme->name = "ftp";
        return at - 3;
    }
    if (at > find->floor && it[at - 1] == 's') {
        secure = true;
        at--;
    }
    if (at < find->floor + 4 || it[at - 1] != 'p' || !is_x(it[at - 2]) ||
        !is_x(it[at - 3]) || it[at - 4] != 'h')
        return end;
    scheme->name = secure ? "https" : "http";
    if (it[at - 2] != 't' || it[at - 3] != 't')
        scheme->flags |= FZ_URL_DEFANGED;
    return at - 4;
}

/* At a colon. */
static bool read_scheme(const FzFind *find, uint32_t at, Scheme *scheme)
{
    uint32_t end = at, slashes = 0, to = at + 1;

    *scheme = (Scheme){0};
    if (end > find->floor && find->octets[end - 1] == '[' &&
        fz_find_octet(find, to) == ']') {
        scheme->flags |= FZ_URL_DEFANGED; /* hxxp[:]// */
        end--;
        to++;
    }
    scheme->from = scheme_before(find, end, scheme);
    if (scheme->from == end)
        return false;
    while (slashes < 3 && (fz_find_octet(find, to) == '/' ||
                           fz_find_octet(find, to) == '\\')) {
        if (find->octets[to] == '\\')
            scheme->flags |= FZ_URL_BACKSLASH;
        to++;
        slashes++;
    }
    scheme->to = to;
    return true;
}

static const FzAsciiSet userinfo_set = {
    FZ_ASCII_DIGITS | FZ_ASCII('.') | FZ_ASCII('%') | FZ_ASCII('!') |
        FZ_ASCII('$') | FZ_ASCII('&') | FZ_ASCII('\'') | FZ_ASCII('*') |
        FZ_ASCII('+') | FZ_ASCII(';') | FZ_ASCII('=') | FZ_ASCII(':') |
        FZ_ASCII('-'),
    FZ_ASCII_LETTERS | FZ_ASCII('_') | FZ_ASCII('~')};

/* Something@ in front of the host; ASCII only: Han in front of an @ is text. */
static uint32_t behind_userinfo(const FzFind *find, uint32_t from)
{
    uint32_t behind = from, limit = from + USERINFO_OCTETS;

    for (uint32_t at = from; at < find->length && at < limit; at++) {
        uint8_t c = find->octets[at];

        if (c == '@')
            behind = at + 1;
        else if (!fz_in_set(&userinfo_set, c))
            break;
    }
    return behind;
}

/* "[2001:db8::1]": only behind a scheme. */
static bool read_brackets(const FzFind *find, uint32_t at, FzHost *host)
{
    uint32_t to = at + 1, colons = 0;

    if (fz_find_octet(find, at) != '[')
        return false;
    for (; to < find->length && find->octets[to] != ']'; to++) {
        uint8_t c = find->octets[to];

        if (to - at > BRACKET_OCTETS)
            return false;
        colons += c == ':';
        if (!fz_is_digit(c) && !(c >= 'a' && c <= 'f') && c != ':' && c != '.')
            return false;
    }
    if (to == find->length || colons < 2)
        return false;
    *host = (FzHost){.from = at, .to = to + 1, .ip = true, .brackets = true};
    return true;
}

/* ---------------------------------------------------------------- the walk */
static void finish_link(FzFind *find, FzFound *found)
{
    uint32_t end = found->host.to;

    /* the root's dot, where the host goes on behind it */
    if (fz_find_octet(find, end) == '.' && end + 1 < find->length &&
        strchr("/:?#\\", find->octets[end + 1]) != NULL)
        end++;
    found->cp_host_end = fz_find_cp(find, end - 1) + 1u;
    fz_tail_grow(find->text, found->cp_host_end, &found->tail);
    find->floor = fz_find_place(find, end, found->tail.cp_to);
}

static bool has_escape(const FzFind *find, uint32_t at)
{
    uint32_t limit = at + FZ_HOST_OCTETS;

    while (at < find->length && at < limit &&
           fz_in_set(&userinfo_set, find->octets[at])) {
        if (find->octets[at] == '%')
            return true;
        at++;
    }
    return false;
}

/* "http://shop%2eexample/": browsers take the escapes of a host off. */
static void take_escaped(FzFind *find, const Scheme *scheme)
{
    uint32_t cp = fz_find_cp(find, scheme->from), from, to;
    uint8_t text[FZ_LIMIT_URL_OCTETS];
    FzCanonical canonical;
    size_t used, length;
    FzTail tail;
    FzSpan span;

    if (scheme->to >= find->length || find->tries == ESCAPED_TRIES ||
        !has_escape(find, scheme->to) || !fz_found_room(find->urls))
        return;
    find->tries++;
    from = fz_find_cp(find, scheme->to);
    to = fz_tail_run(find->text, from);
    tail = (FzTail){from, from, to};
    length = fz_found_put(text, 0, scheme->name, strlen(scheme->name));
    length = fz_found_put(text, length, "://", 3);
    length = fz_tail_write(find->text, &tail, text, length, sizeof text);
    if (to <= from || memchr(text, '%', length) == NULL ||
        fz_canonical_url(fz_slice(text, length),
                         find->urls->room + find->urls->used, &canonical,
                         &used) != FZ_OK ||
        !fz_found_is_known(find->tables, &canonical))
        return;
    span = (FzSpan){(uint16_t)cp, (uint16_t)to};
    fz_found_keep(find->urls, &canonical, used, span,
                  fz_text_slice(find->text, span),
                  scheme->flags | FZ_URL_ESCAPED_HOST);
    find->floor = fz_find_place(find, find->floor, to);
}

/* At a colon: true when a link with a scheme stands there, or tried to. */
static bool take_scheme(FzFind *find, uint32_t at)
{
    FzHostRun run;
    Scheme scheme;
    FzFound found = {.run = &run};
    uint32_t host;

    if (!read_scheme(find, at, &scheme))
        return false;
    host = behind_userinfo(find, scheme.to);
    run.count = 0;
    run.to = host;
    run.flags = 0;
    if (!read_brackets(find, host, &found.host)) {
        fz_host_read(find, host, FZ_HOST_SCHEME, &run);
        if (!fz_host_settle(find, &run, FZ_HOST_SCHEME, &found.host)) {
            /* what stands there says it is a link, and is none */
            find->floor = run.count >= 2 ? run.to : at + 1;
            take_escaped(find, &scheme);
            return true;
        }
    }
    found.scheme = scheme.name;
    found.userinfo = scheme.to;
    found.flags = scheme.flags | fz_host_run_flags(find, &run);
    found.cp_from = fz_find_cp(find, scheme.from);
    finish_link(find, &found);
    fz_found_add(find, &found);
    return true;
}

/* The label in front of `end` begins here. */
static uint32_t label_before(const FzFind *find, uint32_t end)
{
    uint32_t at = end;

    while (at > find->floor) {
        uint32_t before, used;

        if (fz_is_alnum(find->octets[at - 1])) {
            at--;
            continue;
        }
        before = fz_find_before(find, at);
        if (!fz_host_char(fz_find_char(find, before, &used), FZ_HOST_BARE))
            break;
        at = before;
    }
    /* a dash or underscore in front is punctuation */
    while (at < end && (find->octets[at] == '-' || find->octets[at] == '_'))
        at++;
    return at;
}

/* Are the octets from `at` on the local part of an address? Where its @ is. */
static uint32_t mail_ahead(const FzFind *find, uint32_t at)
{
    for (uint32_t i = at; i < find->length && i < at + MAIL_AHEAD; i++) {
        uint8_t c = find->octets[i];

        if (c == '@')
            return i;
        if (!fz_is_alnum(c) && c != '.' && c != '_' && c != '%' && c != '+' &&
            c != '-')
            break;
    }
    return 0;
}

static bool is_upper(uint32_t cp)
{
    return cp >= 'A' && cp <= 'Z';
}

/* A number of a version: "v2", "3". */
static bool is_version(const FzFind *find, const FzHostLabel *label)
{
    uint32_t from = label->from + (find->octets[label->from] == 'v');

    for (uint32_t i = from; i < label->to; i++)
        if (!fz_is_digit(find->octets[i]))
            return false;
    return label->to - from <= 2;
}

/* What looks like a bare host and is not: "v2.3.com" is a version, "done.It"
 * the end of a sentence. */
static bool is_text_after_all(const FzFind *find, const FzFound *found)
{
    const FzHostRun *run = found->run;
    const FzHostLabel *last = &run->label[found->host.labels - 1];
    bool version = true;

    /* "bank.example.25.com" has a name in front: it is no version */
    for (uint32_t i = 0; i + 1 < found->host.labels; i++)
        version &= is_version(find, &run->label[i]);
    if (version)
        return true;
    if (found->host.core || found->host.labels > run->count)
        return false;
    return is_upper(fz_find_raw(find->text, fz_find_cp(find, last->from))) &&
           !is_upper(
               fz_find_raw(find->text, fz_find_cp(find, last->from) + 1u)) &&
           !is_upper(
               fz_find_raw(find->text, fz_find_cp(find, last->from) - 2u));
}

/* An address; with a path behind it, a link with something in front of its
 * host. */
static bool take_at(FzFind *find, uint32_t at)
{
    FzHostRun run;
    FzFound found = {.run = &run};
    uint32_t to = fz_contact_mail(find, at, &found.userinfo);

    if (to == 0)
        return false;
    if (fz_find_octet(find, to) == '/') {
        fz_host_read(find, at + 1, FZ_HOST_MAIL, &run);
        if (fz_host_settle(find, &run, FZ_HOST_MAIL, &found.host)) {
            found.cp_from = fz_find_cp(find, found.userinfo);
            finish_link(find, &found);
            fz_found_add(find, &found);
        }
    }
    if (find->floor < to)
        find->floor = to;
    return true;
}

/* Of a run that is no name, what nothing else can begin in. */
static uint32_t behind_letters(const FzFind *find, const FzHostRun *run,
                               uint32_t floor)
{
    for (uint32_t i = 0; i < run->count; i++)
        for (uint32_t at = run->label[i].from; at < run->label[i].to; at++) {
            if (find->octets[at] < 0x80)
                return floor;
            if (at + 1 == run->label[i].to && at > floor)
                floor = at + 1;
        }
    return floor;
}

/* "名字.中国": letters of any script, when all of the last label is one that
 * exists. */
static bool take_bare_idn(FzFind *find, uint32_t dot)
{
    FzHostRun run;
    FzFound found = {.run = &run};
    uint32_t from = dot, chars = 0;

    while (from > find->floor && chars < IDN_CHARS) {
        uint32_t before = fz_find_before(find, from), used;

        if (!fz_char_is_word(fz_char(fz_find_char(find, before, &used))))
            break;
        from = before;
        chars++;
    }
    if (from == dot || chars == IDN_CHARS)
        return false;
    fz_host_read(find, from, FZ_HOST_SCHEME, &run);
    if (run.count < 2 || !fz_host_is_idn_tld(find, &run.label[run.count - 1]) ||
        fz_host_run_flags(find, &run) != 0 ||
        !fz_host_settle(find, &run, FZ_HOST_SCHEME, &found.host)) {
        find->floor = behind_letters(find, &run, dot + 1);
        return false;
    }
    found.userinfo = found.host.from;
    found.cp_from = fz_find_cp(find, found.host.from);
    finish_link(find, &found);
    if (found.tail.cp_to == found.cp_host_end)
        found.flags |= FZ_URL_WEAK;
    fz_found_add(find, &found);
    return true;
}

/* "bank-5260.me": no sentence has such a word before its full stop. */
static bool is_made_up(const FzFind *find, const FzFound *found)
{
    const FzHostLabel *name = &found->run->label[found->host.labels - 2];
    uint32_t digits = 0;

    for (uint32_t i = name->from; i < name->to; i++) {
        if (find->octets[i] == '-')
            return true;
        digits += fz_is_digit(find->octets[i]);
    }
    return digits >= 2 && name->to - name->from >= 5;
}

/* A host that stands bare, its first dot (of any kind) behind `end`. */
static void take_bare(FzFind *find, uint32_t end)
{
    FzHostRun run;
    FzFound found = {.run = &run};
    uint32_t from = label_before(find, end), mail;
    uint8_t before = from > 0 ? find->octets[from - 1] : 0;

    if (from == end) {
        take_bare_idn(find, end);
        return;
    }
    fz_host_read(find, from, FZ_HOST_BARE, &run);
    mail = mail_ahead(find, run.to);
    if (mail != 0 && take_at(find, mail))
        return;
    if (!fz_host_settle(find, &run, FZ_HOST_BARE, &found.host)) {
        if (run.count >= 2)
            find->floor = run.to;
        return;
    }
    /* "@site.example #123" binds a code to a site; "$T.CO" is a share */
    if (before == '@' || before == '$' || before == '%') {
        find->floor = run.to;
        return;
    }
    found.userinfo = found.host.from;
    found.flags = fz_host_run_flags(find, &run);
    found.cp_from = fz_find_cp(find, found.host.from);
    finish_link(find, &found);
    if (found.tail.cp_to == found.cp_host_end && !found.host.www) {
        if (found.host.ip || is_text_after_all(find, &found))
            return;
        if (!found.host.core && !is_made_up(find, &found))
            found.flags |= FZ_URL_WEAK;
    }
    fz_found_add(find, &found);
}

/* A dot in brackets begins before it, with the bracket and a space. */
static uint32_t before_brackets(const FzFind *find, uint32_t at)
{
    if (at > 0 && strchr("[({<", find->octets[at - 1]) != NULL)
        at--;
    if (at > 0 && find->octets[at - 1] == ' ')
        at--;
    return at;
}

static void visit(FzFind *find, uint32_t at)
{
    uint8_t c = find->octets[at];
    uint32_t end = at;

    if (c == ':') {
        take_scheme(find, at);
    } else if (c == '@') {
        take_at(find, at);
    } else if (c == '.') {
        if (at > 0 && strchr("[({< ", find->octets[at - 1]) != NULL) {
            end = before_brackets(find, at);
            if (fz_host_odd_dot(find, end) == 0)
                return;
        }
        take_bare(find, end);
    } else if (c == 'd' ? fz_find_is(find, at, "dot")
                        : fz_find_is(find, at, "\xE7\x82\xB9")) {
        end = before_brackets(find, at);
        if (fz_host_odd_dot(find, end) != 0)
            take_bare(find, end);
    }
}

static void find_links(FzFind *find)
{
    for (uint32_t from = 0; from < find->length; from += FZ_GLANCE_OCTETS) {
        FzGlance it = fz_find_glance(find, from);
        uint64_t places = it.link | it.dot;

        for (; places != 0; places &= places - 1) {
            uint32_t at = from + (uint32_t)__builtin_ctzll(places);

            if (at >= find->floor)
                visit(find, at);
        }
    }
}

static FzFind begin(const FzText *text, FzViews *views,
                    const FzUrlTables *tables, FzUrls *urls)
{
    const FzView *view = &views->view[FZ_VIEW_FOLDED];

    fz_urls_reset(urls);
    return (FzFind){.text = text,
                    .octets = view->octets,
                    .views = views,
                    .length = view->length,
                    .tables = tables,
                    .urls = urls};
}

void fz_urls_extract(const FzText *text, FzViews *views,
                     const FzUrlTables *tables, FzUrls *urls)
{
    FzGlance glance[FZ_GLANCES], any;
    FzFind find = begin(text, views, tables, urls);

    find.glance = glance;
    any = fz_glance_over(&views->view[FZ_VIEW_FOLDED], glance);
    if (any.link != 0)
        find_links(&find);
    if (any.contact != 0 || urls->url_count + urls->contact_count > 0)
        fz_contacts_find(&find);
    if (urls->url_count > 0)
        fz_found_inner(&find);
}

void fz_urls_walk(const FzText *text, FzViews *views, const FzUrlTables *tables,
                  FzUrls *urls)
{
    FzFind find = begin(text, views, tables, urls);

    for (uint32_t at = 0; at < find.length; at++)
        if (at >= find.floor)
            visit(&find, at);
    fz_contacts_walk(&find);
    fz_found_inner(&find);
}

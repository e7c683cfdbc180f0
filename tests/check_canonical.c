/* SPDX-License-Identifier: BSD-2-Clause
 *
 * With FZ_DATA=folder in the environment, the Safe Browsing cases of
 * FZ_DATA/conformance/url_canonical are run too.
 */
#include "config.h"

#include "tests/support.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "engine/url/canonical.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static uint8_t room[FZ_CANONICAL_ROOM];

/* NULL when it has none. */
static const char *canonical_text(FzSlice url, FzCanonical *canonical)
{
    static char text[FZ_CANONICAL_ROOM + 1];

    if (fz_canonical_url(url, room, canonical, NULL) != FZ_OK)
        return NULL;
    memcpy(text, canonical->url.data, canonical->url.octets);
    text[canonical->url.octets] = '\0';
    return text;
}

/* ----------------------------------------------------------- canonical form */
#define NONE 0
#define BARE FZ_CANONICAL_NO_SCHEME
#define USER FZ_CANONICAL_USERINFO
#define PORT FZ_CANONICAL_PORT
#define IP FZ_CANONICAL_IP
#define ODD (FZ_CANONICAL_IP | FZ_CANONICAL_IP_ODD)
#define IDN FZ_CANONICAL_IDN
#define BAD (FZ_CANONICAL_IDN | FZ_CANONICAL_IDN_BAD)
#define SLASH FZ_CANONICAL_BACKSLASH

static const struct {
    const char *url, *want; /* NULL: refused */
    uint32_t flags;
} forms[] = {
    /* what is around and within */
    {"http://shop.example/a", "http://shop.example/a", NONE},
    {" \t http://shop.example/a \r\n", "http://shop.example/a", NONE},
    {"http://shop.example/a\tb\r\nc", "http://shop.example/abc", NONE},
    {"http://shop.example/a#b?c", "http://shop.example/a", NONE},
    {"http://shop.example#b", "http://shop.example/", NONE},
    {"HTTPS://Shop.EXAMPLE/Path", "https://shop.example/Path", NONE},
    {"shop.example", "http://shop.example/", BARE},
    {"//shop.example/a", "http://shop.example/a", BARE},
    {"ftp://shop.example/a", "ftp://shop.example/a", NONE},
    {"weixin://dl/business", "weixin://dl/business", NONE},
    /* escapes */
    {"http://shop.example/%41", "http://shop.example/A", NONE},
    {"http://shop.example/%2541", "http://shop.example/A", NONE},
    {"http://shop.example/%25252541", "http://shop.example/A", NONE},
    {"http://shop.example/%25%34%31", "http://shop.example/A", NONE},
    {"http://shop.example/%", "http://shop.example/%25", NONE},
    {"http://shop.example/%4", "http://shop.example/%254", NONE},
    {"http://shop.example/%zz", "http://shop.example/%25zz", NONE},
    {"http://shop.example/%%341", "http://shop.example/A", NONE},
    {"http://shop.example/a b", "http://shop.example/a%20b", NONE},
    {"http://shop.example/%e4%bd%a0", "http://shop.example/%E4%BD%A0", NONE},
    {"http://shop.example/\xE4\xBD\xA0", "http://shop.example/%E4%BD%A0", NONE},
    {"http://shop.example/a%23b", "http://shop.example/a%23b", NONE},
    {"http://shop.example/%7e%00", "http://shop.example/~%00", NONE},
    {"http%3A%2F%2Fshop.example%3a80%2fa", "http://shop.example/a", PORT},
    {"http://%73hop.example/", "http://shop.example/", NONE},
    /* query */
    {"http://shop.example/a?", "http://shop.example/a?", NONE},
    {"http://shop.example?a=b", "http://shop.example/?a=b", NONE},
    {"http://shop.example/a?b?c", "http://shop.example/a?b?c", NONE},
    {"http://shop.example/a?b=/../c//d", "http://shop.example/a?b=/../c//d",
     NONE},
    {"http://shop.example/a?b=%43%20", "http://shop.example/a?b=C%20", NONE},
    /* path */
    {"http://shop.example/a/./b", "http://shop.example/a/b", NONE},
    {"http://shop.example/a/../b", "http://shop.example/b", NONE},
    {"http://shop.example/../../b", "http://shop.example/b", NONE},
    {"http://shop.example/a/b/..", "http://shop.example/a/", NONE},
    {"http://shop.example/a/b/.", "http://shop.example/a/b/", NONE},
    {"http://shop.example/..", "http://shop.example/", NONE},
    {"http://shop.example//a///b//", "http://shop.example/a/b/", NONE},
    {"http://shop.example/a//../b", "http://shop.example/b", NONE},
    {"http://shop.example/.../a", "http://shop.example/.../a", NONE},
    {"http://shop.example/..a/.b", "http://shop.example/..a/.b", NONE},
    {"http://shop.example/%2e%2e/a", "http://shop.example/a", NONE},
    {"http://shop.example/a;b", "http://shop.example/a;b", NONE},
    /* backslashes */
    {"http:\\\\shop.example\\a", "http://shop.example/a", SLASH},
    {"http://shop.example\\@bank.example/",
     "http://shop.example/@bank.example/", SLASH},
    {"weixin://a\\b", "weixin://a\\b/", NONE},
    /* user and port */
    {"http://bank.example@shop.example/", "http://shop.example/", USER},
    {"http://a@b:c@shop.example:80/", "http://shop.example/", USER | PORT},
    {"http://@shop.example/", "http://shop.example/", USER},
    {"http://shop.example:/", "http://shop.example/", PORT},
    {"shop.example:8080/a", "http://shop.example/a", BARE | PORT},
    {"shop.example:8080", "http://shop.example/", BARE | PORT},
    {"http://shop.example/a@b:c", "http://shop.example/a@b:c", NONE},
    /* host */
    {"http://.shop..example.../", "http://shop.example/", NONE},
    {"http://a_b.example/", "http://a_b.example/", NONE},
    {"http://a%20b.example/", "http://a%20b.example/", NONE},
    {"http://a!b$.example/", "http://a!b$.example/", NONE},
    {"http:shop.example/", "http://shop.example/", NONE},
    {"http:/shop.example/", "http://shop.example/", NONE},
    {"http://b\xC3\xBC"
     "cher.example/",
     "http://xn--bcher-kva.example/", IDN},
    {"http://B\xC3\x9C"
     "CHER.example/",
     "http://xn--bcher-kva.example/", IDN},
    {"http://stra\xC3\x9F"
     "e.example/",
     "http://xn--strae-oqa.example/", IDN},
    {"http://shop\xE3\x80\x82"
     "example/",
     "http://shop.example/", IDN},
    {"http://\xEF\xBD\x93hop.example/", "http://shop.example/", IDN},
    {"http://\xE2\x9C\xAA.example/", "http://xn--2ci.example/", IDN},
    {"http://\xFF\xFE.example/", "http://%FF%FE.example/", BAD},
    {"http://a\xE2\x84\x80.example/", "http://a%E2%84%80.example/", BAD},
    {"http://xn--\xC3\xBC.example/", "http://xn--%C3%BC.example/", BAD},
    {"http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/", NONE},
    /* addresses */
    {"http://192.0.2.1/", "http://192.0.2.1/", IP},
    {"http://192.0.2.1./", "http://192.0.2.1/", IP},
    {"http://3221225985/", "http://192.0.2.1/", ODD},
    {"http://0xC0000201/", "http://192.0.2.1/", ODD},
    {"http://0xc0.0.0x2.01/", "http://192.0.2.1/", ODD},
    {"http://0300.0.02.1/", "http://192.0.2.1/", ODD},
    {"http://192.513/", "http://192.0.2.1/", ODD},
    {"http://192.0.513/", "http://192.0.2.1/", ODD},
    {"http://448.256.2.257/", "http://192.0.2.1/", ODD},
    {"http://%31%39%32.0.2.1/", "http://192.0.2.1/", IP},
    {"http://\xEF\xBC\x91\xEF\xBC\x99\xEF\xBC\x92.0.2.1/", "http://192.0.2.1/",
     IP | IDN},
    {"http://192.0.2.08/", "http://192.0.2.08/", NONE},
    {"http://1.192.0.2.1/", "http://1.192.0.2.1/", NONE},
    {"http://192.0.2.x/", "http://192.0.2.x/", NONE},
    {"http://4294967296/", "http://4294967296/", NONE},
    {"http://[2001:DB8:0:0:0::1]:80/a", "http://[2001:db8::1]/a", IP | PORT},
    {"http://[2001:0db8::0001]/a", "http://[2001:db8::1]/a", IP},
    {"http://[::ffff:192.0.2.1]/", "http://192.0.2.1/", ODD},
    {"http://[64:ff9b::c000:201]/", "http://192.0.2.1/", ODD},
    {"[2001:db8::1]/a", "http://[2001:db8::1]/a", BARE | IP},
    /* none */
    {"", NULL, NONE},
    {"   ", NULL, NONE},
    {":", NULL, NONE},
    {"/a", NULL, NONE},
    {"#a", NULL, NONE},
    {"?a", NULL, NONE},
    {"http://", NULL, NONE},
    {"http:///a", NULL, NONE},
    {"http://?a", NULL, NONE},
    {"http://./", NULL, NONE},
    {"http://user@/", NULL, NONE},
    {"http://:80/", NULL, NONE},
    {"http://shop.example:8a/", NULL, NONE},
    {"http://2001:db8::1]:80/", NULL, NONE},
    {"http://[2001:db8::1/", NULL, NONE},
    {"http://[2001:db8::1]x/", NULL, NONE},
    {"http://[2001:db8::g]/", NULL, NONE},
    {"http://[]/", NULL, NONE},
    {"http://.[a/", NULL, NONE},
    {"mailto:a@shop.example", NULL, NONE},
    {"tel:10086", NULL, NONE},
    {"javascript:alert(1)", NULL, NONE},
};

START_TEST(url_has_one_canonical_form)
{
    FzCanonical canonical;
    const char *got = canonical_text(fz_slice_of(forms[_i].url), &canonical);

    if (forms[_i].want == NULL) {
        ck_assert_msg(got == NULL, "`%s' gave `%s'", forms[_i].url, got);
        return;
    }
    ck_assert_msg(got != NULL && strcmp(got, forms[_i].want) == 0,
                  "`%s' gave `%s', want `%s'", forms[_i].url, got,
                  forms[_i].want);
    ck_assert_msg(canonical.flags == forms[_i].flags, "`%s': flags %x, want %x",
                  forms[_i].url, canonical.flags, forms[_i].flags);
}
END_TEST

START_TEST(canonical_form_is_its_own)
{
    char once[FZ_CANONICAL_ROOM + 1];
    FzCanonical canonical;
    const char *got = canonical_text(fz_slice_of(forms[_i].url), &canonical);

    if (got == NULL)
        return;
    strcpy(once, got);
    got = canonical_text(fz_slice_of(once), &canonical);
    ck_assert_msg(got != NULL && strcmp(got, once) == 0, "`%s' became `%s'",
                  once, got);
}
END_TEST

START_TEST(parts_are_pieces_of_the_url)
{
    FzCanonical canonical;
    size_t used = 0;

    ck_assert_int_eq(
        fz_canonical_url(fz_slice_of("Http://u%41:p@Shop.Example:81/a/?q=1"),
                         room, &canonical, &used),
        FZ_OK);
    ck_assert(fz_slice_is(canonical.scheme, "http"));
    ck_assert(fz_slice_is(canonical.host, "shop.example"));
    ck_assert(fz_slice_is(canonical.path, "/a/"));
    ck_assert(fz_slice_is(canonical.query, "q=1"));
    ck_assert(fz_slice_is(canonical.userinfo, "uA:p"));
    ck_assert_uint_eq(used, canonical.url.octets + 4);
    ck_assert_int_eq(
        fz_canonical_url(fz_slice_of("shop.example/"), room, &canonical, NULL),
        FZ_OK);
    ck_assert_ptr_null(canonical.query.data);
    ck_assert_ptr_null(canonical.userinfo.data);
}
END_TEST

START_TEST(length_is_bounded_and_the_longest_fits)
{
    static char url[FZ_LIMIT_URL_OCTETS + 2];
    FzCanonical canonical;

    memset(url, '#' + 0x60, sizeof url); /* every octet becomes an escape */
    memcpy(url, "http://a/", 9);
    ck_assert_int_eq(fz_canonical_url(fz_slice(url, FZ_LIMIT_URL_OCTETS), room,
                                      &canonical, NULL),
                     FZ_OK);
    ck_assert_uint_eq(canonical.url.octets, 9 + 3 * (FZ_LIMIT_URL_OCTETS - 9));
    ck_assert_int_eq(fz_canonical_url(fz_slice(url, FZ_LIMIT_URL_OCTETS + 1),
                                      room, &canonical, NULL),
                     FZ_E_LIMIT);
}
END_TEST

static const struct {
    const char *host, *want; /* NULL: no address */
    bool odd;
} addresses[] = {
    {"192.0.2.1", "192.0.2.1", false},
    {"192.0.2.1 now", "192.0.2.1", true},
    {"192.0.2.1 for ever", NULL, false}, /* beyond 15 octets: a name */
    {"192.0.2 now", NULL, false},
    {"0", "0.0.0.0", true},
    {"0x7f.1", "127.0.0.1", true},
    {"017700000001", "127.0.0.1", true},
    {"1.2.3.4.", NULL, false},
    {".1", NULL, false},
    {"1..2", NULL, false},
    {"0x", NULL, false},
    {"0x.1", NULL, false},
    {"09", NULL, false},
    {"0b1", NULL, false},
    {"00x1", NULL, false},
    {"1.2.3.-4", NULL, false},
    {"", NULL, false},
    {"a", NULL, false},
};

START_TEST(address_is_read_as_resolvers_do)
{
    uint8_t octets[4] = {0};
    char text[32] = "";
    bool odd = false;

    if (fz_canonical_ipv4(fz_slice_of(addresses[_i].host), octets, &odd))
        snprintf(text, sizeof text, "%u.%u.%u.%u", octets[0], octets[1],
                 octets[2], octets[3]);
    ck_assert_msg(
        strcmp(text, addresses[_i].want == NULL ? "" : addresses[_i].want) == 0,
        "`%s' gave `%s'", addresses[_i].host, text);
    ck_assert_msg(odd == addresses[_i].odd || text[0] == '\0', "`%s'",
                  addresses[_i].host);
}
END_TEST

/* -------------------------------------------------------------- expressions */
static const struct {
    const char *url, *want; /* separated by spaces, in order */
} asked[] = {
    {"http://a.b.shop.example/1/2.html?p=1/2",
     "a.b.shop.example/1/2.html?p=1/2 a.b.shop.example/1/2.html "
     "a.b.shop.example/1/ a.b.shop.example/ "
     "b.shop.example/1/2.html?p=1/2 b.shop.example/1/2.html b.shop.example/1/ "
     "b.shop.example/ "
     "shop.example/1/2.html?p=1/2 shop.example/1/2.html shop.example/1/ "
     "shop.example/"},
    {"http://shop.example/", "shop.example/"},
    {"http://shop.example/?", "shop.example/"},
    {"http://shop.example/a?", "shop.example/a shop.example/"},
    {"http://localhost/a", "localhost/a localhost/"},
    {"http://1.2.3.4.5.6.example/",
     "1.2.3.4.5.6.example/ 3.4.5.6.example/ 4.5.6.example/ 5.6.example/ "
     "6.example/"},
    {"http://1.2.3.4.5.example/",
     "1.2.3.4.5.example/ 2.3.4.5.example/ 3.4.5.example/ 4.5.example/ "
     "5.example/"},
    {"http://1.2.3.4.example/",
     "1.2.3.4.example/ 2.3.4.example/ 3.4.example/ 4.example/"},
    {"http://shop.example/1/2/3/4/5/6",
     "shop.example/1/2/3/4/5/6 shop.example/1/2/3/ shop.example/1/2/ "
     "shop.example/1/ shop.example/"},
    {"http://shop.example/1/2/3/",
     "shop.example/1/2/3/ shop.example/1/2/ shop.example/1/ shop.example/"},
    {"http://192.0.2.1/a", "192.0.2.1/a 192.0.2.1/"},
    {"http://[2001:db8::1]/a/b",
     "[2001:db8::1]/a/b [2001:db8::1]/a/ [2001:db8::1]/"},
    {"http://user@shop.example:80/", "shop.example/"},
};

static void join(const FzSlice *slices, size_t count, FzBuf *out)
{
    out->octets = 0;
    fz_buf_append_text(out, "");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            fz_buf_append_octet(out, ' ');
        fz_buf_append_slice(out, slices[i]);
    }
}

START_TEST(lists_are_asked_from_the_whole_to_the_host)
{
    FzSlice expressions[FZ_LIMIT_URL_EXPRESSIONS];
    FzCanonical canonical;
    FzBuf got = FZ_BUF_INIT;

    ck_assert_int_eq(
        fz_canonical_url(fz_slice_of(asked[_i].url), room, &canonical, NULL),
        FZ_OK);
    join(expressions, fz_canonical_expressions(&canonical, expressions), &got);
    ck_assert_str_eq(fz_buf_text(&got), asked[_i].want);
    fz_buf_clear(&got);
}
END_TEST

START_TEST(expressions_are_thirty_at_most)
{
    FzSlice expressions[FZ_LIMIT_URL_EXPRESSIONS];
    FzCanonical canonical;

    ck_assert_int_eq(
        fz_canonical_url(
            fz_slice_of("http://1.2.3.4.5.6.7.8.example/1/2/3/4/5/6/7?q"), room,
            &canonical, NULL),
        FZ_OK);
    ck_assert_uint_eq(fz_canonical_expressions(&canonical, expressions), 30);
}
END_TEST

/* ----------------------------------------- Safe Browsing's own, if at hand */
static const char *data_folder;

/* The cases hold octets that are no UTF-8 as lone low surrogates (Python's
 * surrogateescape), which JSON readers refuse: U+E0xx stands for them here. */
static void unhide(char *line)
{
    for (char *at = line; (at = strstr(at, "\\udc")) != NULL; at++)
        memcpy(at, "\\ue0", 4);
}

static FzSlice octets_of(const json_t *text, FzBuf *out)
{
    const uint8_t *at = (const uint8_t *)json_string_value(text);
    size_t left = json_string_length(text);

    out->octets = 0;
    fz_buf_append_text(out, "");
    while (left > 0) {
        uint32_t cp;
        size_t used = fz_utf8_decode(at, left, &cp);

        if (cp >= 0xE080 && cp <= 0xE0FF)
            fz_buf_append_octet(out, (uint8_t)cp);
        else
            fz_buf_append(out, at, used);
        at += used;
        left -= used;
    }
    return fz_buf_slice(out);
}

typedef bool (*Case)(FzSlice in, const json_t *out, bool fail, FzBuf *got);

static void run_file(const char *name, Case run, int want)
{
    FzBuf path = FZ_BUF_INIT, in = FZ_BUF_INIT, got = FZ_BUF_INIT;
    char line[16384];
    int passed = 0, seen = 0;
    FILE *file;

    fz_buf_printf(&path, "%s/conformance/url_canonical/%s.jsonl", data_folder,
                  name);
    file = fopen(fz_buf_text(&path), "r");
    ck_assert_msg(file != NULL, "%s is not there", fz_buf_text(&path));
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *it;

        unhide(line);
        it = json_loads(line, JSON_ALLOW_NUL, NULL);
        ck_assert_msg(it != NULL, "%s: %s", name, line);
        seen++;
        got.octets = 0;
        if (run(octets_of(json_object_get(it, "in"), &in),
                json_object_get(it, "out"),
                json_is_true(json_object_get(it, "fail")), &got))
            passed++;
        else
            printf("%s: got `%s' for %s", name, fz_buf_text(&got), line);
        json_decref(it);
    }
    fclose(file);
    printf("%s: %d of %d\n", name, passed, seen);
    fflush(stdout);
    ck_assert_int_eq(seen, want);
    ck_assert_int_eq(passed, seen);
    fz_buf_clear(&path);
    fz_buf_clear(&in);
    fz_buf_clear(&got);
}

/* One of the cases has its escapes in lower case; the document says upper. */
static bool is_text(const json_t *want, const FzBuf *got)
{
    FzBuf octets = FZ_BUF_INIT;
    bool same;

    octets_of(want, &octets);
    for (size_t i = 2; i < octets.octets; i++)
        if (octets.data[i - 2] == '%' && octets.data[i] >= 'a' &&
            octets.data[i] <= 'f')
            octets.data[i] ^= 0x20;
    same = fz_slice_equal(fz_buf_slice(&octets), fz_buf_slice(got));

    fz_buf_clear(&octets);
    return same;
}

static bool case_host(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    FzCanonical canonical;

    if (fz_canonical_url(in, room, &canonical, NULL) != FZ_OK)
        return fail;
    fz_buf_append_slice(got, canonical.host);
    return !fail && is_text(out, got);
}

static bool case_path(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    FzCanonical canonical;

    if (fz_canonical_url(in, room, &canonical, NULL) != FZ_OK)
        return fail;
    fz_buf_append_slice(got, canonical.path);
    return !fail && is_text(out, got);
}

/* The Go tests drop the query; the published document keeps it. */
static bool case_url(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    FzCanonical canonical;

    if (fz_canonical_url(in, room, &canonical, NULL) != FZ_OK)
        return fail;
    fz_buf_append(got, canonical.url.data,
                  canonical.url.octets - (canonical.query.data == NULL
                                              ? 0
                                              : canonical.query.octets + 1));
    if ((memchr(in.data, '?', in.octets) != NULL) !=
        (canonical.query.data != NULL))
        return false;
    return !fail && is_text(out, got);
}

static bool case_ip(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    uint8_t octets[4];

    (void)fail;
    fz_buf_append_text(got, "");
    if (fz_canonical_ipv4(in, octets, NULL))
        fz_buf_printf(got, "%u.%u.%u.%u", octets[0], octets[1], octets[2],
                      octets[3]);
    return is_text(out, got);
}

/* In the document the suffixes are of the last five components; the Go code
 * goes to seven. */
static bool too_long(const char *text, const char *first)
{
    size_t host = strcspn(text, "/"), dots = 0;

    for (size_t i = 0; i < host; i++)
        dots += text[i] == '.';
    return dots >= FZ_LIMIT_URL_HOSTS && text[0] != '[' &&
           strncmp(text, first, host) != 0;
}

static bool same_set(const FzSlice *slices, size_t count, const json_t *out,
                     FzBuf *got)
{
    const char *first = json_string_value(json_array_get(out, 0));
    size_t wanted = 0, i;
    const json_t *it;

    join(slices, count, got);
    json_array_foreach(out, i, it)
    {
        bool found = false;

        if (too_long(json_string_value(it), first))
            continue;
        wanted++;
        for (size_t j = 0; j < count; j++)
            found |= fz_slice_is(slices[j], json_string_value(it));
        if (!found)
            return false;
    }
    return wanted == count;
}

static bool case_hosts(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    FzSlice hosts[FZ_LIMIT_URL_HOSTS];
    FzCanonical canonical;

    if (fz_canonical_url(in, room, &canonical, NULL) != FZ_OK)
        return fail;
    return !fail &&
           same_set(hosts, fz_canonical_hosts(&canonical, hosts), out, got);
}

static bool case_paths(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    FzSlice paths[FZ_LIMIT_URL_PATHS];
    FzCanonical canonical;

    if (fz_canonical_url(in, room, &canonical, NULL) != FZ_OK)
        return fail;
    return !fail &&
           same_set(paths, fz_canonical_paths(&canonical, paths), out, got);
}

static bool case_patterns(FzSlice in, const json_t *out, bool fail, FzBuf *got)
{
    FzSlice expressions[FZ_LIMIT_URL_EXPRESSIONS];
    FzCanonical canonical;

    if (fz_canonical_url(in, room, &canonical, NULL) != FZ_OK)
        return fail;
    return !fail && same_set(expressions,
                             fz_canonical_expressions(&canonical, expressions),
                             out, got);
}

static const struct {
    const char *name;
    Case run;
    int cases;
} files[] = {
    {"gsb_canonical_host", case_host, 10},
    {"gsb_canonical_path", case_path, 10},
    {"gsb_canonical_url", case_url, 52},
    {"gsb_parse_ip", case_ip, 11},
    {"gsb_lookup_hosts", case_hosts, 5},
    {"gsb_lookup_paths", case_paths, 4},
    {"gsb_patterns", case_patterns, 14},
};

START_TEST(safe_browsing_cases_hold)
{
    run_file(files[_i].name, files[_i].run, files[_i].cases);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("canonical");
    TCase *tc = tcase_create("canonical");

    data_folder = getenv("FZ_DATA");
    tcase_add_loop_test(tc, url_has_one_canonical_form, 0, COUNT(forms));
    tcase_add_loop_test(tc, canonical_form_is_its_own, 0, COUNT(forms));
    tcase_add_test(tc, parts_are_pieces_of_the_url);
    tcase_add_test(tc, length_is_bounded_and_the_longest_fits);
    tcase_add_loop_test(tc, address_is_read_as_resolvers_do, 0,
                        COUNT(addresses));
    tcase_add_loop_test(tc, lists_are_asked_from_the_whole_to_the_host, 0,
                        COUNT(asked));
    tcase_add_test(tc, expressions_are_thirty_at_most);
    if (data_folder != NULL)
        tcase_add_loop_test(tc, safe_browsing_cases_hold, 0, COUNT(files));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

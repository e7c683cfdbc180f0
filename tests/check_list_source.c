/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_list_source.c - what the parsers of feeds make of what feeds write
 */
#include "config.h"

#include "base/buf.h"
#include "base/clock.h"
#include "engine/list/source_internal.h"
#include "engine/list/keyform.h"
#include "tests/list_kit.h"

#include <stdio.h>

/* --- one line a call: items and dirt as text
 * ---------------------------------- */
static void put_time(FzBuf *out, const char *name, int64_t wall_ms)
{
    char text[FZ_CLOCK_TEXT];

    if (wall_ms == 0)
        return;
    fz_clock_format(wall_ms, text);
    fz_buf_printf(out, " %s=%.19s", name, text);
}

static void put_slice(FzBuf *out, const char *name, FzSlice slice)
{
    if (slice.octets != 0)
        fz_buf_printf(out, " %s=%.*s", name, (int)slice.octets,
                      (const char *)slice.data);
}

static void note_item(void *ctx, uint32_t line, const FzListItem *item)
{
    static const char *const actions[] = {"", " allow", " block", " shared"};
    FzBuf *out = ctx;

    fz_buf_printf(out, "%u%s%s", line, item->guess ? "" : " own",
                  actions[item->action]);
    put_slice(out, "key", item->key);
    put_slice(out, "category", item->category);
    put_slice(out, "note", item->note);
    put_time(out, "expires", item->expires_ms);
    put_time(out, "first", item->first_seen_ms);
    if (item->lives_s != 0)
        fz_buf_printf(out, " lives=%llds", (long long)item->lives_s);
    if (item->score != FZ_LIST_SCORE_UNSET)
        fz_buf_printf(out, " score=%d", item->score);
    if (item->force)
        fz_buf_append_text(out, " force");
    fz_buf_append_text(out, "\n");
}

static void note_dirt(void *ctx, uint32_t line, FzFinding finding,
                      FzSlice sample)
{
    FzBuf *out = ctx;

    (void)sample;
    fz_buf_printf(out, "%u ! %s\n", line, fz_finding_name(finding));
}

static const struct {
    const char *name;
    FzSourceFormat format;
    const char *content, *want;
} feeds[] = {
    {"own: all there is", FZ_SOURCE_OWN,
     "# a comment\n"
     "\n"
     "block phishing host:a.example 2026-12-31 6.5 #case-1,seen twice\n"
     "allow ours .b.example 30d force\n"
     "shared ours host:c.example\n"
     "block x url:d.example/p#q 12h 3\r\n"
     "block - tel:+8613800000000 never\n"
     "block x host:e.example - 100\n",
     "3 own block key=host:a.example category=phishing note=case-1,seen twice "
     "expires=2026-12-31T23:59:59 score=650\n"
     "4 own allow key=.b.example category=ours lives=2592000s force\n"
     "5 own shared key=host:c.example category=ours\n"
     "6 own block key=url:d.example/p#q category=x lives=43200s score=300\n"
     "7 own block key=tel:+8613800000000\n"
     "8 own block key=host:e.example category=x score=10000\n"},
    {"own: dirt", FZ_SOURCE_OWN,
     "deny x host:a.example\n"
     "block x\n"
     "block Bad! host:a.example\n"
     "block x host:a.example soon\n"
     "block x host:a.example 2026-13-01\n"
     "block x host:a.example 101\n"
     "block x host:a.example 0d\n"
     "block x host:a.example 99999999999999999999\n"
     "block x host:last.example",
     "1 ! action\n2 ! fields\n3 ! fields\n4 ! fields\n5 ! expiry\n6 ! score\n"
     "7 ! expiry\n8 ! score\n9 own block key=host:last.example category=x\n"},
    {"plain: OpenPhish and its like", FZ_SOURCE_PLAIN,
     "\xEF\xBB\xBFhttps://a.example/x#frag\n"
     "  b.example  # why\n"
     "# comment\n"
     "; comment\n"
     "! comment\n"
     "// comment\n"
     "\t\r\n"
     "192.0.2.1\r\n"
     "c.example",
     "1 key=https://a.example/x#frag\n2 key=b.example\n8 key=192.0.2.1\n"
     "9 key=c.example\n"},
    {"hosts", FZ_SOURCE_HOSTS,
     "127.0.0.1 localhost\n"
     "::1 ip6-localhost ip6-loopback\n"
     "0.0.0.0 a.example b.example # two\n"
     "0.0.0.0\n"
     "0.0.0.0\tc.example\n",
     "3 key=a.example\n3 key=b.example\n4 ! fields\n5 key=c.example\n"},
    {"csv: URLhaus, its header behind #", FZ_SOURCE_CSV,
     "################\n"
     "# abuse.ch URLhaus Database Dump (CSV)                          #\n"
     "# Last updated: 2026-03-10 10:00:01 (UTC)  #\n"
     "#\n"
     "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,"
     "reporter\n"
     "\"3\",\"2026-03-09 08:00:05\",\"http://a.example/x.sh\",\"online\","
     "\"2026-03-10 08:00:05\",\"malware_download\",\"elf,mirai\","
     "\"https://feed.example/3/\",\"me\"\n"
     "\"2\",\"2026-03-08 08:00:05\",\"http://b.example/a,b\",\"offline\",\"\","
     "\"malware_download\",\"None\",\"https://feed.example/2/\",\"me\"\r\n",
     "6 key=http://a.example/x.sh category=malware-download note=elf,mirai "
     "first=2026-03-09T08:00:05\n"
     "7 key=http://b.example/a,b category=malware-download note=None "
     "first=2026-03-08T08:00:05\n"},
    {"csv: URLhaus without its header", FZ_SOURCE_CSV,
     "\"3\",\"2026-03-09 08:00:05\",\"http://a.example/\",\"online\",\"\","
     "\"malware_download\",\"x\",\"l\",\"me\"\n",
     "1 key=http://a.example/ category=malware-download note=x "
     "first=2026-03-09T08:00:05\n"},
    {"csv: PhishTank", FZ_SOURCE_CSV,
     "phish_id,url,phish_detail_url,submission_time,verified,"
     "verification_time,online,target\n"
     "9,http://a.example/,http://d.example/9,2026-03-01T00:00:00+00:00,yes,"
     "2026-03-01T01:00:00+00:00,yes,\"A \"\"Bank\"\"\"\n"
     "8,http://b.example/,http://d.example/8,2026-03-01T00:00:00+00:00,no,,yes,"
     "Other\n"
     "7,http://c.example/,http://d.example/7,2026-03-01T00:00:00+00:00,yes,,no,"
     "Other\n",
     "2 key=http://a.example/ note=A \"Bank\" first=2026-03-01T00:00:00\n"
     "3 ! unverified\n4 ! unverified\n"},
    {"csv: one column", FZ_SOURCE_CSV, "domain\na.example\nb.example\n",
     "2 key=a.example\n3 key=b.example\n"},
    {"csv: no header", FZ_SOURCE_CSV, "a.example,x\nb.example,y\n",
     "1 key=a.example\n2 key=b.example\n"},
    {"csv: its own columns", FZ_SOURCE_CSV,
     "action,host,score,expiry,note\n"
     "allow,a.example,2.5,2026-04-01,hello\n"
     "deny,b.example,,,\n"
     "block,c.example,lots,,\n"
     "block,d.example,1e9,,\n"
     "block,e.example,,soon,\n"
     "block,,,,\n",
     "2 allow key=a.example note=hello expires=2026-04-01T23:59:59 score=250\n"
     "3 ! action\n4 ! score\n5 ! score\n6 ! expiry\n7 ! fields\n"},
    {"csv: a field over two lines, and broken quotes", FZ_SOURCE_CSV,
     "url,note\n"
     "\"http://a.example/\",\"two\nlines\"\n"
     "\"http://b.example/\"x,y\n"
     "http://c.example/,\"never ends\n"
     "http://d.example/,fine\n",
     "2 key=http://a.example/ note=two\nlines\n4 ! csv\n5 ! csv\n"
     "6 key=http://d.example/ note=fine\n"},
    {"json: PhishTank", FZ_SOURCE_JSON,
     "[{\"phish_id\":9,\"url\":\"http:\\/\\/a.example\\/"
     "\",\"verified\":\"yes\","
     "\"submission_time\":\"2026-03-01T00:00:00+00:00\",\"online\":\"yes\","
     "\"details\":[{\"ip_address\":\"192.0.2.1\"}],\"target\":\"Bank\"},\n"
     "{\"phish_id\":8,\"url\":\"http://b.example/{x}\",\"verified\":\"no\"}]",
     "1 key=http://a.example/ note=Bank first=2026-03-01T00:00:00\n"
     "2 ! unverified\n"},
    {"json: URLhaus", FZ_SOURCE_JSON,
     "{\"3\":[{\"dateadded\":\"2026-03-09 08:00:05 UTC\",\"url\":"
     "\"http://a.example/\",\"threat\":\"malware_download\","
     "\"tags\":[\"elf\",\"mirai\"]}],\n"
     "\"2\":[{\"url\":\"http://b.example/\",\"tags\":null}]}",
     "1 key=http://a.example/ category=malware-download note=elf,mirai "
     "first=2026-03-09T08:00:05\n2 key=http://b.example/\n"},
    {"json: a line each", FZ_SOURCE_JSON,
     "{\"domain\":\"a.example\",\"score\":2.5,\"action\":\"allow\"}\n"
     "{\"ip\":\"192.0.2.1\",\"first_seen\":1773057605}\n"
     "{\"what\":\"ever\"}\n"
     "{\"url\":\"http://c.example/\"\n" /* never ends */
     "{\"url\":\"http://d.example/\"}\n",
     "1 allow key=a.example score=250\n"
     "2 key=192.0.2.1 first=2026-03-09T12:00:05\n3 ! fields\n4 ! json\n"
     "5 key=http://d.example/\n"},
    {"json: a lost quote costs a line", FZ_SOURCE_JSON,
     "{\"url\":\"http://a.example/}\n{\"url\":\"http://b.example/\"}\n",
     "1 ! json\n2 key=http://b.example/\n"},
    {"json: of two names the better known", FZ_SOURCE_JSON,
     "{\"host\":\"a.example\",\"url\":\"http://a.example/x\"}",
     "1 key=http://a.example/x\n"},
    {"nothing", FZ_SOURCE_PLAIN, "", ""},
};

START_TEST(each_record_is_an_item_or_dirt)
{
    FzBuf out = FZ_BUF_INIT;
    FzSourceSink sink = {note_item, note_dirt, NULL, &out};

    fz_source_parse(fz_slice_of(feeds[_i].content), NULL, feeds[_i].format,
                    &sink);
    ck_assert_msg(strcmp(fz_buf_text(&out), feeds[_i].want) == 0, "%s: got\n%s",
                  feeds[_i].name, fz_buf_text(&out));
    fz_buf_clear(&out);
}
END_TEST

static const struct {
    const char *content;
    FzSourceFormat want;
} looks[] = {
    {"# ours\n\nblock x host:a.example\n", FZ_SOURCE_OWN},
    {"allow x host:a.example\n", FZ_SOURCE_OWN},
    {"shared x host:a.example\n", FZ_SOURCE_OWN},
    {"a.example\nallow.example\n", FZ_SOURCE_PLAIN},
    {"https://a.example/x,y\n", FZ_SOURCE_PLAIN},
    {"0.0.0.0\n", FZ_SOURCE_PLAIN}, /* an address, alone */
    {"# hosts\n127.0.0.1 localhost\n", FZ_SOURCE_HOSTS},
    {"::1 ip6-localhost\n", FZ_SOURCE_HOSTS},
    {"# id,url\n\"1\",\"http://a.example/\"\n", FZ_SOURCE_CSV},
    {"phish_id,url,target,online\n", FZ_SOURCE_CSV},
    {"[{\"url\":1}]", FZ_SOURCE_JSON},
    {"\n {\"url\":1}", FZ_SOURCE_JSON},
    {"", FZ_SOURCE_PLAIN},
};

START_TEST(the_format_is_seen_from_the_content)
{
    FzSourceFormat got = fz_source_detect(fz_slice_of(looks[_i].content), NULL);

    ck_assert_msg(got == looks[_i].want, "row %d: read as %s", _i,
                  fz_source_format_name(got));
}
END_TEST

static const struct {
    const char *name;
    FzSourceFormat want;
} files[] = {
    {"urlhaus.CSV", FZ_SOURCE_CSV},   {"verified_online.json", FZ_SOURCE_JSON},
    {"feed.jsonl", FZ_SOURCE_JSON},   {"ads.hosts", FZ_SOURCE_HOSTS},
    {"operator.list", FZ_SOURCE_OWN}, {"feed.txt", FZ_SOURCE_PLAIN},
};

START_TEST(the_name_of_a_file_tells_its_format)
{
    ck_assert_int_eq(
        fz_source_detect(fz_slice_of("a.example\n"), files[_i].name),
        files[_i].want);
}
END_TEST

START_TEST(formats_have_names)
{
    FzSourceFormat format;

    for (int i = FZ_SOURCE_AUTO; i <= FZ_SOURCE_JSON; i++) {
        ck_assert_int_eq(fz_source_format_parse(
                             fz_source_format_name((FzSourceFormat)i), &format),
                         FZ_OK);
        ck_assert_int_eq(format, i);
    }
    ck_assert_int_eq(fz_source_format_parse("xml", &format), FZ_E_SYNTAX);
}
END_TEST

/* --- keys
 * ------------------------------------------------------------------------ */
static const struct {
    const char *text, *want; /* the finding's name when it is none */
} keys[] = {
    {"url:HTTP://A.Example:80/x/../y?q#f", "url:a.example/y?q"},
    {"url:a.example", "url:a.example/"},
    {"prefix:a.example/x/", "prefix:a.example/x/"},
    {"prefix:a.example/x", "!url"},
    {"prefix:a.example/x/?q", "!url"},
    {"prefix:a.example/", "host:a.example"},
    {"host:A.Example.", "host:a.example"},
    {"host:a.example/x", "!host"},
    {"host:192.0.2.1", "ip:192.0.2.1"},
    {"host:0300.0.2.1", "ip:192.0.2.1"},
    {"host:中国.example", "host:xn--fiqs8s.example"},
    {"host:a b.example", "!host"},
    {"host:", "!host"},
    {".a.example", ".a.example"},
    {".", "!host"},
    {"ip:192.0.2.77/24", "ip:192.0.2.0/24"},
    {"ip:192.0.2.1/32", "ip:192.0.2.1"},
    {"ip:192.0.2.1/33", "!address"},
    {"ip:192.0.2", "!address"},
    {"ip:2001:DB8::/32", "ip:2001:db8::/32"},
    {"ip:[2001:db8::1]", "ip:2001:db8::1"},
    {"ip:1.2.3.4/", "!address"},
    {"tel:+86 138-0000-0000", "tel:+8613800000000"},
    {"tel:95588", "tel:95588"},
    {"tel:13800000000", "tel:+8613800000000"},
    {"tel:86 138 0000 0000", "tel:+8613800000000"},
    {"tel:008613800000000", "tel:+8613800000000"},
    {"tel:0044-20-0000-0000", "tel:+442000000000"},
    {"tel:4000000000", "tel:4000000000"},
    {"tel:106550000000", "tel:106550000000"},
    {"tel:12", "!contact"},
    {"tel:+861380000x", "!contact"},
    {"wx:Some_Name-1", "wx:some_name-1"},
    {"wx:a name", "!contact"},
    {"qq:12345", "qq:12345"},
    {"qq:1234", "!contact"},
    {"qq:1234567890123", "!contact"},
    {"tg:@Name_1", "tg:name_1"},
    {"mail:Me@A.Example", "mail:me@a.example"},
    {"mail:me@192.0.2.1", "!contact"},
    {"mail:a.example", "!contact"},
    {"sender:Bank%20One", "sender:bank one"},
    {"sender:", "!contact"},
    {"sender:%00", "!contact"},
    {"sig:【某银行】", "sig:某银行"},
    {"sig:%FF", "!contact"},
    {"host:a.nosuch", "!tld"},
    {"host:nosuch", "!tld"},
    {"host:a.co.za", "host:a.co.za"},
    {"domain:a.example", "!key-form"},
    {"", "!key-form"},
};

START_TEST(our_key_forms_become_what_is_looked_up)
{
    char got[2500];
    FzListKey key;
    FzFinding found =
        fz_list_key_parse(fz_slice_of(keys[_i].text), kit_tlds, &key);

    if (found != FZ_FOUND_FINE)
        snprintf(got, sizeof got, "!%s", fz_finding_name(found));
    else
        fz_list_key_write(&key, got, sizeof got);
    ck_assert_msg(strcmp(got, keys[_i].want) == 0, "%s: got %s", keys[_i].text,
                  got);
}
END_TEST

static const struct {
    const char *text, *want;
} guesses[] = {
    {"a.example", "host:a.example"},
    {"A.EXAMPLE ", "host:a.example"},
    {"http://a.example", "host:a.example"},
    {"http://a.example:8080/", "host:a.example"},
    {"http://a.example/?q", "url:a.example/?q"},
    {"a.example?q=1", "url:a.example/?q=1"},
    {"https://a.example/x y", "url:a.example/x%20y"},
    {"a.example/x/", "url:a.example/x/"},
    {"a.example:8080", "host:a.example"},
    {"*.a.example", ".a.example"},
    {".a.example", ".a.example"},
    {"||a.example^", ".a.example"},
    {"192.0.2.1", "ip:192.0.2.1"},
    {"192.0.2.0/24", "ip:192.0.2.0/24"},
    {"192.0.2.1:8080", "ip:192.0.2.1"},
    {"http://192.0.2.1/", "ip:192.0.2.1"},
    {"http://192.0.2.1/x", "url:192.0.2.1/x"},
    {"http://3221225985/", "ip:192.0.2.1"},
    {"2001:db8::/32", "ip:2001:db8::/32"},
    {"http://[2001:db8::1]/", "ip:2001:db8::1"},
    {"http://[2001:db8::1/", "!url"},
    {"mailto:me@a.example", "!url"},
    {"a.nosuch", "!tld"},
    {"localhost", "!tld"},
    {"http://", "!url"},
    {"", "!host"},
    {"a\x01.example", "!host"},
    {"\xFF", "!not-text"},
};

START_TEST(what_feeds_write_is_guessed)
{
    char got[2500];
    FzListKey key;
    FzFinding found = fz_list_key_guess(fz_slice_of(guesses[_i].text),
                                        FZ_HOST_ALONE, kit_tlds, &key);

    if (found != FZ_FOUND_FINE)
        snprintf(got, sizeof got, "!%s", fz_finding_name(found));
    else
        fz_list_key_write(&key, got, sizeof got);
    ck_assert_msg(strcmp(got, guesses[_i].want) == 0, "%s: got %s",
                  guesses[_i].text, got);
}
END_TEST

START_TEST(a_key_of_any_length_is_taken_or_too_long)
{
    FzBuf text = FZ_BUF_INIT;
    FzListKey key;

    fz_buf_append_text(&text, "url:a.example/");
    while (text.octets < FZ_LIMIT_KEY_OCTETS)
        fz_buf_append_text(&text, "x");
    ck_assert_int_eq(fz_list_key_parse(fz_buf_slice(&text), kit_tlds, &key),
                     FZ_FOUND_FINE);
    fz_buf_append_text(&text, "x");
    ck_assert_int_eq(fz_list_key_parse(fz_buf_slice(&text), kit_tlds, &key),
                     FZ_FOUND_LONG);
    /* escapes make it longer than it was written */
    text.octets = 0;
    fz_buf_append_text(&text, "url:a.example/");
    while (text.octets < FZ_LIMIT_KEY_OCTETS / 2)
        fz_buf_append_text(&text, "\xC3\xA9");
    ck_assert_int_eq(fz_list_key_parse(fz_buf_slice(&text), kit_tlds, &key),
                     FZ_FOUND_LONG);
    fz_buf_clear(&text);
}
END_TEST

static const struct {
    const char *text, *want; /* NULL: none */
} times[] = {
    {"2026-12-31", "2026-12-31T23:59:59.999Z"},
    {"2026-12-31 10:00:05", "2026-12-31T10:00:05.000Z"},
    {"2026-12-31 10:00:05 UTC", "2026-12-31T10:00:05.000Z"},
    {"2026-12-31T10:00:05Z", "2026-12-31T10:00:05.000Z"},
    {"2026-12-31T10:00:05+08:00", "2026-12-31T02:00:05.000Z"},
    {"2026-12-31T10:00:05", "2026-12-31T10:00:05.000Z"},
    {"1773057605", "2026-03-09T12:00:05.000Z"},
    {"2026-13-31", NULL},
    {"2026-12-31T10:00:05.1e300Z", NULL},
    {"31.12.2026", NULL},
    {"yesterday", NULL},
    {"", NULL},
};

START_TEST(times_are_read_as_feeds_write_them)
{
    char got[FZ_CLOCK_TEXT];
    int64_t wall_ms;

    if (!fz_source_time(fz_slice_of(times[_i].text), &wall_ms)) {
        ck_assert_msg(times[_i].want == NULL, "%s", times[_i].text);
        return;
    }
    fz_clock_format(wall_ms, got);
    ck_assert_ptr_nonnull(times[_i].want);
    ck_assert_str_eq(got, times[_i].want);
}
END_TEST

/* --- the document
 * ------------------------------------------------------------------ */
START_TEST(every_finding_and_column_is_in_the_document)
{
    static const char *const columns[] = {
        "url",
        "key",
        "ioc",
        "ioc_value",
        "indicator",
        "domain",
        "host",
        "hostname",
        "ip",
        "ip_address",
        "category",
        "threat",
        "threat_type",
        "type",
        "tags",
        "target",
        "brand",
        "first_seen",
        "firstseen",
        "first_seen_utc",
        "dateadded",
        "date_added",
        "submission_time",
        "date",
        "expiry",
        "expires",
        "score",
        "action",
        "note",
        "reference",
        "verified",
        "online",
    };
    FzBuf text = FZ_BUF_INIT;
    char name[64];

    ck_assert_int_eq(fz_buf_read_file(&text, fz_test_source("docs/lists.md"),
                                      1u << 20, NULL),
                     FZ_OK);
    for (int i = FZ_FOUND_FINE + 1; i < FZ_FINDINGS; i++) {
        snprintf(name, sizeof name, "`%s`", fz_finding_name((FzFinding)i));
        ck_assert_msg(strstr(fz_buf_text(&text), name) != NULL,
                      "%s is not told", name);
    }
    for (size_t i = 0; i < COUNT(columns); i++) {
        snprintf(name, sizeof name, "`%s`", columns[i]);
        ck_assert_msg(strstr(fz_buf_text(&text), name) != NULL,
                      "%s is not told", name);
        ck_assert_msg(fz_source_field(fz_slice_of(columns[i])) >= 0,
                      "%s is not read", columns[i]);
    }
    fz_buf_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list-source");
    TCase *tc = tcase_create("feeds");

    tcase_add_loop_test(tc, each_record_is_an_item_or_dirt, 0, COUNT(feeds));
    tcase_add_loop_test(tc, the_format_is_seen_from_the_content, 0,
                        COUNT(looks));
    tcase_add_loop_test(tc, the_name_of_a_file_tells_its_format, 0,
                        COUNT(files));
    tcase_add_test(tc, formats_have_names);
    tcase_add_loop_test(tc, times_are_read_as_feeds_write_them, 0,
                        COUNT(times));
    suite_add_tcase(suite, tc);
    tc = tcase_create("keys");
    tcase_add_loop_test(tc, our_key_forms_become_what_is_looked_up, 0,
                        COUNT(keys));
    tcase_add_loop_test(tc, what_feeds_write_is_guessed, 0, COUNT(guesses));
    tcase_add_test(tc, a_key_of_any_length_is_taken_or_too_long);
    tcase_add_test(tc, every_finding_and_column_is_in_the_document);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

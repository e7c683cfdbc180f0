/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_list.c - what lists answer
 */
#include "config.h"

#include "engine/list/shared.h"
#include "engine/list/siphash.h"
#include "tests/list_kit.h"

#include <sodium.h>
#include <stdio.h>

/* One operator's list and one feed, asked together. */
static const char operator_list[] =
    "allow ours url:a.example/news/today\n"
    "allow ours host:bank.example\n"
    "allow ours .partner.example\n"
    "allow ours host:t.cn force\n" /* refused, and would not be heeded */
    "allow ours .platform.test\n"
    "shared ours host:pages.platform.test\n"
    "block scam host:operator.example\n"
    "block scam prefix:www.partner.example/hacked/\n"
    "block scam ip:198.51.100.0/24\n"
    "allow ours ip:198.51.100.7\n"
    "allow ours tel:+8613800000001\n";
static const char feed_list[] =
    "block phishing url:a.example/news/today\n"
    "block phishing url:query.example/x?id=1\n"
    "block phishing url:path.example/x\n"
    "block phishing prefix:prefix.example/a/b/\n"
    "block phishing prefix:deep.example/1/2/3/4/5/6/\n"
    "block phishing host:host.example\n"
    "block phishing .domain.example\n"
    "block phishing .a.b.domain.example\n"
    "block phishing host:bank.example\n"
    "allow feed host:operator.example\n"
    "block phishing url:t.cn/ABC\n"
    "block phishing host:evil.platform.test\n"
    "block phishing ip:203.0.113.5\n"
    "block phishing ip:198.51.100.128/25\n"
    "block phishing ip:198.51.100.7\n"
    "block phishing ip:2001:db8:1::/48\n"
    "block phishing ip:2001:db8:2::1\n"
    "block phishing tel:+8613800000002\n"
    "block phishing tel:+8613800000001\n"
    "block phishing qq:123456\n"
    "block phishing wx:Bad_Name\n"
    "block phishing tg:@BadName\n"
    "block phishing mail:Bad@Mail.example\n"
    "block phishing sender:FakeBank\n"
    "block phishing sig:【假银行】\n";

static const struct {
    const char *name, *ask, *want;
} answers[] = {
    {"nobody knows it", "http://unknown.example/", "none"},
    {"a link, exactly", "http://path.example/x",
     "block url url:path.example/x"},
    {"a link under another scheme and port", "https://u:p@path.example:8443/x",
     "block url url:path.example/x"},
    {"a listed path counts with any query", "http://path.example/x?y=1",
     "block url url:path.example/x"},
    {"a listed query is that query", "http://query.example/x?id=1",
     "block url url:query.example/x?id=1"},
    {"another query is another link", "http://query.example/x?id=2", "none"},
    {"a link is no prefix", "http://path.example/x/y", "none"},
    {"a link says nothing of a subdomain", "http://www.path.example/x", "none"},
    {"below a prefix", "http://prefix.example/a/b/c/d?e",
     "block prefix prefix:prefix.example/a/b/"},
    {"the prefix itself", "http://prefix.example/a/b/",
     "block prefix prefix:prefix.example/a/b/"},
    {"beside a prefix", "http://prefix.example/a/bc", "none"},
    {"above a prefix", "http://prefix.example/a/", "none"},
    {"the deepest prefix that look-ups reach",
     "http://deep.example/1/2/3/4/5/6/7/8/9",
     "block prefix prefix:deep.example/1/2/3/4/5/6/"},
    {"a host, any path", "http://host.example/any?thing",
     "block host host:host.example"},
    {"a host is not its subdomains", "http://www.host.example/", "none"},
    {"a domain itself", "http://domain.example/",
     "block domain .domain.example"},
    {"a domain's subdomain", "http://x.y.domain.example/z",
     "block domain .domain.example"},
    {"the nearer domain answers", "http://x.a.b.domain.example/",
     "block domain .a.b.domain.example"},
    {"a name that only ends alike", "http://nodomain.example/", "none"},
    {"operator before feed, at one level", "http://bank.example/",
     "allow host host:bank.example"},
    {"operator block before feed allow", "http://operator.example/",
     "block host host:operator.example"},
    {"an allowed link, blocked by the feed", "http://a.example/news/today",
     "allow url url:a.example/news/today"},
    {"a prefix is nearer than a domain",
     "http://www.partner.example/hacked/x.html",
     "block prefix prefix:www.partner.example/hacked/"},
    {"and the domain allows the rest", "http://www.partner.example/shop",
     "allow domain .partner.example"},
    {"a link of a shortener", "http://t.cn/ABC", "block url url:t.cn/ABC"},
    {"an allow for a shortener does not reach its links", "http://t.cn/xyz",
     "none"},
    {"an allow reaches below", "http://www.platform.test/",
     "allow domain .platform.test"},
    {"but not what users put there", "http://pages.platform.test/u/1", "none"},
    {"nor below that", "http://user.pages.platform.test/", "none"},
    {"a host beside it, blocked", "http://evil.platform.test/",
     "block host host:evil.platform.test"},
    {"an address", "http://203.0.113.5/x", "block ip ip:203.0.113.5"},
    {"an address in another writing", "http://0xCB.0.0x71.5/",
     "block ip ip:203.0.113.5"},
    {"an address by itself", "ip:203.0.113.5", "block ip ip:203.0.113.5"},
    {"a range", "http://198.51.100.9/", "block ip ip:198.51.100.0/24"},
    {"the narrower range", "http://198.51.100.200/",
     "block ip ip:198.51.100.128/25"},
    {"one address out of a range", "ip:198.51.100.7",
     "allow ip ip:198.51.100.7"},
    {"the first of a range", "ip:198.51.100.0", "block ip ip:198.51.100.0/24"},
    {"the last of a range", "ip:198.51.100.255",
     "block ip ip:198.51.100.128/25"},
    {"before a range", "ip:198.51.99.255", "none"},
    {"behind a range", "ip:198.51.101.0", "none"},
    {"a v6 range", "http://[2001:db8:1:2::9]/", "block ip ip:2001:db8:1::/48"},
    {"behind a v6 range", "ip:2001:db8:2::", "none"},
    {"a v6 address", "ip:[2001:db8:2::1]", "block ip ip:2001:db8:2::1"},
    {"a number", "tel:+8613800000002", "block contact tel:+8613800000002"},
    {"an allowed number", "tel:+8613800000001",
     "allow contact tel:+8613800000001"},
    {"another number", "tel:+8613800000003", "none"},
    {"QQ", "qq:123456", "block contact qq:123456"},
    {"WeChat, lower case", "wx:bad_name", "block contact wx:bad_name"},
    {"Telegram", "tg:badname", "block contact tg:badname"},
    {"mail", "mail:bad@mail.example", "block contact mail:bad@mail.example"},
    {"a sender", "sender:fakebank", "block sender sender:fakebank"},
    {"a signature", "sig:假银行", "block sender sig:假银行"},
    {"a number is no host", "http://tel/+8613800000002", "none"},
};

static FzListSet *both(void)
{
    FzListUse use[2] = {
        {kit_list("feed", feed_list), FZ_OWNER_FEED, 0},
        {kit_list("operator", operator_list), FZ_OWNER_OPERATOR, 0}};

    return fz_list_set_create(use, 2);
}

START_TEST(lists_answer_most_specific_then_operator_then_allow)
{
    FzListSet *set = both();
    FzAnswer answer = kit_ask(set, NULL, answers[_i].ask, KIT_NOW_MS);

    ck_assert_msg(strcmp(kit_words(&answer), answers[_i].want) == 0,
                  "%s: %s gave \"%s\", want \"%s\"", answers[_i].name,
                  answers[_i].ask, kit_words(&answer), answers[_i].want);
    fz_list_set_destroy(set);
}
END_TEST

START_TEST(an_answer_names_list_category_score_and_note)
{
    FzListUse use = {kit_list("urgent", "block loan-scam host:a.example 6.5 "
                                        "#case-17,reported twice\n"
                                        "block scam host:b.example\n"),
                     FZ_OWNER_OPERATOR, 0};
    FzListSet *set = fz_list_set_create(&use, 1);
    FzAnswer answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS);

    ck_assert_str_eq(answer.list, "urgent");
    ck_assert_str_eq(answer.category, "loan-scam");
    ck_assert_str_eq(answer.note, "case-17,reported twice");
    ck_assert_int_eq(answer.score, 650);
    ck_assert_int_eq(answer.owner, FZ_OWNER_OPERATOR);
    ck_assert_int_eq(answer.age_s, -1);
    answer = kit_ask(set, NULL, "http://b.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.score, FZ_LIST_SCORE_UNSET);
    ck_assert_ptr_null(answer.note);
    fz_list_set_destroy(set);
}
END_TEST

START_TEST(an_entry_is_called_the_same_by_every_list)
{
    FzListUse one = {kit_list("one", "block x .a.example\n"
                                     "block x ip:192.0.2.0/24\n"
                                     "block x host:b.example\n"
                                     "block x .b.example\n"),
                     FZ_OWNER_FEED, 0};
    FzListUse two = {kit_list("two", "block y .a.example\n"
                                     "block y ip:192.0.2.0/24\n"),
                     FZ_OWNER_FEED, 0};
    FzListSet *first = fz_list_set_create(&one, 1);
    FzListSet *second = fz_list_set_create(&two, 1);
    FzAnswer a = kit_ask(first, NULL, "http://x.a.example/", KIT_NOW_MS);
    uint64_t id = fz_answer_entry_id(&a);

    a = kit_ask(second, NULL, "http://y.a.example/z", KIT_NOW_MS);
    ck_assert(fz_answer_entry_id(&a) == id);
    a = kit_ask(first, NULL, "ip:192.0.2.1", KIT_NOW_MS);
    id = fz_answer_entry_id(&a);
    a = kit_ask(second, NULL, "http://192.0.2.200/", KIT_NOW_MS);
    ck_assert(fz_answer_entry_id(&a) == id);
    /* host and domain of one name are two entries */
    a = kit_ask(first, NULL, "http://b.example/", KIT_NOW_MS);
    id = fz_answer_entry_id(&a);
    a = kit_ask(first, NULL, "http://www.b.example/", KIT_NOW_MS);
    ck_assert(fz_answer_entry_id(&a) != id);
    fz_list_set_destroy(first);
    fz_list_set_destroy(second);
}
END_TEST

START_TEST(the_same_hash_key_gives_the_same_answers)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListUse use[2] = {{.owner = FZ_OWNER_FEED}, {.owner = FZ_OWNER_FEED}};
    FzListSource source = kit_source("second");
    FzListBuilder *builder;
    FzListSet *set;
    FzAnswer answer;

    use[0].list = kit_list("first", "block x host:a.example\n");
    how.previous = use[0].list;
    builder = fz_list_builder_create(&how);
    kit_add(builder, &source, "block x host:b.example\n", FZ_SOURCE_OWN);
    use[1].list = kit_open(builder);
    fz_list_builder_destroy(builder);
    set = fz_list_set_create(use, 2);
    answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_str_eq(answer.list, "first");
    answer = kit_ask(set, NULL, "http://b.example/", KIT_NOW_MS);
    ck_assert_str_eq(answer.list, "second");
    fz_list_set_destroy(set);
}
END_TEST

/* --- time ------------------------------------------------------------------
 */
static const struct {
    const char *name, *line;
    int64_t after_ms; /* of KIT_NOW_MS, 12:00 */
    const char *want;
} lives[] = {
    {"never expires", "block x host:a.example never", 4000 * KIT_DAY_MS,
     "block"},
    {"a date holds through its day", "block x host:a.example 2026-03-12",
     2 * KIT_DAY_MS + KIT_DAY_MS / 2 - 1, "block"},
    {"and not the next", "block x host:a.example 2026-03-12",
     2 * KIT_DAY_MS + KIT_DAY_MS / 2, "none"},
    {"days from the build", "block x host:a.example 30d", 30 * KIT_DAY_MS,
     "block"},
    {"and then no more", "block x host:a.example 30d", 31 * KIT_DAY_MS, "none"},
    {"an expired range",
     "block x ip:203.0.113.0/24 1d\n"
     "block x host:a.example 1d",
     3 * KIT_DAY_MS, "none"},
    {"what a range hid shows when it is gone",
     "block x .a.example\nallow x host:a.example 1d", 3 * KIT_DAY_MS, "block"},
    {"a hundred years are more than a file can say: eleven",
     "block x host:a.example 2120-01-01", 4094 * KIT_DAY_MS, "block"},
};

START_TEST(an_entry_past_its_expiry_is_not_there)
{
    char content[256];
    FzListUse use = {.owner = FZ_OWNER_FEED};
    FzListSet *set;
    FzAnswer answer;

    snprintf(content, sizeof content, "%s\n", lives[_i].line);
    use.list = kit_list("feed", content);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, "http://a.example/x",
                     KIT_NOW_MS + lives[_i].after_ms);
    ck_assert_msg(strcmp(fz_answer_name(answer.kind), lives[_i].want) == 0,
                  "%s: got %s", lives[_i].name, fz_answer_name(answer.kind));
    answer =
        kit_ask(set, NULL, "ip:203.0.113.9", KIT_NOW_MS + lives[_i].after_ms);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    fz_list_set_destroy(set);
}
END_TEST

/* A wider range shows through where the narrower has expired. */
START_TEST(an_expired_range_uncovers_the_wider_one)
{
    FzListUse use = {kit_list("feed", "block wide ip:203.0.113.0/24\n"
                                      "allow near ip:203.0.113.64/26 1d\n"),
                     FZ_OWNER_FEED, 0};
    FzListSet *set = fz_list_set_create(&use, 1);
    FzAnswer answer = kit_ask(set, NULL, "ip:203.0.113.70", KIT_NOW_MS);

    ck_assert_str_eq(kit_words(&answer), "allow ip ip:203.0.113.64/26");
    answer = kit_ask(set, NULL, "ip:203.0.113.70", KIT_NOW_MS + 3 * KIT_DAY_MS);
    ck_assert_str_eq(kit_words(&answer), "block ip ip:203.0.113.0/24");
    fz_list_set_destroy(set);
}
END_TEST

static void note_stale(void *ctx, const FzList *list,
                       const FzListSourceInfo *source)
{
    (void)list;
    snprintf(ctx, 64, "%s", source->name);
}

START_TEST(a_stale_source_has_no_points_and_lifts_nothing)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListBuilder *builder = fz_list_builder_create(&how);
    FzListSource fresh = kit_source("fresh"), old = kit_source("old");
    FzListUse use = {.owner = FZ_OWNER_FEED, .max_age_s = 3600};
    char name[64] = "";
    FzListSet *set;
    FzAnswer answer;

    old.fetched_ms = KIT_NOW_MS - 3601 * 1000;
    kit_add(builder, &old,
            "block scam host:a.example 8.0\n"
            "block scam host:b.example 8.0\n"
            "allow fine host:c.example\n",
            FZ_SOURCE_OWN);
    kit_add(builder, &fresh,
            "block scam .b.example 5.0\n"
            "block scam .c.example 5.0\n",
            FZ_SOURCE_OWN);
    use.list = kit_open(builder);
    fz_list_builder_destroy(builder);
    set = fz_list_set_create(&use, 1);

    answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_BLOCK);
    ck_assert(answer.stale);
    ck_assert_int_eq(answer.score, 0);
    /* a fresh word, if less specific, stands before a stale one */
    answer = kit_ask(set, NULL, "http://b.example/", KIT_NOW_MS);
    ck_assert_str_eq(kit_words(&answer), "block domain .b.example");
    ck_assert(!answer.stale);
    ck_assert_int_eq(answer.score, 500);
    answer = kit_ask(set, NULL, "http://c.example/", KIT_NOW_MS);
    ck_assert_str_eq(kit_words(&answer), "block domain .c.example");

    ck_assert_uint_eq(fz_list_set_stale(set, KIT_NOW_MS, note_stale, name), 1);
    ck_assert_str_eq(name, "old");
    ck_assert_uint_eq(
        fz_list_set_stale(set, KIT_NOW_MS + 7200 * 1000, NULL, NULL), 2);
    ck_assert_uint_eq(fz_list_set_stale(NULL, KIT_NOW_MS, NULL, NULL), 0);
    fz_list_set_destroy(set);
}
END_TEST

START_TEST(a_list_past_its_end_is_stale)
{
    KitReport report;
    FzListBuild how = kit_build(&report);
    FzListSource source = kit_source("feed");
    FzListUse use = {.owner = FZ_OWNER_FEED};
    FzListBuilder *builder;
    FzListSet *set;
    FzAnswer answer;

    how.not_after_ms = KIT_NOW_MS + KIT_DAY_MS;
    builder = fz_list_builder_create(&how);
    kit_add(builder, &source, "block x host:a.example 9.0\n", FZ_SOURCE_OWN);
    use.list = kit_open(builder);
    fz_list_builder_destroy(builder);
    set = fz_list_set_create(&use, 1);
    answer = kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS + KIT_DAY_MS);
    ck_assert_int_eq(answer.score, 900);
    answer =
        kit_ask(set, NULL, "http://a.example/", KIT_NOW_MS + KIT_DAY_MS + 1);
    ck_assert(answer.stale);
    ck_assert_int_eq(answer.score, 0);
    fz_list_set_destroy(set);
}
END_TEST

START_TEST(nothing_is_asked_of_nothing)
{
    FzAnswer answer = {.kind = FZ_ANSWER_BLOCK};
    FzKey key = {.kind = FZ_KEY_URL, .text = fz_slice_of("no-slash")};

    fz_lists_find(NULL, NULL, NULL, 0, KIT_NOW_MS, &answer);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
    answer.kind = FZ_ANSWER_BLOCK;
    fz_lists_find(NULL, NULL, &key, 1, KIT_NOW_MS, &answer);
    ck_assert_int_eq(answer.kind, FZ_ANSWER_NONE);
}
END_TEST

/* --- hosts that many share
 * ---------------------------------------------------- */
static const struct {
    const char *host;
    FzShared want;
} hosts[] = {
    {"com", FZ_SHARED_SUFFIX},
    {"com.cn", FZ_SHARED_SUFFIX},
    {"ck", FZ_SHARED_SUFFIX}, /* only "*.ck" is in the list */
    {"any.ck", FZ_SHARED_SUFFIX},
    {"www.ck", FZ_SHARED_NOT}, /* its exception */
    {"xn--fiqs8s", FZ_SHARED_SUFFIX},
    {"github.io", FZ_SHARED_PLATFORM}, /* in both: ours speaks */
    {"user.github.io", FZ_SHARED_NOT},
    {"ddnss.de", FZ_SHARED_PRIVATE},
    {"t.cn", FZ_SHARED_SHORTENER},
    {"dwz.cn", FZ_SHARED_SHORTENER},
    {"docs.qq.com", FZ_SHARED_PLATFORM},
    {"icbc.com.cn", FZ_SHARED_SITE},
    {"192.0.2.1", FZ_SHARED_NOT},
    {"[2001:db8::1]", FZ_SHARED_NOT},
    {"test", FZ_SHARED_NOT},
    {"a.example", FZ_SHARED_NOT},
    {"", FZ_SHARED_NOT},
};

START_TEST(shared_hosts_are_known)
{
    FzSlice host = fz_slice_of(hosts[_i].host);

    ck_assert_msg(fz_shared_host(host) == hosts[_i].want, "%s: %d",
                  hosts[_i].host, fz_shared_host(host));
    ck_assert_int_eq(fz_shared_has_others(host),
                     hosts[_i].want != FZ_SHARED_NOT &&
                         hosts[_i].want != FZ_SHARED_SITE);
}
END_TEST

START_TEST(shared_def_is_in_order_and_canonical)
{
    FzSlice last = fz_slice(NULL, 0), host;
    size_t place = 0, count = 0;

    while ((host = fz_shared_each(&place)).data != NULL) {
        count++;
        ck_assert_msg(last.data == NULL || strcmp((const char *)last.data,
                                                  (const char *)host.data) < 0,
                      "%s stands behind its place", host.data);
        ck_assert_msg(strspn((const char *)host.data,
                             "abcdefghijklmnopqrstuvwxyz0123456789-.") ==
                          host.octets,
                      "%s is not canonical", host.data);
        ck_assert_msg(fz_shared_known_tld(host), "%s: no such top level",
                      host.data);
        ck_assert_msg(fz_shared_host(host) != FZ_SHARED_NOT, "%s is not found",
                      host.data);
        last = host;
    }
    ck_assert_uint_gt(count, 1000);
}
END_TEST

START_TEST(siphash_is_the_one_of_libsodium)
{
    uint8_t key[16], data[70];
    FzSipKey ours;

    for (unsigned i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 37);
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    ours = fz_sip_key(key);
    for (size_t octets = 0; octets <= sizeof data; octets++) {
        uint8_t theirs[crypto_shorthash_BYTES];

        crypto_shorthash(theirs, data, octets, key);
        ck_assert(fz_siphash(ours, data, octets) == fz_sip_load(theirs));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("list");
    TCase *tc = tcase_create("answers");

    tcase_add_loop_test(tc, lists_answer_most_specific_then_operator_then_allow,
                        0, COUNT(answers));
    tcase_add_test(tc, an_answer_names_list_category_score_and_note);
    tcase_add_test(tc, an_entry_is_called_the_same_by_every_list);
    tcase_add_test(tc, the_same_hash_key_gives_the_same_answers);
    tcase_add_loop_test(tc, an_entry_past_its_expiry_is_not_there, 0,
                        COUNT(lives));
    tcase_add_test(tc, an_expired_range_uncovers_the_wider_one);
    tcase_add_test(tc, a_stale_source_has_no_points_and_lifts_nothing);
    tcase_add_test(tc, a_list_past_its_end_is_stale);
    tcase_add_test(tc, nothing_is_asked_of_nothing);
    suite_add_tcase(suite, tc);
    tc = tcase_create("shared");
    tcase_add_loop_test(tc, shared_hosts_are_known, 0, COUNT(hosts));
    tcase_add_test(tc, shared_def_is_in_order_and_canonical);
    tcase_add_test(tc, siphash_is_the_one_of_libsodium);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The group `dns-lists' of fanzha.conf: what is obeyed, what is refused.
 */
#include "config.h"

#include "config/policy.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

#define LIST(more)                                                             \
    "dns-lists = {\n lists = (\n  { name = \"a\"; zone = \"a.example\";\n   "  \
    "codes = ( { answer = \"127.0.0.2\"; category = \"spam\"; } );\n   " more  \
    "} );\n};"

static FzPolicyFile *parse(const char *text)
{
    FzPolicyFile *file = NULL;
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_msg(fz_policy_file_parse("f", fz_slice_of(text), &sink.sink,
                                       &file) == FZ_OK,
                  "%s", sink.diag[0].text);
    return file;
}

START_TEST(without_lists_nothing_is_asked)
{
    FzPolicyFile *file = parse("");

    ck_assert_uint_eq(file->policy.dns.count, 0);
    ck_assert_int_eq(file->policy.dns.from, FZ_POINTS(3.0));
    ck_assert_int_eq(file->policy.dns.below, FZ_POINTS(10.0));
    ck_assert_int_eq(file->policy.dns.budget_ms, 80);
    fz_policy_file_destroy(file);
}
END_TEST

START_TEST(every_key_is_obeyed)
{
    FzPolicyFile *file = parse(
        "dns-lists = { from = 2.5; below = 8.0; budget = 120; keep = 500;\n"
        " ttl-listed = 60; ttl-none = 30; lists = (\n"
        " { name = \"a\"; zone = \"a.example\"; ask = [ \"host\", \"ip\" ];\n"
        "   codes = ( { answer = \"127.0.1.2\"; category = \"spam\"; },\n"
        "     { bit = 16; category = \"phishing\"; score = 2.0; } );\n"
        "   block-codes = [ \"127.0.1.255\" ];\n"
        "   servers = [ \"127.0.0.1@5353\", \"192.0.2.1\", \"::1@53\" ];\n"
        "   listed = \"here\"; unlisted = \"\"; check = 60; rest = 7;\n"
        "   rest-most = 70; } ); };");
    const FzDnsPolicy *dns = &file->policy.dns;
    const FzDnsList *list = &dns->lists[0];

    ck_assert_int_eq(dns->from, FZ_POINTS(2.5));
    ck_assert_int_eq(dns->below, FZ_POINTS(8.0));
    ck_assert_int_eq(dns->budget_ms, 120);
    ck_assert_int_eq(dns->keep, 500);
    ck_assert_int_eq(dns->ttl_listed_s, 60);
    ck_assert_int_eq(dns->ttl_none_s, 30);
    ck_assert_uint_eq(list->asks, FZ_DNS_ASK_HOST | FZ_DNS_ASK_IP);
    ck_assert_uint_eq(list->code_count, 2);
    ck_assert_uint_eq(list->codes[0].address[3], 2);
    ck_assert_int_eq(list->codes[0].score, FZ_LIST_SCORE_UNSET);
    ck_assert_uint_eq(list->codes[1].bit, 16);
    ck_assert_int_eq(list->codes[1].score, FZ_POINTS(2.0));
    ck_assert_uint_eq(list->refusal_count, 1);
    ck_assert_uint_eq(list->server_count, 3);
    ck_assert_str_eq(list->listed, "here");
    ck_assert_ptr_null(list->unlisted);
    ck_assert_int_eq(list->check_s, 60);
    ck_assert_int_eq(list->rest_s, 7);
    ck_assert_int_eq(list->rest_most_s, 70);
    fz_policy_file_destroy(file);
}
END_TEST

START_TEST(test_points_are_those_of_the_kind)
{
    FzPolicyFile *names = parse(LIST("")),
                 *addresses = parse(LIST("ask = [ \"ip\" ];"));

    ck_assert_str_eq(names->policy.dns.lists[0].listed, "test");
    ck_assert_str_eq(names->policy.dns.lists[0].unlisted, "invalid");
    ck_assert_str_eq(addresses->policy.dns.lists[0].listed, "127.0.0.2");
    ck_assert_str_eq(addresses->policy.dns.lists[0].unlisted, "127.0.0.1");
    fz_policy_file_destroy(names);
    fz_policy_file_destroy(addresses);
}
END_TEST

static const struct {
    const char *text;
    uint32_t line;
    const char *why;
} wrong_rows[] = {
    {"dns-lists = { lists = ( { name = \"a\"; zone = \"a.example\"; } ); };", 1,
     "says with no `codes' what its answers mean"},
    {LIST("ask = [ \"tel\" ];"), 3, "none of `host', `domain', `ip'"},
    {LIST("ask = [];"), 3, "`ask' cannot be empty"},
    {LIST("servers = [ \"localhost\" ];"), 3, "is no address"},
    {LIST("servers = [ \"127.0.0.1@0\" ];"), 3, "is no address"},
    {LIST("servers = [ \"127.0.0.1@65536\" ];"), 3, "is no address"},
    {LIST("block-codes = [ \"127.0.0\" ];"), 3, "is no address"},
    {LIST("listed = \"a b\";"), 3, "which no question can carry"},
    {LIST("rest = 9; rest-most = 8;"), 3, "is less than `rest'"},
    {"dns-lists = { lists = ( { name = \"a/b\"; zone = \"a.example\"; codes = "
     "( { bit = 2; category = \"x\"; } ); } ); };",
     1, "`name' wants letters"},
    {"dns-lists = { lists = ( { name = \"a\"; zone = \".a\"; codes = ( { bit = "
     "2; category = \"x\"; } ); } ); };",
     1, "`zone' is no name"},
    {"dns-lists = { lists = ( { name = \"a\"; zone = \"z\"; codes = ( { bit = "
     "3; category = \"x\"; } ); } ); };",
     1, "`bit' wants"},
    {"dns-lists = { lists = ( { name = \"a\"; zone = \"z\"; codes = ( { bit = "
     "1; category = \"x\"; } ); } ); };",
     1, "bit 1 means that we may not ask"},
    {"dns-lists = { lists = ( { name = \"a\"; zone = \"z\"; codes = ( { "
     "category = \"x\"; } ); } ); };",
     1, "either an `answer' or a `bit'"},
    {"dns-lists = { lists = ( { name = \"a\"; zone = \"z\"; codes = ( { answer "
     "= \"127.255.255.254\"; category = \"x\"; } ); } ); };",
     1, "it is never a listing"},
    {"dns-lists = { lists = ( { name = \"a\"; zone = \"z\"; codes = ( { answer "
     "= \"10.0.0.2\"; category = \"x\"; } ); } ); };",
     1, "an address of 127.0.0.0/8"},
    {"dns-lists = { from = 5.0; below = 5.0; lists = ( { name = \"a\"; zone = "
     "\"z\"; codes = ( { bit = 2; category = \"x\"; } ); } ); };",
     1, "nothing would be asked"},
    {"dns-lists = { lists = (\n { name = \"a\"; zone = \"z\"; codes = ( { bit "
     "= 2; category = \"x\"; } ); },\n { name = \"a\"; zone = \"y\"; codes = ( "
     "{ bit = 2; category = \"x\"; } ); } ); };",
     3, "is there already, on line 2"},
    {"lists = { files = ( { name = \"a\"; path = \"x\"; } ); };\ndns-lists = { "
     "lists = ( { name = \"a\"; zone = \"z\"; codes = ( { bit = 2; category = "
     "\"x\"; } ); } ); };",
     2, "is there already, on line 1"},
};

START_TEST(what_cannot_be_meant_is_refused)
{
    FzPolicyFile *file = NULL;
    const FzTestDiag *diag;
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_policy_file_parse("f", fz_slice_of(wrong_rows[_i].text),
                                          &sink.sink, &file),
                     FZ_E_RULE);
    diag = fz_test_sink_find(&sink, wrong_rows[_i].why);
    ck_assert_msg(diag != NULL, "%s: %s", wrong_rows[_i].why,
                  sink.diag[0].text);
    ck_assert_uint_eq(diag->line, wrong_rows[_i].line);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dns conf");
    TCase *tc = tcase_create("dns conf");

    tcase_add_test(tc, without_lists_nothing_is_asked);
    tcase_add_test(tc, every_key_is_obeyed);
    tcase_add_test(tc, test_points_are_those_of_the_kind);
    tcase_add_loop_test(tc, what_cannot_be_meant_is_refused, 0,
                        COUNT(wrong_rows));
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

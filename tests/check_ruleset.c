/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/digest.h"
#include "base/limits.h"
#include "base/buf.h"
#include "base/conf.h"
#include "engine/rules/keys.h"
#include "tests/rulekit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SET "set = { name = \"t\"; };\n"
#define RULE(body) SET "rules = ( { id = \"r-1\";\n" body " } );\n"

/* --- one mistake, one message -------------------------------------------- */
static const struct {
    const char *name, *content;
    FzStatus code;
    unsigned line;
    const char *rule, *part;
} mistakes[] = {
    /* what libconfig takes in silence */
    {"an octet that is no UTF-8", SET "# \xFF\n", FZ_E_SYNTAX, 2, "",
     "0xff is no UTF-8"},
    {"a byte order mark", "\xEF\xBB\xBF" SET, FZ_E_SYNTAX, 1, "",
     "byte order mark"},
    {"\\n in a string", RULE("phrase = \"a\\nb\";"), FZ_E_SYNTAX, 3, "",
     "\\n, \\t, \\f and \\r"},
    {"\\t in a string", RULE("phrase = \"a\\tb\";"), FZ_E_SYNTAX, 3, "",
     "\\n, \\t, \\f and \\r"},
    {"\\r in a string", RULE("phrase = \"a\\rb\";"), FZ_E_SYNTAX, 3, "",
     "\\n, \\t, \\f and \\r"},
    {"groups in [ ]", SET "rules = [ { id = \"r\"; } ];\n", FZ_E_SYNTAX, 2, "",
     "Groups stand in ( ), not in [ ]"},
    {"two kinds in [ ]",
     SET "rules = ( { id = \"r\";\n match = [ \"abc\",\n 1 ]; } );\n",
     FZ_E_SYNTAX, 4, "", "[ ] holds values of one kind"},
    {"a group forgotten in `rules'", SET "rules = ( \"abc\" );\n", FZ_E_RULE, 2,
     "", "a rule is a group"},
    {"\\f in a regex", RULE("regex = \"\\foo\";"), FZ_E_SYNTAX, 3, "",
     "\\n, \\t, \\f and \\r"},
    {"\\xNN in a regex", RULE("regex = \"\\x41b\";"), FZ_E_SYNTAX, 3, "",
     "\\\\x in a regex"},
    {"a comma forgotten in a group",
     SET "words = { a = [ \"one\"\n  \"two\" ]; };\n", FZ_E_SYNTAX, 3, "",
     "a comma is missing"},
    {"a quote forgotten", RULE("phrase = \"abc;\n"), FZ_E_SYNTAX, 3, "",
     "closing quote"},
    {"a string at the end that never ends", SET "a = \"b", FZ_E_SYNTAX, 2, "",
     "never ends"},
    {"a comment that never ends", SET "/* rules", FZ_E_SYNTAX, 2, "",
     "comment begun here"},
    {"single quotes", RULE("phrase = 'abc';"), FZ_E_SYNTAX, 3, "",
     "single quotes"},
    {"an include", SET "@include \"/etc/passwd\"\n", FZ_E_SYNTAX, 2, "",
     "@include"},
    {"a number that would wrap", RULE("phrase = \"abc\"; rev = 4294967297;"),
     FZ_E_SYNTAX, 3, "", "too large"},
    {"brackets without end", SET "a = ((((((((((((((((((", FZ_E_LIMIT, 2, "",
     "nested too deep"},
    {"a flag in quotes", RULE("phrase = \"abc\"; common = \"true\";"),
     FZ_E_RULE, 3, "r-1", "`common' must be true or false"},
    {"a flag that is inherited",
     "set = { name = \"t\"; defaults = { common = true; }; };\n", FZ_E_RULE, 1,
     "", "`common' cannot be inherited"},
    {"a value forgotten", RULE("phrase = ; score = 1.0;"), FZ_E_SYNTAX, 3, "",
     "missing on this line or before"},
    {"a key twice", RULE("phrase = \"abc\"; phrase = \"d\";"), FZ_E_SYNTAX, 3,
     "", "duplicate setting"},

    /* keys */
    {"an unknown key in a rule", RULE("phrase = \"abc\"; socre = 1.0;"),
     FZ_E_RULE, 3, "r-1",
     "unknown key `socre' in a rule (did you mean `score'"},
    {"one that is like no other", RULE("phrase = \"abc\"; zzzzzz = 1.0;"),
     FZ_E_RULE, 3, "r-1", "unknown key `zzzzzz' in a rule"},
    {"an unknown key in the file", SET "rule = ();\n", FZ_E_RULE, 2, "",
     "did you mean `rules'"},
    {"an unknown key in the set", "set = { name = \"t\"; titel = \"x\"; };\n",
     FZ_E_RULE, 1, "", "did you mean `title'"},
    {"an unknown key in `when'",
     RULE("phrase = \"abc\"; when = { sneder = \"1\"; };"), FZ_E_RULE, 3, "r-1",
     "unknown key `sneder' in a when (did you mean `sender'"},
    {"an unknown key in a sample",
     RULE("phrase = \"abc\"; match = ( { txt = \"abc\"; text = \"abc\"; } );"),
     FZ_E_RULE, 3, "r-1", "unknown key `txt' in a sample"},
    {"a key that cannot be inherited",
     "set = { name = \"t\"; defaults = { phrase = \"x\"; }; };\n", FZ_E_RULE, 1,
     "", "cannot be inherited"},
    {"no set", "rules = ();\n", FZ_E_RULE, 0, "", "`set' is missing"},
    {"a set without a name", "set = { title = \"x\"; };\n", FZ_E_RULE, 1, "",
     "`name' is missing"},
    {"a set's name that is none", "set = { name = \"A b\"; };\n", FZ_E_RULE, 1,
     "", "must be small letters"},
    {"a rule without an id", SET "rules = (\n{ phrase = \"abc\"; } );\n",
     FZ_E_RULE, 3, "", "`id' is missing"},
    {"an id that is none", SET "rules = (\n{ id = \"A B\"; } );\n", FZ_E_RULE,
     3, "", "the id `A B' must be"},
    {"an id that is a signal's name",
     SET "rules = (\n{ id = \"text.bidi\"; phrase = \"abc\"; } );\n", FZ_E_RULE,
     3, "text.bidi", "built-in signal"},
    {"rules that are no list", SET "rules = { };\n", FZ_E_RULE, 2, "",
     "must be a list"},

    /* values */
    {"a number where a string belongs", RULE("phrase = 12;"), FZ_E_RULE, 3,
     "r-1", "`phrase' must be a string"},
    {"a string where a number belongs",
     RULE("phrase = \"abc\"; score = \"6\";"), FZ_E_RULE, 3, "r-1",
     "`score' must be a number"},
    {"points out of range", RULE("phrase = \"abc\"; score = 1000.0;"),
     FZ_E_RULE, 3, "r-1", "must be -100 to 100 points"},
    {"a half where a whole number belongs",
     RULE("phrase = \"abc\"; rev = 1.5;"), FZ_E_RULE, 3, "r-1",
     "`rev' must be a whole number"},
    {"a state that is none", RULE("phrase = \"abc\"; state = \"shadwo\";"),
     FZ_E_RULE, 3, "r-1", "`state' cannot be `shadwo' (did you mean `shadow'"},
    {"an action that is none", RULE("phrase = \"abc\"; action = \"block\";"),
     FZ_E_RULE, 3, "r-1", "`action' cannot be `block'"},
    {"a view that is none", RULE("phrase = \"abc\"; view = \"fold\";"),
     FZ_E_RULE, 3, "r-1", "`view' cannot be `fold'"},
    {"an empty string", RULE("phrase = \"abc\"; title = \"\";"), FZ_E_RULE, 3,
     "r-1", "`title' is empty"},
    {"a day that is none", RULE("phrase = \"abc\"; expires = \"2027-02-30\";"),
     FZ_E_RULE, 3, "r-1", "`expires' is a last day"},
    {"days without a d", RULE("phrase = \"abc\"; expires = \"90\";"), FZ_E_RULE,
     3, "r-1", "`expires' is a last day"},
    {"within without all", RULE("phrase = \"abc\"; within = 20;"), FZ_E_RULE, 2,
     "r-1", "`within' belongs to `all'"},

    /* what a rule must be */
    {"nothing to look for", RULE("score = 1.0;"), FZ_E_RULE, 2, "r-1",
     "looks for nothing"},
    {"two things to look for", RULE("phrase = \"abc\"; regex = \"d\";"),
     FZ_E_RULE, 2, "r-1", "only one of"},
    {"rewrite without one", RULE("phrase = \"abc\"; action = \"rewrite\";"),
     FZ_E_RULE, 2, "r-1", "needs rewrite ="},
    {"two kinds of rewrite",
     RULE("phrase = \"abc\"; rewrite = { replace = \"x\"; prepend = \"y\"; };"),
     FZ_E_RULE, 3, "r-1", "either `replace' or `prepend'"},
    {"pass on text alone", RULE("phrase = \"abc\"; action = \"pass\";"),
     FZ_E_RULE, 2, "r-1", "needs a sender or an identity"},
    {"a list asked for a receiver",
     RULE("phrase = \"abc\"; when = { receiver = [ \"1\", \"list:x\" ]; };"),
     FZ_E_RULE, 3, "r-1", "`list:x' cannot be asked here"},
    {"a list without a name",
     RULE("phrase = \"abc\"; when = { sender = \"list:\"; };"), FZ_E_RULE, 3,
     "r-1", "`list:' holds no value"},
    {"a class that is none, negated",
     RULE("phrase = \"abc\"; when = { sender = \"!class:bonk\"; };"), FZ_E_RULE,
     3, "r-1", "`!class:bonk' is no class of senders"},
    {"a class asked for a route",
     RULE("phrase = \"abc\"; when = { smsc = \"class:bank\"; };"), FZ_E_RULE, 3,
     "r-1", "`class:bank' cannot be asked here"},
    {"a sample that states a class that is none",
     RULE("phrase = \"abc\"; nomatch = ( { text = \"x\"; class = \"bonk\"; } "
          ");"),
     FZ_E_RULE, 3, "r-1", "`bonk' is no class of senders"},
    {"a sample that states no answer",
     RULE(
         "phrase = \"abc\"; nomatch = ( { text = \"x\"; lists = \"a.example\"; "
         "} );"),
     FZ_E_RULE, 3, "r-1", "`a.example' is no answer of a list"},
    {"a class of brands that is none", RULE("phrase = \"<brand:bonk> ~ abc\";"),
     FZ_E_RULE, 3, "r-1",
     "there is no group <brand:bonk> (did you mean <brand:bank>?)"},
    {"a direction that is none",
     RULE("phrase = \"abc\"; when = { direction = \"in\"; };"), FZ_E_RULE, 3,
     "r-1", "`in' is no direction"},
    {"a signal that is none", RULE("all = [ \"abc\", \"text.bidy\" ];"),
     FZ_E_RULE, 3, "r-1", "there is no signal `text.bidy' (did you mean"},
    {"a group called like an entity", SET "words = { url = [ \"x\" ]; };\n",
     FZ_E_RULE, 2, "", "what extraction finds"},
    {"a group that is no list", SET "words = { a = \"x\"; };\n", FZ_E_RULE, 2,
     "", "must be [ \"words\" ]"},
    {"a word of a group that folds to nothing",
     SET "words = {\n a = [ \"\xE2\x80\x8B\" ]; };\n"
         "rules = ( { id = \"r-1\"; phrase = \"<a>\"; } );\n",
     FZ_E_RULE, 3, "r-1", "is nothing after folding"},
    {"a signal's phrase that is none", SET "signals = { x = \"(a\"; };\n",
     FZ_E_SYNTAX, 2, "@t.x", "is missing here"},
    {"a sample that is a number", RULE("phrase = \"abc\"; match = ( 1 );"),
     FZ_E_RULE, 3, "r-1", "a sample is a string or a group"},

    /* regexes */
    {"a regex that is none", RULE("regex = \"a(b\";"), FZ_E_RULE, 3, "r-1",
     "in the regex, character 4"},
    {"a regex with a look-behind", RULE("regex = \"(?<=a)b\";"), FZ_E_RULE, 3,
     "r-1", "the regex cannot be used"},
    {"a regex that matches nothing at all", RULE("regex = \"a*\";"), FZ_E_RULE,
     3, "r-1", "the regex cannot be used"},
    {"a repeat beyond the limit", RULE("regex = \"a.{0,300}b\";"), FZ_E_LIMIT,
     3, "r-1", "beyond {0,100}"},
    {"repeats of repeats", RULE("regex = \"a(b.{0,100}){0,100}c\";"),
     FZ_E_LIMIT, 3, "r-1", "unfolds to"},
    {"an option in front", RULE("regex = \"(*UCP)a\";"), FZ_E_RULE, 3, "r-1",
     "cannot begin with (*"},
};

START_TEST(a_mistake_is_told)
{
    FzStatus status;
    FzKit kit;

    fz_kit_write("bad", "rules.conf", mistakes[_i].content);
    status = fz_kit_open(&kit, "bad", FZ_RULESET_AS_WRITTEN);
    ck_assert_msg(status == mistakes[_i].code, "%s: status %s",
                  mistakes[_i].name, fz_status_name(status));
    ck_assert_msg(kit.sink.count >= 1, "%s: no diag", mistakes[_i].name);
    ck_assert_msg(strstr(kit.sink.diag[0].text, mistakes[_i].part) != NULL,
                  "%s: got \"%s\", want \"%s\"", mistakes[_i].name,
                  kit.sink.diag[0].text, mistakes[_i].part);
    ck_assert_msg(kit.sink.diag[0].line == mistakes[_i].line,
                  "%s: line %u, want %u", mistakes[_i].name,
                  kit.sink.diag[0].line, mistakes[_i].line);
    ck_assert_msg(strcmp(kit.sink.diag[0].rule, mistakes[_i].rule) == 0,
                  "%s: rule `%s', want `%s'", mistakes[_i].name,
                  kit.sink.diag[0].rule, mistakes[_i].rule);
    ck_assert_int_eq(kit.sink.diag[0].code, mistakes[_i].code);
    ck_assert(strstr(kit.sink.diag[0].file, "bad/rules.conf") != NULL);
    ck_assert_msg(kit.sink.count == 1, "%s: a second diag: %s",
                  mistakes[_i].name, kit.sink.diag[1].text);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    static const char *const wanted[] = {
        "`score' must be",         "stands behind the beginning",
        "there is no group <x>",   "the id is taken",
        "unknown column `vedict'", "in the regex"};
    FzKit kit;

    fz_kit_write("many/one", "rules.conf",
                 "set = { name = \"one\"; };\n"
                 "rules = ( { id = \"a\"; phrase = \"abc\"; score = \"x\"; },\n"
                 " { id = \"b\"; phrase = \"*\"; },\n"
                 " { id = \"c\"; phrase = \"<x>\"; state = \"draft\"; },\n"
                 " { id = \"d\"; phrase = \"fine\"; } );\n");
    fz_kit_write("many/one", "cases.tsv", "text\tvedict\nabc\tpass\n");
    fz_kit_write("many/two", "rules.conf",
                 "set = { name = \"two\"; };\n"
                 "rules = ( { id = \"d\"; phrase = \"abc\"; },\n"
                 " { id = \"e\"; regex = \"(\"; } );\n");
    ck_assert_int_eq(fz_kit_open(&kit, "many", FZ_RULESET_AS_WRITTEN),
                     FZ_E_RULE);
    for (size_t i = 0; i < COUNT(wanted); i++) {
        bool there = fz_test_sink_find(&kit.sink, wanted[i]) != NULL;

        ck_assert_msg(there, "%s is not told", wanted[i]);
    }
    ck_assert_uint_eq(kit.sink.count, COUNT(wanted));
}
END_TEST

/* --- folders ------------------------------------------------------------- */

START_TEST(a_folder_that_is_not_there_is_told)
{
    FzKit kit;

    ck_assert_int_eq(fz_kit_open(&kit, "nowhere", FZ_RULESET_AS_WRITTEN),
                     FZ_E_IO);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert(strstr(kit.sink.diag[0].text, "cannot open") != NULL);
}
END_TEST

START_TEST(a_folder_without_a_set_loads_with_a_warning)
{
    FzKit kit;

    fz_kit_write("empty", "README.md", "nothing\n");
    ck_assert_int_eq(fz_kit_open(&kit, "empty", FZ_RULESET_AS_WRITTEN), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_count(kit.ruleset), 0);
    ck_assert_uint_eq(kit.sink.count, 1);
    ck_assert_int_eq(kit.sink.diag[0].severity, FZ_SEVERITY_WARNING);
    ck_assert_int_eq(fz_kit_scan(&kit, "anything"), 0);
    ck_assert_int_eq(kit.signals.count, 0);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(two_sets_cannot_have_one_name)
{
    FzKit kit;

    fz_kit_write("pair/a", "rules.conf", SET);
    fz_kit_write("pair/b", "rules.conf", SET);
    ck_assert_int_eq(fz_kit_open(&kit, "pair", FZ_RULESET_AS_WRITTEN),
                     FZ_E_RULE);
    ck_assert(fz_test_sink_find(&kit.sink, "the set's name `t' is taken"));
}
END_TEST

START_TEST(a_file_that_is_too_long_is_refused)
{
    static char text[128];
    const char *path;
    FzKit kit;

    fz_kit_write("long", "rules.conf", SET);
    snprintf(text, sizeof text, "long/rules.conf");
    path = fz_test_write(text, SET);
    ck_assert_int_eq(truncate(path, (off_t)FZ_LIMIT_RULE_FILE_OCTETS + 1), 0);
    ck_assert_int_eq(fz_kit_open(&kit, "long", FZ_RULESET_AS_WRITTEN),
                     FZ_E_LIMIT);
}
END_TEST

START_TEST(too_many_names_in_a_group_are_refused_at_once)
{
    FzBuf file = FZ_BUF_INIT;
    FzTestSink sink;

    fz_buf_append_text(&file, SET "words = {\n");
    for (int i = 0; i <= FZ_LIMIT_CONF_NAMES; i++)
        fz_buf_printf(&file, "g%d = [ \"w\" ];\n", i);
    fz_buf_append_text(&file, "};\n");
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_conf_check("x", fz_buf_slice(&file), &sink.sink),
                     FZ_E_LIMIT);
    ck_assert(strstr(sink.diag[0].text, "put them in a table") != NULL);
    fz_buf_clear(&file);
}
END_TEST

/* What the reader of the file does and is right to: strings side by side join
 * outside lists, escapes it does not know are kept. */
START_TEST(what_the_reader_keeps_is_kept)
{
    FzKit kit;

    fz_kit_init(&kit,
                "rules = ( { id = \"joined\"; phrase = \"ab\" \"cd\"; },\n"
                " { id = \"escape\"; regex = \"x\\d\\.y\"; },\n"
                " { id = \"quote\"; phrase = \"say \\\"hi\"; view = "
                "\"raw\"; },\n"
                " { id = \"mixed\"; phrase = \"zz\";\n"
                "   match = ( \"zz\", { text = \"a zz\"; } ); } );");
    fz_kit_scan(&kit, "abcd");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "joined"));
    fz_kit_scan(&kit, "x1.y");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "escape"));
    fz_kit_scan(&kit, "say \"hi");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "quote"));
    ck_assert_uint_eq(fz_ruleset_sample_count(kit.ruleset), 2);
    fz_kit_clear(&kit);
}
END_TEST

/* --- what a rule knows of itself ------------------------------------------ */

START_TEST(a_rule_has_what_it_and_its_set_say)
{
    const FzRuleInfo *info;
    FzKit kit;

    fz_kit_write(
        "info", "rules.conf",
        "set = { name = \"t\"; owner = \"set@example.org\";\n"
        "  scam_class = \"parcel\";\n"
        "  defaults = { group = \"g\"; state = \"shadow\"; score = 2.5;\n"
        "    rewrite = { prepend = \"P\"; };\n"
        "    when = { sender = \"106\"; }; }; };\n"
        "rules = (\n"
        "  { id = \"b.plain\"; phrase = \"abc\"; },\n"
        "  { id = \"a.own\"; rev = 7; title = \"T\"; phrase = \"abc\";\n"
        "    score = -1; group = \"h\"; state = \"active\";\n"
        "    owner = \"me\"; reference = \"R\"; reason = \"phishing\";\n"
        "    scam_class = \"toll\"; action = \"reject\";\n"
        "    common = true; view = \"skeleton\"; expires = \"2027-06-30\";\n"
        "    rewrite = { replace = \"\"; };\n"
        "    when = { identity = \"x\"; }; } );\n");
    ck_assert_int_eq(fz_kit_open(&kit, "info", FZ_RULESET_AS_WRITTEN), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_count(kit.ruleset), 2);
    info = fz_ruleset_find(kit.ruleset, "b.plain");
    ck_assert_ptr_eq(info, fz_ruleset_rule(kit.ruleset, 1));
    ck_assert_str_eq(info->set, "t");
    ck_assert_str_eq(info->group, "g");
    ck_assert_str_eq(info->owner, "set@example.org");
    ck_assert_str_eq(info->scam_class, "parcel");
    ck_assert_int_eq(info->state, FZ_RULE_SHADOW);
    ck_assert_int_eq(info->score, 250);
    ck_assert_int_eq(info->action, FZ_RULE_BY_SCORE);
    ck_assert_int_eq(info->view, FZ_VIEW_FOLDED);
    ck_assert_int_eq(info->rewrite, FZ_REWRITE_PREPEND);
    ck_assert_str_eq(info->rewrite_text, "P");
    ck_assert_uint_eq(info->rev, 1);
    ck_assert_uint_eq(info->line, 7);
    ck_assert_ptr_null(info->title);
    ck_assert_ptr_null(info->reason);
    ck_assert(!info->common);
    ck_assert(info->expires_ms == 0);

    info = fz_ruleset_find(kit.ruleset, "a.own");
    ck_assert_uint_eq(info->rev, 7);
    ck_assert(info->common);
    ck_assert_str_eq(info->title, "T");
    ck_assert_int_eq(info->score, -100);
    ck_assert_str_eq(info->group, "h");
    ck_assert_int_eq(info->state, FZ_RULE_ACTIVE);
    ck_assert_str_eq(info->owner, "me");
    ck_assert_str_eq(info->reference, "R");
    ck_assert_str_eq(info->reason, "phishing");
    ck_assert_str_eq(info->scam_class, "toll");
    ck_assert_int_eq(info->action, FZ_RULE_REJECT);
    ck_assert_int_eq(info->view, FZ_VIEW_SKELETON);
    ck_assert_int_eq(info->rewrite, FZ_REWRITE_REPLACE);
    ck_assert_str_eq(info->rewrite_text, "");
    ck_assert_msg(info->expires_ms == 1814400000000, "%lld",
                  (long long)info->expires_ms);
    ck_assert_ptr_null(fz_ruleset_find(kit.ruleset, "a"));

    /* a group of its own replaces the one inherited, part by part it would
     * be neither's */
    kit.message.identity = fz_slice_of("x");
    fz_kit_scan(&kit, "abc");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "a.own"));
    ck_assert_ptr_null(fz_kit_hit(&kit, "b.plain"));
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(drafts_and_retired_rules_are_not_loaded)
{
    FzKit kit;

    fz_kit_init(
        &kit, "rules = ( { id = \"a\"; phrase = \"abc\"; state = \"draft\"; },"
              "{ id = \"b\"; phrase = \"abc\"; state = \"retired\"; },"
              "{ id = \"c\"; phrase = \"abc\"; state = \"shadow\";"
              " match = \"abc\"; },"
              "{ id = \"d\"; phrase = \"abd\"; state = \"draft\";"
              " match = \"abd\"; } );");
    ck_assert_uint_eq(fz_ruleset_count(kit.ruleset), 1);
    ck_assert_uint_eq(fz_ruleset_sample_count(kit.ruleset), 1);
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 1);
    ck_assert_int_eq(kit.signals.item[0].state, FZ_RULE_SHADOW);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(all_active_makes_shadows_act)
{
    FzKit kit;

    fz_kit_write("trust", "rules.conf",
                 RULE("phrase = \"abc\"; state = \"shadow\";"));
    ck_assert_int_eq(fz_kit_open(&kit, "trust", FZ_RULESET_ALL_ACTIVE), FZ_OK);
    ck_assert_int_eq(fz_ruleset_rule(kit.ruleset, 0)->state, FZ_RULE_ACTIVE);
    fz_kit_clear(&kit);
}
END_TEST

static bool knows_phishing(const void *ctx, const char *name)
{
    return strcmp(name, ctx) == 0;
}

START_TEST(reasons_are_those_of_the_table)
{
    char path[1024];
    const char *folder = path;
    FzRuleset *ruleset = NULL;
    FzTestSink sink;

    fz_kit_write("reason", "rules.conf",
                 RULE("phrase = \"abc\";\nreason = \"phising\";"));
    snprintf(path, sizeof path, "%s/reason", fz_test_folder());
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_ruleset_load(&folder, 1, FZ_RULESET_AS_WRITTEN, NULL,
                                     knows_phishing, "phishing", &sink.sink,
                                     &ruleset),
                     FZ_E_RULE);
    ck_assert_uint_eq(sink.diag[0].line, 4);
    ck_assert_str_eq(sink.diag[0].rule, "r-1");
    ck_assert(strstr(sink.diag[0].text, "`phising' is no reason") != NULL);
    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_ruleset_load(&folder, 1, FZ_RULESET_AS_WRITTEN, NULL,
                                     knows_phishing, "phising", &sink.sink,
                                     &ruleset),
                     FZ_OK);
    fz_ruleset_destroy(ruleset);
}
END_TEST

/* --- what an operator says of rules of others ----------------------------- */

static FzStatus load_with(FzKit *kit, FzRulesetOptions options)
{
    char path[1024];
    const char *folder = path;
    FzStatus status;

    memset(kit, 0, sizeof *kit);
    fz_test_sink_init(&kit->sink);
    fz_kit_write("over", "rules.conf",
                 SET "rules = ( { id = \"a.one\"; phrase = \"abc\"; score = "
                     "2.0; state = \"shadow\"; match = \"abc\"; },\n"
                     "{ id = \"a.two\"; phrase = \"abc\"; score = 3.0; },\n"
                     "{ id = \"b\"; phrase = \"abc\"; expires = \"10d\"; }"
                     " );\n");
    snprintf(path, sizeof path, "%s/over", fz_test_folder());
    options.folders = &folder;
    options.folder_count = 1;
    status = fz_ruleset_load_with(&options, &kit->sink.sink, &kit->ruleset);
    if (status == FZ_OK) {
        kit->pool = fz_scanner_pool_create(kit->ruleset);
        kit->scanner = fz_scanner_take(kit->pool);
    }
    return status;
}

START_TEST(overrides_change_scores_and_states)
{
    static const FzRuleOverride overrides[] = {
        {.rule = "a.*", .has_score = true, .score = 700},
        {.rule = "a.one", .has_state = true, .state = FZ_RULE_ACTIVE},
        {.rule = "a.two", .has_score = true, .score = 100},
        {.rule = "b", .has_state = true, .state = FZ_RULE_RETIRED}};
    FzRulesetOptions options = {.overrides = overrides,
                                .override_count = COUNT(overrides)};
    char with[FZ_DIGEST_TEXT];
    FzKit kit;

    ck_assert_int_eq(load_with(&kit, options), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_count(kit.ruleset), 2);
    ck_assert_int_eq(fz_ruleset_find(kit.ruleset, "a.one")->score, 700);
    ck_assert_int_eq(fz_ruleset_find(kit.ruleset, "a.one")->state,
                     FZ_RULE_ACTIVE);
    ck_assert_int_eq(fz_ruleset_find(kit.ruleset, "a.two")->score, 100);
    snprintf(with, sizeof with, "%s", fz_ruleset_digest(kit.ruleset));
    fz_kit_clear(&kit);

    /* another meaning, another digest; and not where all is as if active */
    options.trust = FZ_RULESET_ALL_ACTIVE;
    ck_assert_int_eq(load_with(&kit, options), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_count(kit.ruleset), 3);
    ck_assert_str_ne(with, fz_ruleset_digest(kit.ruleset));
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(overrides_except_identities_for_a_while)
{
    static const char *const who[] = {"bank", "post"};
    static const FzRuleOverride overrides[] = {
        {.rule = "a.*",
         .not_identity = who,
         .not_identities = 2,
         .until_ms = 5000},
        {.rule = "b", .not_identity = who, .not_identities = 1}};
    FzRulesetOptions options = {.overrides = overrides,
                                .override_count = COUNT(overrides)};
    FzKit kit;

    ck_assert_int_eq(load_with(&kit, options), FZ_OK);
    kit.message.now_ms = 4999;
    kit.message.identity = fz_slice_of("post");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 1);
    ck_assert_str_eq(kit.signals.item[0].name, "b");
    kit.message.identity = fz_slice_of("bank");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 0);
    kit.message.identity = fz_slice_of("shop");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 3);
    kit.message.now_ms = 5000; /* the exceptions of a.* are over */
    kit.message.identity = fz_slice_of("bank");
    fz_kit_scan(&kit, "abc");
    ck_assert_int_eq(kit.signals.count, 2);
    fz_kit_clear(&kit);
}
END_TEST

/* What may not stand in a rule's file may not come by an override. */
START_TEST(an_override_makes_no_rule_unsafe)
{
    static const char *const mt[] = {"mt"}, *const anyone[] = {"!1"};
    static const struct {
        const char *rules;
        FzRuleOverride override;
        const char *says, *file;
    } rows[] = {
        {"{ id = \"p\"; phrase = \"abc\"; action = \"pass\";\n"
         "  when = { sender = \"1\"; }; }",
         {.rule = "p", .has_when = true, .when.direction = {mt, 1}},
         "needs a sender or an identity",
         "x.conf"},
        {"{ id = \"p\"; phrase = \"abc\"; unless = \"q\"; },\n"
         "{ id = \"q\"; phrase = \"abd\"; when = { sender = \"1\"; }; }",
         {.rule = "q", .has_when = true, .when.sender = {anyone, 1}},
         "a fraudster would append the words",
         "unsafe/rules.conf"},
    };
    char path[1024];
    const char *folder = path;
    FzBuf file = FZ_BUF_INIT;

    snprintf(path, sizeof path, "%s/unsafe", fz_test_folder());
    for (size_t i = 0; i < COUNT(rows); i++) {
        FzRuleOverride override = rows[i].override;
        FzRulesetOptions options = {
            .folders = &folder, .folder_count = 1, .overrides = &override};
        FzRuleset *ruleset = NULL;
        FzTestSink sink;

        override.file = "x.conf";
        override.line = 4;
        fz_buf_clear(&file);
        fz_buf_printf(&file, SET "rules = ( %s );\n", rows[i].rules);
        fz_kit_write("unsafe", "rules.conf", fz_buf_text(&file));
        fz_test_sink_init(&sink);
        ck_assert_int_eq(fz_ruleset_load_with(&options, &sink.sink, &ruleset),
                         FZ_OK);
        fz_ruleset_destroy(ruleset);
        options.override_count = 1;
        ck_assert_int_eq(fz_ruleset_load_with(&options, &sink.sink, &ruleset),
                         FZ_E_RULE);
        ck_assert_msg(strstr(sink.diag[0].text, rows[i].says) != NULL, "%s",
                      sink.diag[0].text);
        ck_assert(strstr(sink.diag[0].file, rows[i].file) != NULL);
    }
    fz_buf_clear(&file);
}
END_TEST

START_TEST(an_override_of_no_rule_is_told)
{
    static const FzRuleOverride overrides[] = {
        {.rule = "a.on", .has_score = true, .file = "x.conf", .line = 4},
        {.rule = "z*", .has_score = true, .file = "x.conf", .line = 5}};
    FzRulesetOptions options = {.overrides = overrides,
                                .override_count = COUNT(overrides)};
    FzKit kit;

    ck_assert_int_eq(load_with(&kit, options), FZ_E_RULE);
    ck_assert_uint_eq(kit.sink.count, 2);
    ck_assert_uint_eq(kit.sink.diag[0].line, 4);
    ck_assert_str_eq(kit.sink.diag[0].file, "x.conf");
    ck_assert_str_eq(kit.sink.diag[0].rule, "a.on");
    ck_assert(strstr(kit.sink.diag[0].text, "did you mean `a.one'") != NULL);
    ck_assert_uint_eq(kit.sink.diag[1].line, 5);
}
END_TEST

static int64_t promoted_at(const void *ctx, const char *rule_id, uint32_t rev)
{
    ck_assert_str_eq(rule_id, "b");
    ck_assert_uint_eq(rev, 1);
    return *(const int64_t *)ctx;
}

START_TEST(days_run_from_promotion)
{
    int64_t promoted = 1000000;
    FzRulesetOptions options = {.promoted_ms = promoted_at,
                                .promoted_ctx = &promoted};
    FzRulesetOptions never = {0};
    FzKit kit;

    ck_assert_int_eq(load_with(&kit, options), FZ_OK);
    ck_assert(fz_ruleset_find(kit.ruleset, "b")->expires_ms ==
              1000000 + 10ll * 86400000);
    ck_assert_uint_eq(fz_ruleset_find(kit.ruleset, "b")->expires_days, 10);
    fz_kit_clear(&kit);
    promoted = 0; /* it never was */
    ck_assert_int_eq(load_with(&kit, options), FZ_OK);
    ck_assert(fz_ruleset_find(kit.ruleset, "b")->expires_ms == 0);
    fz_kit_clear(&kit);
    ck_assert_int_eq(load_with(&kit, never), FZ_OK);
    ck_assert(fz_ruleset_find(kit.ruleset, "b")->expires_ms == 0);
    fz_kit_clear(&kit);
}
END_TEST

/* --- samples, tables, cases ----------------------------------------------- */

START_TEST(samples_are_kept_with_what_they_state)
{
    const FzSample *sample;
    FzKit kit;

    fz_kit_init(
        &kit, "rules = ( { id = \"r\"; phrase = \"abc\";\n"
              "  match = ( \"abc one\",\n"
              "    { text = \"abc two\"; direction = \"mo\"; sender = \"1\";\n"
              "      receiver = \"2\"; identity = \"3\"; } );\n"
              "  nomatch = [ \"xyz\" ]; } );\n");
    ck_assert_uint_eq(fz_ruleset_sample_count(kit.ruleset), 3);
    sample = fz_ruleset_sample(kit.ruleset, 0);
    ck_assert_str_eq(sample->text, "abc one");
    ck_assert_str_eq(sample->rule, "r");
    ck_assert(sample->wanted);
    ck_assert_int_eq(sample->direction, FZ_DIRECTION_MT);
    ck_assert_ptr_null(sample->sender);
    ck_assert_ptr_null(sample->verdict);
    ck_assert_uint_eq(sample->line, 3);
    sample = fz_ruleset_sample(kit.ruleset, 1);
    ck_assert_str_eq(sample->text, "abc two");
    ck_assert_int_eq(sample->direction, FZ_DIRECTION_MO);
    ck_assert_str_eq(sample->sender, "1");
    ck_assert_str_eq(sample->receiver, "2");
    ck_assert_str_eq(sample->identity, "3");
    sample = fz_ruleset_sample(kit.ruleset, 2);
    ck_assert_str_eq(sample->text, "xyz");
    ck_assert(!sample->wanted);
    fz_kit_clear(&kit);
}
END_TEST

START_TEST(a_table_gives_a_rule_a_line)
{
    const FzRuleInfo *info;
    FzKit kit;

    fz_kit_write("table", "rules.conf",
                 "set = { name = \"t\"; defaults = { score = 4.0; group = "
                 "\"g\"; }; };\n"
                 "words = { w = [ \"one\", \"two\" ]; };\n"
                 "tables = ( \"campaign.tsv\" );\n");
    fz_kit_write("table", "campaign.tsv",
                 "\xEF\xBB\xBF# a remark\n"
                 "phrase\tkey\tscore\texpires\treference\tcommon\r\n"
                 "\r\n"
                 "<w> ~5 three\tk-1\t7.5\t2027-01-31\tcase 12\ttrue\r\n"
                 "four\tk-2\n");
    ck_assert_int_eq(fz_kit_open(&kit, "table", FZ_RULESET_AS_WRITTEN), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_count(kit.ruleset), 2);
    info = fz_ruleset_find(kit.ruleset, "t.k-1");
    ck_assert_int_eq(info->score, 750);
    ck_assert_str_eq(info->reference, "case 12");
    ck_assert_str_eq(info->group, "g");
    ck_assert_uint_eq(info->line, 4);
    ck_assert(strstr(info->file, "campaign.tsv") != NULL);
    ck_assert(info->expires_ms != 0);
    ck_assert(info->common);
    info = fz_ruleset_find(kit.ruleset, "t.k-2");
    ck_assert(!info->common);
    ck_assert_int_eq(info->score, 400);
    ck_assert_uint_eq(info->line, 5);
    fz_kit_scan(&kit, "two and three");
    ck_assert_ptr_nonnull(fz_kit_hit(&kit, "t.k-1"));
    ck_assert_ptr_null(fz_kit_hit(&kit, "t.k-2"));
    fz_kit_clear(&kit);
}
END_TEST

static const struct {
    const char *name, *file, *content;
    FzStatus code;
    unsigned line;
    const char *rule, *part;
} table_mistakes[] = {
    {"an unknown column", "t.tsv", "key\tphrase\tscroe\n", FZ_E_RULE, 1, "",
     "unknown column `scroe' (did you mean `score'"},
    {"a column twice", "t.tsv", "key\tphrase\tkey\n", FZ_E_SYNTAX, 1, "",
     "the column `key' is there twice"},
    {"no phrases", "t.tsv", "key\tscore\n", FZ_E_RULE, 1, "",
     "the column `phrase' is missing"},
    {"an empty table", "t.tsv", "# nothing\n", FZ_E_SYNTAX, 0, "",
     "no line that names its columns"},
    {"a key that is none", "t.tsv", "key\tphrase\n\nA b\tabc\n", FZ_E_RULE, 3,
     "", "`key' must be"},
    {"no key", "t.tsv", "key\tphrase\n\tabc\n", FZ_E_RULE, 2, "",
     "`key' must be"},
    {"a stray tab", "t.tsv", "key\tphrase\nk\tabc\t\n", FZ_E_SYNTAX, 2, "",
     "has 3 cells, but the table has 2 columns"},
    {"a score that is none", "t.tsv", "key\tphrase\tscore\nk\tabc\t1e3\n",
     FZ_E_RULE, 2, "t.k", "`score' must be a number"},
    {"a phrase that is none", "t.tsv", "key\tphrase\nk\t(abc\n", FZ_E_SYNTAX, 2,
     "t.k", "is missing here"},
    {"a flag that is none", "t.tsv", "key\tphrase\tcommon\nk\tabc\tyes\n",
     FZ_E_RULE, 2, "t.k", "`common' must be true or false"},
    {"no phrase in a line", "t.tsv", "key\tphrase\nk\t\n", FZ_E_RULE, 2, "t.k",
     "looks for nothing"},
    {"an octet that is no UTF-8", "t.tsv", "key\tphrase\nk\t\xC3\x28\n",
     FZ_E_SYNTAX, 2, "", "0xc3 is no UTF-8"},
    {"a case without a text", "cases.tsv", "text\tverdict\n\tpass\n", FZ_E_RULE,
     2, "", "has no text"},
    {"a case that says nothing", "cases.tsv", "text\tverdict\nabc\t\n",
     FZ_E_RULE, 2, "", "neither a verdict nor a rule"},
    {"a verdict that is none", "cases.tsv", "text\tverdict\nabc\tblock\n",
     FZ_E_RULE, 2, "", "`block' is no verdict"},
    {"a direction that is none", "cases.tsv",
     "text\tverdict\tdirection\nabc\tpass\tup\n", FZ_E_RULE, 2, "",
     "`direction' cannot be `up'"},
    {"a rule that is not there", "cases.tsv", "text\trule\nabc\tr-2\n",
     FZ_E_RULE, 2, "r-2", "there is no such rule (did you mean `r-1'"},
};

START_TEST(a_mistake_in_a_table_is_told)
{
    FzStatus status;
    FzKit kit;

    if (strcmp(table_mistakes[_i].file, "t.tsv") == 0)
        fz_kit_write("tables", "rules.conf", SET "tables = [ \"t.tsv\" ];\n");
    else
        fz_kit_write("tables", "rules.conf", RULE("phrase = \"abc\";"));
    fz_kit_write("tables", table_mistakes[_i].file, table_mistakes[_i].content);
    status = fz_kit_open(&kit, "tables", FZ_RULESET_AS_WRITTEN);
    ck_assert_msg(status == table_mistakes[_i].code, "%s: status %s",
                  table_mistakes[_i].name, fz_status_name(status));
    ck_assert_msg(kit.sink.count == 1, "%s: %zu diags", table_mistakes[_i].name,
                  kit.sink.count);
    ck_assert_msg(strstr(kit.sink.diag[0].text, table_mistakes[_i].part) !=
                      NULL,
                  "%s: got \"%s\", want \"%s\"", table_mistakes[_i].name,
                  kit.sink.diag[0].text, table_mistakes[_i].part);
    ck_assert_msg(kit.sink.diag[0].line == table_mistakes[_i].line,
                  "%s: line %u, want %u", table_mistakes[_i].name,
                  kit.sink.diag[0].line, table_mistakes[_i].line);
    ck_assert_str_eq(kit.sink.diag[0].rule, table_mistakes[_i].rule);
    ck_assert(strstr(kit.sink.diag[0].file, table_mistakes[_i].file) != NULL);
}
END_TEST

START_TEST(a_table_must_be_in_the_folder)
{
    FzKit kit;

    fz_kit_write("outside", "rules.conf",
                 SET "tables = ( \"../kit/rules.conf\" );\n");
    ck_assert_int_eq(fz_kit_open(&kit, "outside", FZ_RULESET_AS_WRITTEN),
                     FZ_E_RULE);
    ck_assert(fz_test_sink_find(&kit.sink, "in the set's own folder"));
    fz_kit_write("outside", "rules.conf", SET "tables = ( \"no.tsv\" );\n");
    ck_assert_int_eq(fz_kit_open(&kit, "outside", FZ_RULESET_AS_WRITTEN),
                     FZ_E_IO);
}
END_TEST

START_TEST(cases_are_samples_with_a_verdict)
{
    const FzSample *sample;
    FzKit kit;

    fz_kit_write("cases", "rules.conf", RULE("phrase = \"abc\";"));
    fz_kit_write("cases", "cases.tsv",
                 "sender\ttext\tverdict\trule\tdirection\tidentity\n"
                 "106\tabc\\nd\\\\e\twarn\tr-1\tmo\tshop\n"
                 "\txyz\t\t!r-1\n"
                 "\tnone\tpass\n");
    ck_assert_int_eq(fz_kit_open(&kit, "cases", FZ_RULESET_AS_WRITTEN), FZ_OK);
    ck_assert_uint_eq(fz_ruleset_sample_count(kit.ruleset), 3);
    sample = fz_ruleset_sample(kit.ruleset, 0);
    ck_assert_str_eq(sample->text, "abc\nd\\e");
    ck_assert_str_eq(sample->verdict, "warn");
    ck_assert_str_eq(sample->rule, "r-1");
    ck_assert(sample->wanted);
    ck_assert_str_eq(sample->sender, "106");
    ck_assert_str_eq(sample->identity, "shop");
    ck_assert_int_eq(sample->direction, FZ_DIRECTION_MO);
    ck_assert_uint_eq(sample->line, 2);
    sample = fz_ruleset_sample(kit.ruleset, 1);
    ck_assert(!sample->wanted);
    ck_assert_ptr_null(sample->verdict);
    sample = fz_ruleset_sample(kit.ruleset, 2);
    ck_assert_ptr_null(sample->rule);
    ck_assert_str_eq(sample->verdict, "pass");
    fz_kit_clear(&kit);
}
END_TEST

/* --- the digest ----------------------------------------------------------- */

static void digest_of(const char *content, char *digest)
{
    FzKit kit;

    fz_kit_write("digest", "rules.conf", content);
    ck_assert_int_eq(fz_kit_open(&kit, "digest", FZ_RULESET_AS_WRITTEN), FZ_OK);
    snprintf(digest, FZ_DIGEST_TEXT, "%s", fz_ruleset_digest(kit.ruleset));
    ck_assert_uint_eq(strlen(digest), FZ_DIGEST_TEXT - 1);
    fz_kit_clear(&kit);
}

#define DIGEST_WORDS SET "words = { w = [ \"one\", \"two\" ]; };\n"
#define DIGEST_A "{ id = \"a\"; phrase = \"<w> three\"; score = 1.0; }"
#define DIGEST_B "{ id = \"b\"; phrase = \"four\"; }"

static const struct {
    const char *name, *content;
    bool same;
} digests[] = {
    {"the same again", DIGEST_WORDS "rules = ( " DIGEST_A ", " DIGEST_B " );",
     true},
    {"rules in another order",
     DIGEST_WORDS "rules = ( " DIGEST_B ", " DIGEST_A " );", true},
    {"remarks and layout",
     DIGEST_WORDS "# remark\n\nrules = (\n" DIGEST_A ",\n\n" DIGEST_B " );",
     true},
    {"a sample",
     DIGEST_WORDS "rules = ( " DIGEST_A
                  ", { id = \"b\"; phrase = \"four\"; match = \"four\"; } );",
     true},
    {"a mark for lint",
     DIGEST_WORDS "rules = ( " DIGEST_A
                  ", { id = \"b\"; phrase = \"four\"; common = true; } );",
     true},
    {"a draft",
     DIGEST_WORDS "rules = ( " DIGEST_A ", " DIGEST_B
                  ", { id = \"c\"; phrase = \"x1\"; state = \"draft\"; } );",
     true},
    {"a phrase",
     DIGEST_WORDS "rules = ( " DIGEST_A
                  ", { id = \"b\"; phrase = \"five\"; } );",
     false},
    {"a score",
     DIGEST_WORDS "rules = ( " DIGEST_A
                  ", { id = \"b\"; phrase = \"four\"; score = 0.1; } );",
     false},
    {"a state",
     DIGEST_WORDS "rules = ( " DIGEST_A ", { id = \"b\"; phrase = \"four\"; "
                  "state = \"shadow\"; } );",
     false},
    {"a word of a group",
     SET "words = { w = [ \"one\", \"tow\" ]; };\n"
         "rules = ( " DIGEST_A ", " DIGEST_B " );",
     false},
    {"a condition",
     DIGEST_WORDS "rules = ( " DIGEST_A ", { id = \"b\"; phrase = \"four\"; "
                  "when = { sender = \"1\"; }; } );",
     false},
    {"the same value under another condition",
     DIGEST_WORDS "rules = ( " DIGEST_A ", { id = \"b\"; phrase = \"four\"; "
                  "when = { receiver = \"1\"; }; } );",
     false},
};

START_TEST(the_digest_follows_the_meaning)
{
    char first[FZ_DIGEST_TEXT], second[FZ_DIGEST_TEXT];

    digest_of(digests[0].content, first);
    digest_of(digests[_i].content, second);
    ck_assert_msg((strcmp(first, second) == 0) == digests[_i].same, "%s",
                  digests[_i].name);
}
END_TEST

/* --- the tables of keys --------------------------------------------------- */

START_TEST(every_key_is_explained)
{
    size_t count;
    const FzSchema *const *schemas = fz_rule_schemas(&count);

    ck_assert_uint_ge(count, 6);
    for (size_t s = 0; s < count; s++) {
        ck_assert_ptr_nonnull(schemas[s]->help);
        for (uint32_t k = 0; k < schemas[s]->count; k++) {
            const FzSchemaKey *key = &schemas[s]->keys[k];

            ck_assert_msg(key->help != NULL && strlen(key->help) > 5 &&
                              key->help[strlen(key->help) - 1] != '.',
                          "%s.%s", schemas[s]->name, key->name);
            if (key->type == FZ_SCHEMA_POINTS || key->type == FZ_SCHEMA_COUNT)
                ck_assert_msg(key->min < key->max, "%s", key->name);
            if (key->type == FZ_SCHEMA_CHOICE)
                ck_assert_ptr_nonnull(key->choices);
        }
    }
}
END_TEST

/* The page for curators knows every key and every signal. */
START_TEST(the_page_knows_every_name)
{
    FzBuf page = FZ_BUF_INIT;
    char name[64];
    size_t count;
    const FzSchema *const *schemas = fz_rule_schemas(&count);

    ck_assert_int_eq(fz_buf_read_file(&page, fz_test_source("docs/rules.md"),
                                      1u << 20, NULL),
                     FZ_OK);
    for (size_t s = 0; s < count; s++) {
        for (uint32_t k = 0; k < schemas[s]->count; k++) {
            snprintf(name, sizeof name, "`%s`", schemas[s]->keys[k].name);
            ck_assert_msg(strstr(fz_buf_text(&page), name) != NULL ||
                              schemas[s] == &fz_rewrite_schema,
                          "docs/rules.md does not know %s", name);
        }
    }
    for (int i = 0; i < FZ_SIGNAL_IDS; i++) {
        snprintf(name, sizeof name, "`%s`", fz_signal_defs()[i].name);
        ck_assert_msg(strstr(fz_buf_text(&page), name) != NULL,
                      "docs/rules.md does not know %s", name);
    }
    fz_buf_clear(&page);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ruleset");
    TCase *tc = tcase_create("ruleset");

    tcase_add_loop_test(tc, a_mistake_is_told, 0, COUNT(mistakes));
    tcase_add_test(tc, all_mistakes_are_told_at_once);
    tcase_add_test(tc, a_folder_that_is_not_there_is_told);
    tcase_add_test(tc, a_folder_without_a_set_loads_with_a_warning);
    tcase_add_test(tc, two_sets_cannot_have_one_name);
    tcase_add_test(tc, a_file_that_is_too_long_is_refused);
    tcase_add_test(tc, too_many_names_in_a_group_are_refused_at_once);
    tcase_add_test(tc, what_the_reader_keeps_is_kept);
    tcase_add_test(tc, a_rule_has_what_it_and_its_set_say);
    tcase_add_test(tc, drafts_and_retired_rules_are_not_loaded);
    tcase_add_test(tc, all_active_makes_shadows_act);
    tcase_add_test(tc, reasons_are_those_of_the_table);
    tcase_add_test(tc, overrides_change_scores_and_states);
    tcase_add_test(tc, overrides_except_identities_for_a_while);
    tcase_add_test(tc, an_override_makes_no_rule_unsafe);
    tcase_add_test(tc, an_override_of_no_rule_is_told);
    tcase_add_test(tc, days_run_from_promotion);
    tcase_add_test(tc, samples_are_kept_with_what_they_state);
    tcase_add_test(tc, a_table_gives_a_rule_a_line);
    tcase_add_loop_test(tc, a_mistake_in_a_table_is_told, 0,
                        COUNT(table_mistakes));
    tcase_add_test(tc, a_table_must_be_in_the_folder);
    tcase_add_test(tc, cases_are_samples_with_a_verdict);
    tcase_add_loop_test(tc, the_digest_follows_the_meaning, 0, COUNT(digests));
    tcase_add_test(tc, every_key_is_explained);
    tcase_add_test(tc, the_page_knows_every_name);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/buf.h"
#include "config/config.h"
#include "config/policy.h"
#include "tests/support.h"

#include <stdio.h>
#include <string.h>

/* --- defaults ------------------------------------------------------------ */
START_TEST(an_empty_file_is_a_configuration)
{
    static const char *const texts[] = {"", "\n\n", "# nothing\n",
                                        "/* nothing */"};
    FzTestSink sink;
    FzConfig *config = NULL;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_config_parse("x/fanzha.conf", fz_slice_of(texts[_i]),
                                     &sink.sink, &config),
                     FZ_OK);
    ck_assert_str_eq(config->control.socket, "/run/fanzha/control");
    ck_assert_uint_eq(config->control.mode, 0660);
    ck_assert_ptr_null(config->control.group);
    ck_assert(!config->control.group_admin);
    ck_assert_str_eq(config->store.path, "/var/lib/fanzha/quarantine.db");
    ck_assert_int_eq(config->store.max_octets, 4096LL << 20);
    ck_assert_int_eq(config->store.queue_records, 10000);
    ck_assert_int_eq(config->store.busy_ms, 2000);
    ck_assert_int_eq(config->assembly.timeout_ms, 300000);
    ck_assert_int_eq(config->assembly.max_pending, 10000);
    ck_assert_int_eq(config->assembly.report_wait_ms, 7 * 86400000LL);
    ck_assert_int_eq(config->assembly.max_reports, 65536);
    ck_assert_str_eq(config->generations, "/var/lib/fanzha/generations");
    ck_assert_str_eq(config->file, "x/fanzha.conf");
    ck_assert_uint_gt(strlen(config->node), 0);
    fz_config_destroy(config);
}
END_TEST

START_TEST(no_file_is_a_configuration)
{
    FzConfig *config = NULL;

    ck_assert_int_eq(fz_config_load(NULL, NULL, &config), FZ_OK);
    ck_assert_ptr_null(config->file);
    fz_config_destroy(config);
    fz_config_destroy(NULL);
}
END_TEST

/* What is shipped starts as it is, and says what the defaults are. */
START_TEST(the_shipped_file_holds_the_defaults)
{
    FzTestSink sink;
    FzConfig *shipped = NULL, *builtin = NULL;
    FzPolicyFile *file = NULL;
    const char *path = fz_test_source("gateway-conf/fanzha.conf");

    fz_test_sink_init(&sink);
    ck_assert_msg(fz_config_load(path, &sink.sink, &shipped) == FZ_OK,
                  "line %u: %s", sink.diag[0].line, sink.diag[0].text);
    ck_assert_int_eq(fz_policy_file_load(path, &sink.sink, &file), FZ_OK);
    ck_assert_uint_eq(sink.count, 0);
    ck_assert_int_eq(fz_config_load(NULL, NULL, &builtin), FZ_OK);
    ck_assert_str_eq(shipped->control.socket, builtin->control.socket);
    ck_assert_uint_eq(shipped->control.mode, builtin->control.mode);
    ck_assert_str_eq(shipped->store.path, builtin->store.path);
    ck_assert_str_eq(shipped->store.key_file, builtin->store.key_file);
    ck_assert_int_eq(shipped->store.max_octets, builtin->store.max_octets);
    ck_assert_int_eq(shipped->assembly.timeout_ms,
                     builtin->assembly.timeout_ms);
    ck_assert_int_eq(shipped->assembly.max_pending,
                     builtin->assembly.max_pending);
    ck_assert_str_eq(shipped->log.records, builtin->log.records);
    ck_assert_str_eq(shipped->generations, builtin->generations);
    ck_assert_str_eq(shipped->cache, builtin->cache);
    ck_assert_int_eq(file->policy.mode, FZ_MODE_OBSERVE);
    ck_assert_int_eq(memcmp(file->policy.failure, fz_policy_default()->failure,
                            sizeof file->policy.failure),
                     0);
    fz_config_destroy(shipped);
    fz_config_destroy(builtin);
    fz_policy_file_destroy(file);
}
END_TEST

START_TEST(a_missing_file_is_an_error)
{
    FzTestSink sink;
    FzConfig *config = NULL;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_config_load("/nonexistent/fanzha.conf", &sink.sink, &config),
        FZ_E_IO);
    ck_assert_ptr_null(config);
    ck_assert_uint_eq(sink.count, 1);
    ck_assert_str_eq(sink.diag[0].file, "/nonexistent/fanzha.conf");
}
END_TEST

START_TEST(the_file_s_defaults_are_the_engine_s)
{
    const FzPolicy *builtin = fz_policy_default();
    FzPolicyFile *file = NULL;

    ck_assert_int_eq(fz_policy_file_parse("f", fz_slice_of(""), NULL, &file),
                     FZ_OK);
    ck_assert_int_eq(file->policy.mode, builtin->mode);
    ck_assert_int_eq(
        memcmp(file->policy.failure, builtin->failure, sizeof builtin->failure),
        0);
    ck_assert_uint_eq(file->policy.profile_count, 1);
    ck_assert_int_eq(memcmp(&file->policy.profiles[0], &builtin->profiles[0],
                            sizeof(FzProfile)),
                     0);
    ck_assert_uint_eq(file->policy.reason_count, FZ_REASONS_BUILTIN);
    ck_assert(!file->patterns_are_set);
    ck_assert_uint_eq(file->patterns.count, 2);
    ck_assert_ptr_nonnull(file->urls);
    fz_policy_file_destroy(file);

    /* and those of a profile that is written out are those of the built-in */
    ck_assert_int_eq(fz_policy_file_parse(
                         "f",
                         fz_slice_of("profiles = ( { name = \"default\"; } );"),
                         NULL, &file),
                     FZ_OK);
    ck_assert_uint_eq(file->policy.profile_count, 1);
    ck_assert_int_eq(file->policy.profiles[0].scale_percent,
                     builtin->profiles[0].scale_percent);
    ck_assert_int_eq(memcmp(file->policy.profiles[0].ceiling,
                            builtin->profiles[0].ceiling,
                            sizeof builtin->profiles[0].ceiling),
                     0);
    ck_assert_uint_eq(file->policy.profiles[0].rewrite_growth,
                      builtin->profiles[0].rewrite_growth);
    ck_assert_int_eq(file->policy.profiles[0].rewrite_fallback,
                     builtin->profiles[0].rewrite_fallback);
    fz_policy_file_destroy(file);
}
END_TEST

/* --- every key is obeyed -------------------------------------------------- */
static const char whole_file[] =
    "mode = \"enforce\";\n"
    "patterns = [ \"sets\", \"/abs/sets\" ];\n"
    "override = \"over.d\";\n"
    "profiles = (\n"
    "  { name = \"bank\"; scale = 120; ceiling-mt = \"warn\";\n"
    "    ceiling-mo = \"pass\"; rewrite = true; warn = true;\n"
    "    rewrite-growth = 3; rewrite-fallback = \"reject\";\n"
    "    caps = ( { group = \"keywords\"; cap = 7.5; } ); },\n"
    "  { name = \"default\"; scale = 90; }\n"
    ");\n"
    "routes = ( { identity = \"bank-app\"; smsc = \"a\"; direction = \"mo\";\n"
    "             profile = \"bank\"; },\n"
    "           { profile = \"default\"; } );\n"
    "failure = { mt = { undecodable = \"defer\"; no-rules = \"quarantine\"; "
    "};\n"
    "            mo = { work-limit = \"pass\"; }; };\n"
    "reasons = ( { name = \"lottery\"; code = \"X01\"; en = \"A\"; zh = \"B\"; "
    "}"
    " );\n"
    "warning = { sender = \"12000\"; interval = 60; en = \"Mind {sender}\"; "
    "zh = \"C\"; };\n"
    "control = { socket = \"run/ctl\"; owner = \"kannel\"; group = \"ops\";\n"
    "            mode = \"0600\"; group-admin = true; };\n"
    "store = { path = \"q.db\"; key-file = \"q.key\"; max-mb = 10;\n"
    "          queue = 5; busy-ms = 7; };\n"
    "assembly = { timeout-s = 20; max-pending = 30; report-wait-s = 40;\n"
    "             max-reports = 50; };\n"
    "log = { records = \"\"; flight = \"run/fl\"; flight-records = 2048; };\n"
    "generations = \"gens\";\n"
    "cache = \"\";\n"
    "node = \"gw1\";\n";

START_TEST(every_process_key_is_obeyed)
{
    FzTestSink sink;
    FzConfig *config = NULL;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_config_parse("/etc/fz/fanzha.conf",
                                     fz_slice_of(whole_file), &sink.sink,
                                     &config),
                     FZ_OK);
    ck_assert_str_eq(config->control.socket, "/etc/fz/run/ctl");
    ck_assert_str_eq(config->control.owner, "kannel");
    ck_assert_str_eq(config->control.group, "ops");
    ck_assert_uint_eq(config->control.mode, 0600);
    ck_assert(config->control.group_admin);
    ck_assert_str_eq(config->store.path, "/etc/fz/q.db");
    ck_assert_str_eq(config->store.key_file, "/etc/fz/q.key");
    ck_assert_int_eq(config->store.max_octets, 10 << 20);
    ck_assert_int_eq(config->store.queue_records, 5);
    ck_assert_int_eq(config->store.busy_ms, 7);
    ck_assert_int_eq(config->assembly.timeout_ms, 20000);
    ck_assert_int_eq(config->assembly.max_pending, 30);
    ck_assert_int_eq(config->assembly.report_wait_ms, 40000);
    ck_assert_int_eq(config->assembly.max_reports, 50);
    ck_assert_ptr_null(config->log.records);
    ck_assert_str_eq(config->log.flight, "/etc/fz/run/fl");
    ck_assert_int_eq(config->log.flight_records, 2048);
    ck_assert_str_eq(config->generations, "/etc/fz/gens");
    ck_assert_ptr_null(config->cache);
    ck_assert_str_eq(config->node, "gw1");
    fz_config_destroy(config);
}
END_TEST

static const char senders_file[] =
    "senders = { brands = \"b.tsv\"; registry = [ \"r.csv\", \"/s.csv\" ];\n"
    "  state = \"shadow\";\n"
    "  classes = ( { class = \"IoT\"; ceiling = \"warn\"; never-held = true; "
    "},\n"
    "              { class = \"unknown\"; ceiling = \"quarantine\"; } );\n"
    "  receivers = ( { class = \"careful\"; file = \"c.csv\"; } ); };\n"
    "profiles = ( { name = \"strict\"; } );\n"
    "routes = ( { sender-class = \"probation\"; profile = \"strict\"; },\n"
    "           { receiver-class = \"careful\"; profile = \"strict\"; } );\n";

START_TEST(every_key_of_senders_is_obeyed)
{
    const FzClassPolicy *classes;
    FzPolicyFile *file = NULL;

    ck_assert_int_eq(fz_policy_file_parse("/etc/fz/fanzha.conf",
                                          fz_slice_of(senders_file), NULL,
                                          &file),
                     FZ_OK);
    ck_assert_uint_eq(file->brands.count, 1);
    ck_assert_str_eq(file->brands.item[0], "/etc/fz/b.tsv");
    ck_assert_uint_eq(file->registry.count, 2);
    ck_assert_str_eq(file->registry.item[1], "/s.csv");
    ck_assert_int_eq(file->sender_state, FZ_RULE_SHADOW);
    ck_assert_uint_eq(file->receiver_count, 1);
    ck_assert_str_eq(file->receivers[0].name, "careful");
    ck_assert_str_eq(file->receivers[0].path, "/etc/fz/c.csv");
    classes = file->policy.classes;
    ck_assert(classes[FZ_SENDER_IOT].bounded &&
              classes[FZ_SENDER_IOT].never_held);
    ck_assert_int_eq(classes[FZ_SENDER_IOT].ceiling, FZ_ACTION_WARN);
    ck_assert(classes[FZ_SENDER_UNKNOWN].bounded &&
              !classes[FZ_SENDER_UNKNOWN].never_held);
    ck_assert_int_eq(classes[FZ_SENDER_UNKNOWN].ceiling, FZ_ACTION_QUARANTINE);
    ck_assert(!classes[FZ_SENDER_BANK].bounded);
    /* what is not said stays as it is without a file */
    ck_assert(classes[FZ_SENDER_CODE].bounded &&
              classes[FZ_SENDER_CODE].never_held);
    ck_assert_int_eq(file->policy.routes[0].sender_class, FZ_SENDER_PROBATION);
    ck_assert_int_eq(file->policy.routes[1].sender_class, FZ_SENDER_UNKNOWN);
    ck_assert_str_eq(file->policy.routes[1].receiver_class, "careful");
    fz_policy_file_destroy(file);
}
END_TEST

START_TEST(every_policy_key_is_obeyed)
{
    FzTestSink sink;
    FzPolicyFile *file = NULL;
    const FzPolicy *policy;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_policy_file_parse("/etc/fz/fanzha.conf",
                                          fz_slice_of(whole_file), &sink.sink,
                                          &file),
                     FZ_OK);
    policy = &file->policy;
    ck_assert_int_eq(policy->mode, FZ_MODE_ENFORCE);
    ck_assert(file->patterns_are_set);
    ck_assert_uint_eq(file->patterns.count, 2);
    ck_assert_str_eq(file->patterns.item[0], "/etc/fz/sets");
    ck_assert_str_eq(file->patterns.item[1], "/abs/sets");
    ck_assert_str_eq(file->override, "/etc/fz/over.d");

    ck_assert_uint_eq(policy->profile_count, 2);
    ck_assert_str_eq(policy->profiles[0].name, "default");
    ck_assert_int_eq(policy->profiles[0].scale_percent, 90);
    ck_assert_str_eq(policy->profiles[1].name, "bank");
    ck_assert_int_eq(policy->profiles[1].scale_percent, 120);
    ck_assert_int_eq(policy->profiles[1].ceiling[FZ_DIRECTION_MT],
                     FZ_ACTION_WARN);
    ck_assert_int_eq(policy->profiles[1].ceiling[FZ_DIRECTION_MO],
                     FZ_ACTION_PASS);
    ck_assert(policy->profiles[1].rewrite);
    ck_assert(policy->profiles[1].warn);
    ck_assert_int_eq(policy->profiles[1].rewrite_fallback, FZ_ACTION_REJECT);
    ck_assert_uint_eq(policy->profiles[1].rewrite_growth, 3);
    ck_assert_uint_eq(policy->profiles[1].cap_count, 1);
    ck_assert_str_eq(policy->profiles[1].caps[0].group, "keywords");
    ck_assert_int_eq(policy->profiles[1].caps[0].cap, 750);

    ck_assert_uint_eq(policy->route_count, 2);
    ck_assert_str_eq(policy->routes[0].identity, "bank-app");
    ck_assert_str_eq(policy->routes[0].smsc, "a");
    ck_assert_int_eq(policy->routes[0].direction, FZ_DIRECTION_MO);
    ck_assert_uint_eq(policy->routes[0].profile, 1);
    ck_assert_int_eq(policy->routes[1].direction, -1);
    ck_assert_ptr_null(policy->routes[1].identity);
    ck_assert_uint_eq(policy->routes[1].profile, 0);

    ck_assert_int_eq(policy->failure[FZ_FAILURE_UNDECODABLE][FZ_DIRECTION_MT],
                     FZ_CHOOSE_DEFER);
    ck_assert_int_eq(policy->failure[FZ_FAILURE_UNDECODABLE][FZ_DIRECTION_MO],
                     FZ_CHOOSE_PASS);
    ck_assert_int_eq(policy->failure[FZ_FAILURE_NO_RULES][FZ_DIRECTION_MT],
                     FZ_CHOOSE_QUARANTINE);
    ck_assert_int_eq(policy->failure[FZ_FAILURE_WORK_LIMIT][FZ_DIRECTION_MO],
                     FZ_CHOOSE_PASS);
    ck_assert_int_eq(policy->failure[FZ_FAILURE_WORK_LIMIT][FZ_DIRECTION_MT],
                     FZ_CHOOSE_QUARANTINE);
    ck_assert_str_eq(fz_policy_reason(policy, "lottery")->code, "X01");
    ck_assert_ptr_nonnull(fz_policy_reason(policy, "phishing"));
    ck_assert_str_eq(policy->warning.sender, "12000");
    ck_assert_int_eq(policy->warning.interval_s, 60);
    ck_assert_str_eq(policy->warning.en, "Mind {sender}");
    ck_assert_str_eq(policy->warning.zh, "C");
    fz_policy_file_destroy(file);
}
END_TEST

/* Each condition reads into its own place, in each direction. */
START_TEST(every_failure_key_is_obeyed)
{
    for (int direction = 0; direction < FZ_DIRECTIONS; direction++) {
        FzFailureChoice builtin = fz_policy_default()->failure[_i][direction];
        FzFailureChoice other = builtin == FZ_CHOOSE_DEFER ? FZ_CHOOSE_PASS
                                : _i == FZ_FAILURE_PARTS_MISSING
                                    ? FZ_CHOOSE_QUARANTINE
                                    : FZ_CHOOSE_DEFER;
        FzBuf text = FZ_BUF_INIT;
        FzPolicyFile *file = NULL;

        fz_buf_printf(&text, "failure = { %s = { %s = \"%s\"; }; };",
                      fz_direction_name((FzDirection)direction),
                      fz_failure_name((FzFailure)_i),
                      fz_failure_choice_name(other));
        ck_assert_int_eq(
            fz_policy_file_parse("f", fz_buf_slice(&text), NULL, &file), FZ_OK);
        for (int i = 0; i < FZ_FAILURES; i++)
            for (int j = 0; j < FZ_DIRECTIONS; j++)
                ck_assert_int_eq(file->policy.failure[i][j],
                                 i == _i && j == direction
                                     ? other
                                     : fz_policy_default()->failure[i][j]);
        fz_policy_file_destroy(file);
        fz_buf_clear(&text);
    }
}
END_TEST

START_TEST(a_choice_that_never_applies_is_told)
{
    FzTestSink sink;
    FzPolicyFile *file = NULL;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_policy_file_parse("f",
                             fz_slice_of("failure = { mo = { overload = "
                                         "\"pass\"; }; };"),
                             &sink.sink, &file),
        FZ_OK);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "`overload'"));
    fz_policy_file_destroy(file);
}
END_TEST

/* --- errors ------------------------------------------------------------------
 */
static const struct {
    const char *name, *text;
    FzStatus code;
    unsigned line;
    const char *says;
} error_rows[] = {
    {"unknown key", "\nmoed = \"observe\";", FZ_E_RULE, 2,
     "unknown key `moed'; did you mean `mode'"},
    {"unknown key, nothing near", "colour = 1;", FZ_E_RULE, 1,
     "unknown key `colour'"},
    {"parts that were acknowledged cannot be put off",
     "failure = { mt = { parts-missing = \"defer\"; }; };", FZ_E_RULE, 1,
     "parts-missing"},
    {"unknown key in a group", "store = {\n  pth = \"x\";\n};", FZ_E_RULE, 2,
     "did you mean `path'"},
    {"unknown group", "\n\nstor = { path = \"x\"; };", FZ_E_RULE, 3,
     "did you mean `store'"},
    {"unknown key in a profile",
     "profiles = (\n { name = \"default\"; scael = 5; } );", FZ_E_RULE, 2,
     "did you mean `scale'"},
    {"a class of receivers that is none",
     "profiles = ( { name = \"s\"; } );\n"
     "routes = ( { receiver-class = \"x\"; profile = \"s\"; } );",
     FZ_E_RULE, 2, "no class of receivers is called `x'"},
    {"a class of receivers without a name",
     "senders = {\n receivers = ( { class = \"\"; file = \"f\"; } ); };",
     FZ_E_RULE, 2, "needs a name and a file"},
    {"a class of senders twice",
     "senders = { classes = ( { class = \"bank\"; },\n { class = \"bank\"; } "
     "); };",
     FZ_E_RULE, 2, "the class `bank' is there already"},
    {"unknown failure", "failure = { mt = {\n worklimit = \"pass\"; }; };",
     FZ_E_RULE, 2, "did you mean `work-limit'"},
    {"unknown word", "mode = \"enforced\";", FZ_E_RULE, 1,
     "did you mean `enforce'? it is one of observe, enforce"},
    {"word in wrong case", "mode = \"Observe\";", FZ_E_RULE, 1,
     "did you mean `observe'"},
    {"a number for a word", "mode = 1;", FZ_E_RULE, 1,
     "`mode' wants a word in quotes"},
    {"no last label", "extra-tlds = [ \"test\", \"a b\" ];", FZ_E_RULE, 0,
     "`a b' cannot be the last label of a host"},
    {"no country code", "default-country = \"+86\";", FZ_E_RULE, 0,
     "no country code"},
    {"text for a number", "store = { queue = \"5\"; };", FZ_E_RULE, 1,
     "`queue' wants a whole number"},
    {"a fraction for a whole number", "store = { queue = 5.5; };", FZ_E_RULE, 1,
     "`queue' wants a whole number"},
    {"out of range", "store = {\n queue = 0; };", FZ_E_RULE, 2,
     "`queue' is out of range: 1 to 1048576 messages"},
    {"above range", "store = { busy-ms = 60001; };", FZ_E_RULE, 1,
     "0 to 60000 ms"},
    {"a mode without quotes", "control = { mode = 0660; };", FZ_E_RULE, 1,
     "octal digits in quotes"},
    {"a mode that is none", "control = { mode = \"0990\"; };", FZ_E_RULE, 1,
     "octal digits in quotes"},
    {"a mode too wide", "control = { mode = \"1777\"; };", FZ_E_RULE, 1,
     "at most"},
    {"1 for true", "control = { group-admin = 1; };", FZ_E_RULE, 1,
     "true or false"},
    {"groups in [ ]", "profiles = [ 1 ];", FZ_E_RULE, 1, "groups in ( )"},
    {"no group", "store = 5;", FZ_E_RULE, 1, "`store' wants a group"},
    {"a string in a list of groups", "routes = ( \"default\" );", FZ_E_RULE, 1,
     "a group in { }"},
    {"a number among paths", "patterns = ( \"a\", 5 );", FZ_E_RULE, 1,
     "a string"},
    {"holding what cannot be stored",
     "failure = { mt = { store-failed = \"quarantine\"; }; };", FZ_E_RULE, 1,
     "it is one of pass, defer"},
    {"a missing name", "profiles = (\n\n { scale = 5; } );", FZ_E_RULE, 3,
     "`name' is missing in `profiles'"},
    {"a missing cap",
     "profiles = ( { name = \"a\"; caps = (\n { group = \"g\"; } ); } );",
     FZ_E_RULE, 2, "`cap' is missing in `caps'"},
    {"two profiles of one name",
     "profiles = ( { name = \"a\"; },\n { name = \"a\"; } );", FZ_E_RULE, 2,
     "profile `a' is there already, on line 1"},
    {"a warning from nobody",
     "mode = \"enforce\";\nprofiles = ( { name = \"a\"; warn = true; } );",
     FZ_E_RULE, 2, "`warning.sender' does not say"},
    {"a profile without a name", "profiles = ( { name = \"\"; } );", FZ_E_RULE,
     1, "cannot be empty"},
    {"a rewrite that falls back to a rewrite",
     "profiles = ( { name = \"a\"; rewrite-fallback = \"rewrite\"; } );",
     FZ_E_RULE, 1, "cannot be"},
    {"a ceiling that no score reaches",
     "profiles = ( { name = \"a\"; ceiling-mt = \"reject\"; } );", FZ_E_RULE, 1,
     "`ceiling-mt' cannot be `reject'"},
    {"a route to nowhere",
     "profiles = ( { name = \"bank\"; } );\n"
     "routes = ( { profile = \"bnk\"; } );",
     FZ_E_RULE, 2, "no profile is called `bnk'; did you mean `bank'"},
    {"a code too long",
     "reasons = ( { name = \"a\"; code = \"ABCD\"; en = \"e\"; zh = \"z\"; } "
     ");",
     FZ_E_RULE, 1, "three capital letters or digits"},
    {"a code with a blank",
     "reasons = ( { name = \"a\"; code = \"A 1\"; en = \"e\"; zh = \"z\"; } );",
     FZ_E_RULE, 1, "three capital letters or digits"},
    {"a reason that is there",
     "reasons = ( { name = \"phishing\"; code = \"X01\"; en = \"e\"; zh = "
     "\"z\";"
     " } );",
     FZ_E_RULE, 1, "reason `phishing' is there already"},
    {"a code that is taken",
     "reasons = ( { name = \"a\"; code = \"F01\"; en = \"e\"; zh = \"z\"; } );",
     FZ_E_RULE, 1, "code `F01' belongs to reason `phishing'"},
    {"the same key twice", "mode = \"observe\";\nmode = \"enforce\";",
     FZ_E_SYNTAX, 2, "duplicate"},
    {"broken syntax", "mode = ;", FZ_E_SYNTAX, 1, "cannot be read"},
    {"Kannel's syntax", "group = core\nadmin-port = 13000", FZ_E_SYNTAX, 1,
     "cannot be read"},
    {"not UTF-8", "# x\nnode = \"\xFF\";", FZ_E_SYNTAX, 2, "no UTF-8"},
    {"an octet by escape", "\nnode = \"\\xff\";", FZ_E_SYNTAX, 2,
     "write the character itself"},
    {"a string that never ends", "node = \"gw1;\nmode = 1;", FZ_E_SYNTAX, 1,
     "closing quote"},
    {"a comment that never ends", "\n/* node = 1;", FZ_E_SYNTAX, 2,
     "never ends"},
    {"another file", "\n  @include \"more.conf\"\n", FZ_E_SYNTAX, 2,
     "@include is not allowed"},
};

START_TEST(a_bad_file_is_refused_with_its_line)
{
    FzTestSink sink;
    FzPolicyFile *file = NULL;
    FzStatus status;

    fz_test_sink_init(&sink);
    status = fz_policy_file_parse(
        "dir/fanzha.conf", fz_slice_of(error_rows[_i].text), &sink.sink, &file);
    ck_assert_msg(status == error_rows[_i].code, "%s: %s", error_rows[_i].name,
                  fz_status_name(status));
    ck_assert_ptr_null(file);
    ck_assert_uint_ge(sink.count, 1);
    ck_assert_msg(sink.diag[0].line == error_rows[_i].line, "%s: line %u",
                  error_rows[_i].name, sink.diag[0].line);
    ck_assert_msg(strstr(sink.diag[0].text, error_rows[_i].says) != NULL,
                  "%s: %s", error_rows[_i].name, sink.diag[0].text);
    ck_assert_str_eq(sink.diag[0].file, "dir/fanzha.conf");
    ck_assert_int_eq(sink.diag[0].code, error_rows[_i].code);
}
END_TEST

START_TEST(all_problems_are_told)
{
    FzTestSink sink;
    FzConfig *config = NULL;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_config_parse("f",
                        fz_slice_of("moed = 1;\nstore = { queue = 0;\n"
                                    "path = 5; };\nnode = 1;"),
                        &sink.sink, &config),
        FZ_E_RULE);
    ck_assert_uint_eq(sink.count, 4);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(sink.diag[i].line, i + 1);
}
END_TEST

START_TEST(a_nul_or_too_much_is_refused)
{
    static const char nul[] = "node = \"a\0b\";";
    FzTestSink sink;
    FzConfig *config = NULL;
    FzBuf text = FZ_BUF_INIT;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_config_parse("f", fz_slice(nul, sizeof nul - 1),
                                     &sink.sink, &config),
                     FZ_E_SYNTAX);
    ck_assert_ptr_nonnull(fz_test_sink_find(&sink, "NUL"));
    while (text.octets <= FZ_LIMIT_CONFIG_OCTETS)
        fz_buf_append_text(&text, "# a line of nothing\n");
    ck_assert_int_eq(
        fz_config_parse("f", fz_buf_slice(&text), &sink.sink, &config),
        FZ_E_LIMIT);
    fz_buf_clear(&text);
}
END_TEST

/* --- the page
 * -------------------------------------------------------------------- */
static void between(FzBuf *page, const char *from, const char *to, FzBuf *out)
{
    char *begin = strstr((char *)page->data, from), *end;

    ck_assert_msg(begin != NULL, "%s is not in the page", from);
    begin += strlen(from);
    end = strstr(begin, to);
    ck_assert_msg(end != NULL, "%s is not in the page", to);
    fz_buf_append(out, begin, (size_t)(end - begin));
}

static void compare_page(const char *name, const FzConfKey *keys)
{
    FzBuf page = FZ_BUF_INIT, table = FZ_BUF_INIT, want = FZ_BUF_INIT;
    char from[64];

    ck_assert_int_eq(fz_buf_read_file(&page,
                                      fz_test_source("docs/configuration.md"),
                                      1u << 20, NULL),
                     FZ_OK);
    snprintf(from, sizeof from, "<!-- keys of %s -->\n", name);
    between(&page, from, "<!-- end -->", &table);
    fz_buf_append_text(&want, "| key | value | default | meaning |\n"
                              "|---|---|---|---|\n");
    fz_conf_describe(keys, &want);
    if (strcmp(fz_buf_text(&table), fz_buf_text(&want)) != 0) {
        printf("%s%s", from, fz_buf_text(&want)); /* to be put in the page */
        fflush(stdout);
        ck_abort_msg("docs/configuration.md does not show the keys of %s as "
                     "the schema has them",
                     name);
    }
    fz_buf_clear(&page);
    fz_buf_clear(&table);
    fz_buf_clear(&want);
}

START_TEST(the_page_shows_every_key)
{
    compare_page("fanzha.conf", fz_fanzha_conf_keys());
    compare_page("override.d", fz_override_conf_keys());
}
END_TEST

static void check_help(void *ctx, const char *path, const FzConfKey *key)
{
    (void)ctx;
    ck_assert_msg(key->help != NULL && strlen(key->help) > 8, "%s", path);
    ck_assert_msg(key->help[strlen(key->help) - 1] != '.', "%s", path);
    if (key->type == FZ_CONF_ENUM)
        ck_assert_msg(key->choices != NULL, "%s", path);
    if (key->type == FZ_CONF_GROUP || key->type == FZ_CONF_LIST)
        ck_assert_msg(key->members != NULL, "%s", path);
}

START_TEST(every_key_has_its_help)
{
    fz_conf_each(fz_fanzha_conf_keys(), check_help, NULL);
    fz_conf_each(fz_override_conf_keys(), check_help, NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *presets = tcase_create("defaults"), *keys = tcase_create("keys"),
          *errors = tcase_create("errors"), *page = tcase_create("page");

    tcase_add_loop_test(presets, an_empty_file_is_a_configuration, 0, 4);
    tcase_add_test(presets, no_file_is_a_configuration);
    tcase_add_test(presets, the_shipped_file_holds_the_defaults);
    tcase_add_test(presets, a_missing_file_is_an_error);
    tcase_add_test(presets, the_file_s_defaults_are_the_engine_s);
    tcase_add_test(presets, a_choice_that_never_applies_is_told);
    suite_add_tcase(suite, presets);
    tcase_add_test(keys, every_process_key_is_obeyed);
    tcase_add_test(keys, every_key_of_senders_is_obeyed);
    tcase_add_test(keys, every_policy_key_is_obeyed);
    tcase_add_loop_test(keys, every_failure_key_is_obeyed, 0, FZ_FAILURES);
    suite_add_tcase(suite, keys);
    tcase_add_loop_test(errors, a_bad_file_is_refused_with_its_line, 0,
                        COUNT(error_rows));
    tcase_add_test(errors, all_problems_are_told);
    tcase_add_test(errors, a_nul_or_too_much_is_refused);
    suite_add_tcase(suite, errors);
    tcase_add_test(page, the_page_shows_every_key);
    tcase_add_test(page, every_key_has_its_help);
    suite_add_tcase(suite, page);
    return fz_test_run(suite);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_conf.c - fanzhabox.conf, what is refused and how, and the plugins
 * that it names
 */
#include "config.h"

#include "box/boxconf.h"
#include "tests/box_kit.h"
#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define LEAST "group = fanzhabox\nbearerbox-port = 1\nsmsbox-port = 2\n"

/* --- the reader ---------------------------------------------------------- */
static const struct {
    const char *name, *text;
    FzStatus code;
    unsigned line;
    const char *says;
} mistakes[] = {
    {"unknown key", LEAST "bearerbox-hots = x\n", FZ_E_RULE, 4,
     "unknown key `bearerbox-hots' in group `fanzhabox'; did you mean "
     "`bearerbox-host'"},
    {"unknown key like none", LEAST "colour = x\n", FZ_E_RULE, 4,
     "unknown key `colour' in group `fanzhabox'"},
    {"unknown group", LEAST "\ngroup = pluginbox-plugins\npath = x\n",
     FZ_E_RULE, 5,
     "unknown group `pluginbox-plugins'; did you mean `pluginbox-plugin'"},
    {"bearerbox's group", "group = core\nadmin-port = 1\n", FZ_E_RULE, 1,
     "unknown group `core'"},
    {"key of the classic host",
     LEAST "\ngroup = pluginbox-plugin\npath = p\ninit = i\nevents = x\n",
     FZ_E_RULE, 8, "`events' is not obeyed here"},
    {"address that is none", LEAST "box-allow-ip = 10.0.0.300\n", FZ_E_RULE, 4,
     "`box-allow-ip' `10.0.0.300' is no IP address or network"},
    {"address that is none, to deny",
     LEAST "box-allow-ip = *\nbox-deny-ip = x\n", FZ_E_RULE, 5,
     "`box-deny-ip' `x' is no IP address or network"},
    {"lists of pages that are none", LEAST "admin-allow-ip = 127.0.0.1\n",
     FZ_E_RULE, 1, "`admin-allow-ip' and `admin-deny-ip' need `admin-port'"},
    {"no boxes at all", LEAST "max-boxes = 0\n", FZ_E_RULE, 4,
     "`max-boxes' is `0', it must be a number from 1 to 100000"},
    {"pages without a password", LEAST "admin-port = 13000\n", FZ_E_RULE, 1,
     "`admin-port' needs `admin-password'"},
    {"WAP port in front of nothing", LEAST "wapbox-port = 3\n", FZ_E_RULE, 1,
     "`wapbox-port' needs `bearerbox-wapbox-port'"},
    {"WAP port behind nothing", LEAST "bearerbox-wapbox-port = 3\n", FZ_E_RULE,
     1, "`bearerbox-wapbox-port' needs `wapbox-port'"},
    {"TLS without a certificate", LEAST "smsbox-port-ssl = true\n", FZ_E_RULE,
     1, "`smsbox-port-ssl' needs `ssl-server-cert-file'"},
    {"WAP port by TLS, and no WAP port",
     LEAST "wapbox-port-ssl = true\nssl-server-cert-file = "
           "c\nssl-server-key-file = k\n",
     FZ_E_RULE, 1, "`wapbox-port-ssl' needs `wapbox-port'"},
    {"upstream WAP by TLS, and no WAP port",
     LEAST "bearerbox-wapbox-port-ssl = true\n", FZ_E_RULE, 1,
     "`bearerbox-wapbox-port-ssl' needs `wapbox-port'"},
    {"pages by TLS, and no pages",
     LEAST "admin-port-ssl = true\nssl-server-cert-file = "
           "c\nssl-server-key-file = k\n",
     FZ_E_RULE, 1, "`admin-port-ssl' needs `admin-port'"},
    {"certificate without key",
     LEAST "smsbox-port-ssl = true\nssl-server-cert-file = c\n", FZ_E_RULE, 1,
     "`ssl-server-cert-file' needs `ssl-server-key-file'"},
    {"key without certificate", LEAST "ssl-server-key-file = k\n", FZ_E_RULE, 1,
     "`ssl-server-key-file' needs `ssl-server-cert-file'"},
    {"certificate for nobody",
     LEAST "ssl-server-cert-file = c\nssl-server-key-file = k\n", FZ_E_RULE, 1,
     "`ssl-server-cert-file' needs `smsbox-port-ssl = true'"},
    {"boxes' authority without TLS", LEAST "ssl-box-ca-file = c\n", FZ_E_RULE,
     1, "`ssl-box-ca-file' needs `smsbox-port-ssl = true'"},
    {"own certificate for a plain bearerbox",
     LEAST "ssl-client-certkey-file = c\n", FZ_E_RULE, 1,
     "`ssl-client-certkey-file' needs `bearerbox-port-ssl = true'"},
    {"authority for a plain bearerbox", LEAST "ssl-trusted-ca-file = c\n",
     FZ_E_RULE, 1, "`ssl-trusted-ca-file' needs `bearerbox-port-ssl = true'"},
    {"name that nothing is held against",
     LEAST "bearerbox-port-ssl = true\nbearerbox-ssl-name = b\n", FZ_E_RULE, 1,
     "`bearerbox-ssl-name' needs `ssl-trusted-ca-file'"},
    {"a key's absence", "group = fanzhabox\nsmsbox-port = 1\n", FZ_E_RULE, 1,
     "group `fanzhabox' needs `bearerbox-port'"},
    {"plugin without path", LEAST "\ngroup = pluginbox-plugin\ninit = x\n",
     FZ_E_RULE, 5, "group `pluginbox-plugin' needs `path'"},
    {"no number", LEAST "log-level = high\n", FZ_E_RULE, 4,
     "`log-level' is `high', it must be a number from 0 to 4"},
    {"number too large", LEAST "log-level = 5\n", FZ_E_RULE, 4,
     "it must be a number from 0 to 4"},
    {"port too large",
     "group = fanzhabox\nbearerbox-port = 65536\nsmsbox-port = 1\n", FZ_E_RULE,
     2, "`bearerbox-port' is `65536', it must be a number from 1 to 65535"},
    {"no truth", LEAST "relay-shutdown = maybe\n", FZ_E_RULE, 4,
     "`relay-shutdown' is `maybe', it must be true or false"},
    {"empty value", LEAST "bearerbox-host =\n", FZ_E_RULE, 4,
     "`bearerbox-host' is empty"},
    {"key twice", LEAST "smsbox-port = 3\n", FZ_E_RULE, 4,
     "`smsbox-port' stands twice in this group"},
    {"group twice", LEAST "\n" LEAST, FZ_E_RULE, 5,
     "group `fanzhabox' stands twice, first at line 1"},
    {"two plugins of one name",
     LEAST "\ngroup = pluginbox-plugin\nid = a\npath = x\ninit = i\n"
           "\ngroup = pluginbox-plugin\nid = a\npath = y\ninit = i\n",
     FZ_E_RULE, 10, "two plugins are called `a'"},
    {"no equals sign", LEAST "bearerbox-host\n", FZ_E_SYNTAX, 4,
     "`bearerbox-host' is no `key = value'"},
    {"lines of no group", LEAST "\nlog-level = 0\n", FZ_E_SYNTAX, 5,
     "these lines belong to no group"},
    {"nothing", "", FZ_E_RULE, 0, "there is no `group = fanzhabox'"},
    {"comments only", "# nothing\n\n", FZ_E_RULE, 0,
     "there is no `group = fanzhabox'"},
    {"include", LEAST "include = \"more.conf\"\n", FZ_E_RULE, 4,
     "unknown key `include'"},
};

START_TEST(a_mistake_is_told_with_its_line)
{
    const char *path = fz_test_write("box.conf", mistakes[_i].text);
    FzBoxConfig *config = NULL;
    const FzTestDiag *diag;
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(fz_box_config_read(path, &sink.sink, &config),
                     mistakes[_i].code);
    ck_assert_ptr_null(config);
    diag = fz_test_sink_find(&sink, mistakes[_i].says);
    ck_assert_msg(diag != NULL, "%s: says `%s'", mistakes[_i].name,
                  sink.count == 0 ? "" : sink.diag[0].text);
    ck_assert_msg(diag->line == mistakes[_i].line, "%s: at line %u",
                  mistakes[_i].name, diag->line);
    ck_assert_str_eq(diag->file, path);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    FzBoxConfig *config = NULL;
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_box_config_read(fz_test_write("box.conf",
                                         "group = fanzhabox\nport = 1\n"
                                         "log-level = x\nnonsense\n"),
                           &sink.sink, &config),
        FZ_E_SYNTAX);
    /* the line, the level, the unknown key and the two that are missing */
    ck_assert_uint_eq(sink.count, 5);
}
END_TEST

START_TEST(kannels_syntax_is_read)
{
    FzBoxConfig *config = NULL;
    FzTestSink sink;

    fz_test_sink_init(&sink);
    ck_assert_int_eq(
        fz_box_config_read(
            fz_test_write("box.conf",
                          "# first\r\n"
                          "group = \"pluginbox\"\r\n"
                          "  bearerbox-host=\"gate.example\"\n"
                          "# between\n"
                          "bearerbox-port = 13001\n"
                          "smsbox-port = 13\\\n002\n"
                          "smsbox-interface = 192.0.2.1\n"
                          "relay-shutdown = yes\n"
                          "\n\n\n"
                          "path = /a/b.so\n"
                          "group = pluginbox-plugin\n"
                          "args = \"one \\\"two\\\" \\\\ \\x = 3\"\n"
                          "init = start\n"
                          "priority = -5\n"
                          "dead-start = 1\n"
                          "\n"
                          "group = pluginbox-plugin\n"
                          "id = second\npath = c.so\ninit = start"),
            &sink.sink, &config),
        FZ_OK);
    ck_assert_uint_eq(sink.count, 0);
    ck_assert_str_eq(config->bearerbox_host, "gate.example");
    ck_assert_uint_eq(config->bearerbox_port, 13001);
    ck_assert_uint_eq(config->smsbox_port, 13002);
    ck_assert_str_eq(config->smsbox_interface, "192.0.2.1");
    ck_assert(config->relay_shutdown);
    ck_assert_int_eq(config->log_level, 1);
    ck_assert_uint_eq(config->plugins, 2);
    ck_assert_str_eq(config->plugin[0].id, "b.so");
    ck_assert_str_eq(config->plugin[0].path, "/a/b.so");
    ck_assert_str_eq(config->plugin[0].args, "one \"two\" \\ \\x = 3");
    ck_assert_int_eq(config->plugin[0].priority, -5);
    ck_assert(config->plugin[0].dead_start);
    ck_assert_uint_eq(config->plugin[0].line, 13);
    ck_assert_str_eq(config->plugin[1].id, "second");
    ck_assert_ptr_null(config->plugin[1].args);
    ck_assert(!config->plugin[1].dead_start);
    fz_box_config_destroy(config);
}
END_TEST

START_TEST(the_manual_page_has_every_key_that_is_obeyed_and_no_other)
{
    char *page = kit_read_file(fz_test_source("box/fanzhabox.8"));
    size_t keys = 0, items = 0;

    for (const FzBoxKey *k = fz_box_config_keys; k->key != NULL; k++) {
        char item[128];

        snprintf(item, sizeof item, ".It Ic %s\n", k->key);
        ck_assert_msg((strstr(page, item) != NULL) ==
                          (k->kind != FZ_BOX_KEY_ELSEWHERE),
                      "`%s'", k->key);
        keys += k->kind != FZ_BOX_KEY_ELSEWHERE;
    }
    for (char *at = page; (at = strstr(at, ".It Ic ")) != NULL; at++)
        items++;
    ck_assert_uint_eq(items, keys);
    gw_free(page);
}
END_TEST

/* --- refused starts ------------------------------------------------------ */
#define PLUGIN(path, init)                                                     \
    "\ngroup = pluginbox-plugin\nid = it\npath = " path "\ninit = " init "\n"
#define START                                                                  \
    "group = fanzhabox\nbearerbox-host = 127.0.0.1\nbearerbox-port = 1\n"      \
    "smsbox-interface = 127.0.0.1\nsmsbox-port = 0\n"

static const struct {
    const char *name, *text, *says;
} refusals[] = {
    {"missing plugin", START PLUGIN("/nowhere/it.so", "start"),
     "plugin `it' cannot be read at /nowhere/it.so (line 7): No such file"},
    {"no shared object", START PLUGIN("./config.h", "start"),
     ":7: plugin `it' cannot be loaded: "},
    {"no such init", START PLUGIN("tests/.libs/box_classic.so", "strat"),
     ":7: plugin `it' (tests/.libs/box_classic.so) has no function `strat'"},
    {"init fails",
     START PLUGIN("tests/.libs/box_classic.so", "box_classic_init") "args = "
                                                                    "fail\n",
     ":7: plugin `it' (tests/.libs/box_classic.so) refused to start"},
    {"unknown key", START "smsbox-prt = 1\n",
     ":6: unknown key `smsbox-prt' in group `fanzhabox'; did you mean "
     "`smsbox-port'"},
    {"no address",
     "group = fanzhabox\nbearerbox-host = nowhere.invalid\n"
     "bearerbox-port = 1\nsmsbox-port = 0\n",
     "`bearerbox-host' is `nowhere.invalid', which is no address"},
    {"no certificate there",
     START "smsbox-port-ssl = true\nssl-server-cert-file = /nowhere/c.pem\n"
           "ssl-server-key-file = /nowhere/k.pem\n",
     "`ssl-server-cert-file' has no certificate that can be used at "
     "/nowhere/c.pem ("},
    {"no certificate in it",
     START "smsbox-port-ssl = true\nssl-server-cert-file = ./config.h\n"
           "ssl-server-key-file = ./config.h\n",
     "`ssl-server-cert-file' has no certificate that can be used at "
     "./config.h ("},
    {"no authority there",
     START "bearerbox-port-ssl = true\nssl-trusted-ca-file = /nowhere/ca\n",
     "`ssl-trusted-ca-file' has no certificate that can be used at "
     "/nowhere/ca ("},
    {"log file that cannot be", START "log-file = /nowhere/box.log\n",
     "`log-file' /nowhere/box.log cannot be written: No such file"},
};

START_TEST(a_bad_start_is_one_sentence_and_exit_status_1)
{
    char *said;

    if (chdir(getenv("top_builddir") == NULL ? "." : getenv("top_builddir")) !=
        0)
        ck_abort();
    said = kit_refused(refusals[_i].text);
    ck_assert_msg(strstr(said, refusals[_i].says) != NULL, "%s: said `%s'",
                  refusals[_i].name, said);
    gw_free(said);
}
END_TEST

START_TEST(a_port_in_use_is_one_sentence_and_exit_status_1)
{
    char text[1024], want[128], *said;
    uint16_t port;
    int fd;

    port = kit_taken_port(&fd);
    snprintf(text, sizeof text,
             "group = fanzhabox\nbearerbox-host = 127.0.0.1\n"
             "bearerbox-port = 1\nsmsbox-interface = 127.0.0.1\n"
             "smsbox-port = %u\n",
             port);
    snprintf(want, sizeof want,
             "port %u on 127.0.0.1 cannot be listened on: Address already",
             port);
    said = kit_refused(text);
    ck_assert_msg(strstr(said, want) != NULL, "said `%s'", said);
    gw_free(said);
    close(fd);
}
END_TEST

/* --- the plugins it names ------------------------------------------------ */
START_TEST(plugins_run_by_priority_in_their_direction_unless_dead)
{
    Msg *down, *came;
    char groups[8192];
    KitPeer box = {0}, up = {0};
    KitHost host;

    snprintf(groups, sizeof groups, "%s%s%s%sdead-start = true\n",
             kit_plugin("box_classic", "tag=-second", 20),
             kit_plugin("box_classic", "tag=-first mt", 10),
             kit_plugin("box_classic", "tag=-never mo", 15),
             kit_plugin("box_classic", "tag=-dead", 5));
    kit_start(&host, "", groups);
    kit_pair(&host, &box, &up, "box-one");
    down = kit_sms(mt_push, "text");
    kit_send_msg(&box, down);
    came = kit_read_msg(&up);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), "text-first-second");
    msg_destroy(came);
    down->sms.sms_type = mo;
    kit_send_msg(&up, down);
    came = kit_read_msg(&box);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), "text-never-second");
    msg_destroy(came);
    msg_destroy(down);
    kit_close(&box);
    kit_close(&up);
    kit_stop(&host);
}
END_TEST

START_TEST(a_plugin_reads_the_running_configuration)
{
    char trace[1024], want[64];
    KitHost host;

    snprintf(trace, sizeof trace, "%s/trace", fz_test_folder());
    kit_start(&host, "", kit_plugin("box_asker", trace, 0));
    snprintf(want, sizeof want, "bearerbox-port %u", host.up_port);
    ck_assert_uint_eq(kit_count_lines(trace, want), 1);
    kit_stop(&host);
}
END_TEST

/* gwlib's reader would follow it, and end the process. */
START_TEST(the_word_include_in_a_value_starts_all_the_same)
{
    char trace[1024];
    KitHost host;

    snprintf(trace, sizeof trace, "%s/include.trace", fz_test_folder());
    kit_start(&host, "", kit_plugin("box_asker", trace, 0));
    kit_expect_log(&host, "plugins get no running_configuration");
    ck_assert_uint_eq(kit_count_lines(trace, "bearerbox-port"), 0);
    kit_stop(&host);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box configuration");
    TCase *reader = tcase_create("reader"), *start = tcase_create("start");

    tcase_add_loop_test(reader, a_mistake_is_told_with_its_line, 0,
                        COUNT(mistakes));
    tcase_add_test(reader, all_mistakes_are_told_at_once);
    tcase_add_test(reader, kannels_syntax_is_read);
    tcase_add_test(reader,
                   the_manual_page_has_every_key_that_is_obeyed_and_no_other);
    suite_add_tcase(suite, reader);

    tcase_add_checked_fixture(start, kit_begin, kit_end);
    tcase_set_timeout(start, 60);
    tcase_add_loop_test(start, a_bad_start_is_one_sentence_and_exit_status_1, 0,
                        COUNT(refusals));
    tcase_add_test(start, a_port_in_use_is_one_sentence_and_exit_status_1);
    tcase_add_test(start,
                   plugins_run_by_priority_in_their_direction_unless_dead);
    tcase_add_test(start, a_plugin_reads_the_running_configuration);
    tcase_add_test(start, the_word_include_in_a_value_starts_all_the_same);
    suite_add_tcase(suite, start);
    return fz_test_run(suite);
}

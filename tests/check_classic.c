/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_classic.c - fanzha.so in a classic host
 *
 * This program is such a host: it exports to what it loads just what the
 * classic one does (tests/classic_host.list), has no extension, and calls the
 * plugin as the classic one would.
 */
#include "config.h"

#include "base/buf.h"
#include "base/clock.h"
#include "control/control.h"
#include "tests/support.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/pluginbox.h"

int pluginbox_inject_message(int emulate, Octstr *boxc_id, Msg *msg,
                             void (*ack)(ack_status_t, void *), void *context)
{
    (void)emulate, (void)boxc_id, (void)ack, (void)context;
    msg_destroy(msg);
    return 0;
}

/* gwlib's msg_* come into a program that refers to them */
static void *const referred[] __attribute__((used)) = {
    (void *)msg_pack, (void *)msg_unpack_real, (void *)msg_duplicate,
    (void *)msg_dump, (void *)msg_destroy_item};

#define RULES                                                                  \
    "set = { name = \"t\"; title = \"t\"; owner = \"t@example.test\"; "        \
    "language = \"en\"; };\n"                                                  \
    "rules = (\n"                                                              \
    "{ id = \"t.hold\"; title = \"h\"; phrase = \"holdword\"; score = 10.0; "  \
    "state = \"active\"; match = [ \"a holdword here\" ]; },\n"                \
    "{ id = \"t.reject\"; title = \"r\"; phrase = \"rejectword\"; action = "   \
    "\"reject\"; state = \"active\"; match = [ \"a rejectword\" ]; },\n"       \
    "{ id = \"t.change\"; title = \"c\"; phrase = \"changeword\"; score = "    \
    "5.0; rewrite = { replace = \"XX\"; }; state = \"active\"; match = [ "     \
    "\"a changeword\" ]; }\n"                                                  \
    ");\n"

static char config_path[1024], socket_path[1024];
static PluginBoxPlugin plugin;
static void *library;

static void write_configuration(const char *mode)
{
    FzBuf conf = FZ_BUF_INIT;
    char cwd[512];
    const char *folder;

    ck_assert_ptr_nonnull(getcwd(cwd, sizeof cwd));
    folder = fz_test_folder();
    fz_test_write("patterns/t/rules.conf", RULES);
    snprintf(socket_path, sizeof socket_path, "%s/c", folder);
    fz_buf_printf(&conf,
                  "mode = \"%s\";\npatterns = [ \"%s/patterns\" ];\n"
                  "control = { socket = \"%s\"; };\n"
                  "store = { path = \"%s/q.db\"; key-file = \"%s/q.key\"; };\n"
                  "log = { records = \"%s/verdicts.jsonl\"; };\n"
                  "generations = \"%s/generations\";\ncache = \"%s/cache\";\n"
                  "profiles = ( { name = \"default\"; rewrite = true; } );\n",
                  mode, folder, socket_path, folder, folder, folder, folder,
                  folder);
    snprintf(config_path, sizeof config_path, "%s",
             fz_test_write("fanzha.conf", fz_buf_text(&conf)));
    fz_buf_clear(&conf);
}

static void start(const char *mode)
{
    char path[1024];
    PluginBoxInit init;

    write_configuration(mode);
    gwlib_init();
    log_set_output_level(GW_WARNING);
    snprintf(path, sizeof path, "%s/plugin/.libs/fanzha.so",
             getenv("top_builddir"));
    library = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    ck_assert_msg(library != NULL, "%s", dlerror());
    *(void **)&init = dlsym(library, "fanzha_init");
    ck_assert_ptr_nonnull(init);
    /* as the classic host leaves it: not cleared */
    memset(&plugin, 0x5A, sizeof plugin);
    plugin.args = octstr_create(config_path);
    plugin.id = octstr_create("fanzha");
    plugin.path = octstr_create(path);
    plugin.priority = 0;
    ck_assert_int_ne(init(&plugin), 0);
}

static void stop(void)
{
    plugin.shutdown(&plugin);
    octstr_destroy(plugin.args);
    octstr_destroy(plugin.id);
    octstr_destroy(plugin.path);
    gwlib_shutdown();
}

static json_t *ask(const char *verb)
{
    json_t *answer = NULL;

    ck_assert_int_eq(fz_control_ask(socket_path, verb, NULL, NULL, NULL, 20000,
                                    NULL, &answer),
                     FZ_OK);
    return answer;
}

static void promote(void)
{
    json_t *answer = ask("reload");
    char *text = json_dumps(answer, 0);

    ck_assert_msg(json_is_true(json_object_get(answer, "ok")), "%s", text);
    gw_native_free(text);
    json_decref(answer);
}

/* --- one message through process ------------------------------------------ */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;
static int called;

static void callback(PluginBoxMsg *m)
{
    (void)m;
    pthread_mutex_lock(&turn);
    called++;
    pthread_cond_signal(&news);
    pthread_mutex_unlock(&turn);
}

static Msg *sms_of(const char *text, int sms_type)
{
    Msg *msg = msg_create(sms);

    msg->sms.sender = octstr_create("13800000000");
    msg->sms.receiver = octstr_create("+15550100");
    msg->sms.msgdata = octstr_create(text);
    msg->sms.service = octstr_create("tester");
    msg->sms.sms_type = sms_type;
    msg->sms.coding = 0;
    return msg;
}

/* The status that the plugin gave; `msg` is as it left it. */
static int through(Msg *msg, long type)
{
    PluginBoxMsg m = {.msg = msg, .type = type, .callback = callback};

    called = 0;
    m.status = PLUGINBOX_MESSAGE_OK;
    plugin.process(&plugin, &m);
    pthread_mutex_lock(&turn);
    while (called == 0)
        pthread_cond_wait(&news, &turn);
    pthread_mutex_unlock(&turn);
    ck_assert_int_eq(called, 1);
    return m.status;
}

static void expect(const char *text, long type, int sms_type, int status,
                   const char *left)
{
    Msg *msg = sms_of(text, sms_type);

    ck_assert_int_eq(through(msg, type), status);
    ck_assert_str_eq(octstr_get_cstr(msg->sms.msgdata), left);
    msg_destroy(msg);
}

/* --- promises ------------------------------------------------------------- */
START_TEST(classic_host_loads_us_and_hears_what_it_cannot)
{
    Octstr *status;

    start("enforce");
    status = plugin.status(&plugin, NULL, PLUGINBOX_STATUS_TEXT);
    ck_assert_ptr_nonnull(
        strstr(octstr_get_cstr(status), "a classic plugin host"));
    ck_assert_ptr_nonnull(
        strstr(octstr_get_cstr(status), "this host cannot defer"));
    octstr_destroy(status);
    stop();
}
END_TEST

START_TEST(nothing_promoted_passes_everything)
{
    start("enforce");
    expect("a holdword here", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_OK, "a holdword here");
    stop();
}
END_TEST

START_TEST(classic_mt_is_held_refused_changed_and_passed)
{
    start("enforce");
    promote();
    expect("a holdword here", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_DROP, "a holdword here");
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_REJECT, "a rejectword");
    expect("a changeword", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_OK, "a XX");
    expect("an honest word", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_OK, "an honest word");
    stop();
}
END_TEST

START_TEST(classic_mo_that_is_stopped_goes_on_without_its_text)
{
    start("enforce");
    promote();
    expect("a holdword here", PLUGINBOX_MESSAGE_FROM_BEARERBOX, mo,
           PLUGINBOX_MESSAGE_DROP, "");
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_BEARERBOX, mo,
           PLUGINBOX_MESSAGE_DROP, "");
    expect("an honest word", PLUGINBOX_MESSAGE_FROM_BEARERBOX, mo,
           PLUGINBOX_MESSAGE_OK, "an honest word");
    stop();
}
END_TEST

START_TEST(reports_pass_from_bearerbox_and_are_judged_from_a_box)
{
    start("enforce");
    promote();
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_BEARERBOX, report_mo,
           PLUGINBOX_MESSAGE_OK, "a rejectword");
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_SMSBOX, report_mo,
           PLUGINBOX_MESSAGE_REJECT, "a rejectword");
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_SMSBOX, report_mt,
           PLUGINBOX_MESSAGE_REJECT, "a rejectword");
    stop();
}
END_TEST

START_TEST(other_types_are_left_alone)
{
    Msg *msg;

    start("enforce");
    promote();
    msg = msg_create(heartbeat);
    ck_assert_int_eq(through(msg, PLUGINBOX_MESSAGE_FROM_SMSBOX),
                     PLUGINBOX_MESSAGE_OK);
    msg_destroy(msg);
    msg = msg_create(ack);
    ck_assert_int_eq(through(msg, PLUGINBOX_MESSAGE_FROM_BEARERBOX),
                     PLUGINBOX_MESSAGE_OK);
    msg_destroy(msg);
    stop();
}
END_TEST

START_TEST(observe_evaluates_and_changes_nothing)
{
    json_t *answer, *would;

    start("observe");
    promote();
    expect("a holdword here", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_OK, "a holdword here");
    expect("a changeword", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_OK, "a changeword");
    answer = ask("status");
    would = json_object_get(
        json_object_get(
            json_object_get(
                json_object_get(json_object_get(answer, "result"), "counters"),
                "messages"),
            "mt"),
        "would");
    ck_assert_int_eq(json_integer_value(json_object_get(would, "quarantine")),
                     1);
    ck_assert_int_eq(json_integer_value(json_object_get(would, "rewrite")), 1);
    json_decref(answer);
    stop();
}
END_TEST

START_TEST(what_was_promoted_serves_after_a_restart_not_the_working_files)
{
    start("enforce");
    promote();
    plugin.shutdown(&plugin);
    /* the working rules are broken now: a start must not look at them */
    fz_test_write("patterns/t/rules.conf", "rules = nonsense");
    ck_assert_int_ne(((PluginBoxInit)dlsym(library, "fanzha_init"))(&plugin),
                     0);
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_REJECT, "a rejectword");
    stop();
}
END_TEST

START_TEST(a_bad_reload_is_refused_and_changes_nothing)
{
    json_t *answer;
    char *text;

    start("enforce");
    promote();
    fz_test_write("patterns/t/rules.conf",
                  "set = { name = \"t\"; };\nrules = (\n{ id = \"t.x\";\n"
                  "  phrase = \"x ~900 y\"; score = 1.0; }\n);\n");
    answer = ask("reload");
    text = json_dumps(answer, 0);
    ck_assert(json_is_false(json_object_get(answer, "ok")));
    ck_assert_msg(strstr(text, "rules.conf") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "t.x") != NULL, "%s", text);
    gw_native_free(text);
    json_decref(answer);
    expect("a rejectword", PLUGINBOX_MESSAGE_FROM_SMSBOX, mt_push,
           PLUGINBOX_MESSAGE_REJECT, "a rejectword");
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("classic host");
    TCase *tc = tcase_create("classic");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, classic_host_loads_us_and_hears_what_it_cannot);
    tcase_add_test(tc, nothing_promoted_passes_everything);
    tcase_add_test(tc, classic_mt_is_held_refused_changed_and_passed);
    tcase_add_test(tc, classic_mo_that_is_stopped_goes_on_without_its_text);
    tcase_add_test(tc, reports_pass_from_bearerbox_and_are_judged_from_a_box);
    tcase_add_test(tc, other_types_are_left_alone);
    tcase_add_test(tc, observe_evaluates_and_changes_nothing);
    tcase_add_test(
        tc, what_was_promoted_serves_after_a_restart_not_the_working_files);
    tcase_add_test(tc, a_bad_reload_is_refused_and_changes_nothing);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

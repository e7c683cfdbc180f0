/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_handover.c - what must not outlive an upgrade, what must, and what
 * stands in its way
 */
#include "config.h"

#include "tests/support.h"
#include "tests/upgrade_kit.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* box_foreign, which does in its init what the words say. */
static const char *foreign(const char *words)
{
    static char text[2400];

    snprintf(text, sizeof text,
             "\ngroup = pluginbox-plugin\nid = foreign\npath = %s\n"
             "init = box_foreign_init\nargs = \"%s\"\npriority = 5\n",
             built("tests/.libs/box_foreign.so"), words);
    return text;
}

/* --- signals ------------------------------------------------------------- */
/* "SigBlk", "SigIgn" or "SigCgt" of the main thread. */
static uint64_t signals_of(const char *which)
{
    char path[64], *text, *at;
    unsigned long long set = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)host.pid);
    text = kit_read_file(path);
    at = strstr(text, which);
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at + strlen(which), ": %llx", &set), 1);
    gw_free(text);
    return set;
}

static bool has(uint64_t set, int number)
{
    return (set >> (number - 1) & 1) != 0;
}

static void sleep_ms(unsigned ms)
{
    usleep(ms * 1000);
}

static const struct {
    const char *words, *said;
} crashes[] = {
    {"crash", "crashed in its init (SIGSEGV)"},
    {"abort", "crashed in its init (SIGABRT)"},
    {"overflow", "crashed in its init (SIGSEGV)"},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    {"corrupt", "crashed in its init (SIGABRT)"},
#endif
    {"exit", "ended the process in its init"},
    {"signals crash", "crashed in its init (SIGSEGV)"},
};

/* The one that crashed had five seconds for its last word. */
START_TEST(a_plugin_that_crashes_as_it_starts_leaves_the_old_one_alive)
{
    Msg *mt = kit_sms(mt_push, "in flight");

    start("", "");
    kit_send_msg(&box, mt);
    kit_read(&up);
    add_to_config(foreign(crashes[_i].words));
    upgrade(1, "went back: version " FZ_VERSION
               " serves on with its 1 connections, 0 were lost");
    kit_expect_log(&host, crashes[_i].said);
    sleep_ms(6000);
    kit_send_ack(&up, mt, ack_success);
    kit_expect_ack(&box, mt, ack_success);
    kit_expect_works(&box, &up);
    ck_assert(!has(signals_of("SigBlk"), SIGSEGV));
    ck_assert(!has(signals_of("SigBlk"), SIGWINCH));
    ck_assert(!has(signals_of("SigIgn"), SIGCHLD));
    msg_destroy(mt);
    stop();
}
END_TEST

/* A timer and ignored signals outlive an exec; a handler does not, so that the
 * timer would end the new program. */
START_TEST(what_a_plugin_did_to_signals_ends_with_it)
{
    char config[1100], *with;

    start("", foreign("signals"));
    kit_expect_works(&box, &up);
    ck_assert(has(signals_of("SigBlk"), SIGWINCH));
    ck_assert(has(signals_of("SigIgn"), SIGCHLD));
    snprintf(config, sizeof config, "%s/fanzhabox.conf", fz_test_folder());
    with = kit_read_file(config);
    *strstr(with, "\ngroup = pluginbox-plugin\nid = foreign") = '\0';
    fz_test_write("fanzhabox.conf", with);
    upgraded();
    ck_assert(!has(signals_of("SigBlk"), SIGWINCH));
    ck_assert(!has(signals_of("SigBlk"), SIGALRM));
    ck_assert(!has(signals_of("SigIgn"), SIGCHLD));
    ck_assert(!has(signals_of("SigCgt"), SIGALRM));
    sleep_ms(3000);
    kit_expect_works(&box, &up);
    gw_free(with);
    stop();
}
END_TEST

/* --- isolated and suspended ---------------------------------------------- */
static void ask(const char *verb, const char *answer)
{
    const char *said;

    ck_assert_int_eq(page(verb, &said), 200);
    ck_assert_str_eq(said, answer);
}

static void expect_state(const char *state)
{
    const char *said;
    char text[64];

    ck_assert_int_eq(page("/status.txt", &said), 200);
    snprintf(text, sizeof text, ", %s, up ", state);
    ck_assert_msg(strstr(said, text) != NULL, "%s", said);
}

/* The next program is the one that is asked for, or the old one again. */
static void upgrade_either_way(bool goes_back)
{
    if (!goes_back) {
        upgraded();
        return;
    }
    add_to_config(foreign("fail"));
    upgrade(1, "went back: ");
}

START_TEST(isolated_stays_isolated)
{
    Msg *flying = kit_sms(mt_push, "before"), *late = kit_sms(mt_push, "late");
    Msg *waits = kit_sms_between(mo, "+4917000", "12345", "waits");
    Msg *behind = kit_sms_between(mo, "+4917000", "12345", "behind"), *came;

    start("", "");
    kit_send_msg(&box, flying);
    kit_read(&up);
    ask("/isolate", "isolated\n");
    kit_send_msg(&up, waits);
    kit_expect_silence(&box);
    upgrade_either_way(_i == 1);
    expect_state("isolated");
    kit_send_ack(&up, flying, ack_success);
    kit_expect_ack(&box, flying, ack_success);
    kit_send_msg(&up, behind);
    kit_expect_silence(&box);
    kit_send_msg(&box, late);
    kit_expect_ack(&box, late, ack_failed_tmp);
    ask("/resume", "running\n");
    came = kit_read_msg(&box);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), "waits");
    kit_send_ack(&box, came, ack_success);
    kit_expect_ack(&up, waits, ack_success);
    msg_destroy(came);
    came = kit_read_msg(&box);
    ck_assert_str_eq(octstr_get_cstr(came->sms.msgdata), "behind");
    kit_send_ack(&box, came, ack_success);
    kit_expect_ack(&up, behind, ack_success);
    msg_destroy(came);
    kit_expect_works(&box, &up);
    msg_destroy(flying);
    msg_destroy(late);
    msg_destroy(waits);
    msg_destroy(behind);
    stop();
}
END_TEST

/* A message, an acknowledgement and an answer that is held back: each waits
 * over the upgrade until it is resumed. */
START_TEST(suspended_stays_suspended)
{
    Msg *flying = kit_sms(mt_push, "before"), *late = kit_sms(mt_push, "late");
    Msg *kept = kit_sms(mt_push, "say:defer"), *came;

    start("", "");
    kit_send_msg(&box, flying);
    kit_read(&up);
    kit_send_msg(&box, kept);
    kit_expect_in_file(trace, " sms ");
    while (kit_count_lines(trace, " sms ") < 2)
        sleep_ms(10);
    ask("/suspend", "suspended\n");
    upgrade_either_way(_i == 1);
    expect_state("suspended");
    kit_send_ack(&up, flying, ack_success);
    kit_send_msg(&box, late);
    sleep_ms(1200);
    kit_expect_silence(&box);
    kit_expect_silence(&up);
    ask("/resume", "running\n");
    for (int i = 0; i < 2; i++) { /* in either order */
        came = kit_read_msg(&box);
        ck_assert_int_eq(came->ack.nack,
                         uuid_compare(came->ack.id, kept->sms.id) == 0
                             ? ack_failed_tmp
                             : ack_success);
        msg_destroy(came);
    }
    kit_read(&up);
    kit_send_ack(&up, late, ack_success);
    kit_expect_ack(&box, late, ack_success);
    kit_expect_works(&box, &up);
    msg_destroy(flying);
    msg_destroy(late);
    msg_destroy(kept);
    stop();
}
END_TEST

/* What waits at the port while there is nobody to accept it. */
START_TEST(who_connects_meanwhile_finds_it_isolated)
{
    Msg *early = kit_sms(mt_push, "early");
    char words[1200], file[1024], *said;
    pid_t asker;

    start("", "");
    ask("/isolate", "isolated\n");
    snprintf(file, sizeof file, "%s", fz_test_write("asleep", "x"));
    snprintf(words, sizeof words, "asleep=%s", file);
    add_to_config(foreign(words));
    asker = fork();
    if (asker == 0) {
        kit_run("--upgrade", &said);
        _exit(0);
    }
    kit_expect_log(&host, "hands 1 connections over");
    for (int i = 0; i < 20; i++) {
        KitPeer another = {0};

        kit_connect(&another, host.port);
        kit_send_msg(&another, early);
        if (i == 19)
            other_box = another;
    }
    remove(file);
    kit_expect_log(&host, "took over 1 connections");
    kit_expect_ack(&other_box, early, ack_failed_tmp);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 0);
    expect_state("isolated");
    msg_destroy(early);
    stop();
}
END_TEST

/* --- plugins that it can do without -------------------------------------- */
static const struct {
    const char *words, *why;
} failures[] = {
    {"fail", "its init function failed"},
    {"crash", "it crashed in its init (SIGSEGV)"},
    {"exit", "it ended the process in its init (status 7)"},
    {"hang", "its init did not return in 10 s"},
};

START_TEST(one_that_is_not_needed_and_fails_is_left_out_and_told)
{
    Msg *mt = kit_sms(mt_push, "in flight");
    char more[4096], words[256];
    const char *said;

    start("", "");
    kit_send_msg(&box, mt);
    kit_read(&up);
    snprintf(more, sizeof more, "%sneeded = false\n",
             foreign(failures[_i].words));
    add_to_config(more);
    snprintf(words, sizeof words,
             "took over 1 connections from version " FZ_VERSION
             ", 0 were lost; plugin `foreign' is left out: %s; nothing",
             failures[_i].why);
    upgrade(0, words);
    kit_send_ack(&up, mt, ack_success);
    kit_expect_ack(&box, mt, ack_success);
    kit_expect_works(&box, &up);
    ck_assert_int_eq(page("/status.txt", &said), 200);
    ck_assert_ptr_nonnull(strstr(said, failures[_i].why));
    msg_destroy(mt);
    stop();
}
END_TEST

START_TEST(one_that_is_not_needed_and_cannot_be_loaded_is_left_out_and_told)
{
    char more[1024];

    start("", "");
    snprintf(more, sizeof more,
             "\ngroup = pluginbox-plugin\nid = none\npath = %s\n"
             "init = none_init\nneeded = false\n",
             fz_test_write("none.so", "not an object"));
    add_to_config(more);
    upgrade(0, "plugin `none' is left out: it cannot be loaded; nothing");
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

/* A second one of it cannot be, say, while the one that was tried still is. */
START_TEST(one_that_is_not_needed_and_fails_at_its_second_start_is_left_out)
{
    char words[1200], more[4096];

    start("", "");
    snprintf(words, sizeof words, "once=%s", fz_test_write("once", "x"));
    snprintf(more, sizeof more, "%sneeded = false\n", foreign(words));
    add_to_config(more);
    upgrade(0, "plugin `foreign' is left out: it did well when it was tried, "
               "and failed then; nothing");
    kit_expect_log(&host, "refused to start: its init function failed");
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

/* The file that it had, though another bears its name that does not load. */
START_TEST(one_that_is_not_needed_comes_back_with_the_old_program)
{
    char copy[1100], more[2048], *at, *config;

    snprintf(copy, sizeof copy, "%s/copy.so", fz_test_folder());
    install(built("tests/.libs/box_classic.so"), copy, NULL, NULL, 0);
    snprintf(more, sizeof more,
             "\ngroup = pluginbox-plugin\nid = copy\npath = %s\n"
             "init = box_classic_init\nargs = \"trace=%s/copied\"\n"
             "needed = false\n",
             copy, fz_test_folder());
    start("", more);
    kit_expect_works(&box, &up);
    ck_assert_int_eq(unlink(copy), 0);
    fz_test_write("copy.so", "not an object");
    add_to_config(foreign("fail"));
    upgrade(1, "went back: ");
    snprintf(copy, sizeof copy, "%s/copied", fz_test_folder());
    remove(copy);
    kit_expect_works(&box, &up);
    config = kit_read_file(copy);
    at = strstr(config, "2 "); /* it sees messages still */
    ck_assert_ptr_nonnull(at);
    gw_free(config);
    stop();
}
END_TEST

/* --- what waits ---------------------------------------------------------- */
/* When the plugin noted this word for the nth time, in its milliseconds. */
static long long noted_ms(const char *word, int nth)
{
    char *text = kit_read_file(trace), *at = text;
    long long ms = -1;

    for (char *line = strtok_r(text, "\n", &at); line != NULL;
         line = strtok_r(NULL, "\n", &at))
        if (strstr(line, word) != NULL && nth-- == 1)
            ms = atoll(line);
    gw_free(text);
    ck_assert_int_ge(ms, 0);
    return ms;
}

/* Judged three times, it would be again four seconds later: the next program
 * looks at once. */
START_TEST(what_waits_is_looked_at_as_the_next_program_begins)
{
    char text[1200], full[1024];
    Msg *sent, *came;

    start("", "");
    snprintf(full, sizeof full, "%s", fz_test_write("full", "x"));
    snprintf(text, sizeof text, "say:if %s", full);
    sent = kit_sms_between(mo, "+4917000", "12345", text);
    kit_send_msg(&up, sent);
    while (kit_count_lines(trace, " sms ") < 3)
        sleep_ms(10);
    remove(full);
    install_plugin("\0own");
    upgraded();
    came = kit_read_msg(&box);
    kit_send_ack(&box, came, ack_success);
    kit_expect_ack(&up, sent, ack_success);
    ck_assert_uint_eq(kit_count_lines(trace, " sms "), 3);
    ck_assert_int_lt(noted_ms(" own ", 1) - noted_ms(" sms ", 3), 4000);
    msg_destroy(came);
    msg_destroy(sent);
    stop();
}
END_TEST

/* --- whose the connections are -------------------------------------------- */
static unsigned sockets_of(pid_t pid)
{
    char path[300], to[256];
    struct dirent *entry;
    unsigned count = 0;
    DIR *folder;
    ssize_t octets;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        octets = readlinkat(dirfd(folder), entry->d_name, to, sizeof to - 1);
        to[octets < 0 ? 0 : octets] = '\0';
        count += strncmp(to, "socket:", 7) == 0;
    }
    closedir(folder);
    return count;
}

/* They would stay open as long as the process does. */
START_TEST(what_a_plugin_starts_is_given_no_connection)
{
    char words[1200], path[1024], *text;
    pid_t helper;

    start("", "");
    snprintf(path, sizeof path, "%s/helper", fz_test_folder());
    snprintf(words, sizeof words, "helper=%s", path);
    add_to_config(foreign(words));
    upgraded();
    text = kit_read_file(path);
    helper = atoi(text);
    ck_assert_int_gt(helper, 0);
    ck_assert_uint_eq(sockets_of(helper), 0);
    kill(helper, SIGKILL);
    kit_expect_works(&box, &up);
    gw_free(text);
    stop();
}
END_TEST

/* --- what stands in its way ---------------------------------------------- */
static void limit(enum __rlimit_resource resource, rlim_t soft, rlim_t hard)
{
    const struct rlimit to = {soft, hard};

    ck_assert_int_eq(prlimit(host.pid, resource, &to, NULL), 0);
}

static rlim_t open_files(void)
{
    char path[64];
    rlim_t count = 0;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)host.pid);
    folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

/* It has raised its own limit as far as it goes, as the next one will. */
START_TEST(too_few_descriptors_are_told_before_anything_happens)
{
    rlim_t most;

    start("", "");
    kit_pair(&host, &other_box, &other_up, "box-two");
    most = open_files() + 8;
    limit(RLIMIT_NOFILE, most, most);
    upgrade(1, ", the next program wants room for 17 more: raise its limit");
    kit_expect_works(&box, &up);
    kit_expect_works(&other_box, &other_up);
    ck_assert_uint_eq(kit_count_lines(trace, " shutdown "), 0);
    stop();
}
END_TEST

/* Messages of a box that bearerbox does not read. */
START_TEST(more_state_than_can_be_written_is_told_while_all_serves)
{
    enum { MANY = 20000 };
    pid_t writer;

    start("", "");
    limit(RLIMIT_FSIZE, 256 << 10, RLIM_INFINITY);
    upgraded(); /* so much is no question yet */
    limit(RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY);
    writer = fork();
    if (writer == 0) {
        Msg *msg = kit_sms(mt_push, "flood");

        for (long i = 0; i < MANY; i++) {
            msg->sms.validity = i;
            kit_send_msg(&box, msg);
        }
        _exit(0);
    }
    sleep_ms(500); /* all buffers fill */
    limit(RLIMIT_FSIZE, 256 << 10, RLIM_INFINITY);
    upgrade(1, "refused: what it would hand over");
    limit(RLIMIT_FSIZE, RLIM_INFINITY, RLIM_INFINITY);
    ck_assert_uint_eq(kit_count_lines(trace, " shutdown "), 1);
    for (long i = 0; i < MANY; i++) {
        Msg *came = kit_read_msg(&up);

        ck_assert_int_eq(came->sms.validity, i);
        kit_send_ack(&up, came, ack_success);
        msg_destroy(came);
        if (i == MANY / 2)
            upgraded();
    }
    for (long i = 0; i < MANY; i++)
        kit_read(&box);
    stop();
}
END_TEST

/* What one writes and the other reads, by what is installed. */
static const struct {
    const char *running[2], *next[2]; /* replaced in the programs */
    const char *said;
} formats[] = {
    {{"takes-over=%u", "takes-over=77"},
     {NULL, NULL},
     "refused: Version " FZ_VERSION " takes over from format 1, the running "
     "one hands over in 77: end that one and start this"},
    {{NULL, NULL},
     {"FZBOXST1", "FZBOXST9"},
     "went back: version " FZ_VERSION " serves on with its 1 connections, 0 "
     "were lost; the new program did not start: what it handed over cannot be "
     "read"},
};

START_TEST(another_format_leaves_the_old_one_serving)
{
    const char *const *running = formats[_i].running;
    const char *const *next = formats[_i].next;

    start("", "");
    if (running[0] != NULL) {
        install(built("box/fanzhabox"), program, running[0], running[1],
                strlen(running[0]));
        upgraded();
        install_program(NULL);
    } else {
        install(built("box/fanzhabox"), program, next[0], next[1],
                strlen(next[0]));
    }
    upgrade(1, formats[_i].said);
    kit_expect_works(&box, &up);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box handover");
    TCase *signals = tcase_create("signals"), *states = tcase_create("states");
    TCase *plugins = tcase_create("plugins"), *limits = tcase_create("limits");

    tcase_add_checked_fixture(signals, kit_begin, kit_end);
    tcase_set_timeout(signals, 60);
    tcase_add_loop_test(
        signals, a_plugin_that_crashes_as_it_starts_leaves_the_old_one_alive, 0,
        COUNT(crashes));
    tcase_add_test(signals, what_a_plugin_did_to_signals_ends_with_it);
    suite_add_tcase(suite, signals);
    tcase_add_checked_fixture(states, kit_begin, kit_end);
    tcase_set_timeout(states, 60);
    tcase_add_loop_test(states, isolated_stays_isolated, 0, 2);
    tcase_add_loop_test(states, suspended_stays_suspended, 0, 2);
    tcase_add_test(states, what_waits_is_looked_at_as_the_next_program_begins);
    tcase_add_test(states, who_connects_meanwhile_finds_it_isolated);
    suite_add_tcase(suite, states);

    tcase_add_checked_fixture(plugins, kit_begin, kit_end);
    tcase_set_timeout(plugins, 60);
    tcase_add_loop_test(plugins,
                        one_that_is_not_needed_and_fails_is_left_out_and_told,
                        0, COUNT(failures));
    tcase_add_test(
        plugins,
        one_that_is_not_needed_and_cannot_be_loaded_is_left_out_and_told);
    tcase_add_test(
        plugins,
        one_that_is_not_needed_and_fails_at_its_second_start_is_left_out);
    tcase_add_test(plugins, what_a_plugin_starts_is_given_no_connection);
    tcase_add_test(plugins,
                   one_that_is_not_needed_comes_back_with_the_old_program);
    suite_add_tcase(suite, plugins);
    tcase_add_checked_fixture(limits, kit_begin, kit_end);
    tcase_set_timeout(limits, 60);
    tcase_add_test(limits,
                   too_few_descriptors_are_told_before_anything_happens);
    tcase_add_test(limits,
                   more_state_than_can_be_written_is_told_while_all_serves);
    tcase_add_loop_test(limits, another_format_leaves_the_old_one_serving, 0,
                        COUNT(formats));
    suite_add_tcase(suite, limits);
    return fz_test_run(suite);
}

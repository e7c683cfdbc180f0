/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_box_handover.c - what must not outlive an upgrade, what must, and what
 * stands in its way
 */
#include "config.h"

#include "tests/support.h"
#include "tests/upgrade_kit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/* box_foreign, which does in its init what the words say. */
static const char *foreign(const char *words)
{
    static char text[1200];

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
#ifndef __SANITIZE_ADDRESS__
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
    expect_works(&box, &up);
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
    expect_works(&box, &up);
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
    expect_works(&box, &up);
    gw_free(with);
    stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("box handover");
    TCase *signals = tcase_create("signals");

    tcase_add_checked_fixture(signals, kit_begin, kit_end);
    tcase_set_timeout(signals, 60);
    tcase_add_loop_test(
        signals, a_plugin_that_crashes_as_it_starts_leaves_the_old_one_alive, 0,
        COUNT(crashes));
    tcase_add_test(signals, what_a_plugin_did_to_signals_ends_with_it);
    suite_add_tcase(suite, signals);
    return fz_test_run(suite);
}

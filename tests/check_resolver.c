/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_resolver.c - a name that is asked again without anybody waiting
 */
#include "config.h"

#include "box/link/resolver.h"
#include "tests/support.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* The name server of the test: says this, when it is let. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static char says[32]; /* "": it fails; with the gate held */
static _Atomic int asked, answered;

static int find(const char *name, uint16_t port, FzAddresses *addresses_out)
{
    int failed = EAI_AGAIN;

    (void)name;
    atomic_fetch_add(&asked, 1);
    pthread_mutex_lock(&gate);
    if (says[0] != '\0')
        failed = fz_addresses_read(says, port, addresses_out);
    pthread_mutex_unlock(&gate);
    atomic_fetch_add(&answered, 1);
    return failed;
}

static FzResolver *begin(const char *name)
{
    FzResolver *resolver = NULL;

    strcpy(says, "192.0.2.1");
    ck_assert_int_eq(fz_resolver_create(name, find, &resolver), 0);
    return resolver;
}

static FzResolverNews get(FzResolver *resolver, const char *want)
{
    char text[FZ_ADDRESS_TEXT_OCTETS];
    FzAddresses addresses;
    FzResolverNews news = fz_resolver_get(resolver, 13001, &addresses);

    ck_assert_uint_eq(addresses.count, 1);
    fz_address_text(&addresses.at[0], text);
    ck_assert_str_eq(text, want);
    return news;
}

/* Until that news has come; what the name stands for then. */
static void expect(FzResolver *resolver, FzResolverNews wanted,
                   const char *want)
{
    char text[FZ_ADDRESS_TEXT_OCTETS];
    FzAddresses addresses;

    for (int tries = 0; tries < 2000; tries++) {
        if (fz_resolver_get(resolver, 13001, &addresses) == wanted) {
            fz_address_text(&addresses.at[0], text);
            ck_assert_str_eq(text, want);
            return;
        }
        usleep(10000);
    }
    ck_abort_msg("no such news came");
}

START_TEST(what_has_moved_is_found_and_nobody_waits)
{
    FzResolver *resolver = begin("gate.example");

    pthread_mutex_lock(&gate); /* the name server takes its time */
    ck_assert_int_eq(get(resolver, "192.0.2.1:13001"), FZ_RESOLVER_SAME);
    ck_assert_int_eq(get(resolver, "192.0.2.1:13001"), FZ_RESOLVER_SAME);
    strcpy(says, "2001:db8::2");
    pthread_mutex_unlock(&gate);
    expect(resolver, FZ_RESOLVER_MOVED, "[2001:db8::2]:13001");
    ck_assert_int_eq(get(resolver, "[2001:db8::2]:13001"), FZ_RESOLVER_SAME);
    fz_resolver_destroy(resolver);
}
END_TEST

START_TEST(without_an_answer_the_last_one_holds_and_that_is_told_once)
{
    FzResolver *resolver = begin("gate.example");
    int before;

    strcpy(says, "");
    expect(resolver, FZ_RESOLVER_LOST, "192.0.2.1:13001");
    before = atomic_load(&answered);
    while (atomic_load(&answered) < before + 2) {
        ck_assert_int_eq(get(resolver, "192.0.2.1:13001"), FZ_RESOLVER_SAME);
        usleep(10000);
    }
    pthread_mutex_lock(&gate);
    strcpy(says, "192.0.2.9");
    pthread_mutex_unlock(&gate);
    expect(resolver, FZ_RESOLVER_MOVED, "192.0.2.9:13001");
    fz_resolver_destroy(resolver);
}
END_TEST

START_TEST(a_question_without_end_holds_up_no_end)
{
    FzResolver *resolver = begin("gate.example");
    int before = atomic_load(&answered);

    pthread_mutex_lock(&gate);
    get(resolver, "192.0.2.1:13001");
    fz_resolver_destroy(resolver);
    pthread_mutex_unlock(&gate);
    while (atomic_load(&answered) == before)
        usleep(1000);
    usleep(50000); /* for the thread to free what it owned last */
}
END_TEST

START_TEST(an_address_is_never_asked_about)
{
    FzResolver *resolver = begin("192.0.2.5");
    int before = atomic_load(&asked);

    get(resolver, "192.0.2.5:13001");
    get(resolver, "192.0.2.5:13001");
    ck_assert_int_eq(atomic_load(&asked), before);
    fz_resolver_destroy(resolver);
}
END_TEST

START_TEST(a_name_that_is_none_is_told_at_the_start)
{
    FzResolver *resolver = NULL;

    strcpy(says, "");
    ck_assert_int_eq(fz_resolver_create("nowhere.invalid", find, &resolver),
                     EAI_AGAIN);
    ck_assert_ptr_null(resolver);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("resolver");
    TCase *names = tcase_create("names");

    tcase_set_timeout(names, 60);
    tcase_add_test(names, what_has_moved_is_found_and_nobody_waits);
    tcase_add_test(names,
                   without_an_answer_the_last_one_holds_and_that_is_told_once);
    tcase_add_test(names, a_question_without_end_holds_up_no_end);
    tcase_add_test(names, an_address_is_never_asked_about);
    tcase_add_test(names, a_name_that_is_none_is_told_at_the_start);
    suite_add_tcase(suite, names);
    return fz_test_run(suite);
}

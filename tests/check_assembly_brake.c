/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_assembly_brake.c - parts that are judged side by side: what the brake
 * stops in one thread does not act in another that had judged before
 */
#include "config.h"

#include "base/buf.h"
#include "tests/assembly_kit.h"

#include <pthread.h>

/* Each round all judge at once, and all but one have to look again. */
#define ROUNDS 100
#define SIDES 4

#define ONE_ACTS                                                               \
    "brake = { cap = 1; total-percent = 0; profile-percent = 0; "              \
    "identity-percent = 0; };\n"

static pthread_barrier_t together;

typedef struct Side {
    KitPart part;
    long thread;
    int status;
} Side;

static void give(void *arg)
{
    Side *side = arg;
    KitGiven *given;

    pthread_barrier_wait(&together);
    given = kit_give(&side->part);
    side->status = kit_answer(given);
}

/* @return how many heard `status` */
static unsigned give_at_once(unsigned reference, unsigned number,
                             const char *text, int status)
{
    Side sides[SIDES];
    unsigned heard = 0;

    for (unsigned i = 0; i < SIDES; i++) {
        sides[i].part = kit_part_of(reference + i, 2, number, text);
        sides[i].thread = gwthread_create(give, &sides[i]);
    }
    for (unsigned i = 0; i < SIDES; i++)
        gwthread_join(sides[i].thread);
    for (unsigned i = 0; i < SIDES; i++)
        heard += sides[i].status == status;
    return heard;
}

static void begin(void)
{
    kit_start("enforce", ONE_ACTS);
    pthread_barrier_init(&together, NULL, SIDES);
}

static void end_round(void)
{
    json_decref(kit_ask("brake-release", "{\"all\":true}"));
}

static void end(void)
{
    pthread_barrier_destroy(&together);
    kit_stop();
}

START_TEST(of_parts_that_are_refused_alone_no_more_are_than_the_brake_lets)
{
    begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        ck_assert_uint_eq(give_at_once(i * SIDES, 1, "a rejectword",
                                       PLUGINBOX_MESSAGE_REJECT),
                          1);
        end_round();
    }
    end();
}
END_TEST

START_TEST(of_whole_messages_no_more_are_held_than_the_brake_lets)
{
    begin();
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned j = 0; j < SIDES; j++)
            kit_part_gets(i * SIDES + j, 2, 1, "an escrow ",
                          FZBOX_STATUS_BUFFERED);
        give_at_once(i * SIDES, 2, "deposit here", FZBOX_STATUS_BUFFERED);
        kit_expect_nothing_left();
        ck_assert_int_eq(kit_figure("store.items.held"), i + 1);
        end_round();
    }
    end();
}
END_TEST

/* The list of what is stopped is full: nothing more is muted, whatever is over
 * its cap. */
START_TEST(with_its_list_full_the_brake_holds_nobody_up)
{
    enum { STOPPED = 1000 };
    FzBuf file = FZ_BUF_INIT;
    json_t *known;

    fz_buf_append_text(&file, "{\"stopped\":[");
    for (int i = 0; i < STOPPED; i++)
        fz_buf_printf(&file,
                      "%s{\"kind\":\"signal\",\"name\":\"s%d\","
                      "\"source\":\"%016x\",\"at_ms\":1795300350000,"
                      "\"messages\":1}",
                      i > 0 ? "," : "", i, i + 1);
    fz_buf_append_text(&file, "],\"firsts\":{}}");
    fz_test_write("generations/brake.json", fz_buf_text(&file));
    fz_buf_clear(&file);
    kit_start("enforce", ONE_ACTS "extra-tlds = [ \"example\" ];\n");
    known = kit_ask("brake", NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(known, "stopped")),
                      STOPPED);
    json_decref(known);
    json_decref(kit_ask("list-add",
                        "{\"key\":\"host:bad.example\",\"action\":\"block\","
                        "\"category\":\"phishing\"}"));
    for (unsigned i = 0; i < 3; i++) {
        /* alone, and over the border of two */
        kit_part_gets(i, 2, 1, "at http://bad.example/x",
                      PLUGINBOX_MESSAGE_REJECT);
        kit_part_gets(100 + i, 2, 1, "at http://bad.", FZBOX_STATUS_BUFFERED);
        kit_part_gets(100 + i, 2, 2, "example/x", PLUGINBOX_MESSAGE_REJECT);
    }
    kit_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assembly_brake");
    TCase *tc = tcase_create("assembly_brake");

    tcase_set_timeout(tc, 30);
    tcase_add_test(
        tc, of_parts_that_are_refused_alone_no_more_are_than_the_brake_lets);
    tcase_add_test(tc, of_whole_messages_no_more_are_held_than_the_brake_lets);
    tcase_add_test(tc, with_its_list_full_the_brake_holds_nobody_up);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

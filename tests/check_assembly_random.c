/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check_assembly_random.c - whatever comes in whatever order: parts from three
 * threads at once, doubled, refused alone, of other content, while links fail,
 * a bypass comes and goes and the plugin restarts. In the end every part that
 * was accepted has left or is in the quarantine, and of none a row stays behind
 */
#include "config.h"

#include "base/buf.h"
#include "tests/assembly_kit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SEEDS 4
#define ROUNDS 12
#define SIDES 3
#define EACH 10
#define REFERENCES 6 /* few, so that parts meet */

typedef struct Random {
    uint64_t state;
} Random;

static unsigned below(Random *random, unsigned end)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random->state >> 33) % end;
}

typedef struct Sent {
    char token[12], text[64];
    bool accepted;
} Sent;

typedef struct Side {
    Random random;
    long thread;
    Sent sent[ROUNDS * EACH];
    size_t count;
    char letter;
} Side;

/* What lies over the border of two lies together when they are joined. */
static const char *const begins[] = {"harmless", "an escrow ", "at http://tr",
                                     "a rejectword "};
static const char *const goes_on[] = {"harmless", "deposit here",
                                      "ack.example/abc", " a rejectword"};

static void give_one(Side *side)
{
    unsigned reference = below(&side->random, REFERENCES);
    unsigned total = 2 + reference % 2;
    unsigned number = 1 + below(&side->random, total);
    unsigned text = below(&side->random, 16);
    Sent *sent = &side->sent[side->count++];
    char token[12];
    KitPart part;

    text = text < 10 ? 0 : text < 13 ? 1 : text < 15 ? 2 : 3;
    snprintf(token, sizeof token, "(%c%u)", side->letter,
             (unsigned)side->count);
    memcpy(sent->token, token, sizeof token);
    if (number == 1)
        snprintf(sent->text, sizeof sent->text, "%s%s", token, begins[text]);
    else
        snprintf(sent->text, sizeof sent->text, "%s%s", goes_on[text], token);
    part = kit_part_of(reference, total, number, sent->text);
    part.type = reference < 4 ? PLUGINBOX_MESSAGE_FROM_SMSBOX
                              : PLUGINBOX_MESSAGE_FROM_BEARERBOX;
    if (below(&side->random, 3) == 0)
        part.dlr_url = "url";
    sent->accepted = kit_answer(kit_give(&part)) == FZBOX_STATUS_BUFFERED;
    if (below(&side->random, 8) == 0) /* its sender has not heard */
        kit_answer(kit_give(&part));
}

static void give_some(void *arg)
{
    for (int i = 0; i < EACH; i++)
        give_one(arg);
}

static void bypass(bool on)
{
    json_decref(kit_ask("bypass", on ? "{\"on\":true}" : "{\"on\":false}"));
}

static void something_happens(Random *random, bool *bypassed)
{
    static const KitWay ways[] = {KIT_TAKES, KIT_TAKES, KIT_NOBODY,
                                  KIT_LOSES, KIT_TMP,   KIT_UNSENT};

    kit_way(ways[below(random, COUNT(ways))]);
    switch (below(random, 6)) {
    case 0:
        bypass(*bypassed = !*bypassed);
        break;
    case 1:
        kit_unload();
        kit_load();
        break;
    case 2:
        usleep(1200000); /* longer than parts wait */
        break;
    case 3:
        json_decref(kit_ask("brake-release", "{\"all\":true}"));
        break;
    default:
        break;
    }
}

static bool is_injected(const char *token)
{
    for (size_t i = 0; i < kit_injections(); i++)
        if (strstr(octstr_get_cstr(kit_injected(i)->msg->sms.msgdata), token) !=
            NULL)
            return true;
    return false;
}

static void expect_all(const Side *side)
{
    FzBuf kept = kit_packed();

    for (size_t i = 0; i < side->count; i++)
        ck_assert_msg(!side->sent[i].accepted ||
                          is_injected(side->sent[i].token) ||
                          memmem(kept.data, kept.octets, side->sent[i].token,
                                 strlen(side->sent[i].token)) != NULL,
                      "`%s' was accepted and is nowhere", side->sent[i].text);
    fz_buf_clear(&kept);
}

START_TEST(every_accepted_part_is_somewhere_and_no_row_stays)
{
    static Side sides[SIDES];
    Random random = {(uint64_t)_i + 1};
    bool bypassed = false;

    kit_start("enforce",
              "assembly = { timeout-s = 1; };\n"
              "brake = { cap = 6; total-percent = 0; profile-percent = 0; "
              "identity-percent = 0; };\n");
    for (unsigned i = 0; i < SIDES; i++)
        sides[i] = (Side){.random = {(uint64_t)_i * SIDES + i},
                          .letter = (char)('a' + i)};
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SIDES; i++)
            sides[i].thread = gwthread_create(give_some, &sides[i]);
        for (int i = 0; i < SIDES; i++)
            gwthread_join(sides[i].thread);
        something_happens(&random, &bypassed);
    }
    kit_way(KIT_TAKES);
    bypass(false);
    kit_expect_nothing_left();
    /* beside those that a report is still to come for */
    kit_expect_figure("store.parts", kit_figure("assembly.awaiting"));
    for (int i = 0; i < SIDES; i++)
        expect_all(&sides[i]);
    kit_stop();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("assembly_random");
    TCase *tc = tcase_create("assembly_random");

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, every_accepted_part_is_somewhere_and_no_row_stays,
                        0, SEEDS);
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

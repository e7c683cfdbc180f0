/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Asking lists allocates nothing, whoever would (ours, libpsl's): malloc and
 * its kin are counted. A program of its own, because it replaces them.
 */
#include "config.h"

#include "engine/list/overlay.h"
#include "tests/list_kit.h"

#include <stdlib.h>

static unsigned long calls;

#ifndef __SANITIZE_ADDRESS__
extern void *__libc_malloc(size_t octets);
extern void *__libc_calloc(size_t count, size_t octets);
extern void *__libc_realloc(void *block, size_t octets);
extern void __libc_free(void *block);

void *malloc(size_t octets)
{
    calls++;
    return __libc_malloc(octets);
}

void *calloc(size_t count, size_t octets)
{
    calls++;
    return __libc_calloc(count, octets);
}

void *realloc(void *block, size_t octets)
{
    calls++;
    return __libc_realloc(block, octets);
}

void free(void *block)
{
    calls += block != NULL;
    __libc_free(block);
}
#endif

/* An allow for a host asks whether it is shared, up to the suffix list. */
static const struct {
    FzKeyKind kind;
    const char *text;
    FzAnswerKind want;
} asked[] = {
    {FZ_KEY_URL, "www.partner.example/a/b/c/d?e=f", FZ_ANSWER_ALLOW},
    {FZ_KEY_URL, "xn--fiqs8s.partner.example/", FZ_ANSWER_ALLOW},
    {FZ_KEY_URL, "docs.qq.com/form/1", FZ_ANSWER_NONE},
    {FZ_KEY_URL, "a.b.c.d.e.f.g.h.i.j.k.unknown.example/", FZ_ANSWER_NONE},
    {FZ_KEY_URL, "198.51.100.9/x", FZ_ANSWER_BLOCK},
    {FZ_KEY_IP, "2001:db8::9", FZ_ANSWER_BLOCK},
    {FZ_KEY_CONTACT, "tel:+8613800000000", FZ_ANSWER_BLOCK},
    {FZ_KEY_SENDER, "sender:fakebank", FZ_ANSWER_BLOCK},
};

START_TEST(asking_allocates_nothing)
{
    FzListUse use = {kit_list("ours", "allow x .partner.example\n"
                                      "allow x .qq.com\n"
                                      "shared x host:pages.example\n"
                                      "block x ip:198.51.100.0/24\n"
                                      "block x ip:2001:db8::/32\n"
                                      "block x tel:+8613800000000\n"),
                     FZ_OWNER_OPERATOR, 3600};
    FzListSet *set = fz_list_set_create(&use, 1);
    FzOverlayRecord record = {.at_ms = 1,
                              .action = FZ_ANSWER_BLOCK,
                              .key = "sender:fakebank",
                              .score = FZ_LIST_SCORE_UNSET};
    FzAnswer answer[COUNT(asked)];
    FzBuf log = FZ_BUF_INIT;
    FzOverlay *overlay;
    unsigned long before;
    char entry[64];

    ck_assert_int_eq(fz_overlay_log_append(&log, &record, NULL), FZ_OK);
    ck_assert_int_eq(fz_overlay_create(fz_buf_slice(&log), "live",
                                       FZ_OVERLAY_ALLOW_AT_ONCE, KIT_NOW_MS,
                                       NULL, &overlay),
                     FZ_OK);
    before = calls;
    for (size_t i = 0; i < COUNT(asked); i++) {
        FzKey key = {.kind = asked[i].kind, .text = fz_slice_of(asked[i].text)};

        fz_lists_find(set, overlay, &key, 1, KIT_NOW_MS, &answer[i]);
        fz_answer_entry(&answer[i], entry, sizeof entry);
        (void)fz_answer_entry_id(&answer[i]);
    }
    ck_assert_uint_eq(calls, before);
    for (size_t i = 0; i < COUNT(asked); i++)
        ck_assert_msg(answer[i].kind == asked[i].want, "%s: %s", asked[i].text,
                      fz_answer_name(answer[i].kind));
    fz_overlay_destroy(overlay);
    fz_list_set_destroy(set);
    fz_buf_clear(&log);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(the_count_counts)
{
    unsigned long before = calls;

    fz_list_close(kit_list("x", "block x host:a.example\n"));
    ck_assert_uint_gt(calls, before);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("list-alloc");
    TCase *tc = tcase_create("alloc");

    tcase_add_test(tc, asking_allocates_nothing);
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tc, the_count_counts);
#endif
    suite_add_tcase(suite, tc);
    return fz_test_run(suite);
}

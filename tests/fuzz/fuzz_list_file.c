/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_list_file.c - a list file of any octets
 *
 * The head's digest is made right first, so that what lies behind it is
 * reached. Whatever is opened is verified and asked: nothing may be read
 * outside the file, and what passes verify gives no damaged answer.
 */
#include "config.h"

#include "base/alloc.h"
#include "engine/list/format.h"
#include "engine/list/list.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

static const struct {
    FzKeyKind kind;
    const char *text;
} asked[] = {
    {FZ_KEY_URL, "a.example/x/y?z=1"},  {FZ_KEY_URL, "www.b.example/"},
    {FZ_KEY_URL, "203.0.113.9/x"},      {FZ_KEY_URL, "[2001:db8::1]/"},
    {FZ_KEY_IP, "198.51.100.1"},        {FZ_KEY_IP, "255.255.255.255"},
    {FZ_KEY_CONTACT, "tel:+861380000"}, {FZ_KEY_SENDER, "sender:bank"},
};

static void ask(FzList *list, bool sound)
{
    FzListUse use = {list, FZ_OWNER_FEED, 60};
    FzListSet *set = fz_list_set_create(&use, 1);
    char entry[64];

    fz_list_set_stale(set, INT64_C(1773144000000), NULL, NULL);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        FzKey key = {.kind = asked[i].kind, .text = fz_slice_of(asked[i].text)};
        FzAnswer answer;

        fz_lists_find(set, NULL, &key, 1, INT64_C(1773144000000), &answer);
        if (sound && answer.kind == FZ_ANSWER_ERROR)
            abort();
        if (answer.kind == FZ_ANSWER_NONE || answer.kind == FZ_ANSWER_ERROR)
            continue;
        fz_answer_entry(&answer, entry, sizeof entry);
        (void)strlen(answer.category);
        (void)strlen(answer.list);
        (void)fz_answer_entry_id(&answer);
    }
    fz_list_set_destroy(set); /* and the list */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    uint8_t *file = fz_malloc(octets + 1); /* aligned, as a mapping is */
    FzListSourceInfo source;
    FzListInfo info;
    FzList *list;

    memcpy(file, data, octets);
    if (octets >= FZL_HEAD_OCTETS) {
        FzSlice head = fz_slice(file, FZL_HEAD_DIGEST_AT);

        fzl_put64(file + 16, octets);
        fzl_digest(&head, 1, file + FZL_HEAD_DIGEST_AT);
    }
    if (fz_list_open_memory(file, octets, "fuzz", NULL, NULL, &list) == FZ_OK) {
        FzSlice content =
            fz_slice(file + FZL_HEAD_OCTETS, octets - FZL_HEAD_OCTETS);
        FzSlice head = fz_slice(file, FZL_HEAD_DIGEST_AT);

        fz_list_info(list, &info);
        for (uint32_t i = 0; i < info.sources; i++)
            fz_list_source_info(list, i, &source);
        ask(list, false);
        /* once more with all digests right, so that verify reads the tables */
        fzl_digest(&content, 1, file + 80);
        fzl_digest(&head, 1, file + FZL_HEAD_DIGEST_AT);
        if (fz_list_open_memory(file, octets, "fuzz", NULL, NULL, &list) ==
            FZ_OK)
            ask(list, fz_list_verify(list, NULL) == FZ_OK);
    }
    fz_free(file);
    return 0;
}

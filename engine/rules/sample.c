/* SPDX-License-Identifier: BSD-2-Clause
 *
 * sample.c - what a sample states of itself: class, brand, answers of lists
 */
#include "config.h"

#include "engine/list/keyform.h"
#include "engine/rules/model.h"

static void refuse(FzModel *model, const FzSample *sample,
                   const FzLocated *value, const char *what)
{
    fz_model_fail(model, FZ_E_RULE, sample->file, value->line, sample->rule,
                  "`%s' %s", value->text, what);
}

/* "KEY allow" or "KEY block [CATEGORY]" */
static bool is_answer(const char *text)
{
    const char *blank = strrchr(text, ' ');
    FzListKey key;

    for (const char *at = text; blank != NULL && *at != '\0'; at++)
        if (strncmp(at, " block", 6) == 0 || strcmp(at, " allow") == 0) {
            const char *behind = at + 6;

            return (*behind == '\0' || *behind == ' ') &&
                   fz_list_key_parse(fz_slice(text, (size_t)(at - text)),
                                     fz_any_tld, &key) == FZ_FOUND_FINE;
        }
    return false;
}

void fz_sample_state(FzModel *model, const FzSampleKeys *keys, FzSample *sample)
{
    FzSenderStated *stated = &sample->stated;
    const char **lists;

    if (keys->class_.text != NULL) {
        stated->has_class = true;
        if (fz_sender_class_parse(keys->class_.text, &stated->class_) != FZ_OK)
            refuse(model, sample, &keys->class_,
                   "is no class of senders: P2P, A2P, code, bank, authority, "
                   "IoT, reseller, probation or unknown");
    }
    stated->has_owner = keys->owns_brand != 0;
    stated->owns_brand = keys->owns_brand == 2;
    lists =
        fz_arena_alloc(&model->arena, (keys->lists.count + 1) * sizeof *lists);
    for (uint32_t i = 0; i < keys->lists.count; i++) {
        lists[i] = keys->lists.item[i].text;
        if (!is_answer(lists[i]))
            refuse(model, sample, &keys->lists.item[i],
                   "is no answer of a list: write \"host:a.example block "
                   "phishing\" or \"sender:10690000 allow\"");
    }
    sample->lists = lists;
    sample->list_count = keys->lists.count;
}

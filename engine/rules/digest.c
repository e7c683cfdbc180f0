/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.c - what a rule set means, in one number
 *
 * Comments, layout, the order of rules and files, samples and line numbers do
 * not count; whatever can change a verdict or what is said about it does.
 */
#include "config.h"

#include "base/buf.h"
#include "engine/rules/impl.h"

/* Raised when the same files come to mean something else. */
#define LANGUAGE_VERSION 1

/* Each value with its length, so that no two rules read alike. */
static void put(FzBuf *out, const char *text)
{
    fz_buf_printf(out, "%zu:", text == NULL ? 0 : strlen(text) + 1);
    if (text != NULL)
        fz_buf_append_text(out, text);
}

static void put_list(FzBuf *out, const FzLocatedList *list)
{
    fz_buf_printf(out, "[%u]", list->count);
    for (uint32_t i = 0; i < list->count; i++)
        put(out, list->item[i].text);
}

static void put_when(FzBuf *out, const FzWhenKeys *when)
{
    put_list(out, &when->direction);
    put_list(out, &when->identity);
    put_list(out, &when->boxc);
    put_list(out, &when->smsc);
    put_list(out, &when->sender);
    put_list(out, &when->receiver);
}

static void put_rule(FzBuf *out, const FzRuleSource *rule)
{
    const FzRuleKeys *keys = &rule->keys;

    fz_buf_append_text(out, "rule");
    put(out, keys->id.text);
    put(out, rule->set->name);
    put(out, keys->title.text);
    put(out, keys->phrase.text);
    put_list(out, &keys->all);
    put_list(out, &keys->none);
    put(out, keys->regex.text);
    put(out, keys->expr.text);
    put_list(out, &keys->unless);
    put(out, keys->group.text);
    put(out, keys->rewrite.replace.text);
    put(out, keys->rewrite.prepend.text);
    put(out, keys->rewrite.append.text);
    put(out, keys->rewrite.kind == 0   ? NULL
             : keys->rewrite.kind == 1 ? "mask"
                                       : "defang");
    put(out, keys->reason.text);
    put(out, keys->scam_class.text != NULL ? keys->scam_class.text
                                           : rule->set->scam_class);
    put(out, keys->owner.text != NULL ? keys->owner.text : rule->set->owner);
    put(out, keys->reference.text);
    put_when(out, &keys->when);
    if (rule->when_until_ms != 0) {
        fz_buf_printf(out, "until%lld", (long long)rule->when_until_ms);
        put_when(out, &rule->when_written);
    }
    for (uint32_t i = 0; i < rule->exceptions; i++) {
        put(out, rule->exception[i].identity);
        fz_buf_printf(out, "/%lld", (long long)rule->exception[i].until_ms);
    }
    fz_buf_printf(out, "/%u/%u/%d/%d/%d/%d/%lld/%u/%d", keys->rev, keys->within,
                  keys->view, keys->score, keys->action, keys->state,
                  (long long)rule->expires_ms, rule->expires_days,
                  rule->helper);
}

static void put_set(FzBuf *out, const FzSetSource *set)
{
    fz_buf_append_text(out, "set");
    put(out, set->name);
    for (uint32_t g = 0; g < set->group_count; g++) {
        const FzWordGroup *group = &set->group[g];

        if (!group->used)
            continue;
        put(out, group->name);
        for (uint32_t i = 0; i < group->count; i++) {
            const FzPhraseWord *word = &group->word[i];

            fz_buf_printf(out, "%d%d%zu:", word->prefix, word->disguise,
                          word->text.octets);
            fz_buf_append_slice(out, word->text);
        }
    }
}

void fz_ruleset_set_digest(FzRuleset *ruleset, const FzModel *model)
{
    FzDigest digest;
    FzSlice piece;
    FzBuf out = FZ_BUF_INIT;

    fz_buf_printf(&out, "fanzha rules %d\n", LANGUAGE_VERSION);
    for (uint32_t i = 0; i < model->rule_count; i++)
        if (model->rule[i].helper || fz_rule_is_loaded(&model->rule[i]))
            put_rule(&out, &model->rule[i]);
    for (uint32_t i = 0; i < model->set_count; i++)
        put_set(&out, model->set[i]);
    piece = fz_buf_slice(&out);
    digest = fz_digest(fz_slice(NULL, 0), &piece, 1);
    fz_hex_encode(digest.octets, sizeof digest.octets, ruleset->digest);
    fz_buf_clear(&out);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge.c - the way of a message through the engine
 */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/verdict/asked.h"
#include "engine/verdict/reputation.h"

static void find_links(const FzText *text, FzViews *views,
                       const FzJudgeEnv *env, FzScanner *scanner)
{
    FzUrls *urls = fz_scanner_urls(scanner);

    fz_tokens_reset(fz_scanner_tokens(scanner));
    fz_urls_reset(urls);
    if (env->urls == NULL)
        return;
    fz_urls_extract(text, views, env->urls, urls);
    fz_scanner_tell_urls(scanner);
}

static void find_sender(const FzMessage *message, const FzText *text,
                        FzViews *views, const FzJudgeEnv *env,
                        FzScanner *scanner, FzVerdict *verdict)
{
    FzSenderLook *look = fz_scanner_sender(scanner);

    if (env->senders == NULL && env->stated == NULL)
        return;
    fz_senders_look(env->senders, env->stated, message, text, views, env->urls,
                    fz_scanner_urls(scanner), look, &verdict->signals);
    fz_scanner_tell_sender(scanner);
    verdict->sender = look->facts;
    fz_policy_add_ceiling(env->policy, &look->facts,
                          fz_senders_state(env->senders), &verdict->signals);
}

static uint32_t look(const FzMessage *parts, size_t count,
                     const FzJudgeEnv *env, FzScanner *scanner,
                     FzVerdict *verdict)
{
    FzText *text = fz_scanner_text(scanner);
    FzViews *views = fz_scanner_views(scanner);
    FzStatus decoded = count == 1 ? fz_decode(parts, text)
                                  : fz_decode_parts(parts, count, text);
    uint32_t failures = 0, flags, wanted = fz_ruleset_views(env->ruleset);

    verdict->text_flags = text->flags;
    if (decoded != FZ_OK)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_UNDECODABLE);
    /* What stands behind the bound was not looked at: the same as a scan that
     * ran out, so that nothing is hidden behind a mountain of text. */
    if ((text->flags & FZ_TEXT_TRUNCATED) != 0)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);
    if (env->urls != NULL || env->senders != NULL)
        wanted |= FZ_VIEW_BIT(FZ_VIEW_FOLDED);
    if (env->senders != NULL)
        wanted |= FZ_VIEW_BIT(FZ_VIEW_SKELETON);
    if (fz_views_begin(text, wanted, views) != FZ_OK)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);
    fz_ruleset_look(env->ruleset, scanner);
    find_links(text, views, env, scanner);
    failures |=
        fz_reputation_ask(parts, env, text, fz_scanner_urls(scanner), verdict);
    find_sender(parts, text, views, env, scanner, verdict);
    if (env->policy->dns.count != 0)
        failures |= fz_asked_hear(env, fz_scanner_urls(scanner), verdict);
    flags = fz_ruleset_scan(env->ruleset, env->controls, parts, scanner,
                            &verdict->signals);
    if ((flags & FZ_SCAN_WORK_LIMIT) != 0)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);
    if ((flags & FZ_SCAN_FAILED) != 0)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_SCAN_FAILED);
    return failures;
}

/* Those of rules have their state from the controls. */
static void mute(const FzMuted *muted, FzSignals *signals)
{
    if (muted == NULL || muted->count == 0)
        return;
    for (uint16_t i = 0; i < signals->count; i++)
        if (signals->item[i].rule < 0 &&
            fz_muted_signal(muted, &signals->item[i]))
            signals->item[i].state = FZ_RULE_SHADOW;
}

FzJudging fz_judge_parts(const FzMessage *parts, size_t count,
                         const FzJudgeEnv *env, FzScanner *scanner,
                         FzVerdict *verdict)
{
    fz_signals_reset(&verdict->signals);
    verdict->text_flags = 0;
    verdict->dns_count = verdict->dns_unanswered = 0;
    verdict->sender = (FzSenderFacts){.class_ = FZ_SENDER_UNKNOWN};
    if (env->ruleset == NULL)
        verdict->failures = FZ_FAILURE_BIT(FZ_FAILURE_NO_RULES) |
                            fz_reputation_ask(parts, env, NULL, NULL, verdict);
    else
        verdict->failures = look(parts, count, env, scanner, verdict);
    mute(env->muted, &verdict->signals);
    fz_decide(parts, env, verdict);
    return env->answers == NULL && fz_asked_may_matter(env->policy, verdict)
               ? FZ_WANTS_ANSWERS
               : FZ_JUDGED;
}

FzJudging fz_judge(const FzMessage *message, const FzJudgeEnv *env,
                   FzScanner *scanner, FzVerdict *verdict)
{
    return fz_judge_parts(message, 1, env, scanner, verdict);
}

void fz_judge_resume(const FzMessage *parts, size_t count,
                     const FzJudgeEnv *env, FzDnsAnswers answers,
                     FzScanner *scanner, FzVerdict *verdict)
{
    FzJudgeEnv with = *env;

    with.answers = &answers;
    fz_judge_parts(parts, count, &with, scanner, verdict);
}

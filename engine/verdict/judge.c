/* SPDX-License-Identifier: BSD-2-Clause
 *
 * judge.c - the way of a message through the engine
 */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/verdict/verdict.h"

static uint32_t look(const FzMessage *parts, size_t count,
                     const FzJudgeEnv *env, FzScanner *scanner,
                     FzVerdict *verdict)
{
    FzText *text = fz_scanner_text(scanner);
    FzViews *views = fz_scanner_views(scanner);
    FzStatus decoded = count == 1 ? fz_decode(parts, text)
                                  : fz_decode_parts(parts, count, text);
    uint32_t failures = 0, flags;

    verdict->text_flags = text->flags;
    if (decoded != FZ_OK)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_UNDECODABLE);
    /* What stands behind the bound was not looked at: the same as a scan that
     * ran out, so that nothing is hidden behind a mountain of text. */
    if ((text->flags & FZ_TEXT_TRUNCATED) != 0)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);
    if (fz_views_build(text, fz_ruleset_views(env->ruleset), views) != FZ_OK)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);

    /* links and contacts are extracted here, once there is engine/url */
    fz_tokens_reset(fz_scanner_tokens(scanner));
    flags = fz_ruleset_scan(env->ruleset, env->controls, parts, scanner,
                            &verdict->signals);
    if ((flags & FZ_SCAN_WORK_LIMIT) != 0)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_WORK_LIMIT);
    if ((flags & FZ_SCAN_FAILED) != 0)
        failures |= FZ_FAILURE_BIT(FZ_FAILURE_SCAN_FAILED);
    return failures;
}

void fz_judge_parts(const FzMessage *parts, size_t count, const FzJudgeEnv *env,
                    FzScanner *scanner, FzVerdict *verdict)
{
    fz_signals_reset(&verdict->signals);
    verdict->text_flags = 0;
    if (env->ruleset == NULL)
        verdict->failures = FZ_FAILURE_BIT(FZ_FAILURE_NO_RULES);
    else
        verdict->failures = look(parts, count, env, scanner, verdict);
    fz_decide(parts, env, verdict);
}

void fz_judge(const FzMessage *message, const FzJudgeEnv *env,
              FzScanner *scanner, FzVerdict *verdict)
{
    fz_judge_parts(message, 1, env, scanner, verdict);
}

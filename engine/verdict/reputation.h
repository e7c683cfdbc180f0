/* SPDX-License-Identifier: BSD-2-Clause
 *
 * reputation.h - lists are asked about a message, their answers become signals
 *
 * Known to judge.c and asked.c alone.
 */
#ifndef FZ_ENGINE_VERDICT_REPUTATION_H
#define FZ_ENGINE_VERDICT_REPUTATION_H

#include "engine/verdict/verdict.h"

/**
 * Ask env->lists and env->overlay once for the sender, for the signatures of
 * the text, for every link and for every contact, and add a signal for each
 * answer: list.block.CATEGORY or list.allow.CATEGORY, with list and entry.
 *
 * A signal's word says how it is heard (docs/lists.md "What an answer does").
 * A text that anybody can write lifts nothing: an allow for a signature, for
 * what stands within another link, for the name in front of an `@' only keeps
 * a feed's block away from it.
 *
 * @param text, urls  NULL without a rule set: only the sender is asked for
 * @return FZ_FAILURE_BIT(FZ_FAILURE_LIST_STALE) when a source past its age
 *         would have blocked
 */
uint32_t fz_reputation_ask(const FzMessage *message, const FzJudgeEnv *env,
                           const FzText *text, const FzUrls *urls,
                           FzVerdict *verdict);

/** The signal of a block that another kind of list (asked.h) has answered. */
void fz_reputation_add(const FzJudgeEnv *env, const FzAnswer *answer,
                       FzSpan span, FzVerdict *verdict);

/** The key that lists are asked for a sender or a signature: `front` and the
 *  name with ASCII letters in lower case. False when it is too long or none. */
#define FZ_REPUTATION_NAME_ROOM (8 + FZ_LIMIT_NAME_OCTETS)
bool fz_reputation_name(const char *front, FzSlice name, char *room,
                        FzKey *key_out);

#endif

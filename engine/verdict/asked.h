/* SPDX-License-Identifier: BSD-2-Clause
 *
 * asked.h - what DNS lists could say about a message, and what they said
 *
 * Known to judge.c alone.
 */
#ifndef FZ_ENGINE_VERDICT_ASKED_H
#define FZ_ENGINE_VERDICT_ASKED_H

#include "engine/verdict/verdict.h"

/**
 * Find what DNS lists can be asked about the links of a message
 * (verdict->dns): of each link the host, its registrable part or its address,
 * as a list wants it. A link that is allowed is not asked about. With
 * env->answers, add a signal for every listing among them.
 *
 * @return FZ_FAILURE_BIT(FZ_FAILURE_DNS_LATE) when one of the answers is none
 */
uint32_t fz_asked_hear(const FzJudgeEnv *env, const FzUrls *urls,
                       FzVerdict *verdict);

/** Could answers change what was decided? */
bool fz_asked_may_matter(const FzPolicy *policy, const FzVerdict *verdict);

#endif

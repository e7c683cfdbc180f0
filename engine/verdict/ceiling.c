/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ceiling.c - what the class of a sender bounds
 */
#include "config.h"

#include "engine/verdict/policy.h"

/* An identity of the class `code' that sends something else is any company's
 * application; a code of any registered application is a code. */
static FzSenderClass bound_as(const FzSenderFacts *sender)
{
    if (sender->code)
        return FZ_SENDER_CODE;
    return sender->class_ == FZ_SENDER_CODE ? FZ_SENDER_A2P : sender->class_;
}

void fz_policy_add_ceiling(const FzPolicy *policy, const FzSenderFacts *sender,
                           FzRuleState state, FzSignals *signals)
{
    const FzClassPolicy *bound = &policy->classes[bound_as(sender)];
    FzSignal signal = {
        .name = fz_signal_defs()[FZ_SIGNAL_SENDER_CLASS].name,
        .rule = -1,
        .state = state,
        .word = FZ_WORD_CEILING,
        .action = (uint8_t)(FZ_RULE_PASS + bound->ceiling),
        .never_held = bound->never_held,
        .entry = fz_sender_class_name(bound_as(sender)),
        .age_s = -1,
    };

    if (bound->bounded)
        fz_signals_add(signals, &signal);
}

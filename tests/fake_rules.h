/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fake_rules.h - a rule set that says what a test wants it to say
 *
 * Linked in place of engine/rules where a decision is tested without a scan:
 * only what fz_decide and the rewriting ask of rules is there.
 */
#ifndef FZ_TESTS_FAKE_RULES_H
#define FZ_TESTS_FAKE_RULES_H

#include "engine/rules/ruleset.h"

struct FzRuleset {
    const FzRuleInfo *rule;
    uint32_t count;
};

/** A signal of rule `index` as a scan would raise it. */
FzSignal fz_fake_signal(const FzRuleset *ruleset, uint32_t index);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "tests/fake_rules.h"

uint32_t fz_ruleset_count(const FzRuleset *ruleset)
{
    return ruleset->count;
}

const FzRuleInfo *fz_ruleset_rule(const FzRuleset *ruleset, uint32_t index)
{
    return &ruleset->rule[index];
}

FzSignal fz_fake_signal(const FzRuleset *ruleset, uint32_t index)
{
    const FzRuleInfo *rule = &ruleset->rule[index];

    return (FzSignal){
        .name = rule->id,
        .rule = (int32_t)index,
        .rev = rule->rev,
        .state = rule->state,
        .weight = rule->score,
        .action = (uint8_t)rule->action,
        .group = rule->group,
        .view = rule->view,
    };
}

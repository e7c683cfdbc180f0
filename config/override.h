/* SPDX-License-Identifier: BSD-2-Clause
 *
 * override.h - the operator's changes to shipped rules (inside config/)
 */
#ifndef FZ_CONFIG_OVERRIDE_H
#define FZ_CONFIG_OVERRIDE_H

#include "config/tree.h"
#include "engine/rules/ruleset.h"

/**
 * Apply override/NAME.conf of a generation, in the order of the names, to the
 * states in force. Every problem goes to the sink.
 */
FzStatus fz_override_apply(const FzTree *tree, const FzRuleset *ruleset,
                           FzRuleControls *controls,
                           const FzDiagSink *sink) FZ_MUST_CHECK;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "config/fanzha_conf.h"
#include "config/override.h"

/* The table's words, in its order. */
static FzRuleState state_of(const FzOverrideConf *override)
{
    static const FzRuleState states[] = {FZ_RULE_SHADOW, FZ_RULE_ACTIVE,
                                         FZ_RULE_RETIRED};

    return states[override->state];
}

static bool names(const char *pattern, const char *id)
{
    size_t octets = strlen(pattern);

    if (octets > 0 && pattern[octets - 1] == '*')
        return strncmp(pattern, id, octets - 1) == 0;
    return strcmp(pattern, id) == 0;
}

static FzStatus refuse_unknown(const FzOverrideConf *override, const char *file,
                               const FzRuleset *ruleset, const FzDiagSink *sink)
{
    uint32_t count = fz_ruleset_count(ruleset);
    const char **ids = fz_malloc((count + 1) * sizeof *ids), *near;
    FzStatus status;

    for (uint32_t i = 0; i < count; i++)
        ids[i] = fz_ruleset_rule(ruleset, i)->id;
    ids[count] = NULL;
    near = fz_conf_nearest(override->id, ids);
    status = fz_diag(sink, FZ_E_RULE, file, override->line, override->id,
                     "no rule has this id%s%s%s",
                     near == NULL ? "" : "; did you mean `",
                     near == NULL ? "" : near, near == NULL ? "" : "'");
    fz_free(ids);
    return status;
}

static FzStatus apply_file(const FzTreeFile *file, const FzRuleset *ruleset,
                           FzRuleControls *controls, const FzDiagSink *sink)
{
    FzOverridesConf conf = {{NULL, 0}};
    FzConfRoom *room = NULL;
    FzStatus status = fz_conf_read(file->source, fz_buf_slice(&file->content),
                                   fz_override_conf_table, sink, &conf, &room);
    const FzOverrideConf *item = conf.overrides.item;

    for (uint32_t i = 0; status == FZ_OK && i < conf.overrides.count; i++) {
        bool any = false;

        if (item[i].id == NULL) {
            status = fz_diag(sink, FZ_E_RULE, file->source, item[i].line, NULL,
                             "`id' cannot be empty");
            break;
        }
        for (uint32_t j = 0; j < controls->count; j++) {
            if (!names(item[i].id, fz_ruleset_rule(ruleset, j)->id))
                continue;
            controls->state[j] = (uint8_t)state_of(&item[i]);
            any = true;
        }
        if (!any)
            status = refuse_unknown(&item[i], file->source, ruleset, sink);
    }
    fz_conf_room_destroy(room);
    return status;
}

FzStatus fz_override_apply(const FzTree *tree, const FzRuleset *ruleset,
                           FzRuleControls *controls, const FzDiagSink *sink)
{
    FzStatus worst = FZ_OK;

    for (size_t i = 0; i < tree->count; i++) {
        FzStatus status;

        if (strncmp(tree->file[i].name, "override/", 9) != 0)
            continue;
        status = apply_file(&tree->file[i], ruleset, controls, sink);
        if (worst == FZ_OK)
            worst = status;
    }
    return worst;
}

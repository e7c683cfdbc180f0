/* SPDX-License-Identifier: BSD-2-Clause
 *
 * lists_conf.c - the group `lists' of fanzha.conf
 */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "config/fanzha_conf.h"

#include <stddef.h>

#define AT(type, member) offsetof(type, member)

static const char *const owners[] = {"operator", "feed", NULL};
/* FzRuleAction less FZ_RULE_BY_SCORE; a list's word is no ceiling */
static const char *const actions[] = {"score",      "",       "warn", "rewrite",
                                      "quarantine", "reject", NULL};

static const FzConfKey file_keys[] = {
    {.name = "name",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzListFileConf, name),
     .required = true,
     .help = "what status and metrics call it: letters, digits, - and _"},
    {.name = "path",
     .type = FZ_CONF_PATH,
     .offset = AT(FzListFileConf, path),
     .required = true,
     .help = "compiled list (fanzhactl list build); a reload takes a copy"},
    {.name = "owner",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzListFileConf, owner),
     .choices = owners,
     .preset = "\"feed\"",
     .help = "whose word it is: an operator's block rejects, its allow lifts"},
    {.name = "max-age",
     .type = FZ_CONF_INT,
     .offset = AT(FzListFileConf, max_age_s),
     .unit = "s",
     .min = 0,
     .max = 366 * 86400,
     .preset = "0",
     .help = "a source fetched longer ago is stale: worth nothing, and the "
             "condition `list-stale`; 0: never"},
    {.name = "public-key",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzListFileConf, public_key),
     .help = "64 hexadecimal digits (fanzhactl list key): a list that is not "
             "signed by its other half is refused"},
    {0},
};

static const FzConfKey category_keys[] = {
    {.name = "name",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzCategoryConf, name),
     .required = true,
     .help = "as in the list; `*` for all that are not named"},
    {.name = "score",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzCategoryConf, score),
     .unit = "points",
     .min = 0,
     .max = 10000,
     .required = true,
     .help = "where the entry states none"},
    {.name = "action",
     .type = FZ_CONF_ENUM,
     .offset = AT(FzCategoryConf, action),
     .choices = actions,
     .preset = "\"score\"",
     .help = "of a feed's block: at least this, whatever the sender's class; "
             "score: by its points alone"},
    {.name = "reason",
     .type = FZ_CONF_TEXT,
     .offset = AT(FzCategoryConf, reason),
     .preset = "\"listed\"",
     .help = "what the sender hears: a name from the reasons"},
    {0},
};

const FzConfKey fz_lists_conf_keys[] = {
    {.name = "live-log",
     .type = FZ_CONF_PATH,
     .offset = AT(FzFanzhaConf, process.lists.live_log),
     .given_offset = AT(FzFanzhaConf, process.lists.live_log_given),
     .help = "log of live entries (fanzhactl list add); unset: live.log in "
             "`generations`; \"\" takes none; read at the start"},
    {.name = "second-person",
     .type = FZ_CONF_BOOL,
     .offset = AT(FzFanzhaConf, process.lists.second_person),
     .preset = "true",
     .help = "a live allow waits until another user confirms it; read at the "
             "start"},
    {.name = "files",
     .type = FZ_CONF_LIST,
     .offset = AT(FzFanzhaConf, policy.lists.files),
     .members = file_keys,
     .item_octets = sizeof(FzListFileConf),
     .line_offset = AT(FzListFileConf, line),
     .help = "compiled lists; of equal answers that of the first counts"},
    {.name = "categories",
     .type = FZ_CONF_LIST,
     .offset = AT(FzFanzhaConf, policy.lists.categories),
     .members = category_keys,
     .item_octets = sizeof(FzCategoryConf),
     .line_offset = AT(FzCategoryConf, line),
     .help = "what a listing is worth, before the built-in ones"},
    {.name = "young",
     .type = FZ_CONF_INT,
     .offset = AT(FzFanzhaConf, policy.lists.young_s),
     .unit = "s",
     .min = 0,
     .max = 366 * 86400,
     .preset = "86400",
     .help = "a feed's entry adds points alone for so long"},
    {.name = "young-points",
     .type = FZ_CONF_POINTS,
     .offset = AT(FzFanzhaConf, policy.lists.young_most),
     .unit = "points",
     .min = 0,
     .max = 10000,
     .preset = "4.0",
     .help = "and at most these"},
    {0},
};

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * check.c - is a rule by itself one that can run?
 */
#include "config.h"

#include "base/clock.h"
#include "engine/rules/model.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define FZ_LIMIT_EXPIRES_DAYS 3650

static void refuse(FzModel *model, const FzRuleSource *rule, uint32_t line,
                   const char *what)
{
    fz_model_fail(model, FZ_E_RULE, rule->file, line == 0 ? rule->line : line,
                  rule->keys.id.text, "%s", what);
}

/* --- what it looks for --------------------------------------------------- */

static void check_kind(FzModel *model, const FzRuleSource *rule)
{
    const FzRuleKeys *keys = &rule->keys;
    int kinds = (keys->phrase.text != NULL) + (keys->all.count != 0) +
                (keys->regex.text != NULL) + (keys->expr.text != NULL);

    if (kinds == 0)
        refuse(model, rule, 0,
               "the rule looks for nothing: give it a phrase, all, regex or "
               "expr");
    if (kinds > 1)
        refuse(model, rule, 0,
               "only one of phrase, all, regex and expr can stand in a rule");
    if (keys->within != 0 && keys->all.count == 0)
        refuse(model, rule, 0, "`within' belongs to `all'");
    if (keys->none.count != 0 && keys->expr.text != NULL)
        refuse(model, rule, keys->none.item[0].line,
               "`none' does not go with `expr': write & !name there");
}

/* --- what it does -------------------------------------------------------- */

static bool names_who(const FzWhenKeys *when)
{
    return when->sender.count != 0 || when->identity.count != 0;
}

void fz_rule_check_action(FzModel *model, const FzRuleSource *rule)
{
    const FzRewriteKeys *rewrite = &rule->keys.rewrite;

    int ways = (rewrite->replace.text != NULL) +
               (rewrite->prepend.text != NULL) +
               (rewrite->append.text != NULL) + (rewrite->kind != 0);

    if (ways > 1)
        refuse(model, rule,
               rewrite->prepend.text != NULL  ? rewrite->prepend.line
               : rewrite->append.text != NULL ? rewrite->append.line
                                              : rewrite->replace.line,
               "a rewrite has either `replace' or `prepend', `append' or a "
               "`kind'");
    if (rule->keys.action == FZ_RULE_REWRITE && ways == 0)
        refuse(model, rule, 0,
               "action `rewrite' needs rewrite = { replace = ...; } or { "
               "prepend = ...; }");
    if (rule->keys.action == FZ_RULE_PASS && !names_who(&rule->keys.when))
        refuse(model, rule, 0,
               "action `pass' needs a sender or an identity in `when': text "
               "alone can be written by anyone");
}

/* --- for which messages -------------------------------------------------- */

static void refuse_value(FzModel *model, const FzRuleSource *rule,
                         const FzLocated *value, const char *what)
{
    fz_model_fail(model, FZ_E_RULE, rule->file, value->line, rule->keys.id.text,
                  "`%s' %s", value->text, what);
}

static void check_class(FzModel *model, const FzRuleSource *rule,
                        const FzLocated *value, const char *field,
                        const char *name)
{
    FzSenderClass which;

    if (!fz_when_has_class(field))
        refuse_value(model, rule, value,
                     "cannot be asked here: sender, identity and receiver have "
                     "classes");
    else if (name[0] == '\0')
        refuse_value(model, rule, value, "holds no value");
    else if (strcmp(field, "receiver") != 0 &&
             fz_sender_class_parse(name, &which) != FZ_OK)
        refuse_value(model, rule, value,
                     "is no class of senders: P2P, A2P, code, bank, authority, "
                     "IoT, reseller, probation or unknown");
}

static void check_when_value(FzModel *model, const FzRuleSource *rule,
                             const FzLocated *value, const char *field)
{
    const char *text = value->text + (value->text[0] == '!');
    FzDirection parsed;

    if (strcmp(field, "direction") == 0) {
        if (fz_direction_parse(text, &parsed) != FZ_OK)
            fz_model_fail(model, FZ_E_RULE, rule->file, value->line,
                          rule->keys.id.text, "`%s' is no direction: mt or mo",
                          text);
    } else if (strncmp(text, "class:", 6) == 0) {
        check_class(model, rule, value, field, text + 6);
    } else if (strncmp(text, "list:", 5) == 0 && !fz_when_has_list(field)) {
        refuse_value(model, rule, value,
                     "cannot be asked here: lists are asked for the sender");
    } else if (text[0] == '\0' || strcmp(text, "prefix:") == 0 ||
               strcmp(text, "list:") == 0) {
        refuse_value(model, rule, value, "holds no value");
    }
}

void fz_rule_check_when(FzModel *model, const FzRuleSource *rule,
                        const FzWhenKeys *when)
{
    const struct {
        const char *name;
        const FzLocatedList *list;
    } fields[] = {
        {"direction", &when->direction}, {"identity", &when->identity},
        {"boxc", &when->boxc},           {"smsc", &when->smsc},
        {"sender", &when->sender},       {"receiver", &when->receiver},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (uint32_t j = 0; j < fields[i].list->count; j++)
            check_when_value(model, rule, &fields[i].list->item[j],
                             fields[i].name);
}

/* --- for how long -------------------------------------------------------- */

static void read_expiry(FzModel *model, FzRuleSource *rule)
{
    const char *text = rule->keys.expires.text;
    char *end;
    long days;

    if (text == NULL || fz_clock_parse_day(text, &rule->expires_ms) == FZ_OK)
        return;
    days = strtol(text, &end, 10);
    if (isdigit((unsigned char)text[0]) && strcmp(end, "d") == 0 && days >= 1 &&
        days <= FZ_LIMIT_EXPIRES_DAYS) {
        rule->expires_days = (uint32_t)days;
        return;
    }
    refuse(model, rule, rule->keys.expires.line,
           "`expires' is a last day, as in 2027-06-30, or 1d to 3650d");
}

/* --- all of it ----------------------------------------------------------- */

void fz_rule_check(FzModel *model, FzRuleSource *rule)
{
    if (fz_signal_def_find(rule->keys.id.text) >= 0)
        refuse(model, rule, rule->keys.id.line,
               "the id is the name of a built-in signal");
    check_kind(model, rule);
    fz_rule_check_action(model, rule);
    fz_rule_check_when(model, rule, &rule->keys.when);
    read_expiry(model, rule);
}

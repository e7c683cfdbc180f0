/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/limits.h"
#include "engine/rules/keys.h"
#include "engine/rules/ruleset.h"

#define KEYS(array) (array), (uint32_t)(sizeof(array) / sizeof((array)[0]))

/* In the order of the enums they index. */
static const char *const views[] = {"raw",      "folded", "skeleton",
                                    "despaced", "digits", NULL};
static const char *const states[] = {"draft", "shadow", "active", "retired",
                                     NULL};
static const char *const actions[] = {"score",      "pass",   "warn", "rewrite",
                                      "quarantine", "reject", NULL};
static const char *const stated[] = {"", "no", "yes", NULL};
static const char *const directions[] = {"mt", "mo", NULL};

/* --- rewrite ------------------------------------------------------------- */
static const char *const rewrite_kinds[] = {"text", "mask", "defang", NULL};

static const FzSchemaKey rewrite_keys[] = {
    {.name = "replace",
     .offset = offsetof(FzRewriteKeys, replace),
     .flags = FZ_SCHEMA_MAY_BE_EMPTY,
     .help = "What stands where the match was; \"\" takes it out"},
    {.name = "prepend",
     .offset = offsetof(FzRewriteKeys, prepend),
     .help = "A warning put in front of the message"},
    {.name = "append",
     .offset = offsetof(FzRewriteKeys, append),
     .help = "A warning put behind the message"},
    {.name = "kind",
     .type = FZ_SCHEMA_CHOICE,
     .offset = offsetof(FzRewriteKeys, kind),
     .choices = rewrite_kinds,
     .preset = "text",
     .help = "mask: stars stand where the match was; defang: links in the "
             "match can be read but not opened"},
};
const FzSchema fz_rewrite_schema = {
    "rewrite", KEYS(rewrite_keys),
    "How the text is changed where that is allowed; one of these"};

/* --- when ---------------------------------------------------------------- */
static const FzSchemaKey when_keys[] = {
    {.name = "direction",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzWhenKeys, direction),
     .help = "mt (to a phone) or mo (from a phone)"},
    {.name = "identity",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzWhenKeys, identity),
     .help = "Who was authenticated; never what a client says of itself"},
    {.name = "boxc",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzWhenKeys, boxc),
     .help = "Box connection the message came by"},
    {.name = "smsc",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzWhenKeys, smsc),
     .help = "SMSC connection of the message"},
    {.name = "sender",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzWhenKeys, sender),
     .help = "Sender address, as the gateway has it"},
    {.name = "receiver",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzWhenKeys, receiver),
     .help = "Receiver address, as the gateway has it"},
};
const FzSchema fz_when_schema = {
    "when", KEYS(when_keys),
    "Which messages a rule is for; each an exact value, prefix:..., and ! in "
    "front for not"};

/* --- a rule -------------------------------------------------------------- */
#define INHERITED FZ_SCHEMA_INHERITED
#define COLUMN FZ_SCHEMA_COLUMN

static const FzSchemaKey rule_keys[] = {
    {.name = "id",
     .flags = FZ_SCHEMA_REQUIRED,
     .offset = offsetof(FzRuleKeys, id),
     .help = "Its name for ever: small letters, digits, dots and hyphens"},
    {.name = "rev",
     .type = FZ_SCHEMA_COUNT,
     .flags = COLUMN,
     .offset = offsetof(FzRuleKeys, rev),
     .min = 1,
     .max = 1000000,
     .preset = "1",
     .help = "Counted up when the rule's meaning changes"},
    {.name = "title",
     .flags = COLUMN,
     .offset = offsetof(FzRuleKeys, title),
     .help = "One sentence for people"},
    {.name = "phrase",
     .flags = COLUMN,
     .offset = offsetof(FzRuleKeys, phrase),
     .help = "Words in order, with gaps"},
    {.name = "all",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzRuleKeys, all),
     .help = "Phrases that must all be there, in any order"},
    {.name = "within",
     .type = FZ_SCHEMA_COUNT,
     .offset = offsetof(FzRuleKeys, within),
     .unit = "characters",
     .min = 1,
     .max = FZ_LIMIT_WITHIN_CHARS,
     .preset = "the whole message",
     .help = "How far apart those of `all' may stand"},
    {.name = "none",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzRuleKeys, none),
     .help = "Phrases or built-in signals of which none may be there"},
    {.name = "regex",
     .offset = offsetof(FzRuleKeys, regex),
     .help = "A regular expression, where no phrase will do"},
    {.name = "expr",
     .offset = offsetof(FzRuleKeys, expr),
     .help = "Other rules and signals, combined"},
    {.name = "unless",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzRuleKeys, unless),
     .help = "Rules that cancel this one"},
    {.name = "view",
     .type = FZ_SCHEMA_CHOICE,
     .flags = INHERITED,
     .offset = offsetof(FzRuleKeys, view),
     .choices = views,
     .preset = "folded",
     .help = "The form of the text that is looked at"},
    {.name = "score",
     .type = FZ_SCHEMA_POINTS,
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, score),
     .unit = "points",
     .min = -FZ_LIMIT_RULE_POINTS,
     .max = FZ_LIMIT_RULE_POINTS,
     .preset = "0.0",
     .help = "10.0 quarantine, 5.0 rewrite or warn"},
    {.name = "action",
     .type = FZ_SCHEMA_CHOICE,
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, action),
     .choices = actions,
     .preset = "score",
     .help = "A verdict of its own; pass is a ceiling and needs a sender or "
             "identity"},
    {.name = "group",
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, group),
     .help = "Points of one group are capped together"},
    {.name = "rewrite",
     .type = FZ_SCHEMA_GROUP,
     .flags = INHERITED,
     .offset = offsetof(FzRuleKeys, rewrite),
     .members = &fz_rewrite_schema,
     .octets = sizeof(FzRewriteKeys),
     .help = "How the text is changed"},
    {.name = "reason",
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, reason),
     .help = "Name from the reason table: what the sender is told"},
    {.name = "scam_class",
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, scam_class),
     .preset = "that of the set",
     .help = "Kind of fraud, for statistics"},
    {.name = "state",
     .type = FZ_SCHEMA_CHOICE,
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, state),
     .choices = states,
     .preset = "active",
     .help = "draft and retired are not loaded, shadow never acts"},
    {.name = "expires",
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, expires),
     .preset = "never",
     .help = "Last day, as in 2027-06-30, or days, as in 90d"},
    {.name = "owner",
     .flags = INHERITED | COLUMN,
     .offset = offsetof(FzRuleKeys, owner),
     .preset = "that of the set",
     .help = "Who answers for it"},
    {.name = "reference",
     .flags = INHERITED | COLUMN | FZ_SCHEMA_MAY_BE_EMPTY,
     .offset = offsetof(FzRuleKeys, reference),
     .help = "Where it comes from: a case, a warning, a page"},
    {.name = "when",
     .type = FZ_SCHEMA_GROUP,
     .flags = INHERITED,
     .offset = offsetof(FzRuleKeys, when),
     .members = &fz_when_schema,
     .octets = sizeof(FzWhenKeys),
     .help = "Which messages it is for"},
    {.name = "common",
     .type = FZ_SCHEMA_FLAG,
     .flags = COLUMN,
     .offset = offsetof(FzRuleKeys, common),
     .preset = "false",
     .help = "Known to be looked at in many messages: no finding of lint --ham "
             "or bench-rules"},
    {.name = "match",
     .type = FZ_SCHEMA_RAW,
     .offset = offsetof(FzRuleKeys, match),
     .help = "Samples it must match: strings or sample groups"},
    {.name = "nomatch",
     .type = FZ_SCHEMA_RAW,
     .offset = offsetof(FzRuleKeys, nomatch),
     .help = "Samples it must not match"},
};
const FzSchema fz_rule_schema = {"rule", KEYS(rule_keys), "One rule"};

/* --- a sample ------------------------------------------------------------ */
static const FzSchemaKey sample_keys[] = {
    {.name = "text",
     .flags = FZ_SCHEMA_REQUIRED | COLUMN,
     .offset = offsetof(FzSampleKeys, text),
     .help = "The message; \\n in a table is a line break"},
    {.name = "direction",
     .type = FZ_SCHEMA_CHOICE,
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, direction),
     .choices = directions,
     .preset = "mt",
     .help = "mt or mo"},
    {.name = "sender",
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, sender),
     .help = "Sender address"},
    {.name = "receiver",
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, receiver),
     .help = "Receiver address"},
    {.name = "identity",
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, identity),
     .help = "Who was authenticated"},
    {.name = "class",
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, class_),
     .preset = "what the registry says",
     .help = "Class of the sender, stated: bank, code, P2P and so on"},
    {.name = "owns-brand",
     .type = FZ_SCHEMA_CHOICE,
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, owns_brand),
     .choices = stated,
     .preset = "what brands and registry say",
     .help = "Whether it speaks for a brand in the text, stated: yes or no"},
    {.name = "lists",
     .type = FZ_SCHEMA_TEXTS,
     .flags = COLUMN,
     .offset = offsetof(FzSampleKeys, lists),
     .preset = "none",
     .help = "What lists answer, stated: \"KEY block CATEGORY\" or \"KEY "
             "allow\""},
};
const FzSchema fz_sample_schema = {"sample", KEYS(sample_keys),
                                   "A message that tests a rule"};

/* --- the set and the file ------------------------------------------------ */
static const FzSchemaKey set_keys[] = {
    {.name = "name",
     .flags = FZ_SCHEMA_REQUIRED,
     .offset = offsetof(FzSetKeys, name),
     .help = "Small letters, digits and hyphens"},
    {.name = "title",
     .offset = offsetof(FzSetKeys, title),
     .help = "One sentence for people"},
    {.name = "owner",
     .offset = offsetof(FzSetKeys, owner),
     .help = "Who answers for it"},
    {.name = "language",
     .offset = offsetof(FzSetKeys, language),
     .help = "As in BCP 47: zh, en"},
    {.name = "scam_class",
     .offset = offsetof(FzSetKeys, scam_class),
     .help = "Kind of fraud that its rules are about"},
    {.name = "defaults",
     .type = FZ_SCHEMA_RAW,
     .offset = offsetof(FzSetKeys, defaults),
     .help = "Keys of a rule that its rules need not repeat"},
};
const FzSchema fz_set_schema = {"set", KEYS(set_keys), "The set itself"};

static const FzSchemaKey file_keys[] = {
    {.name = "set",
     .type = FZ_SCHEMA_RAW,
     .flags = FZ_SCHEMA_REQUIRED,
     .offset = offsetof(FzFileKeys, set),
     .help = "The set itself"},
    {.name = "words",
     .type = FZ_SCHEMA_RAW,
     .offset = offsetof(FzFileKeys, words),
     .help = "Groups of words, used as <name>"},
    {.name = "signals",
     .type = FZ_SCHEMA_RAW,
     .offset = offsetof(FzFileKeys, signals),
     .help = "Unscored phrases, used as @name in expr"},
    {.name = "rules",
     .type = FZ_SCHEMA_RAW,
     .offset = offsetof(FzFileKeys, rules),
     .help = "The rules: ( { ... }, { ... } )"},
    {.name = "tables",
     .type = FZ_SCHEMA_TEXTS,
     .offset = offsetof(FzFileKeys, tables),
     .help = "Tables of rules beside this file"},
};
const FzSchema fz_file_schema = {"rule file", KEYS(file_keys), "rules.conf"};

const FzSchema *const *fz_rule_schemas(size_t *count_out)
{
    static const FzSchema *const all[] = {
        &fz_file_schema, &fz_set_schema,     &fz_rule_schema,
        &fz_when_schema, &fz_rewrite_schema, &fz_sample_schema,
    };

    *count_out = sizeof all / sizeof all[0];
    return all;
}

const FzScamClass *fz_scam_classes(void)
{
    static const FzScamClass classes[] = {
#define FZ_SCAM_CLASS(name, sentence) {name, sentence},
#include "engine/rules/scam_classes.def"
#undef FZ_SCAM_CLASS
        {NULL, NULL}};

    return classes;
}

void fz_rule_keys_init(FzRuleKeys *keys)
{
    *keys = (FzRuleKeys){.rev = 1,
                         .view = FZ_VIEW_FOLDED,
                         .action = FZ_RULE_BY_SCORE,
                         .state = FZ_RULE_ACTIVE};
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "config/fanzha_conf.h"
#include "config/override.h"
#include "engine/rules/expr.h"

#include <ctype.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)
#define DAYS_MAX 3650

struct FzOverrides {
    FzConfRoom **room; /* of each file */
    size_t rooms;
    FzRuleOverride *item;
    FzRuleOverride *given; /* the same without states */
    uint32_t count;
};

/* The table's words, in its order. */
static FzRuleState state_of(const FzOverrideConf *conf)
{
    static const FzRuleState states[] = {FZ_RULE_SHADOW, FZ_RULE_ACTIVE,
                                         FZ_RULE_RETIRED};

    return states[conf->state];
}

/* --- reading -------------------------------------------------------------- */

static void name_texts(FzBuf *text, const FzConfTexts *texts)
{
    for (uint32_t i = 0; i < texts->count; i++)
        fz_buf_printf(text, "%s\n", texts->item[i]);
}

/* What an entry says, as a name that its days are counted by: one that says
 * something else begins anew. */
static void name_of(const FzOverrideConf *conf, char name[34])
{
    FzBuf text = FZ_BUF_INIT;
    FzSlice piece;
    FzDigest digest;

    fz_buf_printf(&text, "%s\n%d/%d\n%d/%d\n%s\n", conf->id, conf->has_state,
                  conf->state, conf->has_score, (int)conf->score,
                  conf->expires);
    name_texts(&text, &conf->not_identity);
    if (conf->has_when) {
        const FzOverrideWhen *when = &conf->when;
        const FzConfTexts *field[] = {&when->direction, &when->identity,
                                      &when->boxc,      &when->smsc,
                                      &when->sender,    &when->receiver};

        for (size_t i = 0; i < sizeof field / sizeof field[0]; i++) {
            fz_buf_printf(&text, "when %zu\n", i);
            name_texts(&text, field[i]);
        }
    }
    piece = fz_buf_slice(&text);
    digest = fz_digest(fz_slice(NULL, 0), &piece, 1);
    name[0] = '='; /* no rule's id begins so */
    fz_hex_encode(digest.octets, 16, name + 1);
    fz_buf_clear(&text);
}

static FzStatus read_end(const FzOverrideConf *conf, const char *file,
                         const FzFirsts *firsts, const FzDiagSink *sink,
                         int64_t *until_ms)
{
    char name[34], *end;
    int64_t first_ms;
    long days;

    *until_ms = 0;
    if (conf->expires == NULL ||
        fz_clock_parse_day(conf->expires, until_ms) == FZ_OK)
        return FZ_OK;
    days = strtol(conf->expires, &end, 10);
    if (!isdigit((unsigned char)conf->expires[0]) || strcmp(end, "d") != 0 ||
        days < 1 || days > DAYS_MAX)
        return fz_diag(sink, FZ_E_RULE, file, conf->line, conf->id,
                       "`expires' is a last day, as in 2027-06-30, or 1d to "
                       "%dd",
                       DAYS_MAX);
    name_of(conf, name);
    first_ms = firsts == NULL ? 0 : fz_firsts_of(firsts, name, 0);
    if (first_ms != 0)
        *until_ms = first_ms + days * DAY_MS;
    return FZ_OK;
}

static FzStatus check(const FzOverrideConf *conf, const char *file,
                      const FzDiagSink *sink)
{
    bool changes =
        conf->has_score || conf->has_when || conf->not_identity.count != 0;

    if (conf->id == NULL)
        return fz_diag(sink, FZ_E_RULE, file, conf->line, NULL,
                       "`id' cannot be empty");
    if (!conf->has_state && !changes)
        return fz_diag(sink, FZ_E_RULE, file, conf->line, conf->id,
                       "the entry changes nothing: give `state', `score', "
                       "`when' or `not-identity'");
    if (changes && (conf->owner == NULL || conf->reason == NULL))
        return fz_diag(sink, FZ_E_RULE, file, conf->line, conf->id,
                       "who changes a score or whom a rule is for says who and "
                       "why: `owner' and `reason' are missing");
    return FZ_OK;
}

static FzWhenValues values_of(const FzConfTexts *texts)
{
    return (FzWhenValues){texts->item, texts->count};
}

static FzStatus read_file(FzOverrides *all, const FzTreeFile *file,
                          const FzFirsts *firsts, const FzDiagSink *sink)
{
    FzOverridesConf conf = {{NULL, 0}};
    FzConfRoom *room = NULL;
    FzStatus status = fz_conf_read(file->source, fz_buf_slice(&file->content),
                                   fz_override_conf_table, sink, &conf, &room),
             one;
    const FzOverrideConf *item = conf.overrides.item;

    all->room = fz_realloc_array(all->room, all->rooms + 1, sizeof *all->room);
    all->room[all->rooms++] = room;
    if (status != FZ_OK)
        return status;
    for (uint32_t i = 0; i < conf.overrides.count; i++) {
        FzRuleOverride override = {.rule = item[i].id,
                                   .has_score = item[i].has_score,
                                   .has_state = item[i].has_state,
                                   .score = item[i].score,
                                   .file = file->source,
                                   .line = item[i].line};

        one = check(&item[i], file->source, sink);
        if (one == FZ_OK)
            one = read_end(&item[i], file->source, firsts, sink,
                           &override.until_ms);
        if (one != FZ_OK) {
            status = one;
            continue;
        }
        if (override.has_state)
            override.state = state_of(&item[i]);
        override.has_when = item[i].has_when;
        override.when.direction = values_of(&item[i].when.direction);
        override.when.identity = values_of(&item[i].when.identity);
        override.when.boxc = values_of(&item[i].when.boxc);
        override.when.smsc = values_of(&item[i].when.smsc);
        override.when.sender = values_of(&item[i].when.sender);
        override.when.receiver = values_of(&item[i].when.receiver);
        override.not_identity = item[i].not_identity.item;
        override.not_identities = item[i].not_identity.count;
        all->item =
            fz_realloc_array(all->item, all->count + 1, sizeof *all->item);
        all->item[all->count++] = override;
    }
    return status;
}

FzStatus fz_overrides_read(const FzTree *tree, const FzFirsts *firsts,
                           const FzDiagSink *sink, FzOverrides **overrides_out)
{
    FzOverrides *all = fz_calloc(1, sizeof *all);
    FzStatus worst = FZ_OK;

    for (size_t i = 0; i < tree->count; i++) {
        FzStatus status;

        if (strncmp(tree->file[i].name, "override/", 9) != 0)
            continue;
        status = read_file(all, &tree->file[i], firsts, sink);
        if (worst == FZ_OK)
            worst = status;
    }
    all->given = fz_calloc(all->count + 1, sizeof *all->given);
    for (uint32_t i = 0; i < all->count; i++) {
        all->given[i] = all->item[i];
        all->given[i].has_state = false;
    }
    if (worst != FZ_OK || all->count == 0) {
        fz_overrides_destroy(all);
        all = NULL;
    }
    *overrides_out = all;
    return worst;
}

void fz_overrides_destroy(FzOverrides *all)
{
    if (all == NULL)
        return;
    for (size_t i = 0; i < all->rooms; i++)
        fz_conf_room_destroy(all->room[i]);
    fz_free(all->room);
    fz_free(all->given);
    fz_free(all->item);
    fz_free(all);
}

/* --- giving --------------------------------------------------------------- */

void fz_overrides_give(const FzOverrides *all, FzRulesetOptions *options)
{
    options->overrides = all->given;
    options->override_count = all->count;
}

bool fz_overrides_change_rules(const FzOverrides *all)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (all->item[i].has_score || all->item[i].has_when ||
            all->item[i].not_identities != 0)
            return true;
    return false;
}

/* --- states, and their ends ------------------------------------------------
 */

typedef struct End {
    int64_t until_ms;
    uint32_t rule;
    uint8_t state, before;
} End;

struct FzOverrideEnds {
    _Atomic int64_t next_ms; /* nothing ends before */
    End *end;                /* in the order in which they were set */
    uint32_t count;
};

static void add_end(FzOverrideEnds **ends_out, End end)
{
    FzOverrideEnds *ends = *ends_out;

    if (ends == NULL) {
        ends = *ends_out = fz_calloc(1, sizeof *ends);
        atomic_init(&ends->next_ms, INT64_MAX);
    }
    ends->end = fz_realloc_array(ends->end, ends->count + 1, sizeof *ends->end);
    ends->end[ends->count++] = end;
    if (end.until_ms < atomic_load(&ends->next_ms))
        atomic_store(&ends->next_ms, end.until_ms);
}

FzOverrideEnds *fz_overrides_apply(const FzOverrides *all,
                                   const FzRuleset *ruleset,
                                   FzRuleControls *controls,
                                   const FzDiagSink *sink)
{
    FzOverrideEnds *ends = NULL;

    for (uint32_t i = 0; i < all->count; i++) {
        const FzRuleOverride *override = &all->item[i];
        uint32_t set = 0;

        for (uint32_t j = 0; override->has_state && j < controls->count; j++) {
            uint8_t state = (uint8_t) override->state;

            if (!fz_glob_matches(override->rule,
                                 fz_ruleset_rule(ruleset, j)->id))
                continue;
            set++;
            if (override->until_ms != 0)
                add_end(&ends, (End){override->until_ms, j, state,
                                     atomic_load(&controls->state[j])});
            atomic_store(&controls->state[j], state);
        }
        if (override->has_state && set == 0)
            fz_diag_warn(sink, FZ_E_RULE, override->file, override->line,
                         override->rule,
                         "it is a draft or retired where it is written: its "
                         "state cannot be changed from here");
    }
    return ends;
}

void fz_override_ends_mind(FzOverrideEnds *ends, FzRuleControls *controls,
                           int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;

    if (now_ms < atomic_load_explicit(&ends->next_ms, memory_order_relaxed))
        return;
    /* the last that was set ends first; whatever else changed a state since
     * (a brake) stays */
    for (uint32_t i = ends->count; i > 0; i--) {
        const End *end = &ends->end[i - 1];
        uint8_t state = end->state;

        if (end->until_ms <= now_ms)
            atomic_compare_exchange_strong(&controls->state[end->rule], &state,
                                           end->before);
        else if (end->until_ms < next_ms)
            next_ms = end->until_ms;
    }
    atomic_store_explicit(&ends->next_ms, next_ms, memory_order_relaxed);
}

void fz_override_ends_destroy(FzOverrideEnds *ends)
{
    if (ends == NULL)
        return;
    fz_free(ends->end);
    fz_free(ends);
}

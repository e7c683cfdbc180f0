/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "config/fanzha_conf.h"
#include "config/override.h"
#include "engine/rules/expr.h"

#include <ctype.h>
#include <sched.h>
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

/* What a rule's state becomes when one that was set for a time ends: all that
 * is said of the rule counts, not what stood there when it was set. */
typedef struct End {
    int64_t until_ms;
    uint32_t rule;
    uint8_t from, to;
    bool done;
} End;

struct FzOverrideEnds {
    _Atomic int64_t next_ms; /* nothing ends before */
    atomic_flag busy;        /* who sets it sees to the ends */
    End *end;                /* in the order of their times */
    uint32_t count;
};

static void add_end(FzOverrideEnds **ends_out, int64_t until_ms, uint32_t rule)
{
    FzOverrideEnds *ends = *ends_out;

    if (ends == NULL)
        ends = *ends_out = fz_calloc(1, sizeof *ends);
    ends->end = fz_realloc_array(ends->end, ends->count + 1, sizeof *ends->end);
    ends->end[ends->count++] = (End){.until_ms = until_ms, .rule = rule};
}

static int by_time(const void *a, const void *b)
{
    const End *one = a, *other = b;

    if (one->until_ms != other->until_ms)
        return one->until_ms < other->until_ms ? -1 : 1;
    return (one->rule > other->rule) - (one->rule < other->rule);
}

/* By the last of those that hold at that time, else as it is written. */
static uint8_t state_at(const FzOverrides *all, const char *id, uint8_t written,
                        int64_t at_ms)
{
    for (uint32_t i = all->count; i > 0; i--) {
        const FzRuleOverride *it = &all->item[i - 1];

        if (it->has_state && (it->until_ms == 0 || it->until_ms > at_ms) &&
            fz_glob_matches(it->rule, id))
            return (uint8_t)it->state;
    }
    return written;
}

/* Those that change nothing are left out. */
static void work_out_ends(FzOverrideEnds *ends, const FzOverrides *all,
                          const FzRuleset *ruleset, const uint8_t *written)
{
    uint32_t kept = 0;

    qsort(ends->end, ends->count, sizeof *ends->end, by_time);
    for (uint32_t i = 0; i < ends->count; i++) {
        End end = ends->end[i];
        const char *id = fz_ruleset_rule(ruleset, end.rule)->id;

        if (i > 0 && by_time(&ends->end[i - 1], &end) == 0)
            continue;
        end.from = state_at(all, id, written[end.rule], end.until_ms - 1);
        end.to = state_at(all, id, written[end.rule], end.until_ms);
        if (end.from != end.to)
            ends->end[kept++] = end;
    }
    ends->count = kept;
    atomic_flag_clear(&ends->busy);
    atomic_init(&ends->next_ms, kept == 0 ? INT64_MAX : ends->end[0].until_ms);
}

FzOverrideEnds *fz_overrides_apply(const FzOverrides *all,
                                   const FzRuleset *ruleset,
                                   FzRuleControls *controls,
                                   const FzDiagSink *sink)
{
    FzOverrideEnds *ends = NULL;
    uint8_t *written = fz_malloc(controls->count + 1);

    for (uint32_t j = 0; j < controls->count; j++)
        written[j] = atomic_load(&controls->state[j]);
    for (uint32_t i = 0; i < all->count; i++) {
        const FzRuleOverride *override = &all->item[i];
        uint32_t set = 0;

        for (uint32_t j = 0; override->has_state && j < controls->count; j++) {
            if (!fz_glob_matches(override->rule,
                                 fz_ruleset_rule(ruleset, j)->id))
                continue;
            set++;
            if (override->until_ms != 0)
                add_end(&ends, override->until_ms, j);
            atomic_store(&controls->state[j], (uint8_t) override->state);
        }
        if (override->has_state && set == 0)
            fz_diag_warn(sink, FZ_E_RULE, override->file, override->line,
                         override->rule,
                         "it is a draft or retired where it is written: its "
                         "state cannot be changed from here");
    }
    if (ends != NULL)
        work_out_ends(ends, all, ruleset, written);
    fz_free(written);
    return ends;
}

/* What else changed the state since (a brake, somebody's word) stays. */
static bool let_go(FzOverrideEnds *ends, uint32_t rule)
{
    bool any = false;

    for (uint32_t i = 0; i < ends->count; i++)
        if (ends->end[i].rule == rule) {
            any |= !ends->end[i].done;
            ends->end[i].done = true;
        }
    return any;
}

void fz_override_ends_mind(FzOverrideEnds *ends, FzRuleControls *controls,
                           int64_t now_ms)
{
    int64_t next_ms = INT64_MAX;

    if (now_ms < atomic_load_explicit(&ends->next_ms, memory_order_relaxed))
        return;
    if (atomic_flag_test_and_set(&ends->busy))
        return;
    for (uint32_t i = 0; i < ends->count; i++) {
        End *end = &ends->end[i];
        uint8_t state = end->from;

        if (end->until_ms > now_ms) {
            next_ms = end->until_ms;
            break;
        }
        if (!end->done && !atomic_compare_exchange_strong(
                              &controls->state[end->rule], &state, end->to))
            let_go(ends, end->rule);
        end->done = true;
    }
    atomic_store_explicit(&ends->next_ms, next_ms, memory_order_relaxed);
    atomic_flag_clear(&ends->busy);
}

bool fz_override_ends_let_go(FzOverrideEnds *ends, uint32_t rule)
{
    bool any;

    while (atomic_flag_test_and_set(&ends->busy))
        sched_yield();
    any = let_go(ends, rule);
    atomic_flag_clear(&ends->busy);
    return any;
}

void fz_override_ends_destroy(FzOverrideEnds *ends)
{
    if (ends == NULL)
        return;
    fz_free(ends->end);
    fz_free(ends);
}

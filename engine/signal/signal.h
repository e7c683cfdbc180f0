/* SPDX-License-Identifier: BSD-2-Clause
 *
 * signal.h - the one currency: whatever speaks for or against a message
 *
 * A phrase that matched, a flag of a link, a list's answer, a fact about the
 * sender: all are named signals with points, a group and where they were seen.
 * Nothing decides outside engine/verdict/.
 */
#ifndef FZ_ENGINE_SIGNAL_SIGNAL_H
#define FZ_ENGINE_SIGNAL_SIGNAL_H

#include "engine/text/text.h"

/** Points in hundredths: 10.0 points are 1000. Whole numbers, so that the same
 *  signals give the same score on every machine. */
typedef int32_t FzPoints;
#define FZ_POINTS(points) ((FzPoints)((points)*100 + 0.5))

typedef enum FzRuleState {
    FZ_RULE_DRAFT = 0,  /* linted, not loaded */
    FZ_RULE_SHADOW = 1, /* evaluated and recorded, never acts */
    FZ_RULE_ACTIVE = 2,
    FZ_RULE_RETIRED = 3, /* kept for its history, not loaded */
} FzRuleState;

/** What a signal is in the order that decides (docs/rules.md "Who is heard
 *  first"). NONE is heard by its points and its own action; every other word is
 *  heard before those, in the order of this list. */
typedef enum FzSignalWord {
    FZ_WORD_NONE = 0,
    FZ_WORD_OPERATOR_BLOCK = 1, /* the first three decide by `action`, be it
                                   PASS: what follows is not asked */
    FZ_WORD_CONTRADICTION = 2,
    FZ_WORD_STANDING = 3,
    FZ_WORD_OPERATOR_ALLOW = 4, /* without spans it lifts all that follows;
                                   with spans, signals that lie within them */
    FZ_WORD_LIST_BLOCK = 5,     /* `action` is a floor, out of reach of the
                                   ceilings that follow */
    FZ_WORD_CEILING = 6,        /* of the sender's class: rules and score reach
                                   at most `action`; see `never_held` */
} FzSignalWord;
#define FZ_WORDS 7

/* Spans of one signal that are kept. */
#define FZ_SIGNAL_SPANS 4

typedef struct FzSignal {
    const char *name;   /* rule id or registry name; borrowed from the rule
                           set (or static), lives as long as that */
    int32_t rule;       /* index into the rule set; -1 for a built-in signal */
    uint32_t rev;       /* of the rule; 0 for a built-in signal */
    FzRuleState state;  /* as the rule set and its controls have it */
    FzPoints weight;    /* may be negative or 0 */
    uint8_t action;     /* FzRuleAction of the rule: 0 by score; the larger
                           the stricter */
    const char *group;  /* borrowed; NULL for none */
    const char *reason; /* of a signal that is no rule: name from the reason
                           table, static or of the policy; NULL for none */
    FzViewKind view;    /* where it was seen */
    uint8_t span_count; /* 0 when it has no place in the text */
    uint8_t word;       /* FzSignalWord */
    bool never_held;    /* with FZ_WORD_CEILING: what would be held is rejected
                           when it was said before the ceiling, passes when
                           behind it */
    FzSpan spans[FZ_SIGNAL_SPANS]; /* in the original text, ascending */

    /* of a list's answer; the texts are in FzSignals.room (fz_signals_text) */
    const char *list;  /* the source's name; NULL unless a list answered */
    const char *entry; /* "host:a.example" */
    const char *note;  /* reference and note of the entry; NULL for none */
    const char *level; /* "host"; static */
    int32_t age_s;     /* since the entry was first in force; -1 unknown */
    int16_t use;       /* as in FzAnswer: which list of the set */
    bool stale;        /* the source is past its age: worth nothing */
    uint64_t entry_id; /* fz_answer_entry_id: for counting */
} FzSignal;

/** Bounded, in order of evaluation. Beyond FZ_LIMIT_SIGNALS the weakest shadow
 *  signal gives way first, then the weakest; `dropped` counts. Weaker is who
 *  has no word (FzSignalWord), then the milder action of its own, then who
 * moves the score less: filling a message with small matches cannot push out
 * what decides. */
typedef struct FzSignals {
    FzSignal item[FZ_LIMIT_SIGNALS];
    uint16_t count;
    uint16_t dropped;
    uint16_t room_used;
    char room[FZ_LIMIT_SIGNAL_TEXT]; /* texts that no rule set or static holds.
                                        A copy of the struct points into the
                                        room of what it was copied from */
} FzSignals;

void fz_signals_reset(FzSignals *signals);

/** Copy a text into the room, cut to FZ_LIMIT_SIGNAL_TEXT_ONE octets (between
 *  characters); lives as long as the signals. "" when there is no room left. */
const char *fz_signals_text(FzSignals *signals, FzSlice text);

/** Copies `*signal` in. */
void fz_signals_add(FzSignals *signals, const FzSignal *signal);

/** NULL when no signal of that name is there. */
const FzSignal *fz_signals_find(const FzSignals *signals, const char *name);

/* --- the registry (signals.def) ------------------------------------------ */
typedef enum FzSignalId {
#define FZ_SIGNAL_DEF(identifier, name, sentence) FZ_SIGNAL_##identifier,
#include "engine/signal/signals.def"
#undef FZ_SIGNAL_DEF
    FZ_SIGNAL_IDS
} FzSignalId;

typedef struct FzSignalDef {
    const char *name;
    const char *sentence;
} FzSignalDef;

/** All of them, FZ_SIGNAL_IDS many, in the order of FzSignalId. Static. */
const FzSignalDef *fz_signal_defs(void);

/** The place in fz_signal_defs of a name; -1 when nobody is called so. */
int fz_signal_def_find(const char *name);

/* Which signals are there, one bit each: those of the registry by FzSignalId,
 * behind them what a rule set names besides (a list's category). */
#define FZ_LIMIT_FACTS 256
typedef struct FzFacts {
    uint64_t bits[FZ_LIMIT_FACTS / 64];
} FzFacts;

static inline void fz_facts_add(FzFacts *facts, unsigned fact)
{
    facts->bits[fact / 64] |= (uint64_t)1 << (fact % 64);
}

static inline bool fz_facts_have(const FzFacts *facts, unsigned fact)
{
    return (facts->bits[fact / 64] >> (fact % 64) & 1) != 0;
}

/** Add what a text gives by itself: its features and flags. */
void fz_facts_add_text(FzFacts *facts, const FzText *text,
                       const FzFeatures *features);

const char *fz_rule_state_name(FzRuleState state);
FzStatus fz_rule_state_parse(const char *name,
                             FzRuleState *state_out) FZ_MUST_CHECK;

#endif

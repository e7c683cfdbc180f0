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
    FzViewKind view;    /* where it was seen */
    uint8_t span_count; /* 0 when it has no place in the text */
    FzSpan spans[FZ_SIGNAL_SPANS]; /* in the original text, ascending */
    const char *list;              /* borrowed; NULL unless a list answered */
    const char *entry;
} FzSignal;

/** Bounded, in order of evaluation. Beyond FZ_LIMIT_SIGNALS the weakest shadow
 *  signal gives way first, then the weakest; `dropped` counts. Weaker is who
 *  has the milder action of its own, then who moves the score less: filling a
 *  message with small matches cannot push out what decides. */
typedef struct FzSignals {
    FzSignal item[FZ_LIMIT_SIGNALS];
    uint16_t count;
    uint16_t dropped;
} FzSignals;

void fz_signals_reset(FzSignals *signals);

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

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/signal/signal.h"

#include <stdlib.h>

/* --- signals of one message ---------------------------------------------- */

void fz_signals_reset(FzSignals *signals)
{
    signals->count = 0;
    signals->dropped = 0;
    signals->room_used = 0;
}

const char *fz_signals_text(FzSignals *signals, FzSlice text)
{
    size_t left = sizeof signals->room - signals->room_used;
    size_t octets = text.octets;
    char *made = signals->room + signals->room_used;

    if (octets > FZ_LIMIT_SIGNAL_TEXT_ONE)
        octets = FZ_LIMIT_SIGNAL_TEXT_ONE;
    if (octets + 1 > left)
        return "";
    while (octets > 0 && octets < text.octets &&
           (text.data[octets] & 0xC0) == 0x80)
        octets--;
    if (octets > 0)
        memcpy(made, text.data, octets);
    made[octets] = '\0';
    signals->room_used = (uint16_t)(signals->room_used + octets + 1);
    return made;
}

/* Below zero when `a` gives way before `b`. */
static int strength_order(const FzSignal *a, const FzSignal *b)
{
    bool a_acts = a->state == FZ_RULE_ACTIVE;
    bool b_acts = b->state == FZ_RULE_ACTIVE;

    if (a_acts != b_acts)
        return a_acts ? 1 : -1;
    if ((a->word == FZ_WORD_NONE) != (b->word == FZ_WORD_NONE))
        return a->word == FZ_WORD_NONE ? -1 : 1;
    if (a->action != b->action)
        return a->action < b->action ? -1 : 1;
    if (abs(a->weight) != abs(b->weight))
        return abs(a->weight) < abs(b->weight) ? -1 : 1;
    return 0;
}

void fz_signals_add(FzSignals *signals, const FzSignal *signal)
{
    uint16_t weakest = 0;

    if (signals->count < FZ_LIMIT_SIGNALS) {
        signals->item[signals->count++] = *signal;
        return;
    }
    if (signals->dropped < UINT16_MAX)
        signals->dropped++;
    /* of equals the later one goes, so that a message's first matches stay */
    for (uint16_t i = 1; i < signals->count; i++)
        if (strength_order(&signals->item[i], &signals->item[weakest]) <= 0)
            weakest = i;
    if (strength_order(signal, &signals->item[weakest]) <= 0)
        return;
    memmove(&signals->item[weakest], &signals->item[weakest + 1],
            (size_t)(signals->count - weakest - 1) * sizeof(FzSignal));
    signals->item[signals->count - 1] = *signal;
}

const FzSignal *fz_signals_find(const FzSignals *signals, const char *name)
{
    for (uint16_t i = 0; i < signals->count; i++)
        if (strcmp(signals->item[i].name, name) == 0)
            return &signals->item[i];
    return NULL;
}

/* --- the registry -------------------------------------------------------- */

static const FzSignalDef defs[] = {
#define FZ_SIGNAL_DEF(identifier, name, sentence) {name, sentence},
#include "engine/signal/signals.def"
#undef FZ_SIGNAL_DEF
};

_Static_assert(FZ_SIGNAL_IDS <= FZ_LIMIT_FACTS / 2,
               "rule sets name facts of their own behind the registry's");

const FzSignalDef *fz_signal_defs(void)
{
    return defs;
}

int fz_signal_def_find(const char *name)
{
    /* a signal of the registry is called by its very text */
    for (int i = 0; i < FZ_SIGNAL_IDS; i++)
        if (defs[i].name == name)
            return i;
    for (int i = 0; i < FZ_SIGNAL_IDS; i++)
        if (strcmp(defs[i].name, name) == 0)
            return i;
    return -1;
}

void fz_facts_add_text(FzFacts *facts, const FzText *text,
                       const FzFeatures *features)
{
#define FACT(condition, identifier)                                            \
    do {                                                                       \
        if (condition)                                                         \
            fz_facts_add(facts, FZ_SIGNAL_##identifier);                       \
    } while (0)
    FACT(features->ignorable, TEXT_ZERO_WIDTH);
    FACT(features->bidi, TEXT_BIDI);
    FACT(features->tag, TEXT_TAG);
    FACT(features->combining, TEXT_COMBINING);
    FACT(features->confusable, TEXT_CONFUSABLE);
    FACT(features->enclosed, TEXT_ENCLOSED);
    FACT(features->math, TEXT_MATH);
    FACT(features->mixed_script, TEXT_MIXED_SCRIPT);
    FACT(features->split_run >= FZ_SPLIT_RUN_ACT, TEXT_SPLIT);
    FACT(features->disguised_numbers, TEXT_DISGUISED_NUMBER);
    FACT(features->leet, TEXT_LEET);
    FACT(features->digits_other, TEXT_DIGITS_OTHER);
    FACT(features->traditional, TEXT_TRADITIONAL);
    FACT(features->han, TEXT_HAN);
    FACT(features->latin, TEXT_LATIN);
    FACT(features->cyrillic, TEXT_CYRILLIC);
    FACT(features->greek, TEXT_GREEK);
    FACT(features->emoji, TEXT_EMOJI);
    FACT(text->flags & FZ_TEXT_OPAQUE, TEXT_OPAQUE);
    FACT(text->flags & FZ_TEXT_REPLACED, TEXT_REPLACED);
    FACT(text->flags & FZ_TEXT_TRUNCATED, TEXT_TRUNCATED);
    FACT(text->flags & FZ_TEXT_WAP_PUSH, TEXT_WAP_PUSH);
    FACT(text->flags & FZ_TEXT_PORTS, TEXT_PORTS);
#undef FACT
}

/* --- states -------------------------------------------------------------- */

const char *fz_rule_state_name(FzRuleState state)
{
    switch (state) {
    case FZ_RULE_DRAFT:
        return "draft";
    case FZ_RULE_SHADOW:
        return "shadow";
    case FZ_RULE_ACTIVE:
        return "active";
    case FZ_RULE_RETIRED:
        return "retired";
    }
    return "unknown";
}

FzStatus fz_rule_state_parse(const char *name, FzRuleState *state_out)
{
    for (int s = FZ_RULE_DRAFT; s <= FZ_RULE_RETIRED; s++) {
        if (strcmp(name, fz_rule_state_name((FzRuleState)s)) == 0) {
            *state_out = (FzRuleState)s;
            return FZ_OK;
        }
    }
    return FZ_E_SYNTAX;
}

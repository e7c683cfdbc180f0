/* SPDX-License-Identifier: BSD-2-Clause
 *
 * when.h - which messages a rule is for
 */
#ifndef FZ_ENGINE_RULES_WHEN_H
#define FZ_ENGINE_RULES_WHEN_H

#include "engine/message/message.h"
#include "engine/rules/keys.h"
#include "engine/sender/sender.h"

typedef enum FzWhenKind {
    FZ_WHEN_EXACT = 0,
    FZ_WHEN_PREFIX = 1, /* prefix: */
    FZ_WHEN_CLASS = 2,  /* class: of the sender, or of the receiver */
    FZ_WHEN_LIST = 3,   /* list: that answers for the sender */
} FzWhenKind;

typedef struct FzWhenTest {
    uint8_t field;  /* in the order of FzWhenKeys */
    uint8_t kind;   /* FzWhenKind */
    uint8_t class_; /* FzSenderClass, of a sender */
    bool negated;
    FzSlice value;
    int64_t until_ms; /* asked before; 0: always */
} FzWhenTest;

/** Tests in the order of their fields. A field that has tests is met when one
 *  of its plain values holds (or there are only negated ones) and none of the
 *  negated does. A value that the message does not have equals nothing. */
typedef struct FzWhen {
    const FzWhenTest *test;
    uint32_t count;
    /* an override's: from then on `after' is asked, and nothing if it is NULL
     */
    int64_t until_ms; /* 0: it does not end */
    const struct FzWhen *after;
} FzWhen;

/** An identity that a rule is not meant for. */
typedef struct FzException {
    const char *identity;
    int64_t until_ms; /* 0: for good */
} FzException;

/** NULL when nothing is asked. Values were checked (check.c). */
const FzWhen *fz_when_compile(const FzWhenKeys *keys,
                              const FzException *exceptions, uint32_t count,
                              FzArena *arena);

/** What holds until a time, and what then; either may be NULL. */
const FzWhen *fz_when_until(const FzWhen *when, int64_t until_ms,
                            const FzWhen *after, FzArena *arena);

/** What is known of a message before the rules are asked. */
typedef struct FzWhenAsk {
    const FzMessage *message;
    const FzSignals *signals;    /* what lists answered is among them */
    const FzSenderFacts *sender; /* NULL: nobody looked */
} FzWhenAsk;

bool fz_when_holds(const FzWhen *when, const FzWhenAsk *ask);

/** Whether a field can be asked for a class, and for a list. */
bool fz_when_has_class(const char *field);
bool fz_when_has_list(const char *field);

#endif

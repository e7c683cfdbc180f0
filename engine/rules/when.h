/* SPDX-License-Identifier: BSD-2-Clause
 *
 * when.h - which messages a rule is for
 */
#ifndef FZ_ENGINE_RULES_WHEN_H
#define FZ_ENGINE_RULES_WHEN_H

#include "engine/message/message.h"
#include "engine/rules/keys.h"

typedef struct FzWhenTest {
    uint8_t field; /* in the order of FzWhenKeys */
    bool prefix;
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

bool fz_when_holds(const FzWhen *when, const FzMessage *message);

#endif

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
} FzWhenTest;

/** Tests in the order of their fields. A field that has tests is met when one
 *  of its plain values holds (or there are only negated ones) and none of the
 *  negated does. A value that the message does not have equals nothing. */
typedef struct FzWhen {
    const FzWhenTest *test;
    uint32_t count;
} FzWhen;

/** NULL when the keys ask for nothing. Values were checked (check.c). */
const FzWhen *fz_when_compile(const FzWhenKeys *keys, FzArena *arena);

bool fz_when_holds(const FzWhen *when, const FzMessage *message);

#endif

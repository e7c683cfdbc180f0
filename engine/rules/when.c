/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/when.h"

#define FIELDS 6
#define IDENTITY 1 /* its place among them */

static void put(FzWhenTest *test, uint8_t field, const char *text,
                FzArena *arena)
{
    test->field = field;
    test->negated = text[0] == '!';
    text += test->negated;
    test->prefix = strncmp(text, "prefix:", 7) == 0;
    text += test->prefix ? 7 : 0;
    test->value = fz_slice(fz_arena_strdup(arena, text), strlen(text));
}

const FzWhen *fz_when_compile(const FzWhenKeys *keys,
                              const FzException *exceptions, uint32_t count,
                              FzArena *arena)
{
    const FzLocatedList *field[FIELDS] = {&keys->direction, &keys->identity,
                                          &keys->boxc,      &keys->smsc,
                                          &keys->sender,    &keys->receiver};
    uint32_t tests = count, used = 0;
    FzWhenTest *test;
    FzWhen *when;

    for (int f = 0; f < FIELDS; f++)
        tests += field[f]->count;
    if (tests == 0)
        return NULL;
    test = fz_arena_alloc(arena, tests * sizeof *test);
    when = fz_arena_alloc(arena, sizeof *when);
    for (int f = 0; f < FIELDS; f++) {
        for (uint32_t i = 0; i < field[f]->count; i++)
            put(&test[used++], (uint8_t)f, field[f]->item[i].text, arena);
        for (uint32_t i = 0; f == IDENTITY && i < count; i++)
            test[used++] = (FzWhenTest){.field = IDENTITY,
                                        .negated = true,
                                        .value = fz_slice_of(fz_arena_strdup(
                                            arena, exceptions[i].identity)),
                                        .until_ms = exceptions[i].until_ms};
    }
    *when = (FzWhen){test, tests};
    return when;
}

static FzSlice value_of(const FzMessage *message, uint8_t field)
{
    switch (field) {
    case 0:
        return fz_slice_of(fz_direction_name(message->direction));
    case 1:
        return message->identity;
    case 2:
        return message->boxc;
    case 3:
        return message->smsc;
    case 4:
        return message->sender;
    default:
        return message->receiver;
    }
}

static bool test_holds(const FzWhenTest *test, FzSlice value, int64_t now_ms)
{
    if (value.data == NULL || (test->until_ms != 0 && now_ms >= test->until_ms))
        return false;
    if (test->prefix)
        return value.octets >= test->value.octets &&
               memcmp(value.data, test->value.data, test->value.octets) == 0;
    return fz_slice_equal(value, test->value);
}

bool fz_when_holds(const FzWhen *when, const FzMessage *message)
{
    uint32_t i = 0;

    while (i < when->count) {
        uint8_t field = when->test[i].field;
        FzSlice value = value_of(message, field);
        bool asked = false, met = false;

        for (; i < when->count && when->test[i].field == field; i++) {
            bool holds = test_holds(&when->test[i], value, message->now_ms);

            if (when->test[i].negated) {
                if (holds)
                    return false;
            } else {
                asked = true;
                met |= holds;
            }
        }
        if (asked && !met)
            return false;
    }
    return true;
}

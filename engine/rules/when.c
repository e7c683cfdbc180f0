/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/rules/when.h"

#define FIELDS 6
#define IDENTITY 1 /* its place among them */
#define RECEIVER 5

bool fz_when_has_class(const char *field)
{
    return strcmp(field, "identity") == 0 || strcmp(field, "sender") == 0 ||
           strcmp(field, "receiver") == 0;
}

bool fz_when_has_list(const char *field)
{
    return strcmp(field, "sender") == 0;
}

static FzWhenKind kind_of(const char **text)
{
    static const char *const fronts[] = {[FZ_WHEN_PREFIX] = "prefix:",
                                         [FZ_WHEN_CLASS] = "class:",
                                         [FZ_WHEN_LIST] = "list:"};

    for (int i = FZ_WHEN_PREFIX; i <= FZ_WHEN_LIST; i++) {
        if (strncmp(*text, fronts[i], strlen(fronts[i])) == 0) {
            *text += strlen(fronts[i]);
            return (FzWhenKind)i;
        }
    }
    return FZ_WHEN_EXACT;
}

static void put(FzWhenTest *test, uint8_t field, const char *text,
                FzArena *arena)
{
    test->field = field;
    test->negated = text[0] == '!';
    text += test->negated;
    test->kind = (uint8_t)kind_of(&text);
    if (test->kind == FZ_WHEN_CLASS && field != RECEIVER) {
        FzSenderClass which = FZ_SENDER_UNKNOWN;

        if (fz_sender_class_parse(text, &which) ==
            FZ_OK) /* check.c saw to it */
            test->class_ = (uint8_t)which;
    }
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
    *when = (FzWhen){.test = test, .count = tests};
    return when;
}

const FzWhen *fz_when_until(const FzWhen *when, int64_t until_ms,
                            const FzWhen *after, FzArena *arena)
{
    FzWhen *both;

    if (when == NULL && after == NULL)
        return NULL;
    both = fz_arena_alloc(arena, sizeof *both);
    *both = when == NULL ? (FzWhen){0} : *when;
    both->until_ms = until_ms;
    both->after = after;
    return both;
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

/* --- classes and lists -----------------------------------------------------
 */
static bool is_of_class(const FzWhenTest *test, const FzSenderFacts *sender)
{
    if (sender == NULL)
        return false;
    if (test->field != RECEIVER)
        return sender->class_ == (FzSenderClass)test->class_;
    for (int i = 0; i < FZ_LIMIT_RECEIVER_CLASSES; i++)
        if ((sender->receiver & 1u << i) != 0 &&
            fz_slice_is(test->value, sender->receiver_class[i]))
            return true;
    return false;
}

/* The name of the list, or the category: "list.block.CATEGORY". */
static bool is_answer_of(const FzSignal *signal, FzSlice name)
{
    const char *category;

    if (signal->list == NULL || signal->entry == NULL || signal->stale ||
        strncmp(signal->entry, "sender:", 7) != 0)
        return false;
    category = strrchr(signal->name, '.');
    return fz_slice_is(name, signal->list) ||
           (category != NULL && fz_slice_is(name, category + 1));
}

static bool is_listed(const FzWhenTest *test, const FzSignals *signals)
{
    for (uint16_t i = 0; signals != NULL && i < signals->count; i++)
        if (is_answer_of(&signals->item[i], test->value))
            return true;
    return false;
}

/* --- all of it --------------------------------------------------------------
 */
static bool test_holds(const FzWhenTest *test, const FzWhenAsk *ask,
                       FzSlice value)
{
    if (test->until_ms != 0 && ask->message->now_ms >= test->until_ms)
        return false;
    switch ((FzWhenKind)test->kind) {
    case FZ_WHEN_CLASS:
        return is_of_class(test, ask->sender);
    case FZ_WHEN_LIST:
        return is_listed(test, ask->signals);
    case FZ_WHEN_PREFIX:
        return value.data != NULL && value.octets >= test->value.octets &&
               memcmp(value.data, test->value.data, test->value.octets) == 0;
    case FZ_WHEN_EXACT:
        break;
    }
    return value.data != NULL && fz_slice_equal(value, test->value);
}

bool fz_when_holds(const FzWhen *when, const FzWhenAsk *ask)
{
    uint32_t i = 0;

    if (when->until_ms != 0 && ask->message->now_ms >= when->until_ms) {
        when = when->after;
        if (when == NULL)
            return true;
    }
    while (i < when->count) {
        uint8_t field = when->test[i].field;
        FzSlice value = value_of(ask->message, field);
        bool asked = false, met = false;

        for (; i < when->count && when->test[i].field == field; i++) {
            bool holds = test_holds(&when->test[i], ask, value);

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

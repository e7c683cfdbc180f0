/* SPDX-License-Identifier: BSD-2-Clause
 *
 * builder.h - a program while rules are still being added (compile.c fills
 * it, finish.c makes the program)
 */
#ifndef FZ_ENGINE_RULES_BUILDER_H
#define FZ_ENGINE_RULES_BUILDER_H

#include "base/alloc.h"
#include "engine/rules/intern.h"
#include "engine/rules/program.h"

/* A growing array: FZ_LIST(FzStep) is struct { FzStep *item; ... }. */
#define FZ_LIST(type)                                                          \
    struct {                                                                   \
        type *item;                                                            \
        uint32_t count, room;                                                  \
    }
#define FZ_LIST_ADD(list, ...)                                                 \
    do {                                                                       \
        if ((list)->count == (list)->room) {                                   \
            (list)->room = (list)->room == 0 ? 64 : 2 * (list)->room;          \
            (list)->item = fz_realloc_array((list)->item, (list)->room,        \
                                            sizeof *(list)->item);             \
        }                                                                      \
        (list)->item[(list)->count++] = (__VA_ARGS__);                         \
    } while (0)

/* What is interned for a term: this, then its words' numbers, ascending. */
typedef struct FzTermKey {
    uint64_t runs;
    uint64_t entities; /* as wide, so that no octet is left unset */
} FzTermKey;

typedef struct FzBuilder {
    FzViewKind view;
    FzIntern words; /* octets and one octet of borders */
    FzIntern terms; /* FzTermKey and numbers of words */
    FZ_LIST(FzStep) step;
    FZ_LIST(FzClause) clause;
    FZ_LIST(FzForm) form;
    FZ_LIST(FzFactTest) fact;
    FZ_LIST(FzRegexSource) regex; /* `rule` is a form */
} FzBuilder;

/** The program of a builder; finish.c. */
FzStatus fz_builder_finish(FzBuilder *builder, FzArena *arena,
                           FzMatchBuild build, FzCache *cache,
                           FzProgram *program) FZ_MUST_CHECK;

/** How many hits of a word a message is expected to have; only its order
 *  matters: it chooses anchors and never what matches. rarity.c. */
double fz_word_frequency(FzSlice octets);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * phrase.h - a phrase as it is written, taken apart
 *
 *     phrase := [ "^" [gap] ] term { [gap] term } [ [gap] "$" ]
 *     term   := item | "(" item { "|" item } ")"
 *     item   := word | word "*" | "<" name ">" | "#" a [ "-" b ]
 *             | "{" word "}" | "{!" word "}"
 *     gap    := "~" [ characters ]
 *
 * Inside brackets and groups a word may hold blanks. A backslash takes the
 * next character as it is. What the parts mean is in docs/rules.md.
 */
#ifndef FZ_ENGINE_RULES_PHRASE_H
#define FZ_ENGINE_RULES_PHRASE_H

#include "base/slice.h"
#include "base/arena.h"
#include "engine/rules/schema.h"
#include "engine/rules/tokens.h"
#include "engine/text/text.h"

#define FZ_LIMIT_PHRASE_TERMS 16
/* Digits of one run, and digits written after #. */
#define FZ_LIMIT_RUN_DIGITS 64

/* What stands between two terms: up to so many characters, or nothing but
 * blanks and punctuation. */
#define FZ_GAP_JOIN 255
#define FZ_GAP_DEFAULT 20
#define FZ_JOIN_CHARS 8

typedef enum FzDisguise {
    FZ_DISGUISE_NONE = 0, /* the word alone */
    FZ_DISGUISE_ALSO = 1, /* {word}: and its listed disguises */
    FZ_DISGUISE_ONLY = 2, /* {!word}: its disguises without itself */
} FzDisguise;

typedef struct FzPhraseWord {
    FzSlice text; /* as written, escapes taken out */
    bool prefix;  /* word* */
    FzDisguise disguise;
} FzPhraseWord;

/** A named list of words of a set. */
typedef struct FzWordGroup {
    const char *name;
    uint32_t line;
    FzPhraseWord *word;
    uint32_t count;
    bool used;
    /* compiling keeps the group's interned words here, a list a view */
    uint32_t *interned[FZ_VIEWS];
    uint32_t interned_count[FZ_VIEWS];
} FzWordGroup;

typedef struct FzPhraseTerm {
    uint8_t gap;        /* before it: characters, or FZ_GAP_JOIN; first: unused
                           unless the phrase is anchored at the start */
    uint64_t runs;      /* of so many digits: 1 << (digits - 1) */
    uint32_t entities;  /* 1 << FzEntity */
    FzPhraseWord *word; /* own words */
    uint32_t word_count;
    FzWordGroup **group; /* whole groups */
    uint32_t group_count;
} FzPhraseTerm;

typedef struct FzPhrase {
    bool at_start; /* ^ */
    bool at_end;   /* $ */
    uint8_t end_gap;
    uint8_t count;
    FzPhraseTerm term[FZ_LIMIT_PHRASE_TERMS];
} FzPhrase;

typedef struct FzPhraseScope {
    FzWordGroup *group;
    uint32_t group_count;
    FzArena *arena;
    const FzDiagSink *sink;
    const char *file;
    uint32_t line;
    const char *rule_id;
} FzPhraseScope;

/** FZ_E_SYNTAX or FZ_E_RULE with one diag that names the place. */
FzStatus fz_phrase_parse(const char *text, const FzPhraseScope *scope,
                         FzPhrase *phrase_out) FZ_MUST_CHECK;

/** One word of a group: literal but for {word}, {!word}, word* and \. */
FzStatus fz_phrase_parse_word(const char *text, const FzPhraseScope *scope,
                              FzPhraseWord *word_out) FZ_MUST_CHECK;

#endif

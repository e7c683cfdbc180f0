/* SPDX-License-Identifier: BSD-2-Clause
 *
 * program.h - rules as they run: one program a view
 *
 * Words of all rules are compiled once into a database of literals; rules never
 * enter it. A hit is a word and where it ends. Words that anchor a rule lead to
 * its form, which is then evaluated on the lists of hits.
 *
 *     word    an octet string as it stands in the view, with its borders
 *     term    a set of words, runs of digits, things that extraction finds
 *     clause  terms in order, with gaps: one phrase
 *     form    what a rule needs of one view: clauses that must be there, and
 *             clauses and facts that must or must not
 *     entry   from an anchor word to a form, with a guard that refuses early
 *
 * Immutable once compiled.
 */
#ifndef FZ_ENGINE_RULES_PROGRAM_H
#define FZ_ENGINE_RULES_PROGRAM_H

#include "base/arena.h"
#include "engine/rules/matchdb.h"
#include "engine/rules/regex.h"
#include "engine/text/text.h"

/* Phrases in one `all' or `none'. */
#define FZ_LIMIT_FORM_CLAUSES 16

#define FZ_WORD_LEFT (1u << 0)   /* nothing of its script may stand before */
#define FZ_WORD_RIGHT (1u << 1)  /* nor behind */
#define FZ_WORD_ANCHOR (1u << 2) /* leads to forms */

typedef struct FzWord {
    uint32_t text; /* offset into the program's text */
    uint8_t octets;
    uint8_t flags;
} FzWord;

/** What the database numbers: an octet string. Words that differ in their
 *  borders alone share one; nearly always it is one word, and all that a hit
 *  needs of it is here. */
typedef struct FzString {
    uint32_t word; /* first of `words' */
    uint8_t words; /* 1 to 4 */
    uint8_t octets;
    uint8_t flags; /* of the first */
} FzString;

typedef struct FzTerm {
    uint32_t word; /* first of `words` in term_word, ascending */
    uint32_t words;
    uint32_t octets_max; /* of one occurrence; UINT32_MAX when unknown */
    uint64_t mask;       /* the bits of its words */
    uint64_t runs;       /* of digits: 1 << (digits - 1) */
    uint32_t entities;   /* 1 << FzEntity */
} FzTerm;

typedef struct FzStep {
    uint32_t term;
    uint8_t gap; /* before it; FZ_GAP_JOIN */
} FzStep;

typedef struct FzClause {
    uint32_t step; /* first of `steps` */
    uint8_t steps;
    bool at_start, at_end;
    uint8_t end_gap;
} FzClause;

typedef struct FzFactTest {
    uint16_t fact; /* in FzFacts */
    bool wanted;
} FzFactTest;

typedef struct FzForm {
    uint32_t rule;
    uint32_t clause; /* first of `all`, then `none` */
    uint16_t all, none;
    uint16_t within; /* characters; 0: anywhere */
    uint16_t facts;
    bool regex;    /* evaluated where its regex was found */
    uint32_t fact; /* first of `facts` */
} FzForm;

#define FZ_NO_GUARD UINT32_MAX
#define FZ_GUARD_RUNS (UINT32_MAX - 1) /* mask: lengths of runs of digits */

typedef struct FzEntry {
    uint32_t form;
    uint32_t guard; /* a word that must have been hit; FZ_NO_GUARD */
    uint64_t mask;  /* one of these bits of the words that were hit (or of the
                       lengths of runs) must be there */
} FzEntry;

typedef struct FzSieve FzSieve; /* sieve.h */
typedef struct FzSeek FzSeek;   /* seek.h */

typedef struct FzProgram {
    FzViewKind view;
    const uint8_t *text;
    const FzWord *word;
    uint32_t word_count;
    const FzString *string;
    uint32_t string_count;
    const uint32_t *term_word;
    const FzTerm *term;
    uint32_t term_count;
    const FzStep *step;
    const FzClause *clause;
    const FzForm *form;
    uint32_t form_count;
    const FzFactTest *fact;
    const uint32_t *entry_first; /* by word, word_count + 1 */
    const FzEntry *entry;
    const uint32_t *unanchored; /* forms that no word leads to */
    uint32_t unanchored_count;
    const FzSieve *sieve; /* of the anchor words; NULL without */
    const FzSeek *seek;   /* words by form */
    FzMatchDb *db;        /* NULL without words */
    FzRegexDb *regex;     /* NULL without regex rules */
} FzProgram;

/** The bit of a word in the mask of an entry. */
static inline uint64_t fz_word_bit(uint32_t word)
{
    return (uint64_t)1 << (word * 0x9E3779B1u >> 26);
}

static inline const uint8_t *fz_word_text(const FzProgram *program,
                                          const FzWord *word)
{
    return program->text + word->text;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scanner.h - the room that one scan works in
 *
 * Everything is taken from the system when the scanner is made, in sizes that
 * no message can outgrow: what does not fit is the condition `work-limit'.
 */
#ifndef FZ_ENGINE_RULES_SCANNER_H
#define FZ_ENGINE_RULES_SCANNER_H

#include "base/limits.h"
#include "engine/rules/cost.h"
#include "engine/rules/program.h"
#include "engine/rules/ruleset.h"
#include "engine/rules/sieve.h"

#include <stdatomic.h>

#define FZ_HITS_MAX FZ_LIMIT_HITS(FZ_LIMIT_TEXT_CHARS)
/* Runs of digits of one view: every second character at most, and what folds
 * to several. */
#define FZ_RUNS_MAX FZ_LIMIT_TEXT_CHARS
#define FZ_OCCURRENCES_MAX (FZ_HITS_MAX + FZ_RUNS_MAX + FZ_LIMIT_TOKENS)
/* Words and forms of a message that are looked through one by one. */
#define FZ_FEW_WORDS 24
#define FZ_FEW_FORMS 16
/* Rules of one message that are kept. */
#define FZ_MATCHES_MAX 8192

/** A word that was hit, and where in `end` its hits stand. */
typedef struct FzHitWord {
    uint32_t word;
    uint32_t first, count;
    bool anchor;
} FzHitWord;

/** A term or a chain of terms in the view's octets. */
typedef struct FzOccurrence {
    uint32_t start, end;
    uint32_t chain; /* where the shortest chain that ends here begins */
} FzOccurrence;

typedef struct FzRun {
    uint32_t start, end;
    uint32_t digits;
} FzRun;

/** A clause's match, for `within`. */
typedef struct FzEvent {
    uint32_t end, start;
    uint32_t clause;
} FzEvent;

typedef struct FzMatch {
    uint32_t rule;
    FzViewKind view;
    bool cancelled; /* by the rules of its `unless' */
    uint8_t span_count;
    FzSpan spans[FZ_SIGNAL_SPANS];
} FzMatch;

struct FzScanner {
    FzText text;
    FzViews views;
    FzTokens tokens;
    hs_scratch_t *scratch; /* NULL when no program has a database */
    FzRegexRoom *regex;    /* NULL without regex rules */

    FzUrls urls;
    bool urls_told; /* they are this message's */
    FzSenderLook sender;
    bool sender_told;

    bool tokens_known; /* those that the text itself shows are in `tokens' */

    FzPiece piece; /* the sieve's room */
    bool looked;   /* it is of this message's folded view */

    /* work of one message */
    uint32_t hits_left;
    uint32_t steps_left;
    uint32_t flags; /* FzScanFlag */

    /* one view at a time */
    uint64_t *hit; /* end << 32 | word, in the order of ends */
    uint32_t hit_count;
    uint64_t hit_order; /* of the last one, to see whether they are in order */
    bool disorder, anchored;
    FzHitWord *word; /* those that were hit */
    uint32_t word_count;
    /* finding it there: few are looked through, which touches no memory that
     * the matcher has just pushed out; for more there is a table */
    uint32_t *word_id; /* as in `word' */
    uint32_t *word_at; /* by word: its place in `word', if that agrees */
    uint32_t *end;     /* ends of hits, word by word, ascending */
    uint64_t bits;     /* fz_word_bit of all words that were hit */
    FzRun *run;
    uint32_t run_count;
    uint64_t runs; /* their lengths: 1 << (digits - 1) */
    bool runs_known;
    uint32_t *rank;      /* code points before each block of the view */
    uint64_t *rank_mask; /* octets of the block that begin one */
    bool rank_known;
    uint32_t sign_end; /* behind the leading signature; 0 without one */
    bool sign_known;
    uint32_t forms;
    uint32_t *form_stamp; /* by form: when it was last evaluated */
    uint32_t stamp;
    uint32_t recent[FZ_FEW_FORMS]; /* those evaluated first, likewise */
    uint32_t recent_count;
    FzOccurrence *now, *before; /* of the term at hand and of the last one */
    uint32_t *queue;
    FzEvent *event;

    /* all views */
    FzMatch *match;
    uint32_t match_count;
    uint32_t *match_at; /* by rule, like word_at */
    FzFacts facts;
    uint64_t *pending; /* bits of posts that are to be looked at */

    FzCosts *costs; /* NULL: nobody counts */

    _Atomic uint32_t next; /* in the pool: number + 1 of the one below */
    uint32_t number;
};

FzScanner *fz_scanner_create(const FzRuleset *ruleset);
void fz_scanner_destroy(FzScanner *scanner); /* NULL is allowed */

/** Begin a message of so many code points. */
void fz_scanner_begin(FzScanner *scanner, uint32_t chars);

/** NULL when the rule did not match. */
const FzMatch *fz_scanner_match(const FzScanner *scanner, uint32_t rule);

/** Keep a match; false when there is no room (the flag is set). */
bool fz_scanner_keep(FzScanner *scanner, const FzMatch *match);

/** Take steps off what is left; false when there are too few. */
static inline bool fz_spend(FzScanner *scanner, uint32_t steps)
{
    if (scanner->steps_left < steps) {
        scanner->steps_left = 0;
        scanner->flags |= FZ_SCAN_WORK_LIMIT;
        return false;
    }
    scanner->steps_left -= steps;
    return true;
}

/** The hits of a word in this view; NULL without any. */
static inline const FzHitWord *fz_scanner_word(const FzScanner *scanner,
                                               uint32_t word)
{
    uint32_t at;

    if (scanner->word_count <= FZ_FEW_WORDS) {
        for (at = 0; at < scanner->word_count; at++)
            if (scanner->word_id[at] == word)
                return &scanner->word[at];
        return NULL;
    }
    at = scanner->word_at[word];
    return at < scanner->word_count && scanner->word[at].word == word
               ? &scanner->word[at]
               : NULL;
}

/* --- scan.c: one view ----------------------------------------------------- */

/** What a form is evaluated for. */
typedef struct FzScan {
    const FzRuleset *ruleset;
    const FzRuleControls *controls;
    const FzMessage *message;
    const FzSignals *signals; /* told before the rules were asked */
    FzScanner *scanner;
    const FzProgram *program;
    const FzView *view;
} FzScan;

void fz_scan_view(const FzScan *scan);

/** A word that ends at octet `to', if its borders hold there. There is room for
 *  hits_left of them. */
void fz_scan_note(const FzScan *scan, uint32_t word, uint8_t octets,
                  uint8_t flags, uint32_t to);

/** fz_evaluate_form, counted where somebody counts. */
void fz_scan_evaluate(const FzScan *scan, uint32_t form,
                      const FzOccurrence *place);

/** From one list of hits to a list of ends for each word. */
void fz_scan_list_hits(FzScanner *scanner);

/* --- cost.c: with scanner->costs --------------------------------------------
 */

void fz_cost_entry(const FzScan *scan, uint32_t form);
void fz_cost_evaluate(const FzScan *scan, uint32_t form,
                      const FzOccurrence *place);

/* --- evaluate.c, clause.c ------------------------------------------------- */

/** Whether a rule is for this message at all: conditions, last day, state. */
bool fz_rule_is_asked(const FzScan *scan, uint32_t rule);

/** Evaluate a form and keep the match of its rule. `place` is where a regex
 *  was found; NULL otherwise. */
void fz_evaluate_form(const FzScan *scan, uint32_t form,
                      const FzOccurrence *place);

/** A term of it is made of words, and the message has none of them. Asked of
 *  all clauses before any is matched: nearly every form that fails does so for
 *  want of a word, and need not look for links or numbers. */
bool fz_clause_is_wanting(const FzScan *scan, const FzClause *clause);

/**
 * The matches of a clause: for each end the shortest, by ascending ends, in
 * scanner->before.
 *
 * @param all  false: those of the leftmost window that has one will do
 * @return how many; 0 also when work ran out
 */
uint32_t fz_clause_matches(const FzScan *scan, const FzClause *clause,
                           bool all);

/** The lengths of the runs of digits of the view, up to 64: 1 << (digits - 1).
 */
uint64_t fz_view_runs(const FzScan *scan);

/** Code points in [from, to) of the view. */
uint32_t fz_view_chars(const FzScan *scan, uint32_t from, uint32_t to);

/** Sort, counting the steps; false when they ran out. */
bool fz_sort_by_start(FzScanner *scanner, FzOccurrence *item, uint32_t count);
bool fz_sort_by_end(FzScanner *scanner, FzOccurrence *item, uint32_t count);

#endif

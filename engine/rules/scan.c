/* SPDX-License-Identifier: BSD-2-Clause
 *
 * scan.c - one view of one message: hits, lists of hits, forms
 */
#include "config.h"

#include "engine/rules/borders.h"
#include "engine/rules/scanner.h"
#include "engine/rules/seek.h"

/* --- hits ---------------------------------------------------------------- */

/* A hit: end << 32 | whether it is an anchor << 31 | word. */
#define ANCHOR_BIT ((uint64_t)1 << 31)

static inline uint32_t word_of(uint64_t hit)
{
    return (uint32_t)hit & ~(uint32_t)ANCHOR_BIT;
}

void fz_scan_note(const FzScan *scan, uint32_t word, uint8_t octets,
                  uint8_t flags, uint32_t to)
{
    FzScanner *scanner = scan->scanner;
    uint64_t hit = (uint64_t)to << 32 | word;

    if ((flags & (FZ_WORD_LEFT | FZ_WORD_RIGHT)) != 0 &&
        !fz_borders_hold(scan->view, flags, to - octets, to))
        return;
    if (flags & FZ_WORD_ANCHOR) {
        hit |= ANCHOR_BIT;
        scanner->anchored = true;
    }
    /* the order of callbacks is not promised (never seen otherwise) */
    scanner->disorder |= to < scanner->hit_order >> 32;
    scanner->hit_order = hit;
    scanner->hit[scanner->hit_count++] = hit;
}

/* All that happens while Hyperscan runs: a hit is noted. */
static int on_hit(void *ctx, uint32_t number, uint32_t to)
{
    const FzScan *scan = ctx;
    const FzProgram *program = scan->program;
    const FzString *string = &program->string[number];
    FzScanner *scanner = scan->scanner;

    if (scanner->hits_left < string->words) {
        scanner->hits_left = 0;
        scanner->flags |= FZ_SCAN_WORK_LIMIT;
        return 1;
    }
    scanner->hits_left -= string->words;
    fz_scan_note(scan, string->word, string->octets, string->flags, to);
    for (uint32_t w = 1; w < string->words; w++)
        fz_scan_note(scan, string->word + w, string->octets,
                     program->word[string->word + w].flags, to);
    return 0;
}

static void sink(uint64_t *item, uint32_t at, uint32_t count)
{
    uint64_t moved = item[at];

    for (;;) {
        uint32_t child = 2 * at + 1;

        if (child >= count)
            break;
        if (child + 1 < count && item[child + 1] > item[child])
            child++;
        if (item[child] <= moved)
            break;
        item[at] = item[child];
        at = child;
    }
    item[at] = moved;
}

static void sort_hits(FzScanner *scanner)
{
    uint64_t *item = scanner->hit;

    for (uint32_t at = scanner->hit_count / 2; at-- > 0;)
        sink(item, at, scanner->hit_count);
    for (uint32_t last = scanner->hit_count; last-- > 1;) {
        uint64_t top = item[0];

        item[0] = item[last];
        item[last] = top;
        sink(item, 0, last);
    }
}

static FzHitWord *add_word(FzScanner *scanner, uint64_t hit)
{
    uint32_t at = scanner->word_count++, word = word_of(hit);

    /* no longer few: the table has to know the first ones too */
    for (uint32_t i = 0; at == FZ_FEW_WORDS && i < at; i++)
        scanner->word_at[scanner->word_id[i]] = i;
    if (at >= FZ_FEW_WORDS)
        scanner->word_at[word] = at;
    scanner->word_id[at] = word;
    scanner->word[at] =
        (FzHitWord){.word = word, .anchor = (hit & ANCHOR_BIT) != 0};
    scanner->bits |= fz_word_bit(word);
    return &scanner->word[at];
}

/* From one list by position to a list of ends for each word. */
void fz_scan_list_hits(FzScanner *scanner)
{
    uint32_t first = 0;

    if (scanner->disorder)
        sort_hits(scanner);
    for (uint32_t i = 0; i < scanner->hit_count; i++) {
        uint64_t entry = scanner->hit[i];
        FzHitWord *hit = (FzHitWord *)fz_scanner_word(scanner, word_of(entry));

        if (hit == NULL)
            hit = add_word(scanner, entry);
        hit->count++;
        /* the word's place in `word' is enough from here on */
        scanner->hit[i] = (entry >> 32) << 32 | (uint64_t)(hit - scanner->word);
    }
    for (uint32_t i = 0; i < scanner->word_count; i++) {
        scanner->word[i].first = first;
        first += scanner->word[i].count;
        scanner->word[i].count = 0;
    }
    for (uint32_t i = 0; i < scanner->hit_count; i++) {
        FzHitWord *hit = &scanner->word[(uint32_t)scanner->hit[i]];

        scanner->end[hit->first + hit->count++] =
            (uint32_t)(scanner->hit[i] >> 32);
    }
}

/* --- forms --------------------------------------------------------------- */

void fz_scan_evaluate(const FzScan *scan, uint32_t form,
                      const FzOccurrence *place)
{
    if (scan->scanner->costs != NULL)
        fz_cost_evaluate(scan, form, place);
    else
        fz_evaluate_form(scan, form, place);
}

static inline bool passes(const FzScan *scan, const FzEntry *entry)
{
    if (entry->guard == FZ_GUARD_RUNS)
        return (entry->mask & fz_view_runs(scan)) != 0;
    return (entry->mask & scan->scanner->bits) != 0 &&
           (entry->guard == FZ_NO_GUARD ||
            fz_scanner_word(scan->scanner, entry->guard) != NULL);
}

/* The sieve has said of which forms the anchor and the guard stand. */
static void follow_named(const FzScan *scan, const FzSifted *sifted)
{
    for (uint32_t i = 0; i < sifted->count; i++)
        fz_scan_evaluate(scan, sifted->form[i], NULL);
}

/* It may be any. */
static void follow_anchors(const FzScan *scan)
{
    const FzProgram *program = scan->program;
    FzScanner *scanner = scan->scanner;

    for (uint32_t i = 0; i < scanner->word_count; i++) {
        uint32_t word = scanner->word[i].word;

        if (!scanner->word[i].anchor)
            continue;
        for (uint32_t e = program->entry_first[word];
             e < program->entry_first[word + 1]; e++) {
            const FzEntry *entry = &program->entry[e];

            if (!fz_spend(scanner, 1))
                return;
            if (!passes(scan, entry))
                continue;
            if (scanner->costs != NULL)
                fz_cost_entry(scan, entry->form);
            fz_scan_evaluate(scan, entry->form, NULL);
        }
    }
}

static void follow_unanchored(const FzScan *scan)
{
    const FzProgram *program = scan->program;

    for (uint32_t i = 0; i < program->unanchored_count; i++) {
        if (!fz_spend(scan->scanner, 1))
            return;
        if (scan->scanner->costs != NULL)
            fz_cost_entry(scan, program->unanchored[i]);
        fz_scan_evaluate(scan, program->unanchored[i], NULL);
    }
}

/* --- regexes ------------------------------------------------------------- */

typedef struct Found {
    const FzScan *scan;
    uint32_t *number;
    uint32_t count;
} Found;

static int on_regex(void *ctx, uint32_t number, uint32_t to)
{
    Found *found = ctx;
    FzScanner *scanner = found->scan->scanner;

    (void)to;
    if (scanner->hits_left == 0) {
        scanner->flags |= FZ_SCAN_WORK_LIMIT;
        return 1;
    }
    scanner->hits_left--;
    found->number[found->count++] = number;
    return 0;
}

/* Which regexes match; evaluated after the words are known, which `none'
 * needs. */
static uint32_t find_regexes(const FzScan *scan, uint32_t *number)
{
    Found found = {scan, number, 0};

    if (fz_regexdb_scan(scan->program->regex, scan->view->octets,
                        scan->view->length, scan->scanner->scratch, on_regex,
                        &found) == FZ_MATCH_FAULT) {
        scan->scanner->flags |= FZ_SCAN_FAILED;
        return 0;
    }
    return found.count;
}

static void follow_regexes(const FzScan *scan, const uint32_t *number,
                           uint32_t count)
{
    const FzProgram *program = scan->program;

    for (uint32_t i = 0; i < count; i++) {
        FzOccurrence found = {0, 0, 0};

        if (!fz_regexdb_place(program->regex, number[i], scan->view->octets,
                              scan->view->length, scan->scanner->regex,
                              &found.start, &found.end))
            found = (FzOccurrence){0, 0, 0};
        if (scan->scanner->costs != NULL)
            fz_cost_entry(scan, fz_regexdb_rule(program->regex, number[i]));
        fz_scan_evaluate(scan, fz_regexdb_rule(program->regex, number[i]),
                         &found);
    }
}

/* --- words ---------------------------------------------------------------- */

static void find_words(const FzScan *scan)
{
    if (scan->program->db != NULL &&
        fz_matchdb_scan(scan->program->db, scan->view->octets,
                        scan->view->length, scan->scanner->scratch, on_hit,
                        (void *)(uintptr_t)scan) == FZ_MATCH_FAULT)
        scan->scanner->flags |= FZ_SCAN_FAILED;
}

/* --- the view ------------------------------------------------------------ */

static void forget_view(FzScanner *scanner)
{
    scanner->hit_count = 0;
    scanner->hit_order = 0;
    scanner->word_count = 0;
    scanner->bits = 0;
    scanner->recent_count = 0;
    scanner->disorder = scanner->anchored = false;
    scanner->runs_known = scanner->rank_known = scanner->sign_known = false;
    if (++scanner->stamp == 0) {
        memset(scanner->form_stamp, 0,
               scanner->forms * sizeof *scanner->form_stamp);
        scanner->stamp = 1;
    }
}

/* Words are looked for where something will be evaluated on them. What must
 * not stand beside a regex is made of words, too. */
void fz_scan_view(const FzScan *scan)
{
    uint32_t regex[FZ_LIMIT_REGEX_RULES], regexes = 0;
    const FzProgram *program = scan->program;
    FzScanner *scanner = scan->scanner;
    FzSifted sifted;

    fz_sieve_sift(program, scan->view, &scanner->piece,
                  scanner->looked && program->view == FZ_VIEW_FOLDED, &sifted);
    scanner->looked = false; /* it may be another view's now */
    forget_view(scanner);
    if (scan->view->cut)
        scanner->flags |= FZ_SCAN_WORK_LIMIT;
    for (uint32_t i = 0; i < sifted.count; i++)
        if (scanner->costs != NULL && !sifted.any)
            fz_cost_entry(scan, sifted.form[i]);
    if (program->regex != NULL)
        regexes = find_regexes(scan, regex);
    if (program->unanchored_count == 0 && regexes == 0 && !sifted.any &&
        (sifted.count == 0 || fz_seek_forms(scan, &sifted)))
        return;
    find_words(scan);
    if (!scanner->anchored && program->unanchored_count == 0 && regexes == 0)
        return;
    fz_scan_list_hits(scanner);
    if (sifted.any)
        follow_anchors(scan);
    else
        follow_named(scan, &sifted);
    follow_unanchored(scan);
    follow_regexes(scan, regex, regexes);
}

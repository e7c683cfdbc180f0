/* SPDX-License-Identifier: BSD-2-Clause
 *
 * clause.c - where a phrase stands in a view, from the positions of its words
 *
 * A chain is one occurrence of each term, each beginning at or behind the end
 * of the one before with the gap between them holding. Term by term, every
 * occurrence that can be reached keeps the shortest chain that ends with it.
 * Gaps have upper bounds only, so an occurrence that is too far behind for one
 * start is too far for every later one: one pass with a queue does (the maximum
 * of a sliding window).
 */
#include "config.h"

#include "engine/rules/chars.h"
#include "engine/rules/entities.h"
#include "engine/rules/impl.h"
#include "engine/rules/phrase.h"
#include "engine/rules/scanner.h"

#include "base/utf8.h"

/* Longer views are evaluated in windows around the rarest term. */
#define WHOLE_OCTETS 1024
#define TOGETHER_OCTETS 4096
/* What may be a leading signature, in characters between its brackets. */
#define SIGN_CHARS 32

/* --- counting characters ------------------------------------------------- */

static void know_ranks(const FzScan *scan)
{
    FzScanner *scanner = scan->scanner;
    uint32_t chars = 0, length = scan->view->length;

    for (uint32_t block = 0; 64 * block <= length; block++) {
        const uint8_t *octets = scan->view->octets + 64 * block;
        uint32_t count = length - 64 * block < 64 ? length - 64 * block : 64;
        uint64_t mask = 0;

        for (uint32_t i = 0; i < count; i++)
            mask |= (uint64_t)((octets[i] & 0xC0) != 0x80) << i;
        scanner->rank[block] = chars;
        scanner->rank_mask[block] = mask;
        chars += (uint32_t)__builtin_popcountll(mask);
    }
    scanner->rank_known = true;
}

static uint32_t rank_of(const FzScanner *scanner, uint32_t at)
{
    uint64_t below = ((uint64_t)1 << at % 64) - 1;

    return scanner->rank[at / 64] +
           (uint32_t)__builtin_popcountll(scanner->rank_mask[at / 64] & below);
}

uint32_t fz_view_chars(const FzScan *scan, uint32_t from, uint32_t to)
{
    FzScanner *scanner = scan->scanner;

    if (!scanner->rank_known)
        know_ranks(scan);
    return rank_of(scanner, to) - rank_of(scanner, from);
}

/* --- gaps ---------------------------------------------------------------- */

static bool joins(const FzScan *scan, uint32_t from, uint32_t to)
{
    uint32_t cp;

    for (int chars = 0; from < to; chars++) {
        size_t used = fz_utf8_decode(scan->view->octets + from, to - from, &cp);

        if (chars == FZ_JOIN_CHARS || used == 0 || !fz_char_joins(cp))
            return false;
        from += (uint32_t)used;
    }
    return true;
}

/* A code point has one to four octets, so most gaps are decided by the octets
 * alone. */
static bool gap_holds(const FzScan *scan, uint32_t from, uint32_t to,
                      uint8_t gap)
{
    uint32_t octets = to - from;

    if (gap == FZ_GAP_JOIN)
        return octets == 0 || (octets <= FZ_UTF8_MAX_OCTETS * FZ_JOIN_CHARS &&
                               joins(scan, from, to));
    if (octets <= gap)
        return true;
    if (octets > FZ_UTF8_MAX_OCTETS * (uint32_t)gap)
        return false;
    return fz_view_chars(scan, from, to) <= gap;
}

/* --- the ends of the text ------------------------------------------------ */

static uint32_t closing_of(uint32_t opening)
{
    switch (opening) {
    case '[':
        return ']';
    case 0x3010: /* 【 */
        return 0x3011;
    case 0xFF3B: /* ［, in the raw view */
        return 0xFF3D;
    default:
        return 0;
    }
}

/* Behind the signature that a text begins with, or 0. */
static void know_sign(const FzScan *scan)
{
    FzScanner *scanner = scan->scanner;
    const FzView *view = scan->view;
    uint32_t at = 0, cp = 0, closing;

    scanner->sign_known = true;
    scanner->sign_end = 0;
    do {
        if (at == view->length)
            return;
        at +=
            (uint32_t)fz_utf8_decode(view->octets + at, view->length - at, &cp);
    } while (cp <= ' ' || cp == 0x3000);
    closing = closing_of(cp);
    for (int chars = 0; closing != 0 && chars <= SIGN_CHARS; chars++) {
        if (at == view->length)
            return;
        at +=
            (uint32_t)fz_utf8_decode(view->octets + at, view->length - at, &cp);
        if (cp == closing) {
            scanner->sign_end = at;
            return;
        }
    }
}

static bool begins(const FzScan *scan, uint32_t start, uint8_t gap)
{
    FzScanner *scanner = scan->scanner;

    if (!scanner->sign_known)
        know_sign(scan);
    return gap_holds(scan, 0, start, gap) ||
           (scanner->sign_end != 0 && scanner->sign_end <= start &&
            gap_holds(scan, scanner->sign_end, start, gap));
}

/* --- runs of digits and tokens ------------------------------------------- */

static bool is_digit(uint8_t octet)
{
    return octet >= '0' && octet <= '9';
}

/* How many octets of [,.] join the digits before to those behind: a point
 * between digits, a comma before exactly three of them. */
static uint32_t inside_run(const FzView *view, uint32_t at)
{
    const uint8_t *octets = view->octets;

    if (at + 1 >= view->length || !is_digit(octets[at + 1]))
        return 0;
    if (octets[at] == '.')
        return 1;
    if (octets[at] != ',')
        return 0;
    return at + 3 < view->length && is_digit(octets[at + 2]) &&
                   is_digit(octets[at + 3]) &&
                   (at + 4 >= view->length || !is_digit(octets[at + 4]))
               ? 1
               : 0;
}

static void know_runs(const FzScan *scan)
{
    FzScanner *scanner = scan->scanner;
    const FzView *view = scan->view;
    uint32_t at = 0;

    scanner->runs_known = true;
    scanner->run_count = 0;
    scanner->runs = 0;
    if (scanner->views.features.digits == 0)
        return;
    while (at < view->length) {
        FzRun run = {at, at, 0};

        if (!is_digit(view->octets[at])) {
            at++;
            continue;
        }
        if (scanner->run_count == FZ_RUNS_MAX) {
            scanner->flags |= FZ_SCAN_WORK_LIMIT;
            return;
        }
        for (;;) {
            while (at < view->length && is_digit(view->octets[at])) {
                at++;
                run.digits++;
            }
            if (at >= view->length || inside_run(view, at) == 0)
                break;
            at++;
        }
        run.end = at;
        scanner->run[scanner->run_count++] = run;
        if (run.digits <= FZ_LIMIT_RUN_DIGITS)
            scanner->runs |= (uint64_t)1 << (run.digits - 1);
    }
}

uint64_t fz_view_runs(const FzScan *scan)
{
    if (!scan->scanner->runs_known)
        know_runs(scan);
    return scan->scanner->runs;
}

/* Once a message, and only where a rule gets as far as asking. */
static void know_tokens(const FzScan *scan)
{
    FzScanner *scanner = scan->scanner;
    const FzView *folded = &scanner->views.view[FZ_VIEW_FOLDED];

    if (scanner->tokens_known ||
        !(scanner->views.built & FZ_VIEW_BIT(FZ_VIEW_FOLDED)))
        return;
    scanner->tokens_known = true;
    fz_views_complete(&scanner->text, &scanner->views);
    fz_entities_find(&scanner->text, folded, scan->ruleset->entities,
                     &scanner->tokens);
    fz_tokens_answer(&scanner->tokens, scan->ruleset->entities);
}

/* The first octet of a view that comes from a code point at or behind `cp`. */
static uint32_t octet_of(const FzScan *scan, uint32_t cp)
{
    const FzView *view = scan->view;
    uint32_t low = 0, high = view->length;

    fz_views_complete(&scan->scanner->text, &scan->scanner->views);
    if (view->map == NULL)
        return scan->scanner->text.cp_octet[cp];
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (view->map[middle] < cp)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* --- occurrences of a term ----------------------------------------------- */

typedef struct Window {
    uint32_t from, to;
} Window;

typedef struct Gather {
    const FzScan *scan;
    const FzTerm *term;
    Window window;
    FzOccurrence *out; /* NULL: only count */
    uint32_t count;
} Gather;

static bool gather_word(Gather *gather, const FzHitWord *hit)
{
    FzScanner *scanner = gather->scan->scanner;
    uint32_t octets = gather->scan->program->word[hit->word].octets;
    const uint32_t *end = scanner->end + hit->first;
    uint32_t low = 0, high = hit->count;

    if (gather->out == NULL) {
        gather->count += hit->count;
        return true;
    }
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (end[middle] < gather->window.from + octets)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < hit->count && end[low] <= gather->window.to; low++) {
        if (!fz_spend(scanner, 1))
            return false;
        gather->out[gather->count++] =
            (FzOccurrence){end[low] - octets, end[low], end[low] - octets};
    }
    return true;
}

/* Without a branch on what is found: no processor foresees it. The term has
 * words. */
static bool has_word(const FzProgram *program, const FzTerm *term,
                     uint32_t word)
{
    const uint32_t *words = program->term_word + term->word;

    for (uint32_t left = term->words; left > 1;) {
        uint32_t half = left / 2;

        words += words[half] <= word ? half : 0;
        left -= half;
    }
    return *words == word;
}

/* The term is made of words, and the message has none of them. A long message
 * has many: where there is a table, fewer words of a term are looked up. */
static bool is_wanting(const FzScan *scan, const FzTerm *term)
{
    FzScanner *scanner = scan->scanner;
    const uint32_t *words = scan->program->term_word + term->word;
    bool look_up =
        scanner->word_count > FZ_FEW_WORDS && term->words < scanner->word_count;

    if (term->runs != 0 || term->entities != 0)
        return false;
    if ((term->mask & scanner->bits) == 0)
        return true;
    if (!fz_spend(scanner, look_up ? term->words : scanner->word_count))
        return true;
    for (uint32_t i = 0; look_up && i < term->words; i++)
        if (fz_scanner_word(scanner, words[i]) != NULL)
            return false;
    for (uint32_t i = 0; !look_up && i < scanner->word_count; i++)
        if ((term->mask & fz_word_bit(scanner->word_id[i])) != 0 &&
            has_word(scan->program, term, scanner->word_id[i]))
            return false;
    return true;
}

/* Over the words of the term or those of the message, whichever are fewer. */
static bool gather_words(Gather *gather)
{
    FzScanner *scanner = gather->scan->scanner;
    const FzProgram *program = gather->scan->program;
    const FzTerm *term = gather->term;
    uint32_t count = term->words;

    if (scanner->word_count < term->words)
        count = scanner->word_count;
    if (!fz_spend(scanner, count))
        return false;
    if ((term->mask & scanner->bits) == 0)
        return true;
    for (uint32_t i = 0; i < count; i++) {
        const FzHitWord *hit;

        if (count == term->words)
            hit = fz_scanner_word(scanner, program->term_word[term->word + i]);
        else
            hit = has_word(program, term, scanner->word[i].word)
                      ? &scanner->word[i]
                      : NULL;
        if (hit != NULL && !gather_word(gather, hit))
            return false;
    }
    return true;
}

static bool add(Gather *gather, uint32_t start, uint32_t end)
{
    if (start >= end || start < gather->window.from || end > gather->window.to)
        return true;
    if (gather->out != NULL) {
        if (!fz_spend(gather->scan->scanner, 1))
            return false;
        gather->out[gather->count] = (FzOccurrence){start, end, start};
    }
    gather->count++;
    return true;
}

static bool gather_runs(Gather *gather)
{
    FzScanner *scanner = gather->scan->scanner;

    if (!scanner->runs_known)
        know_runs(gather->scan);
    if (!fz_spend(scanner, scanner->run_count))
        return false;
    for (uint32_t i = 0; i < scanner->run_count; i++) {
        const FzRun *run = &scanner->run[i];

        if (run->digits <= FZ_LIMIT_RUN_DIGITS &&
            (gather->term->runs >> (run->digits - 1) & 1) != 0 &&
            !add(gather, run->start, run->end))
            return false;
    }
    return true;
}

static bool gather_tokens(Gather *gather)
{
    FzScanner *scanner = gather->scan->scanner;
    const FzTokens *tokens = &scanner->tokens;

    know_tokens(gather->scan);
    if (!(tokens->entities & gather->term->entities))
        return true;
    if (!fz_spend(scanner, tokens->count))
        return false;
    for (uint16_t i = 0; i < tokens->count; i++) {
        const FzToken *token = &tokens->item[i];

        if ((gather->term->entities >> token->entity & 1) != 0 &&
            !add(gather, octet_of(gather->scan, token->span.cp_from),
                 octet_of(gather->scan, token->span.cp_to)))
            return false;
    }
    return true;
}

/* False when work ran out. */
static bool gather_term(Gather *gather)
{
    return (gather->term->words == 0 || gather_words(gather)) &&
           (gather->term->runs == 0 || gather_runs(gather)) &&
           (gather->term->entities == 0 || gather_tokens(gather));
}

/* --- chains -------------------------------------------------------------- */

/* Keep of scanner->now (by start) what scanner->before (by end) reaches. */
static uint32_t reach(const FzScan *scan, uint32_t before_count,
                      uint32_t now_count, uint8_t gap)
{
    FzScanner *scanner = scan->scanner;
    const FzOccurrence *before = scanner->before;
    FzOccurrence *now = scanner->now;
    uint32_t *queue = scanner->queue, head = 0, tail = 0, next = 0, kept = 0;
    uint32_t cost = gap == FZ_GAP_JOIN ? FZ_JOIN_CHARS : 1;

    for (uint32_t i = 0; i < now_count; i++) {
        uint32_t start = now[i].start, was = next + head;

        for (; next < before_count && before[next].end <= start; next++) {
            while (tail > head &&
                   before[queue[tail - 1]].chain <= before[next].chain)
                tail--;
            queue[tail++] = next;
        }
        while (head < tail &&
               !gap_holds(scan, before[queue[head]].end, start, gap))
            head++;
        if (!fz_spend(scanner, cost * (1 + next + head - was)))
            return 0;
        if (head == tail)
            continue;
        now[kept] = now[i];
        now[kept++].chain = before[queue[head]].chain;
    }
    return kept;
}

static void swap_lists(FzScanner *scanner)
{
    FzOccurrence *list = scanner->now;

    scanner->now = scanner->before;
    scanner->before = list;
}

static uint32_t keep_beginning(const FzScan *scan, uint32_t count, uint8_t gap)
{
    FzOccurrence *now = scan->scanner->now;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        if (begins(scan, now[i].start, gap))
            now[kept++] = now[i];
    return kept;
}

static uint32_t keep_ending(const FzScan *scan, uint32_t count, uint8_t gap)
{
    FzOccurrence *before = scan->scanner->before;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++)
        if (gap_holds(scan, before[i].end, scan->view->length, gap))
            before[kept++] = before[i];
    return kept;
}

/* Of chains that end together the shortest stays; the list is by end. */
static uint32_t keep_shortest(FzScanner *scanner, uint32_t count)
{
    FzOccurrence *item = scanner->before;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || item[kept - 1].end != item[i].end)
            item[kept++] = item[i];
        else if (item[i].chain > item[kept - 1].chain)
            item[kept - 1] = item[i];
    }
    return kept;
}

static uint32_t match_window(const FzScan *scan, const FzClause *clause,
                             Window window)
{
    FzScanner *scanner = scan->scanner;
    uint32_t before_count = 0;

    for (uint8_t s = 0; s < clause->steps; s++) {
        const FzStep *step = &scan->program->step[clause->step + s];
        Gather gather = {scan, &scan->program->term[step->term], window,
                         scanner->now, 0};

        if (!gather_term(&gather) ||
            !fz_sort_by_start(scanner, scanner->now, gather.count))
            return 0;
        if (s > 0)
            gather.count = reach(scan, before_count, gather.count, step->gap);
        else if (clause->at_start)
            gather.count = keep_beginning(scan, gather.count, step->gap);
        if (gather.count == 0 ||
            !fz_sort_by_end(scanner, scanner->now, gather.count))
            return 0;
        swap_lists(scanner);
        before_count = gather.count;
    }
    if (clause->at_end)
        before_count = keep_ending(scan, before_count, clause->end_gap);
    return keep_shortest(scanner, before_count);
}

/* --- windows ------------------------------------------------------------- */

static uint32_t gap_octets(uint8_t gap)
{
    return FZ_UTF8_MAX_OCTETS * (gap == FZ_GAP_JOIN ? FZ_JOIN_CHARS : gap);
}

/* How far a match can reach to the left and right of its pivot; false when
 * that is not known. */
static bool reach_of(const FzScan *scan, const FzClause *clause, uint8_t pivot,
                     uint32_t *left, uint32_t *right)
{
    *left = *right = 0;
    for (uint8_t s = 0; s < clause->steps; s++) {
        const FzStep *step = &scan->program->step[clause->step + s];
        uint32_t octets = scan->program->term[step->term].octets_max;

        if (octets == UINT32_MAX)
            return false;
        if (s < pivot)
            *left += octets;
        if (s > pivot)
            *right += octets + gap_octets(step->gap);
        else if (s > 0)
            *left += gap_octets(step->gap);
    }
    return true;
}

/* Pivots go into the room of `within', which never asks for windows. */
static uint32_t list_pivots(const FzScan *scan, const FzClause *clause,
                            uint8_t pivot)
{
    FzScanner *scanner = scan->scanner;
    const FzStep *step = &scan->program->step[clause->step + pivot];
    Gather gather = {scan,
                     &scan->program->term[step->term],
                     {0, scan->view->length},
                     scanner->now,
                     0};

    if (!gather_term(&gather) ||
        !fz_sort_by_start(scanner, scanner->now, gather.count))
        return 0;
    for (uint32_t i = 0; i < gather.count; i++)
        scanner->event[i] = (FzEvent){.start = scanner->now[i].start,
                                      .end = scanner->now[i].end};
    return gather.count;
}

static Window window_around(const FzScan *scan, const FzEvent *pivot,
                            uint32_t left, uint32_t right)
{
    Window window = {0, scan->view->length};

    if (pivot->start > left)
        window.from = pivot->start - left;
    if (pivot->end + right < window.to)
        window.to = pivot->end + right;
    return window;
}

/* Windows that touch are taken together up to a size: where a phrase matches
 * early in a long text, the rest is not looked at. */
static Window take_together(const FzScan *scan, uint32_t *at, uint32_t count,
                            uint32_t left, uint32_t right)
{
    const FzEvent *pivot = scan->scanner->event;
    Window window = window_around(scan, &pivot[(*at)++], left, right), next;

    for (; *at < count; (*at)++) {
        next = window_around(scan, &pivot[*at], left, right);
        if (next.from > window.to || next.to - window.from > TOGETHER_OCTETS)
            break;
        if (next.to > window.to)
            window.to = next.to;
    }
    return window;
}

/* A match that ends before one found here has its pivot, and with it all of
 * its left part, in the same window: the first window that has any decides. */
static uint32_t match_windows(const FzScan *scan, const FzClause *clause,
                              uint8_t pivot, uint32_t left, uint32_t right)
{
    uint32_t count = list_pivots(scan, clause, pivot), found;

    for (uint32_t i = 0; i < count;) {
        Window window = take_together(scan, &i, count, left, right);

        found = match_window(scan, clause, window);
        if (found != 0)
            return found;
        if (!fz_spend(scan->scanner, 1))
            return 0;
    }
    return 0;
}

bool fz_clause_is_wanting(const FzScan *scan, const FzClause *clause)
{
    for (uint8_t s = 0; s < clause->steps; s++) {
        const FzStep *step = &scan->program->step[clause->step + s];

        if (is_wanting(scan, &scan->program->term[step->term]))
            return true;
    }
    return false;
}

uint32_t fz_clause_matches(const FzScan *scan, const FzClause *clause, bool all)
{
    Window whole = {0, scan->view->length};
    uint32_t least = UINT32_MAX, left, right;
    uint8_t pivot = 0;

    if (all || scan->view->length <= WHOLE_OCTETS)
        return match_window(scan, clause, whole);
    for (uint8_t s = 0; s < clause->steps; s++) {
        const FzStep *step = &scan->program->step[clause->step + s];
        Gather count = {scan, &scan->program->term[step->term], whole, NULL, 0};

        if (!gather_term(&count) || count.count == 0)
            return 0;
        if (count.count < least) {
            least = count.count;
            pivot = s;
        }
    }
    if (!reach_of(scan, clause, pivot, &left, &right))
        return match_window(scan, clause, whole);
    return match_windows(scan, clause, pivot, left, right);
}

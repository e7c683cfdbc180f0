/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "engine/decode/decode.h"
#include "engine/rules/impl.h"
#include "engine/rules/links.h"
#include "engine/rules/scanner.h"

#include <assert.h>

/* Scanners of one pool: gwlib has 1,024 threads at most. */
#define POOL_SCANNERS 2048

/* --- one scanner --------------------------------------------------------- */

static FzStatus alloc_scratch(FzScanner *scanner, const FzRuleset *ruleset)
{
    FzStatus status = FZ_OK;

    for (int v = 0; v < FZ_VIEWS && status == FZ_OK; v++) {
        const FzProgram *program = &ruleset->program[v];

        if (program->db != NULL)
            status = fz_matchdb_scratch(program->db, &scanner->scratch);
        if (program->regex != NULL && status == FZ_OK)
            status = fz_regexdb_scratch(program->regex, &scanner->scratch);
    }
    return status;
}

FzScanner *fz_scanner_create(const FzRuleset *ruleset)
{
    FzScanner *scanner = fz_calloc(1, sizeof *scanner);
    size_t words = ruleset->words_max + 1, blocks;

    blocks = FZ_LIMIT_VIEW_OCTETS / 64 + 2;
    fz_text_init(&scanner->text);
    fz_views_init(&scanner->views);
    fz_urls_init(&scanner->urls);
    fz_tokens_reset(&scanner->tokens);
    /* as an allocation that fails: there is no way to go on */
    if (alloc_scratch(scanner, ruleset) != FZ_OK)
        assert(!"hs_alloc_scratch failed");
    scanner->regex = ruleset->regexes ? fz_regex_room_create() : NULL;
    scanner->hit = fz_malloc(FZ_HITS_MAX * sizeof *scanner->hit);
    scanner->word = fz_malloc((words < FZ_HITS_MAX ? words : FZ_HITS_MAX) *
                              sizeof *scanner->word);
    scanner->word_id = fz_malloc((words < FZ_HITS_MAX ? words : FZ_HITS_MAX) *
                                 sizeof *scanner->word_id);
    scanner->word_at = fz_calloc(words, sizeof *scanner->word_at);
    scanner->end = fz_malloc(FZ_HITS_MAX * sizeof *scanner->end);
    scanner->run = fz_malloc(FZ_RUNS_MAX * sizeof *scanner->run);
    scanner->rank = fz_malloc(blocks * sizeof *scanner->rank);
    scanner->rank_mask = fz_malloc(blocks * sizeof *scanner->rank_mask);
    scanner->forms = ruleset->forms_max;
    scanner->form_stamp =
        fz_calloc(scanner->forms + 1, sizeof *scanner->form_stamp);
    scanner->now = fz_malloc(FZ_OCCURRENCES_MAX * sizeof *scanner->now);
    scanner->before = fz_malloc(FZ_OCCURRENCES_MAX * sizeof *scanner->before);
    scanner->queue = fz_malloc(FZ_OCCURRENCES_MAX * sizeof *scanner->queue);
    scanner->event = fz_malloc(FZ_OCCURRENCES_MAX * sizeof *scanner->event);
    scanner->match = fz_malloc(FZ_MATCHES_MAX * sizeof *scanner->match);
    scanner->match_at =
        fz_calloc(ruleset->total + 1, sizeof *scanner->match_at);
    scanner->pending =
        fz_calloc(ruleset->posts.count / 64 + 1, sizeof *scanner->pending);
    return scanner;
}

void fz_scanner_destroy(FzScanner *scanner)
{
    if (scanner == NULL)
        return;
    fz_text_clear(&scanner->text);
    fz_views_clear(&scanner->views);
    fz_urls_clear(&scanner->urls);
    hs_free_scratch(scanner->scratch);
    fz_regex_room_destroy(scanner->regex);
    fz_free(scanner->hit);
    fz_free(scanner->word);
    fz_free(scanner->word_id);
    fz_free(scanner->word_at);
    fz_free(scanner->end);
    fz_free(scanner->run);
    fz_free(scanner->rank);
    fz_free(scanner->rank_mask);
    fz_free(scanner->form_stamp);
    fz_free(scanner->now);
    fz_free(scanner->before);
    fz_free(scanner->queue);
    fz_free(scanner->event);
    fz_free(scanner->match);
    fz_free(scanner->match_at);
    fz_free(scanner->pending);
    fz_free(scanner);
}

void fz_scanner_begin(FzScanner *scanner, uint32_t chars)
{
    scanner->hits_left = FZ_LIMIT_HITS(chars);
    scanner->steps_left = FZ_LIMIT_STEPS(chars);
    scanner->flags = 0;
    scanner->match_count = 0;
    scanner->tokens_known = false;
    memset(&scanner->facts, 0, sizeof scanner->facts);
}

const FzMatch *fz_scanner_match(const FzScanner *scanner, uint32_t rule)
{
    uint32_t at;

    if (scanner->match_count == 0)
        return NULL;
    at = scanner->match_at[rule];

    return at < scanner->match_count && scanner->match[at].rule == rule &&
                   !scanner->match[at].cancelled
               ? &scanner->match[at]
               : NULL;
}

bool fz_scanner_keep(FzScanner *scanner, const FzMatch *match)
{
    if (scanner->match_count == FZ_MATCHES_MAX) {
        scanner->flags |= FZ_SCAN_WORK_LIMIT;
        return false;
    }
    scanner->match_at[match->rule] = scanner->match_count;
    scanner->match[scanner->match_count++] = *match;
    return true;
}

FzText *fz_scanner_text(FzScanner *scanner)
{
    return &scanner->text;
}

FzViews *fz_scanner_views(FzScanner *scanner)
{
    return &scanner->views;
}

FzTokens *fz_scanner_tokens(FzScanner *scanner)
{
    return &scanner->tokens;
}

FzUrls *fz_scanner_urls(FzScanner *scanner)
{
    return &scanner->urls;
}

void fz_scanner_tell_urls(FzScanner *scanner)
{
    fz_links_add_tokens(&scanner->urls, &scanner->tokens);
    scanner->urls_told = true;
}

FzSenderLook *fz_scanner_sender(FzScanner *scanner)
{
    return &scanner->sender;
}

void fz_scanner_tell_sender(FzScanner *scanner)
{
    const FzSenderLook *look = &scanner->sender;

    for (uint16_t i = 0; i < look->brand_count; i++)
        fz_tokens_add(&scanner->tokens,
                      (FzEntity)(FZ_ENTITY_BRAND_OF + look->brand[i].class_),
                      look->brand[i].span);
    scanner->sender_told = true;
}

/* --- the pool ------------------------------------------------------------ */

/* A stack without locks: the number of the uppermost idle scanner and, so that
 * one taken and given back in between is noticed, how often the stack changed.
 * Scanners live as long as the pool, so a number can always be followed. */
struct FzScannerPool {
    const FzRuleset *ruleset;
    _Atomic uint64_t top; /* changes << 32 | number + 1 */
    _Atomic uint32_t count;
    _Atomic(FzScanner *) scanner[POOL_SCANNERS];
};

FzScannerPool *fz_scanner_pool_create(const FzRuleset *ruleset)
{
    FzScannerPool *pool = fz_calloc(1, sizeof *pool);

    pool->ruleset = ruleset;
    return pool;
}

void fz_scanner_pool_destroy(FzScannerPool *pool)
{
    if (pool == NULL)
        return;
    for (uint32_t i = 0; i < POOL_SCANNERS; i++)
        fz_scanner_destroy(pool->scanner[i]);
    fz_free(pool);
}

static FzScanner *add_scanner(FzScannerPool *pool)
{
    FzScanner *scanner = fz_scanner_create(pool->ruleset);

    scanner->number =
        atomic_fetch_add_explicit(&pool->count, 1, memory_order_relaxed);
    if (scanner->number < POOL_SCANNERS)
        atomic_store_explicit(&pool->scanner[scanner->number], scanner,
                              memory_order_release);
    return scanner;
}

FzScanner *fz_scanner_take(FzScannerPool *pool)
{
    uint64_t top = atomic_load_explicit(&pool->top, memory_order_acquire);
    FzScanner *scanner;
    uint64_t next;

    do {
        if ((uint32_t)top == 0) {
            scanner = add_scanner(pool);
            break;
        }
        scanner = atomic_load_explicit(&pool->scanner[(uint32_t)top - 1],
                                       memory_order_acquire);
        next = ((top >> 32) + 1) << 32 |
               atomic_load_explicit(&scanner->next, memory_order_relaxed);
    } while (!atomic_compare_exchange_weak_explicit(
        &pool->top, &top, next, memory_order_acquire, memory_order_acquire));
    fz_tokens_reset(&scanner->tokens);
    scanner->looked = false;
    return scanner;
}

void fz_scanner_give(FzScannerPool *pool, FzScanner *scanner)
{
    uint64_t top, next;

    if (scanner == NULL)
        return;
    if (scanner->number >= POOL_SCANNERS) { /* more threads than there are */
        fz_scanner_destroy(scanner);
        return;
    }
    top = atomic_load_explicit(&pool->top, memory_order_relaxed);
    do {
        atomic_store_explicit(&scanner->next, (uint32_t)top,
                              memory_order_relaxed);
        next = ((top >> 32) + 1) << 32 | (scanner->number + 1);
    } while (!atomic_compare_exchange_weak_explicit(
        &pool->top, &top, next, memory_order_release, memory_order_relaxed));
}

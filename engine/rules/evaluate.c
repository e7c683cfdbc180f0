/* SPDX-License-Identifier: BSD-2-Clause
 *
 * evaluate.c - does a rule match this view?
 */
#include "config.h"

#include "engine/rules/impl.h"
#include "engine/rules/scanner.h"

/* --- is the rule asked at all? ------------------------------------------- */

static bool when_holds(const FzScan *scan, const FzWhen *when)
{
    FzWhenAsk ask = {scan->message, scan->signals, NULL};

    if (scan->scanner->sender_told)
        ask.sender = &scan->scanner->sender.facts;
    return fz_when_holds(when, &ask);
}

bool fz_rule_is_asked(const FzScan *scan, uint32_t rule)
{
    const FzRuleset *ruleset = scan->ruleset;
    const FzRuleRun *run = &ruleset->run[rule];
    FzRuleState state;

    if (run->when != NULL && !when_holds(scan, run->when))
        return false;
    if (rule >= ruleset->count)
        return true; /* a helper */
    if (run->expires_ms != 0 && scan->message->now_ms >= run->expires_ms)
        return false;
    state = fz_rule_state_in_force(ruleset, scan->controls, rule);
    return state == FZ_RULE_ACTIVE || state == FZ_RULE_SHADOW;
}

static bool facts_hold(const FzScan *scan, const FzForm *form)
{
    for (uint16_t i = 0; i < form->facts; i++) {
        const FzFactTest *test = &scan->program->fact[form->fact + i];

        if (fz_facts_have(&scan->scanner->facts, test->fact) != test->wanted)
            return false;
    }
    return true;
}

/* --- the places ---------------------------------------------------------- */

typedef struct Place {
    uint32_t start, end; /* octets of the view */
} Place;

static void sort_places(Place *place, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        Place moved = place[i];
        uint32_t at = i;

        for (; at > 0 && (place[at - 1].start > moved.start ||
                          (place[at - 1].start == moved.start &&
                           place[at - 1].end > moved.end));
             at--)
            place[at] = place[at - 1];
        place[at] = moved;
    }
}

/* --- clauses anywhere ---------------------------------------------------- */

static bool match_anywhere(const FzScan *scan, const FzForm *form, Place *place)
{
    for (uint16_t c = 0; c < form->all; c++) {
        const FzOccurrence *first;

        if (fz_clause_matches(scan, &scan->program->clause[form->clause + c],
                              false) == 0)
            return false;
        first = scan->scanner->before;
        place[c] = (Place){first->chain, first->end};
    }
    return true;
}

/* --- clauses near each other --------------------------------------------- */

typedef struct Nearby {
    uint32_t first, next, end; /* events of one clause, and the next to see */
    Place best;                /* the one that begins last, of those seen */
} Nearby;

static bool list_events(const FzScan *scan, const FzForm *form, Nearby *nearby)
{
    FzScanner *scanner = scan->scanner;
    uint32_t used = 0;

    for (uint16_t c = 0; c < form->all; c++) {
        uint32_t count = fz_clause_matches(
            scan, &scan->program->clause[form->clause + c], true);

        if (count == 0)
            return false;
        if (count > FZ_OCCURRENCES_MAX - used || !fz_spend(scanner, count)) {
            scanner->flags |= FZ_SCAN_WORK_LIMIT;
            return false;
        }
        nearby[c].first = nearby[c].next = used;
        for (uint32_t i = 0; i < count; i++)
            scanner->event[used++] =
                (FzEvent){.start = scanner->before[i].chain,
                          .end = scanner->before[i].end,
                          .clause = c};
        nearby[c].end = used;
    }
    return true;
}

/* The event that ends next; UINT16_MAX when all were seen. */
static uint16_t next_event(const FzScanner *scanner, const Nearby *nearby,
                           uint16_t count)
{
    uint16_t next = UINT16_MAX;

    for (uint16_t c = 0; c < count; c++)
        if (nearby[c].next < nearby[c].end &&
            (next == UINT16_MAX || scanner->event[nearby[c].next].end <
                                       scanner->event[nearby[next].next].end))
            next = c;
    return next;
}

/* Every clause's latest beginning among those that ended so far: the tightest
 * choice that ends here. */
static bool match_nearby(const FzScan *scan, const FzForm *form, Place *place)
{
    Nearby nearby[FZ_LIMIT_FORM_CLAUSES];
    FzScanner *scanner = scan->scanner;
    uint16_t clause, seen = 0;

    if (!list_events(scan, form, nearby))
        return false;
    while ((clause = next_event(scanner, nearby, form->all)) != UINT16_MAX) {
        const FzEvent *event = &scanner->event[nearby[clause].next];
        uint32_t from = event->start;

        if (!fz_spend(scanner, 2u * form->all))
            return false;
        if (nearby[clause].next == nearby[clause].first) {
            nearby[clause].best = (Place){event->start, event->end};
            seen++;
        } else if (event->start >= nearby[clause].best.start) {
            nearby[clause].best = (Place){event->start, event->end};
        }
        nearby[clause].next++;
        if (seen < form->all)
            continue;
        for (uint16_t c = 0; c < form->all; c++)
            if (nearby[c].best.start < from)
                from = nearby[c].best.start;
        if (fz_view_chars(scan, from, event->end) > form->within)
            continue;
        for (uint16_t c = 0; c < form->all; c++)
            place[c] = nearby[c].best;
        return true;
    }
    return false;
}

/* Several words of one form may be hit: it is evaluated once. */
static bool was_evaluated(FzScanner *scanner, uint32_t form)
{
    for (uint32_t i = 0; i < scanner->recent_count; i++)
        if (scanner->recent[i] == form)
            return true;
    if (scanner->recent_count < FZ_FEW_FORMS) {
        scanner->recent[scanner->recent_count++] = form;
        return false;
    }
    if (scanner->form_stamp[form] == scanner->stamp)
        return true;
    scanner->form_stamp[form] = scanner->stamp;
    return false;
}

/* --- the form ------------------------------------------------------------ */

static bool is_wanting(const FzScan *scan, const FzForm *form)
{
    for (uint16_t c = 0; c < form->all; c++)
        if (fz_clause_is_wanting(scan,
                                 &scan->program->clause[form->clause + c]))
            return true;
    return false;
}

static bool has_none(const FzScan *scan, const FzForm *form)
{
    uint32_t first = form->clause + form->all;

    for (uint16_t c = 0; c < form->none; c++) {
        const FzClause *clause = &scan->program->clause[first + c];

        if (!fz_clause_is_wanting(scan, clause) &&
            fz_clause_matches(scan, clause, false) != 0)
            return false;
    }
    return true;
}

void fz_evaluate_form(const FzScan *scan, uint32_t number,
                      const FzOccurrence *found)
{
    const FzForm *form = &scan->program->form[number];
    FzScanner *scanner = scan->scanner;
    FzMatch match = {.rule = form->rule, .view = scan->program->view};
    Place place[FZ_LIMIT_FORM_CLAUSES];
    uint32_t places = form->all;

    if (was_evaluated(scanner, number))
        return;
    /* it may have matched already, in another view */
    if (fz_scanner_match(scanner, form->rule) != NULL ||
        !fz_rule_is_asked(scan, form->rule) || !facts_hold(scan, form) ||
        is_wanting(scan, form))
        return;
    if (form->within != 0 ? !match_nearby(scan, form, place)
                          : !match_anywhere(scan, form, place))
        return;
    /* where nothing can be said about what must not be there, the rule does
     * not match: the work limit is told */
    if (!has_none(scan, form) || !fz_spend(scanner, 1))
        return;
    if (found != NULL && found->end != 0) {
        place[0] = (Place){found->start, found->end};
        places = 1;
    }
    sort_places(place, places);
    fz_views_complete(&scanner->text, &scanner->views);
    for (uint32_t i = 0; i < places && i < FZ_SIGNAL_SPANS; i++)
        match.spans[match.span_count++] = fz_view_span(
            &scanner->text, scan->view, place[i].start, place[i].end);
    fz_scanner_keep(scanner, &match);
}

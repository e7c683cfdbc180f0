/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/verdict/explain.h"
#include "engine/verdict/links.h"
#include "engine/verdict/record.h"

#include <stdarg.h>

typedef struct Teller {
    const FzExplain *what;
    FzExplainStyle style;
    FzBuf *out;
} Teller;

typedef enum Paint {
    PAINT_OFF,
    PAINT_BOLD,
    PAINT_MARK,
    PAINT_DIM,
    PAINT_RED,
    PAINT_GREEN,
} Paint;

static void paint(Teller *it, Paint colour)
{
    static const char *const codes[] = {
        [PAINT_OFF] = "\033[0m",    [PAINT_BOLD] = "\033[1m",
        [PAINT_MARK] = "\033[7m",   [PAINT_DIM] = "\033[2m",
        [PAINT_RED] = "\033[1;31m", [PAINT_GREEN] = "\033[32m",
    };

    if (it->style == FZ_EXPLAIN_COLOUR)
        fz_buf_append_text(it->out, codes[colour]);
}

static void label(Teller *it, const char *name)
{
    paint(it, PAINT_DIM);
    fz_buf_printf(it->out, "%-9s", name);
    paint(it, PAINT_OFF);
}

static const char *points_text(FzPoints points, char *text, size_t octets)
{
    bool whole = points % 10 == 0;

    snprintf(text, octets, whole ? "%.1f" : "%.2f", points / 100.0);
    return text;
}

/* --- what a list said ------------------------------------------------------
 */
static void tell_age(Teller *it, int32_t age_s)
{
    if (age_s < 0)
        return;
    if (age_s < 7200)
        fz_buf_printf(it->out, ", %d minutes old", age_s / 60);
    else if (age_s < 2 * 86400)
        fz_buf_printf(it->out, ", %d hours old", age_s / 3600);
    else
        fz_buf_printf(it->out, ", %d days old", age_s / 86400);
}

/* Lists come from others: what a terminal obeys is not passed on. */
static void put_clean(Teller *it, const char *text)
{
    for (; *text != '\0'; text++)
        fz_buf_append_octet(it->out, (uint8_t)*text < ' ' || *text == 0x7F
                                         ? '?'
                                         : (uint8_t)*text);
}

static void tell_answer(Teller *it, const FzSignal *signal)
{
    put_clean(it, signal->entry);
    fz_buf_append_text(it->out, " of list `");
    put_clean(it, signal->list);
    fz_buf_append_text(it->out, "'");
    tell_age(it, signal->age_s);
    if (signal->stale)
        fz_buf_append_text(it->out, ", stale: worth nothing");
    if (signal->note != NULL && signal->note[0] != '\0') {
        fz_buf_append_text(it->out, " (");
        put_clean(it, signal->note);
        fz_buf_append_text(it->out, ")");
    }
}

static void tell_list(Teller *it, const char *how, const char *name)
{
    const FzSignals *signals = &it->what->verdict->signals;

    for (uint16_t i = 0; i < signals->count; i++) {
        if (signals->item[i].name != name)
            continue;
        fz_buf_printf(it->out, ", %s ", how);
        tell_answer(it, &signals->item[i]);
        return;
    }
    fz_buf_printf(it->out, ", %s `%s'", how, name);
}

/* --- verdict and score -----------------------------------------------------
 */
static void tell_verdict(Teller *it)
{
    const FzVerdict *verdict = it->what->verdict;

    label(it, "verdict");
    paint(it, verdict->would >= FZ_ACTION_QUARANTINE ? PAINT_RED
              : verdict->would == FZ_ACTION_PASS     ? PAINT_GREEN
                                                     : PAINT_BOLD);
    fz_buf_append_text(it->out, fz_action_name(verdict->would));
    paint(it, PAINT_OFF);
    switch (verdict->by) {
    case FZ_DECIDED_BY_NOTHING:
        fz_buf_append_text(it->out, ": nothing speaks against it");
        break;
    case FZ_DECIDED_BY_SCORE:
        fz_buf_append_text(it->out, ", decided by the score");
        break;
    case FZ_DECIDED_BY_RULE:
        fz_buf_printf(it->out, ", decided by rule `%s'", verdict->decider);
        break;
    case FZ_DECIDED_BY_CEILING:
        fz_buf_printf(it->out, ", held down by rule `%s'", verdict->decider);
        break;
    case FZ_DECIDED_BY_OPERATOR_BLOCK:
    case FZ_DECIDED_BY_LIST_BLOCK:
        tell_list(it, "blocked by", verdict->decider);
        break;
    case FZ_DECIDED_BY_OPERATOR_ALLOW:
        tell_list(it, "allowed by", verdict->decider);
        break;
    case FZ_DECIDED_BY_CONTRADICTION:
        fz_buf_printf(it->out, ", decided by the contradiction `%s'",
                      verdict->decider);
        break;
    case FZ_DECIDED_BY_STANDING:
        fz_buf_printf(it->out, ", by the standing decision `%s'",
                      verdict->decider);
        break;
    case FZ_DECIDED_BY_CLASS:
        fz_buf_printf(it->out, ", held down by the sender's class: `%s'",
                      verdict->decider);
        break;
    case FZ_DECIDED_BY_FAILURE:
        fz_buf_printf(it->out, ", by the failure policy: %s is %s",
                      fz_failure_name(verdict->failure),
                      fz_failure_choice_name(verdict->choice));
        break;
    }
    if (verdict->wanted == FZ_ACTION_REWRITE && verdict->profile->rewrite &&
        verdict->would > FZ_ACTION_REWRITE)
        fz_buf_append_text(it->out,
                           "; a rewrite, but it cannot be made to fit");
    else if (verdict->wanted != verdict->would)
        fz_buf_printf(it->out,
                      "; would be %s, which the profile does not allow",
                      fz_action_name(verdict->wanted));
    if (verdict->acted != verdict->would)
        fz_buf_printf(it->out, " (%s: passes)",
                      it->what->env->bypass ? "bypass" : "observe");
    fz_buf_append_octet(it->out, '\n');
    if (verdict->reason != NULL) {
        label(it, "reason");
        fz_buf_printf(it->out, "%s (%s): %s\n", verdict->reason->name,
                      verdict->reason->code, verdict->reason->en);
    }
}

static const FzGroupCap *cap_of(const FzProfile *profile, const char *group)
{
    for (uint32_t i = 0; group != NULL && i < profile->cap_count; i++)
        if (strcmp(profile->caps[i].group, group) == 0)
            return &profile->caps[i];
    return NULL;
}

static void tell_score(Teller *it)
{
    const FzVerdict *verdict = it->what->verdict;
    const FzProfile *profile = verdict->profile;
    char number[24];
    bool first = true;

    label(it, "score");
    fz_buf_printf(it->out, "%s",
                  points_text(verdict->score, number, sizeof number));
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        const FzGroupCap *cap = cap_of(profile, signal->group);

        if (signal->state != FZ_RULE_ACTIVE || signal->weight == 0)
            continue;
        fz_buf_printf(it->out, "%s%s from %s", first ? " = " : " + ",
                      points_text(fz_signal_points(signal, profile), number,
                                  sizeof number),
                      signal->name);
        if (cap != NULL)
            fz_buf_printf(it->out, " (group %s, at most %s)", cap->group,
                          points_text(cap->cap, number, sizeof number));
        first = false;
    }
    fz_buf_append_text(it->out, "; 5 rewrites or warns, 10 quarantines\n");
    label(it, "profile");
    fz_buf_printf(it->out, "%s (%d %%; rewrite %s, warn %s)\n", profile->name,
                  profile->scale_percent,
                  profile->rewrite ? "allowed" : "not allowed",
                  profile->warn ? "allowed" : "not allowed");
}

/* --- signals ---------------------------------------------------------------
 */
static bool is_hidden(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7F && cp <= 0x9F) || cp == 0xAD ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x2028 && cp <= 0x202E) ||
           (cp >= 0x2060 && cp <= 0x206F) || cp == 0xFEFF || cp == 0xFFFF ||
           (cp >= 0xE0000 && cp <= 0xE007F);
}

/* What a terminal obeys or hides is written out, the rest is as it is. */
static void put_char(Teller *it, const FzText *text, uint32_t index)
{
    const uint8_t *data = text->raw + text->cp_octet[index];
    size_t octets = text->cp_octet[index + 1] - text->cp_octet[index];
    uint32_t cp = 0;

    fz_utf8_decode(data, octets, &cp);
    if (is_hidden(cp))
        fz_buf_printf(it->out, "\\u{%x}", cp);
    else
        fz_buf_append(it->out, data, octets);
}

static void tell_spans(Teller *it, const FzSignal *signal)
{
    const FzText *text = it->what->text;

    for (uint8_t i = 0; i < signal->span_count; i++) {
        FzSpan span = signal->spans[i];

        fz_buf_printf(it->out, " %u-%u", span.cp_from, span.cp_to);
        if (text == NULL || span.cp_to > text->chars)
            continue;
        fz_buf_append_text(it->out, " \"");
        for (uint32_t at = span.cp_from; at < span.cp_to; at++)
            put_char(it, text, at);
        fz_buf_append_octet(it->out, '"');
    }
}

/* What a signal that is no rule means, and of whom it speaks. */
static void tell_fact(Teller *it, const FzSignal *signal)
{
    int fact = fz_signal_def_find(signal->name);

    if (fact < 0)
        return;
    label(it, "");
    fz_buf_printf(it->out, "  %s", fz_signal_defs()[fact].sentence);
    if (signal->entry != NULL) {
        fz_buf_append_text(it->out, ": ");
        put_clean(it, signal->entry);
    }
    fz_buf_append_octet(it->out, '\n');
}

static void tell_signals(Teller *it)
{
    const FzVerdict *verdict = it->what->verdict;
    char number[24];

    if (verdict->signals.count == 0) {
        label(it, "signals");
        fz_buf_append_text(it->out, "none\n");
    }
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        const FzRuleInfo *rule = fz_signal_rule(signal, it->what->env->ruleset);

        label(it, i == 0 ? "signals" : "");
        paint(it, PAINT_BOLD);
        fz_buf_append_text(it->out, signal->name);
        paint(it, PAINT_OFF);
        if (signal->rule >= 0)
            fz_buf_printf(it->out, " rev %u,", signal->rev);
        else
            fz_buf_append_octet(it->out, ',');
        fz_buf_printf(it->out, " %s, %s points, %s view,",
                      fz_rule_state_name(signal->state),
                      points_text(signal->weight, number, sizeof number),
                      fz_view_name(signal->view));
        tell_spans(it, signal);
        fz_buf_append_octet(it->out, '\n');
        if (signal->list != NULL) {
            label(it, "");
            fz_buf_append_text(it->out, "  ");
            tell_answer(it, signal);
            fz_buf_append_octet(it->out, '\n');
        }
        if (signal->rule < 0 && signal->list == NULL)
            tell_fact(it, signal);
        if (rule != NULL) {
            label(it, "");
            fz_buf_printf(it->out, "  %s (%s:%u)\n",
                          rule->title == NULL ? "" : rule->title,
                          rule->file == NULL ? "-" : rule->file, rule->line);
        }
    }
    if (verdict->signals.dropped > 0) {
        label(it, "");
        fz_buf_printf(it->out, "and %u weaker ones\n",
                      verdict->signals.dropped);
    }
}

/* --- links ------------------------------------------------------------------
 * Canonical forms and keys are ASCII: nothing that a terminal obeys. */
static void tell_links(Teller *it)
{
    const FzUrls *urls = it->what->urls;
    uint16_t links = urls == NULL ? 0 : urls->url_count;
    uint16_t contacts = urls == NULL ? 0 : urls->contact_count;

    for (uint16_t i = 0; i < links; i++) {
        const FzUrl *url = &urls->url[i];

        label(it, i == 0 ? "links" : "");
        fz_buf_printf(it->out, "%u-%u ", url->span.cp_from, url->span.cp_to);
        fz_buf_append_slice(it->out, url->canonical);
        if (url->flags != 0)
            fz_buf_append_text(it->out, ", ");
        fz_links_flags(url->flags, it->out);
        fz_buf_append_octet(it->out, '\n');
    }
    for (uint16_t i = 0; i < contacts; i++) {
        const FzContact *contact = &urls->contact[i];

        label(it, i == 0 ? "contacts" : "");
        fz_buf_printf(it->out, "%u-%u ", contact->span.cp_from,
                      contact->span.cp_to);
        fz_buf_append_slice(it->out, contact->key);
        fz_buf_append_octet(it->out, '\n');
    }
}

/* --- the text --------------------------------------------------------------
 */
static bool marked(const FzVerdict *verdict, uint32_t index)
{
    for (uint16_t i = 0; i < verdict->signals.count; i++)
        for (uint8_t j = 0; j < verdict->signals.item[i].span_count; j++)
            if (index >= verdict->signals.item[i].spans[j].cp_from &&
                index < verdict->signals.item[i].spans[j].cp_to)
                return true;
    return false;
}

static void tell_text(Teller *it)
{
    const FzText *text = it->what->text;
    bool inside = false;

    if (text == NULL)
        return;
    label(it, "text");
    for (uint32_t i = 0; i <= text->chars; i++) {
        bool mark = i < text->chars && marked(it->what->verdict, i);

        if (mark != inside) {
            /* brackets that no keyboard of a sender types by chance */
            if (it->style == FZ_EXPLAIN_COLOUR)
                paint(it, mark ? PAINT_MARK : PAINT_OFF);
            else
                fz_buf_append_text(it->out, mark ? "⟦" : "⟧");
        }
        inside = mark;
        if (i < text->chars)
            put_char(it, text, i);
    }
    fz_buf_append_octet(it->out, '\n');
    if (it->what->rewrite != NULL) {
        FzText new_text = {0};
        const FzRewrite *rewrite = it->what->rewrite;

        label(it, "delivers");
        for (size_t at = 0; at < rewrite->text.octets;) {
            uint32_t cp, place[2] = {0};
            size_t used = fz_utf8_decode(rewrite->text.data + at,
                                         rewrite->text.octets - at, &cp);

            new_text.raw = rewrite->text.data + at;
            new_text.cp_octet = place;
            place[1] = (uint32_t)used;
            if (used == 0)
                break;
            put_char(it, &new_text, 0);
            at += used;
        }
        fz_buf_printf(
            it->out, "\n%-9s%u short message%s, before %u%s\n", "",
            rewrite->segments_after, rewrite->segments_after == 1 ? "" : "s",
            rewrite->segments_before,
            rewrite->coding != it->what->message->coding ? ", as UCS-2" : "");
    }
}

/* --- what would have to be different ----------------------------------------
 */
static void leave_out(FzVerdict *verdict, uint16_t index)
{
    FzSignals *signals = &verdict->signals;

    memmove(&signals->item[index], &signals->item[index + 1],
            (size_t)(signals->count - index - 1) * sizeof signals->item[0]);
    signals->count--;
}

static void tell_other(Teller *it, const char *how, const char *name,
                       const FzVerdict *other, bool *first)
{
    char number[24];

    label(it, *first ? "otherwise" : "");
    *first = false;
    fz_buf_printf(it->out, " %s `%s': %s (score %s)\n", how, name,
                  fz_action_name(other->would),
                  points_text(other->score, number, sizeof number));
}

static void tell_otherwise(Teller *it)
{
    const FzExplain *what = it->what;
    const FzVerdict *verdict = what->verdict;
    FzVerdict *other = fz_malloc(sizeof *other);
    bool first = true;

    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];

        *other = *verdict;
        if (signal->state == FZ_RULE_ACTIVE)
            leave_out(other, i);
        else if (signal->state == FZ_RULE_SHADOW)
            other->signals.item[i].state = FZ_RULE_ACTIVE;
        else
            continue;
        fz_decide(what->message, what->env, other);
        /* `wanted` too: a rewrite that did not fit has changed `would` */
        if (other->would != verdict->would && other->wanted != verdict->wanted)
            tell_other(
                it, signal->state == FZ_RULE_ACTIVE ? "without" : "with active",
                signal->name, other, &first);
    }
    if (first && verdict->would != FZ_ACTION_PASS) {
        label(it, "otherwise");
        fz_buf_append_text(it->out, " no single signal decides\n");
    }
    fz_free(other);
}

void fz_explain_text(const FzExplain *what, FzExplainStyle style, FzBuf *out)
{
    Teller it = {what, style, out};

    tell_verdict(&it);
    tell_score(&it);
    tell_signals(&it);
    tell_links(&it);
    tell_text(&it);
    tell_otherwise(&it);
}

/* --- for programs -----------------------------------------------------------
 */
json_t *fz_explain_json(const FzExplain *what)
{
    const FzVerdict *verdict = what->verdict;
    json_t *it = json_object();

    json_object_set_new(it, "verdict",
                        json_string(fz_action_name(verdict->would)));
    json_object_set_new(it, "score", fz_record_points(verdict->score));
    json_object_set_new(it, "by", json_string(fz_decided_by_name(verdict->by)));
    if (verdict->decider != NULL)
        json_object_set_new(it, "decider", json_string(verdict->decider));
    json_object_set_new(it, "reason",
                        verdict->reason == NULL
                            ? json_null()
                            : json_string(verdict->reason->name));
    json_object_set_new(it, "profile", json_string(verdict->profile->name));
    json_object_set_new(
        it, "ruleset",
        what->env->ruleset == NULL
            ? json_null()
            : json_string(fz_ruleset_digest(what->env->ruleset)));
    json_object_set_new(it, "signals", fz_record_signals(verdict));
    json_object_set_new(it, "urls",
                        what->urls == NULL ? json_array()
                                           : fz_links_json(what->urls));
    json_object_set_new(
        it, "contacts",
        what->urls == NULL ? json_array() : fz_links_contacts_json(what->urls));
    if (what->rewrite != NULL)
        json_object_set_new(it, "text",
                            fz_record_text(fz_buf_slice(&what->rewrite->text)));
    return it;
}

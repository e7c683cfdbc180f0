/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/verdict/coding.h"
#include "engine/verdict/rewrite.h"

#include <stdlib.h>

/* What stands in for words that a part's coding cannot carry or that do not
 * fit it. Letters of the default alphabet, one septet each. */
static const char short_removed[] = "(removed)";
static const char short_warning[] = "(suspected fraud) ";

const char fz_edit_mask[] = "*";
const char fz_edit_defang[] = "(.)";
const char fz_edit_defang_ucs2[] = "[.]";

void fz_rewrite_init(FzRewrite *rewrite)
{
    memset(rewrite, 0, sizeof *rewrite);
}

void fz_rewrite_clear(FzRewrite *rewrite)
{
    fz_buf_clear(&rewrite->text);
    fz_buf_clear(&rewrite->octets);
    memset(rewrite, 0, sizeof *rewrite);
}

/* --- edits on the text -----------------------------------------------------
 */
static uint32_t char_at(const FzText *text, uint32_t index)
{
    uint32_t cp = 0;

    fz_utf8_decode(text->raw + text->cp_octet[index],
                   text->octets - text->cp_octet[index], &cp);
    return cp;
}

static bool may_cut(const FzText *text, uint32_t index)
{
    return index == 0 || index >= text->chars ||
           !fz_cp_extends(char_at(text, index), char_at(text, index - 1));
}

/* Keep a span inside the text, and widen it to whole characters. */
static void settle(const FzText *text, FzSpan *span)
{
    uint32_t from = span->cp_from, to = span->cp_to;
    bool insertion = to <= from;

    if (from > text->chars)
        from = text->chars;
    if (to > text->chars)
        to = text->chars;
    while (!may_cut(text, from))
        from--;
    if (insertion)
        to = from;
    while (!insertion && !may_cut(text, to))
        to++;
    span->cp_from = (uint16_t)from;
    span->cp_to = (uint16_t)to;
}

/* Insertions before the replacement at the same place; else as they were. */
static int compare_edits(const void *left, const void *right)
{
    const FzEdit *a = left, *b = right;

    if (a->span.cp_from != b->span.cp_from)
        return a->span.cp_from < b->span.cp_from ? -1 : 1;
    return (a->span.cp_to > a->span.cp_from) -
           (b->span.cp_to > b->span.cp_from);
}

/* qsort keeps no order of equals; an insertion sort does, and is done once for
 * the few edits of a message. */
static void sort_edits(FzEdit *edits, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        FzEdit moving = edits[i];
        size_t at = i;

        for (; at > 0 && compare_edits(&edits[at - 1], &moving) > 0; at--)
            edits[at] = edits[at - 1];
        edits[at] = moving;
    }
}

/* Drop insertions said twice, join replacements that overlap. */
static size_t merge_edits(FzEdit *edits, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        FzEdit *last = kept == 0 ? NULL : &edits[kept - 1];
        bool insertion = edits[i].span.cp_to == edits[i].span.cp_from;

        if (last != NULL && insertion &&
            (edits[i].span.cp_from < last->span.cp_to ||
             (last->span.cp_to == last->span.cp_from &&
              last->span.cp_from == edits[i].span.cp_from &&
              strcmp(last->text, edits[i].text) == 0)))
            continue;
        if (last != NULL && !insertion &&
            edits[i].span.cp_from < last->span.cp_to) {
            if (edits[i].span.cp_to > last->span.cp_to)
                last->span.cp_to = edits[i].span.cp_to;
            continue;
        }
        edits[kept++] = edits[i];
    }
    return kept;
}

static void write_masked(const FzText *text, FzSpan span, FzBuf *out)
{
    for (uint32_t at = span.cp_from; at < span.cp_to; at++)
        if (may_cut(text, at))
            fz_buf_append_text(out, fz_edit_mask);
}

static bool is_dot(uint32_t cp)
{
    return cp == '.' || cp == 0x3002 || cp == 0xFF0E || cp == 0xFF61;
}

static bool is_letter(const FzText *text, uint32_t at, char letter)
{
    return (char_at(text, at) | 0x20) == (uint32_t)letter;
}

/* A t of "http", in any case; `at` has one on both sides. */
static bool is_scheme(const FzText *text, uint32_t at)
{
    return is_letter(text, at, 't') &&
           ((is_letter(text, at - 1, 'h') && is_letter(text, at + 1, 't')) ||
            (is_letter(text, at - 1, 't') && is_letter(text, at + 1, 'p')));
}

/* A dot with something on both sides may be a host's. */
static void write_defanged(const FzText *text, const FzEdit *edit, FzBuf *out)
{
    for (uint32_t at = edit->span.cp_from; at < edit->span.cp_to; at++) {
        FzSpan one = {(uint16_t)at, (uint16_t)(at + 1)};
        bool inside = at > edit->span.cp_from && at + 1u < edit->span.cp_to;

        if (inside && is_dot(char_at(text, at)) && char_at(text, at + 1) > ' ')
            fz_buf_append_text(out, edit->text);
        else if (inside && is_scheme(text, at))
            fz_buf_append_octet(out, 'x');
        else
            fz_buf_append_slice(out, fz_text_slice(text, one));
    }
}

static void write_edit(const FzText *text, const FzEdit *edit, FzBuf *out)
{
    if (edit->text == fz_edit_mask)
        write_masked(text, edit->span, out);
    else if (edit->text == fz_edit_defang || edit->text == fz_edit_defang_ucs2)
        write_defanged(text, edit, out);
    else
        fz_buf_append_text(out, edit->text);
}

FzStatus fz_rewrite_apply(const FzText *text, FzEdit *edits, size_t edit_count,
                          FzBuf *out, uint32_t *made_out)
{
    size_t before = out->octets, kept;
    uint32_t at = 0;

    for (size_t i = 0; i < edit_count; i++)
        settle(text, &edits[i].span);
    sort_edits(edits, edit_count);
    kept = merge_edits(edits, edit_count);
    for (size_t i = 0; i < kept; i++) {
        fz_buf_append_slice(
            out,
            fz_text_slice(text, (FzSpan){(uint16_t)at, edits[i].span.cp_from}));
        write_edit(text, &edits[i], out);
        at = edits[i].span.cp_to;
        if (out->octets - before > FZ_LIMIT_TEXT_OCTETS)
            return FZ_E_LIMIT;
    }
    fz_buf_append_slice(
        out,
        fz_text_slice(text, (FzSpan){(uint16_t)at, (uint16_t)text->chars}));
    if (fz_utf8_chars(out->data + before, out->octets - before) >
        FZ_LIMIT_TEXT_CHARS)
        return FZ_E_LIMIT;
    *made_out = (uint32_t)kept;
    return FZ_OK;
}

/* --- a message ---------------------------------------------------------------
 * Attempts, in order: the rules' own words in the message's coding; without a
 * header, in UCS-2; the short words in the message's coding. */
static FzStatus attempt(const FzMessage *message, const FzText *text,
                        const FzEdit *edits, size_t edit_count,
                        FzCharset charset, bool shortened, uint32_t growth,
                        FzRewrite *rewrite)
{
    FzEdit work[FZ_REWRITE_EDITS];
    FzStatus status;

    for (size_t i = 0; i < edit_count; i++) {
        work[i] = edits[i];
        if (work[i].text == fz_edit_defang && charset != FZ_CHARSET_GSM)
            work[i].text = fz_edit_defang_ucs2;
        if (shortened)
            work[i].text = edits[i].span.cp_to > edits[i].span.cp_from
                               ? short_removed
                               : short_warning;
        if (!fz_charset_carries(charset, work[i].text))
            return FZ_E_LIMIT;
    }
    rewrite->text.octets = rewrite->octets.octets = 0;
    status = fz_rewrite_apply(text, work, edit_count, &rewrite->text,
                              &rewrite->edits);
    if (status != FZ_OK)
        return status;
    fz_charset_write(charset, fz_buf_slice(&rewrite->text), &rewrite->octets);
    rewrite->shortened = shortened;
    if (charset == FZ_CHARSET_UTF16)
        rewrite->coding = FZ_CODING_UCS2;
    else
        rewrite->coding = message->coding;
    rewrite->segments_after = fz_segments(rewrite->coding, message->udh,
                                          fz_buf_slice(&rewrite->octets));
    /* The header stays as it is: its "part 2 of 3" must remain true. */
    if (message->udh.octets > 0 && rewrite->segments_after > 1)
        return FZ_E_LIMIT;
    if (rewrite->segments_after > rewrite->segments_before + growth ||
        rewrite->segments_after > FZ_LIMIT_PARTS)
        return FZ_E_LIMIT;
    return FZ_OK;
}

FzStatus fz_rewrite_edits(const FzMessage *message, const FzText *text,
                          const FzEdit *edits, size_t edit_count,
                          uint32_t growth, FzRewrite *rewrite)
{
    FzCharset charset;
    FzStatus status;

    if (edit_count == 0)
        return FZ_E_RULE;
    if (edit_count > FZ_REWRITE_EDITS)
        return FZ_E_LIMIT;
    status = fz_charset_of(message, text, &charset);
    if (status != FZ_OK)
        return status;
    rewrite->segments_before =
        fz_segments(message->coding, message->udh, message->octets);
    status = attempt(message, text, edits, edit_count, charset, false, growth,
                     rewrite);
    if (status != FZ_OK && charset == FZ_CHARSET_GSM &&
        message->udh.octets == 0)
        status = attempt(message, text, edits, edit_count, FZ_CHARSET_UTF16,
                         false, growth, rewrite);
    if (status != FZ_OK)
        status = attempt(message, text, edits, edit_count, charset, true,
                         growth, rewrite);
    return status;
}

/* --- what the rules ask for ---------------------------------------------- */
static size_t add_spans(FzEdit *edits, size_t count, const FzSignal *signal,
                        const char *text)
{
    for (uint8_t j = 0; j < signal->span_count; j++)
        if (signal->spans[j].cp_to > signal->spans[j].cp_from)
            edits[count++] = (FzEdit){signal->spans[j], text};
    return count;
}

/* A number has no dot whose loss would make it useless. */
static bool is_contact(const FzSignal *signal)
{
    return signal->level != NULL && strcmp(signal->level, "contact") == 0;
}

/* One warning in front is enough, and one behind: that of the strongest
 * rule. */
static size_t collect(const FzRuleset *ruleset, const FzVerdict *verdict,
                      FzEdit *edits)
{
    const FzSignal *warner = NULL, *closer = NULL;
    size_t count = 0;

    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        const FzRuleInfo *rule = fz_signal_rule(signal, ruleset);

        if (signal->state != FZ_RULE_ACTIVE)
            continue;
        if (rule == NULL) {
            if (fz_signal_rewrites(signal, ruleset))
                count = add_spans(edits, count, signal,
                                  is_contact(signal) ? fz_edit_mask
                                                     : fz_edit_defang);
            continue;
        }
        switch (rule->rewrite) {
        case FZ_REWRITE_NONE:
            break;
        case FZ_REWRITE_PREPEND:
            if (warner == NULL || signal->weight > warner->weight)
                warner = signal;
            break;
        case FZ_REWRITE_APPEND:
            if (closer == NULL || signal->weight > closer->weight)
                closer = signal;
            break;
        case FZ_REWRITE_REPLACE:
            count = add_spans(edits, count, signal, rule->rewrite_text);
            break;
        case FZ_REWRITE_MASK:
            count = add_spans(edits, count, signal, fz_edit_mask);
            break;
        case FZ_REWRITE_DEFANG:
            count = add_spans(edits, count, signal, fz_edit_defang);
            break;
        }
    }
    if (warner != NULL)
        edits[count++] =
            (FzEdit){{0, 0}, fz_signal_rule(warner, ruleset)->rewrite_text};
    if (closer != NULL) /* at the end, wherever that is */
        edits[count++] =
            (FzEdit){{UINT16_MAX, UINT16_MAX},
                     fz_signal_rule(closer, ruleset)->rewrite_text};
    return count;
}

FzStatus fz_rewrite_message(const FzMessage *message, const FzText *text,
                            const FzRuleset *ruleset, const FzVerdict *verdict,
                            FzRewrite *rewrite)
{
    FzEdit edits[FZ_REWRITE_EDITS];
    size_t count = collect(ruleset, verdict, edits);

    return fz_rewrite_edits(message, text, edits, count,
                            verdict->profile->rewrite_growth, rewrite);
}

bool fz_rewrite_verdict(const FzMessage *message, const FzText *text,
                        const FzJudgeEnv *env, FzVerdict *verdict,
                        FzRewrite *rewrite)
{
    FzAction fallback = verdict->profile->rewrite_fallback;

    if (verdict->would != FZ_ACTION_REWRITE)
        return false;
    if (fz_rewrite_message(message, text, env->ruleset, verdict, rewrite) ==
        FZ_OK)
        return true;
    /* a warning of our own is bound to the same permission as ever */
    if (fallback == FZ_ACTION_WARN && !verdict->profile->warn)
        fallback = FZ_ACTION_PASS;
    verdict->would = fallback;
    if (verdict->acted != FZ_ACTION_PASS)
        verdict->acted = fallback;
    return false;
}

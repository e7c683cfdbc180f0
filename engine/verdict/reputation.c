/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/reputation.h"

#include "base/utf8.h"

#include <stdio.h>

typedef struct Asker {
    const FzMessage *message;
    const FzJudgeEnv *env;
    FzVerdict *verdict;
    uint32_t failures;
} Asker;

/* What an answer may do, by what was asked for. */
typedef enum Reach {
    REACH_ALL,    /* block, and an operator's allow lifts */
    REACH_OWN,    /* block, and an allow speaks for itself alone */
    REACH_BLOCKS, /* an allow says nothing here */
} Reach;

/* --- answers become signals -------------------------------------------------
 */
static bool is_young(const FzAnswer *answer, const FzListPolicy *policy)
{
    return answer->owner == FZ_OWNER_FEED && answer->age_s >= 0 &&
           answer->age_s < policy->young_s;
}

/* An operator's block without points is certain; with points it is as grave as
 * they say. */
static void weigh_block(const FzAnswer *answer, const FzPolicy *policy,
                        FzSignal *signal)
{
    const FzCategory *category = fz_policy_category(policy, answer->category);

    signal->reason = category->reason;
    signal->weight =
        answer->score == FZ_LIST_SCORE_UNSET ? category->score : answer->score;
    if (answer->stale) {
        signal->weight = 0;
        return;
    }
    if (answer->score != FZ_LIST_SCORE_UNSET) {
        if (is_young(answer, &policy->lists) &&
            signal->weight > policy->lists.young_most)
            signal->weight = policy->lists.young_most;
        return;
    }
    if (is_young(answer, &policy->lists)) {
        if (signal->weight > policy->lists.young_most)
            signal->weight = policy->lists.young_most;
        return;
    }
    signal->action = (uint8_t)category->action;
    signal->word = FZ_WORD_LIST_BLOCK;
    if (answer->owner == FZ_OWNER_OPERATOR) {
        signal->word = FZ_WORD_OPERATOR_BLOCK;
        signal->action = FZ_RULE_REJECT;
    }
}

static const char *name_of(const FzAnswer *answer, FzSignals *signals)
{
    char name[16 + FZ_LIMIT_NAME_OCTETS];
    int octets =
        snprintf(name, sizeof name, "list.%s.%s", fz_answer_name(answer->kind),
                 answer->category[0] == '\0' ? "listed" : answer->category);

    if (octets < 0 || (size_t)octets >= sizeof name)
        octets = sizeof name - 1;
    return fz_signals_text(signals, fz_slice(name, (size_t)octets));
}

static uint32_t add_signal(const FzJudgeEnv *env, FzVerdict *verdict,
                           const FzAnswer *answer, FzSpan span, Reach reach)
{
    FzSignals *signals = &verdict->signals;
    char entry[FZ_LIMIT_SIGNAL_TEXT_ONE + 2];
    FzSignal signal = {
        .rule = -1,
        .state = FZ_RULE_ACTIVE,
        .group = "list",
        .view = FZ_VIEW_RAW,
        .span_count = span.cp_to > span.cp_from,
        .spans = {span},
        .level = fz_list_level_name(answer->level),
        .age_s = answer->age_s,
        .use = answer->use,
        .stale = answer->stale,
        .entry_id = fz_answer_entry_id(answer),
    };

    fz_answer_entry(answer, entry, sizeof entry);
    signal.name = name_of(answer, signals);
    signal.list = fz_signals_text(signals, fz_slice_of(answer->list));
    signal.entry = fz_signals_text(signals, fz_slice_of(entry));
    if (answer->note != NULL)
        signal.note = fz_signals_text(signals, fz_slice_of(answer->note));
    if (answer->kind == FZ_ANSWER_BLOCK)
        weigh_block(answer, env->policy, &signal);
    else if (answer->owner == FZ_OWNER_OPERATOR && reach == REACH_ALL)
        signal.word = FZ_WORD_OPERATOR_ALLOW;
    fz_signals_add(signals, &signal);
    return answer->stale && answer->kind == FZ_ANSWER_BLOCK
               ? FZ_FAILURE_BIT(FZ_FAILURE_LIST_STALE)
               : 0;
}

void fz_reputation_add(const FzJudgeEnv *env, const FzAnswer *answer,
                       FzSpan span, FzVerdict *verdict)
{
    add_signal(env, verdict, answer, span, REACH_BLOCKS);
}

static void ask(Asker *it, const FzKey *keys, size_t count, Reach reach)
{
    FzAnswer answer;

    fz_lists_find(it->env->lists, it->env->overlay, keys, count,
                  it->message->now_ms, &answer);
    it->verdict->asked++;
    if (answer.kind == FZ_ANSWER_ERROR)
        it->verdict->ask_errors++;
    if (answer.kind == FZ_ANSWER_BLOCK ||
        (answer.kind == FZ_ANSWER_ALLOW && reach != REACH_BLOCKS))
        it->failures |=
            add_signal(it->env, it->verdict, &answer, keys[0].span, reach);
}

/* --- who speaks -------------------------------------------------------------
 */
/* Eight octets with their ASCII letters in lower case. */
static uint64_t lower_eight(uint64_t octets)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = 0x80 * ones;
    uint64_t ascii = octets & ~high;
    uint64_t from_a = ascii + (0x80 - 'A') * ones;
    uint64_t behind_z = ascii + (0x7F - 'Z') * ones;

    return octets | ((from_a ^ behind_z) & ~octets & high) >> 2;
}

static void copy_eight(char *to, const uint8_t *from)
{
    uint64_t octets;

    memcpy(&octets, from, sizeof octets);
    octets = lower_eight(octets);
    memcpy(to, &octets, sizeof octets);
}

static void copy_lower(char *to, FzSlice name)
{
    size_t i = 0;

    for (; i + 8 <= name.octets; i += 8)
        copy_eight(to + i, name.data + i);
    if (i != 0 && i != name.octets) { /* the rest, and some once more */
        copy_eight(to + name.octets - 8, name.data + name.octets - 8);
        return;
    }
    for (; i < name.octets; i++) {
        uint8_t c = name.data[i];

        to[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
}

bool fz_reputation_name(const char *front, FzSlice name, char *room,
                        FzKey *key_out)
{
    size_t at = 0;

    while (name.octets > 0 && name.data[0] == ' ')
        name = fz_slice(name.data + 1, name.octets - 1);
    while (name.octets > 0 && name.data[name.octets - 1] == ' ')
        name.octets--;
    if (name.octets == 0 || name.octets > FZ_LIMIT_NAME_OCTETS)
        return false;
    for (; front[at] != '\0'; at++)
        room[at] = front[at];
    copy_lower(room + at, name);
    *key_out = (FzKey){.kind = FZ_KEY_SENDER,
                       .text = fz_slice(room, at + name.octets)};
    return true;
}

static void ask_sender(Asker *it)
{
    const char *country =
        it->env->urls == NULL ? "86" : fz_url_country(it->env->urls);
    char forms[FZ_SENDER_FORMS][FZ_SENDER_FORM_OCTETS];
    char room[FZ_REPUTATION_NAME_ROOM];
    uint16_t before = it->verdict->signals.count;
    uint32_t count;
    FzKey key;

    if (!fz_reputation_name("sender:", it->message->sender, room, &key))
        return;
    ask(it, &key, 1, REACH_ALL);
    /* a list of phones has them in a form of its own */
    count = fz_sender_forms(it->message->sender, country, forms);
    for (uint32_t i = 0; i < count && it->verdict->signals.count == before; i++)
        if (!fz_slice_is(it->message->sender, forms[i]) &&
            fz_reputation_name("sender:", fz_slice_of(forms[i]), room, &key))
            ask(it, &key, 1, REACH_ALL);
}

/* --- signatures ------------------------------------------------------------
 * Of the text as it stands: what begins or ends it, in brackets. */
#define SIGN_CHARS 24

static uint32_t char_at(const FzText *text, uint32_t at)
{
    uint32_t cp = 0;

    fz_utf8_decode(text->raw + text->cp_octet[at],
                   text->cp_octet[at + 1] - text->cp_octet[at], &cp);
    return cp;
}

static bool is_blank(uint32_t cp)
{
    return cp == ' ' || cp == '\n' || cp == '\r' || cp == '\t' || cp == 0x3000;
}

static uint32_t closing_of(uint32_t cp)
{
    return cp == 0x3010 ? 0x3011 : cp == '[' ? ']' : 0;
}

static uint32_t opening_of(uint32_t cp)
{
    return cp == 0x3011 ? 0x3010 : cp == ']' ? '[' : 0;
}

static void ask_signature(Asker *it, const FzText *text, uint32_t from,
                          uint32_t to)
{
    char room[FZ_REPUTATION_NAME_ROOM];
    FzSpan inside = {(uint16_t)(from + 1), (uint16_t)to};
    FzKey key;

    if (!fz_reputation_name("sig:", fz_text_slice(text, inside), room, &key))
        return;
    key.span = (FzSpan){(uint16_t)from, (uint16_t)(to + 1)};
    ask(it, &key, 1, REACH_OWN);
}

/* Most texts neither begin nor end with a bracket or a blank, which their outer
 * octets tell. */
static bool may_be_signed(const FzText *text)
{
    uint8_t first = text->raw[0], last = text->raw[text->octets - 1];

    return first <= ' ' || first == '[' || first == 0xE3 || last <= ' ' ||
           last == ']' || last == 0x80 || last == 0x91;
}

static void ask_signatures(Asker *it, const FzText *text)
{
    uint32_t from = 0, to = text->chars, at;

    if (to < 3 || !may_be_signed(text))
        return;
    while (from < to && is_blank(char_at(text, from)))
        from++;
    while (to > from && is_blank(char_at(text, to - 1)))
        to--;
    if (to - from < 3)
        return;
    if (closing_of(char_at(text, from)) != 0) {
        for (at = from + 1; at < to && at - from <= SIGN_CHARS + 1; at++)
            if (char_at(text, at) == closing_of(char_at(text, from)))
                break;
        if (at < to && at - from <= SIGN_CHARS + 1) {
            ask_signature(it, text, from, at);
            from = at + 1; /* one that is all the text is asked for once */
        }
    }
    if (to - from < 3 || opening_of(char_at(text, to - 1)) == 0)
        return;
    for (at = to - 2; at > from && to - 2 - at <= SIGN_CHARS; at--)
        if (char_at(text, at) == opening_of(char_at(text, to - 1)))
            break;
    if (char_at(text, at) == opening_of(char_at(text, to - 1)))
        ask_signature(it, text, at, to - 1);
}

/* --- links and contacts -----------------------------------------------------
 */
static void ask_link(Asker *it, const FzUrl *url)
{
    /* whoever can make an allowed host lead elsewhere is not lifted by it */
    const uint32_t leads_on =
        FZ_URL_INNER | FZ_URL_REDIRECTOR | FZ_URL_USERINFO;
    FzKey key = {FZ_KEY_URL, {NULL, 0}, url->span};

    if (url->expression_count == 0)
        return;
    key.text = url->expression[0];
    ask(it, &key, 1, (url->flags & leads_on) != 0 ? REACH_OWN : REACH_ALL);
    if (url->decoy.data == NULL)
        return;
    /* with the slash behind it: an expression */
    key.text = fz_slice(url->decoy.data, url->decoy.octets + 1);
    ask(it, &key, 1, REACH_BLOCKS);
}

uint32_t fz_reputation_ask(const FzMessage *message, const FzJudgeEnv *env,
                           const FzText *text, const FzUrls *urls,
                           FzVerdict *verdict)
{
    Asker it = {message, env, verdict, 0};

    verdict->asked = verdict->ask_errors = 0;
    if (env->lists == NULL && env->overlay == NULL)
        return 0;
    ask_sender(&it);
    if (text != NULL)
        ask_signatures(&it, text);
    for (uint16_t i = 0; urls != NULL && i < urls->url_count; i++)
        ask_link(&it, &urls->url[i]);
    for (uint16_t i = 0; urls != NULL && i < urls->contact_count; i++) {
        FzKey key = {FZ_KEY_CONTACT, urls->contact[i].key,
                     urls->contact[i].span};

        ask(&it, &key, 1, REACH_ALL);
    }
    return it.failures;
}

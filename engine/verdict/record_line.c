/* SPDX-License-Identifier: BSD-2-Clause
 *
 * record_line.c - the record as the line it becomes
 *
 * The same octets as those of fz_record_json dumped, which a test compares,
 * without making an object first: that costs more than judging does.
 *
 * What writes is given where to write, and gives back where it ended. Only
 * strings look for room: behind each there is some for the keys and numbers up
 * to the next one.
 */
#include "config.h"

#include "engine/verdict/record.h"

#include "base/clock.h"
#include "base/cpu.h"
#include "base/utf8.h"

#ifdef FZ_CPU_WIDE
#include <immintrin.h>
#endif

/* More than any keys and numbers between two strings. */
#define SPARE 256
#define ESCAPED 6 /* octets at most that one becomes */

#define PUT(at, literal)                                                       \
    ((char *)memcpy(at, literal, sizeof literal - 1) + sizeof literal - 1)

/* --- values --------------------------------------------------------------- */
static char *make_room(FzBuf *out, char *at, size_t octets)
{
    out->octets = (size_t)(at - (char *)out->data);
    fz_buf_reserve(out, octets);
    return (char *)out->data + out->octets;
}

/* Eight octets that stand for themselves: ASCII, no controls, no `"', no `\'.
 */
static bool are_plain(uint64_t eight)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = 0x80 * ones;
    uint64_t quotes = eight ^ '"' * ones, slashes = eight ^ '\\' * ones;

    return ((eight | (eight - ' ' * ones) | (quotes - ones) |
             (slashes - ones)) &
            high) == 0;
}

static bool is_plain(uint8_t octet)
{
    return octet >= ' ' && octet < 0x80 && octet != '"' && octet != '\\';
}

static char *put_escaped(char *at, uint8_t octet)
{
    static const char digits[] = "0123456789ABCDEF", names[] = "btnvfr";

    *at++ = '\\';
    if (octet == '"' || octet == '\\') {
        *at++ = (char)octet;
    } else if (octet >= '\b' && octet <= '\r' && octet != '\v') {
        *at++ = names[octet - '\b'];
    } else {
        at = PUT(at, "u00");
        *at++ = digits[octet >> 4];
        *at++ = digits[octet & 15];
    }
    return at;
}

/* One character that is not plain; what is not UTF-8 becomes U+FFFD. */
static char *put_character(char *at, FzSlice *text)
{
    uint32_t cp;
    size_t used = 1;

    if (text->data[0] < 0x80) {
        at = put_escaped(at, text->data[0]);
    } else {
        used = fz_utf8_decode(text->data, text->octets, &cp);
        for (size_t i = 0; i < used; i++)
            *at++ = (char)text->data[i];
        if (used == 0) {
            at = PUT(at, "\xEF\xBF\xBD");
            used = 1;
        }
    }
    *text = fz_slice(text->data + used, text->octets - used);
    return at;
}

/* What stands for itself of the next eight octets; how many in front did. */
static size_t copy_plain(char *at, FzSlice text)
{
    size_t most = text.octets < 8 ? text.octets : 8, plain = 0;
    uint64_t eight;
    uint32_t four[2];

    if (most == 8) {
        memcpy(&eight, text.data, 8);
        memcpy(at, &eight, 8);
        if (are_plain(eight))
            return 8;
    } else if (most >= 4) { /* the last four have some of the first four */
        memcpy(&four[0], text.data, 4);
        memcpy(&four[1], text.data + most - 4, 4);
        memcpy(at, &four[0], 4);
        memcpy(at + most - 4, &four[1], 4);
        if (are_plain((uint64_t)four[0] << 32 | four[1]))
            return most;
    }
    while (plain < most && is_plain(text.data[plain])) {
        at[plain] = (char)text.data[plain];
        plain++;
    }
    return plain;
}

#ifdef FZ_CPU_WIDE
/* The whole of a short string when nothing in it is to be escaped. */
FZ_WIDE static bool copy_wide(char *at, FzSlice text)
{
    __mmask64 there = _bzhi_u64(~(uint64_t)0, (uint32_t)text.octets);
    __m512i octets = _mm512_maskz_loadu_epi8(there, text.data);
    __mmask64 odd = /* signed: what is no ASCII is less, too */
        _mm512_mask_cmplt_epi8_mask(there, octets, _mm512_set1_epi8(' ')) |
        _mm512_mask_cmpeq_epi8_mask(there, octets, _mm512_set1_epi8('"')) |
        _mm512_mask_cmpeq_epi8_mask(there, octets, _mm512_set1_epi8('\\'));

    _mm512_mask_storeu_epi8(at, there, octets);
    return odd == 0;
}
#endif

/* Apart, so that strings that are short and plain pass by its frame. */
static __attribute__((noinline)) char *put_any(char *at, FzSlice text)
{
    while (text.octets > 0) {
        size_t plain = copy_plain(at, text);

        at += plain;
        text = fz_slice(text.data + plain, text.octets - plain);
        if (plain == 0)
            at = put_character(at, &text);
    }
    return at;
}

/* A string of octets from outside. */
static char *put_string(FzBuf *out, char *at, FzSlice text)
{
    size_t most = ESCAPED * text.octets + SPARE;
    bool put = false;

    if (out->capacity - (size_t)(at - (char *)out->data) <= most)
        at = make_room(out, at, most);
    *at++ = '"';
#ifdef FZ_CPU_WIDE
    put = fz_cpu_is_wide && text.octets <= 64 && copy_wide(at, text);
#endif
    at = put ? at + text.octets : put_any(at, text);
    *at++ = '"';
    return at;
}

static char *put_number(char *at, int64_t number)
{
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char *end;

    if (number < 0)
        *at++ = '-';
    end = at + 1;
    for (uint64_t rest = left; rest >= 10; rest /= 10)
        end++;
    for (char *digit = end; digit-- > at; left /= 10)
        *digit = (char)('0' + left % 10);
    return end;
}

/* Hundredths, with one decimal at least. */
static char *put_points(char *at, FzPoints points)
{
    uint32_t part = (uint32_t)(points < 0 ? -(int64_t)points : points) % 100;

    if (points < 0 && points > -100)
        at = PUT(at, "-0");
    else
        at = put_number(at, points / 100);
    *at++ = '.';
    *at++ = (char)('0' + part / 10);
    if (part % 10 != 0)
        *at++ = (char)('0' + part % 10);
    return at;
}

static char *put_text(FzBuf *out, char *at, const char *text)
{
    return put_string(out, at, fz_slice_of(text));
}

/* Sender and receiver, by the names that they have in records. */
static char *put_numbers(char *at, FzSlice key, const FzMessage *message)
{
    const FzSlice number[2] = {message->sender, message->receiver};
    char text[2][FZ_RECORD_HASH_TEXT];

    fz_record_hashes(key, number, text);
    for (int i = 0; i < 2; i++) {
        if (number[i].data == NULL)
            continue;
        at = i == 0 ? PUT(at, ",\"sender\":\"") : PUT(at, ",\"receiver\":\"");
        at = (char *)memcpy(at, text[i], FZ_RECORD_HASH_TEXT - 1) +
             FZ_RECORD_HASH_TEXT - 1;
        *at++ = '"';
    }
    return at;
}

/* --- what was seen -------------------------------------------------------- */
/* What a list says of its entry. */
static char *put_listed(FzBuf *out, char *at, const FzSignal *signal)
{
    if (signal->level != NULL)
        at = put_text(out, PUT(at, ",\"level\":"), signal->level);
    if (signal->age_s >= 0)
        at = put_number(PUT(at, ",\"age_s\":"), signal->age_s);
    if (signal->stale)
        at = PUT(at, ",\"stale\":true");
    if (signal->note != NULL && signal->note[0] != '\0')
        at = put_text(out, PUT(at, ",\"note\":"), signal->note);
    return at;
}

static char *put_signal(FzBuf *out, char *at, const FzSignal *signal)
{
    at = put_text(out, PUT(at, "{\"id\":"), signal->name);
    at = put_number(PUT(at, ",\"rev\":"), signal->rev);
    at = put_text(out, PUT(at, ",\"state\":"),
                  fz_rule_state_name(signal->state));
    at = put_points(PUT(at, ",\"weight\":"), signal->weight);
    at = put_text(out, PUT(at, ",\"view\":"), fz_view_name(signal->view));
    at = PUT(at, ",\"spans\":[");
    for (uint8_t i = 0; i < signal->span_count; i++) {
        if (i > 0)
            *at++ = ',';
        *at++ = '[';
        at = put_number(at, signal->spans[i].cp_from);
        *at++ = ',';
        at = put_number(at, signal->spans[i].cp_to);
        *at++ = ']';
    }
    *at++ = ']';
    if (signal->list != NULL)
        at = put_text(out, PUT(at, ",\"list\":"), signal->list);
    if (signal->entry != NULL)
        at = put_text(out, PUT(at, ",\"entry\":"), signal->entry);
    if (signal->list != NULL)
        at = put_listed(out, at, signal);
    *at++ = '}';
    return at;
}

static char *put_signals(FzBuf *out, char *at, const FzSignals *signals)
{
    at = PUT(at, ",\"signals\":[");
    for (uint16_t i = 0; i < signals->count; i++) {
        if (i > 0)
            *at++ = ',';
        at = put_signal(out, at, &signals->item[i]);
    }
    return put_number(PUT(at, "],\"dropped\":"), signals->dropped);
}

static char *put_failures(FzBuf *out, char *at, uint32_t failures)
{
    at = PUT(at, ",\"failures\":[");
    for (uint32_t left = failures; left != 0; left &= left - 1) {
        if (left != failures)
            *at++ = ',';
        at = put_text(out, at, fz_failure_name((FzFailure)__builtin_ctz(left)));
    }
    *at++ = ']';
    return at;
}

static char *put_flags(FzBuf *out, char *at, uint32_t flags)
{
    bool first = true;

    at = PUT(at, ",\"flags\":[");
    for (uint32_t left = flags; left != 0; left &= left - 1) {
        const char *name = fz_record_flag_name(left & -left);

        if (name == NULL)
            continue;
        if (!first)
            *at++ = ',';
        at = put_text(out, at, name);
        first = false;
    }
    *at++ = ']';
    return at;
}

/* --- the record ----------------------------------------------------------- */
static char *put_message(FzBuf *out, char *at, const FzRecord *record)
{
    const FzMessage *message = record->message;
    char time[FZ_CLOCK_TEXT];

    fz_clock_format(message->now_ms, time);
    at = put_text(out, PUT(at, "{\"time\":"), time);
    if (record->id != NULL)
        at = put_text(out, PUT(at, ",\"id\":"), record->id);
    if (record->node != NULL)
        at = put_text(out, PUT(at, ",\"node\":"), record->node);
    at = put_text(out, PUT(at, ",\"direction\":"),
                  fz_direction_name(message->direction));
    if (message->identity.data != NULL)
        at = put_string(out, PUT(at, ",\"identity\":"), message->identity);
    if (message->smsc.data != NULL)
        at = put_string(out, PUT(at, ",\"smsc\":"), message->smsc);
    if (record->hash_key.octets != 0)
        at = put_numbers(at, record->hash_key, message);
    return at;
}

static char *put_verdict(FzBuf *out, char *at, const FzRecord *record)
{
    const FzVerdict *verdict = record->verdict;

    at =
        put_text(out, PUT(at, ",\"verdict\":"), fz_action_name(verdict->would));
    at = put_text(out, PUT(at, ",\"acted\":"), fz_action_name(verdict->acted));
    at =
        put_text(out, PUT(at, ",\"wanted\":"), fz_action_name(verdict->wanted));
    at = put_text(out, PUT(at, ",\"by\":"), fz_decided_by_name(verdict->by));
    if (verdict->decider != NULL)
        at = put_text(out, PUT(at, ",\"decider\":"), verdict->decider);
    if (record->disposition != NULL)
        at = put_text(out, PUT(at, ",\"disposition\":"), record->disposition);
    at = put_points(PUT(at, ",\"score\":"), verdict->score);
    if (verdict->reason != NULL)
        at = put_text(out, PUT(at, ",\"reason\":"), verdict->reason->name);
    at = put_text(out, PUT(at, ",\"profile\":"), verdict->profile->name);
    if (record->ruleset != NULL)
        at = put_text(out, PUT(at, ",\"ruleset\":"), record->ruleset);
    if (record->generation != NULL)
        at = put_text(out, PUT(at, ",\"generation\":"), record->generation);
    at = record->bypass ? PUT(at, ",\"bypass\":true")
                        : PUT(at, ",\"bypass\":false");
    at = put_text(out, PUT(at, ",\"shadow\":{\"verdict\":"),
                  fz_action_name(verdict->shadow_would));
    at = put_points(PUT(at, ",\"score\":"), verdict->shadow_score);
    *at++ = '}';
    at = put_signals(out, at, &verdict->signals);
    at = put_failures(out, at, verdict->failures);
    if (verdict->by == FZ_DECIDED_BY_FAILURE)
        at = put_text(out, PUT(at, ",\"choice\":"),
                      fz_failure_choice_name(verdict->choice));
    return put_flags(out, at, verdict->text_flags);
}

void fz_record_begin(const FzRecord *record, FzBuf *out)
{
    char *at;

    fz_buf_reserve(out, SPARE);
    at = put_message(out, (char *)out->data + out->octets, record);
    at = put_verdict(out, at, record);
    if (record->micros >= 0)
        at = put_number(PUT(at, ",\"micros\":"), record->micros);
    *at = '\0';
    out->octets = (size_t)(at - (char *)out->data);
}

void fz_record_write(const FzRecord *record, FzBuf *out)
{
    fz_record_begin(record, out);
    fz_buf_append(out, "}\n", 2);
}

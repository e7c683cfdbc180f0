/* SPDX-License-Identifier: BSD-2-Clause
 *
 * record_line.c - the record as the line it becomes
 *
 * The same octets as those of fz_record_json dumped, which a test compares,
 * without making an object first: that costs more than judging does.
 */
#include "config.h"

#include "engine/verdict/record.h"

#include "base/clock.h"
#include "base/utf8.h"

/* --- values --------------------------------------------------------------- */
static void put(FzBuf *out, const char *text)
{
    fz_buf_append_text(out, text);
}

static void put_escaped(FzBuf *out, uint8_t octet)
{
    static const char digits[] = "0123456789ABCDEF", names[] = "btnvfr";
    char text[] = "\\u0000";

    if (octet == '"' || octet == '\\') {
        fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, octet);
    } else if (octet >= '\b' && octet <= '\r' && octet != '\v') {
        fz_buf_append_octet(out, '\\');
        fz_buf_append_octet(out, (uint8_t)names[octet - '\b']);
    } else {
        text[4] = digits[octet >> 4];
        text[5] = digits[octet & 15];
        put(out, text);
    }
}

/* A string of octets from outside: what is not UTF-8 becomes U+FFFD. */
static void put_string(FzBuf *out, FzSlice text)
{
    size_t from = 0, at = 0;

    fz_buf_append_octet(out, '"');
    while (at < text.octets) {
        uint8_t octet = text.data[at];
        size_t used = 1;
        uint32_t cp;

        if (octet >= 0x80)
            used = fz_utf8_decode(text.data + at, text.octets - at, &cp);
        if (used != 0 && octet >= ' ' && octet != '"' && octet != '\\') {
            at += used;
            continue;
        }
        fz_buf_append(out, text.data + from, at - from);
        if (used == 0)
            put(out, "\xEF\xBF\xBD");
        else
            put_escaped(out, octet);
        from = ++at;
    }
    fz_buf_append(out, text.data + from, at - from);
    fz_buf_append_octet(out, '"');
}

static void put_number(FzBuf *out, int64_t number)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left != 0);
    if (number < 0)
        digits[--at] = '-';
    fz_buf_append(out, digits + at, sizeof digits - at);
}

/* Hundredths, with one decimal at least. */
static void put_points(FzBuf *out, FzPoints points)
{
    uint32_t part = (uint32_t)(points < 0 ? -(int64_t)points : points) % 100;

    if (points < 0 && points > -100)
        put(out, "-0");
    else
        put_number(out, points / 100);
    fz_buf_append_octet(out, '.');
    fz_buf_append_octet(out, (uint8_t)('0' + part / 10));
    if (part % 10 != 0)
        fz_buf_append_octet(out, (uint8_t)('0' + part % 10));
}

/* --- members: `key' is `,"name":' ----------------------------------------- */
static void put_text(FzBuf *out, const char *key, const char *text)
{
    if (text == NULL)
        return;
    put(out, key);
    put_string(out, fz_slice_of(text));
}

static void put_slice(FzBuf *out, const char *key, FzSlice slice)
{
    if (slice.data == NULL)
        return;
    put(out, key);
    put_string(out, slice);
}

static void put_hash(FzBuf *out, const char *key, FzSlice hash_key,
                     FzSlice number)
{
    char text[FZ_RECORD_HASH_TEXT];

    if (hash_key.octets == 0 || number.data == NULL)
        return;
    fz_record_hash(hash_key, number, text);
    put_text(out, key, text);
}

/* What a list says of its entry. */
static void put_listed(FzBuf *out, const FzSignal *signal)
{
    put_text(out, ",\"level\":", signal->level);
    if (signal->age_s >= 0) {
        put(out, ",\"age_s\":");
        put_number(out, signal->age_s);
    }
    if (signal->stale)
        put(out, ",\"stale\":true");
    if (signal->note != NULL && signal->note[0] != '\0')
        put_text(out, ",\"note\":", signal->note);
}

static void put_signal(FzBuf *out, const FzSignal *signal)
{
    put_text(out, "{\"id\":", signal->name);
    put(out, ",\"rev\":");
    put_number(out, signal->rev);
    put_text(out, ",\"state\":", fz_rule_state_name(signal->state));
    put(out, ",\"weight\":");
    put_points(out, signal->weight);
    put_text(out, ",\"view\":", fz_view_name(signal->view));
    put(out, ",\"spans\":[");
    for (uint8_t i = 0; i < signal->span_count; i++) {
        put(out, i == 0 ? "[" : ",[");
        put_number(out, signal->spans[i].cp_from);
        fz_buf_append_octet(out, ',');
        put_number(out, signal->spans[i].cp_to);
        fz_buf_append_octet(out, ']');
    }
    fz_buf_append_octet(out, ']');
    put_text(out, ",\"list\":", signal->list);
    put_text(out, ",\"entry\":", signal->entry);
    if (signal->list != NULL)
        put_listed(out, signal);
    fz_buf_append_octet(out, '}');
}

static void put_failures(FzBuf *out, uint32_t failures)
{
    bool first = true;

    put(out, ",\"failures\":[");
    for (int i = 0; i < FZ_FAILURES; i++)
        if ((failures & FZ_FAILURE_BIT(i)) != 0) {
            put_text(out, first ? "" : ",", fz_failure_name((FzFailure)i));
            first = false;
        }
    fz_buf_append_octet(out, ']');
}

static void put_flags(FzBuf *out, uint32_t flags)
{
    bool first = true;

    put(out, ",\"flags\":[");
    for (uint32_t bit = 0; bit < 32; bit++) {
        const char *name = fz_record_flag_name(1u << bit);

        if ((flags & 1u << bit) == 0 || name == NULL)
            continue;
        put_text(out, first ? "" : ",", name);
        first = false;
    }
    fz_buf_append_octet(out, ']');
}

/* --- the record ----------------------------------------------------------- */
static void put_message(FzBuf *out, const FzRecord *record)
{
    const FzMessage *message = record->message;
    char time[FZ_CLOCK_TEXT];

    fz_clock_format(message->now_ms, time);
    put_text(out, "{\"time\":", time);
    put_text(out, ",\"id\":", record->id);
    put_text(out, ",\"node\":", record->node);
    put_text(out, ",\"direction\":", fz_direction_name(message->direction));
    put_slice(out, ",\"identity\":", message->identity);
    put_slice(out, ",\"smsc\":", message->smsc);
    put_hash(out, ",\"sender\":", record->hash_key, message->sender);
    put_hash(out, ",\"receiver\":", record->hash_key, message->receiver);
}

static void put_verdict(FzBuf *out, const FzRecord *record)
{
    const FzVerdict *verdict = record->verdict;

    put_text(out, ",\"verdict\":", fz_action_name(verdict->would));
    put_text(out, ",\"acted\":", fz_action_name(verdict->acted));
    put_text(out, ",\"wanted\":", fz_action_name(verdict->wanted));
    put_text(out, ",\"by\":", fz_decided_by_name(verdict->by));
    put_text(out, ",\"decider\":", verdict->decider);
    put_text(out, ",\"disposition\":", record->disposition);
    put(out, ",\"score\":");
    put_points(out, verdict->score);
    put_text(out, ",\"reason\":",
             verdict->reason == NULL ? NULL : verdict->reason->name);
    put_text(out, ",\"profile\":", verdict->profile->name);
    put_text(out, ",\"ruleset\":", record->ruleset);
    put_text(out, ",\"generation\":", record->generation);
    put(out, record->bypass ? ",\"bypass\":true" : ",\"bypass\":false");
    put_text(out, ",\"shadow\":{\"verdict\":",
             fz_action_name(verdict->shadow_would));
    put(out, ",\"score\":");
    put_points(out, verdict->shadow_score);
    put(out, "},\"signals\":[");
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        if (i > 0)
            fz_buf_append_octet(out, ',');
        put_signal(out, &verdict->signals.item[i]);
    }
    put(out, "],\"dropped\":");
    put_number(out, verdict->signals.dropped);
    put_failures(out, verdict->failures);
    if (verdict->by == FZ_DECIDED_BY_FAILURE)
        put_text(out, ",\"choice\":", fz_failure_choice_name(verdict->choice));
    put_flags(out, verdict->text_flags);
}

void fz_record_write(const FzRecord *record, FzBuf *out)
{
    put_message(out, record);
    put_verdict(out, record);
    if (record->micros >= 0) {
        put(out, ",\"micros\":");
        put_number(out, record->micros);
    }
    put(out, "}\n");
}

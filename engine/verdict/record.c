/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/verdict/record.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/keyed.h"
#include "base/utf8.h"

static const struct {
    uint32_t flag;
    const char *name;
} flag_names[] = {
    {FZ_TEXT_OPAQUE, "opaque"},
    {FZ_TEXT_REPLACED, "replaced"},
    {FZ_TEXT_TRUNCATED, "truncated"},
    {FZ_TEXT_ODD_OCTETS, "odd-octets"},
    {FZ_TEXT_SHIFT_TABLE, "shift-table"},
    {FZ_TEXT_BAD_UDH, "bad-udh"},
    {FZ_TEXT_PORTS, "ports"},
    {FZ_TEXT_WAP_PUSH, "wap-push"},
};

/* A gateway names all its numbers with one key. */
static const FzKeyed *keyed_by(FzSlice key)
{
    static _Thread_local FzKeyed last;

    if (!fz_slice_equal(fz_slice(last.key, last.octets), key))
        fz_keyed_begin(key, &last);
    return &last;
}

void fz_record_hashes(FzSlice key, const FzSlice number[2],
                      char text[2][FZ_RECORD_HASH_TEXT])
{
    FzDigest digest[2];

    if (key.octets == 0 || key.octets > FZ_KEYED_KEY_OCTETS ||
        number[0].octets > FZ_KEYED_TEXT_OCTETS ||
        number[1].octets > FZ_KEYED_TEXT_OCTETS) {
        fz_record_hash(key, number[0], text[0]);
        fz_record_hash(key, number[1], text[1]);
        return;
    }
    fz_keyed_digests(keyed_by(key), number, digest);
    for (size_t i = 0; i < 2; i++)
        fz_hex_encode(digest[i].octets, (FZ_RECORD_HASH_TEXT - 1) / 2, text[i]);
}

void fz_record_hash(FzSlice key, FzSlice number, char *text)
{
    FzDigest digest = fz_digest(key, &number, 1);

    fz_hex_encode(digest.octets, (FZ_RECORD_HASH_TEXT - 1) / 2, text);
}

json_t *fz_record_points(FzPoints points)
{
    return json_real(points / 100.0);
}

json_t *fz_record_text(FzSlice octets)
{
    FzBuf clean = FZ_BUF_INIT;
    json_t *text;

    if (fz_utf8_valid(octets.data, octets.octets))
        return json_stringn(octets.data == NULL ? ""
                                                : (const char *)octets.data,
                            octets.octets);
    for (size_t at = 0; at < octets.octets;) {
        uint32_t cp;
        size_t used = fz_utf8_decode(octets.data + at, octets.octets - at, &cp);

        if (used == 0)
            fz_buf_append_text(&clean, "\xEF\xBF\xBD");
        else
            fz_buf_append(&clean, octets.data + at, used);
        at += used == 0 ? 1 : used;
    }
    text = json_stringn(fz_buf_text(&clean), clean.octets);
    fz_buf_clear(&clean);
    return text;
}

const char *fz_record_flag_name(uint32_t flag)
{
    for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++)
        if (flag_names[i].flag == flag)
            return flag_names[i].name;
    return NULL;
}

json_t *fz_record_flags(uint32_t text_flags)
{
    json_t *flags = json_array();

    for (size_t i = 0; i < sizeof flag_names / sizeof flag_names[0]; i++)
        if ((text_flags & flag_names[i].flag) != 0)
            json_array_append_new(flags, json_string(flag_names[i].name));
    return flags;
}

static json_t *one_signal(const FzSignal *signal)
{
    json_t *it = json_object(), *spans = json_array();

    json_object_set_new(it, "id", json_string(signal->name));
    json_object_set_new(it, "rev", json_integer(signal->rev));
    json_object_set_new(it, "state",
                        json_string(fz_rule_state_name(signal->state)));
    json_object_set_new(it, "weight", fz_record_points(signal->weight));
    json_object_set_new(it, "view", json_string(fz_view_name(signal->view)));
    for (uint8_t i = 0; i < signal->span_count; i++)
        json_array_append_new(spans,
                              json_pack("[i,i]", (int)signal->spans[i].cp_from,
                                        (int)signal->spans[i].cp_to));
    json_object_set_new(it, "spans", spans);
    if (signal->list != NULL)
        json_object_set_new(it, "list",
                            fz_record_text(fz_slice_of(signal->list)));
    if (signal->entry != NULL)
        json_object_set_new(it, "entry",
                            fz_record_text(fz_slice_of(signal->entry)));
    if (signal->list == NULL)
        return it;
    json_object_set_new(it, "level", json_string(signal->level));
    if (signal->age_s >= 0)
        json_object_set_new(it, "age_s", json_integer(signal->age_s));
    if (signal->stale)
        json_object_set_new(it, "stale", json_true());
    if (signal->note != NULL && signal->note[0] != '\0')
        json_object_set_new(it, "note",
                            fz_record_text(fz_slice_of(signal->note)));
    return it;
}

json_t *fz_record_signals(const FzVerdict *verdict)
{
    json_t *signals = json_array();

    for (uint16_t i = 0; i < verdict->signals.count; i++)
        json_array_append_new(signals, one_signal(&verdict->signals.item[i]));
    return signals;
}

static json_t *failures(const FzVerdict *verdict)
{
    json_t *names = json_array();

    for (int i = 0; i < FZ_FAILURES; i++)
        if ((verdict->failures & FZ_FAILURE_BIT(i)) != 0)
            json_array_append_new(names,
                                  json_string(fz_failure_name((FzFailure)i)));
    return names;
}

static void set_text(json_t *it, const char *key, const char *text)
{
    if (text != NULL)
        json_object_set_new(it, key, fz_record_text(fz_slice_of(text)));
}

static void set_slice(json_t *it, const char *key, FzSlice slice)
{
    if (slice.data != NULL)
        json_object_set_new(it, key, fz_record_text(slice));
}

static void set_hash(json_t *it, const char *key, FzSlice hash_key,
                     FzSlice number)
{
    char text[FZ_RECORD_HASH_TEXT];

    if (hash_key.octets == 0 || number.data == NULL)
        return;
    fz_record_hash(hash_key, number, text);
    json_object_set_new(it, key, json_string(text));
}

json_t *fz_record_json(const FzRecord *record)
{
    const FzMessage *message = record->message;
    const FzVerdict *verdict = record->verdict;
    json_t *it = json_object();
    char time[FZ_CLOCK_TEXT];

    fz_clock_format(message->now_ms, time);
    json_object_set_new(it, "time", json_string(time));
    set_text(it, "id", record->id);
    set_text(it, "node", record->node);
    json_object_set_new(it, "direction",
                        json_string(fz_direction_name(message->direction)));
    set_slice(it, "identity", message->identity);
    set_slice(it, "smsc", message->smsc);
    set_hash(it, "sender", record->hash_key, message->sender);
    set_hash(it, "receiver", record->hash_key, message->receiver);
    json_object_set_new(it, "verdict",
                        json_string(fz_action_name(verdict->would)));
    json_object_set_new(it, "acted",
                        json_string(fz_action_name(verdict->acted)));
    json_object_set_new(it, "wanted",
                        json_string(fz_action_name(verdict->wanted)));
    json_object_set_new(it, "by", json_string(fz_decided_by_name(verdict->by)));
    set_text(it, "decider", verdict->decider);
    set_text(it, "disposition", record->disposition);
    json_object_set_new(it, "score", fz_record_points(verdict->score));
    set_text(it, "reason",
             verdict->reason == NULL ? NULL : verdict->reason->name);
    set_text(it, "profile", verdict->profile->name);
    set_text(it, "ruleset", record->ruleset);
    set_text(it, "generation", record->generation);
    json_object_set_new(it, "bypass", json_boolean(record->bypass));
    json_object_set_new(
        it, "shadow",
        json_pack("{s:s,s:o}", "verdict", fz_action_name(verdict->shadow_would),
                  "score", fz_record_points(verdict->shadow_score)));
    json_object_set_new(it, "signals", fz_record_signals(verdict));
    json_object_set_new(it, "dropped", json_integer(verdict->signals.dropped));
    json_object_set_new(it, "failures", failures(verdict));
    if (verdict->by == FZ_DECIDED_BY_FAILURE)
        json_object_set_new(
            it, "choice", json_string(fz_failure_choice_name(verdict->choice)));
    json_object_set_new(it, "flags", fz_record_flags(verdict->text_flags));
    if (record->micros >= 0)
        json_object_set_new(it, "micros", json_integer(record->micros));
    return it;
}

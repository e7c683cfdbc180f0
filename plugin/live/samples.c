/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/samples.h"
#include "base/alloc.h"
#include "base/utf8.h"
#include "engine/sender/claims.h"

#include <stdio.h>
#include <string.h>

#define ROOMS 64
#define TEXT_OCTETS 2048
#define AFTER_MS INT64_C(600000) /* between two of a rule with many */

typedef enum RoomState {
    ROOM_FREE = 0,
    ROOM_FILLING = 1,
    ROOM_FULL = 2,
} RoomState;

typedef struct Room {
    _Atomic int state; /* RoomState */
    const FzTally *tally;
    int64_t at_ms;
    int direction;
    uint8_t octets[3];   /* of the three that follow */
    char address[3][64]; /* sender, receiver, identity; cut */
    char spans[96];
    uint32_t text_octets;
    char text[TEXT_OCTETS];
} Room;

struct FzSamples {
    _Atomic uint32_t next; /* where to look for a room */
    _Atomic uint64_t kept, dropped, codes;
    Room room[ROOMS];
};

FzSamples *fz_samples_create(void)
{
    return fz_calloc(1, sizeof(FzSamples));
}

void fz_samples_destroy(FzSamples *samples)
{
    fz_free(samples);
}

FzSamplesFigures fz_samples_figures(const FzSamples *samples)
{
    return (FzSamplesFigures){samples->kept, samples->dropped, samples->codes};
}

/* --- taking -------------------------------------------------------------- */

/* May one more of this rule be kept? Whoever asks first gets it. */
static bool wanted(FzTally *tally, int64_t now_ms)
{
    int64_t after =
        atomic_load_explicit(&tally->sample_after_ms, memory_order_relaxed);

    if (now_ms < after)
        return false;
    if (atomic_fetch_add_explicit(&tally->sampled, 1, memory_order_relaxed) <
        FZ_SHADOW_HITS)
        return true;
    return atomic_compare_exchange_strong(&tally->sample_after_ms, &after,
                                          now_ms + AFTER_MS);
}

static Room *take_room(FzSamples *samples)
{
    uint32_t from =
        atomic_fetch_add_explicit(&samples->next, 1, memory_order_relaxed);

    for (uint32_t i = 0; i < ROOMS; i++) {
        Room *room = &samples->room[(from + i) % ROOMS];
        int is_free = ROOM_FREE;

        if (atomic_load_explicit(&room->state, memory_order_relaxed) ==
                ROOM_FREE &&
            atomic_compare_exchange_strong(&room->state, &is_free,
                                           ROOM_FILLING))
            return room;
    }
    return NULL;
}

static void put_address(Room *room, int which, FzSlice from)
{
    size_t octets = from.octets < sizeof room->address[which]
                        ? from.octets
                        : sizeof room->address[which];

    if (octets > 0)
        memcpy(room->address[which], from.data, octets);
    room->octets[which] = (uint8_t)octets;
}

/* A code that somebody waits for is nobody's example. */
static void blot_codes(char *text, uint32_t octets)
{
    FzPlace place = {0};

    while (fz_claims_code((const uint8_t *)text, octets, place.to, &place))
        memset(text + place.from, '*', place.to - place.from);
}

static void put_text(Room *room, const FzText *text)
{
    uint32_t octets = text->octets;

    if (octets > TEXT_OCTETS) {
        octets = TEXT_OCTETS;
        while (octets > 0 && (text->raw[octets] & 0xC0) == 0x80)
            octets--;
    }
    memcpy(room->text, text->raw, octets);
    room->text_octets = octets;
    blot_codes(room->text, octets);
}

static void put_spans(Room *room, const FzSignal *signal)
{
    size_t used = 0;

    room->spans[0] = '\0';
    for (uint8_t i = 0; i < signal->span_count && used < sizeof room->spans;
         i++)
        used += (size_t)snprintf(room->spans + used, sizeof room->spans - used,
                                 "%s%u-%u", i == 0 ? "" : ",",
                                 (unsigned)signal->spans[i].cp_from,
                                 (unsigned)signal->spans[i].cp_to);
}

void fz_samples_see(FzSamples *samples, const FzBundle *bundle,
                    const FzMessage *message, const FzText *text,
                    const FzVerdict *verdict)
{
    for (uint16_t i = 0; i < verdict->signals.count; i++) {
        const FzSignal *signal = &verdict->signals.item[i];
        FzTally *tally;
        Room *room;

        if (signal->state != FZ_RULE_SHADOW || text == NULL)
            continue;
        tally = fz_tally_of(bundle, signal->rule);
        if (tally == NULL)
            continue;
        if (verdict->sender.class_ == FZ_SENDER_CODE || verdict->sender.code) {
            samples->codes++;
            continue;
        }
        if (!wanted(tally, message->now_ms))
            continue;
        room = take_room(samples);
        if (room == NULL) {
            samples->dropped++;
            continue;
        }
        room->tally = tally;
        room->at_ms = message->now_ms;
        room->direction = (int)message->direction;
        put_address(room, 0, message->sender);
        put_address(room, 1, message->receiver);
        put_address(room, 2, message->identity);
        put_spans(room, signal);
        put_text(room, text);
        atomic_store_explicit(&room->state, ROOM_FULL, memory_order_release);
    }
}

/* --- handing over -------------------------------------------------------- */

FzStatus fz_samples_store(FzSamples *samples, FzStore *store, int64_t now_ms,
                          const FzDiagSink *sink)
{
    FzShadowHit hits[ROOMS];
    Room *taken[ROOMS];
    size_t count = 0;
    FzStatus status;

    for (uint32_t i = 0; i < ROOMS; i++) {
        Room *room = &samples->room[i];

        if (atomic_load_explicit(&room->state, memory_order_acquire) !=
            ROOM_FULL)
            continue;
        taken[count] = room;
        hits[count++] = (FzShadowHit){
            .at_ms = room->at_ms,
            .rule = fz_slice_of(room->tally->id),
            .rev = room->tally->rev,
            .direction = room->direction,
            .sender = fz_slice(room->address[0], room->octets[0]),
            .receiver = fz_slice(room->address[1], room->octets[1]),
            .identity = fz_slice(room->address[2], room->octets[2]),
            .text = fz_slice(room->text, room->text_octets),
            .spans = fz_slice_of(room->spans),
        };
    }
    if (count == 0)
        return FZ_OK;
    status = fz_store_shadow_keep(store, hits, count, now_ms, sink);
    if (status == FZ_OK)
        samples->kept += count;
    else
        samples->dropped += count;
    for (size_t i = 0; i < count; i++) {
        explicit_bzero(taken[i]->text, taken[i]->text_octets);
        explicit_bzero(taken[i]->address, sizeof taken[i]->address);
        atomic_store_explicit(&taken[i]->state, ROOM_FREE,
                              memory_order_release);
    }
    return status;
}

/* --- showing ------------------------------------------------------------- */

static bool is_ascii_letter(uint32_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

/* Digits of any width that people read as such. */
static bool is_digit(uint32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19) ||
           (c >= 0x0660 && c <= 0x0669) || (c >= 0x06F0 && c <= 0x06F9) ||
           (c >= 0x2460 && c <= 0x249B) || (c >= 0x1D7CE && c <= 0x1D7FF);
}

/* A word without blanks that is ASCII: where its secrets begin and end. */
static void secrets_of(FzSlice word, size_t *from, size_t *to)
{
    const uint8_t *at = memchr(word.data, '@', word.octets);
    size_t host = 0;

    *from = *to = 0;
    if (at != NULL) {
        *to = (size_t)(at - word.data);
        return;
    }
    for (size_t i = 0; i + 3 <= word.octets; i++)
        if (memcmp(word.data + i, "://", 3) == 0) {
            host = i + 3;
            break;
        }
    for (size_t i = host; i < word.octets; i++)
        if (word.data[i] == '/' || word.data[i] == '?' || word.data[i] == '#') {
            *from = i + 1;
            *to = word.octets;
            return;
        }
}

void fz_samples_mask(FzSlice text, FzBuf *out)
{
    size_t at = 0, word_to = 0, from = 0, to = 0;

    while (at < text.octets) {
        uint32_t c;
        size_t octets = fz_utf8_decode(text.data + at, text.octets - at, &c);

        if (octets == 0)
            break;
        if (at >= word_to && c > ' ' && c < 0x7F) {
            size_t end = at;

            while (end < text.octets && text.data[end] > ' ' &&
                   text.data[end] < 0x7F)
                end++;
            secrets_of(fz_slice(text.data + at, end - at), &from, &to);
            from += at;
            to += at;
            word_to = end;
        }
        if (is_digit(c) || (at >= from && at < to && is_ascii_letter(c)))
            fz_buf_append_text(out, "*");
        else
            fz_buf_append(out, text.data + at, octets);
        at += octets;
    }
}

void fz_samples_mask_number(FzSlice number, FzBuf *out)
{
    for (size_t i = 0; i < number.octets; i++) {
        bool shown = number.octets >= 8 && (i < 3 || i >= number.octets - 2) &&
                     number.data[i] > ' ' && number.data[i] < 0x7F;

        if (shown)
            fz_buf_append(out, number.data + i, 1);
        else
            fz_buf_append_text(out, "*");
    }
}

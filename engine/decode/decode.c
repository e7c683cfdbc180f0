/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/charset.h"
#include "engine/decode/decode.h"
#include "engine/decode/udh.h"
#include "engine/decode/wbxml.h"

/* Where pushes go: OMA WAP-235-PushOTA 7.1, WDP ports 2948 and 2949 (secure) */
#define PORT_WAP_PUSH 2948
#define PORT_WAP_PUSH_SECURE 2949

/* One part on its way: what its header says, and its place in the join. */
typedef struct Part {
    const FzMessage *message;
    uint8_t number;
    uint32_t end; /* in the joined octets of its run */
} Part;

/* --- headers ---------------------------------------------------------------
 */
static bool note_header(const FzMessage *message, FzUdh *udh, FzText *text)
{
    if (!fz_udh_read(message->udh, udh))
        text->flags |= FZ_TEXT_BAD_UDH;
    if (udh->has_ports)
        text->flags |= FZ_TEXT_PORTS;
    if (udh->shift_table)
        text->flags |= FZ_TEXT_SHIFT_TABLE;
    return udh->has_ports && (udh->port_to == PORT_WAP_PUSH ||
                              udh->port_to == PORT_WAP_PUSH_SECURE);
}

/* Parts in the order of their numbers, one of each. */
static size_t sort_parts(const FzMessage *messages, size_t count, Part *parts,
                         bool *push_out, FzText *text)
{
    size_t used = 0;

    *push_out = false;
    for (size_t i = 0; i < count; i++) {
        FzUdh udh;
        uint8_t number;
        size_t at;

        if (note_header(&messages[i], &udh, text))
            *push_out = true;
        number = udh.part.total == 0 ? (uint8_t)(i + 1) : udh.part.number;
        for (at = used; at > 0 && parts[at - 1].number > number; at--)
            ;
        if (at > 0 && parts[at - 1].number == number)
            continue;
        memmove(parts + at + 1, parts + at, (used - at) * sizeof *parts);
        parts[at] = (Part){&messages[i], number, 0};
        used++;
    }
    return used;
}

/* --- octets ----------------------------------------------------------------
 */
/* Parts that belong together: one coding, no number missing between them. */
static size_t run_length(const Part *parts, size_t count)
{
    size_t n = 1;

    while (n < count && parts[n].number == parts[n - 1].number + 1 &&
           parts[n].message->coding == parts[0].message->coding)
        n++;
    return n;
}

static FzSlice join_octets(Part *parts, size_t count, FzText *text)
{
    uint32_t octets = 0;

    if (count == 1 && parts[0].message->octets.octets <= FZ_LIMIT_TEXT_OCTETS) {
        parts[0].end = (uint32_t)parts[0].message->octets.octets;
        return parts[0].message->octets;
    }
    for (size_t i = 0; i < count; i++) {
        FzSlice more = parts[i].message->octets;

        if (more.octets > FZ_LIMIT_TEXT_OCTETS - octets) {
            more.octets = FZ_LIMIT_TEXT_OCTETS - octets;
            text->flags |= FZ_TEXT_TRUNCATED;
        }
        if (more.octets > 0)
            memcpy(text->joined + octets, more.data, more.octets);
        octets += (uint32_t)more.octets;
        parts[i].end = octets;
    }
    return fz_slice(text->joined, octets);
}

static FzCharsetReader *reader_for(FzCoding coding, FzSlice octets,
                                   FzText *text)
{
    FzCharsetReader *reader = NULL;

    switch (coding) {
    case FZ_CODING_UNDEFINED:
    case FZ_CODING_7BIT:
        reader = fz_charset_utf8;
        break;
    case FZ_CODING_8BIT:
        reader = fz_charset_of_8bit(octets);
        if (reader == fz_charset_ascii_runs)
            text->flags |= FZ_TEXT_OPAQUE;
        break;
    case FZ_CODING_UCS2:
        reader = fz_charset_utf16be;
        break;
    }
    return reader;
}

static void decode_run(Part *parts, size_t count, bool push, FzText *text)
{
    FzSlice octets = join_octets(parts, count, text);
    FzCharsetReader *read;
    size_t at = 0;

    if (push && parts[0].message->coding == FZ_CODING_8BIT) {
        fz_text_begin_part(text, parts[0].number);
        if (fz_wap_push(octets, text)) {
            text->flags |= FZ_TEXT_WAP_PUSH;
            return;
        }
        text->part_count--; /* as opaque data, then */
    }
    read = reader_for(parts[0].message->coding, octets, text);
    for (size_t i = 0; i < count; i++) {
        fz_text_begin_part(text, parts[i].number);
        if (at < parts[i].end)
            at = read(octets, at, parts[i].end, text);
    }
}

FzStatus fz_decode_parts(const FzMessage *messages, size_t count, FzText *text)
{
    Part parts[FZ_LIMIT_PARTS + 1];
    bool push, any_octets = false;
    size_t used;

    fz_text_reset(text);
    if (count > FZ_LIMIT_PARTS) {
        count = FZ_LIMIT_PARTS;
        text->flags |= FZ_TEXT_TRUNCATED;
    }
    used = sort_parts(messages, count, parts, &push, text);
    for (size_t i = 0; i < used;) {
        size_t n = run_length(parts + i, used - i);

        if (i > 0 && parts[i].number != parts[i - 1].number + 1)
            (void)fz_text_put(text, FZ_TEXT_PIECE_BREAK);
        decode_run(parts + i, n, push, text);
        i += n;
    }
    for (size_t i = 0; i < used; i++)
        any_octets |= parts[i].message->octets.octets > 0;
    fz_text_finish(text);
    return text->chars == 0 && any_octets ? FZ_E_SYNTAX : FZ_OK;
}

/* As fz_decode_parts of one, without what puts parts in order. */
FzStatus fz_decode(const FzMessage *message, FzText *text)
{
    Part part = {.message = message, .number = 1};
    bool push = false;

    fz_text_reset(text);
    if (message->udh.octets > 0) {
        FzUdh udh;

        push = note_header(message, &udh, text);
        if (udh.part.total > 0)
            part.number = udh.part.number;
    }
    decode_run(&part, 1, push, text);
    fz_text_finish(text);
    return text->chars == 0 && message->octets.octets > 0 ? FZ_E_SYNTAX : FZ_OK;
}

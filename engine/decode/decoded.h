/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decoded.h - the text of a message, and how to count in it
 *
 * Everything that is said about a place in a message (spans of signals, edits,
 * explanations) counts code points of this text. A judged text has at most
 * FZ_LIMIT_TEXT_CHARS code points, so an index fits 16 bits.
 */
#ifndef FZ_ENGINE_DECODE_DECODED_H
#define FZ_ENGINE_DECODE_DECODED_H

#include "base/limits.h"
#include "base/slice.h"

/** Code points [cp_from, cp_to) of the original text. */
typedef struct FzSpan {
    uint16_t cp_from;
    uint16_t cp_to;
} FzSpan;

/* Stands between the pieces of a message that no match may cross: the link and
 * the text of a WAP push, the ASCII runs of opaque data. A noncharacter, and
 * replaced where a sender writes it, so it is always ours. Every view keeps
 * it. A text that has it is never sent on: such messages are not rewritten. */
#define FZ_TEXT_PIECE_BREAK 0xFFFF

/* What decoding had to note; a bit set. */
typedef enum FzTextFlag {
    FZ_TEXT_OPAQUE = 1 << 0,      /* 8-bit data, not text by any rule: only
                                     what is ASCII in it was kept */
    FZ_TEXT_REPLACED = 1 << 1,    /* U+FFFD stands for what was invalid */
    FZ_TEXT_TRUNCATED = 1 << 2,   /* longer than FZ_LIMIT_TEXT_CHARS */
    FZ_TEXT_ODD_OCTETS = 1 << 3,  /* UTF-16 with half a unit at its end */
    FZ_TEXT_SHIFT_TABLE = 1 << 4, /* national shift table announced (UDH) */
    FZ_TEXT_BAD_UDH = 1 << 5,     /* the header breaks its own lengths */
    FZ_TEXT_PORTS = 1 << 6,       /* addressed to an application port */
    FZ_TEXT_WAP_PUSH = 1 << 7,    /* SI or SL: its link and text are the text */
} FzTextFlag;

/** Where one part of a joined message begins. */
typedef struct FzTextPart {
    uint16_t cp_from;
    uint8_t number; /* 1..255 */
} FzTextPart;

/** A decoded text. The arrays belong to whoever made the text (in judging: the
 *  scanner) and live until its next use. `raw` is valid UTF-8 and has 64
 *  readable octets behind its end. */
typedef struct FzText {
    uint8_t *raw;
    uint32_t octets;
    uint32_t chars;     /* code points */
    uint32_t *cp_octet; /* where code point i begins; [chars] = octets */
    FzTextPart *parts;  /* part_count entries; 1 for a message of one part */
    uint16_t part_count;
    uint32_t flags;  /* FzTextFlag */
    uint8_t *joined; /* room in which parts are joined before decoding */
} FzText;

/** The raw octets of a span. */
static inline FzSlice fz_text_slice(const FzText *text, FzSpan span)
{
    return fz_slice(text->raw + text->cp_octet[span.cp_from],
                    text->cp_octet[span.cp_to] - text->cp_octet[span.cp_from]);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/charset.h"
#include "engine/decode/decode.h"
#include "engine/decode/udh.h"

FzStatus fz_decode(const FzMessage *message, FzText *text)
{
    FzUdh udh;

    fz_text_reset(text);
    if (!fz_udh_read(message->udh, &udh))
        text->flags |= FZ_TEXT_BAD_UDH;
    if (udh.has_ports)
        text->flags |= FZ_TEXT_PORTS;
    if (udh.shift_table)
        text->flags |= FZ_TEXT_SHIFT_TABLE;
    fz_text_begin_part(text, udh.part.total == 0 ? 1 : udh.part.number);

    switch (message->coding) {
    case FZ_CODING_UNDEFINED:
    case FZ_CODING_7BIT:
        fz_charset_utf8(message->octets, text);
        break;
    case FZ_CODING_8BIT:
        fz_charset_8bit(message->octets, text);
        break;
    case FZ_CODING_UCS2:
        fz_charset_utf16be(message->octets, text);
        break;
    }
    fz_text_finish(text);
    if (text->chars == 0 && message->octets.octets > 0)
        return FZ_E_SYNTAX;
    return FZ_OK;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/utf8.h"
#include "engine/verdict/coding.h"

/* What decoding did to 8-bit octets shows in its result: as many code points
 * as octets, each of the octet's value, is Latin-1; the same octets again are
 * UTF-8. So this file needs to know no rule of decoding. */
static bool is_latin1(FzSlice octets, const FzText *text)
{
    if (text->chars != octets.octets)
        return false;
    for (uint32_t i = 0; i < text->chars; i++) {
        uint32_t cp;

        if (fz_utf8_decode(text->raw + text->cp_octet[i],
                           text->octets - text->cp_octet[i], &cp) == 0 ||
            cp != octets.data[i])
            return false;
    }
    return true;
}

FzStatus fz_charset_of(const FzMessage *message, const FzText *text,
                       FzCharset *charset_out)
{
    const uint32_t unwritable =
        FZ_TEXT_OPAQUE | FZ_TEXT_TRUNCATED | FZ_TEXT_BAD_UDH | FZ_TEXT_WAP_PUSH;

    if ((text->flags & unwritable) != 0)
        return FZ_E_LIMIT;
    switch (message->coding) {
    case FZ_CODING_UNDEFINED:
    case FZ_CODING_7BIT:
        /* The phone reads the septets by another table than the gateway
         * writes them by: what we put in would be read as something else. */
        if ((text->flags & FZ_TEXT_SHIFT_TABLE) != 0)
            return FZ_E_LIMIT;
        *charset_out = FZ_CHARSET_GSM;
        return FZ_OK;
    case FZ_CODING_UCS2:
        *charset_out = FZ_CHARSET_UTF16;
        return FZ_OK;
    case FZ_CODING_8BIT:
        if ((text->flags & FZ_TEXT_PORTS) != 0)
            return FZ_E_LIMIT; /* an application's data, whatever it looks */
        if (is_latin1(message->octets, text))
            *charset_out = FZ_CHARSET_LATIN1;
        else if (fz_slice_equal(message->octets,
                                fz_slice(text->raw, text->octets)))
            *charset_out = FZ_CHARSET_UTF8;
        else
            return FZ_E_LIMIT;
        return FZ_OK;
    }
    return FZ_E_LIMIT;
}

bool fz_charset_carries(FzCharset charset, const char *utf8)
{
    FzSlice slice = fz_slice_of(utf8);
    uint32_t septets, cp;

    switch (charset) {
    case FZ_CHARSET_GSM:
        return fz_gsm_septets(slice, &septets);
    case FZ_CHARSET_UTF16:
    case FZ_CHARSET_UTF8:
        return fz_utf8_valid(slice.data, slice.octets);
    case FZ_CHARSET_LATIN1:
        break;
    }
    for (size_t at = 0, used; at < slice.octets; at += used) {
        used = fz_utf8_decode(slice.data + at, slice.octets - at, &cp);
        /* 0x80..0x9F are controls in Latin-1, letters in its look-alikes */
        if (used == 0 || cp > 0xFF || (cp >= 0x80 && cp <= 0x9F))
            return false;
    }
    return true;
}

void fz_charset_write(FzCharset charset, FzSlice utf8, FzBuf *out)
{
    if (charset == FZ_CHARSET_GSM || charset == FZ_CHARSET_UTF8) {
        fz_buf_append_slice(out, utf8);
        return;
    }
    for (size_t at = 0, used; at < utf8.octets; at += used) {
        uint32_t cp;

        used = fz_utf8_decode(utf8.data + at, utf8.octets - at, &cp);
        if (used == 0)
            return; /* not reached: the text is valid */
        if (charset == FZ_CHARSET_LATIN1) {
            fz_buf_append_octet(out, cp > 0xFF ? '?' : (uint8_t)cp);
            continue;
        }
        if (cp > 0xFFFF) {
            uint32_t high = 0xD800 + ((cp - 0x10000) >> 10);

            fz_buf_append_octet(out, (uint8_t)(high >> 8));
            fz_buf_append_octet(out, (uint8_t)high);
            cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
        }
        fz_buf_append_octet(out, (uint8_t)(cp >> 8));
        fz_buf_append_octet(out, (uint8_t)cp);
    }
}

FzCoding fz_encode_text(FzSlice utf8, FzBuf *out)
{
    uint32_t septets;
    bool carried = fz_gsm_septets(utf8, &septets);

    fz_charset_write(carried ? FZ_CHARSET_GSM : FZ_CHARSET_UTF16, utf8, out);
    return carried ? FZ_CODING_7BIT : FZ_CODING_UCS2;
}

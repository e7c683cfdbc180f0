/* SPDX-License-Identifier: BSD-2-Clause
 *
 * coding.h - how a text is put back into a gateway's coding (inside verdict/)
 */
#ifndef FZ_ENGINE_VERDICT_CODING_H
#define FZ_ENGINE_VERDICT_CODING_H

#include "base/buf.h"
#include "engine/decode/decoded.h"
#include "engine/message/message.h"
#include "engine/verdict/rewrite.h"

/** Septets of one character: 1, 2 with its escape, 0 when in neither table. */
uint32_t fz_gsm_char_septets(uint32_t cp);

/** What a message's user data can be written back as. */
typedef enum FzCharset {
    FZ_CHARSET_GSM = 0,    /* UTF-8 on the wire, the GSM alphabet in the air */
    FZ_CHARSET_UTF16 = 1,  /* big-endian */
    FZ_CHARSET_UTF8 = 2,   /* 8-bit octets that are UTF-8 */
    FZ_CHARSET_LATIN1 = 3, /* 8-bit octets, one a character */
} FzCharset;

/** The character set that `octets` are written in; FZ_E_LIMIT when they cannot
 *  be written again (see fz_rewrite_message). */
FzStatus fz_charset_of(const FzMessage *message, const FzText *text,
                       FzCharset *charset_out) FZ_MUST_CHECK;

/** Can the character set carry these words? */
bool fz_charset_carries(FzCharset charset, const char *utf8);

/** Append `utf8` (valid) in the character set; what Latin-1 lacks becomes a
 *  question mark. */
void fz_charset_write(FzCharset charset, FzSlice utf8, FzBuf *out);

/** Does this code point belong to the one before it (combining mark, joiner,
 *  variation selector, modifier), so that nothing may come between? */
bool fz_cp_extends(uint32_t cp, uint32_t before);

#endif

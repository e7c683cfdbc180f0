/* SPDX-License-Identifier: BSD-2-Clause
 *
 * markup.h - text as XML and HTML write it
 *
 * Whatever comes in, what goes out is well-formed: octets that are no UTF-8
 * become U+FFFD, and what XML has no place for (control characters) is left
 * out.
 * Source: XML 1.0, 2.2 (Char) and 3.3.3 (line ends in attributes)
 */
#ifndef FZ_BASE_MARKUP_H
#define FZ_BASE_MARKUP_H

#include "base/buf.h"

/** Between tags. */
void fz_markup_text(FzBuf *out, const char *text);
/** Between the double quotes of an attribute: line ends are kept. */
void fz_markup_attribute(FzBuf *out, const char *text);

#endif

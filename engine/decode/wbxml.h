/* SPDX-License-Identifier: BSD-2-Clause
 *
 * wbxml.h - the link and the text of a WAP push
 *
 * Service Indication and Service Loading, as a phone would show or load them.
 * Each attribute value and each run of content is a piece of its own.
 */
#ifndef FZ_ENGINE_DECODE_WBXML_H
#define FZ_ENGINE_DECODE_WBXML_H

#include "engine/decode/decoded.h"

/**
 * Append what a push PDU says to a text.
 *
 * @param octets  WSP push PDU (WAP-230-WSP 8.2.4.1): TID, type, headers, data
 * @return false when this is no push of SI or SL, or breaks its format; then
 *         the text is as it was
 *
 * Cost: linear, allocates nothing.
 */
bool fz_wap_push(FzSlice octets, FzText *text);

/** The WBXML document alone. Source: WAP-192-WBXML 5, WAP-167-ServiceInd 8,
 *  WAP-168-ServiceLoad 9 */
bool fz_wbxml_push(FzSlice octets, FzText *text);

#endif

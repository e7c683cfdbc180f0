/* SPDX-License-Identifier: BSD-2-Clause
 *
 * encode.h - one way, and only one, to write fields as octets
 *
 * What is sealed, bound to a seal or chained in the audit trail is written so:
 * integers as 8 octets, little-endian; a slice as one octet (0 absent, 1
 * there), its length and its octets. Two different lists of fields never give
 * the same octets. The layout is part of the database's format.
 */
#ifndef FZ_STORE_ENCODE_H
#define FZ_STORE_ENCODE_H

#include "base/buf.h"

void fz_encode_int(FzBuf *buf, int64_t value);
void fz_encode_slice(FzBuf *buf, FzSlice slice);

/** Reads what was written; `bad` is set, and stays, when it runs short. */
typedef struct FzDecoder {
    FzSlice rest;
    bool bad;
} FzDecoder;

int64_t fz_decode_int(FzDecoder *decoder);
FzSlice fz_decode_slice(FzDecoder *decoder); /* into the octets being read */

#endif

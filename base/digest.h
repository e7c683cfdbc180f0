/* SPDX-License-Identifier: BSD-2-Clause
 *
 * digest.h - BLAKE2b, keyed or not, and hexadecimal
 */
#ifndef FZ_BASE_DIGEST_H
#define FZ_BASE_DIGEST_H

#include "base/slice.h"
#include "base/status.h"

#define FZ_DIGEST_OCTETS 32
#define FZ_DIGEST_TEXT (2 * FZ_DIGEST_OCTETS + 1)

typedef struct FzDigest {
    uint8_t octets[FZ_DIGEST_OCTETS];
} FzDigest;

/** Hash of several pieces; each piece is prefixed with its length, so moving
 *  an octet over a border changes the digest. `key` may be absent. */
FzDigest fz_digest(FzSlice key, const FzSlice *pieces, size_t count);

/** Lower-case hexadecimal; `text` holds 2 * octets + 1. */
void fz_hex_encode(const uint8_t *data, size_t octets, char *text);

/** Either case; FZ_E_SYNTAX for an odd length or a foreign character.
 *  `out` holds octets / 2. */
FzStatus fz_hex_decode(const char *text, size_t octets,
                       uint8_t *out) FZ_MUST_CHECK;

#endif

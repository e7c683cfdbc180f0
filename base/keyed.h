/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keyed.h - many short texts hashed with one key
 *
 * What fz_digest gives for one piece, at a third of the cost: a key is a block
 * of its own, that libsodium mixes in again for every text, and a short text
 * with its length is one more. A test compares the two.
 */
#ifndef FZ_BASE_KEYED_H
#define FZ_BASE_KEYED_H

#include "base/digest.h"

#define FZ_KEYED_KEY_OCTETS 64   /* at most, and at least one */
#define FZ_KEYED_TEXT_OCTETS 120 /* at most */

/** The state behind a key; as secret as the key is. */
typedef struct FzKeyed {
    uint8_t key[FZ_KEYED_KEY_OCTETS];
    size_t octets;
    uint64_t state[8];
} FzKeyed;

/** @param key  1 to FZ_KEYED_KEY_OCTETS */
void fz_keyed_begin(FzSlice key, FzKeyed *keyed);

/** Of two texts at once, which takes as long as one.
 *  @param text  at most FZ_KEYED_TEXT_OCTETS each; may be absent */
void fz_keyed_digests(const FzKeyed *keyed, const FzSlice text[2],
                      FzDigest digest[2]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * seal.h - the store's key, and what is done with it
 *
 * One key file holds 32 random octets as 64 hexadecimal digits. Each use gets
 * a key of its own derived from it (BLAKE2b, libsodium's crypto_kdf), so that
 * no two uses can be played against each other. Everything sealed carries the
 * id of the key that sealed it: rotation later adds keys, it changes no row.
 *
 * Sealing is XChaCha20-Poly1305 with a random nonce of 24 octets, which may be
 * drawn for any number of messages. What is `bound` is not hidden but must be
 * the same again: a seal moved to another row does not open.
 */
#ifndef FZ_STORE_SEAL_H
#define FZ_STORE_SEAL_H

#include "base/buf.h"
#include "base/status.h"

#define FZ_SEAL_KEY_OCTETS 32
#define FZ_SEAL_HASH_OCTETS 16 /* of a number: found by equality */
#define FZ_SEAL_TAG_OCTETS 16
#define FZ_STORE_ID_OCTETS 16

/** What sealing needs to know; immutable once the store is open. */
typedef struct FzSeal {
    int64_t key_id; /* of the key file; tells nothing about the key */
    uint8_t seal[FZ_SEAL_KEY_OCTETS];
    uint8_t lookup[FZ_SEAL_KEY_OCTETS];
    uint8_t audit[FZ_SEAL_KEY_OCTETS];
    uint8_t store_id[FZ_STORE_ID_OCTETS]; /* random, one a database: a row does
                                             not open in another one */
} FzSeal;

/** Load the key file; `store_id` is left alone.
 *  @return FZ_E_IO: missing, unreadable, or readable by others; FZ_E_SYNTAX:
 *          not 64 hexadecimal digits */
FzStatus fz_seal_load_key(FzSeal *seal, const char *path,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

/** Make the key file (0600, durable) with a new random key. A file that is
 *  there is left alone and FZ_OK: whoever was first made the key. */
FzStatus fz_seal_make_key(const char *path,
                          const FzDiagSink *sink) FZ_MUST_CHECK;

void fz_seal_clear(FzSeal *seal); /* wipes */

/** `out` is appended to: nonce, ciphertext, tag. */
void fz_seal_close(const FzSeal *seal, FzSlice bound, FzSlice clear,
                   FzBuf *out);

/** FZ_E_SYNTAX when it was changed, moved, or sealed with another key. */
FzStatus fz_seal_open(const FzSeal *seal, FzSlice bound, FzSlice sealed,
                      FzBuf *clear_out) FZ_MUST_CHECK;

/** Keyed hash of a value of one column ("sender"): the same number in another
 *  column hashes differently. An absent value gives false. */
bool fz_seal_hash(const FzSeal *seal, const char *column, FzSlice value,
                  uint8_t *hash_out);

/** Proof that the store itself wrote an audit entry with this hash. */
void fz_seal_tag(const FzSeal *seal, FzSlice hash, uint8_t *tag_out);

#endif

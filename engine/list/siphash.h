/* SPDX-License-Identifier: BSD-2-Clause
 *
 * siphash.h - SipHash-2-4, inline: it is most of what a look-up computes
 *
 * Keyed by a random key that stays in the list file, so that a sender cannot
 * make a link whose hash is that of an allowed one.
 * Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (2012); the
 * same values as libsodium's crypto_shorthash, which a test compares.
 */
#ifndef FZ_ENGINE_LIST_SIPHASH_H
#define FZ_ENGINE_LIST_SIPHASH_H

#include "base/slice.h"

#include <endian.h>

typedef struct FzSipKey {
    uint64_t k0, k1;
} FzSipKey;

static inline uint64_t fz_sip_load(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return le64toh(word);
}

/** From 16 octets, as they stand in a file. */
static inline FzSipKey fz_sip_key(const uint8_t *octets)
{
    return (FzSipKey){fz_sip_load(octets), fz_sip_load(octets + 8)};
}

#define FZ_SIP_ROTATE(x, b) (((x) << (b)) | ((x) >> (64 - (b))))
#define FZ_SIP_ROUND                                                           \
    do {                                                                       \
        v0 += v1;                                                              \
        v1 = FZ_SIP_ROTATE(v1, 13) ^ v0;                                       \
        v0 = FZ_SIP_ROTATE(v0, 32);                                            \
        v2 += v3;                                                              \
        v3 = FZ_SIP_ROTATE(v3, 16) ^ v2;                                       \
        v0 += v3;                                                              \
        v3 = FZ_SIP_ROTATE(v3, 21) ^ v0;                                       \
        v2 += v1;                                                              \
        v1 = FZ_SIP_ROTATE(v1, 17) ^ v2;                                       \
        v2 = FZ_SIP_ROTATE(v2, 32);                                            \
    } while (0)

static inline uint64_t fz_siphash(FzSipKey key, const uint8_t *data,
                                  size_t octets)
{
    uint64_t v0 = 0x736f6d6570736575u ^ key.k0;
    uint64_t v1 = 0x646f72616e646f6du ^ key.k1;
    uint64_t v2 = 0x6c7967656e657261u ^ key.k0;
    uint64_t v3 = 0x7465646279746573u ^ key.k1;
    uint64_t last = (uint64_t)octets << 56;
    size_t rest = octets & 7;

    for (size_t left = octets; left >= 8; left -= 8, data += 8) {
        uint64_t word = fz_sip_load(data);

        v3 ^= word;
        FZ_SIP_ROUND;
        FZ_SIP_ROUND;
        v0 ^= word;
    }
    if (octets >= 8) /* of the last eight those behind the words */
        last |= fz_sip_load(data + rest - 8) >> 8 >> 8 * (7 - rest);
    else
        for (size_t i = 0; i < rest; i++)
            last |= (uint64_t)data[i] << 8 * i;
    v3 ^= last;
    FZ_SIP_ROUND;
    FZ_SIP_ROUND;
    v0 ^= last;
    v2 ^= 0xff;
    FZ_SIP_ROUND;
    FZ_SIP_ROUND;
    FZ_SIP_ROUND;
    FZ_SIP_ROUND;
    return v0 ^ v1 ^ v2 ^ v3;
}

#endif

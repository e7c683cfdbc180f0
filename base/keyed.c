/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keyed.c - BLAKE2b of one block behind a key
 *
 * Four columns are mixed at once, in the compiler's vectors: the same lines for
 * every machine. Source: RFC 7693, "The BLAKE2 Cryptographic Hash".
 */
#include "config.h"

#include "base/keyed.h"

#include "base/cpu.h"

#include <endian.h>

#define BLOCK_WORDS 16
#define ROUNDS 12

typedef uint64_t Row __attribute__((vector_size(32)));

static const uint64_t begin[8] = {
    UINT64_C(0x6a09e667f3bcc908), UINT64_C(0xbb67ae8584caa73b),
    UINT64_C(0x3c6ef372fe94f82b), UINT64_C(0xa54ff53a5f1d36f1),
    UINT64_C(0x510e527fade682d1), UINT64_C(0x9b05688c2b3e6c1f),
    UINT64_C(0x1f83d9abfb41bd6b), UINT64_C(0x5be0cd19137e2179)};

/* The last two rounds are the first two again. */
static const uint8_t order[ROUNDS][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3}};

#define ROTATE(row, bits) ((row) >> (bits) | (row) << (64 - (bits)))
#define WORDS(word, at)                                                        \
    (Row)                                                                      \
    {                                                                          \
        (word)[(at)[0]], (word)[(at)[2]], (word)[(at)[4]], (word)[(at)[6]]     \
    }
#define MIX(v, first, second)                                                  \
    do {                                                                       \
        v[0] = v[0] + (first) + v[1];                                          \
        v[3] = ROTATE(v[3] ^ v[0], 32);                                        \
        v[2] += v[3];                                                          \
        v[1] = ROTATE(v[1] ^ v[2], 24);                                        \
        v[0] = v[0] + (second) + v[1];                                         \
        v[3] = ROTATE(v[3] ^ v[0], 16);                                        \
        v[2] += v[3];                                                          \
        v[1] = ROTATE(v[1] ^ v[2], 63);                                        \
    } while (0)
#define TURN(row, lanes)                                                       \
    __builtin_shufflevector(row, row, (lanes), ((lanes) + 1) & 3,              \
                            ((lanes) + 2) & 3, ((lanes) + 3) & 3)

/* @param octets  that were mixed in, with those of this block */
static inline __attribute__((always_inline)) void
mix_block(Row *state, const uint64_t *word, uint64_t octets, bool last)
{
    Row v[4] = {state[0],
                state[1],
                {begin[0], begin[1], begin[2], begin[3]},
                {begin[4] ^ octets, begin[5], begin[6] ^ (0 - (uint64_t)last),
                 begin[7]}};

    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint8_t *at = order[round];

        MIX(v, WORDS(word, at), WORDS(word, at + 1));
        v[1] = TURN(v[1], 1);
        v[2] = TURN(v[2], 2);
        v[3] = TURN(v[3], 3);
        MIX(v, WORDS(word, at + 8), WORDS(word, at + 9));
        v[1] = TURN(v[1], 3);
        v[2] = TURN(v[2], 2);
        v[3] = TURN(v[3], 1);
    }
    state[0] ^= v[0] ^ v[2];
    state[1] ^= v[1] ^ v[3];
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static void mix_block_wide(Row *state, const uint64_t *word,
                                   uint64_t octets, bool last)
{
    mix_block(state, word, octets, last);
}
#endif

static void mix(Row *state, uint64_t *word, uint64_t octets, bool last)
{
    for (size_t i = 0; i < BLOCK_WORDS; i++)
        word[i] = le64toh(word[i]);
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide) {
        mix_block_wide(state, word, octets, last);
        return;
    }
#endif
    mix_block(state, word, octets, last);
}

void fz_keyed_begin(FzSlice key, FzKeyed *keyed)
{
    uint64_t word[BLOCK_WORDS] = {0};
    Row state[2];

    memcpy(keyed->key, key.data, key.octets);
    keyed->octets = key.octets;
    memcpy(word, key.data, key.octets);
    memcpy(state, begin, sizeof begin);
    state[0][0] ^= UINT64_C(0x01010000) | key.octets << 8 | FZ_DIGEST_OCTETS;
    mix(state, word, sizeof word, false);
    memcpy(keyed->state, state, sizeof keyed->state);
}

FzDigest fz_keyed_digest(const FzKeyed *keyed, FzSlice text)
{
    uint64_t word[BLOCK_WORDS] = {htole64(text.octets)};
    FzDigest digest;
    Row state[2];

    if (text.octets != 0)
        memcpy(word + 1, text.data, text.octets);
    memcpy(state, keyed->state, sizeof state);
    mix(state, word, sizeof word + sizeof word[0] + text.octets, true);
    for (size_t i = 0; i < 4; i++)
        state[0][i] = htole64(state[0][i]);
    memcpy(digest.octets, &state[0], sizeof digest.octets);
    return digest;
}

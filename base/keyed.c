/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keyed.c - BLAKE2b of one block behind a key
 *
 * The four columns of two texts are mixed at once, in the compiler's vectors:
 * the same lines for every machine, and each step waits for the one before
 * anyway. Source: RFC 7693, "The BLAKE2 Cryptographic Hash".
 */
#include "config.h"

#include "base/keyed.h"

#include "base/cpu.h"

#include <endian.h>

#define BLOCK_WORDS 16
#define ROUNDS 12

/* Four words of the one, then four of the other. */
typedef uint64_t Row __attribute__((vector_size(64)));

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
#define WORDS(one, other, at)                                                  \
    (Row)                                                                      \
    {                                                                          \
        (one)[(at)[0]], (one)[(at)[2]], (one)[(at)[4]], (one)[(at)[6]],        \
            (other)[(at)[0]], (other)[(at)[2]], (other)[(at)[4]],              \
            (other)[(at)[6]]                                                   \
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
                            ((lanes) + 2) & 3, ((lanes) + 3) & 3, 4 + (lanes), \
                            4 + (((lanes) + 1) & 3), 4 + (((lanes) + 2) & 3),  \
                            4 + (((lanes) + 3) & 3))

/* One block of one text. */
typedef struct Block {
    uint64_t word[BLOCK_WORDS];
    uint64_t octets; /* with those of the blocks before */
    bool last;
} Block;

/* @param state  eight words of each; replaced */
static inline __attribute__((always_inline)) void
mix_blocks(const Block block[2], uint64_t state[2][8])
{
    const uint64_t *one = block[0].word, *other = block[1].word;
    uint64_t(*h)[8] = state;
    Row v[4] = {
        {h[0][0], h[0][1], h[0][2], h[0][3], h[1][0], h[1][1], h[1][2],
         h[1][3]},
        {h[0][4], h[0][5], h[0][6], h[0][7], h[1][4], h[1][5], h[1][6],
         h[1][7]},
        {begin[0], begin[1], begin[2], begin[3], begin[0], begin[1], begin[2],
         begin[3]},
        {begin[4] ^ block[0].octets, begin[5],
         begin[6] ^ (0 - (uint64_t)block[0].last), begin[7],
         begin[4] ^ block[1].octets, begin[5],
         begin[6] ^ (0 - (uint64_t)block[1].last), begin[7]},
    };

    for (unsigned round = 0; round < ROUNDS; round++) {
        const uint8_t *at = order[round];

        MIX(v, WORDS(one, other, at), WORDS(one, other, at + 1));
        v[1] = TURN(v[1], 1);
        v[2] = TURN(v[2], 2);
        v[3] = TURN(v[3], 3);
        MIX(v, WORDS(one, other, at + 8), WORDS(one, other, at + 9));
        v[1] = TURN(v[1], 3);
        v[2] = TURN(v[2], 2);
        v[3] = TURN(v[3], 1);
    }
    for (size_t i = 0; i < 4; i++) {
        h[0][i] ^= v[0][i] ^ v[2][i];
        h[0][4 + i] ^= v[1][i] ^ v[3][i];
        h[1][i] ^= v[0][4 + i] ^ v[2][4 + i];
        h[1][4 + i] ^= v[1][4 + i] ^ v[3][4 + i];
    }
}

#ifdef FZ_CPU_WIDE
FZ_WIDE static void mix_wide(const Block block[2], uint64_t state[2][8])
{
    mix_blocks(block, state);
}
#endif

static void mix(Block block[2], uint64_t state[2][8])
{
    for (size_t i = 0; i < BLOCK_WORDS; i++) {
        block[0].word[i] = le64toh(block[0].word[i]);
        block[1].word[i] = le64toh(block[1].word[i]);
    }
#ifdef FZ_CPU_WIDE
    if (fz_cpu_is_wide) {
        mix_wide(block, state);
        return;
    }
#endif
    mix_blocks(block, state);
}

void fz_keyed_begin(FzSlice key, FzKeyed *keyed)
{
    Block block[2] = {{.octets = sizeof block[0].word}};
    uint64_t state[2][8] = {{0}};

    memcpy(keyed->key, key.data, key.octets);
    keyed->octets = key.octets;
    memcpy(block[0].word, key.data, key.octets);
    memcpy(state[0], begin, sizeof begin);
    state[0][0] ^= UINT64_C(0x01010000) | key.octets << 8 | FZ_DIGEST_OCTETS;
    mix(block, state);
    memcpy(keyed->state, state[0], sizeof keyed->state);
}

void fz_keyed_digests(const FzKeyed *keyed, const FzSlice text[2],
                      FzDigest digest[2])
{
    Block block[2];
    uint64_t state[2][8];

    for (size_t i = 0; i < 2; i++) {
        block[i] = (Block){.word = {htole64(text[i].octets)},
                           .octets = sizeof block[0].word +
                                     sizeof block[0].word[0] + text[i].octets,
                           .last = true};
        if (text[i].octets != 0)
            memcpy(block[i].word + 1, text[i].data, text[i].octets);
        memcpy(state[i], keyed->state, sizeof state[i]);
    }
    mix(block, state);
    for (size_t i = 0; i < 2; i++) {
        for (size_t w = 0; w < 4; w++)
            state[i][w] = htole64(state[i][w]);
        memcpy(digest[i].octets, state[i], sizeof digest[i].octets);
    }
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/digest.h"

#include <endian.h>
#include <sodium.h>

FzDigest fz_digest(FzSlice key, const FzSlice *pieces, size_t count)
{
    crypto_generichash_state state;
    FzDigest digest;

    crypto_generichash_init(&state, key.data, key.octets, FZ_DIGEST_OCTETS);
    for (size_t i = 0; i < count; i++) {
        uint8_t length[8];

        for (size_t b = 0; b < sizeof length; b++)
            length[b] = (uint8_t)((uint64_t)pieces[i].octets >> (8 * b));
        crypto_generichash_update(&state, length, sizeof length);
        crypto_generichash_update(&state, pieces[i].data, pieces[i].octets);
    }
    crypto_generichash_final(&state, digest.octets, FZ_DIGEST_OCTETS);
    return digest;
}

/* The digits of four octets, in their order, as a little-endian number. */
static uint64_t eight_digits(const uint8_t *data)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t left = data[0] | (uint64_t)data[1] << 16 |
                    (uint64_t)data[2] << 32 | (uint64_t)data[3] << 48;
    uint64_t halves = (left >> 4 | left << 8) & 0x0F * ones;
    uint64_t letters = (halves + 6 * ones) >> 4 & ones;

    return halves + '0' * ones + letters * ('a' - '9' - 1);
}

void fz_hex_encode(const uint8_t *data, size_t octets, char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t i = 0;

    for (; i + 4 <= octets; i += 4) {
        uint64_t eight = htole64(eight_digits(data + i));

        memcpy(text + 2 * i, &eight, sizeof eight);
    }
    for (; i < octets; i++) {
        text[2 * i] = digits[data[i] >> 4];
        text[2 * i + 1] = digits[data[i] & 0x0F];
    }
    text[2 * octets] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

FzStatus fz_hex_decode(const char *text, size_t octets, uint8_t *out)
{
    if (octets % 2 != 0)
        return FZ_E_SYNTAX;
    for (size_t i = 0; i < octets; i += 2) {
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);

        if (high < 0 || low < 0)
            return FZ_E_SYNTAX;
        out[i / 2] = (uint8_t)(high << 4 | low);
    }
    return FZ_OK;
}

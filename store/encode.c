/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "store/encode.h"

#define INT_OCTETS 8

void fz_encode_int(FzBuf *buf, int64_t value)
{
    uint8_t octets[INT_OCTETS];

    for (size_t i = 0; i < INT_OCTETS; i++)
        octets[i] = (uint8_t)((uint64_t)value >> (8 * i));
    fz_buf_append(buf, octets, INT_OCTETS);
}

void fz_encode_slice(FzBuf *buf, FzSlice slice)
{
    fz_buf_append_octet(buf, slice.data != NULL);
    if (slice.data == NULL)
        return;
    fz_encode_int(buf, (int64_t)slice.octets);
    fz_buf_append_slice(buf, slice);
}

static const uint8_t *take(FzDecoder *decoder, size_t octets)
{
    const uint8_t *data = decoder->rest.data;

    if (decoder->bad || decoder->rest.octets < octets) {
        decoder->bad = true;
        return NULL;
    }
    decoder->rest = fz_slice(data + octets, decoder->rest.octets - octets);
    return data;
}

int64_t fz_decode_int(FzDecoder *decoder)
{
    const uint8_t *data = take(decoder, INT_OCTETS);
    uint64_t value = 0;

    if (data == NULL)
        return 0;
    for (size_t i = 0; i < INT_OCTETS; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return (int64_t)value;
}

FzSlice fz_decode_slice(FzDecoder *decoder)
{
    const uint8_t *there = take(decoder, 1);
    const uint8_t *data;
    uint64_t octets;

    if (there == NULL || *there == 0)
        return fz_slice_of(NULL);
    octets = (uint64_t)fz_decode_int(decoder);
    if (octets > decoder->rest.octets)
        decoder->bad = true;
    data = take(decoder, (size_t)octets);
    return data == NULL ? fz_slice_of(NULL) : fz_slice(data, (size_t)octets);
}

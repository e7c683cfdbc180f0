/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/hold/packed.h"

#define LENGTH_OCTETS 4

static const char several[] = {'F', 'Z', 'P', '1'};

void fz_packed_add(FzBuf *out, FzSlice packed)
{
    uint32_t octets = (uint32_t)packed.octets;

    if (out->octets == 0)
        fz_buf_append(out, several, sizeof several);
    for (int shift = 24; shift >= 0; shift -= 8)
        fz_buf_append_octet(out, (uint8_t)(octets >> shift));
    fz_buf_append_slice(out, packed);
}

static FzSlice behind(FzSlice all, size_t octets)
{
    return fz_slice(all.data + octets, all.octets - octets);
}

FzPackedReader fz_packed_reader(FzSlice all)
{
    if (all.octets < sizeof several ||
        memcmp(all.data, several, sizeof several) != 0)
        return (FzPackedReader){.rest = all};
    return (FzPackedReader){.rest = behind(all, sizeof several),
                            .several = true};
}

bool fz_packed_next(FzPackedReader *reader, FzSlice *packed_out)
{
    FzSlice rest = reader->rest;
    uint32_t octets = 0;

    if (rest.octets == 0 || reader->bad)
        return false;
    if (!reader->several) {
        *packed_out = rest;
        reader->rest = behind(rest, rest.octets);
        return true;
    }
    if (rest.octets < LENGTH_OCTETS) {
        reader->bad = true;
        return false;
    }
    for (size_t i = 0; i < LENGTH_OCTETS; i++)
        octets = octets << 8 | rest.data[i];
    if (octets > rest.octets - LENGTH_OCTETS) {
        reader->bad = true;
        return false;
    }
    *packed_out = fz_slice(rest.data + LENGTH_OCTETS, octets);
    reader->rest = behind(rest, LENGTH_OCTETS + octets);
    return true;
}

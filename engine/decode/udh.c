/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/decode/decode.h"
#include "engine/decode/udh.h"

/* Information element identifiers, 3GPP TS 23.040 9.2.3.24 */
enum {
    IEI_CONCATENATED_8 = 0x00,
    IEI_PORTS_8 = 0x04,
    IEI_PORTS_16 = 0x05,
    IEI_CONCATENATED_16 = 0x08,
    IEI_SINGLE_SHIFT = 0x24,
    IEI_LOCKING_SHIFT = 0x25,
};

static uint16_t be16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static void take_part(FzUdh *udh, uint16_t reference, uint8_t total,
                      uint8_t number, bool wide)
{
    if (total == 0 || number == 0 || number > total)
        return; /* 9.2.3.24.1: the element shall be ignored */
    udh->part = (FzPartRef){reference, total, number, wide};
}

static void take_element(FzUdh *udh, uint8_t iei, const uint8_t *data,
                         uint8_t octets)
{
    switch (iei) {
    case IEI_CONCATENATED_8:
        if (octets == 3)
            take_part(udh, data[0], data[1], data[2], false);
        break;
    case IEI_CONCATENATED_16:
        if (octets == 4)
            take_part(udh, be16(data), data[2], data[3], true);
        break;
    case IEI_PORTS_8:
        if (octets == 2) {
            udh->has_ports = true;
            udh->port_to = data[0];
            udh->port_from = data[1];
        }
        break;
    case IEI_PORTS_16:
        if (octets == 4) {
            udh->has_ports = true;
            udh->port_to = be16(data);
            udh->port_from = be16(data + 2);
        }
        break;
    case IEI_SINGLE_SHIFT:
    case IEI_LOCKING_SHIFT:
        if (octets == 1 && data[0] != 0) /* 0 is the default alphabet */
            udh->shift_table = true;
        break;
    default: /* every other element changes nothing about the text */
        break;
    }
}

bool fz_udh_read(FzSlice udh, FzUdh *udh_out)
{
    FzUdh found = {0};
    size_t at = 1;

    memset(udh_out, 0, sizeof *udh_out);
    if (udh.octets == 0)
        return true;
    if (udh.data[0] != udh.octets - 1)
        return false;
    while (at < udh.octets) {
        if (udh.octets - at < 2 || udh.octets - at - 2 < udh.data[at + 1])
            return false;
        take_element(&found, udh.data[at], udh.data + at + 2, udh.data[at + 1]);
        at += 2u + udh.data[at + 1];
    }
    *udh_out = found;
    return true;
}

bool fz_udh_part(FzSlice udh, FzPartRef *part_out)
{
    FzUdh found;

    if (!fz_udh_read(udh, &found) || found.part.total == 0)
        return false;
    *part_out = found.part;
    return true;
}

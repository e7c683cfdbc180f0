/* SPDX-License-Identifier: BSD-2-Clause
 *
 * udh.h - the user data header
 *
 * Source: 3GPP TS 23.040 9.2.3.24. An element of the wrong length, or a
 * concatenation whose numbers contradict each other, is ignored; of repeated
 * elements the last counts; a header whose last element does not end where
 * the header does is ignored as a whole.
 */
#ifndef FZ_ENGINE_DECODE_UDH_H
#define FZ_ENGINE_DECODE_UDH_H

#include "engine/message/message.h"

typedef struct FzUdh {
    FzPartRef part; /* total 0: none */
    bool has_ports;
    uint16_t port_to;
    uint16_t port_from;
    bool shift_table; /* national language, single or locking */
} FzUdh;

/** False when the header breaks its own lengths; then nothing of it counts.
 *  An absent or empty slice is a header without elements. */
bool fz_udh_read(FzSlice udh, FzUdh *udh_out);

#endif

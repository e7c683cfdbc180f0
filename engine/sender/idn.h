/* SPDX-License-Identifier: BSD-2-Clause
 *
 * idn.h - a label in letters beyond ASCII, as the eye takes it
 */
#ifndef FZ_ENGINE_SENDER_IDN_H
#define FZ_ENGINE_SENDER_IDN_H

#include "base/slice.h"

/* Octets of one label (RFC 1035 2.3.4). */
#define FZ_LABEL_OCTETS 63

/**
 * Write an xn-- label with the ASCII letters that its letters look like.
 *
 * @param room  FZ_LABEL_OCTETS
 * @return how many octets; 0 when it is no such label, or some letter of it
 *         looks like none
 *
 * Source: RFC 3492 (decoding); look-alikes from UTS #39 (engine/text)
 */
uint32_t fz_idn_as_ascii(FzSlice label, uint8_t *room);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packed.h - the gateway's message, or the parts of one, as octets
 *
 * One message is what msg_pack makes of it (it begins with its type, 00 00 00
 * 02). Several are the four letters FZP1, then for each its length in 4 octets,
 * big-endian, and its packed form, by part number. docs/store.md says so to
 * whoever reads the database.
 */
#ifndef FZ_PLUGIN_HOLD_PACKED_H
#define FZ_PLUGIN_HOLD_PACKED_H

#include "base/buf.h"

/** Append one of several; an empty buffer gets the letters first. */
void fz_packed_add(FzBuf *out, FzSlice packed);

/** Reads either form. */
typedef struct FzPackedReader {
    FzSlice rest;
    bool several;
    bool bad; /* the lengths make no sense */
} FzPackedReader;

FzPackedReader fz_packed_reader(FzSlice all);

/** False at the end, and where it is `bad`. */
bool fz_packed_next(FzPackedReader *reader, FzSlice *packed_out);

#endif

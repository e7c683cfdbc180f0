/* SPDX-License-Identifier: BSD-2-Clause
 *
 * packed.h - the fields of a packed Msg, read where they lie
 *
 * Kannel's msg_unpack ends the process on a string length of -2 and makes two
 * allocations and a random UUID of what need not be touched. Here one strict
 * pass checks every length against the octets received and fills in a view
 * that borrows them; a Msg is made of it only when a plugin asks for one.
 * The shape of the view comes from gw/msg-decl.h, as that of Msg does.
 * Source: docs/kannel.md "The box protocol"
 */
#ifndef FZ_BOX_WIRE_PACKED_H
#define FZ_BOX_WIRE_PACKED_H

#include "base/status.h"
#include "box/wire/frame.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define FZ_UUID_OCTETS 16

/** A message in its frame. Strings that were NULL are absent slices. The
 *  member of the union that `type` names is set. */
typedef struct FzPacked {
    enum msg_type type;
    union {
#define INTEGER(name) int32_t name;
#define OCTSTR(name) FzSlice name;
#define UUID(name) uint8_t name[FZ_UUID_OCTETS];
#define VOID(name)
#define MSG(type, stmt) struct fz_packed_##type stmt type;
#include "gw/msg-decl.h"
    };
} FzPacked;

/** Why a payload is no message: "`msgdata' is longer than its frame". */
typedef struct FzPackedFault {
    const char *field; /* "type" for the type itself */
    const char *what;
} FzPackedFault;

/**
 * Read a payload (fz_frame_payload): its type is known, every field is within
 * it, nothing is left over.
 *
 * @param packed_out  undefined unless FZ_OK; borrows `payload`
 * @param fault_out   set unless FZ_OK
 * @return FZ_OK; FZ_E_SYNTAX
 */
FzStatus fz_packed_read(FzSlice payload, FzPacked *packed_out,
                        FzPackedFault *fault_out) FZ_MUST_CHECK;

/** A Msg of its own, equal field by field to what Kannel's msg_unpack makes
 *  of the same octets; the members of other types are as msg_create leaves
 *  them, but their UUIDs are zero. Destroy it with msg_destroy. */
Msg *fz_packed_unpack(const FzPacked *packed);

#endif

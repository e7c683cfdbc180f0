/* SPDX-License-Identifier: BSD-2-Clause
 *
 * join.h - parts side by side, as they are judged and as they go on
 */
#ifndef FZ_PLUGIN_HOLD_JOIN_H
#define FZ_PLUGIN_HOLD_JOIN_H

#include "base/buf.h"
#include "base/digest.h"
#include "engine/verdict/rewrite.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

typedef struct FzJoin {
    Msg *msg[FZ_LIMIT_PARTS]; /* owned; by number */
    FzMessage part[FZ_LIMIT_PARTS];
    uint8_t number[FZ_LIMIT_PARTS];
    FzSlice packed[FZ_LIMIT_PARTS]; /* borrowed */
    size_t count;
    FzMessage whole; /* fz_join_finish: the first part, with what of its header
                        is not about parts, and all octets */
    FzBuf header, octets;
} FzJoin;

/** What a phone would see of a part: two with the same are one that came
 *  twice. */
FzDigest fz_join_content(const FzMessage *part);

void fz_join_init(FzJoin *join);
void fz_join_clear(FzJoin *join);

/** A packed part, borrowed until the join is cleared; in the order of the
 *  numbers. False when it is none: it is left out. */
bool fz_join_add(FzJoin *join, uint8_t number, FzSlice packed,
                 FzDirection direction, int64_t now_ms);
void fz_join_finish(FzJoin *join);

/** All of it as one message with a rewritten text, for the gateway to split:
 *  the fields of the first part. */
Msg *fz_join_rewritten(const FzJoin *join, const FzRewrite *rewrite);

/** A user data header without its concatenation elements; nothing is appended
 *  when nothing else is in it. */
void fz_udh_without_part(FzSlice udh, FzBuf *out);

#endif

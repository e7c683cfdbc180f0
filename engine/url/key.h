/* SPDX-License-Identifier: BSD-2-Clause
 *
 * key.h - what lists are asked for
 *
 * A link becomes up to 30 expressions (host suffixes by path prefixes), a
 * contact one key: "tel:+8613...", "qq:123", "wx:abc", "tg:x", "mail:h".
 */
#ifndef FZ_ENGINE_URL_KEY_H
#define FZ_ENGINE_URL_KEY_H

#include "base/slice.h"
#include "engine/decode/decoded.h"

typedef enum FzKeyKind {
    FZ_KEY_URL = 0, /* an expression: host and path, no scheme */
    FZ_KEY_IP = 1,  /* a literal address */
    FZ_KEY_CONTACT = 2,
    FZ_KEY_SENDER = 3,
} FzKeyKind;

typedef struct FzKey {
    FzKeyKind kind;
    FzSlice text; /* canonical; borrowed from the extraction's room */
    FzSpan span;  /* where it stands in the text; empty for a sender */
} FzKey;

#endif

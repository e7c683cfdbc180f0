/* SPDX-License-Identifier: BSD-2-Clause
 *
 * claims.h - what a text says of who sends it: signatures, one-time codes
 *
 * Places in octets of the folded view.
 */
#ifndef FZ_ENGINE_SENDER_CLAIMS_H
#define FZ_ENGINE_SENDER_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct FzPlace {
    uint32_t from, to;
} FzPlace;

/** Signatures, first or last in the text, with their brackets: 【..】 or [..].
 *  How many. */
#define FZ_SIGNATURES_MAX 2
uint32_t fz_claims_signatures(const uint8_t *octets, uint32_t length,
                              FzPlace *place);

/** What stands between the brackets. */
FzPlace fz_claims_inside(const uint8_t *octets, FzPlace signature);

/** The next run of 4 to 8 digits near a word for code, from `at' on; false
 *  when there is none. */
bool fz_claims_code(const uint8_t *octets, uint32_t length, uint32_t at,
                    FzPlace *place);

/** The host of a last line "@host #code", which browsers read; false when the
 *  text has none. */
bool fz_claims_origin(const uint8_t *octets, uint32_t length, FzPlace *host);

#endif

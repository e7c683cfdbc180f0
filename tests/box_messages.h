/* SPDX-License-Identifier: BSD-2-Clause
 *
 * box_messages.h - generated messages of every shape, for tests of the box
 */
#ifndef FZ_TESTS_BOX_MESSAGES_H
#define FZ_TESTS_BOX_MESSAGES_H

#include <stdbool.h>
#include <stdint.h>

#include "gwlib/gwlib.h"
#include "gw/msg.h"

/** The next of a row of numbers that a seed determines. */
uint64_t fz_test_random(uint64_t *seed);

/** A message with every field drawn from NULL, empty, short, long, binary and
 *  the edges of its numbers. */
Msg *fz_test_message(enum msg_type type, uint64_t *seed);

/** An sms as a box or bearerbox sends it: some coding and text that fit, an
 *  id and time of its own, `sms_type` as given. */
Msg *fz_test_sms(long sms_type, uint64_t *seed);

/** The first field that differs, NULL when all are equal. VOID fields and
 *  members of other types are not looked at. */
const char *fz_test_difference(const Msg *a, const Msg *b);

#endif

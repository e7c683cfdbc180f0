/* SPDX-License-Identifier: BSD-2-Clause
 *
 * access.h - who may connect: an allow list and a deny list of addresses
 *
 * The narrowest entry that names an address decides; when it stands in both
 * lists, deny. An address that no entry names is let in only when there is no
 * allow list. So `allow' alone means "only these" (in Kannel it lets everybody
 * in), Kannel's usual pair, deny everybody and allow some, means what it means
 * there, and one address of an allowed network can be kept out.
 * Source: docs/decisions/0015-the-narrowest-entry-decides.md
 */
#ifndef FZ_BOX_ACCESS_H
#define FZ_BOX_ACCESS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

typedef struct FzAccess FzAccess;

#define FZ_ACCESS_ENTRIES_MAX 1000

/** Where lists are wrong: which one, and what. */
typedef struct FzAccessFault {
    bool deny;     /* else the allow list */
    char text[96]; /* a clause */
} FzAccessFault;

/**
 * Read two lists; either may be NULL. Entries are parted by semicolons: an
 * address, a network (192.0.2.0/24, 2001:db8::/32), an IPv4 address whose last
 * octets are stars, or one star for everybody, which *.*.*.* is too.
 *
 * @return FZ_OK; FZ_E_RULE with `*fault_out` set
 */
FzStatus fz_access_create(const char *allow, const char *deny,
                          FzAccess **access_out,
                          FzAccessFault *fault_out) FZ_MUST_CHECK;
void fz_access_destroy(FzAccess *access); /* NULL is allowed */

/** Is this peer let in? NULL lets everybody in. IPv4 in IPv6 clothes is IPv4;
 *  what is neither is not. Any thread. */
bool fz_access_admits(const FzAccess *access, const struct sockaddr *peer);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * canonical.h - one way to write a URL, and what lists are asked about it
 *
 * The canonical form and the look-up expressions of Safe Browsing, so that a
 * list made for one program answers another. Where its document leaves a choice
 * ours is written here:
 * - escapes are upper-case hexadecimal (the document's; Google's Go code writes
 *   lower case);
 * - a query is kept, empty ones too ("/q?"), as the document says; an
 *   expression with an empty query is the one without;
 * - hosts are the exact one and the suffixes of its last five components, two
 *   components at least; none of an address;
 * - a backslash is a slash in scheme, host and path, as every browser reads it;
 * - runs of slashes count as one before ".." is resolved.
 *
 * Sources: developers.google.com/safe-browsing URLs and Hashing (v4; v5 for
 *          IPv6); RFC 3986; RFC 5952; UTS #46
 * Threads: pure. Allocates nothing, but libidn2 does for a host that is not
 *          ASCII.
 */
#ifndef FZ_ENGINE_URL_CANONICAL_H
#define FZ_ENGINE_URL_CANONICAL_H

#include "base/limits.h"
#include "base/slice.h"
#include "base/status.h"

/** What the URL was written with; a bit set. */
typedef enum FzCanonicalFlag {
    FZ_CANONICAL_NO_SCHEME = 1 << 0,
    FZ_CANONICAL_USERINFO = 1 << 1,
    FZ_CANONICAL_PORT = 1 << 2,
    FZ_CANONICAL_IP = 1 << 3,      /* the host is an address */
    FZ_CANONICAL_IP_ODD = 1 << 4,  /* and not written as four decimals, or as
                                      IPv6 of an IPv4 one */
    FZ_CANONICAL_IDN = 1 << 5,     /* the host was not ASCII */
    FZ_CANONICAL_IDN_BAD = 1 << 6, /* and is none that IDNA allows: its octets
                                      are kept, escaped */
    FZ_CANONICAL_BACKSLASH = 1 << 7,
} FzCanonicalFlag;

typedef struct FzCanonical {
    FzSlice url;      /* "http://a.example/b?c" */
    FzSlice scheme;   /* "http" */
    FzSlice host;     /* "a.example", "192.0.2.1", "[2001:db8::1]" */
    FzSlice path;     /* "/b" */
    FzSlice query;    /* "c"; absent without a '?' */
    FzSlice userinfo; /* unescaped, in front of the last '@'; absent for none */
    uint32_t flags;   /* FzCanonicalFlag */
} FzCanonical;

/* Room for the canonical form of FZ_LIMIT_URL_OCTETS: every octet escaped, a
 * scheme, and the unescaped URL on its way there. */
#define FZ_CANONICAL_ROOM (4 * FZ_LIMIT_URL_OCTETS + 64)

/**
 * Write a URL, with or without scheme, in its canonical form.
 *
 * @param url   any octets
 * @param room  FZ_CANONICAL_ROOM octets; the slices point into it
 * @param used_out  octets of it that hold the result; may be NULL
 * @return FZ_E_SYNTAX: no host can be found, a port that is none, an address
 *         in brackets that is none; FZ_E_LIMIT: beyond FZ_LIMIT_URL_OCTETS
 */
FzStatus fz_canonical_url(FzSlice url, uint8_t *room,
                          FzCanonical *canonical_out,
                          size_t *used_out) FZ_MUST_CHECK;

/**
 * The expressions a list is asked for, most specific first: for each host,
 * longest first, each path, longest first. Slices into `canonical`.
 *
 * @param expressions  room for FZ_LIMIT_URL_EXPRESSIONS
 * @return how many
 */
size_t fz_canonical_expressions(const FzCanonical *canonical,
                                FzSlice *expressions);

/** Their hosts alone ("a.b.example", "b.example"), and their paths alone. Room
 *  for FZ_LIMIT_URL_HOSTS and FZ_LIMIT_URL_PATHS. */
size_t fz_canonical_hosts(const FzCanonical *canonical, FzSlice *hosts);
size_t fz_canonical_paths(const FzCanonical *canonical, FzSlice *paths);

/** An IPv4 address in any form that resolvers take (1 to 4 parts, decimal,
 *  octal, hexadecimal) as four octets; false when it is none.
 *  @param odd_out  it was not written as four decimals; may be NULL */
bool fz_canonical_ipv4(FzSlice host, uint8_t *octets_out, bool *odd_out);

/** The host of a name as canonical URLs have it: lower case, IDNA, one dot at a
 *  time. `room` holds 3 * host.octets + 256.
 *  @param flags  FZ_CANONICAL_IDN and _IDN_BAD are set in it */
FzSlice fz_canonical_host(FzSlice host, uint8_t *room, uint32_t *flags);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * address.h - addresses of both families, as one thing
 */
#ifndef FZ_BOX_LINK_ADDRESS_H
#define FZ_BOX_LINK_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

typedef union FzAddress {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} FzAddress;

/** What a name stands for, in the order in which to try. A name that has more
 *  is cut: whoever lists dozens of hosts wants a balancer. */
#define FZ_ADDRESSES_MAX 4
typedef struct FzAddresses {
    FzAddress at[FZ_ADDRESSES_MAX];
    size_t count;
} FzAddresses;

/** "[2001:db8::7]:40112" and a NUL. */
#define FZ_ADDRESS_TEXT_OCTETS (INET6_ADDRSTRLEN + 9)

socklen_t fz_address_octets(const FzAddress *address);
uint16_t fz_address_port(const FzAddress *address);
void fz_address_set_port(FzAddress *address, uint16_t port);

/** An IPv4 address in IPv6 clothes (::ffff:192.0.2.7) becomes itself, so that
 *  lists and logs know one name of it. */
void fz_address_unmap(FzAddress *address);

void fz_address_text(const FzAddress *address,
                     char text[FZ_ADDRESS_TEXT_OCTETS]);

/**
 * Ask the system what `name` stands for; may take long unless it is numeric.
 * @return 0, or an EAI_* of getaddrinfo
 */
int fz_addresses_find(const char *name, uint16_t port,
                      FzAddresses *addresses_out);
/** The same for what is an address already; EAI_NONAME when it is a name. */
int fz_addresses_read(const char *text, uint16_t port,
                      FzAddresses *addresses_out);

#endif

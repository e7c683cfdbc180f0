/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

socklen_t fz_address_octets(const FzAddress *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6
                                              : sizeof address->v4;
}

uint16_t fz_address_port(const FzAddress *address)
{
    return ntohs(address->any.sa_family == AF_INET6 ? address->v6.sin6_port
                                                    : address->v4.sin_port);
}

void fz_address_set_port(FzAddress *address, uint16_t port)
{
    if (address->any.sa_family == AF_INET6)
        address->v6.sin6_port = htons(port);
    else
        address->v4.sin_port = htons(port);
}

void fz_address_unmap(FzAddress *address)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};

    if (address->any.sa_family != AF_INET6 ||
        !IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr))
        return;
    v4.sin_port = address->v6.sin6_port;
    memcpy(&v4.sin_addr, &address->v6.sin6_addr.s6_addr[12], 4);
    memset(address, 0, sizeof *address);
    address->v4 = v4;
}

void fz_address_text(const FzAddress *address,
                     char text[FZ_ADDRESS_TEXT_OCTETS])
{
    char host[INET6_ADDRSTRLEN] = "?";
    bool six = address->any.sa_family == AF_INET6;

    inet_ntop(six ? AF_INET6 : AF_INET,
              six ? (const void *)&address->v6.sin6_addr
                  : (const void *)&address->v4.sin_addr,
              host, sizeof host);
    snprintf(text, FZ_ADDRESS_TEXT_OCTETS, six ? "[%s]:%u" : "%s:%u", host,
             fz_address_port(address));
}

static int find(const char *name, uint16_t port, int flags,
                FzAddresses *addresses_out)
{
    struct addrinfo wanted = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    int failed = getaddrinfo(name, NULL, &wanted, &found);
    FzAddresses addresses;

    memset(&addresses, 0, sizeof addresses); /* they are compared whole */
    if (failed != 0)
        return failed;
    for (struct addrinfo *a = found;
         a != NULL && addresses.count < FZ_ADDRESSES_MAX; a = a->ai_next) {
        FzAddress *at = &addresses.at[addresses.count];

        if (a->ai_addrlen > sizeof *at ||
            (a->ai_family != AF_INET && a->ai_family != AF_INET6))
            continue;
        memcpy(at, a->ai_addr, a->ai_addrlen);
        fz_address_set_port(at, port);
        addresses.count++;
    }
    freeaddrinfo(found);
    if (addresses.count == 0)
        return EAI_NONAME;
    *addresses_out = addresses;
    return 0;
}

int fz_addresses_find(const char *name, uint16_t port,
                      FzAddresses *addresses_out)
{
    return find(name, port, 0, addresses_out);
}

int fz_addresses_read(const char *text, uint16_t port,
                      FzAddresses *addresses_out)
{
    return find(text, port, AI_NUMERICHOST, addresses_out);
}

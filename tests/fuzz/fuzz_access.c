/* SPDX-License-Identifier: BSD-2-Clause
 *
 * fuzz_access.c - the lists of box-allow-ip and box-deny-ip: any text is read
 * or refused, and any address is decided
 */
#include "config.h"

#include "base/alloc.h"
#include "box/access.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t octets)
{
    struct sockaddr_in6 peer = {.sin6_family = AF_INET6};
    const uint8_t *bar = memchr(data, '|', octets);
    size_t first = bar == NULL ? octets : (size_t)(bar - data);
    char *allow = fz_strndup((const char *)data, first);
    char *deny = bar == NULL
                     ? NULL
                     : fz_strndup((const char *)bar + 1, octets - first - 1);
    FzAccess *access = NULL;
    FzAccessFault fault;

    if (octets >= 16)
        memcpy(&peer.sin6_addr, data, 16);
    if (fz_access_create(allow, deny, &access, &fault) == FZ_OK)
        fz_access_admits(access, (struct sockaddr *)&peer);
    else if (strlen(fault.text) == 0)
        abort(); /* refused without a word */
    fz_access_destroy(access);
    fz_free(allow);
    fz_free(deny);
    return 0;
}

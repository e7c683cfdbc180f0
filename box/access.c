/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/access.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY_OCTETS 64 /* the longest address, a slash and its bits */
#define ADDRESS_BITS 128
#define V4_BITS 96 /* before an IPv4 address in IPv6 clothes */

/* Everything is an IPv6 network here; IPv4 is ::ffff:0:0/96. */
typedef struct Entry {
    uint8_t address[16];
    unsigned bits;
    bool deny;
} Entry;

struct FzAccess {
    Entry entry[FZ_ACCESS_ENTRIES_MAX];
    size_t entries;
    bool has_allow;
};

/* --- entries ------------------------------------------------------------- */
static const uint8_t v4_prefix[12] = {[10] = 0xFF, [11] = 0xFF};

/* 192.0.*.*: fewer than four numbers, then stars only. */
static bool read_stars(const char *text, Entry *entry)
{
    char filled[ENTRY_OCTETS] = "";
    unsigned numbers = 0, stars = 0;
    char copy[ENTRY_OCTETS], *rest = copy, *part;

    snprintf(copy, sizeof copy, "%s", text);
    while ((part = strsep(&rest, ".")) != NULL) {
        size_t used = strlen(filled);

        if (strcmp(part, "*") == 0)
            stars++;
        else if (stars == 0)
            numbers++;
        else
            return false;
        snprintf(filled + used, sizeof filled - used, "%s%s",
                 used == 0 ? "" : ".", stars > 0 ? "0" : part);
    }
    if (stars == 0 || numbers + stars != 4 ||
        inet_pton(AF_INET, filled, entry->address + 12) != 1)
        return false;
    memcpy(entry->address, v4_prefix, sizeof v4_prefix);
    entry->bits = numbers == 0 ? 0 : V4_BITS + 8 * numbers;
    return true;
}

static bool read_bits(const char *text, unsigned most, unsigned *bits_out)
{
    char *end;
    unsigned long bits = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || bits > most)
        return false;
    *bits_out = (unsigned)bits;
    return true;
}

/* Are the bits behind the network's none? 192.0.2.7/24 is a slip. */
static bool is_network(const Entry *entry)
{
    for (unsigned bit = entry->bits; bit < ADDRESS_BITS; bit++)
        if (entry->address[bit / 8] & 0x80 >> bit % 8)
            return false;
    return true;
}

/* NULL, or what is wrong with it. */
static const char *read_entry(const char *text, Entry *entry)
{
    char copy[ENTRY_OCTETS], *slash;
    unsigned before, bits;

    memset(entry->address, 0, sizeof entry->address);
    if (strcmp(text, "*") == 0) {
        entry->bits = 0;
        return NULL;
    }
    if (strchr(text, '*') != NULL)
        return read_stars(text, entry)
                   ? NULL
                   : "has stars elsewhere than for last octets";
    snprintf(copy, sizeof copy, "%s", text);
    slash = strchr(copy, '/');
    if (slash != NULL)
        *slash++ = '\0';
    if (inet_pton(AF_INET, copy, entry->address + 12) == 1) {
        memcpy(entry->address, v4_prefix, sizeof v4_prefix);
        before = V4_BITS;
    } else if (inet_pton(AF_INET6, copy, entry->address) == 1) {
        before = 0;
    } else {
        return "is no IP address or network";
    }
    bits = ADDRESS_BITS - before;
    if (slash != NULL && !read_bits(slash, ADDRESS_BITS - before, &bits))
        return "has no such number of bits";
    entry->bits = before + bits;
    return is_network(entry) ? NULL : "has bits behind those of its network";
}

static FzStatus read_list(FzAccess *access, const char *list, bool deny,
                          FzAccessFault *fault_out)
{
    const char *at = list;
    size_t here = 0;

    for (;;) {
        const char *end = strchrnul(at, ';'), *to = end;
        const char *why = NULL;
        char text[ENTRY_OCTETS];

        at += strspn(at, " \t");
        while (to > at && (to[-1] == ' ' || to[-1] == '\t'))
            to--;
        if (to > at) {
            snprintf(text, sizeof text, "%.*s", (int)(to - at), at);
            if (access->entries == FZ_ACCESS_ENTRIES_MAX)
                why = "is one too many";
            else if ((size_t)(to - at) >= sizeof text)
                why = "is no IP address or network";
            else
                why = read_entry(text, &access->entry[access->entries]);
            if (why != NULL) {
                fault_out->deny = deny;
                snprintf(fault_out->text, sizeof fault_out->text, "`%.40s' %s",
                         text, why);
                return FZ_E_RULE;
            }
            access->entry[access->entries++].deny = deny;
            here++;
        }
        if (*end == '\0')
            break;
        at = end + 1;
    }
    if (here > 0)
        return FZ_OK;
    fault_out->deny = deny;
    snprintf(fault_out->text, sizeof fault_out->text, "names nobody");
    return FZ_E_RULE;
}

FzStatus fz_access_create(const char *allow, const char *deny,
                          FzAccess **access_out, FzAccessFault *fault_out)
{
    FzAccess *access = fz_calloc(1, sizeof *access);
    FzStatus status = FZ_OK;

    access->has_allow = allow != NULL;
    if (allow != NULL)
        status = read_list(access, allow, false, fault_out);
    if (status == FZ_OK && deny != NULL)
        status = read_list(access, deny, true, fault_out);
    if (status == FZ_OK)
        *access_out = access;
    else
        fz_access_destroy(access);
    return status;
}

void fz_access_destroy(FzAccess *access)
{
    fz_free(access);
}

/* --- asking -------------------------------------------------------------- */
static bool names(const Entry *entry, const uint8_t address[16])
{
    unsigned whole = entry->bits / 8, rest = entry->bits % 8;

    return memcmp(entry->address, address, whole) == 0 &&
           (rest == 0 ||
            ((entry->address[whole] ^ address[whole]) >> (8 - rest)) == 0);
}

bool fz_access_admits(const FzAccess *access, const struct sockaddr *peer)
{
    const Entry *decides = NULL;
    uint8_t address[16];

    if (access == NULL)
        return true;
    if (peer->sa_family == AF_INET) {
        memcpy(address, v4_prefix, sizeof v4_prefix);
        memcpy(address + 12, &((const struct sockaddr_in *)peer)->sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(address, &((const struct sockaddr_in6 *)peer)->sin6_addr, 16);
    } else {
        return false;
    }
    for (size_t i = 0; i < access->entries; i++) {
        const Entry *entry = &access->entry[i];

        if (names(entry, address) &&
            (decides == NULL || entry->bits > decides->bits ||
             (entry->bits == decides->bits && entry->deny)))
            decides = entry;
    }
    return decides == NULL ? !access->has_allow : !decides->deny;
}

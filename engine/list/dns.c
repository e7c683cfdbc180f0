/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/dns.h"

#include <stdio.h>
#include <string.h>

bool fz_dns_address(const char *text, uint8_t out[FZ_DNS_ADDRESS_OCTETS])
{
    for (int i = 0; i < FZ_DNS_ADDRESS_OCTETS; i++) {
        unsigned value = 0;
        int digits = 0;

        for (; *text >= '0' && *text <= '9' && digits < 4; text++, digits++)
            value = 10 * value + (unsigned)(*text - '0');
        if (digits == 0 || digits > 3 || value > 255 ||
            *text != (i == FZ_DNS_ADDRESS_OCTETS - 1 ? '\0' : '.'))
            return false;
        out[i] = (uint8_t)value;
        text++;
    }
    return true;
}

bool fz_dns_is_refusal(const uint8_t a[FZ_DNS_ADDRESS_OCTETS])
{
    static const uint8_t one[FZ_DNS_ADDRESS_OCTETS] = {127, 0, 0, 1};

    return memcmp(a, one, sizeof one) == 0 ||
           (a[0] == 127 && a[1] == 255 && a[2] == 255);
}

static bool is_refused(const FzDnsList *list,
                       const uint8_t a[FZ_DNS_ADDRESS_OCTETS])
{
    if (fz_dns_is_refusal(a))
        return true;
    for (uint32_t i = 0; i < list->refusal_count; i++)
        if (memcmp(list->refusals[i].address, a, FZ_DNS_ADDRESS_OCTETS) == 0)
            return true;
    /* where bits mean something, the first one is the list's "blocked" */
    for (uint32_t i = 0; i < list->code_count; i++)
        if (list->codes[i].bit != 0 && a[1] == 0 && a[2] == 0)
            return (a[3] & 1) != 0;
    return false;
}

static bool is_meant(const FzDnsCode *code,
                     const uint8_t a[FZ_DNS_ADDRESS_OCTETS])
{
    if (code->bit == 0)
        return memcmp(code->address, a, FZ_DNS_ADDRESS_OCTETS) == 0;
    return a[1] == 0 && a[2] == 0 && (a[3] & code->bit) != 0;
}

static FzDnsReading fault(FzDnsFault what,
                          const uint8_t a[FZ_DNS_ADDRESS_OCTETS])
{
    FzDnsReading it = {FZ_ANSWER_ERROR, what, NULL, {0}};

    memcpy(it.address, a, FZ_DNS_ADDRESS_OCTETS);
    return it;
}

FzDnsReading fz_dns_read(const FzDnsList *list,
                         const uint8_t (*addresses)[FZ_DNS_ADDRESS_OCTETS],
                         size_t count)
{
    FzDnsReading it = {FZ_ANSWER_NONE, FZ_DNS_FINE, NULL, {0}};

    for (size_t i = 0; i < count; i++) {
        if (addresses[i][0] != 127)
            return fault(FZ_DNS_FOREIGN, addresses[i]);
        if (is_refused(list, addresses[i]))
            return fault(FZ_DNS_REFUSED, addresses[i]);
    }
    for (uint32_t c = 0; c < list->code_count; c++) {
        for (size_t i = 0; i < count; i++) {
            if (!is_meant(&list->codes[c], addresses[i]))
                continue;
            it.kind = FZ_ANSWER_BLOCK;
            it.code = &list->codes[c];
            memcpy(it.address, addresses[i], FZ_DNS_ADDRESS_OCTETS);
            return it;
        }
    }
    return count == 0 ? it : fault(FZ_DNS_UNKNOWN, addresses[0]);
}

/* Labels of 1 to 63 octets, none of them with a blank, a control character or
 * what presentation form takes for something else. */
static bool is_name(const char *name)
{
    size_t label = 0;

    for (; *name != '\0'; name++) {
        if (*name == '.') {
            if (label == 0)
                return false;
            label = 0;
            continue;
        }
        if (*name <= ' ' || *name >= 0x7f || strchr("\\\"();@$", *name) != NULL)
            return false;
        if (++label > 63)
            return false;
    }
    return label > 0;
}

bool fz_dns_name(const FzDnsList *list, FzSlice key,
                 char name[FZ_LIMIT_DNS_NAME + 1])
{
    const size_t room = FZ_LIMIT_DNS_NAME + 1;
    char text[FZ_LIMIT_DNS_NAME + 1];
    uint8_t a[FZ_DNS_ADDRESS_OCTETS];
    int octets;

    if (key.octets == 0 || key.octets >= sizeof text ||
        memchr(key.data, '\0', key.octets) != NULL)
        return false;
    memcpy(text, key.data, key.octets);
    text[key.octets] = '\0';
    if (fz_dns_address(text, a))
        octets = snprintf(name, room, "%u.%u.%u.%u.%s", a[3], a[2], a[1], a[0],
                          list->zone);
    else
        octets = snprintf(name, room, "%s.%s", text, list->zone);
    if (octets < 0 || (size_t)octets >= room)
        return false;
    for (char *c = name; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return is_name(name);
}

const char *fz_dns_fault_name(FzDnsFault what)
{
    static const char *const name[FZ_DNS_FAULTS] = {
        [FZ_DNS_FINE] = "none",       [FZ_DNS_REFUSED] = "refused",
        [FZ_DNS_UNKNOWN] = "unknown", [FZ_DNS_FOREIGN] = "foreign",
        [FZ_DNS_FAILED] = "failed",   [FZ_DNS_RESTS] = "rests",
        [FZ_DNS_CROWDED] = "crowded",
    };

    return name[what];
}

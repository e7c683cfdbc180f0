/* SPDX-License-Identifier: BSD-2-Clause
 *
 * answer.c - an answer in words
 */
#include "config.h"

#include "engine/list/probe.h"
#include "engine/list/siphash.h"

#include <arpa/inet.h>
#include <stdio.h>

static void write_range(const FzAnswer *answer, char *out, size_t room)
{
    char numbers[INET6_ADDRSTRLEN];
    FzAddress address;

    if (!fz_address_parse(answer->entry, &address)) {
        snprintf(out, room, "ip:?");
        return;
    }
    fz_address_mask(&address, answer->bits);
    inet_ntop(address.count == 4 ? AF_INET : AF_INET6, address.octets, numbers,
              sizeof numbers);
    if (answer->bits < 8 * address.count)
        snprintf(out, room, "ip:%s/%u", numbers, answer->bits);
    else
        snprintf(out, room, "ip:%s", numbers);
}

void fz_answer_entry(const FzAnswer *answer, char *out, size_t room)
{
    static const char *const prefix[FZ_LIST_LEVELS] = {
        [FZ_LEVEL_URL] = "url:",   [FZ_LEVEL_PREFIX] = "prefix:",
        [FZ_LEVEL_HOST] = "host:", [FZ_LEVEL_DOMAIN] = ".",
        [FZ_LEVEL_IP] = "ip:",     [FZ_LEVEL_CONTACT] = "",
        [FZ_LEVEL_SENDER] = "",
    };

    if (room == 0)
        return;
    out[0] = '\0';
    if (answer->entry.data == NULL)
        return;
    if (answer->level == FZ_LEVEL_IP)
        write_range(answer, out, room);
    else
        snprintf(out, room, "%s%.*s", prefix[answer->level],
                 (int)answer->entry.octets, (const char *)answer->entry.data);
}

uint64_t fz_answer_entry_id(const FzAnswer *answer)
{
    static const FzSipKey fixed = {0x66616e7a68612d65u, 0x6e7472792d69642du};
    uint8_t octets[18] = {0};
    FzAddress address;

    if (answer->level != FZ_LEVEL_IP ||
        !fz_address_parse(answer->entry, &address))
        return fz_siphash(fixed, answer->entry.data, answer->entry.octets) +
               answer->level;
    /* of a range: its own address, not the one that was asked for */
    fz_address_mask(&address, answer->bits);
    memcpy(octets, address.octets, address.count);
    octets[16] = answer->bits;
    octets[17] = (uint8_t)address.count;
    return fz_siphash(fixed, octets, sizeof octets);
}

const char *fz_answer_name(FzAnswerKind kind)
{
    switch (kind) {
    case FZ_ANSWER_NONE:
        return "none";
    case FZ_ANSWER_ALLOW:
        return "allow";
    case FZ_ANSWER_BLOCK:
        return "block";
    case FZ_ANSWER_ERROR:
        return "error";
    case FZ_ANSWER_LATE:
        return "late";
    }
    return "none";
}

const char *fz_list_level_name(FzListLevel level)
{
    switch (level) {
    case FZ_LEVEL_URL:
        return "url";
    case FZ_LEVEL_PREFIX:
        return "prefix";
    case FZ_LEVEL_HOST:
        return "host";
    case FZ_LEVEL_DOMAIN:
        return "domain";
    case FZ_LEVEL_IP:
        return "ip";
    case FZ_LEVEL_CONTACT:
        return "contact";
    case FZ_LEVEL_SENDER:
        return "sender";
    }
    return "none";
}

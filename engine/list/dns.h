/* SPDX-License-Identifier: BSD-2-Clause
 *
 * dns.h - lists that are asked over DNS: what is asked, what an answer means
 *
 * No network here: names are made, addresses are read. What a server says is
 * a listing only where the list's own table knows the address. Everything else
 * it can say (addresses that mean "you may not ask", addresses nobody told us
 * of, addresses outside of 127.0.0.0/8) is an error, and an error lists
 * nothing.
 */
#ifndef FZ_ENGINE_LIST_DNS_H
#define FZ_ENGINE_LIST_DNS_H

#include "engine/list/list.h"

/* What a list is asked for; a bit set. */
#define FZ_DNS_ASK_HOST (1u << 0)   /* the whole host of a link */
#define FZ_DNS_ASK_DOMAIN (1u << 1) /* its registrable part */
#define FZ_DNS_ASK_IP (1u << 2)     /* an address for a host, reversed */

#define FZ_DNS_ADDRESS_OCTETS 4
/* Of one answer; more say nothing more. */
#define FZ_DNS_ADDRESSES 8

/** One address, or one bit of the last octet, that means something. */
typedef struct FzDnsCode {
    uint8_t bit; /* 2 to 128, a power of two; 0: `address` is meant */
    uint8_t address[FZ_DNS_ADDRESS_OCTETS];
    const char *category;
    FzPoints score; /* FZ_LIST_SCORE_UNSET: as the category is worth */
} FzDnsCode;

typedef struct FzDnsList {
    const char *name;
    const char *zone; /* without a dot at its ends */
    uint32_t asks;    /* FZ_DNS_ASK_* */
    const FzDnsCode *codes;
    uint32_t code_count;
    const FzDnsCode *refusals; /* addresses alone: never a listing */
    uint32_t refusal_count;
    const char *listed;   /* points that show whether a server is to be */
    const char *unlisted; /* believed: keys, without the zone; NULL: none */
    const char *const *servers; /* "192.0.2.1@53" */
    uint32_t server_count;
    int64_t check_s;     /* the points are asked for so often */
    int64_t rest_s;      /* a list that fails rests for so long, doubled with */
    int64_t rest_most_s; /* every time in a row up to this */
} FzDnsList;

/** What a generation says of them; immutable. */
typedef struct FzDnsPolicy {
    const FzDnsList *lists;
    uint32_t count;
    FzPoints from, below; /* scores that are asked about */
    int64_t budget_ms;    /* a message waits at most so long */
    int64_t keep;         /* answers in the cache */
    int64_t ttl_listed_s; /* an answer is kept at most so long */
    int64_t ttl_none_s;
} FzDnsPolicy;

/* Why an answer is an error. */
typedef enum FzDnsFault {
    FZ_DNS_FINE = 0,
    FZ_DNS_REFUSED = 1, /* an address that means "not you" or "not so" */
    FZ_DNS_UNKNOWN = 2, /* an address that the table does not have */
    FZ_DNS_FOREIGN = 3, /* none of 127.0.0.0/8: somebody else answers */
    FZ_DNS_FAILED = 4,  /* no answer: SERVFAIL, REFUSED, nothing at all */
    FZ_DNS_RESTS = 5,   /* it was not asked: it failed of late */
    FZ_DNS_CROWDED = 6, /* it was not asked: too many questions are open */
} FzDnsFault;
#define FZ_DNS_FAULTS 7
const char *fz_dns_fault_name(FzDnsFault fault); /* "refused" */

/** What the addresses of one answer mean. */
typedef struct FzDnsReading {
    FzAnswerKind kind;     /* NONE, BLOCK, ERROR */
    FzDnsFault fault;      /* of ERROR */
    const FzDnsCode *code; /* of BLOCK: the first of the table; borrowed */
    uint8_t address[FZ_DNS_ADDRESS_OCTETS]; /* that it was read from */
} FzDnsReading;

/**
 * Pure. 127.255.255.0/24 (over quota, open resolver, no such list), 127.0.0.1
 * (a wildcard, or bit 1: blocked), with codes that are bits a set bit 1, and
 * the list's own refusals are never listings, whatever else is in the answer.
 *
 * @param addresses  none: it is not listed
 */
FzDnsReading fz_dns_read(const FzDnsList *list,
                         const uint8_t (*addresses)[FZ_DNS_ADDRESS_OCTETS],
                         size_t count);

/** Is this an address that every list keeps for what is no listing? */
bool fz_dns_is_refusal(const uint8_t address[FZ_DNS_ADDRESS_OCTETS]);

/** "192.0.2.1", strictly four decimals. */
bool fz_dns_address(const char *text, uint8_t out[FZ_DNS_ADDRESS_OCTETS]);

/**
 * The name to ask for: the key, or the address reversed, and the zone.
 *
 * @return false when DNS cannot carry it (too long, an empty label, a blank)
 */
bool fz_dns_name(const FzDnsList *list, FzSlice key,
                 char name[FZ_LIMIT_DNS_NAME + 1]);

/** One question about a message. */
typedef struct FzDnsKey {
    uint32_t list;     /* of FzDnsPolicy.lists */
    FzListLevel level; /* HOST, DOMAIN, IP */
    FzSlice text;      /* "a.example", "192.0.2.1" */
    FzSpan span;
} FzDnsKey;

/** What became of one. */
typedef struct FzDnsAnswer {
    uint32_t list;
    FzSlice key;           /* the text of its key */
    FzAnswerKind kind;     /* NONE, BLOCK, ERROR, LATE */
    FzDnsFault fault;      /* of ERROR */
    const FzDnsCode *code; /* of BLOCK: one of the list's */
    uint8_t address[FZ_DNS_ADDRESS_OCTETS];
} FzDnsAnswer;

typedef struct FzDnsAnswers {
    const FzDnsAnswer *item;
    size_t count;
} FzDnsAnswers;

#endif

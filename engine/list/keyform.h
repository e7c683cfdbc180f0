/* SPDX-License-Identifier: BSD-2-Clause
 *
 * keyform.h - from what a source writes to what is looked up
 *
 * Two ways of writing: our own key forms ("host:a.example", ".a.example",
 * "ip:192.0.2.0/24", "tel:+86..."), and what feeds write, where the form must
 * be guessed from the look ("a.example", "http://a.example/x", "192.0.2.1").
 * Both end in the text whose hash stands in the file: the expression of a
 * link, "host/" for a host or a domain, a contact or sender as it is.
 */
#ifndef FZ_ENGINE_LIST_KEYFORM_H
#define FZ_ENGINE_LIST_KEYFORM_H

#include "base/limits.h"
#include "engine/list/finding.h"
#include "engine/list/list.h"

/* What a host that stands alone in a feed means. */
typedef enum FzHostForm {
    FZ_HOST_ALONE = 0,   /* this host */
    FZ_HOST_AND_SUB = 1, /* this host and all below it */
} FzHostForm;

typedef struct FzListKey {
    FzListLevel level;
    uint8_t address[16];    /* of level ip, host bits zero */
    uint8_t address_octets; /* 4 or 16; 0 elsewhere */
    uint8_t bits;           /* 8 * address_octets: a single address */
    uint16_t host_octets;   /* of the text, for url to domain */
    uint16_t octets;
    char text[FZ_LIMIT_KEY_OCTETS + 1]; /* empty for a range */
} FzListKey;

/** Top-level domains that count besides the registered ones, without dot;
 *  NULL-terminated; NULL for none. */
typedef const char *const *FzExtraTlds;
extern const char *const fz_any_tld[]; /* all that look like one */

/** One of our own key forms. */
FzFinding fz_list_key_parse(FzSlice text, FzExtraTlds extra,
                            FzListKey *key_out);

/** What a feed writes: a link (a root without query stands for its host), a
 *  host, "*.host" and ".host" for a domain, an address, a range. */
FzFinding fz_list_key_guess(FzSlice text, FzHostForm form, FzExtraTlds extra,
                            FzListKey *key_out);

/** The key as our own form writes it; cut to `room`. */
void fz_list_key_write(const FzListKey *key, char *out, size_t room);

static inline FzSlice fz_list_key_host(const FzListKey *key)
{
    return fz_slice(key->text, key->host_octets);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * url.h - the links and contacts of a message
 *
 * Found as people and phones find them, not as a grammar would: without a
 * scheme, glued to Han text, with full-width dots, defanged ("hxxp", "[.]",
 * "(dot)"), with an address for a host. Places are looked for in the folded
 * view, where most tricks no longer show; a path is taken from the text itself,
 * because its case matters.
 *
 * Source: docs/links.md
 */
#ifndef FZ_ENGINE_URL_URL_H
#define FZ_ENGINE_URL_URL_H

#include "engine/text/text.h"
#include "engine/url/canonical.h"
#include "engine/url/key.h"

/** How a link is written, and what is odd about it; a bit set. */
typedef enum FzUrlFlag {
    FZ_URL_SCHEMELESS = 1 << 0,
    FZ_URL_WEAK = 1 << 1,         /* may be none: a bare host whose last label
                                     is also a word (it.so) */
    FZ_URL_DEFANGED = 1 << 2,     /* hxxp, [.], (.), " dot ", 点 */
    FZ_URL_DOT_VARIANT = 1 << 3,  /* 。 ． ｡ and the like for a dot */
    FZ_URL_DISGUISED = 1 << 4,    /* full-width, circled, mathematical letters
                                     or digits in the host */
    FZ_URL_ZERO_WIDTH = 1 << 5,   /* invisible characters within it */
    FZ_URL_IDN = 1 << 6,          /* the host has other letters than ASCII */
    FZ_URL_IDN_BAD = 1 << 7,      /* and none that IDNA allows */
    FZ_URL_PUNYCODE = 1 << 8,     /* an xn-- label was written */
    FZ_URL_MIXED_SCRIPT = 1 << 9, /* a label of Latin and Cyrillic or Greek */
    FZ_URL_IP = 1 << 10,
    FZ_URL_IP_ODD = 1 << 11, /* not as four decimals */
    FZ_URL_PORT = 1 << 12,
    FZ_URL_USERINFO = 1 << 13, /* something@ in front of the host */
    FZ_URL_BACKSLASH = 1 << 14,
    FZ_URL_GLUED_BEFORE = 1 << 15, /* a letter, digit or Han stands before it */
    FZ_URL_GLUED_AFTER = 1 << 16,
    FZ_URL_LONG = 1 << 17,      /* longer than FZ_LIMIT_URL_OCTETS: cut */
    FZ_URL_MANY_DOTS = 1 << 18, /* six and more in the host */
    FZ_URL_SHORTENER = 1 << 19,
    FZ_URL_REDIRECTOR = 1 << 20, /* another URL stands in it */
    FZ_URL_INNER = 1 << 21,      /* this one stands in another */
    FZ_URL_CROSSES_PARTS = 1 << 22,
    FZ_URL_ESCAPED_HOST = 1 << 23, /* %2e in the host */
} FzUrlFlag;
#define FZ_URL_FLAGS 24

typedef struct FzUrl {
    FzSpan span;       /* of the outer one for an inner one */
    FzSlice raw;       /* the text's octets; of the canonical form of the outer
                          one for an inner one */
    FzSlice canonical; /* "http://a.example/b?c" */
    FzSlice host;      /* into canonical, as all but decoy below */
    FzSlice path;
    FzSlice query;  /* absent without a '?' */
    FzSlice decoy;  /* a host in front of the '@', canonical; absent for none */
    uint32_t flags; /* FzUrlFlag */
    int16_t outer;  /* index of the one it stands in; -1 */
    uint8_t expression_count;
    FzSlice expression[FZ_LIMIT_URL_EXPRESSIONS]; /* most specific first */
} FzUrl;

typedef enum FzContactKind {
    FZ_CONTACT_TEL = 0,  /* "tel:+8613...", "tel:400...", "tel:95..." */
    FZ_CONTACT_QQ = 1,   /* "qq:123456" */
    FZ_CONTACT_WX = 2,   /* "wx:abc123", a WeChat name */
    FZ_CONTACT_TG = 3,   /* "tg:abc", a Telegram name */
    FZ_CONTACT_MAIL = 4, /* "mail:a@b.example" */
} FzContactKind;
#define FZ_CONTACT_KINDS 5

typedef struct FzContact {
    FzContactKind kind;
    FzSlice key; /* with its kind in front */
    FzSpan span;
} FzContact;

/** What did not fit; a bit set. */
typedef enum FzUrlsFlag {
    FZ_URLS_MORE_URLS = 1 << 0,     /* than FZ_LIMIT_URLS */
    FZ_URLS_MORE_CONTACTS = 1 << 1, /* than FZ_LIMIT_CONTACTS */
} FzUrlsFlag;

/** Links and contacts of one message, each kind in order of place; inner links
 *  come behind all others. */
typedef struct FzUrls {
    FzUrl url[FZ_LIMIT_URLS];
    FzContact contact[FZ_LIMIT_CONTACTS];
    uint16_t url_count;
    uint16_t contact_count;
    uint32_t flags; /* FzUrlsFlag */
    uint8_t *room;  /* owned: canonical forms and keys */
    size_t used;
} FzUrls;

void fz_urls_init(FzUrls *urls); /* allocates the room once */
void fz_urls_clear(FzUrls *urls);

/* --- what is known about names ------------------------------------------- */
typedef struct FzUrlTables FzUrlTables; /* immutable; part of a generation */

typedef struct FzUrlConfig {
    const char *const *extra_tlds; /* last labels that are taken for real ones;
                                      may be NULL */
    size_t extra_tld_count;
    const char *country; /* code of numbers without one, digits; NULL: "86" */
} FzUrlConfig;

/** The defaults, with last labels for samples that nobody can own: "example"
 *  and "test" (RFC 2606). Static. */
const FzUrlConfig *fz_url_config_samples(void);

/** @param config  NULL: defaults; copied
 *  @return FZ_E_RULE (said to the sink): a last label or a country code that
 *          is none; FZ_E_IO: no public suffix list on this machine */
FzStatus fz_url_tables_create(const FzUrlConfig *config, const FzDiagSink *sink,
                              FzUrlTables **tables_out) FZ_MUST_CHECK;
void fz_url_tables_destroy(FzUrlTables *tables); /* NULL allowed */

/** Code of numbers without one, digits. */
const char *fz_url_country(const FzUrlTables *tables);

/** Is this (canonical) host in the public suffix list, as a suffix? Lists
 *  refuse such entries. */
bool fz_url_is_public_suffix(const FzUrlTables *tables, FzSlice host);

/** The registrable part of a canonical host, a piece of it; absent for an
 *  address or a public suffix. */
FzSlice fz_url_registrable(const FzUrlTables *tables, FzSlice host);

/* --- finding them ----------------------------------------------------------
 */
/**
 * Find the links and contacts of one text.
 *
 * @param views  with the folded view of `text`; made complete
 *               (fz_views_complete) when something is found
 * @param urls   initialised; overwritten. Its slices live until its next use
 *               and, `raw`, as long as the text
 *
 * Cost: linear in the text, two cycles an octet and less where nothing looks
 *       like a link or contact; allocates nothing, but libidn2 does for a host
 *       that is not ASCII. Threads: one `urls` per thread.
 */
void fz_urls_extract(const FzText *text, FzViews *views,
                     const FzUrlTables *tables, FzUrls *urls);

void fz_urls_reset(FzUrls *urls); /* none */

/** The keys that lists are asked for: every expression (or address) of every
 *  link, then every contact. A decoy's host too.
 *  @return how many; never more than FZ_LIMIT_URL_KEYS */
#define FZ_LIMIT_URL_KEYS                                                      \
    (FZ_LIMIT_URLS * (FZ_LIMIT_URL_EXPRESSIONS + 2) + FZ_LIMIT_CONTACTS)
size_t fz_urls_keys(const FzUrls *urls, FzKey *keys);

const char *fz_url_flag_name(FzUrlFlag flag); /* of one bit: "schemeless" */
const char *fz_contact_kind_name(FzContactKind kind); /* "tel" */

#endif

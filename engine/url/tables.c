/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/url/find.h"

#include "base/alloc.h"

#include <libpsl.h>
#include <stdlib.h>

struct FzUrlTables {
    const psl_ctx_t *psl;
    psl_ctx_t *owned; /* when it is not the built-in one */
    char **extra;
    size_t extra_count;
    char country[8];
};

#define MAX_LABEL 63
#define MAX_EXTRA 64

/* Last labels that are hardly ever words of a message. With others a bare name
 * ("it.so", "do.me") is as likely a missing space. Sorted. */
static const char *const core[] = {
    "app",   "asia", "au",  "bid", "biz",  "br",   "bz",     "cc",   "ch",
    "click", "club", "cn",  "co",  "com",  "cyou", "cz",     "de",   "dk",
    "edu",   "es",   "eu",  "fi",  "fm",   "fr",   "gov",    "hk",   "icu",
    "info",  "int",  "io",  "jp",  "kr",   "link", "loan",   "ltd",  "ly",
    "mil",   "mobi", "mx",  "net", "nl",   "nz",   "online", "org",  "ph",
    "pl",    "pw",   "ren", "ru",  "shop", "site", "store",  "tk",   "top",
    "tv",    "tw",   "ua",  "uk",  "us",   "vip",  "vn",     "wang", "website",
    "win",   "work", "ws",  "xin", "xyz",  "za",
};

/* Hosts whose paths anybody can have. Lists add to them. Sorted. */
static const char *const shorteners[] = {
    "3.cn",      "6du.in",   "985.so",  "adf.ly",     "amzn.to",  "bit.ly",
    "bitly.com", "bl.ink",   "buff.ly", "c1ns.cn",    "clck.ru",  "cutt.ly",
    "dlvr.it",   "dwz.cn",   "dwz.mk",  "fb.me",      "goo.gl",   "goo.su",
    "is.gd",     "j.mp",     "kurl.cn", "lnkd.in",    "m.tb.cn",  "mrw.so",
    "ow.ly",     "qr.ae",    "rb.gy",   "rebrand.ly", "s.id",     "shorturl.at",
    "soo.gd",    "sourl.cn", "suo.im",  "suo.nz",     "t.cn",     "t.co",
    "t.hk.uy",   "t.ly",     "tb.cn",   "tiny.cc",    "tiny.one", "tinyurl.com",
    "u.nu",      "u.to",     "url.cn",  "urlz.fr",    "v.gd",     "w.url.cn",
    "x.co",
};

static int by_name(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static bool is_one_of(const char *text, const char *const *names, size_t count)
{
    return bsearch(text, names, count, sizeof *names, by_name) != NULL;
}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool to_text(FzSlice slice, char *text, size_t room)
{
    if (slice.octets == 0 || slice.octets >= room ||
        memchr(slice.data, '\0', slice.octets) != NULL)
        return false;
    memcpy(text, slice.data, slice.octets);
    text[slice.octets] = '\0';
    return true;
}

/* ------------------------------------------------------------------- create */
static FzStatus take_extra(FzUrlTables *tables, const FzUrlConfig *config,
                           const FzDiagSink *sink)
{
    if (config->extra_tld_count > MAX_EXTRA)
        return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                       "there are more than %d last labels of one's own",
                       MAX_EXTRA);
    tables->extra = fz_calloc(config->extra_tld_count + 1, sizeof(char *));
    for (size_t i = 0; i < config->extra_tld_count; i++) {
        const char *label = config->extra_tlds[i];
        size_t octets = strlen(label);
        bool fine = octets >= 2 && octets <= MAX_LABEL;

        /* digits alone would make hosts of amounts */
        fine &= label[strspn(label, "0123456789")] != '\0';
        for (size_t j = 0; j < octets; j++)
            fine &= fz_is_alnum((uint8_t)label[j]) ||
                    (label[j] == '-' && j > 0 && j + 1 < octets);
        if (!fine)
            return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                           "`%.70s' cannot be the last label of a host", label);
        tables->extra[i] = fz_strdup(label);
        for (char *at = tables->extra[i]; *at != '\0'; at++)
            *at = (char)fz_lower((uint8_t)*at);
        tables->extra_count++;
    }
    return FZ_OK;
}

static FzStatus take_country(FzUrlTables *tables, const char *country,
                             const FzDiagSink *sink)
{
    size_t octets = strlen(country);
    bool fine = octets >= 1 && octets <= 3 && country[0] != '0';

    for (size_t i = 0; i < octets; i++)
        fine &= fz_is_digit((uint8_t)country[i]);
    if (!fine)
        return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                       "`%.20s' is no country code of telephone numbers: 1 to "
                       "3 digits",
                       country);
    memcpy(tables->country, country, octets + 1);
    return FZ_OK;
}

const FzUrlConfig *fz_url_config_samples(void)
{
    static const char *const labels[] = {"example", "test"};
    static const FzUrlConfig config = {.extra_tlds = labels,
                                       .extra_tld_count = COUNT(labels)};

    return &config;
}

FzStatus fz_url_tables_create(const FzUrlConfig *config, const FzDiagSink *sink,
                              FzUrlTables **tables_out)
{
    static const FzUrlConfig none;
    FzUrlTables *tables = fz_calloc(1, sizeof *tables);
    FzStatus status;

    if (config == NULL)
        config = &none;
    /* the newer of the library's own and the distribution's */
    tables->owned = psl_latest(NULL);
    tables->psl = tables->owned != NULL ? tables->owned : psl_builtin();
    status = take_extra(tables, config, sink);
    if (status == FZ_OK)
        status = take_country(
            tables, config->country == NULL ? "86" : config->country, sink);
    if (status == FZ_OK && tables->psl == NULL)
        status = fz_diag(sink, FZ_E_IO, NULL, 0, NULL,
                         "there is no public suffix list: install "
                         "`publicsuffix'");
    if (status != FZ_OK) {
        fz_url_tables_destroy(tables);
        return status;
    }
    *tables_out = tables;
    return FZ_OK;
}

void fz_url_tables_destroy(FzUrlTables *tables)
{
    if (tables == NULL)
        return;
    for (size_t i = 0; i < tables->extra_count; i++)
        fz_free(tables->extra[i]);
    fz_free(tables->extra);
    psl_free(tables->owned);
    fz_free(tables);
}

/* ------------------------------------------------------------------ asking */
FzTld fz_tables_tld(const FzUrlTables *tables, FzSlice label)
{
    char text[MAX_LABEL + 1];
    bool letters = true, ascii = true;

    if (label.octets == 0 || label.octets > MAX_LABEL)
        return FZ_TLD_NONE;
    for (size_t i = 0; i < label.octets; i++) {
        uint8_t c = label.data[i];

        if (c == '\0' || c == '.')
            return FZ_TLD_NONE;
        text[i] = (char)c;
        ascii &= c < 0x80;
        letters &= c >= 0x80 || fz_is_alpha(c);
    }
    text[label.octets] = '\0';
    for (size_t i = 0; i < tables->extra_count; i++)
        if (strcmp(text, tables->extra[i]) == 0)
            return FZ_TLD_EXTRA;
    /* of ASCII, those that exist are letters alone, or escape others */
    if (ascii && !letters && strncmp(text, "xn--", 4) != 0)
        return FZ_TLD_NONE;
    if (is_one_of(text, core, COUNT(core)))
        return FZ_TLD_CORE;
    /* without the rule that takes every unknown label for one */
    return psl_is_public_suffix2(tables->psl, text,
                                 PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE)
               ? FZ_TLD_WEAK
               : FZ_TLD_NONE;
}

bool fz_tables_shortener(FzSlice host)
{
    char text[16];

    return to_text(host, text, sizeof text) &&
           is_one_of(text, shorteners, COUNT(shorteners));
}

const char *fz_url_country(const FzUrlTables *tables)
{
    return tables->country;
}

const char *fz_tables_country(const FzUrlTables *tables)
{
    return tables->country;
}

/* Addresses have no suffix: libpsl would call 2.1 that of 192.0.2.1. */
static bool is_address(FzSlice host)
{
    uint8_t octets[4];

    return (host.octets > 0 && host.data[0] == '[') ||
           fz_canonical_ipv4(host, octets, NULL);
}

bool fz_url_is_public_suffix(const FzUrlTables *tables, FzSlice host)
{
    char text[FZ_HOST_OCTETS + 1];

    if (is_address(host) || !to_text(host, text, sizeof text))
        return false;
    return psl_is_public_suffix2(tables->psl, text,
                                 PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE) != 0;
}

FzSlice fz_url_registrable(const FzUrlTables *tables, FzSlice host)
{
    char text[FZ_HOST_OCTETS + 1];
    const char *part;
    size_t at;

    if (is_address(host) || !to_text(host, text, sizeof text))
        return fz_slice_of(NULL);
    part = psl_registrable_domain(tables->psl, text);
    if (part == NULL)
        return fz_slice_of(NULL);
    at = (size_t)(part - text);
    return fz_slice(host.data + at, host.octets - at);
}

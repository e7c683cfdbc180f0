/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/url/found.h"

#include "base/alloc.h"

uint32_t fz_find_place(const FzFind *find, uint32_t at, uint32_t cp)
{
    const uint16_t *map = fz_find_map(find);

    while (at + 8 <= find->length && map[at + 7] < cp)
        at += 8; /* they rise */
    while (at < find->length && map[at] < cp)
        at++;
    return at;
}

void fz_urls_init(FzUrls *urls)
{
    memset(urls, 0, sizeof *urls);
    urls->room = fz_malloc(FZ_URLS_ROOM_OCTETS);
}

void fz_urls_reset(FzUrls *urls)
{
    urls->url_count = 0;
    urls->contact_count = 0;
    urls->flags = 0;
    urls->used = 0;
}

void fz_urls_clear(FzUrls *urls)
{
    fz_free(urls->room);
    memset(urls, 0, sizeof *urls);
}

size_t fz_urls_room(const FzUrls *urls)
{
    return FZ_URLS_ROOM_OCTETS - urls->used;
}

size_t fz_urls_keys(const FzUrls *urls, FzKey *keys)
{
    size_t count = 0;

    for (uint32_t i = 0; i < urls->url_count; i++) {
        const FzUrl *url = &urls->url[i];

        for (uint32_t j = 0; j < url->expression_count; j++)
            keys[count++] = (FzKey){FZ_KEY_URL, url->expression[j], url->span};
        if ((url->flags & FZ_URL_IP) != 0)
            keys[count++] = (FzKey){FZ_KEY_IP, url->host, url->span};
        if (url->decoy.data != NULL) /* with a slash: an expression */
            keys[count++] = (FzKey){
                FZ_KEY_URL, fz_slice(url->decoy.data, url->decoy.octets + 1),
                url->span};
    }
    for (uint32_t i = 0; i < urls->contact_count; i++)
        keys[count++] = (FzKey){FZ_KEY_CONTACT, urls->contact[i].key,
                                urls->contact[i].span};
    return count;
}

const char *fz_url_flag_name(FzUrlFlag flag)
{
    switch (flag) {
    case FZ_URL_SCHEMELESS:
        return "schemeless";
    case FZ_URL_WEAK:
        return "weak";
    case FZ_URL_DEFANGED:
        return "defanged";
    case FZ_URL_DOT_VARIANT:
        return "dot-variant";
    case FZ_URL_DISGUISED:
        return "disguised";
    case FZ_URL_ZERO_WIDTH:
        return "zero-width";
    case FZ_URL_IDN:
        return "idn";
    case FZ_URL_IDN_BAD:
        return "idn-bad";
    case FZ_URL_PUNYCODE:
        return "punycode";
    case FZ_URL_MIXED_SCRIPT:
        return "mixed-script";
    case FZ_URL_IP:
        return "ip";
    case FZ_URL_IP_ODD:
        return "ip-odd";
    case FZ_URL_PORT:
        return "port";
    case FZ_URL_USERINFO:
        return "userinfo";
    case FZ_URL_BACKSLASH:
        return "backslash";
    case FZ_URL_GLUED_BEFORE:
        return "glued-before";
    case FZ_URL_GLUED_AFTER:
        return "glued-after";
    case FZ_URL_LONG:
        return "long";
    case FZ_URL_MANY_DOTS:
        return "many-dots";
    case FZ_URL_SHORTENER:
        return "shortener";
    case FZ_URL_REDIRECTOR:
        return "redirector";
    case FZ_URL_INNER:
        return "inner";
    case FZ_URL_CROSSES_PARTS:
        return "crosses-parts";
    case FZ_URL_ESCAPED_HOST:
        return "escaped-host";
    }
    return "unknown";
}

const char *fz_contact_kind_name(FzContactKind kind)
{
    switch (kind) {
    case FZ_CONTACT_TEL:
        return "tel";
    case FZ_CONTACT_QQ:
        return "qq";
    case FZ_CONTACT_WX:
        return "wx";
    case FZ_CONTACT_TG:
        return "tg";
    case FZ_CONTACT_MAIL:
        return "mail";
    }
    return "unknown";
}

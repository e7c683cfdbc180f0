/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/url/canonical.h"

#include "base/utf8.h"
#include "engine/url/octets.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>

/* A name has 253 octets at most; what is longer is kept as it is and cannot be
 * resolved anyway, so IDNA is not asked. */
#define MAX_IDN_OCTETS 1024

/* -------------------------------------------------------------- characters */
static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int hex_of(uint8_t c)
{
    if (fz_is_digit(c))
        return c - '0';
    c = fz_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static FzSlice sub(FzSlice slice, size_t from, size_t to)
{
    return fz_slice(slice.data + from, to - from);
}

static size_t find(FzSlice in, uint8_t c)
{
    const uint8_t *at = in.octets == 0 ? NULL : memchr(in.data, c, in.octets);

    return at == NULL ? in.octets : (size_t)(at - in.data);
}

/* ----------------------------------------------------------------- unescape */
/* Repeatedly, in one pass: a decoded octet may complete an escape with what was
 * decoded before it. Escapes cannot overlap (an escape holds one '%', its
 * first octet), so the order in which they are resolved does not matter. */
static size_t put_unescaped(uint8_t *out, size_t length, uint8_t c)
{
    out[length++] = c;
    while (length >= 3 && out[length - 3] == '%' &&
           hex_of(out[length - 2]) >= 0 && hex_of(out[length - 1]) >= 0) {
        out[length - 3] =
            (uint8_t)(hex_of(out[length - 2]) << 4 | hex_of(out[length - 1]));
        length -= 2;
    }
    return length;
}

/* White space around it, tabs and line ends within it, and the fragment are
 * not part of a URL. */
static FzSlice clean(FzSlice url, uint8_t *out)
{
    size_t from = 0, to, length = 0;

    url.octets = find(url, '#');
    to = url.octets;
    while (from < to && is_space(url.data[from]))
        from++;
    while (to > from && is_space(url.data[to - 1]))
        to--;
    for (size_t i = from; i < to; i++) {
        uint8_t c = url.data[i];

        if (c != '\t' && c != '\r' && c != '\n')
            length = put_unescaped(out, length, c);
    }
    return fz_slice(out, length);
}

/* ------------------------------------------------------------------- parts */
typedef struct Parts {
    FzSlice scheme; /* absent: none */
    FzSlice userinfo;
    FzSlice host;
    FzSlice path;
    FzSlice query;
    bool port;
    bool web; /* a scheme whose backslashes are slashes */
    bool backslash;
} Parts;

static bool is_slash(const Parts *parts, uint8_t c)
{
    return c == '/' || (parts->web && c == '\\');
}

static size_t scheme_length(FzSlice url)
{
    size_t i = 0;

    if (url.octets == 0 || !fz_is_alpha(url.data[0]))
        return 0;
    while (i < url.octets && (fz_is_alnum(url.data[i]) || url.data[i] == '+' ||
                              url.data[i] == '-' || url.data[i] == '.'))
        i++;
    return i < url.octets && url.data[i] == ':' ? i : 0;
}

static bool is_web(FzSlice scheme)
{
    return fz_is_nocase(scheme, "http") || fz_is_nocase(scheme, "https") ||
           fz_is_nocase(scheme, "ftp");
}

/* Digits up to the end of the authority: "host:8080/", but not "mailto:x", and
 * not the schemes behind which digits stand. */
static bool is_port(FzSlice scheme, FzSlice rest)
{
    size_t i = 0;

    if (fz_is_nocase(scheme, "tel") || fz_is_nocase(scheme, "sms") ||
        fz_is_nocase(scheme, "smsto"))
        return false;
    while (i < rest.octets && fz_is_digit(rest.data[i]))
        i++;
    return i == rest.octets || rest.data[i] == '/' || rest.data[i] == '?' ||
           rest.data[i] == '\\';
}

/* Take the scheme and the slashes behind it off; FZ_E_SYNTAX for one that has
 * no host ("mailto:"). */
static FzStatus take_scheme(FzSlice *rest, Parts *parts)
{
    size_t length = scheme_length(*rest), slashes = 0;
    FzSlice scheme = sub(*rest, 0, length), behind = *rest;

    parts->web = true;
    if (length > 0) {
        behind = sub(*rest, length + 1, rest->octets);
        parts->web = is_web(scheme);
    }
    while (slashes < 2 && slashes < behind.octets &&
           is_slash(parts, behind.data[slashes])) {
        parts->backslash |= behind.data[slashes] == '\\';
        slashes++;
    }
    if (length > 0 && slashes < 2 && !parts->web) {
        /* no scheme after all, but a host and a port? */
        if (behind.octets == 0 || !is_port(scheme, behind))
            return FZ_E_SYNTAX;
        parts->web = true;
        parts->backslash = false;
        return FZ_OK;
    }
    if (length == 0 && slashes == 1)
        return FZ_E_SYNTAX; /* a path without a host */
    if (length > 0)
        parts->scheme = scheme;
    *rest = sub(behind, slashes, behind.octets);
    return FZ_OK;
}

static FzStatus take_port(FzSlice *host, Parts *parts)
{
    size_t colon = host->octets;

    if (host->octets > 0 && host->data[0] == '[') {
        size_t end = find(*host, ']');

        if (end == host->octets)
            return FZ_E_SYNTAX;
        if (end + 1 == host->octets)
            return FZ_OK;
        if (host->data[end + 1] != ':')
            return FZ_E_SYNTAX;
        colon = end + 1;
    } else {
        while (colon > 0 && host->data[colon - 1] != ':')
            colon--;
        if (colon == 0)
            return FZ_OK;
        colon--;
    }
    for (size_t i = colon + 1; i < host->octets; i++)
        if (!fz_is_digit(host->data[i]))
            return FZ_E_SYNTAX;
    parts->port = true;
    host->octets = colon;
    /* another one is no part of a name, nor of an address without brackets */
    return host->data[0] != '[' && find(*host, ':') < colon ? FZ_E_SYNTAX
                                                            : FZ_OK;
}

static FzStatus split(FzSlice url, Parts *parts)
{
    FzSlice rest = url, authority;
    FzStatus status;
    size_t end = 0, at;

    memset(parts, 0, sizeof *parts);
    status = take_scheme(&rest, parts);
    if (status != FZ_OK)
        return status;
    while (end < rest.octets && !is_slash(parts, rest.data[end]) &&
           rest.data[end] != '?')
        end++;
    authority = sub(rest, 0, end);
    rest = sub(rest, end, rest.octets);

    for (at = authority.octets; at > 0 && authority.data[at - 1] != '@'; at--)
        continue;
    if (at > 0)
        parts->userinfo = sub(authority, 0, at - 1);
    parts->host = sub(authority, at, authority.octets);
    status = take_port(&parts->host, parts);

    end = find(rest, '?');
    parts->path = sub(rest, 0, end);
    if (end < rest.octets)
        parts->query = sub(rest, end + 1, rest.octets);
    return status;
}

/* ------------------------------------------------------------------ address */
static bool parse_number(FzSlice text, uint32_t *value_out, bool *plain)
{
    unsigned base = 10;
    uint64_t value = 0;
    size_t i = 0;

    if (text.octets == 0)
        return false;
    if (text.octets > 1 && text.data[0] == '0') {
        base = fz_lower(text.data[1]) == 'x' ? 16 : 8;
        i = base == 16 ? 2 : 1;
        *plain = false;
    }
    if (i == text.octets)
        return false;
    for (; i < text.octets; i++) {
        int digit = hex_of(text.data[i]);

        if (digit < 0 || (unsigned)digit >= base)
            return false;
        value = value * base + (unsigned)digit;
        if (value > UINT32_MAX)
            return false;
    }
    *value_out = (uint32_t)value;
    return true;
}

/* "10.1.2.3 and more", up to 15 octets in all, is 10.1.2.3 to the resolver of
 * Windows. */
static FzSlice without_rubbish(FzSlice host)
{
    size_t space = find(host, ' '), dots = 0, digits = 0;

    if (host.octets > 15 || space == host.octets)
        return host;
    for (size_t i = 0; i < space; i++) {
        if (host.data[i] == '.') {
            if (digits == 0)
                return host;
            dots++;
            digits = 0;
        } else if (!fz_is_digit(host.data[i]) || ++digits > 3) {
            return host;
        }
    }
    return dots == 3 && digits > 0 ? sub(host, 0, space) : host;
}

bool fz_canonical_ipv4(FzSlice host, uint8_t *octets_out, bool *odd_out)
{
    FzSlice clear = without_rubbish(host);
    uint32_t part[4];
    size_t count = 0, from = 0;
    bool plain = clear.octets == host.octets;

    for (size_t i = 0; i <= clear.octets; i++) {
        if (i < clear.octets && clear.data[i] != '.')
            continue;
        if (count == 4 ||
            !parse_number(sub(clear, from, i), &part[count], &plain))
            return false;
        count++;
        from = i + 1;
    }
    /* all but the last are one octet, the last the rest; what is too large is
     * cut, as the document's own test cases have it */
    for (size_t i = 0; i < 4; i++) {
        size_t behind = i < count - 1 ? 0 : 3 - i;
        uint32_t value = part[i < count - 1 ? i : count - 1];

        octets_out[i] = (uint8_t)(value >> (8 * behind));
        plain &= i >= count || part[i] <= 255;
    }
    if (odd_out != NULL)
        *odd_out = !plain || count != 4;
    return true;
}

static size_t write_ipv4(const uint8_t *octets, uint8_t *out)
{
    return (size_t)sprintf((char *)out, "%u.%u.%u.%u", octets[0], octets[1],
                           octets[2], octets[3]);
}

/* [..] in its shortest form; one that carries an IPv4 address (mapped, or of
 * NAT64's well-known prefix) is that. */
static FzStatus write_ipv6(FzSlice host, uint8_t *out, size_t *length_out,
                           uint32_t *flags)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    static const uint8_t nat64[12] = {0x00, 0x64, 0xFF, 0x9B};
    char text[INET6_ADDRSTRLEN];
    uint8_t address[16];

    if (host.octets < 4 || host.octets - 2 >= sizeof text)
        return FZ_E_SYNTAX;
    memcpy(text, host.data + 1, host.octets - 2);
    text[host.octets - 2] = '\0';
    if (inet_pton(AF_INET6, text, address) != 1)
        return FZ_E_SYNTAX;
    *flags |= FZ_CANONICAL_IP;
    if (memcmp(address, mapped, sizeof mapped) == 0 ||
        memcmp(address, nat64, sizeof nat64) == 0) {
        *flags |= FZ_CANONICAL_IP_ODD;
        *length_out = write_ipv4(address + 12, out);
        return FZ_OK;
    }
    inet_ntop(AF_INET6, address, text, sizeof text);
    *length_out = (size_t)sprintf((char *)out, "[%s]", text);
    return FZ_OK;
}

/* --------------------------------------------------------------------- host */
static FzSlice single_dots(FzSlice host, uint8_t *out)
{
    size_t length = 0;

    for (size_t i = 0; i < host.octets; i++)
        if (host.data[i] != '.' || (length > 0 && out[length - 1] != '.'))
            out[length++] = fz_lower(host.data[i]);
    if (length > 0 && out[length - 1] == '.')
        length--;
    return fz_slice(out, length);
}

/* IDNA must not bring in what ends a host: U+2100 maps to "a/c". */
static bool is_host_text(const char *text)
{
    return text[0] != '\0' && strpbrk(text, "/\\?#@:[]%") == NULL;
}

/* UTS #46 as browsers process it: non-transitional, and with the symbols that
 * IDNA2008 itself leaves out (emoji hosts exist, and resolve). libidn2 allows
 * those in its transitional mode only, whose other difference (ß as ss) cannot
 * be helped then. */
static char *to_ascii(const char *host)
{
    char *ascii = NULL;
    int rc;

    rc = idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (rc == IDN2_DISALLOWED)
        rc = idn2_to_ascii_8z(host, &ascii, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
    if (rc != IDN2_OK)
        return NULL;
    if (!is_host_text(ascii)) {
        idn2_free(ascii);
        return NULL;
    }
    return ascii;
}

FzSlice fz_canonical_host(FzSlice host, uint8_t *room, uint32_t *flags)
{
    char text[MAX_IDN_OCTETS + 1];
    FzSlice out = single_dots(host, room);
    char *ascii = NULL;
    bool plain = true;

    for (size_t i = 0; i < out.octets; i++)
        plain &= out.data[i] < 0x80;
    if (plain)
        return out;
    *flags |= FZ_CANONICAL_IDN;
    if (out.octets <= MAX_IDN_OCTETS &&
        memchr(out.data, '\0', out.octets) == NULL &&
        fz_utf8_valid(out.data, out.octets)) {
        memcpy(text, out.data, out.octets);
        text[out.octets] = '\0';
        ascii = to_ascii(text);
    }
    if (ascii == NULL || strlen(ascii) > 3 * host.octets + 256) {
        *flags |= FZ_CANONICAL_IDN_BAD;
    } else {
        /* it may have mapped other characters to dots */
        out = single_dots(fz_slice_of(ascii), room);
    }
    idn2_free(ascii);
    return out;
}

/* ------------------------------------------------------------------ writing */
static size_t put_escaped(uint8_t *out, FzSlice text)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = 0;

    for (size_t i = 0; i < text.octets; i++) {
        uint8_t c = text.data[i];

        if (c > ' ' && c < 0x7F && c != '#' && c != '%') {
            out[length++] = c;
        } else {
            out[length++] = '%';
            out[length++] = (uint8_t)digits[c >> 4];
            out[length++] = (uint8_t)digits[c & 15];
        }
    }
    return length;
}

/* Resolve "." and "..", one slash at a time, in place. */
static FzSlice resolve_path(const Parts *parts, uint8_t *path, size_t octets)
{
    size_t length = 0, from = 0;

    for (size_t i = 0; i <= octets; i++) {
        size_t segment = i - from;
        bool last = i == octets;

        if (!last && !is_slash(parts, path[i]))
            continue;
        if (segment == 2 && path[from] == '.' && path[from + 1] == '.') {
            while (length > 0 && path[length - 1] != '/')
                length--;
            if (length > 0)
                length--; /* and the slash before it */
        } else if (segment > 0 && !(segment == 1 && path[from] == '.')) {
            /* never behind where it stands: slashes and dots are left out */
            memmove(path + length + 1, path + from, segment);
            path[length] = '/';
            length += segment + 1;
            from = i + 1;
            continue;
        }
        if (last)
            path[length++] = '/';
        from = i + 1;
    }
    return fz_slice(path, length);
}

static FzStatus write_host(const Parts *parts, uint8_t *scratch, uint8_t *out,
                           FzCanonical *canonical)
{
    uint8_t address[4];
    size_t length = 0;
    FzSlice host;
    bool odd;

    if (parts->host.octets > 0 && parts->host.data[0] == '[') {
        FzStatus status =
            write_ipv6(parts->host, out, &length, &canonical->flags);

        canonical->host = fz_slice(out, length);
        return status;
    }
    host = fz_canonical_host(parts->host, scratch, &canonical->flags);
    if (host.octets == 0 || find(host, '[') < host.octets ||
        find(host, ']') < host.octets)
        return FZ_E_SYNTAX;
    if (fz_canonical_ipv4(host, address, &odd)) {
        canonical->flags |= FZ_CANONICAL_IP | (odd ? FZ_CANONICAL_IP_ODD : 0);
        length = write_ipv4(address, out);
    } else {
        length = put_escaped(out, host);
    }
    canonical->host = fz_slice(out, length);
    return FZ_OK;
}

static size_t put(uint8_t *out, FzSlice text)
{
    for (size_t i = 0; i < text.octets; i++)
        out[i] = fz_lower(text.data[i]);
    return text.octets;
}

FzStatus fz_canonical_url(FzSlice url, uint8_t *room,
                          FzCanonical *canonical_out, size_t *used_out)
{
    uint8_t clear[FZ_LIMIT_URL_OCTETS + 1];
    uint8_t scratch[3 * FZ_LIMIT_URL_OCTETS + 256];
    FzCanonical canonical = {0};
    Parts parts;
    FzSlice text;
    uint8_t *at = room;
    FzStatus status;

    if (url.octets > FZ_LIMIT_URL_OCTETS)
        return FZ_E_LIMIT;
    text = clean(url, clear);
    status = split(text, &parts);
    if (status != FZ_OK)
        return status;

    if (parts.scheme.data == NULL) {
        canonical.flags |= FZ_CANONICAL_NO_SCHEME;
        parts.scheme = fz_slice_of("http");
    }
    canonical.scheme = fz_slice(at, put(at, parts.scheme));
    at += canonical.scheme.octets;
    at += put(at, fz_slice_of("://"));
    status = write_host(&parts, scratch, at, &canonical);
    if (status != FZ_OK)
        return status;
    at += canonical.host.octets;

    /* an octet of the path may become three; it is resolved before */
    if (parts.path.octets == 0) {
        canonical.path = fz_slice(at, 1);
        *at++ = '/';
    } else {
        uint8_t *path = clear + (parts.path.data - clear);
        FzSlice resolved;

        parts.backslash |=
            parts.web && memchr(path, '\\', parts.path.octets) != NULL;
        resolved = resolve_path(&parts, path, parts.path.octets);
        canonical.path = fz_slice(at, put_escaped(at, resolved));
        at += canonical.path.octets;
    }
    if (parts.query.data != NULL) {
        *at++ = '?';
        canonical.query = fz_slice(at, put_escaped(at, parts.query));
        at += canonical.query.octets;
    }
    canonical.url = fz_slice(room, (size_t)(at - room));
    if (parts.userinfo.data != NULL) {
        canonical.flags |= FZ_CANONICAL_USERINFO;
        memcpy(at, parts.userinfo.data, parts.userinfo.octets);
        canonical.userinfo = fz_slice(at, parts.userinfo.octets);
        at += parts.userinfo.octets;
    }
    if (parts.port)
        canonical.flags |= FZ_CANONICAL_PORT;
    if (parts.backslash)
        canonical.flags |= FZ_CANONICAL_BACKSLASH;
    if (used_out != NULL)
        *used_out = (size_t)(at - room);
    *canonical_out = canonical;
    return FZ_OK;
}

/* -------------------------------------------------------------- expressions */
size_t fz_canonical_hosts(const FzCanonical *canonical, FzSlice *hosts)
{
    FzSlice host = canonical->host;
    size_t dots = 0, count = 0;

    hosts[count++] = host;
    if ((canonical->flags & FZ_CANONICAL_IP) != 0)
        return count;
    for (size_t i = 0; i < host.octets; i++)
        dots += host.data[i] == '.';
    for (size_t i = 0; i < host.octets && dots > 1; i++) {
        if (host.data[i] != '.')
            continue;
        /* behind this dot stand as many components as dots are left */
        if (dots-- <= FZ_LIMIT_URL_HOSTS)
            hosts[count++] = sub(host, i + 1, host.octets);
    }
    return count;
}

size_t fz_canonical_paths(const FzCanonical *canonical, FzSlice *paths)
{
    FzSlice path = canonical->path;
    size_t prefix[FZ_LIMIT_URL_PATHS - 2], prefixes = 0, count = 0;

    if (canonical->query.octets > 0)
        paths[count++] =
            fz_slice(path.data, path.octets + 1 + canonical->query.octets);
    paths[count++] = path;
    for (size_t i = 0; i + 1 < path.octets; i++)
        if (path.data[i] == '/' && prefixes < FZ_LIMIT_URL_PATHS - 2)
            prefix[prefixes++] = i + 1;
    while (prefixes > 0)
        paths[count++] = sub(path, 0, prefix[--prefixes]);
    return count;
}

size_t fz_canonical_expressions(const FzCanonical *canonical,
                                FzSlice *expressions)
{
    FzSlice hosts[FZ_LIMIT_URL_HOSTS], paths[FZ_LIMIT_URL_PATHS];
    size_t host_count = fz_canonical_hosts(canonical, hosts);
    size_t path_count = fz_canonical_paths(canonical, paths);
    size_t count = 0;

    /* the path stands right behind the host: each is one piece of the URL */
    for (size_t i = 0; i < host_count; i++)
        for (size_t j = 0; j < path_count; j++)
            expressions[count++] =
                fz_slice(hosts[i].data, hosts[i].octets + paths[j].octets);
    return count;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/url/found.h"

/* ----------------------------------------------------------------- writing */
size_t fz_found_put(uint8_t *out, size_t length, const void *from,
                    size_t octets)
{
    size_t room = FZ_LIMIT_URL_OCTETS - length;

    if (octets > room)
        octets = room;
    memcpy(out + length, from, octets);
    return length + octets;
}

/* The host as it stands in the text: IDNA has its own folding, and traditional
 * Han is not simplified in a name. */
static size_t put_raw_label(const FzFind *find, const FzHostLabel *label,
                            uint32_t to, uint8_t *out, size_t length)
{
    const FzText *text = find->text;
    uint32_t cp = fz_find_cp(find, label->from),
             end = fz_find_cp(find, to - 1) + 1u;

    for (; cp < end; cp++) {
        const FzChar *it = fz_char(fz_find_raw(text, cp));

        if (fz_char_class(it) != FZ_CLASS_IGNORED)
            length = fz_found_put(out, length, text->raw + text->cp_octet[cp],
                                  text->cp_octet[cp + 1] - text->cp_octet[cp]);
    }
    return length;
}

static size_t put_host(const FzFind *find, const FzFound *found, bool folded,
                       uint8_t *out, size_t length)
{
    const FzHost *host = &found->host;

    if (host->brackets)
        return fz_found_put(out, length, find->octets + host->from,
                            host->to - host->from);
    for (uint32_t i = 0; i < host->labels; i++) {
        FzHostLabel label;

        if (i < found->run->count)
            label = found->run->label[i];
        else /* an IDN's last label, behind the run and a dot */
            label = (FzHostLabel){found->run->to + 1, host->to, false};
        if (label.to > host->to)
            label.to = host->to;
        if (i > 0)
            length = fz_found_put(out, length, ".", 1);
        if (folded)
            length = fz_found_put(out, length, find->octets + label.from,
                                  label.to - label.from);
        else
            length = put_raw_label(find, &label, label.to, out, length);
    }
    return length;
}

static size_t write_url(const FzFind *find, const FzFound *found, bool folded,
                        uint8_t *out)
{
    size_t length = 0;

    if (found->scheme != NULL) {
        length =
            fz_found_put(out, length, found->scheme, strlen(found->scheme));
        length = fz_found_put(out, length, "://", 3);
    }
    length = fz_found_put(out, length, find->octets + found->userinfo,
                          found->host.from - found->userinfo);
    length = put_host(find, found, folded, out, length);
    return fz_tail_write(find->text, &found->tail, out, length,
                         FZ_LIMIT_URL_OCTETS);
}

/* ------------------------------------------------------------------- flags */
static bool is_glue(uint32_t cp)
{
    return cp != 0 && fz_char_is_word(fz_char(cp));
}

static bool is_ascii(FzSlice slice)
{
    for (size_t i = 0; i < slice.octets; i++)
        if (slice.data[i] >= 0x80)
            return false;
    return true;
}

static uint32_t script_flags(const FzFind *find, const FzFound *found)
{
    uint32_t flags = 0;

    if (found->host.brackets)
        return 0;
    for (uint32_t i = 0; i < found->host.labels && i < found->run->count; i++) {
        const FzHostLabel *label = &found->run->label[i];
        bool latin = false, other = false;

        /* of one in ASCII there is nothing to tell apart */
        for (uint32_t at = label->from; !label->ascii && at < label->to;) {
            uint32_t used, cp = fz_find_char(find, at, &used);
            FzScript script = fz_char_script(fz_char(cp));

            latin |= cp < 0x80 ? fz_is_alpha(cp) : script == FZ_SCRIPT_LATIN;
            other |= script == FZ_SCRIPT_CYRILLIC ||
                     script == FZ_SCRIPT_GREEK || script == FZ_SCRIPT_ARMENIAN;
            at += used;
        }
        if (latin && other)
            flags |= FZ_URL_MIXED_SCRIPT;
        if (fz_find_is(find, label->from, "xn--"))
            flags |= FZ_URL_PUNYCODE;
    }
    return flags;
}

/* Of the text's own characters: what shows as nothing, and in the host what
 * folds to ASCII without being it. */
static uint32_t raw_flags(const FzFind *find, const FzFound *found, FzSpan span)
{
    uint32_t flags = 0;

    for (uint32_t cp = span.cp_from; cp < span.cp_to; cp++) {
        uint32_t raw = fz_find_raw(find->text, cp);
        const FzChar *it = fz_char(raw);

        if (raw > ' ' && raw < 0x7F)
            continue;
        if (fz_char_class(it) == FZ_CLASS_IGNORED)
            flags |= FZ_URL_ZERO_WIDTH;
        if (cp < found->cp_host_end &&
            (it->flags &
             (FZ_CHAR_FULLWIDTH | FZ_CHAR_ENCLOSED | FZ_CHAR_MATH)) != 0 &&
            (it->flags & FZ_CHAR_DOT) == 0)
            flags |= FZ_URL_DISGUISED;
    }
    if (span.cp_from > 0 && is_glue(fz_find_raw(find->text, span.cp_from - 1u)))
        flags |= FZ_URL_GLUED_BEFORE;
    if (is_glue(fz_find_raw(find->text, span.cp_to)))
        flags |= FZ_URL_GLUED_AFTER;
    for (uint32_t i = 1; i < find->text->part_count; i++) {
        uint32_t border = find->text->parts[i].cp_from;

        if (border > span.cp_from && border < span.cp_to)
            flags |= FZ_URL_CROSSES_PARTS;
    }
    return flags;
}

static uint32_t canonical_flags(const FzCanonical *canonical)
{
    static const struct {
        FzCanonicalFlag from;
        FzUrlFlag to;
    } same[] = {
        {FZ_CANONICAL_NO_SCHEME, FZ_URL_SCHEMELESS},
        {FZ_CANONICAL_USERINFO, FZ_URL_USERINFO},
        {FZ_CANONICAL_PORT, FZ_URL_PORT},
        {FZ_CANONICAL_IP, FZ_URL_IP},
        {FZ_CANONICAL_IP_ODD, FZ_URL_IP_ODD},
        {FZ_CANONICAL_BACKSLASH, FZ_URL_BACKSLASH},
    };
    uint32_t flags = 0, dots = 0;

    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if ((canonical->flags & same[i].from) != 0)
            flags |= same[i].to;
    for (size_t i = 0; i < canonical->host.octets; i++)
        dots += canonical->host.data[i] == '.';
    if (dots >= 6)
        flags |= FZ_URL_MANY_DOTS;
    if (fz_tables_shortener(canonical->host))
        flags |= FZ_URL_SHORTENER;
    return flags;
}

/* ------------------------------------------------------------------ adding */
bool fz_found_room(FzUrls *urls)
{
    if (urls->url_count == FZ_LIMIT_URLS ||
        FZ_URLS_ROOM_OCTETS - urls->used < FZ_CANONICAL_ROOM) {
        urls->flags |= FZ_URLS_MORE_URLS;
        return false;
    }
    return true;
}

FzUrl *fz_found_keep(FzUrls *urls, const FzCanonical *canonical, size_t used,
                     FzSpan span, FzSlice raw, uint32_t flags)
{
    FzUrl *url = &urls->url[urls->url_count++];

    urls->used += used;
    url->span = span;
    url->raw = raw;
    url->canonical = canonical->url;
    url->host = canonical->host;
    url->path = canonical->path;
    url->query = canonical->query;
    url->decoy = fz_slice_of(NULL);
    url->flags = flags | canonical_flags(canonical);
    url->outer = -1;
    url->expression_count =
        (uint8_t)fz_canonical_expressions(canonical, url->expression);
    return url;
}

bool fz_found_is_known(const FzUrlTables *tables, const FzCanonical *it)
{
    size_t dot = it->host.octets;

    if ((it->flags & FZ_CANONICAL_IP) != 0)
        return true;
    while (dot > 0 && it->host.data[dot - 1] != '.')
        dot--;
    return dot > 0 && fz_tables_tld(tables, fz_slice(it->host.data + dot,
                                                     it->host.octets - dot)) !=
                          FZ_TLD_NONE;
}

/* "http://www.bank.example@evil.example": what is shown in front. */
static void note_decoy(const FzFind *find, FzUrl *url, FzSlice userinfo)
{
    FzUrls *urls = find->urls;
    const uint8_t *colon = memchr(userinfo.data, ':', userinfo.octets);
    uint32_t flags = 0;
    FzSlice host;
    size_t dot;

    if (colon != NULL)
        userinfo.octets = (size_t)(colon - userinfo.data);
    if (userinfo.octets == 0 || userinfo.octets > FZ_HOST_OCTETS ||
        FZ_URLS_ROOM_OCTETS - urls->used < 3 * userinfo.octets + 256)
        return;
    host = fz_canonical_host(userinfo, urls->room + urls->used, &flags);
    for (dot = host.octets; dot > 0 && host.data[dot - 1] != '.'; dot--)
        continue;
    if (dot == 0 ||
        fz_tables_tld(find->tables, fz_slice(host.data + dot,
                                             host.octets - dot)) == FZ_TLD_NONE)
        return;
    urls->room[urls->used + host.octets] = '/'; /* as lists are asked */
    urls->used += host.octets + 1;
    url->decoy = host;
}

/* Raw text first; where IDNA refuses it, what the folding made of it: a host
 * of circled letters is meant to be read. */
static bool canonicalise(const FzFind *find, FzFound *found,
                         FzCanonical *canonical, size_t *used_out)
{
    uint8_t *room = find->urls->room + find->urls->used;
    uint8_t text[FZ_LIMIT_URL_OCTETS];
    const uint32_t *at = find->text->cp_octet;
    size_t octets = at[found->cp_host_end] - at[found->cp_from];
    bool ascii = octets == found->cp_host_end - found->cp_from;

    octets = write_url(find, found, ascii, text);
    if (fz_canonical_url(fz_slice(text, octets), room, canonical, used_out) !=
        FZ_OK)
        return false;
    if (octets == FZ_LIMIT_URL_OCTETS)
        found->flags |= FZ_URL_LONG;
    if ((canonical->flags & FZ_CANONICAL_IDN_BAD) != 0) {
        octets = write_url(find, found, true, text);
        found->flags |= FZ_URL_IDN_BAD;
        if (fz_canonical_url(fz_slice(text, octets), room, canonical,
                             used_out) != FZ_OK)
            return false;
    }
    return true;
}

void fz_found_add(const FzFind *find, FzFound *found)
{
    FzSpan span = {(uint16_t)found->cp_from, (uint16_t)found->tail.cp_to};
    FzCanonical canonical;
    size_t used;
    FzUrl *url;

    if (!fz_found_room(find->urls) ||
        !canonicalise(find, found, &canonical, &used))
        return;
    found->flags |= script_flags(find, found) | raw_flags(find, found, span);
    if (!is_ascii(canonical.host) ||
        ((canonical.flags & FZ_CANONICAL_IDN) != 0 &&
         memmem(canonical.host.data, canonical.host.octets, "xn--", 4) != NULL))
        found->flags |= FZ_URL_IDN;
    url = fz_found_keep(find->urls, &canonical, used, span,
                        fz_text_slice(find->text, span), found->flags);
    if (canonical.userinfo.octets > 0)
        note_decoy(find, url, canonical.userinfo);
    fz_contact_of_url(find->urls, url);
}

/* ------------------------------------------------------------- inner links */
static FzSlice inner_of(FzSlice url, size_t from)
{
    const uint8_t *found = NULL;
    FzSlice rest = fz_slice(url.data + from, url.octets - from);
    size_t end = 0;

    if (memchr(rest.data, ':', rest.octets) == NULL)
        return fz_slice_of(NULL);
    found = memmem(rest.data, rest.octets, "http:/", 6);
    if (found == NULL)
        found = memmem(rest.data, rest.octets, "https:/", 7);
    if (found == NULL)
        return fz_slice_of(NULL);
    rest = fz_slice(found, (size_t)(rest.data + rest.octets - found));
    while (end < rest.octets && rest.data[end] != '&')
        end++;
    return fz_slice(rest.data, end);
}

#define INNER_DEPTH 2

/* A redirector's target is a link of the message too. The canonical form is
 * unescaped, so it shows there. */
void fz_found_inner(const FzFind *find)
{
    FzUrls *urls = find->urls;
    uint32_t level_from = 0, level_to = urls->url_count;

    for (int depth = 0; depth < INNER_DEPTH; depth++) {
        for (uint32_t i = level_from; i < level_to; i++) {
            FzUrl *outer = &urls->url[i], *url;
            size_t used,
                from = (size_t)(outer->path.data - outer->canonical.data);
            FzSlice inner = inner_of(outer->canonical, from);
            FzCanonical canonical;

            if (inner.data == NULL || !fz_found_room(urls) ||
                fz_canonical_url(inner, urls->room + urls->used, &canonical,
                                 &used) != FZ_OK ||
                !fz_found_is_known(find->tables, &canonical))
                continue;
            outer->flags |= FZ_URL_REDIRECTOR;
            url = fz_found_keep(urls, &canonical, used, outer->span, inner,
                                FZ_URL_INNER);
            url->outer = (int16_t)i;
        }
        level_from = level_to;
        level_to = urls->url_count;
    }
}

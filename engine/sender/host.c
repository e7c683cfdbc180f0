/* SPDX-License-Identifier: BSD-2-Clause
 *
 * host.c - a link's host against the hosts of brands
 *
 * Tried in the order of how much they say: somebody's very own host; such a
 * host in front of a stranger's domain; a label that only looks like a
 * brand's; a brand's label under another suffix; within a longer label.
 */
#include "config.h"

#include "engine/sender/idn.h"
#include "engine/sender/table.h"

#define LABELS 16
/* A label that stands within another must be this long, alone between hyphens
 * this long: shorter ones are parts of words. */
#define TOKEN_WITHIN 5
#define TOKEN_ALONE 4

typedef struct Host {
    const FzSenders *senders;
    FzSlice label[LABELS];
    uint32_t labels;
    uint32_t main; /* the label that the registrable domain begins with */
    FzHostAnswer *answer;
} Host;

static FzSlice first_label(FzSlice host)
{
    const uint8_t *dot =
        host.octets == 0 ? NULL : memchr(host.data, '.', host.octets);

    return dot == NULL ? fz_slice(NULL, 0)
                       : fz_slice(host.data, (size_t)(dot - host.data));
}

static FzSlice registrable(const FzUrlTables *tables, FzSlice host)
{
    FzSlice found = {NULL, 0};
    int dots = 0;

    if (tables != NULL)
        found = fz_url_registrable(tables, host);
    if (found.data != NULL || host.octets == 0 || host.data[0] == '[')
        return found;
    for (size_t at = host.octets; tables == NULL && at > 0; at--)
        if (host.data[at - 1] == '.' && ++dots == 2)
            return fz_slice(host.data + at, host.octets - at);
    return tables == NULL && dots == 1 ? host : found;
}

FzSlice fz_sender_label(const FzUrlTables *tables, FzSlice host)
{
    FzSlice label = first_label(registrable(tables, host));

    return label.octets > FZ_SENDER_OCTETS ? fz_slice(NULL, 0) : label;
}

static void cut_labels(Host *it, const FzUrlTables *tables, FzSlice host)
{
    FzSlice own = registrable(tables, host);

    it->labels = 0;
    it->main = UINT32_MAX;
    while (host.octets > 0 && it->labels < LABELS) {
        const uint8_t *dot = memchr(host.data, '.', host.octets);
        size_t octets = dot == NULL ? host.octets : (size_t)(dot - host.data);

        if (own.data == host.data)
            it->main = it->labels;
        it->label[it->labels++] = fz_slice(host.data, octets);
        octets += dot != NULL;
        host = fz_slice(host.data + octets, host.octets - octets);
    }
}

/* Of two that say the same the longer name is the one that is meant. */
static void take(Host *it, FzHostFinding finding, uint32_t brand, size_t octets)
{
    if (finding > it->answer->finding ||
        (finding == it->answer->finding && octets > it->answer->octets))
        *it->answer =
            (FzHostAnswer){finding, brand, (uint32_t)octets, FZ_NO_NAME};
}

static FzSlice between(const Host *it, uint32_t from, uint32_t to)
{
    const uint8_t *begin = it->label[from].data;
    FzSlice last = it->label[to - 1];

    return fz_slice(begin, (size_t)(last.data + last.octets - begin));
}

/* The brand behind a name of `host': its own, or that of the row's identity. */
static uint32_t brand_of(const FzSenders *senders, uint32_t item)
{
    const FzName *name = &senders->host.item[item];

    if (name->flag)
        return name->value;
    return senders->identity[senders->row[name->value].identity].brand;
}

static bool find_genuine(Host *it)
{
    for (uint32_t from = 0; from < it->labels; from++) {
        uint32_t item =
            fz_names_find(&it->senders->host, between(it, from, it->labels));

        if (item != FZ_NO_NAME) {
            *it->answer = (FzHostAnswer){FZ_HOST_GENUINE,
                                         brand_of(it->senders, item), 0, item};
            return true;
        }
    }
    return false;
}

/* haihebank.example.25.test */
static void find_inside(Host *it)
{
    for (uint32_t from = 0; from + 1 < it->labels; from++) {
        for (uint32_t to = from + 2; to < it->labels; to++) {
            uint32_t item =
                fz_names_find(&it->senders->host, between(it, from, to));

            if (item != FZ_NO_NAME && brand_of(it->senders, item) != FZ_NO_NAME)
                take(it, FZ_HOST_INSIDE, brand_of(it->senders, item),
                     it->senders->host.item[item].text.octets);
        }
    }
}

/* --- labels ----------------------------------------------------------------
 */
static bool any(const void *ctx, uint32_t item)
{
    (void)ctx, (void)item;
    return true;
}

/* A name that is written in other letters: its own name, and it is not it. */
static void look_at_disguise(Host *it, uint32_t at)
{
    const FzNames *labels = &it->senders->label;
    uint8_t room[FZ_LABEL_OCTETS], shape[FZ_LABEL_OCTETS];
    uint32_t octets = fz_idn_as_ascii(it->label[at], room), item;

    if (octets < TOKEN_ALONE)
        return;
    item = fz_names_find(labels, fz_slice(room, octets));
    if (item == FZ_NO_NAME) {
        octets = fz_sender_shape(fz_slice(room, octets), shape);
        item = fz_names_find(labels, fz_slice(shape, octets));
    }
    if (item != FZ_NO_NAME)
        take(it, FZ_HOST_SHAPE, labels->item[item].value, octets);
}

static void look_at_token(Host *it, FzSlice token, bool whole_label,
                          uint32_t at)
{
    const FzNames *labels = &it->senders->label;
    uint8_t room[FZ_SENDER_OCTETS];
    uint32_t item;
    FzSlice shape;

    if (token.octets < TOKEN_ALONE || token.octets > FZ_SENDER_OCTETS)
        return;
    item = fz_names_find(labels, token);
    if (item != FZ_NO_NAME) {
        take(it,
             !whole_label     ? FZ_HOST_TOKEN
             : at == it->main ? FZ_HOST_SUFFIX
                              : FZ_HOST_INSIDE,
             labels->item[item].value, token.octets);
        return;
    }
    shape = fz_slice(room, fz_sender_shape(token, room));
    item = fz_slice_equal(shape, token) ? FZ_NO_NAME
                                        : fz_names_find(labels, shape);
    if (item != FZ_NO_NAME) {
        take(it, FZ_HOST_SHAPE, labels->item[item].value, token.octets);
        return;
    }
    item = fz_names_near(labels, token, any, NULL);
    if (item != FZ_NO_NAME)
        take(it, FZ_HOST_LOOKALIKE, labels->item[item].value, token.octets);
}

/* Words that stand before or behind a name to lend it a purpose. */
static const char *const baits[] = {
    "my",     "the",    "wap",    "www",   "m",     "h5",      "app",
    "online", "login",  "logon",  "pay",   "bank",  "secure",  "security",
    "safe",   "verify", "vip",    "cn",    "hk",    "tw",      "us",
    "uk",     "com",    "net",    "org",   "gov",   "help",    "service",
    "kefu",   "center", "centre", "shop",  "store", "support", "web",
    "mobile", "info",   "id",     "check", "auth",  "account", NULL};

static size_t bait_at(FzSlice text)
{
    size_t longest = 0;

    for (const char *const *bait = baits; *bait != NULL; bait++) {
        size_t octets = strlen(*bait);

        if (octets <= text.octets && octets > longest &&
            memcmp(text.data, *bait, octets) == 0)
            longest = octets;
    }
    return longest;
}

/* Nothing but such words, hyphens and digits. */
static bool is_bait(FzSlice text)
{
    while (text.octets > 0) {
        uint8_t c = text.data[0];
        size_t octets = c == '-' || (c >= '0' && c <= '9') ? 1 : bait_at(text);

        if (octets == 0)
            return false;
        text = fz_slice(text.data + octets, text.octets - octets);
    }
    return true;
}

typedef struct Within {
    Host *host;
    FzSlice label;
} Within;

static bool within(void *ctx, uint32_t item, uint32_t from, uint32_t to)
{
    Within *it = ctx;
    const uint8_t *data = it->label.data;
    bool whole = to - from == it->label.octets;
    bool baits_only = is_bait(fz_slice(data, from)) &&
                      is_bait(fz_slice(data + to, it->label.octets - to));

    if (whole) /* another suffix, or in front of another's domain */
        return true;
    if (baits_only && to - from >= TOKEN_ALONE)
        take(it->host, FZ_HOST_AFFIX, it->host->senders->label.item[item].value,
             to - from);
    else if (to - from >= TOKEN_WITHIN)
        take(it->host, FZ_HOST_TOKEN, it->host->senders->label.item[item].value,
             to - from);
    return true;
}

/* A service number that a label of digits begins with: 100104937.example */
static void look_at_digits(Host *it, FzSlice label)
{
    for (size_t i = 0; i < label.octets; i++)
        if (label.data[i] < '0' || label.data[i] > '9')
            return;
    for (size_t octets = 5; octets <= label.octets && octets <= 8; octets++) {
        uint32_t item =
            fz_names_find(&it->senders->sender, fz_slice(label.data, octets));

        for (; item != FZ_NO_NAME; item = it->senders->sender.item[item].same)
            if (it->senders->sender.item[item].flag)
                take(it, FZ_HOST_TOKEN, it->senders->sender.item[item].value,
                     octets);
    }
}

static void look_at_label(Host *it, uint32_t at)
{
    FzSlice rest = it->label[at];
    Within whole = {it, rest};

    look_at_token(it, rest, true, at);
    look_at_disguise(it, at);
    look_at_digits(it, rest);
    fz_names_scan(&it->senders->label, FZ_NAMES_ANYWHERE, rest.data,
                  (uint32_t)rest.octets, within, &whole);
    while (rest.octets > 0) {
        const uint8_t *hyphen = memchr(rest.data, '-', rest.octets);
        size_t octets =
            hyphen == NULL ? rest.octets : (size_t)(hyphen - rest.data);
        FzSlice token = fz_slice(rest.data, octets);

        while (token.octets > 0 && token.data[token.octets - 1] >= '0' &&
               token.data[token.octets - 1] <= '9')
            token.octets--;
        if (token.octets < it->label[at].octets)
            look_at_token(it, token, false, at);
        octets += hyphen != NULL;
        rest = fz_slice(rest.data + octets, rest.octets - octets);
    }
}

void fz_sender_host(const FzSenders *senders, const FzUrlTables *tables,
                    FzSlice host, FzHostAnswer *answer_out)
{
    Host it = {.senders = senders, .answer = answer_out};

    *answer_out = (FzHostAnswer){FZ_HOST_UNKNOWN, FZ_NO_NAME, 0, FZ_NO_NAME};
    cut_labels(&it, tables, host);
    if (find_genuine(&it) || it.main == UINT32_MAX)
        return;
    find_inside(&it);
    for (uint32_t at = 0; at <= it.main; at++)
        look_at_label(&it, at);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "engine/list/overlay.h"
#include "tools/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    OPTION_ACTION = 512,
    OPTION_CATEGORY,
    OPTION_EXPIRY,
    OPTION_FORMAT,
    OPTION_SCORE,
    OPTION_SUBDOMAINS,
    OPTION_FORCE,
    OPTION_EXTRA_TLD,
};

static const struct argp_option options[] = {
    {NULL, 0, NULL, 0, "For the sources behind them:", 2},
    {"action", OPTION_ACTION, "ACTION", 0, "block (default) or allow", 2},
    {"category", OPTION_CATEGORY, "NAME", 0,
     "of entries that name none (default listed)", 2},
    {"expiry", OPTION_EXPIRY, "DURATION", 0,
     "entries that name none live so long: 30d, 12h; never (default)", 2},
    {"format", OPTION_FORMAT, "FORMAT", 0,
     "auto (default), own, plain, hosts, csv, json, or live: a log of live "
     "entries",
     2},
    {"score", OPTION_SCORE, "POINTS", 0, "of entries that name none", 2},
    {"subdomains", OPTION_SUBDOMAINS, "yes|no", 0,
     "a host that stands alone means all below it, too (default no)", 2},
    {"force", OPTION_FORCE, "yes|no", 0,
     "take hosts that many share (default no)", 2},
    {NULL, 0, NULL, 0, "For all:", 3},
    {"extra-tld", OPTION_EXTRA_TLD, "NAME", 0,
     "a top-level domain that is not registered; example and test are known",
     3},
    {0},
};

static bool yes_or_no(const char *arg, const char *option,
                      struct argp_state *state)
{
    if (strcmp(arg, "yes") == 0)
        return true;
    if (strcmp(arg, "no") != 0)
        argp_error(state, "--%s is yes or no, not `%s'", option, arg);
    return false;
}

static void parse_format(const char *arg, FzListSourceArg *next,
                         struct argp_state *state)
{
    next->live = strcmp(arg, "live") == 0;
    next->format = FZ_SOURCE_AUTO;
    if (!next->live && fz_source_format_parse(arg, &next->format) != FZ_OK)
        argp_error(state,
                   "--format is one of auto, own, plain, hosts, csv, json, "
                   "live, not `%s'",
                   arg);
}

static FzPoints parse_score(const char *arg, struct argp_state *state)
{
    char *end;
    double points = strtod(arg, &end);

    if (end == arg || *end != '\0' || !(points >= 0 && points <= 100))
        argp_error(state, "`%s' is no score of 0 to 100", arg);
    return FZ_POINTS(points);
}

static void add_tld(FzListSources *sources, const char *name)
{
    sources->tld = fz_realloc_array(sources->tld, sources->tld_count + 2,
                                    sizeof *sources->tld);
    sources->tld[sources->tld_count++] = name[0] == '.' ? name + 1 : name;
    sources->tld[sources->tld_count] = NULL;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    FzListSources *sources = state->input;
    FzListSourceArg *next = &sources->next;

    switch (key) {
    case OPTION_ACTION:
        if (strcmp(arg, "allow") != 0 && strcmp(arg, "block") != 0)
            argp_error(state, "--action is block or allow, not `%s'", arg);
        next->is.action =
            strcmp(arg, "allow") == 0 ? FZ_ITEM_ALLOW : FZ_ITEM_BLOCK;
        return 0;
    case OPTION_CATEGORY:
        if (arg[0] == '\0' || strlen(arg) > FZ_LIMIT_NAME_OCTETS)
            argp_error(state, "a category has 1 to %d octets",
                       FZ_LIMIT_NAME_OCTETS);
        next->is.category = arg;
        return 0;
    case OPTION_EXPIRY:
        next->is.lives_s =
            strcmp(arg, "never") == 0 ? 0 : fz_ctl_duration_s(arg, state);
        return 0;
    case OPTION_FORMAT:
        parse_format(arg, next, state);
        return 0;
    case OPTION_SCORE:
        next->is.score = parse_score(arg, state);
        return 0;
    case OPTION_SUBDOMAINS:
        next->is.host_form = yes_or_no(arg, "subdomains", state)
                                 ? FZ_HOST_AND_SUB
                                 : FZ_HOST_ALONE;
        return 0;
    case OPTION_FORCE:
        next->is.force = yes_or_no(arg, "force", state);
        return 0;
    case OPTION_EXTRA_TLD:
        add_tld(sources, arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp fz_list_sources_argp = {.options = options, .parser = parse};

void fz_list_sources_init(FzListSources *sources)
{
    memset(sources, 0, sizeof *sources);
    sources->next.is.action = FZ_ITEM_BLOCK;
    sources->next.is.score = FZ_LIST_SCORE_UNSET;
    add_tld(sources, "example");
    add_tld(sources, "test");
}

void fz_list_sources_clear(FzListSources *sources)
{
    for (size_t i = 0; i < sources->count; i++)
        fz_free(sources->item[i].name);
    fz_free(sources->item);
    fz_free(sources->tld);
}

/* "feeds/urlhaus.csv" is called urlhaus. */
static char *name_of(const char *path)
{
    const char *base = strrchr(path, '/');
    const char *dot;

    base = base == NULL ? path : base + 1;
    dot = strchr(base, '.');
    return dot == NULL || dot == base ? fz_strdup(base)
                                      : fz_strndup(base, (size_t)(dot - base));
}

void fz_list_sources_add(FzListSources *sources, const char *arg)
{
    const char *equals = strchr(arg, '='), *slash = strchr(arg, '/');
    FzListSourceArg *made;

    sources->item = fz_realloc_array(sources->item, sources->count + 1,
                                     sizeof *sources->item);
    made = &sources->item[sources->count++];
    *made = sources->next;
    /* "dir=1/feed" is a path */
    if (equals != NULL && (slash == NULL || equals < slash)) {
        made->name = fz_strndup(arg, (size_t)(equals - arg));
        made->path = equals + 1;
    } else {
        made->name = name_of(arg);
        made->path = arg;
    }
    made->is.name = made->name;
}

int64_t fz_list_source_fetched_ms(const FzListSourceArg *source)
{
    struct stat st;

    if (stat(source->path, &st) != 0)
        return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

/* --- live entries as a source
 * --------------------------------------------------- */
typedef struct Live {
    const FzSourceSink *items;
    uint32_t number;
} Live;

static void give_live(void *ctx, const FzOverlayRecord *record, bool waiting)
{
    Live *live = ctx;
    FzListItem item = {.action = record->action == FZ_ANSWER_ALLOW
                                     ? FZ_ITEM_ALLOW
                                     : FZ_ITEM_BLOCK,
                       .key = fz_slice_of(record->key),
                       .category = fz_slice_of(record->category),
                       .expires_ms = record->expires_ms,
                       .first_seen_ms = record->at_ms,
                       .score = record->score};
    FzBuf note = FZ_BUF_INIT;

    live->number++;
    if (waiting)
        return; /* stays in the log until a second person confirms it */
    if (record->reference != NULL || record->note != NULL)
        fz_buf_printf(
            &note, "%s%s%s", record->reference == NULL ? "" : record->reference,
            record->reference == NULL || record->note == NULL ? "" : ",",
            record->note == NULL ? "" : record->note);
    item.note = fz_buf_slice(&note);
    live->items->item(live->items->ctx, live->number, &item);
    fz_buf_clear(&note);
}

static FzStatus read_live(FzSlice log, const FzListSourceArg *source,
                          int64_t now_ms, const FzSourceSink *items,
                          const FzDiagSink *sink)
{
    Live live = {items, 0};
    FzOverlay *overlay;
    FzStatus status = fz_overlay_create(
        log, source->path, FZ_OVERLAY_ALLOW_CONFIRMED, now_ms, sink, &overlay);

    if (status != FZ_OK)
        return status;
    fz_overlay_each(overlay, give_live, &live);
    fz_overlay_destroy(overlay);
    return FZ_OK;
}

FzStatus fz_list_source_read(const FzListSourceArg *source, int64_t now_ms,
                             const FzSourceSink *items, const FzDiagSink *sink)
{
    FzBuf content = FZ_BUF_INIT;
    FzStatus status =
        fz_buf_read_file(&content, source->path, FZ_LIMIT_FEED_OCTETS, sink);

    if (status == FZ_OK && source->live)
        status = read_live(fz_buf_slice(&content), source, now_ms, items, sink);
    else if (status == FZ_OK)
        fz_source_parse(fz_buf_slice(&content), source->path, source->format,
                        items);
    fz_buf_clear(&content);
    return status;
}

/* --- files
 * ------------------------------------------------------------------------ */
FzStatus fz_ctl_key_read(const char *path, uint8_t *key, size_t octets,
                         const FzDiagSink *sink)
{
    FzBuf text = FZ_BUF_INIT;
    FzStatus status = fz_buf_read_file(&text, path, 4096, sink);

    if (status == FZ_OK) {
        while (text.octets > 0 && text.data[text.octets - 1] <= ' ')
            text.octets--;
        if (text.octets != 2 * octets ||
            fz_hex_decode((const char *)text.data, text.octets, key) != FZ_OK)
            status =
                fz_diag(sink, FZ_E_SYNTAX, path, 0, NULL,
                        "this is no key of %zu octets, hexadecimal", octets);
    }
    fz_buf_clear(&text);
    return status;
}

FzList *fz_ctl_list_open(const char *path, const char *public_key)
{
    uint8_t key[FZ_LIST_PUBLIC_KEY_OCTETS];
    FzListOpen how = {.public_key = public_key == NULL ? NULL : key};
    FzList *list = NULL;
    FzCtlSink sink;

    fz_ctl_sink_init(&sink);
    if (public_key != NULL &&
        fz_ctl_key_read(public_key, key, sizeof key, &sink.sink) != FZ_OK)
        return NULL;
    if (fz_list_open(path, &how, &sink.sink, &list) != FZ_OK)
        return NULL;
    if (fz_list_verify(list, &sink.sink) != FZ_OK) {
        fz_list_close(list);
        return NULL;
    }
    return list;
}

int64_t fz_ctl_time_ms(const char *word, struct argp_state *state)
{
    int64_t wall_ms = 0;

    if (fz_clock_parse(word, &wall_ms) != FZ_OK || wall_ms <= 0)
        argp_error(state, "`%s' is no time: RFC 3339 or seconds", word);
    return wall_ms;
}

const char *fz_ctl_count(uint64_t number)
{
    static char texts[4][32];
    static unsigned next;
    char digits[24];
    char *out = texts[next++ % 4];
    size_t count = (size_t)snprintf(digits, sizeof digits, "%llu",
                                    (unsigned long long)number);
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        if (i != 0 && (count - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "engine/list/overlay.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "engine/list/keyform.h"
#include "engine/list/siphash.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define FIELDS 10 /* before the check */
#define CHECK_OCTETS 8

typedef struct Entry {
    FzOverlayRecord record;  /* texts lie in the overlay's copy of the log */
    FzOverlayRecord confirm; /* at_ms 0: nobody did */
    char *text;              /* canonical; owned */
    uint16_t octets;
    FzListLevel level;
    uint8_t address[16], address_octets, bits;
    bool waiting, gone;
} Entry;

struct FzOverlay {
    char *log; /* our copy, its tabs and line ends made NUL */
    Entry *entry;
    size_t count, live, waiting;
    FzSipKey key;
    uint32_t *slot; /* index + 1; 0 free; live entries that are no range */
    size_t slots;
    uint32_t range[FZ_LIMIT_OVERLAY_RANGES]; /* index of live ranges */
    size_t range_count;
};

/* --- lines
 * ----------------------------------------------------------------------- */
static const char *const verbs[] = {
    [FZ_OVERLAY_ADD] = "add",
    [FZ_OVERLAY_CONFIRM] = "confirm",
    [FZ_OVERLAY_REMOVE] = "remove",
};

static void check_of(FzSlice line, char *out)
{
    char whole[FZ_DIGEST_TEXT];
    FzDigest digest = fz_digest(fz_slice(NULL, 0), &line, 1);

    fz_hex_encode(digest.octets, sizeof digest.octets, whole);
    memcpy(out, whole, CHECK_OCTETS);
    out[CHECK_OCTETS] = '\0';
}

static bool has_controls(const char *text)
{
    for (; text != NULL && *text != '\0'; text++)
        if ((uint8_t)*text < ' ' || *text == 0x7F)
            return true;
    return false;
}

static const char *or_none(const char *text)
{
    return text == NULL || text[0] == '\0' ? "-" : text;
}

static void write_score(FzPoints score, char *out, size_t room)
{
    snprintf(out, room, "%d.%02d", score / 100, score % 100);
}

static void append_line(FzBuf *log, const FzOverlayRecord *record)
{
    char at[FZ_CLOCK_TEXT], expires[FZ_CLOCK_TEXT] = "-", score[16] = "-";
    char check[CHECK_OCTETS + 1];
    size_t begin = log->octets;

    fz_clock_format(record->at_ms, at);
    if (record->expires_ms != 0)
        fz_clock_format(record->expires_ms, expires);
    if (record->score != FZ_LIST_SCORE_UNSET)
        write_score(record->score, score, sizeof score);
    fz_buf_printf(log, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t", at,
                  verbs[record->verb], fz_answer_name(record->action),
                  or_none(record->category), record->key, expires, score,
                  or_none(record->by), or_none(record->reference),
                  or_none(record->note));
    check_of(fz_slice(log->data + begin, log->octets - begin), check);
    fz_buf_printf(log, "%s\n", check);
}

FzStatus fz_overlay_log_append(FzBuf *log, const FzOverlayRecord *record,
                               const FzDiagSink *sink)
{
    const char *const texts[] = {record->key, record->category, record->by,
                                 record->reference, record->note};
    FzListKey key;
    FzFinding found;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (has_controls(texts[i]))
            return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                           "a live entry may not hold control characters");
    if (record->key == NULL)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "a live entry needs a key");
    /* which top levels count is asked where people type, not here */
    found = fz_list_key_parse(fz_slice_of(record->key), fz_any_tld, &key);
    if (found != FZ_FOUND_FINE)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL, "the key `%s' %s",
                       record->key, fz_finding_sentence(found));
    if (record->action != FZ_ANSWER_ALLOW &&
        record->action != FZ_ANSWER_BLOCK && record->verb != FZ_OVERLAY_REMOVE)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "a live entry allows or blocks");
    if (record->score < FZ_LIST_SCORE_UNSET || record->score > 10000 ||
        record->at_ms <= 0)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "a live entry has a time, and a score of 0 to 100");
    append_line(log, record);
    return FZ_OK;
}

static const char *none_of(const char *text)
{
    return text[0] == '\0' || strcmp(text, "-") == 0 ? NULL : text;
}

static bool parse_score(const char *text, FzPoints *score_out)
{
    char again[16];
    int points, hundredths;

    *score_out = FZ_LIST_SCORE_UNSET;
    if (strcmp(text, "-") == 0)
        return true;
    if (sscanf(text, "%3d.%2d", &points, &hundredths) != 2 || points < 0 ||
        hundredths < 0)
        return false;
    *score_out = points * 100 + hundredths;
    write_score(*score_out, again, sizeof again);
    /* as it was written, or damaged */
    return *score_out <= 10000 && strcmp(text, again) == 0;
}

/* Splits the line in place. NULL, or what is wrong with it. */
static const char *parse_line(char *line, size_t octets,
                              FzOverlayRecord *record)
{
    char *field[FIELDS], check[CHECK_OCTETS + 1];
    char *at = line;
    size_t verb = 0;

    if (octets <= CHECK_OCTETS || memchr(line, '\0', octets) != NULL)
        return "is cut";
    check_of(fz_slice(line, octets - CHECK_OCTETS), check);
    if (memcmp(check, line + octets - CHECK_OCTETS, CHECK_OCTETS) != 0)
        return "is damaged";
    for (size_t i = 0; i < FIELDS; i++) {
        field[i] = at;
        at = strchr(at, '\t');
        if (at == NULL)
            return "has too few fields";
        *at++ = '\0';
        if (has_controls(field[i]))
            return "has control characters";
    }
    if (at != line + octets - CHECK_OCTETS)
        return "has too many fields";
    memset(record, 0, sizeof *record);
    while (verb < 3 && strcmp(field[1], verbs[verb]) != 0)
        verb++;
    if (verb == 3)
        return "has an unknown verb";
    record->verb = (FzOverlayVerb)verb;
    if (strcmp(field[2], "allow") == 0)
        record->action = FZ_ANSWER_ALLOW;
    else if (strcmp(field[2], "block") == 0)
        record->action = FZ_ANSWER_BLOCK;
    else if (verb != FZ_OVERLAY_REMOVE)
        return "has an unknown action";
    if (fz_clock_parse(field[0], &record->at_ms) != FZ_OK ||
        (strcmp(field[5], "-") != 0 &&
         fz_clock_parse(field[5], &record->expires_ms) != FZ_OK) ||
        record->at_ms <= 0 || record->expires_ms < 0)
        return "has no valid time";
    if (!parse_score(field[6], &record->score))
        return "has no valid score";
    record->category = none_of(field[3]);
    record->key = field[4];
    record->by = none_of(field[7]);
    record->reference = none_of(field[8]);
    record->note = none_of(field[9]);
    return NULL;
}

/* --- what the records do
 * ----------------------------------------------------------- */
static void index_put(FzOverlay *o, size_t entry)
{
    const Entry *e = &o->entry[entry];
    size_t at = fz_siphash(o->key, (const uint8_t *)e->text, e->octets) &
                (o->slots - 1);

    while (o->slot[at] != 0)
        at = (at + 1) & (o->slots - 1);
    o->slot[at] = (uint32_t)entry + 1;
}

static void index_grow(FzOverlay *o)
{
    if (2 * (o->count + 1) <= o->slots)
        return;
    fz_free(o->slot);
    o->slots = o->slots == 0 ? 64 : 2 * o->slots;
    o->slot = fz_calloc(o->slots, sizeof *o->slot);
    for (size_t i = 0; i < o->count; i++)
        index_put(o, i);
}

/* Canonical text of an entry: of a range, how a source writes it. */
static void name_key(const FzListKey *key, char *out, size_t room)
{
    if (key->octets != 0)
        snprintf(out, room, "%s", key->text);
    else
        fz_list_key_write(key, out, room);
}

static Entry *find_entry(FzOverlay *o, const char *text, FzListLevel level,
                         FzAnswerKind action)
{
    size_t at;

    if (o->slots == 0)
        return NULL;
    at = fz_siphash(o->key, (const uint8_t *)text, strlen(text)) &
         (o->slots - 1);
    for (; o->slot[at] != 0; at = (at + 1) & (o->slots - 1)) {
        Entry *e = &o->entry[o->slot[at] - 1];

        if (!e->gone && e->level == level && strcmp(e->text, text) == 0 &&
            e->record.action == action)
            return e;
    }
    return NULL;
}

static void add_entry(FzOverlay *o, const FzOverlayRecord *record,
                      const FzListKey *key, const char *text)
{
    Entry *e;

    index_grow(o);
    if ((o->count & (o->count + 1)) == 0) /* 2^n - 1 are full */
        o->entry = fz_realloc_array(o->entry, 2 * o->count + 1, sizeof *e);
    e = &o->entry[o->count++];
    memset(e, 0, sizeof *e);
    e->record = *record;
    e->text = fz_strdup(text);
    e->octets = (uint16_t)strlen(text);
    e->level = key->level;
    memcpy(e->address, key->address, sizeof e->address);
    e->address_octets = key->octets == 0 ? key->address_octets : 0;
    e->bits = key->bits;
    index_put(o, o->count - 1);
}

static void apply(FzOverlay *o, const FzOverlayRecord *record,
                  const FzListKey *key, FzOverlayAllow allow)
{
    char text[FZ_LIMIT_KEY_OCTETS + 1];
    Entry *e;

    name_key(key, text, sizeof text);
    switch (record->verb) {
    case FZ_OVERLAY_ADD:
        e = find_entry(o, text, key->level, record->action);
        if (e != NULL)
            e->gone = true;
        add_entry(o, record, key, text);
        o->entry[o->count - 1].waiting = allow == FZ_OVERLAY_ALLOW_CONFIRMED &&
                                         record->action == FZ_ANSWER_ALLOW;
        break;
    case FZ_OVERLAY_CONFIRM:
        e = find_entry(o, text, key->level, record->action);
        /* the second person is another one, and both have names */
        if (e == NULL || record->by == NULL || e->record.by == NULL ||
            strcmp(record->by, e->record.by) == 0)
            break;
        e->confirm = *record;
        e->waiting = false;
        break;
    case FZ_OVERLAY_REMOVE:
        for (int action = FZ_ANSWER_ALLOW; action <= FZ_ANSWER_BLOCK;
             action++) {
            if (record->action != FZ_ANSWER_NONE &&
                record->action != (FzAnswerKind)action)
                continue;
            e = find_entry(o, text, key->level, (FzAnswerKind)action);
            if (e != NULL)
                e->gone = true;
        }
        break;
    }
}

static void read_log(FzOverlay *o, size_t octets, const char *name,
                     FzOverlayAllow allow, const FzDiagSink *sink)
{
    char *at = o->log, *end = o->log + octets;
    FzOverlayRecord record;
    unsigned line = 0;
    FzListKey key;

    while (at != end) {
        char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *why;

        line++;
        if (line_end == NULL) {
            fz_diag_warn(sink, FZ_E_SYNTAX, name, line, NULL,
                         "the last live entry was cut off and is left out");
            break;
        }
        *line_end = '\0';
        why = parse_line(at, (size_t)(line_end - at), &record);
        if (why == NULL) {
            FzFinding found =
                fz_list_key_parse(fz_slice_of(record.key), fz_any_tld, &key);

            if (found != FZ_FOUND_FINE)
                why = "has a key of no known form";
        }
        if (why != NULL)
            fz_diag_warn(sink, FZ_E_SYNTAX, name, line, NULL,
                         "a live entry %s and is left out", why);
        else
            apply(o, &record, &key, allow);
        at = line_end + 1;
    }
}

/* From the entries of the log to those of the snapshot. */
static FzStatus settle(FzOverlay *o, int64_t now_ms, const char *name,
                       const FzDiagSink *sink)
{
    size_t kept = 0;

    for (size_t i = 0; i < o->count; i++) {
        Entry *e = &o->entry[i];

        if (e->gone ||
            (e->record.expires_ms != 0 && e->record.expires_ms <= now_ms)) {
            fz_free(e->text);
            continue;
        }
        o->entry[kept++] = *e;
    }
    o->count = kept;
    if (kept > FZ_LIMIT_OVERLAY_ENTRIES)
        return fz_diag(sink, FZ_E_LIMIT, name, 0, NULL,
                       "more than %u live entries: fold them into a list",
                       FZ_LIMIT_OVERLAY_ENTRIES);
    memset(o->slot, 0, o->slots * sizeof *o->slot);
    for (size_t i = 0; i < kept; i++) {
        Entry *e = &o->entry[i];

        if (e->waiting) {
            o->waiting++;
            continue;
        }
        o->live++;
        if (e->address_octets == 0) {
            index_put(o, i);
        } else if (o->range_count == FZ_LIMIT_OVERLAY_RANGES) {
            return fz_diag(sink, FZ_E_LIMIT, name, 0, NULL,
                           "more than %u live address ranges: fold them into "
                           "a list",
                           FZ_LIMIT_OVERLAY_RANGES);
        } else {
            o->range[o->range_count++] = (uint32_t)i;
        }
    }
    return FZ_OK;
}

FzStatus fz_overlay_create(FzSlice log, const char *name, FzOverlayAllow allow,
                           int64_t now_ms, const FzDiagSink *sink,
                           FzOverlay **overlay_out)
{
    uint8_t key[FZ_LIST_HASH_KEY_OCTETS];
    FzOverlay *o;
    FzStatus status;

    if (log.octets > FZ_LIMIT_OVERLAY_LOG_OCTETS)
        return fz_diag(sink, FZ_E_LIMIT, name, 0, NULL,
                       "the log of live entries is longer than %u octets: "
                       "fold them into a list",
                       FZ_LIMIT_OVERLAY_LOG_OCTETS);
    o = fz_calloc(1, sizeof *o);
    randombytes_buf(key, sizeof key);
    o->key = fz_sip_key(key);
    o->log = fz_malloc(log.octets + 1);
    if (log.octets != 0)
        memcpy(o->log, log.data, log.octets);
    o->log[log.octets] = '\0';
    index_grow(o);
    read_log(o, log.octets, name, allow, sink);
    status = settle(o, now_ms, name, sink);
    if (status != FZ_OK) {
        fz_overlay_destroy(o);
        return status;
    }
    *overlay_out = o;
    return FZ_OK;
}

void fz_overlay_destroy(FzOverlay *o)
{
    if (o == NULL)
        return;
    for (size_t i = 0; i < o->count; i++)
        fz_free(o->entry[i].text);
    fz_free(o->entry);
    fz_free(o->slot);
    fz_free(o->log);
    fz_free(o);
}

/* --- asking
 * -------------------------------------------------------------------------- */
size_t fz_overlay_count(const FzOverlay *o)
{
    return o->live;
}

size_t fz_overlay_waiting(const FzOverlay *o)
{
    return o->waiting;
}

void fz_overlay_each(const FzOverlay *o,
                     void (*each)(void *ctx, const FzOverlayRecord *record,
                                  bool waiting),
                     void *ctx)
{
    for (size_t i = 0; i < o->count; i++)
        each(ctx, &o->entry[i].record, o->entry[i].waiting);
}

void fz_overlay_write(const FzOverlay *o, FzBuf *log)
{
    for (size_t i = 0; i < o->count; i++) {
        append_line(log, &o->entry[i].record);
        if (o->entry[i].confirm.at_ms != 0)
            append_line(log, &o->entry[i].confirm);
    }
}

bool fz_overlay_find(const FzOverlay *o, FzSlice text, uint32_t *place,
                     FzOverlayHit *hit_out)
{
    size_t at = *place;

    if (at == 0)
        at = fz_siphash(o->key, text.data, text.octets);
    for (at &= o->slots - 1; o->slot[at] != 0; at = (at + 1) & (o->slots - 1)) {
        const Entry *e = &o->entry[o->slot[at] - 1];

        if (!fz_slice_equal(fz_slice(e->text, e->octets), text))
            continue;
        *place = (uint32_t)at + 1;
        *hit_out = (FzOverlayHit){&e->record, e->level, e->bits};
        return true;
    }
    return false;
}

static bool in_range(const Entry *e, const uint8_t *address)
{
    for (unsigned i = 0; i < e->bits; i++) {
        unsigned mask = 0x80u >> (i % 8);

        if ((e->address[i / 8] & mask) != (address[i / 8] & mask))
            return false;
    }
    return true;
}

bool fz_overlay_find_range(const FzOverlay *o, const uint8_t *address,
                           size_t octets, uint32_t *place,
                           FzOverlayHit *hit_out)
{
    while (*place < o->range_count) {
        const Entry *e = &o->entry[o->range[(*place)++]];

        if (e->address_octets != octets || !in_range(e, address))
            continue;
        *hit_out = (FzOverlayHit){&e->record, e->level, e->bits};
        return true;
    }
    return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "engine/rules/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <ctype.h>
#include <stdalign.h>
#include <stdlib.h>

/* existence is enough: the place is found on the hit */
#define HS_FLAGS (HS_FLAG_DOTALL | HS_FLAG_UTF8 | HS_FLAG_SINGLEMATCH)
#define PCRE2_FLAGS (PCRE2_DOTALL | PCRE2_UTF)

/* Characters of a pattern after all repeats are written out; a character of
 * UTF-8 that may be any counts as ten. Two gaps of 100 are 2,000; what
 * compiles for seconds is far beyond. */
#define FZ_LIMIT_REGEX_UNFOLDED 8000
/* Brackets within brackets. */
#define FZ_LIMIT_REGEX_DEPTH 32

/* Steps PCRE2 may take to find one place, and how deep it may go back. */
#define PLACE_MATCH_LIMIT 200000
#define PLACE_DEPTH_LIMIT 2000
#define PLACE_ROOM_OCTETS (512u << 10)

struct FzRegexDb {
    hs_database_t *hs;
    uint32_t count;
    uint32_t *rule;
    pcre2_code **code;
};

/* --- how far a pattern unfolds ------------------------------------------- */

typedef struct Unfold {
    const char *at;
    unsigned depth;
    bool too_deep, too_long_repeat;
} Unfold;

static double unfold_alternatives(Unfold *unfold);

static double unfold_class(Unfold *unfold)
{
    double cost = 2;

    unfold->at++;
    if (*unfold->at == '^') {
        cost = 10;
        unfold->at++;
    }
    if (*unfold->at == ']')
        unfold->at++;
    for (; *unfold->at != '\0' && *unfold->at != ']'; unfold->at++)
        if (*unfold->at == '\\' && unfold->at[1] != '\0')
            unfold->at++;
    if (*unfold->at == ']')
        unfold->at++;
    return cost;
}

static double unfold_atom(Unfold *unfold)
{
    double cost = 1;

    switch (*unfold->at) {
    case '(':
        unfold->at++;
        if (++unfold->depth > FZ_LIMIT_REGEX_DEPTH) {
            unfold->too_deep = true;
            unfold->at += strlen(unfold->at);
            return cost;
        }
        cost = unfold_alternatives(unfold);
        unfold->depth--;
        if (*unfold->at == ')')
            unfold->at++;
        return cost;
    case '[':
        return unfold_class(unfold);
    case '.':
        unfold->at++;
        return 10;
    case '\\':
        cost =
            unfold->at[1] != '\0' && strchr("WDSNXpP", unfold->at[1]) ? 10 : 1;
        unfold->at += unfold->at[1] != '\0' ? 2 : 1;
        return cost;
    default:
        unfold->at++;
        while ((*unfold->at & 0xC0) == 0x80)
            unfold->at++;
        return cost;
    }
}

/* How often an atom may stand: the larger number of {n,m}. */
static double unfold_repeat(Unfold *unfold)
{
    const char *at = unfold->at + 1;
    double least, most;
    char *end;

    if (*unfold->at != '{' || !isdigit((unsigned char)*at)) {
        if (*unfold->at != '\0' && strchr("*+?", *unfold->at) != NULL)
            unfold->at++;
        return 1;
    }
    least = most = strtod(at, &end);
    if (*end == ',' && isdigit((unsigned char)end[1]))
        most = strtod(end + 1, &end);
    if (least > FZ_LIMIT_GAP_CHARS || most > FZ_LIMIT_GAP_CHARS)
        unfold->too_long_repeat = true;
    while (*end != '\0' && *end != '}')
        end++;
    unfold->at = *end == '}' ? end + 1 : end;
    return most > least ? most : least;
}

static double unfold_alternatives(Unfold *unfold)
{
    double cost = 0;

    while (*unfold->at != '\0' && *unfold->at != ')') {
        double atom = unfold_atom(unfold);

        cost += atom * unfold_repeat(unfold);
    }
    return cost;
}

static FzStatus check_size(const FzRegexSource *source, const FzDiagSink *sink)
{
    Unfold unfold = {.at = source->pattern};
    double cost = 0;

    if (strlen(source->pattern) > FZ_LIMIT_PATTERN_OCTETS)
        return fz_diag(sink, FZ_E_LIMIT, source->file, source->line,
                       source->rule_id, "the regex is longer than %d octets",
                       FZ_LIMIT_PATTERN_OCTETS);
    if (strncmp(source->pattern, "(*", 2) == 0)
        return fz_diag(sink, FZ_E_RULE, source->file, source->line,
                       source->rule_id,
                       "a regex cannot begin with (*...): how it is read is "
                       "not for a rule to change");
    while (*unfold.at != '\0') {
        cost += unfold_alternatives(&unfold);
        if (*unfold.at == ')') /* one too many: the compilers will say so */
            unfold.at++;
    }
    if (unfold.too_deep)
        return fz_diag(sink, FZ_E_LIMIT, source->file, source->line,
                       source->rule_id,
                       "the regex has more than %d brackets within brackets",
                       FZ_LIMIT_REGEX_DEPTH);
    if (unfold.too_long_repeat)
        return fz_diag(
            sink, FZ_E_LIMIT, source->file, source->line, source->rule_id,
            "a repeat in the regex goes beyond {0,%d}", FZ_LIMIT_GAP_CHARS);
    if (cost > FZ_LIMIT_REGEX_UNFOLDED)
        return fz_diag(sink, FZ_E_LIMIT, source->file, source->line,
                       source->rule_id,
                       "the regex unfolds to %.0f characters, but %d are "
                       "allowed: make repeats shorter, or write a phrase",
                       cost, FZ_LIMIT_REGEX_UNFOLDED);
    return FZ_OK;
}

/* --- compiling ----------------------------------------------------------- */

static pcre2_code *compile_place(const FzRegexSource *source,
                                 const FzDiagSink *sink)
{
    PCRE2_UCHAR message[160];
    PCRE2_SIZE at;
    pcre2_code *code;
    int error;

    code = pcre2_compile((PCRE2_SPTR)source->pattern, PCRE2_ZERO_TERMINATED,
                         PCRE2_FLAGS, &error, &at, NULL);
    if (code == NULL) {
        if (pcre2_get_error_message(error, message, sizeof message) < 0)
            message[0] = '\0';
        fz_diag(sink, FZ_E_RULE, source->file, source->line, source->rule_id,
                "in the regex, character %zu: %s",
                fz_utf8_chars((const uint8_t *)source->pattern, at) + 1,
                (const char *)message);
    }
    return code;
}

FzStatus fz_regex_check(const FzRegexSource *source, const FzDiagSink *sink)
{
    FzStatus status = check_size(source, sink);
    pcre2_code *code;

    if (status != FZ_OK)
        return status;
    code = compile_place(source, sink);
    if (code == NULL)
        return FZ_E_RULE;
    pcre2_code_free(code);
    return FZ_OK;
}

FzStatus fz_regex_try(const FzRegexSource *source, const FzDiagSink *sink)
{
    hs_compile_error_t *error = NULL;
    hs_database_t *hs = NULL;
    FzStatus status = FZ_OK;

    if (hs_compile(source->pattern, HS_FLAGS, HS_MODE_BLOCK, NULL, &hs,
                   &error) != HS_SUCCESS) {
        status = fz_diag(sink, FZ_E_RULE, source->file, source->line,
                         source->rule_id, "the regex cannot be used: %s",
                         error == NULL ? "no reason given" : error->message);
        hs_free_compile_error(error);
    }
    hs_free_database(hs);
    return status;
}

/* One bad pattern fails them all: each is asked alone, so that all the bad
 * ones are told. */
static FzStatus tell_refused(const FzRegexSource *sources, uint32_t count,
                             const FzDiagSink *sink, const char *together)
{
    FzStatus status = FZ_OK, one;

    for (uint32_t i = 0; i < count; i++) {
        one = fz_regex_try(&sources[i], sink);
        if (one != FZ_OK)
            status = one;
    }
    if (status == FZ_OK)
        status =
            fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                    "Hyperscan refuses the regexes together: %s", together);
    return status;
}

static FzStatus compile_all(FzRegexDb *db, const FzRegexSource *sources,
                            uint32_t count, const FzDiagSink *sink)
{
    const char **patterns = fz_calloc(count, sizeof *patterns);
    unsigned *flags = fz_calloc(count, sizeof *flags);
    unsigned *ids = fz_calloc(count, sizeof *ids);
    hs_compile_error_t *error = NULL;
    FzStatus status = FZ_OK;

    for (uint32_t i = 0; i < count; i++) {
        patterns[i] = sources[i].pattern;
        flags[i] = HS_FLAGS;
        ids[i] = i;
    }
    if (hs_compile_multi(patterns, flags, ids, count, HS_MODE_BLOCK, NULL,
                         &db->hs, &error) != HS_SUCCESS) {
        status =
            tell_refused(sources, count, sink,
                         error == NULL ? "no reason given" : error->message);
        hs_free_compile_error(error);
    }
    fz_free(patterns);
    fz_free(flags);
    fz_free(ids);
    return status;
}

static FzCacheKey key_of(const FzRegexSource *sources, uint32_t count)
{
    FzSlice *pieces = fz_calloc(count, sizeof *pieces);
    FzCacheKey key;

    for (uint32_t i = 0; i < count; i++)
        pieces[i] = fz_slice_of(sources[i].pattern);
    key = fz_cache_key("regex", pieces, count);
    fz_free(pieces);
    return key;
}

FzStatus fz_regexdb_create(const FzRegexSource *sources, uint32_t count,
                           const FzCache *cache, FzRegexDb **db_out)
{
    FzCacheKey key = key_of(sources, count);
    FzRegexDb *db = fz_calloc(1, sizeof *db);
    FzBuf beside = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    db->count = count;
    db->rule = fz_calloc(count, sizeof *db->rule);
    db->code = fz_calloc(count, sizeof(pcre2_code *));
    for (uint32_t i = 0; i < count; i++) {
        db->rule[i] = sources[i].rule;
        db->code[i] = compile_place(&sources[i], cache->sink);
        if (db->code[i] == NULL)
            status = FZ_E_RULE;
    }
    if (status == FZ_OK)
        db->hs = fz_cache_read(cache, &key, &beside);
    if (status == FZ_OK && db->hs == NULL) {
        status = compile_all(db, sources, count, cache->sink);
        if (status == FZ_OK)
            fz_cache_write(cache, &key, db->hs, fz_slice(NULL, 0));
    }
    fz_buf_clear(&beside);
    if (status != FZ_OK) {
        fz_regexdb_destroy(db);
        return status;
    }
    *db_out = db;
    return FZ_OK;
}

void fz_regexdb_destroy(FzRegexDb *db)
{
    if (db == NULL)
        return;
    for (uint32_t i = 0; i < db->count; i++)
        pcre2_code_free(db->code[i]);
    hs_free_database(db->hs);
    fz_free(db->code);
    fz_free(db->rule);
    fz_free(db);
}

FzStatus fz_regexdb_scratch(const FzRegexDb *db, hs_scratch_t **scratch)
{
    return hs_alloc_scratch(db->hs, scratch) == HS_SUCCESS ? FZ_OK : FZ_E_STATE;
}

uint32_t fz_regexdb_rule(const FzRegexDb *db, uint32_t number)
{
    return db->rule[number];
}

/* --- scanning ------------------------------------------------------------ */

typedef struct Call {
    FzMatchHit hit;
    void *ctx;
} Call;

static int on_match(unsigned id, unsigned long long from, unsigned long long to,
                    unsigned flags, void *ctx)
{
    const Call *call = ctx;

    (void)from, (void)flags;
    return call->hit(call->ctx, id, (uint32_t)to);
}

FzMatchEnd fz_regexdb_scan(const FzRegexDb *db, const uint8_t *octets,
                           uint32_t length, hs_scratch_t *scratch,
                           FzMatchHit hit, void *ctx)
{
    Call call = {hit, ctx};

    switch (hs_scan(db->hs, (const char *)octets, length, 0, scratch, on_match,
                    &call)) {
    case HS_SUCCESS:
        return FZ_MATCH_DONE;
    case HS_SCAN_TERMINATED:
        return FZ_MATCH_STOPPED;
    default:
        return FZ_MATCH_FAULT;
    }
}

/* --- the place ----------------------------------------------------------- */

/* PCRE2 asks for memory while it matches; it gets it from here, so that
 * judging allocates nothing. Nothing is given back: its requests double, and
 * the largest that fits is kept for all messages to come. */
struct FzRegexRoom {
    pcre2_general_context *general;
    pcre2_match_context *match;
    pcre2_match_data *data;
    size_t used;
    alignas(max_align_t) uint8_t octets[PLACE_ROOM_OCTETS];
};

static void *take_room(size_t octets, void *ctx)
{
    FzRegexRoom *room = ctx;
    void *taken;

    octets = (octets + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (octets > sizeof room->octets - room->used)
        return NULL; /* PCRE2 answers PCRE2_ERROR_NOMEMORY */
    taken = room->octets + room->used;
    room->used += octets;
    return taken;
}

static void keep_room(void *block, void *ctx)
{
    (void)block, (void)ctx;
}

FzRegexRoom *fz_regex_room_create(void)
{
    FzRegexRoom *room = fz_calloc(1, sizeof *room);

    room->general = pcre2_general_context_create(take_room, keep_room, room);
    room->match = pcre2_match_context_create(room->general);
    /* groups within a pattern are of no interest */
    room->data = pcre2_match_data_create(1, room->general);
    pcre2_set_match_limit(room->match, PLACE_MATCH_LIMIT);
    pcre2_set_depth_limit(room->match, PLACE_DEPTH_LIMIT);
    return room;
}

void fz_regex_room_destroy(FzRegexRoom *room)
{
    fz_free(room); /* everything of PCRE2's is inside */
}

bool fz_regexdb_place(const FzRegexDb *db, uint32_t number,
                      const uint8_t *octets, uint32_t length, FzRegexRoom *room,
                      uint32_t *from_out, uint32_t *to_out)
{
    PCRE2_SIZE *ends;

    /* the octets are UTF-8 by construction of the view */
    if (pcre2_match(db->code[number], octets, length, 0, PCRE2_NO_UTF_CHECK,
                    room->data, room->match) < 0)
        return false;
    ends = pcre2_get_ovector_pointer(room->data);
    *from_out = (uint32_t)ends[0];
    *to_out = (uint32_t)ends[1];
    return true;
}

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

#define PCRE2_FLAGS (PCRE2_DOTALL | PCRE2_UTF)

/* Characters of a pattern after all repeats are written out; a character of
 * UTF-8 that may be any counts as ten. Two gaps of 100 are 2,000; what
 * compiles for seconds is far beyond. */
#define FZ_LIMIT_REGEX_UNFOLDED 8000
/* Parts that may be absent: what such can follow grows with their square, and
 * Hyperscan's time with more; 64 are 0.2 s, 200 are a minute. */
#define FZ_LIMIT_REGEX_OPTIONAL 64
/* Brackets within brackets. */
#define FZ_LIMIT_REGEX_DEPTH 32

/* Steps PCRE2 may take to find one place, and how deep it may go back. */
#define PLACE_MATCH_LIMIT 200000
#define PLACE_DEPTH_LIMIT 2000
#define PLACE_ROOM_OCTETS (512u << 10)

struct FzRegexDb {
    hs_database_t *hs;
    int held; /* its file in the cache; -1 */
    uint32_t count;
    uint32_t *rule;
    pcre2_code **code;
};

/* --- how far a pattern unfolds ------------------------------------------- */

typedef struct Unfold {
    const char *at;
    unsigned depth;
    unsigned optional; /* parts that may be absent */
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
        if (*unfold->at != '\0' && strchr("*+?", *unfold->at) != NULL) {
            unfold->optional += *unfold->at != '+';
            unfold->at++;
        }
        return 1;
    }
    least = most = strtod(at, &end);
    unfold->optional += least < 1;
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

static double unfold_all(Unfold *unfold)
{
    double cost = 0;

    while (*unfold->at != '\0') {
        cost += unfold_alternatives(unfold);
        if (*unfold->at == ')') /* one too many: the compilers will say so */
            unfold->at++;
    }
    return cost;
}

static double cost_of(const char *pattern)
{
    Unfold unfold = {.at = pattern};

    return unfold_all(&unfold);
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
    cost = unfold_all(&unfold);
    if (unfold.too_deep)
        return fz_diag(sink, FZ_E_LIMIT, source->file, source->line,
                       source->rule_id,
                       "the regex has more than %d brackets within brackets",
                       FZ_LIMIT_REGEX_DEPTH);
    if (unfold.optional > FZ_LIMIT_REGEX_OPTIONAL)
        return fz_diag(sink, FZ_E_LIMIT, source->file, source->line,
                       source->rule_id,
                       "the regex has %u parts that may be absent (`?', `*', "
                       "`{0,'), but %d are allowed: write two rules, or a "
                       "phrase",
                       unfold.optional, FZ_LIMIT_REGEX_OPTIONAL);
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

uint32_t fz_regex_least(const char *pattern)
{
    uint32_t least = 0;
    PCRE2_SIZE at;
    int error;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                                     PCRE2_FLAGS, &error, &at, NULL);

    if (code == NULL ||
        pcre2_pattern_info(code, PCRE2_INFO_MINLENGTH, &least) != 0)
        least = 0;
    pcre2_code_free(code); /* NULL is allowed */
    return least;
}

/* The patterns as slices; free with fz_free. */
static FzSlice *slices_of(const FzRegexSource *sources, uint32_t count)
{
    FzSlice *pieces = fz_calloc(count + 1, sizeof *pieces);

    for (uint32_t i = 0; i < count; i++)
        pieces[i] = fz_slice_of(sources[i].pattern);
    return pieces;
}

static FzStatus tell_refused(const FzRegexSource *sources,
                             const FzJobAnswer *answer, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    for (uint32_t i = 0; i < answer->refusals; i++) {
        const FzJobRefusal *refusal = &answer->refusal[i];
        const FzRegexSource *source;

        if (refusal->pattern == FZ_JOB_ALL) {
            status = fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                             "Hyperscan refuses the regexes together: %s",
                             refusal->text);
            continue;
        }
        source = &sources[refusal->pattern];
        status = fz_diag(sink, FZ_E_RULE, source->file, source->line,
                         source->rule_id, "the regex cannot be used: %s",
                         refusal->text);
    }
    return status;
}

/* Which one it was that took too long or too much, nobody can say. */
static FzStatus tell_costliest(const FzRegexSource *sources, uint32_t count,
                               FzStatus status, const FzDiagSink *sink)
{
    const FzRegexSource *worst = NULL;
    double most = 0;

    for (uint32_t i = 0; i < count; i++) {
        double cost = cost_of(sources[i].pattern);

        if (worst == NULL || cost > most) {
            worst = &sources[i];
            most = cost;
        }
    }
    if (worst != NULL)
        fz_diag(sink, status, worst->file, worst->line, worst->rule_id,
                "of the regexes that were being compiled this is the costliest "
                "(it unfolds to %.0f characters): make its repeats shorter, or "
                "write a phrase",
                most);
    return status;
}

static FzStatus ask(FzJobKind kind, const FzRegexSource *sources,
                    uint32_t count, const FzCompileHook *hook,
                    const FzDiagSink *sink, FzJobAnswer *answer)
{
    FzSlice *pieces = slices_of(sources, count);
    const FzJob job = {kind, pieces, count};
    FzStatus status = fz_job_ask(&job, hook, sink, answer);

    if (status == FZ_E_LIMIT)
        tell_costliest(sources, count, status, sink);
    if (status == FZ_OK)
        status = tell_refused(sources, answer, sink);
    fz_free(pieces);
    return status;
}

FzStatus fz_regex_try(const FzRegexSource *sources, uint32_t count,
                      const FzCompileHook *hook, const FzDiagSink *sink)
{
    FzJobAnswer answer;
    FzStatus status;

    if (count == 0)
        return FZ_OK;
    status = ask(FZ_JOB_TRY, sources, count, hook, sink, &answer);
    fz_job_answer_clear(&answer);
    return status;
}

static FzStatus compile_all(FzRegexDb *db, const FzRegexSource *sources,
                            uint32_t count, const FzCacheKey *key,
                            FzCache *cache)
{
    FzJobAnswer answer;
    FzStatus status =
        ask(FZ_JOB_REGEX, sources, count, cache->hook, cache->sink, &answer);

    db->hs = answer.db;
    if (status == FZ_OK)
        db->held = fz_cache_write(cache, key, &answer, fz_slice(NULL, 0));
    fz_job_answer_clear(&answer);
    return status;
}

static FzCacheKey key_of(const FzRegexSource *sources, uint32_t count)
{
    FzSlice *pieces = slices_of(sources, count);
    FzCacheKey key = fz_cache_key("regex", pieces, count);

    fz_free(pieces);
    return key;
}

FzStatus fz_regexdb_create(const FzRegexSource *sources, uint32_t count,
                           FzCache *cache, FzRegexDb **db_out)
{
    FzCacheKey key = key_of(sources, count);
    FzRegexDb *db = fz_calloc(1, sizeof *db);
    FzBuf beside = FZ_BUF_INIT;
    FzStatus status = FZ_OK;

    db->count = count;
    db->held = -1;
    db->rule = fz_calloc(count, sizeof *db->rule);
    db->code = fz_calloc(count, sizeof(pcre2_code *));
    for (uint32_t i = 0; i < count; i++) {
        db->rule[i] = sources[i].rule;
        db->code[i] = compile_place(&sources[i], cache->sink);
        if (db->code[i] == NULL)
            status = FZ_E_RULE;
    }
    if (status == FZ_OK) {
        FzCached cached = fz_cache_read(cache, &key, &beside);

        db->hs = cached.db;
        db->held = cached.held;
    }
    if (status == FZ_OK && db->hs == NULL)
        status = compile_all(db, sources, count, &key, cache);
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
    fz_cache_release(db->held);
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

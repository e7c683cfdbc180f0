/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "base/alloc.h"
#include "base/digest.h"
#include "base/limits.h"
#include "engine/rules/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* existence is enough: the place is found on the hit */
#define REGEX_FLAGS (HS_FLAG_DOTALL | HS_FLAG_UTF8 | HS_FLAG_SINGLEMATCH)

/* --- doing it ------------------------------------------------------------- */

/* What Hyperscan says when an allocation fails. */
#define NO_MEMORY "allocate memory"

static void refuse(FzJobAnswer *answer, uint32_t pattern,
                   hs_compile_error_t *error)
{
    answer->refusal = fz_realloc_array(answer->refusal, answer->refusals + 1,
                                       sizeof *answer->refusal);
    answer->refusal[answer->refusals++] = (FzJobRefusal){
        pattern, fz_strdup(error == NULL ? "no reason given" : error->message)};
    hs_free_compile_error(error);
}

/* All strings as expressions, in one block: four octets for each of a word. */
static char *expressions_of(const FzJob *job, const char **expressions)
{
    static const char digits[] = "0123456789abcdef";
    size_t room = 0;
    char *block, *out;

    for (uint32_t i = 0; i < job->count; i++)
        room += 4 * job->pattern[i].octets + 1;
    block = out = fz_malloc(room + 1);
    for (uint32_t i = 0; i < job->count; i++) {
        FzSlice pattern = job->pattern[i];

        expressions[i] = out;
        if (job->kind != FZ_JOB_WORDS) {
            memcpy(out, pattern.data, pattern.octets);
            out += pattern.octets;
        }
        for (size_t o = 0; job->kind == FZ_JOB_WORDS && o < pattern.octets;
             o++) {
            *out++ = '\\';
            *out++ = 'x';
            *out++ = digits[pattern.data[o] >> 4];
            *out++ = digits[pattern.data[o] & 0x0F];
        }
        *out++ = '\0';
    }
    return block;
}

static void try_each(const char *const *expressions, uint32_t count,
                     FzJobAnswer *answer)
{
    for (uint32_t i = 0; i < count; i++) {
        hs_compile_error_t *error = NULL;
        hs_database_t *db = NULL;

        if (hs_compile(expressions[i], REGEX_FLAGS, HS_MODE_BLOCK, NULL, &db,
                       &error) != HS_SUCCESS)
            refuse(answer, i, error);
        hs_free_database(db);
    }
}

static void compile(const FzJob *job, const char *const *expressions,
                    FzJobAnswer *answer)
{
    unsigned *flags = fz_calloc(job->count, sizeof *flags);
    unsigned *ids = fz_calloc(job->count, sizeof *ids);
    hs_compile_error_t *error = NULL;

    for (uint32_t i = 0; i < job->count; i++) {
        flags[i] = job->kind == FZ_JOB_WORDS ? HS_FLAG_DOTALL : REGEX_FLAGS;
        ids[i] = i;
    }
    if (hs_compile_multi(expressions, flags, ids, job->count, HS_MODE_BLOCK,
                         NULL, &answer->db, &error) != HS_SUCCESS) {
        /* One bad pattern fails them all: each is asked alone, so that all the
         * bad ones are told. */
        if (job->kind == FZ_JOB_REGEX)
            try_each(expressions, job->count, answer);
        if (answer->refusals == 0)
            refuse(answer, FZ_JOB_ALL, error);
        else
            hs_free_compile_error(error);
    }
    fz_free(flags);
    fz_free(ids);
}

void fz_job_do(const FzJob *job, FzJobAnswer *answer)
{
    const char **expressions = fz_calloc(job->count + 1, sizeof *expressions);
    char *block = expressions_of(job, expressions);

    memset(answer, 0, sizeof *answer);
    if (job->kind == FZ_JOB_TRY)
        try_each(expressions, job->count, answer);
    else
        compile(job, expressions, answer);
    fz_free(block);
    fz_free(expressions);
}

void fz_job_answer_clear(FzJobAnswer *answer)
{
    for (uint32_t i = 0; i < answer->refusals; i++)
        fz_free(answer->refusal[i].text);
    fz_free(answer->refusal);
    fz_buf_clear(&answer->octets);
    memset(answer, 0, sizeof *answer);
}

/* --- as octets -------------------------------------------------------------
 *
 * Between two programs of one build on one machine: numbers are in its own
 * order. What stands in front names both the build and Hyperscan. */

typedef struct Head {
    char magic[8];
    char version[24]; /* fanzha's */
    char hyperscan[40];
    uint32_t kind, count;
    uint64_t octets;                  /* behind the head */
    uint8_t digest[FZ_DIGEST_OCTETS]; /* of them, and what they answer */
} Head;

static const char job_magic[8] = "FZJOB 1";
static const char answer_magic[8] = "FZANS 1";

static Head head_of(const char magic[8], uint32_t kind, uint32_t count,
                    FzSlice body, FzSlice answers)
{
    FzSlice pieces[2] = {answers, body};
    Head head;
    FzDigest digest = fz_digest(fz_slice(NULL, 0), pieces, 2);

    memset(&head, 0, sizeof head);
    memcpy(head.magic, magic, sizeof head.magic);
    strncpy(head.version, FZ_VERSION, sizeof head.version - 1);
    strncpy(head.hyperscan, hs_version(), sizeof head.hyperscan - 1);
    head.kind = kind;
    head.count = count;
    head.octets = body.octets;
    memcpy(head.digest, digest.octets, sizeof head.digest);
    return head;
}

static bool take_head(FzSlice octets, const char magic[8], FzSlice answers,
                      Head *head, FzSlice *body)
{
    Head wanted;

    if (octets.octets < sizeof *head)
        return false;
    memcpy(head, octets.data, sizeof *head);
    *body = fz_slice(octets.data + sizeof *head, octets.octets - sizeof *head);
    wanted = head_of(magic, head->kind, head->count, *body, answers);
    return memcmp(head, &wanted, sizeof wanted) == 0;
}

static void put_text(FzBuf *out, uint32_t number, FzSlice text)
{
    uint32_t octets = (uint32_t)text.octets;

    fz_buf_append(out, &number, sizeof number);
    fz_buf_append(out, &octets, sizeof octets);
    fz_buf_append_slice(out, text);
}

static bool take_text(FzSlice *at, uint32_t *number, FzSlice *text)
{
    uint32_t pair[2];

    if (at->octets < sizeof pair)
        return false;
    memcpy(pair, at->data, sizeof pair);
    if (at->octets - sizeof pair < pair[1])
        return false;
    *number = pair[0];
    *text = fz_slice(at->data + sizeof pair, pair[1]);
    *at = fz_slice(text->data + text->octets,
                   at->octets - sizeof pair - text->octets);
    return true;
}

static void put_job(FzBuf *out, const FzJob *job)
{
    FzBuf body = FZ_BUF_INIT;
    Head head;

    for (uint32_t i = 0; i < job->count; i++)
        put_text(&body, i, job->pattern[i]);
    head = head_of(job_magic, (uint32_t)job->kind, job->count,
                   fz_buf_slice(&body), fz_slice(NULL, 0));
    fz_buf_append(out, &head, sizeof head);
    fz_buf_append_slice(out, fz_buf_slice(&body));
    fz_buf_clear(&body);
}

FzStatus fz_job_serve(FzSlice octets, FzBuf *out)
{
    FzJobAnswer answer;
    FzBuf body = FZ_BUF_INIT;
    FzStatus status = FZ_E_SYNTAX;
    FzSlice at, *pattern;
    uint32_t number;
    char *db = NULL;
    size_t size = 0;
    Head head;
    FzJob job;

    if (!take_head(octets, job_magic, fz_slice(NULL, 0), &head, &at) ||
        head.kind > FZ_JOB_TRY || head.count > at.octets)
        return FZ_E_SYNTAX;
    pattern = fz_calloc(head.count + 1, sizeof *pattern);
    job = (FzJob){(FzJobKind)head.kind, pattern, 0};
    while (job.count < head.count &&
           take_text(&at, &number, &pattern[job.count]))
        job.count++;
    if (job.count != head.count)
        goto out;
    fz_job_do(&job, &answer);
    if (answer.db != NULL &&
        hs_serialize_database(answer.db, &db, &size) != HS_SUCCESS)
        refuse(&answer, FZ_JOB_ALL, NULL);
    status = FZ_OK;
    for (uint32_t i = 0; i < answer.refusals; i++)
        if (strstr(answer.refusal[i].text, NO_MEMORY) != NULL)
            status = FZ_E_LIMIT;
    for (uint32_t i = 0; i < answer.refusals; i++)
        put_text(&body, answer.refusal[i].pattern,
                 fz_slice_of(answer.refusal[i].text));
    fz_buf_append(&body, db, size);
    head = head_of(answer_magic, (uint32_t)job.kind, answer.refusals,
                   fz_buf_slice(&body), octets);
    fz_buf_append(out, &head, sizeof head);
    fz_buf_append_slice(out, fz_buf_slice(&body));
    hs_free_database(answer.db);
    fz_job_answer_clear(&answer);
    free(db); /* Hyperscan's allocator is malloc */
out:
    fz_buf_clear(&body);
    fz_free(pattern);
    return status;
}

static bool take_answer(const FzJob *job, FzSlice asked, FzSlice octets,
                        FzJobAnswer *answer)
{
    FzSlice at, text;
    uint32_t number;
    Head head;

    if (!take_head(octets, answer_magic, asked, &head, &at) ||
        head.kind != (uint32_t)job->kind)
        return false;
    for (uint32_t i = 0; i < head.count; i++) {
        if (!take_text(&at, &number, &text) ||
            (number >= job->count && number != FZ_JOB_ALL))
            return false;
        answer->refusal = fz_realloc_array(
            answer->refusal, answer->refusals + 1, sizeof *answer->refusal);
        answer->refusal[answer->refusals++] =
            (FzJobRefusal){number, fz_strndup(text.data, text.octets)};
    }
    if (job->kind == FZ_JOB_TRY || answer->refusals != 0)
        return at.octets == 0;
    fz_buf_append_slice(&answer->octets, at);
    return hs_deserialize_database((const char *)at.data, at.octets,
                                   &answer->db) == HS_SUCCESS;
}

static const char *what_of(const FzJob *job)
{
    return job->kind == FZ_JOB_WORDS ? "words" : "regexes";
}

FzStatus fz_job_ask(const FzJob *job, const FzCompileHook *hook,
                    const FzDiagSink *sink, FzJobAnswer *answer)
{
    FzBuf asked = FZ_BUF_INIT, octets = FZ_BUF_INIT;
    FzStatus status;
    char what[64];

    memset(answer, 0, sizeof *answer);
    if (hook == NULL || hook->run == NULL) {
        fz_job_do(job, answer);
        return FZ_OK;
    }
    snprintf(what, sizeof what, "compiling %u %s", (unsigned)job->count,
             what_of(job));
    put_job(&asked, job);
    status = hook->run(hook->ctx, fz_buf_slice(&asked), what, sink, &octets);
    if (status == FZ_OK && !take_answer(job, fz_buf_slice(&asked),
                                        fz_buf_slice(&octets), answer)) {
        fz_job_answer_clear(answer);
        status = fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                         "%s: the answer of the compiler is no database of "
                         "theirs (%zu octets)",
                         what, octets.octets);
    }
    fz_buf_clear(&asked);
    fz_buf_clear(&octets);
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/upgrade/state.h"

#include "base/digest.h"
#include "base/limits.h"

#include <string.h>

#define MAGIC "FZBOXST1"
#define MAGIC_OCTETS 8
#define HEAD_OCTETS (MAGIC_OCTETS + 4 + 8 + FZ_DIGEST_OCTETS)
#define ABSENT 0xFFFFFFFFu
#define PEER_OCTETS 63

/* --- writing ------------------------------------------------------------- */
static void put_u32(FzBuf *out, uint32_t value)
{
    uint8_t octets[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
                         (uint8_t)(value >> 8), (uint8_t)value};

    fz_buf_append(out, octets, sizeof octets);
}

static void put_u64(FzBuf *out, uint64_t value)
{
    put_u32(out, (uint32_t)(value >> 32));
    put_u32(out, (uint32_t)value);
}

static void put_slice(FzBuf *out, FzSlice slice)
{
    put_u32(out, slice.data == NULL ? ABSENT : (uint32_t)slice.octets);
    if (slice.data != NULL)
        fz_buf_append(out, slice.data, slice.octets);
}

/* A list is never absent, only empty. */
static void put_list(FzBuf *out, FzSlice list)
{
    put_slice(out, list.data == NULL ? fz_slice("", 0) : list);
}

void fz_state_put_file(FzBuf *list, const FzStateFile *file)
{
    put_slice(list, file->name);
    put_u32(list, (uint32_t)file->fd);
}

void fz_state_put_flying(FzBuf *list, const FzStateFlying *flying)
{
    fz_buf_append(list, flying->id, sizeof flying->id);
    put_u32(list, (uint32_t)flying->time);
    fz_buf_append(list, flying->its_id, sizeof flying->its_id);
    put_u32(list, (uint32_t)flying->its_time);
}

void fz_state_put_job(FzBuf *list, const FzStateJob *job)
{
    put_u32(list, job->flags);
    put_u32(list, (uint32_t)job->status);
    put_slice(list, job->frame);
    put_slice(list, job->changed);
}

void fz_state_put_paced(FzBuf *list, const FzStatePaced *paced)
{
    fz_buf_append(list, paced->id, sizeof paced->id);
    put_u32(list, (uint32_t)paced->time);
    put_u64(list, (uint64_t)paced->due_ms);
}

static void put_stream(FzBuf *out, const FzStateStream *stream)
{
    put_u32(out, (uint32_t)stream->fd);
    put_u32(out, stream->flags);
    put_list(out, stream->unread);
    put_list(out, stream->unwritten);
}

void fz_state_put_link(FzBuf *links, const FzStateLink *link)
{
    put_slice(links, link->peer);
    put_slice(links, link->boxc_id);
    put_slice(links, link->identify);
    put_u32(links, link->port);
    put_u32(links, link->flags);
    put_u32(links, link->box_state);
    put_u32(links, link->up_state);
    put_u32(links, link->up_tries);
    put_u64(links, (uint64_t)link->up_since_ms);
    put_u64(links, (uint64_t)link->up_due_ms);
    put_u64(links, (uint64_t)link->end_due_ms);
    put_stream(links, &link->box);
    put_stream(links, &link->up);
    for (int side = 0; side < 2; side++) {
        put_list(links, link->flying[side]);
        put_list(links, link->jobs[side]);
    }
    put_list(links, link->paced);
}

void fz_state_write(const FzState *state, FzBuf *out)
{
    static const uint8_t no_digest[FZ_DIGEST_OCTETS];
    size_t head = out->octets, octets;
    FzBuf length = FZ_BUF_INIT;
    FzDigest digest;
    FzSlice body;

    fz_buf_append(out, MAGIC, MAGIC_OCTETS);
    put_u32(out, FZ_STATE_FORMAT);
    put_u64(out, 0);
    fz_buf_append(out, no_digest, sizeof no_digest);

    put_slice(out, state->version);
    put_u64(out, (uint64_t)state->since_ms);
    put_u32(out, state->attempt);
    put_u32(out, state->done);
    put_list(out, state->config);
    fz_state_put_file(out, &state->self);
    put_list(out, state->listeners);
    put_list(out, state->plugins);
    put_u32(out, state->hub);
    put_u32(out, state->links);
    fz_buf_append_slice(out, state->rest);

    octets = out->octets - head - HEAD_OCTETS;
    body = fz_slice(out->data + head + HEAD_OCTETS, octets);
    digest = fz_digest((FzSlice){NULL, 0}, &body, 1);
    put_u64(&length, octets);
    memcpy(out->data + head + MAGIC_OCTETS + 4, length.data, length.octets);
    memcpy(out->data + head + MAGIC_OCTETS + 12, digest.octets,
           sizeof digest.octets);
    fz_buf_clear(&length);
}

/* --- reading ------------------------------------------------------------- */
/* What is left to read; `bad` names the first thing that was not there. */
typedef struct Reader {
    FzSlice left;
    const char *bad;
} Reader;

static const uint8_t *get(Reader *r, size_t octets, const char *what)
{
    const uint8_t *at = r->left.data;

    if (r->bad != NULL)
        return NULL;
    if (r->left.octets < octets) {
        r->bad = what;
        return NULL;
    }
    r->left.data += octets;
    r->left.octets -= octets;
    return at;
}

static uint32_t get_u32(Reader *r, const char *what)
{
    const uint8_t *at = get(r, 4, what);

    if (at == NULL)
        return 0;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

static uint64_t get_u64(Reader *r, const char *what)
{
    uint64_t high = get_u32(r, what);

    return high << 32 | get_u32(r, what);
}

static void get_octets(Reader *r, uint8_t *out, size_t octets, const char *what)
{
    const uint8_t *at = get(r, octets, what);

    if (at != NULL)
        memcpy(out, at, octets);
    else
        memset(out, 0, octets);
}

/* At most `most` octets; an absent one only where that means something. */
static FzSlice get_slice(Reader *r, bool may_be_absent, size_t most,
                         const char *what)
{
    uint32_t octets = get_u32(r, what);
    const uint8_t *at;

    if (r->bad != NULL)
        return (FzSlice){NULL, 0};
    if (octets == ABSENT) {
        if (!may_be_absent)
            r->bad = what;
        return (FzSlice){NULL, 0};
    }
    if (octets > most) {
        r->bad = what;
        return (FzSlice){NULL, 0};
    }
    at = get(r, octets, what);
    return (FzSlice){at, at == NULL ? 0 : octets};
}

static void must(Reader *r, bool holds, const char *what)
{
    if (r->bad == NULL && !holds)
        r->bad = what;
}

static void get_file(Reader *r, FzStateFile *file, const char *what)
{
    file->name = get_slice(r, false, FZ_LIMIT_HANDOVER_NAME_OCTETS, what);
    file->fd = (int32_t)get_u32(r, what);
    must(r, file->fd >= 0, what);
}

static void get_flying(Reader *r, FzStateFlying *flying)
{
    static const char what[] = "a message in flight";

    get_octets(r, flying->id, sizeof flying->id, what);
    flying->time = (int32_t)get_u32(r, what);
    get_octets(r, flying->its_id, sizeof flying->its_id, what);
    flying->its_time = (int32_t)get_u32(r, what);
}

static void get_job(Reader *r, FzStateJob *job)
{
    static const char what[] = "a message that waits";

    job->flags = get_u32(r, what);
    job->status = (int32_t)get_u32(r, what);
    job->frame = get_slice(r, false, FZ_LIMIT_FRAME_OCTETS + 4, what);
    job->changed = get_slice(r, true, FZ_LIMIT_FRAME_OCTETS + 4, what);
    must(r, (job->flags & ~FZ_STATE_JOB_FLAGS) == 0, what);
}

static void get_paced(Reader *r, FzStatePaced *paced)
{
    static const char what[] = "an answer held back";

    get_octets(r, paced->id, sizeof paced->id, what);
    paced->time = (int32_t)get_u32(r, what);
    paced->due_ms = (int64_t)get_u64(r, what);
}

static void get_stream(Reader *r, FzStateStream *stream, const char *what)
{
    stream->fd = (int32_t)get_u32(r, what);
    stream->flags = get_u32(r, what);
    stream->unread = get_slice(r, false, SIZE_MAX, what);
    stream->unwritten = get_slice(r, false, SIZE_MAX, what);
    must(r, stream->fd >= -1, what);
    must(r, (stream->flags & ~FZ_STATE_STREAM_FLAGS) == 0, what);
}

static int64_t get_time(Reader *r, const char *what)
{
    int64_t ms = (int64_t)get_u64(r, what);

    must(r, ms >= FZ_STATE_NO_TIME, what);
    return ms;
}

static void get_link(Reader *r, FzStateLink *link)
{
    static const char what[] = "a connection";

    link->peer = get_slice(r, false, PEER_OCTETS, what);
    link->boxc_id = get_slice(r, true, FZ_LIMIT_BOX_ID_OCTETS, "a box's name");
    link->identify = get_slice(r, true, FZ_LIMIT_FRAME_OCTETS + 4, what);
    link->port = get_u32(r, what);
    link->flags = get_u32(r, what);
    link->box_state = get_u32(r, what);
    link->up_state = get_u32(r, what);
    link->up_tries = get_u32(r, what);
    link->up_since_ms = get_time(r, what);
    link->up_due_ms = get_time(r, what);
    link->end_due_ms = get_time(r, what);
    must(r, (link->flags & ~FZ_STATE_LINK_FLAGS) == 0, what);
    must(r, link->port < FZ_STATE_PORTS, what);
    must(r, link->box_state < FZ_STATE_BOX_STATES, what);
    must(r, link->up_state < FZ_STATE_UP_STATES, what);
    get_stream(r, &link->box, "a box's connection");
    get_stream(r, &link->up, "a connection to bearerbox");
    for (int side = 0; side < 2; side++) {
        link->flying[side] = get_slice(r, false, SIZE_MAX, what);
        link->jobs[side] = get_slice(r, false, SIZE_MAX, what);
    }
    link->paced = get_slice(r, false, SIZE_MAX, what);
}

/* --- lists --------------------------------------------------------------- */
/* The rest of `list` behind what was read; false at its end, and where
 * something is wrong with it, which walking it told before. */
static bool taken(FzSlice *list, const Reader *r)
{
    if (r->bad != NULL)
        return false;
    *list = r->left;
    return true;
}

bool fz_state_next_file(FzSlice *list, FzStateFile *file_out)
{
    Reader r = {*list, NULL};

    if (list->octets == 0)
        return false;
    get_file(&r, file_out, "a file");
    return taken(list, &r);
}

bool fz_state_next_flying(FzSlice *list, FzStateFlying *flying_out)
{
    Reader r = {*list, NULL};

    if (list->octets == 0)
        return false;
    get_flying(&r, flying_out);
    return taken(list, &r);
}

bool fz_state_next_job(FzSlice *list, FzStateJob *job_out)
{
    Reader r = {*list, NULL};

    if (list->octets == 0)
        return false;
    get_job(&r, job_out);
    return taken(list, &r);
}

bool fz_state_next_paced(FzSlice *list, FzStatePaced *paced_out)
{
    Reader r = {*list, NULL};

    if (list->octets == 0)
        return false;
    get_paced(&r, paced_out);
    return taken(list, &r);
}

bool fz_state_next_link(FzSlice *links, FzStateLink *link_out)
{
    Reader r = {*links, NULL};

    if (links->octets == 0)
        return false;
    get_link(&r, link_out);
    return taken(links, &r);
}

/* --- the whole ----------------------------------------------------------- */
#define WALK(list, type, next, what)                                           \
    do {                                                                       \
        FzSlice walked = (list);                                               \
        type item;                                                             \
        while (next(&walked, &item))                                           \
            continue;                                                          \
        must(r, walked.octets == 0, what);                                     \
    } while (0)

static void walk_link(Reader *r, FzStateLink *link)
{
    get_link(r, link);
    if (r->bad != NULL)
        return;
    for (int side = 0; side < 2; side++) {
        WALK(link->flying[side], FzStateFlying, fz_state_next_flying,
             "the messages in flight");
        WALK(link->jobs[side], FzStateJob, fz_state_next_job,
             "the messages that wait");
    }
    WALK(link->paced, FzStatePaced, fz_state_next_paced,
         "the answers held back");
}

static void walk_body(Reader *r, FzState *state)
{
    Reader links;

    state->version =
        get_slice(r, false, FZ_LIMIT_HANDOVER_NAME_OCTETS, "the version");
    state->since_ms = get_time(r, "the time");
    state->attempt = get_u32(r, "the count of upgrades");
    state->done = get_u32(r, "the count of upgrades");
    state->config =
        get_slice(r, false, FZ_LIMIT_HANDOVER_OCTETS, "the configuration");
    get_file(r, &state->self, "the program");
    state->listeners =
        get_slice(r, false, FZ_LIMIT_HANDOVER_OCTETS, "the listening sockets");
    state->plugins =
        get_slice(r, false, FZ_LIMIT_HANDOVER_OCTETS, "the plugins' files");
    state->hub = get_u32(r, "the state of the host");
    must(r, state->hub < FZ_STATE_HUB_STATES, "the state of the host");
    state->links = get_u32(r, "the count of connections");
    if (r->bad != NULL)
        return;
    WALK(state->listeners, FzStateFile, fz_state_next_file,
         "the listening sockets");
    WALK(state->plugins, FzStateFile, fz_state_next_file, "the plugins' files");
    state->rest = r->left;
    links = *r;
    for (uint32_t i = 0; i < state->links && links.bad == NULL; i++) {
        FzStateLink link;

        walk_link(&links, &link);
    }
    must(r, links.bad == NULL, links.bad);
    must(r, links.bad != NULL || links.left.octets == 0,
         "the end: there is more");
}

static FzStatus refuse(const FzDiagSink *sink, FzStatus code, const char *what)
{
    return fz_diag(sink, code, NULL, 0, NULL,
                   "the state that was handed over cannot be used: %s", what);
}

FzStatus fz_state_read(FzSlice octets, const FzDiagSink *sink,
                       FzState *state_out)
{
    Reader head = {octets, NULL}, body;
    uint8_t magic[MAGIC_OCTETS];
    uint8_t told[FZ_DIGEST_OCTETS];
    FzState state = {.links = 0};
    uint64_t length;
    uint32_t format;
    FzDigest digest;

    get_octets(&head, magic, sizeof magic, "the head");
    format = get_u32(&head, "the head");
    length = get_u64(&head, "the head");
    get_octets(&head, told, sizeof told, "the head");
    if (head.bad != NULL || memcmp(magic, MAGIC, MAGIC_OCTETS) != 0)
        return refuse(sink, FZ_E_SYNTAX, "it is none of fanzhabox");
    if (format != FZ_STATE_FORMAT)
        return fz_diag(sink, FZ_E_RULE, NULL, 0, NULL,
                       "the state that was handed over is of format %u, this "
                       "program reads %u",
                       format, FZ_STATE_FORMAT);
    if (length > FZ_LIMIT_HANDOVER_OCTETS)
        return refuse(sink, FZ_E_LIMIT, "it is longer than any");
    if (head.left.octets != length)
        return refuse(sink, FZ_E_SYNTAX, "its length is another than it says");
    digest = fz_digest((FzSlice){NULL, 0}, &head.left, 1);
    if (memcmp(digest.octets, told, sizeof told) != 0)
        return refuse(sink, FZ_E_SYNTAX, "its digest is another than it says");
    body = (Reader){head.left, NULL};
    walk_body(&body, &state);
    if (body.bad != NULL)
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "the state that was handed over cannot be used: at %s",
                       body.bad);
    if (state.links > FZ_LIMIT_HANDOVER_LINKS)
        return refuse(sink, FZ_E_LIMIT, "it has too many connections");
    *state_out = state;
    return FZ_OK;
}

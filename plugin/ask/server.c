/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/ask/server.h"
#include "base/alloc.h"
#include "base/clock.h"

#include <stdio.h>
#include <string.h>

/* --- a copy of the list -----------------------------------------------------
 */
static void *copy_of(const void *from, size_t octets)
{
    void *copy = fz_malloc(octets + 1);

    if (octets > 0)
        memcpy(copy, from, octets);
    return copy;
}

static char *text_of(const char *text)
{
    return text == NULL ? NULL : fz_strdup(text);
}

static FzDnsList copy_list(const FzDnsList *from)
{
    FzDnsList list = *from;
    const char **servers = fz_calloc(from->server_count + 1, sizeof *servers);

    for (uint32_t i = 0; i < from->server_count; i++)
        servers[i] = fz_strdup(from->servers[i]);
    list.name = fz_strdup(from->name);
    list.zone = fz_strdup(from->zone);
    list.listed = text_of(from->listed);
    list.unlisted = text_of(from->unlisted);
    list.servers = servers;
    list.codes = copy_of(from->codes, from->code_count * sizeof *from->codes);
    list.refusals =
        copy_of(from->refusals, from->refusal_count * sizeof *from->refusals);
    return list;
}

static void clear_list(FzDnsList *list)
{
    for (uint32_t i = 0; i < list->server_count; i++)
        fz_free((void *)list->servers[i]);
    fz_free((void *)list->servers);
    fz_free((void *)list->name);
    fz_free((void *)list->zone);
    fz_free((void *)list->listed);
    fz_free((void *)list->unlisted);
    fz_free((void *)list->codes);
    fz_free((void *)list->refusals);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_codes(const FzDnsCode *a, const FzDnsCode *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (a[i].bit != b[i].bit ||
            memcmp(a[i].address, b[i].address, sizeof a[i].address) != 0)
            return false;
    return true;
}

bool fz_server_is(const FzServer *server, const FzDnsList *list)
{
    const FzDnsList *own = &server->list;

    if (strcmp(own->name, list->name) != 0 ||
        strcmp(own->zone, list->zone) != 0 || own->asks != list->asks ||
        !same_text(own->listed, list->listed) ||
        !same_text(own->unlisted, list->unlisted) ||
        own->server_count != list->server_count ||
        own->code_count != list->code_count ||
        own->refusal_count != list->refusal_count ||
        own->check_s != list->check_s || own->rest_s != list->rest_s ||
        own->rest_most_s != list->rest_most_s)
        return false;
    for (uint32_t i = 0; i < own->server_count; i++)
        if (strcmp(own->servers[i], list->servers[i]) != 0)
            return false;
    return same_codes(own->codes, list->codes, own->code_count) &&
           same_codes(own->refusals, list->refusals, own->refusal_count);
}

FzServer *fz_server_create(const FzDnsList *list, uint32_t number)
{
    FzServer *server = fz_calloc(1, sizeof *server);

    server->list = copy_list(list);
    server->number = number;
    server->since_ms = fz_clock_wall_ms();
    snprintf(server->why, sizeof server->why, "its test points are asked for");
    return server;
}

void fz_server_destroy(FzServer *server)
{
    if (server->resolver != NULL)
        ub_ctx_delete(server->resolver);
    if (server->trial != NULL)
        ub_ctx_delete(server->trial);
    clear_list(&server->list);
    fz_free(server);
}

/* --- its resolver -----------------------------------------------------------
 */
/* Answers are kept by us, so that one which is no longer believed can be
 * forgotten. Mirrors commonly run on this very machine. What a list says is not
 * signed, and the root's keys are not at hand. */
static const struct {
    const char *option, *value;
} options[] = {
    {"module-config:", "iterator"}, {"do-not-query-localhost:", "no"},
    {"qname-minimisation:", "no"},  {"infra-host-ttl:", "10"},
    {"outgoing-range:", "256"},     {"num-queries-per-thread:", "512"},
    {"use-syslog:", "no"},
};

static struct ub_ctx *make_resolver(const FzServer *server)
{
    struct ub_ctx *ctx = ub_ctx_create();
    int error = 0;

    if (ctx == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof options / sizeof *options && error == 0; i++)
        error = ub_ctx_set_option(ctx, options[i].option, options[i].value);
    for (uint32_t i = 0; i < server->list.server_count && error == 0; i++)
        error = ub_ctx_set_fwd(ctx, server->list.servers[i]);
    if (error == 0)
        error = ub_ctx_async(ctx, 1);
    /* libunbound answers for `test.' and others by itself; ends the options */
    if (error == 0)
        error = ub_ctx_zone_add(ctx, server->list.zone, "transparent");
    if (error == 0) {
        ub_ctx_debuglevel(ctx, 0);
        return ctx;
    }
    ub_ctx_delete(ctx);
    return NULL;
}

bool fz_server_read(const struct ub_result *result, int error,
                    uint8_t (*address)[FZ_DNS_ADDRESS_OCTETS], uint8_t *count)
{
    *count = 0;
    /* 0 NOERROR, 3 NXDOMAIN */
    if (error != 0 || result == NULL ||
        (result->rcode != 0 && result->rcode != 3))
        return false;
    if (result->rcode != 0 || !result->havedata)
        return true;
    for (int i = 0; result->data[i] != NULL && *count < FZ_DNS_ADDRESSES; i++)
        if (result->len[i] == FZ_DNS_ADDRESS_OCTETS)
            memcpy(address[(*count)++], result->data[i], FZ_DNS_ADDRESS_OCTETS);
    return true;
}

/* --- its test points --------------------------------------------------------
 */
static bool ask_point(FzServer *server, FzPoint *point, const char *key,
                      ub_callback_type heard)
{
    char name[FZ_LIMIT_DNS_NAME + 1];
    int question;

    point->server = server;
    point->right = point->failed = false;
    point->waits = false;
    if (key == NULL) {
        point->right = true;
        return false;
    }
    if (!fz_dns_name(&server->list, fz_slice_of(key), name) ||
        ub_resolve_async(server->trial, name, 1, 1, point, heard, &question) !=
            0) {
        point->failed = true;
        return false;
    }
    point->waits = true;
    return true;
}

bool fz_server_check(FzServer *server, int64_t now_us, ub_callback_type heard)
{
    bool waits;

    server->point[0].wants_listing = true;
    server->point[1].wants_listing = false;
    server->trial = make_resolver(server);
    if (server->trial == NULL) {
        server->point[0].failed = server->point[1].failed = true;
        return false;
    }
    server->trial_until_us = now_us + FZ_ASK_PATIENCE_US;
    waits = ask_point(server, &server->point[0], server->list.listed, heard);
    return ask_point(server, &server->point[1], server->list.unlisted, heard) ||
           waits;
}

void fz_server_heard(FzPoint *point, int error, struct ub_result *result)
{
    uint8_t address[FZ_DNS_ADDRESSES][FZ_DNS_ADDRESS_OCTETS], count;

    point->waits = false;
    point->failed = !fz_server_read(result, error, address, &count);
    if (result != NULL)
        ub_resolve_free(result);
    if (point->failed)
        return;
    point->reading =
        fz_dns_read(&point->server->list,
                    (const uint8_t(*)[FZ_DNS_ADDRESS_OCTETS])address, count);
    /* a test entry may have an address that means nothing else */
    point->right = point->wants_listing
                       ? point->reading.kind == FZ_ANSWER_BLOCK ||
                             point->reading.fault == FZ_DNS_UNKNOWN
                       : point->reading.kind == FZ_ANSWER_NONE;
}

static void say_wrong(FzServer *server, const FzPoint *point)
{
    const char *key =
        point->wants_listing ? server->list.listed : server->list.unlisted;
    const uint8_t *a = point->reading.address;

    if (point->failed || point->waits)
        snprintf(server->why, sizeof server->why,
                 "no answer to its test point %s", key);
    else if (point->reading.fault == FZ_DNS_REFUSED ||
             point->reading.fault == FZ_DNS_FOREIGN)
        snprintf(server->why, sizeof server->why,
                 "it answers %u.%u.%u.%u to its test point %s, which is %s",
                 a[0], a[1], a[2], a[3], key,
                 point->reading.fault == FZ_DNS_REFUSED ? "no listing"
                                                        : "not its own");
    else if (point->wants_listing)
        snprintf(server->why, sizeof server->why,
                 "it does not list its test point %s: it lists nothing", key);
    else
        snprintf(server->why, sizeof server->why,
                 "it lists %s, which nobody lists: it lists everything", key);
}

bool fz_server_passed(FzServer *server)
{
    for (int i = 0; i < 2; i++) {
        if (server->point[i].right)
            continue;
        if (server->trial != NULL)
            say_wrong(server, &server->point[i]);
        else
            snprintf(server->why, sizeof server->why,
                     "no resolver can be made for it");
        return false;
    }
    return true;
}

/* --- believed or not --------------------------------------------------------
 */
static void enter(FzServer *server, FzServerState state)
{
    server->state = state;
    server->since_ms = fz_clock_wall_ms();
    server->in_a_row = server->listings = 0;
    server->check_now = false;
}

void fz_server_serve(FzServer *server, int64_t now_us)
{
    server->until_us = now_us + server->list.check_s * 1000000;
    if (server->state == FZ_SERVER_SERVING)
        return;
    enter(server, FZ_SERVER_SERVING);
    server->turns++;
    server->why[0] = '\0';
}

void fz_server_rest(FzServer *server, int64_t now_us, bool longest)
{
    int64_t rest_s = server->list.rest_s;

    for (uint32_t i = 0; i < server->rests_in_row && rest_s > 0; i++)
        rest_s = rest_s < server->list.rest_most_s ? 2 * rest_s : rest_s;
    if (longest || rest_s > server->list.rest_most_s)
        rest_s = server->list.rest_most_s;
    server->until_us = now_us + rest_s * 1000000;
    if (server->rests_in_row < 32)
        server->rests_in_row++;
    server->figures.rests++;
    enter(server, FZ_SERVER_RESTING);
}

/* --- in words ---------------------------------------------------------------
 */
const char *fz_server_state_name(FzServerState state)
{
    switch (state) {
    case FZ_SERVER_CHECKING:
        return "checking";
    case FZ_SERVER_SERVING:
        return "serving";
    case FZ_SERVER_RESTING:
        return "resting";
    }
    return "checking";
}

json_t *fz_server_json(const FzServer *server, int64_t now_us)
{
    const FzServerFigures *f = &server->figures;
    int64_t left_us =
        server->state == FZ_SERVER_CHECKING ? 0 : server->until_us - now_us;
    json_t *it = json_pack(
        "{s:s,s:s,s:s,s:s?,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "name",
        server->list.name, "zone", server->list.zone, "state",
        fz_server_state_name(server->state), "why",
        server->why[0] == '\0' ? NULL : server->why, "since_ms",
        (json_int_t)server->since_ms, "next_check_s",
        (json_int_t)(left_us > 0 ? left_us / 1000000 : 0), "open",
        (json_int_t)server->open, "asked", (json_int_t)f->asked, "listed",
        (json_int_t)f->listed, "none", (json_int_t)f->none, "known",
        (json_int_t)f->known, "late", (json_int_t)f->late, "rests",
        (json_int_t)f->rests, "checks", (json_int_t)f->checks);
    json_t *errors = json_object();

    for (int i = FZ_DNS_FINE + 1; i < FZ_DNS_FAULTS; i++)
        json_object_set_new(errors, fz_dns_fault_name((FzDnsFault)i),
                            json_integer((json_int_t)f->fault[i]));
    json_object_set_new(it, "errors", errors);
    return it;
}

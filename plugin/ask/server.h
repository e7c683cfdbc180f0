/* SPDX-License-Identifier: BSD-2-Clause
 *
 * server.h - one DNS list: its resolver, whether it is believed, figures
 *
 * The resolver belongs to the thread of ask.c; all else is read and written
 * with its lock held.
 */
#ifndef FZ_PLUGIN_ASK_SERVER_H
#define FZ_PLUGIN_ASK_SERVER_H

#include "plugin/ask/keep.h"

#include <jansson.h>
#include <unbound.h>

/* A question is given up after so long. */
#define FZ_ASK_PATIENCE_US 2000000
/* So many in a row without an answer, and the list rests. */
#define FZ_ASK_FAILURES 4
/* So many listings in a row, and its points are asked for at once. */
#define FZ_ASK_LISTINGS 8
/* An error is not asked for again for so long, while the list serves on. */
#define FZ_ASK_ERROR_S 30

typedef enum FzServerState {
    FZ_SERVER_CHECKING = 0, /* not believed yet */
    FZ_SERVER_SERVING = 1,
    FZ_SERVER_RESTING = 2,
} FzServerState;
const char *fz_server_state_name(FzServerState state);

typedef struct FzServerFigures {
    uint64_t asked;
    uint64_t listed, none; /* answers */
    uint64_t fault[FZ_DNS_FAULTS];
    uint64_t known; /* looked up without asking */
    uint64_t late;  /* waits that ended first */
    uint64_t rests;
    uint64_t checks;
} FzServerFigures;

typedef struct FzServer FzServer;

/* One of the two test points, of a check that is on its way. */
typedef struct FzPoint {
    FzServer *server;
    bool wants_listing;
    bool waits;
    bool right;
    FzDnsReading reading;
    bool failed;
} FzPoint;

struct FzServer {
    FzServer *next;
    uint32_t number; /* of FzKept */
    FzDnsList list;  /* a copy of its own */
    bool gone;       /* no generation names it any more */
    FzServerState state;
    char why[160];    /* it does not serve */
    int64_t since_ms; /* the state; wall clock */
    int64_t until_us; /* rests, or the next check */
    bool check_now;
    uint32_t in_a_row;     /* failures */
    uint32_t listings;     /* in a row */
    uint32_t rests_in_row; /* without an answer between them */
    uint32_t lies, turns;  /* how often it lied, how often it came back */
    uint32_t open;         /* questions */
    FzServerFigures figures;
    void *room; /* whoever has it */
    /* the thread's own */
    FzServerState said;      /* reported last */
    int64_t checked_us;      /* the end of the last check */
    struct ub_ctx *resolver; /* NULL: none */
    struct ub_ctx *trial;    /* of a check */
    FzPoint point[2];
    int64_t trial_until_us;
};

FzServer *fz_server_create(const FzDnsList *list, uint32_t number);
void fz_server_destroy(FzServer *server); /* with its resolvers */

/** Is it about the same list, at the same servers, with the same meaning? */
bool fz_server_is(const FzServer *server, const FzDnsList *list);

/** Without lock: begin to ask for the points. False: it passed or failed at
 *  once, as fz_server_checked says. */
bool fz_server_check(FzServer *server, int64_t now_us, ub_callback_type heard);

/** A point was heard. `result` is freed. */
void fz_server_heard(FzPoint *point, int error, struct ub_result *result);

/** Both were, or the time is over: is it to be believed? Sets `why`. */
bool fz_server_passed(FzServer *server);

/** What is in an answer of libunbound. False: none, it failed. */
bool fz_server_read(const struct ub_result *result, int error,
                    uint8_t (*address)[FZ_DNS_ADDRESS_OCTETS], uint8_t *count);

/** With the lock: it serves from now, or rests. */
void fz_server_serve(FzServer *server, int64_t now_us);
void fz_server_rest(FzServer *server, int64_t now_us, bool longest);

json_t *fz_server_json(const FzServer *server, int64_t now_us);

#endif

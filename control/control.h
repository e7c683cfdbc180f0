/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control.h - the wire of the control socket
 *
 * A UNIX stream socket; one JSON object a line each way:
 *     -> {"verb":"status","args":{...}}
 *     <- {"progress":{"done":3,"total":7,"what":"compile"}}     any number
 *     <- {"ok":true,"result":{...}}                              exactly one
 *     <- {"ok":false,"error":"...","diags":[{...}]}              or this
 * "diags" stands beside "result" too when there are warnings.
 * Who asks is taken from the socket (SO_PEERCRED), never from the request.
 * Source: docs/control.md
 */
#ifndef FZ_CONTROL_CONTROL_H
#define FZ_CONTROL_CONTROL_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* --- server: in the plugin ------------------------------------------------ */
typedef struct FzControlServer FzControlServer;

typedef enum FzControlRole {
    FZ_ROLE_READ = 0,  /* may ask */
    FZ_ROLE_ADMIN = 1, /* may change what is in force */
} FzControlRole;

typedef struct FzControlPeer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
    FzControlRole role; /* ADMIN for root and the process's own user; else what
                           the socket's owner and group give */
} FzControlPeer;

/** One request at work; lives until its verb's function returns. */
typedef struct FzControlCall {
    FzControlPeer peer;
    const char *verb;
    const json_t *args; /* object; never NULL */
    json_t *result;     /* the verb sets it (owned by the call); NULL is {} */
    FzDiagSink sink;    /* diags go to the answer's "diags" */
    /* Say how far it is. Meanwhile those who wait in line are taken in and
     * told what they wait for: a verb that takes longer than a second calls
     * this once a second or more. */
    void (*progress)(struct FzControlCall *call, uint64_t done, uint64_t total,
                     const char *what);
} FzControlCall;

typedef struct FzControlVerb {
    const char *name;
    FzControlRole role; /* the least that may call it */
    FzStatus (*run)(void *ctx, FzControlCall *call); /* not FZ_OK: "ok":false,
                                                         error is the first
                                                         error diag */
    bool quick; /* takes no time, and is not kept waiting while another verb is
                   at work: run within that one's progress */
    const char *args; /* names of the args it takes, parted by blanks: strings,
                         or with `?' behind the name true or false, `#' a
                         number, `*' a list. What is none of them is refused
                         before it runs. NULL: whatever comes */
} FzControlVerb;

typedef struct FzControlConfig {
    const char *path;
    const char *owner; /* user name; NULL leaves it */
    const char *group; /* group name; NULL leaves it */
    unsigned mode;     /* 0660 */
    bool group_admin;  /* members of `group` are ADMIN, else READ */
} FzControlConfig;

/** Bind and listen. A socket file left behind by a dead process is replaced; a
 *  live one is FZ_E_IO ("in use"). `verbs` lives as long as the server. */
FzStatus fz_control_server_open(const FzControlConfig *config,
                                const FzControlVerb *verbs, size_t verb_count,
                                void *ctx, const FzDiagSink *sink,
                                FzControlServer **server_out) FZ_MUST_CHECK;

/** Serve until fz_control_server_stop; the caller gives it a thread. Clients
 *  are served one request at a time each, verbs one at a time in all and in
 *  turn, quick ones in between; a slow or silent client costs itself only. A
 * verb whose client went away runs to its end. */
void fz_control_server_run(FzControlServer *server);
void fz_control_server_stop(FzControlServer *server);  /* from any thread; run
                                          returns after the verb at work */
void fz_control_server_close(FzControlServer *server); /* after run; removes the
                                          socket; NULL allowed */

/* --- client: tools and console -------------------------------------------- */
/**
 * Ask once.
 *
 * @param args      borrowed; NULL is {}
 * @param progress  called for each progress line; may be NULL
 * @param timeout_ms  of silence; 0 waits for ever
 * @param answer_out  the whole last line (caller decrefs), with "ok"
 * @return FZ_OK when an answer came, also {"ok":false}; FZ_E_IO when nobody
 *         listens or it broke off; FZ_E_SYNTAX when the answer is no JSON
 */
FzStatus fz_control_ask(const char *path, const char *verb, const json_t *args,
                        void (*progress)(void *ctx, uint64_t done,
                                         uint64_t total, const char *what),
                        void *ctx, int64_t timeout_ms, const FzDiagSink *sink,
                        json_t **answer_out) FZ_MUST_CHECK;

/** The same for a caller who must know what a failure leaves behind.
 *  @param sent_out  the request went out whole: without an answer it may have
 *                   been carried out, or be at work still. False: it was not,
 *                   and never will be */
FzStatus fz_control_ask_sent(const char *path, const char *verb,
                             const json_t *args,
                             void (*progress)(void *ctx, uint64_t done,
                                              uint64_t total, const char *what),
                             void *ctx, int64_t timeout_ms,
                             const FzDiagSink *sink, bool *sent_out,
                             json_t **answer_out) FZ_MUST_CHECK;

#endif

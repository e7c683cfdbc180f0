/* SPDX-License-Identifier: BSD-2-Clause
 *
 * http.h - a small, bounded HTTP server over libmicrohttpd
 *
 * For administrators' pages and the console's API: few clients, small bodies.
 * What a stranger can send is bounded (connections, octets, time), a wrong
 * password costs its client only, and nobody sleeps.
 *
 * Threads: the caller gives one to fz_http_run; handlers run on it, one at a
 * time.
 */
#ifndef FZ_HTTP_HTTP_H
#define FZ_HTTP_HTTP_H

#include "base/buf.h"
#include "base/status.h"

#include <stdbool.h>
#include <sys/socket.h>

typedef struct FzHttpServer FzHttpServer;

typedef struct FzHttpRequest {
    const char *method; /* "GET" */
    const char *path;   /* "/status.json", decoded */
    const char *client; /* "127.0.0.1" */
    FzSlice body;       /* absent without one */
    void *state;        /* http.c's own */
} FzHttpRequest;

/** A query argument, decoded; NULL when absent. Borrowed for the call. */
const char *fz_http_query(const FzHttpRequest *request, const char *name);

/** A request header; NULL when absent. */
const char *fz_http_header(const FzHttpRequest *request, const char *name);

typedef struct FzHttpAnswer {
    unsigned status;   /* 200 unless the handler sets it */
    const char *type;  /* content type; static; text/plain; charset=utf-8 */
    FzBuf body;        /* the server frees it */
    const char *allow; /* for 405: "GET" */
} FzHttpAnswer;

typedef void (*FzHttpHandler)(void *ctx, const FzHttpRequest *request,
                              FzHttpAnswer *answer);

typedef enum FzHttpAuth {
    FZ_HTTP_AUTH_OK = 0,
    FZ_HTTP_AUTH_MISSING = 1,
    FZ_HTTP_AUTH_WRONG = 2,
    FZ_HTTP_AUTH_THROTTLED = 3, /* too many wrong ones from this client:
                                   nothing was compared */
} FzHttpAuth;

/**
 * Compare the request's password (HTTP Basic, any user name) with `password`.
 *
 * Wrong ones are counted per client: beyond FZ_HTTP_WRONG_PER_MINUTE the
 * client is told so for the rest of the minute, without a comparison.
 *
 * @param in_query  take a `password` query argument too
 */
FzHttpAuth fz_http_auth(FzHttpServer *server, const FzHttpRequest *request,
                        const char *password, bool in_query);
#define FZ_HTTP_WRONG_PER_MINUTE 10

typedef struct FzHttpConfig {
    const char *address;  /* "127.0.0.1", "::1"; NULL: 127.0.0.1 */
    unsigned port;        /* 0: any free one, see fz_http_port */
    const char *cert_pem; /* both NULL: plain HTTP; contents, not paths */
    const char *key_pem;
    /* is this client let in? NULL: every one */
    bool (*admits)(const void *of, const struct sockaddr *client);
    const void *admits_of;
    size_t body_octets;   /* a longer body is 413; 0: 64 KiB */
    unsigned connections; /* at once; 0: 64. More are there for who gave the
                             right password within the hour */
    unsigned per_client;  /* of them from one address; 0: 16 */
    unsigned timeout_s;   /* silence that closes a connection; 0: 10 */
} FzHttpConfig;

FzStatus fz_http_open(const FzHttpConfig *config, FzHttpHandler handler,
                      void *ctx, const FzDiagSink *sink,
                      FzHttpServer **server_out) FZ_MUST_CHECK;
unsigned fz_http_port(const FzHttpServer *server);
void fz_http_run(FzHttpServer *server);   /* until fz_http_stop */
void fz_http_stop(FzHttpServer *server);  /* from any thread */
void fz_http_close(FzHttpServer *server); /* after run returned; NULL allowed */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "http/http.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "http/throttle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define DEFAULT_BODY_OCTETS (64u << 10)
#define DEFAULT_CONNECTIONS 64
#define DEFAULT_PER_CLIENT 16
#define DEFAULT_TIMEOUT_S 10
#define KNOWN_CONNECTIONS 32 /* more, for who was right of late */
#define CLIENT_TEXT 48

struct FzHttpServer {
    struct MHD_Daemon *daemon;
    FzHttpHandler handler;
    void *ctx;
    bool (*admits)(const void *of, const struct sockaddr *client);
    const void *admits_of;
    size_t body_octets;
    unsigned connections; /* for anybody */
    unsigned open;        /* now */
    int wake;             /* eventfd: stop */
    atomic_bool stopping;
    FzThrottle throttle;
};

/* One request on its way in; MHD keeps the pointer for us. */
typedef struct Incoming {
    struct MHD_Connection *connection;
    FzBuf body;
} Incoming;

const char *fz_http_query(const FzHttpRequest *request, const char *name)
{
    const Incoming *in = request->state;

    return MHD_lookup_connection_value(in->connection, MHD_GET_ARGUMENT_KIND,
                                       name);
}

const char *fz_http_header(const FzHttpRequest *request, const char *name)
{
    const Incoming *in = request->state;

    return MHD_lookup_connection_value(in->connection, MHD_HEADER_KIND, name);
}

/* --- passwords ------------------------------------------------------------ */
static bool same_password(const char *given, const char *wanted)
{
    uint8_t a[32], b[32];

    /* digests are compared: neither length nor a common beginning shows */
    crypto_generichash(a, sizeof a, (const uint8_t *)given, strlen(given), NULL,
                       0);
    crypto_generichash(b, sizeof b, (const uint8_t *)wanted, strlen(wanted),
                       NULL, 0);
    return sodium_memcmp(a, b, sizeof a) == 0;
}

FzHttpAuth fz_http_auth(FzHttpServer *server, const FzHttpRequest *request,
                        const char *password, bool in_query)
{
    const Incoming *in = request->state;
    int64_t now_ms = fz_clock_monotonic_ms();
    char *user, *basic = NULL;
    const char *given;
    FzHttpAuth auth = FZ_HTTP_AUTH_WRONG;

    if (fz_throttle_blocked(&server->throttle, request->client, now_ms))
        return FZ_HTTP_AUTH_THROTTLED;
    user = MHD_basic_auth_get_username_password(in->connection, &basic);
    given = basic;
    if (given == NULL && in_query)
        given = fz_http_query(request, "password");
    if (given == NULL) {
        auth = FZ_HTTP_AUTH_MISSING;
    } else if (same_password(given, password)) {
        auth = FZ_HTTP_AUTH_OK;
        fz_throttle_right(&server->throttle, request->client, now_ms);
    } else {
        fz_throttle_wrong(&server->throttle, request->client, now_ms);
    }
    MHD_free(user);
    MHD_free(basic);
    return auth;
}

/* --- one request ---------------------------------------------------------- */
static enum MHD_Result send_answer(struct MHD_Connection *connection,
                                   FzHttpAnswer *answer)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(
        answer->body.octets, answer->body.data, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                            answer->type);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    if (answer->allow != NULL)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer->allow);
    result = MHD_queue_response(connection, answer->status, response);
    MHD_destroy_response(response);
    fz_buf_clear(&answer->body);
    return result;
}

static enum MHD_Result refuse(struct MHD_Connection *connection,
                              unsigned status, const char *text)
{
    FzHttpAnswer answer = {.status = status,
                           .type = "text/plain; charset=utf-8"};

    fz_buf_append_text(&answer.body, text);
    return send_answer(connection, &answer);
}

static void address_text(const struct sockaddr *address, char *text)
{
    snprintf(text, CLIENT_TEXT, "?");
    if (address != NULL && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr,
                  text, CLIENT_TEXT);
    else if (address != NULL && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr,
                  text, CLIENT_TEXT);
}

static void client_text(struct MHD_Connection *connection, char *text)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

    address_text(info == NULL ? NULL : info->client_addr, text);
}

static bool declares_too_much(FzHttpServer *server,
                              struct MHD_Connection *connection)
{
    const char *declared = MHD_lookup_connection_value(
        connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return declared != NULL && strtoull(declared, NULL, 10) >
                                   (unsigned long long)server->body_octets;
}

static enum MHD_Result handle(FzHttpServer *server, Incoming *in,
                              const char *url, const char *method)
{
    char client[CLIENT_TEXT];
    FzHttpRequest request = {.method = method,
                             .path = url,
                             .client = client,
                             .body = fz_buf_slice(&in->body),
                             .state = in};
    FzHttpAnswer answer = {.status = MHD_HTTP_OK,
                           .type = "text/plain; charset=utf-8"};

    client_text(in->connection, client);
    server->handler(server->ctx, &request, &answer);
    return send_answer(in->connection, &answer);
}

static enum MHD_Result access_request(void *cls,
                                      struct MHD_Connection *connection,
                                      const char *url, const char *method,
                                      const char *version, const char *data,
                                      size_t *octets, void **state)
{
    FzHttpServer *server = cls;
    Incoming *in = *state;

    (void)version;
    if (in == NULL) {
        /* the headers are here: a body too large is refused before it comes */
        if (declares_too_much(server, connection))
            return refuse(connection, MHD_HTTP_CONTENT_TOO_LARGE,
                          "The body is too large.\n");
        in = fz_calloc(1, sizeof *in);
        in->connection = connection;
        *state = in;
        return MHD_YES;
    }
    if (*octets > 0) {
        if (in->body.octets + *octets > server->body_octets)
            return MHD_NO; /* sent in chunks, of no declared length: hang up */
        fz_buf_append(&in->body, data, *octets);
        *octets = 0;
        return MHD_YES;
    }
    return handle(server, in, url, method);
}

static void request_done(void *cls, struct MHD_Connection *connection,
                         void **state, enum MHD_RequestTerminationCode how)
{
    Incoming *in = *state;

    (void)cls, (void)connection, (void)how;
    if (in == NULL)
        return;
    fz_buf_clear(&in->body);
    fz_free(in);
    *state = NULL;
}

/* --- start and end -------------------------------------------------------- */
static FzStatus address_of(const FzHttpConfig *config, const FzDiagSink *sink,
                           struct sockaddr_storage *address)
{
    const char *text = config->address == NULL ? "127.0.0.1" : config->address;
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)config->port);
    } else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)config->port);
    } else {
        return fz_diag(sink, FZ_E_SYNTAX, NULL, 0, NULL,
                       "`%s' is no IP address to listen on", text);
    }
    return FZ_OK;
}

/* Strangers, however many, leave room for those who were right of late; and
 * when it gets narrow, those who were wrong too often are not heard at all. */
static enum MHD_Result admit(void *cls, const struct sockaddr *client,
                             socklen_t octets)
{
    const FzHttpServer *server = cls;
    char text[CLIENT_TEXT];
    int64_t now_ms = fz_clock_monotonic_ms();

    (void)octets;
    if (server->admits != NULL && !server->admits(server->admits_of, client))
        return MHD_NO;
    if (server->open < server->connections / 2)
        return MHD_YES;
    address_text(client, text);
    if (fz_throttle_knows(&server->throttle, text, now_ms))
        return MHD_YES;
    return server->open < server->connections &&
                   !fz_throttle_blocked(&server->throttle, text, now_ms)
               ? MHD_YES
               : MHD_NO;
}

static void count_open(void *cls, struct MHD_Connection *connection,
                       void **socket_state,
                       enum MHD_ConnectionNotificationCode what)
{
    FzHttpServer *server = cls;

    (void)connection, (void)socket_state;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        server->open++;
    else
        server->open--;
}

static unsigned or_preset(unsigned value, unsigned preset)
{
    return value == 0 ? preset : value;
}

FzStatus fz_http_open(const FzHttpConfig *config, FzHttpHandler handler,
                      void *ctx, const FzDiagSink *sink,
                      FzHttpServer **server_out)
{
    unsigned flags = MHD_USE_EPOLL;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)config->cert_pem},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)config->key_pem},
        {MHD_OPTION_END, 0, NULL},
    };
    struct sockaddr_storage address;
    FzHttpServer *server;
    FzStatus status = address_of(config, sink, &address);

    if (status != FZ_OK)
        return status;
    server = fz_calloc(1, sizeof *server);
    server->handler = handler;
    server->admits = config->admits;
    server->admits_of = config->admits_of;
    server->ctx = ctx;
    server->body_octets =
        config->body_octets == 0 ? DEFAULT_BODY_OCTETS : config->body_octets;
    server->connections = or_preset(config->connections, DEFAULT_CONNECTIONS);
    server->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fz_throttle_init(&server->throttle, FZ_HTTP_WRONG_PER_MINUTE);
    if (config->cert_pem != NULL)
        flags |= MHD_USE_TLS;
    if (address.ss_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    server->daemon = MHD_start_daemon(
        flags, (uint16_t)config->port, admit, server, access_request, server,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
        MHD_OPTION_NOTIFY_COMPLETED, request_done, server,
        MHD_OPTION_NOTIFY_CONNECTION, count_open, server,
        MHD_OPTION_CONNECTION_LIMIT, server->connections + KNOWN_CONNECTIONS,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        or_preset(config->per_client, DEFAULT_PER_CLIENT),
        MHD_OPTION_CONNECTION_TIMEOUT,
        or_preset(config->timeout_s, DEFAULT_TIMEOUT_S),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(32u << 10),
        MHD_OPTION_ARRAY, config->cert_pem == NULL ? &tls[2] : tls,
        MHD_OPTION_END);
    if (server->daemon == NULL) {
        status = fz_diag_errno(
            sink, NULL, "cannot listen on %s port %u%s",
            config->address == NULL ? "127.0.0.1" : config->address,
            config->port,
            config->cert_pem == NULL ? "" : " with this certificate and key");
        fz_http_close(server);
        return status;
    }
    *server_out = server;
    return FZ_OK;
}

unsigned fz_http_port(const FzHttpServer *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);

    return info == NULL ? 0 : info->port;
}

void fz_http_run(FzHttpServer *server)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd fds[2] = {{info->epoll_fd, POLLIN, 0},
                            {server->wake, POLLIN, 0}};

    while (!atomic_load(&server->stopping)) {
        MHD_UNSIGNED_LONG_LONG wait_ms;
        int timeout = -1;

        if (MHD_get_timeout(server->daemon, &wait_ms) == MHD_YES)
            timeout = wait_ms > 1000 ? 1000 : (int)wait_ms;
        if (poll(fds, 2, timeout) < 0 && errno != EINTR)
            break;
        MHD_run(server->daemon);
    }
}

void fz_http_stop(FzHttpServer *server)
{
    atomic_store(&server->stopping, true);
    if (eventfd_write(server->wake, 1) != 0)
        return; /* full: it is awake already */
}

void fz_http_close(FzHttpServer *server)
{
    if (server == NULL)
        return;
    if (server->daemon != NULL)
        MHD_stop_daemon(server->daemon);
    close(server->wake);
    fz_free(server);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * ask.c - `fanzhabox --upgrade', which asks the running fanzhabox
 *
 * By its pages: the port and the password are in the configuration that both
 * read, though the running one may have read another then: pages that do not
 * answer as they should by now are asked as they may have been, with TLS or
 * without. While the one becomes the other nobody answers there for a moment.
 *
 * The certificate is not looked at: an interface of this machine is connected
 * to, and a new certificate comes into force by the very upgrade.
 */
#include "config.h"

#include "box/upgrade/upgrade.h"

#include "base/buf.h"
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_MS 120000
#define EVERY_MS 200
#define ANSWER_OCTETS (16u << 20) /* status of thousands of boxes */
#define REQUEST_S 10

/* RFC 4648, 4 */
static void base64(const uint8_t *data, size_t octets, FzBuf *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqr"
                                 "stuvwxyz0123456789+/";

    for (size_t i = 0; i < octets; i += 3) {
        size_t left = octets - i;
        uint32_t bits = (uint32_t)data[i] << 16 |
                        (left > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
                        (left > 2 ? data[i + 2] : 0);

        fz_buf_append_octet(out, (uint8_t)digits[bits >> 18 & 63]);
        fz_buf_append_octet(out, (uint8_t)digits[bits >> 12 & 63]);
        fz_buf_append_octet(out,
                            left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=');
        fz_buf_append_octet(out, left > 2 ? (uint8_t)digits[bits & 63] : '=');
    }
}

/* One request's connection. */
typedef struct Call {
    int fd;
    SSL_CTX *context; /* NULL: plain */
    SSL *ssl;
} Call;

static bool by_tls; /* as the last answer came */

static int connect_to(const FzBoxConfig *config)
{
    struct timeval patience = {REQUEST_S, 0};
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons(config->admin_port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(config->admin_port)};
    bool is_v4 = inet_pton(AF_INET, config->admin_interface, &v4.sin_addr) == 1;
    int fd;

    if (!is_v4 &&
        inet_pton(AF_INET6, config->admin_interface, &v6.sin6_addr) != 1) {
        errno = EAFNOSUPPORT;
        return -1;
    }
    /* 0.0.0.0, every interface, is this machine as an address to connect to */
    fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
                is_v4 ? sizeof v4 : sizeof v6) != 0) {
        int saved = errno;

        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

static void hang_up(Call *call)
{
    int saved = errno;

    SSL_free(call->ssl);
    SSL_CTX_free(call->context);
    if (call->fd >= 0)
        close(call->fd);
    errno = saved;
}

static bool call_up(const FzBoxConfig *config, bool tls, Call *call)
{
    *call = (Call){.fd = connect_to(config)};
    if (call->fd < 0)
        return false;
    if (!tls)
        return true;
    errno = 0;
    call->context = SSL_CTX_new(TLS_client_method());
    if (call->context != NULL) {
        SSL_CTX_set_options(call->context, SSL_OP_IGNORE_UNEXPECTED_EOF);
        call->ssl = SSL_new(call->context);
    }
    if (call->ssl != NULL && SSL_set_fd(call->ssl, call->fd) == 1 &&
        SSL_connect(call->ssl) == 1)
        return true;
    hang_up(call);
    return false;
}

static bool say(Call *call, FzSlice request)
{
    if (call->ssl != NULL)
        return SSL_write(call->ssl, request.data, (int)request.octets) ==
               (int)request.octets;
    return send(call->fd, request.data, request.octets, MSG_NOSIGNAL) ==
           (ssize_t)request.octets;
}

static void hear(Call *call, FzBuf *answer)
{
    while (answer->octets <= ANSWER_OCTETS) {
        ssize_t got;

        fz_buf_reserve(answer, 65536);
        got = call->ssl != NULL
                  ? SSL_read(call->ssl, answer->data + answer->octets, 65535)
                  : recv(call->fd, answer->data + answer->octets, 65535, 0);
        if (got <= 0)
            return;
        answer->octets += (size_t)got;
        answer->data[answer->octets] = '\0';
    }
}

static unsigned get_by(const FzBoxConfig *config, bool tls, FzSlice request,
                       FzBuf *body)
{
    FzBuf answer = FZ_BUF_INIT;
    unsigned status = 0;
    const char *behind;
    Call call;

    if (!call_up(config, tls, &call))
        return 0;
    errno = 0;
    if (say(&call, request))
        hear(&call, &answer);
    hang_up(&call);
    if (answer.octets > 0 &&
        sscanf(fz_buf_text(&answer), "HTTP/1.%*c %u", &status) == 1) {
        behind = strstr(fz_buf_text(&answer), "\r\n\r\n");
        if (behind != NULL)
            fz_buf_append_text(body, behind + 4);
    }
    fz_buf_clear(&answer);
    return status;
}

/* A page: its status and its body; 0 when there is no answer (errno; 0 when
 * there was a connection). */
static unsigned get(const FzBoxConfig *config, const char *password,
                    const char *path, FzBuf *body)
{
    FzBuf login = FZ_BUF_INIT, request = FZ_BUF_INIT;
    unsigned status;

    body->octets = 0;
    fz_buf_printf(&login, "upgrade:%s", password);
    fz_buf_printf(&request, "GET %s HTTP/1.0\r\nAuthorization: Basic ", path);
    base64(login.data, login.octets, &request);
    fz_buf_append_text(&request, "\r\n\r\n");
    status = get_by(config, by_tls, fz_buf_slice(&request), body);
    if (status == 0) {
        status = get_by(config, !by_tls, fz_buf_slice(&request), body);
        if (status != 0)
            by_tls = !by_tls;
    }
    fz_buf_clear(&login);
    fz_buf_clear(&request);
    return status;
}

/* --- what to do when there is no answer, or not the one ------------------ */
/* The address that it sees us come from; false when it cannot be had. */
static bool own_address(const FzBoxConfig *config, struct sockaddr_storage *at)
{
    socklen_t octets = sizeof *at;
    int fd = connect_to(config);
    bool known;

    if (fd < 0)
        return false;
    known = getsockname(fd, (struct sockaddr *)at, &octets) == 0;
    close(fd);
    return known;
}

static void tell_no_answer(const FzBoxConfig *config, int sys_errno)
{
    struct sockaddr_storage at;
    char address[INET6_ADDRSTRLEN] = "";

    if (!own_address(config, &at)) {
        fprintf(stderr,
                "fanzhabox: No answer from %s:%u: %s. Does fanzhabox run, and "
                "did %s have this `admin-interface' and `admin-port' when it "
                "started?\n",
                config->admin_interface, config->admin_port,
                strerror(sys_errno), config->path);
        return;
    }
    inet_ntop(at.ss_family,
              at.ss_family == AF_INET
                  ? (const void *)&((struct sockaddr_in *)&at)->sin_addr
                  : (const void *)&((struct sockaddr_in6 *)&at)->sin6_addr,
              address, sizeof address);
    if (!fz_access_admits(config->admin_access, (struct sockaddr *)&at))
        fprintf(stderr,
                "fanzhabox: %s:%u does not let %s in, where --upgrade comes "
                "from: `admin-allow-ip' and `admin-deny-ip' of %s say so. Ask "
                "from an address that they let in: `curl -u any:PASSWORD "
                "%s://%s:%u/upgrade', with the `admin-password'.\n",
                config->admin_interface, config->admin_port, address,
                config->path, config->admin_port_ssl ? "https" : "http",
                config->admin_interface, config->admin_port);
    else
        fprintf(stderr,
                "fanzhabox: %s:%u closed the connection without an answer. Did "
                "%s let %s in (`admin-allow-ip', `admin-deny-ip') when it "
                "started?\n",
                config->admin_interface, config->admin_port, config->path,
                address);
}

/* The value of `"name":` in our own JSON, up to its end; a string without its
 * quotes. */
static bool value_of(const char *json, const char *name, char *out, size_t room)
{
    char key[64];
    const char *at;
    size_t octets = 0;

    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(json, key);
    if (at == NULL)
        return false;
    at += strlen(key);
    if (*at == '"') {
        for (at++; *at != '\0' && *at != '"'; at++) {
            if (*at == '\\' && at[1] != '\0')
                at++;
            if (octets + 1 < room)
                out[octets++] = *at;
        }
    } else {
        for (; *at != '\0' && *at != ',' && *at != '}'; at++)
            if (octets + 1 < room)
                out[octets++] = *at;
    }
    out[octets] = '\0';
    return true;
}

/* Is this attempt over? Then its outcome is printed. */
static bool is_over(const char *json, unsigned long attempt, int *exit_out)
{
    const char *upgrade = strstr(json, "\"upgrade\":{");
    char number[32], stage[32], text[1024];

    if (upgrade == NULL ||
        !value_of(upgrade, "attempt", number, sizeof number) ||
        !value_of(upgrade, "stage", stage, sizeof stage) ||
        !value_of(upgrade, "text", text, sizeof text) ||
        strtoul(number, NULL, 10) < attempt)
        return false;
    if (strcmp(stage, "done") == 0 || strcmp(stage, "refused") == 0 ||
        strcmp(stage, "went back") == 0) {
        *exit_out = strcmp(stage, "done") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        printf("%s: %s.\n", stage, text);
        return true;
    }
    return false;
}

int fz_upgrade_ask_running(const FzBoxConfig *config)
{
    FzBuf body = FZ_BUF_INIT;
    int64_t until = fz_clock_monotonic_ms() + WAIT_MS;
    const char *to_look = config->status_password != NULL
                              ? config->status_password
                              : config->admin_password;
    int exit_status = EXIT_FAILURE;
    unsigned long attempt = 0;
    unsigned status;

    if (!config->has_admin_port || config->admin_port == 0) {
        fprintf(stderr,
                "fanzhabox: --upgrade asks by the administrator's pages: "
                "%s wants an `admin-port' other than 0.\n",
                config->path);
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    by_tls = config->admin_port_ssl;
    status = get(config, config->admin_password, "/upgrade", &body);
    if (status == 0)
        tell_no_answer(config, errno);
    else if (status == 403)
        fprintf(stderr,
                "fanzhabox: The running fanzhabox answered 403: %s"
                "fanzhabox: It wants the `admin-password' that it read when it "
                "started.\n",
                fz_buf_text(&body));
    else if (status != 202 ||
             sscanf(fz_buf_text(&body), "upgrade %lu", &attempt) != 1)
        fprintf(stderr, "fanzhabox: The running fanzhabox answered %u: %s",
                status, fz_buf_text(&body));
    while (attempt != 0) {
        usleep(EVERY_MS * 1000);
        if (get(config, to_look, "/status.json", &body) == 200 &&
            is_over(fz_buf_text(&body), attempt, &exit_status))
            break;
        if (fz_clock_monotonic_ms() >= until) {
            fprintf(stderr,
                    "fanzhabox: Not over after %d s; look at the log.\n",
                    WAIT_MS / 1000);
            break;
        }
    }
    fz_buf_clear(&body);
    return exit_status;
}

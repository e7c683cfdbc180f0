/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/tls.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* What Kannel reads of one record; see tls.h. */
#define KANNEL_RECORD_OCTETS 4096

/* Records taken at once: more only makes a turn longer. */
#define RECORDS_A_TURN 8

/* The first octet of every TLS connection: a handshake, or an alert. */
#define RECORD_ALERT 0x15
#define RECORD_HANDSHAKE 0x16

struct FzTls {
    SSL_CTX *context;
    bool server;
    char *peer_name;
};

/* --- what failed --------------------------------------------------------- */
static _Thread_local char why[200];

const char *fz_tls_why(void)
{
    return why;
}

/* OpenSSL's oldest reason; "" when it has none. */
static const char *reason(void)
{
    unsigned long code = ERR_peek_error();
    const char *text = code == 0 ? NULL : ERR_reason_error_string(code);

    return text == NULL ? "" : text;
}

static void explain(SSL *ssl, int failure, int sys_errno)
{
    long verified = SSL_get_verify_result(ssl);

    if (failure == SSL_ERROR_ZERO_RETURN ||
        (failure == SSL_ERROR_SYSCALL && sys_errno == 0))
        snprintf(why, sizeof why, "it closed before TLS was agreed on");
    else if (failure == SSL_ERROR_SYSCALL)
        snprintf(why, sizeof why, "it broke before TLS was agreed on (%s)",
                 strerror(sys_errno));
    else if (verified != X509_V_OK)
        snprintf(why, sizeof why, "its certificate is not accepted (%s)",
                 X509_verify_cert_error_string(verified));
    else if (ERR_GET_REASON(ERR_peek_error()) ==
             SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
        snprintf(why, sizeof why, "it shows no certificate, and has to");
    else
        snprintf(why, sizeof why, "TLS failed (%s)", reason());
}

/* --- settings ------------------------------------------------------------ */
static FzStatus load(const FzTlsConfig *config, SSL_CTX *context,
                     const char *file, const FzDiagSink *sink)
{
    const char *cert_key =
        config->server ? "ssl-server-cert-file" : "ssl-client-certkey-file";
    const char *key_key =
        config->server ? "ssl-server-key-file" : "ssl-client-certkey-file";
    const char *ca_key =
        config->server ? "ssl-box-ca-file" : "ssl-trusted-ca-file";

    if (config->cert_file != NULL &&
        SSL_CTX_use_certificate_chain_file(context, config->cert_file) != 1)
        return fz_diag(sink, FZ_E_IO, file, 0, NULL,
                       "`%s' has no certificate that can be used at %s (%s)",
                       cert_key, config->cert_file, reason());
    if (config->key_file != NULL &&
        SSL_CTX_use_PrivateKey_file(context, config->key_file,
                                    SSL_FILETYPE_PEM) != 1)
        return fz_diag(sink, FZ_E_IO, file, 0, NULL,
                       "`%s' has no key that can be used at %s (%s)", key_key,
                       config->key_file, reason());
    if (config->cert_file != NULL && SSL_CTX_check_private_key(context) != 1)
        return fz_diag(sink, FZ_E_RULE, file, 0, NULL,
                       "the key at %s is not that of the certificate at %s",
                       config->key_file, config->cert_file);
    if (config->ca_file == NULL)
        return FZ_OK;
    if (SSL_CTX_load_verify_locations(context, config->ca_file, NULL) != 1)
        return fz_diag(sink, FZ_E_IO, file, 0, NULL,
                       "`%s' has no certificate that can be used at %s (%s)",
                       ca_key, config->ca_file, reason());
    SSL_CTX_set_verify(context,
                       SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return FZ_OK;
}

FzStatus fz_tls_create(const FzTlsConfig *config, const char *file,
                       const FzDiagSink *sink, FzTls **tls_out)
{
    FzTls *tls = fz_calloc(1, sizeof *tls);
    FzStatus status;

    ERR_clear_error();
    tls->server = config->server;
    tls->context =
        SSL_CTX_new(config->server ? TLS_server_method() : TLS_client_method());
    if (tls->context == NULL) {
        fz_tls_destroy(tls);
        return fz_diag(sink, FZ_E_IO, file, 0, NULL, "TLS cannot be had (%s)",
                       reason());
    }
    SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION);
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION |
                                          SSL_OP_NO_COMPRESSION |
                                          SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_max_send_fragment(tls->context, KANNEL_RECORD_OCTETS);
    SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls->context, 0);
    status = load(config, tls->context, file, sink);
    ERR_clear_error();
    if (status != FZ_OK) {
        fz_tls_destroy(tls);
        return status;
    }
    if (config->ca_file != NULL && config->peer_name != NULL)
        tls->peer_name = fz_strdup(config->peer_name);
    *tls_out = tls;
    return FZ_OK;
}

void fz_tls_destroy(FzTls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    fz_free(tls->peer_name);
    fz_free(tls);
}

/* --- a session ----------------------------------------------------------- */
static bool is_address(const char *text)
{
    struct in6_addr any;

    return inet_pton(AF_INET, text, &any) == 1 ||
           inet_pton(AF_INET6, text, &any) == 1;
}

/* The name goes into the hello too, for whoever serves several. */
static bool set_name(const FzTls *tls, SSL *ssl)
{
    X509_VERIFY_PARAM *wanted = SSL_get0_param(ssl);

    if (tls->peer_name == NULL)
        return true;
    if (is_address(tls->peer_name))
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->peer_name) == 1;
    return SSL_set1_host(ssl, tls->peer_name) == 1 &&
           SSL_set_tlsext_host_name(ssl, tls->peer_name) == 1;
}

FzTlsSession *fz_tls_begin(const FzTls *tls, int fd)
{
    SSL *ssl = SSL_new(tls->context);

    if (ssl == NULL)
        return NULL;
    if (SSL_set_fd(ssl, fd) != 1 || !set_name(tls, ssl)) {
        SSL_free(ssl);
        return NULL;
    }
    if (tls->server)
        SSL_set_accept_state(ssl);
    else
        SSL_set_connect_state(ssl);
    return ssl;
}

void fz_tls_end(FzTlsSession *session)
{
    SSL_free(session);
}

/* Whatever OpenSSL would call it: does the peer speak TLS at all? */
static bool speaks_tls(SSL *ssl)
{
    unsigned char first;

    if (SSL_get_state(ssl) != TLS_ST_BEFORE &&
        SSL_get_state(ssl) != TLS_ST_CW_CLNT_HELLO)
        return true;
    return recv(SSL_get_fd(ssl), &first, 1, MSG_PEEK) != 1 ||
           first == RECORD_HANDSHAKE || first == RECORD_ALERT;
}

FzTlsShaken fz_tls_shake(FzTlsSession *session, const char **why_out)
{
    int done, sys_errno;

    *why_out = why;
    if (!speaks_tls(session)) {
        snprintf(why, sizeof why, "it does not speak TLS, and has to here");
        return FZ_TLS_FAILED;
    }
    ERR_clear_error();
    errno = 0;
    done = SSL_do_handshake(session);
    sys_errno = errno;
    if (done == 1)
        return FZ_TLS_DONE;
    switch (SSL_get_error(session, done)) {
    case SSL_ERROR_WANT_READ:
        return FZ_TLS_WANTS_READ;
    case SSL_ERROR_WANT_WRITE:
        return FZ_TLS_WANTS_WRITE;
    default:
        explain(session, SSL_get_error(session, done), sys_errno);
        ERR_clear_error();
        return FZ_TLS_FAILED;
    }
}

/* -1 with errno set, 0 for the end. */
static ssize_t failed(SSL *ssl, int result, int sys_errno)
{
    int failure = SSL_get_error(ssl, result);

    errno = EPROTO;
    if (failure == SSL_ERROR_ZERO_RETURN ||
        (failure == SSL_ERROR_SYSCALL && sys_errno == 0))
        return 0;
    if (failure == SSL_ERROR_WANT_READ || failure == SSL_ERROR_WANT_WRITE)
        errno = EAGAIN;
    else if (failure == SSL_ERROR_SYSCALL)
        errno = sys_errno;
    else
        snprintf(why, sizeof why, "TLS failed (%s)", reason());
    return -1;
}

ssize_t fz_tls_read(FzTlsSession *session, void *data, size_t room,
                    bool *wants_write_out)
{
    char *at = data;
    size_t total = 0;

    *wants_write_out = false;
    for (int i = 0; i < RECORDS_A_TURN && room - total >= FZ_TLS_RECORD_OCTETS;
         i++) {
        int got, sys_errno;

        ERR_clear_error();
        errno = 0;
        got = SSL_read(session, at + total, FZ_TLS_RECORD_OCTETS);
        sys_errno = errno;
        if (got <= 0 && total > 0)
            break; /* it says so again */
        if (got <= 0) {
            *wants_write_out =
                SSL_get_error(session, got) == SSL_ERROR_WANT_WRITE;
            return failed(session, got, sys_errno);
        }
        total += (size_t)got;
    }
    return (ssize_t)total;
}

ssize_t fz_tls_write(FzTlsSession *session, const void *data, size_t octets)
{
    int put, sys_errno;
    ssize_t result;

    ERR_clear_error();
    errno = 0;
    put = SSL_write(session, data,
                    octets > (1u << 30) ? (int)(1u << 30) : (int)octets);
    sys_errno = errno;
    if (put > 0)
        return put;
    if (SSL_get_error(session, put) == SSL_ERROR_WANT_READ) {
        /* only a renegotiation would, and there is none */
        snprintf(why, sizeof why, "TLS failed (it renegotiates)");
        errno = EPROTO;
        return -1;
    }
    result = failed(session, put, sys_errno);
    if (result == 0) {
        errno = EPIPE;
        result = -1;
    }
    return result;
}

void fz_tls_nudge(FzTlsSession *session)
{
    if (SSL_version(session) < TLS1_3_VERSION)
        return;
    ERR_clear_error();
    if (SSL_key_update(session, SSL_KEY_UPDATE_NOT_REQUESTED) == 1)
        SSL_do_handshake(session); /* writes it, or the next write does */
    ERR_clear_error();
}

void fz_tls_finish(FzTlsSession *session)
{
    ERR_clear_error();
    SSL_shutdown(session);
    ERR_clear_error();
}

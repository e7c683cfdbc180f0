/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tls.h - TLS for a stream: what a side wants and shows, and one connection
 *
 * Records towards a peer hold at most 4,096 octets: Kannel reads that much of
 * one, waits for the socket to become readable, and so never sees the rest of
 * a longer one. TLS 1.2 and 1.3; no renegotiation, no resumption. SIGPIPE has
 * to be ignored.
 * Threads: an FzTls is shared by all; a session belongs to its stream's.
 */
#ifndef FZ_BOX_LINK_TLS_H
#define FZ_BOX_LINK_TLS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

typedef struct FzTls FzTls;
typedef struct ssl_st FzTlsSession; /* OpenSSL's SSL */

typedef struct FzTlsConfig {
    bool server; /* accepts; false: connects */
    /* PEM, with the chain behind the certificate; a client may have none */
    const char *cert_file, *key_file;
    const char *ca_file; /* the peer's must be of these; NULL: not looked at */
    const char *peer_name; /* a client's peer must be called so, or have this
                              address; with ca_file */
} FzTlsConfig;

/** @param file  the configuration's, for the diags, which name the key too */
FzStatus fz_tls_create(const FzTlsConfig *config, const char *file,
                       const FzDiagSink *sink, FzTls **tls_out) FZ_MUST_CHECK;
void fz_tls_destroy(FzTls *tls); /* NULL is allowed */

/* --- one connection ------------------------------------------------------ */
/** Begin on a connected, non-blocking descriptor; it stays the caller's. */
FzTlsSession *fz_tls_begin(const FzTls *tls, int fd);
void fz_tls_end(FzTlsSession *session); /* NULL is allowed; says nothing */

typedef enum FzTlsShaken {
    FZ_TLS_DONE = 0,
    FZ_TLS_WANTS_READ = 1,
    FZ_TLS_WANTS_WRITE = 2,
    FZ_TLS_FAILED = 3, /* `*why_out` is a clause, valid until the next call on
                          this thread */
} FzTlsShaken;
FzTlsShaken fz_tls_shake(FzTlsSession *session, const char **why_out);

/** Room that fz_tls_read needs at least: a whole record, so that none of it is
 *  left inside where no poll sees it. */
#define FZ_TLS_RECORD_OCTETS 16384

/** As recv: octets, 0 at the end, -1 with errno; EAGAIN when there is nothing
 *  yet, EPROTO when TLS itself failed (fz_tls_why). `*wants_write_out` says
 *  that it goes on when the socket takes octets. */
ssize_t fz_tls_read(FzTlsSession *session, void *data, size_t room,
                    bool *wants_write_out);
/** As send. What was not taken has to be offered again first. */
ssize_t fz_tls_write(FzTlsSession *session, const void *data, size_t octets);
/** Have the peer's socket become readable with nothing to read (TLS 1.3: a new
 *  key of ours; 1.2 has no such thing). */
void fz_tls_nudge(FzTlsSession *session);
/** Say that no more will be written. */
void fz_tls_finish(FzTlsSession *session);

/** What failed last on this thread; a clause. */
const char *fz_tls_why(void);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * store_impl.h - what an open store is made of
 *
 * Shared by store.c and store_shadow.c; nobody else includes it.
 */
#ifndef FZ_STORE_STORE_IMPL_H
#define FZ_STORE_STORE_IMPL_H

#include "store/writer.h"

#include <pthread.h>

struct FzStore {
    const FzBackendOps *ops;
    FzStoreConfig config; /* its strings are owned */
    FzSeal seal;
    FzWriter *writer; /* NULL: open for reading */
    pthread_mutex_t read_lock;
    FzBackend *reader; /* by read_lock; NULL until it is needed */
};

/** The connection to read with; with read_lock held. */
FzStatus fz_store_reader_of(FzStore *store, FzBackend **backend_out,
                            const FzDiagSink *sink) FZ_MUST_CHECK;

#endif

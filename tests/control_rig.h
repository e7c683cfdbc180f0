/* SPDX-License-Identifier: BSD-2-Clause
 *
 * control_rig.h - a control server with verbs to play with, and a raw client
 */
#ifndef FZ_TESTS_CONTROL_RIG_H
#define FZ_TESTS_CONTROL_RIG_H

#include "control/control.h"
#include "tests/support.h"

#include <pthread.h>

/** What the verb `wait` waits for. */
typedef struct Gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool entered, open;
    int steps; /* of progress to make once it is entered */
} Gate;

typedef struct Rig {
    FzControlServer *server;
    pthread_t thread;
    char path[600];
    Gate gate;
    _Atomic int ran; /* verbs */
} Rig;

/** status, reload (3 steps of progress and a warning), bypass, fail, silent,
 *  wait (for the gate), large (an answer of so many octets). */
#define RIG_VERBS 10
extern const FzControlVerb rig_verbs[RIG_VERBS];

/** Sets up the rig without a server; a socket below fz_test_folder(). */
FzControlConfig rig_config(Rig *rig);
/** A server on a thread; `idle_ms` 0 leaves that as it is. */
void rig_open(Rig *rig, int64_t idle_ms);
void rig_close(Rig *rig);

void rig_wait_entered(Gate *gate);
void rig_open_gate(Gate *gate);
/** Let the waiting verb report progress once. */
void rig_make_step(Gate *gate);

/* A client that says just what it is told to, and waits 20 s for an answer. */
int rig_dial(const Rig *rig);
void rig_say(int fd, const char *text);
/** One line without its newline, static storage; "" at the end. */
const char *rig_hear(int fd);
/** The next line has `part` in it. */
void rig_expect(int fd, const char *part);
void rig_expect_end(int fd);

#endif

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * loop.h - one thread that waits for sockets, timers and other threads' posts
 *
 * Everything watched, timed or deferred belongs to one loop and is touched by
 * its thread alone; fz_loop_post is the only way in from elsewhere. A turn is:
 * wait, run what is ready, run what was posted, run the timers that are due,
 * run the tasks put off to the end of the turn. Memory that something of this
 * turn may still point to is given up by a task, never on the spot.
 */
#ifndef FZ_BOX_LINK_LOOP_H
#define FZ_BOX_LINK_LOOP_H

#include "box/link/flight.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct FzLoop FzLoop;

/** A descriptor that a loop waits for. */
typedef struct FzWatch {
    int fd;          /* -1: not watched; the owner closes it */
    uint32_t events; /* EPOLL* that are asked for */
    bool added;
    void (*ready)(struct FzWatch *watch, uint32_t events);
} FzWatch;

/** Called once at a time, not before. */
typedef struct FzTimer {
    int64_t due_ms;
    size_t slot; /* place in the heap plus one; 0: not running */
    void (*fire)(struct FzTimer *timer);
} FzTimer;

/** Something to run on the loop's thread, sent from any thread. */
typedef struct FzPost {
    struct FzPost *next;
    void (*run)(struct FzPost *post); /* may free it */
} FzPost;

/** Something to run at the end of this turn, at most once a turn. */
typedef struct FzTask {
    struct FzTask *next;
    bool queued;
    void (*run)(struct FzTask *task); /* may free it */
} FzTask;

/** Room to read into, shared by all connections of the loop. */
#define FZ_LOOP_SCRATCH_OCTETS (256u << 10)

/** NULL when the system has no descriptors left (errno says so). */
FzLoop *fz_loop_create(void);
void fz_loop_destroy(FzLoop *loop);

/** Turn until fz_loop_stop; the caller gives it its thread. */
void fz_loop_run(FzLoop *loop);
void fz_loop_stop(FzLoop *loop); /* from the loop's thread */

/** Whose answers are waited for on this loop, kept by the flights of its links.
 *  While they are many, and take long, the loop rests a little between turns
 *  and takes what comes meanwhile in one: one system call and one warm cache
 *  for many messages. */
FzCrowd *fz_loop_crowd(FzLoop *loop);

/** After fz_loop_run has returned, on the thread that takes its place: run
 *  what was posted or put off to the end of a turn that did not come. */
void fz_loop_finish(FzLoop *loop);

/** Milliseconds of the monotonic clock when this turn began. */
int64_t fz_loop_now_ms(const FzLoop *loop);
uint8_t *fz_loop_scratch(FzLoop *loop);

/** Wait for `events` (0: for nothing but errors) on watch->fd. */
void fz_loop_watch(FzLoop *loop, FzWatch *watch, uint32_t events);
/** Before the descriptor is closed; sets watch->fd to -1. */
void fz_loop_unwatch(FzLoop *loop, FzWatch *watch);

void fz_loop_timer_set(FzLoop *loop, FzTimer *timer, int64_t due_ms);
void fz_loop_timer_stop(FzLoop *loop, FzTimer *timer);

void fz_loop_task(FzLoop *loop, FzTask *task);

/** From any thread. The post is the loop's until it runs. */
void fz_loop_post(FzLoop *loop, FzPost *post);

#endif

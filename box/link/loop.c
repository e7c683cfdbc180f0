/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/link/loop.h"

#include "base/clock.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

/* Events taken at once: more only makes a turn longer. */
#define TURN_EVENTS 256

/* With fewer unanswered messages nobody is held up; where answers take less
 * than so many rests, one would show. A turn that took as long as a rest needs
 * none. */
#define CROWD 32
#define REST_US 100
#define SLOW_RESTS 10
#define TURNS 16 /* of the average */

struct FzLoop {
    int epoll;
    FzWatch wake; /* eventfd: posts have come */
    bool stopping;
    int64_t now_ms;
    FzCrowd crowd;
    int64_t began_us;           /* of the last turn */
    uint64_t gone;              /* of the crowd, then */
    uint64_t turn_us, answered; /* TURNS times a turn's, averaged */

    _Atomic(FzPost *) posts; /* newest first */

    FzTimer **heap; /* earliest first */
    size_t timers, heap_room;

    FzTask *tasks, **tasks_end;

    uint8_t *scratch;
};

/* --- timers: a binary heap ----------------------------------------------- */
static void heap_put(FzLoop *loop, size_t at, FzTimer *timer)
{
    loop->heap[at] = timer;
    timer->slot = at + 1;
}

static void heap_up(FzLoop *loop, size_t at, FzTimer *timer)
{
    while (at > 0) {
        size_t parent = (at - 1) / 2;

        if (loop->heap[parent]->due_ms <= timer->due_ms)
            break;
        heap_put(loop, at, loop->heap[parent]);
        at = parent;
    }
    heap_put(loop, at, timer);
}

static void heap_down(FzLoop *loop, size_t at, FzTimer *timer)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= loop->timers)
            break;
        if (child + 1 < loop->timers &&
            loop->heap[child + 1]->due_ms < loop->heap[child]->due_ms)
            child++;
        if (timer->due_ms <= loop->heap[child]->due_ms)
            break;
        heap_put(loop, at, loop->heap[child]);
        at = child;
    }
    heap_put(loop, at, timer);
}

void fz_loop_timer_stop(FzLoop *loop, FzTimer *timer)
{
    FzTimer *last;
    size_t at;

    if (timer->slot == 0)
        return;
    at = timer->slot - 1;
    timer->slot = 0;
    last = loop->heap[--loop->timers];
    if (last == timer)
        return;
    if (at > 0 && last->due_ms < loop->heap[(at - 1) / 2]->due_ms)
        heap_up(loop, at, last);
    else
        heap_down(loop, at, last);
}

void fz_loop_timer_set(FzLoop *loop, FzTimer *timer, int64_t due_ms)
{
    fz_loop_timer_stop(loop, timer);
    timer->due_ms = due_ms;
    if (loop->timers == loop->heap_room) {
        loop->heap_room = loop->heap_room == 0 ? 64 : 2 * loop->heap_room;
        loop->heap =
            gw_realloc(loop->heap, loop->heap_room * sizeof *loop->heap);
    }
    heap_up(loop, loop->timers++, timer);
}

static void run_timers(FzLoop *loop)
{
    while (loop->timers > 0 && loop->heap[0]->due_ms <= loop->now_ms) {
        FzTimer *timer = loop->heap[0];

        fz_loop_timer_stop(loop, timer);
        timer->fire(timer);
    }
}

/* --- watches ------------------------------------------------------------- */
void fz_loop_watch(FzLoop *loop, FzWatch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    if (watch->added && watch->events == events)
        return;
    if (epoll_ctl(loop->epoll, watch->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD,
                  watch->fd, &event) != 0)
        error(errno, "fanzhabox: a connection cannot be waited for.");
    watch->added = true;
    watch->events = events;
}

void fz_loop_unwatch(FzLoop *loop, FzWatch *watch)
{
    if (watch->added)
        epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->added = false;
    watch->events = 0;
    watch->fd = -1;
}

/* --- posts --------------------------------------------------------------- */
void fz_loop_post(FzLoop *loop, FzPost *post)
{
    FzPost *head = atomic_load_explicit(&loop->posts, memory_order_relaxed);
    int wake = loop->wake.fd;
    uint64_t one = 1;

    do {
        post->next = head;
    } while (!atomic_compare_exchange_weak_explicit(
        &loop->posts, &head, post, memory_order_release, memory_order_relaxed));
    /* Whoever found it empty wakes the loop; it takes all that are there. The
     * write fails only when the counter is full, so that the loop wakes anyway;
     * nothing is logged here, on what may be a thread that gwlib has no
     * number for. */
    if (head == NULL && write(wake, &one, sizeof one) < 0)
        return;
}

static void run_posts(FzLoop *loop)
{
    FzPost *post =
        atomic_exchange_explicit(&loop->posts, NULL, memory_order_acquire);
    FzPost *in_order = NULL;

    while (post != NULL) {
        FzPost *next = post->next;

        post->next = in_order;
        in_order = post;
        post = next;
    }
    while (in_order != NULL) {
        FzPost *next = in_order->next;

        in_order->run(in_order);
        in_order = next;
    }
}

static void woken(FzWatch *watch, uint32_t events)
{
    uint64_t count;

    (void)events;
    if (read(watch->fd, &count, sizeof count) < 0 && errno != EAGAIN)
        error(errno, "fanzhabox: an event loop's wake-up cannot be read.");
}

/* --- tasks --------------------------------------------------------------- */
void fz_loop_task(FzLoop *loop, FzTask *task)
{
    if (task->queued)
        return;
    task->queued = true;
    task->next = NULL;
    *loop->tasks_end = task;
    loop->tasks_end = &task->next;
}

/* What a task puts off waits for the next turn, which then comes at once. */
static void run_tasks(FzLoop *loop)
{
    FzTask *task = loop->tasks;

    loop->tasks = NULL;
    loop->tasks_end = &loop->tasks;
    while (task != NULL) {
        FzTask *next = task->next;

        task->queued = false;
        task->run(task);
        task = next;
    }
}

/* --- turns --------------------------------------------------------------- */
FzLoop *fz_loop_create(void)
{
    FzLoop *loop = gw_malloc(sizeof *loop);

    memset(loop, 0, sizeof *loop);
    loop->tasks_end = &loop->tasks;
    loop->began_us = fz_clock_monotonic_us();
    loop->now_ms = loop->began_us / 1000;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->wake.ready = woken;
    if (loop->epoll < 0 || loop->wake.fd < 0) {
        int saved = errno;

        if (loop->epoll >= 0)
            close(loop->epoll);
        if (loop->wake.fd >= 0)
            close(loop->wake.fd);
        gw_free(loop);
        errno = saved;
        return NULL;
    }
    loop->scratch = gw_malloc(FZ_LOOP_SCRATCH_OCTETS);
    fz_loop_watch(loop, &loop->wake, EPOLLIN);
    return loop;
}

void fz_loop_finish(FzLoop *loop)
{
    do {
        run_posts(loop);
        run_tasks(loop);
    } while (loop->tasks != NULL || atomic_load(&loop->posts) != NULL);
}

void fz_loop_destroy(FzLoop *loop)
{
    if (loop == NULL)
        return;
    /* what was posted or put off after the last turn still has owners */
    fz_loop_finish(loop);
    close(loop->wake.fd);
    close(loop->epoll);
    gw_free(loop->scratch);
    gw_free(loop->heap);
    gw_free(loop);
}

static int wait_ms(const FzLoop *loop)
{
    int64_t left;

    if (loop->tasks != NULL || atomic_load(&loop->posts) != NULL)
        return 0;
    if (loop->timers == 0)
        return -1;
    left = loop->heap[0]->due_ms - fz_clock_monotonic_ms();
    if (left <= 0)
        return 0;
    return left > 60000 ? 60000 : (int)left;
}

static void count_turn(FzLoop *loop, int64_t began_us)
{
    loop->turn_us +=
        (uint64_t)(began_us - loop->began_us) - loop->turn_us / TURNS;
    loop->answered += loop->crowd.gone - loop->gone - loop->answered / TURNS;
    loop->began_us = began_us;
    loop->gone = loop->crowd.gone;
}

/* How long answers take: as many as there are, at the pace of those that came
 * (Little's law). */
static bool answers_are_slow(const FzLoop *loop)
{
    return loop->crowd.now * loop->turn_us >=
           loop->answered * SLOW_RESTS * REST_US;
}

static void rest(const FzLoop *loop)
{
    const struct timespec time = {.tv_nsec = REST_US * 1000};

    if (loop->crowd.now >= CROWD && answers_are_slow(loop) &&
        wait_ms(loop) != 0 &&
        fz_clock_monotonic_us() - loop->began_us < REST_US)
        nanosleep(&time, NULL);
}

FzCrowd *fz_loop_crowd(FzLoop *loop)
{
    return &loop->crowd;
}

void fz_loop_run(FzLoop *loop)
{
    struct epoll_event events[TURN_EVENTS];

    while (!loop->stopping) {
        int ready = epoll_wait(loop->epoll, events, TURN_EVENTS, wait_ms(loop));
        int64_t began_us = fz_clock_monotonic_us();

        if (ready < 0 && errno != EINTR)
            error(errno, "fanzhabox: an event loop cannot wait.");
        loop->now_ms = began_us / 1000;
        count_turn(loop, began_us);
        for (int i = 0; i < ready; i++) {
            FzWatch *watch = events[i].data.ptr;

            /* closed by an earlier event of this turn: its memory stays until
             * the tasks run */
            if (watch->fd >= 0)
                watch->ready(watch, events[i].events);
        }
        run_posts(loop);
        run_timers(loop);
        run_tasks(loop);
        rest(loop);
    }
}

void fz_loop_stop(FzLoop *loop)
{
    loop->stopping = true;
}

int64_t fz_loop_now_ms(const FzLoop *loop)
{
    return loop->now_ms;
}

uint8_t *fz_loop_scratch(FzLoop *loop)
{
    return loop->scratch;
}

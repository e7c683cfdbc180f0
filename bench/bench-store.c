/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-store.c - what a held message costs until it is on the disk
 *
 * Usage: bench-store [--rows N] [--rounds N] [--folder DIR] [--format json]
 *
 * A closed loop: K messages are in flight, each answer submits the next. 1, 10
 * and 100 in flight alternate with the disk's own pace (append and fdatasync of
 * the same number of octets) in every round of one run, so that what else the
 * machine does falls on all of them; medians over the rounds are printed, with
 * the interval that holds nine tenths of them.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/store.h"

#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DEPTHS = 3, MAX_ROUNDS = 200 };
static const int depths[DEPTHS] = {1, 10, 100};

/* One message as the plugin hands it over: 140 octets of text, the packed
 * message and the record at the sizes they have in practice. */
enum { TEXT_OCTETS = 140, PACKED_OCTETS = 420, RECORD_OCTETS = 700 };
enum { ROW_OCTETS = TEXT_OCTETS + PACKED_OCTETS + RECORD_OCTETS };

typedef struct Loop {
    FzStore *store;
    FzHeld held;
    pthread_mutex_t lock;
    pthread_cond_t over;
    long to_submit, to_answer, failed;
    int64_t *sent_ns; /* by row in flight */
    long next_sent;
    float *waited_us; /* of each row */
    long next_waited;
} Loop;

typedef struct Figures {
    double us_a_row[MAX_ROUNDS];
    double p50_us[MAX_ROUNDS];
    double p99_us[MAX_ROUNDS];
} Figures;

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void answered(void *ctx, FzStatus status, int64_t row);

/* Answers come in order of submission: a ring of times is enough. */
static void submit_one(Loop *loop)
{
    loop->sent_ns[loop->next_sent++ % FZ_LIMIT_STORE_GROUP_RECORDS] = now_ns();
    loop->to_submit--;
    if (fz_store_submit(loop->store, &loop->held, answered, loop) != FZ_OK) {
        fprintf(stderr, "bench-store: a record was refused\n");
        exit(1);
    }
}

static void answered(void *ctx, FzStatus status, int64_t row)
{
    Loop *loop = ctx;
    int64_t sent =
        loop->sent_ns[loop->next_waited % FZ_LIMIT_STORE_GROUP_RECORDS];

    (void)row;
    loop->waited_us[loop->next_waited++] = (float)(now_ns() - sent) / 1000;
    loop->failed += status != FZ_OK;
    if (loop->to_submit > 0)
        submit_one(loop);
    pthread_mutex_lock(&loop->lock);
    if (--loop->to_answer == 0)
        pthread_cond_signal(&loop->over);
    pthread_mutex_unlock(&loop->lock);
}

static int by_value_f(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double part(const double *values, int count, double share)
{
    double sorted[MAX_ROUNDS];

    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, by_value);
    return sorted[(int)lround(share * (count - 1))];
}

static void run_loop(Loop *loop, int depth, long rows, int round,
                     Figures *figures)
{
    int64_t from;

    loop->to_submit = loop->to_answer = rows;
    loop->next_sent = loop->next_waited = 0;
    from = now_ns();
    /* all times of the first ones before the first answer can come */
    for (int i = 0; i < depth; i++)
        loop->sent_ns[loop->next_sent++] = from;
    loop->to_submit -= depth;
    for (int i = 0; i < depth; i++)
        if (fz_store_submit(loop->store, &loop->held, answered, loop) != FZ_OK)
            exit(1);
    pthread_mutex_lock(&loop->lock);
    while (loop->to_answer > 0)
        pthread_cond_wait(&loop->over, &loop->lock);
    pthread_mutex_unlock(&loop->lock);

    figures->us_a_row[round] = (double)(now_ns() - from) / 1000 / (double)rows;
    qsort(loop->waited_us, (size_t)rows, sizeof *loop->waited_us, by_value_f);
    figures->p50_us[round] = loop->waited_us[rows / 2];
    figures->p99_us[round] = loop->waited_us[rows * 99 / 100];
}

static double run_disk(const char *folder, long rows)
{
    char path[1024], octets[ROW_OCTETS];
    int64_t from;
    int fd;

    memset(octets, 'x', sizeof octets);
    snprintf(path, sizeof path, "%s/append", folder);
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    from = now_ns();
    for (long i = 0; i < rows; i++)
        if (write(fd, octets, sizeof octets) != (ssize_t)sizeof octets ||
            fdatasync(fd) != 0) {
            perror(path);
            exit(1);
        }
    from = now_ns() - from;
    close(fd);
    unlink(path);
    return (double)from / 1000 / (double)rows;
}

static void print_figure(const char *name, const double *values, int rounds,
                         const char *end)
{
    printf("\"%s\":{\"median\":%.2f,\"p5\":%.2f,\"p95\":%.2f}%s", name,
           part(values, rounds, 0.5), part(values, rounds, 0.05),
           part(values, rounds, 0.95), end);
}

static void remove_files(const char *folder)
{
    static const char *const names[] = {"bench.db",     "bench.db-wal",
                                        "bench.db-shm", "bench.db-writer",
                                        "bench.key",    ""};
    char path[1024];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        remove(path);
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"rows", required_argument, NULL, 'r'},
        {"rounds", required_argument, NULL, 'n'},
        {"folder", required_argument, NULL, 'd'},
        {"format", required_argument, NULL, 'f'},
        {NULL, 0, NULL, 0},
    };
    static Figures figures[DEPTHS];
    static double disk[MAX_ROUNDS], ratio[DEPTHS][MAX_ROUNDS];
    char folder[512] = "bench-store-XXXXXX", path[600], key[600];
    static char text[TEXT_OCTETS], packed[PACKED_OCTETS], record[RECORD_OCTETS];
    long rows = 2000;
    int rounds = 15, option;
    Loop loop = {.lock = PTHREAD_MUTEX_INITIALIZER,
                 .over = PTHREAD_COND_INITIALIZER};
    FzStoreConfig config = {.path = path, .key_file = key, .create = true};
    FzStoreStats stats;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r')
            rows = atol(optarg);
        else if (option == 'n')
            rounds = atoi(optarg);
        else if (option == 'd')
            snprintf(folder, sizeof folder, "%s/bench-store-XXXXXX", optarg);
        else if (option != 'f' || strcmp(optarg, "json") != 0)
            return 2;
    }
    if (rows < 200 || rounds < 1 || rounds > MAX_ROUNDS ||
        mkdtemp(folder) == NULL) {
        fprintf(stderr, "bench-store: bad number, or no folder %s\n", folder);
        return 2;
    }
    snprintf(path, sizeof path, "%s/bench.db", folder);
    snprintf(key, sizeof key, "%s/bench.key", folder);
    if (fz_store_open(&config, NULL, &loop.store) != FZ_OK)
        return 1;
    loop.sent_ns =
        fz_calloc(FZ_LIMIT_STORE_GROUP_RECORDS, sizeof *loop.sent_ns);
    loop.waited_us = fz_calloc((size_t)rows, sizeof *loop.waited_us);
    loop.held = (FzHeld){.received_ms = fz_clock_wall_ms(),
                         .state = FZ_HELD_HELD,
                         .message_id = fz_slice("0123456789abcdef", 16),
                         .node = fz_slice_of("gw-1"),
                         .verdict = fz_slice_of("quarantine"),
                         .reason = fz_slice_of("phishing"),
                         .rule = fz_slice_of("en.delivery.fee"),
                         .profile = fz_slice_of("default"),
                         .sender = fz_slice_of("12345"),
                         .receiver = fz_slice_of("+15550100001"),
                         .identity = fz_slice_of("shop.example"),
                         .text = fz_slice(text, sizeof text),
                         .packed = fz_slice(packed, sizeof packed),
                         .record = fz_slice(record, sizeof record)};

    for (int round = 0; round < rounds; round++) {
        disk[round] = run_disk(folder, rows / 10);
        for (int i = 0; i < DEPTHS; i++) {
            run_loop(&loop, depths[i], rows, round, &figures[i]);
            ratio[i][round] = figures[i].us_a_row[round] / disk[round];
        }
    }
    fz_store_stats(loop.store, &stats);
    printf("{\"rows_a_round\":%ld,\"rounds\":%d,\"row_octets\":%d,", rows,
           rounds, ROW_OCTETS);
    print_figure("append_fdatasync_us", disk, rounds, ",\"in_flight\":{");
    for (int i = 0; i < DEPTHS; i++) {
        printf("%s\"%d\":{", i == 0 ? "" : ",", depths[i]);
        print_figure("us_a_row", figures[i].us_a_row, rounds, ",");
        print_figure("to_fdatasync", ratio[i], rounds, ",");
        print_figure("wait_p50_us", figures[i].p50_us, rounds, ",");
        print_figure("wait_p99_us", figures[i].p99_us, rounds, "}");
    }
    printf("},\"rows\":%llu,\"commits\":%llu,\"database_octets\":%llu,"
           "\"failed\":%ld}\n",
           (unsigned long long)stats.committed,
           (unsigned long long)stats.commits, (unsigned long long)stats.octets,
           loop.failed);
    fz_store_close(loop.store);
    fz_free(loop.sent_ns);
    fz_free(loop.waited_us);
    remove_files(folder);
    return loop.failed == 0 ? 0 : 1;
}

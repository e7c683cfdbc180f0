/* SPDX-License-Identifier: BSD-2-Clause
 *
 * compile.c - fanzha-compile: one database from stdin to stdout
 *
 * Started by whoever loads rules (config/compile_child.h), never by hand. It
 * bounds itself before it reads anything, and ends with who started it.
 */
#include "config.h"

#include "base/buf.h"
#include "base/limits.h"
#include "config/compile_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define READ_OCTETS (1u << 16)

static bool bound(int what, rlim_t soft, rlim_t hard)
{
    const struct rlimit limit = {soft, hard};

    return setrlimit(what, &limit) == 0;
}

/* "--cpu=120": 120; 0 when it is another or none. */
static rlim_t number_of(const char *word, const char *name)
{
    size_t octets = strlen(name);

    if (strncmp(word, name, octets) != 0)
        return 0;
    return (rlim_t)strtoull(word + octets, NULL, 10);
}

static bool bound_ourselves(int argc, char **argv)
{
    bool fine =
        bound(RLIMIT_CORE, 0, 0) &&
        bound(RLIMIT_FSIZE, FZ_LIMIT_ANSWER_OCTETS, FZ_LIMIT_ANSWER_OCTETS);

    for (int i = 1; i < argc && fine; i++) {
        rlim_t cpu = number_of(argv[i], "--cpu=");
        rlim_t memory = number_of(argv[i], "--memory-mb=");

        if (cpu != 0)
            fine = bound(RLIMIT_CPU, cpu, cpu + 1);
#ifndef __SANITIZE_ADDRESS__ /* it lays claim to 20 TB that it never uses */
        if (memory != 0)
            fine = bound(RLIMIT_AS, memory << 20, memory << 20);
#else
        (void)memory;
#endif
    }
    return fine;
}

static bool read_all(FzBuf *job)
{
    for (;;) {
        ssize_t got;

        fz_buf_reserve(job, READ_OCTETS);
        got = read(STDIN_FILENO, job->data + job->octets, READ_OCTETS);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return false;
        if (got > 0)
            job->octets += (size_t)got;
    }
}

static bool write_all(FzSlice octets)
{
    while (octets.octets != 0) {
        ssize_t put = write(STDOUT_FILENO, octets.data, octets.octets);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        octets = fz_slice(octets.data + put, octets.octets - (size_t)put);
    }
    return true;
}

int main(int argc, char **argv)
{
    FzBuf job = FZ_BUF_INIT, answer = FZ_BUF_INIT;
    int exit_status = 1;
    FzStatus status;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (isatty(STDIN_FILENO)) {
        fputs("fanzha-compile is started by fanzha itself\n", stderr);
        return 2;
    }
    if (!bound_ourselves(argc, argv)) {
        fprintf(stderr, "the limits cannot be set: %s\n", strerror(errno));
        return 1;
    }
    if (!read_all(&job)) {
        fprintf(stderr, "the job cannot be read: %s\n", strerror(errno));
        goto out;
    }
    status = fz_job_serve(fz_buf_slice(&job), &answer);
    if (status == FZ_E_LIMIT)
        exit_status = FZ_COMPILER_NO_MEMORY;
    else if (status != FZ_OK)
        fputs("this is no job of this version (" FZ_VERSION ")\n", stderr);
    else if (!write_all(fz_buf_slice(&answer)))
        fprintf(stderr, "the answer cannot be written: %s\n", strerror(errno));
    else
        exit_status = 0;
out:
    fz_buf_clear(&job);
    fz_buf_clear(&answer);
    return exit_status;
}

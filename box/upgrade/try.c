/* SPDX-License-Identifier: BSD-2-Clause
 *
 * try.c - is the new program fit? It is asked beside the running one
 */
#include "config.h"

#include "box/upgrade/upgrade.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK_MS 30000 /* for the new program to look at its files */

void fz_upgrade_first_line(char *text)
{
    static const char name[] = "fanzhabox: ";
    size_t octets;

    if (strncmp(text, name, sizeof name - 1) == 0)
        memmove(text, text + sizeof name - 1,
                strlen(text + sizeof name - 1) + 1);
    text[strcspn(text, "\n")] = '\0';
    octets = strlen(text);
    if (octets > 0 && text[octets - 1] == '.')
        text[octets - 1] = '\0';
}

/* All that it says, as far as there is room; false when it took too long. */
static bool listen_to(int from, char *said, size_t room)
{
    int64_t until = fz_clock_monotonic_ms() + CHECK_MS;
    size_t octets = 0;
    char more[512];

    said[0] = '\0';
    for (;;) {
        struct pollfd ready = {from, POLLIN, 0};
        int64_t left = until - fz_clock_monotonic_ms();
        ssize_t got;

        if (left <= 0)
            return false;
        if (poll(&ready, 1, (int)left) <= 0)
            continue;
        got = read(from, more, sizeof more);
        if (got <= 0)
            return true;
        for (ssize_t i = 0; i < got && octets + 1 < room; i++)
            said[octets++] = more[i];
        said[octets] = '\0';
    }
}

static pid_t start_check(char *program, const char *config, int say,
                         int *failed_out)
{
    char takes[32];
    char *argv[] = {program,        (char *)"--check",
                    takes,          (char *)"--config",
                    (char *)config, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    pid_t pid = -1;

    snprintf(takes, sizeof takes, "--takes-over=%u", FZ_STATE_FORMAT);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, say, 1);
    posix_spawn_file_actions_adddup2(&files, say, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_init(&how);
    posix_spawnattr_setsigmask(&how, &none);
    posix_spawnattr_setsigdefault(&how, &all);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    *failed_out = posix_spawn(&pid, program, &files, &how, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return *failed_out == 0 ? pid : -1;
}

bool fz_upgrade_try(char *program, const char *config, char *why, size_t room)
{
    int pipes[2], failed = 0, status = 0;
    bool in_time;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC) != 0) {
        snprintf(why, room, "it cannot be tried: %s", strerror(errno));
        return false;
    }
    pid = start_check(program, config, pipes[1], &failed);
    close(pipes[1]);
    if (pid < 0) {
        close(pipes[0]);
        snprintf(why, room, "%.300s cannot be executed: %s", program,
                 strerror(failed));
        return false;
    }
    in_time = listen_to(pipes[0], why, room);
    close(pipes[0]);
    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    fz_upgrade_first_line(why);
    if (!in_time)
        snprintf(why, room, "%.300s looked at its files for more than %d s",
                 program, CHECK_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(why, room, "%.300s was ended by signal %d as it was tried",
                 program, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0 && why[0] == '\0')
        snprintf(why, room, "%.300s ended with status %d as it was tried",
                 program, WEXITSTATUS(status));
    return in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

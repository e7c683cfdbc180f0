/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "plugin/live/alert.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

extern char **environ;

enum { ALERT_MOST_S = 30, ENVIRONMENT_MOST = 1000 };

/* --- the command ------------------------------------------------------------
 */
static int wait_for(pid_t pid, int most_s)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    int64_t until_ms = fz_clock_monotonic_ms() + most_s * 1000;
    int status;

    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (fz_clock_monotonic_ms() > until_ms) {
            kill(-pid, SIGKILL);
            waitpid(pid, &status, 0);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int fz_alert_run(const char *command, const char *const *more, int most_s)
{
    char *argv[] = {(char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c",
                    (char *)(uintptr_t)command, NULL};
    char *envp[ENVIRONMENT_MOST];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    size_t count = 0;
    sigset_t none;
    pid_t pid;
    int failed;

    for (size_t i = 0; more[i] != NULL; i++)
        envp[count++] = (char *)(uintptr_t)more[i];
    for (size_t i = 0; environ[i] != NULL && count < ENVIRONMENT_MOST - 1; i++)
        envp[count++] = environ[i];
    envp[count] = NULL;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", 0, 0);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&how);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&how, &none); /* gwlib's threads block all */
    posix_spawnattr_setpgroup(&how, 0);
    posix_spawnattr_setflags(&how,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
    failed = posix_spawn(&pid, argv[0], &files, &how, argv, envp);
    posix_spawnattr_destroy(&how);
    posix_spawn_file_actions_destroy(&files);
    return failed != 0 ? -1 : wait_for(pid, most_s);
}

/* --- one trip ---------------------------------------------------------------
 */
static void say_undo(const FzBraked *braked, char *out, size_t room)
{
    if (braked->kind == FZ_BRAKE_RULE || braked->kind == FZ_BRAKE_PROFILE)
        snprintf(out, room, "fanzhactl rollback");
    else if (braked->kind == FZ_BRAKE_ENTRY)
        snprintf(out, room, "fanzhactl list remove '%s'",
                 strstr(braked->name, ": ") == NULL
                     ? braked->name
                     : strstr(braked->name, ": ") + 2);
    else
        snprintf(out, room, "fanzhactl rollback");
}

static void say_release(const FzBraked *braked, char *out, size_t room)
{
    if (braked->kind == FZ_BRAKE_TOTAL)
        snprintf(out, room,
                 "fanzhactl brake release --all && "
                 "fanzhactl bypass off");
    else if (braked->kind == FZ_BRAKE_IDENTITY)
        snprintf(out, room,
                 "fanzhactl brake release '%s' && fanzhactl bypass off "
                 "--identity '%s'",
                 braked->name, braked->name);
    else
        snprintf(out, room, "fanzhactl brake release '%s'", braked->name);
}

static void run_command(const FzPlugin *plugin, const FzBraked *braked,
                        const char *undo, const char *release)
{
    const char *command = plugin->config->brake.alert_command;
    char kind[64], source[512], messages[64], window[64], u[600], r[600];
    const char *more[] = {kind, source, messages, window, u, r, NULL};
    int status;

    if (command == NULL)
        return;
    snprintf(kind, sizeof kind, "FANZHA_KIND=%s",
             fz_brake_kind_name(braked->kind));
    snprintf(source, sizeof source, "FANZHA_SOURCE=%s", braked->name);
    snprintf(messages, sizeof messages, "FANZHA_MESSAGES=%u", braked->messages);
    snprintf(window, sizeof window, "FANZHA_WINDOW_S=%u", braked->window_s);
    snprintf(u, sizeof u, "FANZHA_UNDO=%s", undo);
    snprintf(r, sizeof r, "FANZHA_RELEASE=%s", release);
    status = fz_alert_run(command, more, ALERT_MOST_S);
    if (status != 0)
        fz_diag_warn(&fz_plugin_log, FZ_E_IO, NULL, 0, NULL,
                     "the alert-command of the brake ended with %d (-1: not "
                     "started, killed, or longer than %d s)",
                     status, ALERT_MOST_S);
}

static void take_trip(void *ctx, const FzBraked *braked)
{
    FzPlugin *plugin = ctx;
    char undo[512], release[512];
    json_t *detail;
    char *text;

    say_undo(braked, undo, sizeof undo);
    say_release(braked, release, sizeof release);
    if (braked->kind == FZ_BRAKE_TOTAL || braked->kind == FZ_BRAKE_IDENTITY)
        if (fz_bypass_set(plugin->bypass,
                          braked->kind == FZ_BRAKE_TOTAL ? NULL : braked->name,
                          FZ_BYPASS_FOREVER, braked->at_ms,
                          &fz_plugin_log) != FZ_OK)
            fz_diag_warn(&fz_plugin_log, FZ_E_IO, NULL, 0, NULL,
                         "the bypass is in effect until the next restart only");
    fz_diag(&fz_plugin_log, FZ_E_LIMIT, NULL, 0, NULL,
            "the brake stopped %s `%s': it acted on %u messages within %u s. "
            "Undo what brought it: %s. Let it act again: %s",
            fz_brake_kind_name(braked->kind), braked->name, braked->messages,
            braked->window_s, undo, release);
    detail =
        json_pack("{s:s,s:s,s:i,s:i}", "kind", fz_brake_kind_name(braked->kind),
                  "source", braked->name, "messages", (int)braked->messages,
                  "window_s", (int)braked->window_s);
    text = json_dumps(detail, JSON_COMPACT | JSON_SORT_KEYS);
    if (fz_store_audit(plugin->store, braked->at_ms, "fanzha.so", "brake", text,
                       &fz_plugin_log) != FZ_OK)
        fz_diag_warn(&fz_plugin_log, FZ_E_IO, NULL, 0, NULL,
                     "the trip of the brake is not in the audit trail");
    fz_free(text);
    json_decref(detail);
    run_command(plugin, braked, undo, release);
}

/* --- its thread -------------------------------------------------------------
 */
static void run(void *arg)
{
    FzPlugin *plugin = arg;

    fz_brake_run(plugin->brake, take_trip, plugin);
}

void fz_alert_start(FzPlugin *plugin, const FzDiagSink *sink)
{
    plugin->brake_thread = gwthread_create(run, plugin);
    if (plugin->brake_thread < 0)
        fz_diag_warn(sink, FZ_E_LIMIT, NULL, 0, NULL,
                     "no thread is left for the brake: it stops what trips "
                     "and tells nobody");
}

void fz_alert_stop(FzPlugin *plugin)
{
    if (plugin->brake == NULL)
        return;
    fz_brake_stop(plugin->brake);
    if (plugin->brake_thread >= 0)
        gwthread_join(plugin->brake_thread);
}

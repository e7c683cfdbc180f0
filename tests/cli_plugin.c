/* SPDX-License-Identifier: BSD-2-Clause
 *
 * cli_plugin.c - a plugin's control socket for the tests of fanzhactl
 *
 *     cli_plugin SOCKET COMMAND...
 *
 * Serves while COMMAND runs and ends with its status. `status' tells what
 * `reload' and `bypass' did; a file "refuse" beside the socket makes `reload'
 * refuse, a file "late" lets the third status after a reload tell of it first.
 * `trace' knows three messages, and none by its id.
 */
#include "config.h"

#include "control/control.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Plugin {
    const char *path;
    bool bypass;
    int loaded;   /* reloads so far */
    int in_force; /* of them */
    int asked;    /* statuses since the last reload */
} Plugin;

static bool has(const Plugin *plugin, const char *name)
{
    char path[1024];

    snprintf(path, sizeof path, "%s.%s", plugin->path, name);
    return access(path, F_OK) == 0;
}

static json_t *digest_of(int number)
{
    char text[65];

    snprintf(text, sizeof text, "%064d", number);
    return json_string(text);
}

static FzStatus status(void *ctx, FzControlCall *call)
{
    Plugin *plugin = ctx;

    if (++plugin->asked >= 3 || !has(plugin, "late"))
        plugin->in_force = plugin->loaded;
    call->result =
        json_pack("{s:s,s:o,s:i,s:b,s:{s:i,s:i}}", "mode", "observe", "digest",
                  digest_of(plugin->in_force), "asked", plugin->asked, "bypass",
                  plugin->bypass, "messages", "passed", 7, "held", 1);
    return FZ_OK;
}

static FzStatus metrics(void *ctx, FzControlCall *call)
{
    (void)ctx;
    call->result = json_pack("{s:s}", "text", "# TYPE x counter\nx 1\n");
    return FZ_OK;
}

static FzStatus reload(void *ctx, FzControlCall *call)
{
    Plugin *plugin = ctx;

    if (has(plugin, "refuse")) {
        fz_diag(&call->sink, FZ_E_RULE, "sets/x/rules.conf", 7, "x.one",
                "unknown key `scoer'; did you mean `score'");
        return FZ_E_RULE;
    }
    call->progress(call, 1, 2, "compile");
    plugin->loaded++;
    plugin->asked = 0;
    if (!has(plugin, "late"))
        plugin->in_force = plugin->loaded;
    fz_diag_warn(&call->sink, FZ_E_RULE, "sets/x/rules.conf", 9, "x.two",
                 "the rule was never tested");
    call->result = json_pack("{s:o,s:i,s:i}", "digest",
                             digest_of(plugin->loaded), "rules", 12, "ms", 5);
    return FZ_OK;
}

static FzStatus bypass(void *ctx, FzControlCall *call)
{
    Plugin *plugin = ctx;

    plugin->bypass = json_is_true(json_object_get(call->args, "on"));
    call->result = json_pack("{s:O}", "asked", call->args);
    return FZ_OK;
}

/* Two of three flights, and what was asked. */
static FzStatus trace(void *ctx, FzControlCall *call)
{
    (void)ctx;
    if (json_object_get(call->args, "id") != NULL) {
        call->result =
            json_pack("{s:i,s:i,s:s,s:[]}", "found", 0, "recorded", 40, "since",
                      "2026-03-10T08:00:00.000Z", "flights");
        return FZ_OK;
    }
    call->result = json_pack(
        "{s:i,s:i,s:s,s:[{s:s,s:s,s:s,s:s,s:s,s:f,s:s,s:i,s:{s:i,s:s}},"
        "{s:s,s:s,s:s,s:s,s:s,s:f,s:s,s:i}],s:O}",
        "found", 3, "recorded", 40, "since", "2026-03-10T08:00:00.000Z",
        "flights", "time", "2026-03-10T12:00:01.000Z", "id",
        "0b0f2a6e-0000-4000-8000-000000000002", "direction", "mt", "verdict",
        "quarantine", "disposition", "hold", "score", 6.5, "generation",
        "5f0c1e22", "us", 41, "quarantine", "row", 17, "state", "held", "time",
        "2026-03-10T12:00:00.000Z", "id",
        "0b0f2a6e-0000-4000-8000-000000000001", "direction", "mt", "verdict",
        "pass", "disposition", "deliver", "score", 0.0, "generation",
        "5f0c1e22", "us", 12, "asked", call->args);
    return FZ_OK;
}

static void *serve(void *server)
{
    fz_control_server_run(server);
    return NULL;
}

int main(int argc, char **argv)
{
    static const FzControlVerb verbs[] = {
        {"status", FZ_ROLE_READ, status, .quick = false},
        {"metrics", FZ_ROLE_READ, metrics, .quick = false},
        {"reload", FZ_ROLE_ADMIN, reload, .quick = false},
        {"bypass", FZ_ROLE_ADMIN, bypass, .quick = false},
        {"trace", FZ_ROLE_READ, trace, .quick = false},
    };
    Plugin plugin = {0};
    FzControlConfig config = {.mode = 0600};
    FzControlServer *server;
    pthread_t thread;
    int wstatus = 0;
    pid_t child;

    if (argc < 3)
        return 2;
    plugin.path = config.path = argv[1];
    if (fz_control_server_open(&config, verbs, sizeof verbs / sizeof *verbs,
                               &plugin, NULL, &server) != FZ_OK ||
        pthread_create(&thread, NULL, serve, server) != 0)
        return 1;
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    waitpid(child, &wstatus, 0);
    fz_control_server_stop(server);
    pthread_join(thread, NULL);
    fz_control_server_close(server);
    return WIFEXITED(wstatus) ? WEXITSTATUS(wstatus) : 1;
}

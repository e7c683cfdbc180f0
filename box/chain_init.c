/* SPDX-License-Identifier: BSD-2-Clause
 *
 * chain_init.c - a plugin's init may crash, hang or end the process
 *
 * A crash in this process leaves nothing to rely on (a lock of the allocator,
 * half a list), so the guard comes back only far enough to say which plugin it
 * was. A plugin that the host can do without is tried in a process of its own
 * first, made before any thread is: docs/decisions/0010.
 */
#include "config.h"

#include "box/chain_impl.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY_MS 10000 /* for init, and for shutdown, of one that is tried */
#define LAST_WORD_S 5
#define STACK_OCTETS (64u << 10)

static const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define CRASHES (sizeof crashes / sizeof crashes[0])

void (*fz_chain_crashed)(const char *why);

/* --- guarded ------------------------------------------------------------- */
static sigjmp_buf back;
static pthread_t guarded;
static PluginBoxPlugin *in_init; /* told of at exit() */

static void crashed(int number)
{
    if (pthread_equal(pthread_self(), guarded))
        siglongjmp(back, number);
    signal(number, SIG_DFL); /* another thread's: as ever */
    raise(number);
}

static void say(int fd, const char *text, size_t octets)
{
    if (fd >= 0 && write(fd, text, octets) < 0)
        return;
}

static void told_at_exit(void)
{
    char text[512];
    int octets;

    if (in_init == NULL)
        return;
    octets = snprintf(text, sizeof text,
                      "fanzhabox: Plugin `%s' ended the process in its init.\n",
                      octstr_get_cstr(in_init->id));
    say(STDERR_FILENO, text, (size_t)octets);
    if (fz_chain_crashed != NULL)
        fz_chain_crashed(text);
}

int fz_chain_guarded_init(PluginBoxPlugin *plugin, int *fine_out)
{
    static bool at_exit;
    static uint8_t stack_octets[STACK_OCTETS];
    struct sigaction before[CRASHES];
    struct sigaction guard = {.sa_handler = crashed,
                              .sa_flags = SA_ONSTACK | SA_NODEFER};
    stack_t stack = {.ss_sp = stack_octets, .ss_size = sizeof stack_octets};
    stack_t stack_before;
    int number;

    if (!at_exit)
        atexit(told_at_exit);
    at_exit = true;
    guarded = pthread_self();
    sigaltstack(&stack, &stack_before);
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &guard, &before[i]);
    in_init = plugin;
    number = sigsetjmp(back, 1);
    if (number == 0)
        *fine_out = plugin->init(plugin);
    in_init = NULL;
    for (size_t i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &before[i], NULL);
    sigaltstack(&stack_before, NULL);
    return number;
}

/* Whatever the plugin did to the signal of it. */
static void end_in(unsigned seconds)
{
    sigset_t set;

    signal(SIGALRM, SIG_IGN); /* one that is pending is gone */
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void fz_chain_end_process(const FzBoxConfig *config, const FzBoxPlugin *entry,
                          int signal_number)
{
    char text[1024];
    int octets = snprintf(
        text, sizeof text,
        "fanzhabox: %s:%u: plugin `%s' (%s) crashed in its init (SIG%s): "
        "nothing was started; mend it, take it out, or set `needed = false' in "
        "its group to start without it.\n",
        config->path, entry->line, entry->id, entry->path,
        sigabbrev_np(signal_number));

    if (octets >= (int)sizeof text)
        octets = (int)sizeof text - 1;
    say(STDERR_FILENO, text, (size_t)octets);
    if (config->log_file != NULL)
        say(open(config->log_file, O_WRONLY | O_APPEND | O_CLOEXEC), text,
            (size_t)octets);
    if (fz_chain_crashed != NULL) {
        end_in(LAST_WORD_S); /* a lock may be held for good */
        text[octets - 1] = '\0';
        fz_chain_crashed(text);
    }
    _exit(EXIT_FAILURE);
}

/* --- tried --------------------------------------------------------------- */
/* What the process that tries says before it ends. */
typedef enum Trial {
    TRIAL_FINE = 'F',
    TRIAL_UNREADABLE = 'U',
    TRIAL_NO_INIT = 'N',
    TRIAL_REFUSED = 'R',
    TRIAL_NO_PROCESS = 'P',
} Trial;

static Trial start_it(PluginBoxPlugin *plugin, const FzBoxPlugin *entry,
                      const char *name, Cfg *running)
{
    void *object = dlopen(name, RTLD_NOW | RTLD_GLOBAL);

    memset(plugin, 0, sizeof *plugin);
    if (object == NULL) {
        fprintf(stderr, "fanzhabox: %s\n", dlerror());
        return TRIAL_UNREADABLE;
    }
    *(void **)&plugin->init = dlsym(object, entry->init);
    if (plugin->init == NULL)
        return TRIAL_NO_INIT;
    plugin->args = entry->args == NULL ? NULL : octstr_create(entry->args);
    plugin->path = octstr_create(entry->path);
    plugin->id = octstr_create(entry->id);
    plugin->priority = entry->priority;
    plugin->direction = FZ_CHAIN_BOTH_SIDES;
    plugin->running_configuration = running;
    if (!plugin->init(plugin))
        return TRIAL_REFUSED;
    return plugin->process == NULL ? TRIAL_NO_PROCESS : TRIAL_FINE;
}

static void try_and_end(const FzBoxPlugin *entry, const char *object,
                        Cfg *running, int tell)
{
    static PluginBoxPlugin plugin;
    char result;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < CRASHES; i++)
        signal(crashes[i], SIG_DFL);
    result = (char)start_it(&plugin, entry, object, running);
    say(tell, &result, 1);
    if (plugin.shutdown != NULL)
        plugin.shutdown(&plugin);
    _exit(EXIT_SUCCESS);
}

/* The octet that it tells; 0 when it ended without. */
static char hear(int fd, bool *hung_out)
{
    struct pollfd pfd = {.fd = fd, .events = POLLIN};
    char result = 0;

    *hung_out = poll(&pfd, 1, TRY_MS) != 1;
    if (*hung_out || read(fd, &result, 1) != 1)
        return 0;
    return result;
}

static int end_of(pid_t pid, int patience_ms)
{
    int status = 0;

    for (int ms = 0; ms < patience_ms; ms += 10) {
        if (waitpid(pid, &status, WNOHANG) != 0)
            return status;
        usleep(10000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    return status;
}

static char *clause(char result, int status, bool hung)
{
    char text[128];

    switch (result) {
    case TRIAL_UNREADABLE:
        return gw_strdup("it cannot be loaded");
    case TRIAL_NO_INIT:
        return gw_strdup("it has no such init function");
    case TRIAL_REFUSED:
        return gw_strdup("its init function failed");
    case TRIAL_NO_PROCESS:
        return gw_strdup("its init set no process function");
    default:
        break;
    }
    if (hung)
        snprintf(text, sizeof text, "its init did not return in %d s",
                 TRY_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(text, sizeof text, "it crashed in its init (SIG%s)",
                 sigabbrev_np(WTERMSIG(status)));
    else
        snprintf(text, sizeof text,
                 "it ended the process in its init (status %d)",
                 WEXITSTATUS(status));
    return gw_strdup(text);
}

bool fz_chain_try_plugin(const FzBoxPlugin *entry, const char *object,
                         Cfg *running, char **why_out)
{
    bool hung = false;
    int tell[2], status;
    char result;
    pid_t pid;

    if (pipe2(tell, O_CLOEXEC) != 0) {
        *why_out = gw_strdup("it cannot be tried: no descriptors are left");
        return false;
    }
    pid = fork();
    if (pid == 0)
        try_and_end(entry, object, running, tell[1]);
    close(tell[1]);
    if (pid < 0) {
        close(tell[0]);
        *why_out = gw_strdup("it cannot be tried: no process can be made");
        return false;
    }
    result = hear(tell[0], &hung);
    close(tell[0]);
    status = end_of(pid, hung ? 0 : TRY_MS);
    if (result == TRIAL_FINE)
        return true;
    *why_out = clause(result, status, hung);
    return false;
}

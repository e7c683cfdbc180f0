/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h> /* the build's; "config.h" is this folder's */

#include "base/alloc.h"
#include "base/clock.h"
#include "base/limits.h"
#include "config/compile_child.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME "fanzha-compile"
#define TELL_MS 100 /* between two words on the progress */
#define WORDS_OCTETS 512

extern char **environ;

/* --- which program -------------------------------------------------------- */

/* `NAME' in the folder of a file, when it is there; else NULL. */
static char *beside(const char *file)
{
    const char *slash = strrchr(file, '/');
    FzBuf path = FZ_BUF_INIT;

    if (slash == NULL)
        return NULL;
    fz_buf_printf(&path, "%.*s/" NAME, (int)(slash - file), file);
    if (access(fz_buf_text(&path), X_OK) == 0)
        return fz_buf_take_text(&path);
    fz_buf_clear(&path);
    return NULL;
}

char *fz_compile_child_program(const FzConfigCompile *limits)
{
    const char *named = limits->program;
    char exe[4096], *found = NULL;
    ssize_t octets;
    Dl_info info;

    if (named == NULL)
        named = getenv("FANZHA_COMPILE");
    if (named != NULL && *named != '\0')
        return fz_strdup(named);
    /* a build that is not installed: the plugin's own folder, or ours */
    if (dladdr((void *)(uintptr_t)&fz_compile_child_program, &info) != 0 &&
        info.dli_fname != NULL)
        found = beside(info.dli_fname);
    octets = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (found == NULL && octets > 0) {
        exe[octets] = '\0';
        found = beside(exe);
    }
    return found == NULL ? fz_strdup(FZ_COMPILER_PATH) : found;
}

/* --- starting it ---------------------------------------------------------- */

typedef struct Child {
    const FzCompileChild *compiler;
    const FzDiagSink *sink;
    const char *what; /* "compiling 12 words" */
    char *program;
    pid_t pid;
    int in, out, err, err_child; /* descriptors; -1 */
    bool late;
    char words[WORDS_OCTETS]; /* the last it said */
} Child;

/* Above those that the child's own will have. */
static int raise_fd(int fd)
{
    int raised = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);

    if (fd >= 0)
        close(fd);
    return raised;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool put_all(int fd, FzSlice octets)
{
    while (octets.octets != 0) {
        ssize_t put = write(fd, octets.data, octets.octets);

        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        octets = fz_slice(octets.data + put, octets.octets - (size_t)put);
    }
    return true;
}

static bool open_ends(Child *child, FzSlice job)
{
    int ends[2] = {-1, -1};

    child->in = raise_fd(memfd_create("job", MFD_CLOEXEC));
    child->out = raise_fd(memfd_create("answer", MFD_CLOEXEC));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    child->err = raise_fd(ends[0]);
    child->err_child = raise_fd(ends[1]);
    return child->in >= 0 && child->out >= 0 && child->err >= 0 &&
           child->err_child >= 0 && put_all(child->in, job) &&
           lseek(child->in, 0, SEEK_SET) == 0;
}

static int spawn(Child *child)
{
    const FzConfigCompile *limits = &child->compiler->limits;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    char cpu[32], memory[32];
    char *argv[] = {child->program, cpu, memory, NULL};
    sigset_t none, all;
    int error;

    snprintf(cpu, sizeof cpu, "--cpu=%lld", (long long)limits->cpu_s);
    snprintf(memory, sizeof memory, "--memory-mb=%lld",
             (long long)limits->memory_mb);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, child->in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child->out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, child->err_child, STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    posix_spawnattr_init(&attr);
    /* a host blocks and ignores signals for itself; and what a terminal sends
     * is for its foreground alone */
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &all);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                        POSIX_SPAWN_SETSIGDEF |
                                        POSIX_SPAWN_SETPGROUP);
    error = posix_spawn(&child->pid, child->program, &actions, &attr, argv,
                        environ);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&actions);
    close_fd(&child->err_child);
    return error;
}

/* --- waiting for it ------------------------------------------------------- */

static void keep_words(Child *child, const char *said, size_t octets)
{
    size_t has = strlen(child->words), room = sizeof child->words - 1;

    if (octets > room) {
        said += octets - room;
        octets = room;
    }
    if (has + octets > room) {
        memmove(child->words, child->words + has + octets - room,
                room - octets);
        has = room - octets;
    }
    for (size_t i = 0; i < octets; i++) /* it goes into one line */
        child->words[has + i] = (unsigned char)said[i] < 0x20 ? ' ' : said[i];
    child->words[has + octets] = '\0';
}

/* Its stderr ends with it. */
static void follow(Child *child)
{
    const FzCompileChild *compiler = child->compiler;
    int64_t until =
        fz_clock_monotonic_ms() + compiler->limits.time_s * INT64_C(1000);
    struct pollfd poller = {.fd = child->err, .events = POLLIN};
    char said[256];

    for (;;) {
        int ready = poll(&poller, 1, TELL_MS);

        if (ready > 0) {
            ssize_t got = read(child->err, said, sizeof said);

            if (got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN))
                return;
            if (got > 0)
                keep_words(child, said, (size_t)got);
        }
        if (fz_clock_monotonic_ms() >= until) {
            child->late = true;
            kill(child->pid, SIGKILL);
            return;
        }
        fz_progress_tell(compiler->told, compiler->done, compiler->total,
                         child->what);
    }
}

/* --- how it ended --------------------------------------------------------- */

static FzStatus tell_signal(const Child *child, int number)
{
    const FzConfigCompile *limits = &child->compiler->limits;

    if (number == SIGXCPU)
        return fz_diag(child->sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "%s takes more than %lld s of processor time: raise "
                       "`compile.cpu', or have fewer or simpler rules",
                       child->what, (long long)limits->cpu_s);
    if (strstr(child->words, "out of memory") != NULL)
        return fz_diag(child->sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "%s takes more than %lld MiB of memory: raise "
                       "`compile.memory-mb', or have fewer or simpler rules",
                       child->what, (long long)limits->memory_mb);
    return fz_diag(child->sink, FZ_E_IO, child->program, 0, NULL,
                   "%s: the compiler died of signal %d (%s)%s%s", child->what,
                   number, strsignal(number), *child->words ? ": " : "",
                   child->words);
}

static FzStatus tell_end(const Child *child, int ended)
{
    const FzConfigCompile *limits = &child->compiler->limits;

    if (child->late)
        return fz_diag(child->sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "%s was stopped after %lld s: raise `compile.time', or "
                       "have fewer or simpler rules",
                       child->what, (long long)limits->time_s);
    if (WIFSIGNALED(ended))
        return tell_signal(child, WTERMSIG(ended));
    if (WEXITSTATUS(ended) == FZ_COMPILER_NO_MEMORY)
        return fz_diag(child->sink, FZ_E_LIMIT, NULL, 0, NULL,
                       "%s takes more than %lld MiB of memory: raise "
                       "`compile.memory-mb', or have fewer or simpler rules",
                       child->what, (long long)limits->memory_mb);
    if (WEXITSTATUS(ended) != 0)
        return fz_diag(child->sink, FZ_E_IO, child->program, 0, NULL,
                       "%s: the compiler ended with status %d%s%s", child->what,
                       WEXITSTATUS(ended), *child->words ? ": " : "",
                       child->words);
    return FZ_OK;
}

static FzStatus take_answer(const Child *child, FzBuf *answer)
{
    struct stat st;
    size_t before = answer->octets;

    if (fstat(child->out, &st) != 0 || st.st_size > FZ_LIMIT_ANSWER_OCTETS)
        return fz_diag(child->sink, FZ_E_LIMIT, child->program, 0, NULL,
                       "%s: the answer of the compiler is beyond all bounds",
                       child->what);
    fz_buf_reserve(answer, (size_t)st.st_size + 1);
    while (answer->octets - before < (size_t)st.st_size) {
        size_t has = answer->octets - before;
        ssize_t got = pread(child->out, answer->data + answer->octets,
                            (size_t)st.st_size - has, (off_t)has);

        if (got <= 0)
            return fz_diag_errno(child->sink, child->program,
                                 "%s: the answer cannot be read", child->what);
        answer->octets += (size_t)got;
    }
    return FZ_OK;
}

static FzStatus run(void *ctx, FzSlice job, const char *what,
                    const FzDiagSink *sink, FzBuf *answer)
{
    FzCompileChild *compiler = ctx;
    Child child = {.compiler = compiler,
                   .sink = sink,
                   .what = what,
                   .program = fz_compile_child_program(&compiler->limits),
                   .in = -1,
                   .out = -1,
                   .err = -1,
                   .err_child = -1};
    FzStatus status;
    int error, ended = 0;

    if (!open_ends(&child, job)) {
        status =
            fz_diag_errno(sink, child.program,
                          "%s: the compiler cannot be given its job", what);
    } else if ((error = spawn(&child)) != 0) {
        errno = error;
        status = fz_diag_errno(sink, child.program,
                               "%s: the compiler cannot be started; install "
                               "it, or name it with `compile.program'",
                               what);
    } else {
        follow(&child);
        while (waitpid(child.pid, &ended, 0) < 0 && errno == EINTR)
            continue;
        status = tell_end(&child, ended);
        if (status == FZ_OK)
            status = take_answer(&child, answer);
    }
    close_fd(&child.in);
    close_fd(&child.out);
    close_fd(&child.err);
    close_fd(&child.err_child);
    fz_free(child.program);
    return status;
}

static void pass_on(void *ctx, uint64_t done, uint64_t total, const char *what)
{
    FzCompileChild *compiler = ctx;

    compiler->done = done;
    compiler->total = total;
    fz_progress_tell(compiler->told, done, total, what);
}

void fz_compile_child_init(FzCompileChild *compiler,
                           const FzConfigCompile *limits,
                           const FzProgress *told)
{
    *compiler = (FzCompileChild){.hook = {run, compiler},
                                 .progress = {pass_on, compiler},
                                 .limits = *limits,
                                 .told = told};
}

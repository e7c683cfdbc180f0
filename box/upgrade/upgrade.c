/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/upgrade/upgrade.h"

#include "base/clock.h"
#include "base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define HOLD_MS 5000 /* for plugins to give back what they have in hand */

/* The state's descriptor, the old program's, and why it is back. */
#define ENV_STATE "FANZHABOX_HANDOVER"
#define ENV_WHY "FANZHABOX_WENT_BACK"
#define SPARE_FILES 16            /* beside one for each plugin */
#define MARGIN_OCTETS (64u << 10) /* for what is beside the connections */
#define NEW_VARIABLES 256         /* that plugins may set */
#define WHY_OCTETS sizeof((FzUpgradeTold *)0)->text

/* --- the one upgrade ----------------------------------------------------- */
static struct {
    pthread_mutex_t lock; /* of `told` */
    FzUpgradeTold told;
    atomic_bool asked;

    char **argv;
    char **environment; /* room for that of the next program */
    size_t variables;   /* that are kept of ours */
    char program[FZ_LIMIT_HANDOVER_NAME_OCTETS]; /* where the new one is */

    /* what was handed over */
    bool has_state;
    FzState state;
    void *map;
    size_t map_octets;
    int state_fd, self_fd; /* -1 */
    bool *inherited;       /* by descriptor, of `inherited_most`: a link's */
    size_t inherited_most;
    bool came_back;
    char why[WHY_OCTETS];
} it = {.lock = PTHREAD_MUTEX_INITIALIZER, .state_fd = -1, .self_fd = -1};

static void tell(FzUpgradeStage stage, const char *format, ...) FZ_PRINTF(2, 3);

static void tell(FzUpgradeStage stage, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    pthread_mutex_lock(&it.lock);
    it.told.stage = stage;
    vsnprintf(it.told.text, sizeof it.told.text, format, args);
    pthread_mutex_unlock(&it.lock);
    va_end(args);
}

void fz_upgrade_told(FzUpgradeTold *told_out)
{
    pthread_mutex_lock(&it.lock);
    *told_out = it.told;
    pthread_mutex_unlock(&it.lock);
}

const char *fz_upgrade_stage_name(FzUpgradeStage stage)
{
    switch (stage) {
    case FZ_UPGRADE_NONE:
        return "none";
    case FZ_UPGRADE_ASKED:
        return "asked";
    case FZ_UPGRADE_CHECKING:
        return "checking";
    case FZ_UPGRADE_HOLDING:
        return "holding";
    case FZ_UPGRADE_STARTING:
        return "starting";
    case FZ_UPGRADE_DONE:
        return "done";
    case FZ_UPGRADE_REFUSED:
        return "refused";
    case FZ_UPGRADE_WENT_BACK:
        return "went back";
    }
    return "none";
}

uint32_t fz_upgrade_ask(void)
{
    uint32_t attempt = 0;

    pthread_mutex_lock(&it.lock);
    switch (it.told.stage) {
    case FZ_UPGRADE_NONE:
    case FZ_UPGRADE_DONE:
    case FZ_UPGRADE_REFUSED:
    case FZ_UPGRADE_WENT_BACK:
        attempt = ++it.told.attempt;
        it.told.stage = FZ_UPGRADE_ASKED;
        it.told.text[0] = '\0';
        break;
    case FZ_UPGRADE_ASKED:
    case FZ_UPGRADE_CHECKING:
    case FZ_UPGRADE_HOLDING:
    case FZ_UPGRADE_STARTING:
        break;
    }
    pthread_mutex_unlock(&it.lock);
    if (attempt != 0) {
        atomic_store(&it.asked, true);
        kill(getpid(), FZ_UPGRADE_SIGNAL);
    }
    return attempt;
}

bool fz_upgrade_is_asked(void)
{
    return atomic_exchange(&it.asked, false);
}

bool fz_upgrade_reads(long format)
{
    return format == (long)FZ_STATE_FORMAT;
}

/* --- descriptors --------------------------------------------------------- */
static void keep_open(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, 0);
}

static void keep_all_open(FzSlice files)
{
    FzStateFile file;

    while (fz_state_next_file(&files, &file))
        keep_open(file.fd);
}

/* Nothing but what the state names, and the state, outlives the exec. */
static void keep_what_is_handed_over(const FzState *state, int state_fd)
{
    FzSlice links = state->rest;
    FzStateLink link;

    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    keep_open(state_fd);
    keep_open(state->self.fd);
    keep_all_open(state->listeners);
    keep_all_open(state->plugins);
    while (fz_state_next_link(&links, &link)) {
        keep_open(link.box.fd);
        keep_open(link.up.fd);
    }
}

/* What was left open for us alone is not for the children of a plugin, which
 * may start some before the connections are taken up. */
static void close_on_exec(int fd)
{
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void note_inherited(int fd)
{
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFD);
    size_t most = (size_t)fd + 1;

    if (flags < 0 || (flags & FD_CLOEXEC) != 0)
        return; /* none, or noted before */
    if (most > it.inherited_most) {
        it.inherited = gw_realloc(it.inherited, most * sizeof *it.inherited);
        memset(it.inherited + it.inherited_most, 0,
               (most - it.inherited_most) * sizeof *it.inherited);
        it.inherited_most = most;
    }
    it.inherited[fd] = true;
    close_on_exec(fd);
}

static void keep_from_children(void)
{
    FzSlice links = it.state.rest,
            files[] = {it.state.listeners, it.state.plugins};
    FzStateFile file;
    FzStateLink link;

    while (fz_state_next_link(&links, &link)) {
        note_inherited(link.box.fd);
        note_inherited(link.up.fd);
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        while (fz_state_next_file(&files[i], &file))
            close_on_exec(file.fd);
    close_on_exec(it.state_fd);
    close_on_exec(it.self_fd);
}

static void close_all(FzSlice files)
{
    FzStateFile file;

    while (fz_state_next_file(&files, &file))
        close(file.fd);
}

/* --- from one program to the next ---------------------------------------- */
void fz_upgrade_signals(sigset_t *set_out)
{
    sigemptyset(set_out);
    sigaddset(set_out, SIGTERM);
    sigaddset(set_out, SIGINT);
    sigaddset(set_out, SIGHUP);
    sigaddset(set_out, SIGUSR2);
    sigaddset(set_out, SIGQUIT);
    sigaddset(set_out, FZ_UPGRADE_SIGNAL);
}

/* Timers, ignored signals and the mask outlive an exec, handlers do not: what
 * a plugin set up would end the next program, or keep it from its children.
 * Those that we wait for stay blocked, and pending where they are: somebody has
 * asked for the end meanwhile, and is to have it. */
static void forget_signals(void)
{
    static const struct itimerval never;
    sigset_t all, ours;

    fz_upgrade_signals(&ours);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    setitimer(ITIMER_PROF, &never, NULL);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&ours, number) == 0)
            signal(number, SIG_IGN); /* what is pending is gone */
        signal(number, SIG_DFL);
    }
    pthread_sigmask(SIG_SETMASK, &ours, NULL);
}

static bool is_ours(const char *variable)
{
    return strncmp(variable, ENV_STATE "=", sizeof ENV_STATE) == 0 ||
           strncmp(variable, ENV_WHY "=", sizeof ENV_WHY) == 0;
}

/* Returns when it cannot be executed. Nothing is allocated: this may be the
 * last act of a program whose plugin crashed in the allocator. */
static void become(int program_fd, int state_fd, const char *why)
{
    static char fds[sizeof ENV_STATE + 32], reason[sizeof ENV_WHY + WHY_OCTETS];
    size_t kept = 0;

    for (char **of = environ; *of != NULL && kept < it.variables; of++)
        if (!is_ours(*of))
            it.environment[kept++] = *of;
    snprintf(fds, sizeof fds, ENV_STATE "=%d:%d", state_fd, it.self_fd);
    it.environment[kept++] = fds;
    if (why != NULL) {
        snprintf(reason, sizeof reason, ENV_WHY "=%s", why);
        it.environment[kept++] = reason;
    }
    it.environment[kept] = NULL;
    forget_signals();
    if (program_fd < 0)
        execve(it.program, it.argv, it.environment);
    else
        fexecve(program_fd, it.argv, it.environment);
}

/* --- the program that comes ---------------------------------------------- */
static bool map_state(const FzDiagSink *sink)
{
    struct stat about;

    if (fstat(it.state_fd, &about) != 0 ||
        (uint64_t)about.st_size > FZ_LIMIT_HANDOVER_OCTETS + 4096u) {
        fz_diag_errno(sink, NULL, "what was handed over cannot be read");
        return false;
    }
    it.map_octets = (size_t)about.st_size;
    it.map = mmap(NULL, it.map_octets, PROT_READ, MAP_PRIVATE, it.state_fd, 0);
    if (it.map == MAP_FAILED) {
        it.map = NULL;
        fz_diag_errno(sink, NULL, "what was handed over cannot be read");
        return false;
    }
    return fz_state_read(fz_slice(it.map, it.map_octets), sink, &it.state) ==
           FZ_OK;
}

static void note_program(void)
{
    ssize_t octets =
        readlink("/proc/self/exe", it.program, sizeof it.program - 1);

    it.program[octets < 0 ? 0 : octets] = '\0';
    /* after a return the one that runs has no name any more */
    if (it.has_state && it.came_back &&
        it.state.self.name.octets < sizeof it.program) {
        memcpy(it.program, it.state.self.name.data, it.state.self.name.octets);
        it.program[it.state.self.name.octets] = '\0';
    }
}

void fz_upgrade_begin(int argc, char **argv, const FzDiagSink *sink)
{
    const char *fds = getenv(ENV_STATE), *why = getenv(ENV_WHY);

    it.argv = gw_malloc(((size_t)argc + 1) * sizeof *it.argv);
    memcpy(it.argv, argv, ((size_t)argc + 1) * sizeof *it.argv);
    it.variables = NEW_VARIABLES;
    for (char **of = environ; *of != NULL; of++)
        it.variables++;
    it.environment = gw_malloc((it.variables + 3) * sizeof *it.environment);
    if (fds != NULL && sscanf(fds, "%d:%d", &it.state_fd, &it.self_fd) == 2) {
        forget_signals();
        it.came_back = why != NULL;
        snprintf(it.why, sizeof it.why, "%s", why == NULL ? "" : why);
        fz_upgrade_first_line(it.why);
        it.has_state = map_state(sink);
        if (it.has_state) {
            it.told.attempt = it.state.attempt;
            it.told.done = it.state.done;
            it.told.stage = FZ_UPGRADE_STARTING;
            keep_from_children();
        } else {
            fz_upgrade_go_back("what it handed over cannot be read");
            fz_diag(sink, FZ_E_STATE, NULL, 0, NULL,
                    "its connections are closed, boxes have to connect again");
            close_range(3, ~0u, 0);
        }
    }
    unsetenv(ENV_STATE);
    unsetenv(ENV_WHY);
    note_program();
}

const FzState *fz_upgrade_taken(void)
{
    return it.has_state ? &it.state : NULL;
}

bool fz_upgrade_came_back(void)
{
    return it.came_back && it.has_state;
}

void fz_upgrade_go_back(const char *why)
{
    if (it.self_fd < 0 || it.came_back)
        return;
    if (it.has_state) {
        keep_what_is_handed_over(&it.state, it.state_fd);
    } else {
        keep_open(it.state_fd);
        keep_open(it.self_fd);
    }
    become(it.self_fd, it.state_fd, why);
}

void fz_upgrade_serves(FzHub *hub, const FzChain *chain)
{
    FzBuf left_out = FZ_BUF_INIT;
    FzHubTaken taken;
    long long ms;
    int version;

    if (!it.has_state)
        return;
    fz_chain_tell_left_out(chain, &left_out);
    close_all(it.state.listeners);
    close_all(it.state.plugins);
    close(it.self_fd);
    close(it.state_fd);
    taken = fz_hub_restore(hub, &it.state, it.inherited, it.inherited_most);
    gw_free(it.inherited);
    it.inherited = NULL;
    it.inherited_most = 0;
    ms = (long long)(fz_clock_monotonic_ms() - it.state.since_ms);
    version = (int)it.state.version.octets;
    pthread_mutex_lock(&it.lock);
    it.told.done += !it.came_back;
    pthread_mutex_unlock(&it.lock);
    if (it.came_back) {
        tell(FZ_UPGRADE_WENT_BACK,
             "version %s serves on with its %zu connections, %zu were lost; "
             "the new program did not start: %s%s; nothing was taken for %lld "
             "ms",
             FZ_VERSION, taken.kept, taken.lost, it.why, fz_buf_text(&left_out),
             ms);
        error(0, "fanzhabox: %s.", it.told.text);
    } else {
        tell(FZ_UPGRADE_DONE,
             "version %s took over %zu connections from version %.*s, %zu were "
             "lost%s; nothing was taken for %lld ms",
             FZ_VERSION, taken.kept, version,
             (const char *)it.state.version.data, taken.lost,
             fz_buf_text(&left_out), ms);
        info(0, "fanzhabox: %s.", it.told.text);
    }
    fz_buf_clear(&left_out);
    munmap(it.map, it.map_octets);
    it.has_state = it.came_back = false;
    it.state_fd = it.self_fd = -1;
}

/* --- the program that goes: its state ------------------------------------ */
static bool write_down(const FzState *state, int fd)
{
    FzBuf octets = FZ_BUF_INIT;
    size_t from = 0;
    bool written;

    fz_state_write(state, &octets);
    while (from < octets.octets) {
        ssize_t put = write(fd, octets.data + from, octets.octets - from);

        if (put < 0 && errno != EINTR)
            break;
        if (put > 0)
            from += (size_t)put;
    }
    written = from == octets.octets;
    fz_buf_clear(&octets);
    return written;
}

static void give_up(const char *what)
{
    error(errno, "fanzhabox: %s; boxes have to connect again.", what);
    _exit(EXIT_FAILURE);
}

/* --- the program that goes: can it go? ----------------------------------- */
/* What is needed later, when nothing must fail any more. */
typedef struct Luggage {
    int state_fd, self_fd;
} Luggage;

static void unpack(Luggage *luggage)
{
    if (luggage->state_fd >= 0)
        close(luggage->state_fd);
    if (luggage->self_fd >= 0)
        close(luggage->self_fd);
}

static bool pack(Luggage *luggage, char *why, size_t room)
{
    luggage->state_fd = memfd_create("fanzhabox-state", MFD_CLOEXEC);
    luggage->self_fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (luggage->state_fd >= 0 && luggage->self_fd >= 0)
        return true;
    snprintf(why, room, "its state cannot be written down: %s",
             strerror(errno));
    unpack(luggage);
    return false;
}

/* The next program opens what this one has open, and some more before it closes
 * the first of what it was handed. */
static bool has_room(const FzBoxConfig *config, char *why, size_t room)
{
    rlim_t wanted = SPARE_FILES + config->plugins, open_files = 0;
    DIR *folder = opendir("/proc/self/fd");
    struct rlimit files;

    if (folder == NULL || getrlimit(RLIMIT_NOFILE, &files) != 0) {
        snprintf(why, room, "its descriptors cannot be counted: %s",
                 strerror(errno));
        if (folder != NULL)
            closedir(folder);
        return false;
    }
    while (readdir(folder) != NULL)
        open_files++;
    closedir(folder);
    if (files.rlim_cur >= open_files + wanted)
        return true;
    snprintf(why, room,
             "it has %llu descriptors open and may have %llu, the next program "
             "wants room for %llu more: raise its limit (`prlimit "
             "--nofile', or LimitNOFILE of the service)",
             (unsigned long long)open_files, (unsigned long long)files.rlim_cur,
             (unsigned long long)wanted);
    return false;
}

/* As it is held; what is added until it is written is little. */
static bool fits(const FzUpgradeHost *host, char *why, size_t room)
{
    unsigned long long most = FZ_LIMIT_HANDOVER_OCTETS;
    struct rlimit files;
    size_t links, octets;

    if (getrlimit(RLIMIT_FSIZE, &files) == 0 && files.rlim_cur < most)
        most = files.rlim_cur;
    if (!fz_hub_measure(host->hub, HOLD_MS, &links, &octets)) {
        snprintf(why, room, "its loops did not say what they have in %d s",
                 HOLD_MS / 1000);
        return false;
    }
    octets += host->config->text_octets;
    if (links <= FZ_LIMIT_HANDOVER_LINKS && octets + MARGIN_OCTETS <= most)
        return true;
    snprintf(why, room,
             "what it would hand over of %zu connections, %zu octets, is more "
             "than can be taken over (%u connections, %llu octets): try again "
             "when less is waiting",
             links, octets, FZ_LIMIT_HANDOVER_LINKS, most);
    return false;
}

/* --- the program that goes: leaving -------------------------------------- */
/* From here on there is no way back within this program: the loops have
 * ended. If the new one cannot be executed, this one is, anew. */
static void leave(const FzUpgradeHost *host, const Luggage *luggage,
                  int64_t since_ms)
{
    FzBuf listeners = FZ_BUF_INIT, links = FZ_BUF_INIT, plugins = FZ_BUF_INIT;
    FzState state = {
        .version = fz_slice_of(FZ_VERSION),
        .since_ms = since_ms,
        .attempt = it.told.attempt,
        .done = it.told.done,
        .config = fz_slice(host->config->text, host->config->text_octets),
        .self = {fz_slice_of(it.program), luggage->self_fd},
    };
    char why[sizeof it.why];
    int fd = luggage->state_fd;

    host->stop_serving(host->context);
    fz_hub_freeze(host->hub);
    fz_hub_save(host->hub, &state, &listeners, &links);
    fz_chain_take_files(host->chain, &plugins);
    state.plugins = fz_buf_slice(&plugins);
    if (!write_down(&state, fd))
        give_up("The state cannot be written down");
    info(0,
         "fanzhabox: Version %s hands %u connections over, %zu octets, to %s.",
         FZ_VERSION, state.links, links.octets, it.program);
    fz_chain_unload(host->chain);
    keep_what_is_handed_over(&state, fd);
    it.self_fd = state.self.fd;
    become(-1, fd, NULL);
    snprintf(why, sizeof why, "%.300s cannot be executed: %s", it.program,
             strerror(errno));
    become(it.self_fd, fd, why);
    give_up("Neither the new program nor this one can be executed");
}

static void refuse(const char *why)
{
    tell(FZ_UPGRADE_REFUSED, "%s", why);
    warning(0, "fanzhabox: No upgrade: %s. All goes on as before.", why);
}

static bool hold(const FzUpgradeHost *host, char *why, size_t room)
{
    if (fz_hub_hold(host->hub, HOLD_MS) == FZ_HELD)
        return fits(host, why, room);
    snprintf(why, room,
             "a plugin has had a message in hand for %d s and not given it "
             "back",
             HOLD_MS / 1000);
    return false;
}

void fz_upgrade_run(const FzUpgradeHost *host)
{
    char why[sizeof it.told.text];
    Luggage luggage;
    int64_t since_ms;

    tell(FZ_UPGRADE_CHECKING, "%s", "");
    if (!has_room(host->config, why, sizeof why) ||
        !fz_upgrade_try(it.program, host->config->path, why, sizeof why) ||
        !pack(&luggage, why, sizeof why)) {
        refuse(why);
        return;
    }
    tell(FZ_UPGRADE_HOLDING, "%s", "");
    since_ms = fz_clock_monotonic_ms();
    if (!hold(host, why, sizeof why)) {
        fz_hub_release(host->hub);
        unpack(&luggage);
        refuse(why);
        return;
    }
    leave(host, &luggage, since_ms);
}

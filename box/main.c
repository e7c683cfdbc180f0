/* SPDX-License-Identifier: BSD-2-Clause
 *
 * main.c - fanzhabox: start, signals, end
 *
 * Says `listening for boxes on ADDRESS:PORT' in the log (and so on standard
 * error) when it serves; tests wait for that line and read the port there.
 * Exit status: 0 after a drain; 1 for a bad configuration, a plugin that does
 * not load, a port in use, or a second signal during a drain.
 * Threads: this one waits for signals; the event loops serve (box/link/hub.c).
 */
#include "config.h"

#include "box/admin/admin.h"
#include "box/boxconf.h"
#include "box/chain.h"
#include "box/host.h"
#include "box/link/hub.h"
#include "box/upgrade/upgrade.h"

#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define DRAIN_MS 10000

/* --- command line -------------------------------------------------------- */
static const char doc[] =
    "Pass every message between bearerbox and its boxes through plugins."
    "\v"
    "fanzhabox stands between bearerbox and smsbox, opensmppbox or sqlbox:\n"
    "bearerbox does not notice it, a box connects to its smsbox-port instead "
    "of bearerbox's.\n"
    "\n"
    "  SMSC <-> bearerbox <-> fanzhabox <-> smsbox\n"
    "\n"
    "The least configuration:\n"
    "\n"
    "  group = fanzhabox\n"
    "  bearerbox-host = 127.0.0.1\n"
    "  bearerbox-port = 13001\n"
    "  smsbox-port = 13002\n"
    "\n"
    "  group = pluginbox-plugin\n"
    "  path = /usr/lib/fanzha/fanzha.so\n"
    "  init = fanzha_init\n"
    "  args = /etc/fanzha/fanzha.conf\n"
    "\n"
    "and in the box's own file bearerbox-port = 13002.\n"
    "\n"
    "Signals: TERM and INT take no more messages, finish acknowledgements and "
    "end (the second one at once); HUP and USR2 re-open log files; QUIT logs "
    "counters and memory.\n"
    "Exit status: 0 ended as asked, 1 bad configuration or ended by force.";

typedef struct Arguments {
    const char *config;
    bool check, upgrade;
    long takes_over; /* format of a state; 0: not asked */
    bool print_version;
} Arguments;

#define KEY_TAKES_OVER 0x100

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0,
     "configuration (default /etc/fanzha/fanzhabox.conf)", 0},
    {"check", 't', NULL, 0,
     "read the configuration, look whether its plugins can be loaded, say what "
     "is wrong, and end",
     0},
    {"upgrade", 'u', NULL, 0,
     "have the running fanzhabox go on as the program and the plugins that "
     "are installed now, its connections kept; say how it went, and end",
     0},
    {"takes-over", KEY_TAKES_OVER, "FORMAT", OPTION_HIDDEN, NULL, 0},
    {"version", 'V', NULL, 0, "print the version", 0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    Arguments *arguments = state->input;

    switch (key) {
    case 'c':
        arguments->config = value;
        return 0;
    case 't':
        arguments->check = true;
        return 0;
    case 'u':
        arguments->upgrade = true;
        return 0;
    case KEY_TAKES_OVER:
        arguments->takes_over = strtol(value, NULL, 10);
        return 0;
    case 'V':
        arguments->print_version = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "`%s' is no option; the file is given by --config",
                   value);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_version(void)
{
    printf("fanzhabox %s (for Kannel %s)\n"
           "This product includes software developed by the\n"
           "Kannel Group (http://www.kannel.org/).\n",
           FZ_VERSION, FZ_KANNEL_VERSION);
}

/* --- what is wrong ------------------------------------------------------- */
static char last_wrong[512]; /* for the program that ran before */

static void print_diag(void *ctx, const FzDiag *diag)
{
    (void)ctx;
    snprintf(last_wrong, sizeof last_wrong, "%s%s%s",
             diag->file == NULL ? "" : diag->file,
             diag->file == NULL ? "" : ": ", diag->text);
    fprintf(stderr, "fanzhabox: ");
    if (diag->file != NULL && diag->line > 0)
        fprintf(stderr, "%s:%u: ", diag->file, diag->line);
    else if (diag->file != NULL)
        fprintf(stderr, "%s: ", diag->file);
    fprintf(stderr, "%s%s%s.\n", diag->text, diag->sys_errno == 0 ? "" : ": ",
            diag->sys_errno == 0 ? "" : strerror(diag->sys_errno));
}

static const FzDiagSink to_stderr = {print_diag, NULL};

/* --- the same file for the plugins --------------------------------------- */
static int is_known_in_group(Octstr *group, Octstr *key)
{
    bool known = false;

    if (octstr_str_compare(group, "fanzhabox") == 0)
        group = octstr_imm("pluginbox");
    for (const FzBoxKey *k = fz_box_config_keys; k->key != NULL; k++)
        if (octstr_str_compare(group, k->group) == 0) {
            known = true;
            if (octstr_str_compare(key, k->key) == 0 ||
                octstr_str_compare(key, "group") == 0)
                return 1;
        }
    return known ? 0 : -1;
}

static int is_single(Octstr *group)
{
    return octstr_str_compare(group, "fanzhabox") == 0 ||
           octstr_str_compare(group, "pluginbox") == 0;
}

/* gwlib's own view of the file, for running_configuration. It is checked
 * before, because gwlib ends the process on some mistakes; one thing is left:
 * it takes any line with the word `include' for a directive. */
static Cfg *read_for_plugins(const FzBoxConfig *config)
{
    Octstr *path;
    Cfg *cfg;

    if (config->has_include) {
        warning(0,
                "fanzhabox: The word `include' stands in a line of %s, which "
                "Kannel's reader would follow; plugins get no "
                "running_configuration.",
                config->path);
        return NULL;
    }
    path = octstr_create(config->path);
    cfg_add_hooks(is_known_in_group, is_single);
    cfg = cfg_create(path);
    octstr_destroy(path);
    if (cfg_read(cfg) != 0) {
        cfg_destroy(cfg);
        return NULL;
    }
    return cfg;
}

/* --- signals ------------------------------------------------------------- */
static void block_signals(sigset_t *set)
{
    fz_upgrade_signals(set);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void report(const FzHub *hub)
{
    FzBoxTotals t = fz_hub_totals(hub);
    struct mallinfo2 memory = mallinfo2();

    info(0,
         "fanzhabox: %zu boxes; MT %llu, MO %llu; passed %llu, changed %llu, "
         "refused %llu, dropped %llu, buffered %llu, deferred %llu, away "
         "%llu; connections %llu, nonsense %llu, unmatched %llu, faults %llu; "
         "memory in use %zu octets.",
         t.links, (unsigned long long)t.mt, (unsigned long long)t.mo,
         (unsigned long long)t.passed, (unsigned long long)t.changed,
         (unsigned long long)t.refused, (unsigned long long)t.dropped,
         (unsigned long long)t.buffered, (unsigned long long)t.deferred,
         (unsigned long long)t.away, (unsigned long long)t.accepted,
         (unsigned long long)t.nonsense, (unsigned long long)t.unmatched,
         (unsigned long long)t.faults, memory.uordblks + memory.hblkhd);
}

/* Until TERM or INT. */
static void obey_signals(const sigset_t *set, const FzHub *hub, FzChain *chain,
                         const FzUpgradeHost *host)
{
    static const struct timespec look = {.tv_sec = 1};

    for (;;) {
        switch (sigtimedwait(set, NULL, &look)) {
        case -1:
            fz_chain_watch(chain);
            break;
        case SIGHUP:
        case SIGUSR2:
            log_reopen();
            info(0, "fanzhabox: The log files were re-opened.");
            break;
        case SIGQUIT:
            report(hub);
            break;
        case FZ_UPGRADE_SIGNAL:
            if (fz_upgrade_is_asked())
                fz_upgrade_run(host);
            break;
        case SIGTERM:
        case SIGINT:
            return;
        default:
            break;
        }
    }
}

static void end_at_once(int number)
{
    static const char text[] = "fanzhabox: Ended at once, as asked twice.\n";

    (void)number;
    if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
        _exit(EXIT_FAILURE);
    _exit(EXIT_FAILURE);
}

static void let_second_signal_end(void)
{
    struct sigaction action = {.sa_handler = end_at_once};
    sigset_t set;

    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* --- the host ------------------------------------------------------------ */
static void raise_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 &&
        files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static FzStatus open_logs(const FzBoxConfig *config)
{
    log_set_output_level((enum output_level)config->log_level);
    if (config->log_file == NULL)
        return FZ_OK;
    if (access(config->log_file, F_OK) != 0) {
        FILE *made = fopen(config->log_file, "a");

        if (made == NULL)
            return fz_diag_errno(&to_stderr, config->path,
                                 "`log-file' %s cannot be written",
                                 config->log_file);
        fclose(made);
    }
    if (access(config->log_file, W_OK) != 0)
        return fz_diag_errno(&to_stderr, config->path,
                             "`log-file' %s cannot be written",
                             config->log_file);
    log_open(config->log_file, (int)config->log_level, GW_NON_EXCL);
    return FZ_OK;
}

static void stop_serving(void *context)
{
    fz_admin_stop(context);
    fz_host_serve(NULL);
}

static int run(const FzBoxConfig *config)
{
    const char *wrong = fz_host_wrong_kannel();
    const FzState *taken = fz_upgrade_taken();
    FzChain *chain = NULL;
    FzAdmin *admin = NULL;
    FzHub *hub = NULL;
    Cfg *running;
    sigset_t signals;

    if (wrong != NULL) {
        fprintf(stderr, "fanzhabox: %s.\n", wrong);
        return EXIT_FAILURE;
    }
    if (open_logs(config) != FZ_OK)
        return EXIT_FAILURE;
    info(0, "fanzhabox: Version %s starts, for Kannel %s.", FZ_VERSION,
         FZ_KANNEL_VERSION);
    block_signals(&signals);
    raise_limits();
    /* the port first: a second start by mistake must not wake plugins whose
     * files the first one has */
    if (fz_hub_open(config, taken, &to_stderr, &hub) != FZ_OK)
        return EXIT_FAILURE;
    running = read_for_plugins(config);
    fz_chain_crashed = fz_upgrade_go_back;
    if (fz_chain_load(config, running,
                      fz_upgrade_came_back() ? taken->plugins
                                             : (FzSlice){NULL, 0},
                      &to_stderr, &chain) != FZ_OK) {
        fz_hub_destroy(hub);
        cfg_destroy(running);
        return EXIT_FAILURE;
    }
    fz_host_serve(hub);
    if (fz_admin_start(config, hub, chain, &to_stderr, &admin) != FZ_OK) {
        fz_host_serve(NULL);
        fz_chain_unload(chain);
        fz_hub_destroy(hub);
        cfg_destroy(running);
        return EXIT_FAILURE;
    }
    if (fz_hub_start(hub, chain, &to_stderr) != FZ_OK) {
        fz_upgrade_go_back(last_wrong);
        _exit(EXIT_FAILURE);
    }
    fz_upgrade_serves(hub, chain);
    info(0, "fanzhabox: listening for boxes on %s:%u (bearerbox at %s:%u).",
         config->smsbox_interface == NULL ? "*" : config->smsbox_interface,
         fz_hub_port(hub, FZ_PORT_SMSBOX), config->bearerbox_host,
         config->bearerbox_port);
    if (config->has_wapbox_port)
        info(0,
             "fanzhabox: listening for wapboxes on %s:%u (bearerbox at "
             "%s:%u).",
             config->wapbox_interface == NULL ? "*" : config->wapbox_interface,
             fz_hub_port(hub, FZ_PORT_WAPBOX), config->bearerbox_host,
             config->bearerbox_wapbox_port);

    obey_signals(&signals, hub, chain,
                 &(FzUpgradeHost){.config = config,
                                  .hub = hub,
                                  .chain = chain,
                                  .stop_serving = stop_serving,
                                  .context = admin});
    info(0, "fanzhabox: Ends: no message is taken any more, acknowledgements "
            "are finished.");
    let_second_signal_end();
    if (!fz_hub_drain(hub, DRAIN_MS) || fz_chain_kept(chain) > 0) {
        error(0, "fanzhabox: A plugin did not give its messages back; the "
                 "plugins are not shut down.");
        _exit(EXIT_FAILURE);
    }
    fz_admin_stop(admin);
    fz_host_serve(NULL);
    report(hub);
    fz_chain_unload(chain);
    fz_hub_destroy(hub);
    cfg_destroy(running);
    info(0, "fanzhabox: Ended.");
    return EXIT_SUCCESS;
}

static FzStatus read_config(const char *path, FzBoxConfig **config_out)
{
    const FzState *taken = fz_upgrade_taken();

    if (fz_upgrade_came_back()) /* whatever is in the file now */
        return fz_box_config_parse(path, (const char *)taken->config.data,
                                   taken->config.octets, &to_stderr,
                                   config_out);
    return fz_box_config_read(path, &to_stderr, config_out);
}

static int check(const Arguments *arguments, const FzBoxConfig *config)
{
    if (arguments->takes_over != 0 &&
        !fz_upgrade_reads(arguments->takes_over)) {
        fprintf(stderr,
                "fanzhabox: Version %s takes over from format %u, the running "
                "one hands over in %ld: end that one and start this.\n",
                FZ_VERSION, FZ_STATE_FORMAT, arguments->takes_over);
        return EXIT_FAILURE;
    }
    if (fz_chain_check(config, &to_stderr) != FZ_OK)
        return EXIT_FAILURE;
    printf("%s: fine\n", arguments->config);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, NULL, doc,
                                     NULL,    NULL,         NULL};
    Arguments arguments = {.config = "/etc/fanzha/fanzhabox.conf"};
    FzBoxConfig *config = NULL;
    int status;

    fz_upgrade_begin(argc, argv, &to_stderr);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.print_version) {
        print_version();
        return EXIT_SUCCESS;
    }
    if (read_config(arguments.config, &config) != FZ_OK) {
        fz_upgrade_go_back(last_wrong);
        return EXIT_FAILURE;
    }
    if (arguments.check || arguments.upgrade) {
        status = arguments.check ? check(&arguments, config)
                                 : fz_upgrade_ask_running(config);
        fz_box_config_destroy(config);
        return status;
    }
    gwlib_init();
    status = run(config);
    if (status != EXIT_SUCCESS)
        fz_upgrade_go_back(last_wrong);
    gwlib_shutdown();
    fz_box_config_destroy(config);
    return status;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/admin/admin.h"
#include "base/clock.h"
#include "box/admin/report.h"
#include "box/upgrade/upgrade.h"
#include "http/http.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "gwlib/gwlib.h"

#define SURVEY_MS 1000

struct FzAdmin {
    const FzBoxConfig *config;
    FzHub *hub;
    const FzChain *chain;
    FzHttpServer *server;
    FzBuf cert, key; /* of the pages, while they are served */
    long server_thread, sampler_thread;
    int64_t started_s;
    pthread_mutex_t lock; /* of the loads and of `stopping` */
    pthread_cond_t stop;
    bool stopping;
    FzLoad mt, mo;
};

/* --- load, once a second ---------------------------------------------------
 */
static void sample(void *arg)
{
    FzAdmin *admin = arg;
    struct timespec until;

    pthread_mutex_lock(&admin->lock);
    while (!admin->stopping) {
        FzBoxTotals totals = fz_hub_totals(admin->hub);
        int64_t second = fz_clock_monotonic_ms() / 1000 + 1;

        fz_load_sample(&admin->mt, second, totals.mt);
        fz_load_sample(&admin->mo, second, totals.mo);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        pthread_cond_timedwait(&admin->stop, &admin->lock, &until);
    }
    pthread_mutex_unlock(&admin->lock);
}

/* --- pages -----------------------------------------------------------------
 */
typedef void (*Writer)(const FzBoxReport *report, FzBuf *out);

static void report(FzAdmin *admin, Writer write, FzBuf *out)
{
    FzSurvey survey;
    FzLoad *loads = gw_malloc(2 * sizeof *loads);
    FzBoxReport it = {.totals = fz_hub_totals(admin->hub),
                      .survey = &survey,
                      .mt = &loads[0],
                      .mo = &loads[1],
                      .chain = admin->chain,
                      .uptime_s =
                          fz_clock_monotonic_ms() / 1000 - admin->started_s,
                      .state = fz_hub_state(admin->hub)};

    pthread_mutex_lock(&admin->lock);
    loads[0] = admin->mt;
    loads[1] = admin->mo;
    pthread_mutex_unlock(&admin->lock);
    fz_upgrade_told(&it.upgrade);
    fz_survey_take(admin->hub, SURVEY_MS, &survey);
    write(&it, out);
    fz_survey_clear(&survey);
    gw_free(loads);
}

/* Ready to take messages: running (not isolated, suspended or ending), and
 * every box that waits for its bearerbox has it. */
static bool ready(FzAdmin *admin, FzBuf *out)
{
    bool all = fz_hub_state(admin->hub) == FZ_HUB_RUNNING;
    FzSurvey survey;

    fz_survey_take(admin->hub, SURVEY_MS, &survey);
    for (size_t i = 0; i < survey.links; i++)
        if (survey.link[i].identified && survey.link[i].box_open &&
            !survey.link[i].bearerbox_open)
            all = false;
    all = all && survey.loops_silent == 0;
    fz_survey_clear(&survey);
    fz_buf_append_text(out, all ? "ready\n" : "not ready\n");
    return all;
}

static void set_log_level(const FzHttpRequest *request, FzHttpAnswer *answer)
{
    const char *level = fz_http_query(request, "level");

    if (level == NULL || level[0] < '0' || level[0] > '4' || level[1] != '\0') {
        answer->status = 400;
        fz_buf_append_text(&answer->body,
                           "level wants 0 (debug) to 4 (panic)\n");
        return;
    }
    log_set_log_level((enum output_level)(level[0] - '0'));
    log_set_output_level((enum output_level)(level[0] - '0'));
    fz_buf_printf(&answer->body, "log level %s\n", level);
}

typedef enum Guard {
    GUARD_NONE,
    GUARD_STATUS,
    GUARD_ADMIN,
} Guard;

static const struct Page {
    const char *path;
    Guard guard;
    const char *type; /* NULL: a verb */
    Writer write;
} pages[] = {
    {"/status", GUARD_STATUS, "text/plain; charset=utf-8", fz_report_text},
    {"/status.txt", GUARD_STATUS, "text/plain; charset=utf-8", fz_report_text},
    {"/status.html", GUARD_STATUS, "text/html; charset=utf-8", fz_report_html},
    {"/status.xml", GUARD_STATUS, "text/xml; charset=utf-8", fz_report_xml},
    {"/status.json", GUARD_STATUS, "application/json", fz_report_json},
    {"/metrics", GUARD_STATUS, "text/plain; version=0.0.4; charset=utf-8",
     fz_report_metrics},
    {"/healthy", GUARD_NONE, NULL, NULL},
    {"/ready", GUARD_NONE, NULL, NULL},
    {"/log-level", GUARD_ADMIN, NULL, NULL},
    {"/reopen-logs", GUARD_ADMIN, NULL, NULL},
    {"/shutdown", GUARD_ADMIN, NULL, NULL},
    {"/suspend", GUARD_ADMIN, NULL, NULL},
    {"/isolate", GUARD_ADMIN, NULL, NULL},
    {"/resume", GUARD_ADMIN, NULL, NULL},
    {"/upgrade", GUARD_ADMIN, NULL, NULL},
};

static void set_state(FzAdmin *admin, FzHubState state,
                      const FzHttpRequest *request, FzHttpAnswer *answer)
{
    const char *name = fz_hub_state_name(state);
    FzSurvey survey;

    if (fz_hub_set_state(admin->hub, state)) {
        /* whoever reads our answer finds it so: the loops take orders in turn,
         * and answer this behind that one */
        fz_survey_take(admin->hub, SURVEY_MS, &survey);
        fz_survey_clear(&survey);
        warning(0, "fanzhabox: It is %s now, as an administrator at %s asked.",
                name, request->client);
        fz_buf_printf(&answer->body, "%s\n", name);
    } else if (fz_hub_state(admin->hub) == FZ_HUB_DRAINING) {
        answer->status = 409;
        fz_buf_append_text(&answer->body, "it ends: there is no way back\n");
    } else {
        fz_buf_printf(&answer->body, "already %s\n", name);
    }
}

static void upgrade(const FzAdmin *admin, const FzHttpRequest *request,
                    FzHttpAnswer *answer)
{
    uint32_t attempt =
        fz_hub_state(admin->hub) == FZ_HUB_DRAINING ? 0 : fz_upgrade_ask();

    if (attempt == 0) {
        answer->status = 409;
        fz_buf_append_text(&answer->body, "not now: an upgrade is under way, "
                                          "or the end\n");
        return;
    }
    info(0, "fanzhabox: Asked for an upgrade by an administrator at %s.",
         request->client);
    answer->status = 202;
    fz_buf_printf(&answer->body, "upgrade %u begins; see /status\n", attempt);
}

static void run_verb(FzAdmin *admin, const char *path,
                     const FzHttpRequest *request, FzHttpAnswer *answer)
{
    if (strcmp(path, "/healthy") == 0) {
        fz_buf_append_text(&answer->body, "healthy\n");
    } else if (strcmp(path, "/ready") == 0) {
        if (!ready(admin, &answer->body))
            answer->status = 503;
    } else if (strcmp(path, "/log-level") == 0) {
        set_log_level(request, answer);
    } else if (strcmp(path, "/reopen-logs") == 0) {
        kill(getpid(), SIGHUP); /* one way to do it */
        fz_buf_append_text(&answer->body, "logs are re-opened\n");
    } else if (strcmp(path, "/suspend") == 0) {
        set_state(admin, FZ_HUB_SUSPENDED, request, answer);
    } else if (strcmp(path, "/isolate") == 0) {
        set_state(admin, FZ_HUB_ISOLATED, request, answer);
    } else if (strcmp(path, "/resume") == 0) {
        set_state(admin, FZ_HUB_RUNNING, request, answer);
    } else if (strcmp(path, "/upgrade") == 0) {
        upgrade(admin, request, answer);
    } else {
        info(0, "fanzhabox: Asked to end by an administrator at %s.",
             request->client);
        kill(getpid(), SIGTERM);
        fz_buf_append_text(&answer->body, "ending\n");
    }
}

static bool allowed(FzAdmin *admin, Guard guard, const FzHttpRequest *request,
                    FzHttpAnswer *answer)
{
    const FzBoxConfig *config = admin->config;
    const char *password = config->admin_password;

    if (guard == GUARD_NONE || (guard == GUARD_STATUS && config->status_open))
        return true;
    if (guard == GUARD_STATUS && config->status_password != NULL)
        password = config->status_password;
    switch (fz_http_auth(admin->server, request, password,
                         config->password_in_query)) {
    case FZ_HTTP_AUTH_OK:
        return true;
    case FZ_HTTP_AUTH_MISSING:
    case FZ_HTTP_AUTH_WRONG:
        answer->status = 403;
        fz_buf_append_text(&answer->body, "wrong or missing password\n");
        return false;
    case FZ_HTTP_AUTH_THROTTLED:
        answer->status = 403;
        fz_buf_append_text(&answer->body,
                           "too many wrong passwords: wait a minute\n");
        return false;
    }
    return false;
}

static void handle(void *ctx, const FzHttpRequest *request,
                   FzHttpAnswer *answer)
{
    FzAdmin *admin = ctx;

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        const struct Page *page = &pages[i];

        if (strcmp(request->path, page->path) != 0)
            continue;
        if (strcmp(request->method, "GET") != 0) {
            answer->status = 405;
            answer->allow = "GET";
        } else if (allowed(admin, page->guard, request, answer)) {
            if (page->write == NULL) {
                run_verb(admin, page->path, request, answer);
            } else {
                answer->type = page->type;
                report(admin, page->write, &answer->body);
            }
        }
        return;
    }
    answer->status = 404;
    fz_buf_append_text(&answer->body, "no such page\n");
}

/* --- start and end ---------------------------------------------------------
 */
static void serve(void *arg)
{
    fz_http_run(arg);
}

static bool admits(const void *of, const struct sockaddr *client)
{
    return fz_access_admits(of, client);
}

#define PEM_OCTETS (1u << 20)

/* With our certificate and key, when the pages want them. */
static FzStatus open_server(const FzBoxConfig *config, FzHttpConfig *http,
                            FzAdmin *admin, const FzDiagSink *sink)
{
    FzStatus status = FZ_OK;

    if (config->admin_port_ssl) {
        status = fz_buf_read_file(&admin->cert, config->ssl_server_cert_file,
                                  PEM_OCTETS, sink);
        if (status == FZ_OK)
            status = fz_buf_read_file(&admin->key, config->ssl_server_key_file,
                                      PEM_OCTETS, sink);
        fz_buf_append_octet(&admin->cert, 0);
        fz_buf_append_octet(&admin->key, 0);
        http->cert_pem = (const char *)admin->cert.data;
        http->key_pem = (const char *)admin->key.data;
    }
    if (status == FZ_OK)
        status = fz_http_open(http, handle, admin, sink, &admin->server);
    return status;
}

FzStatus fz_admin_start(const FzBoxConfig *config, FzHub *hub,
                        const FzChain *chain, const FzDiagSink *sink,
                        FzAdmin **admin_out)
{
    FzHttpConfig http = {.address = config->admin_interface,
                         .port = config->admin_port};
    FzAdmin *admin;
    FzStatus status;

    *admin_out = NULL;
    if (!config->has_admin_port)
        return FZ_OK;
    admin = gw_malloc(sizeof *admin);
    memset(admin, 0, sizeof *admin);
    admin->config = config;
    admin->hub = hub;
    admin->chain = chain;
    admin->started_s = fz_clock_monotonic_ms() / 1000;
    pthread_mutex_init(&admin->lock, NULL);
    pthread_cond_init(&admin->stop, NULL);
    if (config->admin_access != NULL) {
        http.admits = admits;
        http.admits_of = config->admin_access;
    }
    status = open_server(config, &http, admin, sink);
    if (status != FZ_OK) {
        fz_buf_clear(&admin->cert);
        fz_buf_clear(&admin->key);
        gw_free(admin);
        return status;
    }
    admin->server_thread = gwthread_create(serve, admin->server);
    admin->sampler_thread = gwthread_create(sample, admin);
    info(0, "fanzhabox: administration at %s:%u.", config->admin_interface,
         fz_http_port(admin->server));
    *admin_out = admin;
    return FZ_OK;
}

void fz_admin_stop(FzAdmin *admin)
{
    if (admin == NULL)
        return;
    fz_http_stop(admin->server);
    pthread_mutex_lock(&admin->lock);
    admin->stopping = true;
    pthread_cond_signal(&admin->stop);
    pthread_mutex_unlock(&admin->lock);
    gwthread_join(admin->server_thread);
    gwthread_join(admin->sampler_thread);
    fz_http_close(admin->server);
    fz_buf_clear(&admin->cert);
    fz_buf_clear(&admin->key);
    pthread_mutex_destroy(&admin->lock);
    pthread_cond_destroy(&admin->stop);
    gw_free(admin);
}

/* SPDX-License-Identifier: BSD-2-Clause
 *
 * adapter.c - fanzha.so at the edge to its host
 *
 * init builds a plugin from fanzha.conf, process sees one message through,
 * shutdown takes everything down. The host holds its configuration lock around
 * process; callback is called exactly once for each message, and nothing of it
 * is touched afterwards.
 */
#include "config.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "engine/decode/decode.h"
#include "plugin/ask/ask.h"
#include "plugin/ask/await.h"
#include "plugin/carry.h"
#include "plugin/hold/assembly.h"
#include "plugin/hold/hold.h"
#include "plugin/hold/release.h"
#include "plugin/host.h"
#include "plugin/live/alert.h"
#include "plugin/live/evidence.h"
#include "plugin/live/live.h"
#include "plugin/msg.h"
#include "plugin/warn_turns.h"

#include "gwlib/gwlib.h"
#include "gw/msg.h"

#define DEFAULT_CONFIG "/etc/fanzha/fanzha.conf"

/* --- log ------------------------------------------------------------------ */
static void log_diag(void *ctx, const FzDiag *d)
{
    const char *rule = d->rule_id != NULL ? d->rule_id : "";
    const char *mark = d->rule_id != NULL ? "': " : "";
    const char *open = d->rule_id != NULL ? "rule `" : "";
    char where[512] = "";

    (void)ctx;
    if (d->file != NULL && d->line != 0)
        snprintf(where, sizeof where, "%s:%u: ", d->file, d->line);
    else if (d->file != NULL)
        snprintf(where, sizeof where, "%s: ", d->file);
    if (d->severity == FZ_SEVERITY_ERROR)
        error(d->sys_errno, "fanzha: %s%s%s%s%s.", where, open, rule, mark,
              d->text);
    else
        warning(d->sys_errno, "fanzha: %s%s%s%s%s.", where, open, rule, mark,
                d->text);
}

const FzDiagSink fz_plugin_log = {log_diag, NULL};

/* --- one message ---------------------------------------------------------- */
static void judge_whole(FzPlugin *plugin, PluginBoxMsg *m,
                        const FzMessage *message)
{
    FzJudged judged;

    fz_judged_one(plugin, message, &judged);
    if (judged.wants && fz_await_answers(plugin->await, m, &judged))
        return;
    if (!fz_judged_brake(plugin, &judged)) {
        fz_judged_clear(plugin, &judged);
        fz_judged_one(plugin, message, &judged);
        if (judged.wants && fz_await_answers(plugin->await, m, &judged))
            return;
    }
    fz_judged_count(plugin, &judged);
    fz_carry_out(plugin, m, &judged, NULL);
    fz_judged_clear(plugin, &judged);
}

/* @param box  what the host calls its box; NULL: no name */
static void judge_from(FzPlugin *plugin, PluginBoxMsg *m, const char *box)
{
    bool mt = m->type == PLUGINBOX_MESSAGE_FROM_SMSBOX;
    FzMessage message;
    FzPartRef part;

    fz_msg_read(m->msg, mt ? FZ_DIRECTION_MT : FZ_DIRECTION_MO,
                fz_clock_wall_ms(), &message);
    if (plugin->assembly != NULL && fz_udh_part(message.udh, &part) &&
        part.total > 1)
        fz_assembly_take(plugin->assembly, m, &message, part, box);
    else
        judge_whole(plugin, m, &message);
}

/* One that waited here before: the host would no longer say its box. */
static void judge(FzPlugin *plugin, PluginBoxMsg *m)
{
    judge_from(plugin, m, NULL);
}

static bool is_report(PluginBoxMsg *m)
{
    return m->type == PLUGINBOX_MESSAGE_FROM_BEARERBOX &&
           (m->msg->sms.sms_type == report_mo ||
            m->msg->sms.sms_type == report_mt);
}

static void untouched(FzPlugin *plugin, PluginBoxMsg *m)
{
    m->status = (plugin->host.can & FZ_HOST_CAN_UNCHANGED) != 0
                    ? FZBOX_STATUS_UNCHANGED
                    : PLUGINBOX_MESSAGE_OK;
    m->callback(m);
}

static void process(PluginBoxPlugin *p, PluginBoxMsg *m)
{
    FzPlugin *plugin = p->context;

    if (msg_type(m->msg) != sms) {
        untouched(plugin, m);
    } else if (is_report(m)) {
        if (fz_assembly_report(plugin, m))
            return;
        fz_count(&plugin->counters.reports);
        untouched(plugin, m);
    } else {
        const char *box = fz_host_box(plugin, m);

        if (!fz_await_behind(plugin->await, m, box))
            judge_from(plugin, m, box);
    }
}

/* --- start and end -------------------------------------------------------- */
static void serve_control(void *arg)
{
    fz_control_server_run(arg);
}

static void plugin_destroy(FzPlugin *plugin)
{
    if (plugin->control != NULL) {
        fz_control_server_stop(plugin->control);
        if (plugin->control_thread >= 0)
            gwthread_join(plugin->control_thread);
        fz_control_server_close(plugin->control);
    }
    fz_alert_stop(plugin);
    fz_ask_stop(plugin->ask); /* nobody waits any more */
    fz_assembly_stop(plugin->assembly);
    fz_hold_stop(plugin->hold);
    fz_release_stop(plugin->release);
    fz_evidence_stop(plugin);
    fz_store_close(plugin->store); /* every record has had its done then */
    fz_assembly_destroy(plugin->assembly);
    fz_hold_destroy(plugin->hold);
    fz_release_destroy(plugin->release);
    fz_await_destroy(plugin->await);
    fz_warn_turns_destroy(plugin->warn_turns);
    fz_record_log_close(plugin->records);
    fz_recorder_close(plugin->recorder);
    fz_entries_close(plugin->entries);
    fz_brake_close(plugin->brake);
    fz_bypass_close(plugin->bypass);
    fz_generation_publish(&plugin->live, NULL);
    fz_evidence_close(plugin);
    fz_ask_destroy(plugin->ask);
    json_decref(plugin->damaged);
    fz_config_destroy(plugin->config);
    fz_free(plugin);
}

static long start_thread(void (*run)(void *), void *arg)
{
    return gwthread_create(run, arg);
}

static FzStatus open_store(FzPlugin *plugin, const FzDiagSink *sink)
{
    const FzConfig *config = plugin->config;
    FzStoreConfig store = {
        .path = config->store.path,
        .key_file = config->store.key_file,
        .create = true,
        .max_octets = (uint64_t)config->store.max_octets,
        .queue_records = (uint32_t)config->store.queue_records,
        .busy_ms = (uint32_t)config->store.busy_ms,
        .report = fz_plugin_log,
        .thread_start = start_thread,
        .thread_join = gwthread_join,
    };

    return fz_store_open(&store, sink, &plugin->store);
}

static FzStatus open_control(FzPlugin *plugin, const FzDiagSink *sink)
{
    const FzConfig *config = plugin->config;
    FzControlConfig control = {
        .path = config->control.socket,
        .owner = config->control.owner,
        .group = config->control.group,
        .mode = config->control.mode,
        .group_admin = config->control.group_admin,
    };
    FzStatus status =
        fz_control_server_open(&control, fz_live_verbs, fz_live_verb_count,
                               plugin, sink, &plugin->control);

    if (status != FZ_OK)
        return status;
    plugin->control_thread = gwthread_create(serve_control, plugin->control);
    return plugin->control_thread >= 0
               ? FZ_OK
               : fz_diag(sink, FZ_E_LIMIT, NULL, 0, NULL,
                         "no thread is left for the control socket");
}

/* Without it messages are judged all the same: trace says that there is none.
 */
static void open_recorder(FzPlugin *plugin, const FzDiagSink *sink)
{
    const FzConfig *config = plugin->config;

    if (config->log.flight != NULL &&
        fz_recorder_open(config->log.flight,
                         (uint64_t)config->log.flight_records,
                         plugin->record_key, sink, &plugin->recorder) != FZ_OK)
        fz_diag_warn(sink, FZ_E_IO, config->log.flight, 0, NULL,
                     "messages are judged without a flight recorder");
}

static FzStatus plugin_open(FzPlugin *plugin, PluginBoxPlugin *p,
                            const FzDiagSink *sink)
{
    FzAskConfig ask = {start_thread, gwthread_join, fz_plugin_log};
    FzBuf bypass = FZ_BUF_INIT, brake = FZ_BUF_INIT;
    FzStatus status;

    plugin->control_thread = plugin->brake_thread = -1;
    plugin->started_ms = fz_clock_wall_ms();
    status = fz_host_find(p, sink, &plugin->host);
    if (status == FZ_OK)
        status = fz_config_load(p->args == NULL || octstr_len(p->args) == 0
                                    ? DEFAULT_CONFIG
                                    : octstr_get_cstr(p->args),
                                sink, &plugin->config);
    if (status == FZ_OK)
        status = open_store(plugin, sink);
    if (status == FZ_OK)
        fz_store_derive(plugin->store, "verdict records", plugin->record_key);
    if (status == FZ_OK && plugin->config->log.records != NULL)
        status = fz_record_log_open(plugin->config->log.records, sink,
                                    &plugin->records);
    if (status != FZ_OK)
        return status;
    open_recorder(plugin, sink);
    fz_buf_printf(&bypass, "%s/bypass.json", plugin->config->generations);
    plugin->bypass = fz_bypass_open(fz_buf_text(&bypass), sink);
    fz_buf_clear(&bypass);
    fz_buf_printf(&brake, "%s/brake.json", plugin->config->generations);
    plugin->brake =
        fz_brake_open(fz_buf_text(&brake), &plugin->config->brake, sink);
    fz_buf_clear(&brake);
    fz_alert_start(plugin, sink);
    plugin->entries = fz_entries_open(plugin->config->lists.live_log,
                                      plugin->config->lists.second_person
                                          ? FZ_OVERLAY_ALLOW_CONFIRMED
                                          : FZ_OVERLAY_ALLOW_AT_ONCE,
                                      plugin->started_ms, sink);
    plugin->warn_turns = fz_warn_turns_create();
    plugin->hold = fz_hold_create(plugin, judge);
    plugin->ask = fz_ask_create(&ask);
    plugin->await = fz_await_create(plugin, judge_from);
    plugin->release = fz_release_create(plugin);
    fz_release_load(plugin->release);
    fz_evidence_open(plugin, sink);
    fz_live_start(plugin, sink);
    status = fz_assembly_open(plugin, sink, &plugin->assembly);
    return status == FZ_OK ? open_control(plugin, sink) : status;
}

static void shutdown_plugin(PluginBoxPlugin *p)
{
    if (p->context == NULL)
        return;
    plugin_destroy(p->context);
    p->context = NULL;
}

static Octstr *status_of(PluginBoxPlugin *p, List *cgivars, int status_type)
{
    FzPlugin *plugin = p->context;
    FzBundle *bundle = fz_live_take(plugin);
    const FzCounters *c = &plugin->counters;
    Octstr *text;
    const char *line = status_type == PLUGINBOX_STATUS_HTML ||
                               status_type == PLUGINBOX_STATUS_WML
                           ? "<br/>"
                           : "\n";

    (void)cgivars;
    text = octstr_format(
        "fanzha %s in %s: %s, generation %.12s, %lu rules; judged %lu MT, %lu "
        "MO; held %lu, refused %lu, changed %lu%s",
        FZ_VERSION, plugin->host.name,
        bundle->policy->mode == FZ_MODE_ENFORCE ? "enforcing" : "observing",
        bundle->digest[0] == '\0' ? "none" : bundle->digest,
        bundle->ruleset == NULL
            ? 0UL
            : (unsigned long)fz_ruleset_count(bundle->ruleset),
        (unsigned long)c->judged[FZ_DIRECTION_MT],
        (unsigned long)c->judged[FZ_DIRECTION_MO],
        (unsigned long)(c->disposed[0][FZ_DISPOSE_HOLD] +
                        c->disposed[1][FZ_DISPOSE_HOLD]),
        (unsigned long)(c->disposed[0][FZ_DISPOSE_REFUSE] +
                        c->disposed[1][FZ_DISPOSE_REFUSE]),
        (unsigned long)(c->disposed[0][FZ_DISPOSE_DELIVER_CHANGED] +
                        c->disposed[1][FZ_DISPOSE_DELIVER_CHANGED]),
        line);
    if (plugin->host.extension == NULL)
        for (const char *const *lack = fz_host_classic_lacks; *lack != NULL;
             lack++)
            octstr_format_append(text, "this host cannot %s%s", *lack, line);
    fz_live_give(plugin, bundle);
    return text;
}

static void say_what_serves(FzPlugin *plugin)
{
    FzBundle *bundle = fz_live_take(plugin);

    info(0, "fanzha %s: generation %.12s with %lu rules, %s, in %s.",
         FZ_VERSION, bundle->digest[0] == '\0' ? "none" : bundle->digest,
         bundle->ruleset == NULL
             ? 0UL
             : (unsigned long)fz_ruleset_count(bundle->ruleset),
         bundle->policy->mode == FZ_MODE_ENFORCE ? "enforcing" : "observing",
         plugin->host.name);
    if (plugin->host.extension == NULL)
        for (const char *const *lack = fz_host_classic_lacks; *lack != NULL;
             lack++)
            warning(0, "fanzha: this host cannot %s.", *lack);
    fz_live_give(plugin, bundle);
}

__attribute__((visibility("default"))) int fanzha_init(PluginBoxPlugin *p);

/* Non-zero means success to the host. */
int fanzha_init(PluginBoxPlugin *p)
{
    FzPlugin *plugin;

    p->context = NULL; /* the host left it as it was; shutdown may come */
    p->process = NULL;
    p->shutdown = NULL;
    p->status = NULL;
    plugin = fz_calloc(1, sizeof *plugin);
    if (plugin_open(plugin, p, &fz_plugin_log) != FZ_OK) {
        plugin_destroy(plugin);
        return 0;
    }
    say_what_serves(plugin);
    p->context = plugin;
    p->direction =
        PLUGINBOX_MESSAGE_FROM_SMSBOX | PLUGINBOX_MESSAGE_FROM_BEARERBOX;
    p->status = status_of;
    p->shutdown = shutdown_plugin;
    p->process = process;
    return 1;
}

/* --- is the configuration in order? --------------------------------------- */
typedef struct Say {
    void (*say)(void *context, const char *text);
    void *context;
} Say;

static void say_diag(void *ctx, const FzDiag *d)
{
    const Say *to = ctx;
    FzBuf text = FZ_BUF_INIT;

    if (d->severity != FZ_SEVERITY_ERROR)
        return;
    if (d->file != NULL)
        fz_buf_printf(&text, "%s:%u: ", d->file, d->line);
    fz_buf_printf(&text, "%s%s%s", d->text, d->sys_errno == 0 ? "" : ": ",
                  d->sys_errno == 0 ? "" : strerror(d->sys_errno));
    to->say(to->context, fz_buf_text(&text));
    fz_buf_clear(&text);
}

__attribute__((visibility("default"))) FzHostCheck fanzha_init_check;

int fanzha_init_check(const char *args,
                      void (*say)(void *context, const char *text),
                      void *context)
{
    Say to = {say, context};
    FzDiagSink sink = {say_diag, &to};
    FzConfig *config = NULL;
    FzStatus status =
        fz_config_load(args == NULL || args[0] == '\0' ? DEFAULT_CONFIG : args,
                       &sink, &config);

    if (status == FZ_OK)
        fz_config_destroy(config);
    return status == FZ_OK;
}

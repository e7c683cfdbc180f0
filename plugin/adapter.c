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

#include "plugin/adapter.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/verdict/record.h"
#include "engine/verdict/rewrite.h"
#include "plugin/hold/hold.h"
#include "plugin/hold/release.h"
#include "plugin/host.h"
#include "plugin/live/live.h"
#include "plugin/msg.h"
#include "plugin/warn.h"
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
/* What a judgement left behind, while the bundle and scanner are held. */
typedef struct Judged {
    FzMessage message;
    FzBundle *bundle;
    FzEntrySnapshot *entries;
    FzScanner *scanner;
    FzVerdict verdict;
    FzRewrite rewrite; /* room of REWRITE alone */
    bool changed;      /* it holds what is to be delivered */
    bool bypass;
    int64_t micros;
} Judged;

static void judge(FzPlugin *plugin, PluginBoxMsg *m, Judged *judged)
{
    FzDirection direction = m->type == PLUGINBOX_MESSAGE_FROM_SMSBOX
                                ? FZ_DIRECTION_MT
                                : FZ_DIRECTION_MO;
    int64_t began_us = fz_clock_monotonic_us();
    FzJudgeEnv env;

    fz_msg_read(m->msg, direction, fz_clock_wall_ms(), &judged->message);
    judged->bundle = fz_live_take(plugin);
    fz_bundle_mind_time(judged->bundle, judged->message.now_ms);
    judged->scanner = judged->bundle->pool == NULL
                          ? NULL
                          : fz_scanner_take(judged->bundle->pool);
    judged->bypass = fz_bypass_applies(plugin->bypass, judged->message.identity,
                                       judged->message.now_ms);
    env = fz_bundle_env(judged->bundle, judged->bypass);
    judged->entries = fz_entries_take(plugin->entries);
    env.overlay = judged->entries->overlay;
    fz_judge(&judged->message, &env, judged->scanner, &judged->verdict);
    fz_rewrite_init(&judged->rewrite);
    judged->changed = false;
    if (judged->verdict.acted == FZ_ACTION_REWRITE) {
        judged->changed = fz_rewrite_verdict(
            &judged->message, fz_scanner_text(judged->scanner), &env,
            &judged->verdict, &judged->rewrite);
        if (!judged->changed)
            fz_count(&plugin->counters.rewrites_unfit);
    }
    judged->micros = fz_clock_monotonic_us() - began_us;
}

static void judged_done(FzPlugin *plugin, Judged *judged)
{
    fz_rewrite_clear(&judged->rewrite);
    if (judged->scanner != NULL)
        fz_scanner_give(judged->bundle->pool, judged->scanner);
    fz_entries_give(plugin->entries, judged->entries);
    fz_live_give(plugin, judged->bundle);
}

static void count(FzPlugin *plugin, const Judged *judged)
{
    const FzVerdict *verdict = &judged->verdict;
    FzCounters *counters = &plugin->counters;
    FzDirection direction = judged->message.direction;

    fz_count(&counters->judged[direction]);
    fz_count(&counters->would[direction][verdict->would]);
    fz_count(&counters->acted[direction][verdict->acted]);
    if (verdict->by == FZ_DECIDED_BY_FAILURE)
        fz_count(&counters->failure[verdict->failure][direction]);
    if (judged->bypass && verdict->would != FZ_ACTION_PASS)
        fz_count(&counters->bypassed);
    fz_counters_duration(counters, judged->micros);
    fz_listing_count(&plugin->listing, judged->bundle, verdict);
    fz_listing_alarm(&plugin->listing, judged->bundle, judged->message.now_ms,
                     &fz_plugin_log);
}

/* Whoever passed without a rule or a list's block having spoken leaves no
 * record. */
static bool worth_a_record(const FzVerdict *verdict)
{
    if (verdict->would != FZ_ACTION_PASS ||
        verdict->by == FZ_DECIDED_BY_FAILURE)
        return true;
    for (uint16_t i = 0; i < verdict->signals.count; i++)
        if (verdict->signals.item[i].rule >= 0 ||
            strncmp(verdict->signals.item[i].name, "list.block.", 11) == 0)
            return true;
    return false;
}

static json_t *record_of(FzPlugin *plugin, const Judged *judged, Msg *msg)
{
    char id[FZ_MSG_ID_TEXT];
    const FzBundle *bundle = judged->bundle;
    FzRecord record = {
        .message = &judged->message,
        .verdict = &judged->verdict,
        .id = id,
        .node = plugin->config->node,
        .ruleset =
            bundle->ruleset == NULL ? NULL : fz_ruleset_digest(bundle->ruleset),
        .generation = bundle->digest[0] == '\0' ? NULL : bundle->digest,
        .bypass = judged->bypass,
        .micros = judged->micros,
        .hash_key = fz_slice(plugin->record_key, sizeof plugin->record_key),
    };

    fz_msg_id_text(msg, id);
    return fz_record_json(&record);
}

/* The text as it was goes to the store, the rewritten one into `m`. */
static void change(FzPlugin *plugin, PluginBoxMsg *m, const Judged *judged,
                   FzHoldRequest *request)
{
    const FzRewrite *rewrite = &judged->rewrite;

    json_object_set_new(request->record, "segments",
                        json_pack("[i,i]", (int)rewrite->segments_before,
                                  (int)rewrite->segments_after));
    request->delivered = fz_buf_slice(&rewrite->text);
    fz_hold_evidence(plugin->hold, m, request);
    fz_msg_set_text(m->msg, rewrite->coding, fz_buf_slice(&rewrite->octets));
}

static void log_record(FzPlugin *plugin, const Judged *judged,
                       FzHoldRequest *request, FzDisposition disposition)
{
    if (request->record == NULL || plugin->records == NULL)
        return;
    json_object_set_new(request->record, "disposition",
                        json_string(fz_disposition_name(disposition)));
    if (!fz_record_log_write(plugin->records, request->record,
                             judged->message.now_ms))
        fz_count(&plugin->counters.records_lost);
}

static void carry_out(FzPlugin *plugin, PluginBoxMsg *m, Judged *judged,
                      FzHoldRequest *request)
{
    FzDisposition disposition = fz_dispose(&judged->verdict);
    Msg *warning = NULL;

    if (judged->verdict.acted == FZ_ACTION_WARN)
        warning = fz_warn_prepare(
            plugin, m->msg, &judged->message, &judged->bundle->policy->warning,
            fz_scanner_views(judged->scanner)->features.han > 0);
    if (disposition == FZ_DISPOSE_DELIVER_CHANGED)
        change(plugin, m, judged, request);
    if (disposition == FZ_DISPOSE_HOLD) {
        fz_hold_message(plugin->hold, m, request); /* it logs the record */
        return;
    }
    if (disposition == FZ_DISPOSE_REFUSE)
        fz_hold_evidence(plugin->hold, m, request);
    log_record(plugin, judged, request, disposition);
    if (disposition == FZ_DISPOSE_DEFER)
        fz_hold_defer(plugin->hold, m, judged->message.direction);
    else
        fz_host_finish(plugin, m, disposition);
    fz_warn_send(plugin, warning);
}

void fz_adapter_judge(FzPlugin *plugin, PluginBoxMsg *m)
{
    FzHoldRequest request = {0};
    Judged judged;

    judge(plugin, m, &judged);
    count(plugin, &judged);
    request = (FzHoldRequest){
        .message = &judged.message,
        .verdict = &judged.verdict,
        .text = judged.scanner == NULL ? NULL : fz_scanner_text(judged.scanner),
        .generation = judged.bundle->digest,
        .record = worth_a_record(&judged.verdict)
                      ? record_of(plugin, &judged, m->msg)
                      : NULL,
        .otherwise = judged.bundle->policy->failure[FZ_FAILURE_STORE_FAILED]
                                                   [judged.message.direction],
    };
    carry_out(plugin, m, &judged, &request);
    json_decref(request.record);
    judged_done(plugin, &judged);
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
        fz_count(&plugin->counters.reports);
        untouched(plugin, m);
    } else {
        fz_adapter_judge(plugin, m);
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
    fz_hold_stop(plugin->hold);
    fz_release_stop(plugin->release);
    fz_store_close(plugin->store); /* every record has had its done then */
    fz_hold_destroy(plugin->hold);
    fz_release_destroy(plugin->release);
    fz_warn_turns_destroy(plugin->warn_turns);
    fz_record_log_close(plugin->records);
    fz_entries_close(plugin->entries);
    fz_bypass_close(plugin->bypass);
    fz_generation_publish(&plugin->live, NULL);
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

static FzStatus plugin_open(FzPlugin *plugin, PluginBoxPlugin *p,
                            const FzDiagSink *sink)
{
    FzBuf bypass = FZ_BUF_INIT;
    FzStatus status;

    plugin->control_thread = -1;
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
    fz_buf_printf(&bypass, "%s/bypass.json", plugin->config->generations);
    plugin->bypass = fz_bypass_open(fz_buf_text(&bypass), sink);
    fz_buf_clear(&bypass);
    plugin->entries = fz_entries_open(plugin->config->lists.live_log,
                                      plugin->config->lists.second_person
                                          ? FZ_OVERLAY_ALLOW_CONFIRMED
                                          : FZ_OVERLAY_ALLOW_AT_ONCE,
                                      plugin->started_ms, sink);
    plugin->warn_turns = fz_warn_turns_create();
    plugin->hold = fz_hold_create(plugin);
    plugin->release = fz_release_create(plugin);
    fz_release_load(plugin->release);
    fz_live_start(plugin, sink);
    return open_control(plugin, sink);
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

/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "box/chain_impl.h"

static uint32_t type_bit(enum msg_type type)
{
    switch (type) {
    case heartbeat:
        return FZ_HOST_TYPE_HEARTBEAT;
    case admin:
        return FZ_HOST_TYPE_ADMIN;
    case sms:
        return FZ_HOST_TYPE_SMS;
    case ack:
        return FZ_HOST_TYPE_ACK;
    case wdp_datagram:
        return FZ_HOST_TYPE_WDP;
    case msg_type_count:
        break;
    }
    return 0;
}

bool fz_chain_wants(const FzChain *chain, long from, enum msg_type type)
{
    return (chain->wants[from & FZ_CHAIN_BOTH_SIDES] & type_bit(type)) != 0;
}

bool fz_chain_wants_reports(const FzChain *chain)
{
    return (chain->wants[PLUGINBOX_MESSAGE_FROM_BEARERBOX] &
            FZ_HOST_TYPE_REPORT) != 0;
}

static bool is_report(const Msg *msg, long from)
{
    return from == PLUGINBOX_MESSAGE_FROM_BEARERBOX && msg->type == sms &&
           (msg->sms.sms_type == report_mo || msg->sms.sms_type == report_mt);
}

/* What a plugin must have asked for to see it. */
static uint32_t bit_of(const FzRun *run)
{
    return run->report ? FZ_HOST_TYPE_REPORT : type_bit(run->message.msg->type);
}

/* The plugin's answer, on whatever thread; gwlib's log is not called here, it
 * knows its own threads only. */
static void answered(PluginBoxMsg *message)
{
    FzRun *run = (FzRun *)message;
    int before = atomic_exchange(&run->state, FZ_RUN_ANSWERED);

    if (before == FZ_RUN_RETURNED || before == FZ_RUN_ABANDONED)
        run->wake(run);
}

static bool stops(int status)
{
    switch (status) {
    case PLUGINBOX_MESSAGE_REJECT:
    case PLUGINBOX_MESSAGE_DROP:
    case FZBOX_STATUS_BUFFERED:
    case FZBOX_STATUS_DEFER:
        return true;
    default: /* OK, UNCHANGED, and what the classic host takes for OK */
        return false;
    }
}

/* What plugin `chain - 1` said. */
static bool take_answer(FzRun *run)
{
    PluginBoxMsg *m = &run->message;

    fz_run_clear(run);
    if (m->status == FZBOX_STATUS_UNCHANGED) {
        m->status = PLUGINBOX_MESSAGE_OK;
        return false;
    }
    run->touched = true;
    if (m->msg == NULL) {
        /* it took the message away: nothing is left to go on with */
        if (!stops(m->status))
            m->status = PLUGINBOX_MESSAGE_REJECT;
        return true;
    }
    if (stops(m->status))
        return true;
    m->status = PLUGINBOX_MESSAGE_OK;
    return false;
}

/* A plugin that does not answer is passed over, or ends the message: true.
 * What is no message is passed on: nobody could be told of it. A report is
 * never refused: its message was sent, and its sender waits for it. */
static bool go_without(FzRun *run, const FzPlugin *plugin)
{
    PluginBoxMsg *m = &run->message;
    bool message =
        m->msg->type == sms || (m->msg->type == wdp_datagram &&
                                m->type == PLUGINBOX_MESSAGE_FROM_SMSBOX);

    m->status = PLUGINBOX_MESSAGE_OK;
    if (!message)
        return false;
    switch (plugin->on_timeout) {
    case FZ_ON_TIMEOUT_PASS:
        return false;
    case FZ_ON_TIMEOUT_DEFER:
        m->status = FZBOX_STATUS_DEFER;
        return true;
    case FZ_ON_TIMEOUT_REFUSE:
        if (run->report)
            return false;
        m->status = PLUGINBOX_MESSAGE_REJECT;
        return true;
    }
    return false;
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static void save(FzRun *run, const FzPlugin *plugin)
{
    if (run->touched && plugin->answer_timeout_ms > 0 &&
        plugin->on_timeout == FZ_ON_TIMEOUT_PASS)
        run->saved = msg_duplicate(run->message.msg);
}

/* On its own thread: the name of the box may change meanwhile. */
static void hand_over(FzRun *run, FzPlugin *plugin)
{
    run->box_copy = run->box == NULL ? NULL : gw_strdup(run->box);
    run->box = run->box_copy;
    atomic_store(&run->state, FZ_RUN_RETURNED);
    fz_plugin_thread_give(plugin->own, run);
}

static bool go_on(FzRun *run)
{
    const FzChain *chain = run->chain;
    PluginBoxMsg *m = &run->message;

    while ((size_t)m->chain < chain->plugins) {
        FzPlugin *plugin = chain->plugin[m->chain++];

        if (!(plugin->abi.direction & m->type) ||
            !(plugin->types & bit_of(run)))
            continue;
        if (atomic_load_explicit(&plugin->aside, memory_order_relaxed)) {
            count(&plugin->overdue);
            if (go_without(run, plugin))
                return true;
            continue;
        }
        count(&plugin->given);
        save(run, plugin);
        if (plugin->own != NULL) {
            hand_over(run, plugin);
            return false;
        }
        atomic_store_explicit(&run->state, FZ_RUN_CALLING,
                              memory_order_relaxed);
        fz_plugin_call(chain, plugin, m);
        /* from here on the run is ours only if the answer is in */
        if (atomic_exchange(&run->state, FZ_RUN_RETURNED) != FZ_RUN_ANSWERED)
            return false;
        if (take_answer(run))
            return true;
    }
    return true;
}

bool fz_run_start(FzRun *run, const FzChain *chain, Msg *msg, long from,
                  void (*wake)(FzRun *run))
{
    run->message = (PluginBoxMsg){
        .msg = msg,
        .status = PLUGINBOX_MESSAGE_OK,
        .callback = answered,
        .type = from,
    };
    run->chain = chain;
    run->wake = wake;
    run->touched = false;
    run->report = is_report(msg, from);
    run->box_copy = NULL;
    run->saved = NULL;
    return go_on(run);
}

void fz_run_judged(FzRun *run, const FzChain *chain, Msg *msg, long from,
                   int status, bool touched)
{
    *run = (FzRun){.chain = chain, .touched = touched};
    run->message = (PluginBoxMsg){.chain = (long)chain->plugins,
                                  .msg = msg,
                                  .status = status,
                                  .callback = answered,
                                  .type = from};
}

bool fz_run_resume(FzRun *run)
{
    if (take_answer(run))
        return true;
    return go_on(run);
}

void fz_run_clear(FzRun *run)
{
    gw_free(run->box_copy);
    run->box_copy = NULL;
    msg_destroy(run->saved);
    run->saved = NULL;
}

/* --- overdue ------------------------------------------------------------- */
static FzPlugin *holder(const FzRun *run)
{
    return run->chain->plugin[run->message.chain - 1];
}

int64_t fz_run_patience_ms(const FzRun *run)
{
    return holder(run)->answer_timeout_ms;
}

bool fz_run_overdue(FzRun *run, FzRun *heir, Msg *fresh, bool *through_out)
{
    FzPlugin *plugin = holder(run);
    int was = FZ_RUN_RETURNED;

    if (!atomic_compare_exchange_strong(&run->state, &was, FZ_RUN_ABANDONED)) {
        msg_destroy(fresh);
        return false;
    }
    count(&plugin->overdue);
    if (atomic_fetch_add(&plugin->kept, 1) + 1 >= FZ_CHAIN_KEPT_MAX &&
        !atomic_exchange(&plugin->aside, true))
        error(0,
              "fanzhabox: Plugin `%s' has %d messages that it does not answer: "
              "it is put aside, and they go by its on-timeout, until it does.",
              octstr_get_cstr(plugin->abi.id), FZ_CHAIN_KEPT_MAX);
    *heir = (FzRun){.chain = run->chain,
                    .wake = run->wake,
                    .touched = run->touched,
                    .report = run->report,
                    .box = heir->box};
    /* the plugin may be at work on the message and on its status: only what
     * is the host's alone is read */
    heir->message = (PluginBoxMsg){
        .chain = run->message.chain,
        .msg = run->saved != NULL ? run->saved : fresh,
        .status = PLUGINBOX_MESSAGE_OK,
        .callback = answered,
        .type = run->message.type,
    };
    if (run->saved != NULL) {
        run->saved = NULL;
        msg_destroy(fresh);
    } else {
        heir->touched = false; /* it goes on as it came, or not at all */
    }
    *through_out = go_without(heir, plugin) || go_on(heir);
    return true;
}

void fz_run_bury(FzRun *run)
{
    FzPlugin *plugin = holder(run);

    fz_run_clear(run);
    msg_destroy(run->message.msg);
    run->message.msg = NULL;
    if (atomic_fetch_sub(&plugin->kept, 1) - 1 <= FZ_CHAIN_KEPT_MAX / 2 &&
        atomic_exchange(&plugin->aside, false))
        warning(0, "fanzhabox: Plugin `%s' answers again.",
                octstr_get_cstr(plugin->abi.id));
}
